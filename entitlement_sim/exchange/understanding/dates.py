"""Days and moments of texts, in any order of day and month, and in the business zone."""

import re
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from .settings import Settings

_TIME: Final = (
    r"(?:[T ,]+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<part>\d+))?)?)?"
    r"(?: *(?P<half>[AaPp])\.?[Mm]\.?)?"
    r"(?: *(?P<zone>Z|UTC|GMT|(?P<sign>[+-])(?P<east>\d{2}):?(?P<rest>\d{2})))?"
)
_YEAR_FIRST: Final = re.compile(
    rf"(?P<year>\d{{4}})[-/.](?P<a>\d{{1,2}})[-/.](?P<b>\d{{1,2}}){_TIME}", re.IGNORECASE
)
_YEAR_LAST: Final = re.compile(
    rf"(?P<a>\d{{1,2}})[-/.](?P<b>\d{{1,2}})[-/.](?P<year>\d{{4}}|\d{{2}}){_TIME}", re.IGNORECASE
)

FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2299
_NAT: Final = np.datetime64("NaT", "us")

#: Letters of a moment at the most, as in 2026-03-31T10:15:00.1234567+02:00.
_WIDTH: Final = 40
#: Texts at a time.
_PIECE: Final = 262_144
#: Shapes of dates in a file at the most; a column with more has texts of other kinds.
_MOST_SHAPES: Final = 2_000
#: Odd numbers with which a shape becomes one number.
_WEIGHTS: Final = np.random.default_rng(1).integers(2**62, size=_WIDTH, dtype="uint64") * 2 + 1


class Moments:
    """Texts of one column as moments, whose order of day and month may be open still.

    Texts of one shape (``00/00/0000 00:00``) are read by the same columns of digits, so that a
    pattern is matched once a shape and not once a text.

    Attributes
    ----------
    year, a, b : ndarray of integers
        Numbers as they stand; `a` is the month where the year comes first.
    micros : ndarray of int64
        Microseconds of the day.
    offset : ndarray of int16
        Minutes east of Greenwich, where `zoned`.
    zoned, year_first, matched : ndarray of bool
    """

    def __init__(self, texts: pa.Array) -> None:
        rows = len(texts)
        self.year, self.offset = np.zeros((2, rows), "int16")
        self.a, self.b = np.zeros((2, rows), "int8")
        self.micros = np.zeros(rows, "int64")
        self.zoned, self.year_first, self.matched = np.zeros((3, rows), bool)
        matches: dict[int, re.Match[str] | None] = {}
        for start in range(0, rows, _PIECE):
            self._read(texts.slice(start, _PIECE), start, matches)

    def _read(self, texts: pa.Array, start: int, matches: dict[int, re.Match[str] | None]) -> None:
        letters = _letters(texts)
        is_digit = (letters >= 48) & (letters <= 57)
        shape = np.where(is_digit, np.uint8(48), letters)
        keys = np.zeros(len(letters), "uint64")
        for column in range(_WIDTH):
            keys += shape[:, column] * _WEIGHTS[column]
        codes, different = pd.factorize(keys)
        order = np.argsort(codes, kind="stable")
        ends = np.searchsorted(codes[order], np.arange(len(different)), side="right")
        begin = 0
        for key, end in zip(different.tolist(), ends.tolist(), strict=True):
            rows, begin = order[begin:end], end
            if key not in matches and len(matches) < _MOST_SHAPES:
                text = letters[rows[0]].tobytes().decode("ascii", "replace").rstrip()
                matches[key] = _YEAR_FIRST.fullmatch(text) or _YEAR_LAST.fullmatch(text)
            match = matches.get(key)
            if match is not None:
                self._fill(start + rows, letters[rows], match)

    def _fill(self, rows: np.ndarray, letters: np.ndarray, match: "re.Match[str]") -> None:
        def numbers(name: str, most: int = 9) -> np.ndarray:
            begin, end = match.span(name)
            number = np.zeros(len(rows), "int64")
            for column in range(begin, min(end, begin + most)):
                number = number * 10 + (letters[:, column] - 48)
            return number

        year = numbers("year")
        if match.end("year") - match.start("year") == 2:
            year = year + np.where(year < 70, 2000, 1900)
        hour, minute, second = numbers("hour"), numbers("minute"), numbers("second")
        valid = (minute < 60) & (second < 60) & (hour < 24)
        if match["half"]:
            hour = hour % 12 + (12 if match["half"].upper() == "P" else 0)
        micros = ((hour * 60 + minute) * 60 + second) * 1_000_000
        if match["part"]:
            micros += numbers("part", 6) * 10 ** (6 - min(len(match["part"]), 6))
        self.year[rows], self.a[rows], self.b[rows] = year, numbers("a"), numbers("b")
        self.micros[rows] = micros
        self.zoned[rows] = bool(match["zone"])
        if match["sign"]:
            minutes = numbers("east") * 60 + numbers("rest")
            self.offset[rows] = -minutes if match["sign"] == "-" else minutes
        self.year_first[rows] = match.re is _YEAR_FIRST
        self.matched[rows] = valid

    def orders(self) -> tuple[bool, bool, bool]:
        """Return whether some value must be day first, must be month first, or fits both."""
        open_order = self.matched & ~self.year_first
        a, b = self.a[open_order], self.b[open_order]
        return (
            bool((a > 12).any()),
            bool((b > 12).any()),
            bool(((a <= 12) & (b <= 12) & (a != b)).any()),
        )

    def moments(self, day_first: bool) -> tuple[np.ndarray, np.ndarray]:
        """Return moments as they are written, datetime64[us], and which are none."""
        swapped = day_first & ~self.year_first
        month, day = np.where(swapped, self.b, self.a), np.where(swapped, self.a, self.b)
        valid = self.matched & (month >= 1) & (month <= 12) & (day >= 1)
        valid &= (self.year >= FIRST_YEAR) & (self.year <= LAST_YEAR)
        months = (
            (np.where(valid, self.year, 2000).astype("int64") - 1970) * 12
            + np.where(valid, month, 1)
            - 1
        )
        start = months.astype("datetime64[M]")
        length = ((start + 1).astype("datetime64[D]") - start.astype("datetime64[D]")).astype(
            "int64"
        )
        valid &= day <= length
        days = start.astype("datetime64[D]") + np.where(valid, day - 1, 0)
        written = days.astype("datetime64[us]") + self.micros.astype("timedelta64[us]")
        written[~valid] = _NAT
        return written, ~valid


