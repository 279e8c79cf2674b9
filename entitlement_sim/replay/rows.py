"""Rows of words: what a played history comes to, whoever played it.

Codes are labels (those of a book's own origins stay codes), NULL is None, days and minutes are
numbers since 1970-01-01, amounts hundredths of a term. Everything is numbered from 1, unit by unit.
"""

import datetime as dt
from typing import Any, Final

from ..engine.tables import COLUMNS, ENUMS, NO_AMOUNT, NO_TIME, NONE, Block, Column

Row = tuple[Any, ...]
#: Rows by table.
Rows = dict[str, list[Row]]

#: Columns of each table that a history decides, in the order in which rows have them.
DECIDED: Final = {
    "entitlements": (
        "entitlement_id", "customer_id", "template_id", "predecessor_id", "state", "is_default",
        "created_on", "activated_on", "start_date", "end_date", "ended_on", "ended_by",
        "allocation", "decrease_on", "restrict", "account", "total_terms", "remaining_terms",
    ),
    "balances": (
        "balance_id", "entitlement_id", "kind", "origin", "starts", "ends", "priority",
        "total_terms", "remaining_terms",
    ),
    "transitions": ("entitlement_id", "on_date", "from_state", "to_state", "trigger"),
    "cases": (
        "case_id", "entitlement_id", "resolved_at", "cancelled_at", "state", "outcome", "refusal",
        "billable_minutes", "reopened", "decrement", "customer_id", "product_id", "contact",
        "origin", "account",
    ),
    "reactivations": ("case_id", "happened_at", "from_state", "ended_at", "billable_minutes"),
    "ledger": (
        "entitlement_id", "happened_at", "amount", "balance", "origin", "origin_amount",
        "origin_balance", "reason", "rule", "case_id", "balance_id",
    ),
}  # fmt: skip


def minute_of(moment: dt.datetime) -> int:
    """Return the minutes from 1970 to a local moment."""
    return int((moment - dt.datetime(1970, 1, 1)).total_seconds()) // 60


#: What stands for NULL, by kind of column; for all others :data:`NONE`.
_MISSING: Final = {"day": NO_TIME, "minute": NO_TIME, "amount": NO_AMOUNT}


def rows_of(block: Block) -> Rows:
    """Return the decided columns of every table of the engine as rows."""
    return {
        table: list(
            zip(*(_words(table, name, block[table][name].tolist()) for name in names), strict=True)
        )
        for table, names in DECIDED.items()
    }


def _words(table: str, name: str, values: list[Any]) -> list[Any]:
    column: Column = next(column for column in COLUMNS[table] if column.name == name)
    if column.kind == "code":
        labels = ENUMS[column.enum]
        return [
            None if code == NONE else labels[code] if code < len(labels) else code
            for code in values
        ]
    if column.kind == "flag":
        return [bool(value) for value in values]
    if column.nullable:
        missing = _MISSING.get(column.kind, NONE)
        return [None if value == missing else value for value in values]
    return values
