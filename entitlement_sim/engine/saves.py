"""What people at a desk do with a case beside closing it: they save it with other fields, merge it.

`k` is a case's place in the script, `c` its place in the block, `e` an entitlement's.
"""

from typing import Any

from ..compiling import int64, part, rare_part
from ..rules.allotment import (
    charge_on_attach,
    refund_on_detach,
    refund_on_merge,
    refusal_by_default,
    refuse_state_for_case,
)
from ..rules.cases import (
    applies_default_on_update,
    clears_entitlement,
    rechecks_match,
    refuse_locked,
    refuse_merge,
    refuse_primary_contact,
)
from ..rules.weights import passes_gate
from ..rules.words import NOTHING, UNWRITTEN, CaseState, Charge, Outcome, Refund, Refusal, State
from .balances import channel_of
from .cases import gate, match, note_refusal, opt_out, take_over_sla
from .contracts import default_for
from .given import Given, turn_to
from .paying import charge, payer, refund, taken
from .weighing import weighed_by, weight_for
from .world import World


@rare_part
def save(world: World, given: Given, c: int, minute: int, saved: Any) -> None:
    """Write fields of a case, and do what follows from them (rules T1, A2, A4, A5, D1).

    Terms of resolved and cancelled cases do not move. A refused save changes nothing. Another
    customer has other accounts: the case is of none of them.
    """
    case = world.cases[c]
    if refuse_locked(case.state, world.run.resolved_cases_locked) != Refusal.NONE:
        return
    customer = _written(saved.customer, case.customer_id)
    contact = _written(saved.contact, case.contact)
    product = _written(saved.product, case.product_id)
    decrement = _written(saved.decrement, case.decrement)
    origin = _written(saved.origin, case.origin)
    moves = customer != case.customer_id
    is_own_contact = not moves or saved.contact != UNWRITTEN or contact < 0
    if refuse_primary_contact(is_own_contact, False) != Refusal.NONE:
        return
    before = int64(case.entitlement_id)
    e = before
    if saved.entitlement != UNWRITTEN:
        e = given.entitlements[saved.entitlement].place if saved.entitlement >= 0 else int64(-1)
        if saved.entitlement != NOTHING and e < 0:
            return
    elif clears_entitlement(False, moves):
        e = int64(-1)
    turn_to(world, given, customer)
    account = int64(-1 if moves else case.account)
    contact_changed = contact != case.contact or (moves and contact >= 0)
    product_changed = product != case.product_id
    asking = (product, contact, account, origin, decrement)
    refusal = int64(0)
    if e >= 0 and e != before:
        refusal = _refuse_attach(world, c, e, minute, asking)
    elif e >= 0 and (moves or rechecks_match(contact_changed, product_changed)):
        refusal = match(world, e, product, contact, account)
    elif case.state == CaseState.ACTIVE and applies_default_on_update(
        given.switches[0].auto_apply_on_update, e >= 0, moves, contact_changed, product_changed
    ):
        e, refusal = _fitting_default(world, c, minute, asking)
    if refusal != Refusal.NONE:
        return
    opts_out = case.decrement != 0 and decrement == 0
    case.customer_id = customer
    case.contact = contact
    case.account = account
    case.product_id = product
    case.origin = origin
    case.decrement = decrement
    if e != before:
        _detach(world, given, c, minute)
        _attach(world, given, c, e, minute)
    if opts_out:
        opt_out(world, c, minute)


@part
def _written(value: int, before: int) -> int:
    return int64(before if value == UNWRITTEN else value)


@rare_part
def _refuse_attach(
    world: World, c: int, e: int, minute: int, asking: tuple[int, int, int, int, int]
) -> int:
    """Refusal of a case that is there by an entitlement (rules A1, A2, G1)."""
    product, contact, account, origin, decrement = asking
    case = world.cases[c]
    refusal = int64(refuse_state_for_case(world.entitlements[e].state, False))
    if refusal == 0:
        refusal = match(world, e, product, contact, account)
    if refusal == 0 and case.state == CaseState.ACTIVE:
        channel = channel_of(world, e, origin)
        template = world.templates[world.entitlements[e].template_id]
        weight = weight_for(world, template, case.created_at, case.severity)
        refusal = gate(world, e, channel, not passes_gate(decrement != 0, weight))
        if refusal == Refusal.InvalidEntitlementAssociationToCase:
            note_refusal(world, e, channel, minute, int64(case.case_id))
    return refusal


