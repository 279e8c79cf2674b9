"""The counts of a run's rows on which its scorecard rests: reckoned, kept in its file, read again.

To count ten million cases and as many movements takes seconds, what comes of it is a few thousand
numbers. A run in a file keeps them beside its rows, as it keeps some views (:mod:`.kept`); of any
other run they are reckoned when they are asked for.
"""

import itertools
from typing import TYPE_CHECKING, Any, Final

import duckdb
import numpy as np
from numpy.typing import NDArray

from ..documents import DocumentError
from ..population.calendar_days import minute_of_day
from ..rules.lifecycle import first_minute
from ..targets import GRACE_DAYS, TARGETS
from .case_counts import count_cases
from .counted import NOTHING, Counted, Figure, Period, Tally
from .kept import COUNTS, SCHEMA, table_of
from .manifest import Manifest
from .schema import TABLES
from .views.qualifying import qualify

if TYPE_CHECKING:
    import pandas as pd

    from ..scenario.models import ScenarioModel

#: Entitlements that are looked at together, about.
_AT_A_TIME: Final = 1_000_000

#: Ledgers of entitlements, and the days that they cover; with other hours at which days change, a
#: day more on either side. A case may take terms after the end of an entitlement that it was
#: attached to before (Q10): one that came later may not.
_LEDGERS: Final = """
WITH held AS MATERIALIZED (
    SELECT entitlement_id, enum_code(segment)::BIGINT AS segment, remaining_terms,
           start_date - $slack::INTEGER AS covers_from,
           coalesce(ended_on, end_date + 1) + $slack::INTEGER AS covers_until
    FROM entitlements JOIN customers USING (customer_id)
    WHERE entitlement_id BETWEEN $lowest AND $highest
),
moved AS MATERIALIZED (
    SELECT entitlement_id, sum(amount) AS moved, count(*) FILTER (reason = 'consume') AS uses,
           count(*) FILTER (reason = 'consume' AND case_id IS NULL) AS without_case,
           min(happened_at) FILTER (reason = 'consume') AS first_used,
           max(happened_at) FILTER (reason = 'consume') AS last_used
    FROM ledger
    WHERE entitlement_id BETWEEN $lowest AND $highest
    GROUP BY entitlement_id
),
sums AS (
    SELECT segment, count(*) AS entitlements,
           count(*) FILTER (coalesce(moved, 0) <> remaining_terms) AS wrong_sums,
           coalesce(sum(uses), 0)::BIGINT AS uses,
           coalesce(sum(without_case), 0)::BIGINT AS without_case
    FROM held LEFT JOIN moved USING (entitlement_id)
    GROUP BY segment
),
used_apart AS MATERIALIZED (
    SELECT entitlement_id, segment, covers_from, covers_until
    FROM held JOIN moved USING (entitlement_id)
    WHERE first_used < covers_from OR last_used >= covers_until
),
outside AS (
    SELECT segment, count(*) AS out_of_cover
    FROM (
        SELECT segment, case_id, covers_until, happened_at < covers_from AS is_early
        FROM ledger JOIN used_apart USING (entitlement_id)
        WHERE entitlement_id BETWEEN $lowest AND $highest AND reason = 'consume'
            AND (happened_at < covers_from OR happened_at >= covers_until)
    )
    LEFT JOIN cases USING (case_id)
    WHERE is_early OR created_at >= covers_until
    GROUP BY segment
)
SELECT segment, entitlements, wrong_sums, uses, without_case AS uses_without_case,
       coalesce(out_of_cover, 0) AS uses_out_of_cover
FROM sums LEFT JOIN outside USING (segment)
"""

_OVERLAPS: Final = """
WITH sold AS (FROM entitlements WHERE customer_id BETWEEN $lowest AND $highest)
SELECT enum_code(segment)::BIGINT AS segment, count(*) AS renewals,
       count(*) FILTER (new.start_date <= coalesce(old.ended_on - 1, old.end_date)) AS overlaps
FROM sold AS new
JOIN sold AS old ON old.entitlement_id = new.predecessor_id
JOIN customers ON customers.customer_id = new.customer_id
GROUP BY ALL
"""

