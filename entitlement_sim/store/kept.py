"""What a run's file keeps of the view ``terms_at_closes``, and whether it follows from the ledger.

Charts of revenue need the terms of every entitlement at every close; to sum ten million movements
for each of them takes longer than all the rest. What is kept is no part of the content: it stands
in a schema of its own, in none of the tables and hashes of a run, a run without it reckons the view
from its ledger, and :func:`~.verify.verify` holds what is kept against that.
"""

from importlib import resources
from typing import Final

import duckdb

from . import views

#: Where it stands in a run's file.
KEPT: Final = "derived.terms_at_closes"

_VIEW: Final = "terms_at_closes"
TABLE: Final = (
    f"CREATE TABLE {KEPT}(entitlement_id BIGINT, number INTEGER, next_number INTEGER, "
    "used_100 BIGINT, allotment_100 BIGINT, lapsed_100 BIGINT)"
)
#: Rows that are kept and do not follow from the ledger, or follow and are not kept.
_AMISS: Final = """
WITH metric_parameters AS (SELECT start_date AS run_begins FROM {schema}.run),
ledger AS (FROM {schema}.ledger),
entitlements AS (FROM {schema}.entitlements),
reckoned AS (FROM terms_so_far())
SELECT count(*) FROM (
    (FROM {kept} EXCEPT ALL FROM reckoned) UNION ALL (FROM reckoned EXCEPT ALL FROM {kept})
)
"""


def is_kept(connection: duckdb.DuckDBPyConnection, database: str) -> bool:
    """Say whether a run's file keeps the view, in a table as this version writes it."""
    tables = connection.execute(
        "SELECT sql FROM duckdb_tables() WHERE database_name = ? "
        "AND schema_name || '.' || table_name = ?",
        [database, KEPT],
    ).fetchall()
    return [sql.rstrip(";") for (sql,) in tables] == [TABLE]


def view_over_kept(database: str) -> str:
    """Return the statements that put what is kept in the place of the view."""
    text = resources.files(views).joinpath(f"{_VIEW}.sql").read_text(encoding="utf-8")
    _, _, comments = text.partition(";\n")
    return f"CREATE OR REPLACE VIEW {_VIEW} AS FROM {database}.{KEPT};\n{comments}"


def count_amiss(connection: duckdb.DuckDBPyConnection, database: str) -> int:
    """Return how many rows differ between what is kept and what the ledger comes to."""
    query = views.expanded(_AMISS).format(schema=f"{database}.main", kept=f"{database}.{KEPT}")
    [(count,)] = connection.execute(query).fetchall()
    return int(count)
