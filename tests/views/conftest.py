"""Runs that the tests of the views share."""

import pytest
from plain import Plain

from entitlement_sim import Scenario, simulate

CUSTOMERS = {"small": 120, "midsize": 60, "enterprise": 20}


@pytest.fixture(scope="session")
def portfolio():
    """Two hundred customers of the demo over its three years."""
    few = {f"segments.{name}.customers": count for name, count in CUSTOMERS.items()}
    with simulate(Scenario.load("demo", few), seed=11) as run:
        yield run


@pytest.fixture(scope="session")
def plain(portfolio):
    """The same run as plain frames and arrays."""
    return Plain(portfolio)
