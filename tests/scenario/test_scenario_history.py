"""What a past asks of the rest of a scenario, and what it refuses with one clear sentence."""

import datetime as dt

import pytest
from broken_scenarios import GOOD

from entitlement_sim import DocumentError, Scenario

PAST = ("bursts:", "history: { years: 6 }\nbursts:")
NO_JOINS = ("    joins: { at_start: 0.5 }\n", "")
SHOPS = (
    "  shops: { customers: 3, drawn_as: offices, cases: { per_year: 1 }, "
    "holds: [{ template: Pack }] }"
)

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
