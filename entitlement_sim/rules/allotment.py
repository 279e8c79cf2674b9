"""Terms of an entitlement: what may be held, who may take some, how many, and what comes back.

Amounts are whole hundredths of a term (``250`` is 2.5 cases or hours). ``refuse_…`` functions
answer with the refusal that the action meets, or :attr:`Refusal.NONE`.
"""

from .words import Allocation, CaseState, Charge, DecreaseOn, Refund, Refusal, RuleId, State

#: One case, in hundredths of a term.
ONE_CASE = 100

#: The largest total that the product's column takes, in hundredths of a term.
LARGEST_TOTAL = 100_000_000_000 * 100


# ---------------------------------------------------------------- what an entitlement may hold


def refuse_total(total: int, allocation: int) -> Refusal:
    """Totals lie between 0 and 1e11 and are whole when terms are cases (rule T7)."""
    if total < 0 or total > LARGEST_TOTAL:
        return Refusal.NegativeTotalTerms
    if allocation == Allocation.CASES and total % ONE_CASE != 0:
        return Refusal.EntitlementTotalTerms
    return Refusal.NONE


def refuse_template_total(total: int, allocation: int) -> Refusal:
    """The same for a template, under its own name (rule T7)."""
    refusal = refuse_total(total, allocation)
    if refusal == Refusal.EntitlementTotalTerms:
        return Refusal.EntitlementTemplateTotalTerms
    return refusal


def refuse_blank_total(restrict: bool, allow_blank_total: bool) -> Refusal:
    """A blank total counts as 0, but not where cases are restricted (rule T8, question Q6)."""
    if restrict and not allow_blank_total:
        return Refusal.EntitlementBlankTerms
    return Refusal.NONE


def refuse_decrease_on(allocation: int, decrease_on: int) -> Refusal:
    """Hours are only known at resolution, so they decrease there (rule T4, question Q19)."""
    if allocation == Allocation.HOURS and decrease_on == DecreaseOn.CREATION:
        return Refusal.HoursDecreaseOnResolution
    return Refusal.NONE


def refuse_channel_total(channel_total: int, total: int) -> Refusal:
    """A channel holds at most what the whole entitlement holds; sums do not count (rule C3)."""
    if channel_total > total:
        return Refusal.InvalidEntitlementChannelTerms
    return Refusal.NONE


def refuse_total_for_channel(total: int, channel_total: int) -> Refusal:
    """The whole entitlement holds at least what each of its channels holds (rule C3)."""
    if total < channel_total:
        return Refusal.InvalidEntitlementTotalTerms
    return Refusal.NONE


def remaining_after_edit(remaining: int, old_total: int, new_total: int) -> int:
    """A new total moves what remains by as much as it moves the total (rule T8)."""
    return remaining + new_total - old_total


def refuse_remaining(remaining: int, total: int) -> Refusal:
    """By hand, what remains stays between nothing and the total (rule T8)."""
    if remaining < 0:
        return Refusal.EntitlementInvalidTerms
    if remaining > total:
        return Refusal.EntitlementInvalidRemainingTerms
    return Refusal.NONE


def refuse_new_total(remaining: int, old_total: int, new_total: int) -> Refusal:
    """A new total may not leave less than nothing, nor more than itself (rule T8).

    A balance that is below zero already needs a total that lifts it to zero at least.
    """
    if new_total == old_total:
        return Refusal.NONE
    return refuse_remaining(remaining_after_edit(remaining, old_total, new_total), new_total)


def refuse_second_channel(has_channel: bool) -> Refusal:
    """An entitlement has one row a channel (rule C3)."""
    if has_channel:
        return Refusal.InvalidChannelOrigin
    return Refusal.NONE


def refuse_contact(belongs_to_customer: bool) -> Refusal:
    """Only contacts of the entitlement's own customer can be listed (rule A2)."""
    if not belongs_to_customer:
        return Refusal.InvalidEntitlementContacts
    return Refusal.NONE


# ------------------------------------------------------------------- which case may attach


def refuse_state_for_case(state: int, creating: bool) -> Refusal:
    """Only an active entitlement takes cases, whatever its dates say (rule A1)."""
    if state == State.ACTIVE:
        return Refusal.NONE
    if creating:
        return Refusal.EntitlementNotActiveInAssociationToCase
    return Refusal.InvalidEntitlementStateAssociateToCase


