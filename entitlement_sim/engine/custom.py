"""What customers and sellers do by habit: buying, putting to work, amending, deciding.

Nothing here is a rule of the product: it says who asks the product for what, and when. The draws
behind it are made in ``population/customers.py``.
"""

from typing import Any, Final

import numpy as np

from ..compiling import int64, part, rare_part
from ..population.calendar_days import DAY
from ..population.customers import (
    NEVER,
    Customer,
    Experience,
    Leaning,
    Sale,
    TermFate,
    chance_to_renew,
    draw_end_of_demand,
    draw_leaning,
    draw_sale,
    draw_term,
    met_as,
    moved_log_odds,
    never_buys,
)
from ..rules.days import months_later
from ..rules.lifecycle import refuse_deactivate
from ..rules.renewal import renewed_end
from ..rules.words import Action, Decision, EndedBy, Rank, Refusal, State
from .agenda import book
from .agreed_prices import answer_to_renewal, answer_to_sale, rise_of_year
from .contracts import (
    Term,
    activate,
    deactivate,
    edit_total,
    ends_on_date,
    is_same_offering,
    minute_of,
    own_default,
    own_term,
    product_term,
    set_default,
    term_until,
)
from .tables import NO_TIME
from .world import ENDLESS, World

#: What draws that are made anew, since the first ones did not agree with what is known, have added
#: to the number of their term; and how often that is done.
_ANEW: Final = 1 << 24
_MOST_ATTEMPTS: Final = 64


@part
def book_sales(world: World, segment: Any, customer: Customer, first: int, stop: int) -> None:
    """Book what a customer buys of its segment's holdings, from day `first` until before `stop`.

    What goes with a contract comes last, so that it finds a contract that is sold on the same day.
    Whoever holds nothing, and is neither to buy anything nor one who never does, writes nothing; a
    demand that is over by then stays so, unless a sale is to come.
    """
    buys = segment.never_covered <= 0.0 or not never_buys(world.run, segment, customer)
    _book_sales(world, segment, customer, first, stop, buys, int64(-1))


@rare_part
def book_sales_to_come(
    world: World, segment: Any, customer: Customer, first: int, stop: int, writes: bool
) -> None:
    """Book as :func:`book_sales` what a customer buys of whom all is known before day `first`.

    What it has bought is not bought once more; what it has not is drawn so that this agrees. Who
    `writes` and has never held anything, where demand needs cover, either never buys or is to buy:
    it is drawn until that agrees, which is the law of what is left.
    """
    n = world.n
    has_bought = n.entitlements > n.first_entitlement
    is_told = not has_bought and writes and segment.needs_cover
    bookings, open_bookings = int64(n.bookings), int64(n.open_bookings)
    for attempt in range(_MOST_ATTEMPTS):
        n.bookings = bookings
        n.open_bookings = open_bookings
        never = segment.never_covered > 0.0 and not has_bought
        never = never and never_buys(world.run, segment, customer, int64(attempt))
        _book_sales(world, segment, customer, first, stop, not never, int64(attempt))
        if not is_told or never or n.last_sale >= first:
            return
    n.demand_ends = ENDLESS


@part
def _book_sales(
    world: World,
    segment: Any,
    customer: Customer,
    first: int,
    stop: int,
    buys: bool,
    attempt: int,
) -> None:
    """Book what a customer buys; `attempt` is -1 where nothing is known of it before `first`."""
    n = world.n
    n.last_sale = -1
    for buyer in range(segment.accounts if segment.holds_apart else 1):
        account = int64(buyer + 1 if segment.holds_apart else -1)
        if buys:
            met = met_as(customer, account)
            _book_sales_of(world, segment, met, account, first, stop, attempt)
    if n.entitlements == n.first_entitlement:
        is_silent = segment.needs_cover and buys and n.last_sale < first
        n.demand_ends = 0 if is_silent else ENDLESS
    elif n.last_sale >= first or n.demand_ends > first * DAY:
        end_demand(world, segment, customer, first - 1)


