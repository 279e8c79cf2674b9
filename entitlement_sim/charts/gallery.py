"""Which charts there are: from which view, by what they can be picked, and how they look."""

import inspect
import io
import os
import re
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import imread

from ..parameters import takes
from ..store.run import RUN, Run
from .canvas import root_of
from .documentation import CHARTS
from .life import entitlement_life
from .showing import close
from .style import style

#: What no filter is.
_NO_FILTERS = ("run", "ax", "since", "until")

#: Pixels between two pictures, and for each inch of one.
_GAP, _DOTS = 36, 100


class Gallery(pd.DataFrame):
    """One row a chart, by its name: `shows`, `source`, `dates` and `filters`.

    A frame like any other, which can also draw what it lists.
    """

    run: Run
    _metadata: ClassVar[list[str]] = ["run"]

    @property
    def _constructor(self) -> type[pd.DataFrame]:
        return Gallery

    def draw(self, name: str) -> Axes:
        """Draw a chart of the list from the run, without any filter.

        Of ``entitlement_life`` it is the one that most happened to.

        Raises
        ------
        KeyError
            It is not in the list.
        """
        if name not in self.index:
            raise KeyError(name)
        if name == entitlement_life.__name__:
            return entitlement_life(self.run, _liveliest(self.run))
        return CHARTS[name].chart(self.run)

    def sheet(
        self, path: str | os.PathLike[str], *, columns: int = 2, narrow: bool = False
    ) -> None:
        """Draw all charts of the list side by side into one picture.

        Parameters
        ----------
        path : str or path-like
            File to write, of any type that matplotlib writes, such as PNG.
        columns : int, default 2
        narrow : bool, default False
            Whether charts are drawn as on a narrow screen.

        Raises
        ------
        ValueError
            The list is empty, or there is no column.
        """
        if self.empty or columns < 1:
            raise ValueError("a sheet takes at least one chart and one column")
        pictures = [self._picture(str(name), narrow=narrow) for name in self.index]
        width = max(picture.shape[1] for picture in pictures)
        lines = [pictures[at : at + columns] for at in range(0, len(pictures), columns)]
        heights = [max(picture.shape[0] for picture in line) for line in lines]
        across = columns * (width + _GAP) + _GAP
        down = sum(heights) + _GAP * (len(lines) + 1)
        with style():
            figure = Figure(figsize=(across / _DOTS, down / _DOTS), dpi=_DOTS, facecolor="white")
            top = down - _GAP
            for line, height in zip(lines, heights, strict=True):
                for place, picture in enumerate(line):
                    left = _GAP + place * (width + _GAP)
                    figure.figimage(picture, left, top - picture.shape[0], origin="upper")
                top -= height + _GAP
            figure.savefig(path, dpi=_DOTS)

    def _picture(self, name: str, *, narrow: bool) -> np.ndarray:
        buffer = io.BytesIO()
        with style(narrow=narrow):
            figure = root_of(self.draw(name))
            figure.savefig(buffer, format="png", dpi=_DOTS)
        close(figure)
        buffer.seek(0)
        return np.asarray(imread(buffer))


@takes(run=RUN)
def gallery(run: Run) -> Gallery:
    """List the charts that can be drawn from a run.

    Parameters
    ----------
    run : Run

    Returns
    -------
    Gallery
        A frame with a row for each chart, by its name: what it `shows`, its `source` (whose columns
        a frame must have that is given instead of a run), the `dates` by which it can be limited
        with ``since`` and ``until``, and its other `filters`. ``gallery(run).sheet("charts.png")``
        draws all of them.

    Examples
    --------
    >>> from entitlement_sim import Scenario, simulate
    >>> charts = gallery(simulate(Scenario.load("reference", ["segments.everyone.customers=20"])))
    >>> charts.loc["pacing", "filters"]
    'template, segment'
    """
    listed = [*CHARTS.items(), (entitlement_life.__name__, None)]
    rows = [
        {
            "chart": name,
            "shows": _first_sentence(documented.chart if documented else entitlement_life),
            "source": _plain(documented.source) if documented else "explain",
            "dates": documented.dates if documented else "",
            "filters": ", ".join(_filters(documented.chart if documented else entitlement_life)),
        }
        for name, documented in listed
    ]
    charts = Gallery(pd.DataFrame(rows).sort_values("chart").set_index("chart"))
    charts.run = run
    return charts


def _filters(chart: Any) -> list[str]:
    return [name for name in inspect.signature(chart).parameters if name not in _NO_FILTERS]


def _first_sentence(chart: Any) -> str:
    text = (inspect.getdoc(chart) or "").partition("\n\n")[0].replace("\n", " ")
    return re.split(r"(?<=[.])\s", text)[0].removeprefix("Draw ").removesuffix(".")


def _plain(source: str) -> str:
    """Name a view or table without the marks of documentation."""
    return source.replace("``", "").removeprefix("view ").removeprefix("table ")


def _liveliest(run: Run) -> int:
    """Return the entitlement with the most movements, the first of several."""
    [(entitlement,)] = run.connection.sql(
        "SELECT entitlement_id FROM ledger "
        "GROUP BY ALL ORDER BY count(*) DESC, entitlement_id LIMIT 1"
    ).fetchall()
    return int(entitlement)
