"""From the values of a column, as they stand in a file, to those of a book."""

import ast
import re
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple, TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ..recurring import are_packed, guids_of, kept_as_guids, recurring, written_guids
from ..vocabulary.columns import Column, Kind
from ..vocabulary.labels import FLAGS, MISSING, origin_label, words_of
from .dates import Moments, local_moments, meant_days
from .numbers import MOST, hundredths
from .settings import Settings

_GUID: Final = r"^\{?[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}\}?$"
_NO_GUID: Final = "00000000-0000-0000-0000-000000000000"
_REFERENCE: Final = re.compile(r"^\{.*['\"](?:value|sys_id|id|link)['\"].*\}$", re.DOTALL)


_Texts = TypeVar("_Texts", pa.Array, pa.ChunkedArray)


class Converted(NamedTuple):
    """Values of a column of a book.

    Attributes
    ----------
    values : Series
        Missing where there is none, and where there is no reading it.
    reasons : dict of str to ndarray of bool
        Which rows cannot be read, by why.
    """

    values: pd.Series
    reasons: dict[str, np.ndarray]


class Texts:
    """A column of texts, each different one once.

    Attributes
    ----------
    different : pyarrow.Array
        Without blanks around them; what stands for nothing is empty.
    codes : ndarray of int32
        Which of them each row has.
    """

    def __init__(self, column: pa.ChunkedArray, missing: Iterable[str] = ()) -> None:
        texts, self.codes = _encoded(column)
        texts = pc.utf8_trim(texts, " \t\r\n\u00a0\u200b\ufeff")
        none = pc.is_in(
            pc.utf8_lower(texts), pa.array(sorted({*MISSING, *map(str.lower, missing)}))
        )
        self.different = pc.if_else(none, "", texts)
        self.empty = pc.equal(self.different, "").to_numpy(zero_copy_only=False)


def _encoded(column: pa.ChunkedArray) -> tuple[pa.Array, np.ndarray]:
    """Return the different texts of a column, and which of them each row has; none is empty."""
    if not pa.types.is_dictionary(column.type):
        column = pc.dictionary_encode(column)
    column = column.unify_dictionaries()
    if not column.num_chunks:
        return pa.array([], pa.string()), np.zeros(0, "int32")
    texts = pc.fill_null(column.chunk(0).dictionary.cast(pa.string()), "")
    codes = pa.chunked_array([chunk.indices for chunk in column.chunks])
    if codes.null_count:
        codes = pc.fill_null(codes, len(texts))
        texts = pa.concat_arrays([texts, pa.array([""])])
    return texts, codes.to_numpy().astype("int32", copy=False)


def without_missing(texts: _Texts, missing: Iterable[str] = ()) -> _Texts:
    """Return texts without blanks around them; what stands for nothing is empty."""
    texts = texts.cast(pa.string())
    if texts.null_count:
        texts = pc.fill_null(texts, "")
    texts = pc.utf8_trim(texts, " \t\r\n\u00a0\u200b\ufeff")
    words = {*MISSING, *map(str.lower, missing)}
    short = pc.less_equal(pc.binary_length(texts), max(len(word.encode()) for word in words))
    if not pc.any(short).as_py():
        return texts
    none = pc.is_in(pc.utf8_lower(pc.if_else(short, texts, "+")), pa.array(sorted(words)))
    return pc.if_else(none, "", texts)


