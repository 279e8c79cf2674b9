"""The calendar of a book: a Poisson regression of the cases of its days."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from ..population.calendar_days import weekday_of
from ..rules.days import day_number, day_of
from ..telling import counted
from .learned import Z95, Learned, positive, rounded, share, significant, unknown
from .seasons import Days, SlowMoves, break_in, fit_slow_moves, slow_columns
from .seen import DAY, Flags, Floats, Ints, Seen
from .shared_days import days_of_incidents, fit_day_spread

#: Weeks that are drawn together at least, blocks of a long book, and how often they are drawn.
_BLOCK: Final = 4
_BLOCKS: Final = 12
_DRAWS: Final = 400
_STEPS: Final = 50
#: Fewest cases from which weekdays and hours are told.
LEAST_CASES: Final = 30
#: Turns between rates of customers and days, and when they have come to rest.
_TURNS: Final = 15
_CLOSE: Final = 1e-4
_WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
#: Groups of customers whose days are held against each other.
_GROUPS: Final = 8


@dataclass(frozen=True, eq=False)
class DayTotals:
    """What the days of a book say of its calendar.

    Attributes
    ----------
    learned : list of Learned
    busy : ndarray, shape (days + 1,)
        Busyness that has passed before each day, by the fitted calendar; an ordinary day counts 1.
    hours : ndarray, shape (25,)
        Share of a day's cases before each hour.
    error : float
        Standard error that a level that wanders gives the mean of the book, as a share of it.
    """

    learned: list[Learned]
    busy: Floats
    hours: Floats
    error: float

    def at(self, minutes: Ints, begins: int) -> Floats:
        """Return the busyness that has passed by minutes since 1970."""
        day, minute = np.divmod(minutes - begins * DAY, DAY)
        within = np.interp(minute, np.arange(25) * 60.0, self.hours)
        own = np.diff(self.busy)
        place = np.clip(day, 0, len(own) - 1)
        return np.asarray(self.busy[place] + own[place] * within)


@dataclass(frozen=True, eq=False)
class _Regression:
    """A regression of days.

    Attributes
    ----------
    own : dict of str to float
        Coefficients by their names; empty where there are too few cases.
    drawn : dict of str to ndarray
        The same of weeks that were drawn anew.
    dispersion : float
        How many times as much days vary as by chance.
    spread : Learned
        What customers share on a day.
    slow : SlowMoves
    """

    own: dict[str, float]
    drawn: dict[str, Floats]
    dispersion: float
    spread: Learned
    slow: SlowMoves


def fit_day_totals(seen: Seen) -> DayTotals:
    """Fit weekdays, holidays, season, growth and what all customers of a day share.

    The totals of days are regressed on weekdays, holidays, two harmonics of the year and a trend,
    by Poisson likelihood with the customers that are covered as offset, each with its own rate,
    which is found in turns with the days. Errors of weekdays and holidays are those of blocks of
    weeks that are drawn anew (one step of Newton's method each), so that neighbouring weeks may go
    together. What moves slowly is told from the weeks, beside a level that wanders
    (:mod:`.seasons`), and what days share from the covariance between groups of customers
    (:mod:`.shared_days`).
    """
    book = _Book(seen)
    numbers = np.arange(seen.begins, seen.stop)
    weekdays = weekday_of(numbers)
    holidays = [day_number(holiday.date) for holiday in seen.model.calendar.holidays]
    is_holiday = np.isin(numbers, holidays)
    hours, of_hours = _hours(seen)
    names, design, speaks = _design(seen, numbers, weekdays, is_holiday, book.totals)
    offset = _in_turns(book, design, speaks).sum(0)
    like_holidays, break_at = _irregular(seen, book.totals, offset, numbers, weekdays, is_holiday)
    is_holiday = is_holiday | like_holidays
    found = _regressed(seen, book, numbers, is_holiday, break_at) if names else None
    if found is not None and break_at is not None and not found.slow.has_step:
        found = _regressed(seen, book, numbers, is_holiday, None)
    if found is None:
        n = int(book.totals.sum())
        why = f"{counted(n, 'case')} on days on which a customer was covered tell no calendar"
        none = [
            unknown(("calendar", key), why, n=n, unit="cases")
            for key in ("weekdays", "holidays", "season", "growth", "day_spread", "level")
        ]
        return DayTotals([*none, of_hours], np.arange(seen.days + 1.0), hours, 0.0)
    learned: list[Learned] = []
    weights = _weekdays(learned, found, book.totals, weekdays, is_holiday)
    busy = weights[weekdays] / weights.mean()
    busy = busy * _holidays(learned, found, is_holiday, like_holidays, seen) * found.slow.busy
    learned.extend([*found.slow.learned, found.spread, of_hours])
    passed = np.concatenate([[0.0], np.cumsum(busy)])
    return DayTotals(learned, passed, hours, found.slow.error)


def _regressed(
    seen: Seen, book: "_Book", numbers: Ints, is_holiday: Flags, break_at: int | None
) -> _Regression | None:
    """Regress the days, and then the weeks; None where cases are too few."""
    weekdays, totals = weekday_of(numbers), book.totals
    names, design, speaks = _design(seen, numbers, weekdays, is_holiday, totals, break_at)
    by_group = _in_turns(book, design, speaks)
    offset = by_group.sum(0)
    usable = (offset > 0) & speaks
    if totals[usable].sum() < LEAST_CASES or not names:
        return None
    of_days = (design[usable], totals[usable], offset[usable])
    beta, information = _poisson(*of_days)
    draws = _block_bootstrap(*of_days, beta, information, (numbers[usable] + 3) // 7)
    mean = np.zeros(seen.days)
    mean[usable] = np.exp(design[usable] @ beta) * offset[usable]
    apart = (totals[usable] - mean[usable]) ** 2 / mean[usable]
    dispersion = float(apart.sum()) / max(int(usable.sum()) - len(beta), 1)
    working = usable & (weekdays < 5) & ~is_holiday
    incidents = days_of_incidents(totals, mean, working)
    spread, square = fit_day_spread((book.by_group, by_group), mean, numbers, working, incidents)
    days = Days(numbers, totals, mean, usable & ~incidents, square, break_at)
    own = dict(zip(names, (float(each) for each in beta), strict=True))
    drawn = dict(zip(names, draws.T, strict=True))
    return _Regression(own, drawn, dispersion, spread, fit_slow_moves(days, own))


def _in_turns(book: "_Book", design: Floats, speaks: Flags) -> Floats:
    """Find rates of customers and busyness of days in turns; return the offset by group."""
    busyness = np.ones(len(book.totals))
    offset = book.offset(busyness)
    for _ in range(_TURNS):
        usable = (offset.sum(0) > 0) & speaks
        if book.totals[usable].sum() < 1:
            break
        beta, _information = _poisson(design[usable], book.totals[usable], offset.sum(0)[usable])
        before = busyness
        busyness = np.where(speaks, np.exp(np.clip(design @ beta, -50, 50)), 0.0)
        busyness /= busyness[usable].mean()
        offset = book.offset(busyness)
        if np.abs(busyness - before).max() < _CLOSE:
            break
    return offset


class _Book:
    """Cases and cover by day, in groups of customers.

    Attributes
    ----------
    by_group : ndarray, shape (groups, days)
        Cases.
    totals : ndarray, shape (days,)
        Cases of all.
    """

    def __init__(self, seen: Seen) -> None:
        place = seen.place_of
        covered = seen.covered
        self._days = seen.days
        self._segment = pd.Categorical(seen.customers["segment"], categories=seen.segments).codes
        self._who = place.loc[covered["customer_id"]].to_numpy()
        self._first = covered["first_day"].to_numpy(np.int64) - seen.begins
        self._last = covered["last_day"].to_numpy(np.int64) - seen.begins
        cases = on_covered_days(seen)
        by = place.loc[cases["customer_id"]].to_numpy()
        self._asked = np.bincount(by, minlength=len(place)).astype(np.float64)
        self._group = np.arange(len(place)) % _GROUPS
        self.by_group = np.zeros((_GROUPS, seen.days))
        day = cases["created"].to_numpy(np.int64) // DAY - seen.begins
        np.add.at(self.by_group, (self._group[by], day), 1.0)
        self.totals = self.by_group.sum(0)

    def offset(self, busyness: Floats) -> Floats:
        """Return by group what the customers covered on each day would have, but for its busyness.

        Each customer counts with its own rate, weighed with that of its segment as a gamma spread
        has it: else who leaves by chance would pass for a change of the level.
        """
        passed = np.concatenate([[0.0], np.cumsum(busyness)])
        days = passed[self._last + 1] - passed[self._first]
        exposure = np.bincount(self._who, days, len(self._asked))
        rates = np.zeros(len(self._asked))
        for segment in np.unique(self._segment):
            own = (self._segment == segment) & (exposure > 0)
            if not self._asked[own].any():
                continue
            asked, under = self._asked[own], exposure[own]
            rate = asked.sum() / under.sum()
            expected = rate * under
            beyond = float(((asked - expected) ** 2 - expected).sum() / (expected**2).sum())
            shape = 1 / max(beyond, 1e-3)
            rates[own] = (shape + asked) / (shape / rate + under)
        steps = np.zeros((_GROUPS, self._days + 1))
        np.add.at(steps, (self._group[self._who], self._first), rates[self._who])
        np.add.at(steps, (self._group[self._who], self._last + 1), -rates[self._who])
        offset = np.cumsum(steps, 1)[:, :-1]
        offset[offset < 1e-12] = 0.0
        return offset


def on_covered_days(seen: Seen) -> pd.DataFrame:
    """Return the cases that came on days on which their customer was covered."""
    cases = seen.cases
    cases = cases[cases["customer_id"].isin(seen.customers["customer_id"])]
    stretches = seen.covered
    if cases.empty or stretches.empty:
        return cases.iloc[:0].assign(stretch=np.zeros(0, np.int64))
    key = cases["customer_id"].to_numpy(np.int64) * 10**7 + cases["created"].to_numpy() // DAY
    starts = stretches["customer_id"].to_numpy(np.int64) * 10**7 + stretches["first_day"].to_numpy()
    stops = stretches["customer_id"].to_numpy(np.int64) * 10**7 + stretches["last_day"].to_numpy()
    at = np.searchsorted(starts, key, side="right") - 1
    inside = (at >= 0) & (key <= stops[np.maximum(at, 0)])
    found: pd.DataFrame = cases[inside].assign(stretch=at[inside])
    return found


def _design(
    seen: Seen,
    numbers: Ints,
    weekdays: Ints,
    is_holiday: Flags,
    totals: Floats,
    break_at: int | None = None,
) -> tuple[list[str], Floats, Flags]:
    """Return names and columns of the regression, and the days that are part of it.

    A weekday without a case has no column, as its factor is 0.
    """
    columns: list[Floats] = []
    names: list[str] = []
    for day in range(7):
        if totals[(weekdays == day) & ~is_holiday].sum() > 0:
            columns.append((weekdays == day).astype(np.float64))
            names.append(_WEEKDAYS[day])
    if not names:
        return [], np.zeros((seen.days, 0)), np.zeros(seen.days, np.bool_)
    speaks = np.any(columns, axis=0)
    if totals[is_holiday & speaks].sum() > 0:
        columns.append(is_holiday.astype(np.float64))
        names.append("holiday")
    else:
        speaks &= ~is_holiday
    slow_names, slow = slow_columns(numbers, seen.begins, seen.days, break_at)
    return [*names, *slow_names], np.column_stack([*columns, *slow]), speaks


def _poisson(design: Floats, counts: Floats, offset: Floats) -> tuple[Floats, Floats]:
    """Return the likeliest coefficients, by reweighted least squares, and the information."""
    beta = np.linalg.lstsq(design, np.log((counts + 0.5) / offset), rcond=None)[0]
    for _ in range(_STEPS):
        mean = np.exp(np.clip(design @ beta, -50, 50)) * offset
        information = (design * mean[:, None]).T @ design
        step = np.linalg.lstsq(information, design.T @ (counts - mean), rcond=None)[0]
        beta = beta + np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-10:
            break
    mean = np.exp(np.clip(design @ beta, -50, 50)) * offset
    information = np.asarray((design * mean[:, None]).T @ design, np.float64)
    return np.asarray(beta, np.float64), information


def _block_bootstrap(
    design: Floats, counts: Floats, offset: Floats, beta: Floats, information: Floats, week: Ints
) -> Floats:
    """Return coefficients of weeks that were drawn anew in blocks, one step of Newton's each."""
    from scipy.stats import t as student

    mean = np.exp(design @ beta) * offset
    scores = design * (counts - mean)[:, None]
    weeks, place = np.unique(week, return_inverse=True)
    by_week = np.zeros((len(weeks), design.shape[1]))
    np.add.at(by_week, place, scores)
    # Twelve blocks in a long book: the longer they are, the more of a level that wanders they see.
    block = max(_BLOCK, len(weeks) // _BLOCKS) if len(weeks) >= 3 * _BLOCK else 1
    sums = sum(np.roll(by_week, -shift, axis=0) for shift in range(block))
    blocks = max(len(weeks) / block, 2.0)
    generator = np.random.default_rng(0)
    drawn = generator.integers(len(weeks), size=(_DRAWS, math.ceil(blocks)))
    totals = np.asarray(sums)[drawn].sum(1) * math.sqrt(blocks / math.ceil(blocks))
    # So few blocks are themselves uncertain: by Student's quantile over the normal one.
    totals *= float(student.ppf(0.975, blocks - 1)) / Z95
    return np.asarray(beta + totals @ np.linalg.pinv(information))


def _weekdays(
    learned: list[Learned],
    found: _Regression,
    totals: Floats,
    weekdays: Ints,
    is_holiday: Flags,
) -> Floats:
    """Learn the weekdays; return their weights against the mean working day."""
    own, drawn = found.own, found.drawn
    there = set(weekdays[~is_holiday].tolist())
    if len(there) < 7:
        learned.append(
            unknown(("calendar", "weekdays"), "the book is shorter than a week of working days")
        )
        return np.ones(7)
    weights: Floats = np.array([math.exp(own[day]) if day in own else 0.0 for day in _WEEKDAYS])
    again = np.array(
        [np.exp(drawn[day]) if day in drawn else np.zeros(_DRAWS) for day in _WEEKDAYS]
    )
    if not weights[:5].sum() > 0:
        learned.append(unknown(("calendar", "weekdays"), "no case came on a working day"))
        return np.ones(7)
    again = again / again[:5].mean(0)
    weights = np.asarray(weights / weights[:5].mean())
    numbers = tuple(
        positive(float(weight), float(spread), day)
        for day, weight, spread in zip(_WEEKDAYS, weights, again.std(1, ddof=1), strict=True)
    )
    n = int(totals.sum())
    how = "Poisson regression of day totals; errors by blocks of weeks drawn anew"
    note = f"days vary {found.dispersion:.3g} times as much as by chance"
    learned.append(
        Learned(
            ("calendar", "weekdays"),
            rounded(weights.tolist()),
            "estimated",
            numbers,
            n,
            "cases",
            how,
            note,
        )
    )
    return weights


def _holidays(
    learned: list[Learned],
    found: _Regression,
    is_holiday: Flags,
    like_holidays: Flags,
    seen: Seen,
) -> Floats:
    """Learn one factor for all holidays, named or found; return that of each day."""
    path = ("calendar", "holidays")
    own, drawn = found.own, found.drawn
    unnamed = [day_of(int(number)) for number in seen.begins + np.flatnonzero(like_holidays)]
    listed = [*(holiday.date for holiday in seen.model.calendar.holidays), *unnamed]
    n = int(is_holiday.sum())
    if not listed:
        learned.append(unknown(path, "the records name no holiday, and no day looks like one"))
        return np.ones(seen.days)
    if not n:
        learned.append(unknown(path, "no holiday of the calendar lies in the book"))
        return np.ones(seen.days)
    factor = math.exp(own["holiday"]) if "holiday" in own else 0.0
    error = float(np.exp(drawn["holiday"]).std(ddof=1)) if "holiday" in drawn else math.nan
    value = [{"date": date, "factor": significant(min(factor, 10.0))} for date in sorted(listed)]
    note = ""
    if unnamed:
        note = (
            f"{counted(len(unnamed), 'day')} that no record names had so few cases that they are "
        )
        note += "taken for holidays, too"
    how = "Poisson regression of day totals: one factor for all of them"
    number = positive(factor, error, "factor")
    learned.append(Learned(path, value, "estimated", (number,), n, "holidays", how, note))
    of_days: Floats = np.where(is_holiday, factor, 1.0)
    return of_days


def _irregular(
    seen: Seen,
    totals: Floats,
    offset: Floats,
    numbers: Ints,
    weekdays: Ints,
    is_holiday: Flags,
) -> tuple[Flags, int | None]:
    """Return the days that look like holidays though none is named, and where the level breaks.

    A working day looks like a holiday with at most a third of its cases, where by chance one book
    in a hundred would have such a day. The level breaks where the largest of the statistics of all
    weeks but the outer 15 per cent exceeds that of Andrews (1993, Econometrica 61) for one in a
    hundred; it is compared without a trend, which a break would pass for.
    """
    from scipy.stats import poisson

    none = np.zeros(seen.days, np.bool_)
    names, design, speaks = _design(seen, numbers, weekdays, is_holiday, totals)
    kept = [place for place, name in enumerate(names) if name != "growth"]
    design = design[:, kept]
    usable = (offset > 0) & speaks & ~is_holiday
    if not names or usable.sum() < 5 * 7 or totals[usable].sum() < 1:
        return none, None
    beta, _ = _poisson(design[usable], totals[usable], offset[usable])
    mean = np.exp(design @ beta) * offset
    weeks = (numbers + 3) // 7 - (numbers[0] + 3) // 7
    local = np.bincount(weeks, np.where(usable, totals, 0.0)).astype(np.float64)
    local_mean = np.bincount(weeks, np.where(usable, mean, 0.0)).astype(np.float64)
    # Against the weeks around it, so that no lasting fall of the level is taken for holidays.
    near, near_mean = (
        np.sum([_shifted(each, lag) for lag in (-2, -1, 1, 2)], axis=0)
        for each in (local, local_mean)
    )
    level = np.divide(near, near_mean, np.ones(len(local)), where=near_mean > 0)
    own = mean * np.minimum(level[weeks], 1.0)
    few = usable & (weekdays < 5) & (totals <= own / 3)
    like_holidays = few & (poisson.cdf(totals, own / 2) < 0.01 / seen.days)
    return like_holidays, break_in(numbers, totals, mean, usable & ~like_holidays, weeks)


def _shifted(values: Floats, by: int) -> Floats:
    moved = np.zeros_like(values)
    if by > 0:
        moved[by:] = values[:-by]
    else:
        moved[:by] = values[-by:]
    return moved


def _hours(seen: Seen) -> tuple[Floats, Learned]:
    """Return which share of a day's cases has come before each hour, and what is learned of it."""
    path = ("calendar", "hours")
    even = np.linspace(0.0, 1.0, 25)
    if not seen.has("cases.time"):
        return even, unknown(path, "the time of the day at which cases came is not known")
    minute = seen.cases["created"].to_numpy(np.int64) % DAY
    counts = np.bincount(minute // 60, minlength=24).astype(np.float64)
    total = counts.sum()
    if total < LEAST_CASES:
        why = f"{int(total)} cases are too few"
        return even, unknown(path, why, n=int(total), unit="cases")
    if len(np.unique(minute)) == 1 and total > 1:
        return even, unknown(path, "all cases bear the same time of the day, so none is known")
    shares = counts / total
    # Cases of a customer come together, so hours differ by more than chance: by customer.
    who, customers = pd.factorize(seen.cases["customer_id"])
    cells = np.bincount(who * 24 + minute // 60, minlength=24 * len(customers))
    table = cells.reshape(len(customers), 24).astype(np.float64)
    apart = table - table.sum(1, keepdims=True) * shares
    errors = np.sqrt((apart**2).sum(0)) / total
    numbers = tuple(
        share(float(value), float(error), f"{hour:02d}")
        for hour, (value, error) in enumerate(zip(shares, errors, strict=True))
    )
    value = rounded(100 * shares)
    how = "shares of the cases, errors by customer"
    cumulated = np.concatenate([[0.0], np.cumsum(shares)])
    return cumulated, Learned(path, value, "estimated", numbers, int(total), "cases", how)
