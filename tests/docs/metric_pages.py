"""One page a view, and one for the tables of a run."""

import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import NamedTuple

import duckdb

from entitlement_sim import charts
from entitlement_sim.store.views import declared_reads, made_views, view_files
from entitlement_sim.store.words import TABLE_WORDS

from .api_pages import promised
from .markdown import contents, fenced, folded, plain, shallow, table
from .places import TREE

#: Names of columns, tables and views that a comment mentions.
_NAMES = re.compile(r"(?<![\w.])([a-z]+(?:_[a-z0-9]+)+(?:\.\w+)?)\b")
_LONGEST_VALUE = 30
_MOST_WORDS = 8
#: Which row gives a column's value, or the last one where there are fewer.
_SHOWN_ROW = 20


class View(NamedTuple):
    """A view of a run.

    Attributes
    ----------
    name, topic : str
        Its name, and the file in which it stands, without ``.sql``.
    comment : str
    sql : str
        The statement that creates it, as it is written.
    reads : tuple of str
        Tables and views that the statement names.
    """

    name: str
    topic: str
    comment: str
    sql: str
    reads: tuple[str, ...]


class Column(NamedTuple):
    """A column with its type, what it holds, and a value of it in the run that is shown."""

    name: str
    type: str
    comment: str
    value: str


@cache
def statements() -> dict[str, tuple[str, str]]:
    """The file of every view and the statement that creates it."""
    found = {}
    for topic, text in view_files().items():
        for name in made_views(text):
            start = text.index(f"CREATE VIEW {name} AS")
            found[name] = topic, text[start : text.index(";\n", start) + 1]
    return found


def views(connection: duckdb.DuckDBPyConnection) -> list[View]:
    """Every view of a run, by name."""
    comments = dict(
        connection.sql(
            "SELECT view_name, comment FROM duckdb_views() "
            "WHERE NOT internal AND database_name = 'memory'"
        ).fetchall()
    )
    known = {*TABLE_WORDS, *statements()}
    return [
        View(name, topic, comments[name], sql, _reads(name, topic, sql, known))
        for name, (topic, sql) in sorted(statements().items())
    ]


def _reads(name: str, topic: str, sql: str, known: Iterable[str]) -> tuple[str, ...]:
    """What a view reads: of what its file declares or makes, the names that it uses."""
    possible = [*declared_reads(view_files()[topic]), *made_views(view_files()[topic])]
    words = set(re.findall(r"\w+", re.sub(r"--.*", "", sql)))
    return tuple(sorted({one for one in possible if one in words and one in known} - {name}))


def columns(connection: duckdb.DuckDBPyConnection, *, values: bool) -> dict[str, list[Column]]:
    """The columns of every view and table; their values are those of a row beyond the first."""
    rows = connection.sql(
        "SELECT table_name, column_name, data_type, comment FROM duckdb_columns() "
        "WHERE NOT internal AND database_name = 'memory' ORDER BY table_name, column_index"
    ).fetchall()
    found: dict[str, list[Column]] = {}
    for name, column, kind, comment in rows:
        found.setdefault(name, []).append(Column(column, _short_type(kind), comment or "", ""))
    if values:
        for name in found:
            shown = connection.sql(f"FROM {name} LIMIT {_SHOWN_ROW}").fetchall()
            if shown:
                found[name] = [
                    column._replace(value=_short(value))
                    for column, value in zip(found[name], shown[-1], strict=True)
                ]
    return found


def _short_type(kind: str) -> str:
    """A type; of an enumeration its words, where they are few."""
    words = re.findall(r"'([^']*)'", kind) if kind.startswith("ENUM") else []
    if words and len(words) <= _MOST_WORDS:
        return f"one of {', '.join(map(plain, words))}"
    return f"one of {len(words)} words" if words else kind


def _short(value: object) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 1]}…"


def chart_of() -> dict[str, list[str]]:
    """The charts that are drawn from each view or table, by their docstrings."""
    drawn: dict[str, list[str]] = {}
    for name in charts.__all__:
        source = re.search(r"(?:view|table) ``(\w+)``", getattr(charts, name).__doc__ or "")
        if source:
            drawn.setdefault(source[1], []).append(name)
    return drawn


def notebooks_with(name: str) -> list[str]:
    """The notebooks whose code or words name a view."""
    return [
        file.stem
        for file in sorted((TREE / "notebooks").glob("*.ipynb"))
        if any(
            re.search(rf"\b{name}\b", "".join(cell["source"]))
            for cell in json.loads(file.read_text(encoding="utf-8"))["cells"]
        )
    ]


def metric_pages(connection: duckdb.DuckDBPyConnection, *, values: bool = True) -> dict[str, str]:
    """The text of every page about views and tables, by its place.

    Parameters
    ----------
    connection : DuckDBPyConnection
        That of a run.
    values : bool, default True
        Whether a value of each column is shown.
    """
    all_views = views(connection)
    columns_of = columns(connection, values=values)
    pages = {
        f"metrics/{view.name}.md": _view_page(view, all_views, columns_of[view.name])
        for view in all_views
    }
    return pages | {
        "metrics/index.md": _index(all_views),
        "tables.md": _tables(all_views, columns_of),
    }


