"""Who will run dry: what is looked at, what is said of runs in which little happened."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from entitlement_sim import Scenario, simulate
from entitlement_sim.inference import (
    chance_to_run_dry,
    forecast_running_dry,
    reliability,
    said_against_happened,
)
from entitlement_sim.inference.use_seen import UseSeen, use_seen
from entitlement_sim.metrics.demand_on_terms import PARTS

FEW = {f"segments.{name}.customers": 60 for name in ("small", "midsize", "enterprise")}
CUT = dt.date(2024, 6, 30)


@pytest.fixture(scope="module")
def whole():
    with simulate(Scenario.load("demo").with_(FEW | {"calendar.days": 912}), threads=1) as run:
        yield run


def test_nothing_that_came_after_the_day_is_looked_at(whole) -> None:
    shorter = Scenario.load("demo").with_(FEW | {"calendar.days": 547})
    with simulate(shorter, threads=1) as run:
        then = chance_to_run_dry(run)
    now = chance_to_run_dry(whole, CUT)
    # The numbers of a longer run are others, and with them the futures that are played.
    columns = ["template", "remaining", "end_date", "n", "days_seen"]
    pd.testing.assert_frame_equal(
        now[columns].sort_values(columns, ignore_index=True),
        then[columns].sort_values(columns, ignore_index=True),
    )
    assert now["chance"].sum() == pytest.approx(then["chance"].sum(), rel=0.1)


def test_every_active_entitlement_with_something_left_has_a_chance(whole) -> None:
    chances = chance_to_run_dry(whole)
    open_ones = whole.sql("""
        SELECT entitlement_id FROM entitlement_facts
        WHERE state = 'active' AND NOT is_unlimited AND remaining > 0 AND is_use_known
        ORDER BY entitlement_id
    """)
    assert chances["entitlement_id"].tolist() == open_ones["entitlement_id"].tolist()
    assert chances["chance"].between(0, 1).all()


def test_the_same_run_has_the_same_chances(whole) -> None:
    pd.testing.assert_frame_equal(chance_to_run_dry(whole), chance_to_run_dry(whole))


def test_the_number_in_all_is_the_sum_of_the_chances(whole) -> None:
    forecast = forecast_running_dry(whole)
    low, high = forecast.limits()
    assert forecast.numbers().mean() == pytest.approx(forecast.chances["chance"].sum())
    assert low < forecast.numbers().mean() < high


def test_what_happened_is_told_of_what_has_ended(whole) -> None:
    rows = said_against_happened(whole, CUT)
    last = whole.sql("SELECT as_of FROM metric_parameters")["as_of"].item()
    assert (rows["end_date"] <= last).all()
    dry = whole.sql("""
        SELECT entitlement_id FROM time_to_exhaustion
        WHERE observed AND ran_dry_on > DATE '2024-06-30'
    """)
    # What was dry before and had something again may run dry anew; no first passage tells it.
    assert set(rows.loc[rows["ran_dry"], "entitlement_id"]) >= (
        set(dry["entitlement_id"]) & set(rows["entitlement_id"])
    )


def test_cover_without_a_number_of_terms_has_no_chance() -> None:
    scenario = Scenario.load("warranty")
    few = {f"segments.{name}.customers": 5 for name in scenario.model.segments}
    with simulate(scenario.with_(few | {"calendar.days": 40}), threads=1) as run:
        assert chance_to_run_dry(run).empty


def held_side_by_side(picks: str) -> Scenario:
    """Sixty customers with two contracts each, of which one ends half a year sooner."""
    pack = {"decrease_on": "creation", "total_terms": 30, "term": "12 months"}
    return Scenario.from_dict(
        {
            "scenario": "side-by-side",
            "calendar": {"start": dt.date(2026, 1, 1), "days": 500},
            "templates": {"Sooner": pack, "Later": pack},
            "segments": {
                "customers": {
                    "customers": 60,
                    "cases": {"per_year": 24},
                    "picks": picks,
                    "holds": [
                        {"template": "Sooner"},
                        {"template": "Later", "sold_after_days": {"least": 150, "most": 150}},
                    ],
                    "renewal": {"inclination": {"constant": 1.0}},
                }
            },
        }
    )


def rates_of(seen: UseSeen) -> tuple[float, float]:
    """Uses a day of contracts that stand in front, and of those that stand behind others."""
    uses, days = (values.reshape(-1, 2, PARTS).sum((0, 2)) for values in (seen.uses, seen.exposure))
    front, behind = uses / days
    return float(front), float(behind)


def test_contracts_that_stand_behind_others_are_told_apart() -> None:
    with simulate(held_side_by_side("soonest_ending"), threads=1) as run:
        seen = use_seen(run, dt.date(2026, 11, 30))
    front, behind = rates_of(seen)
    assert behind < 0.2 * front
    contracts = seen.contracts
    assert seen.exposure.sum(1) == pytest.approx(contracts["days_watched"].to_numpy(np.float64))
    assert seen.ahead.sum(1) == pytest.approx(contracts["days_left"].to_numpy(np.float64))
    is_later = (contracts["template"] == "Later").to_numpy()
    sooner = seen.before[is_later & (contracts["remaining"] > 0).to_numpy()]
    assert set(contracts["template"].iloc[sooner[sooner >= 0]]) == {"Sooner"}
    # Behind until the other ends on 31 December, then in front.
    assert seen.ahead[seen.before >= 0][:, PARTS:].sum(1) == pytest.approx(31.0)
    assert (seen.ahead[~is_later][:, PARTS:] == 0).all()


def test_a_contract_comes_to_the_front_when_the_other_is_used_up() -> None:
    with simulate(held_side_by_side("soonest_ending"), threads=1) as run:
        seen = use_seen(run, dt.date(2026, 11, 30))
    contracts = seen.contracts
    dry = contracts.loc[contracts["dry_at"].notna(), "customer_id"]
    later = contracts["customer_id"].isin(dry) & (contracts["template"] == "Later")
    assert later.any()
    assert (seen.before[later.to_numpy()] == -1).all()
    assert (seen.ahead[later.to_numpy()][:, PARTS:] == 0).all()


def test_reliability_is_told_by_bins_with_their_edges() -> None:
    rows = pd.DataFrame(
        {
            "chance": [0.0, 0.09, 0.1, 0.3, 0.9, 1.0],
            "ran_dry": [False, True, True, False, True, True],
        }
    )
    table = reliability(rows)
    assert table["from_chance"].tolist() == [0.0, 0.1, 0.25, 0.9]
    assert table["to_chance"].tolist() == [0.1, 0.25, 0.5, 1.0]
    assert table["n"].tolist() == [2, 1, 1, 2]
    assert table["happened"].tolist() == [0.5, 1.0, 0.0, 1.0]
    assert np.allclose(table["said"], [0.045, 0.1, 0.3, 0.95])


def test_what_has_no_end_of_terms_is_left_out_and_counted() -> None:
    scenario = Scenario.from_dict(
        {
            "scenario": "sold-otherwise",
            "calendar": {"start": dt.date(2026, 1, 1), "days": 90},
            "templates": {
                "Pack": {"total_terms": 20, "decrease_on": "creation"},
                "Open": {"total_terms": 20, "term": "open", "decrease_on": "creation"},
                "Mail": {"total_terms": "unlimited"},
                "Retainer": {"allowance": {"terms": 3, "every": "month"}},
            },
            "segments": {
                name: {
                    "customers": customers,
                    "cases": {"per_year": 12},
                    "holds": [{"template": name}],
                }
                for name, customers in (("Pack", 20), ("Open", 4), ("Mail", 3), ("Retainer", 2))
            },
        }
    )
    with simulate(scenario, threads=1) as run:
        forecast = forecast_running_dry(run)
    assert set(forecast.chances["template"]) == {"Pack"}
    assert forecast.left_out == {
        "with terms that come anew every period": 2,
        "without a number of terms": 3,
        "without an end": 4,
    }
    assert forecast.numbers().shape == (forecast.futures.shape[1],)
