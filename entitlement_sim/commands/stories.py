"""The command ``story``."""

import sys
from typing import Annotated

import typer


def story(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE...", help="Files of stories, or folders of them.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    show: Annotated[
        bool, typer.Option("--show", help="Print each step, what it moved and by which rule.")
    ] = False,
) -> int:
    """Play stories by the rulebook.

    Exits with 1 if a story does not go as told, with 2 if a file cannot be understood.
    """
    from ..desk.story_command import run_stories

    return run_stories(files, as_json, show, out=sys.stdout, errors=sys.stderr)
