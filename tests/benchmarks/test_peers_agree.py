"""The engine against three other simulators of the reference workload, written apart from it.

They share nothing but the numbers of the scenario: not the rules, not the streams, not the way
through time. Their totals must agree within what chance explains.
"""

import numpy as np
import pytest

from .engine_peer import totals_of_customers
from .numpy_peer import simulate_in_numpy
from .numpy_totals_peer import simulate_in_numpy_totals
from .simpy_peer import Desk, LeanDesk, simulate_in_simpy
from .workload import Totals, Workload, reference

#: Standard errors that are still taken for chance: one in 16,000 sound comparisons is further off.
ERRORS = 4.0

PEERS = {
    "simpy": (1_000, lambda work: simulate_in_simpy(work, 11)),
    "simpy-with-callbacks": (1_000, lambda work: simulate_in_simpy(work, 12, LeanDesk)),
    "numpy": (20_000, lambda work: simulate_in_numpy(work, 13)),
    "numpy-totals": (20_000, lambda work: simulate_in_numpy_totals(work, 15)),
}

#: Shares of one total in another, which agree more closely than the totals do.
SHARES = [
    ("covered", "entitlements"),
    ("refused", "entitlements"),
    ("resolved", "cases"),
    ("lapsed", "cases"),
]


@pytest.fixture(scope="module")
def of_customers() -> np.ndarray:
    """Totals of each of 20,000 customers in the engine."""
    return totals_of_customers(reference(20_000), seed=10)


@pytest.fixture(scope="module", params=PEERS)
def peer(request: pytest.FixtureRequest) -> tuple[int, Totals]:
    """Customers and totals of a peer."""
    customers, simulate = PEERS[request.param]
    return customers, simulate(Workload.of(reference(customers)))


@pytest.mark.parametrize("total", Totals._fields)
def test_totals_of_a_peer_agree_with_the_engine(of_customers, peer, total):
    customers, totals = peer
    ours = of_customers[:, Totals._fields.index(total)]
    error = ours.std() * np.sqrt(1 / len(ours) + 1 / customers)
    assert abs(ours.mean() - getattr(totals, total) / customers) < ERRORS * error


@pytest.mark.parametrize(("part", "whole"), SHARES)
def test_shares_of_a_peer_agree_with_the_engine(of_customers, peer, part, whole):
    customers, totals = peer
    parts = of_customers[:, Totals._fields.index(part)]
    wholes = of_customers[:, Totals._fields.index(whole)]
    share = parts.sum() / wholes.sum()
    # the error of a ratio, by how its customers lie about it
    error = (parts - share * wholes).std() / wholes.mean() * np.sqrt(1 / len(parts) + 1 / customers)
    assert abs(share - getattr(totals, part) / getattr(totals, whole)) < ERRORS * error


def test_a_gate_that_lets_one_case_more_pass_would_be_noticed(of_customers):
    work = Workload.of(reference(1_000))
    wrong = simulate_in_simpy(Workload(**{**vars(work), "terms": work.terms + 1}), 14, Desk)
    covered = of_customers[:, Totals._fields.index("covered")]
    entitlements = of_customers[:, Totals._fields.index("entitlements")]
    share = covered.sum() / entitlements.sum()
    error = (covered - share * entitlements).std() / entitlements.mean() / np.sqrt(1_000)
    assert wrong.covered / wrong.entitlements - share > 3 * ERRORS * error