@part
def _book_sales_of(
    world: World, segment: Any, buyer: Customer, account: int, first: int, stop: int, attempt: int
) -> None:
    """Book what an account of a customer buys, or the customer for all of them (-1)."""
    n = world.n
    for place in range(2 * segment.holds):
        line = segment.first_hold + place % segment.holds
        hold = world.holds[line]
        if hold.with_contract != (place >= segment.holds):
            continue
        answer = answer_to_sale(world, segment, buyer, line)
        if attempt < 0:
            sale = draw_sale(world.run, hold, buyer, answer)
        elif _has_bought(world, line, account):
            continue
        else:
            sale = _sale_to_come(world.run, hold, buyer, answer, first, attempt)
        if sale.sold == NEVER:
            continue
        n.last_sale = max(n.last_sale, sale.sold)
        if first <= sale.sold < stop:
            booking = world.agenda[book(world, sale.sold, Rank.SALES, Action.SELL, -1)]
            booking.template = hold.template
            booking.line = line
            booking.start = sale.start
            booking.account = account


@rare_part
def _has_bought(world: World, line: int, account: int) -> bool:
    """Whether an account of a customer, or the customer for all (-1), has bought of a holding."""
    for e in range(world.n.entitlements):
        entitlement = world.entitlements[e]
        same = entitlement.line == line and entitlement.account == account
        if same and entitlement.is_deleted == 0:
            return True
    return False


@rare_part
def _sale_to_come(
    run: Any, hold: Any, buyer: Customer, answer: float, first: int, attempt: int
) -> Sale:
    """Draw a sale of which is known that it has not come before a day.

    It is drawn until that agrees, which is the law of what is left.
    """
    if buyer.joined + hold.after_most >= first:
        for more in range(_MOST_ATTEMPTS):
            sale = draw_sale(run, hold, buyer, answer, attempt * _MOST_ATTEMPTS + more)
            if sale.sold >= first:
                return sale
    return Sale(int64(NEVER), int64(NEVER))


@rare_part
def end_demand(world: World, segment: Any, customer: Customer, day: int) -> None:
    """Note when the customer's demand ends: some days after its cover, if none is to come.

    To come are sales after `day`, also those that are not booked: of the days after a run's last
    one, or from its first one on.
    """
    n = world.n
    n.demand_ends = ENDLESS
    if segment.demand_ends < 0 or n.last_sale > day:
        return
    for slot in range(n.open_bookings):
        booking = world.agenda[slot]
        if booking.action == Action.RENEW_AND_SELL and booking.returns == 0:
            return
    lapse = int64(n.covered_until)
    for e in range(n.first_open, n.entitlements):
        entitlement = world.entitlements[e]
        if entitlement.state == State.ACTIVE or entitlement.state == State.WAITING:
            return
        if entitlement.state == State.DRAFT:
            lapse = max(lapse, entitlement.end_date + 1)
    n.demand_ends = draw_end_of_demand(world.run, segment, world.distributions, customer, lapse)


@part
def sold_term(world: World, line: int, account: int, template_id: int, start: int) -> Term:
    """Term of what is sold to start on a day: the template's, or up to the contract at hand's end.

    A contract that waits lets it wait, too.
    """
    template = world.templates[template_id]
    if world.holds[line].with_contract:
        contract = contract_at_hand(world, line, account, start)
        if contract >= 0:
            start = max(start, world.entitlements[contract].start_date)
            return term_until(template, start, world.entitlements[contract].end_date)
    return own_term(template, start)


