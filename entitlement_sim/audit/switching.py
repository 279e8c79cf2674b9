"""Which reading of the rules a book keeps to: every switch turned alone, then all that help."""

import dataclasses
from typing import Any, NamedTuple

from ..replay.switched import settings_of
from ..rules.words import SWITCHES
from .trials import Played, Rests, single_switches


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
    def is_kept_to(self) -> bool:
        """Whether the book speaks for it: it explains more than it parts."""
        return len(self.explained) > len(self.parted)


def turned(recorded: Rests, played: Played) -> list[Turned]:
    """Return what each switch does, turned alone.

    Parameters
    ----------
    recorded : dict
        What is recorded on each balance, by entitlement and code of the channel.
    played : Played
    """
    base = played.under()
    answers = []
    for name, settings in single_switches(played.model).items():
        answers.append(_held(name, recorded, base, played.under(settings)))
    return answers


def _held(name: str, recorded: Rests, base: Rests, other: Rests) -> Turned:
    explained: set[tuple[int, int]] = set()
    parted: set[tuple[int, int]] = set()
    moved = 0
    for key, rest in other.items():
        before = base.get(key)
        if rest == before:
            continue
        moved += 1
        known = recorded.get(key)
        if known is None:
            continue
        if rest == known:
            explained.add(key)
        elif before == known:
            parted.add(key)
    return Turned(SWITCHES[name].question, name, moved, explained, parted)


def best_settings(recorded: Rests, played: Played) -> tuple[dict[str, Any], int]:
    """Return the switches that together make most balances agree, and how many then do.

    They are turned one after the other, each time the one that helps most, until none does.
    """
    base = settings_of(played.model)
    singles = single_switches(played.model)
    chosen: dict[str, Any] = {}
    most = _agreeing(recorded, played.under())
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
    return sum(recorded.get(key) == rest for key, rest in rests.items())
