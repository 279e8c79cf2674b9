"""What happens to cases: created with an entitlement or without, resolved, cancelled, reactivated.

`k` is a case's place in the customer's script, `c` its place in the block, `e` an entitlement's.
"""

import numpy as np

from ..population.arrivals import BY_CUSTOM, CANCEL, NOTHING, REACTIVATE, RESOLVE
from ..population.compiling import part, rare_part
from ..population.days import DAY, business_deadline
from ..rules.allotment import (
    billable_minutes,
    charge_on_attach,
    charge_on_reactivate,
    charge_on_resolve,
    refund_on_cancel,
    refund_on_reactivate,
    refuse_match,
    refuse_state_for_case,
    refuse_terms,
)
from ..rules.codes import Allocation, CaseState, Refusal
from .columns import (
    ACTIVE,
    CASES,
    CASES_OUT,
    DEFAULT,
    ENTITLEMENTS,
    FIRST,
    FULL,
    QUEUED,
    REACTIVATIONS,
)
from .ledger import channel_of, post
from .rulebook import (
    CONSUME,
    COVERED,
    G1,
    REFUSED,
    RESTORE,
    T1,
    T2,
    T3,
    T4,
    TURNED_AWAY,
    UNCOVERED,
)
from .tables import NO_TIME

#: Bits of a queue's key below the time: the case's place in the block.
_PLACE_BITS = 34


@part
def queue_key(minute, takes, c):
    """Order of case events: by time; what gives back before what takes; by case."""
    return (((minute << 1) | takes) << _PLACE_BITS) | c


@part
def _takes(kind, state):
    """Whether an event can take terms (1) or gives some back (0)."""
    gives_back = kind == CANCEL or (kind == REACTIVATE and state == CaseState.RESOLVED)
    return np.int64(0 if gives_back else 1)


@part
def push(queue, n, key):
    """Put a key into the queue (a binary heap)."""
    place = n[QUEUED]
    if place == queue.shape[0]:
        n[FULL] = 1
        return
    n[QUEUED] = place + 1
    while place > 0:
        parent = (place - 1) >> 1
        if queue[parent] <= key:
            break
        queue[place] = queue[parent]
        place = parent
    queue[place] = key


@part
def pop(queue, n):
    """Take the least key out of the queue."""
    least = queue[0]
    size = n[QUEUED] - 1
    n[QUEUED] = size
    key = queue[size]
    place = 0
    while True:
        child = 2 * place + 1
        if child >= size:
            break
        if child + 1 < size and queue[child + 1] < queue[child]:
            child += 1
        if key <= queue[child]:
            break
        queue[place] = queue[child]
        place = child
    queue[place] = key
    return least


@part
def match(templates, lists, number, product, contact):
    """Refusal of a case whose product or contact a template does not list (rules A1, A2)."""
    template = templates[number]
    listed = False
    for place in range(template.first_product, template.first_product + template.products):
        listed = listed or lists[place] == product
    return refuse_match(
        True,
        template.contacts > 0,
        0 <= contact < template.contacts,
        template.products > 0,
        listed,
    )


@part
def gate(plan, entitlements, channels, e, channel, decrement):
    """Refusal of a case for want of terms (rule G1)."""
    held = entitlements[e]
    of_channel = channels[channel].remaining_terms if channel >= 0 else np.int64(0)
    return refuse_terms(
        held.restrict != 0,
        decrement,
        held.remaining_terms,
        channel >= 0,
        of_channel,
        plan.gate_literal_below_zero,
    )


@part
def _try(plan, templates, lists, entitlements, channels, ledger, n, script, k, c, e):
    """Refusal of a new case by one entitlement (0: none); one for want of terms leaves a row."""
    refusal = np.int64(refuse_state_for_case(entitlements[e].state, True))
    if refusal == 0:
        number = entitlements[e].template_id
        refusal = np.int64(match(templates, lists, number, script[k].product, script[k].contact))
    if refusal == 0:
        channel = channel_of(entitlements, channels, e, script[k].origin)
        decrement = script[k].decrement != 0
        refusal = np.int64(gate(plan, entitlements, channels, e, channel, decrement))
        if refusal != 0:
            entitlements[e].refused += 1
            minute = script[k].created
            number = n[CASES_OUT] + c
            post(entitlements, channels, ledger, n, e, channel, minute, 0, 0, REFUSED, G1, number)
    return refusal


