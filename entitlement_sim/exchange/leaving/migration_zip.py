"""Writing zips of the Configuration Migration tool."""

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final
from xml.sax.saxutils import quoteattr

import pandas as pd
import pyarrow as pa

from ..vocabulary.columns import LINKS, TABLES, Column, Kind, columns_in
from ..vocabulary.cultures import INVARIANT, Culture, amounts, days, in_greenwich, moments
from .forms import TARGETS
from .shown import as_texts, numbers

if TYPE_CHECKING:
    from .writing import Leaving

#: When every file of a zip says that it was made, so that the same records give the same bytes.
_MADE: Final = (1980, 1, 1, 0, 0, 0)

_CONTENT_TYPES: Final = (
    '<?xml version="1.0" encoding="utf-8"?><Types '
    'xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/octet-stream" /></Types>'
)
_BEGINNING: Final = (
    '\r\n<entities xmlns:xsd="http://www.w3.org/2001/XMLSchema" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
)

#: Types of fields as the schema names them.
_TYPES: Final = {
    Kind.TEXT: "string",
    Kind.WORD: "optionsetvalue",
    Kind.ORIGIN: "optionsetvalue",
    Kind.DAY: "datetime",
    Kind.MOMENT: "datetime",
    Kind.AMOUNT: "decimal",
    Kind.MINUTES: "number",
    Kind.FLAG: "bool",
}

#: Names of the relationships between many and many, by the table of their links.
_RELATIONSHIPS: Final = {
    "product_link": "product_entitlement_association",
    "contact_link": "entitlementcontacts_association",
}
_OF_CUSTOMER: Final = ("customertype", "customername")


