"""A scenario as numbers: everything that drawing customers and cases needs.

Compiled code is quickest with few arrays whose types never change, so each kind of thing is one
structured array here; lists of any length lie in shared arrays, and their owner knows where.
"""

import math
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..compiling import record_type
from ..rules.amounts import hundredths
from ..rules.days import day_number
from ..rules.words import ORIGINS, SWITCHES, Allocation, DecreaseOn, Origin, Pick, Word, labels
from ..scenario.models import Duration, Life, ScenarioModel, Segment
from ..scenario.paths import (
    burst_paths,
    first_ordinals,
    holding_paths,
    product_path,
    segment_path,
)
from .busyness import Busyness, busyness_of, clocks_of
from .days import YEAR, days_of, minute_of_day
from .distributions import Collector
from .incidents import incidents_of
from .streams import Stream, stream

#: Days over which customers join where the scenario does not say.
JOINS_OVER: Final = 365

#: What stands once for the whole run: its stream, its days, its switches.
RUN: Final = record_type(
    [
        ("seed", "u8"),
        ("replication", "u8"),
        ("start", "i8"),  # day number of the first day
        ("stop", "i8"),  # day number of the day after the last
        ("opens", "i8"),  # minutes of the day
        ("closes", "i8"),
        *((name, "?") for name, switch in SWITCHES.items() if switch.in_engine),
        ("decides", "?"),  # whether terms have a drawn fate and renew
    ]
)

#: One template. Amounts and prices in hundredths; 0 stands for "none" but in `up` and `down` and
#: in the totals of channels (-1: no row).
TEMPLATES: Final = record_type(
    [
        ("allocation", "i8"),
        ("decrease_on", "i8"),
        ("restrict", "?"),
        ("total", "i8"),
        ("term_days", "i8"),
        ("term_months", "i8"),
        ("price", "i8"),
        ("contacts", "i8"),
        ("first_response", "i8"),  # business minutes
        ("resolve_by", "i8"),
        ("up", "i8"),
        ("down", "i8"),
        ("channels", "i8", (ORIGINS,)),
        ("first_product", "i8"),  # of the numbers in `lists`
        ("products", "i8"),
    ]
)

#: One kind of entitlement that a segment buys.
HOLDS: Final = record_type(
    [
        ("key", "u8"),
        ("template", "i8"),
        ("share", "f8"),
        ("after_least", "i8"),
        ("after_most", "i8"),
        ("lead_least", "i8"),
        ("lead_most", "i8"),
    ]
)

#: One segment. Distributions by their first row; lists by first element and length.
SEGMENTS: Final = record_type(
    [
        ("key", "u8"),
        ("number", "i8"),
        ("first_ordinal", "i8"),  # what its first customer's draws are known by
        ("at_start", "f8"),
        ("joins_over", "i8"),
        ("first_hold", "i8"),
        ("holds", "i8"),
        ("draft_share", "f8"),
        ("draft_days", "i8"),
        ("contacts", "i8"),
        ("busyness", "i8"),  # which kind of it
        ("guide_step", "f8"),  # steps of the guide for each 1.0 of busyness
        ("per_day", "f8"),
        ("rate_shape", "f8"),
        ("key_share", "f8"),
        ("key_factor", "f8"),
        ("follow_up_mean", "f8"),
        ("follow_up_hours", "i8"),
        ("ramp_up_days", "i8"),
        ("demand_ends", "i8"),  # -1: never
        ("never_covered", "f8"),
        ("needs_cover", "?"),  # whether customers who never hold anything write nothing
        ("origins", "f8", (ORIGINS,)),  # cumulated shares
        ("only_origin", "i8"),  # -1: several
        ("first_product", "i8"),  # of its products in `products`
        ("products", "i8"),
        ("products_spread", "f8"),  # 0: all customers have the same mix
        ("minutes", "i8"),
        ("minutes_factors", "i8"),  # first of them in `factors`, -1: none
        ("minutes_are_cut", "?"),  # to the working time
        ("resolve", "i8"),
        ("resolve_factors", "i8"),
        ("resolve_works", "?"),  # whether hours are business hours
        ("respond", "i8"),
        ("respond_factors", "i8"),
        ("respond_works", "?"),
        ("answers", "?"),  # whether first responses matter to anybody
        ("cancelled", "f8"),
        ("cancelled_reactivated", "f8"),
        ("reopened", "f8"),
        ("reopened_after", "i8"),
        ("do_not_decrement", "f8"),
        ("picks", "i8"),
        ("turned_away", "f8"),
        ("cancel_per_day", "f8"),
        ("amend_per_day", "f8"),
        ("first_change", "i8"),  # of the numbers in `shares`
        ("changes", "i8"),
        ("amend_least", "i8"),
        ("amend_most", "i8"),
        ("renew", "f8"),  # -1: beta-geometric
        ("leave_alpha", "f8"),
        ("leave_beta", "f8"),
        ("after_cancellation", "f8"),
        ("by_utilisation", "f8"),
        ("around", "f8"),
        ("by_refusals", "f8"),
        ("by_missed", "f8"),
        ("late_share", "f8"),
        ("late_days", "i8"),
        ("return_share", "f8"),
        ("return_days", "i8"),
        ("contiguous", "?"),
        ("up_above", "f8"),
        ("down_below", "f8"),
    ]
)

