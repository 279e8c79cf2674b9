"""References that are written as names: which record of the book each of them means.

Export to Excel writes the name of what a lookup points at. Where the table of that is in the book,
the name is looked up there; where it is not, the name itself serves as the id.
"""

from collections.abc import Callable
from functools import cache, partial
from typing import Final

import numpy as np
import pandas as pd

from ...telling import counted
from ..recurring import (
    all_plain,
    among,
    are_guids,
    are_kept_as_guids,
    by_row,
    other_texts,
    plain,
    texts_of,
)
from ..vocabulary.columns import TABLES
from .parts import Part

#: Where a name is looked up: pools of tables with the column that has names, one after another.
_Pools = tuple[tuple[tuple[str, str], ...], ...]
#: Gives what is known of each pool; no name is looked up where all is ids.
_Known = Callable[[], list[pd.DataFrame]]
_CUSTOMERS: Final[_Pools] = ((("account", "name"), ("contact", "name")),)
_CASES: Final[_Pools] = ((("incident", "ticketnumber"),), (("incident", "title"),))
_ENTITLEMENTS: Final[_Pools] = ((("entitlement", "name"),),)
_TEMPLATES: Final[_Pools] = ((("entitlementtemplate", "name"),),)
_PRODUCTS: Final[_Pools] = ((("product", "name"),),)
_CONTACTS: Final[_Pools] = ((("contact", "name"),),)
_ACCOUNTS: Final[_Pools] = ((("account", "name"),),)

#: What columns point at; customers first, since they tell entitlements of one name apart.
_POINTS_AT: Final[dict[tuple[str, str], _Pools]] = {
    ("contact", "parent"): _ACCOUNTS,
    ("account", "parent"): _ACCOUNTS,
    ("entitlement", "customerid"): _CUSTOMERS,
    ("entitlement", "templateid"): _TEMPLATES,
    ("entitlement", "renewed_from"): _ENTITLEMENTS,
    ("entitlement", "subaccount"): _ACCOUNTS,
    ("entitlementchannel", "entitlementid"): _ENTITLEMENTS,
    ("entitlementtemplatechannel", "templateid"): _TEMPLATES,
    ("incident", "customerid"): _CUSTOMERS,
    ("incident", "entitlementid"): _ENTITLEMENTS,
    ("incident", "productid"): _PRODUCTS,
    ("incident", "primarycontactid"): _CONTACTS,
    ("incident", "masterid"): _CASES,
    ("incident", "parentcaseid"): _CASES,
    ("incident", "subaccount"): _ACCOUNTS,
    ("incidentresolution", "incidentid"): _CASES,
    ("activitypointer", "incidentid"): _CASES,
    ("product_link", "entitlementid"): _ENTITLEMENTS,
    ("product_link", "productid"): _PRODUCTS,
    ("contact_link", "entitlementid"): _ENTITLEMENTS,
    ("contact_link", "contactid"): _CONTACTS,
}

#: Columns that a row does without: a name that fits several records is left out and said.
_DISPENSABLE: Final = {
    ("incident", "masterid"): ("case", "cases"),
    ("incident", "parentcaseid"): ("case", "cases"),
    ("entitlement", "renewed_from"): ("entitlement", "entitlements"),
    ("account", "parent"): ("account", "accounts"),
}


def link(parts: list[Part]) -> list[str]:
    """Put ids in the place of names, and set rows aside whose name fits several records.

    Returns
    -------
    list of str
        What must be known of it, in sentences.
    """
    notes: list[str] = []
    for (table, column), pools in _POINTS_AT.items():
        own = [part for part in parts if part.table == table and column in part.rows]
        known = cache(partial(_known, parts, pools))
        for part in own:
            if column == "customerid":
                _name_customers(part, known)
            open_rows = _link_column(part, column, known)
            if (table, column) == ("incident", "entitlementid") and open_rows.any():
                open_rows = _by_customer_and_day(part, open_rows, parts)
            if (table, column) == ("entitlement", "renewed_from") and open_rows.any():
                open_rows = _by_customer_and_start(part, open_rows, parts)
            if not open_rows.any():
                continue
            if (table, column) in _DISPENSABLE:
                part.rows.loc[open_rows, column] = None
                noun, nouns = _DISPENSABLE[table, column]
                count = counted(int(open_rows.sum()), noun)
                notes.append(
                    f"{part.file}: {column} of {count} names several {nouns}; it was left out"
                )
            else:
                part.set_aside(open_rows, "name fits several records", column)
    return notes


def _known(parts: list[Part], pools: _Pools) -> list[pd.DataFrame]:
    return [_records(parts, pool) for pool in pools]


def _records(parts: list[Part], pool: tuple[tuple[str, str], ...]) -> pd.DataFrame:
    """Return the records that a name may mean: id and name."""
    records = [pd.DataFrame({"id": [], "name": []}, dtype="str")]
    for table, name in pool:
        own_id = TABLES[table][0].name
        for part in parts:
            if part.table == table and own_id in part.rows:
                names = plain(part.rows[name]) if name in part.rows else None
                records.append(pd.DataFrame({"id": plain(part.rows[own_id]), "name": names}))
    return pd.concat(records).drop_duplicates()


