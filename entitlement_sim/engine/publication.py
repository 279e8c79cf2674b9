"""What of a customer's life from before the first day of a run is published.

A customer who joined before the first day leaves in the tables what touches the run:

- entitlements with a covered day in it or the last one on its eve, so that their end is in it, or
  a movement of their balances, or in Draft or Waiting on its first day: whole, with the cases that
  their ledger names;
- cases that were created, open or had an event in it;
- what these renew, from one to the next, and the entitlements that published cases name: as rows
  with their states, and two movements a balance, the allotment and what was brought forward, so
  that these still add up to what remains.

Whoever has none of these leaves nothing at all.
"""

from enum import IntEnum

from ..compiling import int64, part, rare_part
from ..population.calendar_days import DAY
from ..rules.words import BalanceKind, CaseState, Reason, RuleId, State
from .tables import NO_AMOUNT, NO_TIME, NONE
from .world import Buffer, Mark, World


class Published(IntEnum):
    """How much of an entitlement is published."""

    NOTHING = 0
    BROUGHT_FORWARD = 1
    WHOLE = 2


@rare_part
def touches_run(world: World, mark: Mark) -> bool:
    """Choose what is published of the rows since a mark; say whether it is anything."""
    _choose_entitlements(world, mark)
    _choose_cases(world, mark)
    _choose_referred(world, mark)
    return _number(world, mark)


@rare_part
def publish(world: World, mark: Mark) -> bool:
    """Leave in the buffers what is published of the rows since a mark; say whether it is anything.

    They keep their order, and their numbers have no gaps.
    """
    if not touches_run(world, mark):
        return False
    _publish_ledger(world, mark)
    if world.n.full != Buffer.NONE:
        return True
    _publish_transitions(world, mark)
    _publish_reactivations(world, mark)
    _publish_balances(world, mark)
    _publish_cases(world, mark)
    _publish_entitlements(world, mark)
    return True


@rare_part
def name_templates(world: World, mark: Mark) -> None:
    """Give the entitlements since a mark the numbers of their templates' rows.

    Of whom nothing is left out, because the customer joined in the run, but before an offering was
    revised.
    """
    for e in range(mark.entitlements, world.n.entitlements):
        entitlement = world.entitlements[e]
        entitlement.template_id = world.templates[entitlement.template_id].number


@part
def blank_unlimited(world: World, mark: Mark) -> None:
    """Leave out total and rest of unlimited entitlements: they have neither (rule B5)."""
    if world.n.has_options != 0:
        _blank_unlimited(world, mark)


@rare_part
def _blank_unlimited(world: World, mark: Mark) -> None:
    n = world.n
    for e in range(mark.entitlements, n.entitlements):
        entitlement = world.entitlements[e]
        if entitlement.unlimited != 0:
            entitlement.total_terms = NO_AMOUNT
            entitlement.remaining_terms = NO_AMOUNT
    for b in range(mark.balances, n.balances):
        balance = world.balances[b]
        is_whole = balance.kind == BalanceKind.WHOLE
        if is_whole and world.entitlements[balance.entitlement_id].unlimited != 0:
            balance.total_terms = NO_AMOUNT
            balance.remaining_terms = NO_AMOUNT


# ----------------------------------------------------------------------------------- what


@part
def _choose_entitlements(world: World, mark: Mark) -> None:
    """Choose the entitlements that are published whole."""
    n = world.n
    window = world.run.window
    for e in range(mark.entitlements, n.entitlements):
        entitlement = world.entitlements[e]
        open_at_the_end = (
            entitlement.state != State.EXPIRED and entitlement.state != State.CANCELLED
        )
        entitlement.published = (
            Published.WHOLE.value if open_at_the_end else Published.NOTHING.value
        )
        entitlement.place = NO_TIME  # since when it has been in its state
    for row in range(mark.transitions, n.transitions):
        transition = world.transitions[row]
        entitlement = world.entitlements[transition.entitlement_id]
        day = transition.on_date
        left = transition.from_state
        covered = left == State.ACTIVE and day >= window and day > entitlement.place
        pending = (left == State.DRAFT or left == State.WAITING) and day >= window
        if covered or (pending and entitlement.place <= window):
            entitlement.published = Published.WHOLE.value
        entitlement.place = day
    for row in range(mark.entries, n.entries):
        if world.ledger[row].happened_at >= window * DAY:
            e = world.ledger[row].entitlement_id
            world.entitlements[e].published = Published.WHOLE.value


