"""The views of a run file: one ``.sql`` file a topic.

A file says first which tables and views of other files it reads (``-- reads: ledger, renewals``);
then come ``CREATE VIEW`` and ``COMMENT ON`` statements, whose comments give the formula and its
source. To add a view, add a file: it may rest on views of any other file, and call the macros of
``macros.sql``.
"""

import functools
import re
from collections.abc import Mapping
from graphlib import TopologicalSorter
from importlib import resources
from typing import Final

import duckdb

from .macros import Macro, expand, read_macros
from .qualifying import qualify
from .words import comment_columns

_MADE: Final = re.compile(r"^CREATE VIEW (\w+)", re.MULTILINE)
_READS: Final = re.compile(r"^-- reads: (.+)$", re.MULTILINE)

_MACROS: Final = "macros"


def view_files() -> dict[str, str]:
    """Return the text of every file of views and of the macros, by its name without ``.sql``."""
    return dict(_texts())


@functools.cache
def _texts() -> Mapping[str, str]:
    """The same, read once: every run that is opened asks for them."""
    files = [file for file in resources.files(__name__).iterdir() if file.name.endswith(".sql")]
    return {
        file.name.removesuffix(".sql"): file.read_text(encoding="utf-8")
        for file in sorted(files, key=lambda file: file.name)
    }


def macros_of_views(instead: Mapping[str, str] | None = None) -> dict[str, Macro]:
    """Return the macros that the views call, some of them with another body (see read_macros)."""
    return read_macros(_texts()[_MACROS], instead) if instead else dict(_macros())


@functools.cache
def _macros() -> Mapping[str, Macro]:
    return read_macros(_texts()[_MACROS])


@functools.lru_cache(maxsize=256)
def expanded(query: str) -> str:
    """Return a query with the macros of the views replaced by what they stand for."""
    return expand(query, _macros())


def create_views(
    connection: duckdb.DuckDBPyConnection, places: Mapping[str, str] | None = None
) -> None:
    """Create every view, those first that others rest on, in one transaction.

    Parameters
    ----------
    connection : DuckDBPyConnection
    places : Mapping of str to str, optional
        Full names of tables and views by their plain ones. Without them the views read what stands
        beside them, wherever that is opened.
    """
    files = view_files()
    macros = read_macros(files.pop(_MACROS))
    connection.begin()
    try:
        for topic in creation_order(files):
            connection.execute(qualify(expand(files[topic], macros), places or {}))
        comment_columns(connection)
    except duckdb.Error:
        connection.rollback()
        raise
    connection.commit()


def made_views(text: str) -> list[str]:
    """Return the names of the views that a text of SQL creates."""
    return _MADE.findall(text)


def declared_reads(text: str) -> list[str]:
    """Return the tables and views that a file of views says it reads."""
    return [name.strip() for line in _READS.findall(text) for name in line.split(",")]


def creation_order(files: dict[str, str]) -> list[str]:
    """Return the topics so that each comes after those whose views it reads."""
    topic_of = {view: topic for topic, text in files.items() for view in made_views(text)}
    reads = {
        topic: {topic_of[name] for name in declared_reads(text) if name in topic_of}
        for topic, text in files.items()
    }
    return list(TopologicalSorter(reads).static_order())
