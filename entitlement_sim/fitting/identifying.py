"""What so much data can tell and what it cannot, tried on a twin that is simulated."""

import math
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import pandas as pd

from ..metrics.intervals import UNKNOWN
from ..parameters import FUNCTION, PATH, TEXTS, WHOLE, of_types, takes
from ..store.run import RUN, Run
from ..telling import Right, Table, counted, significant
from ..telling import unknown as unknown_name
from .fitted import Fitted, fit
from .seen import COLUMNS, lacking
from .writing import NOT_ASKED

#: Relative standard errors up to which a number is told well, and at all.
_WELL: Final = 0.1
_HARDLY: Final = 0.5
#: How many times as wide limits are at least that a column is said to narrow.
_WIDER: Final = 1.1


@dataclass(frozen=True, eq=False)
class Identified:
    """What a book of this size can tell; made by :func:`identify`.

    Attributes
    ----------
    fitted : Fitted
        The scenario whose twin was looked at.
    lacking : tuple of str
        Columns that the book does not have.
    numbers, columns : DataFrame
        See :meth:`frame` and :meth:`by_column`.
    """

    fitted: Fitted
    lacking: tuple[str, ...]
    numbers: pd.DataFrame
    columns: pd.DataFrame

    def frame(self) -> pd.DataFrame:
        """Return a row for each number of the scenario.

        Returns
        -------
        DataFrame
            `key`, `part`, `made_with` (what the twin was made with; missing where it has the
            default, and of what no scenario can say), `found` and `standard_error` (of the twin,
            with the columns that the book has), and `told`: ``well`` (a standard error up to 10 %
            of the number), ``roughly`` (up to 50 %), ``hardly``, or ``not at all``.
        """
        return self.numbers.copy()

    def by_column(self) -> pd.DataFrame:
        """Return which numbers each column narrows, tried by leaving it out of the twin.

        Returns
        -------
        DataFrame
            `column`, `is_lacking` (whether the book does not have it), `key`, `part`,
            `standard_error_with` and `standard_error_without` it (missing where the number is not
            told then). Numbers that it narrows by less than a tenth are left out.
        """
        return self.columns.copy()

    def _table(self) -> Table:
        columns = [self.numbers[name].tolist() for name in _SHOWN]
        rows = [
            (f"{key} {part}".strip(), _written(found), _written(error), told)
            for key, part, found, error, told in zip(*columns, strict=True)
        ]
        by_word = self.numbers["told"].value_counts()
        caption = ", ".join(f"{by_word[word]} {word}" for word in _WORDS if word in by_word)
        if self.lacking:
            narrowed = self.columns[self.columns["is_lacking"]]
            more = [
                f"{column} would tell {counted(len(rows), 'number')} more, or better"
                for column, rows in narrowed.groupby("column")
            ]
            caption += f"; {'; '.join(more)}" if more else ""
        headings = ("number", Right("found"), Right("standard error"), "told")
        return Table(headings, rows, f"numbers of a twin that are told: {caption}")

    def __repr__(self) -> str:
        return repr(self._table())

    def _repr_html_(self) -> str:
        return self._table().html()


_NARROWED: Final = [
    "column", "is_lacking", "key", "part", "standard_error_with", "standard_error_without",
]  # fmt: skip
_SHOWN: Final = ("key", "part", "found", "standard_error", "told")
_WORDS: Final = ("well", "roughly", "hardly", "not at all")


