"""Renewals that are moved by what a term brought, and still keep to the declared curve.

What happens in a term moves the log-odds of renewing, and on the average it does not move them by
nothing. One offset a segment takes that average back: with it the mean chance at first renewals is
the declared one. It is solved on a pilot, customers of the base scenario who live through their
first terms by a stream of their own, and belongs to the run: whatever offerings, seeds, lengths and
numbers of customers are tried on top of the same base, it stays what it is. Recentred anew, every
offering would have the same mean chance, and what it changes would not be seen.
"""

import json
import math
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .caching import digest_of, kept_bytes, kept_file
from .compiling import quiet_compilation
from .compiling.cache import cache_folder, objection_to_caching
from .engine.blocks import Piece, expected_cases, pieces, rooms_for, simulate_piece
from .engine.buffers import Buffers
from .population.inclinations import chances_to_renew
from .population.plan import Plan, plan
from .population.portable_math import exp
from .scenario.models import Holding, Joining, ScenarioModel, Segment, Term
from .scenario.scenario import Scenario

#: Stream of the pilot, whatever the seed of the run.
_SEED: Final = 0
#: Days over which its customers join, so that all seasons count.
_JOINS_OVER: Final = 365
#: What the pilot has at the most: customers of a segment, cases of all segments about, days.
_CUSTOMERS: Final = 4000
_CASES: Final = 400_000
_DAYS: Final = 4018
_PIECE: Final = 512

#: Offsets lie between this and its negative, and are rounded to so many places.
_FURTHEST: Final = 40.0
_PLACES: Final = 6
#: Beyond this, moved log-odds are as good as certainty.
_MOST_MOVED: Final = 100.0
#: Points at which a beta distribution is looked at.
_POINTS: Final = 48


def renewal_offsets(scenario: Scenario) -> dict[str, float]:
    """Return the log-odds by which the moved renewals of each segment are recentred.

    With them the mean of the moved chance over the pilot's first renewals (those after terms that
    ran to their end) is the declared one: the constant, or beta / (alpha + beta).

    Parameters
    ----------
    scenario : Scenario
        Its base decides. A segment that the base does not have is its own base.

    Returns
    -------
    dict
        By name of the segment, to six decimals, for those whose renewals are moved by anything. 0
        where nothing moves them in the base, where chance decides nothing (an inclination of 0 or
        1), and where no first term ends within the pilot: eleven years, or 400,000 cases of one
        customer.
    """
    moved = [name for name, one in scenario.model.segments.items() if one.renewal.moved_by.moves]
    own = tuple(name for name in moved if name not in scenario.base.segments)
    offsets = _offsets(scenario.base) | _offsets(scenario.model, own)
    return {name: offsets.get(name, 0.0) for name in moved}


def _offsets(model: ScenarioModel, names: tuple[str, ...] | None = None) -> dict[str, float]:
    """Return the offsets of segments of a scenario, by default of all, as far as any are moved."""
    moved = [
        name
        for name, segment in model.segments.items()
        if segment.renewal.moved_by.moves and (names is None or name in names)
    ]
    if not moved:
        return {}
    return _kept(_pilot(model, moved), moved)


# ----------------------------------------------------------------------------- the pilot


def _pilot(model: ScenarioModel, moved: Sequence[str]) -> ScenarioModel:
    """Return the scenario of the pilot: new customers of some segments, and their first terms."""
    start = model.calendar.start
    days = _JOINS_OVER + max(
        (
            _days_until_first_end(holding, model.templates[holding.template].term, start)
            for name in moved
            for holding in model.segments[name].holds
        ),
        default=0,
    )
    days = min(days, _DAYS)
    level = model.calendar.level.model_copy(update={"sd": 0.0})
    calendar = model.calendar.model_copy(update={"days": days, "level": level})
    joins = Joining(at_start=0.0, over_days=_JOINS_OVER)
    segments = {
        name: segment.model_copy(
            update={"customers": _CUSTOMERS if name in moved else 0, "joins": joins}
        )
        for name, segment in model.segments.items()
    }
    return model.model_copy(
        update={
            "seed": _SEED,
            "description": "",
            "history": None,
            "revision": None,
            "calendar": calendar,
            "segments": segments,
        }
    )


def _days_until_first_end(holding: Holding, term: Term, start: date) -> int:
    """Days from joining to the end of the first term, at the most."""
    if term.open:
        return 0
    waits = holding.sold_after_days.most + holding.lead_days.most
    if term.from_ is not None and term.period_days is not None:
        return max((term.from_ - start).days - _JOINS_OVER, waits) + term.period_days
    return waits + (term.days or 31 * (term.months or 12))


