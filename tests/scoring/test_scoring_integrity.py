"""What must not be in a run, each thing put into one by hand."""

import pytest
from hand_made import HandMade, iso

PARTS = (
    "case before joining", "use out of cover", "ledger does not sum", "successor overlaps",
    "use without case",
)  # fmt: skip


def portfolio() -> tuple[HandMade, int]:
    """One contract with a case that took a term, and its renewal."""
    made = HandMade(days=400)
    contract = made.holds(10, 109)
    case = made.case(10, entitlement=contract, time="00:00")
    made.moves(contract, 10, -1, case=case)
    late = made.case(109, entitlement=contract, time="23:59")
    made.moves(contract, 120, -1, case=late)  # attached before the end: allowed
    made.holds(110, 209, renews=contract)
    made.customers[1]["joined_on"] = iso(10)
    return made, contract


def wrong(card) -> dict[str, float]:
    return {part: card("integrity", part) for part in PARTS}


def test_a_sound_run_has_none_of_it(numbers):
    made, _ = portfolio()
    card = numbers(made.run())
    assert wrong(card) == dict.fromkeys(PARTS, 0)
    assert [card.of("integrity", part, "n") for part in PARTS] == [2, 2, 2, 1, 2]


def test_a_case_before_its_customer(numbers):
    made, _ = portfolio()
    made.case(9, time="23:59")
    assert wrong(numbers(made.run()))["case before joining"] == 1


@pytest.mark.parametrize(("day", "created"), [(9, 9), (110, 110), (300, 110)])
def test_use_outside_of_the_days_that_are_covered(numbers, day, created):
    made, contract = portfolio()
    made.customers[1]["joined_on"] = iso(0)
    case = made.case(created, entitlement=contract, time="00:00")
    made.moves(contract, day, -1, case=case)
    expected = dict.fromkeys(PARTS, 0) | {"use out of cover": 1}
    assert wrong(numbers(made.run())) == expected


def test_use_after_a_cancellation(numbers):
    made = HandMade(days=400)
    contract = made.holds(0, 99, cancelled=50)
    made.moves(contract, 50, -1, case=made.case(50, entitlement=contract))
    assert wrong(numbers(made.run()))["use out of cover"] == 1


def test_where_days_change_at_another_hour_the_day_after_may_still_be_covered(numbers):
    made, contract = portfolio()
    made.moves(contract, 110, -1, case=made.case(110, entitlement=contract, time="01:00"))
    assert wrong(numbers(made.run(rules={"job_time": "03:00"})))["use out of cover"] == 0


def test_a_ledger_that_does_not_sum(numbers):
    made, _ = portfolio()
    run = made.run()
    run.connection.execute(
        "UPDATE entitlements SET remaining_terms = remaining_terms + 0.01 WHERE entitlement_id = 1"
    )
    assert wrong(numbers(run)) == dict.fromkeys(PARTS, 0) | {"ledger does not sum": 1}


def test_a_successor_that_begins_before_its_predecessor_is_over(numbers):
    made, contract = portfolio()
    made.holds(109, 208, renews=contract)
    assert wrong(numbers(made.run())) == dict.fromkeys(PARTS, 0) | {"successor overlaps": 1}


def test_a_successor_may_begin_on_the_day_of_a_cancellation(numbers):
    made = HandMade(days=400)
    contract = made.holds(0, 99, cancelled=50)
    made.holds(50, 149, renews=contract)
    assert wrong(numbers(made.run()))["successor overlaps"] == 0


def test_a_term_that_no_case_took(numbers):
    made, contract = portfolio()
    made.moves(contract, 20, -1)
    assert wrong(numbers(made.run())) == dict.fromkeys(PARTS, 0) | {"use without case": 1}