def is_own_customer(
    same_customer: bool, contact_of_customer: bool, lists_contacts: bool,
    contact_rolls_up_to_account: bool,
) -> bool:  # fmt: skip
    """Whether the case's customer is the entitlement's (rule A1, question Q21).

    A contact in the customer field is not its account, unless `contact_rolls_up_to_account` lets
    it pass for an account that lists no contacts.
    """
    if same_customer:
        return True
    return contact_rolls_up_to_account and contact_of_customer and not lists_contacts


def refuse_match(
    same_customer: bool, contact_required: bool, contact_listed: bool, product_required: bool,
    product_listed: bool,
) -> Refusal:  # fmt: skip
    """Customer, contact and product must fit; an empty list fits everything (rules A1, A2).

    ``contact_required`` and ``product_required`` say that the entitlement's list is not empty.
    """
    if not same_customer:
        return Refusal.InvalidEntitlementForSelectedCustomerOrProduct
    if contact_required and not contact_listed:
        return Refusal.InvalidEntitlementForSelectedCustomerOrProduct
    if product_required and not product_listed:
        return Refusal.InvalidEntitlementForSelectedCustomerOrProduct
    return Refusal.NONE


#: What stands in the place of an account's number where there is none; accounts count from 1.
NO_ACCOUNT = -1


def serves_account(holder: int, account: int) -> bool:
    """What an account holds serves its own cases; what no account holds serves all (rule B6).

    An entitlement of another account is refused as one of another customer (rule A1).
    """
    return holder in (NO_ACCOUNT, account)


def is_used_up(remaining: int, gate_literal_below_zero: bool) -> bool:
    """Whether a balance shuts the gate: at zero, or only below it (rule G1, question Q1)."""
    if gate_literal_below_zero:
        return remaining < 0
    return remaining <= 0


def refuse_terms(
    restrict: bool, decrement: bool, remaining: int, has_channel: bool, channel_remaining: int,
    gate_literal_below_zero: bool,
) -> Refusal:  # fmt: skip
    """The gate: a restricting entitlement without terms takes no case (rules G1, G2, G3, C1, C2).

    It looks at the balance of today, not at what open cases will still take; a case that takes
    nothing passes; a channel without a row of its own only meets the overall balance.
    """
    if restrict and decrement:
        if is_used_up(remaining, gate_literal_below_zero):
            return Refusal.InvalidEntitlementAssociationToCase
        if has_channel and is_used_up(channel_remaining, gate_literal_below_zero):
            return Refusal.InvalidEntitlementAssociationToCase
    return Refusal.NONE


def refuse_reactivation(
    gate_on_reactivate: bool, state: int, restrict: bool, decrement: bool, remaining: int,
    has_channel: bool, channel_remaining: int, gate_literal_below_zero: bool,
) -> Refusal:  # fmt: skip
    """Reactivating a case asks nothing of its entitlement, or all that attaching does (Q11, G1).

    The balances are those after the case has given back what it took (rule T3): the term that it
    frees by being reactivated is there for it.
    """
    if not gate_on_reactivate:
        return Refusal.NONE
    if refuse_state_for_case(state, False) != Refusal.NONE:
        return refuse_state_for_case(state, False)
    return refuse_terms(
        restrict, decrement, remaining, has_channel, channel_remaining, gate_literal_below_zero
    )


def refusal_by_default(
    refusal: int, creating: bool, default_failure_blocks: bool, empty_default_is_skipped: bool
) -> int:
    """What becomes of a case that the customer's active default refuses (A4, Q14, Q23).

    A default that fits but has no terms refuses a new case, by a name of its own. In all other
    cases it is skipped, and the case goes on without one; or, where failures block, the case is
    refused as if somebody had asked for the default by name. A default that is not active has no
    effect (question Q13).
    """
    if refusal == Refusal.InvalidEntitlementAssociationToCase and creating:
        if empty_default_is_skipped:
            return Refusal.NONE
        return Refusal.CannotCreateCase
    if default_failure_blocks and refusal != Refusal.EntitlementNotActiveInAssociationToCase:
        return refusal
    return Refusal.NONE


def is_turned_away_by_default(refusal: int) -> bool:
    """Whether a new case that its default refuses cannot go on without one (A4, Q14, Q23).

    A default that does not fit blocks for good; where it only has no terms, whether the case is
    worked without an entitlement is up to people.
    """
    return refusal != Refusal.NONE and refusal != Refusal.CannotCreateCase


# ------------------------------------------------------------- what is taken and given back


def hundredths_of_minutes(minutes: int) -> int:
    """Minutes as hundredths of an hour, rounded to nearest (rules T4, T6).

    ``m / 60`` hours are ``5 m / 3`` hundredths, whose fraction is 0, 1/3 or 2/3: never a half.
    """
    return (10 * minutes + 3) // 6


