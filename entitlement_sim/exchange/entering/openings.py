"""Contracts that are older than the cases of a book: what was left of them when these begin.

An export often has every contract that is in force, and only the cases of the last years. How much
of a contract was used before is then not known; what it comes to follows from the balance that was
recorded. An opening balance is brought forward, which is marked in the ledger, and nothing is said
of when it was used.
"""

from typing import Final

import numpy as np
import pandas as pd

from ...engine.tables import NO_TIME
from ...replay.by_engine import Playing
from ...rules.words import Action
from .cases import Cases, origin_codes
from .contracts import UNKNOWN, Contracts
from .moments import DAY, Whole

#: A contract is older than the cases if these begin so many days after it, and after so many of
#: the usual times between two cases of the book.
_LEAST_DAYS: Final = 30
_LEAST_GAPS: Final = 10

_OF_LEDGER: Final = ("entitlement_id", "happened_at", "origin", "amount", "origin_amount")


def cases_begin(cases: Cases) -> int:
    """Return the day of the first case; ``NO_TIME`` where there is none."""
    created = cases.rows["created"]
    return int(created.min()) // DAY if len(created) else NO_TIME


def older_than_cases(contracts: Contracts, cases: Cases, begins: int | None) -> Whole:
    """Return the rows of contracts that were in force before the cases of a book begin.

    Where it is said on which day they begin, all that are older than that day are returned: of
    those before it, the book may have only some.
    """
    begun = contracts.rows[["start", "created"]].max(axis=1).to_numpy(np.int64)
    if begins is not None:
        return np.nonzero(begun < begins)[0].astype(np.int64)
    first = cases_begin(cases)
    if first == NO_TIME:
        return np.zeros(0, np.int64)
    created = cases.rows["created"]
    gap = (int(created.max()) - int(created.min())) / DAY / len(created)
    is_older = first - begun > max(_LEAST_DAYS, _LEAST_GAPS * gap)
    return np.nonzero(is_older)[0].astype(np.int64)


def openings(
    contracts: Contracts,
    older: Whole,
    first: int,
    playing: Playing,
    origins: tuple[str, ...],
) -> pd.DataFrame:
    """Return the balances to bring forward, as bookings of a history.

    Parameters
    ----------
    contracts
    older : ndarray of int64
        Contracts that may have been used before the cases begin.
    first : int
        Day on which these begin.
    playing : Playing
        What the cases of the book alone come to, not yet played.
    origins : tuple of str

    Returns
    -------
    DataFrame
        One for each balance of a contract whose recorded balance its cases do not explain, or of
        which none was recorded.
    """
    rows = contracts.rows.iloc[older]
    over = rows[["created", "end"]].max(axis=1).to_numpy(np.int64)
    day = np.minimum(first, over)
    whole = pd.DataFrame(
        {
            "contract": older,
            "origin": -1,
            "day": day,
            "recorded": rows["recorded_remaining"].to_numpy(),
        }
    )
    channels = contracts.channels[contracts.channels["contract"].isin(older)]
    of_channels = pd.DataFrame(
        {
            "contract": channels["contract"],
            "origin": origin_codes(channels["channel"], origins),
            "day": pd.Series(day, older).reindex(channels["contract"]).to_numpy(),
            "recorded": channels["recorded_remaining"],
        }
    )
    balances = pd.concat([whole, of_channels], ignore_index=True)
    then, later = _moved(balances, playing)
    is_recorded = balances["recorded"] != UNKNOWN
    amount = np.where(is_recorded, balances["recorded"] - later, then)
    is_explained = (is_recorded & (amount == then)).groupby(balances["contract"]).transform("all")
    opened = balances[~is_explained]
    return pd.DataFrame(
        {
            "day": opened["day"],
            "minute": -1,
            "action": int(Action.BRING_FORWARD),
            "entitlement": opened["contract"],
            "origin": opened["origin"],
            "amount": amount[~is_explained],
        }
    )


def _moved(balances: pd.DataFrame, playing: Playing) -> tuple[Whole, Whole]:
    """Return what each balance came to before its day, and how it moved from then on."""
    is_asked = np.zeros(len(playing.entitlement_rows), np.bool_)
    is_asked[balances["contract"]] = True  # by the row of the contract
    parts = []
    for block in playing:
        ledger = block["ledger"]
        frame = pd.DataFrame({name: ledger[name] for name in _OF_LEDGER})
        parts.append(frame[is_asked[playing.entitlement_rows[ledger["entitlement_id"]]]])
    moves = pd.concat(parts, ignore_index=True)
    entitlement_id = playing.entitlement_ids[balances["contract"]]
    day = pd.Series(balances["day"].to_numpy(), entitlement_id)
    day = day[~day.index.duplicated()]
    is_later = moves["happened_at"] // DAY >= moves["entitlement_id"].map(day)
    of_whole = moves.assign(origin=-1, is_later=is_later)
    of_channels = moves.assign(is_later=is_later, amount=moves["origin_amount"])
    of_channels = of_channels[of_channels["origin"] >= 0]
    sums = (
        pd.concat([of_whole, of_channels])
        .groupby(["entitlement_id", "origin", "is_later"])["amount"]
        .sum()
    )
    keys = [entitlement_id, balances["origin"].to_numpy()]
    then, later = (
        sums.reindex(pd.MultiIndex.from_arrays([*keys, np.full(len(balances), when)]))
        .fillna(0)
        .to_numpy(np.int64)
        for when in (False, True)
    )
    return then, later