#: Resolutions that were undone later, and cases that came back after one.
_REOPENED: Final = """
WITH undone AS MATERIALIZED (
    SELECT case_id,
           count(*) FILTER (ended_at >= $first::DATE AND ended_at < $last::DATE + 1) AS resolutions,
           count(*) FILTER (
               ended_at >= $first::DATE AND ended_at < $last::DATE + 1 AND isodow(ended_at) >= 6
           ) AS at_weekend
    FROM reactivations
    WHERE from_state = 'resolved'
    GROUP BY case_id
)
SELECT enum_code(segment)::BIGINT AS segment, sum(resolutions)::BIGINT AS resolutions,
       sum(at_weekend)::BIGINT AS resolutions_at_weekend,
       count(*) FILTER (has_returned) AS reopened,
       count(*) FILTER (has_returned AND resolved_at IS NULL) AS resolved
FROM (
    SELECT undone.*, customer_id, resolved_at,
           reopened > 0 AND created_at >= $first::DATE AND created_at < $last::DATE + 1
               AS has_returned
    FROM cases JOIN undone USING (case_id)
)
JOIN customers USING (customer_id)
GROUP BY ALL
"""

#: Of contracts that expired, and after none of whose chain a customer was away for longer: how many
#: were due by the number of the renewal, and how many were renewed in time.
_DUE: Final = f"""
WITH RECURSIVE sold AS (FROM entitlements WHERE customer_id BETWEEN $lowest AND $highest),
booked AS (
    SELECT predecessor_id AS entitlement_id, min(created_on) AS booked_on
    FROM sold WHERE predecessor_id IS NOT NULL GROUP BY ALL
),
ended AS (
    SELECT sold.entitlement_id, customer_id, predecessor_id, renewal_number, end_date,
           ended_by IS NOT DISTINCT FROM 'expiry' AS is_expired,
           coalesce(booked_on - end_date - 1 <= {GRACE_DAYS}, FALSE) AS is_renewed
    FROM sold LEFT JOIN booked USING (entitlement_id)
    WHERE renewal_number < $most
),
chains AS (
    SELECT entitlement_id FROM ended
    WHERE predecessor_id IS NULL
        OR predecessor_id NOT IN (SELECT entitlement_id FROM sold)
    UNION ALL
    SELECT new.entitlement_id
    FROM chains JOIN ended AS old USING (entitlement_id)
    JOIN ended AS new ON new.predecessor_id = old.entitlement_id
    WHERE old.is_expired AND old.is_renewed
)
SELECT enum_code(segment)::BIGINT AS segment, renewal_number::BIGINT + 1 AS number,
       count(*) AS due, count(*) FILTER (is_renewed) AS renewed
FROM chains JOIN ended USING (entitlement_id) JOIN customers USING (customer_id)
WHERE is_expired AND end_date >= $first AND end_date + 1 + {GRACE_DAYS} <= $last
GROUP BY ALL
"""

Counts = dict[Figure, Counted]


def period_of(connection: duckdb.DuckDBPyConnection, schema: str, manifest: Manifest) -> Period:
    """Return what of a run is counted; its scenario is None where this version cannot read it.

    Parameters
    ----------
    connection : DuckDBPyConnection
    schema : str
        Where the tables of the run stand.
    manifest : Manifest
    """
    from ..scenario.scenario import Scenario

    try:
        model = Scenario.parse(manifest.scenario_yaml).model
    except DocumentError:
        model = None
    [(segments,)] = connection.execute(
        f"SELECT enum_range((SELECT segment FROM {schema}.segments LIMIT 0))"
    ).fetchall()
    return Period(manifest.start_date, manifest.days, model, list(segments))


def reckon_counts(connection: duckdb.DuckDBPyConnection, schema: str, period: Period) -> Counts:
    """Count the rows of a run.

    Parameters
    ----------
    connection : DuckDBPyConnection
    schema : str
        Where its tables stand.
    period : Period
    """
    places = {table: f"{schema}.{table}" for table in TABLES}
    counts = count_cases(connection, places, period)
    days = {"first": period.first, "last": period.last}
    most = {"most": len(TARGETS["renewal_curve"].goals)}
    queries = [(_REOPENED, days)]
    for ids in _ranges(connection, places, "entitlement_id"):
        queries.append((_LEDGERS, ids | {"slack": _slack(period.model)}))
    for ids in _ranges(connection, places, "customer_id"):
        queries += [(_OVERLAPS, ids), (_DUE, ids | days | most)]
    for query, values in queries:
        rows: dict[str, Any] = connection.execute(qualify(query, places), values).fetchnumpy()
        segment = np.asarray(rows.pop("segment"), np.int64)
        number = np.asarray(rows.pop("number", np.zeros(len(segment))), np.int64)
        for name, n in rows.items():
            figure = Figure[name.upper()]
            tally = Tally(counts.get(figure))
            tally.add(segment, number, amounts=np.asarray(n, np.int64))
            counts[figure] = tally.rows()
    return counts


