"""Who will run dry: the chance of each open entitlement, and whether such chances come true."""

import datetime as dt
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from ..metrics.demand_on_terms import PARTS, fit_demand
from ..metrics.exhaustion import BoolArray
from ..metrics.rates_anew import fit_anew
from ..metrics.running_dry import DRAWS, Allotment, Played, play
from ..metrics.season import Season, fit_season
from ..metrics.special_functions import FloatArray, IntArray
from ..parameters import DAY, of_types, takes
from ..store.errors import RunError
from ..store.run import RUN
from .use_seen import UseSeen, left_out, use_seen

if TYPE_CHECKING:
    from ..store.run import Run

#: Fewest charges in hours that speak for a template and segment; fewer are taken with all others.
_LEAST_CHARGES: Final = 30

#: Edges of the bins in which chances are held against what happened.
BINS: Final = (0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0)

_DAYS_A_MONTH: Final = 30.4375

_COLUMNS: Final = [
    "entitlement_id",
    "customer_id",
    "segment",
    "template_id",
    "template",
    "allocation",
    "remaining",
    "end_date",
    "days_left",
]


@dataclass(frozen=True)
class Forecast:
    """What may come of the entitlements that are open on a day and have something left.

    Attributes
    ----------
    as_of : date
        At whose close.
    chances : DataFrame
        See :func:`chance_to_run_dry`.
    futures : ndarray of bool, shape (entitlements, futures)
        Which of them run dry in each of the futures that were played.
    left_out : mapping of str to int
        How many that are Active have no chance told, by why: what has no number of terms or no end
        has no end of terms to run into, and terms that come anew every period are no stock for the
        whole term.
    """

    as_of: dt.date
    chances: pd.DataFrame
    futures: BoolArray
    left_out: Mapping[str, int] = field(default_factory=dict)

    def numbers(self, among: "pd.Series[int] | None" = None) -> IntArray:
        """Return how many run dry in each future, of all or of these entitlement numbers."""
        own = self.chances["entitlement_id"].isin(among).to_numpy() if among is not None else ...
        numbers: IntArray = self.futures[own].sum(0, dtype=np.int64)
        return numbers

    def limits(
        self, among: "pd.Series[int] | None" = None, confidence: float = 0.95
    ) -> tuple[float, float]:
        """Return limits of the number that will run dry, with what all customers share."""
        outside = (1 - confidence) / 2
        levels = [outside, 1 - outside]
        low, high = np.quantile(self.numbers(among), levels, method="inverted_cdf")
        return float(low), float(high)


@takes(run=RUN, as_of=DAY)
def chance_to_run_dry(run: "Run", as_of: dt.date | None = None) -> pd.DataFrame:
    """Return the chance of each open entitlement to run dry before its end.

    A customer's own rate is weighed with that of its segment and template, from all that was seen
    of the contract and of those that it renews: gamma-Poisson, drifting from one contract to the
    next and now and then beginning anew, as that of a customer who turns to another contract, so
    that what was seen before it may have done so counts the less; with uses that come in bunches,
    parts of a term in which more is asked, a season, the growth that the scenario declares (a few
    years of a level that wanders tell little of it), and what all customers share, which few months
    tell little of, too. From there a thousand futures are played, in which a channel gives no more
    than it has left and contracts are cancelled as often as so far, and amended as often and by as
    much. Not foreseen: top-ups. Left out is what is unlimited, whose term is open, or whose terms
    come anew every period (``Forecast.left_out`` counts them).

    Parameters
    ----------
    run : Run
    as_of : date, optional
        At the close of which day; by default the last one of the run. Nothing that came later is
        looked at.

    Returns
    -------
    DataFrame
        One row for each other entitlement that is Active and has terms left, by its id:
        `entitlement_id`, `customer_id`, `segment`, `template_id`, `template`, `allocation`,
        `remaining`, `end_date`, `days_left`, `chance` (NaN where no use was ever seen, or its own
        is not known), `n` (uses seen of it and of what it renews) and `days_seen` (days that these
        were watched).

    Examples
    --------
    >>> from entitlement_sim import Scenario, simulate
    >>> run = simulate(Scenario.load("incident-based", ["segments.offices.customers=40"]))
    >>> bool(chance_to_run_dry(run)["chance"].between(0, 1).all())
    True
    """
    return forecast_running_dry(run, as_of).chances