#: One product of a segment, and the share of the segment's cases that are about it.
PRODUCTS: Final = record_type([("key", "u8"), ("product", "i8"), ("share", "f8")])


class Plan(NamedTuple):
    """Everything that one replication of a scenario needs, as kernels take it.

    Attributes
    ----------
    run : ndarray of RUN, shape (1,)
    days : ndarray of DAYS
    busy : ndarray of BUSY
    guide : ndarray of int64
        See :class:`Busyness`.
    clock : ndarray of float64
    left_out : ndarray of int64
        See :class:`Clocks`.
    distributions : ndarray of DISTRIBUTIONS
    templates, holds, segments, products, incidents : ndarray
    felt : ndarray of uint64, shape (segments, bursts)
        Keys of what the customers of a segment do in the incidents of a burst.
    lists : ndarray of int64
        Product numbers of templates.
    shares : ndarray of float64
        Changes of totals.
    factors : ndarray of float64
        Of durations: for each origin, for cases of no product, and for each product.
    customers : ndarray of int64
        How many customers each segment has.
    """

    run: NDArray[np.void]
    days: NDArray[np.void]
    busy: NDArray[np.void]
    guide: NDArray[np.int64]
    clock: NDArray[np.float64]
    left_out: NDArray[np.int64]
    distributions: NDArray[np.void]
    templates: NDArray[np.void]
    holds: NDArray[np.void]
    segments: NDArray[np.void]
    products: NDArray[np.void]
    incidents: NDArray[np.void]
    felt: NDArray[np.uint64]
    lists: NDArray[np.int64]
    shares: NDArray[np.float64]
    factors: NDArray[np.float64]
    customers: NDArray[np.int64]


def plan(model: ScenarioModel, seed: int, replication: int = 0) -> Plan:
    """Turn a scenario into numbers.

    Parameters
    ----------
    model : ScenarioModel
    seed : int
        Between 0 and 2⁶⁴ - 1.
    replication : int, default 0
        Between 0 and 2²⁴ - 1.

    Raises
    ------
    ValueError
        `seed` or `replication` lies outside.
    """
    chance = stream(seed, replication)
    busyness = busyness_of(model, chance)
    clocks = clocks_of(model.calendar)
    builder = _Builder(model, chance, busyness)
    return Plan(
        run=_run(model, chance),
        days=days_of(model.calendar, model.rules),
        busy=busyness.busy,
        guide=busyness.guide,
        clock=clocks.minutes,
        left_out=clocks.left_out,
        templates=builder.templates(),
        holds=builder.holds(),
        segments=builder.segments(),
        products=np.array(builder.products, PRODUCTS),
        incidents=incidents_of(model, chance, builder.distributions),
        felt=_felt(model, chance),
        distributions=builder.distributions.rows(),
        lists=np.array(builder.lists or [0], np.int64),
        shares=np.array(builder.shares or [0.0], np.float64),
        factors=np.array(builder.factors or [1.0], np.float64),
        customers=np.array([segment.customers for segment in model.segments.values()], np.int64),
    )


def _code(words: type[Word], label: str) -> int:
    return labels(words).index(label)


