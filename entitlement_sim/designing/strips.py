"""An interval as a strip: where 0 lies, the limits, and the difference between them."""

import math
from typing import Final

from .figures import Figure

#: Size of a strip, in pixels.
WIDTH: Final = 120
HEIGHT: Final = 14


def ends_of(figure: Figure) -> tuple[float | None, float | None, float | None]:
    """Return where the limits of a figure and its difference lie on a strip; None without limits.

    Each strip has a scale of its own, with 0 in the middle.
    """
    if not figure.difference or math.isnan(figure.difference) or math.isnan(figure.low):
        return None, None, None
    size = max(abs(figure.low), abs(figure.high))
    middle = WIDTH / 2
    low, at, high = (
        round(middle + (middle - 5) * value / size, 1)
        for value in (figure.low, figure.difference, figure.high)
    )
    return low, at, high


def strip(figure: Figure) -> str:
    """Return the interval of a figure in SVG.

    It says nothing that the numbers beside it do not, so that it is hidden from who reads aloud.
    """
    middle, up = WIDTH / 2, HEIGHT / 2
    axis = f'<line x1="{middle:g}" x2="{middle:g}" y1="1" y2="{HEIGHT - 1}" stroke="#8c959f"/>'
    low, at, high = ends_of(figure)
    marks = ""
    if at is not None:
        fill = "#0550ae" if figure.moved else "#fff"
        marks = (
            f'<line x1="{low}" x2="{high}" y1="{up:g}" y2="{up:g}" stroke="#0550ae" '
            f'stroke-width="2"/><circle cx="{at}" cy="{up:g}" r="4" fill="{fill}" '
            'stroke="#0550ae" stroke-width="1.5"/>'
        )
    return (
        f'<svg aria-hidden="true" width="{WIDTH}" height="{HEIGHT}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}">{axis}{marks}</svg>'
    )
