"""Customers and their accounts: when they join, how many cases they have, what they buy, how they
lean to renewing.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..compiling import int64, part, rare_part
from ..rules.prices import HIGHEST_SPEND
from .calendar_days import DAY
from .days import YEAR
from .distributions import gamma, quantile
from .portable_math import exp, log
from .streams import (
    ACCEPTS_OVERAGE,
    AMENDMENT,
    BUYS_MORE,
    DEMAND_ENDS,
    DISCOUNT,
    DRAFT,
    JOINING,
    LEAVING_A,
    LEAVING_B,
    NEVER_COVERED,
    RATE,
    RENEWAL,
    RETURN,
    SALE,
    SPEND,
    TERM,
    account_key,
    draw,
    unit,
)

#: No such day.
NEVER = 2**31 - 1


class Customer(NamedTuple):
    """One customer.

    Attributes
    ----------
    ordinal : int
        Number among the customers that are drawn as one name: what its draws are known by.
    joined : int
        Day number.
    per_day : float
        Cases on an ordinary day.
    leaves : float
        Chance to leave at a renewal, where the segment's inclination is beta-geometric.
    account : int
        Which of its accounts it is met as, from 0: each has a rate and draws of its own.
    """

    ordinal: int
    joined: int
    per_day: float
    leaves: float
    account: int


class Sale(NamedTuple):
    """One entitlement that a customer buys: the days of the sale and of its start."""

    sold: int
    start: int


class TermFate(NamedTuple):
    """What happens to one term of a lineage, unless something else happens first.

    Attributes
    ----------
    draft : int
        -1: activated at once; 0: forgotten for ever; else activated after so many days.
    cancelled_after, amended_after : int
        Days since its start, or :data:`NEVER`.
    change : float
        Change of the total, as a share of it.
    amendment_days : int
        Days that the amendment keeps it in draft.
    """

    draft: int
    cancelled_after: int
    amended_after: int
    change: float
    amendment_days: int


class Leaning(NamedTuple):
    """How a customer leans at the end of a term.

    Attributes
    ----------
    renews_below : float
        It renews if its chance is above this uniform number.
    late : int
        Days by which it is late if it renews.
    returns : int
        Days after which it returns if it does not renew, or :data:`NEVER`.
    """

    renews_below: float
    late: int
    returns: int


@part
def _whole_days(days: float) -> int:
    return int64(min(max(np.ceil(days), 1.0), 36_525.0))


@part
def _between(least: int, most: int, share: float) -> int:
    return least + int64(share * (most - least + 1))


@rare_part
def draw_customer(run: Any, segment: Any, place: int, joins: int = NEVER) -> Customer:
    """Draw the customer at a place within its segment, counted from 0.

    Where the segment is joined as a stream, `joins` is the day, and places before the first day are
    counted backwards from -1.
    """
    ordinal = segment.first_ordinal + place
    joined = int64(joins)
    if joined == NEVER:
        words = draw(run, segment.key, ordinal, JOINING, 0)
        joined = run.window
        if unit(words[0]) >= segment.at_start:
            joined += int64(unit(words[1]) * segment.joins_over)
    per_day = _draw_rate(run, segment, segment.key, ordinal)
    leaves = 0.0
    if segment.renew < 0.0:
        a = gamma(run, segment.key, ordinal, LEAVING_A, segment.leave_alpha)
        b = gamma(run, segment.key, ordinal, LEAVING_B, segment.leave_beta)
        leaves = a / (a + b) if a + b > 0.0 else 1.0
    return Customer(ordinal, joined, per_day, leaves, int64(0))


@rare_part
def draw_account(run: Any, segment: Any, customer: Customer, account: int) -> Customer:
    """Draw an account of a customer, counted from 0: it has a rate of its own.

    When it joins, and how it leans to renewing, is its customer's.
    """
    key = account_key(segment.key, account)
    per_day = _draw_rate(run, segment, key, customer.ordinal)
    return Customer(customer.ordinal, customer.joined, per_day, customer.leaves, int64(account))


@part
def _draw_rate(run: Any, segment: Any, key: np.uint64, ordinal: int) -> float:
    """Draw how many cases come on an ordinary day."""
    per_day = segment.per_day
    if segment.rate_shape > 0.0:
        effect = gamma(run, key, ordinal, RATE, segment.rate_shape)
        per_day *= effect / segment.rate_shape
    if segment.key_share > 0.0:
        per_day /= 1.0 + segment.key_share * (segment.key_factor - 1.0)
        words = draw(run, key, ordinal, JOINING, 0)
        if unit(words[2]) < segment.key_share:
            per_day *= segment.key_factor
    return per_day


@part
def met_as(customer: Customer, account: int) -> Customer:
    """Return a customer as its account of a number from 1 on; as its first one for none (-1).

    Draws for what an account holds are its own.
    """
    return Customer(
        customer.ordinal, customer.joined, customer.per_day, customer.leaves,
        max(int64(account), int64(1)) - 1,
    )  # fmt: skip


@rare_part
def draw_sale(
    run: Any, hold: Any, customer: Customer, answer: float = 1.0, attempt: int = 0
) -> Sale:
    """Draw whether and when a customer buys one kind of entitlement.

    Both days are :data:`NEVER` where it does not. `answer` is a factor of the share that does,
    `attempt` how often it has been drawn before.
    """
    words = draw(run, account_key(hold.key, customer.account), customer.ordinal, SALE, attempt)
    if unit(words[0]) >= hold.share * answer:
        return Sale(NEVER, NEVER)
    after = _between(hold.after_least, hold.after_most, unit(words[1]))
    lead = _between(hold.lead_least, hold.lead_most, unit(words[2]))
    return Sale(customer.joined + after, customer.joined + after + lead)


@rare_part
def draw_term(
    run: Any,
    segment: Any,
    hold: Any,
    shares: NDArray[np.float64],
    customer: Customer,
    renewal: int,
) -> TermFate:
    """Draw what happens to the `renewal`-th term of a customer's lineage that began by a sale."""
    key = account_key(hold.key, customer.account)
    draft = -1
    cancelled_after = NEVER
    amended_after = NEVER
    change = 0.0
    amendment_days = 0
    if segment.draft_share > 0.0:
        words = draw(run, key, customer.ordinal, DRAFT, renewal)
        if unit(words[0]) < segment.draft_share:
            draft = segment.draft_days
    if segment.cancel_per_day > 0.0:
        words = draw(run, key, customer.ordinal, TERM, renewal)
        after = -log(unit(words[0])) / segment.cancel_per_day
        cancelled_after = int64(min(after, 1e9))
    if segment.amend_per_day > 0.0:
        words = draw(run, key, customer.ordinal, AMENDMENT, renewal)
        after = -log(unit(words[0])) / segment.amend_per_day
        amended_after = int64(min(after, 1e9))
        change = shares[segment.first_change + int64(unit(words[1]) * segment.changes)]
        amendment_days = _between(segment.amend_least, segment.amend_most, unit(words[2]))
    return TermFate(draft, cancelled_after, amended_after, change, amendment_days)


