"""Runs that the tests of the charts share, and figures that no test leaves open."""

from collections.abc import Iterator

import matplotlib
import pytest

matplotlib.use("Agg")

from matplotlib import pyplot

from entitlement_sim import Run, Scenario, simulate

#: Every chart of a whole run, and the view or table that a frame must stand for.
CHARTS = {
    "blocked_demand": "blocked_demand",
    "breakage_waterfall": "breakage",
    "burn_down": "burn_down",
    "channel_balances": "utilisation_by_channel",
    "daily_consumption": "consumption_by_day",
    "exhaustion_curve": "time_to_exhaustion",
    "expiry_calendar": "entitlement_facts",
    "expiry_wall": "expiry_wall",
    "lifecycle_flow": "transitions",
    "origin_mix": "origin_mix",
    "pacing": "pacing",
    "renewal_cohorts": "cohorts",
    "renewal_lag": "renewals",
    "renewal_rate_by_month": "renewal_rates",
    "retention_bridge": "retention",
    "retention_over_time": "retention",
    "revenue_by_month": "breakage_revenue",
    "sla_compliance": "sla_compliance",
    "utilisation_at_expiry": "breakage_by_entitlement",
}


def demo(customers: int, days: int) -> Scenario:
    """The demo with so many customers of each segment."""
    few = {f"segments.{name}.customers": customers for name in Scenario.load("demo").model.segments}
    return Scenario.load("demo", few | {"calendar.days": days, "calendar.holidays": []})


@pytest.fixture(scope="session")
def portfolio() -> Iterator[Run]:
    """Ninety customers over three years: every chart has something to show."""
    with simulate(demo(30, 1096), seed=3) as run:
        yield run


@pytest.fixture(scope="session")
def tiny() -> Iterator[Run]:
    """Three customers over forty days: nothing has expired."""
    with simulate(demo(1, 40), seed=5) as run:
        yield run


@pytest.fixture(scope="session")
def empty() -> Iterator[Run]:
    """Nobody over ten days."""
    with simulate(demo(0, 10), seed=1) as run:
        yield run


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    pyplot.close("all")


@pytest.fixture(params=sorted(CHARTS))
def chart(request: pytest.FixtureRequest) -> str:
    """The name of each chart in turn."""
    return str(request.param)
