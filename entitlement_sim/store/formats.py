"""What the tables of a run were in each version of the format, and how older runs are read.

A run is never changed. What an older one lacks is derived by views when it is opened, so that
whatever asks a run of today can ask it, too.
"""

from dataclasses import dataclass, field
from typing import Final

from ..engine.tables import COLUMNS, ENUMS, Column
from .manifest import FORMAT_VERSION
from .schema import RUN_COLUMNS, SMALL_TABLES


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
    """

    columns: dict[str, tuple[Column, ...]]
    small: dict[str, dict[str, str]] = field(default_factory=lambda: SMALL_TABLES)
    labels: dict[str, tuple[str, ...]] = field(default_factory=dict)
    derived: str = ""


def _of_version_1() -> dict[str, tuple[Column, ...]]:
    """Return the columns before entitlements had balances: channels alone had rows."""
    columns = {table: columns for table, columns in COLUMNS.items() if table != "balances"}
    columns["ledger"] = tuple(column for column in COLUMNS["ledger"] if column.name != "balance_id")
    columns["entitlement_channels"] = (
        Column("entitlement_id", "int64"),
        Column("origin", "code", enum="origin"),
        Column("total_terms", "amount"),
        Column("remaining_terms", "amount"),
    )
    return columns


#: Columns of table ``run`` that came with a version.
_RUN_SINCE: Final = {"base_scenario": 3, "history_start": 3, "joins_per_year": 3}

#: Version since which a template says what a cancellation gives back.
_REFUNDS_SINCE: Final = 3

#: Reasons of movements before there were runs with a past.
_REASONS_BEFORE_3: Final = ENUMS["reason"][:10]


#: Before there were refunds, nothing was given back.
_TEMPLATES_WITHOUT_REFUND: Final = """
CREATE VIEW templates AS SELECT *, 'none' AS refund FROM {run}.templates;
"""


def _small_of(version: int) -> dict[str, dict[str, str]]:
    """Return the tables that the engine does not fill, as they were in a version."""
    run = {name: kind for name, kind in RUN_COLUMNS.items() if _RUN_SINCE.get(name, 1) <= version}
    templates = {
        name: kind
        for name, kind in SMALL_TABLES["templates"].items()
        if version >= _REFUNDS_SINCE or name != "refund"
    }
    return SMALL_TABLES | {"run": run, "templates": templates}


def _run_since(version: int) -> str:
    """Return the view of table ``run`` over that of a version, with NULL for what it lacks."""
    columns = [
        f"{'' if _RUN_SINCE.get(name, 1) <= version else f'NULL::{kind} AS '}{name}"
        for name, kind in RUN_COLUMNS.items()
    ]
    return f"CREATE VIEW run AS\nSELECT {', '.join(columns)} FROM {{run}}.run;\n"


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
    parts.total_terms, parts.remaining_terms
FROM parts JOIN {run}.entitlements USING (entitlement_id)
ORDER BY balance_id;

CREATE VIEW ledger AS
SELECT entries.*, balance_id
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
        derived=_run_since(1) + _TEMPLATES_WITHOUT_REFUND + _DERIVED_FOR_1,
    ),
    2: Format(
        COLUMNS,
        small=_small_of(2),
        labels={"reason": _REASONS_BEFORE_3},
        derived=_run_since(2) + _TEMPLATES_WITHOUT_REFUND,
    ),
    FORMAT_VERSION: TODAY,
}