@takes(
    run=RUN | PATH | of_types("what was fitted", Fitted),
    columns=TEXTS,
    seed=WHOLE,
    progress=FUNCTION,
)
def identify(
    run: Run | str | os.PathLike[str] | Fitted,
    *,
    columns: Sequence[str] | None = None,
    seed: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Identified:
    """Say beforehand what so much data can tell of a scenario and what it cannot.

    A scenario is fitted to the run, a twin of the same size is simulated from it, and the twin is
    fitted with the columns that the run has: what it was made with is known, so that one sees what
    comes back. Then the twin is fitted with each column left out, or added where the run lacks it.

    Parameters
    ----------
    run : Run, path or Fitted
        What was fitted to the run already need not be fitted again.
    columns : sequence of str, optional
        Those of :data:`COLUMNS` that are tried; by default all.
    seed : int, default 1
        Of the twin.
    progress : callable, optional
        Called with the fits that are done and with all that there are.

    Returns
    -------
    Identified

    Raises
    ------
    RunError
        There is no such run, or its scenario cannot be read.
    ValueError
        There is no such column, or the run has no customer.

    Examples
    --------
    >>> from entitlement_sim import Scenario, simulate
    >>> run = simulate(Scenario.load("reference", ["segments.everyone.customers=40"]), seed=7)
    >>> told = identify(run, columns=["cases.time"]).frame().set_index("key")["told"]
    >>> told["segments.everyone.cases.per_year"], told["segments.everyone.products"]
    ('well', 'not at all')
    """
    from ..simulation import simulate

    for column in columns or ():
        if column not in COLUMNS:
            raise ValueError(unknown_name("column", column, COLUMNS))
    fitted = run if isinstance(run, Fitted) else fit(run)
    missing = lacking(fitted.run)
    tries = list(COLUMNS if columns is None else columns)

    def report(done: int) -> None:
        if progress is not None:
            progress(done, 2 + len(tries))

    report(1)
    with simulate(fitted.scenario, seed=seed) as twin:
        told = _numbers(fit(twin, without=missing))
        report(2)
        frames = []
        for place, column in enumerate(tries, start=3):
            other = [each for each in missing if each != column]
            if column not in missing:
                other = [*missing, column]
            tried = _numbers(fit(twin, without=other))
            frames.append(_held_against(column, column in missing, told, tried))
            report(place)
    made_with = {
        (".".join(each.path), number.name): number.value
        for each in fitted.learned
        if each.status != "default"
        for number in each.numbers
    }
    numbers = told.rename(columns={"value": "found"})
    names = zip(numbers["key"], numbers["part"], strict=True)
    numbers.insert(2, "made_with", [made_with.get(name, math.nan) for name in names])
    numbers["told"] = [
        _told(found, error, status)
        for found, error, status in zip(
            numbers["found"], numbers["standard_error"], numbers["status"], strict=True
        )
    ]
    columns_of = ["key", "part", "made_with", "found", "standard_error", "told"]
    narrowed = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=_NARROWED)
    return Identified(fitted, tuple(missing), numbers[columns_of], narrowed)


def _numbers(fitted: Fitted) -> pd.DataFrame:
    frame = fitted.frame()
    frame = frame[(frame["status"] != "given")]
    asked = ~frame["key"].str.rsplit(".", n=1).str[-1].isin(NOT_ASKED)
    numbers: pd.DataFrame = frame[asked]
    return numbers[["key", "part", "value", "standard_error", "status"]].reset_index(drop=True)


def _held_against(
    column: str, is_lacking: bool, told: pd.DataFrame, tried: pd.DataFrame
) -> pd.DataFrame:
    """Return the numbers that a column narrows."""
    with_it, without = (tried, told) if is_lacking else (told, tried)
    keys = ["key", "part"]
    known = with_it[with_it["standard_error"] > 0]
    both = known[[*keys, "standard_error"]].merge(
        without[[*keys, "standard_error"]], on=keys, how="left", suffixes=("_with", "_without")
    )
    wider = ~(both["standard_error_without"] < _WIDER * both["standard_error_with"])
    rows = both[wider]
    return rows.assign(column=column, is_lacking=is_lacking)[_NARROWED]


def _told(found: float, error: float, status: str) -> str:
    if status == "default":
        return "not at all"
    if math.isnan(error) or found == 0:
        return "well"
    relative = error / abs(found)
    return "well" if relative <= _WELL else "roughly" if relative <= _HARDLY else "hardly"


def _written(value: float) -> str:
    return UNKNOWN if math.isnan(value) else significant(value)
