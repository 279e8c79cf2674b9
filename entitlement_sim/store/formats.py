"""What the tables of a run were in each version of the format, and how older runs are read.

A run is never changed. What an older one lacks is derived by views when it is opened, so that
whatever asks a run of today can ask it, too.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from ..engine.history_columns import COLUMNS as HISTORY_COLUMNS
from ..engine.tables import COLUMNS, ENUMS, Column
from .imported import IMPORTED_COLUMNS, IMPORTED_SMALL
from .manifest import FORMAT_VERSION, IMPORTED_SINCE, Manifest
from .quoting import quoted
from .schema import SMALL_TABLES, table_types


@dataclass(frozen=True)
class Format:
    """The tables in a version of the format.

    Attributes
    ----------
    columns : dict of tuple
        Columns of the engine's tables.
    small : dict of dict
        Columns of the others, with their types.
    labels : dict of tuple
        Labels of enumerations that have others today.
    derived : str
        SQL that makes views of what a run of this version lacks; ``{run}`` stands for the schema
        with its tables, ``{views}`` for the one with the views.
    is_imported : bool
        Whether it is that of runs that were imported, whose channels are their own, too.
    """

    columns: dict[str, tuple[Column, ...]]
    small: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: SMALL_TABLES)
    labels: dict[str, tuple[str, ...]] = field(default_factory=dict)
    derived: str = ""
    is_imported: bool = False

    @property
    def own_labels(self) -> tuple[str, ...]:
        """Enumerations whose labels are a run's own."""
        return ("segment", "origin") if self.is_imported else ("segment",)


#: Columns that came with a version, by table.
_SINCE: Final = {
    "run": {
        "base_scenario": 3,
        "history_start": 3,
        "joins_per_year": 3,
        "renewal_offsets": 3,
        "money": 5,
        "offered_before": 5,
    },
    "templates": {
        "refund": 3,
        "is_unlimited": 5,
        "allowance_terms": 5,
        "allowance_every": 5,
        "overage_price": 5,
    },
    "slas": {"clock": 5, "severity": 5},
    "entitlements": {
        "anchor": 3,
        "promised_terms": 5,
        "account": 5,
        "list_price": 5,
        "decided_on": 5,
    },
    "balances": {"price": 5},
    "cases": {"severity": 5, "account": 5},
    "ledger": {"weight": 5},
    "history_terms": {"as_sold": 5},
    "history_bookings": {"ends": 5, "priority": 5, "price": 5},
    "history_entitlements": {"account": 5},
    "history_cases": {"severity": 5, "account": 5},
}

#: What such columns say of runs from before, where it is not NULL: nothing was given back, all paid
#: the list price, an entitlement's one balance for all cases is worth its price, and histories had
#: no offerings.
_BEFORE: Final = {
    **{
        (f"history_{table}", column): str(HISTORY_COLUMNS[table][column])
        for table, column in (
            ("terms", "as_sold"),
            ("bookings", "ends"),
            ("bookings", "priority"),
            ("bookings", "price"),
            ("entitlements", "account"),
            ("cases", "severity"),
            ("cases", "account"),
        )
    },
    ("templates", "refund"): "'none'",
    ("templates", "is_unlimited"): "FALSE",
    ("slas", "clock"): "'working'",
    ("entitlements", "list_price"): "price",
    ("balances", "price"): "CASE WHEN kind = 'whole' THEN (SELECT sold.price "
    "FROM {run}.entitlements AS sold WHERE sold.entitlement_id = balances.entitlement_id) END",
}


def _has(version: int, table: str, column: str) -> bool:
    return _SINCE.get(table, {}).get(column, 1) <= version


#: Columns of tables, by their names.
_Engine = Mapping[str, tuple[Column, ...]]
_Small = Mapping[str, Mapping[str, str]]

#: The tables of a run that is imported that the engine does not fill.
_SMALL_IF_IMPORTED: Final[_Small] = {
    table: columns | IMPORTED_SMALL.get(table, {}) for table, columns in SMALL_TABLES.items()
}


def _columns_of(version: int, tables: _Engine = COLUMNS) -> dict[str, tuple[Column, ...]]:
    """Return the columns of the engine's tables, as they were in a version."""
    return {
        table: tuple(column for column in columns if _has(version, table, column.name))
        for table, columns in tables.items()
    }


def _small_of(version: int, tables: _Small = SMALL_TABLES) -> dict[str, dict[str, str]]:
    """Return the tables that the engine does not fill, as they were in a version."""
    return {
        table: {name: kind for name, kind in columns.items() if _has(version, table, name)}
        for table, columns in tables.items()
    }


