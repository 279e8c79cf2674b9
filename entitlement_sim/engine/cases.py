"""What happens to cases: created with an entitlement or without, resolved, cancelled, reactivated.

`k` is a case's place in the customer's script, `c` its place in the block, `e` an entitlement's.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..compiling import int64, part, rare_part
from ..population.calendar_days import DAY
from ..population.customers import Customer
from ..population.days import business_deadline, later
from ..rules.allotment import (
    billable_minutes,
    charge_on_attach,
    charge_on_reactivate,
    charge_on_resolve,
    is_reopened_uncharged,
    is_turned_away_by_default,
    minutes_when_none_given,
    refund_on_cancel,
    refund_on_opt_out,
    refund_on_reactivate,
    refusal_by_default,
    refuse_match,
    refuse_reactivation,
    refuse_state_for_case,
    refuse_terms,
    serves_account,
)
from ..rules.burning import gate_balance, restricts
from ..rules.cases import is_sla_met, may_take, refuse_locked
from ..rules.picking import pick_key
from ..rules.weights import minutes_in_steps, passes_gate
from ..rules.words import (
    BY_CUSTOM,
    NOTHING,
    PICK_KEYS,
    CaseMove,
    CaseState,
    Charge,
    Outcome,
    Reason,
    Refund,
    Refusal,
    RuleId,
    State,
)
from .balances import channel_of, post
from .buying import buy_before_refusal
from .contracts import default_for, holds_any, list_active, serving
from .paying import charge, coming_back, payer, refund, taken
from .queue import push, queue_key
from .tables import NO_TIME, NONE
from .weighing import weighed_by, weight_for
from .world import Buffer, World


@part
def open_case(world: World, segment: Any, customer: Customer, k: int) -> int:
    """Create a case with the entitlement that it gets, if any (rules A1, A2, A4, G1, T1, S1).

    Returns its place, or -1 if it is turned away.
    """
    n = world.n
    c = n.cases
    if c == world.cases.shape[0]:
        n.full = Buffer.CASES.value
        return int64(-1)
    n.cases = c + 1
    case = world.cases[c]
    script = world.script[k]
    e, refusal = _pick(world, segment, customer, k, c)
    if e < 0 and segment.by_default and script.wants == BY_CUSTOM:
        refusal_of_case = _refusal_by_default(world, script.account, refusal)
        blocked = is_turned_away_by_default(refusal_of_case)
        refusal = refusal if refusal_of_case == Refusal.NONE else refusal_of_case
        turned_away = script.leaves != 0 or blocked
    else:
        turned_away = e < 0 and script.leaves != 0
    case.case_id = n.cases_out + c
    case.customer_id = n.customer
    case.entitlement_id = e
    case.product_id = script.product
    case.contact = script.contact
    case.account = script.account
    case.origin = script.origin
    case.created_at = script.created
    case.responded_at = NO_TIME
    case.resolved_at = NO_TIME
    case.cancelled_at = NO_TIME
    case.state = -1 if turned_away else CaseState.ACTIVE.value
    case.outcome = _outcome(e, turned_away)
    case.refusal = refusal - 1
    case.decrement = script.decrement
    case.billable_minutes = -1
    case.reopened = 0
    case.response_due_at = NO_TIME
    case.sla_due_at = NO_TIME
    case.sla_met = -1
    case.first_taking = 0
    case.takings = 0
    case.severity = script.severity if script.severity > 0 else NONE
    case.worked = 0
    case.billed = 0
    case.next_event = script.first_event
    case.last_event = script.first_event + script.events
    if turned_away:
        return int64(-1)
    if e >= 0:
        template = world.templates[world.entitlements[e].template_id]
        take_over_sla(world, c, template, script.responded_after)
        amount = charge_on_attach(world.entitlements[e].decrease_on, script.decrement != 0)
        if amount != 0:
            weight = weight_for(world, template, script.created, script.severity)
            amount = weighed_by(amount, weight)
            if amount != 0:
                charge(world, c, e, script.created, amount, Charge.ON_ATTACH, weight)
    return int64(c)


@part
def _outcome(e: int, turned_away: bool) -> int:
    if e >= 0:
        return Outcome.COVERED.value
    return Outcome.TURNED_AWAY.value if turned_away else Outcome.UNCOVERED.value


@part
def take_over_sla(world: World, c: int, template: Any, responded_after: int) -> None:
    """Give a case the due times of its entitlement's SLA, if its template has one (rule S1)."""
    case = world.cases[c]
    severity = max(int64(case.severity), int64(0))
    resolve_by = int64(template.resolve_by[severity])
    first_response = int64(template.first_response[severity])
    if resolve_by == 0:
        return
    created = int64(case.created_at)
    case.sla_due_at = _deadline(world, template, created, resolve_by)
    if first_response > 0:
        case.response_due_at = _deadline(world, template, created, first_response)
        if responded_after >= 0 and created + responded_after < world.run.stop * DAY:
            case.responded_at = created + responded_after


