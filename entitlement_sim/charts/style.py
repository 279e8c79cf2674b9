"""How charts look: one style file, colours that stand apart, and what tells them apart in grey."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Final

import matplotlib

#: Matplotlib's style file of all charts.
STYLE: Final = Path(__file__).with_name("entitlement.mplstyle")

#: Petroff's six colours that colour-blind readers tell apart (Petroff 2021, arXiv:2107.02270).
BLUE, ORANGE, RED, PURPLE, GREY, VIOLET = matplotlib.color_sequences["petroff6"]
INK: Final = "#222222"
QUIET: Final = "#555555"
FAINT: Final = "#dcdcdc"
IMMATURE: Final = "#ededed"

#: Of each line, bar and marker in turn: what a reader without colour tells them apart by.
COLOURS: Final = (BLUE, ORANGE, RED, PURPLE, VIOLET, GREY)
LINES: Final = (
    "-",
    (0, (6, 2)),
    (0, (1, 1.2)),
    (0, (6, 2, 1, 2)),
    (0, (3, 1)),
    (0, (8, 2, 1, 1, 1, 2)),
)
MARKERS: Final = "os^Dv*"
HATCHES: Final = ("", "////", "xxxx", "\\\\\\\\", "++", "--")

#: What draws letters that the style's own font lacks, where it is installed.
_OTHER_SCRIPTS: Final = (
    "Noto Sans CJK JP",
    "Noto Sans CJK SC",
    "Yu Gothic",
    "Microsoft YaHei",
    "Malgun Gothic",
    "Hiragino Sans",
    "PingFang SC",
    "Apple SD Gothic Neo",
    "Arial Unicode MS",
    "Segoe UI Emoji",
    "Noto Emoji",
    "Symbola",
)


@contextmanager
def style() -> Iterator[None]:
    """Draw in the charts' style inside a ``with`` block; what was set before comes back after it.

    Examples
    --------
    >>> import matplotlib
    >>> with style():
    ...     matplotlib.rcParams["axes.titleweight"]
    'bold'
    """
    with matplotlib.rc_context({"font.family": _families()}, STYLE):
        yield


@cache
def _families() -> list[str]:
    from matplotlib.font_manager import fontManager

    installed = {font.name for font in fontManager.ttflist}
    return ["DejaVu Sans", *(name for name in _OTHER_SCRIPTS if name in installed)]
