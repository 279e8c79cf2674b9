"""A book becomes a run: what happened is worked out from what was exported, nothing is invented."""

import datetime as dt
from dataclasses import replace

import pytest
from reckoned import reckon
from small_book import CASE, HOURS, OPEN, PACK, WORKED, logged, small_book, table

from entitlement_sim import Scenario, simulate
from entitlement_sim.exchange.entering import enter
from entitlement_sim.exchange.leaving import book_of
from entitlement_sim.simulated_anew import simulate_anew
from entitlement_sim.store.errors import RunError
from entitlement_sim.store.run import open_run
from entitlement_sim.store.verify import verify


@pytest.fixture(scope="module")
def simulated():
    scenario = Scenario.load(
        "demo",
        [
            "segments.small.customers=12",
            "segments.midsize.customers=6",
            "segments.enterprise.customers=2",
            "calendar.days=200",
            "history=null",
        ],
    )
    with simulate(scenario, seed=3) as run:
        yield run


@pytest.fixture(scope="module")
def entered(simulated):
    with enter(book_of(simulated), begins=simulated.manifest.start_date) as run:
        yield run


def rows(run, query):
    return run.connection.sql(query).fetchall()


def balances(run):
    return rows(run, "SELECT remaining_terms FROM balances ORDER BY balance_id")


def ledger(run, where="TRUE"):
    return [
        (f"{happened_at:%m-%d %H:%M}", float(amount), reason)
        for happened_at, amount, reason in rows(
            run,
            "SELECT happened_at, amount, reason FROM ledger "
            f"WHERE amount <> 0 AND {where} ORDER BY entitlement_id, entry",
        )
    ]


def test_the_ledger_of_a_simulated_run_comes_back(simulated, entered):
    query = (
        "SELECT entitlement_id, happened_at, amount, balance, origin, origin_amount, "
        "origin_balance, reason, rule FROM ledger WHERE reason <> 'refused' "
        "ORDER BY entitlement_id, entry"
    )
    assert rows(entered, query) == rows(simulated, query)


@pytest.mark.parametrize("name", ["balances", "transitions", "reactivations"])
def test_what_the_rules_decide_of_a_simulated_run_comes_back(name, simulated, entered):
    known = [f"{name}.{column}" for column in simulated.table(name).columns if column != "case_id"]
    query = f"SELECT {', '.join(known)} FROM {name} ORDER BY ALL"
    assert rows(entered, query) == rows(simulated, query)


def of_customers(name, columns, where):
    """Queries for rows of a table with their customers by name, in a run and in what is entered."""
    return (
        f"SELECT 'Customer ' || customer_id AS customer, {columns} FROM {name} "
        f"WHERE {where} ORDER BY ALL",
        f"SELECT c.name AS customer, {columns} FROM {name} JOIN (SELECT customer_id, name "
        f"FROM customers) AS c USING (customer_id) WHERE {where} ORDER BY ALL",
    )


def test_entitlements_of_a_simulated_run_come_back_but_for_what_renewed_what(simulated, entered):
    before, after = of_customers(
        "entitlements",
        "entitlement_id, template_id, state, created_on, activated_on, start_date, end_date, "
        "ended_on, ended_by, allocation, decrease_on, restrict, total_terms, remaining_terms, "
        "price",
        "TRUE",
    )
    assert rows(entered, after) == rows(simulated, before)
    assert rows(entered, "SELECT DISTINCT predecessor_id FROM entitlements") == [(None,)]


def test_cases_of_a_simulated_run_come_back_but_for_refusals_that_leave_no_record(
    simulated, entered
):
    before, after = of_customers(
        "cases",
        "entitlement_id, product_id, origin, created_at, resolved_at, cancelled_at, state, "
        "outcome, decrement, billable_minutes, reopened",
        "outcome <> 'turned_away'",
    )
    assert rows(entered, after) == rows(simulated, before)
    assert rows(entered, "SELECT DISTINCT refusal FROM cases") == [(None,)]


