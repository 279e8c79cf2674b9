"""Reading workbooks of Export to Excel, and others with heads in their first row."""

import datetime as dt
from typing import Any, Final
from urllib.parse import unquote

import numpy as np
import pyarrow as pa
import python_calamine
from python_calamine import CalamineWorkbook, SheetVisibleEnum

from ..errors import FileError
from .recognising import Source
from .sink import RowSink
from .unpacking import check_zip

#: Rows at which Export to Excel stops.
_MOST_ROWS: Final = 100_000


def read(source: Source, rows: RowSink) -> None:
    """Put the rows of the visible sheets of a workbook into `rows`.

    A hidden sheet may say in its first cell which table the rows are of and which column each
    head stands for: ``table:checksum:column=head&column=head``, percent-encoded; its other rows
    have labels of choices.

    Raises
    ------
    FileError
        It is damaged, or no visible sheet has rows under heads.
    """
    with source.open() as stream:
        check_zip(stream)
        sheets = _sheets(stream)
    said = [_mapping(cells) for cells, is_visible in sheets.values() if not is_visible]
    mappings = [mapping for mapping in said if mapping is not None]
    options = [
        tuple(str(cell).strip() for cell in row if cell != "")
        for cells, is_visible in sheets.values()
        if not is_visible
        for row in cells[1:]
    ]
    filled = {
        name: cells for name, (cells, is_visible) in sheets.items() if is_visible and any(cells)
    }
    if not filled:
        raise FileError("has no visible sheet with rows under heads")
    for name, cells in filled.items():
        first = next(index for index, row in enumerate(cells) if any(cell != "" for cell in row))
        heads = _heads(cells[first])
        table, logical = _fitting(mappings, heads)
        body = cells[first + 1 :]
        is_row = np.array([any(cell != "" for cell in row) for row in body], dtype=bool)
        lines = np.flatnonzero(is_row) + first + 2
        records = [row for row, is_filled in zip(body, is_row, strict=True) if is_filled]
        columns = {
            head: _column([record[index] if index < len(record) else "" for record in records])
            for index, head in heads.items()
        }
        rows.add(
            pa.table(columns), table=table, lines=lines, heads=logical, place=name, options=options
        )
        if len(records) == _MOST_ROWS:
            rows.note(
                f"sheet '{name}' has exactly 100,000 rows, where Export to Excel stops: others are "
                "likely to be missing; export them in parts, such as by month of creation"
            )


def _sheets(stream: Any) -> dict[str, tuple[list[list[Any]], bool]]:
    """Return the cells of each sheet, and whether one can see it."""
    try:
        workbook = CalamineWorkbook.from_filelike(stream)
        return {
            sheet.name: (
                workbook.get_sheet_by_name(sheet.name).to_python(skip_empty_area=False),
                sheet.visible == SheetVisibleEnum.Visible,
            )
            for sheet in workbook.sheets_metadata
            if sheet.typ == python_calamine.SheetTypeEnum.WorkSheet
        }
    except Exception:
        message = "is a workbook that is damaged; open it in Excel, save it, and import that"
        raise FileError(message) from None
    except BaseException as error:
        if type(error).__name__ == "PanicException":  # how the reader, in Rust, gives up
            message = "is a workbook that is damaged; open it in Excel, save it, and import that"
            raise FileError(message) from None
        raise


def _heads(cells: list[Any]) -> dict[int, str]:
    """Return the head of each column that has one."""
    heads: dict[int, str] = {}
    for index, cell in enumerate(cells):
        head = str(cell).strip()
        if head:
            count = sum(other.partition("\0")[0] == head for other in heads.values())
            heads[index] = head if not count else f"{head} ({count + 1})"
    return heads


def _mapping(cells: list[list[Any]]) -> tuple[str, dict[str, str]] | None:
    """Return the table and the logical name of each head that a hidden sheet says."""
    text = cells[0][0] if cells and cells[0] else ""
    parts = str(text).split(":", 2)
    if len(parts) != 3 or "=" not in parts[2]:
        return None
    logical: dict[str, str] = {}
    for pair in parts[2].split("&"):
        name, _, head = pair.partition("=")
        logical[unquote(head).strip()] = unquote(name).strip()
    return parts[0].strip().casefold(), logical


def _fitting(
    mappings: list[tuple[str, dict[str, str]]], heads: dict[int, str]
) -> tuple[str | None, dict[str, str]]:
    """Return the mapping whose heads a sheet has, else none."""
    for table, logical in mappings:
        either_way = logical | {name: head for head, name in logical.items() if head not in logical}
        known = {head: either_way[head] for head in heads.values() if head in either_way}
        if len(known) * 2 >= len(heads):
            return table, known
    return None, {}


def _column(cells: list[Any]) -> pa.Array:
    """Return the cells of a column as one type: moments, numbers, or texts."""
    types = {type(cell) for cell in cells if cell != ""}
    if types and types <= {dt.datetime, dt.date}:
        moments = [
            None
            if cell == ""
            else dt.datetime(cell.year, cell.month, cell.day)
            if type(cell) is dt.date
            else cell
            for cell in cells
        ]
        return pa.array(moments, pa.timestamp("us"))
    if types and types <= {int, float}:
        return pa.array([None if cell == "" else float(cell) for cell in cells], pa.float64())
    return pa.array([_text(cell) for cell in cells], pa.string())


def _text(cell: Any) -> str:
    if isinstance(cell, str):
        return cell
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, dt.timedelta):
        minutes, seconds = divmod(round(cell.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    return cell.isoformat(" ") if isinstance(cell, dt.datetime) else str(cell)
