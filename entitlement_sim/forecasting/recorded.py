"""What a run records of its contracts up to a day, as a history to be played.

Of a run that was imported it is the history that the run keeps. Of one that was simulated it is
read from the rows: contracts that were open on the day, or ended not long before it, and the cases
that they covered; others say nothing of how the book stands.
"""

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd

from ..engine.going_on import CARRIED
from ..engine.history_columns import COLUMNS, NO_MONTHS
from ..population.calendar_days import DAY
from ..population.days import whole_months
from ..population.plan import plan
from ..replay.tables import HistoryTables
from ..rules.days import day_number
from ..rules.words import Action, CaseMove
from ..scenario.models import ScenarioModel
from ..store.imported import HISTORY_NUMBERS

if TYPE_CHECKING:
    from ..store.run import Run

#: Days that a contract has ended before the last one, and may still be renewed, or come back.
_LONGEST_AWAY: Final = 1100

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


class Recorded(NamedTuple):
    """A book at the close of a day.

    Attributes
    ----------
    history : HistoryTables
        Its customers are all that had joined, in the order of their numbers.
    customers : DataFrame
        ``customer_id``, ``segment`` (place in the scenario), ``joined``, one for each of these.
    entitlements : ndarray of int64
        Numbers in the run of the entitlements of the history.
    carried : ndarray of CARRIED
        Of each of them.
    balances : DataFrame
        ``entitlement_id``, ``remaining`` (hundredths) at that close, of those with a movement.
    """

    history: HistoryTables
    customers: pd.DataFrame
    entitlements: "np.ndarray[Any, np.dtype[np.int64]]"
    carried: "np.ndarray[Any, np.dtype[Any]]"
    balances: pd.DataFrame


def recorded_by(run: "Run", model: ScenarioModel, last: int) -> Recorded:
    """Return what a run records up to the close of a day.

    Parameters
    ----------
    run : Run
    model : ScenarioModel
        By whose templates and segments it goes on.
    last : int
        Day number.
    """
    reader = _Imported if run.manifest.source == "imported" else _Simulated
    return reader(run, model, last).recorded()


