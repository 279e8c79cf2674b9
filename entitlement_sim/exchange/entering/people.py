"""Customers, contacts and products of a book, numbered as a run numbers them.

A case that a contact wrote is the case of the contact's account: the contact is one of those who
write for it. A contact who holds an entitlement is a customer of its own. An account that has
neither an entitlement nor a case is a customer, too. But accounts that records name beside their
customer (``subaccount``) are accounts of that customer, and so are the others with that parent
which neither hold nor wrote anything themselves; they are numbered in the order of the export. A
parent alone says nothing: what it holds serves none of its child accounts.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...scenario.models import MOST_NAMES
from ..book import Book
from ..recurring import all_plain, is_recurring, places_in
from .moments import filled, found
from .names import distinct_names

#: Segment of customers of which the book names none.
NO_SEGMENT: Final = "customers"
#: Segments of a run; those of fewest customers are `OTHER_SEGMENTS` together where there are more.
MOST_SEGMENTS: Final = 1_000
OTHER_SEGMENTS: Final = "other segments"


@dataclass(frozen=True)
class People:
    """The customers of a book, in the order of their numbers.

    Attributes
    ----------
    customers : DataFrame
        ``source_id``, ``name``, ``segment``; the first one is number 0.
    number_of : Series of int
        Number of the customer that an account or contact counts as, by its id.
    contacts : DataFrame
        ``source_id``, ``customer``, ``contact`` (number within the customer, from 0).
    accounts : DataFrame
        Accounts of customers: ``source_id``, ``customer``, ``account`` (number within the customer,
        from 1).
    """

    customers: pd.DataFrame
    number_of: "pd.Series[int]"
    contacts: pd.DataFrame
    accounts: pd.DataFrame

    def account_of(self, source_ids: "pd.Series[Any]", customers: NDArray[Any]) -> NDArray[Any]:
        """Return the numbers of accounts by their ids; -1 where one is none of that customer."""
        place = places_in(self.accounts["source_id"], source_ids)
        owner = np.append(self.accounts["customer"].to_numpy(np.int64), -1)
        number = np.append(self.accounts["account"].to_numpy(np.int64), -1)
        return np.where(owner[place] == np.asarray(customers), number[place], -1)


def people_of(book: Book) -> People:
    """Number the customers and the contacts of a book.

    Customers are numbered by their first appearance: in the order of the entitlements, then of the
    cases, then of the accounts.
    """
    entitlements = filled(book, "entitlement")
    incidents = filled(book, "incident")
    holders = entitlements["customerid"].dropna().unique()
    writers = incidents["customerid"].dropna().unique()
    of_customers = _accounts_of_customers(book, np.concatenate([holders, writers]))
    listed = filled(book, "account")["id"]
    accounts = listed[~listed.isin(of_customers["source_id"])].dropna().unique()
    accounts_of = _accounts_of(book, holders)
    appearing = pd.Series(np.concatenate([holders, writers, accounts]), dtype="str")
    customers = found(accounts_of, appearing).fillna(appearing)
    ids = pd.Index(customers.unique(), dtype="str")
    numbers = pd.Series(ids.get_indexer(customers), index=pd.Index(appearing, dtype="str"))
    number_of = numbers[~numbers.index.duplicated()]
    names = _names_of(book, entitlements, incidents)
    return People(
        pd.DataFrame(
            {
                "source_id": ids,
                "name": found(names, pd.Series(ids, dtype="str")),
                "segment": _segments_of(book, ids),
            }
        ),
        number_of,
        _contacts_of(book, entitlements, incidents, number_of),
        of_customers.assign(
            customer=found(number_of, of_customers["parent"]).fillna(-1).astype(np.int64)
        ).drop(columns="parent"),
    )


def products_of(book: Book) -> pd.DataFrame:
    """Return the products of a book: ``source_id``, ``name``, and a ``label`` for a run, each once.

    A run tells the first ten thousand apart; those after them are without a label.
    """
    listed = filled(book, "product")
    known = pd.Series(listed["name"].to_numpy(), index=listed["id"], dtype="str")
    appearing = [
        pd.Series(filled(book, table)["productid"].unique(), dtype="str")
        for table in ("product_link", "incident")
    ]
    ids = pd.concat([listed["id"], *appearing]).dropna().unique()
    names = found(known[~known.index.duplicated()], pd.Series(ids, dtype="str"))
    names = names.fillna(pd.Series(ids, dtype="str"))
    labels = pd.Series(distinct_names(names[:MOST_NAMES]), dtype="str")
    return pd.DataFrame({"source_id": ids, "name": names, "label": labels.reindex(names.index)})


def _different_pairs(first: "pd.Series[Any]", second: "pd.Series[Any]") -> pd.DataFrame:
    """Return the different pairs of texts, in the order in which they come."""
    pairs = pd.DataFrame({"first": first, "second": second})
    if is_recurring(first) and is_recurring(second):
        pairs = pairs.drop_duplicates()
    return all_plain(pairs)


def _accounts_of_customers(book: Book, customers: NDArray[Any]) -> pd.DataFrame:
    """Return the accounts that are no customers: ``source_id``, ``parent``, ``account``."""
    named = [
        pd.Series(filled(book, table)["subaccount"].dropna().unique(), dtype="str")
        for table in ("entitlement", "incident")
    ]
    listed = all_plain(filled(book, "account")[["id", "parent"]])
    listed = listed[listed["parent"].notna() & ~listed["id"].isin(customers)]
    parents = listed["parent"][listed["id"].isin(pd.concat(named))]
    own = listed[listed["parent"].isin(parents)].drop_duplicates("id", ignore_index=True)
    number = own.groupby("parent").cumcount() + 1
    return own.rename(columns={"id": "source_id"}).assign(account=number)


def _accounts_of(book: Book, holders: NDArray[Any]) -> "pd.Series[str]":
    """Return the account that a contact writes for, by the contact's id."""
    contacts = filled(book, "contact")
    parents = pd.Series(contacts["parent"].to_numpy(), index=contacts["id"], dtype="str").dropna()
    own = np.asarray(parents.index.isin(holders)) | parents.index.duplicated()
    return pd.Series(parents[~own])


