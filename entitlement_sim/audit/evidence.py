"""What is known of the entitlements on which a balance is not what the rules give."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    import datetime as dt

#: The channel of the whole.
WHOLE: Final = ""


class Move(NamedTuple):
    """A movement of one balance by the rules."""

    at: "dt.datetime"
    amount: int
    case: int | None
    reason: str
    rule: str


class Recorded(NamedTuple):
    """A recorded change of one balance; `before` is None where it was written first."""

    at: "dt.datetime"
    before: int | None
    after: int

    @property
    def amount(self) -> int:
        """By how much the balance moved."""
        return self.after - (self.before or 0)


class KnownCase(NamedTuple):
    """A case that is recorded with an entitlement, or that the rules give to it."""

    id: int
    source_id: str
    origin: str | None
    created_at: "dt.datetime"
    decrement: bool
    refusal: str | None
    minutes: int | None
    marked: bool | None
    state: str | None


@dataclass
class Balance:
    """A balance of an entitlement: what it holds at most, what is recorded, what the rules give.

    Its `code` is that of its channel, -1 for the whole.
    """

    code: int
    total: int
    recorded: int | None
    replayed: int
    moves: list[Move] = field(default_factory=list)
    changes: list[Recorded] = field(default_factory=list)

    @property
    def difference(self) -> int:
        """Recorded less replayed; nothing where none is recorded."""
        return 0 if self.recorded is None else self.recorded - self.replayed


@dataclass
class Contract:
    """An entitlement on which a balance differs, with all that is known of it.

    Attributes
    ----------
    row : mapping
        What it is: `entitlement_id`, `source_id`, `name`, `customer_id`, `allocation` and so on.
    balances : dict of Balance
        By channel; that of the whole under :data:`WHOLE`.
    cases : dict of KnownCase
        By number.
    moments : dict of list
        Cases that did something, and what, by minute.
    refused : set of int
        Cases that the rules refuse for want of terms.
    left_before : dict of dict
        What was left, when it was made, of each one that it may have been renewed from, by channel.
    """

    row: dict[str, Any]
    balances: dict[str, Balance]
    cases: dict[int, KnownCase] = field(default_factory=dict)
    moments: dict["dt.datetime", list[tuple[int, str]]] = field(default_factory=dict)
    refused: set[int] = field(default_factory=set)
    left_before: dict[int, dict[str, int]] = field(default_factory=dict)

    @property
    def is_edited_unseen(self) -> bool:
        """Whether the log tells of another total, and what was played of none."""
        adjusted = any(move.reason == "adjust" for move in self.balances[WHOLE].moves)
        return bool(self.row["is_total_changed"]) and not adjusted

    @property
    def may_have_been_reopened(self) -> bool:
        """Whether a case of it is known to have been reopened or cancelled."""
        events = [event for entries in self.moments.values() for _, event in entries]
        return "reopened" in events or "cancelled" in events

    @property
    def has_log(self) -> bool:
        """Whether any change of a balance was exported."""
        return any(balance.changes for balance in self.balances.values())


class Exported(NamedTuple):
    """What a run's export tells of at all.

    Attributes
    ----------
    logged : dict
        The first moment of the log of changes, by table and column.
    cases_since : datetime or None
        Creation of the first case.
    marks : dict of list
        Cases whose mark was changed, by minute: their numbers, None for cases that are not there.
    columns : set of (str, str)
        Tables and columns that the export had.
    tables : set of str
        Tables that it had, those without rows too.
    """

    logged: dict[tuple[str, str], "dt.datetime"]
    cases_since: "dt.datetime | None"
    marks: dict["dt.datetime", list[int | None]]
    columns: set[tuple[str, str]]
    tables: set[str]

    def is_logged(self, table: str, column: str) -> bool:
        """Whether the log of changes tells of a column at all."""
        return (table, column) in self.logged

    @property
    def tells_resolutions(self) -> bool:
        """Whether it says when cases were resolved."""
        return ("incidentresolution", "createdon") in self.columns or self.is_logged(
            "incident", "statecode"
        )


class Skip(NamedTuple):
    """A case without an entitlement that the rules cover by the default of its customer.

    Attributes
    ----------
    entitlement, case : int
    source_id : str
        Of the case.
    at : datetime
        Its creation.
    is_alone : bool
        Whether the default was the one active entitlement of the customer then.
    has_served : bool
        Whether it had covered an earlier case.
    """

    entitlement: int
    case: int
    source_id: str
    at: "dt.datetime"
    is_alone: bool
    has_served: bool