def is_text(column: pa.ChunkedArray) -> bool:
    """Whether a column has texts rather than values of another type."""
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def converted(
    table: str,
    column: Column,
    raw: pa.ChunkedArray,
    settings: Settings,
    parsed: Moments | None,
    texts: Texts | None,
    *,
    day_first: bool,
    decimal: str,
    labels: Mapping[str, str],
    missing: Iterable[str],
    as_bytes: bool = False,
) -> Converted:
    """Return the values of a column.

    Parameters
    ----------
    table : str
    column : Column
        Which column of a book they are.
    raw : pyarrow.ChunkedArray
        As they stand in the file.
    settings : Settings
    parsed : Moments or None
        The different texts as moments, where the column has days or moments as texts.
    texts : Texts or None
        The column's different texts, where it has texts.
    day_first : bool
        Whether the day comes before the month where a text fits both.
    decimal : str
        What parts the decimals of a number: a point or a comma.
    labels : mapping of str to str
        What labels of the file mean, where a mapping says it.
    missing : iterable of str
        What else stands for nothing, as a mapping says.
    as_bytes : bool, default False
        Whether ids are kept as 16 bytes each, if all are GUIDs.
    """
    kind = column.kind
    if kind in (Kind.DAY, Kind.MOMENT):
        if texts is not None:
            assert parsed is not None
            return _moments_of_texts(texts, parsed, kind, settings, day_first)
        return _moments_of_values(raw, kind, settings)
    if kind in (Kind.ID, Kind.TEXT):
        codes = None
        if as_bytes and are_packed(raw) and not pc.any(pc.equal(raw, bytes(16))).as_py():
            return Converted(kept_as_guids(raw.chunks), {})
        if not is_text(raw):
            raw = _as_texts(raw)
        elif pa.types.is_dictionary(raw.type):
            different, codes = _encoded(raw)
            raw = pa.chunked_array([different])
        guids = _guids(raw, codes, missing) if as_bytes else None
        if guids is not None:
            return Converted(guids, {})
        parts = [_cleaned(chunk, kind, missing) for chunk in raw.chunks]
        return Converted(_series(pa.chunked_array(parts, pa.string()), codes), {})
    if texts is None:
        if kind is Kind.AMOUNT:
            return _amounts_of_values(raw)
        texts = Texts(_as_texts(raw))
    if kind is Kind.AMOUNT:
        return _amounts(texts, decimal)
    if kind is Kind.MINUTES:
        return _minutes(texts, decimal)
    meant = {label.casefold(): word for label, word in labels.items()}
    if kind is Kind.FLAG:
        return _flags(texts, FLAGS | {label: FLAGS[w.casefold()] for label, w in meant.items()})
    if kind is Kind.WORD:
        return _words(texts, words_of(table, column.name, column.words) | meant)
    assert kind is Kind.ORIGIN
    return _origins(texts, meant)


