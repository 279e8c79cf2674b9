"""Excel workbooks: a sheet a table, in which nothing is a formula."""

import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import duckdb
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from ..telling import FORMULA_BEGINNINGS

#: Who made a workbook, as its properties say; who changed it last is another one then.
_MAKER: Final = "entitlement-sim"

_ROWS_AT_A_TIME: Final = 10_000
#: Letters of a cell.
_MOST_LETTERS: Final = 32_767
_CUT: Final = " … cut here: a cell of Excel holds no more; Parquet and CSV have the rest"
#: Whole numbers beyond this lose their last digits in Excel.
_MOST_EXACT: Final = 2**53
#: What no cell can hold.
_ILLEGAL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")

_CHANGED_LAST: Final = re.compile(rb"<cp:lastModifiedBy>([^<]*)</cp:lastModifiedBy>")


def write_workbook(
    file: Path,
    headings: Sequence[str],
    dictionary: Iterable[Sequence[Any]],
    sheets: Iterable[tuple[str, duckdb.DuckDBPyConnection]],
) -> None:
    """Write a workbook: the dictionary first, then a sheet for each answer.

    Texts stay as they are, and are marked as texts where they look like formulas.

    Parameters
    ----------
    file : Path
    headings : sequence of str
    dictionary : iterable of rows
        Its rows, below the headings.
    sheets : iterable of tuple
        Name of each sheet, and a query's answer that is read when its turn comes.
    """
    book = Workbook(write_only=True)
    book.properties.creator = book.properties.lastModifiedBy = _MAKER
    _fill(book.create_sheet("dictionary"), headings, dictionary)
    for name, answer in sheets:
        _fill(book.create_sheet(name), [column[0] for column in answer.description], _rows(answer))
    book.save(file)


def is_our_workbook(file: Path) -> bool:
    """Whether a workbook was written by this package and changed by nobody since."""
    try:
        with zipfile.ZipFile(file) as parts:
            changed_last = _CHANGED_LAST.search(parts.read("docProps/core.xml"))
    except (OSError, zipfile.BadZipFile, KeyError):
        return False
    return changed_last is not None and changed_last[1] == _MAKER.encode()


def _rows(answer: duckdb.DuckDBPyConnection) -> Iterator[Sequence[Any]]:
    while rows := answer.fetchmany(_ROWS_AT_A_TIME):
        yield from rows


def _fill(
    sheet: WriteOnlyWorksheet, headings: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    sheet.freeze_panes = "A2"
    for place, heading in enumerate(headings, start=1):
        sheet.column_dimensions[get_column_letter(place)].width = max(12, len(heading) + 2)
    sheet.append([_bold(sheet, heading) for heading in headings])
    for row in rows:
        sheet.append([_cell(sheet, value) for value in row])


def _bold(sheet: WriteOnlyWorksheet, heading: str) -> WriteOnlyCell:
    cell = WriteOnlyCell(sheet, heading)
    cell.font = Font(bold=True)
    return cell


def _cell(sheet: WriteOnlyWorksheet, value: Any) -> Any:
    """Return what stands for a value in a cell."""
    if isinstance(value, str):
        text = _ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", value)
        if len(text) > _MOST_LETTERS:
            text = text[: _MOST_LETTERS - len(_CUT)] + _CUT
        if not text.startswith(FORMULA_BEGINNINGS):
            return text
        cell = WriteOnlyCell(sheet, text)
        cell.data_type = "s"
        cell.quotePrefix = True  # still a text when somebody edits it
        return cell
    if isinstance(value, int) and abs(value) > _MOST_EXACT:
        return str(value)
    return value
