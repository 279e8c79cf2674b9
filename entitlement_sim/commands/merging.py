"""The command ``merge``."""

import time
from pathlib import Path
from typing import Annotated

import typer

from .progress import writing_bar
from .simulating import OutFolder, RunFormat, what_was_made


def merge(
    parts: Annotated[
        list[Path],
        typer.Argument(metavar="PARTS...", help="Folders of all parts, or one that holds them."),
    ],
    out: OutFolder = Path("runs"),
    name: Annotated[
        str | None, typer.Option(help="Name of the run, by default SCENARIO-SEED.")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a run of that name.")
    ] = False,
    format: RunFormat = "duckdb",
) -> None:
    """Put the parts of a run together, as run --shard made them.

    The run is the one that would have been made at once: it has the same content hash. Each part is
    held against its own hashes, and stays where it is. A part that is missing, there twice, of
    another run or made by another version is named, and nothing is written.
    """
    from ..store.merging import merge as merge_parts
    from ..store.publish import check_name

    if name is not None:
        check_name(name)
    begun = time.monotonic()
    with (
        writing_bar() as progress,
        merge_parts(
            parts, out=out, name=name, overwrite=overwrite, progress=progress, format=format
        ) as made,
    ):
        print(what_was_made(made, time.monotonic() - begun))
