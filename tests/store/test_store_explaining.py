"""What a person reads about one entitlement, and about a run as a whole."""

from datetime import date
from decimal import Decimal

import pytest
from store_rows import facts, table_of

from entitlement_sim import Scenario, simulate
from entitlement_sim.store.errors import RunError
from entitlement_sim.store.explain import explain
from entitlement_sim.store.summary import Ratio, summarise
from entitlement_sim.store.writer import write_run


def booked(entry, at, amount, balance, reason, rule, case=None, **channel):
    return {
        "entitlement_id": 4,
        "entry": entry,
        "happened_at": at,
        "amount": amount,
        "balance": balance,
        "reason": reason,
        "rule": rule,
        "case_id": case,
    } | channel


@pytest.fixture
def run():
    held = {
        "entitlement_id": 4,
        "customer_id": 1,
        "template_id": 1,
        "state": "expired",
        "created_on": "2024-01-02",
        "start_date": "2024-01-02",
        "end_date": "2024-01-05",
        "ended_on": "2024-01-06",
        "ended_by": "expiry",
        "decrease_on": "creation",
        "restrict": 1,
        "total_terms": 1000,
        "remaining_terms": 998.5,
        "price": "1250.00",
    }
    successor = held | {
        "entitlement_id": 9,
        "predecessor_id": 4,
        "state": "active",
        "created_on": "2024-01-07",
        "ended_by": None,
        "remaining_terms": 1000,
    }
    phone = {"origin": "phone", "origin_amount": -1, "origin_balance": 0}
    block = {
        "customers": table_of("customers", {"customer_id": 1, "segment": "customer's own"}),
        "entitlements": table_of("entitlements", held, successor),
        "transitions": table_of(
            "transitions",
            {"entitlement_id": 4, "on_date": "2024-01-02", "to_state": "draft"},
            {"entitlement_id": 9, "on_date": "2024-01-07", "to_state": "draft"},
            {
                "entitlement_id": 4,
                "on_date": "2024-01-02",
                "from_state": "draft",
                "to_state": "active",
                "trigger": "activated",
            },
            {
                "entitlement_id": 4,
                "on_date": "2024-01-06",
                "from_state": "active",
                "to_state": "expired",
                "trigger": "expired",
            },
        ),
        "cases": table_of(
            "cases",
            {"case_id": 11, "created_at": "2024-01-02 09:30", "entitlement_id": 4},
            {"case_id": 12, "created_at": "2024-01-03 10:00", "outcome": "turned_away"},
        ),
        "ledger": table_of(
            "ledger",
            booked(2, "2024-01-02 09:30", -1, 999, "consume", "T1", 11, **phone),
            booked(1, "2024-01-02 00:00", 1000, 1000, "allot", "T8"),
            booked(
                3, "2024-01-03 10:00", 0, 999, "refused", "G1", 12,
                origin="phone", origin_amount=0, origin_balance=0,
            ),
            booked(4, "2024-01-04 10:00", "-0.5", "998.5", "consume", "T4", 11),
            {
                "entitlement_id": 9, "entry": 1, "happened_at": "2024-01-07", "amount": 1000,
                "balance": 1000, "reason": "allot", "rule": "T8",
            },
        ),
    }  # fmt: skip
    with write_run([block], facts(), name="told") as run:
        yield run


