"""How often limits that were refined until they were close enough hold the truth.

The rule itself (:func:`entitlement_sim.comparison.until.looked`) stops on pairs whose differences
are drawn from known distributions, or anew from many pairs that were simulated, so that the truth
is known. Beside it stands what limits hold that stop at the first look that is close enough, and
those of 80 pairs at which nothing stops early. Run as a module it prints the tables of
``docs/measured-until.md``: ``python -m tests.measured.stopping``.
"""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from entitlement_sim import Scenario, replicate
from entitlement_sim.comparison.until import (
    AT_MOST,
    Until,
    is_reached,
    looked,
    numbers_of_pairs,
)
from entitlement_sim.metrics.intervals import mean_interval, t_quantile

Draw = Callable[[np.random.Generator, int], NDArray[np.float64]]

#: Problems of each kind: 4,000 in all.
PROBLEMS: Final = 500

#: Differences of pairs, each with mean 0 and standard deviation 1, and how skewed they are.
KINDS: Final[Mapping[str, Draw]] = {
    "normal": lambda chance, count: chance.standard_normal(count),
    "flat": lambda chance, count: chance.uniform(-np.sqrt(3), np.sqrt(3), count),
    "long tails (Student, 5 degrees)": lambda chance, count: (
        chance.standard_t(5, count) / np.sqrt(5 / 3)
    ),
    "whole numbers (binomial, 0 to 4)": lambda chance, count: chance.binomial(4, 0.5, count) - 2.0,
    "mildly skewed (gamma, skewness 0.5)": lambda chance, count: (
        (chance.gamma(16, size=count) - 16) / 4
    ),
    "mildly skewed to the left (-0.7)": lambda chance, count: (
        (8 - chance.gamma(8, size=count)) / np.sqrt(8)
    ),
    "skewed (gamma, skewness 1)": lambda chance, count: (chance.gamma(4, size=count) - 4) / 2,
    "skewed, few cases (Poisson, mean 1)": lambda chance, count: chance.poisson(1, count) - 1.0,
}

#: How close limits are asked to be, in standard deviations: by chance between these, so that it
#: takes from fewer pairs than are looked at first to more than there may be.
CLOSEST, WIDEST = 0.12, 0.6

#: The same where many problems are asked for each of them.
WIDTHS: Final = (0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5)

#: Pairs that are simulated, of few customers, and the metrics whose differences are taken.
SIMULATED: Final = 4000
METRICS: Final = ("margin", "bookings", "turned_away")


#: Few customers, so that a pair takes next to nothing.
BASE: Final = """
scenario: few
seed: 1
calendar: { start: 2024-01-01, days: 730 }
templates:
  Pack:
    { allocation: cases, total_terms: 10, decrease_on: creation, restrict: true,
      term: { months: 12 }, price: 1500 }
segments:
  callers:
    customers: 20
    holds: [{ template: Pack }]
    cases: { per_year: 10, shape: 0.6 }
    turned_away: 0.5
    renewal: { inclination: { constant: 0.8 } }
money: { hour_costs: 60 }
"""


class Outcome(NamedTuple):
    """What came of one problem."""

    pairs: int
    is_reached: bool
    holds: bool
    first_holds: bool


def problem(draw: Draw, chance: np.random.Generator) -> Outcome:
    """Refine the limits of one mean, which is 0."""
    differences = draw(chance, AT_MOST)
    until = Until({"margin": float(np.exp(chance.uniform(np.log(CLOSEST), np.log(WIDEST))))})

    def half_width_at(pairs: int) -> dict[str, float]:
        limits = mean_interval(differences[:pairs])
        return {"margin": float(limits.high - limits.low) / 2}

    looks = looked(until, half_width_at)
    first = next((look.pairs for look in looks if look.meets(until)), looks[-1].pairs)
    holds = [_holds(differences[:pairs]) for pairs in (looks[-1].pairs, first)]
    return Outcome(looks[-1].pairs, is_reached(until, looks), *holds)


def _holds(differences: NDArray[np.float64]) -> bool:
    limits = mean_interval(differences)
    return bool(limits.low <= 0 <= limits.high)


