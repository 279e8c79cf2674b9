"""Books as files, in each of the forms in which a live system gives them."""

import datetime as dt
import shutil
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pandas as pd

from ...publishing.placing import new_folder
from ...store.errors import RunError
from ...store.export import objection_to_replacing, placing_refused, write_contents
from ...store.proof import objection_to_replacing as objection_to_replacing_run
from ...telling import unknown
from ..book import Book
from ..vocabulary.columns import TABLES
from ..vocabulary.cultures import Culture
from .forms import FORMS, NAME_OF, columns_held, culture_named
from .live_system import last_day_of, live_table

if TYPE_CHECKING:
    from ...store.run import Run

#: Called with the rows that are written and with all there are.
Report = Callable[[int, int], None]

#: The module of this room that writes each form, with a function `write`.
_WRITERS: Final = {
    "excel": "excel",
    "csv": "csv_files",
    "parquet": "parquet",
    "dataverse-json": "dataverse_json",
    "migration-zip": "migration_zip",
}

#: What an export says of its files, where no reader of exports looks.
CONTENTS: Final = ".export.json"


class Leaving:
    """Tables on their way out, with what their writers need to know of each other.

    Attributes
    ----------
    tables : Mapping of str to DataFrame
    zone : str
        The business zone, in which moments are local times.
    culture : Culture
    name : str
        What the export is called.
    """

    def __init__(
        self,
        tables: Mapping[str, pd.DataFrame],
        form: str,
        *,
        zone: str,
        culture: Culture,
        name: str,
        report: Report | None = None,
    ) -> None:
        self.tables = tables
        self.zone = zone
        self.culture = culture
        self.name = name
        self._columns = columns_held(form)
        self._names: dict[str, pd.Series] = {}
        self._report = report
        self._done = 0
        self._total = 0

    def __iter__(self) -> Iterator[tuple[str, pd.DataFrame]]:
        """Return each table that the form has, with the columns that it has of it."""
        for table, columns in self._columns.items():
            if table in self.tables:
                rows = self.tables[table]
                self._total += len(rows)
                yield table, rows[[name for name in columns if name in rows]]

    def names(self, table: str) -> pd.Series:
        """Return the name of each record of a table, by its id."""
        if table not in self._names:
            rows = self.tables.get(table, pd.DataFrame())
            own_id, name = TABLES[table][0].name, NAME_OF.get(table, "name")
            known = own_id in rows and name in rows
            self._names[table] = (
                pd.Series(rows[name].to_numpy(), index=rows[own_id].to_numpy(), dtype="str")
                if known
                else pd.Series([], dtype="str")
            )
        return self._names[table]

    def wrote(self, rows: int) -> None:
        """Say that so many more rows are written."""
        self._done += rows
        if self._report is not None:
            self._report(self._done, max(self._total, self._done))


def write_book(
    book: Book,
    place: str | Path,
    form: str,
    *,
    culture: str | None = None,
    overwrite: bool = False,
    progress: Report | None = None,
    seal: str | None = None,
) -> Path:
    """Write a book as the files that a live system would have given.

    Parameters
    ----------
    book : Book
    place : path
        The folder to make.
    form : {"excel", "csv", "parquet", "dataverse-json", "migration-zip"}
    culture : str, optional
        In which days, amounts and flags are written where a form has them as texts, such as
        ``en-US`` or ``de-DE``; by default as programs write them, and in a migration zip ``en-US``.
    overwrite : bool, default False
        Replace an earlier export, and nothing else.
    progress : callable, optional
        Called with the rows that are written, and with all of the tables so far.
    seal : str, optional
        SHA-256 of the answer key, where the book has faults; it stands in the export's contents.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    RunError
        There is no such form or culture, or something else is at `place`.
    """
    tables = dict(book.tables)
    if book.currency is not None and "currency" not in tables.get("entitlement", ("currency",)):
        tables["entitlement"] = tables["entitlement"].assign(currency=book.currency)
    leaving = Leaving(
        tables,
        _known_form(form),
        zone=book.zone,
        culture=culture_named(culture, form),
        name=book.name,
        report=progress,
    )
    sealed = {} if seal is None else {"answer_key_sha256": seal}
    return _written(leaving, Path(place), form, overwrite, sealed)


def export_records(
    run: "Run",
    place: Path,
    form: str,
    *,
    as_of: dt.date | None = None,
    culture: str | None = None,
    overwrite: bool = False,
    progress: Report | None = None,
) -> Path:
    """Write the records of a run as a live system would export them; see :meth:`Run.export`.

    One table after the other is in memory.
    """
    if _known_form(form, ("duckdb",)) == "duckdb":
        return _copied(run, place, as_of, overwrite)
    leaving = Leaving(
        _Live(run, last_day_of(run, as_of)),
        form,
        zone=run.scenario.model.calendar.zone,
        culture=culture_named(culture, form),
        name=run.name,
        report=progress,
    )
    return _written(leaving, place, form, overwrite, {})


class _Live(Mapping[str, pd.DataFrame]):
    """The tables of a run's book, each made when it is asked for."""

    def __init__(self, run: "Run", close: dt.date) -> None:
        self._run = run
        self._close = close

    def __getitem__(self, name: str) -> pd.DataFrame:
        return live_table(self._run, name, self._close)

    def __iter__(self) -> Iterator[str]:
        return iter(TABLES)

    def __len__(self) -> int:
        return len(TABLES)


def _known_form(form: str, others: tuple[str, ...] = ()) -> str:
    known = [name for name in FORMS if name in _WRITERS or name in others]
    if form not in known:
        raise RunError(unknown("form", form, known))
    return form


def _written(
    leaving: Leaving, place: Path, form: str, overwrite: bool, sealed: Mapping[str, str]
) -> Path:
    objection = _objection if overwrite else None
    with placing_refused(place), new_folder(place, objection) as made:
        import_module(f".{_WRITERS[form]}", __package__).write(leaving, made)
        write_contents(made, CONTENTS, {"form": form, "of": leaving.name, **sealed})
    return place


def _objection(folder: Path) -> str | None:
    return objection_to_replacing(folder, CONTENTS)


def _copied(run: "Run", place: Path, as_of: dt.date | None, overwrite: bool) -> Path:
    if run.path is None:
        raise RunError(
            "a run in memory has no file to copy; simulate it with out=…, which writes one"
        )
    if as_of is not None and as_of != run.manifest.last_day:
        raise RunError("a copy of a run is that of its last day; leave out the day, or the form")
    objection = objection_to_replacing_run if overwrite else None
    with placing_refused(place), new_folder(place, objection) as made:
        for file in sorted(run.path.iterdir()):
            if file.is_file() and not file.name.startswith("."):
                shutil.copyfile(file, made / file.name)
    return place
