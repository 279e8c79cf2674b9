"""What a run's file keeps of views, and whether it follows from the rows.

Charts of revenue need the terms of every entitlement at every close, those of breakage and renewals
what each ledger comes to, those of blocked demand and of margins every case: to sum ten million
rows for each of them takes longer than all the rest. What is kept is no part of the content: it
stands in a schema of its own, in none of the tables and hashes of a run, a run without it reckons
the views from its rows, and :func:`~.verify.verify` holds what is kept against them.
"""

import itertools
import re
from collections.abc import Mapping
from typing import Final

import duckdb

from . import views
from .schema import TABLES
from .views import declared_reads, made_views, view_files
from .views.macros import expand
from .views.qualifying import qualify
from .views.words import words_of_columns

#: Where it stands in a run's file.
SCHEMA: Final = "derived"

_TERMS: Final = "DECIMAL(18,2)"
_SUM: Final = "DECIMAL(38,2)"

#: Types of the columns of what is kept, by the views whose rows it has. Words are texts in it.
COLUMNS: Final[Mapping[str, Mapping[str, str]]] = {
    "terms_at_closes": {
        "entitlement_id": "BIGINT",
        "number": "INTEGER",
        "next_number": "INTEGER",
        "used_100": "BIGINT",
        "allotment_100": "BIGINT",
        "lapsed_100": "BIGINT",
    },
    "balance_totals": {
        "balance_id": "BIGINT",
        "allotment_100": "BIGINT",
        "used_100": "BIGINT",
        "rolled_out_100": "BIGINT",
        "settled_100": "BIGINT",
        "lapsed_100": "BIGINT",
    },
    "breakage_of_balances": {
        "entitlement_id": "BIGINT",
        "ended_before_run": "DATE",
        "allotment": _TERMS,
        "used": _TERMS,
        "rolled_out": _TERMS,
        "breakage": _TERMS,
        "breakage_value": _TERMS,
    },
    "breakage_of_balances_by_month": {
        "month": "DATE",
        "template_id": "INTEGER",
        "template": "VARCHAR",
        "allocation": "VARCHAR",
        "ended_by": "VARCHAR",
        "n": "BIGINT",
        "with_breakage": "BIGINT",
        "allotment": _SUM,
        "used": _SUM,
        "rolled_out": _SUM,
        "breakage": _SUM,
        "price": _SUM,
        "breakage_value": _SUM,
        "refunded": _SUM,
        "unrefunded_value": _SUM,
    },
    "ledger_totals": {
        "entitlement_id": "BIGINT",
        "put_in": _TERMS,
        "is_put_in_whole": "BOOLEAN",
        "used": _TERMS,
        "used_by_end": _TERMS,
        "used_after_end": _TERMS,
        "is_brought_forward": "BOOLEAN",
        "adjusted": _TERMS,
        "lapsed": _TERMS,
        "settled": _TERMS,
        "rolled_out": _TERMS,
    },
    "blocked_demand_by_month": {
        "month": "DATE",
        "segment": "VARCHAR",
        "template_id": "INTEGER",
        "template": "VARCHAR",
        "allocation": "VARCHAR",
        "restrict": "BOOLEAN",
        "origin": "VARCHAR",
        "n": "BIGINT",
        "blocked": "BIGINT",
        "not_sold": "BIGINT",
        "used_up": "BIGINT",
        "blocked_by_whole": "BIGINT",
        "blocked_by_channel": "BIGINT",
        "turned_away": "BIGINT",
        "worked_uncovered": "BIGINT",
        "covered_by_another": "BIGINT",
        "used_up_turned_away": "BIGINT",
        "arrivals": "BIGINT",
        "is_partial": "BOOLEAN",
    },
    "work_by_month": {
        "month": "DATE",
        "segment": "VARCHAR",
        "template_id": "INTEGER",
        "template": "VARCHAR",
        "origin": "VARCHAR",
        "outcome": "VARCHAR",
        "cases": "BIGINT",
        "minutes": "BIGINT",
        "is_partial": "BOOLEAN",
    },
}

#: The table of the counts that a scorecard rests on, which are no view: see
#: :mod:`.scorecard_counts`.
COUNTS: Final = "scorecard_counts"
_COLUMNS_OF_COUNTS: Final[Mapping[str, str]] = {
    "figure": "VARCHAR",
    "segment": "VARCHAR",
    "first_key": "BIGINT",
    "second_key": "BIGINT",
    "n": "BIGINT",
}

#: Words among them, which are those of a type of the same name.
_WORDS: Final = ("segment", "allocation", "origin", "outcome")

