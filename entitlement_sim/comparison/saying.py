"""A comparison in words: how its numbers are written, its verdict, its tables."""

import math
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from ..inference import LEAST_UNITS, measured
from ..telling import (
    UNKNOWN,
    Right,
    Table,
    counted,
    limits_of_kind,
    listed,
    move_of_kind,
    moved_in_words,
    number,
    percent_tick,
    rounded,
    short,
    short_from,
    short_of_kind,
)
from ..telling.tables import records

if TYPE_CHECKING:
    import pandas as pd

#: Metrics that a sentence names.
_MOST: Final = 3

#: Stands for the limits of what is the same for each customer.
_SAME: Final = "same in all"

#: Settings in which false alarms were measured: with a wandering level of fewer metrics.
_WITH_LEVEL: Final = ("all three", "full size, level of sd .15")
_WITHOUT: Final = ("day effects and incidents",)

#: Money that stands side by side in a sentence: agreed, become revenue, and left after service.
_MONEY: Final = ("bookings", "revenue", "margin")


class Finding:
    """What the rows of one comparison say.

    Parameters
    ----------
    rows : DataFrame
        As :meth:`Comparison.metrics` returns them, of one other run.
    currency : str or None
    confidence : float
    """

    def __init__(self, rows: "pd.DataFrame", currency: str | None, confidence: float) -> None:
        self._rows = records(rows)
        self._currency = currency
        self._confidence = confidence

    @cached_property
    def moved(self) -> list[Any]:
        """The rows that moved for sure: those whose limits exclude 0, by how far."""
        sure = [row for row in self._rows if status(row) == "moved"]
        return sorted(sure, key=_extent, reverse=True)

    def open(self) -> list[Any]:
        """Return the rows of which it cannot be told whether they moved."""
        return [
            row
            for row in self._rows
            if status(row) in ("open", "few") and not math.isnan(row.difference)
        ]

    def unmoved(self) -> list[Any]:
        """Return the rows that are the same in both to the last hundredth."""
        return [row for row in self._rows if row.difference == 0]

    def sentences(self, *, is_chance_alone: bool, has_own_levels: bool = False) -> list[str]:
        """Say what moved, what cannot be told, and what stayed as it was.

        Parameters
        ----------
        is_chance_alone : bool
            Whether the runs differ by the draws alone.
        has_own_levels : bool, default False
            Whether each run has a wandering level of its own, which limits leave out.
        """
        if not self._rows:
            return ["Nothing happened in either run: there is nothing to compare."]
        if len(self.unmoved()) == len(self._rows):
            return ["Nothing moved: every metric is the same in both."]
        if is_chance_alone:
            return [self._chance(has_own_levels=has_own_levels)]
        return [*self._money(), *self._moved(), *self._open(), *self._unmoved()]

    def _chance(self, *, has_own_levels: bool) -> str:
        with_limits = [row for row in self._rows if not math.isnan(row.low)]
        count = sum(bool(row.moved) for row in with_limits)
        expected = rounded((1 - self._confidence) * len(with_limits))
        is_or_are = "excludes" if count == 1 else "exclude"
        return (
            "Nothing but chance is between the runs, so nothing that differs is an effect: "
            f"{number(count)} of {counted(len(with_limits), 'interval')} {is_or_are} 0, and about "
            f"{expected} would by chance{' among customers' if has_own_levels else ''}."
        )

    def _money(self) -> list[str]:
        by_metric = {row.metric: row for row in self._rows}
        side_by_side = [by_metric[metric] for metric in _MONEY if metric in by_metric]
        if not any(row in self.moved for row in side_by_side):
            return []
        parts = [
            moved_in_words(row, self._currency)
            if row in self.moved
            else f"of {row.name} it cannot be told ({_between(row, self._currency)})"
            if row.difference
            else f"{row.name} stayed the same"
            for row in side_by_side
        ]
        text = "; ".join(parts)
        return [f"{text[0].upper()}{text[1:]}."]

    def _moved(self) -> list[str]:
        others = [row for row in self.moved if row.metric not in _MONEY]
        if not others:
            return [] if self.moved else ["Nothing can be said to have moved."]
        parts = [moved_in_words(row, self._currency) for row in others]
        rest = f"; and {number(len(parts) - _MOST)} more" if len(parts) > _MOST else ""
        return [f"What moved: {'; '.join(parts[:_MOST])}{rest}."]

    def _open(self) -> list[str]:
        rows = [row for row in self.open() if row.metric not in _MONEY or not self._money()]
        if not rows:
            return []
        parts = [
            f"{row.name} ({_between(row, self._currency)})"
            if not math.isnan(row.low)
            else f"{row.name} (too few customers to say)"
            for row in rows
        ]
        return [f"What cannot be told from no change: {listed(parts, most=_MOST)}."]

    def _unmoved(self) -> list[str]:
        names = [row.name for row in self.unmoved()]
        return [f"The same to the last hundredth: {listed(names, most=_MOST)}."] if names else []