@part
def _deadline(world: World, template: Any, created: int, minutes: int) -> int:
    """Minute at which so many of a service level's clock have passed since a case was created."""
    if template.sla_always:
        return later(world.run, world.days, created, minutes)
    return business_deadline(world.run, world.days, created, minutes)


# ------------------------------------------------------------------------- which entitlement


@part
def _pick(world: World, segment: Any, customer: Customer, k: int, c: int) -> tuple[int, int]:
    """Entitlement that covers a new case (-1: none) and the first refusal met (0: none).

    By custom the customer's default is tried; or else the active ones that match, in the segment's
    order, until one has terms.
    """
    n = world.n
    wants = world.script[k].wants
    account = world.script[k].account
    if wants == NOTHING:
        return int64(-1), int64(0)
    if wants >= 0 or segment.by_default:
        e = n.first_entitlement + wants if wants >= 0 else default_for(world, account)
        if e < 0:
            return int64(-1), _without_active(world, account)
        if e >= n.entitlements:  # a history names an entitlement that is not there yet
            return int64(-1), int64(Refusal.EntitlementNotActiveInAssociationToCase.value)
        return _try(world, segment, customer, k, c, e, True)
    return _try_in_order(world, segment, customer, k, c)


@part
def _try(
    world: World, segment: Any, customer: Customer, k: int, c: int, e: int, may_buy: bool
) -> tuple[int, int]:
    """Entitlement that covers a new case where one is tried (-1: none), and its refusal (0: none).

    One for want of terms leaves a row. Before it does, the customer may buy more (`may_buy`), and
    the gate is asked once more.
    """
    script = world.script[k]
    refusal = int64(refuse_state_for_case(world.entitlements[e].state, True))
    if refusal == 0:
        refusal = match(world, e, script.product, script.contact, script.account)
    if refusal == 0:
        refusal = _gate_of(world, k, e)
        if refusal != 0 and may_buy and segment.buys_refused and world.run.decides:
            other = _buy_and_ask(world, segment, customer, k, e)
            if other >= 0:
                return other, int64(0)
        if refusal != 0:
            world.entitlements[e].refused += 1
            case_id = world.n.cases_out + c
            note_refusal(world, e, channel_of(world, e, script.origin), script.created, case_id)
    return (e if refusal == 0 else int64(-1)), refusal


@part
def _gate_of(world: World, k: int, e: int) -> int:
    """Refusal of a new case by an entitlement that fits, for want of terms (0: none)."""
    script = world.script[k]
    channel = channel_of(world, e, script.origin)
    template = world.templates[world.entitlements[e].template_id]
    weight = weight_for(world, template, script.created, script.severity)
    return gate(world, e, channel, not passes_gate(script.decrement != 0, weight))


