"""A forecast from the last day of a book, simulated through the rules, and what it says."""

import datetime as dt
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..engine.going_on import CANCELLED, DRIED, LAPSED, RENEWALS, RENEWED
from ..engine.sums import Measure
from ..engine.world import RECORDS
from ..fitting import fit
from ..fitting.drawing import Drawing
from ..inference.money_summed import PARTS, priced
from ..parameters import DAY as A_DAY
from ..parameters import FUNCTION, NOTHING, PATH, WHOLE, takes
from ..population.days import YEAR
from ..recentring import renewal_offsets
from ..replay.standing import stand
from ..rules.days import day_number
from ..rules.words import State
from ..scenario.models import Money, ScenarioModel
from ..scenario.scenario import Scenario
from ..store.run import RUN, Run, open_run
from ..telling import Right, Table, day, number, rounded, unknown
from ..telling.tables import records
from .chances import chances_of
from .futures import Beginning, GoingBy, futures_of, joins_to_come
from .known import known_by
from .levels import LevelNow, grown_by, level_now
from .rates import Done, done_by, mean_rates, on_days, rates_of
from .recorded import Recorded, first_day_of, recorded_by
from .saying import caveats_of, reason_of, table_of_risks

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Shares of the replications that a band holds.
BANDS: Final = (50, 80, 95)

#: What is forecast by month, and its unit.
QUANTITIES: Final = {
    "cases": "cases",
    "covered": "cases",
    "hours": "hours",
    "ran_dry": "contracts",
    "expiries": "contracts",
    "renewals": "contracts",
    "breakage": "money",
    "revenue": "money",
    "margin": "money",
}

#: What each is called within a sentence.
NAMES: Final = {
    "cases": "cases",
    "covered": "cases covered",
    "hours": "hours of work",
    "ran_dry": "contracts run dry",
    "expiries": "expiries",
    "renewals": "renewals",
    "breakage": "breakage",
    "revenue": "revenue",
    "margin": "margin",
}

#: Customers of the book, and those that are to join.
GROUPS: Final = ("book", "newcomers")

#: Called with the replications that are done and all of them.
Progress = Callable[[int, int], None]

#: Scenarios that are drawn, which replications take in turns where there are more of these.
MOST_DRAWN: Final = 25

_MOST_DAYS: Final = 3653
#: Tells these draws from those of replications.
_OF_DRAWING: Final = 1


