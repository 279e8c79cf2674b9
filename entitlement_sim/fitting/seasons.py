"""What moves a book slowly: season, growth, breaks, and a level that wanders, told jointly."""

import datetime as dt
import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from ..rules.days import day_of
from ..telling import iso_day, percent
from .learned import Learned, Number, plain, positive, significant, unknown
from .levels import Weeks, by_week, errors_of_mean, fit_weeks
from .seen import Flags, Floats, Ints

#: Days of a mean year.
YEAR: Final = 365.25
#: Least days from which a season or a growth is told: a shorter book confounds the two.
LEAST_DAYS: Final = 365
#: What the largest statistic of a break exceeds once in a hundred times, with 15 per cent trimmed.
_SUP_WALD: Final = 12.16
#: Weeks whose sum says how far neighbouring weeks go together, and fewest to look for a break in.
_BLOCK: Final = 4
_WEEKS_OF_BREAK: Final = 20
#: Fewest weeks from which it is told how the level wanders.
_WEEKS_OF_LEVEL: Final = 26
#: What chi-square with two degrees of freedom exceeds once in twenty, and in a hundred times.
_CHI_SQUARE_2: Final = 5.991
_CHI_SQUARE_2_RARE: Final = 9.210
#: Steps of the regression of weeks, as their means follow what was found.
_STEPS: Final = 3
#: Levels that are kept as equally likely.
_LIKELY: Final = 200
#: Error of what a book says nothing of.
_ANY: Final = 1e3
_HOW: Final = "generalised least squares of weeks under a level that wanders"


@dataclass(frozen=True, eq=False)
class SlowMoves:
    """What moves the weeks of a book.

    Attributes
    ----------
    learned : list of Learned
        Season, growth, level and its breaks.
    busy : ndarray, by day
        Factor of what a scenario with them says.
    error : float
        Standard error that the level alone gives the mean of the book, as a share of it.
    has_step : bool
        Whether a break that was looked at is told from a level that wanders.
    """

    learned: list[Learned]
    busy: Floats
    error: float
    has_step: bool


@dataclass(frozen=True, eq=False)
class Days:
    """Days of a book, and what is expected of them.

    Attributes
    ----------
    numbers : ndarray of int
        Since 1970.
    totals, mean : ndarray
        Cases, and what the regression of days expects.
    usable : ndarray of bool
        Those that are part of it.
    spread : float
        Squared coefficient of variation of days about their week.
    break_at : int or None
        From when on the level may be another one.
    """

    numbers: Ints
    totals: Floats
    mean: Floats
    usable: Flags
    spread: float
    break_at: int | None


def slow_columns(
    numbers: Ints, begins: int, days: int, break_at: int | None
) -> tuple[list[str], list[Floats]]:
    """Return names and columns of season, growth and a break, for a regression of days."""
    names: list[str] = []
    columns: list[Floats] = []
    if days >= LEAST_DAYS:
        turns = 2 * np.pi * _of_year(numbers) / YEAR
        for harmonic in (1, 2):
            columns += [np.cos(harmonic * turns), np.sin(harmonic * turns)]
            names += [f"cos {harmonic}", f"sin {harmonic}"]
        columns.append((numbers - begins) / YEAR)
        names.append("growth")
    if break_at is not None:
        columns.append((numbers >= break_at).astype(np.float64))
        names.append("step")
    return names, columns


def fit_slow_moves(days: Days, coefficients: dict[str, float]) -> SlowMoves:
    """Learn season, growth, breaks and level from the weeks, jointly.

    What the regression of days has found of season, growth and a break is only where it begins:
    the weeks are regressed anew, under a level that wanders. A break is kept where it makes the
    weeks likelier than a level without it by more than the largest statistic of all weeks comes to
    once in a hundred times (Andrews 1993).

    Parameters
    ----------
    days : Days
    coefficients : dict of str to float
        Of the regression of days; those of :func:`slow_columns` are looked at.
    """
    numbers, count = days.numbers, len(days.numbers)
    names, columns = slow_columns(numbers, int(numbers[0]), count, days.break_at)
    weeks = (numbers + 3) // 7 - (numbers[0] + 3) // 7
    mean = by_week(np.where(days.usable, days.mean, 0.0), weeks)
    if (mean > 0).sum() < max(_WEEKS_OF_LEVEL, 2 * len(names)):
        return _too_short(count, int(weeks[-1]) + 1)
    table = np.column_stack([np.ones(count), *columns])
    start = np.array([0.0, *(coefficients[name] for name in names)])
    # What days would have without a season, a growth and a break.
    plain_days = np.where(days.usable, days.mean, 0.0) * np.exp(-np.clip(table @ start, -20, 20))
    fitted, noise, design = _regressed(days, plain_days, weeks, table, ["mean", *names], start)
    has_step = days.break_at is not None
    if has_step:
        without, noise_without, design_without = _regressed(
            days, plain_days, weeks, table[:, :-1], ["mean", *names[:-1]], start[:-1]
        )
        if 2 * (fitted.log_likelihood - without.log_likelihood) <= _SUP_WALD:
            has_step = False
            fitted, noise, design = without, noise_without, design_without
    growth, grown = _growth(fitted, numbers)
    learned: list[Learned] = []
    busy = _season(learned, fitted, numbers) * grown
    learned.append(growth)
    if has_step and days.break_at is not None:
        busy = busy * _step(learned, fitted, numbers, days.break_at)
    level = _level(fitted, int((mean > 0).sum()))
    kept = [
        place
        for place, name in enumerate(fitted.names)
        if name != "growth" or growth.value is not None
    ]
    beside = (design[:, kept], noise * fitted.dispersion)
    learned.append(replace(level, likely=_likely(fitted, *beside)))
    error = 0.0
    if level.status == "estimated":
        sd, half_life = (np.array([each]) for each in fitted.likeliest)
        error = float(errors_of_mean(*beside, sd, half_life)[0])
    return SlowMoves(learned, busy, error, has_step)