@rare_part
def _buy_and_ask(world: World, segment: Any, customer: Customer, k: int, e: int) -> int:
    """Let a customer buy more before a case is refused; return what covers it then, or -1."""
    script = world.script[k]
    channel = channel_of(world, e, script.origin)
    is_empty = channel >= 0 and world.balances[channel].remaining_terms <= 0
    bought = buy_before_refusal(world, segment, customer, e, is_empty, script.created)
    if bought < 0:
        return int64(-1)
    if bought != e:
        list_active(world)
        if world.entitlements[bought].state != State.ACTIVE:
            return int64(-1)
        if match(world, bought, script.product, script.contact, script.account) != 0:
            return int64(-1)
    return bought if _gate_of(world, k, bought) == 0 else int64(-1)


@part
def note_refusal(world: World, e: int, channel: int, minute: int, case_id: int) -> None:
    """Leave a row in the ledger that says that there were no terms for a case (rule G1)."""
    base = world.entitlements[e].base_balance
    post(world, base, channel, minute, int64(0), Reason.REFUSED, RuleId.G1, case_id)


@part
def match(world: World, e: int, product: int, contact: int, account: int) -> int:
    """Refusal of a case of the customer at hand by an entitlement that does not fit (A1, A2)."""
    entitlement = world.entitlements[e]
    template = world.templates[entitlement.template_id]
    if template.first_contact < 0:
        contact_listed = 0 <= contact < template.contacts
    else:
        contact_listed = _is_listed(world, template.first_contact, template.contacts, contact)
    return int64(
        refuse_match(
            entitlement.customer_id == world.n.customer
            and serves_account(int64(entitlement.account), int64(account)),
            template.contacts > 0,
            contact_listed,
            template.products > 0,
            _is_listed(world, template.first_product, template.products, product),
        )
    )


@part
def _is_listed(world: World, first: int, count: int, number: int) -> bool:
    """Whether a number stands in a part of the lists."""
    listed = False
    for place in range(first, first + count):
        listed = listed or world.lists[place] == number
    return listed


@part
def gate(world: World, e: int, channel: int, takes: bool) -> int:
    """Refusal of a case for want of terms (rule G1); what takes none passes."""
    of_channel = world.balances[channel].remaining_terms if channel >= 0 else int64(0)
    return int64(
        refuse_terms(
            _restricts(world, e),
            takes,
            _balance_at_gate(world, e, int64(0)),
            channel >= 0,
            of_channel,
            world.run.gate_literal_below_zero,
        )
    )


@part
def _restricts(world: World, e: int) -> bool:
    """Whether the gate of an entitlement looks at terms (rules G1, B3)."""
    entitlement = world.entitlements[e]
    template = world.templates[entitlement.template_id]
    if not template.bends_gate:
        return entitlement.restrict != 0
    return restricts(entitlement.restrict != 0, template.goes_over, world.n.accepts_overage != 0)


@part
def _balance_at_gate(world: World, e: int, back: int) -> int:
    """Balance of an entitlement as its gate sees it, once `back` has come back (B3, B5)."""
    entitlement = world.entitlements[e]
    template = world.templates[entitlement.template_id]
    if not template.bends_gate:
        return int64(entitlement.remaining_terms) + back
    return int64(
        gate_balance(
            int64(entitlement.remaining_terms) + back,
            template.unlimited,
            template.goes_over and world.n.accepts_overage != 0,
            int64(template.overage_free),
            int64(template.overage_at_most),
        )
    )


@rare_part
def _try_in_order(
    world: World, segment: Any, customer: Customer, k: int, c: int
) -> tuple[int, int]:  # fmt: skip
    """Try the active entitlements that match a case, in the segment's order, until one has terms.

    Nothing is bought while one of the others has some. Returns as :func:`_pick` does.
    """
    active = world.active
    count = world.n.active
    script = world.script[k]
    first_refusal = _without_active(world, script.account)
    matching = 0
    for place in range(count):  # those that match come to the front
        e = active[place]
        if match(world, e, script.product, script.contact, script.account) == 0:
            for between in range(place, matching, -1):
                active[between] = active[between - 1]
            active[matching] = e
            matching += 1
    if matching == 0 and serving(world, script.account) > 0:
        first_refusal = int64(Refusal.InvalidEntitlementForSelectedCustomerOrProduct.value)
    covered_by = int64(-1)
    for tried in range(matching):
        best = int64(-1)
        slot = tried
        for place in range(tried, matching):
            if _comes_before(world, segment, active[place], best):
                best = active[place]
                slot = place
        for between in range(slot, tried, -1):
            active[between] = active[between - 1]
        active[tried] = best
        may_buy = segment.buys_refused and not _is_taken_by_another(world, k, tried + 1, matching)
        covered_by, refusal = _try(world, segment, customer, k, c, best, may_buy)
        if refusal == 0:
            break
        if first_refusal == 0:
            first_refusal = refusal
    _sort(active, count)
    return covered_by, first_refusal


