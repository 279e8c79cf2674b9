"""Differences, paired and not, against brute force."""

import math

import numpy as np
import pandas as pd
import pytest

from entitlement_sim.inference import Portfolio, difference, ratio, ratios, total

from .test_ratios import ROWS, SIZES, portfolio

EVERYBODY = portfolio(SIZES)


def better(rows: pd.DataFrame, share: float, seed: int = 2) -> pd.DataFrame:
    """Rows of the same customers, some of which are met now."""
    rng = np.random.default_rng(seed)
    return rows.assign(met=rows["met"] | (rng.random(len(rows)) < share))


@pytest.mark.parametrize("denominator", [None, "due"])
def test_a_paired_difference_varies_as_over_pairs_drawn_anew(denominator: str | None) -> None:
    after = better(ROWS, 0.3)
    columns = ["met", "due"]
    wide = [
        frame.groupby("customer_id")[columns].sum().reindex(range(1, 401), fill_value=0).to_numpy()
        for frame in (ROWS, after)
    ]
    rng = np.random.default_rng(3)
    moved = []
    for _ in range(3000):
        picked = np.concatenate([rng.integers(0, 300, 300), rng.integers(300, 400, 100)])
        (y0, x0), (y1, x1) = (part[picked].sum(0) for part in wide)
        moved.append(y1 - y0 if denominator is None else y1 / x1 - y0 / x0)
    estimate = difference(ROWS, after, "met", denominator, portfolio=EVERYBODY, paired=True)
    assert estimate.standard_error == pytest.approx(np.std(moved), rel=0.05)
    assert estimate.excludes(0)


def test_pairing_gains_what_the_variances_say() -> None:
    after = better(ROWS, 0.3)
    paired = difference(ROWS, after, "met", "due", portfolio=EVERYBODY, paired=True)
    apart = difference(ROWS, after, "met", "due", portfolio=EVERYBODY, paired=False)
    assert paired.value == apart.value
    assert paired.gain == pytest.approx((apart.standard_error / paired.standard_error) ** 2)
    assert paired.gain > 2
    assert apart.gain == 1


def test_an_unpaired_difference_adds_both_variances() -> None:
    after = better(ROWS, 0.3)
    first, second = (total(rows, "met", portfolio=EVERYBODY) for rows in (ROWS, after))
    apart = difference(ROWS, after, "met", portfolio=EVERYBODY, paired=False)
    error = math.hypot(first.standard_error, second.standard_error)
    assert apart.standard_error == pytest.approx(error)
    assert apart.high - apart.value == pytest.approx(
        math.hypot(second.high - second.value, first.value - first.low)
    )


def test_where_nobody_moved_a_share_may_still_move_by_what_would_leave_no_trace() -> None:
    same = difference(ROWS, ROWS, "met", "due", portfolio=EVERYBODY, paired=True)
    assert same.value == same.standard_error == 0
    assert -0.05 < same.low < 0 < same.high < 0.05
    amount = difference(ROWS, ROWS, "hours", portfolio=EVERYBODY, paired=True)
    assert math.isnan(amount.low)
    assert not amount.excludes(0)


def test_two_customers_who_moved_are_no_proof() -> None:
    after = ROWS.copy()
    after.loc[after["customer_id"].isin([after["customer_id"].iloc[0]]), "met"] = True
    moved = difference(ROWS, after, "met", "due", portfolio=EVERYBODY, paired=True)
    assert moved.value > 0
    assert not moved.excludes(0)


def test_few_who_moved_are_drawn_anew() -> None:
    after = better(ROWS, 0.02)
    moved = difference(ROWS, after, "met", "due", portfolio=EVERYBODY, paired=True)
    assert moved.method == "bootstrap"
    assert 0 < moved.low < moved.value < moved.high


def test_an_empty_side_leaves_the_difference_unknown() -> None:
    for paired in (True, False):
        moved = difference(ROWS[:0], ROWS, "met", "due", portfolio=EVERYBODY, paired=paired)
        assert math.isnan(moved.value)
        assert math.isnan(moved.low)
    since = difference(ROWS[:0], ROWS, "hours", portfolio=EVERYBODY, paired=True)
    assert since.value == pytest.approx(ROWS["hours"].sum())
    assert since.low == pytest.approx(total(ROWS, "hours", portfolio=EVERYBODY).low)


def test_portfolios_of_both_are_joined() -> None:
    first = Portfolio.of(pd.DataFrame({"customer_id": [1, 2], "segment": "small"}))
    second = Portfolio.of(pd.DataFrame({"customer_id": [2, 3], "segment": "small"}))
    rows = [pd.DataFrame({"customer_id": ids, "met": [1, 0]}) for ids in ([1, 2], [2, 3])]
    moved = difference(*rows, "met", portfolio=(first, second), paired=True)
    assert moved.customers == 2
    other = Portfolio.of(pd.DataFrame({"customer_id": [2, 3], "segment": ["large", "small"]}))
    with pytest.raises(ValueError, match="customer 2 is in more than one segment"):
        difference(*rows, "met", portfolio=(first, other), paired=True)


def test_a_difference_says_what_was_drawn() -> None:
    moved = difference(ROWS, better(ROWS, 0.3), "met", "due", portfolio=EVERYBODY, paired=True)
    assert moved.unit.endswith("customers drawn anew within their segments")
    assert repr(moved).startswith("+")
    assert "points" in repr(moved)
    assert ratio(ROWS, "met", "due").unit.endswith("customers drawn anew")


@pytest.mark.parametrize("denominator", [None, "due"])
@pytest.mark.parametrize("paired", [True, False])
def test_of_a_portfolio_without_customers_there_are_no_limits(
    denominator: str | None, paired: bool
) -> None:
    none = ROWS.iloc[:0]
    moved = difference(none, none, "met", denominator, portfolio=portfolio({}), paired=paired)
    assert moved.customers == 0
    assert math.isnan(moved.low)
    assert not moved.excludes(0)


def test_groups_of_a_portfolio_without_customers_are_none() -> None:
    assert ratios(ROWS.iloc[:0], "met", "due", by=["customer_id"], portfolio=portfolio({})).empty