@rare_part
def draw_leaning(
    run: Any,
    segment: Any,
    hold: Any,
    distributions: NDArray[Any],
    customer: Customer,
    renewal: int,
) -> Leaning:
    """Draw how a customer leans at the end of the `renewal`-th term of a lineage."""
    key = account_key(hold.key, customer.account)
    words = draw(run, key, customer.ordinal, RENEWAL, renewal)
    late = 0
    returns = NEVER
    if unit(words[1]) < segment.late_share:
        late = _whole_days(quantile(distributions, segment.late_days, unit(words[2])))
    if segment.return_share > 0.0:
        return_words = draw(run, key, customer.ordinal, RETURN, renewal)
        if unit(return_words[0]) < segment.return_share:
            days = quantile(distributions, segment.return_days, unit(return_words[1]))
            returns = _whole_days(days)
    return Leaning(unit(words[0]), late, returns)


class Experience(NamedTuple):
    """What a term brought that moves its renewal.

    Attributes
    ----------
    utilisation : float
        Share of the total that was used.
    refusals, missed_slas : int
        Cases.
    price_rise : float
        By how much a year of the next term is dearer, as a share.
    paid_per_use : float
        What was billed for overage, over the price.
    missed_notice : int
        1 where its customer would have left before it, but for the notice.
    """

    utilisation: float
    refusals: int
    missed_slas: int
    price_rise: float
    paid_per_use: float
    missed_notice: int


