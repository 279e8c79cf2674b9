"""Contracts played again with the cases of some groups: when, and how long, nothing is left."""

from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..population.calendar_days import DAY
from ..replay.by_engine import Playing
from ..replay.tables import HistoryTables
from ..rules.words import Reason
from .alone import Alone

#: Day of what does not run dry.
NEVER: Final = 2**31

#: Cases that are played at a time, so that memory stays flat.
_AT_A_TIME: Final = 400_000


class Part(NamedTuple):
    """A contract with some of its cases.

    Attributes
    ----------
    contract : int
        Its place in the history.
    cases : ndarray of int64
        Their places.
    """

    contract: int
    cases: NDArray[np.int64]


class Dry(NamedTuple):
    """When parts of contracts have nothing left.

    Attributes
    ----------
    first : ndarray of int64
        Day on which a case first leaves nothing; :data:`NEVER` where none does.
    days : ndarray of int64
        Days of the contract that close with nothing left.
    """

    first: NDArray[np.int64]
    days: NDArray[np.int64]


def played(
    alone: Alone,
    parts: list[Part],
    last: NDArray[np.int64],
    done: Callable[[int], None] | None = None,
) -> Dry:
    """Play parts of contracts, and return when each has nothing left.

    Parameters
    ----------
    alone : Alone
    parts : list of Part
    last : ndarray of int64
        The last day that counts of each contract.
    done : callable, optional
        Called with how many parts have been played since the last call.

    Returns
    -------
    Dry
    """
    dry = Dry(np.full(len(parts), NEVER), np.zeros(len(parts), np.int64))
    for begin, end in _pieces(parts):
        own = last[[part.contract for part in parts[begin:end]]]
        piece = _played(alone, parts[begin:end], own)
        dry.first[begin:end], dry.days[begin:end] = piece
        if done is not None:
            done(end - begin)
    return dry


def _pieces(parts: list[Part]) -> Iterator[tuple[int, int]]:
    first = held = 0
    for place, part in enumerate(parts):
        if held > _AT_A_TIME:
            yield first, place
            first, held = place, 0
        held += len(part.cases) + 10
    if first < len(parts):
        yield first, len(parts)


def _played(alone: Alone, parts: list[Part], last: NDArray[np.int64]) -> Dry:
    playing = Playing(alone.model, _history_of(alone.history, parts), tables=("ledger",))
    dry = Dry(np.full(len(parts), NEVER), np.zeros(len(parts), np.int64))
    for block in playing:
        ledger = block["ledger"]
        order = np.lexsort((ledger["entry"], ledger["entitlement_id"]))
        of = playing.entitlement_rows[ledger["entitlement_id"][order]]
        day = ledger["happened_at"][order].astype(np.int64) // DAY
        empty = ledger["balance"][order] <= 0
        takes = empty & (ledger["reason"][order] == Reason.CONSUME)
        np.minimum.at(dry.first, of[takes], day[takes])
        # A balance closes each day up to that of the next entry.
        following = np.append(day[1:], 0)
        is_last = np.append(of[1:] != of[:-1], True)
        until = np.minimum(np.where(is_last, NEVER, following), last[of] + 1)
        np.add.at(dry.days, of[empty], np.maximum(until - day, 0)[empty])
    return dry


def _history_of(history: HistoryTables, parts: list[Part]) -> HistoryTables:
    """Return a history in which each part is the contract of a customer of its own."""
    contracts = np.array([part.contract for part in parts])
    count = np.arange(len(parts))
    cases = np.concatenate([part.cases for part in parts])
    of_part = np.repeat(count, [len(part.cases) for part in parts])
    chosen = history.cases.iloc[cases].reset_index(drop=True)
    wants = history.column("cases", "wants")[cases]
    return HistoryTables(
        customers=history.customers.iloc[contracts].reset_index(drop=True),
        terms=history.terms,
        channels=history.channels,
        entitlements=history.entitlements.iloc[contracts]
        .assign(customer=count)
        .reset_index(drop=True),
        bookings=_repeated(history.bookings, "entitlement", contracts, count),
        cases=chosen.assign(customer=of_part, wants=np.where(wants >= 0, of_part, wants)),
        events=_events_of(history, cases, of_part),
    )


def _repeated(
    rows: pd.DataFrame, name: str, wanted: NDArray[Any], numbers: NDArray[np.int64]
) -> pd.DataFrame:
    """Return the rows of each wanted owner once more, under its new number."""
    if not len(rows):
        return rows
    owners = rows[name].to_numpy(np.int64)
    order = np.argsort(owners, kind="stable")
    most = max(int(wanted.max(initial=0)), int(owners.max())) + 2
    first = np.searchsorted(owners[order], np.arange(most))
    counts = first[wanted + 1] - first[wanted]
    ends = np.cumsum(counts)
    within = np.arange(int(counts.sum())) - np.repeat(ends - counts, counts)
    places = order[np.repeat(first[wanted], counts) + within]
    chosen: pd.DataFrame = rows.iloc[places].assign(**{name: np.repeat(numbers, counts)})
    return chosen.reset_index(drop=True)


def _events_of(
    history: HistoryTables, cases: NDArray[np.int64], of_part: NDArray[np.int64]
) -> pd.DataFrame:
    events = _repeated(history.events, "case", cases, np.arange(len(cases)))
    if "entitlement" in events:
        attached = events["entitlement"].to_numpy(np.int64)
        own = of_part[events["case"].to_numpy(np.int64)]
        events = events.assign(entitlement=np.where(attached >= 0, own, attached))
    return events
