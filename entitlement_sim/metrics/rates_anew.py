"""How often the rate at which a contract is used begins anew, whatever it was before.

Customers with several contracts turn from one to another as these end or run dry, and so a contract
that was hardly used may be used up after all, and one that was used fast no more. That is no drift:
the few rates that change change altogether.
"""

from typing import Final, NamedTuple

import numpy as np

from .demand_on_terms import PARTS, Demand
from .exhaustion import GammaPrior
from .special_functions import FloatArray, IntArray, log_rising

#: Fewest halves of contracts with something before them that say how often a rate begins anew.
_LEAST_HALVES: Final = 50
#: Shares of the drift that contracts show which are tried: rates that begin anew are a part of it.
_OF_DRIFT: Final = (0.0, 0.25, 0.5, 0.75, 1.0)
#: Steps of expectation and maximisation, and the share that they begin with.
_STEPS: Final = 60
_FIRST_SHARE: Final = 0.05
#: No greater share is believed.
_MOST: Final = 0.95


class Anew(NamedTuple):
    """How rates change from one half of a contract to the next.

    Attributes
    ----------
    share : ndarray of float
        Of the rates of a holding, those that begin anew from one half of a contract to the next.
    drift : ndarray of float
        Variance of the other rates about that of their lineage, over its square, by holding.
    """

    share: FloatArray
    drift: FloatArray


def fit_anew(
    demand: Demand,
    uses: FloatArray,
    exposure: FloatArray,
    *,
    lineage: IntArray,
    kind: IntArray,
    holding: IntArray,
    begins: IntArray,
) -> Anew:
    """Fit how many rates begin anew by what came after what was seen, of each half of a contract.

    The bunches of a half are negative binomial, by the distribution of all rates of the holding
    where the rate has begun anew, and by that given all earlier halves of the lineage, with its
    drift, where it has not: a mixture whose share has the greatest likelihood, with the part of the
    drift that goes best with it.

    Parameters
    ----------
    demand : Demand
        What was fitted to the same contracts.
    uses, exposure : ndarray of float, shape (contracts, PARTS)
    lineage, kind, holding : ndarray of int
        As for :func:`~entitlement_sim.metrics.demand_on_terms.fit_demand`.
    begins : ndarray of int
        First day of each contract.

    Returns
    -------
    Anew
        Where too little was seen, no rate begins anew and the drift is that of `demand`.
    """
    days = exposure * demand.profile[kind]
    told = [_halves(values) for values in (uses, days)]
    # In the order in which they were lived through, lineage by lineage.
    half = np.tile([0, 1], len(lineage))
    order = np.lexsort((half, np.repeat(begins, 2), np.repeat(lineage, 2)))
    order = order[told[1][order] > 0]
    of, group = np.repeat(lineage, 2)[order], np.repeat(holding, 2)[order]
    bunches = told[0][order] / demand.scatter[group]
    watched = told[1][order] * (demand.bunch / demand.scatter)[group]
    bunches_before, watched_before = _before(bunches, of), _before(watched, of)
    share, drift = np.zeros(len(demand.priors)), demand.drift.copy()
    for number, prior in enumerate(demand.priors):
        own = (group == number) & (watched_before > 0)
        if prior is None or own.sum() < _LEAST_HALVES:
            continue
        share[number], drift[number] = _most_likely(
            prior, float(demand.drift[number]),
            bunches[own], watched[own], bunches_before[own], watched_before[own],
        )  # fmt: skip
    return Anew(share, drift)


def _halves(values: FloatArray) -> FloatArray:
    """Sums over the first and the second half of each contract, one after the other."""
    halves: FloatArray = values.reshape(len(values), 2, PARTS // 2).sum(2).ravel()
    return halves


def _before(values: FloatArray, of: IntArray) -> FloatArray:
    """Sums of all earlier values of the same lineage, whose values lie together."""
    earlier = np.cumsum(values) - values
    begins = np.concatenate(([True], of[1:] != of[:-1])) if len(of) else np.zeros(0, np.bool_)
    summed: FloatArray = earlier - earlier[begins][np.cumsum(begins) - 1]
    return np.maximum(summed, 0.0)


def _most_likely(
    prior: GammaPrior,
    drift: float,
    bunches: FloatArray,
    watched: FloatArray,
    bunches_before: FloatArray,
    watched_before: FloatArray,
) -> tuple[float, float]:
    anew = _likelihood(
        np.full(len(bunches), prior.shape), np.full(len(bunches), prior.exposure), bunches, watched
    )
    shape, exposure = prior.shape + bunches_before, prior.exposure + watched_before
    best = (-np.inf, 0.0, drift)
    for part in dict.fromkeys(part * drift for part in _OF_DRIFT):
        drifted = 1 / (1 / shape + part)
        same = _likelihood(drifted, exposure * drifted / shape, bunches, watched)
        share = _FIRST_SHARE
        for _ in range(_STEPS):
            both = share * anew + (1 - share) * same
            share = float(np.mean(share * anew / both))
        likelihood = float(np.log(share * anew + (1 - share) * same).sum())
        best = max(best, (likelihood, min(share, _MOST), part))
    return best[1:]


def _likelihood(
    shape: FloatArray, exposure: FloatArray, bunches: FloatArray, watched: FloatArray
) -> FloatArray:
    """Negative binomial chance of so many bunches, but for a factor of their number alone."""
    whole = exposure + watched
    logarithm = (
        log_rising(shape, bunches)
        + bunches * np.log(shape * watched / whole)
        + shape * np.log1p(-watched / whole)
        - bunches * np.log(np.maximum(bunches, 1.0))
        + bunches
    )
    likelihood: FloatArray = np.exp(np.maximum(logarithm, -600.0))
    return likelihood