def _ranges(
    connection: duckdb.DuckDBPyConnection, places: dict[str, str], column: str
) -> list[dict[str, Any]]:
    """Cut the ids of entitlements, so that many of them take no more memory than some.

    A customer's entitlements follow from one another alone.
    """
    [(count, lowest, highest)] = connection.execute(
        qualify(f"SELECT count(*), min({column}), max({column}) FROM entitlements", places)
    ).fetchall()
    if not count:
        return []
    parts = -(-count // _AT_A_TIME)
    bounds = [lowest + (highest + 1 - lowest) * part // parts for part in range(parts + 1)]
    return [
        {"lowest": first, "highest": after - 1}
        for first, after in itertools.pairwise(bounds)
        if first < after
    ]


def frames(counts: Counts, period: Period) -> dict[Figure, "pd.DataFrame"]:
    """Return counts as frames, with the names of segments."""
    import pandas as pd

    names = pd.Index(period.segments, dtype="str")
    found = {}
    for figure in Figure:
        columns = counts.get(figure, NOTHING)._asdict()
        segment = names.take(columns.pop("segment"))
        found[figure] = pd.DataFrame({"segment": segment, **columns})
    return found


def keep_counts(connection: duckdb.DuckDBPyConnection, period: Period) -> None:
    """Keep the counts of a run's file whose rows are all stored."""
    counts = reckon_counts(connection, "main", period)
    rows = _table(counts)  # DuckDB finds it by this name
    connection.execute(
        f"{table_of(COUNTS)}; INSERT INTO {SCHEMA}.{COUNTS} {_NAMED}", _names(period)
    )
    del rows


#: Rows as they are stored; they have places of names so far.
_NAMED: Final = (
    "SELECT ($figures)[figure + 1], ($segments)[segment + 1], first_key, second_key, n FROM rows"
)


def _names(period: Period) -> dict[str, list[str]]:
    return {"figures": [figure.value for figure in Figure], "segments": period.segments}


def _table(counts: Counts) -> dict[str, NDArray[np.int64]]:
    """Return counts as the columns of one table."""
    chosen = [counts.get(figure, NOTHING) for figure in Figure]
    figure = np.repeat(np.arange(len(chosen)), [len(counted.n) for counted in chosen])
    columns = zip(Counted._fields, zip(*chosen, strict=True), strict=True)
    return {"figure": figure} | {name: np.concatenate(parts) for name, parts in columns}


def count_amiss_of_counts(
    connection: duckdb.DuckDBPyConnection, database: str, period: Period
) -> int:
    """Return how many rows differ between the counts that are kept and those of the rows."""
    reckoned = _table(reckon_counts(connection, f"{database}.main", period))
    kept = connection.execute(
        "SELECT coalesce(list_position($figures, figure), 0)::BIGINT - 1 AS figure, "
        "coalesce(list_position($segments, segment), 0)::BIGINT - 1 AS segment, "
        "coalesce(first_key, -1) AS first_key, coalesce(second_key, -1) AS second_key, "
        f"coalesce(n, 0) AS n FROM {database}.{SCHEMA}.{COUNTS}",
        _names(period),
    ).fetchnumpy()
    sides = [np.stack([np.asarray(side[name]) for name in reckoned]) for side in (kept, reckoned)]
    apart = np.repeat([1, -1], [side.shape[1] for side in sides])
    _, which = np.unique(np.concatenate(sides, axis=1), axis=1, return_inverse=True)
    return int(np.abs(np.bincount(which.reshape(-1), weights=apart)).sum())


def _slack(model: "ScenarioModel | None") -> int:
    """Days by which states may change apart from the date: 1 with the switches that say when."""
    if model is None:
        return 1
    # A zone that is a minute ahead tells both switches from a day that begins at midnight.
    job = minute_of_day(model.rules.job_time)
    return int(first_minute(0, 1, model.rules.utc_midnight_mode, job) != 0)
