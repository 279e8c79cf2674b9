"""Metrics by replication."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from entitlement_sim import Scenario, replicate, simulate
from entitlement_sim.comparison.by_customer import sums_by_customer
from entitlement_sim.comparison.differences import totals_of, value_of
from entitlement_sim.comparison.measures import METRICS
from entitlement_sim.inference import replicated

BASE = Scenario.load("reference", ["segments.everyone.customers=20"])
TWELVE = {"templates.ten-cases.total_terms": 12}


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return replicate(BASE, 4, alternatives={"twelve": TWELVE}, seed=7)


@pytest.mark.parametrize("replication", [0, 1])
def test_a_replication_says_what_a_comparison_says_of_its_run(
    frame: pd.DataFrame, replication: int
) -> None:
    own = frame[(frame["offering"] == "twelve") & (frame["replication"] == replication)].iloc[0]
    with simulate(BASE.with_(TWELVE), seed=7, replication=replication) as run:
        sums = sums_by_customer(run)
    shared = [metric for metric in METRICS if metric.key in frame]
    assert len(shared) >= 10
    for metric in shared:
        assert own[metric.key] == pytest.approx(value_of(metric, totals_of(sums)), nan_ok=True)


def test_each_offering_has_each_replication(frame: pd.DataFrame) -> None:
    assert frame["offering"].tolist() == ["base"] * 4 + ["twelve"] * 4
    assert frame["replication"].tolist() == [0, 1, 2, 3] * 2


def test_differences_are_paired_by_replication(frame: pd.DataFrame) -> None:
    moved = replicated(frame).set_index(["metric", "offering"]).loc[("covered", "twelve")]
    wide = frame.pivot(index="replication", columns="offering", values="covered")
    differences = wide["twelve"] - wide["base"]
    low, high = stats.t.interval(0.95, 3, differences.mean(), stats.sem(differences))
    assert moved["difference"] == pytest.approx(differences.mean())
    assert (moved["difference_low"], moved["difference_high"]) == pytest.approx((low, high))
    assert moved["gain"] == pytest.approx(wide.var().sum() / differences.var())


def test_what_does_not_move_has_no_gain(frame: pd.DataFrame) -> None:
    cases = replicated(frame).set_index(["metric", "offering"]).loc[("cases", "twelve")]
    assert cases["difference"] == 0
    assert math.isnan(cases["gain"])


def test_one_replication_has_no_limits() -> None:
    once = replicated(replicate(BASE, 1, metrics=["cases"], seed=7))
    assert once["mean"].tolist() == [711]
    assert np.isnan(once["low"]).all()


def test_groups_add_up_to_the_whole(frame: pd.DataFrame) -> None:
    by_month = replicate(BASE, 2, metrics=["cases", "used_cases"], seed=7, by=["month"])
    whole = by_month.groupby("replication")[["cases", "used_cases"]].sum()
    expected = (
        frame[frame["offering"] == "base"].set_index("replication").loc[[0, 1], whole.columns]
    )
    pd.testing.assert_frame_equal(whole, expected, check_index_type=False)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"metrics": ["revenue"]}, "sums say no metric 'revenue'"),
        ({"by": ["customer"]}, "see sums"),
        ({"n": 0}, "at least 1"),
    ],
)
def test_what_sums_do_not_say_is_refused(arguments: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        replicate(BASE, **{"n": 2} | arguments)


def test_an_unknown_offering_is_named(frame: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match="no offering 'ten'; there are base, twelve"):
        replicated(frame, against="ten")
