"""A scenario as numbers: everything that drawing customers and cases needs.

Compiled code is quickest with few arrays whose types never change, so each kind of thing is one
structured array here; lists of any length lie in shared arrays, and their owner knows where.
"""

import math
from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..compiling import record_type
from ..rules.amounts import hundredths
from ..rules.days import day_number
from ..rules.words import ORIGINS, SWITCHES, Allocation, DecreaseOn, Origin, Pick, Word, labels
from ..scenario.models import ScenarioModel, Segment, Term
from ..scenario.paths import (
    burst_paths,
    first_ordinals,
    holding_paths,
    product_path,
    segment_path,
)
from .busyness import Busyness, busyness_of, clock_of
from .days import YEAR, days_of, minute_of_day, months_later
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
        ("until_month", "i8"),  # of the date on which calendar-year terms end; 0: they do not
        ("until_day", "i8"),
        ("term_from", "i8"),  # first day of fixed periods of so many days or months; -1: none
        ("prorates_price", "?"),
        ("prorates_total", "?"),
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
        ("with_contract", "?"),  # whether it ends with the customer's contract at hand
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
        ("origins", "f8", (ORIGINS,)),  # cumulated shares
        ("only_origin", "i8"),  # -1: several
        ("first_product", "i8"),  # of its products in `products`
        ("products", "i8"),
        ("products_spread", "f8"),  # 0: all customers have the same mix
        ("minutes", "i8"),
        ("resolve", "i8"),
        ("respond", "i8"),
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
        ("recentred", "f8"),  # log-odds that keep first renewals to the declared chance
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
        Minute of the day by which each 1440th of a day's cases has come.
    distributions : ndarray of DISTRIBUTIONS
    templates, holds, segments, products, incidents : ndarray
    felt : ndarray of uint64, shape (segments, bursts)
        Keys of what the customers of a segment do in the incidents of a burst.
    lists : ndarray of int64
        Product numbers of templates.
    shares : ndarray of float64
        Changes of totals.
    customers : ndarray of int64
        How many customers each segment has.
    """

    run: NDArray[np.void]
    days: NDArray[np.void]
    busy: NDArray[np.void]
    guide: NDArray[np.int64]
    clock: NDArray[np.float64]
    distributions: NDArray[np.void]
    templates: NDArray[np.void]
    holds: NDArray[np.void]
    segments: NDArray[np.void]
    products: NDArray[np.void]
    incidents: NDArray[np.void]
    felt: NDArray[np.uint64]
    lists: NDArray[np.int64]
    shares: NDArray[np.float64]
    customers: NDArray[np.int64]


def plan(
    model: ScenarioModel,
    seed: int,
    replication: int = 0,
    base: ScenarioModel | None = None,
    offsets: Mapping[str, float] | None = None,
) -> Plan:
    """Turn a scenario into numbers.

    Parameters
    ----------
    model : ScenarioModel
    seed : int
        Between 0 and 2⁶⁴ - 1.
    replication : int, default 0
        Between 0 and 2²⁴ - 1.
    base : ScenarioModel, optional
        The scenario before its overrides (:attr:`Scenario.base`), from which that is worked out
        which offerings must not change; by default `model`.
    offsets : mapping of str to float, optional
        Log-odds by which the renewals of segments are recentred
        (:func:`~entitlement_sim.recentring.renewal_offsets`); a segment without one is not.

    Raises
    ------
    ValueError
        `seed` or `replication` lies outside.
    """
    chance = stream(seed, replication)
    busyness = busyness_of(model, chance)
    builder = _Builder(model, chance, busyness, offsets or {})
    return Plan(
        run=_run(model, chance),
        days=days_of(model.calendar, model.rules),
        busy=busyness.busy,
        guide=busyness.guide,
        clock=clock_of(model.calendar),
        templates=builder.templates(),
        holds=builder.holds(),
        segments=builder.segments(),
        products=np.array(builder.products, PRODUCTS),
        incidents=incidents_of(model, chance, builder.distributions),
        felt=_felt(model, chance),
        distributions=builder.distributions.rows(),
        lists=np.array(builder.lists or [0], np.int64),
        shares=np.array(builder.shares or [0.0], np.float64),
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


def _term(term: Term) -> dict[str, int]:
    """Return the fields of a template that say how long its entitlements run."""
    if isinstance(term.until, str):
        month, day = map(int, term.until.split("-"))
        return {"until_month": month, "until_day": day}
    if term.until is None or term.from_ is None:
        return {"term_days": term.days or 0, "term_months": term.months or 0}
    first, following = day_number(term.from_), day_number(term.until) + 1
    months = 12 * (term.until.year - term.from_.year) + term.until.month - term.from_.month
    whole = next(
        (
            count
            for count in range(max(months, 1), months + 2)
            if months_later(first, count) == following
        ),
        0,
    )
    return {
        "term_from": first,
        "term_months": whole,
        "term_days": 0 if whole else following - first,
    }


class _Builder:
    """Fills the arrays of a plan that refer to each other."""

    def __init__(
        self,
        model: ScenarioModel,
        chance: Stream,
        busyness: Busyness,
        offsets: Mapping[str, float],
    ) -> None:
        self.model = model
        self.busyness = busyness
        self.offsets = offsets
        self.chance = chance
        self.products: list[tuple[np.uint64, int, float]] = []
        self.names = list(model.templates)
        self.distributions = Collector()
        self.lists: list[int] = []
        self.shares: list[float] = []

    def templates(self) -> NDArray[np.void]:
        """Return one record for each template."""
        records = np.zeros(len(self.names), TEMPLATES)
        for record, template in zip(records, self.model.templates.values(), strict=True):
            sla = self.model.slas[template.sla] if template.sla else None
            record["allocation"] = _code(Allocation, template.allocation)
            record["decrease_on"] = _code(DecreaseOn, template.decrease_on)
            record["restrict"] = template.restrict
            record["total"] = hundredths(template.total_terms or 0)
            record["term_from"] = -1
            for name, value in _term(template.term).items():
                record[name] = value
            record["prorates_price"] = template.prorate != "nothing"
            record["prorates_total"] = template.prorate == "both"
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
                hold.starts == "with_contract",
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
                "recentred": self._recentred(name, segment),
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

    def _recentred(self, name: str, segment: Segment) -> float:
        return self.offsets.get(name, 0.0) if segment.renewal.moved_by.moves else 0.0

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
            "origins": np.cumsum(origins) / math.fsum(origins),
            "only_origin": int(origins.argmax()) if np.count_nonzero(origins) == 1 else -1,
            "products": len(segment.products),
            "products_spread": segment.products_spread or 0.0,
            "minutes": self.distributions.add(segment.billable_minutes),
            "resolve": self.distributions.add(segment.resolve_hours),
            "respond": self.distributions.add(segment.respond_hours),
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