def _names_of(book: Book, entitlements: pd.DataFrame, incidents: pd.DataFrame) -> "pd.Series[str]":
    """Return names by id: those of accounts and contacts, else as other rows write them."""
    parts = [
        (table["id"], table["name"])
        for table in (filled(book, name) for name in ("account", "contact"))
    ]
    for table in (entitlements, incidents):
        pairs = _different_pairs(table["customerid"], table["customername"])
        parts.append((pairs["first"], pairs["second"]))
    ids = pd.concat([part for part, _ in parts])
    names = pd.Series(
        pd.concat([part for _, part in parts]).to_numpy(), index=ids.to_numpy(), dtype="str"
    )
    names = names[names.notna() & pd.Series(names.index.notna(), index=names.index)]
    return pd.Series(names[~names.index.duplicated()])


def _segments_of(book: Book, ids: "pd.Index[str]") -> "pd.Series[str]":
    parts = [filled(book, name) for name in ("account", "contact")]
    written = pd.Series(
        pd.concat([part["segment"] for part in parts]).to_numpy(),
        index=pd.concat([part["id"] for part in parts]).to_numpy(),
        dtype="str",
    ).dropna()
    segments = found(written[~written.index.duplicated()], pd.Series(ids, dtype="str"))
    segments = segments.fillna(NO_SEGMENT)
    sizes = segments.value_counts()
    if len(sizes) > MOST_SEGMENTS:
        segments = segments.where(segments.isin(sizes.index[: MOST_SEGMENTS - 1]), OTHER_SEGMENTS)
    return segments


def _contacts_of(
    book: Book, entitlements: pd.DataFrame, incidents: pd.DataFrame, number_of: "pd.Series[int]"
) -> pd.DataFrame:
    """Number the contacts of each customer: those who wrote, then those whom entitlements list."""
    links = filled(book, "contact_link")
    holder = pd.Series(
        entitlements["customerid"].to_numpy(), index=entitlements["entitlementid"], dtype="str"
    )
    wrote = _different_pairs(incidents["primarycontactid"], incidents["customerid"])
    parts = [
        (wrote["first"], wrote["second"]),
        (links["contactid"], found(holder, links["entitlementid"])),
    ]
    known = pd.DataFrame(
        {
            "source_id": pd.concat([contact for contact, _ in parts], ignore_index=True),
            "customer": found(number_of, pd.concat([customer for _, customer in parts])).to_numpy(),
        }
    )
    known = known.dropna().drop_duplicates(ignore_index=True)
    known["customer"] = known["customer"].astype(np.int64)
    known["contact"] = known.groupby("customer").cumcount()
    return known
