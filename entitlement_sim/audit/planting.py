"""Faults planted into an entitlement's life, each as a live system with that bug would show it.

Every function takes a life and a source of chance, changes the life and says what it did, or leaves
it as it is and returns None where the fault would have no effect or could not be told from others.
"""

import dataclasses
import random
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ..rules.allotment import ONE_CASE, hundredths_of_minutes
from .kinds import Kind
from .lives import Life, Move

if TYPE_CHECKING:
    import pandas as pd

#: Ids of what is made up are hashes of this and of what they stand beside.
_NAMESPACE: Final = uuid.UUID("6f1d3f34-6c5f-4c5b-9a55-0c1c6f0e2b8a")


class Fault(NamedTuple):
    """A fault and its place: an entry of the answer key.

    Attributes
    ----------
    entitlement : str
        Its id.
    channel : str
        Label of the channel that parts; empty for the whole.
    kind : Kind
    at : str
        Minute of the first event (ISO).
    case : str
        Id of its case; empty where it has none.
    amount : int
        Recorded less what the rules give, in hundredths.
    """

    entitlement: str
    channel: str
    kind: Kind
    at: str
    case: str
    amount: int


@dataclasses.dataclass
class Change:
    """What planting a fault changes of a book beside the balances of the life.

    Attributes
    ----------
    life : Life
        As it is recorded then.
    faults : list of Fault
        One for each balance that parts.
    touched : set of str
        Cases whose marks are written anew.
    rows : dict of list
        Rows to add, by table.
    """

    life: Life
    faults: list[Fault]
    touched: set[str]
    rows: dict[str, list[dict[str, Any]]] = dataclasses.field(default_factory=dict)


class Surroundings(NamedTuple):
    """What a fault may depend on beyond its entitlement.

    Attributes
    ----------
    closes : Timestamp
        When the book was exported.
    predecessors : dict of list
        By entitlement: ids of what it may have been renewed from, and what these had left by
        channel.
    minutes : dict
        Minutes of the one resolution, by case.
    alone : set of str
        Entitlements during whose days no other one of the customer runs.
    """

    closes: "pd.Timestamp"
    predecessors: dict[str, list[tuple[str, dict[str | None, int]]]]
    minutes: dict[str, int]
    alone: set[str]


Planter = Callable[[Life, random.Random, Surroundings], Change | None]


# --------------------------------------------------------------------------- what may be


def _end(life: Life) -> "pd.Timestamp":
    """Return the first moment after the last day."""
    import pandas as pd

    last: pd.Timestamp = life.row["enddate"]
    return last + pd.Timedelta(days=1)


def _is_safe(before: Life, after: Life) -> bool:
    """Whether no gate shuts or opens by the fault, and no balance exceeds its total by it."""
    walks = after.balances()
    totals = after.totals()
    if any(max(walk) > totals[label] for label, walk in walks.items()):
        return False
    if not before.row["restrict"]:
        return True
    earlier = before.balances()
    return all(
        earlier[label] == walk or min(min(earlier[label]), min(walk)) > 0
        for label, walk in walks.items()
    )


def _lone_charges(life: Life, *events: str) -> list[Move]:
    """Return the charges of cases that moved nothing else, made by these events."""
    counts: dict[str, int] = {}
    for move in life.moves:
        if move.case is not None:
            counts[move.case] = counts.get(move.case, 0) + 1
    return [
        move
        for move in life.moves
        if move.amount < 0 and move.event in events and counts[move.case or ""] == 1
    ]


def _finished(before: Life, after: Life, kind: Kind, first: Move) -> Change | None:
    """Return the change with a fault for each balance that parts, if gates stay as they were."""
    if kind not in _ABOVE and not _is_safe(before, after):
        return None
    faults = []
    rests = before.balances(), after.balances()
    for label in (None, *before.channels):
        amount = rests[1][label][-1] - rests[0][label][-1]
        if amount:
            faults.append(
                Fault(
                    before.id, label or "", kind, first.at.isoformat(timespec="minutes"),
                    first.case or "", amount,
                )
            )  # fmt: skip
    return Change(after, faults, {first.case} if first.case else set()) if faults else None


def _without(life: Life, move: Move, kind: Kind) -> Change | None:
    after = life.copy()
    after.moves.remove(move)
    return _finished(life, after, kind, move)


def _chosen(moves: list[Move], chance: random.Random) -> Move | None:
    return chance.choice(moves) if moves else None


# ---------------------------------------------------------------------- the single kinds


