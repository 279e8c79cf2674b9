"""A forecast of a book that was imported, by a scenario that is fitted to it."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from entitlement_sim import Run, Scenario, forecast, read_exports, simulate
from entitlement_sim.forecasting import backtest
from entitlement_sim.forecasting.forecast import QUANTITIES
from entitlement_sim.forecasting.known import known_by

from .worlds import CUT, WORLD


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("book") / "exports"
    few = ["segments.small.customers=40", "segments.large.customers=10"]
    with simulate(Scenario.parse(WORLD, overrides=few), seed=5) as simulated:
        simulated.export(place, form="csv")
    return place


@pytest.fixture(scope="module")
def book(exports: Path) -> Iterator[Run]:
    with read_exports(exports) as imported:
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
    assert told.totals().set_index("quantity").loc["revenue", "median"] > 0
    assert set(told.contracts["price"]) == {900.0, 3000.0}
    assert "fitted" in told.caveats[0]


def test_what_was_known_of_a_book_is_what_a_book_of_that_day_says(exports: Path, book: Run) -> None:
    counts = """
        SELECT (SELECT count(*) FROM cases) AS cases,
               (SELECT sum(amount) FROM ledger) AS amounts,
               (SELECT count(*) FROM entitlements) AS contracts,
               (SELECT sum(price) FROM entitlements) AS prices,
               (SELECT sum(billable_minutes) FROM cases) AS minutes
    """
    with known_by(book, CUT) as known, read_exports(exports, as_of=CUT) as then:
        assert known.manifest.last_day == CUT
        said = known.sql(counts).iloc[0]
        np.testing.assert_array_equal(said, then.sql(counts).iloc[0])


def test_nothing_after_a_cut_is_looked_at(exports: Path, book: Run) -> None:
    until = dt.date(2025, 3, 31)
    known = forecast(book, until, as_of=CUT, replications=2)
    assert known.fitted
    with known_by(book, CUT) as then:
        alone = forecast(then, until, replications=2)
    for quantity in QUANTITIES:
        np.testing.assert_array_equal(known.draws[quantity], alone.draws[quantity])


def test_a_book_with_its_past_is_held_against_what_came(book: Run) -> None:
    told = backtest(book, [CUT], [1, 2, 3], replications=20)
    assert set(told.months["ahead"]) == {1, 2, 3}
    assert set(told.months["month"]) == {dt.date(2025, month, 1) for month in (1, 2, 3)}
    came = book.sql(
        "SELECT count(*) AS n FROM cases WHERE date_trunc('month', created_at) = DATE '2025-02-01'"
    )
    own = told.months[(told.months["quantity"] == "cases") & (told.months["ahead"] == 2)]
    assert own["came"].item() == came["n"].item()
    assert told.contracts["chance"].between(0, 1).all()
