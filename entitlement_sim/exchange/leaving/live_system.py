"""A run as the live system would have it on a day: the book that its export would give."""

import datetime as dt
import uuid
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

import duckdb
import pandas as pd
import pyarrow as pa

from ...rules.words import Source
from ...store.damage import is_damage, words_of
from ...store.errors import DamagedRun, RunError
from ...store.views.macros import read_macros
from ...telling import counted, day
from ..book import SOURCES, Book
from ..vocabulary.columns import TABLES, Kind, columns_in

if TYPE_CHECKING:
    from ...store.run import Run

#: What the ids of all runs are made in.
_RUNS: Final = uuid.UUID("0f5bd7b8-4c80-5f29-9b06-4bd1a3d2a6f1")

#: Columns that only records of customers with accounts of their own have.
_OF_ACCOUNTS: Final = {
    "entitlement": ("subaccount",),
    "incident": ("subaccount",),
    "account": ("parent",),
}

_OF_ARROW: Final = {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}


def book_of(run: "Run", *, as_of: dt.date | None = None) -> Book:
    """Return what the live system would have exported of a run at the close of a day.

    Records have the ids of a live system: UUIDs made of the run's content hash and their number,
    so that the same run gives the same book; what was imported has the ids that it came with.
    Amounts are those of the ledger at that close, states
    those of the transitions. The audit log has the changes of states, terms and of
    ``isdecrementing`` that the run tells, in the order in which they happened; states stand in it
    as words, flags as ``true`` or ``false``, amounts with two decimals.

    Parameters
    ----------
    run : Run
    as_of : date, optional
        By default the last day of the run.

    Returns
    -------
    Book
        All tables. Its notes say what of the run no live system has, such as cases that were
        turned away.

    Raises
    ------
    RunError
        The day is none of the run.
    """
    close = last_day_of(run, as_of)
    tables = {name: live_table(run, name, close) for name in TABLES}
    counts = [len(table) for table in tables.values()]
    sources = pd.DataFrame(
        {
            "file": run.name,
            "form": "run",
            "table": list(tables),
            "rows": counts,
            "kept": counts,
            "rejected": 0,
        }
    ).astype(SOURCES)
    return Book(
        tables,
        sources=sources,
        notes=tuple(not_in_a_live_system(run, close)),
        name=run.name,
        zone=run.scenario.model.calendar.zone,
        as_of=close,
        currency=run.currency,
    )


def last_day_of(run: "Run", as_of: dt.date | None) -> dt.date:
    """Return the day at whose close a run is looked at: by default its last one.

    Raises
    ------
    RunError
        The day is none of the run.
    """
    facts = run.manifest
    close = facts.last_day if as_of is None else as_of
    if not facts.start_date <= close <= facts.last_day:
        raise RunError(
            f"{day(close)} is no day of the run {run.name}, which goes from "
            f"{day(facts.start_date)} to {day(facts.last_day)}"
        )
    return close


def live_table(run: "Run", name: str, close: dt.date) -> pd.DataFrame:
    """Return one table of the book of a run at the close of a day.

    Records that were imported have the ids and names that they came with.
    """
    rows = _answer(run, name, close)
    of_accounts = [column for column in _OF_ACCOUNTS.get(name, ()) if rows[column].isna().all()]
    rows = rows.drop(columns=of_accounts)
    if run.manifest.source == Source.IMPORTED.label:
        known = _answer(run, "source_ids", close).drop_duplicates("made").set_index("made")
        for column in columns_in(name, rows):
            if column.kind is Kind.ID:
                ids = rows[column.name].map(known["source_id"]).astype("str")
                if column.name == "customerid" and "customername" in rows:
                    names = rows[column.name].map(known["name"]).astype("str")
                    rows["customername"] = names.fillna(rows["customername"])
                if column.name == TABLES[name][0].name and "name" in rows:
                    names = rows[column.name].map(known["name"]).astype("str")
                    rows["name"] = names.fillna(rows["name"])
                rows[column.name] = ids.fillna(rows[column.name])
        if name == "audit":  # records that were attached stand in it as values
            for side in ("old", "new"):
                ids = rows[side].map(known["source_id"]).astype("str")
                rows[side] = ids.fillna(rows[side])
    return rows


def _answer(run: "Run", name: str, close: dt.date) -> pd.DataFrame:
    query = _queries()[name]
    values: dict[str, Any] = {
        "as_of": close,
        "is_last_day": close == run.manifest.last_day,
        "namespace": uuid.uuid5(_RUNS, run.manifest.content_hash).hex,
        "currency": run.currency,
    }
    used = {key: value for key, value in values.items() if f"${key}" in query}
    try:
        answer = run.connection.sql(query, params=used).to_arrow_table()
    except duckdb.Error as error:
        if is_damage(error):
            raise DamagedRun(run.file, words_of(error)) from None
        raise
    rows: pd.DataFrame = answer.to_pandas(types_mapper=_OF_ARROW.get)
    return rows


def not_in_a_live_system(run: "Run", close: dt.date) -> Iterator[str]:
    """Say what of a run no live system has."""
    [(turned_away,)] = run._execute(
        "SELECT count(*) FROM cases WHERE outcome = 'turned_away' "
        "AND created_at < ?::DATE + INTERVAL 1 DAY",
        [close],
    ).fetchall()
    if turned_away:
        yield (
            f"{counted(turned_away, 'case')} turned away left no record in a live system, and "
            "refusals leave none either."
        )
    yield "Customers' own rates of cases and the service levels of offerings are in no table."
    if close < run.manifest.last_day:
        yield "Who was the default of several active entitlements on that day is not known."


@cache
def _queries() -> dict[str, str]:
    text = (
        resources.files(__package__ or "").joinpath("live_system.sql").read_text(encoding="utf-8")
    )
    return {name: macro.body for name, macro in read_macros(text).items() if macro.is_table}
