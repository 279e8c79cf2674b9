"""A scorecard in words: its numbers as they are written, its verdict, its table."""

import math
from collections.abc import Callable
from typing import Any, Final

import pandas as pd

from ..telling import UNKNOWN, Right, Table, counted, limits, listed, number, percent

_WRITE: Final[dict[str, Callable[[Any], str]]] = {
    "share": percent,
    "number": number,
    "hours": number,
}
_HEADINGS: Final = (
    "row", "part", "segment", Right("value"), Right("target"), "hits", "verdict", Right("n"), "of",
    "moved by",
)  # fmt: skip
#: Names in a sentence at the most.
_MOST_NAMES: Final = 5


def named(row: Any) -> str:
    """Name a number: its row, its part, its segment."""
    segment = "" if _is_missing(row.segment) else f" of {row.segment}"
    return f"{row.row}{f' {row.part}' if row.part else ''}{segment}"


def written(row: Any, value: float) -> str:
    """Write a value of a number in its unit; what is not known is an en dash."""
    return _WRITE[row.unit](value) if math.isfinite(value) else UNKNOWN


def tolerated(row: Any) -> str:
    """Write which values hit."""
    low, high = row.low, row.high
    if math.isnan(low) and math.isnan(high):
        return UNKNOWN
    if math.isnan(low):
        return written(row, high) if high == 0 else f"up to {written(row, high)}"
    least = max(low, 0.0) if row.unit == "share" else low
    if math.isnan(high):
        return f"{written(row, least)} and more"
    return limits(least, high, lambda limit: written(row, limit))


def verdict(card: pd.DataFrame) -> str:
    """Say what hits and what misses, first of what the scenario declares.

    Parameters
    ----------
    card : DataFrame
        As :func:`~entitlement_sim.scorecard` returns it.

    Returns
    -------
    str
        One or two sentences.
    """
    declared, others = card[card["declared"]], card[~card["declared"]]
    if declared.empty:
        return (
            f"{_tally(others, 'number')} The scenario declares none (key scorecard), so none "
            "counts as a miss for --strict."
        )
    text = _tally(declared, "declared number")
    return f"{text} {_tally(others, 'other')}" if len(others) else text


def _tally(rows: pd.DataFrame, noun: str) -> str:
    counts = rows["verdict"].value_counts()
    hits, misses = int(counts.get("hit", 0)), int(counts.get("miss", 0))
    parts = [f"{number(hits)} of {counted(len(rows), noun)} {'hits' if hits == 1 else 'hit'}"]
    if misses:
        names = [named(row) for row in _records(rows[rows["verdict"] == "miss"])]
        missing = f"{number(misses)} {'misses' if misses == 1 else 'miss'}"
        parts.append(f"{missing} ({listed(names, most=_MOST_NAMES)})")
    for word, text in (("not measurable", "not measurable"), ("no target", "without a target")):
        if count := int(counts.get(word, 0)):
            parts.append(f"{number(count)} {'is' if count == 1 else 'are'} {text}")
    return f"{listed(parts)}."


def card_table(card: pd.DataFrame) -> Table:
    """Lay a scorecard out; declared rows have a star at their verdict."""
    rows = [
        (
            row.row, row.part, "" if _is_missing(row.segment) else row.segment,
            written(row, row.value), written(row, row.target), tolerated(row),
            f"{row.verdict}{' *' if row.declared else ''}{f': {row.why}' if row.why else ''}",
            number(row.n), row.base, row.moved_by,
        )
        for row in _records(card)
    ]  # fmt: skip
    return Table(_HEADINGS, rows).without_empty_columns()


def _records(card: pd.DataFrame) -> list[Any]:
    return list(card.itertuples(index=False))


def _is_missing(segment: object) -> bool:
    return segment is None or segment != segment
