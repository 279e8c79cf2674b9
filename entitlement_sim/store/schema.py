"""The tables of a run in DuckDB, and the way from the engine's arrays to them and back.

Days become ``DATE``, minutes ``TIMESTAMP`` (no zone), hundredths ``DECIMAL(18,2)``, codes
``ENUM``. There are no keys and no indexes: rows stand in the order in which things happened.
"""

from collections.abc import Mapping, Sequence
from typing import Final, Literal

from ..engine.tables import COLUMNS, ENUMS, NO_AMOUNT, NO_TIME, NONE, Column
from ..rules.words import Source, labels
from .quoting import literal, quoted
from .words import (
    COLUMN_WORDS,
    IMPORTED_COLUMN_WORDS,
    IMPORTED_TABLE_WORDS,
    TABLE_WORDS,
)

_TYPES: Final = {
    "int32": "INTEGER",
    "int64": "BIGINT",
    "day": "DATE",
    "minute": "TIMESTAMP",
    "amount": "DECIMAL(18,2)",
    "weight": "DECIMAL(5,2)",
    "flag": "BOOLEAN",
    "real": "DOUBLE",
    "text": "VARCHAR",
}

#: Types of codes, by those of their arrays.
_CODE_TYPES: Final = {"int8": "TINYINT", "int32": "INTEGER"}

#: Tables that follow from the scenario alone: their columns with their types.
STATIC_TABLES: Final[dict[str, dict[str, str]]] = {
    "segments": {"segment": "segment", "customers": "INTEGER"},
    "products": {"product_id": "INTEGER", "product": "VARCHAR"},
    "slas": {
        "sla": "VARCHAR",
        "first_response_hours": "DOUBLE",
        "resolve_hours": "DOUBLE",
        "clock": "VARCHAR",
        "severity": "INTEGER",
    },
    "templates": {
        "template_id": "INTEGER",
        "template": "VARCHAR",
        "allocation": "allocation",
        "total_terms": "DECIMAL(18,2)",
        "decrease_on": "decrease_on",
        "restrict": "BOOLEAN",
        "term": "VARCHAR",
        "price": "DECIMAL(18,2)",
        "sla": "VARCHAR",
        "term_days": "INTEGER",
        "term_months": "INTEGER",
        "contacts": "INTEGER",
        "moves_up_to": "VARCHAR",
        "moves_down_to": "VARCHAR",
        "refund": "VARCHAR",
        "is_unlimited": "BOOLEAN",
        "allowance_terms": "DECIMAL(18,2)",
        "allowance_every": "VARCHAR",
        "overage_price": "DECIMAL(18,2)",
    },
    "template_channels": {
        "template_id": "INTEGER",
        "origin": "origin",
        "total_terms": "DECIMAL(18,2)",
    },
    "template_products": {"template_id": "INTEGER", "product_id": "INTEGER"},
}

#: Columns of the table with the one row that says what the run is.
RUN_COLUMNS: Final[dict[str, str]] = {
    "run_id": "VARCHAR",
    "scenario": "VARCHAR",
    "scenario_yaml": "VARCHAR",
    "scenario_hash": "VARCHAR",
    "base_scenario": "VARCHAR",
    "seed": "UBIGINT",
    "replication": "INTEGER",
    "start_date": "DATE",
    "days": "INTEGER",
    "package_version": "VARCHAR",
    "rulebook_version": "VARCHAR",
    "source": "source",
    "content_hash": "VARCHAR",
    "rule_switches": "JSON",
    "libraries": "JSON",
    "history_start": "DATE",
    "joins_per_year": "JSON",
    "renewal_offsets": "JSON",
    "money": "JSON",
    "offered_before": "JSON",
}

#: The tables that the engine does not fill.
SMALL_TABLES: Final[dict[str, dict[str, str]]] = {**STATIC_TABLES, "run": RUN_COLUMNS}

#: Every table of a run as it is written today, in the order in which they are made.
TABLES: Final = (*COLUMNS, *SMALL_TABLES)

#: Up to so many words, comparing a code with each is faster than looking it up in a list.
_FEW_WORDS: Final = 12


#: Labels of enumerations that are a run's own: always of ``segment``, of an import of ``origin``.
OwnLabels = Mapping[str, Sequence[str]]


def labels_of(column: Column, own: OwnLabels) -> tuple[str, ...]:
    """Return the labels of a column of codes, in the order of the codes."""
    return tuple(own.get(column.enum) or ENUMS[column.enum])


