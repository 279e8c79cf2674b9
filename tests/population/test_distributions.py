"""Drawing from a scenario's distributions follows their laws."""

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

from entitlement_sim.population.distributions import (
    Collector,
    gamma,
    poisson,
    quantile,
    quantiles,
)
from entitlement_sim.population.streams import LEAVING_A, stream
from entitlement_sim.scenario.models import Distribution

SHARES = ((np.arange(4000) + 0.5) / 4000).tolist()


def rows_of(*says: dict[str, Any]) -> tuple[np.ndarray, list[int]]:
    """Rows whose fields are attributes, as compiled code has them, and where each begins."""
    collector = Collector()
    first = [collector.add(Distribution.model_validate(one)) for one in says]
    return collector.rows().view(np.recarray), first


def drawn(says: dict[str, Any]) -> np.ndarray:
    """The values of evenly spread shares, of a distribution that stands behind another one."""
    rows, (_, row) = rows_of({"exponential": 3.0}, says)
    return np.array([quantile(rows, row, share) for share in SHARES])


def test_fixed_is_always_the_same() -> None:
    assert set(drawn({"fixed": 12.5})) == {12.5}


def test_exponential() -> None:
    assert stats.kstest(drawn({"exponential": 72.0}), "expon", args=(0, 72.0)).statistic < 0.001


def test_lognormal() -> None:
    values = drawn({"lognormal": {"median": 30.0, "sigma": 0.9}})
    assert stats.kstest(values, "lognorm", args=(0.9, 0, 30.0)).statistic < 0.001


def test_mixture_of_lognormals() -> None:
    parts = [(0.42, 0.32, 1.52), (0.38, 105.0, 1.49), (0.2, 700.0, 0.5)]
    values = drawn(
        {"mixture": [{"share": s, "median": m, "sigma": spread} for s, m, spread in parts]}
    )

    def law(x: np.ndarray) -> np.ndarray:
        return sum(s * stats.lognorm.cdf(x, spread, 0, m) for s, m, spread in parts)

    assert stats.kstest(values, law).statistic < 0.002


def test_uniform() -> None:
    assert stats.kstest(drawn({"uniform": 48.0}), "uniform", args=(0, 48.0)).statistic < 0.001


def test_a_mixture_may_have_parts_of_several_kinds() -> None:
    parts = [
        {"share": 0.3, "exponential": 0.5},
        {"share": 0.25, "uniform": 48.0},
        {"share": 0.25, "median": 5.0, "sigma": 1.0},
        {"share": 0.2, "fixed": 60.0},
    ]
    values = drawn({"mixture": parts})

    def law(x: np.ndarray) -> np.ndarray:
        return (
            0.3 * stats.expon.cdf(x, 0, 0.5)
            + 0.25 * stats.uniform.cdf(x, 0, 48)
            + 0.25 * stats.lognorm.cdf(x, 1.0, 0, 5.0)
        )

    spread = values[values != 60.0]
    assert len(values) - len(spread) == 0.2 * len(values)
    assert stats.kstest(spread, lambda x: law(x) / 0.8).statistic < 0.002


def test_quantiles_are_joined_by_straight_lines() -> None:
    points = {0.0: 2.0, 0.25: 2.0, 0.5: 10.0, 0.9: 40.0, 1.0: 100.0}
    values = drawn({"quantiles": points})
    assert values == pytest.approx(np.interp(SHARES, list(points), list(points.values())))


@pytest.mark.parametrize(
    "says",
    [
        {"fixed": 4.0},
        {"exponential": 5.0},
        {"lognormal": {"median": 3.0, "sigma": 0.7}},
        {"uniform": 7.0},
        {"mixture": [{"share": 0.5, "fixed": 2.0}, {"share": 0.5, "exponential": 2.0}]},
        {"quantiles": {0.0: 0.0, 0.3: 1.0, 1.0: 9.0}},
    ],
)
def test_values_in_bulk_are_those_one_by_one(says: dict[str, Any]) -> None:
    rows, (row,) = rows_of(says)
    units = np.array([*SHARES[::100], 0.5])
    quantiles(rows, row, units, len(SHARES[::100]))
    assert units[:-1].tolist() == [quantile(rows, row, share) for share in SHARES[::100]]
    assert units[-1] == 0.5


@pytest.mark.parametrize("shape", [0.32, 1.0, 2.5, 60.0])
def test_gamma_follows_its_law(shape: float) -> None:
    chance = stream(5)
    key = chance.key(("segment", "all"))
    values = [gamma(chance, key, customer, LEAVING_A, shape) for customer in range(1500)]
    assert stats.kstest(values, "gamma", args=(shape,)).pvalue > 1e-3


@pytest.mark.parametrize("mean", [0.05, 1.0, 7.5, 100.0])
def test_poisson_is_the_quantile_of_its_law(mean: float) -> None:
    shares = [0.001, 0.1, 0.37, 0.5, 0.77, 0.95, 0.9999]
    expected = [int(stats.poisson.ppf(share, mean)) for share in shares]
    assert [poisson(mean, share) for share in shares] == expected


def test_a_share_at_the_border_of_a_mixture_takes_the_next_part() -> None:
    parts = [{"share": 0.5, "median": median, "sigma": 0.0} for median in (1.0, 9.0)]
    rows, (row,) = rows_of({"mixture": parts})
    assert quantile(rows, row, 0.4999) == pytest.approx(1.0)
    assert quantile(rows, row, 0.5) == pytest.approx(9.0)
    assert math.isfinite(quantile(rows, row, 1 - 2**-33))
