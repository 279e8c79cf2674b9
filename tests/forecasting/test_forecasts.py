"""A forecast goes on from how a book stands, through the rules."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from entitlement_sim import Forecast, Run, RunError, Scenario, forecast, simulate
from entitlement_sim.forecasting.forecast import QUANTITIES

from .worlds import ACTUAL, CUT, WORLD, came

SMALL = ("segments.small.customers=25", "segments.large.customers=8")
#: Nothing is left to chance but when customers buy.
CERTAIN = (
    "segments.small.cases.per_year=0",
    "segments.large.cases.per_year=0",
    "segments.small.cancellation.per_year=0",
    "segments.small.renewal={inclination: {constant: 1}}",
    "segments.large.renewal={inclination: {constant: 1}}",
    "segments.small.joins={at_start: 1}",
    "segments.large.joins={at_start: 1}",
    "bursts=[]",
)
#: Customers who join on the first day and buy within a hundred days, one contract at the most.
WAITING = """
scenario: waits
calendar: { start: 2024-01-01, days: 50 }
templates:
  Pack: { total_terms: 10, restrict: true, term: { days: 30 }, price: 100 }
segments:
  all:
    customers: 60
    holds: [{ template: Pack, share: 0.5, sold_after_days: { least: 0, most: 99 } }]
    cases: { per_year: 9 }
    joins: { at_start: 1.0 }
    resolve_hours: { lognormal: { median: 10, sigma: 1.2 } }
    renewal: { inclination: { constant: 0.0 } }