@part
def renewed_term(world: World, e: int, template_id: int, day: int, gap: bool) -> Term:
    """Term of what is renewed on a day, from then on where there is a gap to be left.

    By the product's rule a draft is as many days long as the old one (rule L9). Moved to another
    template (which editing a draft allows), or renewed contiguously, it has the template's own
    term, and always where that ends on a date. Months of contiguous terms count from the first of
    them: what was sold on a 31st ends before a 31st, or before the last day of a month without one,
    and no term shortens those that follow.
    """
    old = world.entitlements[e]
    template = world.templates[template_id]
    is_contiguous = not gap and old.state == State.EXPIRED
    start = old.end_date + 1 if is_contiguous else int64(day)
    is_co_termed = world.holds[old.line].with_contract
    if is_co_termed:
        contract = contract_at_hand(world, old.line, old.account, start)
        if contract >= 0:
            return term_until(template, start, world.entitlements[contract].end_date)
    is_same = is_same_offering(world, template_id, old.template_id)
    if gap and is_same and not is_co_termed and not ends_on_date(template):
        return product_term(template, start, renewed_end(start, old.start_date, old.end_date))
    if is_contiguous and old.months > 0 and template.term_months > 0 and template.term_from < 0:
        months = old.months + template.term_months
        last = months_later(old.anchor, months) - 1
        return Term(start, last, last - start + 1, int64(old.anchor), int64(months))
    return own_term(template, start)


@part
def contract_at_hand(world: World, line: int, account: int, day: int) -> int:
    """The contract of a holder that its co-termed holding goes with from a day on, or -1.

    It is Active or Waiting, does not end before that day, and belongs to another holding that is
    not co-termed itself: of several, to the one that is written first.
    """
    best = int64(-1)
    for e in range(world.n.first_open, world.n.entitlements):
        contract = world.entitlements[e]
        if contract.state != State.ACTIVE and contract.state != State.WAITING:
            continue
        if contract.line == line or contract.end_date < day or contract.account != account:
            continue
        if world.holds[contract.line].with_contract:
            continue
        if best < 0 or contract.rank < world.entitlements[best].rank:
            best = int64(e)
    return best


@part
def rank_sale(world: World, segment: Any, e: int, day: int) -> None:
    """Let a contract that is sold have the rank that it has where no offering is revised.

    Holdings of the time before a revision have places of their own, as those of a past have.
    """
    if world.run.turn > world.run.window:
        entitlement = world.entitlements[e]
        of_past = int64(len(world.holds)) if day < world.run.window else int64(0)
        entitlement.rank = of_past + entitlement.line - segment.first_hold


@part
def lineage_term(world: World, e: int) -> int:
    """Number by which the draws of a term are known within the line that it continues.

    That is how often it was renewed; what was bought because terms ran out has numbers of its own
    for each purchase.
    """
    entitlement = world.entitlements[e]
    return int64(entitlement.renewal_number + (entitlement.purchase << 16))


@rare_part
def put_to_work(
    world: World, segment: Any, customer: Customer, e: int, day: int, at_once: bool
) -> None:
    """Activate a new entitlement and book what its term holds.

    Somebody may forget to activate it, unless that is part of the sale (`at_once`).
    """
    entitlement = world.entitlements[e]
    run = world.run
    hold = world.holds[entitlement.line]
    holder = met_as(customer, entitlement.account)
    fate = draw_term(run, segment, hold, world.shares, holder, lineage_term(world, e))
    if at_once or fate.draft < 0:
        activate(world, e, day, minute_of(world, day))
    elif fate.draft > 0:
        book(world, day + fate.draft, Rank.ACTIVATIONS, Action.ACTIVATE, e)
    start = max(entitlement.start_date, day)
    last = entitlement.end_date
    template = world.templates[entitlement.template_id]
    if template.renews_itself and template.notice > 0:
        noticed_on = max(last - template.notice, day + 1)
        book(world, noticed_on, Rank.DECISIONS, Action.GIVE_NOTICE, e)
    if fate.cancelled_after <= last - start:
        cancelled_on = max(start + fate.cancelled_after, day + 1)
        book(world, cancelled_on, Rank.CANCELLATIONS, Action.CANCEL, e)
    if fate.amended_after <= last - start and entitlement.unlimited == 0:
        _book_amendment(world, e, fate, max(start + fate.amended_after, day + 1))


