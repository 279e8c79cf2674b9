"""Reading answers of the Dataverse Web API: pages of JSON, with annotations or without."""

import codecs
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, Final

import pyarrow as pa

from ..errors import FileError
from ..vocabulary.columns import LOGICAL_TABLES
from ..vocabulary.options import labelled
from .recognising import Source
from .sink import RowSink

#: Annotations of a property, and what an answer says of itself.
_LABEL: Final = "@OData.Community.Display.V1.FormattedValue"
_TARGET: Final = "@Microsoft.Dynamics.CRM.lookuplogicalname"
_NEXT: Final = "@odata.nextLink"
_CONTEXT: Final = "@odata.context"
_TYPE: Final = "@odata.type"

#: Bytes of a file at the most; a page of the service has 5,000 records.
_MOST_BYTES: Final = 500_000_000
#: Records that are turned into columns at a time.
_RECORDS_AT_A_TIME: Final = 20_000
#: Characters of a record that is set aside, or of a mistake that is quoted.
_SHOWN: Final = 200

_LOOKUP: Final = re.compile(r"_(\w+)_value")
_SET: Final = re.compile(r"\$metadata#(?:Collection\()?(?:[\w.]*\.)?(\w+)")
_ASKED_FOR: Final = re.compile(r"\$metadata#\w+\(([^()]*)\)")
_NESTED: Final = re.compile(r"(?<=\w)\([^()]*\)(?=[,)])")
_OLD_DATE: Final = re.compile(r"/Date\((-?\d{1,14})(?:[+-]\d{4})?\)/")
_BLANKS: Final = re.compile(r"[ \t\r\n]*")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

#: Navigation properties by which an answer carries what an entitlement lists: the table of such
#: links, and the property of the record that is linked.
_EXPANDED: Final = {
    "product_entitlement_association": ("product_link", "productid"),
    "entitlementcontacts_association": ("contact_link", "contactid"),
}

#: Columns of what changed, with the names that they have in the text of a log entry.
_OF_CHANGE: Final = {"attribute": "logicalName", "oldvalue": "oldValue", "newvalue": "newValue"}

#: Choices whose numbers may be anybody's own, so that their label says what they are.
_CHOICES: Final = ("caseorigincode", "channel", "statuscode")


@dataclass
class _Records:
    """Records of one table, with their numbers in the file."""

    numbers: list[int] = field(default_factory=list)
    records: list[dict[str, Any]] = field(default_factory=list)


def read(source: Source, rows: RowSink) -> None:
    """Put the records of a file into `rows`.

    A file is a page of the service (an object with ``value``), a record, a list of either, or a
    line for each. Of each property the value is taken, never how it is shown to somebody; only
    what a choice of one's own means is said by its label alone.

    Raises
    ------
    FileError
        It is no JSON, or an answer that says that something went wrong.
    """
    by_table: dict[str | None, _Records] = {}
    for number, (table, record) in enumerate(_records(_documents(_text(source)), rows), 1):
        if not isinstance(record, dict):
            rows.reject("no record", table=table, line=number, text=json.dumps(record)[:_SHOWN])
            continue
        kind = record.get(_TYPE)
        if isinstance(kind, str):
            table = _table_of(kind.rpartition(".")[2])
        elif _CONTEXT in record:
            table = _table_of_context(record[_CONTEXT]) or table
        gathered = by_table.setdefault(table, _Records())
        gathered.numbers.append(number)
        gathered.records.append(record)
    for table, gathered in by_table.items():
        _add(table, gathered, rows)


# ------------------------------------------------------------------------- from bytes to records


def _text(source: Source) -> str:
    content = source.read()
    if len(content) > _MOST_BYTES:
        raise FileError("has more than 500 MB; save its pages as files of their own")
    is_wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return content.decode("utf-16" if is_wide else "utf-8-sig")
    except UnicodeError:
        raise FileError("is neither UTF-8 nor UTF-16, as JSON is; save it once more") from None


class _Number(str):
    """A number as it is written, so that no decimal is lost."""

    __slots__ = ()


def _no_number(constant: str) -> Any:
    raise ValueError(f"{constant} is no number")


_DECODER: Final = json.JSONDecoder(
    parse_float=_Number, parse_int=_Number, parse_constant=_no_number
)


def _documents(text: str) -> Iterator[Any]:
    """Return the values that stand in a text, one after the other."""
    place = _BLANKS.match(text).end()  # type: ignore[union-attr]
    while place < len(text):
        try:
            document, place = _DECODER.raw_decode(text, place)
        except json.JSONDecodeError as error:
            raise FileError(
                f"is no JSON from line {error.lineno}, column {error.colno} on; it may be cut "
                "short: export it once more"
            ) from None
        except RecursionError:
            raise FileError("is nested more deeply than any answer of the service") from None
        except ValueError as error:
            raise FileError(f"is no JSON: {error}") from None
        yield document
        place = _BLANKS.match(text, place).end()  # type: ignore[union-attr]


def _records(documents: Iterable[Any], rows: RowSink) -> Iterator[tuple[str | None, Any]]:
    """Return the records of documents, each with the table that its page says."""
    for document in documents:
        if isinstance(document, list):
            yield from _records(document, rows)
            continue
        if isinstance(document, dict) and isinstance(document.get("body"), dict):
            document = document["body"]  # an answer with its status and head
        if isinstance(document, dict) and isinstance(document.get("error"), dict):
            said = str(document["error"].get("message", ""))[:_SHOWN]
            raise FileError(f"is no answer but a mistake ({said}); ask for the records once more")
        if not isinstance(document, dict) or not isinstance(document.get("value"), list):
            yield None, document
            continue
        table = _table_of_context(document.get(_CONTEXT))
        yield from ((table, record) for record in document["value"])
        if table is not None and not document["value"]:
            asked_for = _properties_asked_for(document[_CONTEXT])
            columns = {name: pa.array([], pa.string()) for name in asked_for or ["versionnumber"]}
            rows.add(pa.table(columns), table=table, is_plain=True)
        rows.pages.append((table, document.get(_NEXT) is not None))