def create_schema(
    own: OwnLabels,
    columns: Mapping[str, Sequence[Column]] = COLUMNS,
    small: Mapping[str, Mapping[str, str]] = SMALL_TABLES,
) -> str:
    """Return the statements that create the types and the empty tables of a run.

    Parameters
    ----------
    own : Mapping of str to sequence of str
        Labels that are the run's own, in order: those of its segments.
    columns, small : Mapping
        Columns of its tables, by default those of a simulated run.
    """
    types = _enumerations({}, own)
    tables = {
        table: {name: quoted(kind) if kind in types else kind for name, kind in kinds.items()}
        for table, kinds in table_types(columns, small).items()
    }
    return "".join(
        [_create_type(name, labels) for name, labels in types.items()]
        + [_create_table(table, columns) for table, columns in tables.items()]
    )


def create_types(other_labels: Mapping[str, Sequence[str]], without: Sequence[str]) -> str:
    """Return the statements that create the types of every run, without those of its own.

    Parameters
    ----------
    other_labels : Mapping of str to sequence of str
        Labels of enumerations that have others than today.
    without : sequence of str
        Enumerations whose labels are a run's own.
    """
    types = _enumerations(other_labels, {"segment": ()})
    return "".join(
        _create_type(name, labels) for name, labels in types.items() if name not in without
    )


def create_own_types(own: OwnLabels) -> str:
    """Return the statements that create the types whose labels are a run's own."""
    return "".join(_create_type(name, labels) for name, labels in own.items())


def stored_tables(
    columns: Mapping[str, Sequence[Column]],
    small: Mapping[str, Mapping[str, str]],
    other_labels: Mapping[str, Sequence[str]],
    own: OwnLabels,
) -> dict[str, str]:
    """Return how DuckDB writes down each table of a run: its columns with their types, no more.

    Parameters
    ----------
    columns : Mapping of str to sequence of Column
        Columns of the engine's tables.
    small : Mapping of str to mapping of str to str
        Columns of the other tables, with their types.
    other_labels : Mapping of str to sequence of str
        Labels of enumerations that have others than today.
    own : Mapping of str to sequence of str
        Labels that are the run's own.
    """
    return {
        table: _create_table(table, kinds)
        for table, kinds in table_kinds(columns, small, other_labels, own).items()
    }


def table_kinds(
    columns: Mapping[str, Sequence[Column]],
    small: Mapping[str, Mapping[str, str]],
    other_labels: Mapping[str, Sequence[str]],
    own: OwnLabels,
) -> dict[str, dict[str, str]]:
    """Return every table with its columns and their types, enumerations with their labels.

    Parameters
    ----------
    columns, small, other_labels, own
        As in :func:`stored_tables`.
    """
    types = {
        name: f"ENUM({', '.join(literal(label) for label in labels)})"
        for name, labels in _enumerations(other_labels, own).items()
    }
    return {
        table: {name: types.get(kind, kind) for name, kind in kinds.items()}
        for table, kinds in table_types(columns, small).items()
    }


def _enumerations(
    other_labels: Mapping[str, Sequence[str]], own: OwnLabels
) -> dict[str, Sequence[str]]:
    return {**ENUMS, **other_labels, **own, "source": labels(Source)}


def table_types(
    columns: Mapping[str, Sequence[Column]], small: Mapping[str, Mapping[str, str]]
) -> dict[str, Mapping[str, str]]:
    """Return every table with its columns, each with the name of its type."""
    return {
        **{
            table: {column.name: column.enum or _TYPES[column.kind] for column in engine_columns}
            for table, engine_columns in columns.items()
        },
        **small,
    }


def comment_schema(
    relation: Literal["TABLE", "VIEW"] = "TABLE", *, is_imported: bool = False
) -> str:
    """Return the statements that tell an analyst what every table and column holds.

    Parameters
    ----------
    relation : {"TABLE", "VIEW"}
        What stands under the tables' names: they themselves, or views over them.
    is_imported : bool
        Whether it has the tables and columns of a run that was imported, too.
    """
    lines = []
    of_tables = TABLE_WORDS | (IMPORTED_TABLE_WORDS if is_imported else {})
    for table, words in of_tables.items():
        lines.append(f"COMMENT ON {relation} {quoted(table)} IS {literal(words)};")
    for of_columns in (COLUMN_WORDS, IMPORTED_COLUMN_WORDS if is_imported else {}):
        for table, columns in of_columns.items():
            for column, words in columns.items():
                place = f"{quoted(table)}.{quoted(column)}"
                lines.append(f"COMMENT ON COLUMN {place} IS {literal(words)};")
    return "\n".join(lines)


def insert_arrays(table: str, columns: Sequence[Column], source: str, own: OwnLabels) -> str:
    """Return the statement that appends the engine's arrays, readable as `source`, to `table`."""
    values = ", ".join(_to_table(column, own) for column in columns)
    return f"INSERT INTO {quoted(table)} SELECT {values} FROM {source}"


