"""What a run records of its contracts up to a day, as a history to be played.

Of a run that was imported it is the history that the run keeps. Of one that was simulated it is
read from the rows: contracts that were open on the day, or ended not long before it, and the cases
that they covered; others say nothing of how the book stands.
"""

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd

from ..engine.going_on import CARRIED
from ..population.calendar_days import DAY
from ..population.days import whole_months
from ..replay.from_rows import AMOUNT, DAYS, MINUTES, ContractRows
from ..replay.tables import HistoryTables
from ..replay.until import history_until
from ..scenario.models import ScenarioModel
from .known import history_of

if TYPE_CHECKING:
    from ..store.run import Run

#: Days that a contract has ended before the last one, and may still be renewed, or come back.
_LONGEST_AWAY: Final = 1100


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
            f"""SELECT entitlement_id, {AMOUNT.format("arg_max(balance, entry)")} AS remaining
            FROM ledger WHERE {DAYS.format("happened_at::DATE")} <= {self.last}
            GROUP BY entitlement_id"""
        )
        return Recorded(history, customers, numbers, carried, balances)

    def customers(self) -> pd.DataFrame:
        rows = self.asked(
            f"""SELECT customer_id, segment::VARCHAR AS segment,
                   {DAYS.format("joined_on")} AS joined
            FROM customers WHERE {DAYS.format("joined_on")} <= {self.last} ORDER BY customer_id"""
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
                  AND {DAYS.format("happened_at::DATE")} <= {self.last}
                GROUP BY entitlement_id
            ), late AS (
                SELECT entitlement_id, count(*) AS missed FROM cases
                WHERE sla_met = FALSE AND {DAYS.format("resolved_at::DATE")} <= {self.last}
                GROUP BY entitlement_id
            )
            SELECT entitlement_id, predecessor_id, renewal_number,
                   coalesce(refused, 0) AS refused, coalesce(missed, 0) AS missed,
                   template, {DAYS.format("anchor")} AS anchor, {DAYS.format("end_date")} AS ends
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
        wanted = f"""SELECT entitlement_id FROM entitlements
            WHERE {DAYS.format("created_on")} <= {self.last}
              AND (ended_on IS NULL
                   OR {DAYS.format("ended_on")} > {self.last - _LONGEST_AWAY})"""
        rows = ContractRows(self.asked, self.model, wanted, self.last)
        sold = rows.sold()
        numbers = sold["entitlement_id"].to_numpy(np.int64)
        place = pd.Series(np.arange(len(sold)), index=numbers)
        place_of = pd.Series(np.arange(len(customers)), index=customers["customer_id"])
        entitlements = pd.DataFrame(
            {
                "customer": place_of.reindex(sold["customer_id"]).to_numpy(np.int64),
                "terms": np.arange(len(sold)),
                "predecessor": place.reindex(sold["predecessor_id"]).fillna(-1).to_numpy(np.int64),
                **{name: sold[name] for name in ("start", "end", "anchor", "account")},
            }
        )
        named = ["allocation", "decrease_on", "restrict", "total", "price", "template"]
        cases, events = self._cases(rows, place_of, place)
        history = HistoryTables(
            customers=pd.DataFrame(
                {
                    "joined": customers["joined"].to_numpy(np.int64, copy=True),
                    "segment": customers["segment"],
                    "keeps_default": 1,
                }
            ),
            terms=sold[named].assign(as_sold=1),
            entitlements=entitlements,
            bookings=rows.bookings(place, sold["total"].to_numpy(np.int64)),
            cases=cases,
            events=events,
            channels=rows.channels(place),
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
        return {
            "listed_products": pd.DataFrame(products, columns=["terms", "product"]),
            "listed_contacts": pd.DataFrame(contacts, columns=["terms", "contact"]),
        }

    def _cases(
        self, rows: ContractRows, place_of: "pd.Series[int]", place: "pd.Series[int]"
    ) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return the cases that these contracts covered, and what happened to them by the day."""
        asked = rows.asked(
            f"""SELECT cases.customer_id, entitlement_id, case_id,
                   {MINUTES.format("created_at")} AS at,
                   coalesce(enum_code(origin), -1)::BIGINT AS origin,
                   coalesce(product_id, 0) - 1 AS product, coalesce(contact, 0) AS contact,
                   coalesce(account, -1) AS account,
                   decrement::BIGINT AS decrement, coalesce(severity, 0)::BIGINT AS severity,
                   coalesce(
                       {MINUTES.format("responded_at")} - {MINUTES.format("created_at")}, -1
                   ) AS responded_after,
                   {MINUTES.format("resolved_at")} AS resolved,
                   {MINUTES.format("cancelled_at")} AS cancelled,
                   coalesce(billable_minutes, -1)::BIGINT AS billed
            FROM wanted JOIN cases USING (entitlement_id)
            WHERE {DAYS.format("created_at::DATE")} <= {self.last}
            ORDER BY case_id"""
        )
        names = ("origin", "product", "contact", "account", "decrement", "severity")
        cases = pd.DataFrame(
            {
                "customer": place_of.reindex(asked["customer_id"]).to_numpy(np.int64),
                "created": asked["at"],
                "wants": place.reindex(asked["entitlement_id"]).to_numpy(np.int64),
                **{name: asked[name] for name in (*names, "responded_after")},
            }
        )
        events = rows.events(asked)
        return cases, events[events["at"] < (self.last + 1) * DAY].reset_index(drop=True)


class _Imported(_Reader):
    """A run that was imported, by the history that it keeps."""

    def history(
        self, customers: pd.DataFrame
    ) -> tuple[HistoryTables, "np.ndarray[Any, np.dtype[np.int64]]"]:
        whole, numbers = history_of(self.run)
        names = list(self.run.scenario.model.templates)
        places = np.array([self.templates[name] for name in names] or [0], np.int64)
        terms = whole.terms.assign(template=places[whole.terms["template"].to_numpy(np.int64)])
        prices = self.asked(
            f"SELECT entitlement_id, {AMOUNT.format('price')} AS price FROM entitlements"
        ).set_index("entitlement_id")["price"]
        paid = prices.reindex(numbers).fillna(0).to_numpy(np.int64)
        until = history_until(_priced(replace(whole, terms=terms), paid), self.last)
        segments = customers.set_index("customer_id")["segment"].reindex(until.customers + 1)
        known = until.history.customers.assign(segment=segments.fillna(0).to_numpy(np.int64))
        return replace(until.history, customers=known), numbers[until.entitlements]


def _priced(history: HistoryTables, prices: "np.ndarray[Any, np.dtype[np.int64]]") -> HistoryTables:
    """Return a history whose terms have the prices of its entitlements: terms of each price."""
    own = history.column("entitlements", "terms")
    has_terms = own >= 0
    pairs, place = np.unique(
        np.stack([own[has_terms], prices[has_terms]]), axis=1, return_inverse=True
    )
    terms = np.array(own)
    terms[has_terms] = place
    of_pair = pd.DataFrame({"terms": pairs[0], "place": np.arange(pairs.shape[1])})
    listed = {
        table: of_pair.merge(frame, on="terms")
        .drop(columns="terms")
        .rename(columns={"place": "terms"})
        if len(frame)
        else frame
        for table, frame in (
            ("channels", history.channels),
            ("listed_products", history.listed_products),
            ("listed_contacts", history.listed_contacts),
        )
    }
    return replace(
        history,
        terms=history.terms.iloc[pairs[0]].assign(price=pairs[1]).reset_index(drop=True),
        entitlements=history.entitlements.assign(terms=terms),
        **listed,
    )


def first_day_of(history: HistoryTables, otherwise: int) -> int:
    """Return the first day on which anything of a history happens."""
    days = [
        history.column("customers", "joined"),
        history.column("bookings", "day"),
        history.column("cases", "created") // DAY,
    ]
    return int(min([otherwise, *(each.min() for each in days if len(each))]))