def test_an_explanation_shows_every_movement_with_its_case_and_rule(run):
    assert str(explain(run, 4)) == "\n".join(
        [
            "Entitlement 4",
            "  pack: 1,000.00 cases, restricting, decreasing on creation, price 1,250.00",
            "  customer 1 (customer's own), 2 Jan 2024 to 5 Jan 2024",
            "  at the end of the run: expired, 998.50 cases left, 1 refused",
            "  renewed by 9",
            "",
            "  on          from    to       by",
            "  2024-01-02          draft    created",
            "  2024-01-02  draft   active   activated",
            "  2024-01-06  active  expired  expired",
            "",
            "  at                case  what                     amount   balance  channel"
            "             rule",
            "  2024-01-02 00:00        allot                 +1,000.00  1,000.00"
            "                      T8",
            "  2024-01-02 09:30    11  consume                   -1.00    999.00  phone -1.00 ="
            " 0.00  T1",
            "  2024-01-03 10:00    12  refused, turned away       0.00    999.00  phone 0.00"
            "          G1",
            "  2024-01-04 10:00    11  consume                   -0.50    998.50"
            "                      T4",
            "",
            "  rule  says that",
            "  G1    a restricting entitlement without terms, overall or on the channel, takes no"
            " case",
            "  T1    a case takes one term: when it gets the entitlement, or when it is resolved",
            "  T4    hours decrease on resolution; sixty minutes are one term",
            "  T8    what remains starts at the total, may fall below zero, never exceeds the total"
            " by hand",
        ]
    )


def test_an_explanation_can_stop_at_a_day(run):
    then = explain(run, 4, date(2024, 1, 3))
    assert (then.state, then.balance) == ("active", Decimal("999.00"))
    assert [one.entry for one in then.movements] == [1, 2, 3]
    assert [one.case_id for one in then.refusals] == [12]
    assert then.renewed_by == ()
    assert "on 3 Jan 2024: active, 999.00 cases left" in str(then)


def test_a_successor_names_what_it_renews(run):
    assert explain(run, 9).renews == 4
    assert "renews 4" in explain(run, 9)._repr_html_()


def test_movements_come_as_a_frame(run):
    frame = explain(run, 4).to_frame()
    assert frame["amount"].tolist() == [1000.0, -1.0, 0.0, -0.5]
    assert frame["case_id"].isna().tolist() == [True, False, False, False]
    assert frame["sentence"][3] == "hours decrease on resolution; sixty minutes are one term"


def test_an_explanation_s_page_escapes_names(run):
    page = explain(run, 4)._repr_html_()
    assert "customer&#x27;s own" in page
    assert page.count("<table ") == 3


def test_an_unknown_entitlement_is_answered_with_the_known_range(run):
    with pytest.raises(RunError, match="told has no entitlement 5; they go from 4 to 9"):
        explain(run, 5)


def test_a_run_without_entitlements_says_so():
    with write_run([], facts()) as run, pytest.raises(RunError, match="5; it has none"):
        explain(run, 5)


def test_an_entitlement_cannot_be_explained_before_it_was_made(run):
    with pytest.raises(RunError, match="entitlement 4 was made on 2024-01-02, after 2023-12-31"):
        explain(run, 4, date(2023, 12, 31))


def test_a_summary_counts_states_outcomes_terms_and_renewals(run):
    found = summarise(run)
    assert found.entitlements == {"active": 1, "expired": 1}
    assert found.cases == {"covered": 1, "turned_away": 1}
    [terms] = found.terms
    assert (terms.allotted, terms.used) == (Decimal(2000), Decimal("1.50"))
    assert (terms.left, terms.unused) == (Decimal(1000), Decimal("998.50"))
    assert found.renewals == Ratio(0, 0)  # the grace of what fell due is not over
    assert str(found) == "\n".join(
        [
            "entitlements                      1 active, 1 expired",
            "customers with an active one      1 paying",
            "cases                             1 covered, 1 turned away",
            "terms (cases)                     2,000.00 allotted: 1.50 used, 1,000.00 left, "
            "998.50 unused at the end",
            "renewed of due, paid, grace over  no share (there are none)",
        ]
    )


def test_the_summary_of_an_empty_run_divides_by_nothing():
    with write_run([], facts()) as run:
        found = summarise(run)
    assert found.renewals.value is None
    assert [text for _, text in found.rows()] == [
        "none", "none", "none", "no share (there are none)",
    ]  # fmt: skip