def false_alarms_in_words(rows: "pd.DataFrame", *, has_level: bool) -> str:
    """Say for which metrics it was measured how often limits call chance an effect.

    Parameters
    ----------
    rows : DataFrame
        As :meth:`Comparison.metrics` returns them.
    has_level : bool
        Whether customers share a wandering level, under which it is measured apart.
    """
    alarms = measured().false_alarms
    settings = _WITH_LEVEL if has_level else _WITHOUT
    known = set(alarms[alarms["setting"].isin(settings)]["metric"])
    names = dict(zip(rows["metric"], rows["name"], strict=True))
    unknown = [name for metric, name in names.items() if metric not in known]
    if not names:
        return ""
    told = "How often such limits call chance an effect was measured"
    where = "(notebook 09_how_far_to_trust)"
    if not unknown:
        return f"{told} for each of these metrics {where}."
    under = " under a wandering level" if has_level else ""
    count = len(names) - len(unknown)
    return (
        f"{told}{under} for {number(count)} of these {counted(len(names), 'metric')} {where}; not "
        f"for {listed(unknown, most=_MOST)}."
    )


#: What each horizon means, in the order of what becomes of a sale.
_HORIZONS: Final = {
    "booked": "booked, whole prices of what is sold",
    "billed": "billed",
    "recognised": "recognised",
    "spent": "spent",
    "lapsed": "lapsed",
    "on the last day": "running on the last day",
}


def horizons_in_words(rows: "pd.DataFrame", days: int) -> str:
    """Say when money of each kind counts; nothing where there is none.

    Parameters
    ----------
    rows : DataFrame
        As :meth:`Comparison.metrics` returns them.
    days : int
        Of the runs.
    """
    names = {
        horizon: list(dict.fromkeys(rows.loc[rows["horizon"] == horizon, "name"]))
        for horizon in _HORIZONS
    }
    parts = [f"{listed(names[key])} ({words})" for key, words in _HORIZONS.items() if names[key]]
    if not parts:
        return ""
    return f"Money counts as far as it falls into the {counted(days, 'day')}: {'; '.join(parts)}."


def _between(row: Any, currency: str | None) -> str:
    if row.difference == 0 and row.gain != 1:
        return _SAME
    return limits_of_kind(row.kind, row.low, row.high, currency)


def _has_enough(row: Any) -> bool:
    if row.method == "replications":  # whose number is that of the draws, not what a share is of
        return True
    return row.kind != "share" or bool(min(row.n_first, row.n_second) >= LEAST_UNITS)


def _extent(row: Any) -> float:
    """How far a metric moved: a share by points, an amount by per cent of what it was."""
    return float(abs(row.difference if row.kind == "share" else row.change))


#: Stands at what moved for sure.
_MARK: Final = " *"

#: Letters of a run's name in the heading of a column.
_COLUMN: Final = 14