@part
def _book_amendment(world: World, e: int, fate: TermFate, day: int) -> None:
    """Book that the terms of an entitlement are amended on a day, to whole ones."""
    entitlement = world.entitlements[e]
    booking = world.agenda[book(world, day, Rank.AMENDMENTS, Action.AMEND, e)]
    has_allowance = world.templates[entitlement.template_id].has_allowance
    before = entitlement.grant if has_allowance else entitlement.total_terms
    terms = before * (1.0 + fate.change) / 100.0
    booking.total = int64(np.floor(terms + 0.5)) * 100
    booking.days_in_draft = fate.amendment_days


@part
def amend(world: World, e: int, day: int, minute: int, total: int, days_in_draft: int) -> None:
    """Deactivate an entitlement, change its total and activate it (rules L4, L8, L2)."""
    if refuse_deactivate(world.entitlements[e].state) != Refusal.NONE:
        return
    deactivate(world, e, day)
    edit_total(world, e, minute, total)
    if days_in_draft == 0:
        activate(world, e, day, minute)
    else:
        book(world, day + days_in_draft, Rank.ACTIVATIONS, Action.ACTIVATE, e)


@part
def decide(world: World, segment: Any, customer: Customer, e: int, day: int) -> None:
    """Let the customer of an entitlement decide about renewing it, at its end or on notice.

    What was decided on notice stands, unless the entitlement has been cancelled since.
    """
    entitlement = world.entitlements[e]
    was_cancelled = entitlement.state == State.CANCELLED
    has_ended = was_cancelled or day > entitlement.end_date
    is_noticed = entitlement.decision != Decision.NONE and not was_cancelled
    leaning = _leaning(world, segment, customer, e, lineage_term(world, e))
    moved, chance = _chance(world, segment, customer, e, day, was_cancelled)
    renews = leaning.renews_below < chance
    if is_noticed:
        is_renewed = entitlement.decision == Decision.RENEW
        entitlement.regrets = 1 if is_renewed and not renews else 0
        renews = is_renewed
    else:
        entitlement.decided_on = day
        entitlement.moved = np.nan if was_cancelled else moved
        entitlement.decision = Decision.RENEW.value if renews else Decision.LEAVE.value
    if not has_ended:
        return
    if renews:
        is_late = was_cancelled or not world.templates[entitlement.template_id].renews_itself
        booked_on = day + leaning.late if is_late else day
        slot = book(world, booked_on, Rank.SALES, Action.RENEW_AND_SELL, e)
        world.agenda[slot].returns = 0
    elif leaning.returns != NEVER:
        slot = book(world, day + leaning.returns, Rank.SALES, Action.RENEW_AND_SELL, e)
        world.agenda[slot].returns = 1


@part
def _leaning(world: World, segment: Any, customer: Customer, e: int, term: int) -> Leaning:
    """Draw how the customer of an entitlement leans to renewing it, by the number of its term."""
    entitlement = world.entitlements[e]
    return draw_leaning(
        world.run,
        segment,
        world.holds[entitlement.line],
        world.distributions,
        met_as(customer, entitlement.account),
        term,
    )


@part
def _chance(
    world: World, segment: Any, customer: Customer, e: int, day: int, was_cancelled: bool
) -> tuple[float, float]:
    """How far its term moves the renewal of an entitlement, in log-odds, and how likely it is."""
    offered = _offered(world, e, day)
    moved = moved_log_odds(segment, _experience(world, segment, e, offered))
    chance = chance_to_renew(segment, customer, was_cancelled, moved)
    return moved, chance * answer_to_renewal(world, segment, customer, e, offered)