@rare_part
def _fitting_default(
    world: World, c: int, minute: int, asking: tuple[int, int, int, int, int]
) -> tuple[int, int]:
    """Default of the customer at hand if a case may use it, or -1; refusal of the save (A3, A4)."""
    default = default_for(world, asking[2])
    if default < 0 or world.entitlements[default].state != State.ACTIVE:
        return int64(-1), int64(0)
    refusal = _refuse_attach(world, c, default, minute, asking)
    if refusal == 0:
        return default, refusal
    run = world.run
    return int64(-1), int64(
        refusal_by_default(refusal, False, run.default_failure_blocks, run.empty_default_is_skipped)
    )


@part
def _detach(world: World, given: Given, c: int, minute: int) -> None:
    """Let an open case give back what it took from the entitlement that it leaves (T1, Q8)."""
    case = world.cases[c]
    if case.state != CaseState.ACTIVE:
        return
    paid_by = payer(world, c)
    if paid_by >= 0:
        amount = refund_on_detach(
            world.entitlements[paid_by].decrease_on,
            taken(world, c),
            given.switches[0].refund_on_detach,
        )
        if amount != 0:
            refund(world, c, minute, amount, Refund.ON_DETACH)
    case.takings = 0


@part
def _attach(world: World, given: Given, c: int, e: int, minute: int) -> None:
    """Let a case use an entitlement from now on (-1: none); an open one is charged (T1, S1)."""
    case = world.cases[c]
    case.entitlement_id = e
    if e < 0:
        case.outcome = Outcome.UNCOVERED.value
        return
    case.outcome = Outcome.COVERED.value
    k = given.first[0].script + c - given.first[0].case
    template = world.templates[world.entitlements[e].template_id]
    take_over_sla(world, c, template, world.script[k].responded_after)
    if case.state == CaseState.ACTIVE:
        amount = charge_on_attach(world.entitlements[e].decrease_on, case.decrement != 0)
        weight = weight_for(world, template, case.created_at, case.severity)
        amount = weighed_by(amount, weight)
        if amount != 0:
            charge(world, c, e, minute, amount, Charge.ON_ATTACH, weight)


@rare_part
def merge(world: World, given: Given, c: int, into: int, minute: int) -> None:
    """Merge a case into another one, by its row (rule M1): its work moves there."""
    case = world.cases[c]
    survivor_id = given.case_ids[into]
    stays = int64(survivor_id - world.n.cases_out)
    if survivor_id < 0 or stays == c or world.cases[stays].state < 0:
        return
    survivor = world.cases[stays]
    locked = world.run.resolved_cases_locked
    if refuse_merge(survivor.state, True, locked) != Refusal.NONE:
        return
    if refuse_merge(case.state, False, locked) != Refusal.NONE:
        return
    paid_by = payer(world, c)
    if paid_by >= 0:
        amount = refund_on_merge(world.entitlements[paid_by].decrease_on, taken(world, c))
        if amount != 0:
            refund(world, c, minute, amount, Refund.ON_MERGE)
    survivor.worked += case.worked
    survivor.billed += case.billed
    case.worked = 0
    case.billed = 0
    case.state = CaseState.CANCELLED.value
    case.cancelled_at = minute


@rare_part
def delete_case(world: World, c: int, minute: int) -> None:
    """Delete a case: no balance moves (question Q18). Of an open one no more is heard."""
    case = world.cases[c]
    if case.state == CaseState.ACTIVE:
        case.state = CaseState.CANCELLED.value
        case.cancelled_at = minute
    case.takings = 0
    case.next_event = case.last_event
