"""The life of one entitlement: its states, its balance, and what became of every case."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from ..parameters import WHOLE, takes
from ..rules.words import BalanceKind
from ..store.explain import Explanation, Movement, explain
from ..store.run import RUN, Run
from ..telling import counted, day, listed, number, signed_short
from .blocks import BLOCKS
from .canvas import canvas, caption
from .narrow import drawn_narrow_too
from .style import BLUE, FAINT, GREY, INK, ORANGE, PURPLE, QUIET, RED, is_narrow

#: Parts of the picture's height: the lowest row of cases, from one to the next where they are few
#: and where they are many, from the highest to the line above it and to the balance; the balance's
#: end, the band of states.
_LOWEST_ROW: Final = 0.04
_ROW, _ROW_OF_MANY = 0.065, 0.05
_TO_LINE, _TO_BALANCE = 0.055, 0.1
_BALANCE_TO: Final = 0.84
_BAND: Final = (0.91, 0.985)

#: Accounts that have a row of their own at the most; of more, the busiest have.
_MOST_ACCOUNTS: Final = 5

_MARKS: Final = {
    "covered": ("o", BLUE, BLUE),
    "refused": ("x", RED, RED),
    "given back": ("^", PURPLE, "white"),
}
#: Movements that the steps themselves or the marks below them show.
_UNNAMED: Final = (
    "allot", "consume", "restore", "refused", "expire", "rollover_in", "rollover_out",
)  # fmt: skip

_STATES: Final = {
    "draft": ("white", "xxxx"),
    "waiting": ("white", "////"),
    "active": ("#bcd4f6", ""),
    "expired": (GREY, ""),
    "cancelled": (ORANGE, "\\\\"),
}


@drawn_narrow_too
@takes(run=RUN, entitlement_id=WHOLE)
def entitlement_life(run: Run, entitlement_id: int, *, ax: Axes | None = None) -> Axes:
    """Draw what happened to one entitlement: the picture that explains its balance.

    At the top the band of its states, below it the balance after every movement, and at the foot
    one mark for every case that it covered, refused or got terms back from; a thin line leads from
    a case's arrival to the step that it made. Where several accounts of the customer used it, the
    cases of each have a row; where several blocks make up the balance, such as what was carried
    over, they are stacked below its line. It is one life from its beginning to the end of the run,
    so there is nothing to pick from it.

    Parameters
    ----------
    run : Run
    entitlement_id : int
    ax : Axes, optional
        Where to draw; by default a new figure.

    Raises
    ------
    RunError
        The run has no such entitlement.
    """
    life = explain(run, entitlement_id)
    [(as_of,)] = run.connection.sql("SELECT as_of FROM metric_parameters").fetchall()
    covered = run.sql(
        "SELECT case_id, created_at, coalesce(account, 0) AS account FROM cases "
        "WHERE entitlement_id = $id ORDER BY created_at",
        {"id": entitlement_id},
    )
    arrivals = [
        _Arrival(int(case_id), created_at.to_pydatetime(), int(account))
        for case_id, created_at, account in covered.itertuples(index=False)
    ]
    refused = [each.happened_at for each in life.refusals if each.case_id is not None]
    back = [each.happened_at for each in life.movements if each.reason == "restore"]
    rows = [
        *_covered_rows(arrivals),
        _Row("refused", "refused", refused),
        _Row("given back", "given back", back),
    ]
    first, last = _period(life, as_of)
    places = _places(len(rows))
    more = 0.3 * (len(rows) - 3)
    with canvas(ax, width=9.0, height=5.2 + more, narrow_height=4.4 + more) as ax:
        height = _draw_balance(ax, life, last, places[0] + _TO_BALANCE)
        blocks = _draw_blocks(ax, life, last, height)
        _join_steps(ax, life, arrivals, rows, [height.at(place) for place in places])
        _draw_states(ax, life, height, last)
        for row, place in zip(rows, places, strict=True):
            marker, edge, face = _MARKS[row.kind]
            ax.plot(
                row.times, [height.at(place)] * len(row.times), ls="none", marker=marker, mec=edge,
                mfc=face, ms=6, label=row.name,
            )  # fmt: skip
        _label_rows(ax, life, height, dict(zip(places, rows, strict=True)))
        _mark_term(ax, life, height, last)
        ax.set_xlim(first, last)
        caption(
            ax,
            _finding(life, as_of, len(arrivals), len(refused)),
            f"{life.template}, {_total(life)}, customer "
            f"{life.customer_id} ({life.segment}), decreasing on {life.decrease_on}, "
            f"{'restricting' if life.restrict else 'not restricting'}",
            f"Its term is {day(life.start_date)} to "
            f"{'no end' if life.is_open_ended else day(life.end_date)}; at the end it is "
            f"{life.state} with a balance of {_terms(life.balance, life)}",
            f"Cases: {number(len(arrivals))} covered, {number(len(refused))} refused and "
            f"{number(len(back))} given back",
            *_by_account(rows),
            *([f"Its balance is made up of {listed(blocks)}"] if blocks else []),
            f"States: {_states_in_words(life)}",
        )
    return ax


@dataclass(frozen=True)
class _Arrival:
    """A case that the entitlement covered; `account` is 0 where it has none."""

    case_id: int
    at: Any
    account: int


@dataclass(frozen=True)
class _Row:
    """One row of marks at the foot; `accounts` are those whose covered cases it shows."""

    name: str
    kind: str
    times: Sequence[Any]
    accounts: tuple[int, ...] = ()


def _covered_rows(arrivals: Sequence[_Arrival]) -> list[_Row]:
    """Return the rows of covered cases: one, or one for each account where there are several."""
    cases = Counter(arrival.account for arrival in arrivals)
    if len(cases) < 2:
        return [_Row("covered", "covered", [arrival.at for arrival in arrivals], tuple(cases))]
    known = sorted(cases, key=lambda account: (-cases[account], account))
    single = known if len(known) <= _MOST_ACCOUNTS else known[: _MOST_ACCOUNTS - 1]
    groups: dict[str, tuple[int, ...]] = {
        _account(account): (account,) for account in sorted(single)
    }
    if len(single) < len(known):
        others = tuple(known[len(single) :])
        groups[f"{number(len(others))} other accounts"] = others
    return [
        _Row(
            name, "covered", [each.at for each in arrivals if each.account in accounts], accounts
        )
        for name, accounts in groups.items()
    ]  # fmt: skip


def _account(account: int) -> str:
    return f"account {account}" if account else "no account"


def _by_account(rows: Sequence[_Row]) -> list[str]:
    """Say how many of the covered cases are whose, where several accounts have some."""
    covered = [row for row in rows if row.kind == "covered"]
    if len(covered) == 1:
        return []
    return [f"Covered: {listed([f'{number(len(row.times))} of {row.name}' for row in covered])}"]


def _places(rows: int) -> list[float]:
    """Return the parts of the height at which rows of marks stand, the highest first."""
    step = _ROW if rows <= 3 else _ROW_OF_MANY
    return [_LOWEST_ROW + step * place for place in reversed(range(rows))]


def _states_in_words(life: Explanation) -> str:
    return ", ".join(f"{change.to_state} on {day(change.on)}" for change in life.states)


def _midnight(when: date) -> Any:
    """Begin of a day; of any type, because matplotlib's own know no dates."""
    return datetime(when.year, when.month, when.day)


