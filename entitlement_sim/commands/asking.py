"""The commands that ask a run: ``query``, ``explain``, ``describe``."""

import csv
import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from ..store.quoting import quoted
from ..telling import FORMULA_BEGINNINGS, Right, Table, counted, listed
from .mistakes import Mistake
from .output import for_programs
from .runs import RunArgument

if TYPE_CHECKING:
    import duckdb

    from ..store.run import Run

_ROWS_AT_A_TIME = 10_000
_NULL = "NULL"
_FINITE: Final = "CASE WHEN isfinite({0}) THEN {0} END"
_FOR_JSON: Final = {"DOUBLE": _FINITE, "FLOAT": _FINITE}
#: DuckDB writes integers of 128 bits into Parquet as floats.
_FOR_PARQUET: Final = {"HUGEINT": "{}::DECIMAL(38,0)"}


def query(
    run: RunArgument,
    sql: Annotated[str, typer.Argument(metavar="SQL", help="One statement in DuckDB's SQL.")],
    rows: Annotated[int, typer.Option(min=1, help="Show at most so many rows.")] = 40,
    as_csv: Annotated[
        bool, typer.Option("--csv", help="Print all rows as CSV, in UTF-8, texts as they are.")
    ] = False,
    guard_formulas: Annotated[
        bool,
        typer.Option(
            "--guard-formulas",
            help="In CSV put ' before texts with = + - @ first: formulas to a spreadsheet.",
        ),
    ] = False,
    as_json: Annotated[
        bool,
        typer.Option("--json", help="Print all rows as JSON: a list with an object a row."),
    ] = False,
    parquet: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write all rows to a new file of Parquet."),
    ] = None,
) -> None:
    """Ask a run in SQL and print the answer.

    The query is your own: it may read and write other files as DuckDB does, such as a CSV file to
    join; the run itself cannot be changed. On a terminal, columns that do not fit are left out;
    into a pipe or a file all are printed, in UTF-8. In JSON decimals are numbers with all
    their digits, dates and times texts; in Parquet days and decimals keep their types.
    """
    import duckdb

    if as_csv + as_json + (parquet is not None) > 1:
        raise Mistake("an answer has one form: --csv, --json or --parquet")

    if guard_formulas and not as_csv:
        raise Mistake("--guard-formulas is about CSV; add --csv")
    from ..store.damage import is_damage, words_of
    from ..store.errors import DamagedRun
    from ..store.run import open_run

    text = _decoded(sql)
    with open_run(run) as opened:
        try:
            statement = _only_statement(opened, text)
            if as_csv:
                interruptibly(opened, lambda: _print_csv(opened, statement, guard_formulas))
            elif as_json:
                interruptibly(opened, lambda: _print_json(opened, statement))
            elif parquet is not None:
                interruptibly(opened, lambda: _write_parquet(opened, statement, parquet))
            else:
                interruptibly(opened, lambda: _print_table(opened, statement, rows))
        except duckdb.Error as error:
            if is_damage(error):
                raise DamagedRun(opened.file, words_of(error)) from None
            raise Mistake(str(error)) from None


def _decoded(sql: str) -> str:
    """Return a query as it was typed, also where the locale knows no more than English."""
    try:
        return os.fsencode(sql).decode()
    except UnicodeError:
        raise Mistake("the query is no text in UTF-8") from None


def _only_statement(run: "Run", sql: str) -> "duckdb.Statement":
    statements = run.connection.extract_statements(sql)
    if not statements:
        raise Mistake("the query is empty; write one like 'SELECT count(*) FROM cases'")
    if len(statements) > 1:
        raise Mistake(
            f"query takes one statement, and these are {len(statements)}; nothing was executed"
        )
    return statements[0]


def _has_answer(statement: "duckdb.Statement") -> bool:
    """Whether a statement comes to rows, as SET and CREATE do not."""
    import duckdb

    # PIVOT is several statements to DuckDB, which creates a type before it selects.
    if statement.type == duckdb.StatementType.MULTI:
        return True
    results: list[object] = [*statement.expected_result_type]
    return duckdb.ExpectedResultType.NOTHING not in results


def _print_table(run: "Run", statement: "duckdb.Statement", most: int) -> None:
    import duckdb

    answer = run.connection.execute(statement)
    if not _has_answer(statement):
        return
    if statement.type == duckdb.StatementType.EXPLAIN:
        for _, plan in answer.fetchall():
            print(plan)
        return
    names = [column[0] for column in answer.description]
    rows = answer.fetchmany(most + 1)
    table = _table(names, rows[:most])
    # Only on a terminal need columns be left out to make the others fit.
    shown = _fitting(table, shutil.get_terminal_size().columns) if sys.stdout.isatty() else table
    print(shown.text())
    if len(rows) > most:
        print(f"(the first {counted(most, 'row')}; --rows shows more, --csv all)")
    left_out = table.headings[len(shown.headings) :]
    if left_out:
        columns = counted(len(left_out), "column does", "columns do")
        print(f"({columns} not fit: {listed(left_out, most=8)})")