@part
def _better(entitlements, picks, e, than):
    """Whether a segment that picks in this way would rather take `e` (ties: the older one)."""
    if than < 0:
        return True
    if picks == 1:
        return entitlements[e].end_date < entitlements[than].end_date
    if picks == 2:
        return entitlements[e].remaining_terms > entitlements[than].remaining_terms
    return False


@part
def _pick(plan, segment, templates, lists, entitlements, channels, ledger, active, n, script, k, c):
    """Entitlement that covers a new case (-1: none) and the first refusal met (0: none).

    By custom the customer's default is tried and, where it does not do, skipped (question Q14); or
    else the active ones that match, in the segment's order, until one has terms.
    """
    wants = script[k].wants
    if wants == NOTHING:
        return np.int64(-1), np.int64(0)
    if wants >= 0 or segment.picks == 0:
        e = n[FIRST] + wants if wants >= 0 else n[DEFAULT]
        if e < 0:
            return e, _without_active(n) if n[ACTIVE] == 0 else np.int64(0)
        refusal = _try(plan, templates, lists, entitlements, channels, ledger, n, script, k, c, e)
        return (e if refusal == 0 else np.int64(-1)), refusal
    return _try_in_order(
        plan, segment, templates, lists, entitlements, channels, ledger, active, n, script, k, c
    )


@rare_part
def _try_in_order(
    plan, segment, templates, lists, entitlements, channels, ledger, active, n, script, k, c
):
    """Try the active entitlements that match a case, in the segment's order, until one has terms.

    Returns as :func:`_pick` does.
    """
    first_refusal = _without_active(n) if n[ACTIVE] == 0 else np.int64(0)
    matching = 0
    for place in range(n[ACTIVE]):  # those that match come to the front
        e = active[place]
        number = entitlements[e].template_id
        if match(templates, lists, number, script[k].product, script[k].contact) == Refusal.NONE:
            for between in range(place, matching, -1):
                active[between] = active[between - 1]
            active[matching] = e
            matching += 1
    if matching == 0 and n[ACTIVE] > 0:
        first_refusal = np.int64(Refusal.InvalidEntitlementForSelectedCustomerOrProduct.value)
    covered_by = np.int64(-1)
    for tried in range(matching):
        best = np.int64(-1)
        slot = tried
        for place in range(tried, matching):
            if _better(entitlements, segment.picks, active[place], best):
                best = active[place]
                slot = place
        for between in range(slot, tried, -1):
            active[between] = active[between - 1]
        active[tried] = best
        refusal = _try(
            plan, templates, lists, entitlements, channels, ledger, n, script, k, c, best
        )
        if refusal == 0:
            covered_by = best
            break
        if first_refusal == 0:
            first_refusal = refusal
    _sort(active, n[ACTIVE])
    return covered_by, first_refusal


@part
def _without_active(n):
    """Refusal where nothing is active: by what the customer holds, if it holds anything."""
    if n[ENTITLEMENTS] > n[FIRST]:
        return np.int64(Refusal.EntitlementNotActiveInAssociationToCase.value)
    return np.int64(0)


@part
def _sort(active, count):
    for place in range(1, count):
        e = active[place]
        while place > 0 and active[place - 1] > e:
            active[place] = active[place - 1]
            place -= 1
        active[place] = e


@part
def _default_blocks(plan, segment, n, wants, refusal):
    """Whether an active default turns away a case that it refuses (question Q14).

    A default that is not active has no effect (question Q13), and whoever asks for an entitlement
    by name may go on without one.
    """
    by_default = segment.picks == 0 and wants == BY_CUSTOM and n[DEFAULT] >= 0
    not_active = Refusal.EntitlementNotActiveInAssociationToCase.value
    return plan.default_failure_blocks and by_default and refusal != 0 and refusal != not_active


