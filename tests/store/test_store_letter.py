"""What a customer is written about a balance: sentences anybody understands, whole."""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import pytest

from entitlement_sim.rules.words import Reason, State, labels
from entitlement_sim.store.explain import Explanation, Movement, StateChange
from entitlement_sim.store.letter import _PLAINLY, _STATES

RULE = "T8"


def movement(day, amount, balance, reason, case=None, origin=None, origin_amount=None, **became):
    return Movement(
        datetime(2025, 3, day, 9, 30), day, Decimal(amount), Decimal(balance), origin,
        origin_amount, None, reason, RULE, case, became.get("outcome"),
    )  # fmt: skip


LIFE = Explanation(
    entitlement_id=7, customer_id=3, segment="small", template="Pack 10", allocation="cases",
    decrease_on="creation", restrict=True, start_date=date(2025, 3, 1), end_date=date(2026, 2, 28),
    total_terms=Decimal(10), price=Decimal(1500), currency="EUR", renews=None, renewed_by=(),
    on=None, states=(StateChange(date(2025, 3, 1), None, "active", "created"),),
    movements=(
        movement(1, "10.00", "10.00", "allot"),
        movement(1, "0.00", "10.00", "allot", None, "phone", Decimal(4)),
        movement(1, "0.00", "10.00", "allot", None, "twitter", Decimal(0)),
        movement(2, "-1.00", "9.00", "consume", 21, "phone"),
        movement(3, "0.00", "9.00", "refused", 22, "twitter", outcome="turned_away"),
        movement(4, "0.00", "9.00", "expire"),
    ),
)  # fmt: skip


def test_a_contract_in_force_is_told_whole():
    lines = str(LIFE.for_customer()).splitlines()
    assert [" ".join(line.split()) for line in lines] == [
        "Your contract Pack 10 (number 7) runs from 1 Mar 2025 to 28 Feb 2026. It is in force.",
        "Its price is EUR 1,500.00.",
        "It includes 10 cases. Your cases have used 1 case of it. 9 cases are left now.",
        "1 case could not be covered by it: nothing was left, or what came that way is no part of "
        "it.",
        "",
        "How we come to it",
        "when what case change left",
        "2025-03-01 09:30 included in your contract +10.00 10.00",
        "2025-03-01 09:30 of these at most 4 cases by phone 10.00",
        "2025-03-01 09:30 of these none by twitter 10.00",
        "2025-03-02 09:30 used for a case by phone 21 -1.00 9.00",
        "2025-03-03 09:30 a case that was not covered by twitter: not worked on 22 0.00 9.00",
    ]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"on": date(2025, 3, 2)}, "9 cases are left at the end of 2 Mar 2025."),
        (
            {"states": (StateChange(date(2026, 3, 1), "active", "expired", "expired"),)},
            "9 cases were left when it ended.",
        ),
        (
            {"total_terms": Decimal(0), "restrict": False},
            "It covers as many cases as you have; used so far: 1 case.",
        ),
    ],
    ids=["on a day", "ended", "without a number"],
)
def test_what_is_left_is_told_as_it_stands(changes, sentence):
    assert sentence in str(replace(LIFE, **changes).for_customer())


def test_every_reason_and_every_state_has_plain_words():
    assert set(_PLAINLY) == set(labels(Reason))
    assert set(_STATES) == set(labels(State))


def test_accounts_of_cases_are_named_where_there_are_any():
    wrote = [replace(each, account=2 if each.case_id else None) for each in LIFE.movements]
    letter = replace(LIFE, movements=tuple(wrote), account=2).for_customer()
    assert letter.sentences()[1] == "It covers cases of your account 2 only."
    headings, rows = letter.as_rows()
    assert headings == ["when", "what", "case", "account", "change", "left"]
    assert [row[3] for row in rows] == ["", "", "", "2", "2"]
    assert {len(row) for row in rows} == {6}


def test_its_rows_are_those_of_the_list():
    headings, rows = LIFE.for_customer().as_rows()
    assert headings == ["when", "what", "case", "change", "left"]
    assert rows[3] == ["2025-03-02 09:30", "used for a case by phone", "21", "-1.00", "9.00"]


def test_names_stay_letters_in_a_notebook():
    html = replace(LIFE, template="<b>Pack</b>").for_customer()._repr_html_()
    assert "&lt;b&gt;Pack&lt;/b&gt;" in html
