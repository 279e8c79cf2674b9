"""Cases of a book and what became of them, worked out from what was exported.

Changes that were exported (`audit`) say when a case was attached, marked, moved, resolved,
cancelled and reopened. What they do not say is assumed, and nothing else:

- A case was attached when it was made or, where its entitlement was made later, with that.
- It was resolved when its resolution was made (`incidentresolution`); a resolved one without a
  resolution when it was last modified.
- Between two resolutions it was reopened in the minute of the second one, and after the last one,
  if it is active or cancelled now, when it was last modified.
- A cancelled one was cancelled when it was last modified, or merged, where its master is known.

Minutes are those of the resolution (`timespent`), else those of the activities that were completed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...engine.tables import NO_TIME
from ...replay.tables import narrow
from ...rules.words import NOTHING, UNWRITTEN, CaseMove, CaseState, Origin
from ..book import Book
from ..memory import give_back
from ..recurring import by_row, is_recurring, other_texts, places_in, plain, texts_of
from .contracts import Contracts
from .moments import DAY, Whole, changes_of, codes_of, filled, flags, found, minutes_of, whole
from .people import People
from .rejecting import Rejecting

#: Channels that a run can tell apart; the rarest of more are `OTHER_ORIGINS` together.
MOST_ORIGINS: Final = 120
OTHER_ORIGINS: Final = "other channels"

_MOVES: Final = {
    CaseState.ACTIVE: CaseMove.REACTIVATE,
    CaseState.RESOLVED: CaseMove.RESOLVE,
    CaseState.CANCELLED: CaseMove.CANCEL,
}
_STATE_AFTER: Final = {int(move): int(state) for state, move in _MOVES.items()}
#: Fields of a save by the columns of the live system.
_SAVED: Final = {
    "entitlementid": "entitlement",
    "decremententitlementterm": "decrement",
    "caseorigincode": "origin",
    "productid": "product",
    "customerid": "customer",
    "primarycontactid": "contact",
}
#: What stands for nothing in fields that only some of what happens has.
_MISSING: Final = dict.fromkeys(_SAVED.values(), UNWRITTEN)
#: What happens in one minute, in its order: what was exported, work, what is assumed.
_EXPORTED, _REOPENED, _RESOLVED, _REOPENED_AT_LAST, _AT_LAST = range(5)


@dataclass(frozen=True)
class Cases:
    """The cases of a book, customer by customer in the order of their creation.

    Attributes
    ----------
    rows : DataFrame
        ``source_id``, ``customer``, ``created`` (minute), ``contract`` (row, -1 for none),
        ``product``, ``contact``, ``origin`` (codes and numbers from 0, -1 for none), ``account``
        (of the customer, from 1, -1 for none), ``decrement``, all as they were at its creation;
        ``recorded_decrementing`` (1, 0, -1 where it is not known), ``are_minutes_known``.
    events : DataFrame
        What the replay takes as events, in time order within a case.
    """

    rows: pd.DataFrame
    events: pd.DataFrame


def origins_of(book: Book) -> tuple[str, ...]:
    """Return the labels of all channels: those of the product, then the book's own."""
    known = tuple(origin.label for origin in Origin)
    columns = {
        "entitlementchannel": "channel", "entitlementtemplatechannel": "channel",
        "incident": "origin",
    }  # fmt: skip
    own = []
    for table, column in columns.items():
        labels = filled(book, table)[column].dropna()
        different, of_row = texts_of(labels)
        is_own = by_row(~different.str.casefold().isin(known).to_numpy(bool), of_row, False)
        own.append(plain(labels[is_own]))
    counts = pd.concat(own).value_counts()
    if len(counts) > MOST_ORIGINS:
        return (*known, *sorted(counts.index[: MOST_ORIGINS - 1]), OTHER_ORIGINS)
    return (*known, *sorted(counts.index))


def origin_codes(labels: "pd.Series[Any]", origins: tuple[str, ...]) -> Whole:
    """Return the codes of channels' labels; -1 where there is none."""
    if not is_recurring(labels):
        labels = labels.astype("category")
    different, of_row = texts_of(labels)
    codes = {origin: code for code, origin in enumerate(origins)}
    last = codes.get(OTHER_ORIGINS, -1)
    of_label = [codes.get(label, codes.get(label.casefold(), last)) for label in different]
    return by_row(np.array(of_label, np.int64), of_row, -1)