class _Reader:
    """Rows of a run up to a day, as numbers."""

    def __init__(self, run: "Run", model: ScenarioModel, last: int) -> None:
        self.run = run
        self.model = model
        self.last = last
        self.templates = {name: place for place, name in enumerate(model.templates)}

    def asked(self, query: str) -> pd.DataFrame:
        return self.run._execute(query).df()

    def recorded(self) -> Recorded:
        customers = self.customers()
        history, numbers = self.history(customers)
        known = self._facts(numbers)
        carried = self._carried(history, customers, known)
        balances = self.asked(
            f"""SELECT entitlement_id, {_AMOUNT.format("arg_max(balance, entry)")} AS remaining
            FROM ledger WHERE {_DAY.format("happened_at::DATE")} <= {self.last}
            GROUP BY entitlement_id"""
        )
        return Recorded(history, customers, numbers, carried, balances)

    def customers(self) -> pd.DataFrame:
        rows = self.asked(
            f"""SELECT customer_id, segment::VARCHAR AS segment,
                   {_DAY.format("joined_on")} AS joined
            FROM customers WHERE {_DAY.format("joined_on")} <= {self.last} ORDER BY customer_id"""
        )
        places = {name: place for place, name in enumerate(self.model.segments)}
        rows["segment"] = rows["segment"].map(places).astype(np.int64)
        return rows

    def history(
        self, customers: pd.DataFrame
    ) -> tuple[HistoryTables, "np.ndarray[Any, np.dtype[np.int64]]"]:
        raise NotImplementedError

    def _facts(self, numbers: "np.ndarray[Any, np.dtype[np.int64]]") -> pd.DataFrame:
        """Return what the rows of a run say of entitlements beyond their history."""
        known = self.asked(
            f"""WITH turned_down AS (
                SELECT entitlement_id, count(*) AS refused FROM ledger
                WHERE reason = 'refused' AND rule = 'G1'
                  AND {_DAY.format("happened_at::DATE")} <= {self.last}
                GROUP BY entitlement_id
            ), late AS (
                SELECT entitlement_id, count(*) AS missed FROM cases
                WHERE sla_met = FALSE AND {_DAY.format("resolved_at::DATE")} <= {self.last}
                GROUP BY entitlement_id
            )
            SELECT entitlement_id, predecessor_id, renewal_number,
                   coalesce(refused, 0) AS refused, coalesce(missed, 0) AS missed,
                   template, {_DAY.format("anchor")} AS anchor, {_DAY.format("end_date")} AS ends
            FROM entitlements JOIN templates USING (template_id)
            LEFT JOIN turned_down USING (entitlement_id) LEFT JOIN late USING (entitlement_id)"""
        ).set_index("entitlement_id")
        return known.reindex(numbers)

    def _carried(
        self, history: HistoryTables, customers: pd.DataFrame, known: pd.DataFrame
    ) -> "np.ndarray[Any, np.dtype[Any]]":
        carried = np.zeros(len(known), CARRIED)
        for name in ("refused", "missed"):
            carried[name] = known[name].fillna(0).to_numpy(np.int64)
        carried["renewals"] = known["renewal_number"].fillna(0).to_numpy(np.int64)
        segment_of = customers["segment"].to_numpy(np.int64)
        owner = history.column("entitlements", "customer")
        carried["line"] = self._lines(known, segment_of[owner])
        rows = np.flatnonzero(known["anchor"].notna().to_numpy())
        anchors = known["anchor"].to_numpy(np.float64, na_value=np.nan)[rows].astype(np.int64)
        ends = known["ends"].to_numpy(np.float64, na_value=np.nan)[rows].astype(np.int64)
        spans, place = np.unique(np.stack([anchors, ends + 1]), axis=1, return_inverse=True)
        months = np.array([whole_months(*span) for span in spans.T.tolist()], np.int64)
        carried["months"][rows] = months[place] if len(rows) else 0
        return carried

    def _lines(self, known: pd.DataFrame, segments: Any) -> list[int]:
        """Return the place of the holding that each entitlement continues.

        What renews another one continues its holding; a first one is of that with its template.
        """
        of_template: list[dict[str, int]] = []
        first = 0
        for segment in self.model.segments.values():
            places: dict[str, int] = {}
            for place, hold in enumerate(segment.holds):
                places.setdefault(hold.template, first + place)
            first += len(segment.holds)
            if segment.buys_more is not None:
                places.setdefault(segment.buys_more.template, first)
                first += 1
            of_template.append(places)
        lines: dict[int, int] = {}
        predecessors = known["predecessor_id"].fillna(-1).astype(np.int64)
        for number, template, before, segment in zip(
            known.index.tolist(), known["template"], predecessors.tolist(), segments, strict=True
        ):
            own = of_template[segment]
            usual = own.get(template, min(own.values(), default=0))
            lines[number] = lines.get(before, usual)
        return [lines[number] for number in known.index.tolist()]