def _period(life: Explanation, as_of: date) -> tuple[Any, Any]:
    """First and last moment of the picture: a little around what happened within the run."""
    happened = [_midnight(change.on) for change in life.states]
    happened += [movement.happened_at for movement in life.movements]
    first = min(happened)
    ended = life.state in ("expired", "cancelled")
    last = max(happened) if ended else _midnight(as_of)
    around = max((last - first) * 0.03, timedelta(days=2))
    return first - around, last + around


def _draw_balance(ax: Axes, life: Explanation, last: datetime, begins: float) -> "Height":
    """Draw the balance as steps from a part of the height on; say where other parts stand."""
    times: list[Any] = [movement.happened_at for movement in life.movements]
    balances = [float(movement.balance) for movement in life.movements]
    low, high = min([0.0, *balances]), max([1.0, *balances])
    span = (high - low) / (_BALANCE_TO - begins)
    foot = low - begins * span
    ax.set_ylim(foot, foot + span)
    if times:
        ax.step(
            [*times, last], [*balances, balances[-1]], where="post", color=BLUE, lw=2.2,
            label="balance", zorder=3,
        )  # fmt: skip
    ax.axhline(0, color=INK, lw=0.9)
    unnamed = {*_UNNAMED, *(["topup"] if len(_kinds_of_blocks(life)) > 1 else [])}
    for movement in life.movements:
        if movement.amount and movement.reason not in unnamed:
            _name_movement(ax, movement)
    ticks = [
        tick for tick in MaxNLocator(nbins=5, integer=True).tick_values(low, high)
        if low <= tick <= high
    ]  # fmt: skip
    ax.set_yticks(ticks, [number(tick) for tick in ticks])
    return Height(foot, span)


