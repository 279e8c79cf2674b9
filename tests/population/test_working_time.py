"""Durations on working hours, and their factors by product and origin.

A test at a level fails by chance once in the inverse of it; the seeds are fixed.
"""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from lived import Tables, lived, merged
from numpy.typing import NDArray
from scipy import stats

from entitlement_sim import Scenario, simulate
from entitlement_sim.population.calendar_days import working_minutes
from entitlement_sim.store.summary import summarise

#: By chance each test fails once in ten thousand seeds.
LEVEL = 1e-4
SEED = 8
ALWAYS = {"calendar": {"business_hours": "always"}}


def scenario_of(segment: dict[str, Any], **says: Any) -> Scenario:
    base = {
        "scenario": "desk",
        "calendar": {
            "start": pd.Timestamp("2024-01-01").date(),
            "days": 300,
            "zone": "Europe/Berlin",
            "business_hours": {"opens": "08:00", "closes": "18:00"},
            "holidays": [{"date": pd.Timestamp("2024-05-01").date(), "factor": 1}],
        },
        "products": ["A", "B"],
        "templates": {"Pack": {}},
        "segments": {
            "all": {
                "customers": 100,
                "cases": {"per_year": 100},
                "products": {"A": 1, "B": 1},
            }
        },
    }
    return Scenario.from_dict(merged(base, {"segments": {"all": segment}, **says}))


def resolved(tables: Tables) -> pd.DataFrame:
    """Cases of the first half that were resolved."""
    cases = tables["cases"]
    early = cases[cases["created_at"] < pd.Timestamp("2024-06-01")]
    assert (early["state"] == "resolved").all()
    return early


def minutes_of(times: pd.Series) -> NDArray[np.int64]:
    return ((times - pd.Timestamp(0)) // pd.Timedelta(minutes=1)).to_numpy(np.int64)


def worked_until_resolution(scenario: Scenario, cases: pd.DataFrame) -> NDArray[np.int64]:
    opened, ended = minutes_of(cases["created_at"]), minutes_of(cases["resolved_at"])
    return working_minutes(scenario.model.calendar, opened, ended)


def test_working_hours_until_resolution_follow_their_distribution() -> None:
    scenario = scenario_of({"resolve_hours": {"exponential": 20, "clock": "working"}})
    cases = resolved(lived(scenario, SEED))
    at = cases["resolved_at"]
    of_day = at.dt.hour * 60 + at.dt.minute
    assert set(at.dt.day_of_week) <= {0, 1, 2, 3, 4}
    assert of_day.between(8 * 60, 18 * 60).all()
    assert not (at.dt.date == pd.Timestamp("2024-05-01").date()).any()
    minutes = worked_until_resolution(scenario, cases)
    edges = np.floor(stats.expon.ppf(np.arange(1, 25) / 25, 0, 1200)) + 0.5
    law = np.diff(np.concatenate([[0], stats.expon.cdf(edges, 0, 1200), [1]])) * len(minutes)
    observed = np.bincount(np.searchsorted(edges, minutes), minlength=25)
    assert stats.chisquare(observed, law).pvalue > LEVEL


def test_working_hours_around_the_clock_are_elapsed_ones() -> None:
    tables = [
        lived(scenario_of({"resolve_hours": {"exponential": 50, "clock": clock}}, **ALWAYS), SEED)
        for clock in ("elapsed", "working")
    ]
    pd.testing.assert_frame_equal(tables[0]["cases"], tables[1]["cases"])


@pytest.mark.parametrize("hours", [{}, ALWAYS])
def test_minutes_are_those_drawn_or_else_the_working_time_there_was(hours: Any) -> None:
    says = {
        "resolve_hours": {"exponential": 1.5, "clock": "working"},
        "billable_minutes": {"lognormal": {"median": 40, "sigma": 1.0}},
    }
    drawn = resolved(lived(scenario_of(says, **hours), SEED))
    scenario = scenario_of(merged(says, {"billable_minutes": {"clock": "working"}}), **hours)
    cut = resolved(lived(scenario, SEED))
    room = worked_until_resolution(scenario, cut)
    expected = np.minimum(drawn["billable_minutes"].to_numpy(np.int64), room)
    assert cut["billable_minutes"].to_numpy(np.int64).tolist() == expected.tolist()
    assert 0.2 < (drawn["billable_minutes"].to_numpy() > room).mean() < 0.5


def test_minutes_after_reopening_fit_into_the_working_time_since_then() -> None:
    says = {
        "reopened": 1,
        "reopened_after_hours": {"fixed": 3},
        "resolve_hours": {"fixed": 0.5, "clock": "working"},
        "billable_minutes": {"fixed": 45, "clock": "working"},
    }
    tables = lived(scenario_of(says), SEED)
    cases = tables["cases"].set_index("case_id")
    spells = tables["reactivations"].assign(
        number=tables["reactivations"].groupby("case_id").cumcount() + 1
    )
    assert (spells["billable_minutes"] == 30 * spells["number"]).all()
    early = cases[cases["created_at"] < pd.Timestamp("2024-06-01")]
    assert (early["billable_minutes"] == 30 * 8).all()


def test_responses_come_in_working_hours_where_they_are_said_to() -> None:
    slas = {"gold": {"first_response_hours": 1, "resolve_hours": 8}}
    says = {
        "holds": [{"template": "Pack"}],
        "resolve_hours": {"fixed": 500},
        "respond_hours": {"exponential": 2, "clock": "working"},
    }
    tables = lived(scenario_of(says, slas=slas, templates={"Pack": {"sla": "gold"}}), SEED)
    at = tables["cases"]["responded_at"].dropna()
    assert len(at) > 5000
    assert set(at.dt.day_of_week) <= {0, 1, 2, 3, 4}
    assert (at.dt.hour * 60 + at.dt.minute).between(8 * 60, 18 * 60).all()


def test_factors_multiply_by_product_and_origin() -> None:
    says = {
        "origins": {"phone": 1, "email": 1},
        "resolve_hours": {"fixed": 4, "by_product": {"B": 0.5}, "by_origin": {"email": 10}},
        "billable_minutes": {"fixed": 30, "by_product": {"A": 2}, "by_origin": {"phone": 1.5}},
    }
    scenario = scenario_of(says, calendar={"zone": "UTC"})
    cases = resolved(lived(scenario, SEED))
    hours = (cases["resolved_at"] - cases["created_at"]) / pd.Timedelta(hours=1)
    found = set(
        zip(cases["product"], cases["origin"], hours, cases["billable_minutes"], strict=True)
    )
    assert found == {
        ("A", "phone", 4, 90), ("A", "email", 40, 60), ("B", "phone", 2, 45), ("B", "email", 20, 30)
    }  # fmt: skip


def test_a_summary_says_how_many_minutes_fill_the_working_time() -> None:
    says = {
        "resolve_hours": {"fixed": 1, "clock": "working"},
        "billable_minutes": {
            "mixture": [{"share": 0.25, "fixed": 90}, {"share": 0.75, "fixed": 20}],
            "clock": "working",
        },
    }
    with simulate(scenario_of(says), seed=SEED) as run:
        cut = summarise(run).minutes_cut
        lines = str(summarise(run))
    assert cut is not None
    assert stats.binomtest(cut.numerator, cut.denominator, 0.25).pvalue > LEVEL
    assert f"minutes cut to the working time  {cut}" in lines
    with simulate(scenario_of({}), seed=SEED) as run:
        assert summarise(run).minutes_cut is None