def _portfolio(pilot: ScenarioModel) -> Plan:
    """Return the plan of a pilot, with fewer customers or days where they have many cases."""
    while True:
        portfolio = plan(pilot, _SEED)
        cases = expected_cases(portfolio)
        incidents = portfolio.incidents
        for place, segment in enumerate(pilot.segments.values()):
            products = [pilot.products.index(product) for product in segment.products]
            felt = incidents[np.isin(incidents["product"], products)]
            cases[place] += float(np.sum(felt["hits"] * felt["cases"]))
        joining = portfolio.customers[:, 1]  # a pilot has no past
        pilots = joining > 0
        days = pilot.calendar.days
        if days < 2 or cases[pilots].max() <= _CASES:
            most = _CASES / pilots.sum() / np.maximum(cases, 1.0)
            fewer = np.minimum(joining, np.maximum(most, 1).astype(np.int64))
            return portfolio._replace(customers=np.column_stack([np.zeros_like(fewer), fewer]))
        calendar = pilot.calendar.model_copy(update={"days": days // 2})
        pilot = pilot.model_copy(update={"calendar": calendar})


def _moved_log_odds(portfolio: Plan) -> dict[int, NDArray[np.float64]]:
    """Return by segment what first terms that ran to their end have moved the log-odds by."""
    work = pieces(portfolio, _PIECE)
    buffers = Buffers(rooms_for(portfolio, work))
    moved: dict[int, list[NDArray[np.float64]]] = {}
    with quiet_compilation():
        simulate_piece(portfolio, Piece(0, 0, 0), buffers)
    for piece in work:
        simulate_piece(portfolio, piece, buffers)
        terms = buffers.space().entitlements[: int(buffers.counts["entitlements"][0])]
        decided = ~np.isnan(terms["moved"]) & (terms["renewal_number"] == 0)
        moved.setdefault(piece.segment, []).append(terms["moved"][decided])
    return {segment: np.concatenate(parts) for segment, parts in moved.items()}


# --------------------------------------------------------------------- what is kept of it


#: Offsets by what they are worked out from, as far as this process has met them.
_met: dict[str, dict[str, float]] = {}


def _kept(pilot: ScenarioModel, moved: Sequence[str]) -> dict[str, float]:
    """Return the offsets that a pilot comes to, which runs once on a machine."""
    source = Path(__file__).read_text(encoding="utf-8")
    key = digest_of(f"{pilot.model_dump_json()}\0{moved}\0{source}".encode())
    if key in _met:
        return _met[key]

    def make(place: Path) -> None:
        place.write_text(json.dumps(_solved(pilot, moved)), encoding="utf-8")

    place = None
    if objection_to_caching() is None:
        place = kept_file(cache_folder() / "pilots", key, ".json", make)
    content = None if place is None else kept_bytes(place)
    _met[key] = _solved(pilot, moved) if content is None else json.loads(content)
    return _met[key]


def _solved(pilot: ScenarioModel, moved: Sequence[str]) -> dict[str, float]:
    by_segment = _moved_log_odds(_portfolio(pilot))
    places = {name: place for place, name in enumerate(pilot.segments)}
    nobody = np.zeros(0)
    return {
        name: _offset(pilot.segments[name], by_segment.get(places[name], nobody)) for name in moved
    }


# ------------------------------------------------------------------------------ the offset


def _offset(segment: Segment, moved: NDArray[np.float64]) -> float:
    """Return the offset with which the mean of the moved chance is the declared one.

    Each customer's inclination is independent of what its term brought, so the mean is taken over
    both apart. Bisection compares sums that are rounded alike everywhere but for the points of the
    beta distribution, and its answer is rounded so far that their last bits do not matter.
    """
    chances, weights = chances_to_renew(segment.renewal.inclination, _POINTS)
    declared = math.fsum(weights * chances)
    if not len(moved) or not 0.0 < declared < 1.0:
        return 0.0
    within = np.clip(moved, -_MOST_MOVED, _MOST_MOVED)
    factors = np.array([exp(value) for value in within.tolist()])
    low, high = -_FURTHEST, _FURTHEST
    while high - low > 10.0 ** -(_PLACES + 1):
        middle = (low + high) / 2.0
        odds = factors * exp(middle)
        mean = np.zeros(len(moved))
        for chance, weight in zip(chances.tolist(), weights.tolist(), strict=True):
            mean += weight * (chance * odds / (1.0 - chance + chance * odds))
        if math.fsum(mean) < declared * len(moved):
            low = middle
        else:
            high = middle
    return round(low, _PLACES)