class _Simulated(_Reader):
    """A run that was simulated, by its tables."""

    def history(
        self, customers: pd.DataFrame
    ) -> tuple[HistoryTables, "np.ndarray[Any, np.dtype[np.int64]]"]:
        place_of = pd.Series(np.arange(len(customers)), index=customers["customer_id"])
        self._wanted = f"""wanted AS (
            SELECT entitlement_id FROM entitlements
            WHERE {_DAY.format("created_on")} <= {self.last}
              AND (ended_on IS NULL
                   OR {_DAY.format("ended_on")} > {self.last - _LONGEST_AWAY})
        )"""
        sold = self.asked(
            f"""WITH {self._wanted}
            SELECT entitlement_id, customer_id, template,
                   enum_code(sold.allocation)::BIGINT AS allocation,
                   enum_code(sold.decrease_on)::BIGINT AS decrease_on,
                   sold.restrict::BIGINT AS restrict,
                   coalesce({_AMOUNT.format("sold.total_terms")}, 0) AS total,
                   coalesce({_AMOUNT.format("sold.price")}, 0) AS price,
                   {_DAY.format("start_date")} AS start, {_DAY.format("end_date")} AS "end",
                   coalesce({_DAY.format("anchor")}, {NO_MONTHS}) AS anchor,
                   coalesce(predecessor_id, -1) AS predecessor_id, coalesce(account, -1) AS account
            FROM wanted JOIN entitlements AS sold USING (entitlement_id)
            JOIN templates USING (template_id)
            ORDER BY entitlement_id"""
        )
        numbers = sold["entitlement_id"].to_numpy(np.int64)
        self._place = pd.Series(np.arange(len(sold)), index=numbers)
        added = self.asked(
            f"""WITH {self._wanted}
            SELECT entitlement_id, {_AMOUNT.format("sum(amount)")} AS amount
            FROM wanted JOIN ledger USING (entitlement_id)
            WHERE reason = 'topup' OR reason = 'adjust' AND rule = 'T8'
            GROUP BY entitlement_id"""
        ).set_index("entitlement_id")["amount"]
        sold["total"] -= added.reindex(numbers).fillna(0).to_numpy(np.int64)
        sold["template"] = sold["template"].map(self.templates).astype(np.int64)
        allows = [template.allowance is not None for template in self.model.templates.values()]
        sold.loc[np.array(allows)[sold["template"]], "total"] = 0  # it grants by itself
        predecessor = self._place.reindex(sold["predecessor_id"]).fillna(-1).to_numpy(np.int64)
        count = np.arange(len(sold))
        entitlements = pd.DataFrame(
            {
                "customer": place_of.reindex(sold["customer_id"]).to_numpy(np.int64),
                "terms": count,
                "predecessor": predecessor,
                **{name: sold[name] for name in ("start", "end", "anchor", "account")},
            }
        )
        named = ["allocation", "decrease_on", "restrict", "total", "price", "template"]
        terms = sold[named].assign(as_sold=1)
        cases, events = self._cases(place_of)
        joined = customers["joined"].to_numpy(np.int64, copy=True)
        bookings = self._bookings(terms)
        history = HistoryTables(
            customers=pd.DataFrame(
                {"joined": joined, "segment": customers["segment"], "keeps_default": 1}
            ),
            terms=terms,
            entitlements=entitlements,
            bookings=bookings,
            cases=cases,
            events=events,
            **self._listed(sold),
        )
        return history, numbers

    def _listed(self, sold: pd.DataFrame) -> dict[str, pd.DataFrame]:
        templates = list(self.model.templates.values())
        products, contacts = [], []
        for place, template in enumerate(sold["template"].tolist()):
            offered = templates[template]
            products += [(place, self.model.products.index(each)) for each in offered.products]
            contacts += [(place, contact) for contact in range(offered.contacts or 0)]
        channels = self.asked(
            f"""WITH {self._wanted}
            SELECT entitlement_id, enum_code(origin)::BIGINT AS origin,
                   {_AMOUNT.format("total_terms")} AS total
            FROM wanted JOIN balances USING (entitlement_id)
            WHERE origin IS NOT NULL ORDER BY balance_id"""
        )
        channels["terms"] = self._place.reindex(channels["entitlement_id"]).to_numpy(np.int64)
        return {
            "listed_products": pd.DataFrame(products, columns=["terms", "product"]),
            "listed_contacts": pd.DataFrame(contacts, columns=["terms", "contact"]),
            "channels": channels[["terms", "origin", "total"]],
        }

    def _bookings(self, terms: pd.DataFrame) -> pd.DataFrame:
        words = ", ".join(f"'{word}'" for word in _BOOKED)
        # Rows of one day stand in the order in which they happened.
        moved = self.asked(
            f"""WITH {self._wanted}
            SELECT entitlement_id, {_DAY.format("on_date")} AS day, trigger::VARCHAR AS word
            FROM wanted JOIN (SELECT *, row_number() OVER () AS place FROM transitions) AS moves
            USING (entitlement_id)
            WHERE trigger IN ({words}) AND {_DAY.format("on_date")} <= {self.last}
            ORDER BY place"""
        )
        # What customers buy at once, when terms run out, is made and activated at a minute.
        made = self.asked(
            f"""WITH {self._wanted}
            SELECT entitlement_id, {_MINUTE.format("min(happened_at)")} AS at
            FROM wanted JOIN ledger USING (entitlement_id) GROUP BY entitlement_id"""
        )
        first = int(min(moved["day"].min(), self.last)) if len(moved) else self.last
        day, with_day = self._days_of(made["at"], first)
        begun = pd.DataFrame(
            {
                "entitlement_id": made["entitlement_id"],
                "day": day,
                "minute": np.where(with_day, -1, made["at"] % DAY),
            }
        )
        moved = moved.merge(begun, on=["entitlement_id", "day"], how="left").fillna({"minute": -1})
        moved.loc[~moved["word"].isin(["created", "activated"]), "minute"] = -1
        booked = pd.DataFrame(
            {
                "day": moved["day"],
                "minute": moved["minute"],
                "action": moved["word"].map({word: int(one) for word, one in _BOOKED.items()}),
                "entitlement": self._place.reindex(moved["entitlement_id"]).to_numpy(np.int64),
                "amount": 0,
                "order": np.arange(len(moved), dtype=np.float64),
            }
        )
        parts = [booked, self._edits(booked, terms, first), self._top_ups(first)]
        bookings = pd.concat([part for part in parts if len(part)] or [booked])
        bookings = bookings.sort_values(["day", "order"], kind="stable").drop(columns="order")
        blank = {"minute": -1, "ends": 0, "priority": 0, "price": 0}
        for name, value in blank.items():
            if name not in bookings:
                bookings[name] = value
        return bookings.fillna(blank).astype(np.int64).reset_index(drop=True)

    def _days_of(self, minutes: Any, first: int) -> tuple[Any, Any]:
        """Return the days that states go by at some minutes, and whether they begin then."""
        model = self.model
        begins = np.datetime64("1970-01-01") + first - 1
        calendar = model.calendar.model_copy(
            update={"start": begins.item(), "days": self.last - first + 3}
        )
        lived = model.model_copy(update={"calendar": calendar, "history": None})
        flips = plan(lived, 0).days["flips"][: self.last - first + 4]
        at = np.asarray(minutes, np.int64)
        place = np.searchsorted(flips, at, side="right") - 1
        return first - 1 + place, at == flips[np.maximum(place, 0)]

    def _edits(self, booked: pd.DataFrame, terms: pd.DataFrame, first: int) -> pd.DataFrame:
        written = self.asked(
            f"""WITH {self._wanted}
            SELECT entitlement_id, {_MINUTE.format("happened_at")} AS at,
                   {_AMOUNT.format("amount")} AS amount, reason::VARCHAR AS reason
            FROM wanted JOIN ledger USING (entitlement_id)
            WHERE reason IN ('adjust', 'refused') AND rule = 'T8'
              AND {_DAY.format("happened_at::DATE")} <= {self.last}
            ORDER BY entitlement_id, entry"""
        )
        own = self._place.reindex(written["entitlement_id"]).to_numpy(np.int64)
        written["entitlement"] = own
        written["day"] = self._days_of(written["at"], first)[0]
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

    def _top_ups(self, first: int) -> pd.DataFrame:
        added = self.asked(
            f"""WITH {self._wanted}
            SELECT ledger.entitlement_id, {_MINUTE.format("happened_at")} AS at,
                   {_AMOUNT.format("balances.total_terms")} AS amount,
                   {_DAY.format("ends")} AS ends, priority,
                   coalesce({_AMOUNT.format("balances.price")}, 0) AS price
            FROM wanted JOIN ledger USING (entitlement_id) JOIN balances USING (balance_id)
            WHERE reason = 'topup' AND {_DAY.format("happened_at::DATE")} <= {self.last}
            ORDER BY ledger.entitlement_id, entry"""
        )
        day, with_day = self._days_of(added["at"], first)
        return pd.DataFrame(
            {
                "day": day,
                "minute": np.where(with_day, -1, added["at"] % DAY),
                "action": int(Action.TOP_UP),
                "entitlement": self._place.reindex(added["entitlement_id"]).to_numpy(np.int64),
                "amount": added["amount"],
                "ends": added["ends"],
                "priority": added["priority"],
                "price": added["price"],
                "order": np.inf,
            }
        )

    def _cases(self, place_of: "pd.Series[int]") -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return the cases that these contracts covered, and what happened to them by the day."""
        asked = self.asked(
            f"""WITH {self._wanted}
            SELECT cases.customer_id, entitlement_id, case_id, {_MINUTE.format("created_at")} AS at,
                   coalesce(enum_code(origin), -1)::BIGINT AS origin,
                   coalesce(product_id, 0) - 1 AS product, coalesce(contact, 0) AS contact,
                   coalesce(account, -1) AS account,
                   decrement::BIGINT AS decrement, coalesce(severity, 0)::BIGINT AS severity,
                   coalesce({_MINUTE.format("responded_at")} - {_MINUTE.format("created_at")}, -1)
                       AS responded_after,
                   {_MINUTE.format("resolved_at")} AS resolved,
                   {_MINUTE.format("cancelled_at")} AS cancelled,
                   coalesce(billable_minutes, -1)::BIGINT AS billed
            FROM wanted JOIN cases USING (entitlement_id)
            WHERE {_DAY.format("created_at::DATE")} <= {self.last}
            ORDER BY case_id"""
        )
        names = ("origin", "product", "contact", "account", "decrement", "severity")
        cases = pd.DataFrame(
            {
                "customer": place_of.reindex(asked["customer_id"]).to_numpy(np.int64),
                "created": asked["at"],
                "wants": self._place.reindex(asked["entitlement_id"]).to_numpy(np.int64),
                **{name: asked[name] for name in (*names, "responded_after")},
            }
        )
        numbers = pd.DataFrame({"case_id": asked["case_id"], "case": np.arange(len(asked))})
        back = numbers.merge(
            self.asked(
                f"""SELECT case_id, {_MINUTE.format("happened_at")} AS at,
                       {_MINUTE.format("ended_at")} AS ended,
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
                    "case": np.flatnonzero(asked[column].notna()),
                    "at": asked[column].dropna(),
                    "move": int(move),
                    "billed": asked["billed"][asked[column].notna()]
                    if move == CaseMove.RESOLVE
                    else -1,
                }
            )
            for column, move in (("resolved", CaseMove.RESOLVE), ("cancelled", CaseMove.CANCEL))
        ]
        between = pd.concat([ended, again]).sort_index(kind="stable")
        events = pd.concat([between, *last], ignore_index=True).astype(np.int64)
        return cases, events[events["at"] < (self.last + 1) * DAY].reset_index(drop=True)


