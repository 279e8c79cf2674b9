"""A run as the live system would have it on a day."""

import datetime as dt
import uuid
from collections.abc import Iterator

import pandas as pd
import pytest

from entitlement_sim import Run, RunError, Scenario, simulate
from entitlement_sim.exchange.book import Book
from entitlement_sim.exchange.leaving import book_of
from entitlement_sim.exchange.vocabulary.columns import LINKS, TABLES

#: Packs and hours, channels, contacts and products, a past, reopened and cancelled cases.
FEW = [
    f"segments.{segment}.customers={count}"
    for segment, count in [("small", 12), ("midsize", 8), ("enterprise", 4)]
]
MIDDLE = dt.date(2024, 6, 30)


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    with simulate(Scenario.load("demo", overrides=FEW), seed=3) as simulated:
        yield simulated


@pytest.fixture(scope="module", params=[None, MIDDLE], ids=["last day", "earlier day"])
def book(run: Run, request: pytest.FixtureRequest) -> Book:
    return book_of(run, as_of=request.param)


def last_of(book: Book, table: str, column: str) -> pd.Series:
    """What each record's last row of the log says."""
    log = book.tables["audit"]
    rows = log[(log["table"] == table) & (log["column"] == column)]
    return rows.groupby("recordid", sort=False)["new"].last()


def test_a_book_has_the_columns_of_every_table_with_their_types(book: Book) -> None:
    for name, columns in TABLES.items():
        dtypes = {column: str(dtype) for column, dtype in book.tables[name].dtypes.items()}
        of_accounts = {"subaccount", "parent"} if name != "contact" else set()
        held = [column for column in columns if column.name not in of_accounts]
        assert dtypes == {column.name: column.kind.dtype for column in held}, name


def test_every_record_has_an_id_of_its_own(book: Book) -> None:
    for name, table in book.tables.items():
        if name not in LINKS:
            ids = table.iloc[:, 0]
            assert ids.is_unique, name
            assert ids.notna().all(), name


def test_ids_are_uuids_made_of_the_run_and_so_stay_the_same(run: Run, book: Book) -> None:
    ids = book.tables["incident"]["incidentid"]
    made_anew = book_of(run, as_of=book.as_of).tables["incident"]["incidentid"]
    assert {(str(uuid.UUID(id)) == id, uuid.UUID(id).version) for id in ids} == {(True, 5)}
    assert (ids == made_anew).all()


@pytest.mark.parametrize(
    ("table", "column", "key", "target"),
    [
        ("entitlement", "customerid", "id", "account"),
        ("entitlement", "templateid", "entitlementtemplateid", "entitlementtemplate"),
        ("entitlementchannel", "entitlementid", "entitlementid", "entitlement"),
        ("incident", "customerid", "id", "account"),
        ("incident", "entitlementid", "entitlementid", "entitlement"),
        ("incident", "productid", "id", "product"),
        ("incident", "primarycontactid", "id", "contact"),
        ("incidentresolution", "incidentid", "incidentid", "incident"),
        ("activitypointer", "incidentid", "incidentid", "incident"),
        ("contact", "parent", "id", "account"),
        ("product_link", "productid", "id", "product"),
        ("contact_link", "contactid", "id", "contact"),
        ("contact_link", "entitlementid", "entitlementid", "entitlement"),
    ],
)
def test_links_lead_to_records_of_the_book(
    book: Book, table: str, column: str, key: str, target: str
) -> None:
    links = book.tables[table][column].dropna()
    assert len(links) > 0
    assert links.isin(book.tables[target][key]).all()


@pytest.mark.parametrize(
    ("table", "key"),
    [("entitlement", "entitlementid"), ("entitlementchannel", "entitlementchannelid")],
)
def test_the_log_of_terms_leads_to_what_remains(book: Book, table: str, key: str) -> None:
    logged = last_of(book, table, "remainingterms")
    remaining = book.tables[table].set_index(key)["remainingterms"]
    hundredths = logged.str.replace(".", "").astype("Int64")
    assert len(logged) > 0
    assert (remaining.loc[hundredths.index] == hundredths).all()


@pytest.mark.parametrize("column", ["remainingterms", "statecode", "isdecrementing", "totalterms"])
def test_each_change_in_the_log_goes_on_from_the_one_before(book: Book, column: str) -> None:
    log = book.tables["audit"]
    rows = log[log["column"] == column]
    before = rows.groupby("recordid", sort=False)["new"].shift()
    known = before.notna()
    assert (before[known] == rows["old"][known]).all()
    assert (rows["old"] != rows["new"]).all()


def test_the_log_of_states_leads_to_the_states_of_the_day(book: Book) -> None:
    states = book.tables["entitlement"].set_index("entitlementid")["state"]
    logged = last_of(book, "entitlement", "statecode")
    assert (states.loc[logged.index] == logged).all()
    assert len(logged) == len(states)
    cases = book.tables["incident"].set_index("incidentid")["state"]
    moved = last_of(book, "incident", "statecode")
    assert (cases.loc[moved.index] == moved).all()
    assert set(cases.drop(moved.index)) == {"Active"}


def test_nothing_of_a_book_is_later_than_its_day(book: Book) -> None:
    assert book.as_of is not None
    stop = pd.Timestamp(book.as_of) + pd.Timedelta(days=1)
    for name, table in book.tables.items():
        for column in ("createdon", "modifiedon", "ended", "changed"):
            if column in table:
                assert (table[column] < stop).all(), (name, column)


def test_on_the_last_day_a_book_has_what_the_run_says(run: Run) -> None:
    book = book_of(run)
    with_terms = book.tables["entitlement"]
    stored = run.sql(
        "SELECT (remaining_terms * 100)::BIGINT AS remaining, (total_terms * 100)::BIGINT AS total,"
        " is_default FROM entitlements ORDER BY entitlement_id"
    )
    assert with_terms["remainingterms"].tolist() == stored["remaining"].tolist()
    assert with_terms["totalterms"].tolist() == stored["total"].tolist()
    assert with_terms["isdefault"].tolist() == stored["is_default"].tolist()
    [(cases,)] = run._execute("SELECT count(*) FROM cases WHERE state IS NOT NULL").fetchall()
    assert len(book.tables["incident"]) == cases


def test_cases_turned_away_are_in_no_table_and_the_book_says_how_many(run: Run) -> None:
    turned_away = run.count_by("cases", "outcome")["turned_away"]
    assert any(note.startswith(f"{turned_away} cases turned away") for note in book_of(run).notes)


def test_minutes_of_work_add_up_to_what_the_last_resolution_bills(run: Run) -> None:
    tables = book_of(run).tables
    worked = tables["activitypointer"].groupby("incidentid")["minutes"].sum()
    billed = tables["incidentresolution"].groupby("incidentid")["timespent"].last()
    assert tables["incidentresolution"]["incidentid"].duplicated().any()
    assert (worked == billed.loc[worked.index]).all()


@pytest.mark.parametrize("days", [-1, 1])
def test_a_day_outside_the_run_is_refused(run: Run, days: int) -> None:
    edge = run.manifest.start_date if days < 0 else run.manifest.last_day
    with pytest.raises(RunError, match="is no day of the run"):
        book_of(run, as_of=edge + dt.timedelta(days=days))
