"""How far intervals are to be trusted, as it was measured."""

import json
from importlib import resources
from typing import Any, NamedTuple

import pandas as pd


class Measured(NamedTuple):
    """Tables of what many runs said of intervals.

    Attributes
    ----------
    about : dict
        Version of the package, the portfolio in words and the hash of its scenario, those of the
        one in which money was measured and of the settings at full size, and how many pairs of runs
        a comparison of replications had.
    spread : DataFrame
        By `setting` (what customers share) and `metric`: the standard error over the standard
        deviation between `runs` (`ratio`), how often limits of 95 % hold the mean of all (`holds`),
        and the ratio with the number of customers `fixed` and `left` to chance (NaN at full size).
    false_alarms : DataFrame
        By `setting` and `metric`: how many intervals of 95 % between `pairs` of runs that differ by
        the seed alone exclude 0 (`alarms`), and of the means over several pairs (`replicated`,
        `replicated_alarms`).
    changes : DataFrame
        By `setting`, `change` of an offering and `metric`, over `pairs` of runs of the same
        customers: the mean difference (`effect`), the standard error over the standard deviation
        between pairs (`ratio`), the `gain` of pairing, the share of intervals that exclude 0
        (`found`) and the share that should (`expected`), and both of unpaired runs.
    """

    about: dict[str, Any]
    spread: pd.DataFrame
    false_alarms: pd.DataFrame
    changes: pd.DataFrame


def measured() -> Measured:
    """Return the tables that came with the package.

    Examples
    --------
    >>> alarms = measured().false_alarms.set_index(["setting", "metric"])
    >>> bool(alarms.loc[("nothing", "covered"), "alarms"] <= 20)
    True
    """
    text = resources.files(__package__ or "").joinpath("measured.json").read_text(encoding="utf-8")
    data = json.loads(text)
    tables = {name: pd.DataFrame(rows) for name, rows in data.items() if name != "about"}
    return Measured(data["about"], **tables)
