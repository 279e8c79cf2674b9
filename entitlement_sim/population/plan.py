"""A scenario as numbers: everything that drawing customers and cases needs.

Compiled code is quickest with few arrays whose types never change, so each kind of thing is one
structured array here; lists of any length lie in shared arrays, and their owner knows where.
"""

import math
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..compiling import record_type
from ..rules.amounts import hundredths
from ..rules.burning import NO_LIMIT, WHOLE_SHARE
from ..rules.days import day_number
from ..rules.periods import MONTHS_OF_PERIOD
from ..rules.weights import SEVERITIES, UNWEIGHED
from ..rules.words import (
    KEYS_OF_PICK,
    ORIGINS,
    PICK_KEYS,
    SWITCHES,
    Allocation,
    Applies,
    Debt,
    DecreaseOn,
    Origin,
    Pick,
    PickKey,
    RunsOut,
    Word,
    labels,
)
from ..scenario.models import (
    Allowance,
    AnswersPrice,
    BuysMore,
    Carry,
    Duration,
    Left,
    Life,
    Overage,
    Price,
    Pricing,
    Renews,
    ScenarioModel,
    Segment,
    Sla,
    Template,
    Term,
    Weighing,
)
from ..scenario.paths import (
    NamePath,
    burst_paths,
    buying_path,
    first_ordinals,
    holding_paths,
    product_path,
    segment_path,
)
from ..scenario.values import UNLIMITED
from .busyness import Busyness, busyness_of, relaid
from .days import YEAR, days_of, whole_months
from .distributions import Collector
from .incidents import incidents_of
from .inflow import count_joins, joins_per_year
from .past import past_of
from .portable_math import log
from .streams import Stream, stream

#: Days over which customers join where the scenario does not say.
JOINS_OVER: Final = 365

#: What stands once for the whole run: its stream, its days, its switches.
RUN: Final = record_type(
    [
        ("seed", "u8"),
        ("replication", "u8"),
        ("start", "i8"),  # day number of the first day that is lived
        ("window", "i8"),  # of the first day of the run: with a past, others come before it
        ("stop", "i8"),  # day number of the day after the last
        ("turn", "i8"),  # of the day from which on offerings are those of the run
        ("renews_turned", "?"),  # whether what was sold before is renewed into these
        ("revises", "?"),  # whether what is open on that day is edited
        *((name, "?") for name, switch in SWITCHES.items() if switch.in_engine),
        ("job_minute", "i8"),  # of the day at which the state job runs
        ("decides", "?"),  # whether terms have a drawn fate and renew
    ]
)