#: What DuckDB may write otherwise in another version: quotes of names, and blanks.
_LOOKS: Final = re.compile(r'["\s;]')

#: Entitlements whose ledgers are summed at a time, and whose balances are.
_AT_A_TIME: Final = 500_000
_BALANCES_AT_A_TIME: Final = 40_000

#: Whether there are balances that are looked at, how all are read, and tables of those of some.
_HAS_SEVERAL: Final = "SELECT 1 FROM balances WHERE is_one_of_several(kind) LIMIT 1"
_ENDED: Final = "balances_ended() AS ended"
_FEW: Final = ("few_dated", "few_balances", "few_balance_totals", "few_ended", "of_some")
#: What is added up of these, by month.
_ADDED_UP: Final = (
    "n", "with_breakage", "allotment", "used", "rolled_out", "breakage", "price", "breakage_value",
    "refunded", "unrefunded_value",
)  # fmt: skip


def table_of(name: str) -> str:
    """Return the statement that makes the table of a view or of counts, as this version does."""
    kinds = _COLUMNS_OF_COUNTS if name == COUNTS else COLUMNS[name]
    columns = ", ".join(f'"{column}" {kind}' for column, kind in kinds.items())
    return f"CREATE TABLE {SCHEMA}.{name}({columns})"


def keep(connection: duckdb.DuckDBPyConnection) -> None:
    """Keep the views of a run's file whose rows are all stored, beside what is kept of its closes.

    The ledger is summed for some entitlements at a time, so that many take no more memory.
    """
    connection.execute(
        f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}; "
        f"{table_of('ledger_totals')}; {table_of('blocked_demand_by_month')}; "
        f"{table_of('work_by_month')}"
    )
    for some in _some_entitlements(connection, _AT_A_TIME):
        connection.execute(f"INSERT INTO {SCHEMA}.ledger_totals FROM ledger_totals WHERE {some}")
    _keep_breakage_of_balances(connection)
    blocked = _query_of("blocked_demand_by_month", view_files()["blocked_demand"])
    summed = {"ledger_totals": f"{SCHEMA}.ledger_totals"}
    connection.execute(f"INSERT INTO {SCHEMA}.blocked_demand_by_month {qualify(blocked, summed)}")
    connection.execute(f"INSERT INTO {SCHEMA}.work_by_month FROM work_by_month")


def _some_entitlements(connection: duckdb.DuckDBPyConnection, count: int) -> list[str]:
    """Return conditions that pick so many entitlements each, and together all of them."""
    ends = connection.execute(
        "SELECT entitlement_id FROM (SELECT entitlement_id, row_number() OVER "
        f"(ORDER BY entitlement_id) AS place FROM entitlements) WHERE place % {count} = 0 "
        "ORDER BY entitlement_id"
    ).fetchall()
    bounds = [None, *(end for (end,) in ends), None]
    return [
        f"{'TRUE' if first is None else f'entitlement_id > {first}'} AND "
        f"{'TRUE' if last is None else f'entitlement_id <= {last}'}"
        for first, last in itertools.pairwise(bounds)
    ]


def _keep_breakage_of_balances(connection: duckdb.DuckDBPyConnection) -> None:
    """Keep what became of the balances that have ended, by entitlement and by month.

    They are looked at once for both, those of some entitlements at a time.
    """
    by_entitlement, by_month = "breakage_of_balances", "breakage_of_balances_by_month"
    connection.execute(f"{table_of(by_entitlement)}; {table_of(by_month)}")
    if not connection.execute(views.expanded(_HAS_SEVERAL)).fetchall():
        return
    [(database,)] = connection.execute("SELECT current_database()").fetchall()
    is_summed = "balance_totals" in _kept(connection, database)
    totals = f"{SCHEMA}.balance_totals" if is_summed else "balance_totals"
    few = {table: f"few_{table} AS {table}" for table in ("balances", "balance_totals")}
    of_few = views.macros_of_views({"dated_entitlements": "FROM few_dated"})
    ended = qualify(expand(f"FROM {_ENDED}", of_few), few)
    dated = views.expanded("FROM dated_entitlements()")
    text = view_files()["breakage_by_period"].replace(_ENDED, "few_ended AS ended")
    sums = {view: _query_of(view, text) for view in (by_entitlement, by_month)}
    for number, some in enumerate(_some_entitlements(connection, _BALANCES_AT_A_TIME)):
        gather = "INSERT INTO of_some" if number else "CREATE TEMP TABLE of_some AS"
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE few_dated AS {dated} WHERE {some}; "
            f"CREATE OR REPLACE TEMP TABLE few_balances AS FROM balances WHERE {some}; "
            f"CREATE OR REPLACE TEMP TABLE few_balance_totals AS FROM {totals} "
            "SEMI JOIN few_balances USING (balance_id); "
            f"CREATE OR REPLACE TEMP TABLE few_ended AS {ended}; "
            f"INSERT INTO {SCHEMA}.{by_entitlement} {sums[by_entitlement]}; "
            f"{gather} {sums[by_month]}"
        )
    keys = [name for name in COLUMNS[by_month] if name not in _ADDED_UP]
    added = [f"sum({name})::{COLUMNS[by_month][name]} AS {name}" for name in _ADDED_UP]
    connection.execute(
        f"INSERT INTO {SCHEMA}.{by_month} SELECT {', '.join([*keys, *added])} FROM of_some "
        f"GROUP BY ALL ORDER BY {', '.join(keys)}; "
        + "; ".join(f"DROP TABLE {table}" for table in _FEW)
    )


