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
