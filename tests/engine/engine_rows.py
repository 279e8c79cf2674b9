"""The engine's columns as rows of words, for comparing."""

from typing import Any

from entitlement_sim.engine.tables import COLUMNS, ENUMS, NO_TIME, NONE, Block, Column

Row = tuple[Any, ...]

#: What is compared of each table, in the order of the desk's rows.
COMPARED = {
    "entitlements": (
        "entitlement_id", "customer_id", "template_id", "predecessor_id", "state", "is_default",
        "created_on", "activated_on", "start_date", "end_date", "ended_on", "ended_by",
        "allocation", "decrease_on", "restrict", "total_terms", "remaining_terms",
    ),
    "entitlement_channels": ("entitlement_id", "origin", "total_terms", "remaining_terms"),
    "transitions": ("entitlement_id", "on_date", "from_state", "to_state", "trigger"),
    "cases": (
        "case_id", "entitlement_id", "resolved_at", "cancelled_at", "state", "outcome", "refusal",
        "billable_minutes", "reopened",
    ),
    "reactivations": ("case_id", "happened_at", "from_state", "ended_at", "billable_minutes"),
    "ledger": (
        "entitlement_id", "happened_at", "amount", "balance", "origin", "origin_amount",
        "origin_balance", "reason", "rule", "case_id",
    ),
}  # fmt: skip


def rows_of(block: Block) -> dict[str, list[Row]]:
    """Return the compared columns of every table as rows; None for NULL, words for codes."""
    return {
        table: list(
            zip(*(_words(table, name, block[table][name].tolist()) for name in names), strict=True)
        )
        for table, names in COMPARED.items()
    }


def _words(table: str, name: str, values: list[Any]) -> list[Any]:
    column: Column = next(one for one in COLUMNS[table] if one.name == name)
    if column.kind == "code":
        labels = ENUMS[column.enum]
        return [None if code == NONE else labels[code] for code in values]
    if column.kind == "flag":
        return [bool(value) for value in values]
    if column.nullable:
        missing = NO_TIME if column.kind in ("day", "minute") else NONE
        return [None if value == missing else value for value in values]
    return values
