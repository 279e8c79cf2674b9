"""Writing pages of the Dataverse Web API, with their annotations."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pandas as pd
import pyarrow as pa

from ..vocabulary.columns import Column, Kind, columns_in
from ..vocabulary.cultures import INVARIANT, days, in_greenwich, moments
from .forms import TARGETS
from .shown import as_texts, labels, numbers

if TYPE_CHECKING:
    from .writing import Leaving

#: Records of a page.
PAGE: Final = 5_000

_SERVICE: Final = "https://org.crm.dynamics.com/api/data/v9.2/"
_LABEL: Final = "@OData.Community.Display.V1.FormattedValue"
_TARGET: Final = "@Microsoft.Dynamics.CRM.lookuplogicalname"

#: Names of the sets of entities, where they are no plural in "s".
_SETS: Final = {
    "product_link": "entitlementproductscollection",
    "contact_link": "entitlementcontactscollection",
}

#: Columns by which a log entry is taken apart; the values are within its ``changedata``.
_OF_CHANGE: Final = {"column": "logicalName", "old": "oldValue", "new": "newValue"}

#: The column that may lead to records of two tables; what else is known of it are annotations.
_CUSTOMER: Final = "customerid"
_OF_CUSTOMER: Final = ("customertype", "customername")


def write(leaving: "Leaving", folder: Path) -> None:
    """Write the pages of each table, each but the last with the place of the next."""
    for table, rows in leaving:
        set_name = _SETS.get(table, f"{table}s")
        pages = max(1, -(-len(rows) // PAGE))
        digits = max(4, len(str(pages)))
        for page in range(pages):
            part = rows.iloc[page * PAGE : (page + 1) * PAGE]
            asked_for = ",".join(_names(table, rows))
            context = f"{_SERVICE}$metadata#{set_name}({asked_for})"
            answer: dict[str, object] = {"@odata.context": context}
            if page + 1 < pages:
                cookie = f"%3Ccookie%20pagenumber=%22{page + 2}%22%20/%3E"
                answer["@odata.nextLink"] = f"{_SERVICE}{set_name}?$skiptoken={cookie}"
            answer["value"] = _records(table, part, leaving, page * PAGE)
            name = f"{set_name}-{str(page + 1).zfill(digits)}.json"
            text = json.dumps(answer, ensure_ascii=False, indent=None, separators=(",", ":"))
            (folder / name).write_text(f"{text}\n", encoding="utf-8", newline="\n")
            leaving.wrote(len(part))


def _names(table: str, rows: pd.DataFrame) -> list[str]:
    """Return the names of the properties of a table, as one asks for them."""
    columns = [each for each in columns_in(table, rows) if each.name not in _OF_CUSTOMER]
    names = [
        f"_{each.logical}_value" if _is_lookup(table, each.name) else each.logical
        for each in columns
        if table != "audit" or each.name not in _OF_CHANGE
    ]
    return [*names, "changedata"] if table == "audit" else names


def _is_lookup(table: str, name: str) -> bool:
    return name == _CUSTOMER or (
        table not in _SETS and ((table, name) in TARGETS or (table, name) == ("audit", "recordid"))
    )


def _records(
    table: str, rows: pd.DataFrame, leaving: "Leaving", before: int
) -> list[dict[str, object]]:
    properties: dict[str, list[object]] = {}
    versions = range(1_000_001 + before, 1_000_001 + before + len(rows))
    properties["@odata.etag"] = [f'W/"{version}"' for version in versions]
    for of in columns_in(table, rows):
        if of.name in _OF_CUSTOMER or (table == "audit" and of.name in _OF_CHANGE):
            continue
        for key, values in _properties(table, of, rows, leaving).items():
            properties[key] = values if isinstance(values, list) else values.to_pylist()
    if table == "audit":
        properties["changedata"] = _changes(rows)
    if table not in _SETS:
        properties["versionnumber"] = list(versions)
    keys = list(properties)
    return [
        {
            key: value
            for key, value in zip(keys, values, strict=True)
            if value is not None or "@" not in key
        }
        for values in zip(*properties.values(), strict=True)
    ]


def _properties(
    table: str, of: Column, rows: pd.DataFrame, leaving: "Leaving"
) -> dict[str, "pa.Array | pa.ChunkedArray | list[object]"]:
    """Return the property of a column, after the annotations that it has."""
    name, plain, values = of.name, of.logical, rows[of.name]
    if table == "audit" and name == "recordid":
        return {
            f"_objectid_value{_TARGET}": pa.array(rows["table"], pa.string()),
            "_objectid_value": pa.array(values, pa.string()),
        }
    if _is_lookup(table, name):
        plain = f"_{of.logical}_value"
        ids = pa.array(values, pa.string())
        if name == _CUSTOMER:
            shown = rows.get("customername", pd.Series(None, index=rows.index, dtype="str"))
            targets = rows.get("customertype", pd.Series(None, index=rows.index, dtype="str"))
        else:
            shown = values.map(leaving.names(TARGETS[table, name])).astype("str")
            targets = pd.Series(TARGETS[table, name], index=rows.index).where(values.notna())
        return {
            plain + _LABEL: pa.array(shown, pa.string()),
            plain + _TARGET: pa.array(targets.astype("str"), pa.string()),
            plain: ids,
        }
    if of.kind is Kind.DAY:
        iso = pd.Series(days(values, INVARIANT).to_pylist(), dtype="str") + "T00:00:00Z"
        return {plain + _LABEL: days(values, leaving.culture), plain: pa.array(iso, pa.string())}
    if of.kind is Kind.MOMENT:
        utc = moments(in_greenwich(values, leaving.zone), INVARIANT, seconds=True)
        iso = pd.Series(utc.to_pylist(), dtype="str").str.replace(" ", "T") + "Z"
        shown = moments(values, leaving.culture, seconds=False)
        return {plain + _LABEL: shown, plain: pa.array(iso, pa.string())}
    if of.kind is Kind.AMOUNT:
        shown = as_texts(of, values, leaving.culture)
        return {plain + _LABEL: shown, plain: _decimals(values)}
    if of.kind is Kind.FLAG:
        return {plain + _LABEL: as_texts(of, values, leaving.culture), plain: pa.array(values)}
    if of.kind is Kind.MINUTES:
        return {plain + _LABEL: as_texts(of, values, leaving.culture), plain: pa.array(values)}
    if of.kind in (Kind.WORD, Kind.ORIGIN) or name == "statusreason":
        codes = [None if n is None else int(n) for n in numbers(table, name, values).to_pylist()]
        return {plain + _LABEL: labels(values), plain: codes}
    return {plain: pa.array(values, pa.string())}


def _decimals(values: pd.Series) -> list[object]:
    """Return amounts as numbers of JSON, of up to 2**53 hundredths each with all its digits."""
    hundredths = pa.array(values, pa.int64()).to_pylist()
    return [None if each is None else each / 100 for each in hundredths]


def _changes(rows: pd.DataFrame) -> list[object]:
    """Return what changed, as a text of JSON within the record."""
    present = [name for name in _OF_CHANGE if name in rows]
    names = [_OF_CHANGE[name] for name in present]
    lists = [pa.array(rows[name], pa.string()).to_pylist() for name in present]
    return [
        json.dumps({"changedAttributes": [dict(zip(names, values, strict=True))]})
        for values in zip(*lists, strict=True)
    ]
