"""Contracts of a run as histories of their own: what was done with each, and what asked it.

Whether a case asks for terms, and from which contract, stays what it was; so do renewals, top-ups
and cancellations. A contract that was asked and refused is asked again, so that it pays where
there are terms for it now.
"""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from ..replay.from_rows import DAYS, MINUTES, ContractRows
from ..replay.tables import HistoryTables
from ..rules.days import day_number, day_of
from ..rules.words import NOTHING, UNWRITTEN, Action, CaseMove
from ..scenario.models import ScenarioModel

if TYPE_CHECKING:
    from ..store.run import Run


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

    @property
    def contracts(self) -> str:
        """A query whose answer has the contracts."""
        wanted = ", ".join(f"({number})" for number in self.wanted.tolist())
        return f"SELECT * FROM (VALUES {wanted}) AS given(entitlement_id)"

    def asked_all(self, query: str) -> pd.DataFrame:
        """Return the answer to a query of the run."""
        return self.run._execute(query).df()

    def asked(self, query: str) -> pd.DataFrame:
        """Return the answer to a query, in which ``wanted`` has the contracts."""
        return self.asked_all(f"WITH wanted AS ({self.contracts}) {query}")

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

    def __init__(self, run: "Run", entitlements: "np.ndarray[Any, np.dtype[np.int64]]") -> None:
        super().__init__(run, entitlements)
        last = day_number(run.manifest.last_day)
        self._rows = ContractRows(self.asked_all, self.model, self.contracts, last)

    def entitlements(self) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
        sold = self._rows.sold()
        count = np.arange(len(sold))
        entitlements = pd.DataFrame(
            {"customer": count, "terms": count} | {name: sold[name] for name in
                                                   ("start", "end", "anchor")}
        )  # fmt: skip
        named = ["allocation", "decrease_on", "restrict", "total", "template"]
        return entitlements, sold[named].assign(as_sold=1), self._rows.channels(self.place)

    def bookings(self, terms: pd.DataFrame) -> pd.DataFrame:
        return self._rows.bookings(self.place, terms["total"].to_numpy(np.int64))

    def cases(self) -> tuple[pd.DataFrame, pd.DataFrame, int]:
        asked = self.asked(
            f"""SELECT asked.entitlement_id, cases.case_id,
                   {MINUTES.format("created_at")} AS created,
                   coalesce(enum_code(cases.origin), -1)::BIGINT AS origin,
                   decrement::BIGINT AS decrement, coalesce(severity, 0)::BIGINT AS severity,
                   {MINUTES.format("resolved_at")} AS resolved,
                   {MINUTES.format("cancelled_at")} AS cancelled,
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
        return cases, self._rows.events(asked), int(asked["is_turned_away"].sum())


class _Imported(_Reader):
    """Contracts of a run that was imported, by the history that it keeps."""

    def _rows(self, table: str) -> str:
        return f"(SELECT *, row_number() OVER () - 1 AS place FROM history_{table})"

    def entitlements(self) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
        known = self.asked(
            f"""SELECT known.*, {DAYS.format("held.start_date")} AS first_day,
                   {DAYS.format("held.end_date")} AS last_day
            FROM wanted JOIN {self._rows("entitlements")} AS known USING (entitlement_id)
            JOIN entitlements AS held USING (entitlement_id) ORDER BY entitlement_id"""
        )
        # Place in this history of each contract by its place in that of the run.
        self._own = pd.Series(np.arange(len(known)), index=known["place"])
        terms = self.asked_all(f"FROM {self._rows('terms')} ORDER BY place")
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
        all_of_them = self.asked_all(f"FROM {self._rows('bookings')} ORDER BY place")
        booked = all_of_them[all_of_them["entitlement"].isin(self._own.index)].copy()
        booked["entitlement"] = self._own.reindex(booked["entitlement"]).to_numpy(np.int64)
        made = booked["action"] == int(Action.RENEW)
        booked.loc[made, "action"] = int(Action.CREATE)
        booked = booked[booked["action"] != int(Action.SET_DEFAULT)]
        return booked.drop(columns="place").reset_index(drop=True)

    def cases(self) -> tuple[pd.DataFrame, pd.DataFrame, int]:
        known = self.asked_all(f"FROM {self._rows('cases')} ORDER BY place")
        saved = self.asked_all(f"FROM {self._rows('events')} ORDER BY place")
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
