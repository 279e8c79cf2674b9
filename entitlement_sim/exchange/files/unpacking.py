"""Zips that may come from anybody: how much they unpack to is known before anything is."""

import zipfile
import zlib
from typing import BinaryIO, Final

from ..errors import FileError

#: Bytes that a zip may unpack to. A workbook of 100,000 rows has about 200 million.
MOST_BYTES: Final = 1_500_000_000
_PIECE: Final = 1_048_576


def check_zip(stream: BinaryIO) -> None:
    """Make sure that a zip is whole and unpacks to what it says, and not to too much.

    Raises
    ------
    FileError
        It is not, or does not.
    """
    try:
        with zipfile.ZipFile(stream) as archive:
            if sum(member.file_size for member in archive.infolist()) > MOST_BYTES:
                raise FileError("unpacks to more than 1.5 GB; split it, or save it as Parquet")
            if any(member.flag_bits & 1 for member in archive.infolist()):
                raise FileError("has a password; save it without one")
            for member in archive.infolist():
                with archive.open(member) as unpacked:  # ends at the size that it says
                    while unpacked.read(_PIECE):
                        pass
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError):
        message = "is a zip or workbook that is cut short or damaged; export it once more"
        raise FileError(message) from None
    finally:
        stream.seek(0)
