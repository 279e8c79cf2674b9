"""A run cut at a day: what a window publishes of a life that began before it.

Whole are the entitlements that are in force, in Draft or Waiting when the window opens or that
change or move in it; of others that these and their cases name there are only the record, its
transitions and the balance that was brought forward.
"""

import dataclasses
import datetime as dt

import numpy as np

from entitlement_sim import Scenario
from entitlement_sim.engine.tables import COLUMNS, ENUMS, NONE
from entitlement_sim.store.facts import RunFacts
from entitlement_sim.store.run import Run
from entitlement_sim.store.schema import select_arrays
from entitlement_sim.store.writer import write_run

PUBLISHED = """
CREATE OR REPLACE TEMP TABLE in_window AS
SELECT case_id
FROM cases
WHERE created_at >= DATE '{first_day}'
    OR (state IS NOT NULL AND coalesce(resolved_at, cancelled_at, 'infinity') >= DATE '{first_day}')
    OR case_id IN (
        SELECT case_id FROM reactivations WHERE happened_at >= DATE '{first_day}'
    );

CREATE OR REPLACE TEMP TABLE whole_ones AS
SELECT entitlement_id
FROM (
    SELECT entitlement_id, arg_max(to_state, rowid) AS state
    FROM transitions
    WHERE on_date < DATE '{first_day}'
    GROUP BY entitlement_id
)
WHERE state IN ('draft', 'waiting', 'active')
UNION
SELECT entitlement_id FROM transitions WHERE on_date >= DATE '{first_day}'
UNION
SELECT entitlement_id FROM ledger WHERE happened_at >= DATE '{first_day}';

CREATE OR REPLACE TEMP TABLE published_cases AS
SELECT case_id FROM in_window
UNION
SELECT case_id FROM ledger JOIN whole_ones USING (entitlement_id) WHERE case_id IS NOT NULL;

CREATE OR REPLACE TEMP TABLE published AS
WITH RECURSIVE needed AS (
    SELECT entitlement_id FROM whole_ones
    UNION
    SELECT entitlement_id FROM cases JOIN published_cases USING (case_id)
    WHERE entitlement_id IS NOT NULL
    UNION
    SELECT predecessor_id FROM needed JOIN entitlements USING (entitlement_id)
    WHERE predecessor_id IS NOT NULL
)
SELECT entitlement_id, entitlement_id IN (FROM whole_ones) AS is_whole FROM needed;
"""

#: Which rows of a table a window has, of those that are stored.
ROWS = {
    "customers": "customer_id IN (SELECT customer_id FROM entitlements JOIN published "
    "USING (entitlement_id) UNION SELECT customer_id FROM cases JOIN published_cases "
    "USING (case_id))",
    "entitlements": "entitlement_id IN (SELECT entitlement_id FROM published)",
    "balances": "entitlement_id IN (SELECT entitlement_id FROM published)",
    "transitions": "entitlement_id IN (SELECT entitlement_id FROM published)",
    "cases": "case_id IN (FROM published_cases)",
    "reactivations": "case_id IN (FROM published_cases)",
    "ledger": "entitlement_id IN (FROM whole_ones)",
}


def cut(whole: Run, first_day: dt.date, scenario: Scenario) -> Run:
    """Publish what a run of `scenario` shows from a day on, as a run that begins on that day.

    Tables ``whole_ones``, ``published`` and ``published_cases`` are left in both connections, for
    tests to tell what is in the window.
    """
    connection = whole.connection
    connection.execute(PUBLISHED.format(first_day=first_day))
    block = {
        table: _arrays(whole, table, f"(SELECT * FROM {table} WHERE {rows} ORDER BY rowid)")
        for table, rows in ROWS.items()
    }
    brought = _brought_forward(whole)
    block["ledger"] = {
        name: np.concatenate([array, brought[name]]) for name, array in block["ledger"].items()
    }
    [(start, days)] = connection.sql("SELECT start_date, days FROM run").fetchall()
    calendar = {"start": first_day, "days": days - (first_day - start).days}
    facts = RunFacts.of(scenario, whole.manifest.seed)
    changed = facts.model.model_copy(
        update={"calendar": facts.model.calendar.model_copy(update=calendar)}
    )
    part = write_run([block], dataclasses.replace(facts, model=changed))
    for table in ("whole_ones", "published", "published_cases"):
        frame = connection.sql(f"FROM {table}").df()
        part.connection.execute(f"CREATE TEMP TABLE {table} AS FROM frame")
        del frame
    return part


def _arrays(whole: Run, table: str, source: str) -> dict[str, np.ndarray]:
    columns = COLUMNS[table]
    read = whole.connection.sql(select_arrays(source, columns)).fetchnumpy()
    return {column.name: read[column.name].astype(column.array_type) for column in columns}


def _brought_forward(whole: Run) -> dict[str, np.ndarray]:
    """Two rows a balance of what is there by name only: the total, and what has become of it."""
    source = (
        "(SELECT balances.*, created_on FROM balances JOIN entitlements USING (entitlement_id) "
        "JOIN published USING (entitlement_id) WHERE NOT is_whole ORDER BY balance_id)"
    )
    balances = _arrays(whole, "balances", source)
    [created] = whole.connection.sql(
        f"SELECT created_on - DATE '1970-01-01' AS day FROM {source}"
    ).fetchnumpy().values()  # fmt: skip
    reasons = ENUMS["reason"]
    rows: dict[str, list[int]] = {column.name: [] for column in COLUMNS["ledger"]}
    entries: dict[int, int] = {}
    whole_total: dict[int, int] = {}
    for place in range(len(created)):
        entitlement = int(balances["entitlement_id"][place])
        origin = int(balances["origin"][place])
        total = int(balances["total_terms"][place])
        left = int(balances["remaining_terms"][place])
        on_channel = origin != NONE
        if not on_channel:
            whole_total[entitlement] = left
        for reason, amount, balance in (
            ("allot", total, total),
            ("brought_forward", left - total, left),
        ):
            entries[entitlement] = entries.get(entitlement, 0) + 1
            row = {
                "entitlement_id": entitlement,
                "entry": entries[entitlement],
                "happened_at": int(created[place]) * 1440,
                "amount": 0 if on_channel else amount,
                "balance": whole_total[entitlement] if on_channel else balance,
                "origin": origin,
                "origin_amount": amount if on_channel else NONE,
                "origin_balance": balance if on_channel else NONE,
                "reason": reasons.index(reason),
                "rule": 0,
                "case_id": NONE,
                "balance_id": int(balances["balance_id"][place]),
                "weight": NONE,
            }
            for name, value in row.items():
                rows[name].append(value)
    return {
        column.name: np.array(rows[column.name], column.array_type) for column in COLUMNS["ledger"]
    }
