"""An opened run: its tables, its manifest, and how it shows itself."""

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Literal

import duckdb

from ..documents import DocumentError, parse_document
from ..parameters import CHANGES, PATH, TEXTS, Kind, of_types, takes
from ..telling import Table, counted, day, nearest, number, tally
from .damage import is_damage, words_of
from .errors import DamagedRun, RunError
from .formats import format_of
from .manifest import Manifest, read_manifest
from .opened_views import RUN_SCHEMA, VIEWS_SCHEMA
from .opening import connect
from .pricing import VARIABLES_OF_MONEY, money_as_sql
from .publish import DATABASE, storage_of
from .quoting import quoted

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from ..scenario.models import Money
    from ..scenario.scenario import Scenario
    from .by_name import TablesByName
    from .dictionary_frame import DictionaryFrame
    from .export import Form

#: Where runs are looked for by their name alone.
RUNS_FOLDER = Path("runs")

#: Which entitlements a run counts: those that had not ended when it began.
NOT_OVER_BEFORE_RUN: Final = "coalesce(ended_on >= (SELECT start_date FROM run), TRUE)"

#: What DuckDB says of every query after a fault within it.
_INVALIDATED = "database has been invalidated"


class Run:
    """A run that can be queried; made by :func:`open_run` or by simulating.

    A run from disk is attached read-only to an in-memory database: it is never locked, and views
    or tables that a query creates vanish with it. Views, macros and types are made by the package;
    nothing runs that came in the file. A query may read other files, too, and frames by the names
    of their variables, unless the run was opened sealed. It closes at the end of a ``with`` block
    or by :meth:`close`. After a fault of DuckDB that leaves the database unusable, the next query
    opens a run from disk anew, without such views, tables and variables.

    Attributes
    ----------
    name : str
        Name of the run's folder.
    path : Path or None
        The folder; None for a run in memory.
    manifest : Manifest
        What the run says about itself: everything in table ``run``, the number of rows and the
        content hash of each table.
    connection : duckdb.DuckDBPyConnection
        Its database, in which plain names of tables are those of the run.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        manifest: Manifest,
        name: str,
        path: Path | None = None,
        *,
        sealed: bool = False,
    ) -> None:
        self.connection = connection
        self.manifest = manifest
        self.name = name
        self.path = path
        self._sealed = sealed
        self._other_money: Money | None = None

    @cached_property
    def scenario(self) -> "Scenario":
        """The scenario as it was run, with the base that it was changed from.

        Raises
        ------
        RunError
            Another version wrote it, with words that this one does not know.
        """
        from ..scenario.scenario import Scenario

        facts = self.manifest
        try:
            return Scenario.parse(facts.scenario_yaml, "scenario", base_text=facts.base_scenario)
        except DocumentError as error:
            raise RunError(
                f"the scenario of the run {facts.run_id} cannot be read: {error}"
            ) from None

    @cached_property
    def currency(self) -> str | None:
        """Currency of all prices, such as EUR; None where its scenario names none."""
        if "scenario" in self.__dict__:  # it has been read already, which takes a while
            return self.scenario.model.currency_of_all
        from ..scenario.values import currency_code

        try:
            match parse_document(self.manifest.scenario_yaml, strict=False).data:
                case {"currency": str(code)} | {"money": {"currency": str(code)}}:
                    return currency_code(code)
        except (DocumentError, ValueError):
            pass
        return None

    @property
    def money(self) -> "Money | None":
        """What support costs: as the scenario says it, or as :meth:`reprice` said it last."""
        return self._other_money or self.scenario.model.money

    @takes(money=CHANGES | TEXTS)
    def reprice(self, money: Mapping[str, Any] | Sequence[str] | None = None) -> None:
        """Reckon with other money from now on: costs and margins in views, charts and comparisons.

        Nothing is simulated anew, and nothing changes in a run that is stored: it holds for this
        opened run alone, until it is closed.

        Parameters
        ----------
        money : mapping or sequence of str, optional
            What differs from the scenario's own ``money``, by its keys, such as
            ``{"hour_costs": 70, "case_costs.phone": 9}``, or as texts such as
            ``money.hour_costs=70``; by default that again.

        Raises
        ------
        DocumentError
            A key or a value is wrong.
        RunError
            The scenario cannot be read, or the currency is to be another one: prices have it.

        Examples
        --------
        >>> from entitlement_sim import Scenario, simulate
        >>> run = simulate(Scenario.load("reference", ["segments.everyone.customers=20"]), seed=7)
        >>> run.reprice({"hour_costs": 60})
        >>> run.sql("SELECT sum(cost_to_serve) AS cost FROM margin_by_month")["cost"].tolist()
        [21300.0]
        """
        other = None
        if money is not None:
            changed = self.scenario.with_(
                {f"money.{path}": value for path, value in money.items()}
                if isinstance(money, Mapping)
                else money
            )
            if changed.model.currency_of_all != self.scenario.model.currency_of_all:
                raise RunError("prices of a run keep their currency; leave it out of its money")
            if changed.model != self.scenario.model.model_copy(
                update={"money": changed.model.money}
            ):
                raise RunError(
                    "a run that is stored is reckoned with other money alone (money.…=…); what "
                    "else is to be different is simulated: --with NAME --set PATH=VALUE"
                )
            other = changed.model.money
        self._other_money = other
        self._set_variables_of_money()

    def _set_variables_of_money(self) -> None:
        money = self._other_money
        if money is None:
            statements = (f"RESET VARIABLE {name}" for name in VARIABLES_OF_MONEY)
        else:
            values = money_as_sql(money)
            statements = (f"SET VARIABLE {name} = {value}" for name, value in values.items())
        self._execute("; ".join(statements))

    @property
    def stored_in(self) -> str:
        """Schema in which the tables stand that were stored, written as SQL has it."""
        return VIEWS_SCHEMA if self.path is None else RUN_SCHEMA

    @property
    def storage(self) -> str:  # of a Literal, names would not complete in a kernel
        """As what it is stored: ``duckdb``, in memory or in one file, or ``parquet``."""
        return "duckdb" if self.path is None else storage_of(self.path)

    @property
    def file(self) -> Path:
        """The run's database, or what stands for it: the folder with its files, or its name."""
        if self.path is None:
            return Path(self.name)
        return self.path / DATABASE if self.storage == "duckdb" else self.path

    def sql(
        self, query: str, params: Sequence[Any] | Mapping[str, Any] | None = None
    ) -> "pd.DataFrame":
        """Return the result of a query.

        Parameters
        ----------
        query : str
            DuckDB's SQL over the tables and views of the run.
        params : sequence or mapping, optional
            Values for ``?`` or ``$name`` in the query.

        Returns
        -------
        DataFrame
            Enumerations come as categories, dates and times as ``datetime64[us]``, and decimals
            as 64-bit floats: compare amounts to the last hundredth in SQL, not in pandas.

        Raises
        ------
        duckdb.Error
            The query does not fit the run; the message names the nearest table or column.
        DamagedRun
            The query met a part of the file that is not as it was written.
        """
        return self._execute(query, params).df()

    def _execute(
        self, query: str, params: Sequence[Any] | Mapping[str, Any] | None = None
    ) -> duckdb.DuckDBPyConnection:
        try:
            return self.connection.execute(query, params)
        except duckdb.Error as error:
            if is_damage(error):
                raise DamagedRun(self.file, words_of(error)) from None
            if self.path is None or _INVALIDATED not in str(error):
                raise
            self.connection.close()
            self.connection = connect(self.file, format_of(self.manifest), sealed=self._sealed)
            if self._other_money is not None:
                self._set_variables_of_money()
            return self.connection.execute(query, params)

    def relation(self, name: str) -> duckdb.DuckDBPyRelation:
        """Return a table or view as DuckDB's relation, with the types that it is stored in.

        Nothing is read before it is asked for: ``.filter(...)``, ``.aggregate(...)``,
        ``.fetchall()`` (decimals as ``Decimal``), ``.pl()``, ``.write_parquet(...)``. It is the
        connection's, and gone with it.

        Raises
        ------
        RunError
            The run has no such table or view.
        """
        from .dictionary import find_relation

        return self.connection.sql(f"FROM {quoted(find_relation(self, name).name)}")

    def arrow(self, name: str) -> "pa.Table":
        """Return a whole table or view as a table of Arrow, for polars, R or Spark.

        Decimals stay decimals, dates dates, and enumerations are dictionaries.

        Raises
        ------
        RunError
            The run has no such table or view.
        DamagedRun
            The query met a part of the file that is not as it was written.
        """
        try:
            return self.relation(name).to_arrow_table()
        except duckdb.Error as error:
            if is_damage(error):
                raise DamagedRun(self.file, words_of(error)) from None
            raise

    def table(self, name: str) -> "pd.DataFrame":
        """Return a whole table or view, tables in the order of their rows.

        Raises
        ------
        RunError
            The run has no such table or view.
        """
        from .dictionary import find_relation

        return self.sql(f"SELECT * FROM {quoted(find_relation(self, name).name)}")

    @property
    def tables(self) -> "TablesByName":
        """Tables and views: ``run.tables()`` lists their names, ``run.tables.cases()`` is a frame.

        Names complete as they are typed.
        """
        from .by_name import TablesByName

        return TablesByName(self)

    @property
    def views(self) -> "TablesByName":
        """The views alone: ``run.views.pacing()`` is a frame, ``run.views.pacing`` says of what.

        Names complete as they are typed.
        """
        from .by_name import TablesByName

        return TablesByName(self, kind="view")

    def describe(self, name: str | None = None) -> "DictionaryFrame":
        """Return what the run holds: its tables and views, or the columns of one of them.

        Parameters
        ----------
        name : str, optional
            A table or view.

        Returns
        -------
        DataFrame
            Without a name a row for each table and view: ``name``, ``kind``, number of
            ``columns``, what it ``holds`` in a sentence. With a name a row for each column:
            ``column``, ``type``, what it ``holds``; above it stands the formula. It shows its
            texts in full.

        Raises
        ------
        RunError
            The run has no such table or view; the message has the nearest name.
        """
        from .dictionary_frame import description_frame, overview_frame

        return overview_frame(self) if name is None else description_frame(self, name)

    def export(
        self,
        place: str | os.PathLike[str],
        format: Literal["parquet", "csv", "excel", "xlsx"] | None = None,
        *,
        names: Sequence[str] | None = None,
        guard_formulas: bool = False,
        overwrite: bool = False,
        form: "Form | None" = None,
        as_of: date | None = None,
        culture: str | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> Path:
        """Write the run for other programs, whole or not at all.

        Without `form` its tables are written, for analysts; with it the records that a live system
        would have, as that exports them. What of a run a form cannot hold is left out, such as
        cases that were turned away.

        Parameters
        ----------
        place : path
            A folder, in which each table is a file; or, where it ends in ``.xlsx``, one workbook in
            which each table is a sheet. Records always go into a folder.
        format : {"parquet", "csv", "excel", "xlsx"}, optional
            ``excel`` and ``xlsx`` are the same. By default a workbook where `place` ends so, else
            ``parquet``.
        names : sequence of str, optional
            Tables and views; by default all tables.
        guard_formulas : bool, default False
            Whether texts that a spreadsheet would take for formulas begin with ``'`` in CSV. In a
            workbook they are always marked as text.
        overwrite : bool, default False
            Replace an earlier export, and nothing that is none.
        form : {"excel", "csv", "parquet", "dataverse-json", "migration-zip", "duckdb"}, optional
            How a live system gives its records: workbooks of Export to Excel, files of CSV or
            Parquet, pages of the Web API, a zip of the Configuration Migration tool. ``duckdb`` is
            a copy of the run itself.
        as_of : date, optional
            The day of the run at whose close records are as they are written; by default its last.
        culture : str, optional
            In which records have days and numbers where these are texts, such as ``en-US``,
            ``de-DE`` or ``en-IN``; by default as programs write them.
        progress : callable, optional
            Called with the number of rows that are written, and of all of them.

        Returns
        -------
        Path
            `place`. Beside tables it holds a ``dictionary`` of all columns.

        Raises
        ------
        RunError
            The run has no such table, view or day, there is no such form or culture, something
            else is at `place`, or a table has more rows than a sheet holds.
        """
        from .export import export, export_records

        if form is None:
            if as_of is not None or culture is not None:
                raise RunError("as_of and culture are about records; name their form, too")
            return export(self, Path(place), format, names, guard_formulas, overwrite, progress)
        if format is not None or names is not None or guard_formulas:
            raise RunError("format, names and guard_formulas are about tables; leave out form")
        return export_records(self, Path(place), form, as_of, culture, overwrite, progress)

    def count_by(self, table: str, column: str) -> dict[str, int]:
        """Return the number of rows of a table or view by the value of a column, sorted by it."""
        counts = self._execute(
            f"SELECT {quoted(column)}::VARCHAR, count(*) FROM {quoted(table)} "
            f"GROUP BY {quoted(column)} ORDER BY {quoted(column)}"
        ).fetchall()
        return dict(counts)

    def count_entitlements(self) -> dict[str, int]:
        """Return the number of entitlements by state, without those that ended before the run."""
        counts = self._execute(
            "SELECT state::VARCHAR, count(*) FROM entitlements "
            f"WHERE {NOT_OVER_BEFORE_RUN} GROUP BY state ORDER BY state"
        ).fetchall()
        return dict(counts)

    def count_cases(self) -> dict[str, int]:
        """Return the number of cases by outcome, without those that came before the run."""
        return self.count_by("arrived_cases", "outcome")

    def close(self) -> None:
        """Close the run; a run in memory is gone then."""
        self.connection.close()

    def __enter__(self) -> "Run":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @cached_property
    def _overview(self) -> Table:
        """What the run is and what happened in it."""
        facts = self.manifest
        made = f"{facts.source} with version {facts.package_version}"
        overview = [
            ("scenario", f"{facts.scenario}, seed {facts.seed}, {made}"),
            ("period", f"{counted(facts.days, 'day')} from {day(facts.start_date)}"),
            *self._past(),
            ("customers", number(facts.rows["customers"])),
            ("entitlements", tally(self.count_entitlements())),
            ("cases", tally(self.count_cases())),
            ("content", facts.content_hash[:12]),
        ]
        return Table([], overview, f"Run {self.name}")

    def _past(self) -> list[tuple[str, str]]:
        begins = self.manifest.history_start
        return [] if begins is None else [("past", f"from {day(begins)}")]

    def __repr__(self) -> str:
        return f"{self._overview.caption}\n{self._overview.text(indent='  ')}"

    def _repr_html_(self) -> str:
        return self._overview.html()


#: What asks for an opened run.
RUN: Final[Kind] = of_types("a run, as open_run opens it", Run)


@takes(path=PATH)
def open_run(path: str | os.PathLike[str], *, sealed: bool = False) -> Run:
    """Open a run for reading.

    Parameters
    ----------
    path : path
        The run's folder, its ``run.duckdb``, or its name in the folder ``runs``.
    sealed : bool, default False
        Whether queries read nothing but the run: no other file, no extension, no other setting.

    Raises
    ------
    RunError
        There is no run, it was never finished, it is one part of a run, a newer version of the
        package wrote it, or another program holds it.
    DamagedRun
        Its files are not as they were written.
    """
    return _open(Path(path), sealed=sealed)


def open_tables(path: str | os.PathLike[str]) -> Run:
    """Open a run sealed and with its tables alone, which is enough to verify it, and quicker.

    Raises
    ------
    RunError
        See :func:`open_run`.
    """
    return _open(Path(path), sealed=True, with_views=False)


def _open(path: Path, *, sealed: bool, with_views: bool = True) -> Run:
    folder = _find(path)
    manifest = read_manifest(folder)
    if with_views and manifest.shard is not None:
        raise RunError(
            f"{folder} is {manifest.shard} of a run and no whole one; merge all of them first: "
            "entitlement-sim merge PARTS"
        )
    database = folder if storage_of(folder) == "parquet" else folder / DATABASE
    connection = connect(database, format_of(manifest), sealed=sealed, with_views=with_views)
    return Run(connection, manifest, folder.resolve().name, folder, sealed=sealed)


def _find(path: Path) -> Path:
    """Return the folder of the run that a person means by `path`."""
    candidates = [path] if path.exists() else [RUNS_FOLDER / path]
    for candidate in candidates:
        folder = candidate.parent if candidate.is_file() else candidate
        if (folder / DATABASE).is_file() or storage_of(folder) == "parquet":
            return folder
        if folder.is_dir():
            raise RunError(f"{folder} is not a run: it has no {DATABASE}{_runs_within(folder)}")
    raise RunError(f"there is no run {path}{_nearest_run(path)}")


def _run_names(folder: Path) -> list[str]:
    if not folder.is_dir():
        return []
    return sorted(
        child.name
        for child in folder.iterdir()
        if not child.name.startswith(".")
        and ((child / DATABASE).is_file() or storage_of(child) == "parquet")
    )


def _runs_within(folder: Path) -> str:
    names = _run_names(folder)
    return f"; the runs in it are: {', '.join(names)}" if names else ""


def _nearest_run(path: Path) -> str:
    folders = [path.parent, RUNS_FOLDER] if path.parent == Path() else [path.parent]
    names = {name: folder / name for folder in folders for name in _run_names(folder)}
    guess = nearest(path.name, names)
    if guess is not None:
        return f"; did you mean {names[guess]}?"
    return f"; there are: {', '.join(str(place) for place in names.values())}" if names else ""
