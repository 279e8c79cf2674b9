"""Which table rows are of, and which column a head stands for."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from .columns import LINKS, LOGICAL_TABLES, TABLES, Column, Kind, column
from .display_names import COLUMN_NAMES, PROTECTED, TABLE_NAMES

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
        "allocationtypecodename": "allocation",
        "decreaseremainingonname": "decrease_on",
        "statecodename": "state",
        "transactioncurrencyid": "currency",
        "transactioncurrencyidname": "currency",
    },
    "entitlementtemplate": {
        "allocationtypecodename": "allocation",
        "decreaseremainingonname": "decrease_on",
    },
    "incident": {
        "customerid_entitytype": "customertype",
        "customerid_type": "customertype",
        "caseorigincodename": "origin",
        "statecodename": "state",
        "statuscodename": "statusreason",
    },
    "incidentresolution": {"actualend": "createdon"},
    "activitypointer": {"statecodename": "state"},
    "audit": {
        "objecttype": "table",
        "tablename": "table",
        "fieldname": "column",
        "attributename": "column",
    },
    "contact": {"accountid": "parent", "parentcustomerid": "parent"},
}

#: Columns of which an id is made where a table has none of its own.
MAKES_ID: Final[dict[str, tuple[str, ...]]] = {
    "entitlement": ("name",),
    "entitlementchannel": ("entitlementid", "channel"),
    "entitlementtemplate": ("name",),
    "entitlementtemplatechannel": ("templateid", "channel"),
    "incident": ("ticketnumber",),
    "incidentresolution": ("incidentid", "createdon"),
    "activitypointer": ("incidentid", "ended"),
    "audit": ("recordid", "column", "changed"),
    "account": ("name",),
    "contact": ("name",),
    "product": ("name",),
}


def known_heads(table: str) -> dict[str, str]:
    """Return the column of each head that is known for a table, in lower case."""
    heads = dict(COLUMN_NAMES[table])
    heads |= {column.logical: column.name for column in TABLES[table]}
    heads |= {column.name: column.name for column in TABLES[table]}
    return heads | _OTHER_NAMES.get(table, {})


def columns_of(table: str, heads: Iterable[str], logical: Mapping[str, str]) -> dict[str, str]:
    """Return the head of each column of a table.

    Where two heads stand for one column (``statecode`` and ``statecodename``), the surer one is
    taken: the logical name, then the one that is met first; of a lookup that is wanted as a text,
    the name rather than the id.

    Parameters
    ----------
    table : str
    heads : iterable of str
        As they stand in the file.
    logical : mapping of str to str
        Logical names of heads, where the file says them.
    """
    heads = list(heads)
    known = known_heads(table)
    protected = _protected(heads)
    columns: dict[str, str] = {}
    for head in heads:
        plain = plain_head(logical.get(head, head))
        name = protected.get(head) or known.get(plain)
        if name == "id":
            name = TABLES[table][0].name
        if name and (name not in columns or _is_surer(column(table, name), plain, columns[name])):
            columns[name] = head
    return columns


def _is_surer(of: Column, plain: str, taken: str) -> bool:
    """Whether a head says a column better than the one that was taken for it."""
    is_name_of_lookup = of.kind is Kind.TEXT and plain == f"{plain_head(taken)}name"
    return plain == of.logical or (is_name_of_lookup and plain_head(taken) != of.logical)


def _protected(heads: list[str]) -> dict[str, str]:
    """Return what the first three columns of an export are: the record's id, and when changed."""
    first = [head.casefold().strip() for head in heads[:3]]
    if len(first) == 3 and any(all(h.startswith(p) for h in first) for p in PROTECTED):
        return {heads[0]: "id", heads[1]: "checksum", heads[2]: "modifiedon"}
    return {}


def table_named(name: str) -> str | None:
    """Return the table of a book by its own or its logical name."""
    name = name.casefold()
    name = LOGICAL_TABLES.get(name, name)
    return name if name in TABLES else None


def tables_fitting(heads: Iterable[str], logical: Mapping[str, str]) -> list[str]:
    """Return the tables whose rows have such heads, all those that fit best."""
    heads = list(heads)
    if _protected(heads):
        first = " ".join(heads[0].casefold().partition(")")[2].split())
        if first in TABLE_NAMES:
            return [TABLE_NAMES[first]]
    scores: dict[str, int] = {}
    for table, columns in TABLES.items():
        matched = columns_of(table, heads, logical)
        needed = {c.name for c in columns} if table in LINKS else {columns[0].name}
        makes = set(MAKES_ID.get(table, needed))
        if (needed <= matched.keys() or makes <= matched.keys()) and len(matched) > 1:
            scores[table] = 2 * len(matched) + (needed <= matched.keys())
    best = max(scores.values(), default=0)
    return [table for table, score in scores.items() if score == best]


#: Columns that no book has, but that say something of its rows: by their heads.
_BESIDE: Final = {
    "entitytype": "entitytype",
    "entity type": "entitytype",
    "entitätstyp": "entitytype",
    "versionnumber": "versionnumber",
    "version number": "versionnumber",
    "versionsnummer": "versionnumber",
}


def heads_beside(heads: Iterable[str], logical: Mapping[str, str]) -> dict[str, str]:
    """Return the heads of what says whether, or which of two, rows are taken."""
    named = {_BESIDE.get(plain_head(logical.get(head, head))): head for head in heads}
    return {name: head for name, head in named.items() if name is not None}