def _as_texts(raw: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return values of other types as texts; a whole number has no point."""
    if pa.types.is_floating(raw.type):
        whole = pc.all(pc.equal(raw, pc.round(raw)))
        if whole.as_py() is not False:
            return pc.cast(pc.cast(raw, pa.int64(), safe=False), pa.string())
    if raw.type == pa.uuid():
        return written_guids(pa.chunked_array([c.storage for c in raw.chunks], pa.binary(16)))
    if are_packed(raw):
        return written_guids(raw)
    try:
        return raw.cast(pa.string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        texts = [None if value is None else str(value) for value in raw.to_pylist()]
        return pa.chunked_array([pa.array(texts, pa.string())])


def _cleaned(texts: pa.Array, kind: Kind, missing: Iterable[str]) -> pa.Array:
    """Return ids or other texts without what stands for none."""
    written = without_missing(texts, missing)
    return _without_empty(_ids(written) if kind is Kind.ID else written)


def _guids(
    raw: pa.ChunkedArray, codes: np.ndarray | None, missing: Iterable[str]
) -> pd.Series | None:
    """Return ids as bytes, by these codes where they are the different ones; None of other ids."""
    parts = []
    for chunk in raw.chunks:
        guids = guids_of(_cleaned(chunk, Kind.ID, missing))
        if guids is None:
            return None
        parts.append(guids)
    if codes is not None:
        parts = [part.take(pa.array(codes)) for part in parts]  # they stand in one
    return kept_as_guids(parts) if parts else None


def _without_empty(texts: pa.Array) -> pa.Array:
    return pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)


def _series(values: pa.Array | pa.ChunkedArray, codes: np.ndarray | None = None) -> pd.Series:
    """Return texts or, with codes, each different one once; what is missing is null."""
    if codes is not None and len(values) > _MANY:
        values, codes = values.take(pa.array(codes)), None
    texts = pd.Series(values.to_pandas(), dtype="str")
    return texts if codes is None else recurring(texts, codes)


#: So many different texts do not recur: each would be an object in an index of pandas.
_MANY: Final = 262_144


def _by_row(mask: np.ndarray, texts: Texts) -> np.ndarray:
    return np.asarray(mask[texts.codes])


def _moments_of_texts(
    texts: Texts, parsed: Moments, kind: Kind, settings: Settings, day_first: bool
) -> Converted:
    written, bad = parsed.moments(day_first)
    zoned = parsed.zoned & ~bad
    if settings.are_times_utc and kind is Kind.MOMENT:
        zoned = ~bad
    if kind is Kind.DAY:
        values = meant_days(written, zoned, parsed.offset, settings)
    else:
        values = local_moments(written, zoned, parsed.offset, settings)
    bad = bad & ~texts.empty
    return Converted(pd.Series(values[texts.codes]), {"unreadable date": _by_row(bad, texts)})


def _moments_of_values(raw: pa.ChunkedArray, kind: Kind, settings: Settings) -> Converted:
    if not (pa.types.is_timestamp(raw.type) or pa.types.is_date(raw.type)):
        bad = ~raw.is_null().to_numpy()
        none = np.full(len(raw), np.datetime64("NaT"), "datetime64[us]")
        return Converted(pd.Series(none), {"unreadable date": bad})
    is_zoned = pa.types.is_timestamp(raw.type) and raw.type.tz is not None
    written = raw.cast(pa.timestamp("us", "UTC" if is_zoned else None), safe=False)
    moments = written.to_numpy().astype("datetime64[us]")
    none = np.isnat(moments)
    far = ~none & ((moments < _FIRST) | (moments >= _LAST))
    moments = np.where(far, np.datetime64("NaT"), moments)
    is_zoned |= settings.are_times_utc and kind is Kind.MOMENT
    zoned = np.full(len(moments), is_zoned) & ~np.isnat(moments)
    offset = np.zeros(len(moments), "int64")
    if kind is Kind.DAY:
        values = meant_days(moments, zoned, offset, settings)
    else:
        values = local_moments(moments, zoned, offset, settings)
    return Converted(pd.Series(values), {"date out of range": far})


_FIRST: Final = np.datetime64("1900-01-01", "us")
_LAST: Final = np.datetime64("2300-01-01", "us")


def _amounts(texts: Texts, decimal: str) -> Converted:
    amounts, bad, third = hundredths(texts.different, decimal)
    bad &= ~texts.empty
    values = pd.array(amounts, dtype="Int64")
    values[texts.empty | bad | third] = pd.NA
    reasons = {
        "unreadable number": _by_row(bad, texts),
        "third decimal": _by_row(third, texts),
    }
    return Converted(pd.Series(values.take(texts.codes)), reasons)


def _amounts_of_values(raw: pa.ChunkedArray) -> Converted:
    if pa.types.is_floating(raw.type):
        floats = raw.to_numpy().astype("float64")
        none = np.isnan(floats)
        cents = np.where(none | (np.abs(floats) * 100 > MOST), 0, floats) * 100
        whole = np.rint(cents)
        third = np.abs(cents - whole) > 1e-6 * np.maximum(1, np.abs(cents) * 1e-6)
        far = ~none & (np.abs(np.nan_to_num(floats)) * 100 > MOST)
        values = pd.array(whole.astype("int64"), dtype="Int64")
        values[none | third | far] = pd.NA
        return Converted(pd.Series(values), {"unreadable number": far, "third decimal": third})
    return _amounts(Texts(_as_texts(raw)), ".")


def _minutes(texts: Texts, decimal: str) -> Converted:
    """Return minutes: of a number, of ``h:mm:ss``, or of a duration written as a day of 1970."""
    amounts, bad, third = hundredths(texts.different, decimal)
    minutes = np.rint(amounts / 100).astype("int64")
    third |= (amounts % 100 != 0) & ~bad
    clock = pc.extract_regex(
        texts.different, r"^(?P<hours>\d{1,6}):(?P<minutes>\d{2})(?::(?P<seconds>\d{2}))?$"
    )
    written = ~clock.is_null().to_numpy(zero_copy_only=False)
    if written.any():
        hours = pc.struct_field(clock, "hours").cast(pa.int64()).fill_null(0).to_numpy()
        part = pc.struct_field(clock, "minutes").cast(pa.int64()).fill_null(0).to_numpy()
        minutes = np.where(written, hours * 60 + part, minutes)
    moments, none = Moments(texts.different).moments(day_first=False)
    duration = ~none & (moments < np.datetime64("1975-01-01"))
    since = moments[duration].astype("datetime64[us]").astype("int64")
    minutes[duration] = (since + 30_000_000) // 60_000_000
    bad = bad & ~written & ~duration & ~texts.empty
    bad |= (minutes < 0) | (minutes > _MOST_MINUTES)
    third &= ~written & ~duration
    values = pd.array(minutes, dtype="Int64")
    values[texts.empty | bad | third] = pd.NA
    reasons = {
        "unreadable number": _by_row(bad, texts),
        "part of a minute": _by_row(third, texts),
    }
    return Converted(pd.Series(values.take(texts.codes)), reasons)


_MOST_MINUTES: Final = 2_147_483_647


def _flags(texts: Texts, flags: Mapping[str, bool]) -> Converted:
    read = [flags.get(text.casefold()) for text in texts.different.to_pylist()]
    values = pd.array(read, dtype="boolean")
    bad = np.array([flag is None for flag in read], dtype=bool) & ~texts.empty
    return Converted(
        pd.Series(values.take(texts.codes)), {"unreadable yes or no": _by_row(bad, texts)}
    )


def _words(texts: Texts, words: dict[str, str]) -> Converted:
    read = [words.get(text.casefold(), "") for text in texts.different.to_pylist()]
    values = pa.array(read, pa.string())
    bad = pc.equal(values, "").to_numpy(zero_copy_only=False) & ~texts.empty
    words_read = _series(_without_empty(values), texts.codes)
    return Converted(words_read, {"unknown label": _by_row(bad, texts)})


def _origins(texts: Texts, meant: Mapping[str, str]) -> Converted:
    written = texts.different.to_pylist()
    read = [meant.get(text.casefold()) or origin_label(text) for text in written]
    return Converted(_series(_without_empty(pa.array(read, pa.string())), texts.codes), {})


def _ids(ids: pa.Array) -> pa.Array:
    """Return GUIDs in lower case without braces, other keys as they are; none is empty."""
    written = pc.match_substring_regex(ids, _GUID)
    if pc.any(written).as_py():
        if pc.any(pc.match_substring_regex(ids, "[A-F{]")).as_py():
            plain = pc.ascii_trim(pc.ascii_lower(pc.if_else(written, ids, "")), "{}")
            ids = pc.if_else(written, plain, ids)
        ids = pc.if_else(pc.equal(ids, _NO_GUID), "", ids)
    if pc.any(pc.starts_with(ids, "{")).as_py():
        references = [_reference(text) for text in ids.to_pylist()]
        ids = pa.array(references, pa.string())
    return ids


def _reference(text: str) -> str:
    """Return the key of a reference that stands as the text of a dictionary."""
    if len(text) > 2_000 or not _REFERENCE.match(text):
        return text
    try:
        reference = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text
    if not isinstance(reference, dict):
        return text
    return next(
        (str(reference[key]) for key in ("value", "sys_id", "id") if reference.get(key)), ""
    )