@rare_part
def decide_as_booked(
    world: World, segment: Any, customer: Customer, e: int, day: int, is_notice: bool
) -> None:
    """Let a customer decide on a booked day: after its contract has ended, or on notice.

    On the last day of notice whoever has a contract that runs decides.
    """
    entitlement = world.entitlements[e]
    has_ended = entitlement.state == State.EXPIRED or entitlement.state == State.CANCELLED
    if not is_notice or (not has_ended and entitlement.activated_on != NO_TIME):
        decide(world, segment, customer, e, day)


@rare_part
def resume_term(world: World, segment: Any, customer: Customer, e: int, first: int) -> None:
    """Book what a term that runs, or waits, still holds from day `first` on.

    Nothing is known of it but that it has not happened before. A draw that agrees with that stands;
    where it does not, what is left is drawn anew: times without memory begin again.
    """
    entitlement = world.entitlements[e]
    run = world.run
    hold = world.holds[entitlement.line]
    holder = met_as(customer, entitlement.account)
    fate = draw_term(run, segment, hold, world.shares, holder, lineage_term(world, e))
    anew = draw_term(run, segment, hold, world.shares, holder, lineage_term(world, e) + _ANEW)
    begun = max(int64(entitlement.start_date), int64(entitlement.created_on))
    last = int64(entitlement.end_date)
    template = world.templates[entitlement.template_id]
    if entitlement.state == State.DRAFT:
        was_active = entitlement.activated_on != NO_TIME
        if was_active or segment.draft_days > 0:
            after = int64(0) if was_active else int64(entitlement.created_on + segment.draft_days)
            book(world, max(after, first), Rank.ACTIVATIONS, Action.ACTIVATE, e)
    if template.renews_itself and template.notice > 0 and last >= first:
        book(world, max(last - template.notice, first), Rank.DECISIONS, Action.GIVE_NOTICE, e)
    if fate.cancelled_after != NEVER:
        cancelled_on = max(begun + fate.cancelled_after, int64(entitlement.created_on) + 1)
        if cancelled_on < first:
            cancelled_on = max(begun, first) + anew.cancelled_after
        if cancelled_on <= last:
            book(world, cancelled_on, Rank.CANCELLATIONS, Action.CANCEL, e)
    if fate.amended_after != NEVER and entitlement.unlimited == 0:
        amended_on = max(begun + fate.amended_after, int64(entitlement.created_on) + 1)
        if amended_on < first:
            amended_on = max(begun, first) + anew.amended_after
        if amended_on <= last:
            _book_amendment(world, e, fate, amended_on)


@rare_part
def await_renewal(world: World, segment: Any, customer: Customer, e: int, first: int) -> None:
    """Book whether what ended before day `first`, and is not renewed, still will be.

    The customer has decided; known is only that nothing came of it so far. It is drawn again until
    that agrees, which is the law of what is left.
    """
    entitlement = world.entitlements[e]
    was_cancelled = entitlement.ended_by == EndedBy.CANCELLATION
    ended = int64(entitlement.ended_on)
    _, chance = _chance(world, segment, customer, e, first, was_cancelled)
    is_late = was_cancelled or not world.templates[entitlement.template_id].renews_itself
    for attempt in range(_MOST_ATTEMPTS):
        leaning = _leaning(world, segment, customer, e, lineage_term(world, e) + attempt * _ANEW)
        renews = leaning.renews_below < chance
        if renews:
            on = ended + leaning.late if is_late else ended
        elif leaning.returns != NEVER:
            on = ended + leaning.returns
        else:
            return
        if on >= first:
            slot = book(world, on, Rank.SALES, Action.RENEW_AND_SELL, e)
            world.agenda[slot].returns = 0 if renews else 1
            return


