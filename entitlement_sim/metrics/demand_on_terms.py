"""How the terms of entitlements are asked for: whose rate it is, how bunched, when in a term."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from .exhaustion import GammaPrior, fit_gamma_prior
from .special_functions import FloatArray, IntArray

#: Equal parts of a term in which demand may differ.
PARTS: Final = 6

#: Uses that a profile, or a dispersion, of few weighs as much as no profile and no bunching.
_HELD_BACK: Final = 20.0
#: Turns of fitting: rates and profile need each other, and the dispersion both.
_TURNS: Final = 3
_STEPS: Final = 8


class Demand(NamedTuple):
    """What is known of the demand of a portfolio.

    Attributes
    ----------
    priors : tuple of GammaPrior or None
        Rate of bunches of uses a day, by holding; None where there was no use at all.
    scatter : ndarray of float
        Variance of the uses of a rate over their mean, by holding: so many of them tell as much of
        the rate as a single one would, were all independent.
    bunch : ndarray of float
        Mean number of uses that come together, by holding.
    profile : ndarray of float, shape (kinds, parts)
        Relative demand by part of the term, or whatever the columns of what was seen are.
    drift : ndarray of float
        Variance of a contract's rate about that of its lineage, over its square, by holding.
    weight : ndarray of float
        Of each contract: what its uses tell of its lineage's rate, with drift, against without.
    """

    priors: tuple[GammaPrior | None, ...]
    scatter: FloatArray
    bunch: FloatArray
    profile: FloatArray
    drift: FloatArray
    weight: FloatArray


def days_by_part(first: npt.ArrayLike, last: npt.ArrayLike, term: npt.ArrayLike) -> FloatArray:
    """Return how many days from `first` to before `last` fall into each part of a term.

    Parameters
    ----------
    first, last : array_like
        Days since the start of the term; what lies beyond its end is of the last part.
    term : array_like
        Length in days.

    Returns
    -------
    ndarray of float, shape (rows, PARTS)

    Examples
    --------
    >>> days_by_part([0], [20], [60]).tolist()
    [[10.0, 10.0, 0.0, 0.0, 0.0, 0.0]]
    """
    edges = np.asarray(term, np.float64)[:, None] * np.arange(PARTS + 1) / PARTS
    edges[:, -1] = np.inf
    begins, ends = (np.asarray(day, np.float64)[:, None] for day in (first, last))
    days: FloatArray = np.minimum(ends, edges[:, 1:]) - np.maximum(begins, edges[:, :-1])
    return days.clip(min=0.0)


def fit_demand(
    uses: FloatArray,
    exposure: FloatArray,
    *,
    lineage: IntArray,
    kind: IntArray,
    holding: IntArray,
) -> Demand:
    """Fit rates, profile and dispersion to what was seen, by turns.

    A lineage (a contract and all that renew it) has one rate, of a gamma distribution that its
    holding shares. Within a term it follows the profile of its kind (an EM step: observed over
    expected given the rates). Where uses scatter within a contract d times as much as by chance,
    they come in bunches of geometric size with mean (1 + d) / 2, and a rate is one of bunches.

    Where watching stops when the last term is used, the likelihood is the same as without that, so
    contracts that ran dry count like all others. Leaving them out would make demand look smaller.

    Parameters
    ----------
    uses, exposure : ndarray of float, shape (contracts, parts)
        Uses, and days that were watched, by part of the term: :data:`PARTS`, or several times as
        many where they are told apart by something else, too.
    lineage, kind, holding : ndarray of int
        Of each contract, from 0 up; all contracts of a lineage have the same holding.

    Returns
    -------
    Demand
    """
    lineages, kinds = int(lineage.max()) + 1, int(kind.max()) + 1
    holdings = int(holding.max()) + 1
    of_lineage = np.zeros(lineages, np.int64)
    of_lineage[lineage] = holding
    seen = _sums(uses.sum(1), lineage, lineages)
    profile = np.ones((kinds, uses.shape[1]))
    priors: list[GammaPrior | None] = []
    scatter = bunch = np.ones(holdings)
    for _ in range(_TURNS):
        watched = _sums((exposure * profile[kind]).sum(1), lineage, lineages)
        priors = [
            _prior(
                seen[of_lineage == each] / scatter[each],
                watched[of_lineage == each] * bunch[each] / scatter[each],
            )
            for each in range(holdings)
        ]
        for _ in range(_STEPS):
            watched = _sums((exposure * profile[kind]).sum(1), lineage, lineages)
            rate = _rates(priors, scatter, bunch, of_lineage, seen, watched)
            expected = exposure * rate[lineage][:, None]
            profile = (_by_kind(uses, kind, kinds) + _HELD_BACK) / (
                _by_kind(expected, kind, kinds) + _HELD_BACK
            )
        scatter = _dispersion(uses, exposure * profile[kind], holding, holdings)
        bunch = (1 + scatter) / 2
    days = (exposure * profile[kind]).sum(1)
    watched = _sums(days, lineage, lineages)
    rate = _rates(priors, scatter, bunch, of_lineage, seen, watched)
    drift = _drift(uses.sum(1), days, lineage, of_lineage, scatter)
    weight = scatter[holding] / (scatter[holding] + drift[holding] * rate[lineage] * days)
    return Demand(tuple(priors), scatter, bunch, profile, drift, weight)


def _prior(bunches: FloatArray, exposure: FloatArray) -> GammaPrior | None:
    return fit_gamma_prior(bunches, exposure) if bunches.sum() > 0 else None


def _sums(values: FloatArray, group: IntArray, groups: int) -> FloatArray:
    return np.bincount(group, values, groups).astype(np.float64)


def _rates(
    priors: Sequence[GammaPrior | None],
    scatter: FloatArray,
    bunch: FloatArray,
    holding: IntArray,
    seen: FloatArray,
    watched: FloatArray,
) -> FloatArray:
    """Mean uses a day of each lineage, given what was seen of it."""
    shape = np.array([0.0 if prior is None else prior.shape for prior in priors])[holding]
    exposure = np.array([1.0 if prior is None else prior.exposure for prior in priors])[holding]
    told = bunch[holding] / scatter[holding]
    rates: FloatArray = (shape * bunch[holding] + seen * told) / (exposure + watched * told)
    return rates


def _by_kind(values: FloatArray, kind: IntArray, kinds: int) -> FloatArray:
    return np.stack([_sums(column, kind, kinds) for column in values.T], axis=1)


def _dispersion(uses: FloatArray, weight: FloatArray, group: IntArray, groups: int) -> FloatArray:
    """Scatter of a contract's uses over its parts against that of chance alone, at least 1."""
    whole = weight.sum(1, keepdims=True)
    share = np.divide(weight, whole, out=np.zeros_like(weight), where=whole > 0)
    total = uses.sum(1)
    squares = ((uses - total[:, None] * share) ** 2).sum(1)
    chance = total * (1 - (share**2).sum(1))
    scatter = (_sums(squares, group, groups) + _HELD_BACK) / (
        _sums(chance, group, groups) + _HELD_BACK
    )
    return np.maximum(scatter, 1.0)