def billable_minutes(completed: int, billed_before: int, exclude_billed_minutes: bool) -> int:
    """Minutes that a resolution bills when nobody says otherwise (rule T5, question Q12).

    All completed minutes count; those that an earlier resolution billed came back when the case
    was reopened, unless `exclude_billed_minutes` leaves them out.
    """
    if exclude_billed_minutes:
        return max(0, completed - billed_before)
    return completed


def rule_of_charge(event: int, allocation: int) -> RuleId:
    """Which rule a row of the ledger bears that takes terms (rules T1, T2, T4)."""
    if event == Charge.ON_REACTIVATION:
        return RuleId.T2
    if event == Charge.ON_RESOLUTION and allocation == Allocation.HOURS:
        return RuleId.T4
    return RuleId.T1


def rule_of_refund(event: int) -> RuleId:
    """Which rule a row of the ledger bears that gives terms back (T1, T2, T3, M1, D1)."""
    if event == Refund.ON_CANCELLATION:
        return RuleId.T2
    if event == Refund.ON_REACTIVATION:
        return RuleId.T3
    if event == Refund.ON_MERGE:
        return RuleId.M1
    if event == Refund.ON_OPT_OUT:
        return RuleId.D1
    return RuleId.T1


def minutes_when_none_given(total_minutes: int, minimal_dialog_bills_zero: bool) -> int:
    """Minutes of a resolution that names none: the case's total time (rule T5, question Q2)."""
    if minimal_dialog_bills_zero:
        return 0
    return total_minutes


def charge_on_attach(decrease_on: int, decrement: bool) -> int:
    """Terms that creating a case with the entitlement, or attaching it later, takes (T1, D1)."""
    if decrease_on == DecreaseOn.CREATION and decrement:
        return ONE_CASE
    return 0


def charge_on_resolve(allocation: int, decrease_on: int, decrement: bool, minutes: int) -> int:
    """Terms that resolving a case takes (rules T1, T4, T5, D1, G2, M3).

    Nothing ever blocks it, and the entitlement pays whatever has become of its state.
    """
    if decrease_on != DecreaseOn.RESOLUTION or not decrement:
        return 0
    if allocation == Allocation.HOURS:
        return hundredths_of_minutes(minutes)
    return ONE_CASE


def refund_on_cancel(decrease_on: int, held: int) -> int:
    """Terms that cancelling an active case gives back, of the `held` that it took (T2, M3)."""
    if decrease_on == DecreaseOn.CREATION:
        return held
    return 0


def refund_on_merge(decrease_on: int, held: int) -> int:
    """Terms that a case gives back when it is merged away: as if cancelled (rule M1, Q17)."""
    return refund_on_cancel(decrease_on, held)


def refund_on_detach(decrease_on: int, held: int, gives_back: bool) -> int:
    """Terms that an open case gives back to the entitlement that it leaves (rule T1, Q8)."""
    if gives_back and decrease_on == DecreaseOn.CREATION:
        return held
    return 0


def refund_on_opt_out(
    state: int, decrease_on: int, held: int, opt_out_keeps_charge: bool
) -> int:  # fmt: skip
    """Terms that a case gives back when it is marked do-not-decrement (rule D1, question Q22).

    An active case gives its creation term back; a closed one keeps what it took.
    """
    if state == CaseState.ACTIVE and decrease_on == DecreaseOn.CREATION:
        return 0 if opt_out_keeps_charge else held
    return 0


def charge_on_reactivate(from_state: int, decrease_on: int, decrement: bool) -> int:
    """Terms that reactivating a cancelled case takes again (rule T2)."""
    if from_state == CaseState.CANCELLED:
        return charge_on_attach(decrease_on, decrement)
    return 0


def refund_on_reactivate(from_state: int, decrease_on: int, held: int) -> int:
    """Terms that reactivating a resolved case gives back, of the `held` it took (rule T3)."""
    if from_state == CaseState.RESOLVED and decrease_on == DecreaseOn.RESOLUTION:
        return held
    return 0


def is_reopened_uncharged(from_state: int, decrease_on: int, decrement: bool, pays: bool) -> bool:
    """Whether a reopened case uses an entitlement that has not charged it (rules T1, T3).

    While a case is resolved, moving it to another entitlement or lifting its mark moves no terms;
    and reactivating a resolved case takes none on creation. So it is active and goes free, unless
    the entitlement ``pays`` already; the ledger shall say so by a row of nothing.
    """
    resolved = from_state == CaseState.RESOLVED
    return resolved and charge_on_attach(decrease_on, decrement) > 0 and not pays
