"""States of an entitlement: who may change them, and what the calendar changes by itself.

Days are day numbers (days since 1970-01-01). ``refuse_…`` functions answer with the refusal that
the action meets, or :attr:`Refusal.NONE`.
"""

from .words import Refusal, State


def state_on_activation(today: int, start: int, end: int) -> State:
    """State in which a draft lands when it is activated on day `today` (rules L2, L3)."""
    if today > end:
        return State.EXPIRED
    if today < start:
        return State.WAITING
    return State.ACTIVE


def state_by_date(state: int, today: int, start: int, end: int) -> int:
    """State after the state job has looked at the record on day `today` (rules L3, L6).

    Both dates are covered days: the record turns active on `start` and expires on ``end + 1``.
    Drafts, cancelled and expired records stay what they are.
    """
    if state == State.ACTIVE or state == State.WAITING:
        if today > end:
            return State.EXPIRED
        if state == State.WAITING and today >= start:
            return State.ACTIVE
    return state


def state_day(minute: int, utc_offset: int, utc_midnight_mode: bool, job_minute: int) -> int:
    """Day number that the state job goes by at a local time (rule L6, question Q15).

    Parameters
    ----------
    minute : int
        Local time in minutes since 1970-01-01 00:00 in the business zone.
    utc_offset : int
        Minutes by which the zone is ahead of UTC at that time.
    utc_midnight_mode : bool
        Whether days change at midnight UTC instead of local midnight.
    job_minute : int
        Minute of the day at which the job runs; until then yesterday's states stand.
    """
    if utc_midnight_mode:
        minute -= utc_offset
    return (minute - job_minute) // 1440


def first_minute(day: int, utc_offset: int, utc_midnight_mode: bool, job_minute: int) -> int:
    """Local minute from which :func:`state_day` goes by a day (rule L6, question Q15).

    ``utc_offset`` is that of the moment itself.
    """
    minute = day * 1440 + job_minute
    if utc_midnight_mode:
        return minute + utc_offset
    return minute


def fills(written: bool, on_template: bool) -> bool:
    """Whether a field of a new record comes from its template (rule P1).

    Only where nobody wrote it. A template has dates, SLA, allocation, decrease-on, total,
    restriction, channels and products; it has no name, customer, contacts or default mark to give,
    and its later changes do not reach the entitlements that were made from it.
    """
    return on_template and not written


def refuse_dates(start: int, end: int) -> Refusal:
    """Start and end may be one day, but not the wrong way round (rule L3)."""
    if start > end:
        return Refusal.EntitlementInvalidStartEndDate
    return Refusal.NONE


def refuse_activate(state: int) -> Refusal:
    """Only a draft can be activated (rule L2)."""
    if state == State.DRAFT:
        return Refusal.NONE
    if state == State.ACTIVE:
        return Refusal.EntitlementAlreadyInactiveState
    return Refusal.InvalidEntitlementActivate


def refuse_deactivate(state: int) -> Refusal:
    """Only an active or waiting entitlement goes back to draft (rule L4)."""
    if state == State.ACTIVE or state == State.WAITING:
        return Refusal.NONE
    if state == State.DRAFT:
        return Refusal.EntitlementAlreadyInDraftState
    return Refusal.InvalidEntitlementDeactivate


def refuse_cancel(state: int) -> Refusal:
    """Only an active or waiting entitlement can be cancelled (rule L5)."""
    if state == State.ACTIVE or state == State.WAITING:
        return Refusal.NONE
    if state == State.CANCELLED:
        return Refusal.EntitlementAlreadyInCanceledState
    return Refusal.InvalidEntitlementCancel


def refuse_set_expired() -> Refusal:
    """Only the system expires an entitlement (rule L6)."""
    return Refusal.InvalidEntitlementExpire


def refuse_delete(state: int) -> Refusal:
    """An active or waiting entitlement cannot be deleted (rule L7)."""
    if state == State.ACTIVE or state == State.WAITING:
        return Refusal.EntitlementInvalidState
    return Refusal.NONE


def refuse_edit(state: int) -> Refusal:
    """Fields, products and contacts can only be edited in draft (rule L8)."""
    if state == State.DRAFT:
        return Refusal.NONE
    return Refusal.EntitlementEditDraft


def refuse_channel_edit(state: int) -> Refusal:
    """Channel rows can only be added, changed or removed in draft (rule L8)."""
    if state == State.DRAFT:
        return Refusal.NONE
    return Refusal.EntitlementChannelInvalidState


def refuse_top_up(state: int) -> Refusal:
    """What has expired or was cancelled is not topped up any more (rule B6)."""
    if state == State.EXPIRED or state == State.CANCELLED:
        return Refusal.EntitlementInvalidState
    return Refusal.NONE


def refuse_set_default(state: int) -> Refusal:
    """Only an active entitlement can be the customer's default (rule A3, question Q20)."""
    if state == State.ACTIVE:
        return Refusal.NONE
    return Refusal.CannotUpdateEntitlement
