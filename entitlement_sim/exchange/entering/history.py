"""The history of a book: its customers, contracts and cases as the replay takes them."""

from typing import Final

import numpy as np
import pandas as pd

from ...replay.tables import HistoryTables, narrow
from ...rules.words import NOTHING
from ..book import Book
from ..recurring import places_in
from .cases import Cases, origin_codes
from .contracts import Contracts
from .moments import DAY, Whole, filled
from .people import People
from .scenario import Offerings

_GRANTED: Final = ["template", "allocation", "decrease_on", "restrict", "total"]


def history_of(
    book: Book,
    people: People,
    contracts: Contracts,
    offerings: Offerings,
    cases: Cases,
    products: pd.DataFrame,
    origins: tuple[str, ...],
    as_of: int,
) -> HistoryTables:
    """Return what happened, as far as a book says it."""
    rows = contracts.rows.assign(template=offerings.place_of)
    listed = {
        "channels": pd.DataFrame(
            {
                "contract": contracts.channels["contract"],
                "origin": origin_codes(contracts.channels["channel"], origins),
                "total": contracts.channels["total"],
            }
        ),
        "listed_products": _linked_products(book, contracts, products),
        "listed_contacts": _linked_contacts(book, contracts, people),
    }
    signatures = {name: _signatures(frame, len(rows)) for name, frame in listed.items()}
    granted = rows[_GRANTED].assign(**signatures)
    terms = granted.groupby([*granted.columns], sort=False).ngroup().to_numpy(np.int64)
    first = pd.Series(terms).drop_duplicates()  # the first contract of each combination
    of_first = {name: frame[frame["contract"].isin(first.index)] for name, frame in listed.items()}
    return HistoryTables(
        customers=_customers(people, rows, cases, as_of),
        terms=rows.loc[first.index, _GRANTED].reset_index(drop=True),
        entitlements=pd.DataFrame(
            {
                "customer": rows["customer"],
                "terms": terms,
                "start": rows["start"],
                "end": rows["end"],
                "predecessor": rows["renews"],
                "account": rows["account"],
            }
        ),
        bookings=pd.DataFrame(
            {
                "day": contracts.bookings["at"] // DAY,
                # At midnight: on that day, when the states of the day come into force.
                "minute": (contracts.bookings["at"] % DAY).replace(0, -1),
                "action": contracts.bookings["action"],
                "entitlement": contracts.bookings["contract"],
                "amount": contracts.bookings["total"],
            }
        ),
        cases=narrow(
            pd.DataFrame(
                {
                    "customer": cases.rows["customer"],
                    "created": cases.rows["created"],
                    "wants": cases.rows["contract"].where(cases.rows["contract"] >= 0, NOTHING),
                    "origin": cases.rows["origin"],
                    "product": cases.rows["product"],
                    "contact": cases.rows["contact"],
                    "account": cases.rows["account"],
                    "decrement": cases.rows["decrement"],
                }
            )
        ),
        events=cases.events,
        **{
            name: frame.assign(terms=terms[frame["contract"]])
            .drop(columns="contract")
            .reset_index(drop=True)
            for name, frame in of_first.items()
        },
    )


def _customers(people: People, rows: pd.DataFrame, cases: Cases, as_of: int) -> pd.DataFrame:
    """Return the customers, joined on the first day on which anything happened to them.

    Those to whom nothing happened joined on the day of the export: no earlier day is known.
    """
    days = pd.concat(
        [
            pd.Series(rows["created"].to_numpy(), index=rows["customer"]),
            pd.Series(cases.rows["created"].to_numpy() // DAY, index=cases.rows["customer"]),
        ]
    )
    first = days.groupby(level=0).min().reindex(range(len(people.customers)))
    joined = first.fillna(as_of).to_numpy(np.int64)
    segments = list(dict.fromkeys(people.customers["segment"]))
    asked = np.bincount(cases.rows["customer"], minlength=len(joined))
    return pd.DataFrame(
        {
            "joined": joined,
            "cases_per_year": asked / (as_of - joined + 1) * 365.25,
            "segment": pd.Index(segments).get_indexer(people.customers["segment"]),
        }
    )


def _signatures(frame: pd.DataFrame, count: int) -> Whole:
    """Return a number for each contract that is the same for the same rows."""
    signatures = np.zeros(count, np.int64)
    if frame.empty:
        return signatures
    values = frame.drop(columns="contract")
    value = values.groupby([*values.columns]).ngroup().to_numpy(np.int64)
    contract = frame["contract"].to_numpy(np.int64)
    order = np.lexsort((value, contract))
    contract, value = contract[order], value[order] + 1
    number = pd.Series(contract).groupby(contract).cumcount().to_numpy()
    by_number = np.argsort(number, kind="stable")
    ends = np.cumsum(np.bincount(number))
    for rows in np.split(by_number, ends[:-1]):  # the first value of each, then the second, …
        pairs = signatures[contract[rows]] * (int(value.max()) + 1) + value[rows]
        _, found = np.unique(pairs, return_inverse=True)
        signatures[contract[rows]] = int(signatures.max()) + 1 + found
    return signatures


def _linked_products(book: Book, contracts: Contracts, products: pd.DataFrame) -> pd.DataFrame:
    links = filled(book, "product_link")
    linked = pd.DataFrame(
        {
            "contract": contracts.place_of(links["entitlementid"]),
            "product": places_in(products["source_id"].astype("str"), links["productid"]),
        }
    )
    return linked[(linked["contract"] >= 0) & (linked["product"] >= 0)].drop_duplicates()


def _linked_contacts(book: Book, contracts: Contracts, people: People) -> pd.DataFrame:
    links = filled(book, "contact_link")
    place = contracts.place_of(links["entitlementid"])
    linked = pd.DataFrame({"contract": place, "source_id": links["contactid"]})[place >= 0]
    linked["customer"] = contracts.rows["customer"].to_numpy()[linked["contract"]]
    linked = linked.merge(people.contacts, on=["customer", "source_id"])
    return linked[["contract", "contact"]].drop_duplicates()
