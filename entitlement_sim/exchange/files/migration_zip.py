"""Reading zips of the Configuration Migration tool, alone or within the zip of a package."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import BinaryIO, Final, cast
from xml.etree.ElementTree import Element, ParseError

import pyarrow as pa
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from ..errors import FileError
from ..vocabulary.columns import LOGICAL_TABLES, TABLES, Kind
from ..vocabulary.heads import columns_of, table_named
from ..vocabulary.options import labelled
from .recognising import Source
from .sink import RowSink
from .unpacking import check_zip

_DATA: Final = "data.xml"
_SCHEMAS: Final = ("data_schema.xml", "schema.xml")

#: Zips within a zip, and how deep they may lie in each other.
_MOST_ZIPS: Final = 20
_DEEPEST: Final = 2

#: Records that are turned into columns at a time.
_RECORDS_AT_A_TIME: Final = 20_000

#: Type of each field of each entity.
_Types = dict[tuple[str | None, str], str]

_CHOICES: Final = ("caseorigincode", "channel", "statuscode")


def read(source: Source, rows: RowSink) -> None:
    """Put the records of a migration zip into `rows`, those of each zip within it too.

    Names in a zip are never those of files on the disk: nothing is unpacked.

    Raises
    ------
    FileError
        It is damaged, unpacks to too much, or its XML is not that of the tool.
    """
    with source.open() as stream:
        if not _read_zip(stream, rows, 0, [0]):
            raise FileError("is a zip without data.xml; unpack it, and import the files in it")


def _read_zip(stream: BinaryIO, rows: RowSink, depth: int, zips: list[int]) -> int:
    """Read every migration of a zip; return how many there are."""
    zips[0] += 1
    if depth > _DEEPEST or zips[0] > _MOST_ZIPS:
        raise FileError("has too many zips within each other to be a package; take them out of it")
    check_zip(stream)
    count = 0
    with zipfile.ZipFile(stream) as archive:
        members = {member.filename: member for member in archive.infolist()}
        for name, member in members.items():
            path = PurePosixPath(name.replace("\\", "/"))
            if path.name.casefold() == _DATA:
                beside = {other.replace("\\", "/").casefold(): other for other in members}
                folder = "" if str(path.parent) == "." else f"{path.parent}/"
                schemas = [beside.get(f"{folder}{s}".casefold()) for s in _SCHEMAS]
                schema = next((place for place in schemas if place is not None), None)
                types = {}
                if schema is None:
                    rows.note("has no data_schema.xml, so that the names of columns say their type")
                else:
                    with archive.open(schema) as content:
                        types = _types(cast(BinaryIO, content))
                with archive.open(member) as content:
                    _read_data(cast(BinaryIO, content), types, rows)
                count += 1
            elif path.suffix.casefold() == ".zip":
                with archive.open(member) as content:
                    inner = io.BytesIO(content.read())
                count += _read_zip(inner, rows, depth + 1, zips)
    return count


# ------------------------------------------------------------------------- XML


class _Content(io.RawIOBase):
    """A file in a zip without the blank lines before its first element."""

    def __init__(self, content: BinaryIO) -> None:
        self._content = content
        self._begun = b""
        while not self._begun:
            piece = content.read(65_536)
            if not piece:
                break
            self._begun = piece.lstrip(b" \t\r\n")

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes."""
        begun, self._begun = self._begun, b""
        return begun or self._content.read(size)


def _elements(content: BinaryIO) -> Iterator[tuple[str, Element]]:
    """Return the beginnings and ends of the elements of a file.

    Raises
    ------
    FileError
        It is no XML, or XML that defines or includes something.
    """
    try:
        yield from iterparse(_Content(content), events=("start", "end"), forbid_dtd=True)
    except DefusedXmlException:
        raise FileError(
            "has XML with a document type or entities, which the tool never writes; it is not read"
        ) from None
    except (ParseError, LookupError, ValueError) as error:
        raise FileError(f"has XML that is damaged ({error}); export it once more") from None


def _types(schema: BinaryIO) -> _Types:
    """Return the type of each field of each entity, and of the links that go along."""
    types: _Types = {}
    entity = ""
    for event, element in _elements(schema):
        if event == "start" and element.tag == "entity":
            entity = element.get("name", "").casefold()
        elif event == "end" and element.tag == "field":
            name = element.get("name", "").casefold()
            types[entity, name] = element.get("type", "").casefold()
        elif event == "end" and element.tag == "relationship":
            links = LOGICAL_TABLES.get(element.get("name", "").casefold())
            types |= {(links, each.logical): "guid" for each in TABLES.get(links or "", ())}
    return types


