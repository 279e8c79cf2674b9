"""From a book to a run: what happened is worked out, played by the rules, and stored."""

import os
from dataclasses import replace
from datetime import date
from typing import Final

import numpy as np
import pandas as pd

from ...replay.by_engine import Playing
from ...replay.tables import HistoryTables
from ...rules.days import day_number, day_of
from ...scenario.models import ScenarioModel
from ...store.facts import RunFacts
from ...store.imported import Records
from ...store.run import Run
from ...store.writer import write_run
from ..book import Book
from ..errors import ExportError, FileProblem
from ..memory import give_back
from .cases import Cases, cases_of, origins_of
from .contracts import Contracts, contracts_of
from .history import history_of
from .moments import days_of, filled
from .openings import cases_begin, older_than_cases, openings
from .people import people_of, products_of
from .records import exported_columns, with_records
from .rejecting import Rejecting
from .scenario import offerings_of, scenario_of

#: Moments of the live system that tell until when a book goes.
_MOMENTS: Final = {
    "entitlement": ("createdon", "modifiedon"),
    "incident": ("createdon", "modifiedon"),
    "incidentresolution": ("createdon",),
    "audit": ("changed",),
}


def enter(
    book: Book,
    *,
    out: str | os.PathLike[str] | None = None,
    name: str | None = None,
    overwrite: bool = False,
    begins: date | None = None,
    keep: bool = True,
) -> Run:
    """Make a run of a book: the same tables as of a simulated one, by the same rules.

    What happened is worked out from what was exported (what is assumed where that is silent, the
    modules ``contracts`` and ``cases`` say), and played. Nothing is invented: what
    is not known is NULL, and a contract that is older than the cases of the book has an opening
    balance that was brought forward. What was recorded stands beside what the rules say:
    ``recorded_remaining`` of entitlements and balances, ``recorded_changes``, ids of the live
    system in ``source_id``. Rows that could not be read or could not enter are in ``rejected``.

    Parameters
    ----------
    book : Book
        What happened after its ``as_of`` does not enter. Without one, its last moment counts.
    out : path, optional
        Folder in which the run's own folder is made; without one the run stays in memory.
    name : str, optional
        Name of the run's folder, by default that of the book.
    overwrite : bool, default False
        Replace a run of that name, and nothing that is no run.
    begins : date, optional
        First day of the run: cases, charges and renewals count from it on. By default the first
        day of anything or, where contracts are older than the cases, the day of the first case.
        What was used of older contracts without a case is brought forward.
    keep : bool, default True
        Whether the book stays as it is. Else each of its large tables is taken out of it once it
        is understood, so that the memory that it took is free for what follows.

    Returns
    -------
    Run
        The run, open for reading; its ``source`` is ``imported``.

    Raises
    ------
    ExportError
        There is no moment in the book, or `begins` does not lie before its last one.
    RunError
        Something of that name exists and is not to be replaced, or the folder cannot be written.
    """
    if keep:
        book = replace(book, tables=dict(book.tables))
    as_of = _last_day(book)
    exported = exported_columns(book)
    rejecting = Rejecting(book)
    people = people_of(book)
    products = products_of(book)
    origins = origins_of(book)
    contracts = contracts_of(book, people, as_of, rejecting)
    give_back()
    cases = cases_of(book, people, contracts, products, origins, as_of, rejecting)
    offerings = offerings_of(book, contracts)
    history = history_of(book, people, contracts, offerings, cases, products, origins, as_of)
    said = None if begins is None else day_number(begins)
    older = older_than_cases(contracts, cases, said)
    earliest = _earliest(history, as_of)
    first = _first_day(book, cases, older, earliest, as_of, begins)
    scenario = scenario_of(book, people, contracts, offerings, products, cases, first, as_of)
    give_back()
    playing = _playing(
        scenario.model, history, contracts, older, origins, (min(earliest, first), first, as_of)
    )
    facts = RunFacts.of(scenario, source="imported")
    template_ids = offerings.rows["source_id"].astype(object)
    records = Records(
        origins,
        {
            "templates": template_ids.where(template_ids.notna(), None).tolist(),
            "products": products["source_id"].tolist(),
        },
    )
    return write_run(
        with_records(playing, book, exported, people, contracts, cases, origins, rejecting),
        facts,
        out=out,
        name=name or facts.scenario,
        overwrite=overwrite,
        records=records,
    )


def _playing(
    model: ScenarioModel,
    history: HistoryTables,
    contracts: Contracts,
    older: np.ndarray,
    origins: tuple[str, ...],
    days: tuple[int, int, int],
) -> Playing:
    """Return a history to be played from the first day of anything to the last, openings included.

    `days` are these two, and between them the first day of the run.
    """
    begins, first, ends = days
    calendar = model.calendar.model_copy(
        update={"start": day_of(begins), "days": ends - begins + 1}
    )
    lived = model.model_copy(update={"calendar": calendar})
    if older.size:
        without = Playing(lived, history, tables=("ledger",))
        opened = openings(contracts, older, first, without, origins)
        if len(opened):
            bookings = pd.concat([history.bookings.assign(origin=-1), opened], ignore_index=True)
            history = replace(history, bookings=bookings)
    return Playing(lived, history)


def _last_day(book: Book) -> int:
    """Return the last day of a book: the day of the export, else the last of which it tells."""
    if book.as_of is not None:
        return day_number(book.as_of)
    last = [
        filled(book, table)[column].max()
        for table, columns in _MOMENTS.items()
        for column in columns
    ]
    known = pd.Series(last, dtype="datetime64[us]").dropna()
    if known.empty:
        raise _unusable(book, "nothing in it has a moment; say of which day it is with --as-of")
    return int(days_of(pd.Series([known.max()]))[0])


def _earliest(history: HistoryTables, as_of: int) -> int:
    days = [history.customers["joined"], history.bookings["day"], pd.Series([as_of])]
    return int(pd.concat(days).min())


def _first_day(
    book: Book, cases: Cases, older: np.ndarray, earliest: int, as_of: int, begins: date | None
) -> int:
    if begins is None:
        return cases_begin(cases) if older.size else earliest
    first = day_number(begins)
    if first > as_of:
        raise _unusable(book, f"its last day comes before {begins}, on which the run is to begin")
    return first


def _unusable(book: Book, why: str) -> ExportError:
    return ExportError([FileProblem(book.name, why)])
