"""What a person reads when exports cannot be read."""

from collections.abc import Sequence
from typing import NamedTuple

from ..telling import printable


class FileError(Exception):
    """One file, or one sheet or folder, cannot be read; the message says why and what to do."""


class ForeignFileError(FileError):
    """A file is no export at all, as a picture is; in a folder of exports it is left out."""


class FileProblem(NamedTuple):
    """Why one file cannot be read.

    Attributes
    ----------
    file : str
        The file as it was named.
    message : str
        Why not, and what to do.
    """

    file: str
    message: str

    def __str__(self) -> str:
        return printable(f"{self.file}: {self.message}")


class ExportError(Exception):
    """Exports cannot be read; `problems` has a line for each file that is to blame."""

    def __init__(self, problems: Sequence[FileProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in problems))