def _letters(texts: pa.Array) -> np.ndarray:
    """Return texts as rows of bytes, padded with blanks; what is longer is all zeros."""
    if not pc.all(pc.string_is_ascii(texts)).as_py():
        texts = pc.replace_substring_regex(texts, "[\u00a0\u202f\u2009]", " ")
        texts = pc.if_else(pc.string_is_ascii(texts), texts, "")
    texts = pc.if_else(pc.greater(pc.binary_length(texts), _WIDTH), "", texts)
    padded = pc.ascii_rpad(texts, _WIDTH).cast(pa.binary(_WIDTH))
    data = np.frombuffer(padded.buffers()[1], "uint8")
    begin = padded.offset * _WIDTH
    return data[begin : begin + len(texts) * _WIDTH].reshape(-1, _WIDTH)


def in_zone(utc: np.ndarray, zone: str) -> np.ndarray:
    """Return moments of Greenwich as local times of a zone."""
    if zone == "UTC":
        return utc
    index = pd.DatetimeIndex(utc, tz="UTC").tz_convert(zone).tz_localize(None)
    return index.to_numpy(dtype="datetime64[us]")


def local_moments(
    written: np.ndarray, zoned: np.ndarray, offset: np.ndarray, settings: Settings
) -> np.ndarray:
    """Return moments as local times: those with an offset are brought into the zone."""
    if not zoned.any():
        return written
    minutes = offset[zoned].astype("int64")
    utc = written[zoned] - (minutes * 60_000_000).astype("timedelta64[us]")
    local = written.copy()
    local[zoned] = in_zone(utc, settings.zone)
    return local


def meant_days(
    written: np.ndarray, zoned: np.ndarray, offset: np.ndarray, settings: Settings
) -> np.ndarray:
    """Return the days that were meant, at midnight.

    A moment with an offset, in a column of days, was a midnight for somebody. Where it is midnight
    (or the last second of a day) in the business zone, it is that day; else, where it is midnight
    or the last second in its own offset, the day as written; else the zone's.
    """
    days = written.astype("datetime64[D]")
    if zoned.any() and settings.date_only != "utc":
        local = local_moments(written, zoned, offset, settings)[zoned]
        if settings.date_only == "local":
            days[zoned] = local.astype("datetime64[D]")
        else:
            as_written = ~_at_edge(local) & _at_edge(written[zoned])
            days[zoned] = np.where(as_written, days[zoned], local.astype("datetime64[D]"))
    return days.astype("datetime64[us]")


def _at_edge(moments: np.ndarray) -> np.ndarray:
    """Whether moments are midnight or in the last second of a day."""
    micros = (moments - moments.astype("datetime64[D]")).astype("int64")
    return np.asarray((micros == 0) | (micros >= 86_399_000_000))
