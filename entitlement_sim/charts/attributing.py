"""What used up contracts, and what another reading of the rules would move."""

import textwrap
from typing import Any, Final

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from ..parameters import TEXT, WHOLE, of_types, takes
from ..telling import (
    counted,
    day,
    in_currency,
    listed,
    money,
    number,
    percent,
    printable,
    signed_short,
    signed_short_money,
    tenths,
)
from .canvas import canvas, caption, keep_ticks, nothing, percent_axis, root_of
from .narrow import drawn_narrow_too
from .source import check_columns, records
from .style import BLUE, GREY, INK, ORANGE, is_narrow

_FRAME: Final = of_types("a frame", pd.DataFrame)

#: Columns that the shares of groups are drawn from, and those of switches.
_OF_GROUPS: Final = ("value", "cases", "taken", "share", "days", "without", "fewer", "saved")
_OF_SWITCHES: Final = (
    "question", "switch", "moved", "contracts", "more_cases", "less_cases", "more_hours",
    "less_hours", "worth_more", "worth_less",
)  # fmt: skip

#: Letters of a name in a picture.
_LETTERS, _NARROW_LETTERS = 34, 18

#: What a switch moves, by panel: columns of more and of less, and what stands below the axis.
_PANELS: Final = (
    ("more_cases", "less_cases", "case terms"),
    ("more_hours", "less_hours", "hours"),
    ("worth_more", "worth_less", "worth"),
)


# ------------------------------------------------------------------ what used contracts up


@drawn_narrow_too
@takes(groups=_FRAME, by=TEXT, contracts=WHOLE)
def ceiling(
    groups: pd.DataFrame, by: str, *, contracts: int | None = None, ax: Axes | None = None
) -> Axes:
    """Draw which share of the days without terms each group of cases has: they add to 1.

    A bar is the Shapley share of a group. The diamond beside it is the group's share of the terms
    that had been taken when nothing was left: who took much early has a larger share of the days
    than of the terms.

    Parameters
    ----------
    groups : DataFrame
        As ``ceiling(…).frame()`` returns it.
    by : str
        What cases are told apart by, such as ``"product"``.
    contracts : int, optional
        Of how many contracts that ran dry they are; of one the texts say when it would have run
        dry without a group.
    ax : Axes, optional
        Where to draw; by default a new figure.

    Raises
    ------
    ValueError
        The frame lacks columns.

    Notes
    -----
    The value is that of Shapley (1953), exactly: see :func:`entitlement_sim.ceiling`.
    """
    check_columns(groups, _OF_GROUPS, "be of a ceiling")
    height = 1.9 + 0.5 * max(len(groups), 2)
    with canvas(ax, width=8.6, height=height, narrow_height=height + 0.3) as ax:
        if groups.empty:
            return nothing(ax, f"Days without terms by {by}", "no contract ran dry.")
        names = [_shortened(str(value)) for value in groups["value"]]
        _draw_groups(ax, groups, names)
        percent_axis(ax, "x")
        ax.set_xlabel("share of the days without terms")
        caption(
            ax,
            _ceiling_title(groups, by),
            _ceiling_line(groups, contracts),
            *(_group_in_words(row, contracts) for row in records(groups)),
            beside=_beside(names),
        )
    return ax


def _draw_groups(ax: Axes, groups: pd.DataFrame, names: list[str]) -> None:
    taken = groups["taken"].astype(float)
    of_terms = taken / (taken.sum() or float("nan"))  # unknown where units differ: no diamond
    for place, row in enumerate(records(groups)):
        ax.barh([-place], [row.share], 0.56, color=BLUE if row.share >= 0 else ORANGE, lw=0)
        side, beyond = (1, row.share) if row.share >= 0 else (-1, row.share)
        if taken.notna().all():
            own = of_terms.iloc[place]
            ax.plot([own], [-place], "D", ms=6, mfc="white", mec=INK, mew=1.1, zorder=3)
            beyond = max(beyond, own) if side > 0 else beyond
        ax.annotate(
            percent(row.share), (beyond, -place), xytext=(8 * side, 0),
            textcoords="offset points", va="center", ha="left" if side > 0 else "right",
            fontsize=8.5 if is_narrow() else 9.5, color=INK,
        )  # fmt: skip
    ax.axvline(0, color=INK, lw=0.9)
    ax.set_yticks([-place for place in range(len(names))], names)
    ax.set_ylim(-len(names) + 0.4, 0.7)
    low = min(0.0, float(groups["share"].min()))
    high = max(float(groups["share"].max()), float(of_terms.max(skipna=True) or 0.0))
    room = (0.28 if is_narrow() else 0.14) * (high - low)
    ax.set_xlim(low - (room if low < 0 else 0.0), high + room)
    ax.grid(visible=False, axis="y")


