"""Random small histories go through the desk and through the engine, and every row agrees."""

import time

import pytest
from random_histories import Figures, play

from entitlement_sim.rules.words import SWITCHES, RuleId

HISTORIES = 300
#: Turns in which the rarest rule is met: one history in fifty gives back what has ended since (B2),
#: and in three hundred chance may leave it out.
TURNS = 20
HOUR = 3600
#: L8 is of offerings that are revised, which no history has.
RULES = {rule.label for rule in RuleId} - {"L8"}
REFUSALS = {
    "CannotCreateCase",
    "EntitlementNotActiveInAssociationToCase",
    "InvalidEntitlementAssociationToCase",
    "InvalidEntitlementForSelectedCustomerOrProduct",
}
#: Those of a scenario that are no text, and one that is drawn with the clock.
FLAGS = {name for name, switch in SWITCHES.items() if switch.in_scenario} - {
    "job_time",
    "utc_midnight_mode",
}


@pytest.fixture(scope="module")
def figures() -> Figures:
    figures = Figures()
    for turn in range(TURNS):
        play(HISTORIES, turn, figures)
        if set(figures.rules) >= RULES and set(figures.refusals) >= REFUSALS:
            break
    return figures


def test_desk_and_engine_agree_on_every_row(figures: Figures) -> None:
    assert figures.histories >= HISTORIES
    assert figures.rows["ledger"] > 10 * figures.histories


def test_random_histories_switch_everything_that_a_scenario_can(figures: Figures) -> None:
    assert set(figures.switches) == FLAGS


def test_random_histories_move_balances_by_every_rule(figures: Figures) -> None:
    assert set(figures.rules) == RULES


def test_random_histories_meet_every_refusal_of_a_new_case(figures: Figures) -> None:
    assert set(figures.refusals) == REFUSALS


@pytest.mark.soak
def test_desk_and_engine_agree_for_an_hour() -> None:
    until = time.process_time() + HOUR
    start = 0
    while time.process_time() < until:
        start += 1
        print(play(HISTORIES, start))
