"""The data dictionary of a run: what each table, view and column holds, as the comments say it."""

import re
import shutil
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from ..telling import Right, Table, listed, nearest, number
from .errors import RunError
from .formats import format_of
from .opening import own_labels_of
from .words import IMPORTED_TABLE_WORDS, TABLE_WORDS

if TYPE_CHECKING:
    from .run import Run

Kind = Literal["table", "view"]

_KINDS: Final = {None: "Tables and views", "table": "Tables", "view": "Views"}

#: Heading of what the dictionary says.
HOLDS: Final = "holds"

#: So many words of an enumeration are listed.
_MOST_WORDS: Final = 8
#: No column of texts is narrower than this in a terminal.
_NARROWEST: Final = 30
#: End of a first sentence: not the point of an abbreviation or of a number.
_SENTENCE: Final = re.compile(r"(?<=[^.\s]{3})\.(?=\s|$)")
_WORDS: Final = re.compile(r"'((?:[^']|'')*)'")

#: Tables and views that queries find by their plain names, with their comments.
_RELATIONS: Final = """
SELECT names.table_name, coalesce(views.comment, tables.comment),
       tables.table_name IS NULL AND NOT list_contains($stored, names.table_name), columns.names
FROM (
    SELECT DISTINCT table_name, table_catalog FROM information_schema.tables
    WHERE table_catalog IN (current_database(), 'temp')
) AS names
LEFT JOIN duckdb_views() AS views
    ON views.view_name = names.table_name AND views.database_name = names.table_catalog
LEFT JOIN duckdb_tables() AS tables
    ON tables.table_name = names.table_name AND tables.database_name = names.table_catalog
JOIN (
    SELECT database_name, table_name, list(column_name ORDER BY column_index) AS names
    FROM duckdb_columns() GROUP BY ALL
) AS columns
    ON columns.table_name = names.table_name AND columns.database_name = names.table_catalog
ORDER BY names.table_name
"""

_COLUMNS: Final = """
SELECT column_name, data_type, comment FROM duckdb_columns()
WHERE table_name = $name AND database_name IN (current_database(), 'temp')
ORDER BY column_index
"""


@dataclass(frozen=True)
class Column:
    """A column of a table or view.

    Attributes
    ----------
    name : str
    kind : str
        Its type in SQL.
    holds : str
        What it holds; empty where nobody says.
    """

    name: str
    kind: str
    holds: str


@dataclass(frozen=True)
class Relation:
    """A table or view of a run.

    Attributes
    ----------
    name : str
    kind : {"table", "view"}
        ``table`` where it is stored, ``view`` where it is worked out.
    column_names : tuple of str
    holds : str
        What it holds, with its formula; empty where nobody says.
    """

    name: str
    kind: Kind
    column_names: tuple[str, ...]
    holds: str

    @property
    def in_short(self) -> str:
        """The first sentence of what it holds."""
        return first_sentence(self.holds)

    @property
    def caption(self) -> str:
        """Its name with all that it holds."""
        return f"{self.name}: {self.holds}" if self.holds else self.name


def first_sentence(text: str) -> str:
    """Return the first sentence of a text, or all of it where it has one.

    Examples
    --------
    >>> first_sentence("Terms used, e.g. by cases. NULL where none is.")
    'Terms used, e.g. by cases.'
    """
    end = _SENTENCE.search(text)
    return text if end is None else text[: end.end()]


def relations(run: "Run", kind: Kind | None = None) -> list[Relation]:
    """Return every table and view, or one kind, that a query finds by a plain name, sorted."""
    found = run._execute(_RELATIONS, {"stored": [*TABLE_WORDS, *IMPORTED_TABLE_WORDS]}).fetchall()
    known = [
        Relation(name, "view" if is_view else "table", tuple(columns), comment or "")
        for name, comment, is_view, columns in found
    ]
    return [relation for relation in known if kind in (None, relation.kind)]


def find_relation(run: "Run", name: str) -> Relation:
    """Return the table or view of a name.

    Raises
    ------
    RunError
        The run has none; the message has the nearest name, or where a column of that name is.
    """
    known = {relation.name: relation for relation in relations(run)}
    if name in known:
        return known[name]
    having = [relation.name for relation in known.values() if name in relation.column_names]
    guess = nearest(name, known)
    if having:
        hint = f"a column of that name is in {listed(having, most=6)}"
    elif guess is not None:
        hint = f"did you mean '{guess}'?"
    else:
        hint = f"it has: {', '.join(known)}"
    raise RunError(f"the run {run.name} has no table '{name}'; {hint}")


def columns_of(run: "Run", name: str) -> list[Column]:
    """Return the columns of a table or view, with the words of an enumeration where it is one."""
    rows = run._execute(_COLUMNS, {"name": name}).fetchall()
    return [
        Column(column, *_described(kind, column, comment or "", run))
        for column, kind, comment in rows
    ]


def _described(kind: str, name: str, comment: str, run: "Run") -> tuple[str, str]:
    if not kind.startswith("ENUM("):
        return kind, comment
    words = [word.replace("''", "'") for word in _WORDS.findall(kind)]
    own = own_labels_of(run.connection, run.stored_in, format_of(run.manifest))
    words = own.get(name, words)  # views are made for those of any run
    return "ENUM", " ".join(filter(None, [comment, f"One of: {listed(words, _MOST_WORDS)}."]))


def overview(run: "Run", kind: Kind | None = None) -> Table:
    """Lay out every table and view, or one kind, each with what it holds in a sentence."""
    return Table(
        ["name", "kind", Right("columns"), HOLDS],
        [
            [each.name, each.kind, number(len(each.column_names)), each.in_short]
            for each in relations(run, kind)
        ],
        f"{_KINDS[kind]} of {run.name}",
    )


def description(run: "Run", name: str) -> Table:
    """Lay out the columns of a table or view, below what it holds.

    Raises
    ------
    RunError
        See :func:`find_relation`.
    """
    relation = find_relation(run, name)
    return Table(
        ["column", "type", HOLDS],
        [[column.name, column.kind, column.holds] for column in columns_of(run, name)],
        relation.caption,
    )


def fitted(table: Table, width: int | None = None) -> str:
    """Lay a table out for a terminal, the texts of its last column broken into lines.

    Parameters
    ----------
    table : Table
    width : int, optional
        Columns of the terminal; by default those of the one that there is.
    """
    room = width or shutil.get_terminal_size().columns
    others = Table(table.headings[:-1], [row[:-1] for row in table.rows])
    wrapped = _broken(table.rows, max(_NARROWEST, room - others.width() - 2))
    caption = textwrap.fill(table.caption, max(_NARROWEST, room))
    return f"{caption}\n{Table(table.headings, wrapped).text()}"


def _broken(rows: Sequence[Sequence[str]], width: int) -> list[list[str]]:
    lines: list[list[str]] = []
    for *cells, text in rows:
        first, *others = textwrap.wrap(text, width) or [""]
        lines += [[*cells, first], *([*([""] * len(cells)), part] for part in others)]
    return lines
