"""Books of small runs, exported once for all tests of audits."""

import pytest
from audited_books import EACH, book_of_customers

from entitlement_sim.audit.faults import plant
from entitlement_sim.audit.key import AnswerKey
from entitlement_sim.exchange.book import Book


@pytest.fixture(scope="session")
def clean() -> Book:
    """A book whose every balance is what the rules give."""
    return book_of_customers(40, 20, 6)


@pytest.fixture(scope="session")
def planted() -> tuple[Book, AnswerKey]:
    """A book with faults of every kind, and the key of their places."""
    return plant(book_of_customers(60, 30, 10), 1, each=EACH)