def _kinds_of_blocks(life: Explanation) -> list[str]:
    """Return the kinds of the blocks that make up the balance, as they are stacked."""
    moved = {movement.block or BalanceKind.WHOLE.label for movement in life.movements}
    return [kind for kind in BLOCKS if kind in moved]


def _draw_blocks(ax: Axes, life: Explanation, last: datetime, height: "Height") -> list[str]:
    """Stack what the blocks have left below the balance; return their names, if there are several.

    What is below zero is not stacked: the line alone shows it.
    """
    used = _kinds_of_blocks(life)
    if len(used) < 2:
        return []
    left: dict[str, list[float]] = defaultdict(list)
    now = dict.fromkeys(used, Decimal(0))
    for movement in life.movements:
        now[movement.block or BalanceKind.WHOLE.label] += movement.amount
        for each in used:
            left[each].append(max(0.0, float(now[each])))
    times: list[Any] = [*(movement.happened_at for movement in life.movements), last]
    beneath = np.zeros(len(times))
    for kind in used:
        name, colour, hatch = BLOCKS[kind]
        above = beneath + np.array([*left[kind], left[kind][-1]])
        ax.fill_between(
            np.array(times), beneath, above, step="post", facecolor=colour, hatch=hatch,
            edgecolor="white", lw=0, alpha=0.45, label=name, zorder=1,
        )  # fmt: skip
        beneath = above
    names = [BLOCKS[kind][0] for kind in used]
    ax.legend(
        handles=[each for each in ax.collections if each.get_label() in names],
        loc="lower left", bbox_to_anchor=(0, 0.83), ncols=len(names), fontsize=8.5,
    )  # fmt: skip
    return names


def _join_steps(
    ax: Axes,
    life: Explanation,
    arrivals: Sequence[_Arrival],
    rows: Sequence[_Row],
    heights: Sequence[float],
) -> None:
    """Lead from the arrival of each case to the step that it made, perhaps when it was resolved."""
    strength = min(0.8, 40 / max(len(arrivals), 1))
    row_of = {
        account: height
        for row, height in zip(rows, heights, strict=True)
        for account in row.accounts
    }
    arrived = {arrival.case_id: arrival for arrival in arrivals}
    for movement in life.movements:
        if movement.reason == "consume" and movement.case_id in arrived:
            arrival = arrived[movement.case_id]
            ax.plot(
                [arrival.at, movement.happened_at],
                [row_of[arrival.account], float(movement.balance)], color=GREY, lw=0.6,
                alpha=strength, zorder=1, label="case to step",
            )  # fmt: skip


class Height:
    """Turns a part of the picture's height into the value of the axis there."""

    def __init__(self, foot: float, span: float) -> None:
        self.foot = foot
        self.span = span

    def at(self, part: float) -> float:
        """Value of the axis at a part of the height."""
        return self.foot + part * self.span


def _name_movement(ax: Axes, movement: Movement) -> None:
    """Name a movement that no case made: an amendment, a top-up, a roll-over."""
    ax.annotate(
        f"{movement.what} {signed_short(movement.amount)}",
        (movement.happened_at, float(movement.balance)),
        xytext=(4, 6), textcoords="offset points", fontsize=8.5, color=QUIET,
    )  # fmt: skip