@rare_part
def _is_taken_by_another(world: World, k: int, first: int, last: int) -> bool:
    """Whether the gate of one of the entitlements that are still to be tried lets a case pass."""
    taken = False
    for place in range(first, last):
        taken = taken or _gate_of(world, k, world.active[place]) == 0
    return taken


@part
def _comes_before(world: World, segment: Any, e: int, best: int) -> bool:
    """Whether a case goes to one active entitlement rather than to the best so far (-1: none)."""
    if best < 0:
        return True
    for place in range(PICK_KEYS):
        key = segment.pick_keys[place]
        if key < 0:
            break
        mine, of_best = _pick_key(world, key, e), _pick_key(world, key, best)
        if mine != of_best:
            return mine < of_best
    return False


@part
def _pick_key(world: World, key: int, e: int) -> tuple[int, int, int]:
    entitlement = world.entitlements[e]
    template = world.templates[entitlement.template_id]
    return pick_key(
        int64(key),
        int64(template.priority),
        int64(entitlement.list_price),
        int64(template.products),
        int64(template.contacts),
        int64(entitlement.channels),
        int64(entitlement.end_date),
        template.unlimited,
        int64(entitlement.remaining_terms),
    )


@part
def _without_active(world: World, account: int) -> int:
    """Refusal where nothing is active: by what serves the account, if anything does."""
    if serving(world, account) > 0 or not holds_any(world, account):
        return int64(0)
    return int64(Refusal.EntitlementNotActiveInAssociationToCase.value)


@part
def _sort(active: NDArray[np.int64], count: int) -> None:
    for place in range(1, count):
        e = active[place]
        while place > 0 and active[place - 1] > e:
            active[place] = active[place - 1]
            place -= 1
        active[place] = e


@part
def _refusal_by_default(world: World, account: int, refusal: int) -> int:
    """Refusal of a new case whose default refuses it: 0 where that is skipped (Q14, Q23).

    Whoever asks for an entitlement by name may go on without one.
    """
    run = world.run
    if default_for(world, account) < 0:
        return int64(0)
    return int64(
        refusal_by_default(refusal, True, run.default_failure_blocks, run.empty_default_is_skipped)
    )


# ------------------------------------------------------------------------------- later events


@part
def queue_next(world: World, c: int) -> None:
    """Queue the next event of a case, if it has one within the run."""
    case = world.cases[c]
    place = case.next_event
    if place < case.last_event:
        event = world.events[place]
        if event.at < world.run.stop * DAY:
            takes = int64(1 if may_take(event.move, case.state, False) else 0)
            push(world, queue_key(event.at, takes, int64(c)))


@part
def next_event(world: World, c: int, minute: int) -> None:
    """Do what the next event of a case says, and queue the one after it."""
    case = world.cases[c]
    event = world.events[case.next_event]
    case.next_event += 1
    if event.move == CaseMove.RESOLVE:
        case.worked += event.minutes
        resolve(world, c, minute, minutes_to_bill(world, c))
    elif event.move == CaseMove.CANCEL:
        cancel(world, c, minute)
    elif event.move != CaseMove.REACTIVATE:
        mark(world, c, minute, event.move == CaseMove.OPT_IN)
    elif not reactivate(world, c, minute):
        case.next_event = case.last_event
    queue_next(world, c)