def test_on_a_simulated_run_what_was_allotted_is_used_left_or_unused():
    scenario = Scenario.load("demo", {"calendar.days": 400, "segments.small.customers": 40})
    with simulate(scenario, seed=2) as run:
        found = summarise(run)
        allotted = run.connection.sql(
            "SELECT sum(amount) FROM ledger JOIN entitlements USING (entitlement_id), run "
            "WHERE reason NOT IN ('consume', 'restore', 'brought_forward') "
            "AND coalesce(ended_on >= run.start_date, TRUE)"
        ).fetchall()[0][0]
        last = explain(run, int(run.sql("SELECT max(entitlement_id) FROM ledger").iloc[0, 0]))
        [(remaining,)] = run.connection.execute(
            "SELECT remaining_terms FROM entitlements WHERE entitlement_id = ?",
            [last.entitlement_id],
        ).fetchall()
    assert sum(one.allotted for one in found.terms) == allotted
    assert all(one.allotted == one.used + one.left + one.unused for one in found.terms)
    assert last.balance == remaining


def test_renewals_are_counted_as_the_view_counts_them():
    scenario = Scenario.load("demo", {"calendar.days": 800, "segments.small.customers": 40})
    with simulate(scenario, seed=2) as run:
        found = summarise(run).renewals
        dues = run.sql("SELECT is_mature, is_renewed FROM renewals WHERE is_paying")
    mature = dues["is_mature"]
    assert 0 < found.numerator < found.denominator
    assert found == Ratio(int(dues["is_renewed"][mature].sum()), int(mature.sum()))


def test_customers_who_pay_are_told_apart_from_those_who_hold_free_ones_only():
    scenario = Scenario.load("demo", {"calendar.days": 500, "segments.small.customers": 40})
    with simulate(scenario, seed=2) as run:
        found = summarise(run)
        held = run.table("entitlements")
    active = held[held["state"] == "active"]
    paying = set(active["customer_id"][active["price"] > 0])
    free = set(active["customer_id"]) - paying
    assert found.customers == {"paying": len(paying), "with free ones only": len(free)}


def test_the_account_of_a_case_and_of_what_it_holds_is_named():
    scenario = Scenario.from_dict(
        {
            "scenario": "accounts",
            "calendar": {"start": date(2026, 1, 1), "days": 200},
            "templates": {"Pack": {"total_terms": 4, "decrease_on": "creation", "restrict": True}},
            "segments": {
                "all": {
                    "customers": 2,
                    "cases": {"per_year": 12},
                    "holds": [{"template": "Pack"}],
                    "accounts": {"each": 3, "hold": "one"},
                }
            },
        }
    )
    with simulate(scenario) as pooled:
        explanation = explain(pooled, 1)
        wrote = pooled.sql("SELECT case_id, account FROM cases").set_index("case_id")["account"]
        moved = explanation.to_frame().dropna(subset=["case_id"])
        assert explanation.account is None
        assert moved["account"].tolist() == wrote.loc[moved["case_id"]].tolist()
        assert moved["account"].nunique() > 1
        used = pooled.sql("""
            SELECT account, count(DISTINCT case_id) AS cases, -sum(amount) AS used,
                   count(DISTINCT case_id) FILTER (ledger.reason = 'refused') AS refused
            FROM ledger JOIN cases USING (case_id) WHERE ledger.entitlement_id = 1
            GROUP BY account ORDER BY account
        """)
        assert [vars(use) for use in explanation.by_account] == used.to_dict("records")
        assert sum(use.used for use in explanation.by_account) == 4
        assert "  account  cases  used  refused\n" in str(explanation)
        heading = next(line for line in str(explanation).splitlines() if "case" in line.split())
        assert "account" in heading.split()
    with simulate(scenario.with_({"segments.all.accounts.hold": "own"})) as apart:
        explanation = explain(apart, 2)
        assert explanation.account == 2
        assert "account 2 only" in str(explanation)
        assert {each.account for each in explanation.movements if each.case_id} == {2}