@part
def _choose_cases(world: World, mark: Mark) -> None:
    """Choose the cases that are published for what happened to them, or by a ledger."""
    n = world.n
    window = world.run.window * DAY
    for c in range(mark.cases, n.cases):
        case = world.cases[c]
        touches = (
            case.created_at >= window
            or case.state == CaseState.ACTIVE
            or case.resolved_at >= window
            or case.cancelled_at >= window
        )
        case.published = 1 if touches else 0
    for row in range(mark.reactivations, n.reactivations):
        reactivation = world.reactivations[row]
        if reactivation.happened_at >= window:
            world.cases[reactivation.case_id - n.cases_out].published = 1
    for row in range(mark.entries, n.entries):
        entry = world.ledger[row]
        if entry.case_id >= 0:
            entitlement = world.entitlements[entry.entitlement_id]
            if entitlement.published == Published.WHOLE:
                world.cases[entry.case_id - n.cases_out].published = 1


@part
def _choose_referred(world: World, mark: Mark) -> None:
    """Choose the entitlements that published cases name, and what published ones renew."""
    n = world.n
    for c in range(mark.cases, n.cases):
        case = world.cases[c]
        if case.published == 1 and case.entitlement_id >= 0:
            _choose_row(world, case.entitlement_id)
    for back in range(n.entitlements - mark.entitlements):  # predecessors were made before
        entitlement = world.entitlements[n.entitlements - 1 - back]
        if entitlement.published != Published.NOTHING and entitlement.predecessor_id >= 0:
            _choose_row(world, entitlement.predecessor_id)


@part
def _choose_row(world: World, e: int) -> None:
    if world.entitlements[e].published == Published.NOTHING:
        world.entitlements[e].published = Published.BROUGHT_FORWARD.value


# -------------------------------------------------------------------------------- numbers


@part
def _number(world: World, mark: Mark) -> bool:
    """Give what is published its places; say whether there is anything."""
    n = world.n
    e_place = int64(mark.entitlements)
    for e in range(mark.entitlements, n.entitlements):
        entitlement = world.entitlements[e]
        entitlement.place = -1
        if entitlement.published != Published.NOTHING:
            entitlement.place = e_place
            entitlement.rows = 0
            entitlement.running = 0
            e_place += 1
    b_place = int64(mark.balances)
    for b in range(mark.balances, n.balances):
        balance = world.balances[b]
        balance.place = b_place
        if world.entitlements[balance.entitlement_id].published != Published.NOTHING:
            b_place += 1
    c_place = int64(mark.cases)
    for c in range(mark.cases, n.cases):
        case = world.cases[c]
        if case.published == 1:
            case.place = c_place
            c_place += 1
    return e_place > mark.entitlements or c_place > mark.cases


@part
def _place_of_case(world: World, case_id: int) -> int:
    """Published number of a case, or -1."""
    out = world.n.cases_out
    return int64(out + world.cases[case_id - out].place) if case_id >= 0 else int64(-1)


# ----------------------------------------------------------------------------------- rows


@part
def _publish_ledger(world: World, mark: Mark) -> None:
    """Write the published movements behind the others, and move them there."""
    n = world.n
    end = n.entries
    room = world.ledger.shape[0]
    row = int64(end)
    for source in range(mark.entries, end):
        entry = world.ledger[source]
        entitlement = world.entitlements[entry.entitlement_id]
        if entitlement.published == Published.NOTHING:
            continue
        is_last = entry.entry == entitlement.entries
        is_whole = entitlement.published == Published.WHOLE
        if row + 1 + entitlement.balances > room:
            n.full = Buffer.LEDGER.value
            return
        balance = world.balances[entry.balance_id]
        if is_whole or entry.entry == balance.first_entry:
            world.ledger[row] = world.ledger[source]
            copied = world.ledger[row]
            copied.entitlement_id = entitlement.place
            copied.balance_id = balance.place
            copied.case_id = _place_of_case(world, entry.case_id)
            if not is_whole:
                entitlement.rows += 1
                entitlement.running += entry.amount
                copied.entry = entitlement.rows
                copied.balance = entitlement.running
            row += 1
        if is_last and not is_whole:
            row = _bring_forward(world, source, row)
    for place in range(row - end):
        world.ledger[mark.entries + place] = world.ledger[end + place]
    n.entries = mark.entries + row - end


