"""Contracts of a run as histories of their own: what was done with each, and what asked it.

Whether a case asks for terms, and from which contract, stays what it was; so do renewals, top-ups
and cancellations. A contract that was asked and refused is asked again, so that it pays where
there are terms for it now.
"""

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd

from ..engine.history_columns import NO_MONTHS
from ..population.plan import plan
from ..replay.tables import HistoryTables
from ..rules.days import day_number, day_of
from ..rules.words import NOTHING, UNWRITTEN, Action, CaseMove
from ..scenario.models import ScenarioModel

if TYPE_CHECKING:
    from ..store.run import Run

#: What is booked for a change of state, by what set it off.
_BOOKED: Final = {
    "created": Action.CREATE,
    "activated": Action.ACTIVATE,
    "deactivated": Action.DEACTIVATE,
    "cancelled": Action.CANCEL,
}

_DAY: Final = "({0} - DATE '1970-01-01')::BIGINT"
_MINUTE: Final = "(epoch({0}) // 60)::BIGINT"
_AMOUNT: Final = "({0} * 100)::BIGINT"


class Alone(NamedTuple):
    """Contracts of a run, each as the only one of a customer of its own.

    Attributes
    ----------
    model : ScenarioModel
        By which they are played.
    history : HistoryTables
        A customer for each contract, in the order of `entitlements`; its cases have the column
        `case_id`, their number in the run.
    entitlements : ndarray of int64
        Their numbers in the run.
    unknown : int
        Cases that were turned away: how long they would have taken is not known.
    """

    model: ScenarioModel
    history: HistoryTables
    entitlements: "np.ndarray[Any, np.dtype[np.int64]]"
    unknown: int


def contracts_alone(run: "Run", entitlements: "np.ndarray[Any, np.dtype[np.int64]]") -> Alone:
    """Return contracts of a run, each by itself.

    Parameters
    ----------
    run : Run
    entitlements : ndarray of int64
        Numbers of contracts that were made in the run and have a number of terms, in order.
    """
    read = _Imported if run.manifest.source == "imported" else _Simulated
    return read(run, entitlements).alone()