def _views_over(
    version: int,
    engine: _Engine = COLUMNS,
    small: _Small = SMALL_TABLES,
    without: tuple[str, ...] = (),
) -> str:
    """Return views of tables over those of a version, with NULL for the columns that they lack."""
    kinds = table_types(engine, small)
    lines = []
    for table, since in _SINCE.items():
        if table not in kinds or max(since.values()) <= version or table in without:
            continue
        columns = [
            quoted(name)
            if _has(version, table, name)
            else f"{_BEFORE.get((table, name), f'NULL::{kind}')} AS {quoted(name)}"
            for name, kind in kinds[table].items()
        ]
        lines.append(f"CREATE VIEW {table} AS\nSELECT {', '.join(columns)} FROM {{run}}.{table};\n")
    return "".join(lines)


def _of_version_1() -> dict[str, tuple[Column, ...]]:
    """Return the columns before entitlements had balances: channels alone had rows."""
    columns = _columns_of(1)
    del columns["balances"]
    columns["ledger"] = tuple(column for column in columns["ledger"] if column.name != "balance_id")
    columns["entitlement_channels"] = (
        Column("entitlement_id", "int64"),
        Column("origin", "code", enum="origin"),
        Column("total_terms", "amount"),
        Column("remaining_terms", "amount"),
    )
    return columns


#: Words before there were balances that are granted for a period.
_LABELS_BEFORE_5: Final = {
    "reason": ENUMS["reason"][:12],
    "rule": ENUMS["rule"][:8],
    "balance_kind": ENUMS["balance_kind"][:2],
}
#: Reasons of movements before somebody could write into a balance.
_REASONS_BEFORE_4: Final = ENUMS["reason"][:11]
#: Reasons of movements before there were runs with a past.
_REASONS_BEFORE_3: Final = ENUMS["reason"][:10]

_DERIVED_FOR_1: Final = """
CREATE VIEW balances AS
WITH parts AS (
    SELECT entitlement_id, 'whole' AS kind, NULL AS origin, total_terms, remaining_terms
    FROM {run}.entitlements
    UNION ALL
    SELECT entitlement_id, 'channel', origin, total_terms, remaining_terms
    FROM {run}.entitlement_channels
)
SELECT
    row_number() OVER (ORDER BY entitlement_id, origin NULLS FIRST) AS balance_id,
    entitlement_id, kind, origin, start_date AS starts, end_date AS ends, 100 AS priority,
    parts.total_terms, parts.remaining_terms, CASE WHEN origin IS NULL THEN price END AS price
FROM parts JOIN {run}.entitlements USING (entitlement_id)
ORDER BY balance_id;

CREATE VIEW ledger AS
SELECT entries.*, balance_id, NULL::DECIMAL(5, 2) AS weight
FROM {run}.ledger AS entries
JOIN {views}.balances AS balances
    ON balances.entitlement_id = entries.entitlement_id
    AND balances.origin IS NOT DISTINCT FROM (
        CASE WHEN amount = 0 AND rule = 'T8' AND reason <> 'refused' THEN entries.origin END
    )
ORDER BY entries.entitlement_id, entry;
"""

#: The tables as they are written today.
TODAY: Final = Format(COLUMNS)

#: Those of a run that is imported.
IMPORTED: Final = Format(IMPORTED_COLUMNS, _SMALL_IF_IMPORTED, is_imported=True)

#: Those of runs that were imported, by the version of the format.
_IMPORTED: Final = {
    4: Format(
        _columns_of(4, IMPORTED_COLUMNS),
        _small_of(4, _SMALL_IF_IMPORTED),
        labels=_LABELS_BEFORE_5,
        derived=_views_over(4, IMPORTED_COLUMNS, _SMALL_IF_IMPORTED),
        is_imported=True,
    ),
    FORMAT_VERSION: IMPORTED,
}

#: Every version of the format that can be read.
FORMATS: Final[dict[int, Format]] = {
    1: Format(
        _of_version_1(),
        labels={
            "trigger": (
                "created",
                "activated",
                "started",
                "expired",
                "deactivated",
                "cancelled",
                "renewed",
            ),
            # Others have come after them.
            "refusal": (*ENUMS["refusal"][:33], "TooManyChildCases", *ENUMS["refusal"][34:37]),
            "rule": ENUMS["rule"][:7],
            "reason": _REASONS_BEFORE_3,
        },
        small=_small_of(1),
        derived=_views_over(1, without=("balances", "ledger")) + _DERIVED_FOR_1,
    ),
    2: Format(
        _columns_of(2),
        small=_small_of(2),
        labels=_LABELS_BEFORE_5 | {"reason": _REASONS_BEFORE_3},
        derived=_views_over(2),
    ),
    3: Format(
        _columns_of(3),
        small=_small_of(3),
        labels=_LABELS_BEFORE_5 | {"reason": _REASONS_BEFORE_4},
        derived=_views_over(3),
    ),
    4: Format(_columns_of(4), small=_small_of(4), labels=_LABELS_BEFORE_5, derived=_views_over(4)),
    FORMAT_VERSION: TODAY,
}


def format_of(manifest: Manifest) -> Format:
    """Return the tables of a run."""
    is_imported = manifest.source == "imported" and manifest.format_version >= IMPORTED_SINCE
    return (_IMPORTED if is_imported else FORMATS)[manifest.format_version]