def write(leaving: "Leaving", folder: Path) -> None:
    """Write one zip: records, their schema, and what the parts of the zip are."""
    tables = dict(leaving)
    with zipfile.ZipFile(folder / f"{leaving.name}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open(_member("data.xml"), "w", force_zip64=True) as data:
            _write_data(data, tables, leaving)
        archive.writestr(_member("data_schema.xml"), _schema(tables))
        archive.writestr(_member("[Content_Types].xml"), _CONTENT_TYPES)


def _member(name: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name, _MADE)
    member.compress_type = zipfile.ZIP_DEFLATED
    return member


def _write_data(data: IO[bytes], tables: dict[str, pd.DataFrame], leaving: "Leaving") -> None:
    data.write(_BEGINNING.encode())
    for table, rows in tables.items():
        if table in LINKS:
            continue
        data.write(f'<entity name="{table}" displayname="{table}"><records>'.encode())
        for begin in range(0, len(rows), 10_000):
            part = rows.iloc[begin : begin + 10_000]
            data.write("".join(_record_texts(table, part, leaving)).encode())
            leaving.wrote(len(part))
        data.write(b"</records>")
        data.write("".join(_links(table, tables, leaving)).encode())
        data.write(b"</entity>")
    data.write(b"</entities>")


def _record_texts(table: str, rows: pd.DataFrame, leaving: "Leaving") -> Iterator[str]:
    own_id = TABLES[table][0].name
    fields = [
        _field_texts(table, each, rows, leaving)
        for each in columns_in(table, rows)
        if each.name not in _OF_CUSTOMER
    ]
    for id, *texts in zip(rows[own_id], *fields, strict=True):
        yield f"<record id={_quoted(id)}>{''.join(texts)}</record>"


def _field_texts(table: str, of: Column, rows: pd.DataFrame, leaving: "Leaving") -> list[str]:
    """Return the field of each record; a value that is absent is an absent field."""
    values = _values(table, of, rows[of.name], leaving).to_pylist()
    name = f'<field name="{of.logical}" value='
    if of.name != "customerid" and (table, of.name) not in TARGETS:
        return ["" if each is None else f"{name}{_quoted(each)} />" for each in values]
    if of.name == "customerid":
        missing = pd.Series(None, index=rows.index, dtype="str")
        targets = pa.array(rows.get("customertype", missing), pa.string()).to_pylist()
        shown = pa.array(rows.get("customername", missing), pa.string()).to_pylist()
    else:
        target = TARGETS[table, of.name]
        targets = [target] * len(rows)
        known = rows[of.name].map(leaving.names(target)).astype("str")
        shown = pa.array(known, pa.string()).to_pylist()
    return [
        ""
        if each is None
        else f"{name}{_quoted(each)}"
        + ("" if target is None else f' lookupentity="{target}"')
        + ("" if label is None else f" lookupentityname={_quoted(label)}")
        + " />"
        for each, target, label in zip(values, targets, shown, strict=True)
    ]


def _values(table: str, of: Column, values: pd.Series, leaving: "Leaving") -> pa.Array:
    culture = leaving.culture
    if of.kind is Kind.DAY:
        return pa.array(_at_midnight(values, culture), pa.string())
    if of.kind is Kind.MOMENT:
        return moments(in_greenwich(values, leaving.zone), culture, seconds=True)
    if of.kind is Kind.AMOUNT:
        return amounts(values, culture, grouped=False)
    if of.kind is Kind.FLAG:
        words = {True: "True", False: "False"}
        return pa.array([words.get(each) for each in pa.array(values).to_pylist()], pa.string())
    if (of.kind in (Kind.WORD, Kind.ORIGIN) or of.name == "statusreason") and of.name not in (
        _OF_CUSTOMER
    ):
        return numbers(table, of.name, values)
    return as_texts(of, values, INVARIANT)


def _at_midnight(values: pd.Series, culture: Culture) -> pd.Series:
    midnight = " 12:00:00 AM" if culture.has_halves else " 00:00:00"
    return pd.Series(days(values, culture).to_pylist(), dtype="str") + midnight


def _links(table: str, tables: dict[str, pd.DataFrame], leaving: "Leaving") -> Iterator[str]:
    """Return the relationships between many and many that start at a table."""
    if table != "entitlement":
        return
    names = [name for name in LINKS if len(tables.get(name, ()))]
    if not names:
        return
    yield "<m2mrelationships>"
    for name in names:
        links = tables[name]
        key = links.columns[1]
        target = key[:-2]  # productid, contactid
        for source, targets in links.groupby("entitlementid", sort=False)[key]:
            ids = "".join(f"<targetid>{each}</targetid>" for each in targets)
            yield (
                f'<m2mrelationship sourceid={_quoted(str(source))} targetentityname="{target}" '
                f'targetentitynameidfield="{key}" m2mrelationshipname="{_RELATIONSHIPS[name]}">'
                f"<targetids>{ids}</targetids></m2mrelationship>"
            )
        leaving.wrote(len(links))
    yield "</m2mrelationships>"


def _schema(tables: dict[str, pd.DataFrame]) -> str:
    entities = "".join(
        _entity(table, rows, [name for name in LINKS if name in tables])
        for table, rows in tables.items()
        if table not in LINKS
    )
    return f"<entities>{entities}</entities>"


def _entity(table: str, rows: pd.DataFrame, links: list[str]) -> str:
    own_id = TABLES[table][0]
    primary = {own_id.name: ' primaryKey="true"'}
    fields = "".join(
        f'<field displayname="{each.logical}" name="{each.logical}" type="{_type(table, each)}"'
        f"{_target(table, each)}{primary.get(each.name, '')} />"
        for each in columns_in(table, rows)
        if each.name not in _OF_CUSTOMER
    )
    related = ""
    if table == "entitlement":
        related = "".join(
            f'<relationship name="{relationship}" manyToMany="true" isreflexive="false" '
            f'm2mTargetEntity="{TABLES[name][1].name[:-2]}" '
            f'm2mTargetEntityPrimaryKey="{TABLES[name][1].name}" />'
            for name, relationship in _RELATIONSHIPS.items()
            if name in links
        )
    return (
        f'<entity name="{table}" displayname="{table}" primaryidfield="{own_id.logical}" '
        f'primarynamefield="name" disableplugins="false"><fields>{fields}</fields>'
        f"<relationships>{related}</relationships></entity>"
    )


def _type(table: str, of: Column) -> str:
    if of.kind is Kind.ID:
        return "guid" if of is TABLES[table][0] else "entityreference"
    if of.name == "state":
        return "state"
    return "status" if of.name == "statusreason" else _TYPES[of.kind]


def _target(table: str, of: Column) -> str:
    if of.name == "customerid":
        return ' lookupType="account|contact"'
    target = TARGETS.get((table, of.name))
    return "" if target is None else f' lookupType="{target}"'


def _quoted(text: str) -> str:
    """Return a text as an attribute; what XML cannot hold becomes a replacement character."""
    return quoteattr(text.translate(_ILLEGAL), {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})


#: What no XML can hold.
_ILLEGAL: Final = dict.fromkeys(
    (*range(9), 11, 12, *range(14, 32), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF),
    "\N{REPLACEMENT CHARACTER}",
)