def _missed(life: Life, chance: random.Random, _: Surroundings) -> Change | None:
    charges = [move for move in _lone_charges(life, "created", "resolved") if move.at < _end(life)]
    move = _chosen(charges, chance)
    return None if move is None else _without(life, move, Kind.MISSED_DECREMENT)


def _past_expiry(life: Life, chance: random.Random, _: Surroundings) -> Change | None:
    charges = [move for move in _lone_charges(life, "resolved") if move.at >= _end(life)]
    move = _chosen(charges, chance)
    return None if move is None else _without(life, move, Kind.PAST_EXPIRY_NOT_CHARGED)


def _not_given_back(event: str, kind: Kind) -> Planter:
    def plant(life: Life, chance: random.Random, _: Surroundings) -> Change | None:
        refunds = [move for move in life.moves if move.amount > 0 and move.event == event]
        move = _chosen(refunds, chance)
        return None if move is None else _without(life, move, kind)

    return plant


def _not_charged_again(life: Life, chance: random.Random, _: Surroundings) -> Change | None:
    charges = [move for move in life.moves if move.amount < 0 and move.event == "reactivated"]
    lasting = [move for move in charges if life.of_case(move.case or "")[-1] is move]
    move = _chosen(lasting, chance)
    return None if move is None else _without(life, move, Kind.REACTIVATED_NOT_CHARGED)


def _twice(life: Life, chance: random.Random, kind: Kind, moves: list[Move]) -> Change | None:
    move = _chosen(moves, chance)
    if move is None:
        return None
    after = life.copy()
    after.moves.insert(life.moves.index(move), dataclasses.replace(move))
    return _finished(life, after, kind, move)


def _charged_twice(life: Life, chance: random.Random, _: Surroundings) -> Change | None:
    charges = _lone_charges(life, "created", "resolved")
    return _twice(life, chance, Kind.CHARGED_TWICE, charges)


def _given_back_twice(life: Life, chance: random.Random, _: Surroundings) -> Change | None:
    refunds = [move for move in life.moves if move.amount > 0 and move.case is not None]
    return _twice(life, chance, Kind.GIVEN_BACK_TWICE, refunds)


def _wrong_channel(life: Life, chance: random.Random, _: Surroundings) -> Change | None:
    charges = [
        move for move in _lone_charges(life, "created", "resolved") if move.channel is not None
    ]
    move = _chosen(charges, chance)
    others = [label for label in sorted(life.channels) if move and label != move.channel]
    if move is None or not others:
        return None
    after = life.copy()
    after.moves[life.moves.index(move)].channel = chance.choice(others)
    return _finished(life, after, Kind.WRONG_CHANNEL, move)


def _channel_not_moved(life: Life, chance: random.Random, _: Surroundings) -> Change | None:
    charges = _lone_charges(life, "created", "resolved")
    move = _chosen([move for move in charges if move.channel is not None], chance)
    if move is None:
        return None
    after = life.copy()
    moved = after.moves[life.moves.index(move)]
    moved.channel, moved.channel_amount = None, 0
    return _finished(life, after, Kind.CHANNEL_NOT_MOVED, move)


def _charged_though_marked(life: Life, chance: random.Random, _: Surroundings) -> Change | None:
    """Mark a case that was charged: the balances stay, and it is the rules that part from them."""
    charges = _lone_charges(life, "created", "resolved")
    move = _chosen([m for m in charges if life.cases[m.case or ""]["decrement"]], chance)
    if move is None or move.case is None:
        return None
    after = life.copy()
    after.cases[move.case]["decrement"] = False
    by_rule = life.copy()
    by_rule.moves.remove(move)
    change = _finished(by_rule, life, Kind.DO_NOT_DECREMENT_CHARGED, move)
    return None if change is None else Change(after, change.faults, {move.case})


def _hand_edited(life: Life, chance: random.Random, around: Surroundings) -> Change | None:
    first = life.row["startdate"]
    last = min(_end(life), around.closes)
    minutes = int((last - first).total_seconds()) // 60
    if minutes <= 2:
        return None
    # No case could have moved it so: another number than one, or hours that nobody had taken.
    amounts = [200, -200, -300] if life.row["allocation"] == "cases" else [150, 175, 250]
    move = _edit(life, chance.randrange(1, minutes), first, chance.choice(amounts))
    if move is not None and any(move.amount == -other.amount for other in life.moves):
        return None
    if move is None:
        return None
    after = life.copy()
    after.moves = sorted([*after.moves, move], key=lambda move: move.at)
    return _finished(life, after, Kind.HAND_EDITED, move)


