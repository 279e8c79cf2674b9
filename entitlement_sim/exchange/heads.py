"""Which table rows are of, and which column a head stands for."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from .columns import LINKS, LOGICAL_TABLES, TABLES

_LOOKUP: Final = re.compile(r"^_(.+)_value$")


def plain_head(head: str) -> str:
    """Return a head without what differs between exports: case, blanks, a lookup's frame."""
    head = " ".join(head.strip().casefold().split())
    return _LOOKUP.sub(r"\1", head)


#: Other logical names than those of `columns.TABLES` by which a column is met, by table.
_OTHER_NAMES: Final[dict[str, dict[str, str]]] = {
    "entitlement": {
        "customerid_entitytype": "customertype",
        "customerid_type": "customertype",
        "accountid": "",
        "contactid": "",
    },
    "incident": {
        "customerid_entitytype": "customertype",
        "customerid_type": "customertype",
    },
    "incidentresolution": {"actualend": "createdon", "timespentminutes": "timespent"},
    "activitypointer": {"durationminutes": "minutes", "scheduleddurationminutes": ""},
    "audit": {
        "tablename": "table",
        "fieldname": "column",
        "attributename": "column",
        "attributemask": "",
        "action": "",
    },
    "product_link": {"productentitlementassociationid": ""},
    "contact_link": {},
}


def known_heads(table: str) -> dict[str, str]:
    """Return the column of each head that is known for a table."""
    heads = {column.logical: column.name for column in TABLES[table]}
    heads |= {column.name: column.name for column in TABLES[table]}
    heads |= {head: name for head, name in _OTHER_NAMES.get(table, {}).items() if name}
    return heads


def columns_of(table: str, heads: Iterable[str], logical: Mapping[str, str]) -> dict[str, str]:
    """Return the head of each column of a table.

    Parameters
    ----------
    table : str
    heads : iterable of str
        As they stand in the file.
    logical : mapping of str to str
        Logical names of heads, where the file says them.
    """
    known = known_heads(table)
    columns: dict[str, str] = {}
    for head in heads:
        name = known.get(plain_head(logical.get(head, head)))
        if name is not None and name not in columns:
            columns[name] = head
    return columns


def table_named(name: str) -> str | None:
    """Return the table of a book by its own or its logical name."""
    name = name.casefold()
    name = LOGICAL_TABLES.get(name, name)
    return name if name in TABLES else None


def tables_fitting(heads: Iterable[str], logical: Mapping[str, str]) -> list[str]:
    """Return the tables whose rows have such heads, all those that fit best."""
    heads = list(heads)
    scores: dict[str, int] = {}
    for table, columns in TABLES.items():
        matched = columns_of(table, heads, logical)
        needed = {c.name for c in columns} if table in LINKS else {columns[0].name}
        if needed <= matched.keys() and len(matched) > 1:
            scores[table] = len(matched)
    best = max(scores.values(), default=0)
    return [table for table, score in scores.items() if score == best]