def measured(
    kinds: Mapping[str, Draw] = KINDS, problems: int = PROBLEMS, seed: int = 1
) -> pd.DataFrame:
    """Return for each kind of differences how often limits hold the truth, and where they stop.

    Parameters
    ----------
    kinds : mapping of str to callable
    problems : int
        Of each kind.
    seed : int

    Returns
    -------
    DataFrame
        Columns `kind`, `problems`, `pairs` (the mean), `reached` (the share that became as close as
        was asked), `holds` (the share whose limits hold the truth), `first` (the same where the
        first look that is close enough is the last), and `fixed` (of 80 pairs, whatever they say).
    """
    rows = []
    for place, (kind, draw) in enumerate(kinds.items()):
        chance = np.random.default_rng([seed, place])
        outcomes = pd.DataFrame([problem(draw, chance) for _ in range(problems)])
        rows.append(
            {
                "kind": kind,
                "problems": problems,
                "pairs": outcomes["pairs"].mean(),
                "reached": outcomes["is_reached"].mean(),
                "holds": outcomes["holds"].mean(),
                "first": outcomes["first_holds"].mean(),
                "fixed": np.mean([_holds(draw(chance, 80)) for _ in range(problems)]),
            }
        )
    return pd.DataFrame(rows)


def by_width(problems: int = 20_000, seed: int = 5) -> pd.DataFrame:
    """Return how often limits hold the truth by how close they are asked to be, of many problems.

    The rule is said anew, for all problems of a kind at once.

    Returns
    -------
    DataFrame
        Columns `kind`, `asked` (in standard deviations), `holds` and `first`, as :func:`measured`.
    """
    pairs = np.array([*numbers_of_pairs(AT_MOST)])
    quantiles = np.array([t_quantile(0.975, int(count) - 1) for count in pairs])
    rows = []
    for kind, draw in KINDS.items():
        drawn = draw(np.random.default_rng(seed), problems * AT_MOST).reshape(problems, AT_MOST)
        means = np.stack([drawn[:, :count].mean(axis=1) for count in pairs], axis=1)
        spreads = np.stack([drawn[:, :count].std(axis=1, ddof=1) for count in pairs], axis=1)
        half = spreads * quantiles / np.sqrt(pairs)
        for asked in WIDTHS:
            close = half <= asked
            twice = close & np.roll(close, 1, axis=1)
            twice[:, 0] = False
            shares = []
            for stops in (twice, close):
                stops[:, -1] = True
                last = stops.argmax(axis=1)[:, None]
                holds = np.abs(np.take_along_axis(means, last, 1)) <= np.take_along_axis(
                    half, last, 1
                )
                shares.append(holds.mean())
            rows.append({"kind": kind, "asked": asked, "holds": shares[0], "first": shares[1]})
    return pd.DataFrame(rows)


def simulated() -> dict[str, Draw]:
    """Return differences of pairs that were simulated, by metric, drawn anew from these."""
    base = Scenario.parse(BASE)
    other = base.with_({"templates.Pack.total_terms": 8, "templates.Pack.price": 1260})
    frame = replicate(base, SIMULATED, alternatives={"other": other}, metrics=METRICS)
    kinds = {}
    for metric in METRICS:
        by_offering = frame.pivot(index="replication", columns="offering", values=metric)
        moved = (by_offering["other"] - by_offering["base"]).to_numpy()
        scaled = (moved - moved.mean()) / moved.std()
        kinds[f"{metric}, skewness {(scaled**3).mean():.2f}"] = _drawn_from(scaled)
    return kinds


def _drawn_from(values: NDArray[np.float64]) -> Draw:
    return lambda chance, count: chance.choice(values, count)


def page_table(frame: pd.DataFrame) -> str:
    """Return the table as Markdown, with all kinds together beneath."""
    everything = frame.drop(columns="kind").mean()
    everything["problems"] = frame["problems"].sum()
    rows = [*frame.to_dict("records"), {"kind": "all", **everything}]
    lines = [
        "| differences of pairs | problems | pairs, mean | as close as asked | hold the truth "
        "| stopping at once | 80 pairs, no stopping |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    lines += [
        f"| {row['kind']} | {row['problems']:,.0f} | {row['pairs']:.0f} | {row['reached']:.1%} "
        f"| {row['holds']:.1%} | {row['first']:.1%} | {row['fixed']:.1%} |"
        for row in rows
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    print(page_table(measured()))
    print(page_table(measured(simulated())))
    print(by_width().groupby("asked")[["holds", "first"]].agg(["min", "max"]).to_string())
