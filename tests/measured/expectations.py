"""How often an expectation is said to hold that does not, or not to hold that does.

What is judged is drawn from distributions whose share is known exactly, or taken from many
replications of small scenarios, whose share over all of them stands for the truth; each problem
takes replications that no other one of its scenario has. At the bound that is the truth itself
either answer is a false alarm; at other bounds the right answer is the power. Run as a module it
prints the tables of ``docs/expectations.md``: ``python -m tests.measured.expectations``.
"""

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from entitlement_sim import Scenario
from entitlement_sim.inference.expectations import (
    counts_by_replication,
    expectations_of,
    verdict_of,
)
from entitlement_sim.metrics.exact_shares import share_over_groups
from entitlement_sim.scenario.models import Expectation

#: Of so many customers each, by replication: of how many it happened.
Draw = Callable[[np.random.Generator, int], NDArray[np.int64]]

#: Problems of each kind and size.
PROBLEMS: Final = 1_000
CUSTOMERS: Final = 20
SIZES: Final = (5, 20, 80)


def shared(share: float, correlation: float) -> Draw:
    """Let the chance of a replication be drawn from a beta distribution for all its customers."""
    weight = 1 / correlation - 1

    def draw(chance: np.random.Generator, count: int) -> NDArray[np.int64]:
        chances = chance.beta(share * weight, (1 - share) * weight, count)
        return chance.binomial(CUSTOMERS, chances)

    return draw


#: What happens to each customer apart, or to some of a replication together, and how often.
KINDS: Final[Mapping[str, tuple[float, Draw]]] = {
    "each apart, 20%": (0.2, lambda chance, count: chance.binomial(CUSTOMERS, 0.2, count)),
    "each apart, 5%": (0.05, lambda chance, count: chance.binomial(CUSTOMERS, 0.05, count)),
    "each apart, 1%": (0.01, lambda chance, count: chance.binomial(CUSTOMERS, 0.01, count)),
    "somewhat together (0.05), 20%": (0.2, shared(0.2, 0.05)),
    "somewhat together (0.05), 5%": (0.05, shared(0.05, 0.05)),
    "much together (0.2), 20%": (0.2, shared(0.2, 0.2)),
}

#: Few customers, so that a replication takes next to nothing.
BASE: Final = """
scenario: few
seed: 1
calendar: { start: 2024-01-01, days: 400 }
products: [A]
templates:
  Pack:
    { allocation: cases, total_terms: 6, decrease_on: creation, restrict: true,
      term: { months: 12 }, price: 1500 }
segments:
  callers:
    customers: 20
    holds: [{ template: Pack }]
    cases: { per_year: 3, shape: 2 }
    products: { A: 1 }
    turned_away: 0.5
expect: { turned_away_before: 0.8, share_of: customers, at_most: 0.05, sure: 0.95 }
"""

#: Scenarios that are simulated, by what customers share.
SIMULATED: Final[Mapping[str, list[str]]] = {
    "nothing is shared": [],
    "incidents hit half of the customers": [
        "bursts=[{product: A, per_year: 3, hits: 0.5, cases: 2}]",
        "segments.callers.cases.per_year=1.5",
    ],
    "the level wanders": ["calendar.level={sd: 0.5, half_life_days: 200}"],
    "few are turned away": ["templates.Pack.total_terms=11"],
}
REPLICATIONS: Final = 8_000


def said(low: float, high: float, bound: float) -> str:
    """Return what is said of at most so many."""
    expectation = Expectation.model_validate({"refused_before": 1, "at_most": min(bound, 1.0)})
    return verdict_of(expectation, low, high)


def rates(truth: float, problems: list[tuple[NDArray[np.int64], NDArray[np.int64]]]) -> list[float]:
    """Return how often each answer is given: at the truth, at half and at twice of it.

    Returns
    -------
    list of float
        False "holds" and false "does not hold" at the truth; "does not hold" at half of it, and
        "holds" at twice of it, which are right.
    """
    limits = [share_over_groups(*problem)[1:3] for problem in problems]
    answers = [[said(*pair, truth * factor) for pair in limits] for factor in (1, 0.5, 2)]
    wanted = [(0, "holds"), (0, "does not hold"), (1, "does not hold"), (2, "holds")]
    return [answers[place].count(word) / len(problems) for place, word in wanted]


def drawn_problems(
    draw: Draw, size: int, problems: int, seed: int
) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Return problems whose truth is known."""
    chance = np.random.default_rng(seed)
    counted = np.full(size, CUSTOMERS)
    return [(draw(chance, size), counted) for _ in range(problems)]


def simulated_problems(
    size: int, tallies: NDArray[np.int64]
) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Cut replications of a scenario into problems that share none."""
    count = len(tallies) // size
    cut = tallies[: count * size].reshape(count, size, 2)
    return [(one[:, 0], one[:, 1]) for one in cut]


def tallies_of(changes: list[str], replications: int) -> NDArray[np.int64]:
    """Return of how many customers it happened, and how many count, by replication."""
    scenario = Scenario.parse(BASE, overrides=changes)
    counts = counts_by_replication(
        scenario, expectations_of(scenario), range(replications), allow_large=True
    )
    return counts[:, 0]


_HEADS: Final = "false 'holds' | false 'does not hold' | power at half | power at twice"


def print_drawn() -> None:
    """Print what comes of problems that are drawn."""
    print(f"| drawn | replications | {_HEADS} |")
    print("|---|---|---|---|---|---|")
    for name, (truth, draw) in KINDS.items():
        for size in SIZES:
            _print(name, size, rates(truth, drawn_problems(draw, size, PROBLEMS, size)))


def print_simulated() -> None:
    """Print what comes of problems that are simulated."""
    print(f"| simulated | share | replications | problems | {_HEADS} |")
    print("|---|---|---|---|---|---|---|---|")
    for name, changes in SIMULATED.items():
        tallies = tallies_of(changes, REPLICATIONS)
        truth = float(tallies[:, 0].sum() / tallies[:, 1].sum())
        for size in SIZES:
            problems = simulated_problems(size, tallies)
            head = f"{name} | {truth:.2%}"
            _print(head, f"{size} | {len(problems)}", rates(truth, problems))


def _print(name: str, size: object, found: list[float]) -> None:
    print(f"| {name} | {size} | " + " | ".join(f"{one:.1%}" for one in found) + " |", flush=True)


if __name__ == "__main__":
    print_drawn()
    print()
    print_simulated()
