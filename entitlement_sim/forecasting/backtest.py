"""Forecasts of a run from days within it, held against what came.

At each cut nothing is known but the rows up to its close. What is scored are whole months after it:
how often bands hold what came, where it lies among the replications (probability integral
transform, randomised where several replications tie with it: Czado, Gneiting and Held, "Predictive
model assessment for count data", Biometrics 65, 2009), the continuous ranked probability score of
the replications (Gneiting and Raftery, "Strictly proper scoring rules, prediction, and estimation",
JASA 102, 2007), pinball losses, and mean absolute scaled errors (Hyndman and Koehler, "Another look
at measures of forecast accuracy", International Journal of Forecasting 22, 2006). Beside them stand
two forecasts that anybody can make: as in the month a year before, and as in the last 28 days.
"""

import datetime as dt
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..parameters import FUNCTION, NOTHING, PATH, WHOLE, Kind, takes
from ..rules.days import day_number
from ..store.run import RUN, Run, open_run
from ..store.views import expanded
from ..telling import Right, Table, counted, day, number, percent, significant
from .forecast import BANDS, Forecast, forecast, forecast_by, learned_by

Floats = NDArray[np.float64]

#: What is scored.
SCORED: Final = ("cases", "covered", "hours", "ran_dry", "expiries", "renewals")
#: Shares at which quantiles are scored.
PINBALLS: Final = (0.1, 0.5, 0.9)
#: Forecasts that are scored, the simulated one first.
FORECASTS: Final = ("simulated", "a year before", "last 28 days")
#: What a simulated run was made by, where another forecast is held against it.
TRUE_GENERATOR: Final = "true generator"
#: Edges of the bins of chances.
BINS: Final = (0.0, 0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.98, 1.0)

_LAST: Final = 28

_DAYS: Final = Kind(
    "a list of days", lambda value: not isinstance(value, str) and isinstance(value, Sequence)
)
_MONTHS: Final = Kind(
    "a list of numbers of months",
    lambda value: not isinstance(value, str) and isinstance(value, Sequence),
)

#: What came of each quantity, by day.
_CAME: Final = {
    "cases": "SELECT created_at::DATE AS day, count(*) AS n FROM arrived_cases GROUP BY ALL",
    "covered": """
        SELECT created_at::DATE AS day, count(*) AS n FROM arrived_cases
        WHERE outcome = 'covered' GROUP BY ALL""",
    "hours": """
        SELECT created_at::DATE AS day, sum(minutes) / 60 AS n FROM cases_worked() GROUP BY ALL""",
    "ran_dry": """
        SELECT day, count(*) AS n FROM (
            SELECT entitlement_id, min(happened_at)::DATE AS day
            FROM ledger JOIN entitlements USING (entitlement_id)
            WHERE reason = 'consume' AND balance <= 0 AND happened_at::DATE > $cut
              AND entitlements.total_terms > 0
            GROUP BY entitlement_id
        ) GROUP BY ALL""",
    "expiries": """
        SELECT end_date AS day, count(*) AS n FROM entitlement_facts
        WHERE covered_from <= end_date AND ended_by IS DISTINCT FROM 'cancellation' GROUP BY ALL""",
    "renewals": """
        SELECT greatest(activated_on, created_on) AS day, count(*) AS n FROM entitlements
        WHERE predecessor_id IS NOT NULL AND activated_on IS NOT NULL GROUP BY ALL""",
}


