"""What a story may expect of a customer, an entitlement or a case, and how it is read from a run.

Every fact has one kind of value, which is also what a story has to write: a day (2025-07-01), a
number, a word, a list or a mapping; and ``none`` where there is no such thing.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import pandas as pd
from lived import Tables

Row = Mapping[str, Any]


class Fact(NamedTuple):
    """One thing that can be expected.

    Attributes
    ----------
    kind : type
        Of its value: date, float, str, bool, list or dict.
    read : callable
        Value of a row, from it and all tables.
    """

    kind: type
    read: Callable[[Tables, Row], Any]


def plain(value: Any) -> Any:
    """Return a value of a frame as a story would write it; None where it is missing."""
    if isinstance(value, (list, dict)):
        return value
    if pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        return value.date()
    if isinstance(value, pd.Timedelta):
        return value / pd.Timedelta(days=1)
    return value.item() if hasattr(value, "item") else value


def _column(name: str, kind: type) -> Fact:
    return Fact(kind, lambda tables, row: row[name])


def _of(tables: Tables, table: str, row: Row) -> pd.DataFrame:
    """Rows of another table that belong to an entitlement."""
    frame = tables[table]
    return frame[frame["entitlement_id"] == row["entitlement_id"]]


def _entitlements_of(tables: Tables, row: Row) -> pd.DataFrame:
    frame = tables["entitlements"]
    return frame[frame["customer_id"] == row["customer_id"]]


def _default(tables: Tables, row: Row) -> Any:
    frame = _entitlements_of(tables, row)
    marked = frame["entitlement_id"][frame["is_default"].to_numpy(bool)]
    return None if marked.empty else marked.item()


def _active(tables: Tables, row: Row) -> list[int]:
    frame = _entitlements_of(tables, row)
    return list(frame["entitlement_id"][frame["state"] == "active"])


def _since_the_old_end(tables: Tables, row: Row) -> Any:
    if pd.isna(row["predecessor_id"]):
        return None
    old = tables["entitlements"].iloc[row["predecessor_id"] - 1]
    return row["created_on"] - old["ended_on"]


def _amendment_days(tables: Tables, row: Row) -> Any:
    """Days between the deactivation and the activation after it."""
    changes = _of(tables, "transitions", row).reset_index(drop=True)
    deactivated = changes.index[changes["trigger"] == "deactivated"]
    if deactivated.empty or deactivated[0] + 1 == len(changes):
        return None
    return changes["on_date"][deactivated[0] + 1] - changes["on_date"][deactivated[0]]


def _history(tables: Tables, row: Row) -> list[str]:
    changes = _of(tables, "transitions", row)
    return [
        f"{on_date:%Y-%m-%d} {state}"
        for on_date, state in zip(changes["on_date"], changes["to_state"], strict=True)
    ]


def _ledger(tables: Tables, row: Row) -> list[str]:
    entries = _of(tables, "ledger", row)
    return [
        f"{reason} {amount:g}"
        for reason, amount in zip(entries["reason"], entries["amount"], strict=True)
    ]


def _allotted(tables: Tables, row: Row) -> float:
    entries = _of(tables, "ledger", row)
    return float(entries["amount"][entries["reason"] == "allot"].sum())


def _channels(tables: Tables, row: Row) -> dict[str, float]:
    rows = _of(tables, "entitlement_channels", row)
    return dict(zip(rows["origin"], rows["remaining_terms"], strict=True))


def _hours_until(name: str) -> Fact:
    return Fact(float, lambda tables, row: (row[name] - row["created_at"]) * 24)


def _sla(tables: Tables, row: Row) -> Any:
    met = row["sla_met"]
    return None if pd.isna(met) else "met" if met else "missed"


_ENTITLEMENT = {
    "customer": _column("customer_id", float),
    "template": _column("template", str),
    "renews": _column("predecessor_id", float),
    "renewal": _column("renewal_number", float),
    "state": _column("state", str),
    "default": _column("is_default", bool),
    "account": _column("account", float),
    "created": _column("created_on", dt.date),
    "activated": _column("activated_on", dt.date),
    "starts": _column("start_date", dt.date),
    "ends": _column("end_date", dt.date),
    "ended": _column("ended_on", dt.date),
    "ended by": _column("ended_by", str),
    "total": _column("total_terms", float),
    "allotted": Fact(float, _allotted),
    "left": _column("remaining_terms", float),
    "price": _column("price", float),
    "list price": _column("list_price", float),
    "decided": _column("decided_on", dt.date),
    "left by channel": Fact(dict, _channels),
    "days long": Fact(
        float, lambda tables, row: row["end_date"] - row["start_date"] + pd.Timedelta(days=1)
    ),
    "days until the start": Fact(float, lambda tables, row: row["start_date"] - row["created_on"]),
    "days since the old end": Fact(float, _since_the_old_end),
    "days in draft when amended": Fact(float, _amendment_days),
    "history": Fact(list, _history),
    "ledger": Fact(list, _ledger),
}

#: Facts by what they are about.
FACTS = {
    "customer": {
        "segment": _column("segment", str),
        "joined": _column("joined_on", dt.date),
        "default": Fact(float, _default),
        "active": Fact(list, _active),
        "entitlements": Fact(float, lambda tables, row: len(_entitlements_of(tables, row))),
    },
    "entitlement": _ENTITLEMENT,
    "sale": _ENTITLEMENT,
    "renewal": _ENTITLEMENT,
    "case": {
        "customer": _column("customer_id", float),
        "account": _column("account", float),
        "covered by": _column("entitlement_id", float),
        "outcome": _column("outcome", str),
        "refusal": _column("refusal", str),
        "state": _column("state", str),
        "sla": Fact(str, _sla),
        "reopened": _column("reopened", float),
        "origin": _column("origin", str),
        "product": _column("product", str),
        "billable minutes": _column("billable_minutes", float),
        "hours until the first response": _hours_until("responded_at"),
        "hours until the resolution": _hours_until("resolved_at"),
    },
}  # fmt: skip

_TABLE = {"customer": "customers", "case": "cases"}
_BEGIN = {"customer": "joined_on", "case": "created_at"}


def rows_about(tables: Tables, about: str) -> pd.DataFrame:
    """Rows of everything that a fact can be about, with the time at which it began in ``begun``."""
    rows = tables[_TABLE.get(about, "entitlements")]
    if about in ("sale", "renewal"):
        rows = rows[rows["predecessor_id"].isna() == (about == "sale")]
    return rows.assign(begun=rows[_BEGIN.get(about, "created_on")])