def _run(model: ScenarioModel, chance: Stream) -> NDArray[np.void]:
    run = np.zeros(1, RUN)
    calendar = model.calendar
    values = {
        **chance._asdict(),
        "start": day_number(calendar.start),
        "stop": day_number(calendar.start) + calendar.days,
        "opens": minute_of_day(calendar.business_hours.opens),
        "closes": minute_of_day(calendar.business_hours.closes),
        "decides": True,
    }
    for name in RUN.names or ():
        run[name] = values[name] if name in values else getattr(model.rules, name)
    return run


def _felt(model: ScenarioModel, chance: Stream) -> NDArray[np.uint64]:
    keys = np.zeros((len(model.segments), len(model.bursts)), np.uint64)
    for number, (name, segment) in enumerate(model.segments.items()):
        for burst, path in enumerate(burst_paths(model)):
            keys[number, burst] = chance.key((*segment_path(name, segment), *path))
    return keys


class _Builder:
    """Fills the arrays of a plan that refer to each other."""

    def __init__(self, model: ScenarioModel, chance: Stream, busyness: Busyness) -> None:
        self.model = model
        self.busyness = busyness
        self.chance = chance
        self.products: list[tuple[np.uint64, int, float]] = []
        self.names = list(model.templates)
        self.distributions = Collector()
        self.lists: list[int] = []
        self.shares: list[float] = []
        self.factors: list[float] = []

    def templates(self) -> NDArray[np.void]:
        """Return one record for each template."""
        records = np.zeros(len(self.names), TEMPLATES)
        for record, template in zip(records, self.model.templates.values(), strict=True):
            sla = self.model.slas[template.sla] if template.sla else None
            record["allocation"] = _code(Allocation, template.allocation)
            record["decrease_on"] = _code(DecreaseOn, template.decrease_on)
            record["restrict"] = template.restrict
            record["total"] = hundredths(template.total_terms or 0)
            record["term_days"] = template.term.days or 0
            record["term_months"] = template.term.months or 0
            record["price"] = hundredths(template.price)
            record["contacts"] = template.contacts or 0
            record["first_response"] = round((sla.first_response_hours or 0) * 60) if sla else 0
            record["resolve_by"] = round(sla.resolve_hours * 60) if sla else 0
            record["up"] = self._number(template.moves_up_to)
            record["down"] = self._number(template.moves_down_to)
            record["channels"] = -1
            for origin, total in template.channels.items():
                record["channels"][_code(Origin, origin)] = hundredths(total)
            record["first_product"] = len(self.lists)
            record["products"] = len(template.products)
            self.lists += [self.model.products.index(product) for product in template.products]
        return records

    def _number(self, template: str | None) -> int:
        return -1 if template is None else self.names.index(template)

    def holds(self) -> NDArray[np.void]:
        """Return one record for each kind of entitlement that a segment buys."""
        rows = [
            (
                self.chance.key(path),
                self.names.index(hold.template),
                hold.share,
                hold.sold_after_days.least,
                hold.sold_after_days.most,
                hold.lead_days.least,
                hold.lead_days.most,
            )
            for name, segment in self.model.segments.items()
            for hold, path in zip(
                segment.holds, holding_paths(segment_path(name, segment), segment), strict=True
            )
        ]
        return np.array(rows, HOLDS)

    def segments(self) -> NDArray[np.void]:
        """Return one record for each segment."""
        records = np.zeros(len(self.model.segments), SEGMENTS)
        first_hold = 0
        ordinals = first_ordinals(self.model)
        for number, (name, segment) in enumerate(self.model.segments.items()):
            path = segment_path(name, segment)
            values = self._segment(segment)
            values |= {
                "key": self.chance.key(path),
                "number": number,
                "first_ordinal": ordinals[number],
                "first_hold": first_hold,
                **self._pace(number),
                "first_product": len(self.products),
            }
            first_hold += len(segment.holds)
            weights = math.fsum(segment.products.values())
            self.products += [
                (
                    self.chance.key(product_path(path, product)),
                    self.model.products.index(product),
                    weight / weights,
                )
                for product, weight in segment.products.items()
            ]
            for field in SEGMENTS.names or ():
                records[number][field] = values[field]
        return records

    def _pace(self, number: int) -> dict[str, object]:
        kind = self.busyness.kinds[number]
        total = self.busyness.busy["busy"][kind, -1]
        steps = self.busyness.guide.shape[1] - 1
        return {"busyness": kind, "guide_step": steps / total if total > 0 else 0.0}

    def _segment(self, segment: Segment) -> dict[str, object]:
        origins = np.array([dict(segment.origins).get(name, 0.0) for name in labels(Origin)])
        accounts = segment.cases.key_accounts
        values: dict[str, object] = {
            "at_start": segment.joins.at_start,
            "joins_over": segment.joins.over_days or JOINS_OVER,
            "holds": len(segment.holds),
            "draft_share": segment.left_in_draft.share,
            "draft_days": segment.left_in_draft.days or 0,
            "contacts": segment.contacts,
            "per_day": segment.cases.per_year / YEAR,
            "rate_shape": segment.cases.shape or 0.0,
            "key_share": accounts.share,
            "key_factor": accounts.factor,
            "follow_up_mean": segment.cases.follow_ups.mean,
            "follow_up_hours": self.distributions.add(segment.cases.follow_ups.hours),
            **self._life(segment.life),
            "origins": np.cumsum(origins) / math.fsum(origins),
            "only_origin": int(origins.argmax()) if np.count_nonzero(origins) == 1 else -1,
            "products": len(segment.products),
            "products_spread": segment.products_spread or 0.0,
            "minutes": self.distributions.add(segment.billable_minutes),
            "minutes_factors": self._factors(segment.billable_minutes),
            "minutes_are_cut": segment.billable_minutes.clock == "working",
            "resolve": self.distributions.add(segment.resolve_hours),
            "resolve_factors": self._factors(segment.resolve_hours),
            "resolve_works": segment.resolve_hours.clock == "working",
            "respond": self.distributions.add(segment.respond_hours),
            "respond_factors": self._factors(segment.respond_hours),
            "respond_works": segment.respond_hours.clock == "working",
            "answers": any(sla.first_response_hours for sla in self.model.slas.values()),
            "cancelled": segment.cancelled,
            "cancelled_reactivated": segment.cancelled_reactivated,
            "reopened": segment.reopened,
            "reopened_after": self.distributions.add(segment.reopened_after_hours),
            "do_not_decrement": segment.do_not_decrement,
            "picks": _code(Pick, segment.picks),
            "turned_away": segment.turned_away,
            "cancel_per_day": segment.cancellation.per_year / YEAR,
            "amend_per_day": segment.amendments.per_year / YEAR,
            "first_change": len(self.shares),
            "changes": len(segment.amendments.change),
            "amend_least": segment.amendments.days_in_draft.least,
            "amend_most": segment.amendments.days_in_draft.most,
        }
        self.shares += segment.amendments.change
        return values | self._renewal(segment)

    def _life(self, life: Life) -> dict[str, object]:
        return {
            "ramp_up_days": life.ramp_up_days,
            "demand_ends": -1 if life.ends is None else self.distributions.add(life.ends),
            "never_covered": life.never_covered or 0.0,
            "needs_cover": life.ends is not None or life.never_covered is not None,
        }

    def _factors(self, duration: Duration) -> int:
        if not duration.by_product and not duration.by_origin:
            return -1
        first = len(self.factors)
        self.factors += [dict(duration.by_origin).get(name, 1.0) for name in labels(Origin)]
        self.factors.append(1.0)
        self.factors += [duration.by_product.get(name, 1.0) for name in self.model.products]
        return first

    def _renewal(self, segment: Segment) -> dict[str, object]:
        renewal = segment.renewal
        beta = renewal.inclination.beta_geometric
        constant = renewal.inclination.constant
        return {
            "renew": -1.0 if constant is None else constant,
            "leave_alpha": beta.alpha if beta else 0.0,
            "leave_beta": beta.beta if beta else 0.0,
            "after_cancellation": renewal.after_cancellation,
            "by_utilisation": renewal.moved_by.utilisation,
            "around": renewal.moved_by.around,
            "by_refusals": renewal.moved_by.refusals,
            "by_missed": renewal.moved_by.missed_slas,
            "late_share": renewal.late.share,
            "late_days": self.distributions.add(renewal.late.days),
            "return_share": renewal.returns.share,
            "return_days": self.distributions.add(renewal.returns.days),
            "contiguous": renewal.dates == "contiguous",
            "up_above": renewal.up_above,
            "down_below": renewal.down_below,
        }