class _Table:
    """Records of an entity that are still to be added, and their numbers."""

    def __init__(self, entity: str, types: _Types, rows: RowSink) -> None:
        self.entity = entity
        self.table = table_named(entity)
        self.types = types
        self.rows = rows
        self.records: list[dict[str, str]] = []
        self.first = 1

    def add(self, record: dict[str, str]) -> None:
        self.records.append(record)
        if len(self.records) == _RECORDS_AT_A_TIME:
            self.flush()

    def flush(self) -> None:
        """Add what is gathered, with every field of the schema: an absent one has no value."""
        if self.table is None:
            return
        heads = {name: None for entity, name in self.types if entity == self.entity}
        heads |= dict.fromkeys(head for record in self.records for head in record)
        columns = {
            head: pa.array([record.get(head) for record in self.records], pa.string())
            for head in heads
        }
        numbers = range(self.first, self.first + len(self.records))
        self.rows.add(pa.table(columns), table=self.table, lines=list(numbers))
        self.first += len(self.records)
        self.records = []

    def is_moment(self, field: str) -> bool:
        """Whether a field is a moment, which the tool writes as it is in Greenwich."""
        kind = self.types.get((self.entity, field))
        if kind is not None:
            return kind == "datetime"
        column = next(iter(columns_of(self.table or "", [field], {})), None) if self.table else None
        return column is not None and any(
            c.name == column and c.kind in (Kind.DAY, Kind.MOMENT) for c in TABLES[self.table or ""]
        )


def _read_data(content: BinaryIO, types: _Types, rows: RowSink) -> None:
    links = {name: _Table(name, types, rows) for name in sorted(set(LOGICAL_TABLES.values()))}
    of: _Table | None = None
    records: Element | None = None
    is_known = False
    for event, element in _elements(content):
        if not is_known and element.tag not in ("entities", "ImportExportXml"):
            raise FileError("has a data.xml that is none of the Configuration Migration tool")
        is_known = True
        if event == "start":
            if element.tag == "entity":
                of = _Table(element.get("name", "").casefold(), types, rows)
            elif element.tag == "records":
                records = element
        elif of is None:
            continue
        elif element.tag == "record":
            of.add(_record(element, of))
            if records is not None:
                records.clear()  # or all that were read would stay in memory
        elif element.tag == "m2mrelationship":
            _link(element, of.entity, links)
            element.clear()
        elif element.tag == "entity":
            of.flush()
            if of.table is None:
                rows.note(f"has records of '{of.entity}', which no book has; they are left out")
            of = None
            element.clear()
    for table in links.values():
        if table.records or any(entity == table.entity for entity, _ in types):
            table.flush()


def _record(element: Element, of: _Table) -> dict[str, str]:
    """Return the fields of a record that has them, a lookup's table and name beside its id."""
    record: dict[str, str] = {}
    for field in element.findall("field"):  # those of the record itself, not of its parties
        name, value = field.get("name", "").casefold(), field.get("value")
        if not name or value is None:
            continue
        if name in _CHOICES:
            value = labelled(name, value, None) or value
        elif of.is_moment(name) and value and not value.endswith("Z"):
            value = f"{value} UTC"
        record[name] = value
        for suffix, attribute in (("type", "lookupentity"), ("name", "lookupentityname")):
            said = field.get(attribute)
            if said is not None:
                record.setdefault(f"{name}{suffix}", said)
    own_id = TABLES[of.table][0].logical if of.table is not None else f"{of.entity}id"
    if element.get("id"):
        record.setdefault(own_id, element.get("id", ""))
    return record


def _link(element: Element, entity: str, links: dict[str, _Table]) -> None:
    name = element.get("m2mrelationshipname", "").casefold()
    table = LOGICAL_TABLES.get(name)
    target = element.get("targetentityname", "").casefold()
    if table is None or "entitlement" not in (entity, target):
        return
    source_key, target_key = f"{entity}id", f"{target}id"
    for each in element.iter("targetid"):
        if each.text:
            links[table].add(
                {source_key: element.get("sourceid", ""), target_key: each.text.strip()}
            )
