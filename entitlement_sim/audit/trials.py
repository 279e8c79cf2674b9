"""A book played once more: under another switch, or with its default entitlements applied."""

import dataclasses
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..engine.history_columns import COLUMNS
from ..replay.switched import settings_of
from ..replay.tables import HistoryTables
from ..rules.days import day_of
from ..rules.settings import Settings
from ..rules.words import BY_CUSTOM, NOTHING, SWITCHES, Action, BalanceKind
from ..store.errors import RunError
from ..store.imported import HISTORY_NUMBERS

if TYPE_CHECKING:
    from ..scenario.models import ScenarioModel
    from ..store.run import Run

#: Switches about what no book tells: who is whose child, and which contact is a customer.
_UNTOLD: Final = (
    "auto_apply_on_create", "auto_apply_on_update", "close_children_with_parent",
    "children_block_parent", "contact_rolls_up_to_account", "allow_blank_total", "tz",
    "renew_copies_remaining",
)  # fmt: skip
_LATE_JOB: Final = "06:00"

#: Amount left on each balance, by entitlement and the code of its channel (-1: the whole).
Rests = dict[tuple[int, int], int]


class Played(NamedTuple):
    """A history with what it was played by.

    Attributes
    ----------
    model : ScenarioModel
    history : HistoryTables
    entitlement_ids, case_ids : ndarray of int64
        Numbers in the run of the rows of the history; 0 for what never came into being.
    """

    model: "ScenarioModel"
    history: HistoryTables
    entitlement_ids: NDArray[np.int64]
    case_ids: NDArray[np.int64]

    def with_defaults(self) -> "Played":
        """Return the same with every case that has no entitlement asking for the default."""
        cases = self.history.cases
        wants = self.history.column("cases", "wants")
        asked = np.where(wants == NOTHING, BY_CUSTOM, wants)
        history = dataclasses.replace(self.history, cases=cases.assign(wants=asked))
        return self._replace(history=history)

    def under(self, settings: Settings | None = None) -> Rests:
        """Return what the rules leave on every balance under other settings."""
        from ..replay.by_engine import replay

        rests: Rests = {}
        replayed = replay(self.model, self.history, settings)
        numbers = self._numbers(replayed.entitlement_ids)
        for block in replayed:
            balances = block["balances"]
            code = np.where(balances["kind"] == BalanceKind.WHOLE, -1, balances["origin"])
            ids = numbers[balances["entitlement_id"]]
            keys = zip(ids.tolist(), code.tolist(), strict=True)
            rests |= dict(zip(keys, balances["remaining_terms"].tolist(), strict=True))
        return rests

    def covered(self) -> list[tuple[int, int]]:
        """Return which case gets which entitlement by the rules."""
        from ..replay.by_engine import replay

        replayed = replay(self.model, self.history)
        numbers = self._numbers(replayed.entitlement_ids)
        case_numbers = np.zeros(len(self.case_ids) + 1, np.int64)
        case_numbers[replayed.case_ids] = self.case_ids
        pairs: list[tuple[int, int]] = []
        for block in replayed:
            cases = block["cases"]
            is_covered = cases["entitlement_id"] >= 0
            pairs += zip(
                case_numbers[cases["case_id"][is_covered]].tolist(),
                numbers[cases["entitlement_id"][is_covered]].tolist(),
                strict=True,
            )
        return pairs

    def _numbers(self, played: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the run's number of each entitlement by the one that it got when played."""
        numbers = np.zeros(len(played) + 1, np.int64)
        numbers[played] = self.entitlement_ids
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
    frames = {table: run.sql(f"FROM history_{table}") for table in COLUMNS}
    numbers = {
        table: frames[table].pop(name).to_numpy(np.int64) for table, name in HISTORY_NUMBERS.items()
    }
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


def single_switches(model: "ScenarioModel") -> dict[str, Settings]:
    """Return the settings of a scenario with one switch turned, by the name of the switch.

    Left out are switches about what no export tells.
    """
    base = settings_of(model)
    turned: dict[str, Any] = {
        name: not getattr(base, name) for name in SWITCHES if isinstance(getattr(base, name), bool)
    }
    turned["job_time"] = _LATE_JOB if base.job_time != _LATE_JOB else "00:00"
    return {
        name: dataclasses.replace(base, **{name: turned[name]})
        for name in SWITCHES
        if name not in _UNTOLD
    }
