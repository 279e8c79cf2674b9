"""Which form a file is in, by what it holds and never by what it is called."""

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from ..errors import FileError, ForeignFileError

#: Bytes of a file with which it is recognised.
_BEGINNING: Final = 65_536


@dataclass(frozen=True)
class Source:
    """A file to read: on the disk, or out of a zip.

    Attributes
    ----------
    name : str
        As people know it; a file in a zip bears the zip's name in front.
    path : Path or None
        Where it is, unless it is in memory.
    content : bytes
        What it holds, where it is in memory.
    """

    name: str
    path: Path | None = None
    content: bytes = b""

    def open(self) -> BinaryIO:
        """Open it for reading bytes."""
        return io.BytesIO(self.content) if self.path is None else self.path.open("rb")

    def beginning(self) -> bytes:
        """Return its first bytes."""
        with self.open() as stream:
            return stream.read(_BEGINNING)

    def read(self) -> bytes:
        """Return all its bytes."""
        with self.open() as stream:
            return stream.read()


def recognise(source: Source) -> str:
    """Return the form of a file: excel, csv, parquet, dataverse-json or migration-zip.

    Raises
    ------
    FileError
        It is in none of these; the message says in which instead, where that shows, and what to
        do.
    """
    beginning = source.beginning()
    if not beginning:
        raise FileError("is empty; export it once more, or leave it out")
    if beginning.startswith(b"PK"):
        return _form_of_zip(source)
    if beginning.startswith(b"PAR1"):
        return "parquet"
    for signature, message in _FOREIGN:
        if beginning.startswith(signature) or beginning[8:12] == signature:
            is_export = message not in ("is a picture", "is a PDF")
            raise FileError(message) if is_export else ForeignFileError(message)
    letters = beginning.replace(b"\0", b"").lstrip(b"\xff\xfe\xef\xbb\xbf \t\r\n")  # of UTF-16, too
    if letters[:1] in (b"{", b"["):
        return "dataverse-json"
    return "csv"


_FOREIGN: Final = (
    (
        b"\xd0\xcf\x11\xe0",
        "is a workbook of Excel before 2007, or has a password; save it as .xlsx",
    ),
    (b"DUCK", "is a database of DuckDB; open it as a run, or save its tables as Parquet"),
    (b"SQLite format 3", "is a database of SQLite; save its tables as CSV or Parquet"),
    (b"\x1f\x8b", "is compressed with gzip; unpack it first"),
    (b"BZh", "is compressed with bzip2; unpack it first"),
    (b"\xfd7zXZ", "is compressed with xz; unpack it first"),
    (b"7z\xbc\xaf", "is a 7z archive; unpack it first"),
    (b"\x28\xb5\x2f\xfd", "is compressed with zstd; unpack it first"),
    (b"Obj\x01", "is in Avro; save it as Parquet"),
    (b"ORC", "is in ORC; save it as Parquet"),
    (b"ARROW1", "is in Arrow's own format; save it as Parquet"),
    (b"%PDF", "is a PDF"),
    (b"\x89PNG", "is a picture"),
    (b"\xff\xd8\xff", "is a picture"),
    (b"GIF8", "is a picture"),
)


def _form_of_zip(source: Source) -> str:
    names = set(_names_in_zip(source))
    if "xl/workbook.xml" in names:
        return "excel"
    if "xl/workbook.bin" in names:
        raise FileError("is a binary workbook (.xlsb); save it as .xlsx")
    if "content.xml" in names:
        raise FileError("is a document of LibreOffice; save it as .xlsx or CSV")
    inner = {name.rsplit("/", 1)[-1].lower() for name in names}
    if "data.xml" in inner or any(name.endswith(".zip") for name in inner):
        return "migration-zip"
    raise FileError("is a zip without data.xml; unpack it, and import the files in it")


def _names_in_zip(source: Source) -> Iterator[str]:
    try:
        with source.open() as stream, zipfile.ZipFile(stream) as archive:
            yield from archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        message = "is a zip or workbook that is cut short or damaged; export it once more"
        raise FileError(message) from None
