import numpy as np
import pytest

from entitlement_sim.metrics.maximum import in_logarithms, maximise


def test_maximum_of_a_quadratic_and_its_covariance() -> None:
    information = np.array([[4.0, 1.0], [1.0, 3.0]])
    top = np.array([2.0, -1.0])

    def hill(point):
        away = point - top
        return -away @ information @ away / 2, -information @ away, -information

    best = maximise(hill, [50.0, 50.0])
    assert best.point == pytest.approx(top)
    assert best.value == pytest.approx(0.0, abs=1e-12)
    assert best.covariance == pytest.approx(np.linalg.inv(information))


def test_climbs_out_of_where_the_function_is_not_concave() -> None:
    def bell(point):
        x = point[0]
        height = np.exp(-(x**2) / 2)
        return height, np.array([-x * height]), np.array([[(x**2 - 1) * height]])

    assert maximise(bell, [3.0]).point == pytest.approx([0.0], abs=1e-6)


def test_function_without_a_maximum_is_an_error() -> None:
    def slope(point):
        return float(point[0]), np.array([1.0]), np.array([[0.0]])

    with pytest.raises(ArithmeticError, match="no maximum"):
        maximise(slope, [0.0])


def test_wrong_derivatives_are_an_error() -> None:
    def downhill(point):
        return -(float(point[0]) ** 3), np.array([1.0]), np.array([[-1.0]])

    with pytest.raises(ArithmeticError, match="no maximum"):
        maximise(downhill, [1.0])


def test_derivatives_by_logarithms() -> None:
    def value(logs):
        x, y = np.exp(logs)
        return x**2 * y

    x, y = 1.5, 0.7
    gradient, hessian = in_logarithms(
        np.array([x, y]), np.array([2 * x * y, x**2]), np.array([[2 * y, 2 * x], [2 * x, 0.0]])
    )
    # x² y is exp(2 u + v): each derivative by u brings a factor 2, by v a factor 1.
    assert gradient == pytest.approx(value(np.log([x, y])) * np.array([2, 1]))
    assert hessian == pytest.approx(value(np.log([x, y])) * np.array([[4, 2], [2, 1]]))
