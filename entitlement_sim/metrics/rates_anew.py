"""How often the rate at which a contract is used begins anew, whatever it was before.

Customers with several contracts turn from one to another as these end or run dry, and so a contract
that was hardly used may be used up after all, and one that was used fast no more. That is no drift:
the few rates that change change altogether. What was seen before such a change tells nothing of
what comes after it, so a rate is known by what was seen since it may have begun.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np

from .demand_on_terms import PARTS, Demand
from .exhaustion import BoolArray, GammaPrior
from .special_functions import FloatArray, IntArray

#: Fewest halves of contracts with something before them that say how often a rate begins anew.
_LEAST_HALVES: Final = 50
#: Shares of the drift that contracts show which are tried: rates that begin anew are a part of it.
_OF_DRIFT: Final = (0.0, 0.25, 0.5, 0.75, 1.0)
#: Shares of the rates that are tried as those which begin anew, and those near the best of them.
_SHARES: Final = (0.0, *np.geomspace(0.002, 0.8, 13).tolist())
_NEAR: Final = (0.64, 0.71, 0.8, 0.89, 1.0, 1.12, 1.26, 1.41, 1.58)
#: Shapes of the distribution of all rates that are tried, over that of rates which never change:
#: a rate that has begun anew is taken for one between both, and all look more alike than they are.
_SHAPES: Final = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4)
#: Lineages of a holding that speak for all of it, where it has more.
_SPEAKING: Final = 10_000
#: Steps by which numbers rise to where Stirling's series is exact enough.
_RISEN: Final = 8
#: Pairs of halves that are looked at at a time.
_AT_A_TIME: Final = 2_000_000


class Rates(NamedTuple):
    """What is known of a rate that may have begun anew: gamma, by when it began last.

    Attributes
    ----------
    chances : ndarray of float
        That it began last with each of the halves of contracts that were seen; they add up to 1.
    shapes, exposures : ndarray of float
        Of the gamma distribution of the rate then.
    """

    chances: FloatArray
    shapes: FloatArray
    exposures: FloatArray

    def drawn(self, draws: int, chance: np.random.Generator) -> FloatArray:
        """Return so many rates."""
        began = chance.choice(len(self.chances), draws, p=self.chances)
        rates: FloatArray = chance.standard_gamma(self.shapes[began]) / self.exposures[began]
        return rates


class Anew(NamedTuple):
    """How rates change from one half of a contract to the next.

    Attributes
    ----------
    share : ndarray of float
        Of the rates of a holding, those that begin anew from the first half of a contract to the
        second.
    renewed : ndarray of float
        Those that begin anew from one contract to the next.
    drift : ndarray of float
        Variance of the other rates about that of their lineage, over its square, by holding.
    priors : tuple of GammaPrior or None
        Rate of bunches of uses a day, by holding, of those that begin.
    rates : tuple of Rates or None
        What is known of the rate of each lineage; None where its holding was never used.
    """

    share: FloatArray
    renewed: FloatArray
    drift: FloatArray
    priors: tuple[GammaPrior | None, ...]
    rates: tuple[Rates | None, ...]


class _Fitted(NamedTuple):
    """Of a holding: shares that begin anew, drift of the others, distribution of all rates."""

    share: float
    renewed: float
    drift: float
    prior: GammaPrior


class _Seen(NamedTuple):
    """Halves of contracts of a holding in the order in which they were lived, by lineage.

    Attributes
    ----------
    bunches, watched : ndarray of float, shape (lineages, halves)
    excess : ndarray of float, shape (lineages, halves)
        What drift adds to the variance of the bunches of the contract, over the drift, in units of
        what chance alone makes.
    is_first : ndarray of bool, shape (lineages, halves)
        Whether a half is the first of its contract.
    is_there : ndarray of bool, shape (lineages, halves)
        False beyond the last half of a lineage.
    """

    bunches: FloatArray
    watched: FloatArray
    excess: FloatArray
    is_first: BoolArray
    is_there: BoolArray


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
    """Fit how many rates begin anew, and when each of them may have, half by half of a contract.

    The bunches of a half are negative binomial, by the distribution of all rates of the holding
    where the rate has begun anew, and else by that given the halves since it last began, with its
    drift. All moments at which it may have begun are carried along with their chances (Adams and
    MacKay 2007, with a hazard within a contract and one from a contract to the next); the hazards
    have the greatest likelihood of all halves, with the part of the drift and the spread of all
    rates that go best with them.

    Parameters
    ----------
    demand : Demand
        What was fitted to the same contracts.
    uses, exposure : ndarray of float, shape (contracts, parts)
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
    bunches, watched = _halves(uses), _halves(days)
    excess = np.repeat(_excess(demand, holding), 2)
    # In the order in which they were lived through, lineage by lineage.
    of, half = np.repeat(lineage, 2), np.tile([0, 1], len(lineage))
    order = np.lexsort((half, np.repeat(begins, 2), of))
    order = order[watched[order] > 0]
    group = np.repeat(holding, 2)[order]
    bunches = bunches[order] / demand.scatter[group]
    watched = watched[order] * (demand.bunch / demand.scatter)[group]
    of, excess, is_first = of[order], excess[order], half[order] == 0
    of_lineage = np.zeros(int(lineage.max()) + 1, np.int64)
    of_lineage[lineage] = holding
    share, renewed = np.zeros((2, len(demand.priors)))
    drift, priors = demand.drift.copy(), list(demand.priors)
    rates: list[Rates | None] = [None] * len(of_lineage)
    for number, prior in enumerate(demand.priors):
        if prior is None:
            continue
        own, lineages = group == number, np.flatnonzero(of_lineage == number)
        seen = _laid_out(
            np.searchsorted(lineages, of[own]), len(lineages), bunches[own], watched[own],
            excess[own], is_first[own],
        )  # fmt: skip
        fitted = _most_likely(prior, float(drift[number]), seen)
        share[number], renewed[number], drift[number], priors[number] = fitted
        for places, piece in _pieces(seen):
            for place, known in zip(places.tolist(), _known(fitted, piece), strict=True):
                rates[lineages[place]] = known
    return Anew(share, renewed, drift, tuple(priors), tuple(rates))


