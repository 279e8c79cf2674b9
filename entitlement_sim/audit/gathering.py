"""What an imported run tells of its balances, asked of it: once, as the whole book is in it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from ..store.errors import RunError
from ..store.views.macros import expand, read_macros
from .evidence import Balance, Contract, Exported, KnownCase, Move, Recorded, Skip

if TYPE_CHECKING:
    import datetime as dt

    import pandas as pd

    from ..store.run import Run

#: What several questions read, in the order in which each is made of those before.
_TABLES: Final = {
    "audited_balances": "FROM balances_of_both()",
    "audited_changes": "FROM recorded_moves()",
    "audited_attachments": "FROM recorded_with()",
}
#: What is chosen for one question, and its cases.
_CHOSEN: Final = "audited_entitlements"
_CASES: Final = "audited_cases"

_COLUMNS: Final = "SELECT table_name, column_name FROM recorded_columns WHERE value_count > 0"


@contextmanager
def gathered(run: "Run") -> Iterator["Evidence"]:
    """Work out what an audit asks a run several times, and let go of it at the end."""
    with _apart(run) as own:
        try:
            for table, query in _TABLES.items():
                _keep(own, table, query)
            yield Evidence(own)
        finally:
            for table in (*_TABLES, _CHOSEN, _CASES):
                own._execute(f"DROP TABLE IF EXISTS temp.{table}")


@contextmanager
def _apart(run: "Run") -> Iterator["Run"]:
    """Yield the same run, opened once more where it has a file.

    DuckDB keeps what it has read as long as a file is open, which is more than all the rest that an
    audit of a large book needs.
    """
    from ..store.run import open_run

    if run.path is None:
        yield run
        return
    try:
        again = open_run(run.path, sealed=True)
    except RunError:  # its file is another one by now, or gone; this one is open still
        yield run
        return
    with again:
        yield again if again.manifest == run.manifest else run


def balances_of(run: "Run") -> "pd.DataFrame":
    """Return every balance of a run with what is recorded and what the rules give."""
    return run._execute(_expanded("FROM balances_of_both() ORDER BY entitlement_id, code")).df()


class Evidence:
    """What a run tells of its balances; made by :func:`gathered`.

    Attributes
    ----------
    run : Run
    """

    def __init__(self, run: "Run") -> None:
        self.run = run

    def exported(self) -> Exported:
        """Return what the run's export tells of."""
        logged = {
            (row["table_name"], row["column_name"]): row["since"].to_pydatetime()
            for row in self._rows("FROM logged()")
        }
        [(since,)] = self._fetched("SELECT min(created_at) FROM cases")
        marks: dict[dt.datetime, list[int | None]] = {}
        query = (
            "SELECT moved_at, case_id FROM marks() WHERE moved_at IN (SELECT moved_at "
            "FROM audited_changes WHERE entitlement_id IN (FROM differing()))"
        )
        for at, case in self._fetched(query):
            marks.setdefault(at, []).append(case)
        columns = {(table, column) for table, column in self._fetched(_COLUMNS)}
        tables = {table for (table,) in self._fetched("SELECT table_name FROM recorded_columns")}
        return Exported(logged, since, marks, columns, tables)

    def recorded(self) -> "pd.DataFrame":
        """Return what is recorded on each balance.

        Returns
        -------
        DataFrame
            Columns `entitlement_id`, `code` (of the channel, -1 for the whole) and `recorded`
            (hundredths; NaN where nothing is).
        """
        return self.run._execute("SELECT entitlement_id, code, recorded FROM audited_balances").df()

    def charges(self) -> int:
        """Return how often the rules take terms for a case."""
        [(charges,)] = self._fetched("FROM charges()")
        return int(charges)

    def renewed_anew(self) -> set[tuple[int, int]]:
        """Return balances of renewed entitlements that agree, though the old one had a rest."""
        return set(self._fetched("FROM renewed_anew()"))

    def differing(self) -> list[Contract]:
        """Return the entitlements on which a balance is another one than the rules give."""
        _keep(self.run, _CHOSEN, "FROM differing()")
        return self._contracts()

    def contracts(self, ids: Sequence[int]) -> list[Contract]:
        """Return entitlements by their numbers."""
        query = "SELECT unnest($ids::BIGINT[]) AS entitlement_id"
        _keep(self.run, _CHOSEN, query, {"ids": list(ids)})
        return self._contracts()

    def skips(self, cases: Sequence[int], entitlements: Sequence[int]) -> list[Skip]:
        """Return what is known of cases that the default of their customer would cover.

        Parameters
        ----------
        cases, entitlements : sequence of int
            Each case with the default.
        """
        parameters = {"cases": list(cases), "entitlements": list(entitlements)}
        rows = self.run._execute(_expanded("FROM skips()"), parameters).fetchall()
        return [Skip(*row) for row in rows]

    def _contracts(self) -> list[Contract]:
        contracts: dict[int, Contract] = {}
        for row in self._rows("FROM contracts() ORDER BY entitlement_id"):
            contracts[row["entitlement_id"]] = Contract(row, {})
        for id, channel, *balance in self._chosen(
            "SELECT entitlement_id, channel, code, total, recorded, replayed FROM audited_balances",
            "entitlement_id, code",
        ):
            contracts[id].balances[channel] = Balance(*balance)
        for id, channel, *move in self._chosen(
            "SELECT entitlement_id, channel, moved_at, amount, case_id, reason, rule "
            "FROM replayed_moves()",
            "entitlement_id, channel, entry",
        ):
            contracts[id].balances[channel].moves.append(Move(*move))
        for id, channel, *change in self._chosen(
            "SELECT entitlement_id, channel, moved_at, before, after FROM audited_changes", "place"
        ):
            contracts[id].balances[channel].changes.append(Recorded(*change))
        for id, old, channel, rest in self._fetched("FROM left_before() ORDER BY ALL"):
            contracts[id].left_before.setdefault(old, {})[channel] = rest
        self._add_cases(contracts)
        return list(contracts.values())

    def _add_cases(self, contracts: dict[int, Contract]) -> None:
        _keep(self.run, _CASES, "FROM cases_of_chosen()")
        for id, *case in self._fetched("FROM known_cases() ORDER BY case_id"):
            contracts[id].cases[case[0]] = KnownCase(*case)
        for id, at, case_id, event in self._fetched(
            "SELECT entitlement_id, moved_at, case_id, event "
            "FROM moments_of_cases() JOIN audited_cases USING (case_id) ORDER BY moved_at, case_id"
        ):
            contracts[id].moments.setdefault(at, []).append((case_id, event))
        for id, case_id in self._chosen("SELECT entitlement_id, case_id FROM refusals()", "ALL"):
            contracts[id].refused.add(case_id)

    def _chosen(self, query: str, order: str) -> list[Any]:
        """Return the rows of the entitlements that are chosen."""
        return self._fetched(f"{query} WHERE entitlement_id IN (FROM {_CHOSEN}) ORDER BY {order}")

    def _fetched(self, query: str) -> list[Any]:
        return self.run._execute(_expanded(query)).fetchall()

    def _rows(self, query: str) -> list[dict[str, Any]]:
        rows: list[dict[Any, Any]] = self.run._execute(_expanded(query)).df().to_dict("records")
        return rows


def _keep(run: "Run", table: str, query: str, parameters: dict[str, Any] | None = None) -> None:
    """Keep the answer to a query as a temporary table."""
    run._execute(f"CREATE OR REPLACE TEMP TABLE {table} AS {_expanded(query)}", parameters)


def _expanded(query: str) -> str:
    return expand(query, _macros())


@cache
def _macros() -> Any:
    text = resources.files(__package__ or "").joinpath("gathering.sql").read_text(encoding="utf-8")
    return read_macros(text)