def _table(names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> Table:
    """Lay an answer out, numbers flush right."""
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    headings = [
        Right(_one_line(name)) if _is_numeric(column) else _one_line(name)
        for name, column in zip(names, columns, strict=True)
    ]
    return Table(headings, [[_cell(value) for value in row] for row in rows])


def _is_numeric(column: Sequence[Any]) -> bool:
    known = [value for value in column if value is not None]
    return bool(known) and all(
        isinstance(value, int | float | Decimal) and not isinstance(value, bool) for value in known
    )


def _cell(value: Any) -> str:
    if value is None:
        return _NULL
    return str(value).lower() if isinstance(value, bool) else _one_line(str(value))


def _one_line(text: str) -> str:
    return text.replace("\r", "\\r").replace("\n", "\\n").replace("\t", "\\t")


def _fitting(table: Table, width: int) -> Table:
    """Return a table with as many of its first columns as fit into a width, at least one."""
    if len(table.headings) == 1 or table.width() <= width:
        return table
    return _fitting(Table(table.headings[:-1], [row[:-1] for row in table.rows]), width)


def _print_csv(run: "Run", statement: "duckdb.Statement", guard: bool) -> None:
    answer = run.connection.execute(statement)
    if not _has_answer(statement):
        return
    with for_programs() as stream:
        writer = csv.writer(stream, lineterminator="\n")
        some: Sequence[Sequence[Any]] = [[column[0] for column in answer.description]]
        while some:
            writer.writerows([map(_guarded, row) for row in some] if guard else some)
            some = answer.fetchmany(_ROWS_AT_A_TIME)


def _print_json(run: "Run", statement: "duckdb.Statement") -> None:
    """Print an answer as a list of objects, one a line; JSON has no number that is not finite."""
    answer = _as_relation(run, statement, "--json", _FOR_JSON).set_alias("answer")
    objects = answer.project("to_json(answer)::VARCHAR")
    with for_programs() as stream:
        stream.write("[")
        before = "\n"
        for batch in objects.to_arrow_reader(_ROWS_AT_A_TIME):
            if len(batch):
                stream.write(before + ",\n".join(batch.column(0).to_pylist()))
                before = ",\n"
        stream.write("\n]\n")


def _write_parquet(run: "Run", statement: "duckdb.Statement", file: Path) -> None:
    """Write an answer whole or not at all."""
    from ..publishing.placing import PlacingError, new_file

    answer = _as_relation(run, statement, "--parquet", _FOR_PARQUET)
    if os.path.lexists(file):
        raise Mistake(f"{file} exists already; name another file")
    try:
        with new_file(file) as made:
            answer.write_parquet(str(made))
    except PlacingError as error:
        raise Mistake(str(error)) from None


def _as_relation(
    run: "Run", statement: "duckdb.Statement", option: str, written: Mapping[str, str]
) -> "duckdb.DuckDBPyRelation":
    """Return the answer to a statement, columns of some types as `written`."""
    answer = run.connection.sql(statement.query) if _has_answer(statement) else None
    # Of two columns of one name one is numbered.
    distinct = None if answer is None else answer.query("answer", "FROM answer")
    if distinct is None:
        raise Mistake(f"this statement comes to no rows that {option} could write")
    replaced = [
        f"{written[str(kind)].format(quoted(name))} AS {quoted(name)}"
        for name, kind in zip(distinct.columns, distinct.types, strict=True)
        if str(kind) in written
    ]
    return distinct.project(f"* REPLACE ({', '.join(replaced)})") if replaced else distinct


def _guarded(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_BEGINNINGS) else value


def interruptibly(run: "Run", ask: Callable[[], object]) -> None:
    """Ask in a thread of its own: within DuckDB this one might not hear that it is interrupted."""
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(ask)
        try:
            asked.result()
        except KeyboardInterrupt:
            run.connection.interrupt()
            raise


def parsed_day(text: str) -> date:
    """Return a day as it is written on a command line."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"'{text}' is no day; write one like 2025-03-31.") from None


def explain(
    run: RunArgument,
    entitlement: Annotated[int, typer.Argument(metavar="ENTITLEMENT", help="Its number.")],
    on: Annotated[
        date | None,
        typer.Option(
            parser=parsed_day, metavar="DATE", help="Look no further than this day's close."
        ),
    ] = None,
    for_customer: Annotated[
        bool, typer.Option("--for-customer", help="In plain words, to send to the customer.")
    ] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print the movements as CSV.")] = False,
) -> None:
    """Explain the balance of an entitlement.

    Shows every movement and every refusal, with its case and its rule.
    """
    from ..store.explain import explain as explain_balance
    from ..store.run import open_run

    with open_run(run, sealed=True) as opened:
        if on is not None:
            _check_day(opened, on)
        life = explain_balance(opened, entitlement, on)
        letter = life.for_customer()
        if as_csv:
            headings, rows = letter.as_rows() if for_customer else life.as_rows()
            with for_programs() as stream:
                csv.writer(stream, lineterminator="\n").writerows([headings, *rows])
        else:
            print(letter if for_customer else life)


def _check_day(run: "Run", day: date) -> None:
    last = run.manifest.last_day
    if day > last:
        raise Mistake(f"the run {run.name} ends on {last}, before {day}")


def describe(
    run: RunArgument,
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="A table or view.")] = None,
) -> None:
    """Say what the tables of a run hold.

    Lists its tables and views, or the columns of one of them. On a terminal long texts are broken
    into lines; into a pipe or a file they are not.
    """
    from ..store.dictionary import description, fitted, overview
    from ..store.run import open_run

    with open_run(run, sealed=True) as opened:
        table = overview(opened) if name is None else description(opened, name)
        print(fitted(table) if sys.stdout.isatty() else table)
