"""Reading CSV files: texts by head and line, whatever separates and encodes them."""

import codecs
import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv

from ..errors import FileError
from .encoding import EncodedTexts
from .recognising import Source
from .sink import RowSink

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SEPARATORS: Final = ",;\t|"


def read(source: Source, rows: RowSink) -> None:
    """Put the rows of a CSV file into `rows`.

    A file in UTF-8 is read piece by piece; of others the whole is in memory.

    Raises
    ------
    FileError
        It is no table.
    """
    content = _content(source, rows.encoding)
    heads, separator = _heads(content.beginning, rows.separator or _SEPARATORS)
    wanted = set(heads if rows.wanted is None else rows.wanted(heads))
    places = [place for place, head in enumerate(heads) if head in wanted]
    others = [place for place, head in enumerate(heads) if head not in wanted]
    rows.passed_over += [heads[place] for place in others]
    # Whoever says which heads are wanted takes ids as 16 bytes, too.
    packs = rows.wanted is not None
    table, invalid, breaks, filled = _records(content, separator, places, packs=packs)
    has_breaks = content.breaks > len(filled) + len(invalid)
    if others and (has_breaks or not filled.all()):
        breaks_beside, filled_beside = _beside(content, separator, others)
        breaks, filled = breaks + breaks_beside, filled | filled_beside
    lines, records = _lines(breaks, invalid, content.lines_before)
    for number, text in invalid:
        if text.strip():
            rows.reject("wrong number of columns", line=int(lines[number - 1]), text=text)
    filled[0] = False  # it has the heads themselves
    table = table.rename_columns([heads[place] for place in places])
    if not filled[1:].all():
        table = table.filter(pa.array(filled[1:]))
    rows.add(table, lines=lines[records][filled])


@dataclass(frozen=True)
class _Content:
    """The text of a file in UTF-8, from its heads on, its last line ended.

    Attributes
    ----------
    source : Source
    begins : int
        Bytes before the heads: a mark, and lines that are no rows.
    lines_before : int
        How many lines those are.
    beginning : bytes
    breaks : int
        Line breaks in it.
    is_ended : bool
        Whether its last line is in the file.
    """

    source: Source
    begins: int
    lines_before: int
    beginning: bytes
    breaks: int
    is_ended: bool

    def open(self) -> pa.PythonFile:
        """Open it for reading bytes."""
        return pa.PythonFile(_Ended(self), mode="r")


class _Ended(io.RawIOBase):
    """Bytes of a text, and a line break where its last line has none."""

    def __init__(self, content: _Content) -> None:
        self._stream = content.source.open()
        self._stream.seek(content.begins)
        self._is_ended = content.is_ended

    def read(self, size: int = -1, /) -> bytes:
        """Return the next bytes."""
        piece = self._stream.read(size)
        if not self._is_ended and not 0 <= size <= len(piece):
            self._is_ended = True
            piece += b"\n"
        return piece

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def close(self) -> None:
        """Close the file."""
        self._stream.close()
        super().close()


#: Bytes that are looked at, at a time.
_PIECE: Final = 16_000_000
#: Bytes of a file with which its heads are found.
_BEGINNING: Final = 1_000_000


def _content(source: Source, encoding: str | None) -> _Content:
    """Return the text of a file in UTF-8, as it is in the file where it is that already."""
    with source.open() as stream:
        beginning = stream.read(_BEGINNING)
    if encoding is None and not _is_wide(beginning):
        mark = len(codecs.BOM_UTF8) if beginning.startswith(codecs.BOM_UTF8) else 0
        content = _in_utf8(source, mark, beginning)
        if content is not None:
            return content
    text = _as_utf8(source.read(), encoding)
    recoded = _in_utf8(Source(source.name, content=text), 0, text[:_BEGINNING])
    assert recoded is not None
    return recoded


