"""How severe cases are, and who goes on beyond its terms: declared shares, drawn by themselves."""

from collections import Counter
from typing import Any

import numpy as np
import pytest
from drawn import drawn
from scipy import stats

from entitlement_sim import Scenario
from entitlement_sim.population.customers import accepts_overage, draw_customer
from entitlement_sim.population.plan import plan

LEVEL = 1e-5

DATA: dict[str, Any] = {
    "scenario": "severities",
    "calendar": {"start": "2025-01-01", "days": 365},
    "products": ["Mail"],
    "templates": {"Pack": {"total_terms": 5}},
    "segments": {
        "all": {
            "customers": 4,
            "cases": {"per_year": 60, "follow_ups": {"mean": 0.5}},
            "products": {"Mail": 1},
            "origins": {"phone": 1, "email": 1},
            "severities": {1: 1, 2: 0, 3: 3},
        }
    },
    "bursts": [{"product": "Mail", "per_year": 20, "hits": 1, "cases": 2}],
}


def cases(**says: Any) -> list[Any]:
    """Origin and severity of all cases, in whatever way they come."""
    data = DATA | {"segments": {"all": DATA["segments"]["all"] | says}}
    return [
        (rest[1], rest[5])
        for key, listed in drawn(data, 7).items()
        if key[-1] in ("cases", "Mail")
        for _, rest in listed
    ]


@pytest.fixture(scope="module")
def severe() -> list[Any]:
    return cases()


def test_severities_come_in_their_shares(severe: list[Any]) -> None:
    counts = Counter(severity for _, severity in severe)
    assert counts.keys() == {1, 3}
    assert stats.binomtest(counts[1], counts.total(), 0.25).pvalue > LEVEL


def test_the_severity_of_a_case_hangs_on_no_other_draw(severe: list[Any]) -> None:
    counts = np.zeros((2, 2))
    for origin, severity in severe:
        counts[origin, severity // 2] += 1
    assert stats.chi2_contingency(counts).pvalue > LEVEL


def test_cases_have_no_severity_where_none_is_written() -> None:
    assert {severity for _, severity in cases(severities={})} == {0}


def test_a_lone_severity_is_that_of_every_case() -> None:
    assert {severity for _, severity in cases(severities={4: 0.001})} == {4}


def test_customers_go_beyond_their_terms_in_the_declared_share() -> None:
    numbers = plan(Scenario.from_dict(DATA, {"segments.all.accepts_overage": 0.3}).model, seed=7)
    run, segment = numbers.run[0], numbers.segments[0]
    accepted = [
        accepts_overage(run, segment, draw_customer(run, segment, place)) for place in range(2000)
    ]
    assert stats.binomtest(sum(accepted), len(accepted), 0.3).pvalue > LEVEL


@pytest.mark.parametrize(("share", "accepts"), [(0, False), (1, True)])
def test_a_share_of_none_or_all_is_certain(share: float, accepts: bool) -> None:
    numbers = plan(Scenario.from_dict(DATA, {"segments.all.accepts_overage": share}).model, seed=7)
    run, segment = numbers.run[0], numbers.segments[0]
    for place in range(50):
        customer = draw_customer(run, segment, place)
        assert bool(accepts_overage(run, segment, customer)) is accepts