"""


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    with simulate(Scenario.parse(WORLD, overrides=SMALL), seed=4) as simulated:
        yield simulated


@pytest.fixture(scope="module")
def answer(run: Run) -> Forecast:
    return forecast(run, run.manifest.last_day + dt.timedelta(days=365), replications=20)


def test_where_nothing_is_left_to_chance_a_forecast_is_what_comes() -> None:
    scenario = Scenario.parse(WORLD, overrides=[*SMALL, *CERTAIN])
    with simulate(scenario, seed=4) as simulated:
        told = forecast(simulated, simulated.manifest.last_day, as_of=CUT, replications=2)
    actual = came(scenario, 4, CUT)
    for quantity in ACTUAL:
        for drawn in told.draws[quantity].sum(1):
            np.testing.assert_allclose(drawn, actual[quantity], err_msg=quantity)
    assert told.draws["renewals"].sum() > 0


def test_a_book_played_again_stands_as_it_is_recorded(answer: Forecast) -> None:
    assert answer.unequal == 0
    assert len(answer.contracts) > 10


@pytest.mark.parametrize(
    "overrides",
    [
        ["templates.Pack.allowance={terms: 2, every: month}", "templates.Pack.total_terms=null"],
        ["segments.small.accounts={each: 3, hold: own}"],
        ["segments.small.amendments={per_year: 2, change: [0.5]}"],
        ["segments.small.reopened=0.3", "segments.small.cancelled=0.2"],
        [
            "templates.More={total_terms: 3, price: 9, priority: 1, adds_to: [Pack]}",
            "segments.small.buys_more={when: empty, share: 0.8, template: More}",
        ],
    ],
    ids=["allowances", "accounts", "amendments", "reopenings", "top-ups"],
)
def test_a_book_stands_as_recorded_whatever_was_sold(overrides: list[str]) -> None:
    scenario = Scenario.parse(WORLD, overrides=[*SMALL, *overrides])
    with simulate(scenario, seed=4) as simulated:
        told = forecast(simulated, dt.date(2025, 3, 31), as_of=CUT, replications=1)
    assert told.unequal == 0


def to_be_sold(customers: int, share: float, *overrides: str) -> tuple[Run, np.ndarray]:
    """A book in the middle of the hundred days in which customers buy, and how many are to come."""
    told = [f"segments.all.customers={customers}", f"segments.all.holds[0].share={share}"]
    simulated = simulate(Scenario.parse(WAITING, overrides=[*told, *overrides]), seed=1)
    ahead = forecast(simulated, dt.date(2024, 12, 31), replications=8)
    # Nobody renews, so that each contract expires once; one that ends on the day has done so.
    expire = ahead.draws["expiries"][:, 0].sum(1)
    return simulated, expire - int((ahead.contracts["days_left"] > 0).sum())


def number_of(run: Run, customers: str) -> int:
    held = "customer_id IN (FROM (SELECT customer_id FROM entitlements))"
    asked = run.sql(f"SELECT count(DISTINCT customer_id) AS n FROM {customers} WHERE NOT {held}")
    return int(asked["n"].item())


def test_who_has_not_bought_buys_as_often_as_the_time_that_is_left_says() -> None:
    run, sold = to_be_sold(400, 0.5)
    with run:
        # Half buy within a hundred days, and fifty are over: 0.25 / 0.75 of the others do.
        assert sold.mean() / number_of(run, "customers") == pytest.approx(1 / 3, abs=0.035)


def test_everybody_buys_once_where_everybody_buys() -> None:
    run, sold = to_be_sold(60, 1.0)
    with run:
        assert set(sold.tolist()) == {number_of(run, "customers")}


def test_who_writes_before_it_has_bought_is_to_buy_where_demand_needs_cover() -> None:
    run, sold = to_be_sold(60, 0.3, "segments.all.life={ends: {exponential: 60}}")
    with run:
        wrote = number_of(run, "arrived_cases")
        assert wrote > 3
        assert (sold >= wrote).all()


def test_nothing_after_the_day_is_looked_at(run: Run) -> None:
    shorter = Scenario.parse(WORLD, overrides=[*SMALL, "calendar.days=731"])
    until = dt.date(2025, 6, 30)
    with simulate(shorter, seed=4) as cut:
        assert cut.manifest.last_day == CUT
        whole = forecast(cut, until, replications=3)
    known = forecast(run, until, as_of=CUT, replications=3)
    for quantity in QUANTITIES:
        np.testing.assert_array_equal(whole.draws[quantity], known.draws[quantity])


def test_more_replications_keep_the_first_ones(run: Run, answer: Forecast) -> None:
    fewer = forecast(run, answer.until, replications=3)
    for quantity, drawn in fewer.draws.items():
        np.testing.assert_array_equal(drawn, answer.draws[quantity][:3])


def test_a_contract_with_nothing_left_has_run_dry(answer: Forecast) -> None:
    rows = answer.contracts
    spent = rows[rows["remaining"] <= 0]
    assert len(spent) > 0
    assert (spent["chance_dry"] == 1).all()
    assert spent["dry_median"].isna().all()


def test_chances_lie_between_0_and_1_and_risk_comes_first(answer: Forecast) -> None:
    chances = answer.contracts["chance_dry"].dropna()
    assert chances.between(0, 1).all()
    assert chances.is_monotonic_decreasing


def test_futures_say_how_many_run_dry_of_which_contracts(answer: Forecast) -> None:
    rows = answer.contracts[answer.contracts["remaining"] > 0]
    assert answer.dry_in_all().mean() == pytest.approx(rows["chance_dry"].sum())
    first = rows.head(1)
    among = answer.dry_in_all(first["entitlement_id"])
    assert among.mean() == pytest.approx(first["chance_dry"].item(), abs=0.1)
    assert set(among) <= {0, 1}


def test_bands_lie_within_each_other(answer: Forecast) -> None:
    frame = answer.frame()
    assert (frame["low_95"] <= frame["low_80"]).all()
    assert (frame["low_80"] <= frame["low_50"]).all()
    assert (frame["low_50"] <= frame["median"]).all()
    assert (frame["median"] <= frame["high_50"]).all()
    assert (frame["high_50"] <= frame["high_80"]).all()
    assert (frame["high_80"] <= frame["high_95"]).all()
    assert set(frame["quantity"]) == set(QUANTITIES)


def test_bands_are_wider_than_poisson_where_the_level_has_broken() -> None:
    steady = ["calendar.level={sd: 0}", "calendar.day_spread=0", "bursts=[]"]
    until = dt.date(2025, 12, 31)
    widths = []
    for steps in ("[]", "[{date: 2024-05-01, factor: 0.5}]"):
        overrides = [*steady, f"calendar.level.steps={steps}"]
        with simulate(Scenario.parse(WORLD, overrides=overrides), seed=4) as simulated:
            told = forecast(simulated, until, as_of=CUT, replications=60).totals()
        row = told[told["quantity"] == "cases"].iloc[0]
        widths.append((row["high_95"] - row["low_95"]) / (2 * 1.96 * np.sqrt(row["mean"])))
    assert widths[1] > 1.5 * widths[0]
    assert widths[1] > 3


def test_who_is_to_join_comes_apart(run: Run, answer: Forecast) -> None:
    book, all_of_them = answer.totals("book"), answer.totals()
    assert (book["mean"] <= all_of_them["mean"] + 1e-9)[book["quantity"] == "cases"].all()
    with pytest.raises(ValueError, match="group"):
        answer.frame("everybody")


@pytest.mark.parametrize(
    ("until", "more", "said"),
    [
        (dt.date(2025, 12, 31), {}, "does not lie between"),
        (dt.date(2099, 1, 1), {}, "does not lie between"),
        (dt.date(2026, 1, 31), {"replications": 0}, "at least 1"),
        (dt.date(2026, 1, 31), {"as_of": dt.date(2020, 1, 1)}, "within the run"),
    ],
)
def test_what_cannot_be_asked_is_said(
    run: Run, until: dt.date, more: dict[str, object], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        forecast(run, until, **more)  # type: ignore[arg-type]


def test_there_is_no_forecast_of_no_run(tmp_path: Path) -> None:
    with pytest.raises(RunError):
        forecast(tmp_path / "none", dt.date(2026, 1, 31))


def test_a_page_begins_with_what_to_do_and_ends_with_how_far_to_trust_it(
    answer: Forecast, tmp_path: Path
) -> None:
    text = answer.page(tmp_path / "forecast.html").read_text(encoding="utf-8")
    titles = ("What to do", "When contracts run dry", "Contracts by risk", "How far to trust it")
    places = [text.index(title) for title in titles]
    assert places == sorted(places)
