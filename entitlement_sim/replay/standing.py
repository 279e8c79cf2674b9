"""How the customers of a history stand at the close of its last day, to be gone on from."""

from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from ..engine.buffers import Buffers
from ..engine.going_on import Known, Standing, keep_units
from ..engine.kept_lives import TABLES, records_of
from ..population.plan import Plan, plan
from ..scenario.models import ScenarioModel
from .arrays import Arrays, Piece, terms_of
from .by_engine import rooms_of
from .checks import check_tables
from .switched import desk_switches, settings_of, switched
from .tables import HistoryTables
from .units import units_of

_FIRST_BYTES = 1 << 16


class Stood(NamedTuple):
    """Customers as they stand, and by which offerings they go on.

    Attributes
    ----------
    standing : Standing
    templates, lists : ndarray
        Those of the scenario, and behind them the terms of the history.
    """

    standing: Standing
    templates: NDArray[Any]
    lists: NDArray[np.int64]


def stand(model: ScenarioModel, history: HistoryTables, carried: NDArray[Any]) -> Stood:
    """Play a history by the rules, and keep how its customers stand at the close of its last day.

    Parameters
    ----------
    model : ScenarioModel
        Whose days are those of the history; its templates and segments are those that the history
        names.
    history : HistoryTables
    carried : ndarray of CARRIED
        Of each entitlement of the history.

    Raises
    ------
    ValueError
        The history cannot have happened (see :func:`~entitlement_sim.replay.checks.check_tables`).
    """
    check_tables(model, history)
    settings = settings_of(model)
    played = plan(switched(model, settings), 0)
    played.run["decides"] = False
    played.run["window"] = played.run["stop"]
    templates, lists = _behind(played, history)
    arrays = Arrays(
        history,
        units_of(history),
        desk_switches(settings),
        ZoneInfo(settings.tz),
        settings.utc_midnight_mode,
    )
    arrays.entitlements["terms"] += len(played.templates)
    standing = _room_for(len(history.customers))
    kept = np.zeros(2, np.int64)
    buffers = Buffers(rooms_of(history))
    for piece in arrays.pieces():
        buffers.clear()
        while True:
            _keep(played, piece, (templates, lists, carried), buffers, standing, kept)
            if kept[1]:
                standing = _larger(standing, int(kept[1]) - 1, int(kept[0]))
                kept[1] = 0
            elif not buffers.grow_what_is_full():
                break
    return Stood(standing, templates, lists)


def _keep(
    played: Plan,
    piece: Piece,
    by: tuple[NDArray[Any], NDArray[np.int64], NDArray[Any]],
    buffers: Buffers,
    standing: Standing,
    kept: NDArray[np.int64],
) -> None:
    space = buffers.space()
    records = records_of(space)
    space = space._replace(script=piece.script, events=piece.events)
    keep_units(played, space, Known(piece.given, *by), records, standing, kept)


def _behind(played: Plan, history: HistoryTables) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Return the terms of a history behind the templates of a plan, and the lists of both."""
    terms, lists = terms_of(history, played.templates)
    for name in ("first_own_channel", "first_product", "first_contact"):
        terms[name] += len(played.lists)
    return np.concatenate([played.templates, terms]), np.concatenate([played.lists, lists])


def _room_for(customers: int) -> Standing:
    return Standing(
        tuple(np.empty(_FIRST_BYTES, np.uint8) for _ in TABLES),
        np.zeros((customers + 1, len(TABLES)), np.int64),
        np.zeros(customers, np.int64),
    )


def _larger(standing: Standing, full: int, kept: int) -> Standing:
    """Return the same with twice the room for what was full."""
    tables = [*standing.tables]
    filled = int(standing.begins[kept, full])
    longer = np.empty(2 * len(tables[full]), np.uint8)
    longer[:filled] = tables[full][:filled]
    tables[full] = longer
    return standing._replace(tables=tuple(tables))
