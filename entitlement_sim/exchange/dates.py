"""Days and moments of texts, in any order of day and month, and in the business zone."""

from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from .settings import Settings

_TIME: Final = (
    r"(?:[T ,]+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<part>\d+))?)?)?"
    r"(?: *(?P<half>[AaPp])\.?[Mm]\.?)?"
    r"(?: *(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2}))?"
)
_YEAR_FIRST: Final = rf"^(?P<year>\d{{4}})[-/.](?P<a>\d{{1,2}})[-/.](?P<b>\d{{1,2}}){_TIME}$"
_YEAR_LAST: Final = rf"^(?P<a>\d{{1,2}})[-/.](?P<b>\d{{1,2}})[-/.](?P<year>\d{{4}}|\d{{2}}){_TIME}$"

FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2299
_NAT: Final = np.datetime64("NaT", "us")


class Moments:
    """Texts of one column as moments, whose order of day and month may be open still.

    Attributes
    ----------
    year, a, b : ndarray of int64
        Numbers as they stand; `a` is the month where the year comes first.
    micros : ndarray of int64
        Microseconds of the day.
    offset : ndarray of int64
        Minutes east of Greenwich, where `zoned`.
    zoned, year_first, matched : ndarray of bool
    """

    def __init__(self, texts: pa.Array) -> None:
        rows = len(texts)
        self.year, self.a, self.b, self.micros, self.offset = np.zeros((5, rows), "int64")
        self.zoned, self.year_first, self.matched = np.zeros((3, rows), bool)
        for pattern, year_first in ((_YEAR_FIRST, True), (_YEAR_LAST, False)):
            open_rows = np.flatnonzero(~self.matched)
            if len(open_rows) == 0:
                break
            part = texts if len(open_rows) == rows else texts.take(pa.array(open_rows))
            parts = pc.extract_regex(part, pattern)
            hit = ~parts.is_null().to_numpy(zero_copy_only=False)
            if hit.any():
                self._fill(open_rows[hit], parts.filter(pa.array(hit)), year_first)

    def _fill(self, rows: np.ndarray, parts: pa.StructArray, year_first: bool) -> None:
        def numbers(name: str) -> np.ndarray:
            field = pc.struct_field(parts, name)
            field = pc.if_else(pc.equal(field, ""), "0", field)
            return field.cast(pa.int64()).to_numpy(zero_copy_only=False)

        def texts(name: str) -> np.ndarray:
            return pc.utf8_upper(pc.struct_field(parts, name)).to_numpy(zero_copy_only=False)

        year = numbers("year")
        self.year[rows] = np.where(year < 100, year + np.where(year < 70, 2000, 1900), year)
        self.a[rows], self.b[rows] = numbers("a"), numbers("b")
        hour, half = numbers("hour"), texts("half")
        afternoon, morning = half == "P", half == "A"
        hour = np.where(
            afternoon & (hour < 12), hour + 12, np.where(morning & (hour == 12), 0, hour)
        )
        part = pc.struct_field(parts, "part")
        part = pc.utf8_slice_codeunits(pc.binary_join_element_wise(part, "000000", ""), 0, 6)
        second, minute = numbers("second"), numbers("minute")
        micros = ((hour * 60 + minute) * 60 + second) * 1_000_000
        self.micros[rows] = micros + part.cast(pa.int64()).to_numpy(zero_copy_only=False)
        zone = texts("zone")
        self.zoned[rows] = zone != ""
        signed = np.array([text[:1] in "+-" and text != "" for text in zone], dtype=bool)
        if signed.any():
            digits = [text[1:].replace(":", "") for text in zone[signed]]
            minutes = np.array([int(text[:2]) * 60 + int(text[2:]) for text in digits])
            minus = np.array([text[0] == "-" for text in zone[signed]])
            self.offset[rows[signed]] = np.where(minus, -minutes, minutes)
        self.year_first[rows] = year_first
        self.matched[rows] = (minute < 60) & (second < 60) & (hour < 24)

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
        months = (np.where(valid, self.year, 2000) - 1970) * 12 + np.where(valid, month, 1) - 1
        start = months.astype("datetime64[M]")
        length = ((start + 1).astype("datetime64[D]") - start.astype("datetime64[D]")).astype(
            "int64"
        )
        valid &= day <= length
        days = start.astype("datetime64[D]") + np.where(valid, day - 1, 0)
        written = days.astype("datetime64[us]") + self.micros.astype("timedelta64[us]")
        written[~valid] = _NAT
        return written, ~valid


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
    utc = written[zoned] - (offset[zoned] * 60_000_000).astype("timedelta64[us]")
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
    return (micros == 0) | (micros >= 86_399_000_000)