def test_an_entered_run_verifies_from_the_disk(tmp_path):
    enter(small_book(), out=tmp_path).close()
    with open_run(tmp_path / "small") as run:
        assert verify(run).holds
        assert run.manifest.source == "imported"


def test_a_run_keeps_names_ids_and_recorded_balances(tmp_path):
    enter(small_book(), out=tmp_path).close()
    with open_run(tmp_path / "small", sealed=True) as run:
        assert rows(run, "SELECT name, source_id FROM customers") == [("Ada", "a1"), ("Bob", "a2")]
        assert rows(
            run,
            "SELECT name, source_id, remaining_terms::DOUBLE, recorded_remaining::DOUBLE "
            "FROM entitlements",
        ) == [("Ten cases", "e1", 8.0, 8.0), ("Hours", "e2", 3.5, 3.5)]
        assert rows(
            run, "SELECT source_id, recorded_remaining::DOUBLE FROM balances WHERE kind = 'channel'"
        ) == [("c1", 2.0)]
        assert rows(run, "SELECT source_id FROM cases") == [("i1",), ("i2",), ("i3",)]


def test_a_channel_of_the_book_s_own_is_charged_to_the_row_that_bears_its_label():
    with enter(small_book()) as run:
        assert rows(run, "SELECT origin::VARCHAR, count(*) FROM cases GROUP BY 1 ORDER BY 1") == [
            ("Chat", 1),
            ("Portal (new)", 1),
            ("phone", 1),
        ]
        assert rows(
            run,
            "SELECT origin::VARCHAR, remaining_terms::DOUBLE FROM balances WHERE kind = 'channel'",
        ) == [("Portal (new)", 2.0)]


def test_minutes_that_were_not_exported_are_unknown():
    with enter(small_book(incidentresolution=None)) as run:
        assert rows(run, "SELECT billable_minutes FROM cases") == [(None,)] * 3


def test_minutes_of_activities_count_where_no_resolution_says_any():
    activities = table(
        "activitypointer",
        {"activityid": "w1", "incidentid": "i3", "minutes": 45, "ended": "2025-01-04 15:00"},
        {"activityid": "w2", "incidentid": "i3", "minutes": 15, "ended": "2025-01-05 09:00"},
    )
    with enter(small_book(incidentresolution=None, activitypointer=activities)) as run:
        assert balances(run)[-1] == (4,)
        assert rows(run, "SELECT billable_minutes FROM cases WHERE source_id = 'i3'") == [(60,)]


def test_a_price_that_was_not_exported_is_unknown():
    without = table("entitlement", *({**row, "price": None} for row in (PACK, HOURS)))
    with enter(small_book(entitlement=without.drop(columns="price"))) as run:
        assert rows(run, "SELECT price FROM entitlements") == [(None,), (None,)]
        assert rows(run, "SELECT bool_and(is_paying) FROM entitlement_facts") == [(True,)]


def test_every_row_of_a_book_is_kept_or_rejected_with_its_reason():
    cases = (CASE, OPEN, WORKED, CASE | {"incidentid": "i4", "customerid": None})
    late = CASE | {"incidentid": "i5", "createdon": "2025-04-01 00:00"}
    book = small_book(incident=table("incident", *cases, late))
    sources = book.sources
    sources.loc[0] = ["cases.csv", "csv", "incident", 6, 5, 1]
    with enter(replace(book, sources=sources)) as run:
        assert rows(run, "SELECT table_name, record_id, reason FROM rejected ORDER BY ALL") == [
            ("incident", "i4", "no customer"),
            ("incident", "i5", "made after the day of the export"),
        ]
        assert rows(run, "SELECT row_count, kept, rejected FROM sources") == [(6, 3, 3)]


