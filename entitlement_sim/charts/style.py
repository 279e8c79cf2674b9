"""How charts look: one style file, colours that stand apart, and what tells them apart in grey."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any, Final

import matplotlib

#: Matplotlib's style file of all charts.
STYLE: Final = Path(__file__).with_name("entitlement.mplstyle")

#: Petroff's six colours that colour-blind readers tell apart (Petroff 2021, arXiv:2107.02270),
#: which matplotlib has from 3.10 on as the sequence "petroff6".
BLUE: Final = "#5790fc"
ORANGE: Final = "#f89c20"
RED: Final = "#e42536"
PURPLE: Final = "#964a8b"
GREY: Final = "#9c9ca1"
VIOLET: Final = "#7a21dd"
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


#: What the style file does not say for pictures as narrow as a telephone.
_NARROW: Final = {
    "axes.titlesize": 10.5,
    "axes.labelsize": 9,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "legend.fontsize": 8.5,
    "lines.linewidth": 1.8,
}

_IS_NARROW: ContextVar[bool] = ContextVar("is_narrow", default=False)


@contextmanager
def style(*, narrow: bool | None = None) -> Iterator[None]:
    """Draw in the charts' style inside a ``with`` block; what was set before comes back after it.

    Only what the style sets is changed and set back: the backend, and whether it is interactive,
    stay those of the session.

    Parameters
    ----------
    narrow : bool, optional
        Whether charts are made for a screen of about 390 pixels: 3.9 inches wide, with titles that
        take more lines and panels below each other. By default as in the block around this one,
        and wide outside of any.

    Examples
    --------
    >>> import matplotlib
    >>> with style():
    ...     matplotlib.rcParams["axes.titleweight"]
    'bold'
    """
    shape = _IS_NARROW.set(is_narrow() if narrow is None else narrow)
    settings = {**_settings(), **(_NARROW if is_narrow() else {})}
    parameters: Any = matplotlib.rcParams  # whose keys, for mypy, are literals
    before = {name: parameters[name] for name in settings}
    parameters.update(settings)
    try:
        yield
    finally:
        parameters.update(before)
        _IS_NARROW.reset(shape)


def is_narrow() -> bool:
    """Whether charts are drawn for a narrow screen at present."""
    return _IS_NARROW.get()


@cache
def _settings() -> dict[str, Any]:
    """Return what the style sets, by the names of matplotlib's parameters."""
    from_file: Any = matplotlib.rc_params_from_file(STYLE, use_default_template=False)
    return {**from_file, "font.family": _families()}


@cache
def _families() -> list[str]:
    from matplotlib.font_manager import fontManager

    installed = {font.name for font in fontManager.ttflist}
    return ["DejaVu Sans", *(name for name in _OTHER_SCRIPTS if name in installed)]