def cases_of(
    book: Book,
    people: People,
    contracts: Contracts,
    products: pd.DataFrame,
    origins: tuple[str, ...],
    as_of: int,
    rejecting: Rejecting,
) -> Cases:
    """Work out the cases of a book as they were at the close of day `as_of`.

    The tables of which nothing is asked any more are taken out of the book on the way.
    """
    table = filled(book, "incident")
    created = minutes_of(table["createdon"])
    table = rejecting.without(
        "incident",
        table,
        {
            "no customer": table["customerid"].isna(),
            "no moment of creation": created == NO_TIME,
            "made after the day of the export": created // DAY > as_of,
        },
    )
    understood = _Understood(people, contracts, products, origins)
    rows = _at_first(table, understood, people, contracts, origins)
    customer = rows["customer"].to_numpy()
    del table
    book.tables.pop("incident", None)
    give_back()
    changes = _changes(book, rows)
    give_back()
    saves = _saves(rows, changes, understood)
    give_back()
    rows.loc[rows["customer"].to_numpy() != customer, "account"] = -1  # which it was is not known
    resolutions, work = _resolutions(book, rows)
    give_back()
    moves = _state_moves(rows, changes, resolutions)
    del changes, resolutions
    give_back()
    events = _in_turn(_together([saves, work, moves]))
    del saves, work, moves
    give_back()
    events = events[events["at"].to_numpy() // DAY <= as_of].reset_index(drop=True)
    return Cases(
        narrow(rows.drop(columns=["state", "modified", "master"])),
        narrow(events.drop(columns=["rank", "order"])),
    )


def _at_first(
    table: pd.DataFrame,
    understood: "_Understood",
    people: People,
    contracts: Contracts,
    origins: tuple[str, ...],
) -> pd.DataFrame:
    """Return the cases in order, with what is recorded of them."""
    customer = understood.places("customer", table["customerid"]).astype(np.int32)
    order = _in_order(customer, minutes_of(table["createdon"]), table["incidentid"])
    customer = customer[order]
    source_id = table["incidentid"].iloc[order].reset_index(drop=True)
    in_order: dict[str, Callable[[], NDArray[Any]]] = {
        "created": lambda: minutes_of(table["createdon"])[order],
        "contract": lambda: contracts.place_of(table["entitlementid"])[order],
        "product": lambda: understood.places("product", table["productid"])[order],
        "origin": lambda: origin_codes(table["origin"], origins)[order],
        "decrement": lambda: flags(table["decrement"], True)[order],
        "recorded_decrementing": lambda: whole(table["isdecrementing"], -1)[order],
        "state": lambda: codes_of(CaseState, table["state"])[order],
        "modified": lambda: minutes_of(table["modifiedon"])[order],
        "master": lambda: places_in(source_id, table["masterid"])[order],
        "contact": lambda: understood.contacts(customer, table["primarycontactid"].iloc[order]),
        "account": lambda: people.account_of(table["subaccount"].iloc[order], customer),
    }
    columns: dict[str, Any] = {"source_id": source_id, "customer": customer}
    for name, values in in_order.items():  # each in 64 bits for a moment alone
        columns[name] = values().astype(np.int32, copy=False)
        give_back()
    return pd.DataFrame(columns, copy=False)


def _in_order(customer: NDArray[Any], created: NDArray[Any], ids: "pd.Series[Any]") -> Whole:
    """Return the order of cases by customer and creation; those of one minute by their ids."""
    order = np.lexsort((created, customer))
    customer, created = customer[order], created[order]
    alike = (customer[1:] == customer[:-1]) & (created[1:] == created[:-1])
    ties = np.flatnonzero(np.append(alike, False) | np.append(False, alike))
    if ties.size:
        texts = pd.Series(plain(ids.iloc[order[ties]]).to_numpy(object))
        rank = texts.rank(method="first").to_numpy(np.int64)
        order[ties] = order[ties][np.lexsort((rank, created[ties], customer[ties]))]
    return order.astype(np.int64, copy=False)


def _in_turn(events: pd.DataFrame) -> pd.DataFrame:
    """Return what happened, case by case and in its order."""
    columns: dict[Any, NDArray[Any]] = {name: events[name].to_numpy() for name in events}
    del events  # each column is let go when it is in order
    order = np.lexsort([columns[key] for key in ("order", "rank", "at", "case")])
    for name in columns:
        columns[name] = columns[name][order]
    return pd.DataFrame(columns, copy=False)


def _together(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Return the rows of all parts; what only some of them have is what stands for nothing."""
    parts = [part for part in parts if len(part)] or parts[:1]
    names = dict.fromkeys(name for part in parts for name in part)
    return pd.DataFrame(
        {
            name: np.concatenate(
                [
                    part[name].to_numpy()
                    if name in part
                    else np.full(len(part), _MISSING[str(name)], np.int32)
                    for part in parts
                ]
            )
            for name in names
        },
        copy=False,
    )


class _Understood:
    """Values of the live system as the numbers of a history."""

    def __init__(
        self,
        people: People,
        contracts: Contracts,
        products: pd.DataFrame,
        origins: tuple[str, ...],
    ) -> None:
        self._people = people
        self._contracts = contracts
        self._products = products["source_id"][products["label"].notna()].astype("str")
        self._origins = origins
        self._contacts = people.contacts
        self._written = self._contacts["source_id"].drop_duplicates(ignore_index=True)

    def places(self, field: str, values: "pd.Series[Any]") -> Whole:
        """Return the values of a field as numbers; -1 for none."""
        if field == "entitlement":
            return self._contracts.place_of(other_texts(values, lambda ids: ids.str.lower()))
        if field == "product":
            return places_in(self._products, values)
        if field == "customer":
            return found(self._people.number_of, values).fillna(-1).to_numpy(np.int64)
        if field == "origin":
            return origin_codes(values, self._origins)
        different, of_row = texts_of(values)
        words = different.str.casefold().isin(["true", "1", "yes"])
        return by_row(words.to_numpy(bool).astype(np.int64), of_row, 0)

    def made_at(self, contracts: Whole) -> Whole:
        """Return the minutes in which entitlements were made; ``NO_TIME`` for none."""
        made = self._contracts.rows["made"].to_numpy(np.int64)
        return np.where(contracts < 0, NO_TIME, made[contracts] if len(made) else NO_TIME)

    def contacts(self, customers: Any, contact_ids: "pd.Series[Any]") -> Whole:
        """Return the numbers of contacts within their customers; -1 for none."""
        if self._contacts.empty or not len(contact_ids):
            return np.full(len(contact_ids), -1)
        known = places_in(self._written, self._contacts["source_id"])
        known += self._contacts["customer"].to_numpy(np.int64) * len(self._written)
        place = places_in(self._written, contact_ids)
        keys = np.asarray(customers, np.int64) * len(self._written) + place
        places = pd.Index(known).get_indexer(pd.Index(np.where(place < 0, -1, keys)))
        return np.where(places < 0, -1, self._contacts["contact"].to_numpy(np.int64)[places])


def _changes(book: Book, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the exported changes of cases in time order, each with the place of its case."""
    table = changes_of(book, "incident", ("statecode", *_SAVED), rows["source_id"])
    table = table.rename(columns={"place": "case"}).assign(at=minutes_of(table["changed"]))
    if table["changed"].is_monotonic_increasing:
        table = table.reset_index(drop=True)
    else:
        table = table.sort_values("changed", kind="stable", ignore_index=True)
    at = table["at"].to_numpy(np.int32)
    table["at"] = np.maximum(at, rows["created"].to_numpy()[table["case"]])
    table["order"] = np.arange(len(table), dtype=np.int32)
    return pd.DataFrame(table)


def _saves(rows: pd.DataFrame, changes: pd.DataFrame, understood: _Understood) -> pd.DataFrame:
    """Return what was written into cases later; set `rows` back to what they were at first."""
    parts = []
    for name, field in _SAVED.items():
        written = changes[changes["column"].eq(name)]
        if field == "contact":
            customer = rows["customer"].to_numpy()[written["case"]]
            old = understood.contacts(customer, written["old"])
            new = understood.contacts(customer, written["new"])
        else:
            old = understood.places(field, written["old"])
            new = understood.places(field, written["new"])
        case = written["case"].to_numpy(np.int64)
        is_first = ~written["case"].duplicated().to_numpy()
        is_making = is_first & written["operation"].eq("create").fillna(False).to_numpy(bool)
        first = np.where(is_making, new, old)
        if field == "customer":
            first = np.where(first < 0, rows["customer"].to_numpy()[case], first)
        column = "contract" if field == "entitlement" else field
        values = rows[column].to_numpy(np.int64, copy=True)
        values[case[is_first]] = first[is_first]
        rows[column] = values
        counts = ~is_making & ~((new < 0) & (field == "customer"))
        later = written[counts]
        if field == "entitlement":
            new = np.where(new < 0, NOTHING, new)
        parts.append(
            pd.DataFrame(
                {
                    "case": later["case"],
                    "at": later["at"],
                    "changed": later["changed"],
                    "order": later["order"],
                    "field": field,
                    "value": new[counts],
                }
            )
        )
    return _together([_gathered(pd.concat(parts)), _attached_later(rows, understood)])


def _gathered(written: pd.DataFrame) -> pd.DataFrame:
    """Gather what was written in one moment into one save."""
    save = written.groupby(["case", "changed"], sort=False).ngroup().to_numpy()
    first = ~pd.Series(save).duplicated().to_numpy()
    saves = _happened(
        written["case"].to_numpy()[first],
        written["at"].to_numpy()[first],
        CaseMove.SAVE,
        _EXPORTED,
        order=written["order"].to_numpy()[first],
    )
    for field in _SAVED.values():
        values = np.full(len(saves), UNWRITTEN)
        of_field = written["field"].eq(field).to_numpy()
        values[save[of_field]] = written["value"].to_numpy(np.int64)[of_field]
        saves[field] = values
    return saves


def _attached_later(rows: pd.DataFrame, understood: _Understood) -> pd.DataFrame:
    """Attach cases whose entitlement was made after them when that was made."""
    contract = rows["contract"].to_numpy(np.int64, copy=True)
    made = understood.made_at(contract)
    later = (contract >= 0) & (made > rows["created"].to_numpy())
    saves = _happened(
        np.nonzero(later)[0], made[later], CaseMove.SAVE, _EXPORTED, entitlement=contract[later]
    )
    contract[later] = -1
    rows["contract"] = contract
    return saves


def _resolutions(book: Book, rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the resolutions of cases with what they billed, and work where that is not known.

    Sets ``are_minutes_known`` of `rows`.
    """
    table = filled(book, "incidentresolution")
    place = places_in(rows["source_id"], table["incidentid"]).astype(np.int32)
    at = minutes_of(table["createdon"])
    counts = (place >= 0) & (at != NO_TIME)
    place, at = place[counts], at[counts]
    resolved = _happened(
        place,
        np.maximum(at, rows["created"].to_numpy()[place]),
        CaseMove.RESOLVE,
        _RESOLVED,
        billed=whole(table["timespent"], -1)[counts],
    )
    resolved = _in_turn(resolved)
    book.tables.pop("incidentresolution", None)
    del table, place, at, counts
    are_worked = "minutes" in book.tables.get("activitypointer", pd.DataFrame()).columns
    unbilled = np.ones(len(rows), bool)
    unbilled[resolved["case"]] = False
    unbilled[resolved["case"][resolved["billed"] < 0]] = True
    rows["are_minutes_known"] = ~unbilled | are_worked
    activities = filled(book, "activitypointer")
    place = places_in(rows["source_id"], activities["incidentid"]).astype(np.int32)
    at = minutes_of(activities["ended"])
    minutes = whole(activities["minutes"], 0)
    is_done = ~activities["state"].isin(["Open", "Cancelled", "Scheduled"]).to_numpy(bool)
    counts = (place >= 0) & is_done & (minutes > 0)
    counts[counts] &= unbilled[place[counts]]
    place = place[counts]
    work = _happened(
        place,
        np.maximum(at[counts], rows["created"].to_numpy()[place]),
        CaseMove.WORK,
        _EXPORTED,
        minutes=minutes[counts],
    )
    book.tables.pop("activitypointer", None)
    return resolved, work


def _state_moves(
    rows: pd.DataFrame, changes: pd.DataFrame, resolutions: pd.DataFrame
) -> pd.DataFrame:
    """Return resolutions, cancellations, mergers and reactivations."""
    states = changes[changes["column"].eq("statecode")]
    old = codes_of(CaseState, states["old"])
    new = codes_of(CaseState, states["new"])
    is_move = (new >= 0) & ~((new == CaseState.ACTIVE) & (old <= CaseState.ACTIVE))
    logged = states[is_move]
    logged = _happened(
        logged["case"].to_numpy(np.int64),
        logged["at"].to_numpy(np.int64),
        pd.Series(new[is_move]).map(_MOVES).to_numpy(np.int64),
        _EXPORTED,
        order=logged["order"].to_numpy(np.int64),
    )
    del states, old, new, is_move
    give_back()
    # What was resolved before the log begins, and minutes of what the log has.
    begins = logged.groupby("case")["at"].min()
    is_before = resolutions["at"] < resolutions["case"].map(begins).fillna(np.inf)
    assumed = resolutions[is_before]
    logged["billed"] = _billed(logged, resolutions[~is_before])
    known = _in_turn(_together([logged, assumed, _reopened_between(assumed)]))
    del logged, assumed, is_before
    give_back()
    case = known["case"].to_numpy()
    last = known[np.append(case[1:] != case[:-1], len(case) > 0)[: len(case)]]
    return _together([_merged(rows, known), _at_last(rows, last)])


def _billed(logged: pd.DataFrame, resolutions: pd.DataFrame) -> NDArray[np.int32]:
    """Return what each resolution of the log billed: the first what the first one did."""
    is_resolution = logged["move"].to_numpy() == CaseMove.RESOLVE
    case = logged["case"].to_numpy()[is_resolution]
    number = pd.Series(case).groupby(case).cumcount().to_numpy()
    of_cases = resolutions["case"].to_numpy()  # in order
    place = np.searchsorted(of_cases, case) + number
    billed = np.append(resolutions["billed"].to_numpy(), np.int32(-1))
    is_known = place < np.searchsorted(of_cases, case, side="right")
    values = np.full(len(logged), -1, np.int32)
    values[is_resolution] = billed[np.where(is_known, place, -1)]
    return values


def _reopened_between(resolutions: pd.DataFrame) -> pd.DataFrame:
    later = resolutions[resolutions["case"].eq(resolutions["case"].shift())]
    return _happened(
        later["case"].to_numpy(), later["at"].to_numpy(), CaseMove.REACTIVATE, _REOPENED
    )


def _merged(rows: pd.DataFrame, moves: pd.DataFrame) -> pd.DataFrame:
    """Turn cancellations of cases that have a master into mergers."""
    into = rows["master"].to_numpy()[moves["case"]]
    merges = (moves["move"].to_numpy() == CaseMove.CANCEL) & (into >= 0) & (into != moves["case"])
    return moves.assign(
        move=moves["move"].mask(merges, int(CaseMove.MERGE)),
        into=np.where(merges, into, np.int32(-1)),
    )


def _at_last(rows: pd.DataFrame, last: pd.DataFrame) -> pd.DataFrame:
    """Return what must have happened after all that is known, for cases to be as they are."""
    state = rows["state"].to_numpy()
    known = np.full(len(rows), int(CaseState.ACTIVE))
    known[last["case"]] = last["move"].map(_STATE_AFTER).fillna(CaseState.CANCELLED)
    at = rows[["modified", "created"]].max(axis=1).to_numpy(np.int64, copy=True)
    at[last["case"]] = np.maximum(at[last["case"]], last["at"])
    place = np.arange(len(rows))
    differs = (state >= 0) & (state != known)
    reopened = differs & (known != CaseState.ACTIVE)
    ended = differs & (state != CaseState.ACTIVE)
    reopenings = _happened(place[reopened], at[reopened], CaseMove.REACTIVATE, _REOPENED_AT_LAST)
    endings = _happened(
        place[ended],
        at[ended],
        np.where(state[ended] == CaseState.RESOLVED, CaseMove.RESOLVE, CaseMove.CANCEL),
        _AT_LAST,
    )
    return _together([reopenings, _merged(rows, endings)])


def _happened(
    case: NDArray[Any], at: NDArray[Any], move: Any, rank: int, **fields: Any
) -> pd.DataFrame:
    columns = {
        "case": case,
        "at": at,
        "move": move,
        "minutes": 0,
        "billed": -1,
        "into": -1,
        "rank": rank,
        "order": 0,
    }
    numbers = {
        name: np.broadcast_to(np.asarray(values).astype(np.int32), len(case))
        for name, values in (columns | fields).items()
    }
    return pd.DataFrame(numbers)
