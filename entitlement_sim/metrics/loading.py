"""SciPy, loaded where it is first asked for: what needs none of it starts without."""

import warnings
from functools import cache
from typing import Any


@cache
def special() -> Any:
    """Return SciPy's special functions; filters of warnings stay as they were."""
    with warnings.catch_warnings():
        import scipy.special
    return scipy.special


@cache
def optimize() -> Any:
    """Return SciPy's methods for roots and maxima; filters of warnings stay as they were."""
    with warnings.catch_warnings():
        import scipy.optimize
    return scipy.optimize


@cache
def stats() -> Any:
    """Return SciPy's distributions; filters of warnings stay as they were."""
    with warnings.catch_warnings():
        import scipy.stats
    return scipy.stats
