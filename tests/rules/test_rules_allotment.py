"""What is taken, given back, let through and refused, in hundredths of a term."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entitlement_sim.rules.allotment import (
    LARGEST_TOTAL,
    billable_minutes,
    charge_on_attach,
    charge_on_reactivate,
    charge_on_resolve,
    hundredths_of_minutes,
    is_own_customer,
    is_reopened_uncharged,
    is_turned_away_by_default,
    minutes_when_none_given,
    refund_on_cancel,
    refund_on_detach,
    refund_on_merge,
    refund_on_opt_out,
    refund_on_reactivate,
    refusal_by_default,
    refuse_blank_total,
    refuse_channel_total,
    refuse_match,
    refuse_new_total,
    refuse_reactivation,
    refuse_remaining,
    refuse_terms,
    refuse_total,
    refuse_total_for_channel,
    remaining_after_edit,
    rule_of_charge,
    rule_of_refund,
)
from entitlement_sim.rules.renewal import renewed_remaining
from entitlement_sim.rules.words import (
    Allocation,
    CaseState,
    Charge,
    DecreaseOn,
    Refund,
    Refusal,
    RuleId,
    State,
)

CASES, HOURS = Allocation
RESOLUTION, CREATION = DecreaseOn
AMOUNTS = st.integers(-1_000_000, 1_000_000)
MINUTES = st.integers(0, 2_147_483_647)


@given(MINUTES)
def test_minutes_become_the_nearest_hundredth_of_an_hour(minutes) -> None:
    exact = Fraction(100 * minutes, 60)
    assert hundredths_of_minutes(minutes) == round(exact)
    assert abs(hundredths_of_minutes(minutes) - exact) < Fraction(1, 2)  # never half-way


@given(st.integers(0, 1_000_000))
def test_whole_hours_are_whole_terms(hours) -> None:
    assert hundredths_of_minutes(60 * hours) == 100 * hours


@given(MINUTES, MINUTES)
def test_more_minutes_never_cost_less(one, other) -> None:
    low, high = sorted((one, other))
    assert hundredths_of_minutes(low) <= hundredths_of_minutes(high)


@given(st.lists(st.integers(0, 10_000), max_size=30))
def test_rounding_each_case_is_off_by_a_third_of_a_hundredth_a_case_at_most(cases) -> None:
    exact = Fraction(100 * sum(cases), 60)
    assert abs(sum(map(hundredths_of_minutes, cases)) - exact) <= Fraction(len(cases), 3)


@pytest.mark.parametrize(
    ("minutes", "cost"), [(0, 0), (1, 2), (2, 3), (20, 33), (30, 50), (61, 102)]
)
def test_there_is_no_minimum_and_no_rounding_up(minutes, cost) -> None:
    assert hundredths_of_minutes(minutes) == cost


# ------------------------------------------------------------------------------ charges


@pytest.mark.parametrize(
    ("allocation", "decrease_on", "created", "resolved"),
    [(CASES, CREATION, 100, 0), (CASES, RESOLUTION, 0, 100), (HOURS, RESOLUTION, 0, 150)],
)
def test_one_event_of_a_case_takes_its_terms(allocation, decrease_on, created, resolved) -> None:
    assert charge_on_attach(decrease_on, True) == created
    assert charge_on_resolve(allocation, decrease_on, True, 90) == resolved


@given(st.sampled_from(Allocation), st.sampled_from(DecreaseOn), MINUTES)
def test_do_not_decrement_takes_nothing(allocation, decrease_on, minutes) -> None:
    assert charge_on_attach(decrease_on, False) == 0
    assert charge_on_resolve(allocation, decrease_on, False, minutes) == 0
    assert charge_on_reactivate(CaseState.CANCELLED, decrease_on, False) == 0


@given(st.sampled_from(DecreaseOn))
def test_cancelling_gives_back_what_attaching_took_and_reactivating_takes_it_again(mode) -> None:
    taken = charge_on_attach(mode, True)
    assert refund_on_cancel(mode, taken) == taken
    assert charge_on_reactivate(CaseState.CANCELLED, mode, True) == taken


@given(st.sampled_from(Allocation), st.sampled_from(DecreaseOn), MINUTES)
def test_reactivating_gives_back_what_resolving_took(allocation, mode, minutes) -> None:
    taken = charge_on_resolve(allocation, mode, True, minutes)
    assert refund_on_reactivate(CaseState.RESOLVED, mode, taken) == taken
    assert charge_on_reactivate(CaseState.RESOLVED, mode, True) == 0
    assert refund_on_reactivate(CaseState.CANCELLED, mode, taken) == 0


@given(st.sampled_from(DecreaseOn), st.integers(1, 1000))
def test_merging_gives_back_as_cancelling_does(mode, held) -> None:
    assert refund_on_merge(mode, held) == refund_on_cancel(mode, held)
    assert refund_on_merge(mode, held) == (held if mode == CREATION else 0)


def test_leaving_an_entitlement_gives_back_unless_it_is_switched_off() -> None:
    assert refund_on_detach(CREATION, 100, True) == 100
    assert refund_on_detach(CREATION, 100, False) == 0
    assert refund_on_detach(RESOLUTION, 100, True) == 0


def test_all_completed_minutes_are_billed_unless_those_billed_before_are_left_out() -> None:
    assert billable_minutes(90, 60, False) == 90
    assert billable_minutes(90, 60, True) == 30
    assert billable_minutes(30, 60, True) == 0
    assert minutes_when_none_given(90, False) == 90
    assert minutes_when_none_given(90, True) == 0


# -------------------------------------------------------------------------------- gate


@given(remaining=AMOUNTS, row=AMOUNTS, has_row=st.booleans())
def test_the_gate_shuts_at_zero_overall_or_on_the_channel(remaining, row, has_row) -> None:
    shut = remaining <= 0 or (has_row and row <= 0)
    refusal = refuse_terms(True, True, remaining, has_row, row, False)
    assert (refusal == Refusal.InvalidEntitlementAssociationToCase) == shut


@given(remaining=AMOUNTS, row=AMOUNTS, has_row=st.booleans(), literal=st.booleans())
def test_without_restriction_or_without_decrement_the_gate_is_open(
    remaining, row, has_row, literal
) -> None:
    assert refuse_terms(False, True, remaining, has_row, row, literal) == Refusal.NONE
    assert refuse_terms(True, False, remaining, has_row, row, literal) == Refusal.NONE


@given(remaining=AMOUNTS, row=AMOUNTS, has_row=st.booleans())
def test_the_literal_gate_refuses_exactly_at_zero_less_often(remaining, row, has_row) -> None:
    literal = refuse_terms(True, True, remaining, has_row, row, True)
    shut = remaining < 0 or (has_row and row < 0)
    assert (literal != Refusal.NONE) == shut


@given(st.booleans(), st.booleans(), st.booleans(), st.booleans(), st.booleans())
def test_customer_listed_contact_and_listed_product_must_all_fit(
    own, wants_c, c, wants_p, p
) -> None:
    fits = own and (c or not wants_c) and (p or not wants_p)
    assert (refuse_match(own, wants_c, c, wants_p, p) == Refusal.NONE) == fits


def test_a_contact_passes_for_its_account_only_when_switched_and_no_contacts_are_listed() -> None:
    assert is_own_customer(True, False, True, False)
    assert not is_own_customer(False, True, False, False)
    assert is_own_customer(False, True, False, True)
    assert not is_own_customer(False, True, True, True)
    assert not is_own_customer(False, False, False, True)


# ------------------------------------------------------------------------------- totals


@given(st.integers(0, LARGEST_TOTAL))
def test_totals_in_cases_are_whole_and_in_hours_need_not_be(total) -> None:
    whole = total % 100 == 0
    assert refuse_total(total, HOURS) == Refusal.NONE
    assert (refuse_total(total, CASES) == Refusal.NONE) == whole


@pytest.mark.parametrize("total", [-1, -100, LARGEST_TOTAL + 100])
def test_totals_lie_in_the_range_of_the_column(total) -> None:
    assert refuse_total(total, HOURS) == Refusal.NegativeTotalTerms


@given(remaining=AMOUNTS, old=st.integers(0, 10**6), new=st.integers(0, 10**6))
def test_a_new_total_moves_the_rest_by_as_much_and_back(remaining, old, new) -> None:
    after = remaining_after_edit(remaining, old, new)
    assert after - remaining == new - old
    assert remaining_after_edit(after, new, old) == remaining


@given(used=st.integers(0, 10**6), old=st.integers(0, 10**6), new=st.integers(0, 10**6))
def test_a_new_total_covers_what_is_used(used, old, new) -> None:
    refusal = refuse_new_total(old - used, old, new)
    expected = Refusal.EntitlementInvalidTerms if new < used and new != old else Refusal.NONE
    assert refusal == expected


@given(remaining=AMOUNTS, total=st.integers(0, 10**6))
def test_by_hand_the_rest_lies_between_nothing_and_the_total(remaining, total) -> None:
    assert (refuse_remaining(remaining, total) == Refusal.NONE) == (0 <= remaining <= total)


@given(channel=AMOUNTS, total=AMOUNTS)
def test_a_channel_and_its_total_are_refused_alike_from_both_sides(channel, total) -> None:
    fits = channel <= total
    assert (refuse_channel_total(channel, total) == Refusal.NONE) == fits
    assert (refuse_total_for_channel(total, channel) == Refusal.NONE) == fits


@pytest.mark.parametrize(("restrict", "allow"), [(False, False), (False, True), (True, True)])
def test_a_blank_total_is_let_through(restrict, allow) -> None:
    assert refuse_blank_total(restrict, allow) == Refusal.NONE


def test_a_blank_total_is_refused_where_cases_are_restricted() -> None:
    assert refuse_blank_total(True, False) == Refusal.EntitlementBlankTerms


def test_a_renewed_balance_is_the_total_or_the_old_rest() -> None:
    assert renewed_remaining(700, -300, True, False) == 700
    assert renewed_remaining(700, -300, True, True) == -300


def test_an_entitlement_renewed_into_another_offering_has_that_ones_terms() -> None:
    assert renewed_remaining(700, -300, False, True) == 700
    assert renewed_remaining(700, -300, False, False) == 700


@pytest.mark.parametrize(
    ("event", "in_cases", "in_hours"),
    [
        (Charge.ON_ATTACH, RuleId.T1, RuleId.T1),
        (Charge.ON_RESOLUTION, RuleId.T1, RuleId.T4),
        (Charge.ON_REACTIVATION, RuleId.T2, RuleId.T2),
    ],
)
def test_a_charge_bears_the_rule_of_its_event(event, in_cases, in_hours) -> None:
    assert rule_of_charge(event, Allocation.CASES) == in_cases
    assert rule_of_charge(event, Allocation.HOURS) == in_hours


@pytest.mark.parametrize(
    ("event", "rule"),
    [
        (Refund.ON_CANCELLATION, RuleId.T2),
        (Refund.ON_REACTIVATION, RuleId.T3),
        (Refund.ON_MERGE, RuleId.M1),
        (Refund.ON_DETACH, RuleId.T1),
        (Refund.ON_OPT_OUT, RuleId.D1),
    ],
)
def test_a_refund_bears_the_rule_of_its_event(event, rule) -> None:
    assert rule_of_refund(event) == rule


EMPTY = Refusal.InvalidEntitlementAssociationToCase
UNFIT = Refusal.InvalidEntitlementForSelectedCustomerOrProduct
NOT_ACTIVE = Refusal.EntitlementNotActiveInAssociationToCase


@pytest.mark.parametrize("creating", [False, True])
@pytest.mark.parametrize("skips", [False, True])
def test_a_default_that_does_not_fit_is_skipped_unless_failures_block(creating, skips) -> None:
    assert refusal_by_default(UNFIT, creating, False, skips) == Refusal.NONE
    assert refusal_by_default(UNFIT, creating, True, skips) == UNFIT
    assert refusal_by_default(NOT_ACTIVE, creating, True, skips) == Refusal.NONE


@pytest.mark.parametrize("blocks", [False, True])
def test_an_empty_default_refuses_a_new_case_unless_it_is_skipped(blocks) -> None:
    assert refusal_by_default(EMPTY, True, blocks, False) == Refusal.CannotCreateCase
    assert refusal_by_default(EMPTY, True, blocks, True) == Refusal.NONE


@pytest.mark.parametrize("skips", [False, True])
def test_an_empty_default_is_skipped_on_update_unless_failures_block(skips) -> None:
    assert refusal_by_default(EMPTY, False, False, skips) == Refusal.NONE
    assert refusal_by_default(EMPTY, False, True, skips) == EMPTY


@pytest.mark.parametrize("blocks", [False, True])
@pytest.mark.parametrize("skips", [False, True])
def test_a_default_that_fits_refuses_nothing(blocks, skips) -> None:
    assert refusal_by_default(Refusal.NONE, True, blocks, skips) == Refusal.NONE


def test_only_a_default_that_does_not_fit_turns_a_case_away_for_good() -> None:
    turned_away = [refusal for refusal in Refusal if is_turned_away_by_default(refusal)]
    assert set(Refusal) - set(turned_away) == {Refusal.NONE, Refusal.CannotCreateCase}


def test_opting_out_gives_back_the_creation_term_of_an_active_case() -> None:
    assert refund_on_opt_out(CaseState.ACTIVE, CREATION, 100, False) == 100
    assert refund_on_opt_out(CaseState.ACTIVE, CREATION, 100, True) == 0
    assert refund_on_opt_out(CaseState.ACTIVE, RESOLUTION, 100, False) == 0
    for closed in (CaseState.RESOLVED, CaseState.CANCELLED):
        assert refund_on_opt_out(closed, CREATION, 100, False) == 0


def test_only_a_resolved_case_that_pays_nothing_on_creation_is_reopened_uncharged() -> None:
    assert is_reopened_uncharged(CaseState.RESOLVED, CREATION, True, False)
    assert not is_reopened_uncharged(CaseState.RESOLVED, CREATION, True, True)
    assert not is_reopened_uncharged(CaseState.RESOLVED, CREATION, False, False)
    assert not is_reopened_uncharged(CaseState.RESOLVED, RESOLUTION, True, False)
    assert not is_reopened_uncharged(CaseState.CANCELLED, CREATION, True, False)


@pytest.mark.parametrize("state", State)
def test_a_reactivation_asks_nothing_of_its_entitlement_unless_it_is_gated(state) -> None:
    empty = (state, True, True, 0, False, 0, False)
    assert refuse_reactivation(False, *empty) == Refusal.NONE
    assert refuse_reactivation(True, *empty) == (
        Refusal.InvalidEntitlementAssociationToCase
        if state == State.ACTIVE
        else Refusal.InvalidEntitlementStateAssociateToCase
    )


@pytest.mark.parametrize(
    ("remaining", "channel", "literal", "passes"),
    [(1, 1, False, True), (0, 1, False, False), (1, 0, False, False), (0, 0, True, True)],
)
def test_a_gated_reactivation_passes_the_gate_as_a_new_case(
    remaining, channel, literal, passes
) -> None:
    refusal = refuse_reactivation(True, State.ACTIVE, True, True, remaining, True, channel, literal)
    assert (refusal == Refusal.NONE) == passes
