"""What the tables of a run were in each version of the format, and how older runs are read.

A run is never changed. What an older one lacks is derived by views when it is opened, so that
whatever asks a run of today can ask it, too.
"""

from dataclasses import dataclass, field
from typing import Final

from ..engine.tables import COLUMNS, ENUMS, Column
from .manifest import FORMAT_VERSION


@dataclass(frozen=True)
class Format:
    """The engine's tables in a version of the format.

    Attributes
    ----------
    columns : dict of tuple
        Columns by table.
    labels : dict of tuple
        Labels of enumerations that have others today.
    derived : str
        SQL that makes views of what a run of this version lacks; ``{run}`` stands for the schema
        with its tables, ``{views}`` for the one with the views.
    """

    columns: dict[str, tuple[Column, ...]]
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
            "reason": ENUMS["reason"][:10],
        },
        derived=_DERIVED_FOR_1,
    ),
    FORMAT_VERSION: TODAY,
}
