"""Reading Parquet files."""

from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from ..errors import FileError
from .encoding import EncodedTexts
from .recognising import Source
from .sink import RowSink

#: Rows of a file at the most: a few bytes can stand for any number of them.
MOST_ROWS: Final = 50_000_000

#: Rows that are read at a time.
_ROWS: Final = 131_072

#: Bytes of a column that are read at a time.
_BYTES: Final = 1_048_576


def read(source: Source, rows: RowSink) -> None:
    """Put the rows of a Parquet file into `rows`.

    Raises
    ------
    FileError
        It is damaged, or has more rows than are read.
    """
    try:
        with source.open() as stream:
            file = pq.ParquetFile(stream, pre_buffer=False, buffer_size=_BYTES)
            if file.metadata.num_rows > MOST_ROWS:
                raise FileError("has more than 50 million rows; split it by year")
            heads = file.schema_arrow.names
            wanted = heads if rows.wanted is None else rows.wanted(heads)
            # Whoever says which heads are wanted takes ids as 16 bytes, too.
            table = _table(file, wanted, packs=rows.wanted is not None)
    except (pa.ArrowException, OSError, ValueError, OverflowError, MemoryError):
        raise FileError("is a Parquet file that is cut short or damaged; save it anew") from None
    rows.passed_over += [head for head in heads if head not in wanted]
    rows.add(table, is_plain=True)


def _table(file: pq.ParquetFile, heads: list[str], *, packs: bool) -> pa.Table:
    """Return these columns, read some rows at a time; each different text stands once."""
    schema = pa.schema([file.schema_arrow.field(head) for head in heads])
    columns: list[EncodedTexts | list[pa.Array]] = [
        EncodedTexts(packs=packs) if pa.types.is_string(of) or pa.types.is_large_string(of) else []
        for of in schema.types
    ]
    for piece in file.iter_batches(_ROWS, columns=heads, use_threads=False):
        for column, head in zip(columns, heads, strict=True):
            values = piece.column(head)
            if isinstance(column, list):
                column.append(values)
            else:
                column.add(values.cast(pa.string()))
    return pa.table(
        [
            pa.chunked_array(column, of) if isinstance(column, list) else column.texts()
            for column, of in zip(columns, schema.types, strict=True)
        ],
        heads,
    )