def select_arrays(source: str, columns: Sequence[Column]) -> str:
    """Return the query that reads `source` back as the engine's numbers, in the order of rows.

    Codes come back as their place in the type, NULL as the engine's sentinel. A value that the
    engine cannot have written comes back as another one that it cannot have written either, never
    as one that it can: a time with seconds, or -1 in the place of NULL. Texts come back as digests.
    """
    values = ", ".join(_to_array(column, columns) for column in columns)
    return f"SELECT {values} FROM {source}"


def _create_type(name: str, labels: Sequence[str]) -> str:
    words = ", ".join(literal(label) for label in labels)
    return f"CREATE TYPE {quoted(name)} AS ENUM ({words});\n"


def _create_table(table: str, columns: Mapping[str, str]) -> str:
    body = ", ".join(f"{quoted(name)} {kind}" for name, kind in columns.items())
    return f"CREATE TABLE {quoted(table)} ({body});\n"


def digest_of_text(name: str) -> str:
    """Return 64 bits of a column of texts; 0 for NULL."""
    return f"coalesce(md5_number_lower({name}), 0)::UBIGINT"


def _to_table(column: Column, own: OwnLabels) -> str:
    name = quoted(column.name)
    if column.kind == "code":
        words = [literal(word) for word in labels_of(column, own)]
        return _pick_word(name, words, quoted(column.enum), nullable=column.nullable)
    if column.kind == "day":
        value = f"DATE '1970-01-01' + {name}"
    elif column.kind == "minute":
        value = f"make_timestamp({name}::BIGINT * 60000000)"
    elif column.kind == "amount":
        value = f"({name}::DECIMAL(16,0) * 0.01::DECIMAL(2,2))::DECIMAL(18,2)"
    elif column.kind == "weight":
        value = f"({name}::DECIMAL(5,0) * 0.01::DECIMAL(2,2))::DECIMAL(5,2)"
    elif column.kind == "flag":
        value = f"{name} = 1"
    else:
        value = name
    if column.kind == "text":
        return value
    if column.null_with:
        return f"CASE WHEN {quoted(column.null_with)} <> {NONE} THEN {value} END"
    if column.nullable:
        return f"CASE WHEN {name} <> {_sentinel(column)} THEN {value} END"
    return value


def _pick_word(code: str, words: Sequence[str], kind: str, *, nullable: bool) -> str:
    """Turn a code into its word, in the way that is fastest for so many words."""
    if len(words) > _FEW_WORDS:
        # To cast the list at once takes ten thousand words a thousandth of the time of each alone.
        listed = f"([{', '.join(words)}]::{kind}[])"
        return f"CASE WHEN {code} <> {NONE} THEN {listed}[{code} + 1] END"
    cases = " ".join(f"WHEN {place} THEN {word}::{kind}" for place, word in enumerate(words))
    return f"CASE {code} {f'WHEN {NONE} THEN NULL ' if nullable else ''}{cases} END"


def _to_array(column: Column, columns: Sequence[Column]) -> str:
    name = quoted(column.name)
    if column.kind == "text":
        return f"{digest_of_text(name)} AS {name}"
    if column.kind == "code":
        value, kind = f"enum_code({name})", _CODE_TYPES[column.array_type]
        filled = [
            f"{quoted(other.name)} IS NOT NULL"
            for other in columns
            if other.null_with == column.name
        ]
        if filled:  # they are NULL with this one, or the row is not as it was written
            value = f"CASE WHEN {name} IS NULL AND ({' OR '.join(filled)}) THEN 0 ELSE {value} END"
    elif column.kind == "day":
        value, kind = f"({name} - DATE '1970-01-01')", "INTEGER"
    elif column.kind == "minute":
        minute = f"epoch_us({name}) // 60000000"
        is_none = f"epoch_us({name}) % 60000000 <> 0 OR {minute} = {NO_TIME}"
        value, kind = f"CASE WHEN {is_none} THEN {NO_TIME + 1} ELSE {minute} END", "INTEGER"
    elif column.kind == "amount":
        value, kind = f"{name} * 100", "BIGINT"
    elif column.kind == "weight":
        value, kind = f"{name} * 100", "INTEGER"
    elif column.kind == "flag":
        value, kind = f"{name}::TINYINT", "TINYINT"
    elif column.nullable:
        value, kind = (
            f"CASE WHEN {name} = {NONE} THEN {NONE - 1} ELSE {name} END",
            _TYPES[column.kind],
        )
    else:
        value, kind = name, _TYPES[column.kind]
    return f"coalesce(({value})::{kind}, ({_sentinel(column)})::{kind}) AS {name}"


def _sentinel(column: Column) -> int:
    if column.kind == "amount":
        return NO_AMOUNT
    return NO_TIME if column.kind in ("day", "minute") else NONE
