"""A small invented book, with odd but legal things in it: ``data/sample-export`` is made of it."""

import datetime as dt
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pandas as pd

from .book import Book
from .leaving.writing import write_book
from .vocabulary.columns import TABLES

#: Forms of the sample, with the culture in which each is written.
SAMPLE_FORMS: Final = {
    "excel": None,
    "csv": "de-DE",
    "dataverse-json": "en-US",
    "migration-zip": "en-US",
}

ZONE: Final = "Europe/Berlin"
AS_OF: Final = dt.date(2026, 6, 30)
_CURRENCY: Final = "EUR"

_RECORDS: Final = uuid.UUID("5f0c7f5a-3b1f-5c0e-9c44-8a5d6c1f2e10")


def sample_book() -> Book:
    """Return the invented book: three customers, six entitlements, eleven cases and their log.

    In it are a customer who is a person, a channel of the organisation's own, a case without an
    origin, one that got its entitlement weeks later, one that was resolved twice, merged and
    cancelled ones, one that takes no terms, a balance below zero, one that somebody corrected by
    hand, cover without a number of terms, and names with a dash, a quote and a formula's beginning.
    """
    rows: dict[str, list[Sequence[Any]]] = {
        "account": [
            (_id("Contoso"), "Contoso \N{EM DASH} North", "midsize"),
            (_id("Fabrikam"), '=Fabrikam "Süd"; GmbH', "small"),
        ],
        "contact": [
            (_id("Ann"), "Ann O'Neill", _id("Contoso"), None),
            (_id("Bo"), "Bo Åkesson", None, "small"),
        ],
        "product": [(_id("Mail"), "Mail"), (_id("Storage"), "Storage, cold")],
        "entitlementtemplate": [
            (_id("Pack"), "Pack 10", None, None, "cases", "creation", 1000, True),
            (_id("Hours"), "Hours 40", None, None, "hours", "resolution", 4000, False),
        ],
        "entitlementtemplatechannel": [
            (_id("Pack Phone"), _id("Pack"), "Phone", 400),
            (_id("Pack WhatsApp"), _id("Pack"), "WhatsApp", 200),
        ],
        "entitlement": [_entitlement(*each) for each in _ENTITLEMENTS],
        "entitlementchannel": [
            (_id("P1 Phone"), _id("P1"), "Phone", 400, 300),
            (_id("P1 WhatsApp"), _id("P1"), "WhatsApp", 200, 100),
        ],
        "incident": [_incident(number, *each) for number, each in enumerate(_CASES, 1)],
        "incidentresolution": [
            (_id(f"resolution {number}"), _id(f"case {case}"), minutes, _at(when))
            for number, (case, minutes, when) in enumerate(_RESOLUTIONS, 1)
        ],
        "activitypointer": [
            (_id(f"activity {number}"), _id(f"case {case}"), minutes, _at(when), state)
            for number, (case, minutes, when, state) in enumerate(_ACTIVITIES, 1)
        ],
        "audit": [
            (_id(f"log {number}"), table, _id(record), column, _at(when), old, new, operation)
            for number, (when, table, record, column, old, new, operation) in enumerate(_LOG, 1)
        ],
        "product_link": [(_id("H1"), _id("Mail")), (_id("H1"), _id("Storage"))],
        "contact_link": [(_id("P1"), _id("Ann"))],
    }
    return Book(
        {table: _frame(table, rows[table]) for table in TABLES},
        name="sample",
        zone=ZONE,
        as_of=AS_OF,
        currency=_CURRENCY,
    )


def write_sample(folder: Path) -> None:
    """Write the sample in each of its forms, each into a folder of its name."""
    for form, culture in SAMPLE_FORMS.items():
        write_book(sample_book(), folder / form, form, culture=culture)


# Name, customer, first and last day, template, total, remaining, default, state, price (-1: not
# known).
_ENTITLEMENTS: Final = (
    ("P0", "Contoso", "2025-01-13", "2026-01-12", "Pack", 1000, 0, False, "Expired", -1),
    ("P1", "Contoso", "2026-01-13", "2027-01-12", "Pack", 1000, 800, True, "Active", 150000),
    ("H1", "Fabrikam", "2026-02-01", "2027-01-31", "Hours", 4000, 3784, True, "Active", 560050),
    ("H2", "Fabrikam", "2025-02-01", "2026-01-31", "Hours", 4000, -125, False, "Expired", None),
    ("W1", "Fabrikam", "2026-07-15", "2027-07-14", "Hours", 0, 0, False, "Waiting", 0),
    ("P2", "Bo", "2026-03-01", "2027-02-28", "Pack", 500, 500, False, "Cancelled", 75000),
)

