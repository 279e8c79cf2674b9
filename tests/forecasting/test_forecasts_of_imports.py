"""A forecast of a book that was imported, by a scenario that is fitted to it."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from entitlement_sim import Run, RunError, Scenario, forecast, read_exports, simulate
from entitlement_sim.forecasting import backtest

from .worlds import WORLD


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    place = tmp_path_factory.mktemp("book")
    few = ["segments.small.customers=40", "segments.large.customers=10"]
    with simulate(Scenario.parse(WORLD, overrides=few), seed=5) as simulated:
        simulated.export(place / "exports", form="csv")
    with read_exports(Path(place / "exports")) as imported:
        yield imported


def test_it_goes_on_by_a_scenario_that_is_fitted(book: Run) -> None:
    until = book.manifest.last_day + dt.timedelta(days=180)
    told = forecast(book, until, replications=10)
    assert told.fitted
    assert told.unequal == 0
    assert told.contracts["chance_dry"].between(0, 1).any()
    cases = told.totals().set_index("quantity").loc["cases"]
    # As many as in half a year of the book, give or take what a level and a season may do.
    half = book.sql("SELECT count(*) AS n FROM cases")["n"].item() / 6
    assert 0.4 * half < cases["median"] < 2.5 * half
    assert "fitted" in told.caveats[0]


def test_it_begins_on_the_last_day_only(book: Run) -> None:
    before = book.manifest.last_day - dt.timedelta(days=30)
    with pytest.raises(ValueError, match="begins on its last day"):
        forecast(book, book.manifest.last_day, as_of=before)
    with pytest.raises(RunError, match="was imported"):
        backtest(book, [before])
