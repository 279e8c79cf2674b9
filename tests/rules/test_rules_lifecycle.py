"""States of an entitlement, state by state and day by day."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entitlement_sim.rules.lifecycle import (
    first_minute,
    refuse_activate,
    refuse_cancel,
    refuse_channel_edit,
    refuse_deactivate,
    refuse_delete,
    refuse_edit,
    refuse_set_default,
    state_by_date,
    state_day,
    state_on_activation,
)
from entitlement_sim.rules.refusals import CATALOGUE
from entitlement_sim.rules.renewal import refuse_renew, renewed_end, state_of_old
from entitlement_sim.rules.words import STATUS_OF_STATE, Refusal, State

DRAFT, ACTIVE, CANCELLED, EXPIRED, WAITING = State
OK = Refusal.NONE
DAYS = st.integers(min_value=-40_000, max_value=2_000_000)


def test_states_have_the_numbers_of_dataverse() -> None:
    assert {state.name: (int(state), STATUS_OF_STATE[state]) for state in State} == {
        "DRAFT": (0, 0),
        "ACTIVE": (1, 1),
        "CANCELLED": (2, 2),
        "EXPIRED": (3, 3),
        "WAITING": (4, 1200),
    }


@pytest.mark.parametrize(
    ("action", "answers"),
    [
        # draft, active, cancelled, expired, waiting
        (refuse_activate, [OK, 0x80060615, 0x80060606, 0x80060606, 0x80060606]),
        (refuse_deactivate, [0x80060614, OK, 0x80060608, 0x80060608, OK]),
        (refuse_cancel, [0x80060607, OK, 0x80044208, 0x80060607, OK]),
        (refuse_renew, [0x80060610, 0x80060610, OK, OK, 0x80060610]),
        (refuse_delete, [OK, 0x80060601, OK, OK, 0x80060601]),
        (refuse_edit, [OK, 0x80060613, 0x80060613, 0x80060613, 0x80060613]),
        (refuse_channel_edit, [OK, 0x80060603, 0x80060603, 0x80060603, 0x80060603]),
        (refuse_set_default, [0x80060852, OK, 0x80060852, 0x80060852, 0x80060852]),
    ],
    ids=lambda one: getattr(one, "__name__", ""),
)
def test_each_action_is_open_to_some_states_only(action, answers) -> None:
    codes = [OK if action(state) == OK else CATALOGUE[action(state)].code for state in State]
    assert codes == answers


@given(start=DAYS, length=st.integers(0, 4000), today=DAYS)
def test_activation_lands_by_the_dates_with_both_ends_covered(start, length, today) -> None:
    landing = state_on_activation(today, start, start + length)
    if today < start:
        assert landing == WAITING
    elif today <= start + length:
        assert landing == ACTIVE
    else:
        assert landing == EXPIRED


@given(start=DAYS, length=st.integers(0, 4000), today=DAYS)
def test_the_job_agrees_with_activation_on_any_day(start, length, today) -> None:
    assert state_by_date(WAITING, today, start, start + length) == state_on_activation(
        today, start, start + length
    )


@given(state=st.sampled_from([DRAFT, CANCELLED, EXPIRED]), start=DAYS, today=DAYS)
def test_the_job_leaves_drafts_and_what_is_over_alone(state, start, today) -> None:
    assert state_by_date(state, today, start, start + 30) == state


@given(start=DAYS, length=st.integers(0, 400), days=st.lists(st.integers(-500, 900)))
def test_the_job_never_goes_back(start, length, days) -> None:
    order = [WAITING, ACTIVE, EXPIRED]
    state = WAITING
    for day in sorted(days):
        after = state_by_date(state, start + day, start, start + length)
        assert order.index(after) >= order.index(state)
        state = after


@given(today=DAYS, start=DAYS, length=st.integers(0, 4000))
def test_renewal_keeps_the_number_of_days(today, start, length) -> None:
    assert renewed_end(today, start, start + length) - today == length


def test_renewal_leaves_the_old_state_unless_it_is_switched() -> None:
    assert [state_of_old(state, False) for state in (CANCELLED, EXPIRED)] == [CANCELLED, EXPIRED]
    assert [state_of_old(state, True) for state in (CANCELLED, EXPIRED)] == [CANCELLED, CANCELLED]


@given(
    day=st.integers(-1000, 30_000),
    minute=st.integers(0, 1439),
    offset=st.integers(-14 * 60, 14 * 60),
    job=st.integers(0, 1439),
)
def test_the_day_of_the_job_is_the_local_day_from_its_minute_on(day, minute, offset, job) -> None:
    expected = day if minute >= job else day - 1
    assert state_day(day * 1440 + minute, offset, False, job) == expected


@given(day=st.integers(-1000, 30_000), minute=st.integers(0, 1439), offset=st.integers(-840, 840))
def test_in_utc_mode_the_day_is_that_of_utc(day, minute, offset) -> None:
    local = day * 1440 + minute
    assert state_day(local, offset, True, 0) == (local - offset) // 1440


@given(
    day=st.integers(-1000, 30_000),
    offset=st.integers(-840, 840),
    job=st.integers(0, 1439),
    utc=st.booleans(),
)
def test_a_day_of_the_job_begins_at_its_first_minute(day, offset, job, utc) -> None:
    minute = first_minute(day, offset, utc, job)
    assert state_day(minute, offset, utc, job) == day
    assert state_day(minute - 1, offset, utc, job) == day - 1