def _edit(life: Life, minute: int, since: "pd.Timestamp", amount: int) -> Move | None:
    """Return a movement by nobody's case, at a minute at which no case does anything."""
    import pandas as pd

    at = since + pd.Timedelta(minutes=minute)
    near = pd.Timedelta(minutes=10)
    if any(abs(move.at - at) < near for move in life.moves):
        return None
    begun = life.row["createdon"]
    return Move(at, amount) if at > begun else None


def _copied(life: Life, _: random.Random, around: Surroundings) -> Change | None:
    found = around.predecessors.get(life.id, ())
    if len(found) != 1:
        return None
    left = found[0][1]
    if set(left) != {None, *life.channels} or left == life.totals():
        return None
    after = life.copy()
    after.opening = left[None]
    after.channel_openings = {label: left[label] for label in life.channels}
    at = life.row["createdon"].floor("min")
    return _finished(life, after, Kind.COPIED_BALANCE, Move(at, 0))


def _truncated(life: Life, chance: random.Random, around: Surroundings) -> Change | None:
    if life.row["allocation"] != "hours":
        return None
    charges = [
        move
        for move in _lone_charges(life, "resolved")
        if around.minutes.get(move.case or "", 0) % 3 == 1
        and -move.amount == hundredths_of_minutes(around.minutes[move.case or ""])
    ]
    return _of_amount(life, _chosen(charges, chance), Kind.ROUNDING, lambda amount: amount + 1)


def _by_the_case(life: Life, chance: random.Random, _: Surroundings) -> Change | None:
    if life.row["allocation"] != "hours":
        return None
    charges = [move for move in _lone_charges(life, "resolved") if abs(move.amount + ONE_CASE) > 5]
    return _of_amount(life, _chosen(charges, chance), Kind.WRONG_AMOUNT, lambda _: -ONE_CASE)


def _of_amount(
    life: Life, move: Move | None, kind: Kind, amount: Callable[[int], int]
) -> Change | None:
    if move is None:
        return None
    after = life.copy()
    moved = after.moves[life.moves.index(move)]
    moved.amount = amount(moved.amount)
    if moved.channel is not None:
        moved.channel_amount = amount(moved.channel_amount)
    return _finished(life, after, kind, move)


def _above(is_channel: bool, kind: Kind) -> Planter:
    def plant(life: Life, chance: random.Random, around: Surroundings) -> Change | None:
        if is_channel and not life.channels:
            return None
        label = chance.choice(sorted(life.channels)) if is_channel else None
        since = max([life.row["startdate"], *(move.at for move in life.moves)])
        edit = _edit(life, 1440 + chance.randrange(1440), since, 0)
        if edit is None or edit.at >= around.closes:
            return None
        rest = life.balances()[label][-1]
        amount = life.totals()[label] - rest + ONE_CASE * chance.randrange(1, 4)
        if is_channel:
            edit.channel, edit.channel_amount = label, amount
        else:
            edit.amount = amount
        after = life.copy()
        after.moves.append(edit)
        return _finished(life, after, kind, edit)

    return plant


def _default_skipped(life: Life, chance: random.Random, around: Surroundings) -> Change | None:
    is_default = life.row["isdefault"] and life.row["state"] == "Active"
    if not is_default or life.id not in around.alone:
        return None
    first = min((case["createdon"] for case in life.cases.values()), default=None)
    charges = [
        move
        for move in _lone_charges(life, "created", "resolved")
        if life.cases[move.case or ""]["decrement"]
        and life.cases[move.case or ""]["createdon"] > first
    ]
    move = _chosen(charges, chance)
    if move is None or move.case is None:
        return None
    after = life.copy()
    after.moves.remove(move)
    after.cases[move.case]["entitlementid"] = None
    created = life.cases[move.case]["createdon"].floor("min")
    return _finished(life, after, Kind.DEFAULT_SKIPPED, dataclasses.replace(move, at=created))


def _not_active(life: Life, chance: random.Random, around: Surroundings) -> Change | None:
    """Let a further case come after the end and use the entitlement all the same."""
    import pandas as pd

    if life.row["state"] != "Expired" or life.row["restrict"]:
        return None
    like = _like(life, chance)
    at = max([_end(life), *(move.at for move in life.moves)]) + pd.Timedelta(days=3, hours=10)
    if like is None or at + pd.Timedelta(days=2) > around.closes:
        return None
    return _further(life, like, [at], Kind.ATTACHED_NOT_ACTIVE)


