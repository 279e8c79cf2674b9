"""Student's quantiles as limits take them: read from a table, or asked of SciPy."""

import numpy as np
import pytest

from entitlement_sim.inference.clustered import _NODES, t_quantiles
from entitlement_sim.metrics.intervals import t_quantile


@pytest.mark.parametrize("upper", [0.975, 0.995])
def test_at_its_nodes_a_quantile_is_that_of_student(upper: float) -> None:
    exact = [t_quantile(upper, float(degrees)) for degrees in _NODES]
    assert t_quantiles(upper, _NODES) == pytest.approx(exact, rel=1e-13)


def test_between_its_nodes_a_quantile_of_95_percent_is_never_too_small() -> None:
    degrees = np.geomspace(1, 1e5, 500)
    exact = np.array([t_quantile(0.975, float(each)) for each in degrees])
    quantiles = t_quantiles(0.975, degrees)
    assert (quantiles >= exact * (1 - 1e-13)).all()
    assert quantiles == pytest.approx(exact, rel=0.008)
