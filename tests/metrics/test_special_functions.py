import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entitlement_sim.metrics.special_functions import log_rising


@given(x=st.floats(1e-3, 1e12), n=st.integers(0, 60))
def test_it_is_the_sum_of_the_logarithms_of_the_factors(x: float, n: int) -> None:
    # gamma(x + n) / gamma(x) is x (x + 1) … (x + n - 1), and each factor is over x here.
    expected = math.fsum(math.log1p(step / x) for step in range(n))
    assert log_rising(x, n) == pytest.approx(expected, rel=1e-9, abs=1e-11)


def test_nothing_at_all_gives_nothing() -> None:
    assert log_rising(np.array([]), np.array([])).shape == (0,)


@pytest.mark.parametrize("x", [0.0, -1.0, np.nan])
def test_numbers_that_are_not_positive_are_refused(x: float) -> None:
    with pytest.raises(ValueError, match="positive"):
        log_rising(x, 1)
