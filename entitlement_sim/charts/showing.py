"""Charts in a notebook: an image whose alternative text says what it shows."""

import base64
import html
import io
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .canvas import alt_text, root_of
from .narrow import narrow
from .style import style

_TYPES = {"svg": "image/svg+xml", "png": "image/png"}
#: Whatever would change from one drawing to the next.
_METADATA: dict[str, dict[str, str | None]] = {"svg": {"Date": None}, "png": {"Software": None}}


#: Screens so wide, in pixels, get the narrow picture: the wide one would be hard to read there.
_NARROW_UP_TO = 560


class Picture:
    """A chart as a notebook shows it; prints its alternative text where there is no browser."""

    def __init__(self, markup: str, alt: str) -> None:
        self._markup = markup
        self._alt = alt

    def _repr_html_(self) -> str:
        return self._markup

    def __repr__(self) -> str:
        return self._alt


def image(
    chart: Axes | Figure,
    *,
    format: Literal["svg", "png"] = "svg",
    dpi: int = 160,
    responsive: bool = True,
) -> str:
    """Return a chart as HTML that holds the picture and its alternative text.

    A chart that was drawn in a figure of its own is drawn once more for narrow screens: the
    element ``<picture>`` then has both, of which a browser shows the one that fits. What was
    changed on the axes after the chart was drawn is in the wide picture alone. The same chart
    gives the same bytes.

    Parameters
    ----------
    chart : Axes or Figure
        What a chart returned, or a figure that charts were drawn on.
    format : {"svg", "png"}
    dpi : int, default 160
        Dots per inch of a PNG, and of what an SVG holds as dots.
    responsive : bool, default True
        Whether the narrow picture comes along, where there is one.

    Raises
    ------
    ValueError
        No chart of this package was drawn on it.
    """
    alt = alt_text(chart)
    figure = _figure(chart)
    wide = (
        f'<img alt="{html.escape(alt)}" src="{_data(figure, format, dpi)}" '
        f'width="{_width(figure)}" style="max-width:100%;height:auto">'
    )
    small = narrow(chart) if responsive and isinstance(chart, Axes) else None
    if small is None:
        return wide
    figure = _figure(small)
    data = _data(figure, format, dpi)
    close(figure)
    return (
        f'<picture><source media="(max-width: {_NARROW_UP_TO}px)" srcset="{data}" '
        f'width="{_width(figure)}">{wide}</picture>'
    )


def show(
    chart: Axes | Figure,
    *,
    format: Literal["svg", "png"] = "svg",
    dpi: int = 160,
    responsive: bool = True,
) -> None:
    """Show a chart in a notebook, with its alternative text, and close its figure.

    Parameters
    ----------
    chart : Axes or Figure
        What a chart returned, or a figure that charts were drawn on.
    format : {"svg", "png"}
    dpi : int, default 160
        Dots per inch of a PNG, and of what an SVG holds as dots.
    responsive : bool, default True
        Whether a picture for narrow screens comes along, see `image`.

    Raises
    ------
    ValueError
        No chart of this package was drawn on it.
    """
    from IPython.display import display

    markup = image(chart, format=format, dpi=dpi, responsive=responsive)
    picture = Picture(markup, alt_text(chart))
    close(_figure(chart))
    display(picture)  # type: ignore[no-untyped-call]


def _data(figure: Figure, format: Literal["svg", "png"], dpi: int) -> str:
    """Return the picture as an address that holds it."""
    buffer = io.BytesIO()
    with style(), warnings.catch_warnings():
        # Letters that no installed font draws come as boxes; the alternative text has them.
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        with _laid_out_alone(figure):
            figure.savefig(buffer, format=format, dpi=dpi, metadata=_METADATA[format])
    return f"data:{_TYPES[format]};base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"


@contextmanager
def _laid_out_alone(figure: Figure) -> Iterator[None]:
    """Let a figure be laid out without being drawn for it.

    To write a figure that is laid out, Matplotlib draws it twice: first to lay it out, which throws
    away what is drawn, and then, without a layout engine, into the file.
    """
    engine = figure.get_layout_engine()
    if engine is None:
        yield
        return
    draw: Any = figure.draw

    def lay_out_or_draw(renderer: Any) -> None:
        if figure.get_layout_engine() is engine:
            engine.execute(figure)
        else:
            draw(renderer)

    figure.draw = lay_out_or_draw  # type: ignore[method-assign]
    try:
        yield
    finally:
        del figure.draw


def _width(figure: Figure) -> int:
    return round(96 * figure.get_figwidth())


def _figure(chart: Axes | Figure) -> Figure:
    return chart if isinstance(chart, Figure) else root_of(chart)


def close(figure: Figure) -> None:
    """Forget a figure that pyplot would otherwise show a second time."""
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close(figure)