@part
def open_case(
    plan, segment, customer, days, templates, lists, script, events, entitlements, channels, cases,
    ledger, active, queue, n, k,
):  # fmt: skip
    """Create a case with the entitlement that it gets, if any (rules A1, A2, A4, G1, T1, S1)."""
    c = n[CASES]
    if c == cases.shape[0]:
        n[FULL] = 1
        return
    n[CASES] = c + 1
    case = cases[c]
    told = script[k]
    created = told.created
    decrement = told.decrement != 0
    e, refusal = _pick(
        plan, segment, templates, lists, entitlements, channels, ledger, active, n, script, k, c
    )
    turned_away = e < 0 and (
        told.leaves != 0 or _default_blocks(plan, segment, n, told.wants, refusal)
    )
    case.case_id = n[CASES_OUT] + c
    case.customer_id = customer
    case.entitlement_id = e
    case.product_id = told.product
    case.contact = told.contact
    case.origin = told.origin
    case.created_at = created
    case.responded_at = NO_TIME
    case.resolved_at = NO_TIME
    case.cancelled_at = NO_TIME
    case.state = -1 if turned_away else 0
    case.outcome = COVERED if e >= 0 else TURNED_AWAY if turned_away else UNCOVERED
    case.refusal = refusal - 1
    case.decrement = told.decrement
    case.billable_minutes = -1
    case.reopened = 0
    case.response_due_at = NO_TIME
    case.sla_due_at = NO_TIME
    case.sla_met = -1
    case.held = 0
    case.channel = -1
    case.worked = 0
    case.billed = 0
    if turned_away:
        return
    if e >= 0:
        template = templates[entitlements[e].template_id]
        if template.resolve_by > 0:
            case.sla_due_at = business_deadline(plan, days, created, template.resolve_by)
            if template.first_response > 0:
                case.response_due_at = business_deadline(
                    plan, days, created, template.first_response
                )
                if told.responded_after >= 0:
                    answered = created + told.responded_after
                    if answered < plan.stop * DAY:
                        case.responded_at = answered
        amount = charge_on_attach(entitlements[e].decrease_on, decrement)
        if amount != 0:
            charge(entitlements, channels, cases, ledger, n, c, e, created, amount, T1)
    first = told.first_event
    case.next_event = first
    case.last_event = first + told.events
    queue_next(plan, events, cases, queue, n, c)


@part
def queue_next(plan, events, cases, queue, n, c):
    """Queue the next event of a case, if it has one within the run."""
    case = cases[c]
    event = case.next_event
    if event < case.last_event:
        at = events[event].at
        if at < plan.stop * DAY:
            takes = _takes(events[event].kind, case.state)
            push(queue, n, queue_key(at, takes, np.int64(c)))


@part
def charge(entitlements, channels, cases, ledger, n, c, e, minute, amount, rule):
    """Take terms for a case, from the channel row of its origin too (rule C1)."""
    case = cases[c]
    channel = channel_of(entitlements, channels, e, case.origin)
    number = case.case_id
    post(
        entitlements, channels, ledger, n, e, channel, minute, -amount, -amount, CONSUME, rule,
        number,
    )  # fmt: skip
    case.held = amount
    case.channel = channel


@rare_part
def refund(entitlements, channels, cases, ledger, n, c, e, minute, amount, rule):
    """Give terms back to where a case took them."""
    case = cases[c]
    channel = np.int64(case.channel)
    number = case.case_id
    post(
        entitlements, channels, ledger, n, e, channel, minute, amount, amount, RESTORE, rule, number
    )  # fmt: skip
    case.held = 0
    case.channel = -1


@part
def next_event(
    plan, events, entitlements, channels, cases, reactivations, ledger, queue, n, c, minute
):
    """Do what the next event of a case says, and queue the one after it."""
    case = cases[c]
    event = case.next_event
    case.next_event = event + 1
    kind = events[event].kind
    if kind == RESOLVE:
        case.worked += events[event].minutes
        _resolve(plan, entitlements, channels, cases, ledger, n, c, minute)
    elif kind == CANCEL:
        _cancel(entitlements, channels, cases, ledger, n, c, minute)
    elif _reactivate(plan, entitlements, channels, cases, reactivations, ledger, n, c, minute):
        case.next_event = case.last_event
    queue_next(plan, events, cases, queue, n, c)


