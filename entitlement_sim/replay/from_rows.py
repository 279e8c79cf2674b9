"""What the rows of a simulated run say of contracts, read back as a history to be played.

A run keeps what became of contracts: states, movements, cases. To play them again, or on from a
day, what was done is told from that: what was made, activated, taken back, edited, topped up and
cancelled, and what happened to cases.
"""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..engine.history_columns import NO_MONTHS
from ..population.calendar_days import DAY
from ..population.plan import plan
from ..rules.days import day_of
from ..rules.words import Action, CaseMove
from ..scenario.models import ScenarioModel

#: Days, begun minutes and hundredths as whole numbers, in SQL.
DAYS: Final = "({0} - DATE '1970-01-01')::BIGINT"
MINUTES: Final = "(epoch({0}) // 60)::BIGINT"
AMOUNT: Final = "({0} * 100)::BIGINT"

#: What is booked for a change of state, by what set it off.
_BOOKED: Final = {
    "created": Action.CREATE,
    "activated": Action.ACTIVATE,
    "deactivated": Action.DEACTIVATE,
    "cancelled": Action.CANCEL,
}
#: What stands in a booking that says nothing of it.
_BLANK: Final = {"minute": -1, "ends": 0, "priority": 0, "price": 0}


class ContractRows:
    """Rows of a simulated run about some contracts, up to the close of a day.

    Parameters
    ----------
    ask : callable
        Answers a query of the run with a frame.
    model : ScenarioModel
        The templates by which they are played.
    wanted : str
        A query whose answer has their numbers as `entitlement_id`.
    last : int
        Number of the day.
    """

    def __init__(
        self, ask: Callable[[str], pd.DataFrame], model: ScenarioModel, wanted: str, last: int
    ) -> None:
        self._ask = ask
        self._model = model
        self._wanted = wanted
        self._last = last

    def asked(self, query: str) -> pd.DataFrame:
        """Return the answer to a query, in which ``wanted`` has the contracts."""
        return self._ask(f"WITH wanted AS ({self._wanted}) {query}")

    def sold(self) -> pd.DataFrame:
        """Return a row for each contract in the order of their numbers, as it was sold.

        Returns
        -------
        DataFrame
            `entitlement_id`, `customer_id`, `template` (place in the model), `allocation`,
            `decrease_on`, `restrict`, `total` and `price` (hundredths; of what grants by itself the
            total is 0), `start`, `end`, `anchor`, `predecessor_id` and `account` (-1: none).
        """
        sold = self.asked(
            f"""SELECT entitlement_id, customer_id, template,
                   enum_code(sold.allocation)::BIGINT AS allocation,
                   enum_code(sold.decrease_on)::BIGINT AS decrease_on,
                   sold.restrict::BIGINT AS restrict,
                   coalesce({AMOUNT.format("sold.total_terms")}, 0) AS total,
                   coalesce({AMOUNT.format("sold.price")}, 0) AS price,
                   {DAYS.format("start_date")} AS start, {DAYS.format("end_date")} AS "end",
                   coalesce({DAYS.format("anchor")}, {NO_MONTHS}) AS anchor,
                   coalesce(predecessor_id, -1) AS predecessor_id, coalesce(account, -1) AS account
            FROM wanted JOIN entitlements AS sold USING (entitlement_id)
            JOIN templates USING (template_id)
            ORDER BY entitlement_id"""
        )
        added = self.asked(
            f"""SELECT entitlement_id, {AMOUNT.format("sum(amount)")} AS amount
            FROM wanted JOIN ledger USING (entitlement_id)
            WHERE reason = 'topup' OR reason = 'adjust' AND rule = 'T8'
            GROUP BY entitlement_id"""
        ).set_index("entitlement_id")["amount"]
        numbers = sold["entitlement_id"].to_numpy(np.int64)
        sold["total"] -= added.reindex(numbers).fillna(0).to_numpy(np.int64)
        places = {name: place for place, name in enumerate(self._model.templates)}
        sold["template"] = sold["template"].map(places).astype(np.int64)
        allows = [template.allowance is not None for template in self._model.templates.values()]
        sold.loc[np.array(allows)[sold["template"]], "total"] = 0
        return sold

    def channels(self, place: "pd.Series[int]") -> pd.DataFrame:
        """Return the channels that limit contracts: `terms` (their place), `origin`, `total`."""
        channels = self.asked(
            f"""SELECT entitlement_id, enum_code(origin)::BIGINT AS origin,
                   {AMOUNT.format("total_terms")} AS total
            FROM wanted JOIN balances USING (entitlement_id)
            WHERE origin IS NOT NULL ORDER BY balance_id"""
        )
        channels["terms"] = place.reindex(channels["entitlement_id"]).to_numpy(np.int64)
        return channels[["terms", "origin", "total"]]

    def bookings(self, place: "pd.Series[int]", totals: NDArray[np.int64]) -> pd.DataFrame:
        """Return what was done with contracts, as the bookings of a history.

        Parameters
        ----------
        place : Series of int
            Place of each contract by its number.
        totals : ndarray of int64
            What each had been sold with, in the order of their places.
        """
        words = ", ".join(f"'{word}'" for word in _BOOKED)
        # Rows of one day stand in the order in which they happened.
        moved = self.asked(
            f"""SELECT entitlement_id, {DAYS.format("on_date")} AS day, trigger::VARCHAR AS word
            FROM wanted JOIN (SELECT *, row_number() OVER () AS place FROM transitions) AS moves
            USING (entitlement_id)
            WHERE trigger IN ({words}) AND {DAYS.format("on_date")} <= {self._last}
            ORDER BY place"""
        )
        # What customers buy at once, when terms run out, is made and activated at a minute.
        made = self.asked(
            f"""SELECT entitlement_id, {MINUTES.format("min(happened_at)")} AS at
            FROM wanted JOIN ledger USING (entitlement_id) GROUP BY entitlement_id"""
        )
        begins = self._beginnings(int(min(moved["day"].min(), self._last)) if len(moved) else None)
        begun = pd.DataFrame({"entitlement_id": made["entitlement_id"], **begins(made["at"])})
        moved = moved.merge(begun, on=["entitlement_id", "day"], how="left").fillna({"minute": -1})
        moved.loc[~moved["word"].isin(["created", "activated"]), "minute"] = -1
        booked = pd.DataFrame(
            {
                "day": moved["day"],
                "minute": moved["minute"],
                "action": moved["word"].map({word: int(one) for word, one in _BOOKED.items()}),
                "entitlement": place.reindex(moved["entitlement_id"]).to_numpy(np.int64),
                "amount": 0,
                "order": np.arange(len(moved), dtype=np.float64),
            }
        )
        edits = self._edits(booked, place, totals, begins)
        parts = [part for part in (booked, edits, self._top_ups(place, begins)) if len(part)]
        # A draft is made first, and written between its deactivation and its next activation.
        bookings = pd.concat(parts or [booked]).sort_values(["day", "order"], kind="stable")
        bookings = bookings.drop(columns="order")
        for name, value in _BLANK.items():
            if name not in bookings:
                bookings[name] = value
        return bookings.fillna(_BLANK).astype(np.int64).reset_index(drop=True)

    def _beginnings(self, first: int | None) -> Callable[[Any], dict[str, NDArray[np.int64]]]:
        """Return what says on which day, as states go by it, minutes from a first day on lie.

        It answers with `day`, and `minute`: that of the day, or -1 where the day begins with it.
        """
        start = (self._last if first is None else first) - 1
        days = self._last - start + 2
        calendar = self._model.calendar.model_copy(update={"start": day_of(start), "days": days})
        lived = self._model.model_copy(update={"calendar": calendar, "history": None})
        flips = plan(lived, 0).days["flips"][: days + 1]

        def begins(minutes: Any) -> dict[str, NDArray[np.int64]]:
            at = np.asarray(minutes, np.int64)
            place = np.searchsorted(flips, at, side="right") - 1
            comes_with_day = at == flips[np.maximum(place, 0)]
            return {"day": start + place, "minute": np.where(comes_with_day, -1, at % DAY)}

        return begins

    def _edits(
        self,
        booked: pd.DataFrame,
        place: "pd.Series[int]",
        totals: NDArray[np.int64],
        begins: Callable[[Any], dict[str, NDArray[np.int64]]],
    ) -> pd.DataFrame:
        written = self.asked(
            f"""SELECT entitlement_id, {MINUTES.format("happened_at")} AS at,
                   {AMOUNT.format("amount")} AS amount, reason::VARCHAR AS reason
            FROM wanted JOIN ledger USING (entitlement_id)
            WHERE reason IN ('adjust', 'refused') AND rule = 'T8'
              AND {DAYS.format("happened_at::DATE")} <= {self._last}
            ORDER BY entitlement_id, entry"""
        )
        own = place.reindex(written["entitlement_id"]).to_numpy(np.int64)
        written["entitlement"] = own
        written["day"] = begins(written["at"])["day"]
        added = written.groupby("entitlement_id")["amount"].cumsum().to_numpy(np.int64)
        back = booked[booked["action"] == int(Action.DEACTIVATE)]
        placed = written.merge(
            back[["entitlement", "day", "order"]], on=["entitlement", "day"], how="left"
        )
        return pd.DataFrame(
            {
                "day": written["day"],
                "minute": -1,
                "action": int(Action.EDIT),
                "entitlement": own,
                "amount": np.where(written["reason"] == "refused", -1, totals[own] + added),
                "order": placed["order"].to_numpy(np.float64) + 0.5,
            }
        )

    def _top_ups(
        self, place: "pd.Series[int]", begins: Callable[[Any], dict[str, NDArray[np.int64]]]
    ) -> pd.DataFrame:
        added = self.asked(
            f"""SELECT ledger.entitlement_id, {MINUTES.format("happened_at")} AS at,
                   {AMOUNT.format("balances.total_terms")} AS amount,
                   {DAYS.format("ends")} AS ends, priority,
                   coalesce({AMOUNT.format("balances.price")}, 0) AS price, comes_after
            FROM (
                SELECT *, coalesce(
                           lag(happened_at) OVER steps = happened_at
                           AND lag(reason) OVER steps = 'consume', FALSE
                       ) AS comes_after
                FROM wanted JOIN ledger USING (entitlement_id)
                WINDOW steps AS (PARTITION BY entitlement_id ORDER BY entry)
            ) AS ledger JOIN balances USING (balance_id)
            WHERE reason = 'topup' AND {DAYS.format("happened_at::DATE")} <= {self._last}
            ORDER BY ledger.entitlement_id, entry"""
        )
        # What a case has set off comes behind it: of one minute, what is booked comes first.
        is_behind = added["comes_after"] & (added["at"] % DAY < DAY - 1)
        return pd.DataFrame(
            {
                **begins(added["at"] + is_behind.astype(np.int64)),
                "action": int(Action.TOP_UP),
                "entitlement": place.reindex(added["entitlement_id"]).to_numpy(np.int64),
                **{name: added[name] for name in ("amount", "ends", "priority", "price")},
                "order": np.inf,
            }
        )

    def events(self, cases: pd.DataFrame) -> pd.DataFrame:
        """Return what happened to cases, each by its place: `case`, `at`, `move`, `billed`.

        Parameters
        ----------
        cases : DataFrame
            `case_id`, the minutes `resolved` and `cancelled` (missing: it was not), and `billed`
            (minutes; -1: none), a row for each case of the history.
        """
        numbers = pd.DataFrame({"case_id": cases["case_id"], "case": np.arange(len(cases))})
        back = numbers.merge(
            self._ask(
                f"""SELECT case_id, {MINUTES.format("happened_at")} AS at,
                       {MINUTES.format("ended_at")} AS ended,
                       from_state = 'resolved' AS was_resolved,
                       coalesce(billable_minutes, -1)::BIGINT AS billed
                FROM reactivations ORDER BY case_id, happened_at"""
            ),
            on="case_id",
        )
        ended = pd.DataFrame(
            {
                "case": back["case"],
                "at": back["ended"],
                "move": np.where(back["was_resolved"], int(CaseMove.RESOLVE), int(CaseMove.CANCEL)),
                "billed": back["billed"],
            }
        )
        again = pd.DataFrame(
            {"case": back["case"], "at": back["at"], "move": int(CaseMove.REACTIVATE), "billed": -1}
        )
        last = [
            pd.DataFrame(
                {
                    "case": np.flatnonzero(cases[column].notna()),
                    "at": cases[column].dropna(),
                    "move": int(move),
                    "billed": cases["billed"][cases[column].notna()]
                    if move == CaseMove.RESOLVE
                    else -1,
                }
            )
            for column, move in (("resolved", CaseMove.RESOLVE), ("cancelled", CaseMove.CANCEL))
        ]
        between = pd.concat([ended, again]).sort_index(kind="stable")
        return pd.concat([between, *last], ignore_index=True).astype(np.int64)
