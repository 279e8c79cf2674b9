"""Books as a live system would export them, of small runs."""

import dataclasses
from typing import Any

import pandas as pd

from entitlement_sim import Scenario, simulate
from entitlement_sim.exchange.book import Book
from entitlement_sim.exchange.leaving import book_of

#: Faults of each kind that so small a book has places for.
EACH = 2


def book_of_customers(
    small: int, midsize: int, enterprise: int, changes: dict[str, Any] | None = None, **rules: Any
) -> Book:
    """Return what would be exported of a small demo, changed and kept under other readings."""
    sizes = {"small": small, "midsize": midsize, "enterprise": enterprise}
    overrides = {f"segments.{name}.customers": count for name, count in sizes.items()}
    overrides |= {f"rules.{name}": value for name, value in rules.items()} | (changes or {})
    with simulate(Scenario.load("demo", overrides)) as run:
        return book_of(run)


def without_minutes_of_resolutions(book: Book) -> Book:
    """Return a book in which the activities alone have minutes."""
    resolutions = book.tables["incidentresolution"].drop(columns="timespent")
    return dataclasses.replace(book, tables=book.tables | {"incidentresolution": resolutions})


def without_billed_minutes(book: Book) -> Book:
    """Return a book in which no resolution billed what its activities came to."""
    tables = without_minutes_of_resolutions(book).tables
    entitlements, cases = tables["entitlement"].copy(), tables["incident"].copy()
    is_hours = entitlements["allocation"] == "hours"
    ids = entitlements.loc[is_hours, "entitlementid"]
    is_own = cases["entitlementid"].isin(ids)
    entitlements.loc[is_hours, "remainingterms"] = entitlements.loc[is_hours, "totalterms"]
    log = tables["audit"]
    is_rest = log["recordid"].isin(ids) & (log["column"] == "remainingterms")
    is_mark = log["recordid"].isin(cases.loc[is_own, "incidentid"])
    is_mark &= log["column"] == "isdecrementing"
    cases.loc[is_own, "isdecrementing"] = False
    audit = log[~((is_rest & (log["operation"] != "create")) | is_mark)]
    changed = {"entitlement": entitlements, "incident": cases, "audit": audit}
    return dataclasses.replace(book, tables=tables | changed)


def with_cases_marked_later(book: Book, count: int) -> Book:
    """Return a book in which cases are marked do-not-decrement an hour after they took a term.

    All balances stay as they are: the terms are not given back.
    """
    cases, log = book.tables["incident"].copy(), book.tables["audit"]
    entitlements = book.tables["entitlement"]
    by_creation = entitlements.loc[entitlements["decrease_on"] == "creation", "entitlementid"]
    resolutions = book.tables["incidentresolution"].drop_duplicates("incidentid", keep=False)
    resolved = cases["incidentid"].map(resolutions.set_index("incidentid")["createdon"])
    is_chosen = (
        cases["entitlementid"].isin(by_creation)
        & cases["decrement"]
        & cases["isdecrementing"]
        & (resolved - cases["createdon"] > pd.Timedelta(hours=2))
    )
    marked = cases[is_chosen].head(count)
    changes = pd.DataFrame(
        {
            "auditid": "f" + marked["incidentid"].str[1:],
            "table": "incident",
            "recordid": marked["incidentid"],
            "column": "decremententitlementterm",
            "changed": marked["createdon"] + pd.Timedelta(hours=1),
            "old": "true",
            "new": "false",
            "operation": "update",
        }
    ).astype(log.dtypes)
    cases.loc[marked.index, "decrement"] = False
    audit = pd.concat([log, changes[log.columns]], ignore_index=True)
    audit = audit.sort_values("changed", kind="stable", ignore_index=True)
    return dataclasses.replace(book, tables=book.tables | {"incident": cases, "audit": audit})
