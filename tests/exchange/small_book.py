"""A small book, written by hand: two customers, two contracts, three cases."""

import datetime as dt
from typing import Any

import pandas as pd

from entitlement_sim.exchange.book import Book
from entitlement_sim.exchange.vocabulary.columns import TABLES


def table(name: str, *rows: dict[str, Any]) -> pd.DataFrame:
    """Return a table of a book with the columns that its rows name."""
    kinds = {column.name: column.kind.dtype for column in TABLES[name]}
    columns = dict.fromkeys(key for row in rows for key in row)
    return pd.DataFrame(
        {
            key: pd.Series([_value(kinds[key], row.get(key)) for row in rows], dtype=kinds[key])
            for key in columns
        }
    )


def _value(dtype: Any, value: Any) -> Any:
    if str(dtype).startswith("datetime64") and isinstance(value, str):
        return pd.Timestamp(value)
    return value


PACK = {
    "entitlementid": "e1",
    "name": "Ten cases",
    "customerid": "a1",
    "startdate": "2025-01-01",
    "enddate": "2025-12-31",
    "allocation": "cases",
    "decrease_on": "creation",
    "totalterms": 1000,
    "remainingterms": 800,
    "restrict": True,
    "state": "Active",
    "createdon": "2025-01-01 08:00",
    "price": 100_000,
}
HOURS = PACK | {
    "entitlementid": "e2",
    "name": "Hours",
    "customerid": "a2",
    "allocation": "hours",
    "decrease_on": "resolution",
    "totalterms": 500,
    "remainingterms": 350,
    "restrict": False,
}
CASE = {
    "incidentid": "i1",
    "customerid": "a1",
    "customername": "Ada",
    "entitlementid": "e1",
    "origin": "Phone",
    "createdon": "2025-01-02 09:00",
    "modifiedon": "2025-01-02 09:30",
    "state": "Resolved",
}
OPEN = CASE | {
    "incidentid": "i2",
    "origin": "Portal (new)",
    "createdon": "2025-01-03 10:30",
    "modifiedon": "2025-01-03 10:30",
    "state": "Active",
}
WORKED = CASE | {
    "incidentid": "i3",
    "customerid": "a2",
    "customername": "Bob",
    "entitlementid": "e2",
    "origin": "Chat",
    "createdon": "2025-01-04 11:00",
    "modifiedon": "2025-01-05 11:00",
}


def small_book(**tables: pd.DataFrame | None) -> Book:
    """Return the book with tables in the place of its own; None means not exported."""
    own: dict[str, pd.DataFrame | None] = {
        "entitlement": table("entitlement", PACK, HOURS),
        "entitlementchannel": table(
            "entitlementchannel",
            {
                "entitlementchannelid": "c1",
                "entitlementid": "e1",
                "channel": "Portal (new)",
                "totalterms": 300,
                "remainingterms": 200,
            },
        ),
        "incident": table("incident", CASE, OPEN, WORKED),
        "incidentresolution": table(
            "incidentresolution",
            {
                "activityid": "r1",
                "incidentid": "i1",
                "timespent": 30,
                "createdon": "2025-01-02 09:30",
            },
            {
                "activityid": "r3",
                "incidentid": "i3",
                "timespent": 90,
                "createdon": "2025-01-05 11:00",
            },
        ),
    }
    chosen = own | tables
    return Book(
        {name: rows for name, rows in chosen.items() if rows is not None},
        name="small",
        as_of=dt.date(2025, 3, 31),
    )


def logged(column: str, changed: str, old: str | None, new: str | None, **said: str) -> Any:
    """Return a row of the log of changes, of the first case unless `said` otherwise."""
    row = {"table": "incident", "recordid": "i1", "operation": "update"} | said
    return row | {
        "auditid": f"{row['recordid']} {column} {changed}",
        "column": column,
        "changed": changed,
        "old": old,
        "new": new,
    }
