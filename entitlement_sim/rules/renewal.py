"""What a renewed entitlement starts with."""

from .words import Refusal, State


def refuse_renew(state: int) -> Refusal:
    """Only an expired or cancelled entitlement can be renewed (rule L9)."""
    if state == State.EXPIRED or state == State.CANCELLED:
        return Refusal.NONE
    return Refusal.InvalidEntitlementRenew


def renewed_end(today: int, old_start: int, old_end: int) -> int:
    """Last day of a record renewed on day `today`: as many days on as the old one (rule L9)."""
    return today + (old_end - old_start)


def renewed_remaining(
    total: int, old_remaining: int, is_same_offering: bool, renew_copies_remaining: bool
) -> int:
    """Hundredths that remain on the renewed record at its start (rule L10, question Q4).

    A record that is made over to another offering has that one's terms in any case.
    """
    if renew_copies_remaining and is_same_offering:
        return old_remaining
    return total


def state_of_old(state: int, renew_marks_old_cancelled: bool) -> int:
    """State of the old record after its renewal: unchanged (rule L10, question Q3)."""
    if renew_marks_old_cancelled:
        return State.CANCELLED
    return state
