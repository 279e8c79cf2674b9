"""The values of a book as texts: by their words, in a culture, or as numbers of a live system."""

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ..vocabulary.columns import Column, Kind
from ..vocabulary.cultures import Culture, amounts, days, flags, moments
from ..vocabulary.options import LABELS, NUMBERS, own_numbers


def as_texts(column: Column, values: pd.Series, culture: Culture) -> pa.Array:
    """Return a column as a person of a culture reads it; what is missing stays missing.

    Moments have seconds only where one of the column needs them.
    """
    if column.kind is Kind.DAY:
        return days(values, culture)
    if column.kind is Kind.MOMENT:
        return moments(values, culture, seconds=bool((values.dt.floor("min") != values).any()))
    if column.kind is Kind.AMOUNT:
        return amounts(values, culture)
    if column.kind is Kind.FLAG:
        return flags(values, culture)
    if column.kind is Kind.MINUTES:
        return pc.cast(pa.array(values, pa.int64()), pa.string())
    return labels(values) if column.kind is Kind.WORD else pa.array(values, pa.string())


def labels(values: pd.Series) -> pa.Array:
    """Return the words of a column as a live system shows them."""
    return mapped(values, {word: LABELS.get(word, word) for word in values.dropna().unique()})


def numbers(table: str, column: str, values: pd.Series) -> pa.Array:
    """Return the words of a column as a live system's numbers, as texts."""
    known = NUMBERS[table, column]
    if column in ("channel", "origin", "statusreason"):
        known = own_numbers(set(values.dropna().unique()), known)
    return mapped(values, {word: str(number) for word, number in known.items()})


def mapped(values: pd.Series, words: dict[str, str]) -> pa.Array:
    """Return what stands for each value of a column of few different ones."""
    codes, different = pd.factorize(values)
    texts = pa.array([words[each] for each in different], pa.string())
    return texts.take(pa.array(codes, pa.int64(), mask=codes < 0))