@part
def minutes_to_bill(world: World, c: int) -> int:
    """Minutes that resolving a case bills when nobody says otherwise (T5, questions Q2, Q12)."""
    case = world.cases[c]
    run = world.run
    total = billable_minutes(case.worked, case.billed, run.exclude_billed_minutes)
    return int64(minutes_when_none_given(int64(total), run.minimal_dialog_bills_zero))


@part
def resolve(world: World, c: int, minute: int, minutes: int) -> None:
    """Resolve a case (rules T1, T4, M3): charge it, whatever state its entitlement is in."""
    case = world.cases[c]
    case.billed = case.worked
    case.billable_minutes = minutes
    case.state = CaseState.RESOLVED.value
    case.resolved_at = minute
    e = int64(case.entitlement_id)
    if e < 0:
        return
    entitlement = world.entitlements[e]
    takes = case.decrement != 0
    amount = charge_on_resolve(
        entitlement.allocation, entitlement.decrease_on, takes, int64(minutes)
    )
    if amount != 0:
        _charge_on_resolution(world, c, e, minute, minutes, amount)
    if case.sla_due_at != NO_TIME and case.sla_met < 0:
        _judge_sla(world, c, e, minute)


@part
def _charge_on_resolution(
    world: World, c: int, e: int, minute: int, minutes: int, amount: int
) -> None:  # fmt: skip
    """Charge what resolving a case takes: its minutes may count in steps, and it may weigh (B4)."""
    case = world.cases[c]
    entitlement = world.entitlements[e]
    template = world.templates[entitlement.template_id]
    if template.steps:
        counted = minutes_in_steps(int64(minutes), int64(template.at_least), int64(template.step))
        amount = charge_on_resolve(entitlement.allocation, entitlement.decrease_on, True, counted)
    weight = weight_for(world, template, case.created_at, case.severity)
    amount = weighed_by(amount, weight)
    if amount != 0:
        charge(world, c, e, minute, amount, Charge.ON_RESOLUTION, weight)


@part
def _judge_sla(world: World, c: int, e: int, minute: int) -> None:
    """Decide, once, whether a case has kept its SLA (rule S1)."""
    case = world.cases[c]
    is_met = is_sla_met(
        minute,
        case.sla_due_at,
        case.response_due_at != NO_TIME,
        case.responded_at != NO_TIME,
        case.responded_at,
        case.response_due_at,
    )
    case.sla_met = 1 if is_met else 0
    if not is_met:
        world.entitlements[e].missed += 1


@rare_part
def cancel(world: World, c: int, minute: int) -> None:
    """Cancel an active case (rule T2)."""
    case = world.cases[c]
    case.state = CaseState.CANCELLED.value
    case.cancelled_at = minute
    e = payer(world, c)
    if e >= 0:
        amount = refund_on_cancel(world.entitlements[e].decrease_on, taken(world, c))
        if amount != 0:
            refund(world, c, minute, amount, Refund.ON_CANCELLATION)


@rare_part
def mark(world: World, c: int, minute: int, decrement: bool) -> None:
    """Mark a case do-not-decrement, or lift the mark (rule D1, questions Q22, Q24)."""
    case = world.cases[c]
    run = world.run
    if refuse_locked(case.state, run.resolved_cases_locked) != Refusal.NONE:
        return
    opts_out = case.decrement != 0 and not decrement
    case.decrement = 1 if decrement else 0
    if opts_out:
        opt_out(world, c, minute)


@part
def opt_out(world: World, c: int, minute: int) -> None:
    """Give back what a case that is marked from now on has taken (rule D1, question Q22)."""
    e = payer(world, c)
    if e >= 0:
        amount = refund_on_opt_out(
            world.cases[c].state,
            world.entitlements[e].decrease_on,
            taken(world, c),
            world.run.opt_out_keeps_charge,
        )
        if amount != 0:
            refund(world, c, minute, amount, Refund.ON_OPT_OUT)


