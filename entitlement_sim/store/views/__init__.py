"""The views of a run file: one ``.sql`` file a topic.

A file holds ``CREATE VIEW`` and ``COMMENT ON`` statements; the comments give the formula and its
source. To add a view, add a file: a view may rest on views of any other file.
"""

import re
from graphlib import TopologicalSorter
from importlib import resources
from typing import Final

import duckdb

from .words import comment_columns

_MADE: Final = re.compile(r"^CREATE VIEW (\w+)", re.MULTILINE)
_READ: Final = re.compile(r"\b(?:FROM|JOIN)\s+(\w+)")


def view_files() -> dict[str, str]:
    """Return the text of every file of views, by its name without ``.sql``."""
    files = [one for one in resources.files(__name__).iterdir() if one.name.endswith(".sql")]
    return {
        one.name.removesuffix(".sql"): one.read_text(encoding="utf-8")
        for one in sorted(files, key=lambda one: one.name)
    }


def create_views(connection: duckdb.DuckDBPyConnection) -> None:
    """Create every view, those first that others rest on, in one transaction."""
    files = view_files()
    connection.begin()
    try:
        for topic in _in_order(files):
            connection.execute(files[topic])
        comment_columns(connection)
    except duckdb.Error:
        connection.rollback()
        raise
    connection.commit()


def _in_order(files: dict[str, str]) -> list[str]:
    """Return the topics so that each comes after those whose views it reads."""
    topic_of = {view: topic for topic, text in files.items() for view in _MADE.findall(text)}
    reads = {
        topic: {topic_of[name] for name in _READ.findall(text) if name in topic_of} - {topic}
        for topic, text in files.items()
    }
    return list(TopologicalSorter(reads).static_order())
