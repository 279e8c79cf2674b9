"""A forecast by a fit holds in its bands what the book leaves open."""

import datetime as dt
from typing import NamedTuple

import pytest

from entitlement_sim import Forecast, Scenario, forecast, simulate
from entitlement_sim.forecasting.forecast import Generator, forecast_by, learned_by

from .worlds import CUT, WORLD

REPLICATIONS = 50
#: What customers share does not become surer with their number, and is left out.
ALONE = ["calendar.level.sd=0", "calendar.growth=0", "calendar.day_spread=0", "bursts=[]"]
SMALL, LARGE = 40, 12


class Both(NamedTuple):
    """A book gone on by its fit: as it may be, and as if its numbers were known."""

    drawn: Forecast
    known: Forecast
    true: Forecast


def gone_on(times: int) -> Both:
    """Forecasts of a book of so many times as many customers."""
    customers = {"small": SMALL * times, "large": LARGE * times}
    overrides = [f"segments.{name}.customers={n}" for name, n in customers.items()]
    overrides.append("calendar.days=731")
    until = CUT + dt.timedelta(days=181)
    with simulate(Scenario.parse(WORLD, overrides=[*ALONE, *overrides]), seed=4) as run:
        fitted = learned_by(run, CUT)
        known = Generator(fitted.scenario, True)
        return Both(
            *(
                forecast_by(by, run, until, replications=REPLICATIONS, as_of=CUT, seed=1)
                for by in (fitted, known)
            ),
            true=forecast(run, until, replications=2, seed=1),
        )


@pytest.fixture(scope="module")
def book() -> Both:
    return gone_on(1)


@pytest.fixture(scope="module")
def large_book() -> Both:
    return gone_on(10)


def spread(ahead: Forecast, quantity: str) -> float:
    """Standard deviation of a total over replications, as a share of its mean."""
    totals = ahead.draws[quantity].sum((1, 2))
    return float(totals.std(ddof=1) / totals.mean())


@pytest.mark.parametrize("quantity", ["cases", "covered", "hours"])
def test_bands_by_a_fit_are_wider_than_where_its_numbers_are_taken_as_known(
    book: Both, quantity: str
) -> None:
    assert spread(book.drawn, quantity) > 1.1 * spread(book.known, quantity)


@pytest.mark.parametrize("quantity", ["cases", "covered", "hours"])
def test_a_large_book_leaves_less_open(book: Both, large_book: Both, quantity: str) -> None:
    small, large = (
        spread(both.drawn, quantity) ** 2 - spread(both.known, quantity) ** 2
        for both in (book, large_book)
    )
    assert large < 0.5 * small


def test_what_is_open_moves_no_median(large_book: Both) -> None:
    drawn, known = (
        both.totals().set_index("quantity")["median"]
        for both in (large_book.drawn, large_book.known)
    )
    assert drawn["cases"] == pytest.approx(known["cases"], rel=0.1)
    assert drawn["expiries"] == pytest.approx(known["expiries"], rel=0.02)


def test_it_is_said_that_bands_hold_what_the_fit_leaves_open(book: Both) -> None:
    assert "bands hold" in book.drawn.caveats[0]
    assert "as if they were known" in book.known.caveats[0]
    assert "very scenario" in book.true.caveats[0]
    assert [both.is_drawn for both in book] == [True, False, False]


def test_chances_of_contracts_are_over_all_that_is_drawn(book: Both) -> None:
    rows = book.drawn.contracts
    assert len(rows) == len(book.known.contracts)
    # Each share is taken beside those of all others, which moves no sum (``chances_of``).
    counted = rows["chance_dry"].sum() * REPLICATIONS
    assert counted == pytest.approx(round(counted), abs=1e-6)
    assert counted > 0