def status(row: Any) -> str:
    """Say in a word whether a metric moved: moved, open, same, or few."""
    if row.difference == 0:
        return "same"
    if math.isnan(row.low):
        return "few"
    return "moved" if row.moved and _has_enough(row) else "open"


def table_of(
    rows: "pd.DataFrame",
    names: Sequence[str],
    confidence: float,
    currency: str | None,
    *,
    group: str | None = None,
    with_base: bool = False,
) -> Table:
    """Lay out what moved from one run to another.

    Parameters
    ----------
    rows : DataFrame
        As :meth:`Comparison.metrics` or :meth:`Comparison.by` returns them, of one other run.
    names : sequence of str
        What both are called.
    confidence : float
        Of each interval.
    currency : str or None
        Stands in the heading, not in each cell, so that the table fits a line.
    group : str, optional
        Column that tells rows apart.
    with_base : bool, default False
        Whether a column says what shares are of.
    """
    is_paired = bool((rows["gain"] != 1).any())
    headings = [
        *([group] if group else []),
        f"metric (money in {currency})" if currency else "metric",
        *(["of"] if with_base else []),
        *(Right(_cut(name)) for name in names),
        Right("difference"),
        Right(f"{percent_tick(confidence)} interval"),
        *([Right("gain")] if is_paired else []),
        Right("n"),
    ]
    lines = [
        [
            *([getattr(row, group)] if group else []),
            row.name,
            *([row.of] if with_base else []),
            short_of_kind(row.kind, row.first),
            short_of_kind(row.kind, row.second),
            _marked(row, None),
            _between(row, None),
            *([gain_in_words(row)] if is_paired else []),
            short_from(1e6, max(row.n_first, row.n_second), rounded),
        ]
        for row in records(rows)
    ]
    return Table(headings, lines, f"What moved in {names[1]} against {names[0]}")


def gain_in_words(row: Any) -> str:
    """Write how many times larger the variance of an unpaired difference would be."""
    return short(row.gain) if math.isfinite(row.gain) else UNKNOWN


def _cut(name: str) -> str:
    """Cut a name to the width of a column."""
    return name if len(name) <= _COLUMN else f"{name[: _COLUMN - 1]}…"


def table_of_alternatives(
    frames: "Sequence[pd.DataFrame]", names: Sequence[str], currency: str | None
) -> Table:
    """Lay out several alternatives: the first run's values, and how each one differs.

    A star marks what moved for sure.
    """
    first = {row.metric: row for frame in frames for row in records(frame)}
    by_run = [{row.metric: row for row in records(frame)} for frame in frames]
    lines = [
        [
            row.name,
            short_of_kind(row.kind, row.first, currency),
            *(
                _marked(alternative[metric], currency) if metric in alternative else ""
                for alternative in by_run
            ),
        ]
        for metric, row in first.items()
    ]
    headings = ["metric", *(Right(_cut(name)) for name in names)]
    return Table(headings, lines, f"What moved against {names[0]}")


def table_of_money(
    frames: "Sequence[pd.DataFrame]",
    names: Sequence[str],
    confidence: float,
    currency: str | None,
) -> list[Table]:
    """Lay out the money of several alternatives with its limits; nothing where there is none."""
    lines = [
        [name, row.name, short_of_kind(row.kind, row.first), short_of_kind(row.kind, row.second),
         _marked(row, None), _between(row, None)]
        for frame, name in zip(frames, names[1:], strict=True)
        for row in records(frame[frame["kind"] == "money"])
    ]  # fmt: skip
    if not lines:
        return []
    headings = [
        "alternative",
        f"money in {currency}" if currency else "money",
        Right(_cut(names[0])),
        Right("there"),
        Right("difference"),
        Right(f"{percent_tick(confidence)} interval"),
    ]
    return [Table(headings, lines, f"The money against {names[0]}")]


def _marked(row: Any, currency: str | None) -> str:
    """Write a difference, with a star where it is one for sure."""
    mark = _MARK if status(row) == "moved" else " " * len(_MARK)
    return f"{move_of_kind(row.kind, row.difference, currency)}{mark}"
