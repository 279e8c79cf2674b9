"""The functions built of the four basic operations agree with the mathematics library."""

import math
from statistics import NormalDist

import numpy as np
import pytest

from entitlement_sim.population.portable_math import (
    coarse_normal_quantile,
    cosine_of_turn,
    exp,
    log,
)

NEAR_1 = [1 + sign * 10.0**-power for power in range(1, 16) for sign in (-1, 1)]


@pytest.mark.parametrize(
    "points", [np.logspace(-300, 300, 1500), np.linspace(0.5, 2.0, 1501), np.array(NEAR_1)]
)
def test_log_is_within_1e_14(points: np.ndarray) -> None:
    for x in points.tolist():
        assert log(x) == pytest.approx(math.log(x), rel=1e-14, abs=0)


def test_exp_is_within_1e_14() -> None:
    for x in [*np.linspace(-700, 700, 2001).tolist(), 0.0, 1e-300, 0.34657, -0.34658]:
        assert exp(x) == pytest.approx(math.exp(x), rel=1e-14, abs=0)


def test_exp_stays_at_its_bounds() -> None:
    assert exp(1e6) == exp(700.0)
    assert exp(-1e6) == exp(-700.0)


def test_normal_quantile_is_within_2e_7() -> None:
    normal = NormalDist()
    tails = np.logspace(-12, -2, 300)
    for p in [*np.linspace(0.001, 0.999, 999).tolist(), *tails.tolist(), *(1 - tails).tolist()]:
        assert coarse_normal_quantile(p) == pytest.approx(normal.inv_cdf(p), abs=2e-7, rel=2e-7)


def test_cosine_of_turn() -> None:
    for turns in np.linspace(-3, 3, 601).tolist():
        assert cosine_of_turn(turns) == pytest.approx(math.cos(2 * math.pi * turns), abs=1e-13)
