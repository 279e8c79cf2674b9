"""Counts of how customers' cases lie in time: by day, by week, by window, and from one to the next.

In SQL each of them would sort or hash all cases anew. Cases stand by customer and time already, so
they are fetched a part of the customers at a time, and boundaries between equal neighbours say the
rest.
"""

from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..targets import LEAST_CASES, WINDOW_DAYS
from .figures import Figures

#: Cases that are fetched at a time, about.
_AT_A_TIME: Final = 2_000_000
_DAY: Final = 1440
_WEEKS: Final = WINDOW_DAYS // 7
_HOUR: Final = 60

#: Bits of a minute since the run began.
_BITS: Final = 32
_MINUTES: Final = 2**_BITS - 1

Ints = NDArray[np.int64]

_CASES: Final = """
SELECT customer_id, (epoch_us(created_at) // 60000000 - $begins)::INTEGER AS minute
FROM cases
WHERE created_at >= $first::DATE AND created_at < $last::DATE + 1
    AND customer_id BETWEEN $lowest AND $highest
"""


class Bunching(NamedTuple):
    """Counts by segment; windows are numbered by `place`, from the last back.

    Attributes
    ----------
    days : DataFrame
        `cases`, and those `shared` with another of the customer's day.
    gaps : DataFrame
        `gaps` between a customer's cases within a window, and those that are `short`.
    customers : DataFrame
        By `place` and number of `cases`: how many `customers` were there throughout and had so
        many.
    weeks : DataFrame
        By `place`, of `customers` with ten cases or more: Pearson's `chi_square` of their weeks
        against those of all who were there throughout, and its expectation, `freedom`.
    """

    days: pd.DataFrame
    gaps: pd.DataFrame
    customers: pd.DataFrame
    weeks: pd.DataFrame


class _Customers(NamedTuple):
    """Customers by their number: the place of their segment, and the days that they were there.

    Where demand ends some days after the last cover, a customer is taken to be there up to its last
    day of cover: when the demand ended is in no table.
    """

    ids: Ints
    segments: Ints
    joined: Ints
    until: Ints

    def were_there(self, who: Ints | slice, first: Ints | int) -> NDArray[np.bool_]:
        """Whether customers were there throughout the windows that begin on the days `first`."""
        last = first + (WINDOW_DAYS - 1)
        there: NDArray[np.bool_] = (self.joined[who] <= first) & (self.until[who] >= last)
        return there


