"""Reading Parquet files."""

from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from ..errors import FileError
from .recognising import Source
from .sink import RowSink

#: Rows of a file at the most: a few bytes can stand for any number of them.
MOST_ROWS: Final = 50_000_000


def read(source: Source, rows: RowSink) -> None:
    """Put the rows of a Parquet file into `rows`.

    Raises
    ------
    FileError
        It is damaged, or has more rows than are read.
    """
    try:
        with source.open() as stream:
            file = pq.ParquetFile(stream)
            texts = [
                field.name
                for field in file.schema_arrow
                if pa.types.is_string(field.type) or pa.types.is_large_string(field.type)
            ]
            file = pq.ParquetFile(stream, read_dictionary=texts)
            if file.metadata.num_rows > MOST_ROWS:
                raise FileError("has more than 50 million rows; split it by year")
            heads = file.schema_arrow.names
            wanted = heads if rows.wanted is None else rows.wanted(heads)
            table = file.read(wanted)
    except (pa.ArrowException, OSError, ValueError, OverflowError, MemoryError):
        raise FileError("is a Parquet file that is cut short or damaged; save it anew") from None
    rows.passed_over += [head for head in heads if head not in wanted]
    rows.add(table, is_plain=True)
