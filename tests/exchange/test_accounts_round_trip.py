"""Accounts of customers leave as records of their own, and an import gets them back."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from entitlement_sim import Run, Scenario, simulate
from entitlement_sim.exchange import Book, read_book
from entitlement_sim.exchange.entering import enter
from entitlement_sim.exchange.leaving import book_of, write_book

FORMS = ["csv", "parquet", "dataverse-json", "migration-zip", "excel"]

#: What hangs on whose account it is.
SAME = {
    "customers": "SELECT count(*) FROM customers",
    "entitlements": "SELECT created_on, start_date, account, state::VARCHAR, remaining_terms, "
    "count(*) FROM entitlements GROUP BY ALL ORDER BY ALL",
    "cases": "SELECT created_at, account, outcome::VARCHAR, entitlement_id IS NOT NULL FROM cases "
    "WHERE state IS NOT NULL ORDER BY ALL",
    "movements": "SELECT happened_at, reason::VARCHAR, amount, balance FROM ledger "
    "WHERE reason <> 'refused' ORDER BY ALL",
    "demand by account": "SELECT month, account, sum(covered), sum(covered_by_own), sum(uncovered) "
    "FROM demand_by_account GROUP BY ALL ORDER BY ALL",
}


@pytest.fixture(scope="module", params=["own", "one"])
def run(request: pytest.FixtureRequest) -> Iterator[Run]:
    accounts = {"each": 3, "hold": request.param}
    scenario = Scenario.load(
        "reference",
        {
            "segments.everyone.customers": 3,
            "segments.everyone.accounts": accounts,
            "templates.ten-cases.restrict": False,
        },
    )
    with simulate(scenario, seed=7) as simulated:
        yield simulated


@pytest.mark.parametrize("form", FORMS)
def test_accounts_come_back_with_what_they_hold_and_their_cases(
    run: Run, form: str, tmp_path: Path
) -> None:
    place = run.export(tmp_path / "out", form=form)
    zone = run.scenario.model.calendar.zone
    with enter(read_book(place, zone=zone, date_order="month-first")) as imported:
        for question, query in SAME.items():
            assert imported.sql(query).equals(run.sql(query)), question


def test_what_was_imported_leaves_with_its_accounts_once_more(run: Run) -> None:
    with enter(book_of(run)) as imported, enter(book_of(imported)) as again:
        for question, query in SAME.items():
            assert again.sql(query).equals(imported.sql(query)), question


def test_a_parent_alone_makes_no_account_of_its_customer(run: Run) -> None:
    book = book_of(run)
    tables = {
        name: rows.drop(columns="subaccount", errors="ignore") for name, rows in book.tables.items()
    }
    with enter(Book(tables, zone=book.zone)) as imported:
        assert imported.sql("SELECT count(account) AS n FROM cases")["n"].tolist() == [0]
        assert len(imported.sql("FROM customers")) == len(tables["account"])


def test_a_run_without_accounts_has_no_columns_of_them() -> None:
    scenario = Scenario.load("reference", {"segments.everyone.customers": 2})
    with simulate(scenario, seed=7) as simulated:
        book = book_of(simulated)
    assert "subaccount" not in {*book.tables["incident"], *book.tables["entitlement"]}
    assert "parent" not in book.tables["account"]


def test_pseudonyms_keep_the_links_of_accounts(run: Run, tmp_path: Path) -> None:
    place = write_book(book_of(run), tmp_path / "out", "csv")
    zone = run.scenario.model.calendar.zone
    with enter(read_book(place, zone=zone, pseudonyms=True)) as imported:
        query = "SELECT created_at, account FROM cases WHERE state IS NOT NULL ORDER BY ALL"
        assert imported.sql(query).equals(run.sql(query))
