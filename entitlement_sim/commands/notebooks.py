"""The command ``notebooks``."""

from pathlib import Path
from typing import Annotated

import typer

from .copying import copy_out
from .mistakes import Mistake

#: `notebooks/` of the repository; a link within the package, so that wheels carry its files.
_FOLDERS = tuple(folder / "notebooks" for folder in Path(__file__).parents[1:3])


def shipped_notebooks() -> list[Path]:
    """Return the notebooks that come with the package, in the order in which to read them."""
    for folder in _FOLDERS:
        # Where links cannot be checked out, the second folder is the repository's own.
        if folder.is_dir():
            return sorted(folder.glob("*.ipynb"))
    return []


def notebooks(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where to copy them.")],
) -> None:
    """Copy the shipped notebooks to a folder."""
    shipped = shipped_notebooks()
    if not shipped:
        raise Mistake("no notebooks were installed with this version")
    texts = {file.name: file.read_text(encoding="utf-8") for file in shipped}
    for place in copy_out(texts, folder):
        print(place)
