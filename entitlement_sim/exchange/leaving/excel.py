"""Writing workbooks as Export to Excel gives them: a table, and a hidden sheet that explains it."""

import base64
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import pandas as pd
import pyarrow as pa

from ...store.workbook import new_workbook
from ..vocabulary.columns import TABLES, Column, Kind, columns_in
from ..vocabulary.cultures import INVARIANT
from ..vocabulary.options import LABELS, NUMBERS
from .forms import TARGETS
from .shown import as_texts, labels

if TYPE_CHECKING:
    from .writing import Leaving

#: Rows at which Export to Excel stops; more of them go into several workbooks, none of them full.
MOST_ROWS: Final = 100_000

#: When every workbook says that it was made, so that the same records give the same bytes.
_MADE: Final = pd.Timestamp("1980-01-01").to_pydatetime()

#: How people call tables, and columns that are not called as their logical names are.
_TABLES: Final = {
    "entitlement": "Entitlement",
    "entitlementchannel": "Entitlement Channel",
    "entitlementtemplate": "Entitlement Template",
    "entitlementtemplatechannel": "Entitlement Template Channel",
    "incident": "Case",
    "incidentresolution": "Case Resolution",
    "activitypointer": "Activity",
    "account": "Account",
    "contact": "Contact",
    "product": "Product",
}
_HEADS: Final = {
    "name": "Name",
    "customerid": "Customer",
    "startdate": "Start Date",
    "enddate": "End Date",
    "allocation": "Allocation Type",
    "decrease_on": "Decrease Remaining On",
    "totalterms": "Total Terms",
    "remainingterms": "Remaining Terms",
    "restrict": "Restrict based on entitlement terms",
    "isdefault": "Is Default",
    "templateid": "Entitlement Template",
    "state": "Status",
    "createdon": "Created On",
    "price": "Price",
    "currency": "Currency",
    "renewed_from": "Renewed From",
    "entitlementid": "Entitlement",
    "channel": "Channel",
    "ticketnumber": "Case Number",
    "title": "Case Title",
    "productid": "Product",
    "primarycontactid": "Contact",
    "origin": "Origin",
    "statusreason": "Status Reason",
    "decrement": "Decrement Entitlement Terms",
    "isdecrementing": "Is Decrementing",
    "masterid": "Master Case",
    "parentcaseid": "Parent Case",
    "incidentid": "Regarding",
    "timespent": "Billable Time",
    "minutes": "Duration",
    "ended": "Actual End",
    "parent": "Company Name",
    "segment": "Segment",
    "subaccount": "Account of the Customer",
}
#: Heads of columns that another table has by another name.
_OTHER_HEADS: Final = {("account", "parent"): "Parent Account"}
_PROTECTED: Final = "(Do Not Modify)"
_FORMATS: Final = {Kind.DAY: "yyyy-mm-dd", Kind.MOMENT: "yyyy-mm-dd hh:mm", Kind.AMOUNT: "#,##0.00"}

_OPTIONS: Final = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": False,
}


