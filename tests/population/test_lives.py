"""How a customer's demand begins and ends: by its cover, which the rules decide.

A test at a level fails by chance once in the inverse of it; the seeds are fixed.
"""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from lived import Tables, lived, merged
from scipy import stats

from entitlement_sim import Scenario
from entitlement_sim.population.customers import draw_customer, draw_end_of_demand
from entitlement_sim.population.plan import plan
from entitlement_sim.replications import sums

#: By chance each test fails once in ten thousand seeds.
LEVEL = 1e-4
START = pd.Timestamp("2023-01-02")
SEED = 6


def scenario_of(segment: dict[str, Any], **says: Any) -> Scenario:
    base = {
        "scenario": "lives",
        "calendar": {"start": START.date(), "days": 200},
        "products": ["A"],
        "templates": {"Pack": {"total_terms": 10, "term": {"days": 50}}},
        "segments": {
            "all": {
                "customers": 60,
                "cases": {"per_year": 300},
                "holds": [{"template": "Pack"}],
                "products": {"A": 1},
                "renewal": {"inclination": {"constant": 0}},
            }
        },
    }
    return Scenario.from_dict(merged(base, {"segments": {"all": segment}, **says}))


def day_of(frame: pd.DataFrame) -> pd.Series:
    """Days since the start at which cases were created."""
    return (frame["created_at"] - START) / pd.Timedelta(days=1)


def moments(tables: Tables) -> set[tuple[int, pd.Timestamp]]:
    return set(zip(tables["cases"]["customer_id"], tables["cases"]["created_at"], strict=True))


def test_ends_of_demand_follow_their_distribution() -> None:
    model = scenario_of({"life": {"ends": {"exponential": 60}}}).model
    numbers = plan(model, SEED)
    run, segment = numbers.run[0], numbers.segments[0]
    days = [
        draw_end_of_demand(
            run, segment, numbers.distributions, draw_customer(run, segment, place), 19_500
        )
        / 1440
        - 19_500
        for place in range(3000)
    ]
    assert stats.kstest(days, "expon", args=(0, 60)).pvalue > LEVEL


def test_after_its_end_no_case_comes_and_before_it_every_one() -> None:
    whole = lived(scenario_of({}), SEED)
    scenario = scenario_of({"life": {"ends": {"exponential": 30}}})
    ended = lived(scenario, SEED)
    numbers = plan(scenario.model, SEED)
    run, segment = numbers.run[0], numbers.segments[0]
    lapse = run.start + 50
    ends = np.array(
        [
            draw_end_of_demand(
                run, segment, numbers.distributions, draw_customer(run, segment, place), lapse
            )
            for place in range(60)
        ]
    )
    cases = whole["cases"]
    minutes = (cases["created_at"] - pd.Timestamp(0)) // pd.Timedelta(minutes=1)
    kept = cases[minutes.to_numpy() < ends[cases["customer_id"] - 1]]
    assert moments(ended) == moments({"cases": kept})
    assert 0.3 < len(kept) / len(cases) < 0.5


def test_demand_goes_on_while_a_renewal_is_pending() -> None:
    renewal = {"inclination": {"constant": 1}, "late": {"share": 1, "days": {"fixed": 40}}}
    says = {"renewal": renewal, "life": {"ends": {"fixed": 5}}}
    assert moments(lived(scenario_of(says), SEED)) == moments(
        lived(scenario_of({"renewal": renewal}), SEED)
    )


def test_who_returns_writes_from_then_on_and_not_before() -> None:
    returns = {"share": 1, "days": {"fixed": 60}}
    says = {
        "renewal": {"inclination": {"constant": 0}, "returns": returns},
        "life": {"ends": {"fixed": 10}},
    }
    days = day_of(lived(scenario_of(says), SEED)["cases"])
    # Ended on day 50, returned on day 50 + 60, for another 50 days.
    spans = [(0, 60), (60, 110), (110, 170), (170, 200)]
    counts = [int(((days >= first) & (days < last)).sum()) for first, last in spans]
    assert counts[1] == counts[3] == 0
    assert min(counts[0], counts[2]) > 2500


def test_demand_goes_on_until_the_first_sale_and_through_a_draft() -> None:
    holds = [{"template": "Pack", "sold_after_days": {"least": 60, "most": 60}}]
    drafts = {"share": 1.0}
    for more in ({}, {"left_in_draft": drafts}):
        says = {"holds": holds, "life": {"ends": {"fixed": 10}}, **more}
        days = day_of(lived(scenario_of(says), SEED)["cases"])
        assert (days < 10).sum() > 300
        assert days.max() == pytest.approx(120, abs=0.2)


