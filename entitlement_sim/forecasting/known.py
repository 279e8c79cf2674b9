"""A run as it was known at the close of a day within it, for what is to be learned from it then."""

import datetime as dt
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..engine.history_columns import COLUMNS
from ..engine.tables import NO_AMOUNT, NONE, Block
from ..exchange.entering.records import history_kept
from ..replay.by_engine import Playing
from ..replay.tables import HistoryTables
from ..replay.until import Until, history_until
from ..rules.days import day_number, day_of
from ..simulation import simulate
from ..store.facts import RunFacts
from ..store.imported import HISTORY_NUMBERS, Records
from ..store.writer import write_run

if TYPE_CHECKING:
    from ..store.run import Run


def known_by(run: "Run", day: dt.date) -> "Run":
    """Return a run as it was known at the close of a day.

    Of an imported run the history that it keeps is played up to then: what was booked by that day
    is known, what was begun, renewed or asked later is not. A simulated one is simulated up to
    then, which gives the same rows.

    Parameters
    ----------
    run : Run
    day : date
        Within the run.

    Returns
    -------
    Run
        In memory.
    """
    last = day_number(day)
    scenario = run.scenario.with_({"calendar.days": last - day_number(run.manifest.start_date) + 1})
    if run.manifest.source != "imported":
        seed, replication = run.manifest.seed, run.manifest.replication
        return simulate(scenario, seed=seed, replication=replication, allow_large=True)
    history, numbers = history_of(run)
    until = history_until(history, last)
    model = scenario.model
    days = (day_number(model.calendar.start), *map(np.min, filter(len, _days(until.history))))
    begins = int(min(days))
    calendar = model.calendar.model_copy(
        update={"start": day_of(begins), "days": last - begins + 1}
    )
    playing = Playing(model.model_copy(update={"calendar": calendar}), until.history)
    labels = run._execute("SELECT unnest(enum_range(NULL::origin))::VARCHAR").fetchall()
    return write_run(
        _as_recorded(run, playing, until, numbers),
        RunFacts.of(scenario, source="imported"),
        name=run.name,
        records=Records(tuple(label for (label,) in labels)),
    )


def history_of(run: "Run") -> tuple[HistoryTables, NDArray[np.int64]]:
    """Return the history that an imported run keeps, and the numbers of its entitlements."""
    frames = {table: run._execute(f"FROM history_{table}").df() for table in COLUMNS}
    numbers = frames["entitlements"].pop(HISTORY_NUMBERS["entitlements"]).to_numpy(np.int64)
    frames["cases"] = frames["cases"].drop(columns=HISTORY_NUMBERS["cases"])
    return HistoryTables(**frames), numbers


def _days(history: HistoryTables) -> tuple[NDArray[Any], NDArray[Any]]:
    return history.column("customers", "joined"), history.column("bookings", "day")


def _as_recorded(
    run: "Run", playing: Playing, until: Until, numbers: NDArray[np.int64]
) -> Iterator[Block]:
    """Yield what is played, with the prices of contracts, and without minutes that nobody knows."""
    asked = run._execute(
        "SELECT entitlement_id, (price * 100)::BIGINT AS price FROM entitlements"
    ).df()
    prices = asked.set_index("entitlement_id")["price"].reindex(numbers[until.entitlements])
    case_ids = run._execute("SELECT case_id FROM history_cases").df()["case_id"]
    unknown = run._execute(
        "SELECT case_id FROM cases WHERE state = 'resolved' AND billable_minutes IS NULL"
    ).df()["case_id"]
    are_unknown = pd.Series(case_ids).isin(unknown).to_numpy()[until.cases]
    amounts = prices.fillna(NO_AMOUNT).to_numpy(np.int64)
    for block in playing:
        place = playing.entitlement_rows[block["entitlements"]["entitlement_id"]]
        case = playing.case_rows[block["cases"]["case_id"]]
        minutes = block["cases"]["billable_minutes"]
        yield block | {
            "entitlements": block["entitlements"] | {"price": amounts[place]},
            "cases": block["cases"]
            | {"billable_minutes": np.where(are_unknown[case], np.int32(NONE), minutes)},
        }
    yield from history_kept(playing)
