"""Runs that the tests of the charts share, and figures that no test leaves open."""

from collections.abc import Iterator

import matplotlib
import pytest
from chart_sources import CHARTS

matplotlib.use("Agg")

from reckoned import reckon

from entitlement_sim import Run, Scenario, simulate


def demo(customers: int, days: int) -> Scenario:
    """The demo with so many customers of each segment."""
    few = {f"segments.{name}.customers": customers for name in Scenario.load("demo").model.segments}
    return Scenario.load("demo", few | {"calendar.days": days, "calendar.holidays": []})


@pytest.fixture(scope="session")
def portfolio() -> Iterator[Run]:
    """Ninety customers over three years: every chart has something to show."""
    with simulate(demo(30, 1096), seed=3) as run:
        reckon(run.connection)
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


@pytest.fixture(params=sorted(CHARTS))
def chart(request: pytest.FixtureRequest) -> str:
    """The name of each chart in turn."""
    return str(request.param)
