"""A book played once more: under another switch, or with its default entitlements applied."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..engine.history_columns import COLUMNS
from ..exchange.memory import give_back
from ..replay.switched import settings_of
from ..replay.tables import HistoryTables
from ..rules.days import day_of
from ..rules.settings import Settings
from ..rules.words import BY_CUSTOM, NOTHING, SWITCHES, Action, BalanceKind
from ..store.errors import RunError
from ..store.imported import HISTORY_NUMBERS, HISTORY_TABLES
from ..store.quoting import quoted

if TYPE_CHECKING:
    import pandas as pd

    from ..replay.by_engine import Playing
    from ..scenario.models import ScenarioModel
    from ..store.run import Run

#: Switches that no history can be played under, and why.
UNPLAYED: Final = {
    "renew_marks_old_cancelled": "states are played as they are recorded",
    "allow_blank_total": "what is recorded was not refused",
    "tz": "it is given when a book is imported",
    "contact_rolls_up_to_account": "whose contact a customer is, is not played",
    "auto_apply_on_create": "cases are played with the entitlement that is recorded",
    "auto_apply_on_update": "cases are played with the entitlement that is recorded",
    "close_children_with_parent": "which case is whose child is not played",
    "children_block_parent": "which case is whose child is not played",
}
#: The switch that is not played either, as no export says what was renewed; what it would do is
#: worked out of balances.
COPYING: Final = "renew_copies_remaining"
_LATE_JOB: Final = "06:00"

#: Room for the codes of channels, from -1 for the whole on, beside the number of an entitlement.
_CODES: Final = 2**16


@dataclass(frozen=True)
class Rests:
    """What is left on balances.

    Attributes
    ----------
    keys : ndarray of int64
        Entitlement and code of the channel as one number, sorted; see :func:`key_of`.
    amounts : ndarray of int64
        Hundredths of a term.
    """

    keys: NDArray[np.int64]
    amounts: NDArray[np.int64]

    @classmethod
    def of(cls, ids: NDArray[Any], codes: NDArray[Any], amounts: NDArray[Any]) -> "Rests":
        """Return rests by entitlement and code of the channel, -1 for the whole."""
        keys = ids.astype(np.int64) * _CODES + codes.astype(np.int64) + 1
        order = np.argsort(keys, kind="stable")
        return cls(keys[order], amounts.astype(np.int64)[order])

    def at(self, keys: NDArray[np.int64]) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
        """Return which balances there are, and the rest of each; 0 of those that are not there."""
        places = np.minimum(np.searchsorted(self.keys, keys), max(len(self.keys) - 1, 0))
        if not len(self.keys):
            return np.zeros(len(keys), np.bool_), np.zeros(len(keys), np.int64)
        is_there = self.keys[places] == keys
        return is_there, np.where(is_there, self.amounts[places], 0)


def balances_named(keys: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Return the entitlement and the code of the channel of each key."""
    ids, codes = np.divmod(keys, _CODES)
    return list(zip(ids.tolist(), (codes - 1).tolist(), strict=True))


class Outcome(NamedTuple):
    """What a book comes to when it is played.

    Attributes
    ----------
    rests : Rests
    covered_by : ndarray of int32
        By the number of each case in the run: the entitlement that covers it, else 0.
    """

    rests: Rests
    covered_by: NDArray[np.int32]


class Played:
    """A history with what it was played by; what it comes to is worked out once a setting.

    Attributes
    ----------
    model : ScenarioModel
    history : HistoryTables
    entitlement_ids, case_ids : ndarray of whole numbers
        Numbers in the run of the rows of the history; 0 for what never came into being.
    """

    def __init__(
        self,
        model: "ScenarioModel",
        history: HistoryTables,
        entitlement_ids: NDArray[Any],
        case_ids: NDArray[Any],
    ) -> None:
        self.model = model
        self.history = history
        self.entitlement_ids = entitlement_ids
        self.case_ids = case_ids
        self._rests: dict[Settings, Rests] = {}

    def with_defaults(self) -> "Played":
        """Return the same with every case that has no entitlement asking for the default."""
        cases = self.history.cases
        wants = self.history.column("cases", "wants")
        asked = np.where(wants == NOTHING, BY_CUSTOM, wants)
        history = dataclasses.replace(self.history, cases=cases.assign(wants=asked))
        return Played(self.model, history, self.entitlement_ids, self.case_ids)

    @cached_property
    def outcome(self) -> Outcome:
        """What the rules give under the settings of the scenario."""
        covering, covered = [], []

        def cover(of_cases: dict[str, NDArray[Any]]) -> None:
            is_covered = of_cases["entitlement_id"] >= 0
            covering.append(of_cases["entitlement_id"][is_covered].astype(np.int32))
            covered.append(of_cases["case_id"][is_covered].astype(np.int32))

        playing, rests = self._played(settings_of(self.model), ("balances", "cases"), cover)
        covered_by = np.zeros(self.case_ids.max(initial=0) + 1, np.int32)
        cases = _numbers(playing.case_ids, self.case_ids)[np.concatenate(covered)]
        entitlements = _numbers(playing.entitlement_ids, self.entitlement_ids)
        covered_by[cases] = entitlements[np.concatenate(covering)]
        return Outcome(rests, covered_by)

    def under(self, settings: Settings) -> Rests:
        """Return what is left on the balances under other settings."""
        if settings == settings_of(self.model):
            return self.outcome.rests
        if settings not in self._rests:
            self._rests[settings] = self._played(settings, ("balances",))[1]
        return self._rests[settings]

    def _played(
        self,
        settings: Settings,
        tables: tuple[str, ...],
        see_cases: Callable[[dict[str, NDArray[Any]]], None] | None = None,
    ) -> tuple["Playing", Rests]:
        """Play the history; show the cases of each block to a function that wants them."""
        from ..replay.by_engine import Playing

        playing = Playing(self.model, self.history, settings, tables=tables)
        ids, codes, amounts = [], [], []
        for block in playing:
            balances = block["balances"]
            ids.append(balances["entitlement_id"])
            is_whole = balances["kind"] == BalanceKind.WHOLE
            codes.append(np.where(is_whole, -1, balances["origin"]))
            amounts.append(balances["remaining_terms"])
            if see_cases is not None:
                see_cases(block["cases"])
        entitlements = _numbers(playing.entitlement_ids, self.entitlement_ids)
        rests = Rests.of(
            entitlements[np.concatenate(ids)], np.concatenate(codes), np.concatenate(amounts)
        )
        give_back()  # what each play takes is in no proportion to what is kept of it
        return playing, rests