@part
def moved_log_odds(segment: Any, term: Experience) -> float:
    """Log-odds by which the experiences of a term move the chance to renew.

    They are recentred by one amount a segment, so that on the average nothing is moved.
    """
    return (
        segment.by_utilisation * (term.utilisation - segment.around)
        + segment.by_refusals * term.refusals
        + segment.by_missed * term.missed_slas
        + segment.recentred
        + segment.by_price_rise * term.price_rise
        + segment.by_paid_per_use * term.paid_per_use
        + segment.by_missed_notice * term.missed_notice
    )


@rare_part
def chance_to_renew(segment: Any, customer: Customer, was_cancelled: bool, moved: float) -> float:
    """Chance that a customer renews after a term that moved its log-odds.

    The inclination's log-odds are moved by what happened; an inclination of 0 or 1 stays.
    """
    chance = segment.renew if segment.renew >= 0.0 else 1.0 - customer.leaves
    if moved != 0.0 and 0.0 < chance < 1.0:
        odds = chance / (1.0 - chance) * exp(moved)
        chance = odds / (1.0 + odds)
    if was_cancelled:
        chance *= segment.after_cancellation
    return chance


@part
def price_answer(elasticity: float, price: float, reference: float) -> float:
    """Factor of a share or chance, at a price other than that for which it is written.

    What is free is taken for a hundredth.
    """
    return exp(elasticity * log(max(price, 1.0) / reference))


@rare_part
def draw_spend(run: Any, segment: Any, distributions: NDArray[Any], customer: Customer) -> int:
    """Draw what a customer spends in a term, in hundredths."""
    if segment.spend < 0:
        return int64(0)
    words = draw(run, segment.key, customer.ordinal, SPEND, 0)
    spend = quantile(distributions, segment.spend, unit(words[0]))
    return int64(min(np.floor(spend * 100.0 + 0.5), HIGHEST_SPEND))


@rare_part
def gets_discount(run: Any, hold: Any, customer: Customer) -> bool:
    """Whether a customer gets the discount of a holding."""
    if hold.discount_share <= 0.0:
        return False
    words = draw(run, hold.key, customer.ordinal, DISCOUNT, 0)
    return unit(words[0]) < hold.discount_share


@rare_part
def never_buys(run: Any, segment: Any, customer: Customer, attempt: int = 0) -> bool:
    """Whether a customer buys nothing and yet writes; drawn anew with each `attempt`."""
    words = draw(run, segment.key, customer.ordinal, NEVER_COVERED, attempt)
    return unit(words[0]) < segment.never_covered


@rare_part
def accepts_overage(run: Any, segment: Any, customer: Customer) -> bool:
    """Whether a customer goes on beyond its terms, at the price of what is over."""
    if segment.accepts_overage >= 1.0:
        return True
    words = draw(run, segment.key, customer.ordinal, ACCEPTS_OVERAGE, 0)
    return unit(words[0]) < segment.accepts_overage


@rare_part
def draw_buying(
    run: Any, segment: Any, hold: Any, customer: Customer, term: int, exhaustion: int
) -> int:
    """Draw after how many days a customer buys more when terms run out, or :data:`NEVER`.

    It is asked of the `exhaustion`-th time that terms run out in a term of a lineage: whoever buys
    nothing then, does not until they have run out again. With 0 days it buys at once.
    """
    key = account_key(hold.key, customer.account)
    words = draw(run, key, customer.ordinal, BUYS_MORE, term, exhaustion)
    if unit(words[0]) >= segment.buys_share:
        return int64(NEVER)
    if segment.buys_within == 0:
        return int64(0)
    return _between(int64(1), int64(segment.buys_within), unit(words[1]))


@rare_part
def draw_end_of_demand(
    run: Any, segment: Any, distributions: NDArray[Any], customer: Customer, day: int
) -> int:
    """Draw the minute at which the demand of a customer ends whose cover has ended before a day."""
    words = draw(run, segment.key, customer.ordinal, DEMAND_ENDS, day)
    days = quantile(distributions, segment.demand_ends, unit(words[0]))
    return day * DAY + int64(days * DAY)


@part
def cases_per_year(run: Any, segment: Any, customer: Customer) -> float:
    """Mean cases a year of a customer, of all of its accounts together."""
    per_day = customer.per_day
    for account in range(1, segment.accounts):
        per_day += draw_account(run, segment, customer, account).per_day
    return per_day * YEAR