@part
def _experience(world: World, segment: Any, e: int, offered: int) -> Experience:
    """What the term of an entitlement has brought so far that moves its renewal."""
    entitlement = world.entitlements[e]
    used = segment.around if entitlement.unlimited != 0 else utilisation(world, e)
    rise = rise_of_year(world, e, offered) if segment.by_price_rise != 0.0 else 0.0
    paid = 0.0
    if segment.by_paid_per_use != 0.0 and entitlement.price > 0:
        over = entitlement.billed / 100.0
        paid = over * world.templates[entitlement.template_id].overage_price / entitlement.price
    old = entitlement.predecessor_id
    missed_notice = world.entitlements[old].regrets if old >= 0 else int64(0)
    return Experience(used, entitlement.refused, entitlement.missed, rise, paid, missed_notice)


@part
def leaves_gap(world: World, segment: Any, e: int, returns: bool) -> bool:
    """Whether what renews an entitlement begins on the day on which it is booked.

    Who returns begins anew.
    """
    if returns:
        return True
    itself = world.templates[world.entitlements[e].template_id].renews_itself
    is_expired = world.entitlements[e].state == State.EXPIRED
    return not segment.contiguous and not (itself and is_expired)


@part
def utilisation(world: World, e: int) -> float:
    """Share of an entitlement's total that is used; 0 where the total is.

    Of an allowance it is of what has been granted. What lapsed is not used, and what went over is.
    """
    entitlement = world.entitlements[e]
    total = entitlement.total_terms
    if total <= 0:
        return 0.0
    return (total - entitlement.remaining_terms - entitlement.gone) / np.float64(total)


@part
def _offered(world: World, e: int, day: int) -> int:
    """Template that an entitlement renews into unless its customer moves up or down.

    From the turn of the run on it is as that is offered then, unless that is for new sales alone.
    """
    template_id = world.entitlements[e].template_id
    if day >= world.run.turn and world.run.renews_turned:
        template_id = world.templates[template_id].today
    into = world.templates[template_id].into
    return into if into >= 0 else template_id


@part
def next_template(world: World, segment: Any, e: int, day: int) -> int:
    """Template into which a customer renews: what is offered, or up or down by how much it used."""
    before = world.entitlements[e].template_id
    offered = _offered(world, e, day)
    is_same = offered == before or offered == world.templates[before].today
    template = world.templates[offered]
    if world.entitlements[e].unlimited != 0 or not is_same:
        return offered
    used = utilisation(world, e)
    if used >= segment.up_above and template.up >= 0:
        return template.up
    if used < segment.down_below and template.down >= 0:
        return template.down
    return offered


@part
def keep_default(world: World) -> None:
    """Where a default is not active, let another active entitlement of the same holder be it."""
    _keep_default_of(world, int64(-1))
    if world.n.holds_apart != 0:
        _keep_defaults_apart(world)


@rare_part
def _keep_defaults_apart(world: World) -> None:
    """Keep those of accounts that hold entitlements of their own."""
    n = world.n
    for e in range(n.first_open, n.entitlements):
        entitlement = world.entitlements[e]
        is_own = entitlement.account >= 0 and entitlement.customer_id == n.customer
        if is_own and entitlement.state == State.ACTIVE:
            _keep_default_of(world, int64(entitlement.account))


@part
def _keep_default_of(world: World, account: int) -> None:
    """Let an account, or the customer for all of them (-1), have an active default.

    An entitlement for all products and contacts is preferred, and of several the oldest.
    """
    n = world.n
    present = own_default(world, account)
    if present >= 0 and world.entitlements[present].state == State.ACTIVE:
        return
    best = int64(-1)
    for e in range(n.first_open, n.entitlements):
        entitlement = world.entitlements[e]
        if entitlement.state != State.ACTIVE or entitlement.customer_id != n.customer:
            continue
        if entitlement.account != account:
            continue
        template = world.templates[world.entitlements[e].template_id]
        if template.products == 0 and template.contacts == 0:
            best = int64(e)
            break
        if best < 0:
            best = int64(e)
    if best >= 0:
        set_default(world, best)