def _numbers(played: NDArray[np.int64], own: NDArray[Any]) -> NDArray[np.int32]:
    """Return the run's number of each row by the one that it got when played."""
    numbers = np.zeros(len(played) + 1, np.int32)
    numbers[played] = own
    return numbers


def played_of(run: "Run") -> Played:
    """Return what the ledger of an imported run was played on.

    Raises
    ------
    RunError
        The run was not imported.
    """
    if run.manifest.source != "imported":
        raise RunError(
            f"{run.name} was simulated: its balances are what the rules give; audit takes runs "
            "that were imported"
        )
    frames = {table: _narrow_table(run, f"history_{table}") for table in COLUMNS}
    numbers = {table: frames[table].pop(name).to_numpy() for table, name in HISTORY_NUMBERS.items()}
    bookings = frames["bookings"]
    # What was brought forward is the difference that an audit asks about.
    frames["bookings"] = bookings[bookings["action"] != int(Action.BRING_FORWARD)]
    model = run.scenario.model
    joined = frames["customers"]["joined"].min() if len(frames["customers"]) else None
    begins = model.calendar.start
    if joined is not None:
        begins = min(begins, day_of(int(joined)))
    days = (run.manifest.last_day - begins).days + 1
    calendar = model.calendar.model_copy(update={"start": begins, "days": days})
    return Played(
        model.model_copy(update={"calendar": calendar}),
        HistoryTables(**frames),
        numbers["entitlements"],
        numbers["cases"],
    )


def _narrow_table(run: "Run", table: str) -> "pd.DataFrame":
    """Return a table of numbers in the narrowest types that hold them, read column by column.

    As a whole and in the types of the run it would be several times as large.
    """
    import pandas as pd

    names = HISTORY_TABLES[table]
    sides = ", ".join(f"{side}({quoted(c.name)})" for c in names for side in ("min", "max"))
    [bounds] = run._execute(f"SELECT {sides} FROM {table}").fetchall()
    columns: dict[str, NDArray[Any]] = {}
    for column, least, most in zip(names, bounds[::2], bounds[1::2], strict=True):
        name = quoted(column.name)
        asked = name if least is None else f"{name}::{_narrowest(least, most)}"
        answer = run._execute(f"SELECT {asked} AS n FROM {table}").fetchnumpy()["n"]
        columns[column.name] = np.asarray(answer)
    return pd.DataFrame(columns, copy=False)


#: Whole numbers of DuckDB with the most that they hold.
_WHOLE: Final = {"TINYINT": 2**7, "SMALLINT": 2**15, "INTEGER": 2**31, "BIGINT": 2**63}


def _narrowest(least: float, most: float) -> str:
    """Return the type of DuckDB for numbers between two."""
    if isinstance(least, float):
        return "DOUBLE"
    return next(kind for kind, most_of in _WHOLE.items() if -most_of <= least and most < most_of)


def single_switches(model: "ScenarioModel") -> dict[str, Settings]:
    """Return the settings of a scenario with one switch turned, by the name of the switch.

    Left out are those that no history can be played under.
    """
    base = settings_of(model)
    turned: dict[str, Any] = {
        name: not getattr(base, name) for name in SWITCHES if isinstance(getattr(base, name), bool)
    }
    turned["job_time"] = _LATE_JOB if base.job_time != _LATE_JOB else "00:00"
    return {
        name: dataclasses.replace(base, **{name: turned[name]})
        for name in SWITCHES
        if name not in UNPLAYED and name != COPYING
    }