def bunching_of(figures: Figures) -> Bunching:
    """Count how the cases of a run lie in time."""
    names, customers = _customers(figures)
    counter = _Counter(figures, len(names), customers)
    total = figures.run.manifest.rows["cases"]
    parts = max(1, min(-(-total // _AT_A_TIME), len(customers.ids)))
    for ids in np.array_split(customers.ids, parts):
        if len(ids):
            counter.add(_keys(figures, customers.ids, ids))
    return counter.result(names)


#: Days are counted from the first of the run.
_CUSTOMERS: Final = """
WITH covered AS (
    SELECT customer_id, max(coalesce(ended_on - 1, end_date)) AS until
    FROM entitlements GROUP BY customer_id
)
SELECT customer_id, segment::VARCHAR AS segment, (joined_on - $first::DATE)::BIGINT AS joined,
       coalesce(until - $first::DATE, -1)::BIGINT AS until
FROM customers LEFT JOIN covered USING (customer_id)
ORDER BY customer_id
"""


def _customers(figures: Figures) -> tuple[list[str], _Customers]:
    frame = figures.run.sql(_CUSTOMERS, {"first": figures.first})
    codes, names = pd.factorize(frame["segment"], sort=True)
    lives_on = ~frame["segment"].isin(figures.mortal)
    until = frame["until"].mask(lives_on, len(figures.days))
    columns = (frame["customer_id"], codes, frame["joined"], until)
    return [str(name) for name in names], _Customers(*(np.asarray(c, np.int64) for c in columns))


def _keys(figures: Figures, all_ids: Ints, ids: Ints) -> Ints:
    """Cases of some customers, sorted: the customer's place, times 2³², and the minute."""
    bounds = {"first": figures.first, "last": figures.last, "begins": figures.begins}
    bounds |= {"lowest": int(ids[0]), "highest": int(ids[-1])}
    arrays: dict[str, Any] = figures.run.connection.execute(_CASES, bounds).fetchnumpy()
    numbers = arrays["customer_id"].astype(np.int64)
    is_whole = int(all_ids[-1] - all_ids[0]) == len(all_ids) - 1
    keys = numbers - all_ids[0] if is_whole else np.searchsorted(all_ids, numbers)
    keys <<= _BITS
    keys |= arrays["minute"]
    return keys if (keys[1:] >= keys[:-1]).all() else np.sort(keys)


class _Counter:
    """Adds up cases, a part of the customers at a time."""

    def __init__(self, figures: Figures, segments: int, customers: _Customers) -> None:
        self.customers = customers
        self.days = len(figures.days)
        self.windows = figures.windows
        back = self.days - 1 - np.arange(self.days)
        is_inside = back < self.windows * WINDOW_DAYS
        #: Window of each day, and week among those of all windows; -1 before the first window.
        self.place = np.where(is_inside, back // WINDOW_DAYS, -1)
        self.week = np.where(is_inside, self.place * _WEEKS + back % WINDOW_DAYS // 7, -1)
        self.cases = np.zeros(segments, np.int64)
        self.shared = np.zeros(segments, np.int64)
        self.gaps = np.zeros(segments, np.int64)
        self.short = np.zeros(segments, np.int64)
        shape = (segments, self.windows)
        self.of_week = np.zeros((*shape, _WEEKS))
        self.squares = np.zeros((*shape, _WEEKS))
        self.busy = np.zeros(shape, np.int64)
        self.own = np.zeros(shape, np.int64)
        self.seen: list[pd.DataFrame] = []

    def add(self, keys: Ints) -> None:
        """Add sorted cases of some customers, all that these have."""
        self._add_short_gaps(keys)
        who, day, cases = self._by_day(keys)
        segment = self.customers.segments[who]
        self.cases += self._by_segment(segment, cases)
        self.shared += self._by_segment(segment, np.where(cases > 1, cases, 0))
        place = self.place[day]
        inside = place >= 0
        who, day, place, cases = who[inside], day[inside], place[inside], cases[inside]
        if len(who):
            self._add_windows(who, self.week[day], place, cases)

    def _by_day(self, keys: Ints) -> tuple[Ints, Ints, Ints]:
        """Customer, day and cases wherever a customer has cases on a day."""
        days = (keys >> _BITS) * self.days + (keys & _MINUTES) // _DAY
        starts, cases = _stretches(days)
        who, day = np.divmod(days[starts], self.days)
        return who, day, cases

    def _by_segment(self, segment: Ints, amounts: Ints) -> Ints:
        # Sums of whole numbers are exact below 2⁵³.
        return np.bincount(segment, weights=amounts, minlength=len(self.cases)).astype(np.int64)

    def _add_short_gaps(self, keys: Ints) -> None:
        # Keys of different customers lie further apart.
        later = np.flatnonzero(np.diff(keys) < _HOUR) + 1
        place = self.place[(keys[later] & _MINUTES) // _DAY]
        before = self.place[(keys[later - 1] & _MINUTES) // _DAY]
        later = later[(place >= 0) & (place == before)]
        segment = self.customers.segments[keys[later] >> _BITS]
        self.short += np.bincount(segment, minlength=len(self.short))

    def _add_windows(self, who: Ints, week: Ints, place: Ints, cases: Ints) -> None:
        """Add days with cases, in order, to gaps, weeks and numbers of cases by window."""
        starts, _ = _stretches(who * (self.windows * _WEEKS) + week)
        who, week, place, cases = (
            who[starts], week[starts], place[starts], np.add.reduceat(cases, starts),
        )  # fmt: skip
        first, weeks = _stretches(who * self.windows + place)
        own = np.add.reduceat(cases, first)
        segment = self.customers.segments[who]
        self.gaps += self._by_segment(segment[first], own - 1)
        there = self.customers.were_there(who, self.days - WINDOW_DAYS * (place + 1))
        cell = segment * (self.windows * _WEEKS) + week
        own_of_cell = np.repeat(own, weeks)
        busy = there & (own_of_cell >= LEAST_CASES)
        self.of_week += _summed(cell[there], cases[there], self.of_week.shape)
        self.squares += _summed(
            cell[busy], cases[busy] ** 2 / own_of_cell[busy], self.squares.shape
        )
        where = (segment * self.windows + place)[first]
        is_busy = busy[first]
        self.busy += np.bincount(where[is_busy], minlength=self.busy.size).reshape(self.busy.shape)
        self.own += _summed(where[is_busy], own[is_busy], self.own.shape).astype(np.int64)
        counted = pd.DataFrame({"where": where[there[first]], "cases": own[there[first]]})
        self.seen.append(counted.groupby(["where", "cases"]).size().reset_index(name="customers"))

    def result(self, names: list[str]) -> Bunching:
        """Return the counts, with the segments by their names."""
        segments = pd.Series(names, dtype="str")
        places = pd.MultiIndex.from_product(
            [names, range(self.windows)], names=["segment", "place"]
        ).to_frame(index=False)
        return Bunching(
            pd.DataFrame({"segment": segments, "cases": self.cases, "shared": self.shared}),
            pd.DataFrame({"segment": segments, "gaps": self.gaps, "short": self.short}),
            self._histogram(places),
            self._chi_squares(places),
        )

    def _histogram(self, places: pd.DataFrame) -> pd.DataFrame:
        there = np.zeros((len(self.cases), self.windows), np.int64)
        for place in range(self.windows):
            present = self.customers.were_there(slice(None), self.days - WINDOW_DAYS * (place + 1))
            there[:, place] = np.bincount(
                self.customers.segments[present], minlength=len(self.cases)
            )
        none = pd.DataFrame({"where": np.arange(there.size), "cases": 0})
        seen = pd.concat([none.assign(customers=0), *self.seen], ignore_index=True)
        with_cases = seen.groupby("where")["customers"].sum().to_numpy()
        none["customers"] = there.reshape(-1) - with_cases
        parts = pd.concat([none, *self.seen], ignore_index=True)
        rows = parts.groupby(["where", "cases"])["customers"].sum().reset_index()
        rows = rows[rows["customers"] > 0]
        return (
            places.iloc[rows["where"]]
            .reset_index(drop=True)
            .assign(cases=rows["cases"].to_numpy(), customers=rows["customers"].to_numpy())
        )

    def _chi_squares(self, places: pd.DataFrame) -> pd.DataFrame:
        of_all = self.of_week.sum(axis=2)
        weeks = (self.of_week > 0).sum(axis=2)
        with np.errstate(divide="ignore", invalid="ignore"):
            of_week = np.where(self.of_week > 0, self.squares / self.of_week, 0.0).sum(axis=2)
        chi_square = of_all * of_week - self.own
        freedom = (weeks - 1) * (self.busy * of_all - self.own) / np.maximum(of_all - 1, 1)
        rows = places.assign(
            customers=self.busy.reshape(-1),
            chi_square=chi_square.reshape(-1),
            freedom=freedom.reshape(-1),
        )
        return rows[rows["customers"] > 0]


def _stretches(keys: Ints) -> tuple[Ints, Ints]:
    """Where stretches of equal neighbours begin, and how long they are."""
    changes = np.flatnonzero(keys[1:] != keys[:-1]) + 1
    starts = np.concatenate([[0], changes]) if len(keys) else changes
    return starts, np.diff(np.append(starts, len(keys)))


def _summed(places: Ints, amounts: NDArray[Any], shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Sums of amounts by place in an array of a shape."""
    size = int(np.prod(shape))
    sums = np.bincount(places, weights=amounts, minlength=size).astype(np.float64)
    return sums.reshape(shape)
