"""Writing pages of the Dataverse Web API, with their annotations."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pandas as pd
import pyarrow as pa

from .columns import Kind, column
from .cultures import INVARIANT, days, in_greenwich, moments
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

#: Records that a property may lead to, where these are of several tables.
_CUSTOMERS: Final = "customerid"


def write(leaving: "Leaving", folder: Path) -> None:
    """Write the pages of each table, each but the last with the place of the next."""
    for table, rows in leaving:
        set_name = _SETS.get(table, f"{table}s")
        pages = max(1, -(-len(rows) // PAGE))
        digits = max(4, len(str(pages)))
        for page in range(pages):
            part = rows.iloc[page * PAGE : (page + 1) * PAGE]
            answer: dict[str, object] = {"@odata.context": f"{_SERVICE}$metadata#{set_name}"}
            if page + 1 < pages:
                cookie = f"%3Ccookie%20pagenumber=%22{page + 2}%22%20/%3E"
                answer["@odata.nextLink"] = f"{_SERVICE}{set_name}?$skiptoken={cookie}"
            answer["value"] = _records(table, part, leaving, page * PAGE)
            name = f"{set_name}-{str(page + 1).zfill(digits)}.json"
            text = json.dumps(answer, ensure_ascii=False, indent=None, separators=(",", ":"))
            (folder / name).write_text(f"{text}\n", encoding="utf-8", newline="\n")
            leaving.wrote(len(part))


def _records(
    table: str, rows: pd.DataFrame, leaving: "Leaving", before: int
) -> list[dict[str, object]]:
    properties: dict[str, list[object]] = {}
    versions = range(1_000_001 + before, 1_000_001 + before + len(rows))
    properties["@odata.etag"] = [f'W/"{version}"' for version in versions]
    for name in rows:
        if table == "audit" and name in _OF_CHANGE:
            continue
        if name in ("customertype", "customername"):
            continue  # annotations of the customer
        for key, values in _properties(table, name, rows, leaving).items():
            properties[key] = values.to_pylist() if isinstance(values, pa.Array) else list(values)
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
    table: str, name: str, rows: pd.DataFrame, leaving: "Leaving"
) -> dict[str, "pa.Array | list[object]"]:
    """Return the property of a column, after the annotations that it has."""
    of, values = column(table, name), rows[name]
    plain = of.logical
    if name == _CUSTOMERS or (table, name) in TARGETS and table not in _SETS:
        plain = f"_{of.logical}_value"
        ids = pa.array(values, pa.string())
        if name == _CUSTOMERS:
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
    if table == "audit" and name == "recordid":
        return {
            f"_objectid_value{_TARGET}": pa.array(rows["table"], pa.string()),
            "_objectid_value": pa.array(values, pa.string()),
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
    """Return hundredths as numbers of JSON: up to 2**53 of them, the quotient is written exactly."""
    return [
        None if missing else int(each) / 100
        for each, missing in zip(values, values.isna(), strict=True)
    ]


def _changes(rows: pd.DataFrame) -> list[object]:
    """Return what changed, as a text of JSON within the record."""
    present = [name for name in _OF_CHANGE if name in rows]
    names = [_OF_CHANGE[name] for name in present]
    lists = [pa.array(rows[name], pa.string()).to_pylist() for name in present]
    return [
        json.dumps({"changedAttributes": [dict(zip(names, values, strict=True))]})
        for values in zip(*lists, strict=True)
    ]