def _draw_states(ax: Axes, life: Explanation, height: "Height", last: datetime) -> None:
    """Draw the band of states, each named in it where its stretch is long enough."""
    starts = [_midnight(change.on) for change in life.states]
    low, high = height.at(_BAND[0]), height.at(_BAND[1])
    whole = (last - starts[0]) / timedelta(days=1)
    least = 0.16 if is_narrow() else 0.07
    for change, begins, ends in zip(life.states, starts, [*starts[1:], last], strict=True):
        if ends <= begins:
            continue
        colour, hatch = _STATES[change.to_state]
        ax.fill_between(
            np.array([begins, ends]), low, high, facecolor=colour, hatch=hatch, edgecolor=INK,
            lw=0.7, label=change.to_state, zorder=2,
        )  # fmt: skip
        if (ends - begins) / timedelta(days=1) >= least * whole:
            ax.text(
                begins + (ends - begins) / 2, (low + high) / 2, change.to_state,
                ha="center", va="center", fontsize=8.5, zorder=4,
                bbox={"boxstyle": "round,pad=0.12", "fc": "white", "ec": "none", "alpha": 0.75},
            )  # fmt: skip
    final = life.states[-1].to_state
    if (last - starts[-1]) / timedelta(days=1) < least * whole:
        ax.annotate(
            final, (last, (low + high) / 2), xytext=(-2, 11), textcoords="offset points",
            ha="right", va="bottom", fontsize=8.5, annotation_clip=False,
        )  # fmt: skip


def _label_rows(ax: Axes, life: Explanation, height: "Height", rows: dict[float, _Row]) -> None:
    """Name the parts at the left: rows of cases with their numbers, balance, states."""
    balances = list(
        zip(ax.get_yticks(), [label.get_text() for label in ax.get_yticklabels()], strict=True)
    )
    named = [
        (height.at(place), f"{number(len(row.times))} {row.name}") for place, row in rows.items()
    ]
    states = [(height.at(sum(_BAND) / 2), "state")]
    places, labels = zip(*named, *balances, *states, strict=True)
    ax.set_yticks(places, labels)
    ax.grid(visible=False)
    for place, _ in balances:
        ax.axhline(place, color=FAINT, lw=0.8, zorder=0)
    ax.axhline(height.at(max(rows) + _TO_LINE), color=FAINT, lw=1.2)
    if not is_narrow():
        ax.set_ylabel(f"{life.allocation} left")


def _mark_term(ax: Axes, life: Explanation, height: "Height", last: datetime) -> None:
    """Draw a line after the last day of the term, where the picture reaches it."""
    end = _midnight(life.end_date) + timedelta(days=1)
    if end > last:
        return
    ax.axvline(end, ymax=_BAND[0], color=QUIET, lw=1, ls=(0, (3, 3)))
    ax.annotate(
        "end of term", (end, height.at(0.86)), xytext=(-3, 0), textcoords="offset points",
        ha="right", va="center", fontsize=8.5, color=QUIET,
    )  # fmt: skip


def _total(life: Explanation) -> str:
    if life.is_unlimited or life.total_terms is None:
        return f"without a number of {life.allocation}"
    if life.grant is not None:
        return f"{_terms(life.grant, life)} every {life.every}"
    return _terms(life.total_terms, life)


def _terms(amount: Decimal, life: Explanation) -> str:
    """Write an amount in the entitlement's unit."""
    return counted(amount, life.allocation.removesuffix("s"), life.allocation)


def _finding(life: Explanation, as_of: date, covered: int, refused: int) -> str:
    name = f"Entitlement {life.entitlement_id}"
    has_periods = life.grant is not None
    dry = None if life.is_unlimited or has_periods else _ran_dry_on(life)
    refusals = f"; {counted(refused, 'case was', 'cases were')} refused" if refused else ""
    if dry is not None:
        early = (life.end_date - dry).days
        is_early = early > 0 and not life.is_open_ended
        before = f", {counted(early, 'day')} before its end" if is_early else ""
        return f"{name} ran dry on {day(dry)}{before}{refusals}"
    left = _terms(life.balance, life)
    if life.is_unlimited or life.total_terms is None:
        return f"{name} covered {counted(covered, 'case')}, without a number to them{refusals}"
    if has_periods:
        lapsed = -sum(each.amount for each in life.movements if each.reason == "expire")
        granted = f"{number(lapsed)} of {_terms(life.total_terms, life)} granted so far lapsed"
        return f"{name}: {granted}{refusals}"
    if life.state in ("expired", "cancelled"):
        return f"{name} ended with {left} of {number(life.total_terms)} unused{refusals}"
    return f"{name} has {left} of {number(life.total_terms)} left on {day(as_of)}{refusals}"


def _ran_dry_on(life: Explanation) -> date | None:
    """Day of the first balance of 0 or less after the terms were put in."""
    was_filled = False
    for movement in life.movements:
        if movement.balance > 0:
            was_filled = True
        elif was_filled and movement.reason == "consume":
            return movement.happened_at.date()
    return None
