"""What a run has beside its other tables and columns if it was imported: names, ids, records."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from ..engine.history_columns import COLUMNS as HISTORY_COLUMNS
from ..engine.tables import COLUMNS, ENUMS, NO_AMOUNT, NONE, Block, Column

#: Columns at the end of the engine's tables, by table.
_ADDED: Final[dict[str, tuple[Column, ...]]] = {
    "customers": (Column("name", "text", nullable=True), Column("source_id", "text")),
    "entitlements": (
        Column("name", "text", nullable=True),
        Column("source_id", "text"),
        Column("recorded_remaining", "amount", nullable=True),
    ),
    "balances": (
        Column("source_id", "text", nullable=True),
        Column("recorded_remaining", "amount", nullable=True),
    ),
    "cases": (
        Column("source_id", "text"),
        Column("recorded_decrementing", "flag", nullable=True),
    ),
}

#: Numbers in the run of the rows of a history, by its table; 0 for what never came into being.
HISTORY_NUMBERS: Final = {"entitlements": "entitlement_id", "cases": "case_id"}

#: What the rules were played on, table by table, in the order of its rows.
HISTORY_TABLES: Final[dict[str, tuple[Column, ...]]] = {
    f"history_{table}": (
        *(Column(name, "int64") for name in [HISTORY_NUMBERS.get(table)] if name),
        *(
            Column(name, "real" if isinstance(default, float) else "int64")
            for name, default in columns.items()
        ),
    )
    for table, columns in HISTORY_COLUMNS.items()
}

#: Tables of their own.
IMPORTED_TABLES: Final[dict[str, tuple[Column, ...]]] = {
    "rejected": (
        Column("file", "text", nullable=True),
        Column("form", "text", nullable=True),
        Column("table_name", "text", nullable=True),
        Column("line", "int64", nullable=True),
        Column("record_id", "text", nullable=True),
        Column("reason", "text"),
        Column("content", "text", nullable=True),
    ),
    "sources": (
        Column("file", "text", nullable=True),
        Column("form", "text", nullable=True),
        Column("table_name", "text", nullable=True),
        Column("row_count", "int64"),
        Column("kept", "int64"),
        Column("rejected", "int64"),
    ),
    "recorded_changes": (
        Column("table_name", "text", nullable=True),
        Column("record_id", "text", nullable=True),
        Column("column_name", "text", nullable=True),
        Column("changed_at", "minute", nullable=True),
        Column("old_value", "text", nullable=True),
        Column("new_value", "text", nullable=True),
    ),
    "recorded_columns": (
        Column("table_name", "text"),
        Column("column_name", "text"),
        Column("value_count", "int64"),
    ),
    **HISTORY_TABLES,
}

IMPORTED_COLUMNS: Final[dict[str, tuple[Column, ...]]] = {
    **{table: (*columns, *_ADDED.get(table, ())) for table, columns in COLUMNS.items()},
    **IMPORTED_TABLES,
}

#: Columns at the end of the tables that follow from the scenario, with their types.
IMPORTED_SMALL: Final = {
    "templates": {"source_id": "VARCHAR"},
    "products": {"source_id": "VARCHAR"},
}


@dataclass(frozen=True)
class Records:
    """What a run that is imported holds of the live system, beside the engine's arrays.

    Attributes
    ----------
    origins : sequence of str
        Labels of channels, in the order of their codes: those of the product come first.
    source_ids : Mapping of str to sequence of str or None
        Ids of templates and of products, in the order of the scenario.
    """

    origins: Sequence[str] = ENUMS["origin"]
    source_ids: Mapping[str, Sequence[str | None]] = field(default_factory=dict)


def with_nothing_known(block: Block) -> Block:
    """Return a block with every column of a run that is imported: NULL in those that it lacks.

    Ids that have to be there are empty texts.
    """
    import numpy as np
    import pyarrow as pa

    filled: Block = {}
    for table, arrays in block.items():
        count = len(next(iter(arrays.values())))
        filled[table] = dict(arrays)
        for column in IMPORTED_COLUMNS[table]:
            if column.name in arrays:
                continue
            if column.kind == "text":
                texts = pa.nulls(count, pa.string())
                filled[table][column.name] = texts if column.nullable else texts.fill_null("")
            else:
                missing = NO_AMOUNT if column.kind == "amount" else NONE
                filled[table][column.name] = np.full(count, missing, column.array_type)
    return filled
