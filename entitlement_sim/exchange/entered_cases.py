"""Cases of a book and what became of them, worked out from what was exported.

Changes of state that were exported (`audit`) say when a case was resolved, cancelled and reopened.
Without them:

- a case was resolved when its resolution was made (`incidentresolution`); a resolved one without a
  resolution when it was last modified;
- between two resolutions it was reopened in the minute of the second one, and after the last one,
  if it is active or cancelled now, when it was last modified;
- a cancelled one was cancelled, or merged if its status reason or its master says so, when it was
  last modified.

Minutes are those of the resolution (`timespent`), else those of completed activities up to then.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..engine.tables import NO_TIME
from ..rules.words import CaseMove, CaseState, Origin
from .book import Book
from .entered_contracts import Contracts
from .entered_people import People
from .moments import DAY, Whole, filled, flags, minutes_of, whole
from .rejecting import Rejecting

#: Channels that a run can tell apart; the rarest of more are `OTHER_ORIGINS` together.
MOST_ORIGINS: Final = 120
OTHER_ORIGINS: Final = "other channels"

_CASE_STATES: Final = {state.label.capitalize(): int(state) for state in CaseState}


@dataclass(frozen=True)
class Cases:
    """The cases of a book, customer by customer in the order of their creation.

    Attributes
    ----------
    rows : DataFrame
        ``source_id``, ``customer``, ``created`` (minute), ``contract`` (row, -1 for none),
        ``product``, ``contact``, ``origin`` (codes and numbers from 0, -1 for none), ``decrement``
        (at its beginning), ``recorded_decrementing`` (1, 0, -1 where it is not known), ``state``.
    events : DataFrame
        ``case`` (row), ``at`` (minute), ``move``, ``minutes`` (-1 where nobody knows), ``master``
        (row of the case that it was merged into, -1 for none), in time order within a case.
    """

    rows: pd.DataFrame
    events: pd.DataFrame


def origins_of(book: Book) -> tuple[str, ...]:
    """Return the labels of all channels: those of the product, then the book's own."""
    labels = pd.concat(
        [
            filled(book, "entitlementchannel")["channel"],
            filled(book, "entitlementtemplatechannel")["channel"],
            filled(book, "incident")["origin"],
        ]
    ).dropna()
    known = tuple(origin.label for origin in Origin)
    counts = labels[~labels.str.casefold().isin(known)].value_counts()
    if len(counts) > MOST_ORIGINS:
        return (*known, *sorted(counts.index[: MOST_ORIGINS - 1]), OTHER_ORIGINS)
    return (*known, *sorted(counts.index))


def origin_codes(labels: "pd.Series[Any]", origins: tuple[str, ...]) -> Whole:
    """Return the codes of channels' labels; -1 where there is none."""
    places = pd.Index(labels.unique())
    codes = {origin: code for code, origin in enumerate(origins)}
    last = codes.get(OTHER_ORIGINS, -1)
    of_label = np.array(
        [
            -1 if pd.isna(label) else codes.get(label, codes.get(label.casefold(), last))
            for label in places
        ],
        np.int64,
    )
    return of_label[places.get_indexer(labels)] if len(places) else np.zeros(0, np.int64)


