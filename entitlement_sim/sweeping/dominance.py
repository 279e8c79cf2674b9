"""Which offerings of a sweep no other one beats in both of two metrics."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .designs import Design
from .measuring import quantile
from .metrics import Aim

if TYPE_CHECKING:
    import pandas as pd


def frontier_of(
    designs: Sequence[Design],
    values_of: "Callable[[Design], pd.DataFrame]",
    aims: tuple[Aim, Aim],
    confidence: float,
) -> "pd.DataFrame":
    """Return each offering with its means and whether it is beaten: see :meth:`Sweep.best`."""
    frames = [values_of(design) for design in designs]
    table = np.array(
        [[frame[aim.metric].to_numpy(np.float64) * aim.sign for frame in frames] for aim in aims]
    )
    names = [(design.name, design.id) for design in designs]
    return dominance_of(names, table, aims, confidence)


def dominance_of(
    names: Sequence[tuple[str, str]],
    table: NDArray[np.float64],
    aims: tuple[Aim, Aim],
    confidence: float,
) -> "pd.DataFrame":
    """Return which offerings are beaten in both of two metrics.

    Parameters
    ----------
    names : sequence of tuple of str
        Of each offering its name and its id.
    table : ndarray, shape (2, offerings, replications)
        The metrics, with the sign of their aims: more is better.
    aims : tuple of Aim
    confidence : float
        Of all pairs of offerings together.
    """
    import pandas as pd

    with np.errstate(invalid="ignore"):
        means = table.mean(axis=2)
    count = table.shape[2]
    pairs = max(len(names) * (len(names) - 1), 1)
    rows = []
    for place, (name, own_id) in enumerate(names):
        own = means[:, place, None]
        beats = ((means >= own).all(axis=0)) & ((means > own).any(axis=0))
        rows.append(
            {
                "name": name,
                "id": own_id,
                "x": float(means[0, place]) * aims[0].sign + 0.0,  # no -0
                "y": float(means[1, place]) * aims[1].sign + 0.0,
                "on_frontier": bool(not np.isnan(own).any() and not beats.any()),
                "beaten_by": "",
            }
        )
        if count > 1 and beats.any():
            ahead = table[:, beats] - table[:, place, None]
            # Better in both: each by its own one-sided test, which together need no correction.
            tail = quantile(1 - 2 * (1 - confidence) / pairs, count - 1)
            error = ahead.std(axis=2, ddof=1) / np.sqrt(count)
            surely = (ahead.mean(axis=2) - tail * error > 0).all(axis=0)
            if surely.any():
                margin = (ahead.mean(axis=2)[0] * surely).argmax()
                rows[-1]["beaten_by"] = names[int(np.flatnonzero(beats)[margin])][0]
    return pd.DataFrame(rows)
