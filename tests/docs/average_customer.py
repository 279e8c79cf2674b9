"""The picture at the top of README.md: what a spreadsheet says of a pack, and what happens.

Made by ``.venv/bin/python -m tests.docs.average_customer``, by the closed form and by a simulation
of the same year.
"""

from typing import Final, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from entitlement_sim import Scenario, simulate
from entitlement_sim.charts.style import BLUE, GREY, INK, RED, style
from entitlement_sim.metrics.sizing import expected_regret
from entitlement_sim.reports import first
from entitlement_sim.telling import percent, percent_tick

from .places import WRITTEN

PLACE: Final = WRITTEN / "average-customer.png"

PACK, MEAN, SHAPE = 10, 8, 0.6
CUSTOMERS: Final = 20_000

#: A year of a pack of ten for everybody, eight cases a year on the average, nothing else.
YEAR: Final = {
    "calendar.days": 366,  # the last one closes the year
    "segments.everyone.customers": CUSTOMERS,
    "segments.everyone.cases": {"per_year": MEAN, "shape": SHAPE},
    "segments.everyone.renewal.inclination": {"constant": 0},
}

#: Cases a year up to which customers are drawn; few have more.
_TALLEST: Final = 45

_WANTED: Final = """
SELECT count(cases.case_id) AS wanted
FROM customers
LEFT JOIN cases ON cases.customer_id = customers.customer_id AND created_at < DATE '2024-01-01'
GROUP BY customers.customer_id
ORDER BY wanted
"""


class Shares(NamedTuple):
    """What becomes of a pack: shares of what was sold, and of the cases that were wanted."""

    lapses: float
    finds_none: float


def by_the_closed_form() -> Shares:
    """Return what demand that is negative binomial comes to."""
    regret = expected_regret(MEAN, SHAPE, PACK)
    return Shares(float(regret.unused) / PACK, float(regret.missing) / MEAN)


def by_the_simulator() -> tuple[Shares, "pd.Series[int]"]:
    """Return what a simulated year comes to, and the cases wanted by each customer, ascending."""
    with simulate(Scenario.load("reference", YEAR)) as run:
        row = first(
            run.sql(
                "SELECT sum(breakage)::DOUBLE / sum(allotment)::DOUBLE AS lapses, "
                "(SELECT sum(used_up) / sum(asked_what_is_sold) FROM blocked_demand) AS finds_none "
                "FROM breakage"
            )
        )
        return Shares(float(row.lapses), float(row.finds_none)), run.sql(_WANTED)["wanted"]


def drawn(wanted: "pd.Series[int]", shares: Shares) -> Figure:
    """Draw cases wanted by customer, from few to many, against the pack."""
    with style():
        figure = Figure(figsize=(9.6, 4.4), dpi=110, layout="constrained")
        says, happens = figure.subplots(1, 2, sharey=True)
        average = np.full(CUSTOMERS, float(MEAN))
        _panel(says, average, "What a spreadsheet says")
        _panel(happens, wanted.to_numpy(float), "What happens to the same pack")
        says.set_ylabel("cases wanted in the year")
        says.annotate("80% of what was sold is used", (0.5, 4.0), ha="center", va="center")
        says.annotate(
            "20% lapses, and no case finds none left", (0.5, 9.0), ha="center", va="center"
        )
        happens.annotate(
            f"{percent(shares.lapses)} of what\nwas sold lapses",
            (0.28, 7.0), ha="center", va="center", color=INK,
        )  # fmt: skip
        happens.annotate(
            f"{percent(shares.finds_none)} of the cases\nwanted find none left",
            (0.955, 16), (0.52, 24), ha="center", va="center", color=INK,
            arrowprops={"arrowstyle": "-", "color": INK, "linewidth": 0.8},
        )  # fmt: skip
        return figure


def _panel(ax, wanted, title: str) -> None:
    place = (np.arange(len(wanted)) + 0.5) / len(wanted)
    ax.fill_between(place, 0, np.minimum(wanted, PACK), color=BLUE, linewidth=0, step="mid")
    ax.fill_between(
        place, np.minimum(wanted, PACK), PACK, color=GREY, alpha=0.35, linewidth=0, step="mid"
    )
    ax.fill_between(
        place, PACK, np.maximum(wanted, PACK), color=RED, alpha=0.85, linewidth=0, step="mid"
    )
    ax.axhline(PACK, color=INK, linewidth=1.2)
    ax.set_title(title)
    ax.set_xlim(0, 1)
    ax.set_ylim(0, _TALLEST)
    ax.set_xlabel("customers, from few cases to many")
    ax.xaxis.set_major_formatter(lambda value, _: percent_tick(value))
    ax.annotate(f"pack of {PACK}", (0.02, PACK), (0, 4), textcoords="offset points", color=INK)


if __name__ == "__main__":
    happened, cases = by_the_simulator()
    drawn(cases, happened).savefig(PLACE, metadata={"Software": None})
    print(by_the_closed_form(), happened, PLACE, sep="\n")