def _in_utf8(source: Source, mark: int, beginning: bytes) -> _Content | None:
    """Return what is known of a text in UTF-8; None where it is in something else."""
    lines_before, heads = _without_preamble(beginning[mark:])
    begins = len(beginning) - len(heads)
    decoder = codecs.getincrementaldecoder("utf-8")()
    breaks, last = -lines_before, b""
    with source.open() as stream:
        while piece := stream.read(_PIECE):
            if b"\0" in piece:
                return None
            try:
                decoder.decode(piece)
            except UnicodeError:
                return None
            breaks += piece.count(b"\n")
            last = piece[-1:]
    try:
        decoder.decode(b"", final=True)
    except UnicodeError:
        return None
    is_ended = last == b"\n" and bool(heads)
    return _Content(source, begins, lines_before, heads, breaks + (not is_ended), is_ended)


def _is_wide(beginning: bytes) -> bool:
    """Whether a text has two bytes or more a letter."""
    if any(beginning.startswith(mark) for mark, marked in _MARKS if marked != "utf-8"):
        return True
    even, odd = beginning[:4000:2].count(0), beginning[1:4000:2].count(0)
    return max(even, odd) > len(beginning[:4000]) // 8


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
    if _is_wide(content):
        even, odd = content[:4000:2].count(0), content[1:4000:2].count(0)
        return _recode(content, "utf-16-le" if odd > even else "utf-16-be")
    return _recode(content, "utf-8")


def _recode(content: bytes, encoding: str) -> bytes:
    if encoding != "utf-8":
        try:
            content = content.decode(encoding).encode()
        except UnicodeError:
            name = encoding[:6].upper()
            raise FileError(
                f"is {name} that is cut short or damaged; export it once more"
            ) from None
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
    text = content.decode(errors="ignore")
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
    content: _Content, separator: str, places: list[int], *, packs: bool
) -> tuple[pa.Table, list[tuple[int, str]], np.ndarray, np.ndarray]:
    """Return the columns at these places, what is invalid, and what is known of each row.

    That is the number and text of each row that is invalid, and of the others, that with the heads
    among them, how many line breaks they have in these columns, and whether they have something
    there.
    """
    invalid: list[tuple[int, str]] = []

    def set_aside(row: arrow_csv.InvalidRow) -> str:
        invalid.append((row.number, row.text))
        return "skip"

    try:
        reader = _reader(content, separator, places, set_aside)
        columns = [EncodedTexts(packs=packs) for _ in places]
        known: list[tuple[np.ndarray, np.ndarray]] = []
        for piece in reader:
            for column, texts in zip(columns, piece.columns, strict=True):
                column.add(texts if known else texts.slice(1))  # the first row has the heads
            known.append((_breaks(piece.columns), _filled(piece.columns)))
    except (pa.ArrowInvalid, pa.ArrowKeyError) as error:
        if "straddling" in str(error):
            raise FileError(
                "has a row that is longer than any row of an export; a quote may be open in it"
            ) from None
        raise FileError(f"is no CSV file that can be read: {error}") from None
    breaks, filled = zip(*known, strict=True)
    names = [str(place) for place in places]
    table = pa.table([column.texts() for column in columns], names)
    return table, invalid, np.concatenate(breaks), np.concatenate(filled)


def _beside(content: _Content, separator: str, places: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Return the line breaks in columns that nobody wants, and which rows have something there."""
    reader = _reader(content, separator, places, lambda row: "skip")
    pieces = [(_breaks(piece.columns), _filled(piece.columns)) for piece in reader]
    breaks, filled = zip(*pieces, strict=True)
    return np.concatenate(breaks), np.concatenate(filled)


def _reader(
    content: _Content,
    separator: str,
    places: list[int],
    of_invalid: Callable[[arrow_csv.InvalidRow], str],
) -> arrow_csv.CSVStreamingReader:
    return arrow_csv.open_csv(
        content.open(),
        arrow_csv.ReadOptions(use_threads=False, autogenerate_column_names=True),
        _parsing(separator, of_invalid),
        _converting(places),
    )


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
    breaks = np.zeros(len(columns[0]), "int32")
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
    lines = np.ones(count + 1, "int32")  # how many each takes, and from those where each begins
    lines[1:][is_valid] += breaks
    lines[1:][numbers] += np.array([text.count("\n") for _, text in invalid], "int32")
    lines[0] += before
    return np.cumsum(lines, dtype=lines.dtype, out=lines)[:-1], is_valid
