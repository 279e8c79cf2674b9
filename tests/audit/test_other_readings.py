"""A book that keeps to another reading of the rules is no book of violations."""

import pytest
from audited_books import book_of_customers

from entitlement_sim.audit import Audit
from entitlement_sim.exchange.entering import enter
from entitlement_sim.rules.words import SWITCHES

#: Readings that a scenario can keep to.
READINGS = {name: True for name, switch in SWITCHES.items() if switch.in_scenario} | {
    "job_time": "06:00"
}
#: Readings that move balances of the demo.
MOVING = ("gate_literal_below_zero", "renew_copies_remaining")


@pytest.mark.parametrize("name", ["gate_literal_below_zero"])
def test_a_book_that_keeps_to_a_reading_is_explained_by_it(name: str) -> None:
    _assert_explained(name)


@pytest.mark.soak
@pytest.mark.parametrize("name", READINGS)
def test_a_book_is_explained_by_its_reading_or_not_moved(name: str) -> None:
    _assert_explained(name)


def _assert_explained(name: str) -> None:
    answer = Audit(enter(book_of_customers(40, 20, 6, **{name: READINGS[name]})))
    assert not answer.parts
    explaining = {finding.switch for finding in answer.findings if finding.switch}
    assert explaining <= {name}
    if name in MOVING:
        assert explaining
