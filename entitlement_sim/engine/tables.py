"""Tables of a run: their columns, in order, as the engine fills them and as the store keeps them.

The engine works on plain arrays: days and minutes since 1970 in 32 bits, amounts in hundredths of
a term in 64 bits, words as small codes (a refusal's code is its number less one, so that no
refusal is NULL). The store turns them into dates, decimals and enumerations.
"""

from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from ..rules.words import ENUMERATIONS, Refusal, labels

if TYPE_CHECKING:
    import numpy as np

#: What stands for NULL in a column of days or minutes.
NO_TIME: Final = -(2**31)
#: What stands for NULL in a nullable column of amounts: less than any amount.
NO_AMOUNT: Final = -(2**62)
#: What stands for NULL in every other nullable column.
NONE: Final = -1

ColumnKind = Literal[
    "int32", "int64", "day", "minute", "amount", "weight", "code", "flag", "real", "text"
]

#: Type of the engine's array for each kind of column, by NumPy's name: whoever opens a run needs no
#: arrays.
DTYPES: Final[dict[ColumnKind, str]] = {
    "int32": "int32",
    "int64": "int64",
    "day": "int32",
    "minute": "int32",
    "amount": "int64",
    "weight": "int32",
    "code": "int8",
    "flag": "int8",
    "real": "float64",
    "text": "uint64",
}

#: Labels of the enumerations, in the order of their codes.
ENUMS: Final[dict[str, tuple[str, ...]]] = {
    name: tuple(label for label in labels(words) if label != Refusal.NONE.label)
    for name, words in ENUMERATIONS.items()
}


class Column(NamedTuple):
    """One column of a table.

    Attributes
    ----------
    name : str
    kind : ColumnKind
        What the engine's array holds. It fills no texts: those of an import come as texts, and
        read back as digests.
    nullable : bool
        Whether :data:`NO_TIME` (days, minutes), :data:`NO_AMOUNT` (amounts) or :data:`NONE` (all
        others) stands for NULL.
    enum : str
        For codes: the enumeration in :data:`ENUMS`.
    null_with : str
        Column of the same table with which this one is NULL; its own values all count.
    """

    name: str
    kind: ColumnKind
    nullable: bool = False
    enum: str = ""
    null_with: str = ""

    @property
    def array_type(self) -> str:
        """Type of the engine's array; a scenario may have more segments than other words."""
        return "int32" if self.enum == "segment" else DTYPES[self.kind]


def _code(name: str, enum: str = "", *, nullable: bool = False) -> Column:
    return Column(name, "code", nullable, enum or name)


#: Columns of the tables that the engine fills block by block.
COLUMNS: Final[dict[str, tuple[Column, ...]]] = {
    "customers": (
        Column("customer_id", "int32"),
        _code("segment"),  # its labels are the scenario's
        Column("joined_on", "day"),
        Column("cases_per_year", "real"),
    ),
    "entitlements": (
        Column("entitlement_id", "int64"),
        Column("customer_id", "int32"),
        Column("template_id", "int32"),
        Column("predecessor_id", "int64", nullable=True),
        Column("renewal_number", "int32"),
        _code("state", "entitlement_state"),
        Column("is_default", "flag"),
        Column("created_on", "day"),
        Column("activated_on", "day", nullable=True),
        Column("start_date", "day"),
        Column("end_date", "day"),
        Column("anchor", "day", nullable=True),
        Column("ended_on", "day", nullable=True),
        _code("ended_by", nullable=True),
        _code("allocation"),
        _code("decrease_on"),
        Column("restrict", "flag"),
        Column("total_terms", "amount", nullable=True),  # of what is unlimited
        Column("remaining_terms", "amount", nullable=True),
        Column("price", "amount", nullable=True),
        Column("promised_terms", "amount", nullable=True),  # of an allowance
        Column("list_price", "amount", nullable=True),
        Column("decided_on", "day", nullable=True),
        Column("account", "int32", nullable=True),
    ),
    "balances": (
        Column("balance_id", "int64"),
        Column("entitlement_id", "int64"),
        _code("kind", "balance_kind"),
        _code("origin", nullable=True),
        Column("starts", "day"),
        Column("ends", "day"),
        Column("priority", "int32"),
        Column("total_terms", "amount", nullable=True),
        Column("remaining_terms", "amount", nullable=True),
        Column("price", "amount", nullable=True),
    ),
    "transitions": (
        Column("entitlement_id", "int64"),
        Column("on_date", "day"),
        _code("from_state", "entitlement_state", nullable=True),
        _code("to_state", "entitlement_state"),
        _code("trigger"),
    ),
    "cases": (
        Column("case_id", "int64"),
        Column("customer_id", "int32"),
        Column("entitlement_id", "int64", nullable=True),
        Column("product_id", "int32", nullable=True),
        Column("contact", "int32", nullable=True),
        _code("origin", nullable=True),
        Column("created_at", "minute"),
        Column("responded_at", "minute", nullable=True),
        Column("resolved_at", "minute", nullable=True),
        Column("cancelled_at", "minute", nullable=True),
        _code("state", "case_state", nullable=True),  # one turned away never was a case
        _code("outcome"),
        _code("refusal", nullable=True),
        Column("decrement", "flag"),
        Column("billable_minutes", "int32", nullable=True),
        Column("reopened", "int32"),
        Column("response_due_at", "minute", nullable=True),
        Column("sla_due_at", "minute", nullable=True),
        Column("sla_met", "flag", nullable=True),
        Column("severity", "int32", nullable=True),
        Column("account", "int32", nullable=True),
    ),
    "reactivations": (
        Column("case_id", "int64"),
        Column("happened_at", "minute"),
        _code("from_state", "case_state"),
        Column("ended_at", "minute"),
        Column("billable_minutes", "int32", nullable=True),
    ),
    "ledger": (
        Column("entitlement_id", "int64"),
        Column("entry", "int32"),
        Column("happened_at", "minute"),
        Column("amount", "amount"),
        Column("balance", "amount"),
        _code("origin", nullable=True),
        Column("origin_amount", "amount", null_with="origin"),
        Column("origin_balance", "amount", null_with="origin"),
        _code("reason"),
        _code("rule"),
        Column("case_id", "int64", nullable=True),
        Column("balance_id", "int64"),
        Column("weight", "weight", nullable=True),
    ),
}

#: One block of customers, in order: arrays of equal length by table and column.
Block = dict[str, dict[str, "np.ndarray"]]
