"""Whether an allotment runs dry before its end, by playing on what may come."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np

from .exhaustion import BoolArray, GammaPrior
from .rates_anew import Rates
from .special_functions import FloatArray, IntArray

#: Futures that are played for each entitlement: a chance of a half is known to 1.6 points.
DRAWS: Final = 1000

#: Hours that are rounding.
_ROUNDING: Final = 1e-9


class Played(NamedTuple):
    """What becomes of an allotment in each future.

    Attributes
    ----------
    is_dry : ndarray of bool
        Whether it runs dry before its end.
    until : ndarray of float
        Share of its days after which nothing is left of it, or it is cancelled; at most 1.
    rates : ndarray of float
        The rate that was drawn.
    """

    is_dry: BoolArray
    until: FloatArray
    rates: FloatArray


@dataclass(frozen=True)
class Allotment:
    """What is left of one entitlement, and who will ask for it.

    Attributes
    ----------
    remaining : float
        Terms left, above 0.
    rate : GammaPrior or Rates
        Bunches of uses a day, given all that was seen.
    days : float
        Days to its end, weighed by the relative demand of each.
    bunch : float
        Mean size of a bunch, at least 1; sizes are geometric.
    drift : float
        Variance of the rate of the days to come, over its square, beside what is known of it.
    channels : mapping of str to (float, float)
        Of each channel that it sells: the share of the uses that come by it, and what is left of
        it (infinite where it has no limit). Empty where it knows no channels.
    charges : ndarray of float, optional
        Hours that a use takes, each as likely as the others; one term a use without.
    cancellations : float
        How many are expected up to its end, of one that could be cancelled again and again.
    anew : GammaPrior, optional
        Of what is known of a rate that begins anew.
    beginnings : float
        How often the rate is expected to begin anew up to its end; the first time counts.
    amendments : float
        How often its terms are expected to be amended up to its end; the first time counts.
    changes : ndarray of float, optional
        Terms that an amendment adds, or takes where below 0, each as likely as the others.
    before : Played, optional
        What becomes of the allotment of the same customer that is used before this one. Who asks
        for much of the one asks for much of the other: rates go together.
    gained : float
        Days that it gains, weighed alike, where nothing is left of that one from now on.
    """

    remaining: float
    rate: GammaPrior | Rates
    days: float
    bunch: float = 1.0
    drift: float = 0.0
    channels: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    charges: FloatArray | None = None
    cancellations: float = 0.0
    anew: GammaPrior | None = None
    beginnings: float = 0.0
    amendments: float = 0.0
    changes: FloatArray | None = None
    before: Played | None = None
    gained: float = 0.0


def play_on(allotment: Allotment, common: FloatArray, chance: np.random.Generator) -> BoolArray:
    """Return in which futures an allotment runs dry.

    A rate is drawn from what is known of it, the day on which it begins anew and those on which it
    is amended and cancelled, if at all; bunches come by Poisson's law, each of a geometric number
    of uses, and each use by one of the channels. A channel gives no more than it has left, and the
    allotment is dry when what was given reaches what remains: before an amendment, or with what
    the amendment adds.

    Parameters
    ----------
    allotment : Allotment
    common : ndarray of float
        Relative demand in each future, the same for all allotments of a portfolio.
    chance : numpy.random.Generator

    Returns
    -------
    ndarray of bool
        One for each future.

    Examples
    --------
    >>> four = Allotment(4, GammaPrior(7.5, 0.75), 0.5)
    >>> play_on(four, np.ones(20_000), np.random.default_rng(1)).mean().round(2)
    np.float64(0.66)
    """
    return play(allotment, common, chance).is_dry


def play(allotment: Allotment, common: FloatArray, chance: np.random.Generator) -> Played:
    """Return what becomes of an allotment in each future, as :func:`play_on` says."""
    draws = len(common)
    if isinstance(allotment.rate, Rates):
        own = allotment.rate.drawn(draws, chance)
    else:
        own = chance.standard_gamma(allotment.rate.shape, draws) / allotment.rate.exposure
    days = np.full(draws, allotment.days)
    if allotment.before is not None:
        own = np.sort(own)[np.argsort(np.argsort(allotment.before.rates))]
        days += allotment.gained * (1 - allotment.before.until)
    rates = own
    if allotment.drift > 0:
        own = own * chance.standard_gamma(1 / allotment.drift, draws) * allotment.drift
    if allotment.anew is not None and allotment.beginnings > 0:
        before = np.minimum(chance.standard_exponential(draws) / allotment.beginnings, 1.0)
        after = chance.standard_gamma(allotment.anew.shape, draws) / allotment.anew.exposure
        own = before * own + (1 - before) * after
    mean = own * days * common
    lasts = _first(allotment.cancellations, draws, chance)
    uses = chance.poisson(mean * lasts)
    if allotment.bunch > 1:
        some = uses > 0
        uses[some] += chance.negative_binomial(uses[some], 1 / allotment.bunch)
    given = _given(uses, allotment, chance)
    is_dry: BoolArray = given >= allotment.remaining - _ROUNDING
    if allotment.amendments > 0 and allotment.changes is not None:
        amended = _first(allotment.amendments, draws, chance) / lasts
        places = np.flatnonzero(amended < 1)
        # What was given by then, as a part of all that is.
        earlier = chance.binomial(uses[places], amended[places]) / np.maximum(uses[places], 1)
        whole = allotment.remaining + chance.choice(allotment.changes, len(places))
        is_dry[places] = np.logical_or(
            given[places] * earlier >= allotment.remaining - _ROUNDING,
            given[places] >= whole - _ROUNDING,
        )
    dry_after = np.minimum(allotment.remaining / np.maximum(given, _ROUNDING), 1.0)
    return Played(is_dry, np.where(is_dry, dry_after, 1.0) * lasts, rates)


def _first(expected: float, draws: int, chance: np.random.Generator) -> FloatArray:
    """When something first happens that is expected so often, as a share of the days, at most 1."""
    if expected <= 0:
        return np.ones(draws)
    return np.minimum(chance.standard_exponential(draws) / expected, 1.0)


def _given(uses: IntArray, allotment: Allotment, chance: np.random.Generator) -> FloatArray:
    """What uses are given, with no more by a channel than it has left."""
    limits = allotment.channels.values()
    if all(left == np.inf for _, left in limits):
        return _terms(uses, allotment.charges, chance)
    to_come, share_to_come = uses, sum(share for share, _ in limits)
    given = np.zeros(len(uses))
    for share, left in limits:
        part = min(share / share_to_come, 1.0) if share_to_come > 0 else 0.0
        by_channel = chance.binomial(to_come, part)
        to_come, share_to_come = to_come - by_channel, share_to_come - share
        given += np.minimum(_terms(by_channel, allotment.charges, chance), max(left, 0.0))
    return given


def _terms(uses: IntArray, charges: FloatArray | None, chance: np.random.Generator) -> FloatArray:
    """What so many uses take in each future."""
    if charges is None:
        return uses.astype(np.float64)
    ends = np.cumsum(uses)
    summed = np.concatenate(([0.0], np.cumsum(chance.choice(charges, ends[-1]))))
    hours: FloatArray = summed[ends] - summed[ends - uses]
    return hours