@takes(run=RUN, as_of=DAY)
def forecast_running_dry(run: "Run", as_of: dt.date | None = None) -> Forecast:
    """Return :func:`chance_to_run_dry` together with the number that will run dry in all."""
    day = _last_day(run) if as_of is None else as_of
    seen = use_seen(run, day)
    contracts = seen.contracts
    places = np.flatnonzero(contracts["is_open"] & (contracts["remaining"] > 0))
    chances = contracts.loc[places, _COLUMNS].reset_index(drop=True)
    by_lineage = pd.DataFrame({"n": seen.uses.sum(1), "days_seen": seen.exposure.sum(1)})
    of_lineage = by_lineage.groupby(seen.lineage).sum()
    chances[["n", "days_seen"]] = of_lineage.loc[seen.lineage[places]].to_numpy(np.int64)
    chance = np.full(len(places), np.nan)
    futures = np.zeros((len(places), DRAWS), np.bool_)
    if len(places) and seen.uses.any():
        season = _season(run, day, float(contracts.loc[places, "days_left"].mean()))
        common = season.levels(DRAWS, np.random.default_rng(0))
        numbers = chances["entitlement_id"].tolist()
        in_front = set(seen.before[places].tolist())
        played: dict[int, Played] = {}
        # What is used before another ends sooner.
        order = np.argsort(chances["end_date"].to_numpy(), kind="stable").tolist()
        allotments = _allotments(run, day, seen, places[order], season)
        for row, allotment in zip(order, allotments, strict=True):
            place = int(places[row])
            allotment = replace(allotment, before=played.get(int(seen.before[place])))
            outcome = play(allotment, common, np.random.default_rng([numbers[row]]))
            futures[row] = outcome.is_dry
            if place in in_front:
                played[place] = outcome
        chance = futures.mean(1)
    chances.insert(len(_COLUMNS), "chance", chance)
    return Forecast(day, chances, futures, left_out(run, day))


@takes(run=RUN, as_of=DAY)
def said_against_happened(run: "Run", as_of: dt.date) -> pd.DataFrame:
    """Return the chances of a day, and what became of them by the end of the run.

    Parameters
    ----------
    run : Run
        One that goes on after `as_of`.
    as_of : date

    Returns
    -------
    DataFrame
        As :func:`chance_to_run_dry`, only of entitlements that ended by the last day of the run,
        with `ran_dry`: whether nothing was left on any later day while it covered.
    """
    return outcomes_of(run, forecast_running_dry(run, as_of))


@takes(run=RUN, forecast=of_types("a forecast", Forecast))
def outcomes_of(run: "Run", forecast: Forecast) -> pd.DataFrame:
    """Return the chances of a forecast with `ran_dry`, as :func:`said_against_happened` does."""
    ended = run.sql(
        """
        SELECT entitlement_id, bool_or(
                   balance <= 0 AND happened_at::DATE BETWEEN $day::DATE + 1 AND effective_end
               ) AS ran_dry
        FROM ledger JOIN entitlement_facts USING (entitlement_id) CROSS JOIN metric_parameters
        WHERE end_date <= metric_parameters.as_of
        GROUP BY entitlement_id
        """,
        {"day": forecast.as_of},
    )
    rows = forecast.chances.merge(ended, on="entitlement_id", how="inner")
    return rows.dropna(subset=["chance"]).reset_index(drop=True)


def reliability(rows: pd.DataFrame) -> pd.DataFrame:
    """Return by chance what was said and what happened.

    Parameters
    ----------
    rows : DataFrame
        Of :func:`said_against_happened`.

    Returns
    -------
    DataFrame
        For each bin of :data:`BINS` that has any: `from_chance`, `to_chance`, `n`, `said` (the mean
        chance) and `happened` (the share that ran dry).
    """
    place = np.clip(np.searchsorted(BINS, rows["chance"], side="right") - 1, 0, len(BINS) - 2)
    grouped = rows.groupby(place)
    table = grouped.agg(n=("chance", "size"), said=("chance", "mean"), happened=("ran_dry", "mean"))
    table.insert(0, "from_chance", [BINS[bin_] for bin_ in table.index])
    table.insert(1, "to_chance", [BINS[bin_ + 1] for bin_ in table.index])
    return table.reset_index(drop=True)


def _last_day(run: "Run") -> dt.date:
    day: dt.date = run.sql("SELECT as_of FROM metric_parameters")["as_of"].item().date()
    return day


def _season(run: "Run", day: dt.date, days_ahead: float) -> Season:
    months = run.sql(
        """
        SELECT month, sum(contacts) / nullif(sum(covered_customer_days), 0) AS rate
        FROM contact_rate
        WHERE NOT is_partial AND last_day(month) <= $day
        GROUP BY month
        ORDER BY month
        """,
        {"day": day},
    )
    middle = (months["month"] - pd.Timestamp(day.year, 1, 1)).dt.days + _DAYS_A_MONTH / 2
    try:
        declared = run.scenario.model.calendar.growth
    except RunError:  # of another version
        declared = 0.0
    return fit_season(
        middle,
        months["rate"].fillna(0.0),
        months_ahead=days_ahead / _DAYS_A_MONTH,
        growth=math.log1p(declared),
    )


