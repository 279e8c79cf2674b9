"""What a book records of single entitlements: every movement of theirs with the case behind it.

A fault is planted into such a life and the rows of the book are written anew from it, so that the
balances, their audit rows and the marks of the cases say one and the same.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from ..rules.amounts import hundredths

if TYPE_CHECKING:
    import pandas as pd

    from ..exchange.book import Book

#: States of a case as Dataverse numbers and labels them.
_STATES: Final = {
    "0": "active", "active": "active",
    "1": "resolved", "resolved": "resolved",
    "2": "cancelled", "cancelled": "cancelled", "canceled": "cancelled",
}  # fmt: skip

#: What a case does by going from one state to another.
_EVENTS: Final = {
    ("active", "resolved"): "resolved",
    ("active", "cancelled"): "cancelled",
    ("resolved", "active"): "reopened",
    ("cancelled", "active"): "reactivated",
}


@dataclass
class Move:
    """A movement of an entitlement's balance.

    Attributes
    ----------
    at : Timestamp
        To the minute.
    amount : int
        Hundredths of a term; 0 where only a channel moves.
    channel : str or None
        Label of the channel row that moves, too.
    channel_amount : int
    case : str or None
        Id of the case that moved it; None where none did.
    event : str
        What the case did: created, attached, resolved, cancelled, reopened, reactivated.
    """

    at: "pd.Timestamp"
    amount: int
    channel: str | None = None
    channel_amount: int = 0
    case: str | None = None
    event: str = ""


@dataclass
class Life:
    """An entitlement as a book records it.

    Attributes
    ----------
    row : mapping
        Its row of the table.
    channels : dict of dict
        The rows of its channels, by label.
    opening : int
        What it started with; `channel_openings` of each channel.
    moves : list of Move
        In time order.
    cases : dict of dict
        The rows of its cases, by id.
    states : dict of list
        Moment and event of each change of a case's state, by id.
    """

    row: dict[str, Any]
    channels: dict[str, dict[str, Any]]
    opening: int
    channel_openings: dict[str, int]
    moves: list[Move]
    cases: dict[str, dict[str, Any]]
    states: dict[str, list[tuple["pd.Timestamp", str]]] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """Its id."""
        return str(self.row["entitlementid"])

    def copy(self) -> "Life":
        """Return the life with movements and rows of its own."""
        return replace(
            self,
            moves=[replace(move) for move in self.moves],
            cases={id: dict(row) for id, row in self.cases.items()},
        )

    def of_case(self, case: str) -> list[Move]:
        """Return the movements of one case."""
        return [move for move in self.moves if move.case == case]

    def balances(self, moves: Iterable[Move] | None = None) -> dict[str | None, list[int]]:
        """Return the balance after every movement, by channel; that of the whole under None."""
        walks: dict[str | None, list[int]] = {None: [self.opening]}
        walks |= {label: [opening] for label, opening in self.channel_openings.items()}
        for move in self.moves if moves is None else moves:
            walks[None].append(walks[None][-1] + move.amount)
            if move.channel is not None:
                walks[move.channel].append(walks[move.channel][-1] + move.channel_amount)
        return walks

    def totals(self) -> dict[str | None, int]:
        """Return what each balance may hold at most, by channel; the whole under None."""
        return {None: int(self.row["totalterms"])} | {
            label: int(row["totalterms"]) for label, row in self.channels.items()
        }


def lives_of(book: "Book", entitlements: "pd.Series") -> Iterator[Life]:
    """Yield the lives of those entitlements whose every movement is known with its case.

    Left out are drafts, those whose audit rows do not lead from the total to what remains, and
    those that move twice in a minute: there nobody could tell which case moved what.

    Parameters
    ----------
    book : Book
    entitlements : Series of str
        Ids; the order is kept.
    """
    frames = _Frames(book, entitlements)
    for id in entitlements:
        life = frames.life(id)
        if life is not None:
            yield life


class _Frames:
    """The rows of some entitlements, by id."""

    def __init__(self, book: "Book", ids: "pd.Series") -> None:
        tables = book.tables
        entitlement = tables["entitlement"]
        self.rows = _by_id(entitlement[entitlement["entitlementid"].isin(ids)], "entitlementid")
        channel = tables["entitlementchannel"]
        channel = channel[channel["entitlementid"].isin(ids)]
        self.channels = _lists(channel, "entitlementid")
        incident = tables["incident"]
        incident = incident[incident["entitlementid"].isin(ids)]
        self.cases = _lists(incident, "entitlementid")
        audit = tables["audit"]
        own = [*ids, *channel["entitlementchannelid"], *incident["incidentid"]]
        audit = audit[audit["recordid"].isin(own)]
        self.rests = _lists(audit[audit["column"] == "remainingterms"], "recordid")
        states = audit[(audit["column"] == "statecode") & (audit["table"] == "incident")]
        self.states = _lists(states, "recordid")

    def life(self, id: str) -> Life | None:
        row = self.rows[id]
        if row["state"] == "Draft":
            return None
        channels = {channel["channel"]: channel for channel in self.channels.get(id, ())}
        whole = _walk(self.rests.get(id, []), row)
        parts = {
            label: _walk(self.rests.get(channel["entitlementchannelid"], []), channel)
            for label, channel in channels.items()
        }
        if whole is None or any(part is None for part in parts.values()):
            return None
        cases = {case["incidentid"]: case for case in self.cases.get(id, ())}
        states = {case: self._states(case) for case in cases}
        moves = _moves(whole, parts, _events(cases, states))
        if moves is None:
            return None
        openings = {label: int(channel["totalterms"]) for label, channel in channels.items()}
        return Life(row, channels, int(row["totalterms"]), openings, moves, cases, states)

    def _states(self, case: str) -> list[tuple["pd.Timestamp", str]]:
        rows = sorted(self.states.get(case, ()), key=lambda row: row["changed"])
        return [
            (row["changed"].floor("min"), event)
            for row in rows
            if (event := _EVENTS.get((state_of(row["old"]), state_of(row["new"]))))
        ]


def state_of(text: Any) -> str:
    """Return the state of a case that a number or a label means; nothing of anything else."""
    return _STATES.get(text.strip().lower(), "") if isinstance(text, str) else ""


def _by_id(frame: "pd.DataFrame", column: str) -> dict[str, dict[str, Any]]:
    rows: list[dict[Any, Any]] = frame.to_dict("records")
    return {row[column]: row for row in rows}


def _lists(frame: "pd.DataFrame", column: str) -> dict[str, list[dict[str, Any]]]:
    lists: dict[str, list[dict[str, Any]]] = {}
    rows: list[dict[Any, Any]] = frame.to_dict("records")
    for row in rows:
        lists.setdefault(row[column], []).append(row)
    return lists


def _walk(rests: list[dict[str, Any]], row: dict[str, Any]) -> dict["pd.Timestamp", int] | None:
    """Return the amounts by minute that lead from a total to what remains; None where none do.

    The log of the balance begins with its creation.
    """
    ordered = sorted(rests, key=lambda rest: rest["changed"])
    if not ordered or ordered[0]["operation"] != "create":
        return None
    balance = hundredths(ordered[0]["new"])
    if balance != int(row["totalterms"]):
        return None
    amounts: dict[pd.Timestamp, int] = {}
    for rest in ordered[1:]:
        minute = rest["changed"].floor("min")
        if rest["operation"] == "create" or hundredths(rest["old"]) != balance or minute in amounts:
            return None
        amounts[minute] = hundredths(rest["new"]) - balance
        balance = hundredths(rest["new"])
    return amounts if balance == int(row["remainingterms"]) else None


def _events(
    cases: dict[str, dict[str, Any]], states: dict[str, list[tuple["pd.Timestamp", str]]]
) -> dict["pd.Timestamp", list[tuple[str, str]]]:
    """Return which cases did what, by minute."""
    events: dict[pd.Timestamp, list[tuple[str, str]]] = {}
    for id, case in cases.items():
        events.setdefault(case["createdon"].floor("min"), []).append((id, "created"))
        for at, event in states[id]:
            events.setdefault(at, []).append((id, event))
    return events


def _moves(
    whole: dict["pd.Timestamp", int],
    parts: dict[str, Any],
    events: dict["pd.Timestamp", list[tuple[str, str]]],
) -> list[Move] | None:
    """Return the movements with the one case behind each; None where that is not clear."""
    moves = []
    for at in sorted(whole):
        behind = events.get(at, [])
        channels = [label for label, part in parts.items() if at in part]
        if len(behind) != 1 or len(channels) > 1:
            return None
        (case, event), channel = behind[0], channels[0] if channels else None
        amount = whole[at]
        moves.append(Move(at, amount, channel, parts[channel][at] if channel else 0, case, event))
    if sum(len(part) for part in parts.values()) != sum(move.channel is not None for move in moves):
        return None
    return moves
