"""Small exports, written by hand as systems write them."""

from pathlib import Path
from urllib.parse import quote

import openpyxl
import pandas as pd

from entitlement_sim.exchange import Book, read_book

CASE_HEADS = "incidentid,customerid,createdon"


def write(folder: Path, name: str, text: str, encoding: str = "utf-8") -> Path:
    """Write a text file, and return where it is."""
    file = folder / name
    file.write_bytes(text.encode(encoding))
    return file


def cases(folder: Path, *lines: str, heads: str = CASE_HEADS, **settings: object) -> Book:
    """Read a CSV file of cases."""
    file = write(folder, "cases.csv", "\n".join([heads, *lines, ""]))
    return read_book(file, **settings)  # type: ignore[arg-type]


def entitlements(folder: Path, *lines: str, heads: str, **settings: object) -> Book:
    """Read a CSV file of entitlements of one customer, all over 2024."""
    ready = [f"e{number};c;2024-01-01;2024-12-31;{line}" for number, line in enumerate(lines, 1)]
    first = "entitlementid;customerid;startdate;enddate;" + heads
    file = write(folder, "entitlements.csv", "\n".join([first, *ready, ""]))
    return read_book(file, **settings)  # type: ignore[arg-type]


def workbook(
    file: Path,
    heads: list[str],
    rows: list[list[object]],
    *,
    said: str | None = None,
    labels: list[list[str]] | None = None,
) -> Path:
    """Write a workbook as Export to Excel does; `said` is the text of the hidden sheet's A1."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("All records")
    sheet.append(heads)
    for row in rows:
        sheet.append(row)
    hidden = book.create_sheet("hiddenSheet")
    hidden.sheet_state = "veryHidden"
    hidden.append([said] if said else [])
    for row in labels or []:
        hidden.append(row)
    book.save(file)
    return file


def with_texts(frame: pd.DataFrame) -> pd.DataFrame:
    """Return rows of a book with texts where they are categories."""
    categories = frame.select_dtypes("category").columns
    return frame.astype(dict.fromkeys(categories, "str"))


def mapping_text(table: str, logical: dict[str, str]) -> str:
    """Return what the hidden sheet says of which column each head stands for."""
    pairs = [f"{quote(name)}={quote(head, safe='')}" for head, name in logical.items()]
    return f"{table}:{'A' * 86}==:{'&'.join(pairs)}"


def reasons(book: Book) -> dict[str, int]:
    """Return how many rows were rejected, by why."""
    return {str(name): int(n) for name, n in book.rejected["reason"].value_counts().items()}
