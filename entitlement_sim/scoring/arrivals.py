"""When and how cases come: by weekday, hour and channel, and how much days differ."""

import math

import numpy as np
import pandas as pd

from ..store.counted import Figure
from ..targets import TARGETS
from .figures import Figures, Measured, unmeasured

_NO_CASE = "no case came in"


def _days(figures: Figures, segment: str | None) -> pd.DataFrame:
    """Every day of the run with its `cases`."""
    by_day = figures.counts(Figure.DAYS, segment).groupby("first_key")["n"].sum()
    days = figures.days
    return days.assign(cases=by_day.reindex(range(len(days)), fill_value=0).to_numpy(np.int64))


def weekday_index(figures: Figures, segment: str | None) -> list[Measured]:
    """Mean of each weekday over that of the five working days, holidays left out."""
    days = figures.made(_days, segment)
    days = days[~days["is_holiday"]]
    means = days.groupby("weekday")["cases"].mean().reindex(range(7))
    working = means[:5].mean(skipna=False)
    cases = days.groupby("weekday")["cases"].sum().reindex(range(7), fill_value=0)
    if math.isnan(working) or not working > 0:
        why = _NO_CASE if not days["cases"].sum() else "no whole week of working days with cases"
        return [unmeasured(why)] * 7
    return [
        unmeasured("the run has no such day")
        if math.isnan(mean)
        else Measured(float(mean / working), int(n))
        for mean, n in zip(means, cases, strict=True)
    ]


def weekend_share(figures: Figures, segment: str | None) -> list[Measured]:
    """Cases of Saturdays and Sundays among all."""
    days = figures.made(_days, segment)
    return [_share(int(days["cases"][days["weekday"] >= 5].sum()), int(days["cases"].sum()))]


def holiday_factor(figures: Figures, segment: str | None) -> list[Measured]:
    """Cases of holidays on working days over the means of their weekdays in the same quarter."""
    days = figures.made(_days, segment)
    days = days[(days["weekday"] < 5) & ~days["is_burst"]]
    holidays = days[days["is_holiday"]]
    if holidays.empty:
        return [unmeasured("the run has no holiday on a working day")]
    means = days[~days["is_holiday"]].groupby(["quarter", "weekday"])["cases"].mean()
    usual = means.reindex(pd.MultiIndex.from_frame(holidays[["quarter", "weekday"]])).to_numpy()
    known = ~np.isnan(usual)
    if not usual[known].sum() > 0:
        return [unmeasured("no case came in on other days like them", int(known.sum()))]
    value = holidays["cases"].to_numpy()[known].sum() / usual[known].sum()
    return [Measured(float(value), int(known.sum()), figures.bursts_unknown)]


def day_dispersion(figures: Figures, segment: str | None) -> list[Measured]:
    """Variance over mean of working days, pooled over weekdays within quarters."""
    squares, freedom, means, n = _within_quarters(figures, segment, weekend=False)
    if not freedom.sum():
        return [unmeasured(_no_days(n), n)]
    return [Measured(float((squares / means).sum() / freedom.sum()), n, figures.bursts_unknown)]


def day_variation(figures: Figures, segment: str | None) -> list[Measured]:
    """Coefficient of variation of working days beyond that of chance, within quarters."""
    return [_variation(figures, segment, weekend=False)]


def weekend_variation(figures: Figures, segment: str | None) -> list[Measured]:
    """Coefficient of variation of Saturdays and Sundays beyond that of chance, within quarters."""
    return [_variation(figures, segment, weekend=True)]


def _variation(figures: Figures, segment: str | None, *, weekend: bool) -> Measured:
    squares, freedom, means, n = _within_quarters(figures, segment, weekend=weekend)
    if not freedom.sum():
        return unmeasured(_no_days(n), n)
    beyond = (squares - freedom * means).sum() / (freedom * means**2).sum()
    return Measured(math.sqrt(max(float(beyond), 0.0)), n, figures.bursts_unknown)


def _no_days(n: int) -> str:
    return "no weekday comes twice in a quarter" if n else "no day is left to look at"


def _within_quarters(
    figures: Figures, segment: str | None, *, weekend: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """Squared deviations, degrees of freedom and means of weekdays in quarters; days in all.

    Holidays and days of bursts are left out, as are weekdays of a quarter without a case.
    """
    days = figures.made(_days, segment)
    days = days[((days["weekday"] >= 5) == weekend) & ~days["is_holiday"] & ~days["is_burst"]]
    cells = days.groupby(["quarter", "weekday"])["cases"].agg(["mean", "count", "var"])
    cells = cells[(cells["count"] > 1) & (cells["mean"] > 0)]
    freedom = cells["count"].to_numpy(np.float64) - 1
    return (
        cells["var"].to_numpy(np.float64) * freedom,
        freedom,
        cells["mean"].to_numpy(np.float64),
        int(cells["count"].sum()) or len(days),
    )


def lag_1(figures: Figures, segment: str | None) -> list[Measured]:
    """Correlation of working days with the next ones, after taking off the means of weekdays.

    Holidays and days of bursts are left out, and pairs with one of them.
    """
    days = figures.made(_days, segment)
    days = days[days["weekday"] < 5].reset_index(drop=True)
    is_left = (~days["is_holiday"] & ~days["is_burst"]).to_numpy()
    means = days[is_left].groupby("weekday")["cases"].mean()
    apart = days["cases"].to_numpy() - means.reindex(days["weekday"]).to_numpy()
    pairs = is_left[1:] & is_left[:-1]
    variance = float((apart[is_left] ** 2).mean()) if is_left.any() else 0.0
    n = int(pairs.sum())
    if n < 2 or not variance > 0:
        why = "working days do not differ" if n >= 2 else "too few working days in a row"
        return [unmeasured(why, n)]
    products = (apart[1:] * apart[:-1])[pairs]
    return [Measured(float(products.mean()) / variance, n, figures.bursts_unknown)]


def hour_profile(figures: Figures, segment: str | None) -> list[Measured]:
    """Shares of the bands of hours that the target names; the last is over midnight."""
    by_hour = figures.counts(Figure.HOURS, segment).groupby("first_key")["n"].sum()
    total = int(by_hour.sum())
    shares = []
    for goal in TARGETS["hour_profile"].goals:
        first, last = (int(hour) for hour in goal.part.split("-"))
        inside = [(first + hour) % 24 for hour in range((last - first) % 24 + 1)]
        shares.append(_share(int(by_hour.reindex(inside).fillna(0).sum()), total))
    return shares


def channel_mix(figures: Figures, segment: str | None) -> list[Measured]:
    """Shares of the channels that the target names among cases with one."""
    by_origin = figures.counts(Figure.ORIGINS, segment).groupby("first_key")["n"].sum()
    total = int(by_origin.sum())
    codes = {name: code for code, name in enumerate(figures.origins)}
    return [
        _share(int(by_origin.get(codes.get(goal.part, -1), 0)), total)
        for goal in TARGETS["channel_mix"].goals
    ]


def _share(part: int, whole: int) -> Measured:
    return Measured(part / whole, whole) if whole else unmeasured(_NO_CASE)