class _Reader:
    """Rows of a run that are about some contracts, as numbers."""

    def __init__(self, run: "Run", entitlements: "np.ndarray[Any, np.dtype[np.int64]]") -> None:
        self.run = run
        self.model: ScenarioModel = run.scenario.model
        self.wanted = entitlements
        # Place of each contract by its number.
        self.place = pd.Series(np.arange(len(entitlements)), index=entitlements)

    def asked(self, query: str) -> pd.DataFrame:
        """Return the answer to a query, in which ``wanted`` has the contracts."""
        wanted = ", ".join(f"({number})" for number in self.wanted.tolist())
        return self.run._execute(f"WITH wanted(entitlement_id) AS (VALUES {wanted}) {query}").df()

    def alone(self) -> Alone:
        entitlements, terms, channels = self.entitlements()
        bookings = self.bookings(terms)
        cases, events, unknown = self.cases()
        first = bookings.groupby("entitlement")["day"].min()
        joined = first.reindex(range(len(entitlements))).to_numpy(np.int64, copy=True)
        asked = (cases["created"] // 1440).groupby(cases["customer"]).min()
        joined[asked.index.to_numpy(np.int64)] = np.minimum(
            joined[asked.index.to_numpy(np.int64)], asked.to_numpy(np.int64)
        )
        history = HistoryTables(
            customers=pd.DataFrame({"joined": joined}),
            terms=terms,
            channels=channels,
            entitlements=entitlements,
            bookings=bookings,
            cases=cases,
            events=events,
        )
        return Alone(self._model(joined), history, self.wanted, unknown)

    def _model(self, joined: "np.ndarray[Any, np.dtype[np.int64]]") -> ScenarioModel:
        begins = min(self.model.calendar.start, day_of(int(joined.min())))
        days = (self.run.manifest.last_day - begins).days + 1
        calendar = self.model.calendar.model_copy(update={"start": begins, "days": days})
        return self.model.model_copy(update={"calendar": calendar})

    def entitlements(self) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
        raise NotImplementedError

    def bookings(self, terms: pd.DataFrame) -> pd.DataFrame:
        raise NotImplementedError

    def cases(self) -> tuple[pd.DataFrame, pd.DataFrame, int]:
        raise NotImplementedError


class _Simulated(_Reader):
    """Contracts of a run that was simulated, by its tables."""

    def entitlements(self) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
        sold = self.asked(
            f"""SELECT entitlement_id, template_id - 1 AS template,
                   enum_code(allocation)::BIGINT AS allocation,
                   enum_code(decrease_on)::BIGINT AS decrease_on, restrict::BIGINT AS restrict,
                   {_AMOUNT.format("total_terms")} AS total, {_DAY.format("start_date")} AS start,
                   {_DAY.format("end_date")} AS "end",
                   coalesce({_DAY.format("anchor")}, {NO_MONTHS}) AS anchor
            FROM wanted JOIN entitlements USING (entitlement_id) ORDER BY entitlement_id"""
        )
        added = self.asked(
            f"""SELECT entitlement_id, sum({_AMOUNT.format("amount")})::BIGINT AS amount
            FROM wanted JOIN ledger USING (entitlement_id)
            WHERE reason = 'topup' OR reason = 'adjust' AND rule = 'T8'
            GROUP BY entitlement_id"""
        ).set_index("entitlement_id")["amount"]
        changed = added.reindex(sold["entitlement_id"]).fillna(0).to_numpy(np.int64)
        sold["total"] -= changed
        allows = [template.allowance is not None for template in self.model.templates.values()]
        sold.loc[np.array(allows)[sold["template"]], "total"] = 0  # it grants by itself
        channels = self.asked(
            f"""SELECT entitlement_id, enum_code(origin)::BIGINT AS origin,
                   {_AMOUNT.format("total_terms")} AS total
            FROM wanted JOIN balances USING (entitlement_id)
            WHERE origin IS NOT NULL ORDER BY balance_id"""
        )
        channels["terms"] = self.place.reindex(channels["entitlement_id"]).to_numpy(np.int64)
        count = np.arange(len(sold))
        entitlements = pd.DataFrame(
            {"customer": count, "terms": count} | {name: sold[name] for name in
                                                   ("start", "end", "anchor")}
        )  # fmt: skip
        named = ["allocation", "decrease_on", "restrict", "total", "template"]
        return entitlements, sold[named].assign(as_sold=1), channels[["terms", "origin", "total"]]

    def bookings(self, terms: pd.DataFrame) -> pd.DataFrame:
        words = ", ".join(f"'{word}'" for word in _BOOKED)
        # Rows of one day stand in the order in which they happened.
        moved = self.asked(
            f"""SELECT entitlement_id, {_DAY.format("on_date")} AS day, trigger::VARCHAR AS word
            FROM wanted JOIN (SELECT *, row_number() OVER () AS place FROM transitions) AS moves
            USING (entitlement_id)
            WHERE trigger IN ({words}) ORDER BY place"""
        )
        # What customers buy at once, when terms run out, is made and activated at a minute.
        made = self.asked(
            f"""SELECT entitlement_id, {_MINUTE.format("min(happened_at)")} AS at
            FROM wanted JOIN ledger USING (entitlement_id) GROUP BY entitlement_id"""
        )
        flips = plan(self.model.model_copy(update={"history": None}), 0).days["flips"]
        start = day_number(self.model.calendar.start)
        day = start + np.searchsorted(flips, made["at"], side="right") - 1
        begun = pd.DataFrame(
            {
                "entitlement_id": made["entitlement_id"],
                "day": day,
                "minute": np.where(made["at"] == flips[day - start], -1, made["at"] % 1440),
            }
        )
        moved = moved.merge(begun, on=["entitlement_id", "day"], how="left").fillna({"minute": -1})
        moved.loc[~moved["word"].isin(["created", "activated"]), "minute"] = -1
        booked = pd.DataFrame(
            {
                "day": moved["day"],
                "minute": moved["minute"],
                "action": moved["word"].map({word: int(one) for word, one in _BOOKED.items()}),
                "entitlement": self.place.reindex(moved["entitlement_id"]).to_numpy(np.int64),
                "amount": 0,
                "order": np.arange(len(moved), dtype=np.float64),
            }
        )
        both = [booked, self._edits(booked, terms, flips, start), self._top_ups(flips, start)]
        bookings = pd.concat([part for part in both if len(part)])
        # A draft is made first, and written between its deactivation and its next activation.
        bookings = bookings.sort_values(["day", "order"], kind="stable").drop(columns="order")
        blank = {"minute": -1, "ends": 0, "priority": 0, "price": 0}
        for name, value in blank.items():
            if name not in bookings:
                bookings[name] = value
        return bookings.fillna(blank).astype(np.int64).reset_index(drop=True)

    def _edits(
        self, booked: pd.DataFrame, terms: pd.DataFrame, flips: Any, start: int
    ) -> pd.DataFrame:
        written = self.asked(
            f"""SELECT entitlement_id, {_MINUTE.format("happened_at")} AS at,
                   {_AMOUNT.format("amount")} AS amount, reason::VARCHAR AS reason
            FROM wanted JOIN ledger USING (entitlement_id)
            WHERE reason IN ('adjust', 'refused') AND rule = 'T8'
            ORDER BY entitlement_id, entry"""
        )
        own = self.place.reindex(written["entitlement_id"]).to_numpy(np.int64)
        written["entitlement"] = own
        written["day"] = start + np.searchsorted(flips, written["at"], side="right") - 1
        before = terms["total"].to_numpy(np.int64)[own]
        total = before + written.groupby("entitlement_id")["amount"].cumsum().to_numpy(np.int64)
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
                "amount": np.where(written["reason"] == "refused", -1, total),
                "order": placed["order"].to_numpy(np.float64) + 0.5,
            }
        )

    def _top_ups(self, flips: Any, start: int) -> pd.DataFrame:
        added = self.asked(
            f"""SELECT ledger.entitlement_id, {_MINUTE.format("happened_at")} AS at,
                   {_AMOUNT.format("balances.total_terms")} AS amount,
                   {_DAY.format("ends")} AS ends, priority,
                   coalesce({_AMOUNT.format("balances.price")}, 0) AS price, comes_after
            FROM (
                SELECT *, coalesce(
                           lag(happened_at) OVER steps = happened_at
                           AND lag(reason) OVER steps = 'consume', FALSE
                       ) AS comes_after
                FROM wanted JOIN ledger USING (entitlement_id)
                WINDOW steps AS (PARTITION BY entitlement_id ORDER BY entry)
            ) AS ledger JOIN balances USING (balance_id)
            WHERE reason = 'topup' ORDER BY ledger.entitlement_id, entry"""
        )
        # What a case has set off comes behind it: of one minute, what is booked comes first.
        is_behind = added["comes_after"] & (added["at"] % 1440 < 1439)
        added["at"] += is_behind.astype(np.int64)
        day = start + np.searchsorted(flips, added["at"], side="right") - 1
        comes_with_day = added["at"].to_numpy() == flips[day - start]
        return pd.DataFrame(
            {
                "day": day,
                "minute": np.where(comes_with_day, -1, added["at"] % 1440),
                "action": int(Action.TOP_UP),
                "entitlement": self.place.reindex(added["entitlement_id"]).to_numpy(np.int64),
                "amount": added["amount"],
                "ends": added["ends"],
                "priority": added["priority"],
                "price": added["price"],
                "order": np.inf,
            }
        )

    def cases(self) -> tuple[pd.DataFrame, pd.DataFrame, int]:
        asked = self.asked(
            f"""SELECT asked.entitlement_id, cases.case_id,
                   {_MINUTE.format("created_at")} AS created,
                   coalesce(enum_code(cases.origin), -1)::BIGINT AS origin,
                   decrement::BIGINT AS decrement, coalesce(severity, 0)::BIGINT AS severity,
                   {_MINUTE.format("resolved_at")} AS resolved,
                   {_MINUTE.format("cancelled_at")} AS cancelled,
                   coalesce(billable_minutes, -1)::BIGINT AS billed,
                   outcome = 'turned_away' AS is_turned_away
            FROM (
                SELECT DISTINCT entitlement_id, case_id
                FROM (
                    SELECT entitlement_id, case_id FROM ledger WHERE case_id IS NOT NULL
                    UNION ALL
                    SELECT entitlement_id, case_id FROM cases WHERE entitlement_id IS NOT NULL
                )
                SEMI JOIN wanted USING (entitlement_id)
            ) AS asked JOIN cases USING (case_id)
            ORDER BY created_at, case_id, asked.entitlement_id"""
        )
        own = self.place.reindex(asked["entitlement_id"]).to_numpy(np.int64)
        cases = pd.DataFrame(
            {
                "customer": own,
                "wants": own,
                **{name: asked[name] for name in ("created", "origin", "decrement", "severity")},
                "case_id": asked["case_id"],
            }
        )
        back = self.run._execute(
            f"""SELECT case_id, {_MINUTE.format("happened_at")} AS at,
                   {_MINUTE.format("ended_at")} AS ended, from_state = 'resolved' AS was_resolved,
                   coalesce(billable_minutes, -1)::BIGINT AS billed
            FROM reactivations ORDER BY case_id, happened_at"""
        ).df()
        numbers = pd.DataFrame({"case_id": asked["case_id"], "case": np.arange(len(asked))})
        back = numbers.merge(back, on="case_id")
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
                    "case": np.flatnonzero(asked[column].notna()),
                    "at": asked[column].dropna(),
                    "move": int(move),
                    "billed": asked["billed"][asked[column].notna()]
                    if move == CaseMove.RESOLVE else -1,
                }
            )
            for column, move in (("resolved", CaseMove.RESOLVE), ("cancelled", CaseMove.CANCEL))
        ]  # fmt: skip
        between = pd.concat([ended, again]).sort_index(kind="stable")
        events = pd.concat([between, *last], ignore_index=True).astype(np.int64)
        return cases, events, int(asked["is_turned_away"].sum())