@dataclass(frozen=True, eq=False)
class Backtest:
    """Forecasts from days within a run, and what came; made by :func:`backtest`.

    Attributes
    ----------
    run : Run
    cuts : tuple of date
    months : DataFrame
        A row for each cut, quantity and whole month after it: `cut`, `quantity`, `month`, `ahead`
        (its number after the cut), `came`, `scale`, `median`, `pit`, `held_50`, `held_80`,
        `held_95`, and for each forecast of :data:`FORECASTS`, and the true generator's where it
        stands beside them, its `crps`, `error` and pinball losses.
    contracts : DataFrame
        A row for each cut and contract that had something left and whose term was over by the last
        day that was forecast: `cut`, `entitlement_id`, `chance`, `ran_dry`.
    totals : DataFrame
        A row for each cut, of the same contracts: how many they are (`n`), the mean and the
        standard deviation over replications of how many run dry (`said`, `deviation`), between
        which 95 % of the replications lie (`low_95`, `high_95`), and how many did (`happened`).
    """

    run: Run
    cuts: tuple[dt.date, ...]
    months: pd.DataFrame
    contracts: pd.DataFrame
    totals: pd.DataFrame

    def coverage(self) -> pd.DataFrame:
        """Return how often each band held what came: `quantity`, `n`, and a share for each band."""
        names = [f"held_{band}" for band in BANDS]
        grouped = self.months.groupby("quantity", sort=False)
        return grouped[names].mean().assign(n=grouped.size()).reset_index()

    def scores(self) -> pd.DataFrame:
        """Return a row for each quantity and forecast: the means of its scores, less is better.

        Returns
        -------
        DataFrame
            `quantity`, `forecast`, `n`, `crps`, `mae`, `mase` (over the mean error of the month a
            year before, in the months before the cut), `pinball_10`, `pinball_50`, `pinball_90`.
        """
        rows = []
        for quantity, own in self.months.groupby("quantity", sort=False):
            for name in (*FORECASTS, TRUE_GENERATOR):
                if f"{name} error" not in own:
                    continue
                known = own[own[f"{name} error"].notna()]
                if known.empty:
                    continue
                scaled = known[f"{name} error"] / known["scale"].where(known["scale"] > 0)
                pinballs = [known[f"{name} pinball_{int(100 * q)}"].mean() for q in PINBALLS]
                errors = (known[f"{name} crps"].mean(), known[f"{name} error"].mean())
                rows.append((quantity, name, len(known), *errors, scaled.mean(), *pinballs))
        pinball_names = [f"pinball_{int(100 * q)}" for q in PINBALLS]
        columns = ["quantity", "forecast", "n", "crps", "mae", "mase", *pinball_names]
        return pd.DataFrame(rows, columns=columns)

    def reliability(self) -> pd.DataFrame:
        """Return by chance of running dry what was said and what happened: `n`, both shares."""
        place = np.searchsorted(BINS, self.contracts["chance"], side="right") - 1
        place = np.clip(place, 0, len(BINS) - 2)
        grouped = self.contracts.groupby(place)
        told = grouped.agg(
            n=("chance", "size"), said=("chance", "mean"), happened=("ran_dry", "mean")
        )
        told.insert(0, "from_chance", [BINS[one] for one in told.index])
        told.insert(1, "to_chance", [BINS[one + 1] for one in told.index])
        return told.reset_index(drop=True)

    @property
    def brier(self) -> float:
        """Mean square of what chances to run dry were off by."""
        rows = self.contracts
        return float(((rows["chance"] - rows["ran_dry"]) ** 2).mean()) if len(rows) else np.nan

    def table(self) -> Table:
        """Return coverage and scores in one table."""
        coverage = self.coverage().set_index("quantity")
        rows = []
        for told in self.scores().to_dict("records"):
            is_own = told["forecast"] == FORECASTS[0]
            held = [
                percent(coverage.loc[told["quantity"], f"held_{band}"]) if is_own else ""
                for band in BANDS
            ]
            rows.append(
                (
                    told["quantity"].replace("_", " "),
                    told["forecast"],
                    number(told["n"]),
                    significant(told["crps"]),
                    significant(told["mase"]),
                    *held,
                )
            )
        headings = (
            "by month", "forecast", Right("n"), Right("CRPS"), Right("MASE"),
            *(Right(f"held by {band}%") for band in BANDS),
        )  # fmt: skip
        caption = f"{self.run.name} from {counted(len(self.cuts), 'cut')}, the first on " + day(
            self.cuts[0]
        )
        return Table(headings, rows, caption)

    def __repr__(self) -> str:
        return repr(self.table())

    def _repr_html_(self) -> str:
        return self.table().html()


