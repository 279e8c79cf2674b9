"""Runs that the tests of the views share."""

import pytest
from plain import Plain
from reckoned import reckon

from entitlement_sim import Scenario, simulate

CUSTOMERS = {"small": 120, "midsize": 60, "enterprise": 20}

#: Two hundred customers of the demo over its three years; fewer with three of ten contracts
#: forgotten in Draft and many cancelled; six customers of two hundred days with short terms, whom
#: nobody came before; and two years of a business of four that has grown.
FEW = {f"segments.{name}.customers": count for name, count in CUSTOMERS.items()}
HEAVY = {
    **{f"segments.{name}.customers": 30 for name in CUSTOMERS},
    "segments.midsize.customers": 100,
    "history": {"years": 3},
    **{f"segments.{name}.left_in_draft.share": 0.3 for name in CUSTOMERS},
    **{f"segments.{name}.left_in_draft.days": 120 for name in CUSTOMERS},
    **{f"segments.{name}.cancellation.per_year": 0.5 for name in CUSTOMERS},
    "segments.small.renewal.after_cancellation": 0.3,
}
EDGE = {
    **{f"segments.{name}.customers": 2 for name in CUSTOMERS},
    **{f"segments.{name}.joins.at_start": 0.5 for name in CUSTOMERS},
    "history": None,
    "calendar.days": 200,
    "templates.Pack 10.term.days": 40,
    "templates.Pack 30.term.days": 60,
    "segments.small.cases.per_year": 90,
    "segments.midsize.cases.per_year": 200,
    "segments.small.left_in_draft.share": 0.3,
}


PAST = {
    **{f"segments.{name}.customers": 40 for name in CUSTOMERS},
    "segments.midsize.customers": 130,
    **{f"segments.{name}.cancellation.per_year": 0.2 for name in CUSTOMERS},
    **{f"segments.{name}.renewal.returns.share": 0.6 for name in CUSTOMERS},
    "history": {"years": 4, "growth": 0.1},
    "calendar.days": 730,
}


@pytest.fixture(scope="session")
def demo():
    """The demo in small."""
    with simulate(Scenario.load("demo", FEW), seed=11) as run:
        yield run


@pytest.fixture(scope="session", params=["demo", "heavy", "edge", "past"])
def portfolio(request):
    """The demo in small, with heavy cancellations and forgotten drafts, in very small, and with a
    past; each with its views reckoned once."""
    changes, seed = {
        "demo": (FEW, 11), "heavy": (HEAVY, 11), "edge": (EDGE, 6), "past": (PAST, 11),
    }[request.param]  # fmt: skip
    with simulate(Scenario.load("demo", changes), seed=seed) as run:
        reckon(run.connection)
        yield run


@pytest.fixture(scope="session")
def plain(portfolio):
    """The same run as plain frames and arrays."""
    return Plain(portfolio)