class _Imported(_Reader):
    """Contracts of a run that was imported, by the history that it keeps."""

    def _rows(self, table: str) -> str:
        return f"(SELECT *, row_number() OVER () - 1 AS place FROM history_{table})"

    def entitlements(self) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
        known = self.asked(
            f"""SELECT known.*, {_DAY.format("held.start_date")} AS first_day,
                   {_DAY.format("held.end_date")} AS last_day
            FROM wanted JOIN {self._rows("entitlements")} AS known USING (entitlement_id)
            JOIN entitlements AS held USING (entitlement_id) ORDER BY entitlement_id"""
        )
        # Place in this history of each contract by its place in that of the run.
        self._own = pd.Series(np.arange(len(known)), index=known["place"])
        terms = self.run._execute(f"FROM {self._rows('terms')} ORDER BY place").df()
        channels = self.run._execute("FROM history_channels").df()
        count = np.arange(len(known))
        entitlements = pd.DataFrame(
            {
                "customer": count,
                "terms": count,
                "start": known["first_day"],
                "end": known["last_day"],
                "anchor": known["anchor"],
            }
        )
        held = terms.iloc[known["terms"].to_numpy(np.int64)].drop(columns="place")
        limited = pd.DataFrame({"own": count, "terms": known["terms"]}).merge(channels, on="terms")
        limited = limited.drop(columns="terms").rename(columns={"own": "terms"})
        return entitlements, held.reset_index(drop=True), limited

    def bookings(self, terms: pd.DataFrame) -> pd.DataFrame:
        all_of_them = self.run._execute(f"FROM {self._rows('bookings')} ORDER BY place").df()
        booked = all_of_them[all_of_them["entitlement"].isin(self._own.index)].copy()
        booked["entitlement"] = self._own.reindex(booked["entitlement"]).to_numpy(np.int64)
        made = booked["action"] == int(Action.RENEW)
        booked.loc[made, "action"] = int(Action.CREATE)
        booked = booked[booked["action"] != int(Action.SET_DEFAULT)]
        return booked.drop(columns="place").reset_index(drop=True)

    def cases(self) -> tuple[pd.DataFrame, pd.DataFrame, int]:
        known = self.run._execute(f"FROM {self._rows('cases')} ORDER BY place").df()
        saved = self.run._execute(f"FROM {self._rows('events')} ORDER BY place").df()
        asked = [
            pd.DataFrame({"case": known["place"], "contract": known["wants"]}),
            pd.DataFrame({"case": saved["case"], "contract": saved["entitlement"]}),
        ]
        pairs = pd.concat(asked)
        pairs = pairs[pairs["contract"].isin(self._own.index)].drop_duplicates()
        pairs["own"] = self._own.reindex(pairs["contract"]).to_numpy(np.int64)
        pairs = pairs.sort_values(["case", "own"]).reset_index(drop=True)
        rows = known.iloc[pairs["case"].to_numpy(np.int64)].reset_index(drop=True)
        is_own = (rows["wants"] == pairs["contract"]).to_numpy()
        cases = rows[["created", "origin", "decrement", "severity", "case_id"]].assign(
            customer=pairs["own"], wants=np.where(is_own, pairs["own"], NOTHING)
        )
        numbers = pairs.assign(number=np.arange(len(pairs)))
        events = numbers.merge(saved, on="case", how="inner").sort_values(["number", "place"])
        attached = events["entitlement"].to_numpy(np.int64)
        own = np.where(attached == events["contract"], events["own"], NOTHING)
        events = events.assign(
            case=events["number"],
            entitlement=np.where(attached == UNWRITTEN, UNWRITTEN, own),
            customer=UNWRITTEN,
            contact=UNWRITTEN,
            product=UNWRITTEN,
        )
        events = events[events["move"] != int(CaseMove.MERGE)]
        wanted = ["number", "contract", "own", "place"]
        return cases, events.drop(columns=wanted).reset_index(drop=True), 0