#: One template. Amounts and prices in hundredths; 0 stands for "none" but in `up`, `down`, `into`
#: and in the totals of channels (-1: no row).
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
        ("price", "i8"),  # of a term, or of a period
        ("price_months", "i8"),  # of a period that the price is for; 0: it is for the term
        ("of_spend", "?"),  # whether the price is reckoned by what a customer spends
        ("first_band", "i8"),  # of the pairs of an end and a rate, in `lists`
        ("bands", "i8"),
        ("price_above", "i8"),  # rate above the last band
        ("price_at_least", "i8"),
        ("renews_itself", "?"),
        ("notice", "i8"),  # days before the last one of a term; 0: none
        ("rise", "i8"),  # of a renewal's price, of WHOLE_SHARE
        ("into", "i8"),  # template of its renewals; -1: its own
        ("contacts", "i8"),
        ("first_response", "i8", (SEVERITIES + 1,)),  # minutes, by severity; first without one
        ("resolve_by", "i8", (SEVERITIES + 1,)),
        ("sla_always", "?"),  # whether these pass around the clock, or in business hours
        ("up", "i8"),
        ("down", "i8"),
        ("number", "i8"),  # of the template's row in its table
        ("today", "i8"),  # what its contracts renew into from the run's turn on
        ("changed", "?"),  # whether that is another offering than what it was until then
        ("revised", "i8"),  # what its contracts become on that day; -1: they stay as they are
        ("channels", "i8", (ORIGINS,)),
        ("first_own_channel", "i8"),  # of the pairs of an origin from ORIGINS on and its total
        ("own_channels", "i8"),  # in `lists`
        ("first_product", "i8"),  # of the numbers in `lists`
        ("products", "i8"),
        ("first_contact", "i8"),  # of the numbers in `lists`; -1: they are 0, 1, …
        ("priority", "i8"),
        ("tops_up", "?"),  # whether it is a block in entitlements of other templates
        ("own_end", "?"),  # whether such a block ends by its own term
        ("first_added", "i8"),  # of the numbers in `lists` of the templates that it adds to
        ("added", "i8"),
        ("unlimited", "?"),  # whether it has no total
        ("bends_gate", "?"),  # whether its gate looks at more than its total and what is left
        ("term_open", "?"),  # whether its terms have no end
        ("has_allowance", "?"),
        ("grant", "i8"),  # of a whole period of the allowance
        ("every_months", "i8"),  # of a period; 0: it is so many days long
        ("every_days", "i8"),
        ("on_calendar", "?"),  # whether periods begin with months, quarters or years
        ("first_prorated", "?"),
        ("last_prorated", "?"),
        ("carries", "?"),  # whether anything is carried out of a period
        ("carry_at_most", "i8"),  # or NO_LIMIT
        ("carry_share", "i8"),  # of WHOLE_SHARE, or NO_LIMIT
        ("carry_for", "i8"),  # periods
        ("carried_burns_last", "?"),
        ("goes_over", "?"),  # whether it has overage
        ("overage_price", "i8"),
        ("overage_at_most", "i8"),  # or NO_LIMIT
        ("overage_free", "i8"),
        ("debt", "i8"),
        ("steps", "?"),  # whether minutes are billed in steps
        ("at_least", "i8"),  # minutes
        ("step", "i8"),
        ("refunds", "?"),  # whether a cancellation gives the price of the days left back
        ("weighs", "?"),  # whether cases have weights, in hundredths or UNWEIGHED
        ("weight_outside", "i8"),
        ("weight_weekend", "i8"),
        ("weight_holiday", "i8"),
        ("weight_severity", "i8", (SEVERITIES,)),
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
        ("discount_share", "f8"),
        ("discount", "i8"),  # what is off the list price, of WHOLE_SHARE
    ]
)