def test_a_row_that_cannot_enter_is_counted_in_the_file_in_which_it_stood():
    late = CASE | {"incidentid": "i5", "createdon": "2025-04-01 00:00"}
    book = small_book(incident=table("incident", CASE, late, OPEN))
    sources = book.sources
    sources.loc[0] = ["a.csv", "csv", "incident", 1, 1, 0]
    sources.loc[1] = ["b.csv", "csv", "incident", 4, 2, 2]
    with enter(replace(book, sources=sources)) as run:
        assert rows(run, "SELECT file, form, record_id FROM rejected") == [("b.csv", "csv", "i5")]
        assert rows(run, "SELECT file, row_count, kept, rejected FROM sources") == [
            ("a.csv", 1, 1, 0),
            ("b.csv", 4, 1, 3),
        ]


def test_without_a_log_states_follow_from_dates():
    ended = PACK | {"enddate": "2025-02-28"}
    cancelled = HOURS | {"state": "Cancelled", "modifiedon": "2025-02-10 12:00"}
    draft = PACK | {"entitlementid": "e3", "state": "Draft"}
    coming = PACK | {"entitlementid": "e4", "startdate": "2025-06-01", "state": "Waiting"}
    with enter(
        small_book(entitlement=table("entitlement", ended, cancelled, draft, coming))
    ) as run:
        assert rows(
            run, "SELECT source_id, state::VARCHAR, ended_on FROM entitlements ORDER BY 1"
        ) == [
            ("e1", "expired", dt.date(2025, 3, 1)),
            ("e2", "cancelled", dt.date(2025, 2, 10)),
            ("e3", "draft", None),
            ("e4", "waiting", None),
        ]


def test_a_case_that_the_log_attaches_later_takes_its_term_then():
    log = table("audit", logged("entitlementid", "2025-01-02 12:00", None, "e1"))
    kept_open = CASE | {"state": "Active"}
    book = small_book(incident=table("incident", kept_open), incidentresolution=None, audit=log)
    with enter(book) as run:
        assert ledger(run, "reason = 'consume'") == [("01-02 12:00", -1.0, "consume")]
        assert rows(run, "SELECT count(*) FROM recorded_changes") == [(1,)]


def test_a_mark_that_the_log_sets_gives_the_term_back():
    log = table("audit", logged("decremententitlementterm", "2025-01-02 09:10", "true", "false"))
    marked = CASE | {"state": "Active", "decrement": False}
    book = small_book(incident=table("incident", marked), incidentresolution=None, audit=log)
    with enter(book) as run:
        assert ledger(run, "case_id IS NOT NULL") == [
            ("01-02 09:00", -1.0, "consume"),
            ("01-02 09:10", 1.0, "restore"),
        ]


def test_a_case_is_reopened_when_the_log_says_so():
    log = table(
        "audit",
        logged("statecode", "2025-01-02 09:30", "Active", "Resolved"),
        logged("statecode", "2025-01-02 10:00", "Resolved", "Active"),
    )
    book = small_book(incident=table("incident", CASE | {"state": "Active"}), audit=log)
    with enter(book) as run:
        assert rows(run, "SELECT state::VARCHAR, reopened FROM cases") == [("active", 1)]
        assert rows(run, "SELECT happened_at FROM reactivations") == [
            (dt.datetime(2025, 1, 2, 10, 0),)
        ]


def test_a_case_that_was_merged_gives_its_term_back_then():
    merged = CASE | {
        "state": "Cancelled",
        "statusreason": "Merged",
        "masterid": "i2",
        "modifiedon": "2025-01-03 11:00",
    }
    book = small_book(incident=table("incident", merged, OPEN), incidentresolution=None)
    with enter(book) as run:
        assert ledger(run, "rule = 'M1'") == [("01-03 11:00", 1.0, "restore")]


def test_what_happened_after_the_day_of_the_export_does_not_enter():
    late = CASE | {"modifiedon": "2025-04-02 10:00"}
    book = small_book(incident=table("incident", late), incidentresolution=None)
    with enter(book) as run:
        assert rows(run, "SELECT state::VARCHAR, resolved_at FROM cases") == [("active", None)]
        assert run.manifest.last_day == dt.date(2025, 3, 31)


