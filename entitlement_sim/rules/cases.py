"""What may be done with a case, and what that does to the entitlement that it uses.

The terms that move meanwhile are in :mod:`~entitlement_sim.rules.allotment`. ``refuse_…``
functions answer with the refusal that the action meets, or :attr:`Refusal.NONE`.
"""

from .words import CaseMove, CaseState, Refusal

#: Most children that a parent case may have; children have none.
MOST_CHILDREN = 100


# ------------------------------------------------------------------------ creating and updating


def refuse_decrement_change(changed: bool, privileged: bool) -> Refusal:
    """Saying whether a case takes terms needs ``prvControlDecrementTerm`` (rule D2)."""
    if changed and not privileged:
        return Refusal.CannotSetEntitlementTermsDecrementBehavior
    return Refusal.NONE


def refuse_locked(state: int, resolved_cases_locked: bool) -> Refusal:
    """A resolved case takes no update and no activity where it is locked (T3, question Q24).

    Elsewhere it does, and no terms move. Reactivating and deleting it pass everywhere.
    """
    if resolved_cases_locked and state == CaseState.RESOLVED:
        return Refusal.CaseAlreadyResolved
    return Refusal.NONE


def refuse_primary_contact(belongs_to_customer: bool, customer_is_contact: bool) -> Refusal:
    """The contact of a case is one of its customer's, or the customer itself (rule A2)."""
    if belongs_to_customer:
        return Refusal.NONE
    if customer_is_contact:
        return Refusal.InvalidPrimaryContactBasedOnContact
    return Refusal.InvalidPrimaryContactBasedOnAccount


def refuse_child(parent_is_child: bool, has_children: bool, siblings: int) -> Refusal:
    """Cases nest one level deep, with at most a hundred children a parent (rule M2)."""
    if parent_is_child:
        return Refusal.MultilevelParentChildRelationshipNotAllowed
    if has_children:
        return Refusal.ParentCaseNotAllowedAsAChildCase
    if siblings >= MOST_CHILDREN:
        return Refusal.MaxChildCasesLimitExceeded
    return Refusal.NONE


def clears_entitlement(entitlement_written: bool, customer_changed: bool) -> bool:
    """Whether an update empties the case's entitlement (rule A5).

    A changed customer does, unless the update itself says which entitlement the case has now.
    """
    return customer_changed and not entitlement_written


def rechecks_match(contact_changed: bool, product_changed: bool) -> bool:
    """Whether an update checks the entitlement that the case keeps (rules A2, C4).

    A changed contact or product must fit it; a changed origin is checked against nothing.
    """
    return contact_changed or product_changed


def applies_default_on_create(auto_apply_on_create: bool, has_entitlement: bool) -> bool:
    """Whether a new case gets the customer's default entitlement: if it has none (rule A4)."""
    return auto_apply_on_create and not has_entitlement


def applies_default_on_update(
    auto_apply_on_update: bool, has_entitlement: bool, customer_changed: bool,
    contact_changed: bool, product_changed: bool,
) -> bool:  # fmt: skip
    """Whether an updated case gets the default: if who or what it is about changed (rule A4)."""
    changed = customer_changed or contact_changed or product_changed
    return auto_apply_on_update and not has_entitlement and changed


def is_sla_met(
    resolved_at: int, due_at: int, promises_response: bool, is_answered: bool, responded_at: int,
    response_due_at: int,
) -> bool:  # fmt: skip
    """Whether a resolution keeps the SLA that its entitlement brought (rule S1).

    Both clocks count: the resolution's, and the first response's where one is promised.
    """
    if promises_response and (not is_answered or responded_at > response_due_at):
        return False
    return resolved_at <= due_at


# ------------------------------------------------------------------------- closing and reopening


def may_take(move: int, state: int, may_attach: bool) -> bool:
    """Whether what is done to a case may take terms: of one minute, it goes after what gives back.

    Resolving may (rule T1), reactivating a cancelled case (T2), lifting the mark do-not-decrement
    (D1), and a save by which the case may come to another entitlement (T1).
    """
    if move == CaseMove.REACTIVATE:
        return state == CaseState.CANCELLED
    if move == CaseMove.SAVE:
        return may_attach
    return move == CaseMove.RESOLVE or move == CaseMove.OPT_IN


def refuse_resolve(
    state: int, open_activities: int, cancel_open_activities: bool, resolved_cases_locked: bool
) -> Refusal:
    """Only an active case without open activities is resolved, unless they are cancelled (T5).

    A case that is resolved already has a refusal of its own where it is locked (question Q24).
    """
    if refuse_locked(state, resolved_cases_locked) != Refusal.NONE:
        return refuse_locked(state, resolved_cases_locked)
    if state != CaseState.ACTIVE:
        return Refusal.CaseNotActive
    if open_activities > 0 and not cancel_open_activities:
        return Refusal.OpenActivities
    return Refusal.NONE


def closes_with_parent(state: int, close_children_with_parent: bool) -> bool:
    """Whether a child is resolved or cancelled together with its parent: if it is active (M2)."""
    return close_children_with_parent and state == CaseState.ACTIVE


def refuse_resolve_parent(active_children: int, children_block_parent: bool) -> Refusal:
    """Where children block, a parent is not resolved before them (rule M2)."""
    if children_block_parent and active_children > 0:
        return Refusal.CloseActiveChildCaseFirst
    return Refusal.NONE


def refuse_cancel_parent(active_children: int, children_block_parent: bool) -> Refusal:
    """Where children block, a parent is not cancelled before they are closed (rule M2)."""
    if children_block_parent and active_children > 0:
        return Refusal.CancelActiveChildCaseFirst
    return Refusal.NONE


def refuse_cancel_case(state: int, open_activities: int) -> Refusal:
    """Only an active case without open activities is cancelled (rule T2)."""
    if state != CaseState.ACTIVE:
        return Refusal.CaseNotActive
    if open_activities > 0:
        return Refusal.OpenActivities
    return Refusal.NONE


def refuse_reactivate_case(state: int) -> Refusal:
    """Only a resolved or cancelled case is reactivated (rules T2, T3)."""
    if state == CaseState.ACTIVE:
        return Refusal.CaseAlreadyActive
    return Refusal.NONE


def refuse_merge(state: int, stays: bool, resolved_cases_locked: bool) -> Refusal:
    """Only active cases are merged, into an active one that stays (rule M1, question Q24).

    Merging cancels the merged cases; where one cannot be cancelled, neither can it be merged.
    """
    if refuse_locked(state, resolved_cases_locked) != Refusal.NONE:
        return refuse_locked(state, resolved_cases_locked)
    if state == CaseState.ACTIVE:
        return Refusal.NONE
    return Refusal.CaseNotActive if stays else Refusal.CannotMergeCase


def refuse_merge_of_families(
    parents: int, into_child: bool, moved_children: int, children: int
) -> Refusal:
    """Merging moves children to the case that stays, one level deep (rules M1, M2).

    ``parents`` are the different ones that the cases have, ``children`` those that the case that
    stays would have.
    """
    if parents > 1:
        return Refusal.NoIncidentMergeHavingSameParent
    if into_child and moved_children > 0:
        return Refusal.MultilevelParentChildRelationshipNotAllowed
    if children > MOST_CHILDREN:
        return Refusal.MaxChildCasesLimitExceeded
    return Refusal.NONE