def _link_column(part: Part, column: str, known: _Known) -> np.ndarray:
    """Put ids in the place of names; return the rows whose name fits several records."""
    written = part.rows[column]
    nowhere = np.broadcast_to(np.bool_(False), len(written))
    if are_kept_as_guids(written):
        return nowhere
    different = texts_of(written)[0]
    different = different[~are_guids(different)].dropna()
    if different.empty:
        return nowhere
    records_of = known()
    names = set(different[~among(different, pd.concat(records_of)["id"])])
    if not names:
        return nowhere
    chosen: dict[str, str] = {}
    ambiguous: set[str] = set()
    for records in records_of:
        fitting = records[records["name"].isin(names - chosen.keys() - ambiguous)]
        counts = fitting["name"].value_counts()
        single = fitting[fitting["name"].isin(counts.index[counts == 1])]
        chosen |= dict(zip(single["name"], single["id"], strict=True))
        ambiguous |= set(counts.index[counts > 1])
    if chosen:
        part.rows[column] = other_texts(
            written, lambda texts: texts.map(chosen).astype("str").fillna(texts)
        )
    return among(written, pd.Series(list(ambiguous), dtype="str")) if ambiguous else nowhere


def _name_customers(part: Part, known: _Known) -> None:
    """Let customers that are written by their names keep these."""
    if "customername" not in part.rows:
        written = part.rows["customerid"]
        different, codes = texts_of(written)
        is_id = are_guids(different)
        if not is_id.all():
            is_id |= among(different, known()[0]["id"])
        is_id = by_row(is_id, codes, False)
        if not is_id.all():
            part.rows["customername"] = written.mask(is_id)


def _by_customer_and_day(part: Part, unsettled: np.ndarray, parts: list[Part]) -> np.ndarray:
    """Settle entitlements of one name by their customer, then by their days; return which are not.

    Only entitlements of the case's own customer can be on it, and one that is on it was active
    some time after the case was created.
    """
    sold = _sold(parts)
    if sold.empty or "customerid" not in part.rows:
        return unsettled
    part.rows["entitlementid"] = plain(part.rows["entitlementid"])
    cases = part.rows.loc[unsettled, ["entitlementid", "customerid", "createdon"]]
    cases = (
        cases.assign(customerid=plain(cases["customerid"]))
        .rename(columns={"entitlementid": "name"})
        .assign(row=np.flatnonzero(unsettled))
    )
    pairs = cases.merge(sold, on=["name", "customerid"])
    day = pairs["createdon"].dt.normalize()
    narrow = pairs[(pairs["startdate"] <= day) & (pairs["enddate"] >= day)]
    still = unsettled.copy()
    for candidates in (pairs, narrow):
        counts = candidates["row"].value_counts()
        single = candidates[candidates["row"].isin(counts.index[counts == 1])]
        single = single[still[single["row"].to_numpy()]]
        rows = single["row"].to_numpy()
        part.rows.loc[rows, "entitlementid"] = single["entitlementid"].to_numpy()
        still[rows] = False
    return still


def _by_customer_and_start(part: Part, unsettled: np.ndarray, parts: list[Part]) -> np.ndarray:
    """Settle what is renewed, of entitlements of one name; return the rows that are not settled.

    It is the same customer's, and of these the last that began before the one that renews it.
    """
    sold = _sold(parts)
    if sold.empty or not {"customerid", "startdate"} <= set(part.rows):
        return unsettled
    part.rows["renewed_from"] = plain(part.rows["renewed_from"])
    renewing = part.rows.loc[unsettled, ["renewed_from", "customerid", "startdate"]]
    renewing = renewing.assign(customerid=plain(renewing["customerid"])).rename(
        columns={"renewed_from": "name", "startdate": "begins"}
    )
    pairs = renewing.assign(row=np.flatnonzero(unsettled)).merge(sold, on=["name", "customerid"])
    pairs = pairs[pairs["startdate"] < pairs["begins"]]
    latest = pairs[pairs["startdate"] == pairs.groupby("row")["startdate"].transform("max")]
    single = latest[~latest["row"].duplicated(keep=False)]
    rows = single["row"].to_numpy()
    part.rows.loc[rows, "renewed_from"] = single["entitlementid"].to_numpy()
    still = unsettled.copy()
    still[rows] = False
    return still


def _sold(parts: list[Part]) -> pd.DataFrame:
    """Return the entitlements of which all is known that tells those of one name apart."""
    columns = ["entitlementid", "name", "customerid", "startdate", "enddate"]
    frames = [
        all_plain(part.rows[columns])
        for part in parts
        if part.table == "entitlement" and set(columns) <= set(part.rows)
    ]
    return pd.concat(frames) if frames else pd.DataFrame(columns=columns)