def _allotments(
    run: "Run", day: dt.date, seen: UseSeen, places: IntArray, season: Season
) -> Iterator[Allotment]:
    contracts = seen.contracts.loc[places]
    demand = fit_demand(
        seen.uses, seen.exposure, lineage=seen.lineage, kind=seen.kind, holding=seen.holding
    )
    left, term = contracts["days_left"].to_numpy(), contracts["term_days"].to_numpy()
    profile, days = demand.profile[seen.kind[places]], seen.ahead[places]
    relative = season.through(day.timetuple().tm_yday, left)
    relative = relative * season.grown(left / 2 + seen.days_ago[seen.lineage[places]])
    ahead = (days * profile).sum(1) * relative
    more = profile[:, :PARTS] - profile[:, PARTS:]
    gained = np.maximum((days[:, PARTS:] * more).sum(1), 0.0) * relative
    cancellations = _cancelled_a_day(run, day) * left
    begins = seen.contracts["first_day"].to_numpy("datetime64[D]").astype(np.int64)
    change = fit_anew(
        demand, seen.uses, seen.exposure, lineage=seen.lineage, kind=seen.kind,
        holding=seen.holding, begins=begins,
    )  # fmt: skip
    # By halves of a term: how often a rate begins anew up to the end.
    beginnings = -np.log1p(-change.share[seen.holding[places]]) * 2 * left / term
    channels = _Channels(run, day, contracts["entitlement_id"])
    charges = _Charges(seen)
    amendments = _Amendments(run, day, seen)
    columns = [contracts[name] for name in ("entitlement_id", "segment", "allocation", "remaining")]
    for place, each, more_days, cancelled, begun, number, segment, allocation, remaining in zip(
        places, ahead, gained, cancellations, beginnings, *columns, strict=True
    ):
        holding = int(seen.holding[place])
        rate = change.rates[seen.lineage[place]]
        assert rate is not None, "holdings without any use are taken with others"
        yield Allotment(
            remaining,
            rate,
            float(each),
            float(demand.bunch[holding]),
            float(change.drift[holding]),
            channels.of(number, segment),
            charges.of(place) if allocation == "hours" else None,
            float(cancelled),
            change.priors[holding],
            float(begun),
            *amendments.of(place),
            gained=float(more_days),
        )


def _cancelled_a_day(run: "Run", day: dt.date) -> float:
    """Return how many contracts of those in force are cancelled on a day, on the average so far."""
    [(cancelled, days)] = run.sql(
        """
        SELECT count(*) FILTER (ended_by = 'cancellation' AND effective_end < $day),
               sum(greatest(
                   least(effective_end, $day::DATE) - greatest(covered_from, run_begins) + 1, 0
               ))
        FROM entitlement_facts CROSS JOIN metric_parameters
        WHERE covered_from <= $day AND effective_end >= run_begins
        """,
        {"day": day},
    ).itertuples(index=False)
    return float(cancelled / days) if days else 0.0


class _Channels:
    """What is left by channel, and which share of the uses comes by each."""

    def __init__(self, run: "Run", day: dt.date, entitlements: pd.Series) -> None:
        arrivals = run.sql(
            """
            SELECT segment::VARCHAR AS segment, coalesce(origin::VARCHAR, '') AS origin,
                   count(*) AS n
            FROM arrived_cases JOIN customers USING (customer_id)
            WHERE created_at::DATE <= $day
            GROUP BY ALL
            ORDER BY ALL
            """,
            {"day": day},
        )
        self._arrivals = {
            segment: dict(zip(group["origin"], group["n"], strict=True))
            for segment, group in arrivals.groupby("segment")
        }
        left = run.sql(
            """
            SELECT entitlement_id, channel.origin::VARCHAR AS origin,
                   any_value(channel.total_terms)::DOUBLE AS total,
                   coalesce(
                       arg_max(origin_balance, entry), any_value(channel.total_terms)
                   )::DOUBLE AS remaining
            FROM entitlement_channels AS channel
            LEFT JOIN (FROM ledger WHERE happened_at::DATE <= $day) AS ledger
                USING (entitlement_id, origin)
            GROUP BY ALL
            ORDER BY ALL
            """,
            {"day": day},
        )
        self._left: dict[int, list[tuple[str, float, float]]] = {}
        open_ones = left[left["entitlement_id"].isin(entitlements)]
        for number, *channel in open_ones.itertuples(index=False, name=None):
            self._left.setdefault(number, []).append(tuple(channel))

    def of(self, entitlement_id: int, segment: str) -> dict[str, tuple[float, float]]:
        """Return share and rest by channel, of an entitlement that has limits by channel."""
        limits = self._left.get(entitlement_id)
        if limits is None:
            return {}
        arrivals = self._arrivals.get(segment, {})
        left = {origin: rest for origin, _, rest in limits}
        not_sold = {origin for origin, total, _ in limits if total == 0}
        sold = {origin: n for origin, n in arrivals.items() if origin not in not_sold}
        whole = sum(sold.values())
        return {origin: (n / whole, left.get(origin, np.inf)) for origin, n in sold.items()}


