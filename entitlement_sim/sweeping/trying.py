"""Metrics of offerings in replications by their numbers, as arrays."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..inference.replicating import metrics_of_sums
from ..replications import frame_of_totals, totals_by_replication
from ..scenario.scenario import Scenario
from ..store.errors import RunError

if TYPE_CHECKING:
    import pandas as pd

#: Cost of what lapses and of what is missing, which needs costs of both kinds.
REGRET: Final = "sizing_regret"

#: Offerings that are added up together, so that their sums fit the memory.
TOGETHER: Final = 256


class RegretCosts(NamedTuple):
    """What an allotment of cases costs either way.

    Attributes
    ----------
    unused : Decimal
        What a term costs that lapses.
    missing : Decimal
        What a case costs that finds no terms.
    """

    unused: Decimal
    missing: Decimal


def tried(
    offerings: Mapping[str, Scenario],
    replications: Sequence[int],
    seed: int,
    metrics: Sequence[str],
    *,
    costs: RegretCosts | None = None,
    threads: int | None = None,
    done: Callable[[int], None] | None = None,
) -> dict[str, NDArray[np.float64]]:
    """Return metrics of offerings by replication, all on the same draws.

    Parameters
    ----------
    offerings : mapping of str to Scenario
    replications : sequence of int
        Their numbers.
    seed : int
    metrics : sequence of str
        Keys of metrics that are sums, or "sizing_regret".
    costs : RegretCosts, optional
        Of the sizing regret.
    threads : int, optional
    done : callable, optional
        Called with how many simulations more are done.

    Returns
    -------
    dict of str to ndarray, shape (replications, offerings)

    Raises
    ------
    RunError
        An offering comes to nothing that could be said.
    """
    names = [*offerings]
    values = {metric: np.empty((len(replications), len(names))) for metric in metrics}
    for first in range(0, len(names), TOGETHER):
        chunk = {name: offerings[name] for name in names[first : first + TOGETHER]}
        found = totals_by_replication(chunk, replications, seed, threads)
        for row, totals in enumerate(found):
            for name, reason in totals.failed.items():
                raise RunError(f"the offering {name} comes to nothing: {reason}")
            frame = frame_of_totals(totals.totals, chunk)
            frame["replication"] = totals.replication
            regrets = None if costs is None else _regrets(frame, costs)
            of_sums = [metric for metric in metrics if metric != REGRET]
            measured = metrics_of_sums(
                frame, chunk, of_sums, replications=[totals.replication]
            ).set_index("offering")
            for metric in metrics:
                column = regrets if metric == REGRET else measured[metric]
                assert column is not None
                values[metric][row, first : first + len(chunk)] = column.loc[[*chunk]]
            if done is not None:
                done(len(chunk))
    return values


def _regrets(frame: "pd.DataFrame", costs: RegretCosts) -> "pd.Series[float]":
    """Return what lapses and what is missing at their costs, of packs of cases."""
    own = frame[(frame["allocation"] == "cases") | frame["template"].isna()]
    added = own[["breakage", "blocked"]].where(own["template"].notna(), 0)
    by_offering = added.groupby(own["offering"]).sum().astype(np.float64)
    lapsed = by_offering["breakage"] / 100 * float(costs.unused)
    return lapsed + by_offering["blocked"] * float(costs.missing)
