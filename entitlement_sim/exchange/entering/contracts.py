"""Entitlements of a book and what was done with them, worked out from what was exported.

What an export does not say is assumed, and nothing else:

- A record whose `createdon` is missing was made on its first day; one of which no change of state
  was exported left Draft on the day on which it was made, unless it still is in Draft.
- A cancelled one of which no change was exported was cancelled when it was last modified, and no
  later than its last day.
- A total of which no change was exported was always as it stands.
- What is said to renew an entitlement of another customer, or one that was not exported, renews
  nothing that is on record.
- What expired, and what began after it was activated, did so by its dates.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from ...engine.tables import NO_TIME
from ...rules.words import Action, Allocation, DecreaseOn, State
from ..book import Book
from ..recurring import by_row, places_in, texts_of
from .moments import (
    DAY,
    Whole,
    changes_of,
    codes_of,
    days_of,
    filled,
    flags,
    found,
    minutes_of,
    whole,
)
from .people import People
from .rejecting import Rejecting

#: What stands for a price or a balance that is not known.
UNKNOWN: Final = -(2**62)


@dataclass(frozen=True)
class Contracts:
    """The entitlements of a book, customer by customer in the order in which they were made.

    Attributes
    ----------
    rows : DataFrame
        ``source_id``, ``name``, ``customer``, ``number`` (within the customer), ``account`` (of the
        customer, that holds it, from 1; -1 for none), ``templateid``, days ``created``, ``start``,
        ``end``; ``allocation``, ``decrease_on``, ``restrict``, ``is_default``, ``total`` (when it
        was made), ``price``, ``recorded_remaining``, ``state``, ``renews`` (row, -1 for none).
    bookings : DataFrame
        ``contract`` (row), ``at`` (minute), ``action``, ``total``; in the order in which they are
        done within a customer.
    channels : DataFrame
        ``contract``, ``source_id``, ``channel``, ``total``, ``recorded_remaining``.
    """

    rows: pd.DataFrame
    bookings: pd.DataFrame
    channels: pd.DataFrame

    def place_of(self, source_ids: "pd.Series[Any]") -> Whole:
        """Return the rows of entitlements by their ids; -1 where there is none."""
        return places_in(self.rows["source_id"], source_ids)


def contracts_of(book: Book, people: People, as_of: int, rejecting: Rejecting) -> Contracts:
    """Work out the entitlements of a book as they were at the close of day `as_of`."""
    table = filled(book, "entitlement")
    table = rejecting.without(
        "entitlement",
        table,
        {
            "no customer": table["customerid"].isna(),
            "no first or last day": table["startdate"].isna() | table["enddate"].isna(),
            "ends before it starts": (table["enddate"] < table["startdate"]).fillna(False),
            "made after the day of the export": table["createdon"].notna()
            & (days_of(table["createdon"]) > as_of),
        },
    )
    start = days_of(table["startdate"])
    made = minutes_of(table["createdon"])
    made = np.where(made == NO_TIME, np.minimum(start, as_of) * DAY, made)
    allocation = np.where(table["allocation"].eq("hours").fillna(False), Allocation.HOURS, 0)
    on_creation = table["decrease_on"].eq("creation").fillna(False).to_numpy(bool)
    rows = pd.DataFrame(
        {
            "source_id": table["entitlementid"],
            "name": table["name"],
            "customer": found(people.number_of, table["customerid"]).astype(np.int64),
            "templateid": table["templateid"],
            "made": made,
            "created": made // DAY,
            "start": start,
            "end": days_of(table["enddate"]),
            "allocation": allocation.astype(np.int64),
            "decrease_on": np.where(
                on_creation & (allocation != Allocation.HOURS),
                DecreaseOn.CREATION,
                DecreaseOn.RESOLUTION,
            ),
            "restrict": flags(table["restrict"], False),
            "is_default": flags(table["isdefault"], False),
            "total": whole(table["totalterms"], 0),
            "price": whole(table["price"], UNKNOWN),
            "recorded_remaining": whole(table["remainingterms"], UNKNOWN),
            "state": codes_of(State, table["state"]),
            "modified": minutes_of(table["modifiedon"]),
            "renewed_from": table["renewed_from"],
        }
    )
    rows["account"] = people.account_of(table["subaccount"], rows["customer"].to_numpy())
    rows = rows.sort_values(["customer", "made", "start", "source_id"], ignore_index=True)
    rows["number"] = rows.groupby("customer").cumcount()
    rows["renews"] = _renewed(rows)
    bookings, first_totals = _bookings(book, rows, as_of)
    rows["total"] = first_totals
    return Contracts(rows, bookings, _channels(book, rows, rejecting))


def _renewed(rows: pd.DataFrame) -> Whole:
    """Return the row that each entitlement renews, -1 for none."""
    place = places_in(rows["source_id"], rows["renewed_from"])
    customer = rows["customer"].to_numpy(np.int64)
    is_own = (place >= 0) & (place != np.arange(len(rows)))
    is_own[is_own] = customer[place[is_own]] == customer[is_own]
    return np.where(is_own, place, -1).astype(np.int64)


def _channels(book: Book, rows: pd.DataFrame, rejecting: Rejecting) -> pd.DataFrame:
    table = filled(book, "entitlementchannel")
    places = places_in(rows["source_id"], table["entitlementid"])
    table = rejecting.without(
        "entitlementchannel",
        table.assign(contract=places),
        {
            "of an entitlement that was not exported": places < 0,
            "no channel": table["channel"].isna(),
        },
    )
    table = rejecting.without(
        "entitlementchannel",
        table,
        {"a second row of the channel": table.duplicated(["contract", "channel"])},
    )
    return pd.DataFrame(
        {
            "contract": table["contract"].to_numpy(np.int64),
            "source_id": table["entitlementchannelid"],
            "channel": table["channel"],
            "total": whole(table["totalterms"], 0),
            "recorded_remaining": whole(table["remainingterms"], UNKNOWN),
        }
    )


def _bookings(book: Book, rows: pd.DataFrame, as_of: int) -> tuple[pd.DataFrame, Whole]:
    """Return what was done with the entitlements, and their totals when they were made."""
    changes = _changes(book, rows)
    moves, before, after = _moves(changes)
    edits, first_totals = _edits(changes, rows)
    place = np.arange(len(rows))
    creations = _booked(place, rows["made"], Action.CREATE)
    # States that no change accounts for.
    known_before = pd.Series(before, dtype=float).reindex(place).to_numpy()
    known_after = pd.Series(after, dtype=float).reindex(place).to_numpy()
    state = rows["state"].to_numpy()
    left_draft = np.where(np.isnan(known_before), state != State.DRAFT, known_before != State.DRAFT)
    activations = _booked(place[left_draft], rows["made"][left_draft], Action.ACTIVATE)
    is_default = rows["is_default"].to_numpy() & (state != State.DRAFT)
    cancelled = (state == State.CANCELLED) & (known_after != State.CANCELLED)
    cancellations = _booked(place[cancelled], _cancelled_at(rows[cancelled]), Action.CANCEL)
    defaults = _defaults(place[is_default], activations, moves, rows["start"])
    changed = pd.concat([moves, edits]).sort_index(kind="stable")  # as they were exported
    bookings = pd.concat([creations, activations, changed, defaults, cancellations])
    bookings = bookings[bookings["at"] // DAY <= as_of]
    bookings = bookings.assign(customer=rows["customer"].to_numpy()[bookings["contract"]])
    ordered = bookings.sort_values(["customer", "at"], kind="stable", ignore_index=True)
    return ordered, first_totals


def _changes(book: Book, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the exported changes of entitlements, with the place of each, in time order."""
    table = changes_of(book, "entitlement", ("statecode", "totalterms"), rows["source_id"])
    table = table.rename(columns={"place": "contract"})
    return table.sort_values("changed", kind="stable", ignore_index=True)