_RENEWED_FROM: Final = {"P1": "P0", "H1": "H2"}


def _entitlement(
    name: str,
    customer: str,
    start: str,
    end: str,
    template: str,
    total: int,
    remaining: int,
    is_default: bool,
    state: str,
    price: int | None,
) -> Sequence[Any]:
    of_template = {"Pack": ("cases", "creation", True), "Hours": ("hours", "resolution", False)}
    allocation, decrease_on, restrict = of_template[template]
    return (
        _id(name),
        f"{name} \N{EN DASH} {template}",
        _id(customer),
        _CUSTOMERS[customer][0],
        pd.Timestamp(start),
        pd.Timestamp(end),
        allocation,
        decrease_on,
        total,
        remaining,
        restrict,
        is_default,
        _id(template),
        state,
        pd.Timestamp(start) - pd.Timedelta(days=20, minutes=-605),
        _at("2026-06-30 08:15"),
        None if price == -1 else price,
        _CURRENCY,
        _id(_RENEWED_FROM.get(name)),
        _CUSTOMERS[customer][1],
    )


_CUSTOMERS: Final = {
    "Contoso": ("account", "Contoso \N{EM DASH} North"),
    "Fabrikam": ("account", '=Fabrikam "Süd"; GmbH'),
    "Bo": ("contact", "Bo Åkesson"),
}

# Title, customer, entitlement, product, contact, origin, created, changed, state, status reason,
# takes terms, has taken some, number of the case into which it was merged, or of its parent.
_CASES: Final = (
    ("Mail stops", "Contoso", "P1", "Mail", "Ann", "Phone", "2026-01-20 09:05",
     "2026-01-21 16:00", "Resolved", "Problem Solved", True, True, None, None),
    ("Bot is rude\nand slow", "Contoso", "P1", "Storage", "Ann", "WhatsApp", "2026-02-13 23:59",
     "2026-02-20 10:30", "Resolved", "Information Provided", True, True, None, None),
    ("No origin", "Contoso", None, None, None, None, "2026-03-01 00:00",
     "2026-03-01 00:00", "Active", "In Progress", True, False, None, None),
    ("Wrong number", "Contoso", "P1", "Mail", "Ann", "Phone", "2026-03-02 11:00",
     "2026-03-02 11:45", "Cancelled", "Canceled", True, False, None, None),
    ("Same again", "Contoso", None, "Mail", "Ann", "Email", "2026-03-05 12:10",
     "2026-03-06 08:00", "Cancelled", "Merged", True, False, 1, None),
    ("Courtesy", "Contoso", "P1", "Mail", None, "Email", "2026-04-01 08:30",
     "2026-04-01 09:30", "Resolved", "Problem Solved", False, False, None, None),
    ("Slow disk", "Fabrikam", "H1", "Storage", None, "Web", "2026-02-10 10:00",
     "2026-03-18 17:20", "Resolved", "Problem Solved", True, True, None, None),
    ("Attached late", "Fabrikam", "H1", "Mail", None, "Email", "2026-03-10 14:00",
     "2026-04-15 12:00", "Resolved", "Problem Solved", True, True, None, None),
    ("Part of it", "Fabrikam", "H1", "Mail", None, "Email", "2026-05-04 07:45",
     "2026-05-04 07:45", "Active", "With the maker", True, False, None, 7),
    ("Over the edge", "Fabrikam", "H2", "Mail", None, "Phone", "2026-01-20 15:00",
     "2026-02-03 15:00", "Resolved", "Problem Solved", True, True, None, None),
    ("A person's own", "Bo", None, None, "Bo", "IoT", "2026-05-20 19:19",
     "2026-05-21 09:00", "Resolved", "Problem Solved", True, False, None, None),
)  # fmt: skip


