"""Selection among designs: the procedure as the paper defines it, and how often it errs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entitlement_sim.searching.selecting import Selection

PROBLEMS = 200
DESIGNS = 20
WORTH = 1.0
FIRST = 10


def drawn_together(chance: np.random.Generator, means: np.ndarray) -> np.ndarray:
    """One replication: what designs share, and what is each one's own."""
    shared = 3.0 * chance.standard_normal()
    return means + shared + 1.5 * chance.standard_normal(len(means))


def selected(chance: np.random.Generator, means: np.ndarray) -> tuple[int, int]:
    """The design that is chosen, and after how many replications."""
    first = np.array([drawn_together(chance, means) for _ in range(FIRST)])
    selection = Selection(first, worth=WORTH, confidence=0.95)
    while not selection.is_over:
        selection.add(drawn_together(chance, means)[selection.left])
    return int(selection.left[0]), selection.replications


@pytest.mark.parametrize("apart", ["all as close as matters", "evenly spread"])
def test_the_best_is_missed_in_five_of_a_hundred_problems_at_most(apart: str) -> None:
    chance = np.random.default_rng(20261127)
    misses = 0
    for _ in range(PROBLEMS):
        means = np.zeros(DESIGNS) if apart.startswith("all") else -WORTH * np.arange(DESIGNS)
        best = int(chance.integers(DESIGNS))
        means = np.roll(means, best)
        means[best] = WORTH
        misses += selected(chance, means)[0] != best
    assert misses <= 0.05 * PROBLEMS


def test_what_is_shared_in_a_replication_costs_nothing() -> None:
    first = np.random.default_rng(3).standard_normal((FIRST, 6))
    shared = 1000.0 * np.arange(FIRST)[:, None]
    alone = Selection(first, worth=0.5, confidence=0.95)
    together = Selection(first + shared, worth=0.5, confidence=0.95)
    assert together.left.tolist() == alone.left.tolist()
    assert together.most == alone.most


def test_variances_and_the_slack_are_those_of_the_paper() -> None:
    first = np.random.default_rng(5).standard_normal((8, 3)) * [1.0, 2.0, 3.0]
    n0, k, alpha, delta = 8, 3, 0.05, 0.3
    eta = ((2 * alpha / (k - 1)) ** (-2 / (n0 - 1)) - 1) / 2
    h2 = 2 * eta * (n0 - 1)
    left = [
        i
        for i in range(k)
        if all(
            first[:, i].mean()
            >= first[:, j].mean()
            - max(
                0,
                delta / (2 * n0) * (h2 * np.var(first[:, i] - first[:, j], ddof=1) / delta**2 - n0),
            )
            for j in range(k)
        )
    ]
    selection = Selection(first, worth=delta, confidence=1 - alpha)
    pairs = [(i, j) for i in left for j in left if i != j]
    most = max(int(h2 * np.var(first[:, i] - first[:, j], ddof=1) / delta**2) for i, j in pairs)
    assert selection.left.tolist() == left
    assert selection.most == most + 1


@given(st.integers(0, 2**32 - 1), st.integers(1, 12))
def test_one_design_is_left_after_the_most_replications(seed: int, designs: int) -> None:
    chance = np.random.default_rng(seed)
    selection = Selection(chance.standard_normal((5, designs)).round(1), worth=1.5, confidence=0.6)
    most = selection.most
    while not selection.is_over:
        selection.add(chance.standard_normal(len(selection.left)).round(1))
    assert selection.replications <= most


def test_designs_that_are_the_same_are_not_told_apart_for_ever() -> None:
    first = np.random.default_rng(1).standard_normal((6, 1)).repeat(4, axis=1)
    assert Selection(first, worth=1.0, confidence=0.95).left.tolist() == [0]


@pytest.mark.parametrize(
    ("first", "how", "says"),
    [
        (np.zeros((4, 2)), {}, "must be 5 first replications, not 4"),
        (np.full((5, 2), np.nan), {}, "must be known"),
        (np.zeros((5, 2)), {"worth": 0.0}, "must be above 0, not 0.0"),
        (np.zeros((5, 2)), {"confidence": 1.0}, "between 0 and 1, not 1.0"),
    ],
)
def test_what_cannot_be_selected_from_is_said(
    first: np.ndarray, how: dict[str, float], says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        Selection(first, **({"worth": 1.0, "confidence": 0.95} | how))
