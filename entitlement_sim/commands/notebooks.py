"""The command ``notebooks``."""

from pathlib import Path
from typing import Annotated

import typer

from .copying import copy_out
from .mistakes import Mistake


def notebooks(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where to copy them.")],
) -> None:
    """Copy the shipped notebooks to a folder."""
    from ..reports.shipped import shipped_notebooks

    shipped = shipped_notebooks()
    if not shipped:
        raise Mistake("no notebooks were installed with this version")
    texts = {file.name: file.read_text(encoding="utf-8") for file in shipped}
    for place in copy_out(texts, folder):
        print(place)