def _named(value: str, by: str) -> str:
    """Name a group in a sentence: a contact, a severity and what is together say what they are."""
    says_itself = by in ("contact", "severity") or value == "all others"
    return printable(value) if says_itself else f"{by} {printable(value)}"


def _ceiling_title(groups: pd.DataFrame, by: str) -> str:
    first = groups.iloc[0]
    name = _named(str(first["value"]), by)
    if len(groups) == 1:
        return f"All of the days without terms are those of {name}"
    return f"{percent(first['share'])} of the days without terms are those of {name}"


def _ceiling_line(groups: pd.DataFrame, contracts: int | None) -> str:
    days = counted(round(float(groups["days"].sum())), "day")
    of = "" if contracts is None else f" of {counted(contracts, 'contract')}"
    line = f"Shapley shares of {days} without terms{of}; they add to 100%"
    if groups["taken"].notna().all():
        line += "; diamond: share of the terms taken until then"
    return line


def _group_in_words(row: Any, contracts: int | None) -> str:
    units = "" if row.taken != row.taken else f" and {counted(row.taken, 'term')}"
    text = (
        f"{printable(str(row.value))}: {percent(row.share)}, {tenths(row.days)} days, by "
        f"{counted(row.cases, 'case')}{units}"
    )
    if contracts != 1:
        return (
            f"{text}; without it {counted(row.fewer, 'day')} fewer, and "
            f"{counted(row.saved, 'contract')} would not have run dry"
        )
    if pd.isna(row.without):
        return f"{text}; without it the contract would not have run dry"
    return f"{text}; without it dry on {day(row.without)}"


# --------------------------------------------------------------- what another reading moves


@drawn_narrow_too
@takes(switches=_FRAME, currency=TEXT)
def rule_impact(
    switches: pd.DataFrame, *, currency: str | None = None, ax: Axes | None = None
) -> Axes:
    """Draw how many terms each other reading of the rules would move, and what they are worth.

    A panel for each unit: to the right what would be left more, to the left what less, at the end
    of the run. The switch that moves most money stands on top; those that move nothing are left
    out.

    Parameters
    ----------
    switches : DataFrame
        As ``rule_impact(…).frame()`` returns it.
    currency : str, optional
        In which the money is.
    ax : Axes, optional
        Where to draw; by default a new figure.

    Raises
    ------
    ValueError
        The frame lacks columns.
    """
    check_columns(switches, _OF_SWITCHES, "be of a rule impact")
    moved = _moved(switches)
    shown = [
        (more, less, unit)
        for more, less, unit in _PANELS
        if (moved[more] > 0).any() or (moved[less] > 0).any()
    ]
    rows = max(len(moved), 2)
    height = 2.0 + 0.52 * rows
    stacked = 1.6 + (0.62 + 0.58 * rows) * max(len(shown), 1)
    with canvas(ax, width=8.6, height=height, narrow_height=stacked) as ax:
        if moved.empty:
            return nothing(
                ax, "What other readings of the rules move", "no balance rests on a switch."
            )
        labels = [_switch_label(row) for row in records(moved)]
        for place, (panel, (more, less, unit)) in enumerate(
            zip(_divided(ax, len(shown)), shown or _PANELS[:1], strict=True)
        ):
            _draw_moves(panel, moved, (more, less), currency if unit == "worth" else "")
            panel.set_yticks([-row for row in range(len(moved))], labels)
            panel.tick_params(labelleft=place == 0 or is_narrow(), length=0, axis="y")
            panel.set_xlabel(in_currency("worth", currency) if unit == "worth" else unit)
        caption(
            ax,
            _impact_title(moved, currency),
            _impact_line(switches, moved),
            *(_switch_in_words(row, currency) for row in records(moved)),
            beside=_beside(labels) if len(shown) < 2 else 0.0,
        )
    return ax


def _moved(switches: pd.DataFrame) -> pd.DataFrame:
    """Return the switches that move a balance, the one that moves most money first."""
    moved = switches[switches["moved"] > 0]
    numbers = [name for more, less, _ in _PANELS for name in (more, less)]
    moved = moved.astype(dict.fromkeys(numbers, float))
    money_moved = moved["worth_more"] + moved["worth_less"]
    order = moved.assign(by_money=-money_moved, by_count=-moved["moved"])
    return order.sort_values(["by_money", "by_count"], kind="stable").drop(
        columns=["by_money", "by_count"]
    )


def _divided(ax: Axes, count: int) -> list[Axes]:
    """Divide axes into panels: side by side, in a narrow picture one below the other."""
    if count < 2:
        return [ax]
    ax.set_axis_off()
    inches = ax.get_position().height * root_of(ax).get_figheight()
    gap = min(0.2, 0.62 / inches) if is_narrow() else 0.05
    size = (1 - gap * (count - 1)) / count
    made = []
    for place in range(count):
        at = place * (size + gap)
        box = (0.0, 1 - at - size, 1.0, size) if is_narrow() else (at, 0.0, size, 1.0)
        panel = ax.inset_axes(box)
        keep_ticks(panel)
        made.append(panel)
    return made


