"""Forms in which records leave, and what each of them can hold."""

from pathlib import Path
from typing import Final, Literal

from ...store.errors import RunError
from ...telling import listed, unknown
from ..vocabulary.columns import LINKS, TABLES
from ..vocabulary.cultures import CULTURES, INVARIANT, Culture

Form = Literal["excel", "csv", "parquet", "dataverse-json", "migration-zip", "duckdb"]

#: Forms of records, each with how it stores them.
FORMS: Final[dict[str, str]] = {
    "excel": "workbooks as Export to Excel gives them",
    "csv": "CSV files with logical names of columns",
    "parquet": "Parquet files with the names of a book",
    "dataverse-json": "pages of the Dataverse Web API",
    "migration-zip": "a zip of the Configuration Migration tool",
    "duckdb": "a copy of the run itself",
}

#: Tables that a form has not.
_NOT_IN: Final = {
    "excel": ("audit", *LINKS),
    "migration-zip": ("audit",),
}

#: Columns that a form has not, of whatever table: a workbook shows of a lookup its name alone.
_COLUMNS_NOT_IN: Final = {"excel": ("customertype",)}


def columns_held(form: str) -> dict[str, tuple[str, ...]]:
    """Return the columns of a book that a form holds, by table.

    In a workbook an id of another record is its name there, and only names that no two records
    have lead back to it. In a migration zip a channel or status reason of one's own is a number.

    Examples
    --------
    >>> "audit" in columns_held("csv"), "audit" in columns_held("migration-zip")
    (True, False)
    >>> columns_held("excel")["product"]
    ('id', 'name')
    """
    without = _COLUMNS_NOT_IN.get(form, ())
    return {
        table: tuple(column.name for column in columns if column.name not in without)
        for table, columns in TABLES.items()
        if table not in _NOT_IN.get(form, ())
    }


def left_out(form: str) -> list[str]:
    """Return sentences that say what of a book a form cannot hold."""
    said = []
    tables = [table for table in TABLES if table not in columns_held(form)]
    if tables:
        said.append(f"This form leaves out {listed(tables)}.")
    if form == "excel":
        said.append(
            "A workbook shows other records by their names, and no type of a customer; names that "
            "two records share do not lead back."
        )
    if form == "migration-zip":
        said.append("Channels and status reasons of one's own are numbers in a migration zip.")
    return said


def culture_named(name: str | None, form: str) -> Culture:
    """Return a culture by its name; without one, that which a form has by default.

    Raises
    ------
    RunError
        It is not known.
    """
    if name is None:
        return CULTURES["en-US"] if form in ("migration-zip", "dataverse-json") else INVARIANT
    if name not in CULTURES:
        raise RunError(unknown("culture", name, CULTURES))
    return CULTURES[name]


def how_to_import(place: Path, form: str, culture: str | None, zone: str) -> str:
    """Return the sentence that says how records come back.

    Examples
    --------
    >>> how_to_import(Path("out"), "csv", "de-DE", "Europe/Berlin")
    'entitlement-sim import out --zone Europe/Berlin --date-order day-first reads them.'
    """
    words = ["entitlement-sim import", str(place)]
    if zone != "UTC":
        words += ["--zone", zone]
    order = culture_named(culture, form).date_order
    if order is not None and form in ("csv", "migration-zip"):
        words += ["--date-order", order]
    return f"{' '.join(words)} reads them."


#: Which record an id leads to: table of the record, by table and column of the id.
TARGETS: Final[dict[tuple[str, str], str]] = {
    ("entitlement", "templateid"): "entitlementtemplate",
    ("entitlement", "renewed_from"): "entitlement",
    ("entitlementchannel", "entitlementid"): "entitlement",
    ("entitlementtemplatechannel", "templateid"): "entitlementtemplate",
    ("incident", "entitlementid"): "entitlement",
    ("incident", "productid"): "product",
    ("incident", "primarycontactid"): "contact",
    ("incident", "masterid"): "incident",
    ("incident", "parentcaseid"): "incident",
    ("incidentresolution", "incidentid"): "incident",
    ("activitypointer", "incidentid"): "incident",
    ("contact", "parent"): "account",
    ("account", "parent"): "account",
    ("entitlement", "subaccount"): "account",
    ("incident", "subaccount"): "account",
    ("product_link", "entitlementid"): "entitlement",
    ("product_link", "productid"): "product",
    ("contact_link", "entitlementid"): "entitlement",
    ("contact_link", "contactid"): "contact",
}

#: The column by which people know a record of a table.
NAME_OF: Final = {"incident": "title"}
