"""A run as plain frames and day-by-day arrays: the other way to reckon what the views say.

Amounts are whole hundredths, days are counted from the first of the run.
"""

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

from entitlement_sim.store.run import Run

PUT_IN = ("allot", "adjust", "topup", "rollover_in")
USE = ("consume", "restore")


def hundredths(value: object) -> object:
    """A decimal of two places as a whole number; anything else as it is."""
    return int(value * 100) if isinstance(value, Decimal) else value


def rows_of(run: Run, query: str) -> list[tuple]:
    """Rows with decimals in hundredths."""
    rows = run.connection.sql(query).fetchall()
    return [tuple(hundredths(value) for value in row) for row in rows]


def frame_of(run: Run, query: str) -> pd.DataFrame:
    """The same as a frame of Python's own values."""
    names = run.connection.sql(query).columns
    return pd.DataFrame(rows_of(run, query), columns=names, dtype=object)


def share(top: float, bottom: float) -> float | None:
    """A ratio, or nothing where there is nothing to divide by."""
    return top / bottom if bottom else None


def close(value: Any) -> Any:
    """A ratio, or a list of them, up to the last bits of a float; NULL is only like NULL."""
    if isinstance(value, list):
        return [close(one) for one in value]
    return None if value is None else pytest.approx(value, rel=1e-12, abs=1e-15)


def half_up(top: int, bottom: int) -> int:
    """Nearest whole number to top / bottom, halves up."""
    return (2 * top + bottom) // (2 * bottom)


def month(day: object) -> object:
    """First day of the month."""
    return pd.Timestamp(day).replace(day=1).date()


class Plain:
    """The tables of a run, and its balances and states day by day."""

    def __init__(self, run: Run) -> None:
        self.run = run
        [(self.start, self.days)] = run.connection.sql(
            "SELECT start_date, days FROM run"
        ).fetchall()
        self.last = self.start + pd.Timedelta(days=self.days - 1)
        tables = ("customers", "templates", "transitions", "cases", "ledger")
        for table in tables:
            setattr(self, table, frame_of(run, f"SELECT *, rowid FROM {table}"))
        held = frame_of(run, "SELECT * FROM entitlements")
        names = self.templates[["template_id", "template"]]
        segments = self.customers[["customer_id", "segment"]]
        held = held.merge(names).merge(segments).set_index("entitlement_id", drop=False)
        self.entitlements = held.sort_index()
        came = self.cases["created_at"] >= pd.Timestamp(self.start)
        self.cases = self.cases[came].reset_index(drop=True)
        # Days from before the run stand in front of it until everything has been added up.
        days = [*self.transitions["on_date"], *self.ledger["happened_at"], self.start]
        self.before = -min(self.day(when) for when in days)
        self._balances()
        self._states()
        self._facts()
        for name in ("put_in", "use", "active"):
            setattr(self, f"lifelong_{name}", getattr(self, name))
        for name in ("balance", "put_in", "use", "states", "active"):
            setattr(self, name, getattr(self, name)[:, self.before :])

    def many(self, number: int) -> int:
        """What the larger portfolios exceed; six customers need only exceed 0."""
        return number if len(self.customers) > 6 else 0

    def day(self, when: dt.date) -> int:
        """Number of a day of the run, from a date or a time of it."""
        return when.toordinal() - self.start.toordinal()

    def used_by(self, place: int, day: int) -> int:
        """Net use of an entitlement up to and with a day, which may lie before the run."""
        return int(self.lifelong_use[place, : self.before + day + 1].sum())

    def held_on(self, place: int, day: int) -> int:
        """Terms put on an entitlement up to and with a day of the run, or before it."""
        return int(self.lifelong_put_in[place, self.before + day])

    def date(self, number: int) -> dt.date:
        """Date of a day of the run."""
        return dt.date.fromordinal(self.start.toordinal() + number)

    def _balances(self) -> None:
        """Closing balance, terms put in and net use of each entitlement and day."""
        ids = self.entitlements.index
        self.place = {entitlement: number for number, entitlement in enumerate(ids)}
        shape = (len(ids), self.before + self.days)
        moved, put_in = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        self.use = np.zeros(shape, np.int64)
        for row in self.ledger.itertuples():
            cell = self.place[row.entitlement_id], self.before + self.day(row.happened_at)
            moved[cell] += row.amount
            if row.reason in PUT_IN:
                put_in[cell] += row.amount
            if row.reason in USE or row.reason == "brought_forward":
                self.use[cell] -= row.amount
        self.balance, self.put_in = moved.cumsum(1), put_in.cumsum(1)

    def _states(self) -> None:
        """State of each entitlement at the close of each day; empty before it exists."""
        self.states = np.full(self.balance.shape, "", dtype="<U9")
        for row in self.transitions.sort_values("rowid").itertuples():
            since = self.before + self.day(row.on_date)
            self.states[self.place[row.entitlement_id], since:] = row.to_state
        self.active = self.states == "active"
        self.took_effect = (self.active | (self.states == "waiting")).any(1)
        customers = self.entitlements["customer_id"].to_numpy(int)
        self.customer_active = {
            customer: self.active[customers == customer, self.before :].any(0)
            for customer in set(customers)
        }

    def _facts(self) -> None:
        held = self.entitlements
        one_day = pd.Timedelta(days=1)
        cancelled = held["ended_by"] == "cancellation"
        held["effective_end"] = [
            min(end, ended - one_day) if gone else end
            for end, ended, gone in zip(held["end_date"], held["ended_on"], cancelled, strict=True)
        ]
        held["covered_from"] = [
            None if activated is None else max(start, activated)
            for start, activated in zip(held["start_date"], held["activated_on"], strict=True)
        ]
        held["covered_to"] = [min(end, self.last) for end in held["effective_end"]]
        held["was_in_force"] = [
            first is not None and first <= last and last >= self.start
            for first, last in zip(held["covered_from"], held["covered_to"], strict=True)
        ]
        held["took_effect"] = self.took_effect
        held["is_draft"] = [
            set(
                self.states[
                    self.place[row.entitlement_id], : self.before + self.day(row.end_date) + 1
                ]
            )
            <= {"", "draft"}
            for row in held.itertuples()
        ]
        held["is_paying"] = held["price"] > 0
        brought = self.ledger["reason"] == "brought_forward"
        held["is_use_known"] = ~held.index.isin(self.ledger["entitlement_id"][brought])
        held["term_days"] = [
            (end - start).days + 1
            for start, end in zip(held["start_date"], held["end_date"], strict=True)
        ]
        held["is_unlimited"] = (held["total_terms"] == 0) & ~held["restrict"].astype(bool)
        held["allotment"] = self.put_in[:, -1]
        held["used"] = self.use.sum(1)
        held["annual_value"] = [
            half_up(price * 365, days)
            for price, days in zip(held["price"], held["term_days"], strict=True)
        ]

    def limited(self) -> pd.DataFrame:
        """Entitlements that were in force and have a number of terms."""
        held = self.entitlements
        return held[held["was_in_force"].astype(bool) & ~held["is_unlimited"].astype(bool)]
