"""The blocks of a balance: what each period of an allowance had, and what became of it."""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from ..rules.words import BalanceKind
from ..store.burned_down import SUMS, BurnedDown, burned_down
from ..store.damage import reading
from ..store.run import Run
from ..store.views import expanded
from ..telling import counted, listed, number, percent
from .canvas import percent_axis
from .dates import Day, span
from .source import answered, rows
from .style import BLUE, FAINT, GREY, INK, ORANGE, PURPLE, RED, is_narrow

#: Kinds of blocks of a balance from the lowest on, as they are stacked: name, colour, hatch.
BLOCKS: Final = {
    BalanceKind.CARRIED.label: ("carried over", ORANGE, "////"),
    BalanceKind.WHOLE.label: ("total", BLUE, ""),
    BalanceKind.ALLOWANCE.label: ("allowance", BLUE, ""),
    BalanceKind.TOPUP.label: ("top-up", PURPLE, "xx"),
}

#: What a period has, upwards, and what becomes of it, downwards: name, colour, hatch.
_HAS: Final = {
    "opening": BLOCKS[BalanceKind.CARRIED.label],
    "granted": BLOCKS[BalanceKind.ALLOWANCE.label],
    "topped_up": BLOCKS[BalanceKind.TOPUP.label],
    "beyond": ("beyond them", RED, "\\\\\\\\"),
}
_BECAME: Final = {
    "used": ("used", GREY, ""),
    "owed": ("owed from before", RED, "\\\\\\\\"),
    "carried": BLOCKS[BalanceKind.CARRIED.label],
    "lapsed": ("lapsed", FAINT, "xxxx"),
    "remaining": ("still left", "white", ""),
}

#: Periods that the text tells one by one; of more, the first and the last.
_MOST_TOLD: Final = 12

_HAS_SEVERAL: Final = """
SELECT count(*) > 0 AS has_several,
       CASE WHEN bool_or(kind = 'allowance') THEN 'allowance' ELSE 'whole' END AS base
FROM shown SEMI JOIN (
    SELECT entitlement_id FROM entitlements WHERE template_id = $template_id
) USING (entitlement_id)
WHERE is_one_of_several(kind)
"""

#: Reading the macros of the views takes longer than a small query.
_in_full = cache(expanded)


def periods_of(
    run: Run, template_id: int, segment: str | None, since: Day, until: Day
) -> pd.DataFrame:
    """Return what the periods of a template's entitlements had, and what became of it.

    Returns
    -------
    DataFrame
        By number of the `period`: how many entitlements it is of (`n`), the mean shares of the
        term at which it `begins` and `ends`, and terms in all: what it had (`opening`, `granted`,
        `topped_up`, `beyond` all of these) and what became of it (`used`, `owed` from before,
        `carried`, `lapsed`, `remaining`); what has `entered` from periods that are not shown less
        what has left to those that are, and what of the use was `over` all there was. No rows where
        everything is one block for the whole term. `base` is the kind of block that is granted.
    """
    of_template = {"template_id": template_id}
    blocks = rows(run, "balances", ("kind",), _in_full(_HAS_SEVERAL), of_template)
    if not blocks["has_several"].iloc[0]:
        return pd.DataFrame()
    burned = burned_down_of(run, template_id, segment, since, until)
    periods = pd.DataFrame(burned.periods)
    amounts = {name: periods[name] / 100 for name in SUMS}
    # What a period owes is no terms that it has: it stands on the other side.
    periods = periods.assign(
        **amounts,
        beyond=amounts["settled"] + amounts["carried_debt"] + amounts["remaining_debt"],
        entered=amounts["opening"] - amounts["owed"] - amounts["carried"] + amounts["carried_debt"],
        over=amounts["settled"] + amounts["remaining_debt"],
    )
    is_one_block = not periods[["opening", "topped_up"]].any(axis=None) and bool(
        (periods["ends"] - periods["begins"] >= 1).all()
    )
    return periods.head(0) if is_one_block else periods.assign(base=blocks["base"].iloc[0])


def burned_down_of(
    run: Run, template_id: int, segment: str | None, since: Day, until: Day
) -> BurnedDown:
    """Return how a template's terms burn down on the days that are shown."""
    asked = (template_id, segment, *span(since, until))

    def ask(query: str, picked: Mapping[str, Any]) -> Mapping[str, Any]:
        with reading(run.file):
            return run.connection.execute(query, picked).fetchnumpy()

    return answered(("burned down", repr(asked)), lambda: burned_down(ask, *asked))


