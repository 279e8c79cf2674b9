"""What is paid for and never used, and when it becomes revenue."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from .canvas import canvas, caption, label_ends, month_axis, nothing, value_axis
from .source import Source, records, rows
from .style import BLUE, ORANGE, PURPLE
from .waterfall import Step, draw_waterfall
from .words import listed, month, number, percent, plural, share_of, short

_BREAKAGE = (
    "template", "allocation", "ended_by", "n", "breakage", "allotment", "used", "rolled_out",
    "over_units", "price", "breakage_value",
)  # fmt: skip

_BY_TEMPLATE = """
SELECT template::VARCHAR AS template, any_value(allocation)::VARCHAR AS allocation,
       ended_by = 'expiry' AS expired, sum(n)::BIGINT AS n, sum(breakage)::DOUBLE AS breakage,
       sum(allotment)::DOUBLE AS allotment, sum(used)::DOUBLE AS used,
       sum(rolled_out)::DOUBLE AS rolled_out, sum(over_units)::DOUBLE AS over_units,
       sum(price)::DOUBLE AS price, sum(breakage_value)::DOUBLE AS breakage_value
FROM shown GROUP BY template, expired ORDER BY breakage_value DESC, template
"""


def breakage_waterfall(run: Source, *, template: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw how much of what was paid for was used, and which templates left the rest.

    Of all templates, values are shown: breakage x price / allotment. Of one template, its own
    unit: allotment + use beyond it = used + rolled over + breakage. Cancelled entitlements are
    told apart, because what they leave may have been refunded.

    Parameters
    ----------
    run : Run or DataFrame
        A run, or a frame with the columns of the view ``breakage``.
    template : str, optional
        Show the terms of this template in its unit.
    ax : Axes, optional
        Where to draw; by default a new figure.

    Raises
    ------
    ValueError
        The frame lacks columns, or there is no such template.
    """
    found = rows(run, "breakage", _BREAKAGE, _BY_TEMPLATE, template=template)
    expired, cancelled = found[found["expired"]], found[~found["expired"]]
    with canvas(ax, width=8.6) as ax:
        if expired.empty:
            return nothing(ax, "Breakage", "no entitlement with a number of terms has expired.")
        if template is None:
            _in_value(ax, expired, cancelled)
        else:
            _in_units(ax, template, records(expired)[0], cancelled)
    return ax


def _in_value(ax: Axes, expired: pd.DataFrame, cancelled: pd.DataFrame) -> None:
    paid, unused = float(expired["price"].sum()), float(expired["breakage_value"].sum())
    leaving = expired[expired["breakage_value"] > 0]
    steps = [
        Step("paid for", paid, "total"),
        Step("used", unused - paid, "plain", percent((paid - unused) / paid) if paid else ""),
    ]
    steps += [
        Step(
            one.template.replace(" ", "\n"),
            -one.breakage_value,
            note=percent(one.breakage_value / one.price),
        )
        for one in records(leaving)
    ]
    draw_waterfall(ax, steps)
    ax.set_ylabel("price of expired entitlements")
    value_axis(ax)
    lost = float(cancelled["breakage_value"].sum())
    number_cancelled = int(cancelled["n"].sum())
    apart = f"; {plural(number_cancelled, 'cancelled one')} left {short(lost)} more"
    worst = leaving.iloc[0] if not leaving.empty else None
    most = f"; {worst['template']} left most" if worst is not None and len(leaving) > 1 else ""
    caption(
        ax,
        f"{percent(unused / paid)} of what was paid for was never used{most}"
        if paid
        else "What expired cost nothing, so no value was left unused",
        f"{plural(int(expired['n'].sum()), 'expired entitlement')}; then what each template left "
        f"unused, and its share of that template's price{apart if number_cancelled else ''}",
        f"Of {short(paid)} paid, {short(unused)} was never used",
        *(
            f"{one.template}: {short(one.breakage_value)}, "
            f"{percent(one.breakage_value / one.price)} of its price"
            for one in records(leaving)
        ),
    )


