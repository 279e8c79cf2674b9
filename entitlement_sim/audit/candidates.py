"""What can have led to a recorded balance where no log tells: each kind that comes to it."""

from collections.abc import Iterable, Iterator
from typing import Final

from ..rules.allotment import ONE_CASE, hundredths_of_minutes
from .evidence import WHOLE, Contract, KnownCase, Move
from .kinds import Kind

#: By channel: what an event would leave recorded beyond what the rules give.
Effect = dict[str, int]

#: Most by which rounding can move the amount of one case.
_ROUNDING: Final = 1


#: The order of kinds that are as likely.
_PLACES: Final = {kind: place for place, kind in enumerate(Kind)}

#: What cases that nobody sees may have done, by whether more is recorded than the rules give.
_UNSEEN: Final = {
    True: (
        Kind.MISSED_DECREMENT, Kind.GIVEN_BACK_TWICE, Kind.REACTIVATED_NOT_CHARGED,
        Kind.PAST_EXPIRY_NOT_CHARGED, Kind.WRONG_CHANNEL, Kind.CHANNEL_NOT_MOVED, Kind.ROUNDING,
        Kind.WRONG_AMOUNT, Kind.DEFAULT_SKIPPED,
    ),
    False: (
        Kind.CHARGED_TWICE, Kind.REOPENED_NOT_GIVEN_BACK, Kind.CANCELLED_NOT_GIVEN_BACK,
        Kind.WRONG_CHANNEL, Kind.DO_NOT_DECREMENT_CHARGED, Kind.MARKED_NOT_GIVEN_BACK,
        Kind.ATTACHED_NOT_ACTIVE, Kind.REFUSAL_IGNORED, Kind.COPIED_BALANCE, Kind.ROUNDING,
        Kind.WRONG_AMOUNT,
    ),
}  # fmt: skip


def candidates(contract: Contract, *, is_whole: bool) -> list[Kind]:
    """Return every kind that can have led from the rules to what is recorded.

    A kind is one if one event of it, or several in an entitlement of cases, come to what differs on
    the whole and on each channel. The likeliest come first: those of cases whose mark says so, then
    those of one event. Where history is not `is_whole`, cases that are not there may have done
    anything, and first what moves a balance that way.
    """
    wanted = {
        label: balance.difference
        for label, balance in contract.balances.items()
        if balance.difference
    }
    found: dict[Kind, int] = {}
    for kind, case, effect in _hypotheses(contract):
        rank = _rank(contract, wanted, case, effect)
        if rank is not None:
            found[kind] = min(rank, found.get(kind, rank))
    for kind in _of_several(contract, wanted):
        found.setdefault(kind, 3)
    if not is_whole:
        signs = {amount > 0 for amount in wanted.values()}
        for sign, kinds in _UNSEEN.items():
            for kind in kinds:
                likely = 5 if sign in signs else 6
                found[kind] = min(likely, found.get(kind, likely))
    found.setdefault(Kind.HAND_EDITED, 4)
    return sorted(found, key=lambda kind: (found[kind], _PLACES[kind]))


def _rank(contract: Contract, wanted: Effect, case: int | None, effect: Effect) -> int | None:
    if {label: amount for label, amount in effect.items() if amount} != wanted:
        return None
    return 0 if case is not None and _is_marked_otherwise(contract, case) else 1


def _is_marked_otherwise(contract: Contract, id: int) -> bool:
    """Whether a case's recorded mark is not what the rules leave it with."""
    case = contract.cases.get(id)
    if case is None or case.marked is None:
        return False
    moves = [move.amount for move in contract.balances[WHOLE].moves if move.case == id]
    return case.marked != (bool(moves) and moves[-1] < 0)


def _hypotheses(contract: Contract) -> Iterator[tuple[Kind, int | None, Effect]]:
    """Yield every single event that may have gone otherwise, with what it would come to."""
    channels = _channels_of_moves(contract)
    for move in contract.balances[WHOLE].moves:
        if move.case is None:
            continue
        channel = channels.get((move.at, move.case, move.amount))
        labels = [WHOLE] if channel is None else [WHOLE, channel]
        without = dict.fromkeys(labels, -move.amount)
        twice = dict.fromkeys(labels, move.amount)
        if move.amount < 0:
            yield _missing_charge(contract, move), move.case, without
            yield Kind.CHARGED_TWICE, move.case, twice
            yield from _other_amounts(contract, move, labels)
        else:
            yield _missing_refund(move), move.case, without
            yield Kind.GIVEN_BACK_TWICE, move.case, twice
        if channel is not None:
            yield Kind.CHANNEL_NOT_MOVED, move.case, {channel: -move.amount}
        for other in contract.balances:
            if other not in (WHOLE, channel):
                here = {} if channel is None else {channel: -move.amount}
                yield Kind.WRONG_CHANNEL, move.case, here | {other: move.amount}
    yield from _without_movement(contract)
    yield from _edited(contract)


