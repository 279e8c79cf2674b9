"""What the ordinary suite takes of a long list of cases, and what is left to ``soak``."""

from collections.abc import Collection, Iterable
from typing import Any

import pytest


def every(step: int, cases: Iterable[Any]) -> list[Any]:
    """Return all cases, of which the ordinary suite takes the first of each so many.

    Parameters
    ----------
    step : int
        One of so many cases is for the ordinary suite.
    cases : iterable
        Values of a test's parameters, not marked yet.
    """
    return [case if place % step == 0 else _apart(case) for place, case in enumerate(cases)]


def those_of(few: Collection[Any], cases: Iterable[Any]) -> list[Any]:
    """Return all cases, of which the ordinary suite takes some that are named."""
    return [case if case in few else _apart(case) for case in cases]


def _apart(case: Any) -> Any:
    values = case if isinstance(case, tuple) else (case,)
    return pytest.param(*values, marks=pytest.mark.soak)