def _too_short(days: int, weeks: int) -> SlowMoves:
    season = f"the book has {days} days, and a season takes a year"
    growth = f"the book has {days} days, and growth takes a year"
    level = f"{weeks} weeks are too few to tell how the level wanders"
    if days >= LEAST_DAYS:
        season = growth = "cases came in too few weeks"
    learned = [
        unknown(("calendar", "season"), season, n=days, unit="days"),
        unknown(("calendar", "growth"), growth, n=days, unit="days"),
        unknown(("calendar", "level"), level, n=weeks, unit="weeks"),
    ]
    return SlowMoves(learned, np.ones(days), 0.0, has_step=False)


def _regressed(
    days: Days, plain_days: Floats, weeks: Ints, table: Floats, names: list[str], own: Floats
) -> tuple[Weeks, Floats, Floats]:
    """Regress the weeks; return what was found, their noise and their columns.

    The response is that of a Poisson regression, of which the weeks' means follow the coefficients.
    """
    totals = by_week(np.where(days.usable, days.totals, 0.0), weeks)
    fitted = None
    noise = design = np.zeros(0)
    for _ in range(_STEPS):
        whole = plain_days * np.exp(np.clip(table @ own, -20, 20))
        mean = by_week(whole, weeks)
        known = mean > 0
        below = np.where(known, mean, 1.0)
        design = by_week(table * whole[:, None], weeks) / below[:, None]
        design[~known] = 0.0
        noise = 1 / below + days.spread * by_week(whole**2, weeks) / below**2
        noise[~known] = math.inf
        response = np.where(known, totals / below - 1, 0.0) + design @ own
        fitted = fit_weeks(response, noise, design, names)
        own = fitted.values
    assert fitted is not None
    return fitted, noise, design


def _season(learned: list[Learned], weeks: Weeks, numbers: Ints) -> Floats:
    """Learn the season; return its factor of each day."""
    path = ("calendar", "season")
    count = len(numbers)
    if "cos 1" not in weeks.names:
        why = f"the book has {count} days, and a season takes a year"
        learned.append(unknown(path, why, n=count, unit="days"))
        return np.ones(count)
    across, along, chi = _wave(weeks, 1)
    size = math.hypot(across, along)
    covariance = _covariance(weeks, 1)
    # Of a cosine in the logarithm, the one around 1 that has the same highest and lowest day.
    amplitude = math.tanh(size)
    outward = np.array([across, along]) / size
    error = math.sqrt(float(outward @ covariance @ outward)) * (1 - amplitude**2)
    around = np.array([-along, across]) / size**2
    turn = math.atan2(along, across) / (2 * math.pi) % 1
    of_turn = math.sqrt(float(around @ covariance @ around)) / (2 * math.pi)
    peak = dt.date(2001, 1, 1) + dt.timedelta(days=round(turn * YEAR) % 365)
    note = ""
    twice_across, twice_along, second = _wave(weeks, 2)
    if second > _CHI_SQUARE_2_RARE:
        twice = math.hypot(twice_across, twice_along)
        note = f"a second wave a year of {percent(twice)} is seen, which a scenario cannot say"
    if chi <= _CHI_SQUARE_2:
        found = f"a season of {_with_error(amplitude, error)} is not told from none"
        learned.append(unknown(path, "; ".join(filter(None, (found, note))), n=count, unit="days"))
        return np.ones(count)
    value = {
        "amplitude": significant(min(amplitude, 0.99)),
        "peak": f"{peak.month:02d}-{peak.day:02d}",
    }
    numbers_of_it = (
        positive(amplitude, error, "amplitude"),
        plain(turn * YEAR, of_turn * YEAR, "peak day"),
    )
    how = f"first harmonic of the year, {_HOW}"
    learned.append(Learned(path, value, "estimated", numbers_of_it, count, "days", how, note))
    peak_day = peak.timetuple().tm_yday - 1
    swing = np.cos(2 * np.pi * (_of_year(numbers) - peak_day) / YEAR)
    return np.asarray(1 + amplitude * swing)


