"""Writing CSV files, as a spreadsheet of a culture saves them."""

from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.csv as arrow_csv

from ..vocabulary.columns import columns_in
from .shown import as_texts

if TYPE_CHECKING:
    from .writing import Leaving


def write(leaving: "Leaving", folder: Path) -> None:
    """Write a file for each table, with logical names as heads, in UTF-8 with a mark."""
    for table, rows in leaving:
        columns = columns_in(table, rows)
        texts = [as_texts(each, rows[each.name], leaving.culture) for each in columns]
        heads = [each.logical for each in columns]
        options = arrow_csv.WriteOptions(
            delimiter=leaving.culture.separator, quoting_style="needed"
        )
        with (folder / f"{table}.csv").open("wb") as file:
            file.write("\N{ZERO WIDTH NO-BREAK SPACE}".encode())
            arrow_csv.write_csv(pa.table(texts, heads), file, options)
        leaving.wrote(len(rows))
