"""Reading CSV files: texts by head and line, whatever separates and encodes them."""

import codecs
import csv
import io
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv

from ..errors import FileError
from .recognising import Source
from .sink import RowSink

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SEPARATORS: Final = ",;\t|"


def read(source: Source, rows: RowSink) -> None:
    """Put the rows of a CSV file into `rows`.

    Raises
    ------
    FileError
        It is no table.
    """
    content = _as_utf8(source.read(), rows.encoding)
    lines_before, content = _without_preamble(content)
    if not content.endswith(b"\n"):
        content += b"\n"
    heads, separator = _heads(content, rows.separator or _SEPARATORS)
    wanted = set(heads if rows.wanted is None else rows.wanted(heads))
    places = [place for place, head in enumerate(heads) if head in wanted]
    others = [place for place, head in enumerate(heads) if head not in wanted]
    table, invalid = _records(content, separator, places)
    breaks, filled = _breaks(table.columns), _filled(table.columns)
    has_breaks = content.count(b"\n") > len(filled) + len(invalid)
    if others and (has_breaks or not filled.all()):
        breaks_beside, filled_beside = _beside(content, separator, others)
        breaks, filled = breaks + breaks_beside, filled | filled_beside
    lines, records = _lines(breaks, invalid, lines_before)
    for number, text in invalid:
        if text.strip():
            rows.reject("wrong number of columns", line=int(lines[number - 1]), text=text)
    filled[0] = False  # it has the heads themselves
    table = table.rename_columns([heads[place] for place in places])
    rows.add(table.filter(pa.array(filled)), lines=lines[records][filled])


def _as_utf8(content: bytes, encoding: str | None) -> bytes:
    """Return the text of a file in UTF-8, without a mark."""
    if encoding is not None:
        try:
            return content.decode(encoding).removeprefix("\ufeff").encode()
        except UnicodeError:
            raise FileError(f"is not in {encoding}, as the mapping file says") from None
    for mark, marked in _MARKS:
        if content.startswith(mark):
            return _recode(content[len(mark) :], marked)
    even, odd = content[:4000:2].count(0), content[1:4000:2].count(0)
    if max(even, odd) > len(content[:4000]) // 8:
        return _recode(content, "utf-16-le" if odd > even else "utf-16-be")
    return _recode(content, "utf-8")


def _recode(content: bytes, encoding: str) -> bytes:
    if encoding != "utf-8":
        try:
            return content.decode(encoding).encode()
        except UnicodeError:
            raise FileError("is UTF-16 that is cut short or damaged; export it once more") from None
    if b"\0" in content:
        raise FileError(_NO_TEXT)
    try:
        content.decode()
    except UnicodeError:
        if any(byte in content for byte in _CONTROLS):
            raise FileError(_NO_TEXT) from None
        return content.decode("cp1252", errors="replace").encode()
    return content


_CONTROLS: Final = b"\x01\x02\x03\x04\x05\x06\x07\x08\x0e\x0f"
_NO_TEXT: Final = (
    "is neither a text nor any form that is read: Excel, CSV, Parquet, Dataverse JSON, "
    "Configuration Migration"
)


def _without_preamble(content: bytes) -> tuple[int, bytes]:
    """Return how many lines come before the heads (#TYPE, sep=), and the text without them."""
    count = 0
    while content.startswith((b"#TYPE", b"sep=")):
        _, _, content = content.partition(b"\n")
        count += 1
    return count, content


def _heads(content: bytes, separators: str) -> tuple[list[str], str]:
    text = content[:1_000_000].decode(errors="ignore")
    best: list[str] = []
    separator = ","
    for candidate in separators:
        try:
            record = next(csv.reader(io.StringIO(text, newline=""), delimiter=candidate), [])
        except csv.Error:
            continue
        if len(record) > len(best):
            best, separator = record, candidate
    if not best:
        raise FileError("has no heads of columns in its first line")
    seen: dict[str, int] = {}
    heads = []
    for head in best:
        seen[head] = seen.get(head, 0) + 1
        heads.append(head if seen[head] == 1 else f"{head} ({seen[head]})")
    return heads, separator


def _records(
    content: bytes, separator: str, places: list[int]
) -> tuple[pa.Table, list[tuple[int, str]]]:
    """Return the columns at these places, and the number and text of each row that is invalid."""
    invalid: list[tuple[int, str]] = []

    def set_aside(row: arrow_csv.InvalidRow) -> str:
        invalid.append((row.number, row.text))
        return "skip"

    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(content),
            arrow_csv.ReadOptions(use_threads=False, autogenerate_column_names=True),
            _parsing(separator, set_aside),
            _converting(places),
        )
    except (pa.ArrowInvalid, pa.ArrowKeyError) as error:
        raise FileError(f"is no CSV file that can be read: {error}") from None
    return table, invalid


def _beside(content: bytes, separator: str, places: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Return the line breaks in columns that nobody wants, and which rows have something there.

    They are read piece by piece: what fills most of a file is likely to be among them.
    """
    reader = arrow_csv.open_csv(
        pa.BufferReader(content),
        arrow_csv.ReadOptions(use_threads=False, autogenerate_column_names=True),
        _parsing(separator, lambda row: "skip"),
        _converting(places),
    )
    pieces = [(_breaks(piece.columns), _filled(piece.columns)) for piece in reader]
    breaks, filled = zip(*pieces, strict=True)
    return np.concatenate(breaks), np.concatenate(filled)


def _parsing(
    separator: str, of_invalid: Callable[[arrow_csv.InvalidRow], str]
) -> arrow_csv.ParseOptions:
    return arrow_csv.ParseOptions(
        delimiter=separator,
        newlines_in_values=True,
        ignore_empty_lines=False,
        invalid_row_handler=of_invalid,
    )


def _converting(places: list[int]) -> arrow_csv.ConvertOptions:
    """Return options for the columns at these places, as texts that are never missing."""
    names = [f"f{place}" for place in places]
    return arrow_csv.ConvertOptions(
        column_types=dict.fromkeys(names, pa.string()),
        include_columns=names,
        strings_can_be_null=False,
    )


def _breaks(columns: Sequence[pa.Array | pa.ChunkedArray]) -> np.ndarray:
    """Return how many line breaks the values of each row have."""
    breaks = np.zeros(len(columns[0]), "int64")
    for column in columns:
        if pc.any(pc.match_substring(column, "\n")).as_py():
            breaks += pc.count_substring(column, "\n").to_numpy()
    return breaks


def _filled(columns: Sequence[pa.Array | pa.ChunkedArray]) -> np.ndarray:
    """Return which rows have something in one of these columns."""
    filled = np.zeros(len(columns[0]), bool)
    for column in columns:
        filled |= pc.not_equal(column, "").to_numpy(zero_copy_only=False)
        if filled.all():
            break
    return filled


def _lines(
    breaks: np.ndarray, invalid: list[tuple[int, str]], before: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the first line of every record, and which records are valid."""
    count = len(breaks) + len(invalid)
    numbers = [number - 1 for number, _ in invalid]
    is_valid = np.ones(count, bool)
    is_valid[numbers] = False
    of_all = np.zeros(count, "int64")
    of_all[is_valid] = breaks
    of_all[numbers] = [text.count("\n") for _, text in invalid]
    lines = before + 1 + np.arange(count) + np.concatenate([[0], np.cumsum(of_all)[:-1]])
    return lines, is_valid