@part
def _bring_forward(world: World, source: int, row: int) -> int:
    """Write, from `row` on, one movement a balance in place of all but its allotment.

    It is dated like the last of them. Returns the row behind.
    """
    last = world.ledger[source]
    entitlement = world.entitlements[last.entitlement_id]
    b = int64(entitlement.first_balance)
    while b >= 0:
        balance = world.balances[b]
        entry = world.ledger[row]
        row += 1
        entitlement.rows += 1
        entry.entitlement_id = entitlement.place
        entry.entry = entitlement.rows
        entry.happened_at = last.happened_at
        entry.amount = 0
        entry.origin = balance.origin
        entry.origin_amount = 0
        entry.origin_balance = 0
        entry.reason = Reason.BROUGHT_FORWARD
        entry.rule = RuleId.T8
        entry.case_id = -1
        entry.balance_id = balance.place
        entry.weight = NONE
        if balance.kind == BalanceKind.CHANNEL:
            entry.origin_amount = balance.remaining_terms - balance.allotted
            entry.origin_balance = balance.remaining_terms
        else:
            entry.amount = balance.remaining_terms - balance.allotted
            entitlement.running += entry.amount
        entry.balance = entitlement.running
        b = int64(balance.following)
    return int64(row)


@part
def _publish_transitions(world: World, mark: Mark) -> None:
    n = world.n
    row = int64(mark.transitions)
    for source in range(mark.transitions, n.transitions):
        e = world.transitions[source].entitlement_id
        if world.entitlements[e].published != Published.NOTHING:
            world.transitions[row] = world.transitions[source]
            world.transitions[row].entitlement_id = world.entitlements[e].place
            row += 1
    n.transitions = row


@part
def _publish_reactivations(world: World, mark: Mark) -> None:
    n = world.n
    row = int64(mark.reactivations)
    for source in range(mark.reactivations, n.reactivations):
        case_id = world.reactivations[source].case_id
        if world.cases[case_id - n.cases_out].published == 1:
            world.reactivations[row] = world.reactivations[source]
            world.reactivations[row].case_id = _place_of_case(world, case_id)
            row += 1
    n.reactivations = row


@part
def _publish_balances(world: World, mark: Mark) -> None:
    n = world.n
    row = int64(mark.balances)
    for source in range(mark.balances, n.balances):
        e = world.balances[source].entitlement_id
        if world.entitlements[e].published != Published.NOTHING:
            world.balances[row] = world.balances[source]
            world.balances[row].balance_id = row
            world.balances[row].entitlement_id = world.entitlements[e].place
            row += 1
    n.balances = row


@part
def _publish_cases(world: World, mark: Mark) -> None:
    n = world.n
    row = int64(mark.cases)
    for source in range(mark.cases, n.cases):
        if world.cases[source].published == 1:
            world.cases[row] = world.cases[source]
            case = world.cases[row]
            case.case_id = n.cases_out + row
            if case.entitlement_id >= 0:
                case.entitlement_id = world.entitlements[case.entitlement_id].place
            row += 1
    n.cases = row


@part
def _publish_entitlements(world: World, mark: Mark) -> None:
    """Move the entitlements to their places; templates get the numbers of their rows."""
    n = world.n
    for e in range(mark.entitlements, n.entitlements):
        entitlement = world.entitlements[e]
        if entitlement.predecessor_id >= 0:
            entitlement.predecessor_id = world.entitlements[entitlement.predecessor_id].place
    row = int64(mark.entitlements)
    for source in range(mark.entitlements, n.entitlements):
        if world.entitlements[source].published != Published.NOTHING:
            world.entitlements[row] = world.entitlements[source]
            entitlement = world.entitlements[row]
            entitlement.entitlement_id = row
            entitlement.template_id = world.templates[entitlement.template_id].number
            row += 1
    n.entitlements = row