@dataclass(frozen=True, eq=False)
class Forecast:
    """What may become of a book; made by :func:`forecast`.

    Attributes
    ----------
    run : Run
    as_of, until : date
        The day at whose close the forecast begins, and its last day.
    replications : int
    scenario : Scenario
        By which customers go on.
    fitted : bool
        Whether that was fitted to the book; else it is the one by which the book was simulated.
    contracts : DataFrame
        A row for each contract that is open at the close of `as_of`, those at risk first:
        `entitlement_id`, `customer_id`, `segment`, `template`, `allocation`, `state`, `remaining`
        and `total` terms (NaN where it has no number of them), `end_date`, `days_left`, `price`,
        `a_month` (cases of its customer), `chance_dry` (to use its last term by its end, or by
        `until`; see :func:`~.chances.chances_of`), `dry_early`, `dry_median` and `dry_late` (days
        by which one, five and nine in ten of those that run dry have done so), `chance_renewed`,
        `chance_cancelled` (by `until`), `left` (mean terms at the end) and `reason`.
    draws : dict of ndarray
        By quantity: what each replication comes to, of shape (replications, groups, months); money
        in hundredths.
    months : list of date
        First day of each month; the first and the last may be partial.
    level : LevelNow
    futures : ndarray of bool, shape (replications, contracts)
        Which of the open contracts use their last term by their end, or by `until`, in the order of
        `contracts`.
    unequal : int
        Contracts whose balance, played again, is not the recorded one.
    defaults : tuple of str
        Keys of a fitted scenario that the book does not tell.
    levels : tuple of LevelNow
        Of the scenarios that are drawn of what a fit leaves open, by which replications go on; none
        where they go on by `scenario` itself.
    """

    run: Run
    as_of: dt.date
    until: dt.date
    replications: int
    scenario: Scenario
    fitted: bool
    contracts: pd.DataFrame
    draws: dict[str, NDArray[Any]]
    months: list[dt.date]
    level: LevelNow
    futures: NDArray[np.bool_]
    unequal: int
    defaults: tuple[str, ...] = field(default=())
    levels: tuple[LevelNow, ...] = ()

    def frame(self, of: str = "all") -> pd.DataFrame:
        """Return what comes by month, with bands.

        Parameters
        ----------
        of : str, default "all"
            Of whom: ``all``, ``book`` (customers that are there today) or ``newcomers``.

        Returns
        -------
        DataFrame
            `month`, `is_partial`, `quantity`, `mean`, `median`, and `low_50`, `high_50`, `low_80`,
            `high_80`, `low_95`, `high_95`: between which so many per cent of the replications lie.
            Money is in whole units of the currency; the margin is missing where no costs are known.

        Raises
        ------
        ValueError
            There is no such group.
        """
        rows = []
        for quantity, drawn in self.draws.items():
            values = self._of(drawn, of)
            for place, month in enumerate(self.months):
                rows.append((month, self._is_partial(place), quantity, *_bands(values[:, place])))
        return pd.DataFrame(rows, columns=["month", "is_partial", "quantity", *_NAMES])

    def totals(self, of: str = "all") -> pd.DataFrame:
        """Return what comes in all, with bands: as :meth:`frame`, without months."""
        rows = [
            (quantity, *_bands(self._of(drawn, of).sum(1)))
            for quantity, drawn in self.draws.items()
        ]
        return pd.DataFrame(rows, columns=["quantity", *_NAMES])

    def _of(self, drawn: NDArray[Any], of: str) -> NDArray[Any]:
        if of == "all":
            both: NDArray[Any] = drawn.sum(1)
            return both
        if of not in GROUPS:
            raise ValueError(unknown("group", of, ("all", *GROUPS)))
        own: NDArray[Any] = drawn[:, GROUPS.index(of)]
        return own

    def _is_partial(self, place: int) -> bool:
        first = self.as_of + dt.timedelta(days=1)
        following = self.until + dt.timedelta(days=1)
        if place == 0 and first.day != 1:
            return True
        return place == len(self.months) - 1 and following.day != 1

    def dry_in_all(self, among: "pd.Series[int] | None" = None) -> NDArray[np.int64]:
        """Return how many open contracts with terms left run dry in each replication.

        Parameters
        ----------
        among : Series of int, optional
            Of these entitlement numbers only.

        Returns
        -------
        ndarray of int64, shape (replications,)
            By their end, or by `until`.
        """
        own = (self.contracts["remaining"] > 0).to_numpy()
        if among is not None:
            own = own & self.contracts["entitlement_id"].isin(among).to_numpy()
        numbers: NDArray[np.int64] = self.futures[:, own].sum(1, dtype=np.int64)
        return numbers

    @property
    def at_risk(self) -> pd.DataFrame:
        """Contracts that run dry with a chance of a tenth or more, the surest first."""
        rows = self.contracts
        return rows[rows["chance_dry"] >= 0.1].reset_index(drop=True)

    @cached_property
    def caveats(self) -> list[str]:
        """What is not known, and how far to trust the forecast; a sentence each."""
        return caveats_of(self)

    @property
    def is_drawn(self) -> bool:
        """Whether bands hold what a fit leaves open of its numbers."""
        return bool(self.levels)

    @property
    def has_margin(self) -> bool:
        """Whether costs are known, so that there is a margin."""
        return self.scenario.model.money is not None

    def by_month(self, quantity: str, *, of: str = "all", ax: "Axes | None" = None) -> "Axes":
        """Draw a quantity by month, with bands.

        Parameters
        ----------
        quantity : str
            One of :data:`QUANTITIES`.
        of : str, default "all"
            As of :meth:`frame`.
        ax : Axes, optional

        Raises
        ------
        ValueError
            There is no such quantity, or no such group.
        """
        from ..charts import forecast_by_month

        if quantity not in QUANTITIES:
            raise ValueError(unknown("quantity", quantity, QUANTITIES))
        kind = "money" if QUANTITIES[quantity] == "money" else "count"
        return forecast_by_month(
            self.frame(of),
            quantity,
            name=NAMES[quantity],
            kind=kind,
            currency=self.run.currency if kind == "money" else None,
            ax=ax,
        )

    def running_dry(self, *, ax: "Axes | None" = None) -> "Axes":
        """Draw when the contracts that are likeliest to run dry do so."""
        from ..charts import forecast_running_dry

        return forecast_running_dry(self.contracts, ax=ax)

    @takes(place=PATH)
    def page(self, place: str | os.PathLike[str]) -> Path:
        """Write a page of HTML: what to do first, and how far to trust it last.

        Raises
        ------
        PlacingError
            The place cannot be written, or is no file.
        RunError
            The packages of notebooks, which make pages, are not installed.
        """
        from ..reports.errors import require_notebooks

        require_notebooks()
        from .page import write_page

        write_page(self, Path(place))
        return Path(place)

    def risks(self, most: int = 10) -> Table:
        """Return the contracts that are likeliest to run dry, with the reason, as a table."""
        return table_of_risks(self, most)

    def table(self) -> Table:
        """Return the totals as a table."""
        rows = [
            (
                row["quantity"].replace("_", " "),
                rounded(row["median"]),
                f"{rounded(row['low_80'])} to {rounded(row['high_80'])}",
                f"{rounded(row['low_95'])} to {rounded(row['high_95'])}",
            )
            for row in self.totals().to_dict("records")
        ]
        caption = (
            f"{self.run.name} from {day(self.as_of)} to {day(self.until)}, "
            f"{number(self.replications)} replications"
        )
        headings = ("by then", Right("median"), Right("80 %"), Right("95 %"))
        return Table(headings, rows, caption)

    def __repr__(self) -> str:
        return repr(self.table())

    def _repr_html_(self) -> str:
        return self.table().html()