@takes(
    run=RUN | PATH,
    cuts=_DAYS,
    horizons=_MONTHS,
    replications=WHOLE,
    seed=WHOLE,
    progress=FUNCTION | NOTHING,
)
def backtest(
    run: Run | str | os.PathLike[str],
    cuts: Sequence[dt.date],
    horizons: Sequence[int] = tuple(range(1, 13)),
    *,
    replications: int = 100,
    fitted: bool = False,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Backtest:
    """Forecast a run from days within it, and hold that against what came.

    Each forecast knows the rows up to its cut: what was booked by then, be it for a later day.
    Customers of an imported run go on by a scenario that is fitted to what was known at the cut,
    those of a simulated one by the scenario that made it.

    Parameters
    ----------
    run : Run or path
    cuts : sequence of date
        Days at whose close forecasts begin.
    horizons : sequence of int, default 1 to 12
        Which whole months after each cut are scored, as far as the run goes on.
    replications : int, default 100
    fitted : bool, default False
        Of a simulated run: forecast by a scenario that is fitted to what was known at the cut, and
        score the one that made the run beside it, as ``true generator``.
    seed : int, default 0
    progress : callable, optional
        Called with the cuts that are done and all of them.

    Returns
    -------
    Backtest

    Raises
    ------
    RunError
        There is no such run, or its scenario cannot be read.
    ValueError
        There is no cut or horizon, or a cut lies outside of the run or on its last day.

    Examples
    --------
    >>> import datetime as dt
    >>> from entitlement_sim import Scenario, simulate
    >>> run = simulate(Scenario.load("reference", ["segments.everyone.customers=40"]), seed=7)
    >>> told = backtest(run, [dt.date(2024, 6, 30)], [1, 2, 3], replications=20)
    >>> told.coverage()["n"].unique().tolist()
    [3]
    """
    if not cuts:
        raise ValueError("a back-test needs a day from which a forecast begins")
    if not horizons or min(horizons) < 1:
        raise ValueError("horizons are whole months after a cut, 1 or more")
    opened = run if isinstance(run, Run) else open_run(run)
    last = opened.manifest.last_day
    months, contracts, totals = [], [], []
    rng = np.random.default_rng(seed)
    for done, cut in enumerate(cuts, start=1):
        if not opened.manifest.start_date <= cut < last:
            raise ValueError(
                f"a cut must lie within the run and before its last day, {last}, not {cut}"
            )
        until = min(last, _end_of(cut, max(horizons)))
        known: dict[str, Any] = {"replications": replications, "as_of": cut, "seed": seed}
        if fitted and opened.manifest.source != "imported":
            ahead = forecast_by(learned_by(opened, cut), opened, until, **known)
            beside = months_scored(opened, forecast(opened, until, **known), rng)
        else:
            ahead, beside = forecast(opened, until, **known), None
        scored = months_scored(opened, ahead, rng)
        if beside is not None:
            scored = [own | _renamed(other) for own, other in zip(scored, beside, strict=True)]
        months += [row for row in scored if row["ahead"] in horizons]
        contracts.append(chances_and_outcomes(opened, ahead))
        totals.append(total_of(ahead, contracts[-1]))
        if progress is not None:
            progress(done, len(cuts))
    return Backtest(
        opened,
        tuple(cuts),
        pd.DataFrame(months, columns=None if months else _NONE_SCORED),
        pd.concat(contracts, ignore_index=True),
        pd.DataFrame(totals),
    )


_NONE_SCORED: Final = [
    *("cut", "quantity", "month", "ahead", "came", "scale", "median", "pit"),
    *(f"held_{band}" for band in BANDS),
]


def _end_of(cut: dt.date, months: int) -> dt.date:
    """Return the last day of a whole month after a cut; the first is the one that follows it."""
    following = cut + dt.timedelta(days=1)
    first = following if following.day == 1 else _later(following, 1)
    return _later(first, months) - dt.timedelta(days=1)


def _renamed(row: dict[str, Any]) -> dict[str, Any]:
    """Return the scores of the true generator's forecast, under its name."""
    own = f"{FORECASTS[0]} "
    return {
        f"{TRUE_GENERATOR} {name.removeprefix(own)}": value
        for name, value in row.items()
        if name.startswith(own)
    }


def months_scored(run: Run, ahead: Forecast, rng: np.random.Generator) -> list[dict[str, Any]]:
    """Return a row for each quantity and whole month of a forecast."""
    rows = []
    cut = day_number(ahead.as_of)
    is_begun = int(day_number(ahead.months[0]) <= cut)
    for quantity in SCORED:
        by_day = _by_day(run, quantity, ahead.as_of)
        drawn = ahead.draws[quantity].sum(1)
        scale = _scale(by_day, run, ahead.as_of)
        for place, month in enumerate(ahead.months):
            first = day_number(month)
            following = day_number(_later(month, 1))
            if first <= cut or following - 1 > day_number(ahead.until):
                continue
            came = _in(by_day, first, following)
            row: dict[str, Any] = {
                "cut": ahead.as_of,
                "quantity": quantity,
                "month": month,
                "ahead": place + 1 - is_begun,
                "came": came,
                "scale": scale,
            }
            row |= _against(drawn[:, place].astype(float), came, rng)
            before = _later(month, -12)
            year_before = np.nan
            if before >= run.manifest.start_date:
                year_before = _in(by_day, day_number(before), day_number(_later(before, 1)))
            recent = _in(by_day, cut - _LAST + 1, cut + 1) / _LAST * (following - first)
            for name, value in zip(FORECASTS[1:], (year_before, recent), strict=True):
                row |= _point(name, value, came)
            rows.append(row)
    return rows


def _later(month: dt.date, months: int) -> dt.date:
    count = month.year * 12 + month.month - 1 + months
    return dt.date(count // 12, count % 12 + 1, 1)


def _by_day(run: Run, quantity: str, cut: dt.date) -> "pd.Series[float]":
    query = expanded(_CAME[quantity])
    told = run.sql(query, {"cut": cut} if "$cut" in query else None)
    days = pd.to_datetime(told["day"]).to_numpy("datetime64[D]").astype(np.int64)
    return pd.Series(told["n"].to_numpy(np.float64), index=days).sort_index()


def _in(by_day: "pd.Series[float]", first: int, following: int) -> float:
    days = by_day.index.to_numpy(np.int64)
    return float(by_day.to_numpy()[(days >= first) & (days < following)].sum())


def _scale(by_day: "pd.Series[float]", run: Run, cut: dt.date) -> float:
    """Return the mean error of the month a year before, in the whole months up to a cut."""
    month, errors = _later(run.manifest.start_date.replace(day=1), 13), []
    while _later(month, 1) <= cut + dt.timedelta(days=1):
        before = _later(month, -12)
        now = _in(by_day, day_number(month), day_number(_later(month, 1)))
        then = _in(by_day, day_number(before), day_number(_later(before, 1)))
        errors.append(abs(now - then))
        month = _later(month, 1)
    return float(np.mean(errors)) if errors else np.nan


def _against(drawn: Floats, came: float, rng: np.random.Generator) -> dict[str, Any]:
    below, equal = int((drawn < came).sum()), int((drawn == came).sum())
    pit = (below + rng.uniform() * (equal + 1)) / (len(drawn) + 1)
    row: dict[str, Any] = {"median": float(np.median(drawn)), "pit": pit}
    for band in BANDS:
        shares = [0.5 - band / 200, 0.5 + band / 200]
        low, high = np.quantile(drawn, shares, method="inverted_cdf")
        row[f"held_{band}"] = bool(low <= came <= high)
    name = FORECASTS[0]
    row[f"{name} crps"] = crps(drawn, came)
    row[f"{name} error"] = abs(float(np.median(drawn)) - came)
    for share in PINBALLS:
        at = float(np.quantile(drawn, share, method="inverted_cdf"))
        row[f"{name} pinball_{int(100 * share)}"] = pinball(at, came, share)
    return row


def _point(name: str, value: float, came: float) -> dict[str, Any]:
    row: dict[str, Any] = {f"{name} crps": abs(value - came), f"{name} error": abs(value - came)}
    for share in PINBALLS:
        row[f"{name} pinball_{int(100 * share)}"] = pinball(value, came, share)
    return row


def crps(drawn: Floats, came: float) -> float:
    """Return the continuous ranked probability score of replications.

    Examples
    --------
    >>> crps(np.array([1.0, 3.0]), 2.0)
    0.5
    """
    ordered = np.sort(drawn)
    n = len(ordered)
    weights = 2 * np.arange(1, n + 1) - n - 1
    spread = 2 * float(weights @ ordered) / (n * n)
    return float(np.abs(ordered - came).mean()) - spread / 2


def pinball(value: float, came: float, share: float) -> float:
    """Return the loss of a quantile.

    Examples
    --------
    >>> pinball(8.0, 10.0, 0.9), pinball(12.0, 10.0, 0.9)
    (1.8, 0.2)
    """
    over = came - value
    return round(share * over if over >= 0 else (share - 1) * over, 12)


def chances_and_outcomes(run: Run, ahead: Forecast) -> pd.DataFrame:
    """Return the chances of contracts whose term was over by then, and what came of them."""
    rows = ahead.contracts
    ends = pd.to_datetime(rows["end_date"])
    over = ends <= pd.Timestamp(ahead.until)
    rows = rows[rows["chance_dry"].notna() & (rows["remaining"] > 0) & over]
    went = run.sql(
        """SELECT DISTINCT entitlement_id FROM ledger JOIN entitlements USING (entitlement_id)
        WHERE reason = 'consume' AND balance <= 0 AND happened_at::DATE > $cut
          AND happened_at::DATE <= end_date""",
        {"cut": ahead.as_of},
    )
    return pd.DataFrame(
        {
            "cut": ahead.as_of,
            "entitlement_id": rows["entitlement_id"].to_numpy(),
            "chance": rows["chance_dry"].to_numpy(np.float64),
            "ran_dry": rows["entitlement_id"].isin(went["entitlement_id"]).to_numpy(),
        }
    )


def total_of(ahead: Forecast, contracts: pd.DataFrame) -> dict[str, Any]:
    """Return how many of some contracts run dry by a forecast, and how many did.

    Parameters
    ----------
    ahead : Forecast
    contracts : DataFrame
        Of :func:`chances_and_outcomes`.
    """
    dry = ahead.dry_in_all(contracts["entitlement_id"])
    low, high = np.quantile(dry, [0.025, 0.975], method="inverted_cdf")
    return {
        "cut": ahead.as_of,
        "n": len(contracts),
        "said": float(dry.mean()),
        "deviation": float(dry.std(ddof=1)) if len(dry) > 1 else np.nan,
        "low_95": int(low),
        "high_95": int(high),
        "happened": int(contracts["ran_dry"].sum()),
    }