def test_a_cancellation_ends_the_cover() -> None:
    says = {"cancellation": {"per_year": 30}, "life": {"ends": {"fixed": 0}}}
    tables = lived(scenario_of(says), SEED)
    last = tables["cases"].groupby("customer_id")["created_at"].max()
    ended = tables["entitlements"].set_index("customer_id")["ended_on"]
    assert (tables["entitlements"]["ended_by"] == "cancellation").sum() > 50
    assert (last < ended.reindex(last.index)).all()


def test_bursts_and_follow_ups_end_with_the_demand() -> None:
    says = {
        "life": {"ends": {"fixed": 7}},
        "cases": {"per_year": 300, "follow_ups": {"mean": 0.5}},
    }
    bursts = [{"product": "A", "per_year": 50, "hits": 1, "cases": 3}]
    days = day_of(lived(scenario_of(says, bursts=bursts), SEED)["cases"])
    assert 56 < days.max() < 57


def test_a_share_writes_without_ever_buying_and_all_others_without_anything_are_silent() -> None:
    says = {
        "customers": 3000,
        "cases": {"per_year": 50},
        "holds": [{"template": "Pack", "share": 0.5}],
        "life": {"ends": {"fixed": 0}, "never_covered": 0.2},
    }
    tables = lived(scenario_of(says), SEED)
    holders = set(tables["entitlements"]["customer_id"])
    writers = set(tables["cases"]["customer_id"])
    never = writers - holders
    assert stats.binomtest(len(never), 3000, 0.2).pvalue > LEVEL
    assert stats.binomtest(len(holders), 3000, 0.8 * 0.5).pvalue > LEVEL
    assert len(writers | holders) < 2000
    late = tables["cases"][day_of(tables["cases"]) > 60]
    assert set(late["customer_id"]) <= never


def test_without_cover_everybody_writes_where_no_end_is_asked_for() -> None:
    for life in ({}, {"ramp_up_days": 1}):
        tables = lived(scenario_of({"holds": [], "life": life}), SEED)
        assert tables["cases"]["customer_id"].nunique() == 60
    silent = lived(scenario_of({"holds": [], "life": {"never_covered": 0}}), SEED)
    assert silent["cases"].empty


def test_the_rate_climbs_evenly_from_joining_on() -> None:
    says = {"customers": 1000, "joins": {"at_start": 0, "over_days": 100}}
    whole = lived(scenario_of(says), SEED)
    ramped = lived(scenario_of({**says, "life": {"ramp_up_days": 40}}), SEED)
    assert moments(ramped) < moments(whole)

    def since_joining(tables: Tables) -> np.ndarray:
        rows = tables["cases"].merge(tables["customers"], on="customer_id")
        return ((rows["created_at"] - rows["joined_on"]) / pd.Timedelta(days=1)).to_numpy()

    before, after = since_joining(whole), since_joining(ramped)
    assert (before >= 40).sum() == (after >= 40).sum()
    days = np.bincount(after[after < 40].astype(int), minlength=40)
    law = (np.arange(40) + 0.5) * 1000 * 300 / 365.25 / 40
    assert stats.chi2.sf(((days - law) ** 2 / law).sum(), 40) > LEVEL


def test_a_ramp_up_moves_nothing_of_the_cases_that_come() -> None:
    def later_cases(life: dict[str, Any]) -> pd.DataFrame:
        tables = lived(scenario_of({"life": life, "reopened": 0.3}), SEED)
        cases = tables["cases"][day_of(tables["cases"]) > 30]
        return cases[["customer_id", "created_at", "resolved_at", "product", "origin"]].reset_index(
            drop=True
        )

    pd.testing.assert_frame_equal(later_cases({}), later_cases({"ramp_up_days": 30}))


def test_sums_leave_out_what_comes_after_the_end() -> None:
    says = {"life": {"ends": {"exponential": 20}, "never_covered": 0.1}}
    scenario = scenario_of(says).with_({"seed": SEED})
    frame = sums(scenario, replications=1)
    counted = frame[["arrivals", "uncovered"]].to_numpy().sum()
    assert counted == len(lived(scenario, SEED)["cases"])
