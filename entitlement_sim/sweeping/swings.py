"""How far each setting of a sweep moves a metric, the other settings averaged over."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..replications import BASE
from .designs import Design
from .file import text_of
from .measuring import mean_between

if TYPE_CHECKING:
    import pandas as pd


_COLUMNS = [
    "crossing", "path", "value", "difference", "swing", "swing_low", "swing_high", "settings",
]  # fmt: skip


def swings_of(
    designs: Sequence[Design],
    values_of: "Callable[[Design], pd.DataFrame]",
    metric: str,
    confidence: float,
) -> "pd.DataFrame":
    """Return the swing of each path that varies: see :meth:`Sweep.swings`."""
    import pandas as pd

    base = next(design for design in designs if design.name == BASE)
    zero = values_of(base)[metric].to_numpy(np.float64)
    crossings: dict[str, list[Design]] = {}
    for design in designs:
        if design.crossing:
            crossings.setdefault(design.crossing, []).append(design)
    rows: list[dict[str, Any]] = []
    for crossing, own in crossings.items():
        moved = {
            design.name: values_of(design)[metric].to_numpy(np.float64) - zero for design in own
        }
        for path in own[0].settings:
            by_value, settings = _averaged(own, path, moved)
            if len(by_value) > 1:
                swing = _swing([*by_value.values()], confidence)
                rows += [
                    {"crossing": crossing, "path": path, "value": value, "settings": settings}
                    | {"difference": mean_between(differences, confidence)[0]}
                    | swing
                    for value, differences in by_value.items()
                ]
    frame = pd.DataFrame(rows, columns=_COLUMNS)
    return frame.sort_values("swing", ascending=False, kind="stable", ignore_index=True)


def _averaged(
    designs: Sequence[Design], path: str, moved: dict[str, NDArray[np.float64]]
) -> tuple[dict[str, NDArray[np.float64]], int]:
    """Return by value of a path the mean over the others, and over how many settings of these."""
    cells: dict[str, dict[str, NDArray[np.float64]]] = {}
    for design in designs:
        others = "\0".join(text_of(*one) for one in design.settings.items() if one[0] != path)
        value = text_of("value", design.settings[path]).partition("=")[2]
        cells.setdefault(value, {})[others] = moved[design.name]
    # What failed with one value counts with none, so that all are averaged over the same.
    shared = set.intersection(*(set(own) for own in cells.values()))
    if not shared:
        return {}, 0
    return {
        value: np.mean([own[others] for others in sorted(shared)], axis=0)
        for value, own in cells.items()
    }, len(shared)


def _swing(differences: Sequence[NDArray[np.float64]], confidence: float) -> dict[str, float]:
    """Return by how much the highest mean exceeds the lowest, with limits for any such pair."""
    means = [mean_between(each, confidence)[0] for each in differences]
    if np.isnan(means).any():
        return dict.fromkeys(("swing", "swing_low", "swing_high"), np.nan)
    pairs = len(means) * (len(means) - 1) / 2
    highest, lowest = int(np.argmax(means)), int(np.argmin(means))
    swing, low, high, _ = mean_between(
        differences[highest] - differences[lowest], 1 - (1 - confidence) / pairs
    )
    return {"swing": swing, "swing_low": low, "swing_high": high}