def write(leaving: "Leaving", folder: Path) -> None:
    """Write a workbook for each table, or several where one would be full."""
    for table, rows in leaving:
        parts = len(rows) // MOST_ROWS + 1
        size = -(-len(rows) // parts) if len(rows) else 1
        for part in range(parts):
            name = table if parts == 1 else f"{table} {part + 1}"
            _write_workbook(
                folder / f"{name}.xlsx", table, rows.iloc[part * size : (part + 1) * size], leaving
            )


def _write_workbook(file: Path, table: str, rows: pd.DataFrame, leaving: "Leaving") -> None:
    own_id = TABLES[table][0]
    others = [
        each
        for each in columns_in(table, rows)
        if each.name not in (own_id.name, "modifiedon", "customername")
    ]
    heads = [
        f"{_PROTECTED} {_TABLES[table]}",
        f"{_PROTECTED} Row Checksum",
        f"{_PROTECTED} Modified On",
        *(_OTHER_HEADS.get((table, each.name)) or _HEADS[each.name] for each in others),
    ]
    logical = [own_id.logical, "checksumLogicalName", "modifiedon", *(c.logical for c in others)]
    changed = (
        rows["modifiedon"]
        if "modifiedon" in rows
        else pd.Series(pd.NaT, index=rows.index, dtype="datetime64[us]")
    )
    modified = Column("modifiedon", Kind.MOMENT, "modifiedon")
    cells = [rows[own_id.name].tolist(), _checksums(table, rows)]
    cells.append(_cells(table, modified, changed, leaving))
    cells += [_cells(table, each, rows[each.name], leaving) for each in others]
    with new_workbook(file, _OPTIONS) as workbook:
        workbook.set_properties({"created": _MADE, "author": "entitlement-sim"})
        formats = {kind: workbook.add_format({"num_format": f}) for kind, f in _FORMATS.items()}
        sheet = workbook.add_worksheet(_TABLES[table])
        sheet.vba_codename = "dataSheet"
        hidden = workbook.add_worksheet("hiddenSheet")
        hidden.vba_codename = "hiddenDataSheet"
        hidden.very_hidden()
        kinds = [Kind.ID, Kind.TEXT, Kind.MOMENT, *(c.kind for c in others)]
        for place, (values, kind) in enumerate(zip(cells, kinds, strict=True)):
            _fill(sheet, place, values, formats.get(kind))
            leaving.wrote(len(rows) if place == 0 else 0)
        sheet.add_table(
            0,
            0,
            max(len(rows), 1),
            len(heads) - 1,
            {
                "name": "Table1",
                "columns": [{"header": head} for head in heads],
                "style": "Table Style Medium 2",
            },
        )
        sheet.set_column(0, 2, None, None, {"hidden": True})
        sheet.set_column(3, len(heads) - 1, 20)
        sheet.freeze_panes(1, 0)
        pairs = zip(logical, heads, strict=True)
        said = "&".join(f"{name}={quote(head, safe='')}" for name, head in pairs)
        hidden.write_string(0, 0, f"{table}:{_digest(said)}:{said}")
        choices = [c for c in others if (table, c.name) in NUMBERS]
        for place, choice in enumerate(choices, start=1):
            known = [LABELS.get(word, word) for word in NUMBERS[table, choice.name]]
            hidden.write_row(place, 0, known)


def _fill(sheet: Any, place: int, values: Sequence[Any], format: Any) -> None:
    for row, value in enumerate(values, start=1):
        if value is None:
            continue
        if isinstance(value, str):
            sheet.write_string(row, place, value)
        elif isinstance(value, (int, float)):
            sheet.write_number(row, place, value, format)
        else:
            sheet.write_datetime(row, place, value, format)


def _cells(table: str, of: Column, values: pd.Series, leaving: "Leaving") -> list[Any]:
    """Return what stands in the cells of a column; None where nothing does."""
    cells: list[Any]
    if of.kind in (Kind.DAY, Kind.MOMENT):
        cells = pa.array(values, pa.timestamp("us")).to_pylist()
    elif of.kind is Kind.AMOUNT:  # cells hold nothing but floats; two decimals survive in them
        cells = [None if each is None else each / 100 for each in pa.array(values).to_pylist()]
    elif of.kind is Kind.MINUTES:
        cells = pa.array(values, pa.int64()).to_pylist()
    elif of.kind is Kind.FLAG:
        words = {True: "Yes", False: "No"}
        cells = [words.get(each) for each in pa.array(values, pa.bool_()).to_pylist()]
    elif of.kind is Kind.WORD:
        cells = labels(values).to_pylist()
    else:
        cells = pa.array(_shown(table, of, values, leaving), pa.string()).to_pylist()
    return cells


def _shown(table: str, of: Column, values: pd.Series, leaving: "Leaving") -> pd.Series:
    """Return of a lookup the name of what it leads to, or its id where that has none."""
    if of.name == "customerid":
        known = pd.concat([leaving.names("account"), leaving.names("contact")])
    elif (table, of.name) in TARGETS:
        known = leaving.names(TARGETS[table, of.name])
    else:
        return values
    return values.map(known[~known.index.duplicated()]).astype("str").fillna(values)


def _checksums(table: str, rows: pd.DataFrame) -> list[str]:
    """Return what the live system knows a changed row by: 64 bytes in 88 letters."""
    texts = [
        as_texts(each, rows[each.name], INVARIANT).fill_null("").to_pylist()
        for each in columns_in(table, rows)
    ]
    return [_digest("\0".join(values)) for values in zip(*texts, strict=True)]


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha512(text.encode()).digest()).decode()
