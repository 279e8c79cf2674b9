"""What DuckDB says while the file of a run is read, in words that fit."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import duckdb

from .errors import DamagedRun, RunError

#: What DuckDB says where another program has the file, on several systems.
_LOCKED: Final = ("lock on file", "being used by another process", "already attached")
#: What it says where the machine lets it down.
_LACKING: Final = (
    "No space left",
    "Disk quota exceeded",
    "Too many open files",
    "Permission denied",
    "Cannot allocate memory",
)
#: What it says where blocks do not hold what it has written.
_BROKEN: Final = (
    "Corrupt",
    "checksum",
    "not a valid DuckDB database file",
    "Could not read enough bytes",
    "Serialization Error",
    "Failed to load metadata pointer",
    "Failed to scan",
    "No more data remaining in MetadataReader",
    "written with a mode that is not recognized",
)


@contextmanager
def reading(place: Path) -> Iterator[None]:
    """Tell any error of DuckDB as damage of the file at `place`, unless it is about the machine.

    It is for questions of the package's own, which fit every whole run.

    Raises
    ------
    DamagedRun
        The file is not as it was written.
    RunError
        Another program holds it.
    """
    try:
        yield
    except (duckdb.InterruptException, duckdb.OutOfMemoryException):
        raise
    except duckdb.Error as error:
        words = words_of(error)
        if any(sign in words for sign in _LOCKED):
            raise RunError(
                f"{place} cannot be read as a run: {words}; close it there, or open it there "
                "read-only"
            ) from None
        if any(sign in words for sign in _LACKING):
            raise RunError(f"{place} cannot be read: {words}") from None
        raise DamagedRun(place, words) from None
    except (UnicodeDecodeError, OverflowError) as error:
        raise DamagedRun(place, f"it holds values that none can be: {error}") from None


def is_damage(error: duckdb.Error) -> bool:
    """Whether an error, to whatever question, says that blocks are not as they were written."""
    return any(sign in str(error) for sign in _BROKEN)


def words_of(error: duckdb.Error) -> str:
    """Return what an error says, without the query and the place in DuckDB's own source."""
    return " ".join(str(error).partition("\n\n")[0].split())