@part
def _resolve(plan, entitlements, channels, cases, ledger, n, c, minute):
    """Resolve a case (rules T1, T4, T5, M3): charge it, whatever state its entitlement is in."""
    case = cases[c]
    worked = case.worked
    minutes = np.int64(0)
    if not plan.minimal_dialog_bills_zero:
        minutes = billable_minutes(worked, case.billed, plan.exclude_billed_minutes)
    case.billed = worked
    case.billable_minutes = minutes
    case.state = CaseState.RESOLVED.value
    case.resolved_at = minute
    e = np.int64(case.entitlement_id)
    if e < 0:
        return
    allocation = entitlements[e].allocation
    amount = charge_on_resolve(
        allocation,
        entitlements[e].decrease_on,
        case.decrement != 0,
        minutes,
    )
    if amount != 0:
        rule = T4 if allocation == Allocation.HOURS else T1
        charge(entitlements, channels, cases, ledger, n, c, e, minute, amount, rule)
    if case.sla_due_at != NO_TIME and case.sla_met < 0:
        met = minute <= case.sla_due_at
        if case.response_due_at != NO_TIME:
            answered = case.responded_at
            met = met and answered != NO_TIME and answered <= case.response_due_at
        case.sla_met = 1 if met else 0
        if not met:
            entitlements[e].missed += 1


@rare_part
def _cancel(entitlements, channels, cases, ledger, n, c, minute):
    """Cancel an active case (rule T2)."""
    case = cases[c]
    case.state = CaseState.CANCELLED.value
    case.cancelled_at = minute
    e = np.int64(case.entitlement_id)
    if e >= 0:
        amount = refund_on_cancel(entitlements[e].decrease_on, case.held)
        if amount != 0:
            refund(entitlements, channels, cases, ledger, n, c, e, minute, amount, T2)


@rare_part
def _reactivate(plan, entitlements, channels, cases, reactivations, ledger, n, c, minute):
    """Reactivate a case (rules T2, T3); say whether it was refused (question Q11)."""
    case = cases[c]
    state = case.state
    e = np.int64(case.entitlement_id)
    decrement = case.decrement != 0
    if e >= 0 and plan.gate_on_reactivate:
        channel = channel_of(entitlements, channels, e, case.origin)
        if refuse_state_for_case(entitlements[e].state, False) != Refusal.NONE:
            return True
        if gate(plan, entitlements, channels, e, channel, decrement) != Refusal.NONE:
            number = case.case_id
            post(entitlements, channels, ledger, n, e, channel, minute, 0, 0, REFUSED, G1, number)
            return True
    row = n[REACTIVATIONS]
    if row == reactivations.shape[0]:
        n[FULL] = 1
        return True
    n[REACTIVATIONS] = row + 1
    again = reactivations[row]
    again.case_id = case.case_id
    again.happened_at = minute
    again.from_state = state
    again.billable_minutes = case.billable_minutes
    if state == CaseState.RESOLVED:
        again.ended_at = case.resolved_at
    else:
        again.ended_at = case.cancelled_at
    if e >= 0:
        decrease_on = entitlements[e].decrease_on
        amount = charge_on_reactivate(state, decrease_on, decrement)
        if amount != 0:
            charge(entitlements, channels, cases, ledger, n, c, e, minute, amount, T2)
        amount = refund_on_reactivate(state, decrease_on, case.held)
        if amount != 0:
            refund(entitlements, channels, cases, ledger, n, c, e, minute, amount, T3)
    case.state = CaseState.ACTIVE.value
    case.resolved_at = NO_TIME
    case.cancelled_at = NO_TIME
    case.billable_minutes = -1
    case.reopened += 1
    return False


@rare_part
def close_books(plan, cases, first, last):
    """At the end of the run, count open cases whose SLA has run out as missed."""
    for c in range(first, last):
        due = cases[c].sla_due_at
        is_open = cases[c].state == CaseState.ACTIVE
        if is_open and due != NO_TIME and cases[c].sla_met < 0 and due < plan.stop * DAY:
            cases[c].sla_met = 0
