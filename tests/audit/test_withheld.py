"""Where a part of the history is withheld, nothing is claimed that it would have explained."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from entitlement_sim.audit import Audit
from entitlement_sim.audit.deciding import Class
from entitlement_sim.audit.key import AnswerKey
from entitlement_sim.audit.score import score
from entitlement_sim.exchange.book import Book
from entitlement_sim.exchange.entering import enter
from entitlement_sim.store.errors import RunError


def without(book: Book, *tables: str, **replaced: pd.DataFrame) -> Book:
    left = {name: rows for name, rows in book.tables.items() if name not in tables}
    return dataclasses.replace(book, tables=left | replaced)


def without_column(book: Book, table: str, column: str) -> Book:
    return without(book, **{table: book.tables[table].drop(columns=column)})


def without_log_of(book: Book, table: str | None, column: str | None) -> Book:
    """Withhold the changes of a column, of every column of a table, or of any table."""
    log = book.tables["audit"]
    is_of = pd.Series(True, log.index)
    if table is not None:
        is_of &= log["table"] == table
    if column is not None:
        is_of &= log["column"] == column
    assert is_of.any()
    return without(book, audit=log[~is_of])


def without_minutes(book: Book) -> Book:
    resolutions = book.tables["incidentresolution"].drop(columns="timespent")
    return without(book, "activitypointer", incidentresolution=resolutions)


def with_cases_since(book: Book, day: str) -> Book:
    cases = book.tables["incident"]
    return without(book, incident=cases[cases["createdon"] >= pd.Timestamp(day)])


def without_a_tenth_of_cases(book: Book) -> Book:
    cases = book.tables["incident"]
    return without(book, incident=cases[np.random.default_rng(3).random(len(cases)) > 0.1])


def without_traces_of_a_tenth_of_cases(book: Book) -> Book:
    fewer = without_a_tenth_of_cases(book)
    log = book.tables["audit"]
    is_there = log["recordid"].isin(fewer.tables["incident"]["incidentid"])
    return without(fewer, audit=log[(log["table"] != "incident") | is_there])


def with_log_of_balances_alone(book: Book) -> Book:
    log = book.tables["audit"]
    return without(book, audit=log[log["column"] == "remainingterms"])


#: What a user may leave out of an export, by how it is called.
WITHHELD = {
    "states": lambda book: without_log_of(book, None, "statecode"),
    "tenth and log of cases": lambda book: without_log_of(
        without_a_tenth_of_cases(book), "incident", None
    ),
}
#: The same of less use every day.
WITHHELD_APART = {
    "states of cases": lambda book: without_log_of(book, "incident", "statecode"),
    "states of entitlements": lambda book: without_log_of(book, "entitlement", "statecode"),
    "tenth": without_a_tenth_of_cases,
    "tenth with traces": without_traces_of_a_tenth_of_cases,
    "first year": lambda book: with_cases_since(book, "2023-09-01"),
    "all but the last year": lambda book: with_cases_since(book, "2025-01-01"),
    "minutes": without_minutes,
    "origins": lambda book: without_column(book, "incident", "origin"),
    "do-not-decrement": lambda book: without_column(book, "incident", "decrement"),
    "entitlements of cases": lambda book: without_column(book, "incident", "entitlementid"),
    "links": lambda book: without(book, "product_link", "contact_link"),
    "log but of balances": with_log_of_balances_alone,
}


@pytest.mark.parametrize("part", WITHHELD)
def test_a_clean_book_has_no_violation(clean: Book, part: str) -> None:
    assert not Audit(enter(WITHHELD[part](clean))).parts


@pytest.mark.soak
@pytest.mark.parametrize("part", WITHHELD_APART)
def test_a_clean_book_of_which_less_was_exported_has_no_violation(clean: Book, part: str) -> None:
    assert not Audit(enter(WITHHELD_APART[part](clean))).parts


@pytest.mark.soak
@pytest.mark.parametrize("part", WITHHELD | WITHHELD_APART)
def test_a_book_with_faults_has_no_violation_elsewhere(
    planted: tuple[Book, AnswerKey], part: str
) -> None:
    book, key = planted
    answer = Audit(enter((WITHHELD | WITHHELD_APART)[part](book)))
    assert score(answer, key).false_alarms == []


def test_balances_of_channels_that_were_not_exported_are_open(clean: Book) -> None:
    book = without_column(clean, "entitlementchannel", "remainingterms")
    findings = Audit(enter(book)).findings
    of_channels = [finding for finding in findings if finding.channel]
    assert {finding.verdict for finding in of_channels} == {Class.UNDECIDED}
    assert {finding.decided_by for finding in of_channels} == {"entitlementchannel.remainingterms"}


def test_where_no_balance_was_exported_there_is_nothing_to_audit(clean: Book) -> None:
    book = without_column(clean, "entitlementchannel", "remainingterms")
    with pytest.raises(RunError, match="no balance is recorded in what was imported; export"):
        Audit(enter(without_column(book, "entitlement", "remainingterms")))


def test_without_the_log_nothing_is_claimed_and_each_kind_is_a_candidate(
    planted: tuple[Book, AnswerKey],
) -> None:
    book, key = planted
    answer = Audit(enter(without(book, "audit")))
    assert not answer.parts
    scored = score(answer, key)
    assert [row.fault for row in scored.rows if not row.has_kind and not row.is_candidate] == []
