"""Reading CSV files: texts by head and line, whatever separates and encodes them."""

import codecs
import csv
import io
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv

from .errors import FileError
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
    table, invalid = _records(content, separator, len(heads))
    lines, records = _lines(table, invalid, lines_before, content.count(b"\n"))
    for (number, text), line in zip(invalid, lines[[n - 1 for n, _ in invalid]], strict=True):
        if text.strip():
            rows.reject("wrong number of columns", line=int(line), text=text)
        del number
    table = table.rename_columns(heads)
    table, lines = table.slice(1), lines[records][1:]  # the first has the heads themselves
    filled = _not_empty(table)
    if not filled.all():
        table, lines = table.filter(pa.array(filled)), lines[filled]
    rows.add(table, lines=lines)


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


def _records(content: bytes, separator: str, width: int) -> tuple[pa.Table, list[tuple[int, str]]]:
    invalid: list[tuple[int, str]] = []

    def set_aside(row: arrow_csv.InvalidRow) -> str:
        invalid.append((row.number, row.text))
        return "skip"

    names = [f"f{number}" for number in range(width)]
    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(content),
            arrow_csv.ReadOptions(use_threads=False, autogenerate_column_names=True),
            arrow_csv.ParseOptions(
                delimiter=separator,
                newlines_in_values=True,
                ignore_empty_lines=False,
                invalid_row_handler=set_aside,
            ),
            arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid as error:
        raise FileError(f"is no CSV file that can be read: {error}") from None
    return table, invalid


def _lines(
    table: pa.Table, invalid: list[tuple[int, str]], before: int, line_ends: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the first line of every record, and which records are in `table`."""
    count = table.num_rows + len(invalid)
    records = np.ones(count, bool)
    records[[number - 1 for number, _ in invalid]] = False
    breaks = np.zeros(count, "int64")
    within = np.zeros(table.num_rows, "int64")
    for column in table.columns if line_ends > count else ():
        if pc.any(pc.match_substring(column, "\n")).as_py():
            within += pc.count_substring(column, "\n").to_numpy()
    breaks[records] = within
    breaks[[number - 1 for number, _ in invalid]] = [text.count("\n") for _, text in invalid]
    lines = before + 1 + np.arange(count) + np.concatenate([[0], np.cumsum(breaks)[:-1]])
    return lines, np.flatnonzero(records)


def _not_empty(table: pa.Table) -> np.ndarray:
    filled = np.zeros(table.num_rows, bool)
    for column in table.columns:
        filled |= pc.not_equal(column, "").to_numpy()
        if filled.all():
            break
    return filled