def _incident(
    number: int,
    title: str,
    customer: str,
    entitlement: str | None,
    product: str | None,
    contact: str | None,
    origin: str | None,
    created: str,
    changed: str,
    state: str,
    status: str,
    decrement: bool,
    has_taken: bool,
    master: int | None,
    parent: int | None,
) -> Sequence[Any]:
    return (
        _id(f"case {number}"),
        f"CAS-{str(number).zfill(5)}-S4MPL3",
        title,
        _id(customer),
        *_CUSTOMERS[customer],
        _id(entitlement),
        _id(product),
        _id(contact),
        origin,
        _at(created),
        _at(changed),
        state,
        status,
        decrement,
        has_taken,
        None if master is None else _id(f"case {master}"),
        None if parent is None else _id(f"case {parent}"),
    )


_RESOLUTIONS: Final = (
    (1, 45, "2026-01-21 16:00"),
    (2, 0, "2026-02-20 10:30"),
    (6, 20, "2026-04-01 09:30"),
    (7, 40, "2026-02-12 12:00"),
    (7, 100, "2026-03-18 17:20"),
    (8, 30, "2026-04-15 12:00"),
    (10, 165, "2026-02-03 15:00"),
    (11, 5, "2026-05-21 09:00"),
)
_ACTIVITIES: Final = (
    (1, 45, "2026-01-21 15:30", "Completed"),
    (6, 20, "2026-04-01 09:20", "Completed"),
    (7, 40, "2026-02-12 11:40", "Completed"),
    (7, 60, "2026-03-18 17:00", "Completed"),
    (8, 30, "2026-04-15 11:30", "Completed"),
    (8, 15, "2026-04-14 10:00", "Cancelled"),
    (9, 10, None, "Open"),
    (10, 165, "2026-02-03 14:50", "Completed"),
)

_LOG: Final = (
    ("2025-12-24 10:05", "entitlement", "P1", "statecode", None, "Draft", "create"),
    ("2025-12-24 10:05", "entitlement", "P1", "remainingterms", None, "10.00", "create"),
    ("2025-12-24 10:20", "entitlement", "P1", "statecode", "Draft", "Waiting", "update"),
    ("2026-01-13 00:00", "entitlement", "P1", "statecode", "Waiting", "Active", "update"),
    ("2026-01-20 09:05", "entitlement", "P1", "remainingterms", "10.00", "9.00", "update"),
    ("2026-02-13 23:59", "entitlement", "P1", "remainingterms", "9.00", "8.00", "update"),
    ("2026-03-02 11:00", "entitlement", "P1", "remainingterms", "8.00", "7.00", "update"),
    ("2026-03-02 11:45", "entitlement", "P1", "remainingterms", "7.00", "8.00", "update"),
    ("2026-02-12 12:00", "entitlement", "H1", "remainingterms", "40.00", "39.33", "update"),
    ("2026-02-16 09:00", "entitlement", "H1", "remainingterms", "39.33", "40.00", "update"),
    ("2026-03-18 17:20", "entitlement", "H1", "remainingterms", "40.00", "38.33", "update"),
    ("2026-04-14 16:40", "incident", "case 8", "entitlementid", None, "H1", "update"),
    ("2026-04-15 12:00", "entitlement", "H1", "remainingterms", "38.33", "37.83", "update"),
    ("2026-06-30 08:15", "entitlement", "H1", "remainingterms", "37.83", "37.84", "update"),
    ("2026-04-01 08:40", "incident", "case 6", "decremententitlementterm", "true", "false",
     "update"),
    ("2026-02-16 09:00", "incident", "case 7", "statecode", "Resolved", "Active", "update"),
)  # fmt: skip


#: Columns of customers with accounts of their own, of whom the sample has none.
_OF_ACCOUNTS: Final = {
    ("entitlement", "subaccount"),
    ("incident", "subaccount"),
    ("account", "parent"),
}


def _frame(table: str, rows: Sequence[Sequence[Any]]) -> pd.DataFrame:
    columns = [each for each in TABLES[table] if (table, each.name) not in _OF_ACCOUNTS]
    frame = pd.DataFrame(list(rows), columns=[column.name for column in columns], dtype="object")
    if table == "audit":
        lookups = frame["column"] == "entitlementid"
        frame.loc[lookups, "new"] = [_id(name) for name in frame.loc[lookups, "new"]]
    return frame.astype({column.name: column.kind.dtype for column in columns})


def _id(name: str | None) -> str | None:
    return None if name is None else str(uuid.uuid5(_RECORDS, name))


def _at(text: str | None) -> pd.Timestamp | None:
    return None if text is None else pd.Timestamp(text)