class _Imported(_Reader):
    """A run that was imported, by the history that it keeps."""

    def history(
        self, customers: pd.DataFrame
    ) -> tuple[HistoryTables, "np.ndarray[Any, np.dtype[np.int64]]"]:
        frames = {table: self.asked(f"FROM history_{table}") for table in COLUMNS}
        numbers = frames["entitlements"].pop(HISTORY_NUMBERS["entitlements"]).to_numpy(np.int64)
        frames["cases"] = frames["cases"].drop(columns=HISTORY_NUMBERS["cases"])
        names = list(self.run.scenario.model.templates)
        places = np.array([self.templates[name] for name in names] or [0], np.int64)
        frames["terms"]["template"] = places[frames["terms"]["template"].to_numpy(np.int64)]
        joined = frames["customers"]["joined"].to_numpy(np.int64)
        frames["customers"]["segment"] = (
            customers.set_index("customer_id")["segment"]
            .reindex(np.arange(1, len(joined) + 1))
            .fillna(0)
            .to_numpy(np.int64)
        )
        bookings, cases, events = (frames[name] for name in ("bookings", "cases", "events"))
        end = (self.last + 1) * DAY
        frames["bookings"] = bookings[bookings["day"] <= self.last].reset_index(drop=True)
        early = cases["created"].to_numpy() < end
        if not early.all():
            place = np.cumsum(early) - 1
            case = events["case"].to_numpy(np.int64)
            events = events[early[case]].assign(case=place[case[early[case]]])
            frames["cases"] = cases[early].reset_index(drop=True)
        frames["events"] = events[events["at"] < end].reset_index(drop=True)
        return HistoryTables(**frames), numbers


def first_day_of(history: HistoryTables, otherwise: int) -> int:
    """Return the first day on which anything of a history happens."""
    days = [
        history.column("customers", "joined"),
        history.column("bookings", "day"),
        history.column("cases", "created") // DAY,
    ]
    return int(min([otherwise, *(each.min() for each in days if len(each))]))


def begins_of(model: ScenarioModel) -> int:
    """Return the first day of a scenario."""
    return day_number(model.calendar.start)
