"""A small business with a past, and a designer of its pack, made once."""

import pytest

from entitlement_sim import OfferingDesigner, Scenario

TINY = """
scenario: tiny
description: A business with packs and hours, five years old.
seed: 5
currency: EUR
history: { years: 2 }
calendar: { start: 2025-01-01, days: 500 }
templates:
  Pack:
    total_terms: 10
    decrease_on: creation
    restrict: true
    channels: { phone: 4, email: 10 }
    term: { days: 365 }
    price: 1500
  Hours:
    allocation: hours
    total_terms: 7.5
    term: { months: 6 }
    price: { amount: 90, every: month }
segments:
  small:
    customers: 30
    life: { ends: { exponential: 60 } }
    holds: [{ template: Pack }, { template: Hours, share: 0.3 }]
    cases: { per_year: 12 }
    origins: { phone: 1, email: 1 }
    billable_minutes: { exponential: 40 }
    resolve_hours: { exponential: 60 }
    reopened: 0.2
    turned_away: 0.5
    renewal: { inclination: { constant: 0.7 } }
money: { hour_costs: 84, case_costs: { phone: 9 }, turned_away_costs: 15 }
"""

#: Replications of all designers here.
FEW = 4


@pytest.fixture(scope="session")
def base() -> Scenario:
    return Scenario.parse(TINY, "tiny.yaml")


@pytest.fixture(scope="session")
def shared(base: Scenario) -> OfferingDesigner:
    designer = OfferingDesigner(base, replications=FEW)
    designer.keep()
    return designer


@pytest.fixture
def designer(shared: OfferingDesigner) -> OfferingDesigner:
    """The shared designer, at rest."""
    shared.reset()
    return shared
