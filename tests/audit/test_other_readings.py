"""A book that keeps to another reading of the rules is no book of violations."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from audited_books import (
    book_of_customers,
    with_cases_marked_later,
    without_billed_minutes,
    without_minutes_of_resolutions,
)

from entitlement_sim.audit import Audit
from entitlement_sim.exchange.book import Book
from entitlement_sim.exchange.entering.entering import enter
from entitlement_sim.rules.words import SWITCHES

#: Readings that a scenario can keep to.
READINGS: dict[str, Any] = {
    name: True for name, switch in SWITCHES.items() if switch.in_scenario
} | {"job_time": "06:00"}
#: Cases come by night as by day, so that it matters when a day of a contract begins.
_BY_NIGHT = {
    "calendar.hours": [4.0] * 16 + [4.5] * 8,
    "segments.enterprise.cases.per_year": 400,
    "history": None,
}
#: A book that is kept by each reading of which a book tells.
KEPT: dict[str, Callable[[], Book]] = {
    "gate_literal_below_zero": partial(book_of_customers, 40, 20, 6, gate_literal_below_zero=True),
    "renew_copies_remaining": partial(book_of_customers, 40, 20, 6, renew_copies_remaining=True),
    "minimal_dialog_bills_zero": lambda: without_billed_minutes(
        book_of_customers(0, 20, 0, {"history": None, "segments.midsize.amendments.per_year": 0.0})
    ),
    "exclude_billed_minutes": lambda: without_minutes_of_resolutions(
        book_of_customers(0, 0, 6, exclude_billed_minutes=True)
    ),
    "job_time": partial(book_of_customers, 0, 0, 15, _BY_NIGHT, job_time="06:00"),
    "utc_midnight_mode": partial(
        book_of_customers, 0, 0, 15, _BY_NIGHT | {"calendar.zone": "Asia/Tokyo"},
        utc_midnight_mode=True,
    ),
    "opt_out_keeps_charge": lambda: with_cases_marked_later(book_of_customers(40, 20, 0), 40),
}  # fmt: skip
#: The others, of which none does.
UNTOLD = READINGS.keys() - KEPT.keys()


@pytest.mark.parametrize("name", ["gate_literal_below_zero"])
def test_a_book_that_keeps_to_a_reading_is_explained_by_it(name: str) -> None:
    _assert_explained(name)


@pytest.mark.soak
@pytest.mark.parametrize("name", KEPT.keys() - {"gate_literal_below_zero"})
def test_a_book_that_keeps_to_any_reading_it_tells_of_is_explained_by_it(name: str) -> None:
    _assert_explained(name)


def _assert_explained(name: str) -> None:
    answer = Audit(enter(KEPT[name]()))
    assert not answer.parts
    assert {finding.switch for finding in answer.findings if finding.switch} == {name}
    most = max(answer.switching, key=lambda turned: len(turned.explained))
    assert (most.switch, most.is_kept_to) == (name, True)


@pytest.mark.soak
@pytest.mark.parametrize("name", UNTOLD)
def test_of_a_reading_that_leaves_no_trace_it_is_said_why(name: str) -> None:
    answer = Audit(enter(book_of_customers(40, 20, 6, **{name: READINGS[name]})))
    assert not answer.parts
    assert not any(finding.switch for finding in answer.findings)
    [turned] = [turned for turned in answer.switching if turned.switch == name]
    assert (turned.moved, bool(turned.why_none_moved)) == (0, True)
