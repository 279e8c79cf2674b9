"""Customers who are alike, each once with how many they are: limits as of a row for each."""

import duckdb
import numpy as np
import pandas as pd
import pytest

from entitlement_sim.inference import (
    Portfolio,
    change_at_fixed_mix,
    customers_alike,
    difference,
    ratio,
    ratios,
    total,
    totals,
)

CUSTOMERS = 400


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    """Dues of customers in three months, in the last of which few fell due."""
    chance = np.random.default_rng(5)
    due = chance.integers(0, 3, (CUSTOMERS, 3))
    due[60:, 2] = 0
    renewed = chance.binomial(due, 0.8)
    customer, month = np.nonzero(due)
    return pd.DataFrame(
        {
            "customer_id": customer,
            "segment": np.where(customer % 3, "small", "large"),
            "month": month,
            "due": due[customer, month],
            "renewed": renewed[customer, month],
        }
    )


@pytest.fixture(scope="module", params=[True, False], ids=["fixed", "left to chance"])
def portfolio(request: pytest.FixtureRequest) -> Portfolio:
    customers = pd.DataFrame({"customer_id": range(CUSTOMERS)})
    customers["segment"] = np.where(customers["customer_id"] % 3, "small", "large")
    return Portfolio.of(customers, is_fixed=request.param)


def alike(rows: pd.DataFrame, cells: list[str], columns: list[str]) -> pd.DataFrame:
    """Return the rows with the customers who add the same to a cell taken together."""
    with duckdb.connect() as connection:
        connection.register("sums", rows)
        return connection.execute(f"{customers_alike('sums', cells, columns)} ORDER BY ALL").df()


def test_cells_of_many_customers_have_a_row_for_all_who_are_alike(rows: pd.DataFrame) -> None:
    months = alike(rows, ["month"], ["renewed", "due"])
    is_few = months["month"] == 2
    assert (months.loc[is_few, "frequency"] == 1).all()
    assert len(months[~is_few]) == 2 * 2 * 5  # months, segments, and what of 1 or 2 was renewed
    assert months["frequency"].sum() == len(rows)


def test_ratios_of_customers_alike_are_those_of_a_row_for_each(
    rows: pd.DataFrame, portfolio: Portfolio
) -> None:
    months = alike(rows, ["month"], ["renewed", "due"])
    pd.testing.assert_frame_equal(
        ratios(months, "renewed", "due", ["month"], portfolio=portfolio, frequency="frequency"),
        ratios(rows, "renewed", "due", ["month"], portfolio=portfolio),
        rtol=1e-12,
    )


def test_totals_of_customers_alike_are_those_of_a_row_for_each(
    rows: pd.DataFrame, portfolio: Portfolio
) -> None:
    months = alike(rows, ["month"], ["due"])
    pd.testing.assert_frame_equal(
        totals(months, "due", ["month"], portfolio=portfolio, frequency="frequency"),
        totals(rows, "due", ["month"], portfolio=portfolio),
        rtol=1e-12,
    )


def test_few_customers_alike_are_drawn_anew_one_by_one(
    rows: pd.DataFrame, portfolio: Portfolio
) -> None:
    few = rows[rows["month"] == 2]
    together = few.groupby(["segment", "renewed", "due"], as_index=False).agg(
        customer_id=("customer_id", "min"), frequency=("customer_id", "size")
    )
    one_by_one = few.merge(
        together.drop(columns="frequency").rename(columns={"customer_id": "first"}),
        on=["segment", "renewed", "due"],
    ).sort_values(["first", "customer_id"])
    for of, columns in ((ratio, ("renewed", "due")), (total, ("due",))):
        estimate = of(together, *columns, portfolio=portfolio, frequency="frequency")
        alone = of(few, *columns, portfolio=portfolio)
        assert estimate.method == "bootstrap"
        assert estimate.customers == alone.customers == len(one_by_one)
        assert estimate.low == pytest.approx(alone.low, rel=0.03)
        assert estimate.high == pytest.approx(alone.high, rel=0.03)


def same_histories(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return rows in which one customer stands for all of its segment with the same dues."""
    rows = rows.assign(is_later=rows["month"] > 0)
    cells = rows.groupby("customer_id").apply(
        lambda own: tuple(own[["month", "renewed", "due"]].itertuples(index=False, name=None)),
        include_groups=False,
    )
    segment = rows.groupby("customer_id")["segment"].first()
    histories = pd.DataFrame({"cells": cells, "segment": segment}).reset_index()
    firsts = histories.groupby(["cells", "segment"], as_index=False).agg(
        customer_id=("customer_id", "min"), frequency=("customer_id", "size")
    )
    return rows, rows.merge(firsts[["customer_id", "frequency"]], on="customer_id")


def test_a_change_of_customers_alike_is_that_of_a_row_for_each(
    rows: pd.DataFrame, portfolio: Portfolio
) -> None:
    each, together = same_histories(rows)
    assert len(together) < len(each) / 2
    changes = [
        change_at_fixed_mix(
            frame, "renewed", "due", "is_later", ["segment"], portfolio=portfolio, **alike_as
        )
        for frame, alike_as in ((each, {}), (together, {"frequency": "frequency"}))
    ]
    for name in ("before", "after", "change", "unadjusted"):
        one, other = (getattr(change, name) for change in changes)
        assert other.method == one.method == "linearised"
        assert other.customers == one.customers
        for part in ("value", "low", "high", "standard_error", "n"):
            assert getattr(other, part) == pytest.approx(getattr(one, part), rel=1e-9)


def test_a_paired_difference_of_customers_alike_is_that_of_a_row_for_each(
    rows: pd.DataFrame, portfolio: Portfolio
) -> None:
    each, together = same_histories(rows)
    limits = [
        difference(
            frame[~frame["is_later"]], frame[frame["is_later"]], "due",
            portfolio=portfolio, paired=True, **alike_as,
        )
        for frame, alike_as in ((each, {}), (together, {"frequency": "frequency"}))
    ]  # fmt: skip
    assert limits[1].low == pytest.approx(limits[0].low, rel=1e-9)
    assert limits[1].high == pytest.approx(limits[0].high, rel=1e-9)


def test_rows_of_a_customer_that_stand_for_different_numbers_are_refused() -> None:
    rows = pd.DataFrame({"customer_id": [1, 1, 2], "due": 1, "renewed": 1, "n": [2, 3, 1]})
    with pytest.raises(ValueError, match="rows of a customer in a group differ in the column 'n'"):
        ratio(rows, "renewed", "due", frequency="n")
