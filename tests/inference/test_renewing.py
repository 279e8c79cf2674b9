"""Renewals that are expected of what ends next, and how sure that is."""

import math

import pandas as pd
import pytest

from entitlement_sim import Scenario, simulate
from entitlement_sim.inference import expected_renewals
from entitlement_sim.inference.renewing import _by_group

FEW = {"segments.small.customers": 90, "segments.midsize.customers": 40, "history": None}


@pytest.fixture(scope="module")
def run():
    with simulate(Scenario.load("demo", FEW), seed=5) as made:
        yield made


def test_groups_hold_what_ends_and_add_up_to_the_whole(run):
    expected = expected_renewals(run, 120)
    [[n, value]] = run.sql(
        "SELECT count(*), sum(annual_value) FROM expiring WHERE in_base AND days_left <= 120"
    ).to_numpy()
    assert expected.by_group["n"].sum() == n
    assert expected.by_group["annual_value"].sum() == pytest.approx(value)
    assert expected.count.value == pytest.approx(expected.by_group["expected"].sum())
    assert expected.value.value == pytest.approx(expected.by_group["expected_value"].sum())
    assert 0 <= expected.count.low < expected.count.value < expected.count.high <= n


def test_a_rate_is_that_of_its_template_and_renewal_where_thirty_fell_due(run):
    groups = expected_renewals(run, 365).by_group
    dues = run.sql(
        "SELECT template, least(renewal_number, 2) AS renewal_number, count(*) AS dues, "
        "avg(is_renewed::INT) AS rate FROM renewals WHERE is_mature AND in_base GROUP BY ALL"
    )
    known = groups.merge(dues, on=["template", "renewal_number"], suffixes=("", "_seen"))
    own = known["rate_of"] == "template and renewal"
    assert own.any()
    assert (known.loc[own, "dues"] == known.loc[own, "dues_seen"]).all()
    assert known.loc[own, "rate"].tolist() == pytest.approx(known.loc[own, "rate_seen"].tolist())
    assert (known.loc[~own, "dues_seen"] < 30).all()


def test_what_is_renewed_already_is_certain(run):
    ends = "SELECT count(*) AS n FROM expiring WHERE is_renewed AND in_base AND days_left <= 365"
    expected = expected_renewals(run, 365)
    assert expected.by_group["is_renewed"].sum() == run.sql(ends)["n"].item()
    assert expected.count.low >= run.sql(ends)["n"].item()


def test_more_confidence_is_wider(run):
    narrow, wide = (expected_renewals(run, 120, confidence=level).count for level in (0.8, 0.99))
    assert wide.high - wide.low > narrow.high - narrow.low
    assert wide.value == narrow.value


def test_where_nothing_ends_nothing_is_expected():
    scenario = Scenario.load("reference", ["segments.everyone.customers=5", "calendar.days=100"])
    with simulate(scenario) as run:
        expected = expected_renewals(run, 0)
    assert len(expected.by_group) == 0
    assert (expected.count.value, expected.value.value) == (0, 0)
    assert repr(expected).startswith("Of 0 contracts worth 0 a year that end within 0 days, 0 (")


def test_where_nothing_fell_due_yet_no_rate_is_known():
    scenario = Scenario.load("reference", ["segments.everyone.customers=5", "calendar.days=100"])
    with simulate(scenario) as run:
        expected = expected_renewals(run, 1000)
    assert len(expected.by_group) > 0
    assert math.isnan(expected.count.value)


def test_days_below_none_are_refused(run):
    with pytest.raises(ValueError, match="0 or more"):
        expected_renewals(run, -1)


def test_of_rates_of_a_segment_and_of_all_the_dues_of_all_are_said():
    columns = ["template", "renewal_number", "segment", "annual_value", "is_renewed"]
    ahead = pd.DataFrame(
        [("Hours", 2, "small", 100.0, False), ("Hours", 2, "large", 100.0, False)], columns=columns
    ).assign(rate=[0.9, 0.8], dues=[40, 421], level=[3, 4])
    for rows in (ahead, ahead[::-1]):
        [group] = _by_group(rows).to_dict("records")
        assert (group["dues"], group["rate_of"]) == (421, "all")