def _wave(weeks: Weeks, harmonic: int) -> tuple[float, float, float]:
    """Return cosine and sine of a wave, and their statistic against none."""
    at = weeks.names.index(f"cos {harmonic}")
    values = weeks.values[at : at + 2]
    chi = float(values @ np.linalg.pinv(_covariance(weeks, harmonic)) @ values)
    return float(values[0]), float(values[1]), chi


def _covariance(weeks: Weeks, harmonic: int) -> Floats:
    at = weeks.names.index(f"cos {harmonic}")
    return weeks.covariance[at : at + 2, at : at + 2]


def _growth(weeks: Weeks, numbers: Ints) -> tuple[Learned, Floats]:
    """Learn the growth a year; return its factor of each day, too.

    It is told where no growth would be seen to grow as fast once in a hundred times: one that is
    not there would go on for ever in what is simulated.
    """
    path = ("calendar", "growth")
    count = len(numbers)
    if "growth" not in weeks.names:
        why = f"the book has {count} days, and growth takes a year"
        return unknown(path, why, n=count, unit="days"), np.ones(count)
    slope = float(weeks.values[weeks.names.index("growth")])
    error = weeks.error("growth") * math.exp(slope)
    low, high = weeks.limits("growth")
    growth = math.expm1(slope)
    number = Number("", growth, error, math.expm1(low), math.expm1(high), "plain")
    least, most = weeks.limits("growth", 0.99)
    if least <= 0 <= most:
        why = f"growth of {_with_error(growth, error)} a year is not told from none"
        if weeks.is_told:
            why += " beside a level that wanders"
        return Learned(path, None, "default", (number,), count, "days", note=why), np.ones(count)
    value = significant(min(max(growth, -0.9), 10.0))
    learned = Learned(path, value, "estimated", (number,), count, "days", f"trend, {_HOW}")
    return learned, np.asarray(np.exp(slope * (numbers - numbers[0]) / YEAR))


def _step(learned: list[Learned], weeks: Weeks, numbers: Ints, break_at: int) -> Floats:
    """Learn the break of the level; return its factor of each day."""
    factor = math.exp(float(weeks.values[weeks.names.index("step")]))
    error = weeks.error("step") * factor
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


def _level(weeks: Weeks, count: int) -> Learned:
    """Learn how the level wanders."""
    path = ("calendar", "level")
    if not weeks.is_told:
        return unknown(path, "weeks differ no more than chance has it", n=count, unit="weeks")
    numbers = []
    for column, name in enumerate(("sd", "half_life_days")):
        low, near, far, high = weeks.quantiles(column, (0.025, 0.1587, 0.8413, 0.975))
        found = weeks.likeliest[column]
        limits = (min(low, found), max(high, found))
        numbers.append(Number(name, found, (far - near) / 2, *limits, "log"))
    sd, half_life = (number.value for number in numbers)
    written = {
        "sd": significant(min(sd, 3.0)),
        "half_life_days": significant(min(max(half_life, 1.0), 36_525.0), 3),
    }
    how = "restricted likelihood of a first-order autoregression beside season and growth"
    note = f"weeks vary {weeks.dispersion:.3g} times as much as by chance beside it"
    return Learned(path, written, "estimated", tuple(numbers), count, "weeks", how, note)


def _likely(weeks: Weeks, design: Floats, noise: Floats) -> tuple[tuple[float, ...], ...]:
    """Return equally likely levels, with what each makes of the mean of the book and of growth.

    A level that is not told from none is not none for sure: what the weeks allow for goes on.
    """
    levels, points = weeks.likely(_LIKELY)
    errors = errors_of_mean(design, noise, levels[:, 0], levels[:, 1])
    growth, error_of_growth = np.zeros(len(levels)), np.full(len(levels), _ANY)
    if "growth" in weeks.names:
        growth, error_of_growth = weeks.at("growth", points)
    rows = np.column_stack([levels, errors, growth, error_of_growth])
    return tuple(map(tuple, rows.tolist()))


def _with_error(value: float, error: float) -> str:
    return f"{percent(value)} (standard error {percent(error)})"


def _of_year(numbers: Ints) -> Floats:
    dates = numbers.astype("datetime64[D]")
    of_year: Floats = (dates - dates.astype("datetime64[Y]")).astype(np.float64)
    return of_year


def break_in(numbers: Ints, totals: Floats, mean: Floats, usable: Flags, weeks: Ints) -> int | None:
    """Return the day number of the Monday from which on the level may be another one."""
    seen = np.bincount(weeks, np.where(usable, totals, 0.0))
    expected = np.bincount(weeks, np.where(usable, mean, 0.0))
    count = len(seen)
    if count < _WEEKS_OF_BREAK or not (expected > 0).all():
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