def test_a_contract_older_than_the_cases_has_its_recorded_opening_brought_forward():
    older = PACK | {"startdate": "2024-06-01", "createdon": "2024-06-01", "remainingterms": 200}
    with enter(small_book(entitlement=table("entitlement", older, HOURS))) as run:
        assert ledger(run, "entitlement_id = 1") == [
            ("06-01 00:00", 10.0, "allot"),
            ("01-02 00:00", -6.0, "brought_forward"),
            ("01-02 09:00", -1.0, "consume"),
            ("01-03 10:30", -1.0, "consume"),
        ]
        assert rows(
            run,
            "SELECT is_use_known, is_left_truncated FROM entitlement_facts ORDER BY entitlement_id",
        ) == [(False, True), (True, True)]
        assert run.manifest.start_date == dt.date(2025, 1, 2)


def test_a_contract_older_than_the_day_on_which_cases_count_has_its_opening_brought_forward():
    book = small_book(entitlement=table("entitlement", PACK | {"remainingterms": 300}))
    with enter(book, begins=dt.date(2025, 1, 2)) as run:
        assert rows(run, "SELECT remaining_terms::INTEGER FROM entitlements") == [(3,)]


def test_a_draft_that_the_log_has_activated_after_its_last_day_is_expired():
    late = PACK | {"state": "Expired", "remainingterms": 1000}
    of_pack = {"table": "entitlement", "recordid": "e1"}
    log = [
        logged("statecode", "2025-01-01 08:00", None, "Draft", **of_pack),
        logged("statecode", "2026-01-03 09:00", "Draft", "Expired", **of_pack),
    ]
    book = small_book(
        entitlement=table("entitlement", late), incident=None, audit=table("audit", *log)
    )
    with enter(replace(book, as_of=dt.date(2026, 2, 1))) as run:
        assert rows(run, "SELECT state::VARCHAR, activated_on::VARCHAR FROM entitlements") == [
            ("expired", "2026-01-03")
        ]


def test_a_run_that_was_imported_is_not_simulated_anew():
    with enter(small_book()) as run, pytest.raises(RunError, match="its cases come from an export"):
        simulate_anew(run)


def test_every_view_answers_for_a_book_of_which_hardly_anything_was_exported():
    bare = table(
        "entitlement",
        {key: PACK[key] for key in ("entitlementid", "customerid", "startdate", "enddate")},
    )
    with enter(small_book(entitlement=bare, entitlementchannel=None, incident=None)) as run:
        reckon(run.connection)
        for view in run.views():
            run.table(view)


def test_an_account_without_a_case_or_contract_is_a_customer():
    accounts = table("account", {"id": "a2", "name": "Bob"}, {"id": "a3", "name": "Cy"})
    with enter(small_book(account=accounts)) as run:
        assert rows(
            run, "SELECT source_id, name, joined_on::VARCHAR FROM customers ORDER BY customer_id"
        ) == [("a1", "Ada", "2025-01-01"), ("a2", "Bob", "2025-01-01"), ("a3", "Cy", "2025-03-31")]


def test_a_book_of_accounts_alone_is_a_run_of_customers_who_did_nothing():
    book = small_book(
        entitlement=None,
        entitlementchannel=None,
        incident=None,
        incidentresolution=None,
        account=table("account", {"id": "a3", "name": "Cy", "segment": "small"}),
    )
    with enter(book) as run:
        assert rows(run, "SELECT name, segment::VARCHAR FROM customers") == [("Cy", "small")]


def test_a_book_without_a_case_or_contract_is_a_run_of_nobody():
    with enter(small_book(entitlement=None, entitlementchannel=None, incident=None)) as run:
        assert run.manifest.rows["customers"] == 0
