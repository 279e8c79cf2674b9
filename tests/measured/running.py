"""Many runs, each kept as what its customers add to metrics.

Where the metrics of a comparison need rows, runs are simulated; where sums say enough, nothing but
sums is made, which takes a sixth of the time.
"""

import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from entitlement_sim import Scenario, simulate, sums
from entitlement_sim.comparison.by_customer import sums_by_customer
from entitlement_sim.comparison.measures import METRICS, Metric
from entitlement_sim.inference import Portfolio, portfolio_of, shared_shocks
from entitlement_sim.inference.money_summed import PRICED, add_priced

from .portfolios import CHANGES, CHANGES_WITH_OVERAGE, FIXED, LARGE, NOTHING, scenario_of

Drawn = tuple[pd.DataFrame, Portfolio]

#: Settings that are simulated, all metrics of a comparison; two runs make a pair.
SIMULATED: Final = {NOTHING: 400, "day effects and incidents": 400}

#: Settings of which sums are made: from so many seeds, from 1 on, so many replications each.
SUMMED: Final = {"a wandering level": (5, 400), "all three": (5, 400), FIXED: (1, 100)}

#: What names of settings end in of which runs are simulated beside, and of files.
ROWS: Final = "; rows"

#: Settings of which sums are made, simulated too for what sums do not say; two runs make a pair.
ALSO_SIMULATED: Final = dict.fromkeys(["a wandering level", "all three"], 400)

#: The same of large ones, from seed 0 on.
AT_FULL_SIZE: Final = dict.fromkeys(LARGE, (20, 20))

#: Settings in which offerings are changed, by sums, and how many replications each change has.
CHANGED_IN: Final = {NOTHING: 100, "all three": 100}

#: What names of runs with overage end in, and of files.
MONEY: Final = "; money"

#: Settings with overage in which money is measured, by sums, from how many seeds and replications.
WITH_OVERAGE: Final = dict.fromkeys([*SIMULATED, *ALSO_SIMULATED], (1, 400)) | {FIXED: (1, 100)}

#: Metrics that sums say; renewals of all contracts, those that are free, too.
OF_SUMS: Final[Sequence[Metric]] = [
    Metric(key, {metric.key: metric.name for metric in METRICS}.get(key, key), kind, top, bottom)
    for key, kind, top, bottom in (
        ("covered", "share", "covered", "all_cases"),
        ("turned_away", "share", "turned_away", "all_cases"),
        ("renewed", "share", "renewed", "due_mature"),
        ("on_time", "share", "on_time", "due_mature"),
        ("unused_cases", "share", "unused_cases", "ended_cases"),
        ("unused_hours", "share", "unused_hours", "ended_hours"),
        ("bookings", "money", "bookings", None),
        ("sold", "count", "sold", None),
        ("cases", "count", "all_cases", None),
        ("used_cases", "terms", "used_cases", None),
        ("used_hours", "hours", "used_hours", None),
        ("lapsed_value", "money", "breakage_value", None),
    )
]

#: Metrics that hang on what support costs and on what is billed beyond terms: sums of the views,
#: to the last minute.
OF_MONEY: Final[Sequence[Metric]] = [
    metric
    for metric in METRICS
    if metric.key in ("revenue", "overage", "uncovered_revenue", "cost_to_serve", "margin")
]


#: Metrics that are taken from whole runs where there are any: most of them need rows.
OF_ROWS: Final[Sequence[Metric]] = [
    metric
    for metric in METRICS
    if metric.key not in {other.key for other in [*OF_SUMS, *OF_MONEY]}
    or metric.key in ("unused_cases", "unused_hours", "used_cases")
]


def metrics_of_money(setting: str) -> list[Metric]:
    """Return those of :data:`OF_MONEY` that nothing else measures in a setting."""
    return [metric for metric in OF_MONEY if metric.key != "revenue" or setting not in SIMULATED]


def simulated(setting: str, seed: int) -> Drawn:
    """Return what customers add to the metrics of a comparison in one run, and its customers."""
    with simulate(scenario_of(setting), seed=seed, threads=1) as run:
        frame = sums_by_customer(run).drop(columns="template")
        keys = ["customer_id", "segment"]
        return frame.groupby(keys, observed=True).sum().reset_index(), portfolio_of(run)


def summed(
    setting: str, replications: int, changes: Sequence[str] = (), seed: int = 1
) -> dict[str, list[Drawn]]:
    """Return what customers add to :data:`OF_SUMS`, by offering ("base" and changes)."""
    scenario = scenario_of(setting)
    frame = sums(
        scenario,
        {change: CHANGES[change] for change in changes},
        replications,
        seed=seed,
        by=["customer"],
        hundredths=True,
        threads=1,
    )
    frame["all_cases"] = frame["covered"] + frame["uncovered"] + frame["turned_away"]
    for unit in ("cases", "hours"):
        is_unit = frame["allocation"] == unit
        frame[f"used_{unit}"] = frame["used"].where(is_unit, 0)
        frame[f"unused_{unit}"] = frame["breakage"].where(is_unit, 0)
        frame[f"ended_{unit}"] = frame["ended_allotment"].where(is_unit, 0)
    columns = {
        part for metric in OF_SUMS for part in (metric.numerator, metric.denominator) if part
    }
    return _by_offering(frame, columns, scenario)


