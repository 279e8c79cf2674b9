"""Ratios and totals of customers' rows against brute force, and where little is known."""

import math

import numpy as np
import pandas as pd
import pytest

from entitlement_sim.inference import Portfolio, ratio, ratios, total, totals


def portfolio(sizes: dict[str, int], *, is_fixed: bool = True) -> Portfolio:
    segments = [name for name, size in sizes.items() for _ in range(size)]
    frame = pd.DataFrame({"customer_id": range(1, len(segments) + 1), "segment": segments})
    return Portfolio.of(frame, is_fixed=is_fixed)


def some_rows(customers: int, seed: int = 1) -> pd.DataFrame:
    """Rows of customers, who have very different numbers of them and chances."""
    rng = np.random.default_rng(seed)
    counts = rng.geometric(0.2, customers) - 1
    chance = rng.beta(1, 2, customers)
    ids = np.repeat(np.arange(1, customers + 1), counts)
    return pd.DataFrame(
        {
            "customer_id": ids,
            "met": rng.random(len(ids)) < np.repeat(chance, counts),
            "due": True,
            "hours": rng.exponential(2.0, len(ids)),
            "month": rng.integers(1, 4, len(ids)),
        }
    )


ROWS = some_rows(400)
SIZES = {"small": 300, "large": 100}


def by_customer(column: str) -> np.ndarray:
    return ROWS.groupby("customer_id")[column].sum().reindex(range(1, 401), fill_value=0).to_numpy()


def test_a_fixed_number_of_customers_varies_as_one_who_draws_each_segment_does() -> None:
    hours = by_customer("hours")
    expected = 300 * hours[:300].var(ddof=1) + 100 * hours[300:].var(ddof=1)
    estimate = total(ROWS, "hours", portfolio=portfolio(SIZES))
    assert estimate.standard_error == pytest.approx(math.sqrt(expected))


def test_a_number_left_to_chance_adds_the_variance_of_poisson() -> None:
    hours = by_customer("hours")
    estimate = total(ROWS, "hours", portfolio=portfolio(SIZES, is_fixed=False))
    assert estimate.standard_error == pytest.approx(math.sqrt((hours**2).sum()))


@pytest.mark.parametrize("is_fixed", [True, False])
def test_a_ratio_varies_as_much_as_over_portfolios_drawn_anew(is_fixed: bool) -> None:
    rng = np.random.default_rng(5)
    met, due = by_customer("met"), by_customer("due")
    drawn = []
    for _ in range(3000):
        sizes = (300, 100) if is_fixed else rng.poisson([300, 100])
        picked = np.concatenate([rng.integers(0, 300, sizes[0]), rng.integers(300, 400, sizes[1])])
        drawn.append(met[picked].sum() / due[picked].sum())
    estimate = ratio(ROWS, "met", "due", portfolio=portfolio(SIZES, is_fixed=is_fixed))
    assert estimate.value == pytest.approx(ROWS["met"].mean())
    assert estimate.standard_error == pytest.approx(np.std(drawn), rel=0.05)


def test_the_order_of_rows_and_how_they_are_split_change_nothing() -> None:
    everybody = portfolio(SIZES)
    once = ratio(ROWS, "met", "due", portfolio=everybody)
    added = ROWS.groupby("customer_id", as_index=False)[["met", "due"]].sum()
    shuffled = ROWS.sample(frac=1, random_state=3)
    for rows in (added, shuffled):
        other = ratio(rows, "met", "due", portfolio=everybody)
        assert (other.low, other.high) == pytest.approx((once.low, once.high))


def test_customers_without_rows_count_as_none() -> None:
    written = pd.DataFrame({"customer_id": range(1, 401), "hours": by_customer("hours")})
    everybody = portfolio(SIZES)
    sparse = total(ROWS, "hours", portfolio=everybody)
    full = total(written, "hours", portfolio=everybody)
    assert (sparse.low, sparse.high) == pytest.approx((full.low, full.high))


@pytest.mark.parametrize("is_fixed", [True, False])
def test_groups_have_the_limits_that_each_has_alone(is_fixed: bool) -> None:
    everybody = portfolio(SIZES, is_fixed=is_fixed)
    shares = ratios(ROWS, "met", "due", ["month"], portfolio=everybody)
    sums = totals(ROWS, "hours", ["month"], portfolio=everybody)
    for place, month in enumerate([1, 2, 3]):
        own = ROWS[ROWS["month"] == month]
        alone = ratio(own, "met", "due", portfolio=everybody)
        assert shares["month"][place] == month
        assert (shares["low"][place], shares["high"][place]) == (alone.low, alone.high)
        assert shares["n"][place] == alone.n == len(own)
        alone = total(own, "hours", portfolio=everybody)
        assert (sums["low"][place], sums["high"][place]) == (alone.low, alone.high)


