"""What a past asks of the rest of a scenario, and what it refuses with one clear sentence."""

import datetime as dt

import pytest
from broken_scenarios import GOOD

from entitlement_sim import DocumentError, Scenario
from entitlement_sim.population.inflow import held_per_join

PAST = ("bursts:", "history: { years: 6 }\nbursts:")
NO_JOINS = ("    joins: { at_start: 0.5 }\n", "")
SHOPS = (
    "  shops: { customers: 3, drawn_as: offices, cases: { per_year: 1 }, "
    "holds: [{ template: Pack }] }"
)
NO_PACKS = ("share: 0.7", "share: 0")
FIXED_PERIOD = ("term: { months: 12 }", "term: { from: 2024-01-02, until: 2025-01-01 }")

REFUSED = {
    "joins": (
        [PAST],
        "36:14: segments.offices.joins.at_start: has no place beside 'history', with which "
        "customers join at a steady rate; leave it out",
    ),
    "too early": (
        [PAST, NO_JOINS, ("start: 2024-01-01", "start: 1975-01-01")],
        "55:19: history.years: reaches back before 1970-01-01; write fewer years, or a later "
        "calendar.start",
    ),
    "nobody can hold a contract": (
        [
            PAST,
            NO_JOINS,
            ("share: 0.7", "share: 0"),
            ("      - template: Retainer\n", ""),
        ],
        "35:16: segments.offices.customers: counts those who hold a contract on the first day, but "
        "nobody can: 'holds' sells nothing by then; write a holding, or 0 customers",
    ),
    "a fixed period begins after the first day": (
        [PAST, NO_JOINS, NO_PACKS, FIXED_PERIOD],
        "35:16: segments.offices.customers: counts those who hold a contract on the first day, but "
        "nobody can: the first period of 'Retainer' begins on 2024-01-02; write an earlier one "
        "that it follows, or 0 customers",
    ),
    "all that is sold goes with what nobody buys": (
        [
            PAST,
            NO_JOINS,
            NO_PACKS,
            ("- template: Retainer\n", "- { template: Retainer, starts: with_contract }\n"),
        ],
        "35:16: segments.offices.customers: counts those who hold a contract on the first day, but "
        "nobody can: what 'holds' sells by then goes with another contract; write a holding that "
        "does not, or 0 customers",
    ),
    "everybody is never covered": (
        [PAST, NO_JOINS, ("    picks:", "    life: { never_covered: 1 }\n    picks:")],
        "35:16: segments.offices.customers: counts those who hold a contract on the first day, but "
        "nobody can: 'life.never_covered' lets everybody buy nothing; write a smaller share, or "
        "0 customers",
    ),
    "customers shared out": (
        [PAST, NO_JOINS, ("history:", f"{SHOPS}\nhistory:")],
        "55:3: segments.shops: is drawn like 'offices', too: beside 'history' customers join as a "
        "stream, which two segments cannot share out",
    ),
}


def changed(changes: list[tuple[str, str]]) -> str:
    text = GOOD
    for written, instead in changes:
        assert text.count(written) == 1
        text = text.replace(written, instead)
    return text


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_with_a_past_is_refused(what: str) -> None:
    changes, said = REFUSED[what]
    with pytest.raises(DocumentError) as refusal:
        Scenario.parse(changed(changes), "trial.yaml")
    assert str(refusal.value) == f"trial.yaml:{said}"


def test_names_that_are_unknown_are_no_obstacle_to_judging_a_past() -> None:
    with pytest.raises(DocumentError, match="unknown template 'Retaine'"):
        Scenario.parse(changed([PAST, NO_JOINS, ("- template: Retainer", "- template: Retaine")]))


@pytest.mark.parametrize(
    "changes",
    [
        [NO_PACKS, FIXED_PERIOD, ("from: 2024-01-02", "from: 2024-01-01")],
        [FIXED_PERIOD],
        [("    picks:", "    life: { never_covered: 0.99 }\n    picks:")],
    ],
    ids=["a period begins on the first day", "another holding", "few are covered"],
)
def test_a_past_in_which_somebody_holds_a_contract_is_accepted(
    changes: list[tuple[str, str]],
) -> None:
    model = Scenario.parse(changed([PAST, NO_JOINS, *changes])).model
    assert held_per_join(model, model.segments["offices"]) > 0


def test_a_past_begins_on_the_same_day_of_an_earlier_year() -> None:
    model = Scenario.parse(changed([PAST, NO_JOINS])).model
    assert model.history_start == dt.date(2018, 1, 1)


def test_a_past_of_a_leap_day_begins_on_the_last_of_february() -> None:
    leap = changed([PAST, NO_JOINS, ("start: 2024-01-01", "start: 2024-02-29")])
    assert Scenario.parse(leap).model.history_start == dt.date(2018, 2, 28)


def test_an_offering_may_not_take_away_what_was_sold_in_the_past() -> None:
    scenario = Scenario.parse(changed([PAST, NO_JOINS]))
    without = {
        "templates": {"Retainer": {"allocation": "hours", "total_terms": 12.5}},
        "segments.offices.holds": [{"template": "Retainer"}],
    }
    with pytest.raises(DocumentError, match="lack 'Pack', of which contracts were sold before"):
        scenario.with_(without)
