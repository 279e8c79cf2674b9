"""Accounts of one customer in the views: rows of their own in one, one customer in all others."""

import datetime as dt

from hand_made import HandMade

DEMAND = (
    "SELECT account, arrivals, covered, covered_by_own, uncovered, turned_away, refused "
    "FROM demand_by_account"
)


def pack_of(hand: HandMade, account: int | None, **more: object) -> int:
    """A pack that an account of customer 1 holds, or the customer for all of them."""
    number = hand.holds(0, 99, **more)
    hand.entitlements[-1]["account"] = account
    return number


def test_an_account_is_covered_by_what_it_holds_or_by_what_serves_all():
    hand = HandMade()
    own, pool = pack_of(hand, 1), pack_of(hand, None)
    hand.case(5, entitlement=own, account=1)
    hand.case(6, entitlement=pool, account=1)
    hand.case(7, entitlement=pool, account=2)
    hand.case(8, outcome="uncovered", account=2, refusal="CannotCreateCase")
    hand.case(9, outcome="turned_away", account=3, refusal="CannotCreateCase")
    assert hand.rows(DEMAND) == [
        (1, 2, 2, 1, 0, 0, 0),
        (2, 2, 1, 0, 1, 0, 1),
        (3, 1, 0, 0, 0, 1, 1),
    ]


def test_accounts_of_one_number_are_told_apart_by_customer_and_month():
    hand = HandMade()
    hand.case(5, outcome="uncovered", account=1)
    hand.case(40, outcome="uncovered", account=1)
    hand.case(5, outcome="uncovered", account=1, customer=2)
    query = "SELECT month, customer_id, arrivals FROM demand_by_account"
    assert hand.rows(query) == [
        (dt.date(2024, 1, 1), 1, 1),
        (dt.date(2024, 1, 1), 2, 1),
        (dt.date(2024, 2, 1), 1, 1),
    ]


def test_customers_without_accounts_have_no_rows_by_account():
    hand = HandMade()
    hand.case(5, outcome="uncovered")
    assert hand.rows("FROM demand_by_account") == []


def test_cases_by_customer_are_those_of_all_its_accounts():
    hand = HandMade()
    pool = pack_of(hand, None)
    for account in (1, 1, 2):
        hand.case(5, entitlement=pool, account=account)
    query = "SELECT n, contacts, writers, contacts_per_writer FROM contact_rate ORDER BY month"
    assert hand.rows(query)[0] == (1, 3, 1, 3.0)


def test_a_customer_is_covered_while_any_account_is():
    hand = HandMade()
    hand.holds(0, 9)
    hand.entitlements[-1]["account"] = 1
    hand.holds(5, 19)
    hand.entitlements[-1]["account"] = 2
    assert hand.rows("SELECT customer_id, covered_days FROM covered_customers") == [(1, 20)]


def test_another_account_renews_nothing_where_renewals_go_by_template():
    hand = HandMade()
    hand.holds(0, 9)
    hand.entitlements[-1]["account"] = 1
    hand.holds(10, 19)
    hand.entitlements[-1]["account"] = 2
    hand.holds(12, 19)
    hand.entitlements[-1]["account"] = 1
    with hand.run() as run:
        run.connection.execute("SET VARIABLE successors = 'template'")
        found = run.connection.sql("SELECT entitlement_id, successor_id FROM successors").fetchall()
    assert found == [(1, 3)]


def test_service_levels_are_told_apart_by_severity():
    hand = HandMade()
    pack = hand.holds(0, 99)
    due = {"entitlement": pack, "sla_due_at": "2024-01-07 10:00"}
    hand.case(5, **due, severity=1, sla_met=0)
    hand.case(5, **due, severity=1, sla_met=1)
    hand.case(5, **due, severity=2, sla_met=1)
    hand.case(5, **due, sla_met=1)
    query = "SELECT severity, n, met, missed, compliance FROM sla_compliance_by_severity"
    assert hand.rows(query) == [
        (1, 2, 1, 1, 0.5),
        (2, 1, 1, 0, 1.0),
        (None, 1, 1, 0, 1.0),
    ]