def test_categories_stand_in_their_own_order() -> None:
    rows = ROWS.assign(
        name=pd.Categorical(ROWS["month"].map({1: "z", 2: "a", 3: "m"}), list("zam"))
    )
    assert ratios(rows, "met", "due", ["name"])["name"].tolist() == ["z", "a", "m"]


def test_rows_without_a_group_or_a_number_do_not_count() -> None:
    holes = ROWS.assign(month=ROWS["month"].where(ROWS["month"] != 2), hours=1.0)
    holes.loc[holes["month"] == 3, "hours"] = math.nan
    groups = totals(holes, "hours", ["month"], portfolio=portfolio(SIZES))
    assert groups["month"].tolist() == [1, 3]
    assert groups["value"].tolist() == [(ROWS["month"] == 1).sum(), 0]


@pytest.mark.parametrize(("seed", "few"), [(1, 30), (2, 60)])
def test_few_customers_are_drawn_anew(seed: int, few: int) -> None:
    rows = some_rows(few, seed)
    estimate = ratio(rows, "met", "due", portfolio=portfolio({"small": few}))
    many = ratio(some_rows(400, seed), "met", "due", portfolio=portfolio({"small": 400}))
    assert estimate.method == "bootstrap"
    assert many.method == "linearised"
    assert 0 <= estimate.low < estimate.value < estimate.high <= 1


@pytest.mark.parametrize(("met", "value"), [(0, 0.0), (1, 1.0)])
def test_none_or_all_of_few_customers_is_no_certainty(met: int, value: float) -> None:
    rows = pd.DataFrame({"customer_id": range(1, 11), "met": met, "due": 1})
    estimate = ratio(rows, "met", "due", portfolio=portfolio({"small": 10}))
    far = 1 - 0.025 ** (1 / 10)
    assert (estimate.value, estimate.standard_error) == (value, 0)
    assert (estimate.low, estimate.high) == pytest.approx(
        (max(value - far, 0), min(value + far, 1))
    )


def test_rows_of_one_customer_make_none_of_n_no_surer() -> None:
    rows = pd.DataFrame({"customer_id": range(1, 11), "met": 0, "due": 1})
    once = ratio(rows, "met", "due")
    often = ratio(pd.concat([rows] * 20), "met", "due")
    assert often.high == pytest.approx(once.high)


def test_a_ratio_that_is_no_share_has_no_limits_where_all_are_alike() -> None:
    rows = pd.DataFrame({"customer_id": range(1, 11), "hours": 3.0, "cases": 2})
    estimate = ratio(rows, "hours", "cases")
    assert estimate.value == 1.5
    assert math.isnan(estimate.low)
    assert not estimate.excludes(0)


@pytest.mark.parametrize("customers", [0, 1])
def test_fewer_than_two_customers_have_no_limits(customers: int) -> None:
    rows = pd.DataFrame({"customer_id": [1, 1][: 2 * customers], "met": [1, 0][: 2 * customers]})
    rows["due"] = 1
    share = ratio(rows, "met", "due", portfolio=portfolio({"small": 5}))
    amount = total(rows, "met", portfolio=portfolio({"small": 5}))
    assert share.customers == amount.customers == customers
    assert all(map(math.isnan, (share.low, share.high, amount.low, amount.high)))
    assert math.isnan(share.value) == (customers == 0)


def test_a_denominator_of_nothing_gives_nothing() -> None:
    rows = pd.DataFrame({"customer_id": [1, 2, 3], "met": 0, "due": 0})
    assert math.isnan(ratio(rows, "met", "due").value)


def test_a_segment_of_one_customer_varies_too() -> None:
    rows = pd.DataFrame({"customer_id": [1, 2, 3], "hours": [2.0, 4.0, 9.0]})
    alone = portfolio({"small": 2, "large": 1})
    estimate = total(rows, "hours", portfolio=alone)
    assert estimate.method == "bootstrap"
    assert estimate.high > 20


def test_strangers_are_named() -> None:
    rows = pd.DataFrame({"customer_id": [1, 77, 88], "hours": 1.0})
    with pytest.raises(ValueError, match="no customer 77 and 88"):
        total(rows, "hours", portfolio=portfolio({"small": 5}))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"columns": ["customer_id", "due"]}, "no column 'met'"),
        ({"columns": ["met", "due"]}, "no column 'customer_id'"),
    ],
)
def test_a_column_that_is_not_there_is_named(change: dict[str, list[str]], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        ratio(ROWS.reindex(**change), "met", "due", portfolio=portfolio(SIZES))


def test_words_are_no_numbers() -> None:
    with pytest.raises(ValueError, match="'met' holds no numbers"):
        ratio(ROWS.assign(met="yes"), "met", "due")


def test_limits_of_a_share_of_few_customers_stay_near_what_was_seen():
    rows = pd.DataFrame({"customer_id": range(8), "kept": [1] * 7 + [0], "due": 1})
    share = ratio(rows, "kept", "due")
    assert share.method == "bootstrap"
    assert 0.1 < share.low < 0.5
    assert 0.95 < share.high < 1
