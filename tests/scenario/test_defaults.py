"""What nobody asks for in a scenario does not happen."""

import datetime as dt

import numpy as np
from lived import lived

from entitlement_sim import Scenario

#: Two years of customers who buy a pack for a year, and nothing else that a scenario can say.
PLAIN = {
    "scenario": "plain",
    "calendar": {"start": dt.date(2024, 1, 1), "days": 730},
    "products": ["A"],
    "templates": {"Pack": {"total_terms": 5}},
    "segments": {
        "all": {"customers": 200, "holds": [{"template": "Pack"}], "cases": {"per_year": 12}}
    },
}


def test_customers_buy_once_and_neither_renew_nor_return() -> None:
    tables = lived(Scenario.from_dict(PLAIN))
    assert len(tables["entitlements"]) == 200
    assert set(tables["transitions"]["trigger"]) == {"created", "activated", "expired"}
    assert (tables["entitlements"]["activated_on"] == tables["entitlements"]["created_on"]).all()


def test_cases_are_resolved_once_and_take_terms() -> None:
    tables = lived(Scenario.from_dict(PLAIN))
    cases = tables["cases"]
    assert tables["reactivations"].empty
    assert set(cases["state"]) <= {"active", "resolved"}
    assert cases["decrement"].all()
    assert set(cases["outcome"]) == {"covered", "uncovered"}
    assert set(cases["contact"]) == {0}
    assert cases["product"].isna().all()


def test_all_customers_have_the_same_rate_at_all_times() -> None:
    tables = lived(Scenario.from_dict(PLAIN))
    assert set(tables["customers"]["cases_per_year"]) == {12}
    counts = np.bincount(tables["cases"]["customer_id"], minlength=201)[1:]
    # Poisson: the variance is the mean, here within five standard errors.
    assert abs(counts.var() / counts.mean() - 1) < 5 * np.sqrt(2 / 200)
    months = np.bincount(tables["cases"]["created_at"].dt.month)[1:]
    assert months.min() > 0.8 * months.mean()


def test_what_makes_cases_uneven_is_switched_off() -> None:
    model = Scenario.from_dict(PLAIN).model
    assert model.calendar.level.sd == model.calendar.day_spread == model.calendar.growth == 0
    assert model.calendar.season.amplitude == 0
    segment = model.segments["all"]
    assert segment.cases.follow_ups.mean == segment.cases.key_accounts.share == 0
    assert segment.life.ends is None
    assert segment.life.ramp_up_days == 0
    assert segment.reopened == segment.cancelled == segment.cancelled_reactivated == 0