def _index(all_views: list[View]) -> str:
    parts = [
        "# Metrics\n",
        "Each view of a run has a page: its formula and where that comes from, its columns, its "
        "SQL, what it reads, and what is drawn from it. "
        'Ask for one with `run.table("NAME")`, or with `entitlement-sim query RUN "FROM NAME"`. '
        "The tables that views rest on are on [a page of their own](../tables.md).\n",
    ]
    rows = [
        [f"[`{view.name}`]({view.name}.md)", with_links(_first_sentence(view.comment), all_views)]
        for view in all_views
    ]
    parts.append(table(["view", "what a row is, or what it says"], rows))
    parts.append(contents([view.name for view in all_views]))
    return "\n".join(parts)


def _first_sentence(comment: str) -> str:
    return re.split(r"(?<=[a-z0-9)%])[.:;] ", comment, maxsplit=1)[0].rstrip(".") + "."


def with_links(comment: str, all_views: Iterable[View], here: str = "") -> str:
    """A comment in which names are code, and those of other views lead to their pages."""
    known = {view.name for view in all_views}

    def coded(name: re.Match[str]) -> str:
        view = name[1].partition(".")[0]
        return f"[`{name[1]}`]({view}.md)" if view in known - {here} else f"`{name[1]}`"

    parts = re.split(_NAMES, comment)
    words = [plain(part) if place % 2 == 0 else part for place, part in enumerate(parts)]
    return "".join(
        part if place % 2 == 0 else _NAMES.sub(coded, part) for place, part in enumerate(words)
    )


def _view_page(view: View, all_views: list[View], own: list[Column]) -> str:
    parts = [shallow(1), f"# {view.name}\n", f"{with_links(view.comment, all_views, view.name)}\n"]
    parts.append(fenced(f'entitlement-sim query demo "FROM {view.name} LIMIT 10"', "sh"))
    parts.append("## Columns\n")
    parts.append(column_table(own, all_views, view.name))
    parts += _uses(view, all_views)
    macros = _macros_in(view.sql)
    parts.append("## SQL\n")
    where = f"It stands in `entitlement_sim/store/views/{view.topic}.sql`."
    if macros:
        where += (
            f" What it calls is defined in `macros.sql`: {', '.join(f'`{m}`' for m in macros)}."
        )
    parts.append(f"{where}\n")
    parts.append(folded("The statement", fenced(view.sql, "sql")))
    if macros:
        parts.append(folded("What it calls", fenced("\n".join(macros.values()), "sql")))
    return "\n".join(parts)


def column_table(own: list[Column], all_views: Iterable[View], here: str = "") -> str:
    """A table of columns, with a value of each where there is any."""
    shown = any(column.value for column in own)
    head = ["column", "type", "what it holds", *(["in the demo, say"] if shown else [])]
    rows = [
        [
            f"`{column.name}`",
            column.type,
            with_links(column.comment, all_views, here),
            *([plain(column.value)] if shown else []),
        ]
        for column in own
    ]
    return table(head, rows)


def _uses(view: View, all_views: list[View]) -> list[str]:
    """What it is made from, and what is made from it."""
    names = {one.name for one in all_views}
    drawn = [f"[`charts.{name}`](../gallery.md#{name})" for name in chart_of().get(view.name, [])]
    read_by = [one.name for one in all_views if view.name in one.reads]
    python = [
        f"{{py:obj}}`{module}.{name}`"
        for module, name, value in promised()
        if module != "entitlement_sim.charts" and f"``{view.name}``" in (value.__doc__ or "")
    ]
    lines = {
        "Drawn by": drawn,
        "Notebooks": [f"[{name}](../notebooks/{name}.md)" for name in notebooks_with(view.name)],
        "Taken by": python,
        "Reads": [
            f"[`{name}`]({name}.md)" if name in names else f"[`{name}`](../tables.md#{name})"
            for name in view.reads
        ],
        "Read by": [f"[`{name}`]({name}.md)" for name in read_by],
    }
    said = [f"- {words}: {', '.join(links)}" for words, links in lines.items() if links]
    return ["## Where it comes from and goes to\n", *said, ""] if said else []


@cache
def _macros() -> dict[str, str]:
    text = view_files()["macros"]
    return {
        name: definition
        for definition, name in re.findall(r"(^CREATE MACRO (\w+).*?;$)", text, re.M | re.S)
    }


def _macros_in(sql: str) -> dict[str, str]:
    """The macros that a statement calls, and those that these call."""
    called: dict[str, str] = {}
    pending = [sql]
    while pending:
        text = pending.pop()
        for name in re.findall(r"\b(\w+)\(", re.sub(r"^CREATE MACRO \w+", "", text)):
            if name in _macros() and name not in called:
                called[name] = _macros()[name]
                pending.append(_macros()[name])
    return called


def _tables(all_views: list[View], columns_of: Mapping[str, list[Column]]) -> str:
    from_here = [view._replace(name=f"metrics/{view.name}") for view in all_views]
    parts = [
        "# Tables of a run\n",
        "What a run stores. Names and columns stay; others may be added. "
        "[Views](metrics/index.md) are reckoned from these.\n",
    ]
    for name, words in TABLE_WORDS.items():
        parts += [f"## {name}\n", f"{plain(words)}\n"]
        parts.append(column_table(columns_of[name], from_here))
    return "\n".join(parts)