def _table_of_context(context: Any) -> str | None:
    named = _SET.search(context) if isinstance(context, str) else None
    return _table_of(named[1]) if named else None


def _properties_asked_for(context: str) -> list[str]:
    """Return the columns of the properties that a context names: those that were asked for."""
    named = _ASKED_FOR.search(_NESTED.sub("", context))
    columns: list[str] = []
    for name in named[1].split(",") if named else ():
        lookup = _LOOKUP.fullmatch(name)
        if lookup is not None:
            columns += [lookup[1], f"{lookup[1]}type", f"{lookup[1]}name"]
        elif name == "changedata":
            columns += _OF_CHANGE
        else:
            columns.append(name)
    return columns


def _table_of(name: str) -> str:
    """Return the table of a set of entities, or of one of them; a name of none as it is."""
    name = name.casefold().removesuffix("collection")
    singular = name.removesuffix("s")
    table = next((n for n in (name, singular, f"{singular}s") if n in LOGICAL_TABLES), singular)
    return LOGICAL_TABLES.get(table, table)


# ------------------------------------------------------------------------- from records to columns


def _add(table: str | None, gathered: _Records, rows: RowSink) -> None:
    records, numbers = iter(gathered.records), iter(gathered.numbers)
    while batch := list(islice(records, _RECORDS_AT_A_TIME)):
        lines = list(islice(numbers, len(batch)))
        if table == "audit" and any("changedata" in record for record in batch):
            batch, lines = _changes(batch, lines)
        rows.add(pa.table(_columns(batch)), table=table, lines=lines, is_plain=True)
        if table in (None, "entitlement"):
            _add_links(batch, lines, rows)


def _columns(records: list[dict[str, Any]]) -> dict[str, pa.Array]:
    """Return columns by logical name: of a lookup its id, and its table and name beside it."""
    keys = dict.fromkeys(key for record in records for key in record)
    columns: dict[str, pa.Array] = {}
    for key in keys:
        if "@" in key or key in _EXPANDED:
            continue
        values = [record.get(key) for record in records]
        lookup = _LOOKUP.fullmatch(key)
        if lookup is not None:
            columns.setdefault(lookup[1], _texts(values))
            for suffix, annotation in (("type", _TARGET), ("name", _LABEL)):
                if key + annotation in keys:
                    said = _texts([record.get(key + annotation) for record in records])
                    columns.setdefault(lookup[1] + suffix, said)
            continue
        if key in _CHOICES:
            shown = [record.get(key + _LABEL) for record in records]
            values = [
                labelled(key, _text_of(value), _text_of(label))
                for value, label in zip(values, shown, strict=True)
            ]
        columns[key] = _texts(values)
    return columns


def _texts(values: list[Any]) -> pa.Array:
    try:
        texts = pa.array(values, pa.string())
    except (pa.ArrowTypeError, pa.ArrowInvalid):
        texts = pa.array([_text_of(value) for value in values], pa.string())
    if any(value is not None and value[:6] == "/Date(" for value in values if type(value) is str):
        texts = pa.array([_iso(text) for text in texts.to_pylist()], pa.string())
    return texts


def _text_of(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False)


def _iso(text: str | None) -> str | None:
    """Return a moment that PowerShell has written as milliseconds since 1970 as ISO has it."""
    milliseconds = _OLD_DATE.fullmatch(text or "")
    if milliseconds is None:
        return text
    try:
        return (_EPOCH + timedelta(milliseconds=int(milliseconds[1]))).isoformat()
    except OverflowError:
        return text


def _add_links(records: list[dict[str, Any]], lines: list[int], rows: RowSink) -> None:
    """Add what entitlements list, where the answer was asked to expand it."""
    for name, (table, key) in _EXPANDED.items():
        links = [
            (record.get("entitlementid"), linked.get(key), line)
            for record, line in zip(records, lines, strict=True)
            for linked in record.get(name) or ()
            if isinstance(linked, dict)
        ]
        if links:
            columns = {"entitlementid": [a for a, _, _ in links], key: [b for _, b, _ in links]}
            texts = {head: _texts(values) for head, values in columns.items()}
            rows.add(
                pa.table(texts), table=table, lines=[line for _, _, line in links], is_plain=True
            )


def _changes(
    records: list[dict[str, Any]], lines: list[int]
) -> tuple[list[dict[str, Any]], list[int]]:
    """Return a record for each value that changed, of log entries that have several."""
    changes: list[dict[str, Any]] = []
    numbers: list[int] = []
    for record, line in zip(records, lines, strict=True):
        try:
            said = _DECODER.decode(record.get("changedata") or "{}")
            changed = [dict(each) for each in said.get("changedAttributes", ())]
        except (ValueError, TypeError, AttributeError, RecursionError):
            changed = []
        entry = {key: value for key, value in record.items() if key != "changedata"}
        for change in changed:
            values = {column: change.get(name) for column, name in _OF_CHANGE.items()}
            changes.append(entry | values)
            numbers.append(line)
        if not changed:
            changes.append(entry)
            numbers.append(line)
    return changes, numbers
