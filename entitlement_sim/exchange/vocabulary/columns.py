"""Tables and columns of a book, and by which names a live system knows them."""

from enum import Enum
from typing import Final, NamedTuple

import pandas as pd


class Kind(Enum):
    """What the values of a column are."""

    ID = "id"  # a GUID in lower case without braces, or any other key as it stands
    TEXT = "text"
    WORD = "word"  # one of a closed list
    ORIGIN = "origin"  # the label of a channel, which may be anything
    DAY = "day"  # at midnight
    MOMENT = "moment"  # local wall time in the zone of the book
    AMOUNT = "amount"  # hundredths
    MINUTES = "minutes"
    FLAG = "flag"

    @property
    def dtype(self) -> str:
        """The type of pandas in which a book has them."""
        return _DTYPES.get(self, "str")


#: What an id of a live system looks like, as a book has it.
GUID: Final = r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"

_DTYPES: Final = {
    Kind.DAY: "datetime64[us]",
    Kind.MOMENT: "datetime64[us]",
    Kind.AMOUNT: "Int64",
    Kind.MINUTES: "Int64",
    Kind.FLAG: "boolean",
}


class Column(NamedTuple):
    """A column of a book.

    Attributes
    ----------
    name : str
    kind : Kind
    logical : str
        Its logical name in Dataverse.
    words : tuple of str
        What it may hold, where its kind is a word.
    """

    name: str
    kind: Kind
    logical: str
    words: tuple[str, ...] = ()


_CUSTOMER_TYPES: Final = ("account", "contact")
_ALLOCATIONS: Final = ("cases", "hours")
_DECREASES: Final = ("resolution", "creation")
ENTITLEMENT_STATES: Final = ("Draft", "Active", "Cancelled", "Expired", "Waiting")
CASE_STATES: Final = ("Active", "Resolved", "Cancelled")
ACTIVITY_STATES: Final = ("Open", "Completed", "Cancelled", "Scheduled")
_OPERATIONS: Final = ("create", "update", "delete")

_ID, _TEXT, _DAY, _MOMENT = Kind.ID, Kind.TEXT, Kind.DAY, Kind.MOMENT
_AMOUNT, _MINUTES, _FLAG, _WORD = Kind.AMOUNT, Kind.MINUTES, Kind.FLAG, Kind.WORD