_NAMES: Final = [
    "mean",
    "median",
    *(f"{side}_{band}" for band in BANDS for side in ("low", "high")),
]


def _bands(values: NDArray[Any]) -> list[float]:
    """Return mean, median and the limits of each band of what replications come to."""
    if len(values) == 0 or np.isnan(values).any():
        return [np.nan] * len(_NAMES)
    shares = [0.5, *(0.5 + side * band / 200 for band in BANDS for side in (-1, 1))]
    limits = np.quantile(values, shares, method="inverted_cdf")
    return [float(values.mean()), *limits.tolist()]


@takes(
    run=RUN | PATH,
    until=A_DAY,
    replications=WHOLE,
    as_of=A_DAY | NOTHING,
    seed=WHOLE,
    progress=FUNCTION | NOTHING,
)
def forecast(
    run: Run | str | os.PathLike[str],
    until: dt.date,
    *,
    replications: int = 100,
    as_of: dt.date | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Forecast:
    """Let a book go on from its last day, through the rules, many times.

    The book is played to the close of its last day: open balances, open cases, contracts that wait.
    From there each customer goes on with a rate and a chance to leave drawn from all that it has
    done (refused cases are demand, too), and everything else as the scenario has it: the one that
    the run was simulated by, or one that is fitted to an imported book. Cases, bursts, follow-ups,
    refusals, renewals and sales pass through the rules day by day.

    Parameters
    ----------
    run : Run or path
    until : date
        Last day of the forecast, at most ten years ahead.
    replications : int, default 100
    as_of : date, optional
        At the close of which day it begins, by default the last of the run. Nothing that came
        later is looked at: the scenario of an imported run is fitted to what was known then.
    seed : int, default 0
    progress : callable, optional
        Called with the replications that are done and all of them.

    Returns
    -------
    Forecast

    Raises
    ------
    RunError
        There is no such run, or its scenario cannot be read.
    ValueError
        A day or a number lies outside.

    Examples
    --------
    >>> import datetime as dt
    >>> from entitlement_sim import Scenario, simulate
    >>> run = simulate(Scenario.load("reference", ["segments.everyone.customers=40"]), seed=7)
    >>> ahead = forecast(run, run.manifest.last_day + dt.timedelta(days=90), replications=20)
    >>> bool(ahead.contracts["chance_dry"].between(0, 1).all())
    True
    """
    opened = run if isinstance(run, Run) else open_run(run)
    last_day = opened.manifest.last_day
    begins_on = last_day if as_of is None else as_of
    _check(opened, begins_on, until, replications)
    is_fitted = opened.manifest.source == "imported"
    by = learned_by(opened, begins_on) if is_fitted else Generator(opened.scenario)
    return forecast_by(
        by, opened, until, replications=replications, as_of=begins_on, seed=seed, progress=progress
    )


@dataclass(frozen=True)
class Generator:
    """A scenario by which customers go on.

    Attributes
    ----------
    scenario : Scenario
    is_fitted : bool
        Whether it was fitted to the book.
    defaults : tuple of str
        Keys that the book did not tell.
    drawing : Drawing, optional
        Draws what else the book may have come from; None where it is known.
    """

    scenario: Scenario
    is_fitted: bool = False
    defaults: tuple[str, ...] = ()
    drawing: Drawing | None = None


def learned_by(run: Run, day: dt.date) -> Generator:
    """Return the scenario that is fitted to what was known of a run at the close of a day."""
    if day == run.manifest.last_day:
        learned = fit(run)
    else:
        with known_by(run, day) as known:
            learned = fit(known)
    return Generator(
        learned.scenario,
        True,
        tuple(".".join(each.path) for each in learned.learned if each.status == "default"),
        Drawing(learned),
    )


def forecast_by(
    generator: Generator,
    run: Run,
    until: dt.date,
    *,
    replications: int,
    as_of: dt.date,
    seed: int,
    progress: Progress | None = None,
) -> Forecast:
    """Let a book go on by a scenario; as :func:`forecast`."""
    begins, last = day_number(run.manifest.start_date), day_number(as_of)
    days = day_number(until) - last
    many = min(replications, MOST_DRAWN)
    beginning, recorded = _beginning(run, generator, (begins, last, days), seed, many)
    lived = list(futures_of(beginning, replications, progress))
    contracts, futures = _contracts(run, beginning, recorded, lived, last)
    return Forecast(
        run=run,
        as_of=as_of,
        until=until,
        replications=replications,
        scenario=generator.scenario,
        fitted=generator.is_fitted,
        contracts=contracts,
        draws=_draws(generator.scenario.model.money, lived),
        months=_months(last + 1, days),
        level=beginning.by.level,
        futures=futures,
        unequal=_unequal(beginning, recorded),
        defaults=generator.defaults,
        levels=tuple(by.level for by in beginning.drawn),
    )


def _check(run: Run, as_of: dt.date, until: dt.date, replications: int) -> None:
    first, last = run.manifest.start_date, run.manifest.last_day
    if not first <= as_of <= last:
        raise ValueError(f"as_of {as_of} does not lie within the run, from {first} to {last}")
    days = (until - as_of).days
    if not 1 <= days <= _MOST_DAYS:
        raise ValueError(
            f"until {until} does not lie between {as_of + dt.timedelta(days=1)} and "
            f"{as_of + dt.timedelta(days=_MOST_DAYS)}"
        )
    if replications < 1:
        raise ValueError("replications must be at least 1")


def _beginning(
    run: Run, generator: Generator, span: tuple[int, int, int], seed: int, many: int
) -> tuple[Beginning, Recorded]:
    """Return where futures begin.

    `span` is the first and last day of the book and the days to come, `many` how many scenarios
    are drawn that it may have come from.
    """
    begins, last, days = span
    scenario = generator.scenario
    model = scenario.model
    recorded = recorded_by(run, model, last)
    first = first_day_of(recorded.history, begins)
    stood = stand(on_days(model, first, last - first + 1), recorded.history, recorded.carried)
    observed = np.zeros(last - begins + 1)
    counted = run._execute(
        "SELECT (created_at::DATE - DATE '1970-01-01')::BIGINT AS day, count(*) AS n "
        "FROM arrived_cases GROUP BY ALL"
    ).df()
    place = counted["day"].to_numpy(np.int64) - begins
    inside = (place >= 0) & (place < len(observed))
    observed[place[inside]] = counted["n"].to_numpy(np.float64)[inside]
    done = done_by(run, recorded.customers, begins, last)
    standing = stood.standing.customers

    def going_by(model: ScenarioModel, level: float = 1.0) -> GoingBy:
        return _going_by(model, scenario.base, done, observed, (standing, days, level))

    drawn: list[GoingBy] = []
    likeliest = model
    if generator.drawing is not None:
        likeliest = generator.drawing.likeliest()
        streams = [np.random.default_rng([seed, one, _OF_DRAWING]) for one in range(many)]
        drawn = [going_by(*generator.drawing.draw(stream)) for stream in streams]
    offsets = {} if generator.is_fitted else dict(run.manifest.renewal_offsets)
    moved = [name for name, one in model.segments.items() if one.renewal.moved_by.moves]
    if not set(moved) <= set(offsets):
        offsets = renewal_offsets(scenario)
    return (
        Beginning(
            by=going_by(likeliest),
            drawn=tuple(drawn),
            offsets=offsets,
            stood=stood,
            entitlements=len(recorded.entitlements),
            first=last + 1,
            days=days,
            seed=seed,
        ),
        recorded,
    )


def _going_by(
    model: ScenarioModel,
    base: ScenarioModel,
    done: Done,
    observed: NDArray[np.float64],
    rest: tuple[NDArray[np.int64], int, float],
) -> GoingBy:
    """Return by what customers go on where a book came from a scenario.

    Parameters
    ----------
    model, base : ScenarioModel
        It is held against what happened; who joins is that of the base.
    done : Done
    observed : ndarray of float
        Cases of each day.
    rest : tuple
        Which customers stand, how many days are to come, and what the level of the book was on the
        average.
    """
    standing, days, level_of_book = rest
    begins, last = done.begins, done.last
    rates = rates_of(done, model, level_of_book)
    return GoingBy(
        model=model,
        prospects=rates.prospects[standing],
        level=level_now(model.calendar, observed, rates.expected, rates.scatter, begins),
        grown=grown_by(model.calendar, begins, last + 1),
        joins=joins_to_come(model, base, begins, last + 1, days),
    )


def _months(first: int, days: int) -> list[dt.date]:
    starts = np.arange(first, first + days).astype("datetime64[D]").astype("datetime64[M]")
    return [month.astype("datetime64[D]").item() for month in np.unique(starts)]


def _standing_records(beginning: Beginning) -> NDArray[Any]:
    """Return the entitlements of all customers as they stand."""
    standing = beginning.stood.standing
    end = int(standing.begins[-1, 0])
    records: NDArray[Any] = standing.tables[0][:end].view(RECORDS["entitlements"])
    return records


def _own_records(beginning: Beginning) -> NDArray[Any]:
    whole = _standing_records(beginning)
    own: NDArray[Any] = whole[whole["is_deleted"] == 0]
    return own


def _unequal(beginning: Beginning, recorded: Recorded) -> int:
    """Return how many open contracts stand with another balance than the recorded one."""
    own = _own_records(beginning)
    own = own[own["state"] == State.ACTIVE]
    numbers = recorded.entitlements[own["place"]]
    known = recorded.balances.set_index("entitlement_id")["remaining"].reindex(numbers)
    said = known.to_numpy(np.float64)
    return int((np.isfinite(said) & (said != own["remaining_terms"])).sum())


def _contracts(
    run: Run, beginning: Beginning, recorded: Recorded, lived: list[Any], last: int
) -> tuple[pd.DataFrame, NDArray[np.bool_]]:
    """Return the open contracts by risk, and which of them run dry in which replication."""
    own = _own_records(beginning)
    open_ones = own[np.isin(own["state"], [State.ACTIVE, State.WAITING])]
    place = open_ones["place"].astype(np.int64)
    numbers = recorded.entitlements[place]
    said = run._execute(
        """SELECT entitlement_id, customer_id, segment::VARCHAR AS segment, template
        FROM entitlements JOIN customers USING (customer_id) JOIN templates USING (template_id)"""
    ).df().set_index("entitlement_id").reindex(numbers)  # fmt: skip
    ends = open_ones["end_date"].astype(np.int64)
    is_counted = (open_ones["total_terms"] > 0) & (open_ones["unlimited"] == 0)
    remaining = np.where(is_counted, open_ones["remaining_terms"] / 100.0, np.nan)
    rows = pd.DataFrame(
        {
            "entitlement_id": numbers,
            "customer_id": said["customer_id"].to_numpy(),
            "segment": said["segment"].to_numpy(),
            "template": said["template"].to_numpy(),
            "allocation": np.where(open_ones["allocation"] == 1, "hours", "cases"),
            "state": np.where(open_ones["state"] == State.ACTIVE, "active", "waiting"),
            "remaining": remaining,
            "total": np.where(is_counted, open_ones["total_terms"] / 100.0, np.nan),
            "end_date": ends.astype("datetime64[D]"),
            "days_left": ends - last,
            "price": np.maximum(open_ones["price"], 0) / 100.0,
        }
    )
    rates = mean_rates(beginning.by.prospects) * beginning.by.grown
    customers = recorded.customers["customer_id"].to_numpy(np.int64)
    by_number = dict(zip(customers[beginning.stood.standing.customers], rates, strict=True))
    rows["a_month"] = [by_number.get(one, 0.0) * YEAR / 12 for one in rows["customer_id"].tolist()]
    if not len(rows):
        empty = np.zeros((len(lived), 0), np.bool_)
        return rows.assign(**{name: [] for name in _OUTCOMES}), empty
    dry = np.stack([one.became.dry_on[place] for one in lived])
    fate = np.stack([one.became.fate[place] for one in lived])
    left = np.stack([one.became.left[place] for one in lived])
    is_dry = dry <= np.minimum(ends, last + beginning.days)
    is_spent = np.nan_to_num(remaining, nan=1.0) <= 0
    chance = np.zeros(len(rows))
    is_open = is_counted & ~is_spent
    chance[is_open] = chances_of(is_dry[:, is_open].sum(0, dtype=np.int64), len(lived))
    rows["chance_dry"] = np.where(is_counted, np.where(is_spent, 1.0, chance), np.nan)
    days = np.where(is_dry, dry, np.nan)
    for name, share in (("dry_early", 0.1), ("dry_median", 0.5), ("dry_late", 0.9)):
        rows[name] = _days_at(days, share, is_spent | ~is_counted)
    rows["chance_renewed"] = (fate == RENEWED).mean(0)
    rows["chance_cancelled"] = (fate == CANCELLED).mean(0)
    rows["chance_left"] = (fate == LAPSED).mean(0)
    rows["left"] = np.where(is_counted, left.mean(0) / 100.0, np.nan)
    rows["reason"] = [reason_of(row) for row in records(rows)]
    rows["risk"] = rows["chance_dry"].fillna(0.0)
    rows = rows.sort_values(
        ["risk", "days_left", "entitlement_id"], ascending=[False, True, True], kind="stable"
    )
    order = rows.index.to_numpy()
    return rows.drop(columns="risk").reset_index(drop=True), is_dry[:, order]


_OUTCOMES: Final = (
    "chance_dry",
    "dry_early",
    "dry_median",
    "dry_late",
    "chance_renewed",
    "chance_cancelled",
    "chance_left",
    "left",
    "reason",
)


def _days_at(days: NDArray[Any], share: float, unknown: NDArray[np.bool_]) -> Any:
    """Return the day by which a share of those that run dry have done so; none where none does."""
    found = np.full(days.shape[1], np.nan)
    some = np.isfinite(days).any(0) & ~unknown
    if some.any():
        found[some] = np.nanquantile(days[:, some], share, axis=0, method="inverted_cdf")
    whole = np.where(some, found, 0).astype(np.int64).astype("datetime64[D]")
    return np.where(some, whole, np.datetime64("NaT"))


def _draws(money: Money | None, lived: list[Any]) -> dict[str, NDArray[Any]]:
    """Return by quantity what each replication comes to, by group and month."""
    sums = np.stack([one.by_month for one in lived])[:, :, :, :-1]
    whole = sums.sum(2)
    alone = sums[:, :, -1]

    def of(*measures: Measure) -> NDArray[Any]:
        total: NDArray[Any] = whole[..., list(measures)].sum(-1)
        return total

    counts = np.stack([one.became.counts for one in lived])[..., :-1]
    revenue = of(Measure.STRAIGHT_LINE, Measure.OVERAGE_VALUE)
    draws: dict[str, NDArray[Any]] = {
        "cases": of(Measure.COVERED, Measure.UNCOVERED, Measure.TURNED_AWAY),
        "covered": of(Measure.COVERED),
        "hours": of(Measure.MINUTES) / 60.0,
        "ran_dry": counts[:, DRIED],
        "expiries": of(Measure.ENDS),
        "renewals": counts[:, RENEWALS],
        "breakage": of(Measure.BREAKAGE_VALUE, Measure.CANCELLED_BREAKAGE_VALUE) / 100.0,
        "revenue": revenue / 100.0,
    }
    if money is None:
        draws["margin"] = np.full(revenue.shape, np.nan)
        return draws
    draws["margin"] = priced(money, of, alone[..., Measure.MINUTES]).margin / PARTS
    return draws
