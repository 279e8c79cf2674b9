"""How a language and country writes days, moments, amounts and yes or no."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc


@dataclass(frozen=True)
class Culture:
    """A culture.

    Attributes
    ----------
    name : str
    day : str
        Of ``d``, ``dd``, ``M``, ``MM`` and ``yyyy``, with what stands between them.
    has_halves : bool
        Whether an hour is counted to twelve, with AM or PM.
    hour_digits : int
        The least digits of an hour.
    decimal, group : str
        What parts decimals and groups of digits.
    groups : tuple of int
        Digits of the last group, and of those before it.
    separator : str
        What parts the columns of CSV, where a spreadsheet of that culture saves it.
    yes, no : str
    """

    name: str
    day: str
    has_halves: bool
    hour_digits: int
    decimal: str
    group: str
    groups: tuple[int, int]
    separator: str
    yes: str
    no: str

    @property
    def date_order(self) -> str | None:
        """Which of day and month comes first; None where the year does."""
        if self.day.startswith("y"):
            return None
        return "day-first" if self.day.startswith("d") else "month-first"


_BLANK: Final = "\N{NO-BREAK SPACE}"

#: As programs write, whatever the language.
INVARIANT: Final = Culture("", "yyyy-MM-dd", False, 2, ".", "", (3, 3), ",", "true", "false")

CULTURES: Final[dict[str, Culture]] = {
    culture.name: culture
    for culture in (
        Culture("en-US", "M/d/yyyy", True, 1, ".", ",", (3, 3), ",", "Yes", "No"),
        Culture("en-GB", "dd/MM/yyyy", False, 2, ".", ",", (3, 3), ",", "Yes", "No"),
        Culture("en-IN", "dd-MM-yyyy", False, 2, ".", ",", (3, 2), ",", "Yes", "No"),
        Culture("de-DE", "dd.MM.yyyy", False, 2, ",", ".", (3, 3), ";", "Ja", "Nein"),
        Culture("fr-FR", "dd/MM/yyyy", False, 2, ",", _BLANK, (3, 3), ";", "Oui", "Non"),
    )
}


def days(values: pd.Series, culture: Culture) -> pa.Array:
    """Return days as texts; missing ones stay missing.

    Examples
    --------
    >>> days(pd.Series(pd.to_datetime(["2026-03-01"])), CULTURES["en-US"]).to_pylist()
    ['3/1/2026']
    """
    moments = pa.array(values, pa.timestamp("us"))
    parts = {
        "yyyy": _digits(pc.year(moments), 4),
        "MM": _digits(pc.month(moments), 2),
        "dd": _digits(pc.day(moments), 2),
        "M": _digits(pc.month(moments), 1),
        "d": _digits(pc.day(moments), 1),
    }
    mark = next(sign for sign in culture.day if not sign.isalpha())
    return pc.binary_join_element_wise(*(parts[part] for part in culture.day.split(mark)), mark)


def moments(values: pd.Series, culture: Culture, *, seconds: bool) -> pa.Array:
    """Return moments as texts, to the minute or to the second, parts of one where there are any.

    Examples
    --------
    >>> noon = pd.Series(pd.to_datetime(["2026-03-01 12:05", "2026-12-31 00:30"]))
    >>> moments(noon, CULTURES["en-US"], seconds=False).to_pylist()
    ['3/1/2026 12:05 PM', '12/31/2026 12:30 AM']
    >>> moments(noon, CULTURES["de-DE"], seconds=True).to_pylist()
    ['01.03.2026 12:05:00', '31.12.2026 00:30:00']
    """
    times = pa.array(values, pa.timestamp("us"))
    hours = pc.hour(times)
    if culture.has_halves:
        twelfth = pc.subtract(hours, pc.multiply(pc.divide(hours, 12), 12))
        shown = pc.if_else(pc.equal(twelfth, 0), 12, twelfth)
    else:
        shown = hours
    pieces = [_digits(shown, culture.hour_digits), _digits(pc.minute(times), 2)]
    if seconds:
        pieces.append(_seconds(times))
    text = pc.binary_join_element_wise(*pieces, ":")
    if culture.has_halves:
        half = pc.if_else(pc.less(hours, 12), "AM", "PM")
        text = pc.binary_join_element_wise(text, half, " ")
    return pc.binary_join_element_wise(days(values, culture), text, " ")


def _seconds(times: pa.Array) -> pa.Array:
    whole = _digits(pc.second(times), 2)
    micros = pc.add(pc.multiply(pc.millisecond(times), 1000), pc.microsecond(times))
    parted = pc.binary_join_element_wise(whole, _digits(micros, 6), ".")
    return pc.if_else(pc.equal(micros, 0), whole, parted)


def _digits(numbers: pa.Array, least: int) -> pa.Array:
    return pc.utf8_lpad(pc.cast(numbers, pa.string()), least, "0")


def amounts(values: pd.Series, culture: Culture, *, grouped: bool = True) -> pa.Array:
    """Return hundredths as amounts with two decimals.

    Examples
    --------
    >>> few = pd.Series([265479750, -50], dtype="Int64")
    >>> amounts(few, CULTURES["en-IN"]).to_pylist(), amounts(few, CULTURES["de-DE"]).to_pylist()
    (['26,54,797.50', '-0.50'], ['2.654.797,50', '-0,50'])
    """
    codes, different = pd.factorize(values)
    texts = [_amount(int(each), culture, grouped) for each in different]
    places = pa.array(codes, pa.int64(), mask=codes < 0)
    return pa.array(texts, pa.string()).take(places)


def _amount(hundredths: int, culture: Culture, grouped: bool) -> str:
    whole, part = divmod(abs(hundredths), 100)
    digits = str(whole)
    if grouped and culture.group:
        last, before = culture.groups
        groups = [digits[-last:]]
        digits = digits[:-last]
        while digits:
            groups.append(digits[-before:])
            digits = digits[:-before]
        digits = culture.group.join(reversed(groups))
    return f"{'-' if hundredths < 0 else ''}{digits}{culture.decimal}{str(part).zfill(2)}"


def flags(values: pd.Series, culture: Culture) -> pa.Array:
    """Return flags as words.

    Examples
    --------
    >>> flags(pd.Series([True, None], dtype="boolean"), CULTURES["de-DE"]).to_pylist()
    ['Ja', None]
    """
    return pc.if_else(pa.array(values, pa.bool_()), culture.yes, culture.no)


def in_greenwich(values: pd.Series, zone: str) -> pd.Series:
    """Return local moments of a zone as those of Greenwich.

    An hour that comes twice is taken for its first coming, and one that is left out for the hour
    after it, as a run has them.

    Examples
    --------
    >>> noon = pd.Series(pd.to_datetime(["2026-07-01 12:00"]))
    >>> in_greenwich(noon, "Europe/Berlin").item()
    Timestamp('2026-07-01 10:00:00')
    """
    first = np.ones(len(values), dtype=bool)
    local = values.dt.tz_localize(zone, ambiguous=first, nonexistent="shift_forward")
    utc: pd.Series = local.dt.tz_convert("UTC").dt.tz_localize(None)
    return utc