#: Every table of a book by its name, with its columns; the first is the record's own id.
TABLES: Final[dict[str, tuple[Column, ...]]] = {
    "entitlement": (
        Column("entitlementid", _ID, "entitlementid"),
        Column("name", _TEXT, "name"),
        Column("customerid", _ID, "customerid"),
        Column("customertype", _WORD, "customeridtype", _CUSTOMER_TYPES),
        Column("startdate", _DAY, "startdate"),
        Column("enddate", _DAY, "enddate"),
        Column("allocation", _WORD, "allocationtypecode", _ALLOCATIONS),
        Column("decrease_on", _WORD, "decreaseremainingon", _DECREASES),
        Column("totalterms", _AMOUNT, "totalterms"),
        Column("remainingterms", _AMOUNT, "remainingterms"),
        Column("restrict", _FLAG, "restrictcasecreation"),
        Column("isdefault", _FLAG, "isdefault"),
        Column("templateid", _ID, "entitlementtemplateid"),
        Column("state", _WORD, "statecode", ENTITLEMENT_STATES),
        Column("createdon", _MOMENT, "createdon"),
        Column("modifiedon", _MOMENT, "modifiedon"),
        Column("price", _AMOUNT, "es_price"),
        Column("currency", _TEXT, "es_currency"),
        Column("renewed_from", _ID, "es_renewed_from"),
        Column("customername", _TEXT, "customeridname"),
        Column("subaccount", _ID, "es_account"),
    ),
    "entitlementchannel": (
        Column("entitlementchannelid", _ID, "entitlementchannelid"),
        Column("entitlementid", _ID, "entitlementid"),
        Column("channel", Kind.ORIGIN, "channel"),
        Column("totalterms", _AMOUNT, "totalterms"),
        Column("remainingterms", _AMOUNT, "remainingterms"),
    ),
    "entitlementtemplate": (
        Column("entitlementtemplateid", _ID, "entitlementtemplateid"),
        Column("name", _TEXT, "name"),
        Column("startdate", _DAY, "startdate"),
        Column("enddate", _DAY, "enddate"),
        Column("allocation", _WORD, "allocationtypecode", _ALLOCATIONS),
        Column("decrease_on", _WORD, "decreaseremainingon", _DECREASES),
        Column("totalterms", _AMOUNT, "totalterms"),
        Column("restrict", _FLAG, "restrictcasecreation"),
    ),
    "entitlementtemplatechannel": (
        Column("entitlementtemplatechannelid", _ID, "entitlementtemplatechannelid"),
        Column("templateid", _ID, "entitlementtemplateid"),
        Column("channel", Kind.ORIGIN, "channel"),
        Column("totalterms", _AMOUNT, "totalterms"),
    ),
    "incident": (
        Column("incidentid", _ID, "incidentid"),
        Column("ticketnumber", _TEXT, "ticketnumber"),
        Column("title", _TEXT, "title"),
        Column("customerid", _ID, "customerid"),
        Column("customertype", _WORD, "customeridtype", _CUSTOMER_TYPES),
        Column("customername", _TEXT, "customeridname"),
        Column("entitlementid", _ID, "entitlementid"),
        Column("productid", _ID, "productid"),
        Column("primarycontactid", _ID, "primarycontactid"),
        Column("origin", Kind.ORIGIN, "caseorigincode"),
        Column("createdon", _MOMENT, "createdon"),
        Column("modifiedon", _MOMENT, "modifiedon"),
        Column("state", _WORD, "statecode", CASE_STATES),
        Column("statusreason", _TEXT, "statuscode"),
        Column("decrement", _FLAG, "decremententitlementterm"),
        Column("isdecrementing", _FLAG, "isdecrementing"),
        Column("masterid", _ID, "masterid"),
        Column("parentcaseid", _ID, "parentcaseid"),
        Column("subaccount", _ID, "es_account"),
    ),
    "incidentresolution": (
        Column("activityid", _ID, "activityid"),
        Column("incidentid", _ID, "incidentid"),
        Column("timespent", _MINUTES, "timespent"),
        Column("createdon", _MOMENT, "createdon"),
    ),
    "activitypointer": (
        Column("activityid", _ID, "activityid"),
        Column("incidentid", _ID, "regardingobjectid"),
        Column("minutes", _MINUTES, "actualdurationminutes"),
        Column("ended", _MOMENT, "actualend"),
        Column("state", _WORD, "statecode", ACTIVITY_STATES),
    ),
    "audit": (
        Column("auditid", _ID, "auditid"),
        Column("table", _TEXT, "objecttypecode"),
        Column("recordid", _ID, "objectid"),
        Column("column", _TEXT, "attribute"),
        Column("changed", _MOMENT, "createdon"),
        Column("old", _TEXT, "oldvalue"),
        Column("new", _TEXT, "newvalue"),
        Column("operation", _WORD, "operation", _OPERATIONS),
    ),
    "account": (
        Column("id", _ID, "accountid"),
        Column("name", _TEXT, "name"),
        Column("segment", _TEXT, "es_segment"),
        Column("parent", _ID, "parentaccountid"),
    ),
    "contact": (
        Column("id", _ID, "contactid"),
        Column("name", _TEXT, "fullname"),
        Column("parent", _ID, "parentcustomerid"),
        Column("segment", _TEXT, "es_segment"),
    ),
    "product": (
        Column("id", _ID, "productid"),
        Column("name", _TEXT, "name"),
    ),
    "product_link": (
        Column("entitlementid", _ID, "entitlementid"),
        Column("productid", _ID, "productid"),
    ),
    "contact_link": (
        Column("entitlementid", _ID, "entitlementid"),
        Column("contactid", _ID, "contactid"),
    ),
}

#: Tables that only link two others: their rows have no id of their own.
LINKS: Final = ("product_link", "contact_link")

#: Names of the tables in Dataverse, where they are others.
LOGICAL_TABLES: Final = {
    "product_entitlement_association": "product_link",
    "productentitlementassociation": "product_link",
    "entitlementproducts": "product_link",
    "entitlementcontacts_association": "contact_link",
    "entitlementcontacts": "contact_link",
}


def columns_in(table: str, rows: pd.DataFrame) -> list[Column]:
    """Return the columns that rows of a table have, in the order of a book."""
    return [candidate for candidate in TABLES[table] if candidate.name in rows]


def column(table: str, name: str) -> Column:
    """Return a column of a table by its name in the book."""
    return next(candidate for candidate in TABLES[table] if candidate.name == name)


def empty(table: str) -> pd.DataFrame:
    """Return a table with all its columns and no row."""
    return pd.DataFrame({c.name: pd.Series([], dtype=c.kind.dtype) for c in TABLES[table]})
