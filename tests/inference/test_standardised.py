"""Change between periods at a fixed mix."""

import math

import numpy as np
import pandas as pd
import pytest

from entitlement_sim.inference import change_at_fixed_mix, difference


def renewals(
    counts: dict[tuple[bool, int], int], chances: dict[int, float], seed: int = 1
) -> pd.DataFrame:
    """Renewals of customers, so many of each period and number."""
    rng = np.random.default_rng(seed)
    frames = [
        pd.DataFrame(
            {"is_later": later, "number": number, "renewed": rng.random(n) < chances[number]}
        )
        for (later, number), n in counts.items()
    ]
    rows = pd.concat(frames, ignore_index=True)
    return rows.assign(due=1, customer_id=rng.permutation(len(rows)) // 2)


MIXED = {(False, 1): 900, (False, 2): 100, (True, 1): 500, (True, 2): 500}
CHANCES = {1: 0.6, 2: 0.9}


def change_of(rows: pd.DataFrame):
    return change_at_fixed_mix(rows, "renewed", "due", "is_later", ["number"])


def test_a_change_of_mix_is_no_change() -> None:
    change = change_of(renewals(MIXED, CHANCES))
    assert change.unadjusted.excludes(0)
    assert not change.change.excludes(0)
    assert change.comparable == 1


def test_values_are_those_of_direct_standardisation() -> None:
    rows = renewals(MIXED, CHANCES)
    rate = rows.groupby(["is_later", "number"])["renewed"].mean()
    change = change_of(rows)
    before, after = (0.5 * rate[later, 1] + 0.5 * rate[later, 2] for later in (False, True))
    assert change.before.value == pytest.approx(before)
    assert change.after.value == pytest.approx(after)
    assert change.change.value == pytest.approx(after - before)


def test_its_standard_error_is_that_over_many_samples() -> None:
    changes = [change_of(renewals(MIXED, CHANCES, seed)).change for seed in range(80)]
    errors = [change.standard_error for change in changes]
    values = [change.value for change in changes]
    assert np.mean(errors) == pytest.approx(np.std(values), rel=0.25)
    # 95 % of 80 is 76, with a standard deviation of 1.9.
    assert sum(not change.excludes(0) for change in changes) >= 69


def test_one_cell_alone_is_the_plain_difference() -> None:
    rows = renewals({(False, 1): 700, (True, 1): 600}, CHANCES)
    change = change_of(rows)
    plain = difference(
        rows[~rows["is_later"]], rows[rows["is_later"]], "renewed", "due", paired=True
    )
    assert change.change.value == pytest.approx(plain.value)
    assert change.change.standard_error == pytest.approx(plain.standard_error, rel=0.01)


def test_cells_of_one_period_alone_are_left_out() -> None:
    rows = renewals({(False, 1): 300, (True, 1): 300, (True, 2): 100}, CHANCES)
    change = change_of(rows)
    assert change.comparable == pytest.approx(0.75)
    first = rows[rows["number"] == 1]
    assert change.after.value == pytest.approx(first[first["is_later"]]["renewed"].mean())


def test_nothing_to_compare_is_no_change() -> None:
    change = change_of(renewals({(False, 1): 30, (True, 2): 30}, CHANCES))
    assert change.comparable == 0
    assert math.isnan(change.change.value)
    assert not change.change.excludes(0)


def test_few_customers_are_drawn_anew() -> None:
    change = change_of(renewals({(False, 1): 40, (False, 2): 20, (True, 1): 20, (True, 2): 40},
                                CHANCES))  # fmt: skip
    assert change.change.method == "bootstrap"
    assert change.change.low < change.change.value < change.change.high


def test_all_renewed_in_both_is_no_certainty() -> None:
    change = change_of(renewals(MIXED, {1: 1.0, 2: 1.0}))
    assert change.change.low < 0 < change.change.high


def test_a_period_that_is_no_boolean_is_refused() -> None:
    rows = renewals(MIXED, CHANCES).assign(is_later="2024")
    with pytest.raises(ValueError, match="no booleans"):
        change_of(rows)
