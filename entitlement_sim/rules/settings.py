"""Switches of the rulebook: where its sources can be read two ways, the default is the
recommended reading and the switch is the other one.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """Organisation settings and rule switches; the defaults are the recommended readings.

    Attributes
    ----------
    auto_apply_on_create, auto_apply_on_update : bool
        The organisation settings that bring in the customer's default entitlement (rule A4).
    close_children_with_parent : bool
        Resolving or cancelling a parent does the same to its active children (rule M2).
    children_block_parent : bool
        A parent is neither resolved nor cancelled before its children are closed (rule M2). Without
        either setting parents and children close separately; both at once contradict each other.
    gate_literal_below_zero : bool
        Q1: the gate shuts only below zero, as the how-to article words it.
    minimal_dialog_bills_zero : bool
        Q2: resolving without entering minutes bills none.
    renew_marks_old_cancelled : bool
        Q3: renewing sets the old record to Cancelled.
    renew_copies_remaining : bool
        Q4: the renewed record starts with what the old one had left.
    allow_blank_total : bool
        Q6: a blank total counts as 0 even where cases are restricted.
    refund_on_detach : bool
        Q8: a case that leaves an entitlement gets its creation term back.
    gate_on_reactivate : bool
        Q11: reactivating a case passes the gate like attaching it.
    exclude_billed_minutes : bool
        Q12: minutes that an earlier resolution billed are left out of the next one.
    default_failure_blocks : bool
        Q14: a default entitlement that does not fit refuses the case instead of being skipped, and
        so does an empty one on update.
    tz : str
        Q15: name of the business time zone.
    job_time : str
        Q15: time of the day (HH:MM) at which the state job runs.
    utc_midnight_mode : bool
        Q15: days change at midnight UTC instead of the business zone's midnight.
    contact_rolls_up_to_account : bool
        Q21: a contact as the case's customer may use an entitlement of its account whose contact
        list is empty.
    opt_out_keeps_charge : bool
        Q22: marking an active case do-not-decrement leaves its creation term where it is.
    empty_default_is_skipped : bool
        Q23: a default that fits but has no terms lets a new case go on without it.
    resolved_cases_locked : bool
        Q24: a resolved case takes no update, activity, merge or second resolution.

    Raises
    ------
    ValueError
        `close_children_with_parent` and `children_block_parent` are both on.
    """

    auto_apply_on_create: bool = True
    auto_apply_on_update: bool = True
    close_children_with_parent: bool = False
    children_block_parent: bool = False
    gate_literal_below_zero: bool = False
    minimal_dialog_bills_zero: bool = False
    renew_marks_old_cancelled: bool = False
    renew_copies_remaining: bool = False
    allow_blank_total: bool = False
    refund_on_detach: bool = True
    gate_on_reactivate: bool = False
    exclude_billed_minutes: bool = False
    default_failure_blocks: bool = False
    tz: str = "UTC"
    job_time: str = "00:00"
    utc_midnight_mode: bool = False
    contact_rolls_up_to_account: bool = False
    opt_out_keeps_charge: bool = False
    empty_default_is_skipped: bool = False
    resolved_cases_locked: bool = False

    def __post_init__(self) -> None:
        if self.close_children_with_parent and self.children_block_parent:
            raise ValueError(
                "close_children_with_parent and children_block_parent cannot both be true: "
                "children either close with their parent or keep it open"
            )