def are_granted(periods: pd.DataFrame) -> bool:
    """Whether terms are granted period by period, and not for the whole of the term."""
    return not periods.empty and str(periods["base"].iloc[0]) == BalanceKind.ALLOWANCE.label


def draw_periods(ax: Axes, periods: pd.DataFrame, unit: str) -> None:
    """Draw of each period, for the mean entitlement, what it had and below what became of it."""
    shown: dict[str, Any] = {}
    highest = 0.0
    edge = 1 if len(periods) < 60 else 0  # of more, nothing else could be seen
    for side, parts in ((1, _parts_of(periods)), (-1, _BECAME)):
        bottom = 0 * periods["n"].astype(float)
        for column, (name, colour, hatch) in parts.items():
            height = side * periods[column] / periods["n"]
            if not height.any():
                continue
            bars = ax.bar(
                periods["begins"], height, periods["ends"] - periods["begins"], bottom=bottom,
                align="edge", color=colour, hatch=hatch, label=name, lw=edge,
                edgecolor=GREY if colour == "white" else "white",
            )  # fmt: skip
            shown.setdefault(name, bars)
            bottom = bottom + height
        highest = max(highest, float(bottom.abs().max()))
    ax.axhline(0, color=INK, lw=0.9)
    ax.set_ylim(-1.06 * highest, 1.06 * highest)
    marks = MaxNLocator(nbins=5).tick_values(-highest, highest)
    ticks = [mark for mark in marks if abs(mark) <= 1.06 * highest]
    ax.set_yticks(ticks, [number(abs(tick)) for tick in ticks])
    ax.set_ylabel(f"{unit} each")
    ax.legend(
        handles=[*shown.values()], labels=[*shown], loc="lower left", bbox_to_anchor=(0, 1),
        ncols=2 if is_narrow() else 4, fontsize=8.5, borderaxespad=0,
    )  # fmt: skip
    ax.set_xlabel("share of the term that is over")
    percent_axis(ax, "x")


def _parts_of(periods: pd.DataFrame) -> dict[str, tuple[str, str, str]]:
    """Return what periods have, with the kind of block that is granted in its own word."""
    return _HAS | {"granted": BLOCKS[str(periods["base"].iloc[0])]}


def finding_of_periods(template: str, periods: pd.DataFrame, unit: str) -> str:
    """Say what became of all that the periods had."""
    total = periods[[*_HAS, *_BECAME, "entered", "over"]].sum()
    had = float(total["granted"] + total["topped_up"] + total["entered"])
    singular = unit.removesuffix("s")
    what = f"{counted(had, singular, unit)} given in {counted(len(periods), 'period')}"
    over = float(total["over"])
    beyond = (
        f"; {counted(over, f'{singular} was', f'{unit} were')} used beyond them" if over else ""
    )
    if had <= 0:
        return f"{template}: {what}{beyond}"
    parts = {"used": total["used"] - over, "lapsed": total["lapsed"], "left": total["remaining"]}
    words = {"used": "were used", "lapsed": "lapsed", "left": "are still left"}
    became = [f"{percent(part / had)} {words[name]}" for name, part in parts.items() if part]
    return f"{template}: of {what} {listed(became)}{beyond}"


def told_periods(periods: pd.DataFrame, unit: str) -> list[str]:
    """Say of each period what it had and what became of it; of many, those between as one."""
    if periods.empty:
        return []
    parts = _parts_of(periods)
    numbers = periods["period"].tolist()
    groups = [[each] for each in numbers]
    if len(numbers) > _MOST_TOLD:
        groups = [numbers[:1], numbers[1:-1], numbers[-1:]]
    return [_told(periods[periods["period"].isin(group)], parts, unit) for group in groups]


def _told(some: pd.DataFrame, parts: dict[str, tuple[str, str, str]], unit: str) -> str:
    count = int(some["n"].sum())
    had, became = (
        listed(
            [
                f"{number(some[column].sum() / count)} {name}"
                for column, (name, _, _) in side.items()
                if some[column].any()
            ]
        )
        for side in (parts, _BECAME)
    )
    first, last = some["period"].iloc[0], some["period"].iloc[-1]
    if first == last:
        whose = f"Period {number(first)} ({counted(count, 'entitlement')}, {unit} each)"
    else:
        whose = f"Periods {number(first)} to {number(last)} ({unit} each)"
    return f"{whose}: {had or 'nothing'}; then {became or 'nothing'}"
