"""Recorded changes held against movements by the rules: where a balance first goes another way."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from typing import Final, NamedTuple

from .evidence import Balance, Contract, Move, Recorded

#: So far apart the log and the event may be: a system writes after an event.
NEAR: Final = dt.timedelta(minutes=2)


class Step(NamedTuple):
    """A movement that stands on one side only: recorded, or by the rules."""

    at: dt.datetime
    amount: int
    recorded: Recorded | None
    move: Move | None


class Log(NamedTuple):
    """What the recorded changes of a balance tell.

    Attributes
    ----------
    opening : int or None
        What the balance was when it was first written; None where the log does not go so far back.
    gap : datetime or None
        The first moment by which the balance had changed without a row.
    """

    opening: int | None
    gap: dt.datetime | None


def log_of(balance: Balance, closes: dt.datetime) -> Log:
    """Return what the recorded changes of a balance tell, up to the day of the export."""
    if not balance.changes:
        return Log(None, None)
    first = balance.changes[0]
    opening = first.after if first.before is None else None
    expected = first.after
    for change in balance.changes[1:]:
        if change.before != expected:
            return Log(opening, change.at)
        expected = change.after
    return Log(opening, None if expected == balance.recorded else closes)


def steps_apart(balance: Balance) -> list[Step]:
    """Return the movements of a balance that stand on one side only, in time order.

    Movements of the same amount in the same minute are the same one, or at most two minutes apart.
    """
    moves = [move for move in balance.moves if move.reason != "allot"]
    changes = [change for change in balance.changes if change.before is not None and change.amount]
    changes_left, moves_left = _unmatched(changes, moves, dt.timedelta(0))
    changes_left, moves_left = _unmatched(changes_left, moves_left, NEAR)
    steps = [Step(change.at, change.amount, change, None) for change in changes_left]
    steps += [Step(move.at, move.amount, None, move) for move in moves_left]
    return sorted(steps, key=lambda step: (step.at, step.move is None))


def _unmatched(
    changes: Iterable[Recorded], moves: Iterable[Move], near: dt.timedelta
) -> tuple[list[Recorded], list[Move]]:
    """Match each change with a movement of its amount, the earliest near enough."""
    waiting: dict[int, list[Move]] = defaultdict(list)
    for move in moves:
        waiting[move.amount].append(move)
    left = []
    for change in changes:
        candidates = waiting[change.amount]
        match = next((move for move in candidates if abs(move.at - change.at) <= near), None)
        if match is None:
            left.append(change)
        else:
            candidates.remove(match)
    matched_out = [move for moves_of_amount in waiting.values() for move in moves_of_amount]
    return left, matched_out


def around(at: dt.datetime) -> list[dt.datetime]:
    """Return a minute and those near it, the nearest first."""
    minutes = int(NEAR.total_seconds()) // 60
    return [
        at + dt.timedelta(minutes=sign * apart)
        for apart in range(minutes + 1)
        for sign in ((1, -1) if apart else (1,))
    ]


def behind(contract: Contract, at: dt.datetime) -> list[tuple[int, str]]:
    """Return which cases of an entitlement did something at a moment, and what."""
    return next((found for minute in around(at) if (found := contract.moments.get(minute))), [])