def cases_of(
    book: Book,
    people: People,
    contracts: Contracts,
    products: pd.DataFrame,
    origins: tuple[str, ...],
    as_of: int,
    rejecting: Rejecting,
) -> Cases:
    """Work out the cases of a book as they were at the close of day `as_of`."""
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
    customer = table["customerid"].map(people.number_of).astype(np.int64)
    contract = contracts.place_of(table["entitlementid"])
    numbers = people.contacts.set_index(["customer", "source_id"])["contact"]
    wrote = pd.MultiIndex.from_arrays([customer, table["primarycontactid"]])
    rows = pd.DataFrame(
        {
            "source_id": table["incidentid"],
            "customer": customer,
            "created": minutes_of(table["createdon"]),
            "contract": contract,
            "product": pd.Index(products["source_id"]).get_indexer(table["productid"]),
            "contact": _looked_up(numbers, wrote),
            "origin": origin_codes(table["origin"], origins),
            "decrement": flags(table["decrement"], True),
            "recorded_decrementing": whole(table["isdecrementing"], -1),
            "state": table["state"]
            .map(_CASE_STATES)
            .astype("Int64")
            .to_numpy(np.int64, na_value=-1),
            "modified": minutes_of(table["modifiedon"]),
            "is_merged": (
                table["masterid"].notna()
                | table["statusreason"].str.casefold().eq("merged").fillna(False)
            ).to_numpy(bool),
            "master_id": table["masterid"],
        }
    ).sort_values(["customer", "created", "source_id"], ignore_index=True)
    events = _events(book, rows)
    events = events[events["at"] // DAY <= as_of]
    return Cases(rows, events.reset_index(drop=True))


def _looked_up(numbers: "pd.Series[int]", keys: pd.MultiIndex) -> Whole:
    if numbers.empty:
        return np.full(len(keys), -1)
    places = numbers.index.get_indexer(keys)
    return np.where(places < 0, -1, numbers.to_numpy(np.int64)[places])


def _events(book: Book, rows: pd.DataFrame) -> pd.DataFrame:
    """Return what happened to each case, in time order."""
    resolutions = _resolutions(book, rows)
    place = np.arange(len(rows))
    last = pd.Series(resolutions["at"].to_numpy(), resolutions["case"]).groupby(level=0).max()
    last_at = last.reindex(place).to_numpy()
    is_resolved = ~np.isnan(last_at)
    state = rows["state"].to_numpy()
    modified = np.maximum(rows["modified"], rows["created"]).to_numpy(np.int64)
    after = np.maximum(modified, np.nan_to_num(last_at, nan=NO_TIME).astype(np.int64))
    parts = [resolutions]
    unsaid = ~is_resolved & (state == CaseState.RESOLVED)
    parts.append(_happened(place[unsaid], modified[unsaid], CaseMove.RESOLVE))
    parts.append(_reopened_between(resolutions))
    reopened = is_resolved & ((state == CaseState.ACTIVE) | (state == CaseState.CANCELLED))
    parts.append(_happened(place[reopened], after[reopened], CaseMove.REACTIVATE))
    cancelled = state == CaseState.CANCELLED
    parts.append(_happened(place[cancelled], after[cancelled], CaseMove.CANCEL))
    events = pd.concat(parts, ignore_index=True)
    # In one minute: what undoes a resolution, the next resolution, the cancellation.
    rank = events["move"].map({CaseMove.REACTIVATE: 0, CaseMove.RESOLVE: 1, CaseMove.CANCEL: 2})
    rank = rank.where(~((events["move"] == CaseMove.REACTIVATE) & events["is_last"]), 1.5)
    return (
        events.assign(rank=rank)
        .sort_values(["case", "at", "rank"], kind="stable", ignore_index=True)
        .drop(columns=["rank", "is_last"])
    )


def _resolutions(book: Book, rows: pd.DataFrame) -> pd.DataFrame:
    table = filled(book, "incidentresolution")
    place = pd.Index(rows["source_id"]).get_indexer(table["incidentid"])
    at = minutes_of(table["createdon"])
    counts = (place >= 0) & (at != NO_TIME)
    resolved = _happened(
        place[counts], np.maximum(at[counts], rows["created"].to_numpy()[place[counts]]),
        CaseMove.RESOLVE, whole(table["timespent"], -1)[counts],
    )  # fmt: skip
    return resolved.sort_values(["case", "at"], kind="stable", ignore_index=True)


def _reopened_between(resolutions: pd.DataFrame) -> pd.DataFrame:
    is_later = resolutions["case"].eq(resolutions["case"].shift())
    later = resolutions[is_later]
    return _happened(
        later["case"].to_numpy(), later["at"].to_numpy(), CaseMove.REACTIVATE, last=False
    )


def _happened(
    case: NDArray[Any], at: NDArray[Any], move: int, minutes: Any = -1, *, last: bool = True
) -> pd.DataFrame:
    columns = {"case": case, "at": at, "move": move, "minutes": minutes, "master": -1}
    return pd.DataFrame(columns).astype(np.int64).assign(is_last=last)
