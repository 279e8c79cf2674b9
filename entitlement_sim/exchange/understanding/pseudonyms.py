"""Other names for customers and contacts, and none for what people wrote; links stay."""

import hashlib
from typing import Final

import pandas as pd

from ..recurring import plain
from ..vocabulary.columns import TABLES
from .parts import Part

#: Columns that hold ids of customers or of contacts.
_PEOPLE: Final = {
    ("entitlement", "customerid"): "customer",
    ("incident", "customerid"): "customer",
    ("incident", "primarycontactid"): "customer",
    ("entitlement", "subaccount"): "customer",
    ("incident", "subaccount"): "customer",
    ("account", "id"): "customer",
    ("account", "parent"): "customer",
    ("contact", "id"): "customer",
    ("contact", "parent"): "customer",
    ("contact_link", "contactid"): "customer",
}
#: Columns with the name of a customer or contact, and the column whose record it names.
_NAMES: Final = {
    ("entitlement", "customername"): "customerid",
    ("incident", "customername"): "customerid",
    ("account", "name"): "id",
    ("contact", "name"): "id",
}
#: Columns with text that somebody wrote, and the column after whose pseudonym it is named.
_WRITTEN: Final = (("incident", "title"), ("entitlement", "name"))
#: Columns of records whose changes an audit holds, that are about people.
_AUDITED_PEOPLE: Final = ("customerid", "primarycontactid", "accountid", "contactid")
_AUDITED_KEPT: Final = (
    "remainingterms", "totalterms", "isdecrementing", "decremententitlementterm", "statecode",
    "statuscode", "entitlementid", "caseorigincode", "productid", "startdate", "enddate",
    "allocationtypecode", "decreaseremainingon", "restrictcasecreation", "isdefault", "masterid",
    "parentcaseid", "entitlementtemplateid", "channel", "timespent", "createdon", "modifiedon",
)  # fmt: skip


def replace_names(parts: list[Part]) -> None:
    """Replace customers and contacts by numbered ones, and leave out what people wrote.

    Ids of customers and contacts are replaced, too, since they may be names or lead to them; who
    gets which number is by a digest of the ids, so the same book gets the same numbers. Rejected
    rows keep their line and reason, but neither record nor text.
    """
    numbers = _numbers(parts)
    for part in parts:
        rows = part.rows
        for table, column in _PEOPLE:
            if table == part.table and column in rows:
                rows[column] = rows[column].map(numbers).astype("str")
        for (table, column), named in _NAMES.items():
            if table == part.table and column in rows:
                rows[column] = rows[named].str.replace("-", " ").str.capitalize()
        for table, column in _WRITTEN:
            if table == part.table and column in rows:
                rows[column] = _numbered(rows[TABLES[table][0].name], table)
        if part.table == "audit" and "column" in rows:
            _audit(rows, numbers)
        for rejected in part.rejected:
            rejected["text"] = ""
            rejected["record"] = None


def _numbers(parts: list[Part]) -> dict[str, str]:
    """Return the pseudonym of each id of a customer or contact."""
    columns = [
        part.rows[column]
        for part in parts
        for (table, column) in _PEOPLE
        if table == part.table and column in part.rows
    ]
    for part in parts:
        if part.table == "audit" and "column" in part.rows:
            people = part.rows[part.rows["column"].isin(_AUDITED_PEOPLE)]
            columns += [people[side] for side in ("old", "new") if side in people]
            if "table" in part.rows:
                are_people = part.rows["table"].isin(("account", "contact"))
                columns.append(part.rows.loc[are_people, "recordid"])
    if not columns:
        return {}
    ids = pd.concat([plain(each) for each in columns], ignore_index=True).dropna().unique()
    by_digest = sorted(ids, key=lambda each: hashlib.sha256(each.encode()).digest())
    return {each: f"customer-{number}" for number, each in enumerate(by_digest, 1)}


def _numbered(ids: pd.Series, noun: str) -> pd.Series:
    """Return a name made of the first letters of a digest of each id."""
    digests = [hashlib.sha256(each.encode()).hexdigest()[:8] for each in plain(ids)]
    nouns = {"incident": "Case", "entitlement": "Entitlement"}
    return pd.Series(
        [f"{nouns[noun]} {digest}" for digest in digests], index=ids.index, dtype="str"
    )


def _audit(rows: pd.DataFrame, numbers: dict[str, str]) -> None:
    """Replace people in what an audit says was changed, and leave out other texts."""
    for name in {"table", "recordid", "column", "old", "new"} & set(rows):
        rows[name] = plain(rows[name])
    if "table" in rows:
        are_people = rows["table"].isin(("account", "contact"))
        rows.loc[are_people, "recordid"] = rows.loc[are_people, "recordid"].map(numbers)
    people = rows["column"].isin(_AUDITED_PEOPLE)
    others = ~people & ~rows["column"].isin(_AUDITED_KEPT)
    for side in ("old", "new"):
        if side in rows:
            rows.loc[people, side] = rows.loc[people, side].map(numbers).astype("str")
            rows.loc[others, side] = None
