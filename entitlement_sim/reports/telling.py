"""What notebooks use to find their run and to tell what they found."""

import datetime as dt
import html
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..documents import nearest
from ..store.catalogue import list_runs
from ..store.errors import RunError
from ..store.run import Run, open_run

if TYPE_CHECKING:
    import pandas as pd

_DEMO = "demo"
#: Longest text of a column that is kept in one line.
_ONE_LINE = 24

_NOTHING = "\N{EN DASH}"


def find_run(run_path: str = "", scenario: str = "", seed: int | None = None) -> Run:
    """Open the run that a notebook's parameters ask for.

    Parameters
    ----------
    run_path : str
        Folder of a run, or its name in the folder ``runs`` here or one above. Empty: the newest
        run of the scenario, or, where there is none, one that is simulated in memory.
    scenario : str
        A shipped scenario or a file; empty means demo, or whatever `run_path` holds.
    seed : int, optional
        By default whatever the run or the scenario has.

    Returns
    -------
    Run

    Raises
    ------
    RunError
        There is no such run, or it has another scenario or seed.
    """
    if run_path:
        run = open_run(_beside_notebook(run_path))
        _check(run, scenario, seed)
        return run
    wanted = scenario or _DEMO
    found = [
        entry
        for folder in ("runs", "../runs")
        for entry in list_runs(folder)
        if entry.scenario == wanted and (seed is None or entry.seed == seed)
    ]
    if found:
        return open_run(max(found, key=lambda entry: (entry.created_at, entry.name)).path)
    from ..scenario.scenario import Scenario
    from ..simulation import simulate

    return simulate(Scenario.load(wanted), seed=seed)


def _beside_notebook(run_path: str) -> Path:
    """Return where a run is: by its path, or by its name in ``runs`` here or one above."""
    path = Path(run_path)
    above = Path("..") / "runs" / path
    return above if not path.exists() and above.is_dir() else path


def _check(run: Run, scenario: str, seed: int | None) -> None:
    for what, asked, found in (
        ("scenario", scenario or None, run.manifest["scenario"]),
        ("seed", seed, run.manifest["seed"]),
    ):
        if asked is not None and asked != found:
            raise RunError(f"the run {run.name} has {what} {found}, not {asked}")


def say(text: str) -> None:
    """Show a sentence or more in Markdown, with the numbers that were put into it."""
    from IPython.display import Markdown, display

    display(Markdown(textwrap.dedent(text).strip()))  # type: ignore[no-untyped-call]


def day(when: "dt.date") -> str:
    """Write a day out.

    Examples
    --------
    >>> day(dt.date(2025, 1, 2))
    '2 January 2025'
    """
    return f"{when.day} {when:%B %Y}"


def first(frame: "pd.DataFrame") -> Any:
    """Return the first row with a name for each column, or None where there is no row.

    Examples
    --------
    >>> import pandas as pd
    >>> first(pd.DataFrame({"cases": [7], "origin": ["phone"]})).origin
    'phone'
    """
    return next(frame.itertuples(index=False), None)


def share(part: Any, whole: Any) -> str:
    """Write a share with what it is a share of.

    Examples
    --------
    >>> share(4519, 5993), share(0, 0)
    ('75.4% (4,519 of 5,993)', 'no share (there are none)')
    """
    if not _is_known(whole):
        return "no share (there are none)"
    return f"{part / whole:.1%} ({_number(part)} of {_number(whole)})"


def percent(part: Any, whole: Any) -> str:
    """Write a share alone, where what it is a share of has been told.

    Examples
    --------
    >>> percent(1, 8), percent(0, 0)
    ('12.5%', 'no share')
    """
    return f"{part / whole:.1%}" if _is_known(whole) else "no share"


def _is_known(whole: Any) -> bool:
    """Whether there is something to be a share of; an empty sum is NaN or NA."""
    import pandas as pd

    return bool(pd.notna(whole) and whole)


def _number(value: Any) -> str:
    return f"{value:,.0f}"


class Table:
    """A frame as a reader wants it; made by :func:`table`."""

    def __init__(
        self,
        caption: str,
        headings: Sequence[str],
        rows: Sequence[Sequence[str]],
        right: Sequence[bool],
    ) -> None:
        self.caption = caption
        self.headings = list(headings)
        self.rows = [list(row) for row in rows]
        self._right = list(right)
        columns = zip(*self.rows, strict=True)
        self._is_short = [max(map(len, column)) <= _ONE_LINE for column in columns]

    def __repr__(self) -> str:
        widths = [max(map(len, column)) for column in zip(self.headings, *self.rows, strict=True)]
        lines = [
            "  ".join(
                text.rjust(width) if right else text.ljust(width)
                for text, width, right in zip(row, widths, self._right, strict=True)
            ).rstrip()
            for row in [self.headings, *self.rows]
        ]
        return "\n".join([self.caption, *lines])

    def _repr_html_(self) -> str:
        head = "".join(
            f'<th scope="col"{_style(right)}>{html.escape(text)}</th>'
            for text, right in zip(self.headings, self._right, strict=True)
        )
        body = "".join(f"<tr>{self._html_row(row)}</tr>" for row in self.rows)
        return (
            f"<table><caption>{html.escape(self.caption)}</caption>"
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        )

    def _html_row(self, row: Sequence[str]) -> str:
        cells = []
        for place, (text, right) in enumerate(zip(row, self._right, strict=True)):
            tag, scope = ("td", "") if place else ("th", ' scope="row"')
            style = _style(right, self._is_short[place])
            cells.append(f"<{tag}{scope}{style}>{html.escape(text)}</{tag}>")
        return "".join(cells)


def _style(right: bool, in_one_line: bool = False) -> str:
    wrap = ";white-space:nowrap" if in_one_line else ""
    return f' style="text-align:{"right" if right else "left"}{wrap}"'


def table(
    frame: "pd.DataFrame",
    caption: str,
    *,
    formats: Mapping[str, str] | None = None,
    most: int = 40,
) -> Table:
    """Lay out a frame for a reader: a caption, plain headings, one way to write each column.

    Parameters
    ----------
    frame : DataFrame
        Its index is not shown. Underscores of column names become spaces.
    caption : str
    formats : mapping of str to str, optional
        Format of a column, for instance ``{"rate": ".1%"}``. Without one, whole numbers have
        separators, other numbers two places, days and months ISO dates.
    most : int
        Rows that are shown; the caption says if there are more.

    Raises
    ------
    KeyError
        A format names no column of the frame.
    """
    chosen = dict(formats or {})
    for name in chosen:
        if name not in frame.columns:
            guess = nearest(name, map(str, frame.columns))
            raise KeyError(f"there is no column {name!r}" + (f"; {guess!r}?" if guess else ""))
    shown = frame.head(most)
    if len(frame) > most:
        caption = f"{caption} (first {most} of {len(frame):,})"
    columns = [_texts(shown[name], chosen.get(name)) for name in shown.columns]
    right = [shown[name].dtype.kind in "iuf" for name in shown.columns]
    headings = [str(name).replace("_", " ") for name in shown.columns]
    return Table(caption, headings, list(zip(*columns, strict=True)), right)


def _texts(column: "pd.Series[Any]", format_: str | None) -> list[str]:
    import pandas as pd

    if format_ is None:
        format_ = {"i": ",", "u": ",", "f": ",.2f", "M": "%Y-%m-%d"}.get(column.dtype.kind, "")
    if column.dtype.kind == "b":
        return ["yes" if value else "no" for value in column]
    return [_NOTHING if pd.isna(value) else format(value, format_) for value in column]
