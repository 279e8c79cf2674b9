"""Intervals of a fit hold what portfolios were drawn with, as often as they say."""

import pytest

from .recovery import recovery


@pytest.mark.soak
@pytest.mark.parametrize("mean", [0.0, 0.27])
def test_limits_hold_the_truth_about_as_often_as_they_say(mean: float) -> None:
    for name, held in recovery(40, mean).items():
        assert sum(held) >= 34, name  # of 95 %; fewer come once in two hundred times
