"""Scenarios that come with the package."""

from pathlib import Path

from ..documents import DocumentError, Position, Problem
from ..telling import unknown

#: `data/` of the repository; a link within the package, so that wheels carry its files.
_FOLDERS = tuple(
    folder / "data" / "scenarios"
    for folder in (Path(__file__).parents[1], Path(__file__).parents[2])
)


def shipped_folder() -> Path | None:
    """Return the folder of the shipped scenarios; None where there is none."""
    # Where links cannot be checked out, the second folder is the repository's own.
    return next((folder for folder in _FOLDERS if folder.is_dir()), None)


def shipped_scenarios() -> dict[str, Path]:
    """Return the files of the shipped scenarios by name, sorted by name.

    Examples
    --------
    >>> "demo" in shipped_scenarios()
    True
    """
    folder = shipped_folder()
    return {} if folder is None else {file.stem: file for file in sorted(folder.glob("*.yaml"))}


def find_scenario(source: str | Path) -> Path:
    """Return the file that a person means: one of theirs, or else a shipped one by its name.

    Raises
    ------
    DocumentError
        There is neither.
    """
    file = Path(source)
    if file.is_file():
        return file
    shipped = shipped_scenarios()
    if str(source) in shipped:
        return shipped[str(source)]
    if file.exists():
        message = "is no file that can be read"
    else:
        message = f"there is no such file, and {unknown('shipped scenario', source, shipped)}"
    raise DocumentError([Problem(str(source), Position(1, 1), "", message)])
