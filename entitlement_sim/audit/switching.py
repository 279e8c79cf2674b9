"""Which reading of the rules a book keeps to: every switch turned alone, then all that help."""

import dataclasses
from typing import Any, Final, NamedTuple

from ..replay.switched import settings_of
from ..rules.words import SWITCHES
from .trials import UNPLAYED, Played, Rests, balances_named, single_switches

#: Why a book that keeps to a switch may have nothing that rests on it.
UNSEEN: Final = {
    "gate_on_reactivate": "reactivations that were refused are not recorded",
    "minimal_dialog_bills_zero": "billed minutes are played as they are recorded",
    "exclude_billed_minutes": "billed minutes are played as they are recorded",
    "default_failure_blocks": "cases that were refused are not recorded",
    "empty_default_is_skipped": "cases are played with the entitlement that is recorded",
    "resolved_cases_locked": "changes that were refused are not recorded",
}


class Turned(NamedTuple):
    """What a switch does to a book.

    Attributes
    ----------
    question : str
        As the rulebook numbers it.
    switch : str
    moved : int
        Balances that come out otherwise.
    explained : set of (int, int)
        Those that agree with what is recorded under it, and do not without.
    parted : set of (int, int)
        Those that agree without it, and do not under it.
    """

    question: str
    switch: str
    moved: int
    explained: set[tuple[int, int]]
    parted: set[tuple[int, int]]

    @property
    def why_none_moved(self) -> str:
        """Why no balance comes out otherwise; empty where one does."""
        if self.moved:
            return ""
        return UNPLAYED.get(self.switch) or UNSEEN.get(self.switch, "nothing in it rests on this")

    @property
    def is_kept_to(self) -> bool:
        """Whether the book speaks for it: it explains more than it parts."""
        return len(self.explained) > len(self.parted)


def turned(recorded: Rests, played: Played) -> list[Turned]:
    """Return what each switch of an open question does, turned alone.

    Parameters
    ----------
    recorded : Rests
        What is recorded, on those balances that can be held against a switch.
    played : Played
    """
    base = played.outcome.rests
    answers = [
        _held(name, recorded, base, played.under(settings))
        for name, settings in single_switches(played.model).items()
    ]
    answers += [
        Turned(SWITCHES[name].question, name, 0, set(), set())
        for name in UNPLAYED
        if SWITCHES[name].question
    ]
    return answers


def _held(name: str, recorded: Rests, base: Rests, other: Rests) -> Turned:
    is_there, before = base.at(other.keys)
    moved = ~is_there | (before != other.amounts)
    keys, before, after = other.keys[moved], before[moved], other.amounts[moved]
    is_known, known = recorded.at(keys)
    explained = is_known & (after == known)
    parted = is_known & ~explained & (before == known)
    return Turned(
        SWITCHES[name].question,
        name,
        len(keys),
        set(balances_named(keys[explained])),
        set(balances_named(keys[parted])),
    )


def best_settings(recorded: Rests, played: Played) -> tuple[dict[str, Any], int]:
    """Return the switches that together make most balances agree, and how many then do.

    They are turned one after the other, each time the one that helps most, until none does.
    """
    base = settings_of(played.model)
    singles = single_switches(played.model)
    chosen: dict[str, Any] = {}
    most = _agreeing(recorded, played.outcome.rests)
    while True:
        best: str | None = None
        for name, single in singles.items():
            if name in chosen:
                continue
            settings = dataclasses.replace(base, **chosen, **{name: getattr(single, name)})
            agreeing = _agreeing(recorded, played.under(settings))
            if agreeing > most:
                best, most = name, agreeing
        if best is None:
            return chosen, most
        chosen[best] = getattr(singles[best], best)


def _agreeing(recorded: Rests, rests: Rests) -> int:
    is_known, known = recorded.at(rests.keys)
    return int((is_known & (known == rests.amounts)).sum())
