"""Excel workbooks: a sheet a table, in which nothing is a formula."""

import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import duckdb
import xlsxwriter
from xlsxwriter.exceptions import FileCreateError

from ..telling import FORMULA_BEGINNINGS

#: Called with a number of rows that have just been written.
Report = Callable[[int], None]

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

#: Each row is on the disk before the next, and a text is a text.
_OPTIONS: Final = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "nan_inf_to_errors": True,
}
_LOOKS: Final = {
    "heading": {"bold": True},
    "text": {"quote_prefix": True},  # still a text when somebody edits it
    "day": {"num_format": "yyyy-mm-dd"},
    "moment": {"num_format": "yyyy-mm-dd hh:mm:ss"},
}

_CHANGED_LAST: Final = re.compile(rb"<cp:lastModifiedBy>([^<]*)</cp:lastModifiedBy>")


def write_workbook(
    file: Path,
    headings: Sequence[str],
    dictionary: Iterable[Sequence[Any]],
    sheets: Iterable[tuple[str, duckdb.DuckDBPyConnection]],
    report: Report | None = None,
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
    report : callable, optional
        Called with the number of rows that have been written since it was called before.
    """
    with new_workbook(file, _OPTIONS) as workbook:
        workbook.set_properties({"author": _MAKER})
        _fill(workbook, "dictionary", headings, dictionary, None)
        for name, answer in sheets:
            columns = [column[0] for column in answer.description]
            _fill(workbook, name, columns, _rows(answer), report)


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


@contextmanager
def new_workbook(file: Path, options: Mapping[str, Any]) -> Iterator[xlsxwriter.Workbook]:
    """Give a workbook that is written at the end of a ``with`` block.

    Raises
    ------
    OSError
        It cannot be written: the disk is full, or the place is none.
    """
    try:
        with xlsxwriter.Workbook(str(file), dict(options)) as workbook:
            yield workbook
    except FileCreateError as error:
        [cause] = error.args
        raise cause from None


def _fill(
    workbook: xlsxwriter.Workbook,
    name: str,
    headings: Sequence[str],
    rows: Iterable[Sequence[Any]],
    report: Report | None,
) -> None:
    formats = {kind: workbook.add_format(looks) for kind, looks in _LOOKS.items()}
    sheet = workbook.add_worksheet(name)
    sheet.freeze_panes(1, 0)
    for place, heading in enumerate(headings):
        sheet.set_column(place, place, max(12, len(heading) + 2))
        sheet.write_string(0, place, heading, formats["heading"])
    written = 0
    for written, row in enumerate(rows, start=1):
        for place, value in enumerate(row):
            if value is not None:
                _write(sheet, written, place, value, formats)
        if report is not None and written % _ROWS_AT_A_TIME == 0:
            report(_ROWS_AT_A_TIME)
    if report is not None:
        report(written % _ROWS_AT_A_TIME)


def _write(sheet: Any, row: int, place: int, value: Any, formats: dict[str, Any]) -> None:
    """Write a value into a cell: as what it is, or as a text where it is too large a number."""
    if isinstance(value, str):
        text = _ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", value)
        if len(text) > _MOST_LETTERS:
            text = text[: _MOST_LETTERS - len(_CUT)] + _CUT
        is_marked = text.startswith(FORMULA_BEGINNINGS)
        sheet.write_string(row, place, text, formats["text"] if is_marked else None)
    elif isinstance(value, bool):
        sheet.write_boolean(row, place, value)
    elif isinstance(value, int) and abs(value) > _MOST_EXACT:
        sheet.write_string(row, place, str(value))
    elif isinstance(value, (int, float, Decimal)):
        sheet.write_number(row, place, value)
    else:
        kind = "moment" if isinstance(value, datetime) else "day"
        sheet.write_datetime(row, place, value, formats[kind])
