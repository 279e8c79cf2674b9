"""The folder of a sweep: what was asked, and finished parts as Parquet files.

A part holds some offerings of one replication and gets its name when it is whole. What was
interrupted goes on with what is missing.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import duckdb

from ..publishing.placing import PlacingError, new_file
from ..rules.version import RULEBOOK_VERSION
from ..store.errors import RunError
from ..store.quoting import literal
from ..telling import listed, printable

if TYPE_CHECKING:
    import pandas as pd

#: What says what a folder is.
ASKED: Final = "sweep.json"
_PARTS: Final = "parts"
#: Of the layout of a folder.
_FORMAT: Final = 1


class Asked(NamedTuple):
    """What a sweep asks, as far as its parts hang on it.

    Attributes
    ----------
    format : int
    version : str
        Of the package.
    rulebook : str
        Its version.
    seed : int
    base : str
        Hash of the base scenario.
    """

    format: int
    version: str
    rulebook: str
    seed: int
    base: str


def asked_now(seed: int, base: str) -> Asked:
    """Return what a sweep asks of this version of the package."""
    from .. import __version__

    return Asked(_FORMAT, __version__, RULEBOOK_VERSION, seed, base)


_WORDS: Final = {
    "format": "layout",
    "version": "version of the package",
    "rulebook": "rulebook",
    "seed": "seed",
    "base": "scenario",
}


class Folder:
    """A folder with the parts of a sweep.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def begin(self, asked: Asked, designs: list[dict[str, Any]]) -> None:
        """Write down what is asked, or go on where the same was asked before.

        Parameters
        ----------
        asked : Asked
        designs : list of dict
            Every offering, with the reason of those that nothing can be made of.

        Raises
        ------
        RunError
            The folder has something else in it.
        PlacingError
            It cannot be written.
        """
        before = self._before()
        if before is not None and before != asked._asdict():
            other = [
                word for key, word in _WORDS.items() if before.get(key) != asked._asdict()[key]
            ]
            raise RunError(
                f"{self.path} holds a sweep with another {listed(other)}: name another folder"
            )
        if before is None and self.path.exists():
            if not self.path.is_dir():
                raise RunError(f"{self.path} is no folder: name another one")
            if any(self.path.iterdir()):
                raise RunError(
                    f"{self.path} has something else than a sweep in it: name another folder"
                )
        try:
            (self.path / _PARTS).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise PlacingError(f"cannot write {self.path}: {error.strerror or error}") from None
        document = asked._asdict() | {"designs": designs}
        with new_file(self.path / ASKED) as made:
            made.write_text(json.dumps(document, ensure_ascii=False, indent=1), encoding="utf-8")

    def _before(self) -> dict[str, Any] | None:
        """Return what was asked before; None where there is no sweep."""
        place = self.path / ASKED
        try:
            document = json.loads(place.read_text(encoding="utf-8"))
            return {key: document[key] for key in Asked._fields}
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise RunError(f"{place} cannot be read: {error.strerror or error}") from None
        except (ValueError, KeyError, TypeError):
            raise RunError(
                f"{place} is no list of what a sweep asks: name another folder, or remove it"
            ) from None

    def publish(self, replication: int, ids: Iterable[str], rows: "pd.DataFrame") -> None:
        """Write a part: it has its name when it is whole.

        Raises
        ------
        PlacingError
            It cannot be written.
        """
        digest = hashlib.sha256("\n".join(sorted(ids)).encode()).hexdigest()[:8]
        place = self.path / _PARTS / f"r{replication:05}-{digest}.parquet"
        with new_file(place) as made, duckdb.connect() as connection:
            connection.register("rows", rows)
            connection.execute(f"COPY rows TO {literal(str(made))} (FORMAT parquet)")

    def finished(self, columns: Mapping[str, str]) -> "pd.DataFrame | None":
        """Return the rows of all finished parts; None where there are none.

        Parameters
        ----------
        columns : mapping of str to str
            Columns that a part has, with their types in DuckDB.

        Raises
        ------
        RunError
            One cannot be read.
        """
        frames = []
        for place in sorted((self.path / _PARTS).glob("*.parquet")):
            wanted = ", ".join(f'"{name}"::{kind} AS "{name}"' for name, kind in columns.items())
            try:
                with duckdb.connect() as connection:
                    query = f"SELECT {wanted} FROM read_parquet({literal(str(place))})"
                    frames.append(connection.execute(query).df())
            except duckdb.Error as error:
                words = str(error).partition("\n")[0]
                raise RunError(
                    f"{place} is no part of a sweep: {printable(words)}; remove it, and it is made "
                    "anew"
                ) from None
        if not frames:
            return None
        import pandas as pd

        return pd.concat(frames, ignore_index=True)
