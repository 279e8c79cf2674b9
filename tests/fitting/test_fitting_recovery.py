"""Intervals of a fit hold what portfolios were drawn with, as often as they say."""

import pytest

from .recovery import recovery


@pytest.mark.soak
def test_limits_hold_the_truth_about_as_often_as_they_say() -> None:
    for name, held in recovery(40).items():
        assert sum(held) >= 34, name  # of 95 %; fewer come once in two hundred times


@pytest.mark.soak
def test_with_follow_ups_the_spread_between_customers_is_held_too() -> None:
    held = recovery(20, 0.27)
    assert sum(held["cases.shape", ""]) >= 16
    assert sum(held["cases.per_year", ""]) >= 16