def _drift(
    uses: FloatArray,
    days: FloatArray,
    lineage: IntArray,
    of_lineage: IntArray,
    scatter: FloatArray,
) -> FloatArray:
    """By how much contracts of a lineage differ beyond what their scatter explains.

    Given all uses N of a lineage and a contract's share s of its days, its uses have the variance
    d N s (1 - s) + f (N s)² ((1 - s)² + sum of the others' s²): solved for f by moments.
    """
    lineages = len(of_lineage)
    whole, total = _sums(days, lineage, lineages), _sums(uses, lineage, lineages)
    share = np.divide(days, whole[lineage], out=np.zeros_like(days), where=whole[lineage] > 0)
    squares = _sums(share**2, lineage, lineages)
    mean, holding = total[lineage] * share, of_lineage[lineage]
    excess = (uses - mean) ** 2 - scatter[holding] * mean * (1 - share)
    # A lineage's N uses scatter too: what is known of its rate squared is N² - d N.
    square = np.maximum(total * (total - scatter[of_lineage]), 0.0)[lineage]
    scale = square * share**2 * (1 - 2 * share + squares[lineage])
    groups = len(scatter)
    return np.maximum(
        _sums(excess, holding, groups) / (_sums(scale, holding, groups) + _HELD_BACK), 0.0
    )
