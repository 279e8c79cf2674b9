"""A mapping file for exports, to be corrected by whoever knows them."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from ..publishing.placing import PlacingError, new_files
from .errors import ExportError, FileError, FileProblem, ForeignFileError
from .files.finding import MAPPING_FILE, find_files
from .files.recognising import Source
from .files.sink import Batch
from .reading import rows_of
from .understanding.dates import Moments
from .understanding.values import Texts, is_text
from .vocabulary.columns import CASE_STATES, TABLES, Kind
from .vocabulary.foreign_heads import CASES, EVENT_TIMES, EVENTS, RESOLUTIONS, STATES, bare, guess
from .vocabulary.heads import columns_of, table_named, tables_fitting
from .vocabulary.labels import words_of

#: Labels of a column that are shown at the most.
_MOST_LABELS: Final = 40

_BEGINNING: Final = """\
# What the exports in this folder mean, as far as it shows. Correct it, then:
#   entitlement-sim import FOLDER            (takes mapping.yaml of the folder)
#   entitlement-sim import PATH --mapping FILE
#
# An entry a table: several entries may be about one file, and give several tables of it.
#   file      its name; * and ? stand for any letters
#   table     a table of a book, or none to leave the file out
#   columns   column of the book: head of the file, or [date, time] where two heads make one
#   values    column of the book: the same value for every row
#   labels    column of the book: {label of the file: word}
#   dates     day-first or month-first, where no value of the file decides
#   times     utc, where times without an offset are those of Greenwich; else local
#   decimal   ',' or '.', where no value of the file decides
#   missing   [what else stands for nothing]
#   repeated  first or last: which row of a record that stands on several rows is taken
#   separator, encoding, sheet: where they cannot be told
# Tables and their columns:
"""


@dataclass
class _Entry:
    """An entry as it is suggested."""

    file: str
    table: str
    columns: dict[str, str]
    times: dict[str, str] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)
    labels: dict[str, dict[str, str]] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)


def suggest_mapping(folder: str | Path) -> Path:
    """Write ``mapping.yaml`` for the exports of a folder, to be corrected.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ExportError
        There is no such folder, or a mapping file stands there already.
    """
    place = Path(folder)
    if not place.is_dir():
        raise ExportError(
            [FileProblem(str(place), "is no folder; --suggest wants that of exports")]
        )
    texts = [_BEGINNING, *_tables(), "\nfiles:\n"]
    texts += [_suggested(item) for item in find_files((place,))]
    text = "".join(texts)
    if text.endswith("files:\n"):
        raise ExportError([FileProblem(str(place), "has no file that a mapping could be about")])
    if "\n  - file:" not in text:
        text = text.replace("\nfiles:\n", "\nfiles: []\n")
    try:
        new_files({MAPPING_FILE: text.encode()}, place)
    except FileExistsError:
        message = "is there already; move it away, or correct it"
        raise ExportError([FileProblem(str(place / MAPPING_FILE), message)]) from None
    except PlacingError as error:
        raise ExportError([FileProblem(str(place / MAPPING_FILE), str(error))]) from None
    return place / MAPPING_FILE


def _tables() -> list[str]:
    return [
        f"#   {name}: {', '.join(c.name for c in columns)}\n" for name, columns in TABLES.items()
    ]


def _suggested(item: tuple[Source, bool] | FileProblem) -> str:
    """Return the entries of a file, or why there is none."""
    if isinstance(item, FileProblem):
        return _remark(str(item))
    source, _ = item
    try:
        sink = rows_of(source)
    except ForeignFileError as error:
        return _remark(f"{source.name} {error}: it is left out")
    except (FileError, OSError) as error:
        return _remark(f"{source.name}: {error}")
    if sink.form in ("dataverse-json", "migration-zip"):
        return _remark(f"{source.name} says itself what it holds")
    name = Path(source.name).name
    texts = [_written(entry) for batch in sink.batches for entry in _entries(name, batch)]
    return "".join(texts) or _remark(f"{source.name} has no rows")


def _entries(file: str, batch: Batch) -> list[_Entry]:
    """Return what a table of a file may be: of a live system, or of another."""
    heads = batch.rows.column_names
    table = table_named(batch.table) if batch.table else None
    fitting = [table] if table else tables_fitting(heads, batch.heads)
    if fitting:
        entries = [_Entry(file, fitting[0], columns_of(fitting[0], heads, batch.heads))]
        if len(fitting) > 1:
            entries[0].remarks.append(f"or table: {', '.join(fitting[1:])}")
    else:
        entries = _of_another_system(file, batch)
    for entry in entries:
        if batch.place:
            entry.said["sheet"] = batch.place
        _say_labels_of(entry, batch)
        used = {*entry.columns.values(), *entry.times.values()}
        unused = [head for head in heads if head not in used]
        if unused:
            entry.remarks.append(f"not used: {', '.join(unused)}")
    _say_order(entries, batch)
    return entries


def _of_another_system(file: str, batch: Batch) -> list[_Entry]:
    """Return cases and, where something says when they were resolved, their resolutions."""
    heads = batch.rows.column_names
    cases = guess(CASES, heads)
    resolutions = guess(RESOLUTIONS, heads)
    if "incidentid" not in cases or "createdon" not in cases:
        entry = _Entry(file, "none", {})
        entry.remarks.append("no column shows which case a row is of, and when it was created")
        return [entry]
    bares = {bare(head) for head in heads}
    is_log = bool(bares & set(EVENTS)) and bare(cases["createdon"]) in EVENT_TIMES
    entries = [_Entry(file, "incident", cases)]
    if "customerid" not in cases:
        entries[0].remarks.append("no column shows the customer; without one, all are of one")
    if is_log:
        entries[0].said["repeated"] = "first"
        entries[0].remarks.append("an event log: the first row of a case is its creation")
        ends = dict.fromkeys(("activityid", "incidentid"), cases["incidentid"])
        ends["createdon"] = cases["createdon"]
        entries.append(_Entry(file, "incidentresolution", ends, said={"repeated": "last"}))
        entries[1].remarks.append("the last row of a case is taken for its resolution")
    elif "createdon" in resolutions:
        entries.append(_Entry(file, "incidentresolution", resolutions))
    clock = next((head for head in heads if _is_clock(batch, head)), None)
    if clock is not None and not _has(batch, cases["createdon"], _CLOCK):
        entries[0].times["createdon"] = clock
    if (
        "customerid" in cases
        and not is_log
        and cases.get("primarycontactid") == cases["customerid"]
    ):
        del cases["primarycontactid"]
    return entries


#: A time of the day, and a head beside a day that may be one.
_CLOCK: Final = r"\d{1,2}:\d{2}"
_CLOCK_HEADS: Final = ("time", "hour", "created time", "opened time", "hora", "uhrzeit", "heure")


def _is_clock(batch: Batch, head: str) -> bool:
    return bare(head) in _CLOCK_HEADS and _has(batch, head, rf"^{_CLOCK}")


def _has(batch: Batch, head: str, pattern: str) -> bool:
    """Whether some text of a column fits a pattern."""
    column = batch.rows[head]
    if not is_text(column):
        return False
    return bool(pc.any(pc.match_substring_regex(Texts(column).different, pattern)).as_py())


def _say_order(entries: list[_Entry], batch: Batch) -> None:
    """Ask for the order of day and month, where no value of the file decides it."""
    orders: dict[str, tuple[bool, bool, bool]] = {}
    for entry in entries:
        for c in TABLES.get(entry.table, ()):
            head = entry.columns.get(c.name)
            if c.kind in (Kind.DAY, Kind.MOMENT) and head and is_text(batch.rows[head]):
                orders[head] = Moments(Texts(batch.rows[head]).different).orders()
    if any(day or month for day, month, _ in orders.values()):
        return
    open_heads = [head for head, (_, _, is_open) in orders.items() if is_open]
    if open_heads:
        for entry in entries:
            entry.remarks.insert(
                0, f"dates: day-first   # or month-first: {open_heads[0]} fits both"
            )


def _say_labels_of(entry: _Entry, batch: Batch) -> None:
    """Say which labels have to be given a meaning."""
    for c in TABLES.get(entry.table, ()):
        head = entry.columns.get(c.name)
        if head is not None and c.kind is Kind.WORD and is_text(batch.rows[head]):
            known = words_of(entry.table, c.name, c.words)
            _say_labels(entry, c.name, known, Texts(batch.rows[head]).different)


def _say_labels(entry: _Entry, column: str, known: dict[str, str], texts: pa.Array) -> None:
    labels = [text for text in texts.to_pylist() if text]
    unknown = [label for label in labels if label.casefold() not in known]
    meant: dict[str, str] = {}
    if (entry.table, column) == ("incident", "state") and entry.table != "none":
        elsewhere = {label: word for word in CASE_STATES for label in STATES[word]}
        if unknown or not set(labels) <= {"0", "1", "2"}:
            meant = {
                label: elsewhere[label.casefold()]
                for label in labels
                if label.casefold() in elsewhere
            }
    if meant:
        entry.labels[column] = dict(sorted(meant.items()))
    open_labels = [label for label in unknown if label not in meant]
    if open_labels:
        shown = ", ".join(
            json.dumps(label, ensure_ascii=False) for label in open_labels[:_MOST_LABELS]
        )
        entry.remarks.append(f"labels of {column} that need a meaning: {shown}")


def _written(entry: _Entry) -> str:
    """Return an entry in YAML, with what is unsure as remarks."""
    lines = [f"\n  - file: {_quoted(entry.file)}", f"    table: {entry.table}"]
    lines += [f"    {key}: {_quoted(value)}" for key, value in entry.said.items()]
    if entry.columns:
        lines.append("    columns:")
    for name, head in entry.columns.items():
        time = entry.times.get(name)
        heads = _quoted(head) if time is None else f"[{_quoted(head)}, {_quoted(time)}]"
        lines.append(f"      {name}: {heads}")
    if entry.labels:
        lines.append("    labels:")
    for column, labels in entry.labels.items():
        lines.append(f"      {column}:")
        lines += [f"        {_quoted(label)}: {word}" for label, word in labels.items()]
    return "\n".join(lines) + "\n" + "".join(_remark(remark, 4) for remark in entry.remarks)


def _quoted(text: Any) -> str:
    return json.dumps(str(text), ensure_ascii=not str(text).isprintable())


def _remark(text: str, indent: int = 2) -> str:
    line = " ".join(text.split())
    return f"{' ' * indent}# {line}\n"