@rare_part
def reactivate(world: World, c: int, minute: int) -> bool:
    """Reactivate a case (rules T2, T3); say whether it was not refused (question Q11)."""
    case = world.cases[c]
    n = world.n
    state = int64(case.state)
    e = int64(case.entitlement_id)
    paid_by = payer(world, c)
    back = int64(0)
    if paid_by >= 0:
        decrease_on = world.entitlements[paid_by].decrease_on
        back = refund_on_reactivate(state, decrease_on, taken(world, c))
    if e >= 0 and _refuse_reactivation(world, c, e, minute, back) != Refusal.NONE:
        return False
    row = n.reactivations
    if row == world.reactivations.shape[0]:
        n.full = Buffer.REACTIVATIONS.value
        return False
    n.reactivations = row + 1
    reactivation = world.reactivations[row]
    reactivation.case_id = case.case_id
    reactivation.happened_at = minute
    reactivation.from_state = state
    reactivation.billable_minutes = case.billable_minutes
    if state == CaseState.RESOLVED:
        reactivation.ended_at = case.resolved_at
    else:
        reactivation.ended_at = case.cancelled_at
    if back != 0:
        refund(world, c, minute, back, Refund.ON_REACTIVATION)
    if e >= 0:
        decrease_on = world.entitlements[e].decrease_on
        template = world.templates[world.entitlements[e].template_id]
        weight = weight_for(world, template, case.created_at, case.severity)
        amount = charge_on_reactivate(state, decrease_on, case.decrement != 0)
        amount = weighed_by(amount, weight)
        if amount != 0:
            charge(world, c, e, minute, amount, Charge.ON_REACTIVATION, weight)
        pays = payer(world, c) == e
        if is_reopened_uncharged(state, decrease_on, case.decrement != 0, pays):
            base = world.entitlements[e].base_balance
            channel = channel_of(world, e, case.origin)
            post(world, base, channel, minute, int64(0), Reason.CONSUME, RuleId.T1, case.case_id)
    case.state = CaseState.ACTIVE.value
    case.resolved_at = NO_TIME
    case.cancelled_at = NO_TIME
    case.billable_minutes = -1
    case.reopened += 1
    return True


@rare_part
def _refuse_reactivation(world: World, c: int, e: int, minute: int, back: int) -> int:
    """Refusal of a reactivation by the case's entitlement; one for want of terms leaves a row.

    The gate looks at the balances that there are once the case has given `back` what it took, as
    far as it took it from them.
    """
    case = world.cases[c]
    entitlement = world.entitlements[e]
    channel = channel_of(world, e, case.origin)
    of_channel = world.balances[channel].remaining_terms if channel >= 0 else int64(0)
    to_whole = coming_back(world, c) if back != 0 and payer(world, c) == e else int64(0)
    to_channel = int64(0)
    template = world.templates[entitlement.template_id]
    weight = weight_for(world, template, case.created_at, case.severity)
    for place in range(case.first_taking, case.first_taking + case.takings):
        if channel >= 0 and world.takings[place].balance == channel:
            to_channel = back
    refusal = int64(
        refuse_reactivation(
            world.run.gate_on_reactivate,
            entitlement.state,
            _restricts(world, e),
            not passes_gate(case.decrement != 0, weight),
            _balance_at_gate(world, e, to_whole),
            channel >= 0,
            of_channel + to_channel,
            world.run.gate_literal_below_zero,
        )
    )
    if refusal == Refusal.InvalidEntitlementAssociationToCase:
        note_refusal(world, e, channel, minute, int64(case.case_id))
    return refusal


@rare_part
def close_cases(world: World, first: int) -> None:
    """At the end of the run, count open cases whose SLA has run out as missed."""
    stop = world.run.stop * DAY
    for c in range(first, world.n.cases):
        case = world.cases[c]
        due = case.sla_due_at
        is_open = case.state == CaseState.ACTIVE
        if is_open and due != NO_TIME and case.sla_met < 0 and due < stop:
            case.sla_met = 0