def _in_units(ax: Axes, template: str, one: Any, cancelled: pd.DataFrame) -> None:
    unit = one.allocation
    held, left = float(one.allotment), float(one.breakage)
    steps = [Step("held", held, "total")]
    optional = (("used beyond", one.over_units, 1), ("used", one.used, -1))
    for name, amount, sign in (*optional, ("rolled over", one.rolled_out, -1)):
        if amount:
            steps.append(Step(name, sign * float(amount), "plain"))
    steps.append(Step("unused", left, "total", percent(left / held) if held else ""))
    draw_waterfall(ax, steps)
    ax.set_ylabel(f"{unit} of expired entitlements")
    value_axis(ax)
    apart = float(cancelled["breakage"].sum())
    caption(
        ax,
        f"{template}: {percent(left / held) if held else 'none'} of the {unit} were never used",
        f"{plural(int(one.n), 'expired entitlement')}"
        + (f"; cancelled ones left {number(apart)} {unit} more" if apart else ""),
        f"Unused: {share_of(left, held)} {unit}; "
        + ", ".join(f"{step.name} {number(step.amount)}" for step in steps[1:-1]),
    )


_REVENUE = """
SELECT month::DATE AS month, sum(proportional)::DOUBLE AS proportional,
       sum(remote)::DOUBLE AS remote, sum(stand_ready)::DOUBLE AS stand_ready
FROM shown GROUP BY ALL ORDER BY month
"""

_METHODS = (
    ("proportional", "proportional", BLUE, "-", "o"),
    ("remote", "remote", ORANGE, (0, (6, 2)), "s"),
    ("stand_ready", "stand-ready", PURPLE, (0, (1, 1.2)), "^"),
)


def revenue_by_month(run: Source, *, template: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw the revenue of each month by three methods of recognising breakage.

    Parameters
    ----------
    run : Run or DataFrame
        A run, or a frame with the columns of the view ``breakage_revenue``.
    template : str, optional
        Show this template alone.
    ax : Axes, optional
        Where to draw; by default a new figure.

    Raises
    ------
    ValueError
        The frame lacks columns, or there is no such template.
    """
    columns = ("month", "proportional", "remote", "stand_ready")
    found = rows(run, "breakage_revenue", columns, _REVENUE, template=template)
    with canvas(ax, width=8.6) as ax:
        if found.empty:
            return nothing(ax, "Revenue by month", "no entitlement has come into force.")
        ends = []
        for column, name, colour, dashes, marker in _METHODS:
            ax.plot(
                found["month"], found[column], color=colour, ls=dashes, marker=marker, ms=4,
                markevery=max(1, len(found) // 12), label=name,
            )  # fmt: skip
            ends.append((found["month"].iloc[-1], float(found[column].iloc[-1]), name))
        highest = float(found[[column for column, *_ in _METHODS]].max().max())
        ax.set_ylim(min(0.0, ax.get_ylim()[0]), max(highest, 1) * 1.08)
        label_ends(ax, ends)
        month_axis(ax, len(found))
        ax.set_ylabel("revenue of the month")
        value_axis(ax)
        totals = {name: float(found[column].sum()) for column, name, *_ in _METHODS}
        fast, slow = max(totals, key=totals.__getitem__), min(totals, key=totals.__getitem__)
        of = f"{template}: " if template else ""
        same = totals[fast] == totals[slow]
        caption(
            ax,
            f"{of}All three methods come to {short(totals[fast])}"
            if same
            else f"{of}By {month(found['month'].iloc[-1])} the {fast} method has recognised "
            f"{short(totals[fast])}, the {slow} one {short(totals[slow])}",
            f"{month(found['month'].iloc[0])} to {month(found['month'].iloc[-1])}; over ended "
            "entitlements all methods come to the same",
            f"To date {listed([f'{name} {short(value)}' for name, value in totals.items()])}",
            f"In the last month {listed([f'{name} {short(value)}' for _, value, name in ends])}",
        )
    return ax