def _channels_of_moves(contract: Contract) -> dict[tuple[object, int | None, int], str]:
    return {
        (move.at, move.case, move.amount): label
        for label, balance in contract.balances.items()
        if label != WHOLE
        for move in balance.moves
    }


def _missing_charge(contract: Contract, move: Move) -> Kind:
    if move.rule == "T2":
        return Kind.REACTIVATED_NOT_CHARGED
    is_late = move.at.date() > contract.row["end_date"].date()
    if contract.row["decrease_on"] == "resolution" and is_late:
        return Kind.PAST_EXPIRY_NOT_CHARGED
    return Kind.MISSED_DECREMENT


def _missing_refund(move: Move) -> Kind:
    by_rule = {"T3": Kind.REOPENED_NOT_GIVEN_BACK, "D1": Kind.MARKED_NOT_GIVEN_BACK}
    return by_rule.get(move.rule, Kind.CANCELLED_NOT_GIVEN_BACK)


def _other_amounts(
    contract: Contract, move: Move, labels: list[str]
) -> Iterator[tuple[Kind, int | None, Effect]]:
    if contract.row["allocation"] != "hours":
        return
    for apart in range(-_ROUNDING, _ROUNDING + 1):
        yield Kind.ROUNDING, move.case, dict.fromkeys(labels, apart)
    yield Kind.WRONG_AMOUNT, move.case, dict.fromkeys(labels, -ONE_CASE - move.amount)


def _without_movement(contract: Contract) -> Iterator[tuple[Kind, int | None, Effect]]:
    """Yield what cases that move nothing by the rules may have moved."""
    paying = {move.case for move in contract.balances[WHOLE].moves}
    for case in contract.cases.values():
        if case.id in paying:
            continue
        amount = _would_take(contract, case)
        label = case.origin if case.origin in contract.balances else None
        effect = dict.fromkeys([WHOLE] if label is None else [WHOLE, label], -amount)
        if not case.decrement:
            yield Kind.DO_NOT_DECREMENT_CHARGED, case.id, effect
        elif case.id in contract.refused:
            yield Kind.REFUSAL_IGNORED, case.id, effect
        elif case.refusal is not None:
            yield Kind.ATTACHED_NOT_ACTIVE, case.id, effect


def _would_take(contract: Contract, case: KnownCase) -> int:
    if contract.row["allocation"] == "hours":
        return hundredths_of_minutes(case.minutes or 0)
    return ONE_CASE


def _edited(contract: Contract) -> Iterator[tuple[Kind, int | None, Effect]]:
    for rests in contract.left_before.values():
        yield (
            Kind.COPIED_BALANCE,
            None,
            {
                label: rests.get(label, balance.total) - balance.total
                for label, balance in contract.balances.items()
            },
        )
    for label, balance in contract.balances.items():
        if balance.recorded is not None and balance.recorded > balance.total:
            kind = Kind.REMAINING_ABOVE_TOTAL if label == WHOLE else Kind.CHANNEL_ABOVE_TOTAL
            yield kind, None, {label: balance.difference}


def _of_several(contract: Contract, wanted: Effect) -> Iterator[Kind]:
    """Yield kinds of which several events come to what differs, where each is one term."""
    if contract.row["allocation"] != "cases" or WHOLE not in wanted:
        return
    count, rest = divmod(abs(wanted[WHOLE]), ONE_CASE)
    if rest or count < 2:
        return
    sign = 1 if wanted[WHOLE] > 0 else -1
    single = [
        kind for kind, _, effect in _hypotheses(contract) if effect.get(WHOLE, 0) == sign * ONE_CASE
    ]
    yield from (kind for kind in _distinct(single) if single.count(kind) >= count)


def _distinct(kinds: Iterable[Kind]) -> list[Kind]:
    return list(dict.fromkeys(kinds))