class _Charges:
    """Hours that a case took, by template and segment."""

    def __init__(self, seen: UseSeen) -> None:
        self._kind = seen.kind
        hours = seen.charges["charged"].to_numpy(np.float64)
        # Where no hours were ever charged, none are foreseen.
        self._all = hours if len(hours) else np.zeros(1)
        by_kind = seen.kind[seen.charges["place"].to_numpy(np.int64)]
        self._of = {kind: hours[by_kind == kind] for kind in np.unique(by_kind).tolist()}

    def of(self, place: int) -> FloatArray:
        """Return those of a contract's template and segment, or of all where these are few."""
        own = self._of.get(int(self._kind[place]), self._all[:0])
        return own if len(own) >= _LEAST_CHARGES else self._all


#: What was put into each entitlement, with what had been put in so far.
_PUT_IN: Final = """
SELECT entitlement_id, amount::DOUBLE AS amount,
       (sum(amount) OVER (PARTITION BY entitlement_id ORDER BY entry))::DOUBLE AS total,
       reason = 'adjust' AND happened_at::DATE >= run_begins AS is_amendment
FROM ledger CROSS JOIN metric_parameters
WHERE amount <> 0 AND reason IN ('allot', 'adjust', 'topup', 'correct')
    AND happened_at::DATE <= $day
ORDER BY entitlement_id, entry
"""

#: Days of the run on which entitlements of a template and segment were in force.
_DAYS_IN_FORCE: Final = """
SELECT template_id, segment::VARCHAR AS segment, sum(
           least(effective_end, $day::DATE) - greatest(covered_from, run_begins) + 1
       )::DOUBLE AS days
FROM entitlement_facts CROSS JOIN metric_parameters
WHERE covered_from <= least(effective_end, $day::DATE) AND effective_end >= run_begins
GROUP BY ALL
"""


class _Amendments:
    """How often terms were amended so far and by how much, by template and segment.

    A template and segment with few says little: what all say weighs as much as one amendment.
    """

    def __init__(self, run: "Run", day: dt.date, seen: UseSeen) -> None:
        put_in = run.sql(_PUT_IN, {"day": day})
        columns = ["template_id", "segment"]
        contracts = seen.contracts[["entitlement_id", *columns, "days_left"]]
        self._kind = contracts.groupby(columns).ngroup().to_numpy(np.int64)
        contracts = contracts.assign(kind=self._kind)
        self._days_left = contracts["days_left"].to_numpy(np.float64)
        self._totals = (
            put_in.groupby("entitlement_id")["total"].last()
            .reindex(contracts["entitlement_id"]).to_numpy(np.float64)
        )  # fmt: skip
        amended = put_in[put_in["is_amendment"] & (put_in["total"] > put_in["amount"])]
        amended = amended.merge(contracts[["entitlement_id", "kind"]], on="entitlement_id")
        change = (amended["amount"] / (amended["total"] - amended["amount"])).to_numpy(np.float64)
        of_kind = amended["kind"].to_numpy(np.int64)
        kinds = contracts.drop_duplicates("kind").set_index("kind").sort_index()
        days = kinds.merge(run.sql(_DAYS_IN_FORCE, {"day": day}), how="left")["days"].fillna(0.0)
        counts = np.bincount(of_kind, minlength=len(kinds))
        weight = days.sum() / max(len(change), 1)
        self._a_day = (counts + (len(change) > 0)) / (days.to_numpy(np.float64) + weight)
        self._all = change
        self._of = {kind: change[of_kind == kind] for kind in np.unique(of_kind).tolist()}

    def of(self, place: int) -> tuple[float, FloatArray | None]:
        """Return how often a contract is expected to be amended, and what that may add."""
        if not len(self._all):
            return 0.0, None
        kind = int(self._kind[place])
        own = self._of.get(kind, self._all[:0])
        changes = own if len(own) >= _LEAST_CHARGES else self._all
        return float(self._a_day[kind] * self._days_left[place]), changes * self._totals[place]