def _refused(life: Life, chance: random.Random, around: Surroundings) -> Change | None:
    """Let two further cases use an entitlement that has nothing left for them."""
    import pandas as pd

    if not life.row["restrict"] or life.row["allocation"] != "cases":
        return None
    like = _like(life, chance)
    if like is None or life.balances()[None][-1] > 0:
        return None
    at = max(move.at for move in life.moves) + pd.Timedelta(hours=10)
    last = min(_end(life), around.closes) - pd.Timedelta(days=5)
    if at > last or life.row["state"] not in ("Active", "Expired"):
        return None
    return _further(life, like, [at, at + pd.Timedelta(days=2)], Kind.REFUSAL_IGNORED)


def _like(life: Life, chance: random.Random) -> Move | None:
    return _chosen(_lone_charges(life, "created", "resolved"), chance)


def _further(life: Life, like: Move, moments: list["pd.Timestamp"], kind: Kind) -> Change:
    """Add cases like a charged one, which come at these moments and are resolved a day later."""
    import pandas as pd

    after = life.copy()
    rows: dict[str, list[dict[str, Any]]] = {"incident": [], "incidentresolution": [], "audit": []}
    pattern = life.cases[like.case or ""]
    touched = set()
    for number, at in enumerate(moments, start=1):
        resolved = at + pd.Timedelta(days=1)
        case = str(uuid.uuid5(_NAMESPACE, f"{life.id}/{kind}/{number}"))
        touched.add(case)
        row = pattern | {
            "incidentid": case,
            "ticketnumber": f"{pattern.get('ticketnumber') or 'CAS'}-{number}",
            "createdon": at, "modifiedon": resolved, "state": "Resolved", "decrement": True,
            "masterid": None, "parentcaseid": None,
        }  # fmt: skip
        after.cases[case] = row
        rows["incident"].append(row)
        rows["incidentresolution"].append(
            {
                "activityid": str(uuid.uuid5(_NAMESPACE, f"{case}/resolution")),
                "incidentid": case,
                "timespent": 60,
                "createdon": resolved,
            }
        )
        rows["audit"].append(
            {
                "auditid": str(uuid.uuid5(_NAMESPACE, f"{case}/state")),
                "table": "incident", "recordid": case, "column": "statecode",
                "changed": resolved, "old": "Active", "new": "Resolved", "operation": "update",
            }
        )  # fmt: skip
        moves_at = at if life.row["decrease_on"] == "creation" else resolved
        amount = -ONE_CASE
        after.moves.append(
            Move(moves_at, amount, like.channel, amount if like.channel else 0, case, like.event)
        )
    after.moves.sort(key=lambda move: move.at)
    first = next(move for move in after.moves if move.case in touched)
    faults = [
        Fault(
            life.id, label or "", kind, first.at.isoformat(timespec="minutes"), first.case or "",
            -ONE_CASE * len(moments),
        )
        for label in dict.fromkeys([None, like.channel])
    ]  # fmt: skip
    return Change(after, faults, touched, rows)


_ABOVE: Final = (Kind.CHANNEL_ABOVE_TOTAL, Kind.REMAINING_ABOVE_TOTAL)

#: How each kind is planted; those with the fewest places first.
PLANTERS: Final[dict[Kind, Planter]] = {
    Kind.REACTIVATED_NOT_CHARGED: _not_charged_again,
    Kind.REOPENED_NOT_GIVEN_BACK: _not_given_back("reopened", Kind.REOPENED_NOT_GIVEN_BACK),
    Kind.CANCELLED_NOT_GIVEN_BACK: _not_given_back("cancelled", Kind.CANCELLED_NOT_GIVEN_BACK),
    Kind.GIVEN_BACK_TWICE: _given_back_twice,
    Kind.PAST_EXPIRY_NOT_CHARGED: _past_expiry,
    Kind.REFUSAL_IGNORED: _refused,
    Kind.COPIED_BALANCE: _copied,
    Kind.DEFAULT_SKIPPED: _default_skipped,
    Kind.ROUNDING: _truncated,
    Kind.WRONG_AMOUNT: _by_the_case,
    Kind.ATTACHED_NOT_ACTIVE: _not_active,
    Kind.WRONG_CHANNEL: _wrong_channel,
    Kind.CHANNEL_NOT_MOVED: _channel_not_moved,
    Kind.CHANNEL_ABOVE_TOTAL: _above(True, Kind.CHANNEL_ABOVE_TOTAL),
    Kind.REMAINING_ABOVE_TOTAL: _above(False, Kind.REMAINING_ABOVE_TOTAL),
    Kind.DO_NOT_DECREMENT_CHARGED: _charged_though_marked,
    Kind.CHARGED_TWICE: _charged_twice,
    Kind.HAND_EDITED: _hand_edited,
    Kind.MISSED_DECREMENT: _missed,
}
