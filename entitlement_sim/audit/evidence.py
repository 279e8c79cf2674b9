"""What an imported run knows of the entitlements on which a balance is not what the rules give."""

from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ..store.views.macros import expand, read_macros

if TYPE_CHECKING:
    import datetime as dt

    import pandas as pd

    from ..store.run import Run

_COLUMNS: Final = "SELECT table_name, column_name FROM recorded_columns WHERE value_count > 0"

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
        """Recorded less replayed."""
        return (self.recorded or 0) - self.replayed


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
    left_before : dict of int
        What is recorded as left of the one that it may have been renewed from, by channel.
    """

    row: dict[str, Any]
    balances: dict[str, Balance]
    cases: dict[int, KnownCase] = field(default_factory=dict)
    moments: dict["dt.datetime", list[tuple[int, str]]] = field(default_factory=dict)
    refused: set[int] = field(default_factory=set)
    left_before: dict[str, int] = field(default_factory=dict)

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


def exported_of(run: "Run") -> Exported:
    """Return what a run's export tells of."""
    logged = {
        (row["table_name"], row["column_name"]): row["since"].to_pydatetime()
        for row in _rows(run, "FROM logged()")
    }
    [(since,)] = run._execute(_expanded("SELECT min(created_at) FROM cases")).fetchall()
    marks: dict[dt.datetime, list[int | None]] = {}
    query = (
        "SELECT moved_at, case_id FROM marks() WHERE moved_at IN ("
        "SELECT moved_at FROM recorded_moves() "
        "WHERE entitlement_id IN (FROM differing()))"
    )
    for at, case in run._execute(_expanded(query)).fetchall():
        marks.setdefault(at, []).append(case)
    columns = {(table, column) for table, column in _fetched(run, _COLUMNS)}
    tables = {table for (table,) in _fetched(run, "SELECT table_name FROM recorded_columns")}
    return Exported(logged, since, marks, columns, tables)


def balances_of(run: "Run") -> "pd.DataFrame":
    """Return every balance of a run with what is recorded and what the rules give."""
    return run._execute(_expanded("FROM balances_of_both() ORDER BY entitlement_id, code")).df()


def recorded_of(run: "Run") -> dict[tuple[int, int], int | None]:
    """Return what is recorded on each balance, by entitlement and code of the channel."""
    rows = _fetched(run, "SELECT entitlement_id, code, recorded FROM balances_of_both()")
    return {(id, code): recorded for id, code, recorded in rows}


def charges_of(run: "Run") -> int:
    """Return how often the rules take terms for a case."""
    [(charges,)] = _fetched(run, "FROM charges()")
    return int(charges)


def renewed_anew(run: "Run") -> set[tuple[int, int]]:
    """Return balances of renewed entitlements that agree, and would not with the old one's rest."""
    return set(_fetched(run, "FROM renewed_anew()"))


def contracts_of(run: "Run") -> list[Contract]:
    """Return the entitlements on which a balance is another one than the rules give."""
    return _contracts(run, "entitlement_id IN (FROM differing())")


def contracts_named(run: "Run", ids: list[int]) -> list[Contract]:
    """Return entitlements by their numbers."""
    if not ids:
        return []
    return _contracts(run, f"entitlement_id IN ({', '.join(map(str, ids))})")


def _contracts(run: "Run", chosen: str) -> list[Contract]:
    contracts: dict[int, Contract] = {}
    for row in _rows(run, f"FROM contracts() WHERE {chosen} ORDER BY entitlement_id"):
        contracts[row["entitlement_id"]] = Contract(row, {})
    for id, channel, *balance in _fetched(
        run,
        "SELECT entitlement_id, channel, code, total, recorded, replayed FROM balances_of_both() "
        f"WHERE {chosen} ORDER BY entitlement_id, code",
    ):
        contracts[id].balances[channel] = Balance(*balance)
    for id, channel, *move in _fetched(
        run,
        "SELECT entitlement_id, channel, moved_at, amount, case_id, reason, rule "
        "FROM replayed_moves() "
        f"WHERE {chosen} ORDER BY entitlement_id, channel, entry",
    ):
        contracts[id].balances[channel].moves.append(Move(*move))
    for id, channel, *change in _fetched(
        run,
        "SELECT entitlement_id, channel, moved_at, before, after FROM recorded_moves() "
        f"WHERE {chosen} "
        "ORDER BY place",
    ):
        contracts[id].balances[channel].changes.append(Recorded(*change))
    for id, channel, rest in _fetched(run, f"FROM left_before() WHERE {chosen}"):
        contracts[id].left_before[channel] = rest
    _add_cases(run, contracts, chosen)
    return list(contracts.values())


def _add_cases(run: "Run", contracts: dict[int, Contract], chosen: str) -> None:
    of = (
        "SELECT case_id, entitlement_id FROM cases_of_both() WHERE entitlement_id IS NOT NULL "
        "UNION SELECT case_id, recorded_entitlement_id FROM cases_of_both() "
        "WHERE recorded_entitlement_id IS NOT NULL "
        "UNION SELECT case_id, entitlement_id FROM replayed_moves() WHERE case_id IS NOT NULL"
    )
    owned = f"(SELECT * FROM ({of}) WHERE {chosen})"
    for id, *case in _fetched(
        run,
        "SELECT owned.entitlement_id, case_id, source_id, origin, created_at, decrement, refusal, "
        "billable_minutes, recorded_decrementing, state FROM cases_of_both() "
        f"JOIN {owned} AS owned USING (case_id) ORDER BY case_id",
    ):
        contracts[id].cases[case[0]] = KnownCase(*case)
    for id, at, case_id, event in _fetched(
        run,
        "SELECT owned.entitlement_id, moved_at, case_id, event FROM moments_of_cases() "
        f"JOIN {owned} AS owned USING (case_id) ORDER BY moved_at, case_id",
    ):
        contracts[id].moments.setdefault(at, []).append((case_id, event))
    for id, case_id in _fetched(
        run, f"SELECT entitlement_id, case_id FROM refusals() WHERE {chosen}"
    ):
        contracts[id].refused.add(case_id)


def skips_of(run: "Run", pairs: list[tuple[int, int]]) -> list[Skip]:
    """Return what is known of cases that the default of their customer would cover.

    Parameters
    ----------
    pairs : list of (int, int)
        Case and entitlement.
    """
    if not pairs:
        return []
    values = ", ".join(f"({case}, {entitlement})" for case, entitlement in pairs)
    return [Skip(*row) for row in _fetched(run, f"FROM skips((VALUES {values}))")]


def _fetched(run: "Run", query: str) -> list[Any]:
    return run._execute(_expanded(query)).fetchall()


def _rows(run: "Run", query: str) -> list[dict[str, Any]]:
    rows: list[dict[Any, Any]] = run._execute(_expanded(query)).df().to_dict("records")
    return rows


def _expanded(query: str) -> str:
    return expand(query, _macros())


@cache
def _macros() -> Any:
    text = resources.files(__package__ or "").joinpath("evidence.sql").read_text(encoding="utf-8")
    return read_macros(text)
