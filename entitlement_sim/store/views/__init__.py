"""The views of a run file: one ``.sql`` file a topic.

A file holds ``CREATE VIEW`` and ``COMMENT ON VIEW`` statements; the comment gives the formula and
its source. To add a view, add a file: a view may rest on views of any other file.
"""

from importlib import resources

import duckdb


def view_files() -> dict[str, str]:
    """Return the text of every file of views, by its name without ``.sql``."""
    files = [one for one in resources.files(__name__).iterdir() if one.name.endswith(".sql")]
    return {
        one.name.removesuffix(".sql"): one.read_text(encoding="utf-8")
        for one in sorted(files, key=lambda one: one.name)
    }


def create_views(connection: duckdb.DuckDBPyConnection) -> None:
    """Create every view, those first that others rest on."""
    waiting = view_files()
    while waiting:
        failed = {}
        for topic, text in waiting.items():
            try:
                _run_whole(connection, text)
            except duckdb.CatalogException as error:
                failed[topic] = error
        if len(failed) == len(waiting):
            raise next(iter(failed.values()))
        waiting = {topic: waiting[topic] for topic in failed}


def _run_whole(connection: duckdb.DuckDBPyConnection, text: str) -> None:
    """Run all statements of a text or none."""
    connection.begin()
    try:
        connection.execute(text)
    except duckdb.Error:
        connection.rollback()
        raise
    connection.commit()