def _draw_moves(
    panel: Axes, moved: pd.DataFrame, columns: tuple[str, str], currency: str | None
) -> None:
    """Draw bars of more and less; of terms where the currency is empty."""
    more, less = (moved[column].to_numpy(float) for column in columns)
    write = _signed_terms if currency == "" else signed_short_money
    longest = {1: 0, -1: 0}
    for place in range(len(moved)):
        for size, sign, colour in ((more[place], 1, BLUE), (less[place], -1, ORANGE)):
            if size > 0:
                text = write(sign * size)
                longest[sign] = max(longest[sign], len(text))
                panel.barh([-place], [sign * size], 0.5, color=colour, lw=0)
                panel.annotate(
                    text, (sign * size, -place), xytext=(4 * sign, 0),
                    textcoords="offset points", va="center", ha="left" if sign > 0 else "right",
                    fontsize=8 if is_narrow() else 8.5, color=INK,
                )  # fmt: skip
        if more[place] == less[place] == 0:
            panel.plot([0], [-place], "o", ms=4, mfc="white", mec=GREY)
    panel.axvline(0, color=INK, lw=0.9)
    beside = {sign: (0.12 + 0.085 * count) / _inches(panel) for sign, count in longest.items()}
    span = (more.max() + less.max() or 1.0) / (1 - min(sum(beside.values()), 0.8))
    panel.set_xlim(-less.max() - beside[-1] * span, more.max() + beside[1] * span)
    panel.set_ylim(-max(len(moved), 2) + 0.4, 0.7)
    panel.xaxis.set_major_locator(MaxNLocator(nbins=3))
    panel.xaxis.set_major_formatter(FuncFormatter(lambda value, _: signed_short(value)))
    panel.grid(visible=False, axis="y")


def _inches(panel: Axes) -> float:
    """Return how wide a panel is."""
    locate: Any = panel.get_axes_locator()  # those of insets need no renderer
    box = panel.get_position() if locate is None else locate(panel, None)
    return float(box.width * root_of(panel).get_figwidth())


def _signed_terms(terms: float) -> str:
    """Write terms with their sign and no more decimals than they have."""
    return f"+{number(terms)}" if terms > 0 else number(terms)


def _switch_label(row: Any) -> str:
    name = f"{row.question} {row.switch}".strip()
    if is_narrow():
        # A name breaks at its underscores, which stay at the ends of its lines.
        parts = textwrap.wrap(name.replace("_", "_ "), _NARROW_LETTERS, break_long_words=False)
        name = "\n".join(part.replace("_ ", "_") for part in parts)
    return f"{name}\n{counted(row.moved, 'balance')}"


def _impact_title(moved: pd.DataFrame, currency: str | None) -> str:
    first = records(moved)[0]
    worth = first.worth_more + first.worth_less
    if worth > 0:
        what = f"{money(worth, currency)} on {counted(first.moved, 'balance')}"
    else:
        what = counted(first.moved, "balance")
    if len(moved) == 1:
        return f"{first.switch} alone moves anything: {what}"
    return f"{first.switch} moves most: {what}"


def _impact_line(switches: pd.DataFrame, moved: pd.DataFrame) -> str:
    which = f"{number(len(moved))} of {counted(len(switches), 'switch', 'switches')}"
    verb = "moves" if len(moved) == 1 else "move"
    return f"{which} {verb} a balance, each turned alone; right: more would be left, left: less"


def _switch_in_words(row: Any, currency: str | None) -> str:
    told = []
    for word, cases, hours, worth in (
        ("more", row.more_cases, row.more_hours, row.worth_more),
        ("less", row.less_cases, row.less_hours, row.worth_less),
    ):
        terms = [
            counted(amount, unit) for amount, unit in ((cases, "case"), (hours, "hour")) if amount
        ]
        if terms:
            told.append(f"{listed(terms)} {word}, worth {money(worth, currency)}")
    moved = f"{counted(row.moved, 'balance')} of {counted(row.contracts, 'contract')}"
    return f"{row.switch}: {moved}" + (f"; {'; '.join(told)}" if told else "; of channels alone")


# -------------------------------------------------------------------------------- names


def _shortened(name: str) -> str:
    text = printable(name)
    if is_narrow():
        return textwrap.fill(textwrap.shorten(text, _LETTERS, placeholder=" …"), _NARROW_LETTERS)
    return text if len(text) <= _LETTERS else f"{text[: _LETTERS - 1]}…"


def _beside(labels: list[str]) -> float:
    longest = max(len(line) for label in labels for line in label.split("\n"))
    return 0.062 * longest