def _by_offering(
    frame: pd.DataFrame, columns: set[str], scenario: Scenario
) -> dict[str, list[Drawn]]:
    keys = ["offering", "replication", "segment", "customer_id"]
    added = frame.groupby(keys, observed=True)[sorted(columns)].sum().reset_index()
    drawn = {
        replication: _portfolio(own, scenario) for replication, own in added.groupby("replication")
    }
    return {
        str(offering): [
            (own.drop(columns=["offering", "replication"]), drawn[replication])
            for replication, own in of_offering.groupby("replication")
        ]
        for offering, of_offering in added.groupby("offering")
    }


def money_summed(
    setting: str, replications: int, changes: Sequence[str] = (), seed: int = 1
) -> dict[str, list[Drawn]]:
    """Return what customers add to :data:`OF_MONEY`, by offering, of the demo with overage."""
    scenario = scenario_of(setting, has_overage=True)
    frame = sums(
        scenario,
        {change: CHANGES_WITH_OVERAGE[change] for change in changes},
        replications,
        seed=seed,
        by=["customer"],
        hundredths=True,
        threads=1,
    )
    frame["template"] = frame["allocation"]  # what no template covers has no unit either
    add_priced(frame, dict.fromkeys(["base", *changes], scenario.model.money))
    frame[[*PRICED]] = frame[[*PRICED]].astype(np.int64)
    frame = frame.rename(columns={"straight_line": "revenue", "overage_value": "overage"})
    return _by_offering(frame, {metric.numerator for metric in OF_MONEY}, scenario)


def _portfolio(added: pd.DataFrame, scenario: Scenario) -> Portfolio:
    """Return the customers of one replication: as many as the scenario fixes, if it does."""
    is_fixed = scenario.model.history is None
    portfolio = Portfolio.of(added, is_fixed=is_fixed, shocks=shared_shocks(scenario))
    if not is_fixed:
        return portfolio
    sizes = [scenario.model.segments[name].customers for name in portfolio.names]
    return Portfolio(
        portfolio.customers, portfolio.segments, portfolio.names, np.array(sizes), is_fixed
    )


def make(seconds: float, folder: Path, only: Sequence[str] = ()) -> int:
    """Make what is not there yet until the time is over; return how much is missing."""
    until = time.monotonic() + seconds
    missing = 0
    for name, kind in _names().items():
        if only and name not in only:
            continue
        for file, part in kind:
            place = folder / file
            if place.exists():
                continue
            if time.monotonic() > until:
                missing += 1
                continue
            place.parent.mkdir(parents=True, exist_ok=True)
            pd.to_pickle(part(), place)
    return missing


def _names():
    """Return each name with its files, and how what is in them is made."""
    simulations = {
        setting: [
            (f"{_plain(setting)}/{seed}.pkl", lambda s=setting, k=seed: simulated(s, k))
            for seed in range(count)
        ]
        for setting, count in SIMULATED.items()
    }
    beside = {
        f"{setting}{ROWS}": [
            (f"{_plain(setting + ROWS)}/{seed}.pkl", lambda s=setting, k=seed: simulated(s, k))
            for seed in range(count)
        ]
        for setting, count in ALSO_SIMULATED.items()
    }
    of_sums = {
        setting: [
            (
                f"{_plain(setting)}/{seed}.pkl",
                lambda s=setting, n=count, k=seed: summed(s, n, seed=k)["base"],
            )
            for seed in range(first, first + seeds)
        ]
        for first, settings in ((1, SUMMED), (0, AT_FULL_SIZE))
        for setting, (seeds, count) in settings.items()
    }
    of_changes = {
        f"{setting}; changes": [
            (
                f"{_plain(setting)}-changes.pkl",
                lambda s=setting, n=count: summed(s, n, list(CHANGES)),
            )
        ]
        for setting, count in CHANGED_IN.items()
    }
    of_money = {
        f"{setting}{MONEY}": [
            (
                f"{_plain(setting + MONEY)}/{seed}.pkl",
                lambda s=setting, n=count, k=seed: money_summed(s, n, seed=k)["base"],
            )
            for seed in range(seeds)
        ]
        for setting, (seeds, count) in WITH_OVERAGE.items()
    }
    of_money_changes = {
        f"{setting}; changes{MONEY}": [
            (
                f"{_plain(setting)}-changes{_plain(MONEY)}.pkl",
                lambda s=setting, n=count: money_summed(s, n, list(CHANGES_WITH_OVERAGE)),
            )
        ]
        for setting, count in CHANGED_IN.items()
    }
    return of_sums | of_changes | of_money | of_money_changes | simulations | beside


def load_simulated(folder: Path, setting: str) -> list[Drawn]:
    """Return the runs of a setting that there are, by seed."""
    return [pd.read_pickle(file) for file in _files(folder, setting)]


def load_summed(folder: Path, setting: str) -> list[Drawn]:
    """Return the replications of a setting that there are, by seed."""
    return [drawn for file in _files(folder, setting) for drawn in pd.read_pickle(file)]


def load_changes(folder: Path, name: str) -> dict[str, list[Drawn]]:
    """Return the replications of a setting with changes, by offering."""
    [file] = _files(folder, name)
    drawn: dict[str, list[Drawn]] = pd.read_pickle(file)
    return drawn


def _files(folder: Path, name: str) -> list[Path]:
    places = [folder / file for file, _ in _names()[name]]
    return [place for place in places if place.exists()]


def _plain(setting: str) -> str:
    return re.sub("[ ;,.]+", "-", setting)
