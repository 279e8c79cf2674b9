"""What is paid for and never used."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from ..telling import counted, in_currency, listed, number, percent, share_of, short_money
from .base import currency_of
from .canvas import canvas, caption, nothing, value_axis
from .dates import Day
from .documentation import drawn_from
from .source import Source, records, rows
from .waterfall import Step, draw_waterfall

_BREAKAGE = (
    "template", "allocation", "ended_by", "n", "breakage", "allotment", "used", "rolled_out",
    "over_units", "price", "breakage_value", "unrefunded_value",
)  # fmt: skip

_BY_TEMPLATE = """
SELECT template::VARCHAR AS template, any_value(allocation)::VARCHAR AS allocation,
       ended_by = 'expiry' AS expired, sum(n)::BIGINT AS n, sum(breakage)::DOUBLE AS breakage,
       sum(allotment)::DOUBLE AS allotment, sum(used)::DOUBLE AS used,
       sum(rolled_out)::DOUBLE AS rolled_out, sum(over_units)::DOUBLE AS over_units,
       sum(price)::DOUBLE AS price, sum(breakage_value)::DOUBLE AS breakage_value,
       sum(unrefunded_value)::DOUBLE AS unrefunded_value
FROM shown GROUP BY template, expired ORDER BY breakage_value DESC, template
"""


@drawn_from(
    "view ``breakage``",
    "the month in which they ended",
    template=(
        "str, optional",
        "Show the terms of this template in its unit.",
    ),
)
def breakage_waterfall(
    run: Source,
    *,
    template: str | None = None,
    since: Day = None,
    until: Day = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw how much of what was paid for was used, and which templates left the rest.

    Of all templates, values are shown: breakage x price / allotment. Of one template, its own
    unit: allotment + use beyond it = used + rolled over + breakage. Of values, use beyond what was
    held is not set against what was left: nobody has paid for it. Cancelled entitlements are
    told apart, less what was refunded of what they left, by the refund of their template.
    """
    ended = rows(
        run, "breakage", _BREAKAGE, _BY_TEMPLATE, dated="month", since=since, until=until,
        template=template,
    )  # fmt: skip
    expired, cancelled = ended[ended["expired"]], ended[~ended["expired"]]
    with canvas(ax, width=8.6) as ax:
        if expired.empty:
            why = "no entitlement with a number of terms has expired."
            return nothing(ax, "Breakage", why, since=since, until=until)
        if template is None:
            texts = _in_value(ax, expired, cancelled, currency_of(run))
        else:
            texts = _in_units(ax, template, records(expired)[0], cancelled)
        caption(ax, *texts, since=since, until=until)
    return ax


def _in_value(
    ax: Axes, expired: pd.DataFrame, cancelled: pd.DataFrame, currency: str | None
) -> list[str]:
    """Draw what was paid for; return title, quiet line and details."""
    paid, unused = float(expired["price"].sum()), float(expired["breakage_value"].sum())
    leaving = expired[expired["breakage_value"] > 0]
    steps = [
        Step("paid for", paid, "total"),
        Step("used", unused - paid, "plain", percent(paid - unused, paid) if paid else ""),
    ]
    steps += [
        Step(
            offering.template.replace(" ", "\n"),
            -offering.breakage_value,
            note=percent(offering.breakage_value, offering.price),
        )
        for offering in records(leaving)
    ]
    draw_waterfall(ax, steps)
    ax.set_ylabel(in_currency("price of expired entitlements", currency))
    value_axis(ax)
    lost = float(cancelled["breakage_value"].sum())
    refunded = lost - float(cancelled["unrefunded_value"].sum())
    number_cancelled = int(cancelled["n"].sum())
    apart = (
        f"; {counted(number_cancelled, 'cancelled one')} left {short_money(lost, currency)} more"
    )
    if refunded:
        apart += f", of which {short_money(refunded, currency)} was refunded"
    if not number_cancelled:
        apart = ""
    if (expired["over_units"] > 0).any():
        apart += "; what others used beyond what they held is not set against it"
    most = f"; {_leaving_most(leaving)} left most" if len(leaving) > 1 else ""
    return [
        f"{percent(unused, paid)} of what was paid for was never used{most}"
        if paid
        else "What expired cost nothing, so no value was left unused",
        f"{counted(int(expired['n'].sum()), 'expired entitlement')}; then what each template left "
        f"unused, and its share of that template's price{apart}",
        f"Of {short_money(paid, currency)} paid, {short_money(unused, currency)} was never used",
        *(
            f"{offering.template}: {short_money(offering.breakage_value, currency)}, "
            f"{percent(offering.breakage_value, offering.price)} of its price"
            for offering in records(leaving)
        ),
    ]


def _leaving_most(leaving: pd.DataFrame) -> str:
    """Name the template that left the greatest value, or all of them where several are equal."""
    is_most = leaving["breakage_value"] == leaving["breakage_value"].max()
    return listed([str(name) for name in leaving["template"][is_most]])


def _in_units(ax: Axes, template: str, expired: Any, cancelled: pd.DataFrame) -> list[str]:
    """Draw the terms of one template; return title, quiet line and details."""
    unit = expired.allocation
    allotment, unused = float(expired.allotment), float(expired.breakage)
    steps = [Step("held", allotment, "total")]
    optional = (("used beyond", expired.over_units, 1), ("used", expired.used, -1))
    for name, amount, sign in (*optional, ("rolled over", expired.rolled_out, -1)):
        if amount:
            steps.append(Step(name, sign * float(amount), "plain"))
    steps.append(Step("unused", unused, "total", percent(unused, allotment) if allotment else ""))
    draw_waterfall(ax, steps)
    ax.set_ylabel(f"{unit} of expired entitlements")
    value_axis(ax)
    apart = float(cancelled["breakage"].sum())
    return [
        f"{template}: {percent(unused, allotment) if allotment else 'none'} of the {unit} were "
        "never used",
        f"{counted(int(expired.n), 'expired entitlement')}"
        + (f"; cancelled ones left {number(apart)} {unit} more" if apart else ""),
        f"Unused: {share_of(unused, allotment)} {unit}; "
        + ", ".join(f"{step.name} {number(step.amount)}" for step in steps[1:-1]),
    ]
