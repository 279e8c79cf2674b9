"""Charts in a notebook: an image whose alternative text says what it shows."""

import base64
import html
import io
import sys
import warnings
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .canvas import alt_text
from .style import style

_TYPES = {"svg": "image/svg+xml", "png": "image/png"}
#: Whatever would change from one drawing to the next.
_METADATA: dict[str, dict[str, str | None]] = {"svg": {"Date": None}, "png": {"Software": None}}


class Picture:
    """A chart as a notebook shows it; prints its alternative text where there is no browser."""

    def __init__(self, markup: str, alt: str) -> None:
        self._markup = markup
        self._alt = alt

    def _repr_html_(self) -> str:
        return self._markup

    def __repr__(self) -> str:
        return self._alt


def image(chart: Axes | Figure, *, format: Literal["svg", "png"] = "svg", dpi: int = 160) -> str:
    """Return a chart as an ``<img>`` element that holds the picture and its alternative text.

    The same chart gives the same bytes.

    Parameters
    ----------
    chart : Axes or Figure
        What a chart returned, or a figure that charts were drawn on.
    format : {"svg", "png"}
    dpi : int, default 160
        Dots per inch of a PNG, and of what an SVG holds as dots.

    Raises
    ------
    ValueError
        No chart of this package was drawn on it.
    """
    alt = alt_text(chart)
    figure = _figure(chart)
    buffer = io.BytesIO()
    with style(), warnings.catch_warnings():
        # Letters that no installed font draws come as boxes; the alternative text has them.
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        figure.savefig(buffer, format=format, dpi=dpi, metadata=_METADATA[format])
    data = base64.b64encode(buffer.getvalue()).decode("ascii")
    width = round(96 * figure.get_figwidth())
    return (
        f'<img alt="{html.escape(alt)}" src="data:{_TYPES[format]};base64,{data}" '
        f'width="{width}" style="max-width:100%;height:auto">'
    )


def show(chart: Axes | Figure, *, format: Literal["svg", "png"] = "svg", dpi: int = 160) -> None:
    """Show a chart in a notebook, with its alternative text, and close its figure.

    Parameters
    ----------
    chart : Axes or Figure
        What a chart returned, or a figure that charts were drawn on.
    format : {"svg", "png"}
    dpi : int, default 160
        Dots per inch of a PNG, and of what an SVG holds as dots.

    Raises
    ------
    ValueError
        No chart of this package was drawn on it.
    """
    from IPython.display import display

    picture = Picture(image(chart, format=format, dpi=dpi), alt_text(chart))
    _close(_figure(chart))
    display(picture)  # type: ignore[no-untyped-call]


def _figure(chart: Axes | Figure) -> Figure:
    if isinstance(chart, Figure):
        return chart
    figure = chart.get_figure(root=True)
    assert figure is not None
    return figure


def _close(figure: Figure) -> None:
    """Forget a figure that pyplot would otherwise show a second time."""
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close(figure)
