"""A run appears whole or not at all, and replaces nothing but a run."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal, get_args

from ..parameters import Kind
from ..publishing.names import objection_to_name
from ..publishing.placing import (
    NotOursError,
    Objection,
    PlacingError,
    UnwritableError,
    new_folder,
)
from .errors import RunError

DATABASE = "run.duckdb"
MANIFEST = "manifest.json"

#: As what a run is stored: as one file of DuckDB, or each table as files of Parquet.
Storage = Literal["duckdb", "parquet"]
STORAGE: Final = Kind(
    '"duckdb" or "parquet"', lambda value: isinstance(value, str) and value in get_args(Storage)
)


#: A file that every run has which is stored as Parquet.
FIRST_FILE = "run-00001.parquet"


def storage_of(folder: Path) -> Storage:
    """Return as what the run in a folder is stored, where there is one."""
    is_parquet = not (folder / DATABASE).exists() and (folder / FIRST_FILE).is_file()
    return "parquet" if is_parquet else "duckdb"


def check_name(name: str) -> str:
    """Return `name` if it can be a run's, on any system.

    Raises
    ------
    RunError
        It is empty, hidden, too long or no plain name of a folder everywhere.
    """
    reason = objection_to_name(name)
    if reason is not None:
        raise RunError(
            f"'{name}' cannot be the name of a run: {reason}; use letters, digits, '-', '_' and "
            "'.', beginning with a letter or a digit"
        )
    return name


def already_there(place: Path) -> RunError:
    """Return what is said where a run is to be that is not to replace one."""
    return RunError(
        f"the run {place} exists already; give it another name (--name) or replace it (--overwrite)"
    )


@contextmanager
def building(out: Path, name: str, objection: Objection | None = None) -> Iterator[Path]:
    """Give a hidden folder to build a run in, and publish it as ``out / name`` at the end.

    Whatever interrupts the building, nothing of it stays; a run that is replaced stays until the
    new one is whole.

    Parameters
    ----------
    out : path
    name : str
    objection : callable, optional
        Says of a folder why it is no run that may be replaced; without one, none is.

    Raises
    ------
    RunError
        Something of that name exists and may not be replaced, or `out` cannot be written.
    """
    import duckdb

    place = hidden = out / check_name(name)
    try:
        with new_folder(place, objection) as hidden:
            yield hidden
    except NotOursError as error:
        raise RunError(
            f"{place} is no run; move it away, or give another name (--name): {error.reason}"
        ) from None
    except UnwritableError as error:
        raise RunError(f"cannot write a run into {out}: {error.reason}") from None
    except PlacingError as error:
        raise RunError(str(error)) from None
    except FileExistsError:
        raise already_there(place) from None
    except (duckdb.IOException, duckdb.FatalException, duckdb.TransactionException) as error:
        # A disk that is full shows in any of these; nobody knows the hidden folder.
        words = str(error).partition("\n\n")[0].replace(str(hidden), str(place))
        raise RunError(words) from None
