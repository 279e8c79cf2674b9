"""The small tables of a run that follow from its scenario alone."""

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any

import duckdb

from .hashing import hash_rows
from .imported import IMPORTED_SMALL, Records
from .quoting import quoted
from .schema import STATIC_TABLES

if TYPE_CHECKING:
    from ..scenario.models import Allowance, ScenarioModel, Template

#: Number of the first template and of the first product; the others follow in order.
FIRST_ID = 1

PlainRow = Sequence[Any]


def static_rows(
    model: "ScenarioModel", records: Records | None = None
) -> dict[str, list[PlainRow]]:
    """Return the rows of every table of :data:`~.schema.STATIC_TABLES`.

    Parameters
    ----------
    model : ScenarioModel
    records : Records, optional
        Of a run that is imported: the rows end with the ids of the live system.
    """
    product_ids = {name: place for place, name in enumerate(model.products, FIRST_ID)}
    templates = list(enumerate(model.templates.items(), FIRST_ID))
    rows: dict[str, list[PlainRow]] = {
        "segments": [(name, segment.customers) for name, segment in model.segments.items()],
        "products": [(place, name) for name, place in product_ids.items()],
        "slas": [
            (name, *sla.hours_for(severity), sla.clock, severity)
            for name, sla in model.slas.items()
            for severity in (None, *sla.severity)
        ],
        "templates": [
            _template_row(place, name, template, model.calendar.start)
            for place, (name, template) in templates
        ],
        "template_channels": [
            (place, origin, terms)
            for place, (_, template) in templates
            for origin, terms in template.channels.items()
        ],
        "template_products": [
            (place, product_ids[product])
            for place, (_, template) in templates
            for product in template.products
        ],
    }
    if records is not None:
        for table in IMPORTED_SMALL:
            ids = chain(records.source_ids.get(table, ()), repeat(None))
            rows[table] = [(*row, own) for row, own in zip(rows[table], ids, strict=False)]
    return rows


def insert_rows(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    columns: Iterable[str],
    rows: Sequence[PlainRow],
) -> None:
    """Insert a few rows of plain Python values."""
    names = list(columns)
    marks = "(" + ", ".join("?" * len(names)) + ")"
    for begin in range(0, len(rows), 1000):
        part = rows[begin : begin + 1000]
        into = f"INSERT INTO {quoted(table)} ({', '.join(quoted(name) for name in names)})"
        values = [value for row in part for value in row]
        connection.execute(f"{into} VALUES {', '.join([marks] * len(part))}", values)


def insert_static(
    connection: duckdb.DuckDBPyConnection,
    model: "ScenarioModel",
    records: Records | None = None,
) -> None:
    """Fill the static tables."""
    for table, rows in static_rows(model, records).items():
        added = {} if records is None else IMPORTED_SMALL.get(table, {})
        insert_rows(connection, table, STATIC_TABLES[table] | added, rows)


def static_hash(
    connection: duckdb.DuckDBPyConnection, table: str, columns: Iterable[str], schema: str
) -> str:
    """Return the hash of columns of a static table as it stands in a schema of the database."""
    names = ", ".join(quoted(name) for name in columns)
    rows = connection.execute(f"SELECT {names} FROM {schema}.{quoted(table)}").fetchall()
    return hash_rows(table, list(columns), rows)


def _template_row(place: int, name: str, template: "Template", start: date) -> PlainRow:
    is_unlimited = isinstance(template.total_terms, str)  # the one word that may stand there
    return (
        place,
        name,
        template.allocation,
        None if is_unlimited else template.total_terms,
        template.decrease_on,
        template.restrict,
        _term_in_words(template),
        template.price_from(start),
        template.sla,
        template.term.days,
        template.term.months,
        template.contacts,
        template.moves_up_to,
        template.moves_down_to,
        template.refund,
        is_unlimited,
        None if template.allowance is None else template.allowance.terms,
        None if template.allowance is None else _period_in_words(template.allowance),
        None if template.overage is None else template.overage.price,
    )


def _term_in_words(template: "Template") -> str:
    term = template.term
    if term.open:
        return "open"
    if term.from_ is not None:
        return f"{term.from_} to {term.until}"
    if term.until is not None:
        return f"until {term.until}"
    count, unit = (term.months, "month") if term.days is None else (term.days, "day")
    return _counted(count, unit)


def _period_in_words(allowance: "Allowance") -> str:
    if isinstance(allowance.every, str):
        return allowance.every
    return _counted(allowance.every.days, "day")


def _counted(count: int | None, unit: str) -> str:
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