def _moves(changes: pd.DataFrame) -> tuple[pd.DataFrame, dict[int, int], dict[int, int]]:
    """Return changes of state that somebody made, and the first and last state known of each."""
    states = changes[changes["column"].eq("statecode")]
    old = codes_of(State, states["old"])
    new = codes_of(State, states["new"])
    # A Draft that is activated after its last day is Expired at once.
    is_activated = (new == State.ACTIVE) | (new == State.WAITING) | (new == State.EXPIRED)
    action = np.select(
        [
            is_activated & (old == State.DRAFT),
            (new == State.DRAFT) & (old >= 0),
            new == State.CANCELLED,
        ],
        [Action.ACTIVATE, Action.DEACTIVATE, Action.CANCEL],
        -1,
    )
    place = states["contract"].to_numpy(np.int64)
    moves = _booked(place, minutes_of(states["changed"]), action).set_index(states.index)
    begun = np.where(old < 0, State.DRAFT, old)
    before = dict(zip(place[::-1].tolist(), begun[::-1].tolist(), strict=True))
    after = dict(zip(place.tolist(), new.tolist(), strict=True))
    return moves[moves["action"] >= 0], before, after


def _edits(changes: pd.DataFrame, rows: pd.DataFrame) -> tuple[pd.DataFrame, Whole]:
    totals = changes[changes["column"].eq("totalterms")]
    old, new = hundredths(totals["old"]), hundredths(totals["new"])
    counts = (old != UNKNOWN) & (new != UNKNOWN)
    place = totals["contract"].to_numpy(np.int64)
    first = rows["total"].to_numpy(np.int64, copy=True)
    first[place[counts][::-1]] = old[counts][::-1]
    edits = _booked(place, minutes_of(totals["changed"]), Action.EDIT, new)
    return edits.set_index(totals.index)[counts], first


def hundredths(texts: "pd.Series[Any]") -> Whole:
    """Return amounts as an audit writes them, such as ``10.5``, in hundredths."""
    different, of_row = texts_of(texts)
    numbers = pd.to_numeric(different, errors="coerce").to_numpy(np.float64, na_value=np.nan)
    amounts = np.where(np.isnan(numbers), UNKNOWN, np.rint(np.nan_to_num(numbers) * 100))
    return by_row(amounts.astype(np.int64), of_row, UNKNOWN)


def _cancelled_at(rows: pd.DataFrame) -> "pd.Series[int]":
    last = rows["end"] * DAY
    modified = rows["modified"].where(rows["modified"] != NO_TIME, last)
    return modified.clip(lower=rows["made"], upper=last.clip(lower=rows["made"]))


def _defaults(
    place: Whole, activations: pd.DataFrame, moves: pd.DataFrame, starts: "pd.Series[int]"
) -> pd.DataFrame:
    """Return that entitlements became the default on their first active day."""
    begun = pd.concat([activations, moves[moves["action"] == Action.ACTIVATE]])
    first = begun.sort_values("at", kind="stable").drop_duplicates("contract")
    first = first[first["contract"].isin(place)]
    contract = first["contract"].to_numpy(np.int64)
    at = np.maximum(first["at"], starts.to_numpy(np.int64)[contract] * DAY)
    return _booked(contract, at, Action.SET_DEFAULT)


def _booked(place: Whole, at: Any, action: Any, total: Any = 0) -> pd.DataFrame:
    columns = {"contract": place, "at": np.asarray(at), "action": action, "total": total}
    return pd.DataFrame(columns).astype(np.int64)
