"""What of a session a library could change: all of it, taken down to be compared."""

import copy
import decimal
import locale
import logging
import os
import random
import signal
import sys
import warnings
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib import pyplot

#: Where pytest says which part of a test runs.
_TEST = "PYTEST_CURRENT_TEST"


def session_state() -> dict[str, Any]:
    """Return everything that has to be afterwards what it was."""
    kept_loggers = {
        name: (logger.level, list(logger.handlers), logger.propagate, logger.disabled)
        for name, logger in logging.root.manager.loggerDict.items()
        if isinstance(logger, logging.Logger)
    }
    decimals = decimal.getcontext()
    return {
        "rcParams": dict(dict.items(matplotlib.rcParams)),
        "backend": matplotlib.get_backend(auto_select=False),
        "interactive": matplotlib.is_interactive(),
        "open figures": list(pyplot.get_fignums()),
        "pandas options": copy.deepcopy(pd._config.config._global_config),
        "NumPy's errors": np.geterr(),
        "NumPy's printing": np.get_printoptions(),
        "NumPy's random state": _comparable(np.random.get_state()),  # noqa: NPY002
        "random state": random.getstate(),
        "warnings": (list(warnings.filters), warnings.showwarning, warnings.formatwarning),
        "locale": locale.setlocale(locale.LC_ALL),
        "logging": (logging.root.level, list(logging.root.handlers), logging.root.manager.disable),
        "loggers": kept_loggers,
        "environment": {name: os.environ[name] for name in os.environ if name != _TEST},
        "working directory": Path.cwd(),
        "sys.path": list(sys.path),
        "hooks": (sys.excepthook, sys.displayhook, sys.unraisablehook),
        "streams": (sys.stdout, sys.stderr, sys.stdin),
        "signals": {number: signal.getsignal(number) for number in signal.valid_signals()},
        "recursion": sys.getrecursionlimit(),
        "decimals": (decimals.prec, decimals.rounding, dict(decimals.traps)),
    }


def what_changed(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """Return what is another than before, by its name; a logger that came new is no change."""
    changed = {name: (before[name], after[name]) for name in before if before[name] != after[name]}
    loggers = after["loggers"]
    if all(loggers.get(name) == kept for name, kept in before["loggers"].items()):
        changed.pop("loggers", None)
    return changed


def _comparable(state: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(part.tolist() if isinstance(part, np.ndarray) else part for part in state)
