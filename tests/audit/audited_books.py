"""Books as a live system would export them, of small runs."""

from entitlement_sim import Scenario, simulate
from entitlement_sim.exchange.book import Book
from entitlement_sim.exchange.leaving import book_of

#: Faults of each kind that so small a book has places for.
EACH = 2


def book_of_customers(small: int, midsize: int, enterprise: int, **rules: object) -> Book:
    """Return what would be exported of a small demo, kept under switches of the rulebook."""
    sizes = {"small": small, "midsize": midsize, "enterprise": enterprise}
    changes = {f"segments.{name}.customers": count for name, count in sizes.items()}
    changes |= {f"rules.{name}": value for name, value in rules.items()}
    with simulate(Scenario.load("demo", changes)) as run:
        return book_of(run)