def _halves(values: FloatArray) -> FloatArray:
    """Sums over the first and the second half of each contract, one after the other."""
    halves: FloatArray = values.reshape(len(values), -1, 2, PARTS // 2).sum((1, 3)).ravel()
    return halves


def _excess(demand: Demand, holding: IntArray) -> FloatArray:
    """Variance of a contract's bunches by drift, over the drift and over that by chance alone."""
    drift = demand.drift[holding]
    excess: FloatArray = np.divide(
        1 / demand.weight - 1, drift, out=np.zeros(len(holding)), where=drift > 0
    )
    return excess


def _laid_out(
    of: IntArray,
    lineages: int,
    bunches: FloatArray,
    watched: FloatArray,
    excess: FloatArray,
    is_first: BoolArray,
) -> _Seen:
    """Halves side by side, a row for each lineage; those of one lineage come one after another."""
    counts = np.bincount(of, minlength=lineages)
    place = np.arange(len(of)) - (np.cumsum(counts) - counts)[of]
    tables = np.zeros((4, lineages, int(counts.max(initial=1))))
    tables[:, of, place] = bunches, watched, excess, is_first
    is_there = np.arange(tables.shape[2]) < counts[:, None]
    return _Seen(tables[0], tables[1], tables[2], tables[3] > 0, is_there)


def _pieces(seen: _Seen, every: int = 1) -> Iterator[tuple[IntArray, _Seen]]:
    """Cut lineages, or each so many-th of them, into pieces: their places, and what was seen."""
    lengths = seen.is_there.sum(1)
    order = np.argsort(lengths, kind="stable")[::every]
    while len(order):
        # As many as fit, were all as long as the last; that is the longest of them.
        count = len(order)
        while count > 1 and count * int(lengths[order[count - 1]]) ** 2 > _AT_A_TIME:
            count = (count + 1) // 2
        some, order = order[:count], order[count:]
        halves = max(int(lengths[some[-1]]), 1)
        yield some, _Seen(
            seen.bunches[some, :halves], seen.watched[some, :halves],
            seen.excess[some, :halves], seen.is_first[some, :halves],
            seen.is_there[some, :halves],
        )  # fmt: skip


def _most_likely(prior: GammaPrior, drift: float, seen: _Seen) -> _Fitted:
    """Fit shares and drift, then the shape of all rates, and the shares anew, one by one."""
    if seen.is_there[:, 1:].sum() < _LEAST_HALVES:
        return _Fitted(0.0, 0.0, drift, prior)
    pieces = [piece for _, piece in _pieces(seen, -(-len(seen.is_there) // _SPEAKING))]
    both = [(share, share) for share in _SHARES]
    drifts = list(dict.fromkeys(part * drift for part in _OF_DRIFT))
    best = _best(pieces, both, drifts, [prior])
    if best.share == 0:
        return best
    priors = [GammaPrior(prior.shape * part, prior.exposure * part) for part in _SHAPES]
    best = _best(pieces, [(best.share, best.renewed)], [best.drift], priors)
    for is_near in (False, True):
        tried = [near * best.renewed for near in _NEAR] if is_near else _SHARES
        shares = [(best.share, renewed) for renewed in tried if renewed < 1]
        best = _best(pieces, shares, [best.drift], [best.prior])
        tried = [near * best.share for near in _NEAR] if is_near else _SHARES
        shares = [(share, best.renewed) for share in tried if share < 1]
        best = _best(pieces, shares, [best.drift], [best.prior])
    return best


def _best(
    pieces: Sequence[_Seen],
    shares: Sequence[tuple[float, float]],
    drifts: Sequence[float],
    priors: Sequence[GammaPrior],
) -> _Fitted:
    best = (-np.inf, _Fitted(0.0, 0.0, 0.0, priors[0]))
    for prior in priors:
        for drift in drifts:
            logarithms = np.zeros(len(shares))
            for piece in pieces:
                likelihoods = _likelihoods(prior, drift, piece)
                logarithms += [_began(pair, piece, likelihoods)[1] for pair in shares]
            place = int(np.argmax(logarithms))
            if logarithms[place] > best[0]:
                best = (logarithms[place], _Fitted(*shares[place], drift, prior))
    return best[1]


def _told(prior: GammaPrior, drift: float, seen: _Seen) -> tuple[FloatArray, FloatArray]:
    """Shape and exposure of the rate before each half and after the last, by when it began.

    Returns
    -------
    ndarray of float, shape (lineages, halves that it may have begun with, halves + 1)
    """
    weight = 1 / (1 + drift * seen.excess)
    lineages, halves = seen.bunches.shape
    summed = np.zeros((2, lineages, halves + 1))
    np.cumsum(seen.bunches * weight, axis=1, out=summed[0, :, 1:])
    np.cumsum(seen.watched * weight, axis=1, out=summed[1, :, 1:])
    since = np.maximum(summed[:, :, None, :] - summed[:, :, :-1, None], 0.0)
    return prior.shape + since[0], prior.exposure + since[1]


def _likelihoods(prior: GammaPrior, drift: float, seen: _Seen) -> tuple[FloatArray, FloatArray]:
    """Likelihood of each half where the rate begins with it, and by when it began before."""
    shape, exposure = (values[:, :, :-1] for values in _told(prior, drift, seen))
    drifted = 1 / (1 / shape + drift)
    before = _likelihood(
        drifted, exposure * drifted / shape, seen.bunches[:, None, :], seen.watched[:, None, :]
    )
    anew = _likelihood(
        np.full_like(seen.bunches, prior.shape), np.full_like(seen.bunches, prior.exposure),
        seen.bunches, seen.watched,
    )  # fmt: skip
    return anew, before


def _began(
    shares: tuple[float, float], seen: _Seen, likelihoods: tuple[FloatArray, FloatArray]
) -> tuple[FloatArray, float]:
    """Chances of when each rate began last, and the logarithm of the likelihood of all halves."""
    anew, before = likelihoods
    lineages, halves = seen.bunches.shape
    chances = np.zeros((lineages, halves))
    chances[:, 0] = 1.0
    logarithm = float(np.log(anew[seen.is_there[:, 0], 0]).sum())
    for half in range(1, halves):
        there = seen.is_there[:, half]
        joint = chances[there, : half + 1]
        share = np.where(seen.is_first[there, half], shares[1], shares[0])
        joint[:, :half] *= (1 - share)[:, None] * before[there, :half, half]
        joint[:, half] = share * anew[there, half]
        whole = joint.sum(1)
        logarithm += float(np.log(whole).sum())
        chances[there, : half + 1] = joint / whole[:, None]
    return chances, logarithm


def _known(fitted: _Fitted, seen: _Seen) -> list[Rates]:
    """What is known of the rate of each lineage."""
    prior, drift = fitted.prior, fitted.drift
    shares = (fitted.share, fitted.renewed)
    chances, _ = _began(shares, seen, _likelihoods(prior, drift, seen))
    shape, exposure = (values[:, :, -1] for values in _told(prior, drift, seen))
    known = []
    for row in range(len(chances)):
        some = np.flatnonzero(chances[row] > 0)
        known.append(Rates(chances[row, some], shape[row, some], exposure[row, some]))
    return known


def _likelihood(
    shape: FloatArray, exposure: FloatArray, bunches: FloatArray, watched: FloatArray
) -> FloatArray:
    """Negative binomial chance of so many bunches, but for a factor of their number alone."""
    share = watched / (exposure + watched)
    logarithm = (
        _log_rising(shape, bunches)
        + bunches * np.log(np.maximum(shape * share, np.finfo(np.float64).tiny))
        + shape * np.log1p(-share)
        - bunches * np.log(np.maximum(bunches, 1.0))
        + bunches
    )
    likelihood: FloatArray = np.exp(np.maximum(logarithm, -600.0))
    return likelihood


def _log_rising(x: FloatArray, n: FloatArray) -> FloatArray:
    """As :func:`.log_rising`, of many numbers at once: by Stirling's series from x + 8 on."""
    ratio = np.ones(np.broadcast_shapes(x.shape, n.shape))
    for step in range(_RISEN):
        ratio *= (x + step) / (x + n + step)
    base = x + _RISEN
    ends = base + n
    logarithm: FloatArray = (
        np.log(ratio) + (ends - 0.5) * np.log(ends) - (base - 0.5) * np.log(base) - n
        + _rest(ends) - _rest(base) - n * np.log(x)
    )  # fmt: skip
    return logarithm


def _rest(x: FloatArray) -> FloatArray:
    """Stirling's series of log gamma(x) beyond (x - 1/2) log x - x, from eight on to 1e-9."""
    rest: FloatArray = (1 / 12 - (1 / 360 - 1 / 1260 / x**2) / x**2) / x
    return rest