def kept_views(connection: duckdb.DuckDBPyConnection, database: str) -> list[str]:
    """Return the views that a run's file keeps, in tables as this version writes them."""
    return [name for name in _kept(connection, database) if name in COLUMNS]


def keeps_counts(connection: duckdb.DuckDBPyConnection, database: str) -> bool:
    """Return whether a run's file keeps the counts of its scorecard, as this version does."""
    return COUNTS in _kept(connection, database)


def _kept(connection: duckdb.DuckDBPyConnection, database: str) -> list[str]:
    tables = connection.execute(
        "SELECT table_name, sql FROM duckdb_tables() WHERE database_name = ? AND schema_name = ?",
        [database, SCHEMA],
    ).fetchall()
    stored = {name: _LOOKS.sub("", sql) for name, sql in tables}
    return [
        name for name in (*COLUMNS, COUNTS) if stored.get(name) == _LOOKS.sub("", table_of(name))
    ]


def view_over_kept(database: str, view: str) -> str:
    """Return the statements that put what is kept in the place of a view.

    Words that the run does not have are NULL then.
    """
    columns = ", ".join(
        f'TRY_CAST("{name}" AS "{name}") AS "{name}"' if name in _WORDS else f'"{name}"'
        for name in COLUMNS[view]
    )
    text = next(text for text in view_files().values() if view in made_views(text))
    told = re.compile(rf"^COMMENT ON (?:VIEW|COLUMN) {view}\b.*?';$", re.MULTILINE | re.DOTALL)
    comments = told.findall(text)
    bare = [name for name in COLUMNS[view] if f"COLUMN {view}.{name} " not in " ".join(comments)]
    return "\n".join(
        [
            f"CREATE OR REPLACE VIEW {view} AS SELECT {columns} FROM {database}.{SCHEMA}.{view};",
            *comments,
            words_of_columns(view, bare),
        ]
    )


def count_amiss(connection: duckdb.DuckDBPyConnection, database: str, view: str) -> int:
    """Return how many rows differ between what is kept of a view and what the rows come to."""
    kept = f"{database}.{SCHEMA}.{view}"
    columns = ", ".join(
        f'"{name}"::VARCHAR AS "{name}"' if name in _WORDS else f'"{name}"'
        for name in COLUMNS[view]
    )
    reckoned = _reckoned(view, f"{database}.main")
    [(count,)] = connection.execute(
        f"WITH {reckoned}, reckoned AS MATERIALIZED (SELECT {columns} FROM {view}) "
        f"SELECT count(*) FROM ((FROM {kept} EXCEPT ALL FROM reckoned) "
        f"UNION ALL (FROM reckoned EXCEPT ALL FROM {kept}))"
    ).fetchall()
    return int(count)


def _reckoned(view: str, schema: str) -> str:
    """Return the parts of a query that reckon a view from the tables of a schema."""
    texts = {name: text for text in view_files().values() for name in made_views(text)}
    places = {table: f"{schema}.{table}" for table in TABLES}
    parts: dict[str, str] = {}

    def add(name: str) -> None:
        query = _query_of(name, texts[name])
        for other in declared_reads(texts[name]):
            if other in texts and other not in parts and re.search(rf"\b{other}\b", query):
                add(other)
        parts[name] = f"{name} AS NOT MATERIALIZED ({qualify(query, places)})"

    add(view)
    return ", ".join(parts.values())


def _query_of(view: str, text: str) -> str:
    """Return the query of a view of a file, with its macros replaced."""
    [query] = re.findall(rf"^CREATE VIEW {view} AS\b(.*?);$", text, re.MULTILINE | re.DOTALL)
    return views.expanded(query)
