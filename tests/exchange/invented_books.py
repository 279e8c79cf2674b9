"""Books that hypothesis invents: every table and column, with whatever a live system may hold."""

from collections.abc import Callable
from typing import Any

import pandas as pd
from hypothesis import strategies as st

from entitlement_sim.exchange.book import Book
from entitlement_sim.exchange.vocabulary.columns import LINKS, TABLES, Column, Kind
from entitlement_sim.exchange.vocabulary.labels import MISSING
from entitlement_sim.exchange.vocabulary.options import NUMBERS, ORIGINS

ZONE = "Europe/Berlin"

#: What a row cannot be without.
NEEDED = {
    ("entitlement", "customerid"),
    ("entitlement", "startdate"),
    ("entitlement", "enddate"),
    ("entitlementchannel", "entitlementid"),
    ("entitlementchannel", "channel"),
    ("entitlementtemplatechannel", "templateid"),
    ("entitlementtemplatechannel", "channel"),
    ("incident", "customerid"),
    ("incident", "createdon"),
    ("incidentresolution", "incidentid"),
    ("activitypointer", "incidentid"),
}
#: Where the ids of other records come from.
POINTS_AT = {
    "customerid": "account",
    "templateid": "entitlementtemplate",
    "renewed_from": "entitlement",
    "entitlementid": "entitlement",
    "productid": "product",
    "primarycontactid": "contact",
    "contactid": "contact",
    "masterid": "incident",
    "parentcaseid": "incident",
    "incidentid": "incident",
    "parent": "account",
    "subaccount": "account",
}
#: Tables in the order in which they can point at each other.
ORDER = [
    "account",
    "contact",
    "product",
    "entitlementtemplate",
    "entitlementtemplatechannel",
    "entitlement",
    "entitlementchannel",
    "incident",
    "incidentresolution",
    "activitypointer",
    "audit",
    *LINKS,
]
LINKED = {"product_link": "product", "contact_link": "contact"}
LOGGED = [
    ("entitlement", "remainingterms", "10.00", "9.50"),
    ("entitlement", "statecode", "Draft", "Active"),
    ("incident", "isdecrementing", "false", "true"),
    ("incident", "statecode", "Active", "Resolved"),
]

words = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=8)
#: A text such as ``null`` or ``-`` stands for nothing in whatever form it comes.
texts = (
    st.lists(words, min_size=1, max_size=3)
    .map(" ".join)
    .filter(lambda text: text.lower() not in MISSING)
)
days = st.dates(pd.Timestamp("1990-01-01").date(), pd.Timestamp("2100-12-31").date())


def _values(kind: Kind) -> st.SearchStrategy[Any]:
    if kind is Kind.DAY:
        return days.map(pd.Timestamp)
    if kind is Kind.MOMENT:  # hours that come once on every day of the zone
        minutes = st.integers(4 * 60, 24 * 60 - 1)
        return st.builds(lambda day, m: pd.Timestamp(day) + pd.Timedelta(minutes=m), days, minutes)
    if kind is Kind.AMOUNT:
        return st.integers(-(10**13), 10**13)
    if kind is Kind.MINUTES:
        return st.integers(0, 2**31 - 1)
    return st.booleans() if kind is Kind.FLAG else texts


@st.composite
def books(draw: Callable[[st.SearchStrategy[Any]], Any], *, with_own: bool = True) -> Book:
    """Return a book; `with_own`: with channels and status reasons of an organisation's own."""
    own = [f"Own {draw(words)}"] if with_own else []
    tables: dict[str, pd.DataFrame] = {}
    for place, name in enumerate(ORDER):
        least = 1 if name in ("account", "entitlementtemplate", "entitlement", "incident") else 0
        count = draw(st.integers(least, 3))
        if name in LINKS and len(tables[LINKED[name]]) == 0:
            count = 0
        known = {
            other: rows.iloc[:, 0].tolist()
            for other, rows in tables.items()
            if other not in LINKS and len(rows)
        }
        rows = {}
        for column in TABLES[name]:
            values = _column(name, column, place, count, known, own)
            rows[column.name] = draw(st.lists(values, min_size=count, max_size=count))
        table = pd.DataFrame(rows)
        if name not in LINKS:
            table.iloc[:, 0] = [f"{place:08x}-0000-5000-8000-{row:012x}" for row in range(count)]
        _agree(name, table, tables)
        dtypes = {column.name: column.kind.dtype for column in TABLES[name]}
        tables[name] = table.astype(dtypes).drop_duplicates(ignore_index=True)
    return Book({name: tables[name] for name in TABLES}, zone=ZONE)


def _column(
    table: str, column: Column, place: int, count: int, known: dict[str, list[str]], own: list[str]
) -> st.SearchStrategy[Any]:
    name = column.name
    values: st.SearchStrategy[Any]
    if column.kind is Kind.ID:
        ids = known.get(POINTS_AT.get(name, ""), [])
        values = st.sampled_from(ids) if ids else st.none()
    elif name in ("channel", "origin"):
        values = st.sampled_from([*ORIGINS, *own])
    elif name == "statusreason":
        values = st.sampled_from([*NUMBERS[table, name], *own])
    elif column.kind is Kind.WORD:
        values = st.sampled_from(column.words)
    else:
        values = _values(column.kind)
    if (table, name) in NEEDED or table in LINKS or table == "audit":
        return values
    return st.none() | values


def _agree(name: str, table: pd.DataFrame, before: dict[str, pd.DataFrame]) -> None:
    """Let columns agree: a name is that of one record, a customer has its own, a log its words."""
    for column in ("name", "title", "ticketnumber"):
        if column in table:
            table[column] = [
                f"{'x' if text is None else text} {name}-{column}-{row}"
                for row, text in enumerate(table[column])
            ]
    if "customertype" in table:
        names = before["account"].set_index("id")["name"]
        table["customertype"] = "account"
        table["customername"] = table["customerid"].map(names)
    if name == "audit":
        for row in range(len(table)):
            said = LOGGED[row % len(LOGGED)]
            table.loc[row, ["table", "column", "old", "new"]] = said
            table.loc[row, "recordid"] = before["entitlement"]["entitlementid"].iloc[0]