#: One segment. Distributions by their first row; lists by first element and length.
SEGMENTS: Final = record_type(
    [
        ("key", "u8"),
        ("number", "i8"),
        ("first_ordinal", "i8"),  # what its first customer's draws are known by
        ("joins_per_day", "f8"),  # 0: at the start and over some days
        ("joins_growth", "f8"),  # of the logarithm, a day, until the run's first one
        ("at_start", "f8"),
        ("joins_over", "i8"),
        ("first_hold", "i8"),
        ("holds", "i8"),
        ("draft_share", "f8"),
        ("draft_days", "i8"),
        ("contacts", "i8"),
        ("accounts", "i8"),  # of each customer
        ("has_accounts", "?"),  # whether they have numbers
        ("holds_apart", "?"),  # whether each holds its own entitlements
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
        ("by_default", "?"),  # whether cases take the customer's default
        ("pick_keys", "i8", (PICK_KEYS,)),  # what is compared to find another one; -1: no more
        ("buys", "?"),  # whether customers buy more where terms run out
        ("buys_refused", "?"),  # before a refusal; else after a charge
        ("buys_left", "i8"),  # that leaves so many hundredths or less
        ("buys_share", "f8"),
        ("buys_within", "i8"),  # days; 0: in that minute
        ("buys_template", "i8"),
        ("buys_line", "i8"),  # place of the holding that whole entitlements bought then continue
        ("severities", "f8", (SEVERITIES,)),  # cumulated shares
        ("has_severities", "?"),
        ("accepts_overage", "f8"),
        ("spend", "i8"),  # -1: nothing
        ("answers_price", "?"),
        ("first_reference", "i8"),  # in `shares`, of the template with number 0
        ("buying", "f8"),  # elasticities
        ("renewing", "f8"),
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
        ("by_price_rise", "f8"),
        ("by_paid_per_use", "f8"),
        ("by_missed_notice", "f8"),
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


class Past(NamedTuple):
    """What holds before the turn of a run: by the base scenario, whatever an offering changes.

    That is its first day, or the day of a revision.

    Attributes
    ----------
    run : ndarray of RUN, shape (1,)
    segments : ndarray of SEGMENTS
        One for each of the plan's, with its number.
    changed : ndarray of bool
        Whether a segment, or anything that its cases hang on, is another one from then on.
    redrawn : ndarray of bool
        Whether more of these has changed than how many cases a year there are.
    """

    run: NDArray[np.void]
    segments: NDArray[np.void]
    changed: NDArray[np.bool_]
    redrawn: NDArray[np.bool_]


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
        Product numbers of templates, and the bands of their prices.
    shares : ndarray of float64
        Changes of totals, and the prices of templates that segments know, in hundredths.
    factors : ndarray of float64
        Of durations: for each origin, for cases of no product, and for each product.
    customers : ndarray of int64, shape (segments, 2)
        How many customers of each segment join before the run's first day and from then on.
    past : Past
        What holds before the run's first day.
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
    past: Past


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
    base = model if base is None else base
    chance = stream(seed, replication)
    past = past_of(model, base)
    busyness = busyness_of(model, chance, past)
    builder = _Builder(model, chance, busyness, joins_per_year(model, base), offsets or {})
    run = _run(model, chance)
    before = base if past is None and model.revision is not None else past
    segments = builder.segments(before)
    earlier = segments if before is None else builder.past_segments(segments, before)
    if before is not None and run["revises"][0]:
        builder.revise(before)
    holds, templates = builder.holds(), builder.templates()
    return Plan(
        run=run,
        days=days_of(model.calendar, model.rules, past),
        busy=busyness.busy,
        guide=busyness.guide,
        clock=busyness.clocks.minutes,
        left_out=busyness.clocks.left_out,
        templates=templates,
        holds=holds,
        segments=segments,
        products=np.array(builder.products, PRODUCTS),
        incidents=incidents_of(model, chance, builder.distributions, past),
        felt=_felt(model, chance, past),
        distributions=builder.distributions.rows(),
        lists=np.array(builder.lists or [0], np.int64),
        shares=np.array(builder.shares or [0.0], np.float64),
        factors=np.array(builder.factors or [1.0], np.float64),
        customers=_customers(model, run, segments),
        past=Past(
            run=run if before is None else _run(before, chance, lived=run),
            segments=earlier,
            changed=_changed(model, before),
            redrawn=_changed(model, _at_rates_of(model, before)),
        ),
    )


def at_levels(planned: Plan, factors: NDArray[np.float64]) -> Plan:
    """Return a plan without a past whose days are busier or quieter by factors.

    Parameters
    ----------
    planned : Plan
    factors : ndarray of float, shape (days,)
        From the first day of the run on.
    """
    kinds = planned.segments["busyness"]
    busy, guide = relaid(planned.busy, factors)
    total = busy["busy"][:, -1][kinds] - busy["busy"][:, 0][kinds]
    segments = planned.segments.copy()
    steps = float(guide.shape[1] - 1)
    segments["guide_step"] = np.divide(steps, total, out=np.zeros(len(total)), where=total > 0)
    return planned._replace(busy=busy, guide=guide, segments=segments)


def _customers(
    model: ScenarioModel, run: NDArray[np.void], segments: NDArray[np.void]
) -> NDArray[np.int64]:
    if model.history is None:
        counts = [(0, segment.customers) for segment in model.segments.values()]
    else:
        counts = [count_joins(run[0], segment) for segment in segments]
    return np.array(counts, np.int64)


def _changed(model: ScenarioModel, past: ScenarioModel | None) -> NDArray[np.bool_]:
    """Say of which segments the past has other cases, or other habits."""
    if past is None:
        return np.zeros(len(model.segments), np.bool_)
    alike = (
        past.bursts == model.bursts
        and past.products == model.products
        and _answers(past) == _answers(model)
    )
    return np.array(
        [
            not alike or past.segments.get(name, segment) != segment
            for name, segment in model.segments.items()
        ]
    )


def _at_rates_of(model: ScenarioModel, past: ScenarioModel | None) -> ScenarioModel | None:
    """Return the past with as many cases a year as there are from then on, where there are any."""
    if past is None:
        return None
    segments = {
        name: segment.model_copy(
            update={"cases": segment.cases.model_copy(update={"per_year": now.cases.per_year})}
        )
        if (now := model.segments.get(name)) and now.cases.per_year and segment.cases.per_year
        else segment
        for name, segment in past.segments.items()
    }
    return past.model_copy(update={"segments": segments})


def _code(words: type[Word], label: str) -> int:
    return labels(words).index(label)


def _run(
    model: ScenarioModel, chance: Stream, lived: NDArray[np.void] | None = None
) -> NDArray[np.void]:
    """Return the record of a run, or that of the past of one that is `lived`."""
    run = np.zeros(1, RUN)
    calendar = model.calendar
    window = day_number(calendar.start)
    begins = model.history_start
    values = {
        **chance._asdict(),
        "start": window if begins is None else day_number(begins),
        "window": window,
        "stop": window + calendar.days,
        "turn": min(day_number(model.revised_from), window + calendar.days),
        "renews_turned": model.revision is None or model.revision.applies != Applies.NEW.label,
        "revises": model.revision is not None and model.revision.applies == Applies.ALL.label,
        "job_minute": 60 * int(model.rules.job_time[:2]) + int(model.rules.job_time[3:]),
        "decides": True,
    }
    for name in RUN.names or ():
        run[name] = values[name] if name in values else getattr(model.rules, name)
    if lived is not None:
        for name in ("start", "window", "stop", "turn", "renews_turned", "revises"):
            run[name] = lived[name]
    return run


def _felt(model: ScenarioModel, chance: Stream, past: ScenarioModel | None) -> NDArray[np.uint64]:
    paths = burst_paths(model)
    if past is not None and past.bursts != model.bursts:
        paths += burst_paths(past)
    keys = np.zeros((len(model.segments), len(paths)), np.uint64)
    for number, (name, segment) in enumerate(model.segments.items()):
        for burst, path in enumerate(paths):
            keys[number, burst] = chance.key((*segment_path(name, segment), *path))
    return keys


def total_of(template: Template) -> int:
    """Return the hundredths of a template's total; 0 where none is written, or there is no end."""
    written = template.total_terms
    return 0 if written is None or isinstance(written, str) else hundredths(written)


def _term(term: Term) -> dict[str, int]:
    """Return the fields of a template that say how long its entitlements run."""
    none = {
        "term_days": 0,
        "term_months": 0,
        "term_from": -1,
        "until_month": 0,
        "until_day": 0,
        "term_open": term.open is not None,
    }
    if isinstance(term.until, str):
        month, day = map(int, term.until.split("-"))
        return none | {"until_month": month, "until_day": day}
    if term.until is None or term.from_ is None:
        return none | {"term_days": term.days or 0, "term_months": term.months or 0}
    first, following = day_number(term.from_), day_number(term.until) + 1
    whole = whole_months(first, following)
    return none | {
        "term_from": first,
        "term_months": whole,
        "term_days": 0 if whole else following - first,
    }


def _answers(model: ScenarioModel) -> bool:
    """Whether first responses matter to anybody."""
    return any(sla.promises_response for sla in model.slas.values())


def _promise(sla: Sla | None) -> dict[str, object]:
    """Return the fields of a template that say by when its cases are due; none without an SLA."""
    if sla is None:
        return {"first_response": 0, "resolve_by": 0, "sla_always": False}
    hours = [sla.hours_for(severity) for severity in (None, *range(1, SEVERITIES + 1))]
    return {
        "first_response": [round((response or 0) * 60) for response, _ in hours],
        "resolve_by": [round(resolution * 60) for _, resolution in hours],
        "sla_always": sla.clock == "always",
    }


def offered(template: Template) -> dict[str, Any]:
    """Return the fields of a template beyond the product's own: periods, overage, weights."""
    return {
        **_periods(template.allowance),
        **_overage(template.overage),
        **_weights(template.weighs),
        "unlimited": template.total_terms == UNLIMITED,
        "bends_gate": template.total_terms == UNLIMITED or template.overage is not None,
        "priority": template.priority,
        "steps": template.minutes is not None,
        "at_least": template.minutes.at_least if template.minutes else 0,
        "step": template.minutes.step if template.minutes else 1,
        "refunds": template.refund == "unused",
    }


def _price(price: Price) -> dict[str, object]:
    """Return the fields of a template's price, but for its bands."""
    none: dict[str, object] = {
        "price": 0,
        "price_months": 0,
        "of_spend": False,
        "bands": 0,
        "price_above": 0,
        "price_at_least": 0,
    }
    if not isinstance(price, Pricing):
        return none | {"price": hundredths(price)}
    if price.of_spend is None:
        return none | {
            "price": hundredths(price.amount or 0),
            "price_months": MONTHS_OF_PERIOD[price.every or "year"],
        }
    return none | {
        "of_spend": True,
        "bands": len(price.of_spend.up_to),
        "price_above": _share(price.of_spend.above),
        "price_at_least": hundredths(price.of_spend.at_least),
    }


def _bands(price: Price) -> list[int]:
    """Return the pairs of an end and a rate of a price by what is spent."""
    if not isinstance(price, Pricing) or price.of_spend is None:
        return []
    return [
        number
        for end, rate in price.of_spend.up_to.items()
        for number in (hundredths(repr(end)), _share(rate))
    ]


def _renews(renews: Renews | None, numbers: Mapping[str, int]) -> dict[str, object]:
    """Return the fields of what a template says of its renewals."""
    written = renews or Renews()
    return {
        "renews_itself": written.itself,
        "notice": written.notice.days if written.notice else 0,
        "rise": _share(written.rise),
        "into": numbers[written.into] if written.into else -1,
    }


def _share(share: Decimal) -> int:
    return int(share * WHOLE_SHARE)


def _periods(allowance: Allowance | None) -> dict[str, object]:
    """Return the fields of a template's allowance."""
    if allowance is None:
        allowance = Allowance(terms=Decimal(0), every="month")
        return _periods(allowance) | {"has_allowance": False, "every_months": 0}
    every, carry = allowance.every, allowance.carry or Carry()
    return {
        "has_allowance": True,
        "grant": hundredths(allowance.terms),
        "every_months": MONTHS_OF_PERIOD[every] if isinstance(every, str) else 0,
        "every_days": 0 if isinstance(every, str) else every.days,
        "on_calendar": allowance.anchor == "calendar",
        "first_prorated": allowance.first == "prorated",
        "last_prorated": allowance.last == "prorated",
        "carries": allowance.carry is not None,
        "carry_at_most": _limit(carry.at_most),
        "carry_share": NO_LIMIT if carry.share is None else _share(carry.share),
        "carry_for": carry.for_,
        "carried_burns_last": carry.burns == "last",
    }


def _overage(overage: Overage | None) -> dict[str, object]:
    """Return the fields of a template's overage."""
    written = overage or Overage()
    return {
        "goes_over": overage is not None,
        "overage_price": hundredths(written.price or 0),
        "overage_at_most": _limit(written.at_most),
        "overage_free": hundredths(written.free),
        "debt": _code(Debt, written.debt),
    }


def _weights(weighs: Weighing | None) -> dict[str, object]:
    """Return the fields of what a template's cases weigh."""
    written = weighs or Weighing()
    return {
        "weighs": weighs is not None,
        "weight_outside": _weight(written.outside_hours),
        "weight_weekend": _weight(written.weekend),
        "weight_holiday": _weight(written.holiday),
        "weight_severity": [
            _weight(written.severity.get(severity)) for severity in range(1, SEVERITIES + 1)
        ],
    }


def _severities(segment: Segment) -> dict[str, object]:
    weights = [segment.severities.get(severity, 0.0) for severity in range(1, SEVERITIES + 1)]
    cumulated = np.cumsum(weights)
    return {
        "has_severities": bool(segment.severities),
        "severities": cumulated / (cumulated[-1] or 1.0),
    }


def _answers_price(answers: AnswersPrice | None) -> dict[str, object]:
    return {
        "answers_price": answers is not None,
        "buying": answers.buying if answers else 0.0,
        "renewing": answers.renewing if answers else 0.0,
    }


def _references(answers: AnswersPrice | None, templates: Iterable[str]) -> list[float]:
    """Return the prices that a segment knows of templates; 0 where it knows none."""
    if answers is None:
        return []
    known = answers.reference
    prices = [known.get(name) if isinstance(known, dict) else known for name in templates]
    return [float(hundredths(price or 0)) for price in prices]


def pick_keys(picks: str | list[str]) -> tuple[PickKey, ...]:
    """Return what a segment's picks compare, the first one first."""
    if isinstance(picks, str):
        return KEYS_OF_PICK[Pick[picks.upper()]]
    return tuple(PickKey[key.upper()] for key in picks)


def _picks(segment: Segment) -> dict[str, object]:
    keys = pick_keys(segment.picks)
    return {
        "by_default": segment.picks == Pick.DEFAULT.label,
        "pick_keys": [*keys, *[-1] * (PICK_KEYS - len(keys))],
    }


def _limit(amount: Decimal | None) -> int:
    return NO_LIMIT if amount is None else hundredths(amount)


def _weight(times: Decimal | None) -> int:
    return UNWEIGHED if times is None else hundredths(times)


#: Fields of a template whose values of today an edit of a running contract writes (rule L8).
_EDITED: Final = (
    *("restrict", "contacts", "first_contact", "first_product", "products"),
    *("first_response", "resolve_by", "sla_always", "steps", "at_least", "step"),
    *("weighs", "weight_outside", "weight_weekend", "weight_holiday", "weight_severity"),
)


def _grants_alike(before: Template, today: Template) -> bool:
    """Whether two offerings give terms in the same way, be it more or fewer of them."""
    if before.allocation != today.allocation:
        return False
    if before.allowance is not None and today.allowance is not None:
        return before.allowance.every == today.allowance.every
    return before.allowance is today.allowance and UNLIMITED not in (
        before.total_terms,
        today.total_terms,
    )


def _edited(before: int, today: int, most: int) -> int:
    """Return what the row of a channel is edited to; -1 where a contract has none.

    Rows are neither added nor taken away: one that is offered no longer stays until the renewal,
    with no more than the total.
    """
    if before < 0:
        return before
    return today if today >= 0 else min(before, most)


class _Builder:
    """Fills the arrays of a plan that refer to each other.

    What there was in the past stands behind what there is in the run: templates, holdings,
    products.
    """

    def __init__(
        self,
        model: ScenarioModel,
        chance: Stream,
        busyness: Busyness,
        joins: dict[str, float],
        offsets: Mapping[str, float],
    ) -> None:
        self.model = model
        self.busyness = busyness
        self.offsets = offsets
        self.chance = chance
        self.joins = joins
        self.products: list[tuple[np.uint64, int, float]] = []
        self.distributions = Collector()
        self.lists: list[int] = []
        self.shares: list[float] = []
        self.factors: list[float] = []
        self._holds: list[tuple[Any, ...]] = []
        self._templates: list[dict[str, Any]] = []
        self._known = list(model.templates)
        self._numbers = self._add_templates(model)

    def templates(self) -> NDArray[np.void]:
        """Return one record for each template."""
        records = np.zeros(len(self._templates), TEMPLATES)
        for record, values in zip(records, self._templates, strict=True):
            for field in TEMPLATES.names or ():
                record[field] = values[field]
        return records

    def _add_templates(self, model: ScenarioModel) -> dict[str, int]:
        """Add the templates of a scenario, and return their numbers by their names."""
        first = len(self._templates)
        numbers = {name: first + place for place, name in enumerate(model.templates)}
        for name, template in model.templates.items():
            of_today = list(self.model.templates).index(name)
            today = self.model.templates[name]
            sla = model.slas[template.sla] if template.sla else None
            channels = np.full(ORIGINS, -1)
            for origin, total in template.channels.items():
                channels[_code(Origin, origin)] = hundredths(total)
            self._templates.append(
                {
                    "allocation": _code(Allocation, template.allocation),
                    "decrease_on": _code(DecreaseOn, template.decrease_on),
                    "restrict": template.restrict,
                    "total": total_of(template),
                    **_term(template.term),
                    **offered(template),
                    "prorates_price": template.prorate != "nothing",
                    "prorates_total": template.prorate == "both",
                    **_price(template.price),
                    "first_band": len(self.lists)
                    + len(template.adds_to or ())
                    + len(template.products),
                    **_renews(template.renews, numbers),
                    "contacts": template.contacts or 0,
                    **_promise(sla),
                    "up": numbers[template.moves_up_to] if template.moves_up_to else -1,
                    "down": numbers[template.moves_down_to] if template.moves_down_to else -1,
                    "tops_up": template.adds_to is not None,
                    "own_end": template.ends == "own",
                    "first_added": len(self.lists),
                    "added": len(template.adds_to or ()),
                    "number": of_today,
                    "today": of_today,
                    "changed": template != today
                    or (template.sla is not None and sla != self.model.slas[template.sla]),
                    "revised": -1,
                    "channels": channels,
                    "first_own_channel": 0,
                    "own_channels": 0,
                    "first_product": len(self.lists) + len(template.adds_to or ()),
                    "products": len(template.products),
                    "first_contact": -1,
                }
            )
            self.lists += [list(self.model.templates).index(to) for to in template.adds_to or ()]
            self.lists += [self._product(product) for product in template.products]
            self.lists += _bands(template.price)
        return numbers

    def revise(self, past: ScenarioModel) -> None:
        """Add what contracts of the offerings of the past become where these are revised.

        Behind them, each has the values of today that can be edited while it runs.
        """
        first = len(self._templates) - len(past.templates)
        for place, (name, template) in enumerate(past.templates.items(), start=first):
            before = self._templates[place]
            today = self._templates[before["today"]]
            of_today = self.model.templates[name]
            edited = {field: today[field] for field in _EDITED}
            if _grants_alike(template, of_today):
                edited |= {field: today[field] for field in ("total", "grant")}
                most = today["grant"] if today["has_allowance"] else today["total"]
                pairs = zip(before["channels"], today["channels"], strict=True)
                edited["channels"] = np.array([_edited(old, now, most) for old, now in pairs])
            differ = any(
                not np.array_equal(before[field], value)
                for field, value in edited.items()
                if field != "first_product"  # where they are listed, and not which
            )
            if differ or template.products != of_today.products:
                before["revised"] = len(self._templates)
                self._templates.append(before | edited | {"revised": -1})

    def _product(self, name: str) -> int:
        """Return the number of a product; -1 for one that only the past has."""
        return self.model.products.index(name) if name in self.model.products else -1

    def holds(self) -> NDArray[np.void]:
        """Return one record for each kind of entitlement that a segment buys."""
        return np.array(self._holds, HOLDS)

    def _add_holds(self, name: str, segment: Segment, numbers: dict[str, int]) -> int:
        """Add what a segment buys, of templates by their numbers; return the first one's place."""
        first = len(self._holds)
        self._holds += [
            (
                self.chance.key(path),
                numbers[hold.template],
                hold.share,
                hold.sold_after_days.least,
                hold.sold_after_days.most,
                hold.lead_days.least,
                hold.lead_days.most,
                hold.starts == "with_contract",
                hold.discount.share if hold.discount else 0.0,
                _share(hold.discount.off) if hold.discount else 0,
            )
            for hold, path in zip(
                segment.holds, holding_paths(segment_path(name, segment), segment), strict=True
            )
        ]
        return first

    def _buying(
        self, path: NamePath, buys: BuysMore | None, numbers: dict[str, int]
    ) -> dict[str, object]:
        """Return what customers of a segment buy where terms run out.

        Entitlements that are bought then continue a line of their own, which nothing else sells.
        """
        fields: dict[str, object] = {
            "buys_refused": False,
            "buys_left": 0,
            "buys_share": 0.0,
            "buys_within": 0,
        }
        if buys is None:
            return fields | {"buys": False, "buys_template": -1, "buys_line": -1}
        line = len(self._holds)
        template = numbers[buys.template]
        self._holds.append(
            (self.chance.key(buying_path(path)), template, 0.0, 0, 0, 0, 0, False, 0.0, 0)
        )
        left = buys.when.left if isinstance(buys.when, Left) else 0
        return {
            "buys": True,
            "buys_refused": buys.when == RunsOut.REFUSED.label,
            "buys_left": hundredths(left),
            "buys_share": buys.share,
            "buys_within": buys.within_days,
            "buys_template": template,
            "buys_line": line,
        }

    def segments(self, past: ScenarioModel | None = None) -> NDArray[np.void]:
        """Return one record for each segment; of prices it knows those of its past's, too.

        Whoever keeps an offering of the past is asked its price at each renewal.
        """
        if past is not None:
            self._known = [*self._known, *past.templates]
        records = np.zeros(len(self.model.segments), SEGMENTS)
        ordinals = first_ordinals(self.model)
        growth = self.model.history.growth if self.model.history else 0.0
        for number, (name, segment) in enumerate(self.model.segments.items()):
            values = self._segment(name, segment, self._numbers) | {
                "number": number,
                "joins_per_day": self.joins.get(name, 0.0) / YEAR,
                "joins_growth": float(log(1.0 + growth)) / YEAR,
                "first_ordinal": 0 if self.joins else ordinals[number],
                **self._pace(number),
                "recentred": self._recentred(name, segment),
            }
            for field in SEGMENTS.names or ():
                records[number][field] = values[field]
        return records

    def past_segments(self, segments: NDArray[np.void], past: ScenarioModel) -> NDArray[np.void]:
        """Return one record for each segment as it was before the first day."""
        numbers = self._add_templates(past)
        records = segments.copy()
        for name, segment in past.segments.items():
            if name not in self.model.segments:
                continue
            place = list(self.model.segments).index(name)
            values = self._segment(name, segment, numbers)
            for field in values.keys() & set(SEGMENTS.names or ()):
                records[place][field] = values[field]
            records[place]["recentred"] = self._recentred(name, segment)
        return records

    def _recentred(self, name: str, segment: Segment) -> float:
        return self.offsets.get(name, 0.0) if segment.renewal.moved_by.moves else 0.0

    def _pace(self, number: int) -> dict[str, object]:
        kind = self.busyness.kinds[number]
        total = self.busyness.busy["busy"][kind, -1] - self.busyness.busy["busy"][kind, 0]
        steps = self.busyness.guide.shape[1] - 1
        return {"busyness": kind, "guide_step": steps / total if total > 0 else 0.0}

    def _segment(self, name: str, segment: Segment, numbers: dict[str, int]) -> dict[str, object]:
        path = segment_path(name, segment)
        first_product = len(self.products)
        weights = math.fsum(segment.products.values())
        self.products += [
            (
                self.chance.key(product_path(path, product)),
                self._product(product),
                weight / weights,
            )
            for product, weight in segment.products.items()
        ]
        first_change, first_template = len(self.shares), min(numbers.values())
        origins = np.array([dict(segment.origins).get(name, 0.0) for name in labels(Origin)])
        accounts = segment.cases.key_accounts
        values: dict[str, object] = {
            "key": self.chance.key(path),
            "first_hold": self._add_holds(name, segment, numbers),
            "first_product": first_product,
            "at_start": segment.joins.at_start,
            "joins_over": segment.joins.over_days or JOINS_OVER,
            "holds": len(segment.holds),
            "draft_share": segment.left_in_draft.share,
            "draft_days": segment.left_in_draft.days or 0,
            "contacts": segment.contacts,
            "accounts": segment.account_count,
            "has_accounts": segment.accounts is not None,
            "holds_apart": segment.accounts is not None and segment.accounts.hold == "own",
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
            "answers": _answers(self.model),
            "cancelled": segment.cancelled,
            "cancelled_reactivated": segment.cancelled_reactivated,
            "reopened": segment.reopened,
            "reopened_after": self.distributions.add(segment.reopened_after_hours),
            "do_not_decrement": segment.do_not_decrement,
            **_picks(segment),
            **self._buying(path, segment.buys_more, numbers),
            **_severities(segment),
            "accepts_overage": segment.accepts_overage,
            "spend": -1 if segment.spend is None else self.distributions.add(segment.spend),
            **_answers_price(segment.answers_price),
            "first_reference": first_change + len(segment.amendments.change) - first_template,
            "turned_away": segment.turned_away,
            "cancel_per_day": segment.cancellation.per_year / YEAR,
            "amend_per_day": segment.amendments.per_year / YEAR,
            "first_change": first_change,
            "changes": len(segment.amendments.change),
            "amend_least": segment.amendments.days_in_draft.least,
            "amend_most": segment.amendments.days_in_draft.most,
        }
        self.shares += segment.amendments.change
        known = self._known if numbers is self._numbers else list(numbers)
        self.shares += _references(segment.answers_price, known)
        return values | self._renewal(segment)

    def _life(self, life: Life) -> dict[str, object]:
        return {
            "ramp_up_days": life.ramp_up_days,
            "demand_ends": -1 if life.ends is None else self.distributions.add(life.ends),
            "never_covered": life.never_covered or 0.0,
            "needs_cover": life.needs_cover,
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
            "by_price_rise": renewal.moved_by.price_rise,
            "by_paid_per_use": renewal.moved_by.paid_per_use,
            "by_missed_notice": renewal.moved_by.missed_notice,
            "late_share": renewal.late.share,
            "late_days": self.distributions.add(renewal.late.days),
            "return_share": renewal.returns.share,
            "return_days": self.distributions.add(renewal.returns.days),
            "contiguous": renewal.dates == "contiguous",
            "up_above": renewal.up_above,
            "down_below": renewal.down_below,
        }
