"""What brought the cases of a simulated run: the customer's own need, a follow-up, or a burst.

No table says it, as no live system records it; so the cases of the customers are drawn anew, which
gives the very same ones, and found again by their minute.
"""

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..compiling import kernel, quiet_compilation
from ..engine.blocks import Piece, days_of_joining, pieces
from ..population.arrivals import (
    EVENTS_FULL,
    Script,
    draw_scripts,
    room_for_cases,
    room_for_events,
)
from ..population.customers import NEVER, cases_per_year, draw_customer
from ..population.plan import Plan, plan
from ..population.streams import BURST_MARKS, FOLLOW_UP_MARKS
from ..store.errors import RunError

if TYPE_CHECKING:
    from ..store.run import Run

#: What brings a case, by its code.
CAUSES: Final = ("base", "follow-up", "burst")

#: Code by what the draws of a case are known by.
_CODES: Final = {FOLLOW_UP_MARKS: 1, BURST_MARKS: 2}

#: Customers that are drawn at a time, and the room for the cases of one of them at first.
_PIECE: Final = 1024
_CASES: Final = 4096


@kernel
def _draw_rates(
    plan: Plan,
    number: int,
    first: int,
    joined: NDArray[np.int64],
    days: NDArray[np.int64],
    rates: NDArray[np.float64],
) -> None:
    """Draw when the customers of a piece join, and how many cases a year they have."""
    segment = plan.segments[number]
    for place in range(days.size):
        joins = joined[place] if joined.size > 0 else NEVER
        customer = draw_customer(plan.run[0], segment, first + place, joins)
        days[place] = customer.joined
        rates[place] = cases_per_year(plan.run[0], segment, customer)


@kernel
def _draw_cases(plan: Plan, number: int, place: int, joins: int, script: Script) -> int:
    """Draw all cases of a customer, and return how many they are, or that there is no room."""
    run = plan.run[0]
    segment = plan.segments[number]
    customer = draw_customer(run, segment, place, joins)
    return draw_scripts(plan, segment, customer, script, run.stop)


def causes_of(run: "Run", case_ids: NDArray[np.int64]) -> NDArray[Any]:
    """Return what brought each of some cases of a run.

    Parameters
    ----------
    run : Run
    case_ids : ndarray of int64
        Their numbers in the run.

    Returns
    -------
    ndarray of object
        One of :data:`CAUSES` for each.

    Raises
    ------
    RunError
        The run was imported, or its cases are not those that this version draws.
    """
    from ..simulated_anew import scenario_of

    if run.manifest.source == "imported":
        raise RunError(
            f"{run.name} was imported: no live system records what brought a case; ask by product, "
            "origin, contact or severity"
        )
    scenario = scenario_of(run.manifest)
    drawn = plan(scenario.model, run.manifest.seed, run.manifest.replication, scenario.base)
    wanted = _customers_of(run, list(scenario.model.segments), case_ids)
    rows = _cases_of(run, wanted["customer_id"])
    with quiet_compilation():
        found = _found(drawn, wanted, rows)
    causes = pd.Series(found, index=rows["case_id"]).reindex(case_ids).to_numpy()
    if (causes < 0).any():
        raise RunError(
            f"the cases of {run.name} are not those that this version draws; simulate it anew"
        )
    return np.array(CAUSES, object)[causes.astype(np.int64)]


def _customers_of(run: "Run", segments: list[str], case_ids: NDArray[np.int64]) -> pd.DataFrame:
    """Return the customers of some cases, with what they are found again by."""
    rows = run.sql(
        "SELECT customer_id, segment::VARCHAR AS segment, "
        "(joined_on - DATE '1970-01-01')::BIGINT AS joined, cases_per_year AS rate "
        "FROM customers ORDER BY customer_id"
    )
    asked = run.sql("SELECT case_id, customer_id FROM cases").set_index("case_id")["customer_id"]
    own = rows[rows["customer_id"].isin(asked.reindex(case_ids).unique())].copy()
    own["segment"] = own["segment"].map({name: place for place, name in enumerate(segments)})
    return own


def _cases_of(run: "Run", customers: "pd.Series[int]") -> pd.DataFrame:
    rows = run.sql(
        "SELECT customer_id, case_id, (epoch(created_at) // 60)::BIGINT AS created, "
        "coalesce(product_id, 0)::BIGINT AS product FROM cases ORDER BY customer_id, case_id"
    )
    return rows[rows["customer_id"].isin(set(customers))].reset_index(drop=True)


def _found(drawn: Plan, wanted: pd.DataFrame, rows: pd.DataFrame) -> NDArray[np.int64]:
    """Return the code of what brought each case; -1 where it is not found."""
    causes = np.full(len(rows), -1)
    keys: dict[tuple[int, int, float], list[int]] = {}
    for customer, segment, joined_on, rate in zip(
        wanted["customer_id"].tolist(),
        wanted["segment"].tolist(),
        wanted["joined"].tolist(),
        wanted["rate"].tolist(),
        strict=True,
    ):
        keys.setdefault((segment, joined_on, rate), []).append(customer)
    by_customer = dict(iter(rows.groupby("customer_id")))
    room = _Room()
    for piece in pieces(drawn, _PIECE):
        joined = days_of_joining(drawn, piece)
        days, rates = np.zeros(piece.count, np.int64), np.zeros(piece.count)
        _draw_rates(drawn, piece.segment, piece.first, joined, days, rates)
        for place, (day, rate) in enumerate(zip(days.tolist(), rates.tolist(), strict=True)):
            waiting = keys.get((piece.segment, day, rate), [])
            if not waiting:
                continue
            joins = int(joined[place]) if joined.size else NEVER
            cases = room.cases_of(drawn, piece, place, joins)
            for customer in waiting:
                own = by_customer[customer]
                codes = _matched(own, cases)
                if codes is not None:
                    causes[own.index.to_numpy()] = codes
                    waiting.remove(customer)
                    break
    return causes


class _Room:
    """Room for the cases of a customer, which grows where it is too small."""

    def __init__(self) -> None:
        self._cases, self._events = _CASES, 8 * _CASES
        self._make()

    def _make(self) -> None:
        cases, units = room_for_cases(self._cases)
        self._script = Script(cases, room_for_events(self._events), units)

    def cases_of(self, drawn: Plan, piece: Piece, place: int, joins: int) -> NDArray[Any]:
        """Return the records of all cases of a customer."""
        while True:
            self._script.cases[:] = np.zeros(1, self._script.cases.dtype)
            count = _draw_cases(drawn, piece.segment, piece.first + place, joins, self._script)
            if count >= 0:
                return self._script.cases[:count]
            if count == EVENTS_FULL:
                self._events *= 2
            else:
                self._cases *= 2
            self._make()


def _matched(own: pd.DataFrame, cases: NDArray[Any]) -> NDArray[np.int64] | None:
    """Return what brought each case of a customer; None where they are another's cases.

    Cases stand in the same order in both; of those drawn, some may be missing in the run.
    """
    codes = np.full(len(own), -1)
    created, product = cases["created"].tolist(), cases["product"].tolist()
    at = 0
    for place, (minute, about) in enumerate(
        zip(own["created"].tolist(), own["product"].tolist(), strict=True)
    ):
        while at < len(created) and (created[at], product[at] + 1) != (minute, about):
            at += 1
        if at == len(created):
            return None
        codes[place] = _CODES.get(int(cases["marks"][at]), 0)
        at += 1
    return codes
