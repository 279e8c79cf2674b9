"""The calendar of a book: a Poisson regression of the cases of its days."""

import datetime as dt
import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from ..population.calendar_days import weekday_of
from ..rules.days import day_number, day_of
from ..telling import counted, iso_day, percent
from .learned import Z95, Learned, plain, positive, rounded, share, significant, unknown
from .seen import DAY, Flags, Floats, Ints, Seen

#: What the largest statistic of a break exceeds once in a hundred times, with 15 per cent trimmed.
_SUP_WALD: Final = 12.16
#: Days of a mean year.
YEAR: Final = 365.25
#: Least days from which a season or a growth is told: a shorter book confounds the two.
LEAST_DAYS: Final = 365
#: Weeks that are drawn together at least, blocks of a long book, and how often they are drawn.
_BLOCK: Final = 4
_BLOCKS: Final = 12
_DRAWS: Final = 400
_STEPS: Final = 50
#: Fewest cases from which weekdays and hours are told, and mean of a day from which incidents are.
LEAST_CASES: Final = 30
_LEAST_A_DAY: Final = 5.0
#: Standard errors beyond which one estimate in a hundred lies by chance.
_RARELY: Final = 2.576
#: Days lie far above others from so many of their usual deviations on.
_FAR: Final = 4.0
#: Turns between rates of customers and days, and when they have come to rest.
_TURNS: Final = 15
_CLOSE: Final = 1e-4
_WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
#: Groups of customers whose days are held against each other.
_GROUPS: Final = 8
#: Weeks over which the level is followed.
_LAGS: Final = 8
#: What is shared is told where it is so many times its standard error.
_TOLD: Final = 1.645
#: Fewest weeks from which it is told how the level wanders.
_WEEKS_OF_LEVEL: Final = 26


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
    """

    learned: list[Learned]
    busy: Floats
    hours: Floats

    def at(self, minutes: Ints, begins: int) -> Floats:
        """Return the busyness that has passed by minutes since 1970."""
        day, minute = np.divmod(minutes - begins * DAY, DAY)
        within = np.interp(minute, np.arange(25) * 60.0, self.hours)
        own = np.diff(self.busy)
        place = np.clip(day, 0, len(own) - 1)
        return np.asarray(self.busy[place] + own[place] * within)


def fit_day_totals(seen: Seen) -> DayTotals:
    """Fit weekdays, holidays, season, growth and what all customers of a day share.

    The totals of days are regressed on weekdays, holidays, two harmonics of the year and a trend,
    by Poisson likelihood with the customers that are covered as offset, each with its own rate,
    which is found in turns with the days. Errors are those of blocks of weeks that are drawn anew
    (one step of Newton's method each), so that neighbouring weeks may go together. What days
    share is told from the covariance between groups of customers, in
    which the cases of one customer that come in bunches have no part.
    """
    book = _Book(seen)
    totals = book.totals
    numbers = np.arange(seen.begins, seen.stop)
    weekdays = weekday_of(numbers)
    holidays = [day_number(holiday.date) for holiday in seen.model.calendar.holidays]
    is_holiday = np.isin(numbers, holidays)
    hours, of_hours = _hours(seen)
    names, design, speaks = _design(seen, numbers, weekdays, is_holiday, totals)
    by_group = _in_turns(book, design, speaks)
    offset = by_group.sum(0)
    like_holidays, break_at = _irregular(seen, totals, offset, numbers, weekdays, is_holiday)
    if like_holidays.any() or break_at is not None:
        is_holiday = is_holiday | like_holidays
        names, design, speaks = _design(seen, numbers, weekdays, is_holiday, totals, break_at)
        by_group = _in_turns(book, design, speaks)
        offset = by_group.sum(0)
    usable = (offset > 0) & speaks
    if totals[usable].sum() < LEAST_CASES or not names:
        n = int(totals.sum())
        why = f"{counted(n, 'case')} on days on which a customer was covered tell no calendar"
        none = [
            unknown(("calendar", key), why, n=n, unit="cases")
            for key in ("weekdays", "holidays", "season", "growth", "day_spread", "level")
        ]
        return DayTotals([*none, of_hours], np.arange(seen.days + 1.0), hours)
    beta, information = _poisson(design[usable], totals[usable], offset[usable])
    draws = _block_bootstrap(
        design[usable],
        totals[usable],
        offset[usable],
        beta,
        information,
        (numbers[usable] + 3) // 7,
    )
    if break_at is not None and abs(beta[-1]) <= _RARELY * draws[:, -1].std(ddof=1):
        # Beside a trend, and with weeks that go together, it is not told from none.
        break_at = None
        names, design, beta, draws = (
            names[:-1],
            *_without_step(design[:, :-1], totals, offset, usable, numbers),
        )
    own = dict(zip(names, beta, strict=True))
    drawn = dict(zip(names, draws.T, strict=True))
    learned: list[Learned] = []
    weights = _weekdays(learned, own, drawn, totals, weekdays, is_holiday)
    busy = weights[weekdays] / weights.mean()
    busy = busy * _holidays(learned, own, drawn, is_holiday, like_holidays, seen)
    busy = busy * _season(learned, own, drawn, numbers, seen)
    busy = busy * _growth(learned, own, drawn, numbers, seen)
    if break_at is not None:
        busy = busy * _step(learned, own, drawn, numbers, break_at)
    learned.append(of_hours)
    mean = np.zeros(seen.days)
    mean[usable] = np.exp(design[usable] @ beta) * offset[usable]
    of_groups = (book.by_group, by_group)
    learned.extend(_shared(of_groups, mean, numbers, usable & (weekdays < 5) & ~is_holiday))
    return DayTotals(learned, np.concatenate([[0.0], np.cumsum(busy)]), hours)


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


def _without_step(
    design: Floats, totals: Floats, offset: Floats, usable: Flags, numbers: Ints
) -> tuple[Floats, Floats, Floats]:
    beta, information = _poisson(design[usable], totals[usable], offset[usable])
    weeks = (numbers[usable] + 3) // 7
    draws = _block_bootstrap(
        design[usable], totals[usable], offset[usable], beta, information, weeks
    )
    return design, beta, draws


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
    if seen.days >= LEAST_DAYS:
        turns = 2 * np.pi * _of_year(numbers) / YEAR
        for harmonic in (1, 2):
            columns += [np.cos(harmonic * turns), np.sin(harmonic * turns)]
            names += [f"cos {harmonic}", f"sin {harmonic}"]
        columns.append((numbers - seen.begins) / YEAR)
        names.append("growth")
    if break_at is not None:
        columns.append((numbers >= break_at).astype(np.float64))
        names.append("step")
    return names, np.column_stack(columns), speaks


def _of_year(numbers: Ints) -> Floats:
    dates = numbers.astype("datetime64[D]")
    of_year: Floats = (dates - dates.astype("datetime64[Y]")).astype(np.float64)
    return of_year


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
    own: dict[str, float],
    drawn: dict[str, Floats],
    totals: Floats,
    weekdays: Ints,
    is_holiday: Flags,
) -> Floats:
    """Learn the weekdays; return their weights against the mean working day."""
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
    learned.append(
        Learned(
            ("calendar", "weekdays"),
            rounded(weights.tolist()),
            "estimated",
            numbers,
            n,
            "cases",
            how,
        )
    )
    return weights


def _holidays(
    learned: list[Learned],
    own: dict[str, float],
    drawn: dict[str, Floats],
    is_holiday: Flags,
    like_holidays: Flags,
    seen: Seen,
) -> Floats:
    """Learn one factor for all holidays, named or found; return that of each day."""
    path = ("calendar", "holidays")
    found = [day_of(int(number)) for number in seen.begins + np.flatnonzero(like_holidays)]
    listed = [*(holiday.date for holiday in seen.model.calendar.holidays), *found]
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
    if found:
        note = f"{counted(len(found), 'day')} that no record names had so few cases that they are "
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
    return like_holidays, _break_in(numbers, totals, mean, usable & ~like_holidays, weeks)


def _shifted(values: Floats, by: int) -> Floats:
    moved = np.zeros_like(values)
    if by > 0:
        moved[by:] = values[:-by]
    else:
        moved[:by] = values[-by:]
    return moved


def _break_in(
    numbers: Ints, totals: Floats, mean: Floats, usable: Flags, weeks: Ints
) -> int | None:
    """Return the day number of the Monday from which on the level is another one."""
    seen = np.bincount(weeks, np.where(usable, totals, 0.0))
    expected = np.bincount(weeks, np.where(usable, mean, 0.0))
    count = len(seen)
    if count < 20 or not (expected > 0).all():
        return None
    edge = max(int(0.15 * count), 4)
    before, below = np.cumsum(seen), np.cumsum(expected)
    best, place = 0.0, 0
    for week in range(edge, count - edge):
        first, second = before[week - 1], before[-1] - before[week - 1]
        of_first, of_second = below[week - 1], below[-1] - below[week - 1]
        if min(first, second) < 10:
            continue
        levels = np.where(np.arange(count) < week, first / of_first, second / of_second)
        apart = seen - levels * expected
        # Long-run variance: of sums of four weeks, so that neighbouring ones may go together.
        sums = np.convolve(apart, np.ones(_BLOCK), "valid")
        variance = max(float((sums**2).mean()) / _BLOCK * count, float(seen.sum()))
        step = math.log(second / of_second) - math.log(first / of_first)
        error = variance / count * (week / first**2 + (count - week) / second**2)
        if step**2 / error > best:
            best, place = step**2 / error, week
    if best <= _SUP_WALD:
        return None
    return int((numbers[0] + 3) // 7 + place) * 7 - 3


def _step(
    learned: list[Learned],
    own: dict[str, float],
    drawn: dict[str, Floats],
    numbers: Ints,
    break_at: int,
) -> Floats:
    """Learn the break of the level; return its factor of each day."""
    factor = math.exp(own["step"])
    error = float(np.exp(drawn["step"]).std(ddof=1))
    value = [{"date": day_of(break_at), "factor": significant(min(factor, 100.0))}]
    learned.append(
        Learned(
            ("calendar", "level", "steps"),
            value,
            "estimated",
            (positive(factor, error, f"from {iso_day(day_of(break_at))}"),),
            len(numbers),
            "days",
            "largest of the statistics of all weeks (Andrews 1993), at one in a hundred",
            "a break and a growth of few years are hardly told apart",
        )
    )
    return np.where(numbers >= break_at, factor, 1.0)


def _season(
    learned: list[Learned],
    own: dict[str, float],
    drawn: dict[str, Floats],
    numbers: Ints,
    seen: Seen,
) -> Floats:
    """Learn the season; return its factor of each day."""
    path = ("calendar", "season")
    if "cos 1" not in own:
        why = f"the book has {seen.days} days, and a season takes a year"
        learned.append(unknown(path, why, n=seen.days, unit="days"))
        return np.ones(seen.days)
    size = math.hypot(own["cos 1"], own["sin 1"])
    again = np.hypot(drawn["cos 1"], drawn["sin 1"])
    # Of a cosine in the logarithm, the one around 1 that has the same highest and lowest day.
    amplitude = math.tanh(size)
    error = float(np.std(np.r_[drawn["cos 1"] - own["cos 1"], drawn["sin 1"] - own["sin 1"]]))
    turn = math.atan2(own["sin 1"], own["cos 1"]) / (2 * math.pi) % 1
    peak = dt.date(2001, 1, 1) + dt.timedelta(days=round(turn * YEAR) % 365)
    chi = _chi_square(own, drawn, ("cos 1", "sin 1"))
    second = _chi_square(own, drawn, ("cos 2", "sin 2"))
    note = ""
    if second > _CHI_SQUARE_2_RARE:
        twice = math.hypot(own["cos 2"], own["sin 2"])
        note = f"a second wave a year of {percent(twice)} is seen, which a scenario cannot say"
    if chi <= _CHI_SQUARE_2:
        found = f"a season of {_with_error(amplitude, error)} is not told from none"
        learned.append(
            unknown(path, "; ".join(filter(None, (found, note))), n=seen.days, unit="days")
        )
        return np.ones(seen.days)
    days = (again > 0) * np.angle(
        (drawn["cos 1"] + 1j * drawn["sin 1"]) * np.exp(-2j * np.pi * turn)
    )
    value = {
        "amplitude": significant(min(amplitude, 0.99)),
        "peak": f"{peak.month:02d}-{peak.day:02d}",
    }
    learned.append(
        Learned(
            path,
            value,
            "estimated",
            (
                positive(amplitude, error * (1 - amplitude**2), "amplitude"),
                plain(turn * YEAR, float(days.std(ddof=1)) / (2 * math.pi) * YEAR, "peak day"),
            ),
            seen.days,
            "days",
            "Poisson regression of day totals: first harmonic of the year",
            note,
        )
    )
    peak_day = peak.timetuple().tm_yday - 1
    swing = np.cos(2 * np.pi * (_of_year(numbers) - peak_day) / YEAR)
    return np.asarray(1 + amplitude * swing)


def _with_error(value: float, error: float) -> str:
    return f"{percent(value)} (standard error {percent(error)})"


#: What chi-square with two degrees of freedom exceeds once in twenty, and in a hundred times.
_CHI_SQUARE_2: Final = 5.991
_CHI_SQUARE_2_RARE: Final = 9.210


def _chi_square(own: dict[str, float], drawn: dict[str, Floats], names: tuple[str, str]) -> float:
    values = np.array([own[name] for name in names])
    covariance = np.cov([drawn[name] for name in names])
    return float(values @ np.linalg.pinv(covariance) @ values)


def _growth(
    learned: list[Learned],
    own: dict[str, float],
    drawn: dict[str, Floats],
    numbers: Ints,
    seen: Seen,
) -> Floats:
    """Learn the growth a year; return its factor of each day."""
    path = ("calendar", "growth")
    if "growth" not in own:
        why = f"the book has {seen.days} days, and growth takes a year"
        learned.append(unknown(path, why, n=seen.days, unit="days"))
        return np.ones(seen.days)
    slope = own["growth"]
    error = float(drawn["growth"].std(ddof=1))
    growth = math.expm1(slope)
    number = plain(growth, error * math.exp(slope))
    if abs(slope) <= 1.96 * error:
        why = f"growth of {_with_error(growth, error)} a year is not told from none"
        learned.append(Learned(path, None, "default", (number,), seen.days, "days", note=why))
        return np.ones(seen.days)
    value = significant(min(max(growth, -0.9), 10.0))
    how = "Poisson regression of day totals: trend"
    learned.append(Learned(path, value, "estimated", (number,), seen.days, "days", how))
    return np.asarray(np.exp(slope * (numbers - seen.begins) / YEAR))


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
    by_customer = pd.crosstab(seen.cases["customer_id"], minute // 60).reindex(
        columns=range(24), fill_value=0
    )
    table = by_customer.to_numpy(np.float64)
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


def _shared(
    by_group: tuple[Floats, Floats], mean: Floats, numbers: Ints, usable: Flags
) -> list[Learned]:
    """Learn what all customers of a day and of a week share beyond the calendar.

    With groups g and h of customers, days d and e and what is expected of them, the mean of
    ``(Y[g,d] - M[g,d]) (Y[h,e] - M[h,e])`` over that of ``M[g,d] M[h,e]`` is the covariance of what
    days d and e share. Only pairs of different groups are taken.
    """
    counts, offset = by_group
    incidents = _incidents(counts.sum(0), mean, usable)
    usable = usable & ~incidents
    aside = ""
    if incidents.any():
        aside = f"{counted(int(incidents.sum()), 'day')} with far more cases than others, as of "
        aside += "incidents, left aside; these are not fitted"
    share_of = np.divide(offset, offset.sum(0), np.zeros_like(offset), where=offset.sum(0) > 0)
    means = share_of * mean
    own = np.divide(counts.sum(1), means.sum(1), np.zeros(len(means)), where=means.sum(1) > 0)
    means = means * own[:, None]
    apart = np.where(usable, counts - means, 0.0)
    means = np.where(usable, means, 0.0)
    weeks = (numbers + 3) // 7 - (numbers[0] + 3) // 7
    count = int(weeks[-1]) + 1
    level, spread = ("calendar", "level"), ("calendar", "day_spread")
    if count < _LAGS or (means.sum(1) > 0).sum() < 2:
        why = f"{count} weeks of cases do not tell what days and weeks share"
        return [unknown(path, why, n=count, unit="weeks") for path in (spread, level)]
    by_week = np.zeros((2, len(counts), count))
    np.add.at(by_week[0].T, weeks, apart.T)
    np.add.at(by_week[1].T, weeks, means.T)
    day_pairs = [_pairs(each, each) for each in (apart, means)]  # of each day with itself
    same_day = np.array([np.bincount(weeks, pairs, count) for pairs in day_pairs])
    same_week = np.array([_pairs(each, each) for each in by_week]) - same_day
    lagged = [
        np.array([_pairs(each[:, :-lag], each[:, lag:]) for each in by_week])
        for lag in range(1, _LAGS + 1)
    ]
    estimates = _shared_from(same_day, same_week, lagged, np.arange(count))
    generator = np.random.default_rng(0)
    block = _BLOCK if count >= 3 * _BLOCK else 1
    drawn = []
    for _ in range(_DRAWS // 2):
        starts = generator.integers(count, size=math.ceil(count / block))
        chosen = (starts[:, None] + np.arange(block)).ravel()[:count] % count
        drawn.append(_shared_from(same_day, same_week, lagged, chosen))
    errors = [_deviation(column) for column in np.array(drawn).T]
    of_day, of_level, half_life = estimates
    how = "covariance between groups of customers, errors by blocks of weeks drawn anew"
    n = int(usable.sum())
    learned = []
    if of_day > _TOLD * errors[0]:
        found = math.sqrt(of_day)
        number = positive(found, errors[0] / (2 * found))
        value = significant(min(found, 3))
        learned.append(Learned(spread, value, "estimated", (number,), n, "days", how, aside))
    else:
        why = "; ".join(filter(None, ("working days differ no more than chance has it", aside)))
        learned.append(unknown(spread, why, n=n, unit="days"))
    if of_level <= _TOLD * errors[1] or count < _WEEKS_OF_LEVEL:
        why = "weeks differ no more than chance has it"
        if count < _WEEKS_OF_LEVEL:
            why = f"{count} weeks are too few to tell how the level wanders"
        learned.append(unknown(level, why, n=count, unit="weeks"))
        return learned
    sd = math.sqrt(math.log1p(of_level))
    error = errors[1] / (2 * sd * (1 + of_level))
    if math.isfinite(half_life):
        # Blocks of four weeks do not see how far a level wanders that goes on for longer: as of
        # the variance of an autoregression (Bartlett 1946).
        stays = 2 ** (-14 / half_life)
        error = math.hypot(error, sd * math.sqrt((1 + stays) / (2 * count * (1 - stays))))
    numbers_of_level = [positive(sd, error, "sd")]
    written: dict[str, object] = {"sd": significant(min(sd, 3.0))}
    note = "a season and a growth that were fitted take some of it"
    if math.isfinite(half_life):
        written["half_life_days"] = significant(min(max(half_life, 1.0), 36_525.0), 3)
        numbers_of_level.append(positive(half_life, errors[2], "half_life_days"))
    else:
        note = f"its half-life is not told: the default is kept; {note}"
    learned.append(
        Learned(level, written, "estimated", tuple(numbers_of_level), count, "weeks", how, note)
    )
    return learned


def _incidents(totals: Floats, mean: Floats, usable: Flags) -> Flags:
    """Return the days that have far more cases than others, by what is usual for most."""
    far = np.zeros(len(totals), np.bool_)
    if usable.sum() < 5 * _LAGS or mean[usable].mean() < _LEAST_A_DAY:
        return far
    apart = np.divide(totals - mean, np.sqrt(mean), np.zeros(len(mean)), where=mean > 0)
    middle = float(np.median(apart[usable]))
    usual = 1.4826 * float(np.median(np.abs(apart[usable] - middle)))
    far[usable] = apart[usable] > middle + _FAR * max(usual, 1.0)
    return far


def _deviation(values: Floats) -> float:
    """Return the standard deviation of those that are numbers; NaN of fewer than two."""
    known = values[np.isfinite(values)]
    return float(known.std(ddof=1)) if len(known) > 1 else math.nan


def _pairs(first: Floats, second: Floats) -> Floats:
    """Return for each column the sum of products over pairs of different groups."""
    return np.asarray(first.sum(0) * second.sum(0) - (first * second).sum(0))


def _shared_from(
    same_day: Floats, same_week: Floats, lagged: list[Floats], weeks: Ints
) -> tuple[float, float, float]:
    """Return what days share beyond their week, what those of a week do, and its half-life.

    The first two are squared coefficients of variation, and may come out below 0.
    """

    def covariance(sums: Floats) -> float:
        inside = weeks[weeks < sums.shape[1]]
        below = sums[1, inside].sum()
        return float(sums[0, inside].sum() / below) if below > 0 else 0.0

    of_week = max(covariance(same_week), -0.5)
    of_day = (1 + covariance(same_day)) / (1 + of_week) - 1
    half_life = math.nan
    if of_week > 0:
        variance = math.log1p(of_week)
        lags = np.arange(1, len(lagged) + 1)
        following = np.array([math.log1p(max(covariance(each), -0.5)) for each in lagged])
        stays = np.linspace(0.02, 0.998, 490)
        misfit = ((following - variance * stays[:, None] ** lags) ** 2).sum(1)
        best = float(stays[int(misfit.argmin())])
        half_life = -7 * math.log(2) / math.log(best)
    return of_day, of_week, half_life
