"""The tables of a run as they would be if it had ended earlier."""

import datetime as dt
from typing import Any

import pandas as pd
from lived import Tables

TABLES = (
    "customers", "entitlements", "transitions", "balances", "reactivations", "ledger", "cases"
)  # fmt: skip


def rows_of(tables: Tables) -> dict[str, list[tuple[Any, ...]]]:
    """Return the rows of the tables as plain values that can be compared.

    Left out is who bears the default mark: the tables do not tell who bore it earlier.
    """
    rows: dict[str, list[tuple[Any, ...]]] = {}
    for table in TABLES:
        frame = tables[table].drop(columns="is_default", errors="ignore")
        amounts = frame.select_dtypes("float").columns
        plain = frame.assign(**{name: frame[name].round(6) for name in amounts}).astype(object)
        plain = plain.where(plain.notna(), None)
        rows[table] = list(plain.itertuples(index=False, name=None))
    return rows


def cut_short(tables: Tables, last: dt.date) -> Tables:
    """Return the tables of a run as they were at the end of its day `last`.

    Later rows are dropped; states, balances and resolutions are those known then. Ids are counted
    through anew, in the order of the rows.
    """
    day = pd.Timestamp(last)
    end = day + pd.Timedelta(days=1)
    customers = tables["customers"].query("joined_on <= @day")
    transitions = tables["transitions"].query("on_date <= @day")
    ledger = tables["ledger"]
    later = ledger.query("happened_at >= @end")
    ledger = ledger.query("happened_at < @end")
    entitlements = _entitlements(tables["entitlements"], transitions, ledger, later, day)
    balances = tables["balances"]
    balances = balances[balances["entitlement_id"].isin(entitlements["entitlement_id"])].copy()
    cut = {
        "customers": customers.copy(),
        "entitlements": entitlements,
        "transitions": transitions.copy(),
        "balances": _balances(balances, ledger, later),
        "reactivations": tables["reactivations"].query("happened_at < @end").copy(),
        "ledger": ledger.copy(),
        "cases": _cases(tables["cases"], tables["reactivations"], end),
    }
    return counted_through(cut)


def _entitlements(
    entitlements: pd.DataFrame,
    transitions: pd.DataFrame,
    ledger: pd.DataFrame,
    later: pd.DataFrame,
    day: pd.Timestamp,
) -> pd.DataFrame:
    kept = entitlements.query("created_on <= @day").copy()
    ids = kept["entitlement_id"]
    kept["state"] = ids.map(transitions.groupby("entitlement_id")["to_state"].last())
    kept["activated_on"] = kept["activated_on"].where(kept["activated_on"] <= day)
    ended = kept["ended_on"] <= day
    kept["ended_on"] = kept["ended_on"].where(ended)
    kept["decided_on"] = kept["decided_on"].where(kept["decided_on"] <= day)
    kept["ended_by"] = kept["ended_by"].where(ended)
    kept["remaining_terms"] = ids.map(ledger.groupby("entitlement_id")["balance"].last())
    adjusted = later[later["reason"] == "adjust"].groupby("entitlement_id")["amount"].sum()
    kept["total_terms"] -= ids.map(adjusted).fillna(0)
    return kept


def _balances(balances: pd.DataFrame, ledger: pd.DataFrame, later: pd.DataFrame) -> pd.DataFrame:
    kept = balances.copy()
    whole = kept["kind"] != "channel"
    adjusted = later[later["reason"] == "adjust"].groupby("balance_id")["amount"].sum()
    kept["total_terms"] -= kept["balance_id"].map(adjusted).fillna(0)
    of_whole = ledger.groupby("entitlement_id")["balance"].last()
    moves = ledger.dropna(subset=["origin"])
    of_channel = moves.groupby(["entitlement_id", "origin"], observed=True)["origin_balance"].last()
    keys = pd.MultiIndex.from_frame(kept[["entitlement_id", "origin"]])
    channel = pd.Series(of_channel.reindex(keys).to_numpy(), kept.index)
    kept["remaining_terms"] = kept["entitlement_id"].map(of_whole).where(whole, channel)
    return kept


def _cases(cases: pd.DataFrame, reactivations: pd.DataFrame, end: pd.Timestamp) -> pd.DataFrame:
    kept = cases.query("created_at < @end").copy()
    kept["responded_at"] = kept["responded_at"].where(kept["responded_at"] < end)
    of_resolved = reactivations[reactivations["from_state"] == "resolved"]
    resolved_first = of_resolved.groupby("case_id")["ended_at"].first().reindex(kept["case_id"])
    first_resolved = resolved_first.set_axis(kept.index).fillna(kept["resolved_at"])
    coming = reactivations.query("happened_at >= @end").groupby("case_id").first()
    coming = coming.reindex(kept["case_id"]).set_axis(kept.index)
    is_coming = coming["happened_at"].notna()
    before = reactivations.query("happened_at < @end").groupby("case_id").size()
    kept["reopened"] = kept["case_id"].map(before).fillna(0).astype(kept["reopened"].dtype)
    for state in ("resolved", "cancelled"):
        column = f"{state}_at"
        earlier = pd.to_datetime(coming["ended_at"].where(coming["from_state"] == state))
        kept[column] = earlier.where(is_coming, kept[column])
    kept["billable_minutes"] = coming["billable_minutes"].where(is_coming, kept["billable_minutes"])
    for column in ("resolved_at", "cancelled_at"):
        known = kept[column] < end
        kept[column] = kept[column].where(known)
    worked_on = kept["state"].notna()
    kept["state"] = "active"
    kept.loc[kept["resolved_at"].notna(), "state"] = "resolved"
    kept.loc[kept["cancelled_at"].notna(), "state"] = "cancelled"
    kept.loc[~worked_on, "state"] = None
    kept["billable_minutes"] = kept["billable_minutes"].where(kept["resolved_at"].notna())
    was_resolved = first_resolved < end
    kept["sla_met"] = kept["sla_met"].where(was_resolved)
    open_too_long = (kept["state"] == "active") & (kept["sla_due_at"] < end)
    kept.loc[open_too_long & ~was_resolved, "sla_met"] = False
    return kept


def counted_through(tables: Tables) -> Tables:
    """Return tables with their ids counted through anew, in the order of the rows."""
    tables = {table: frame.copy() for table, frame in tables.items()}
    for identity, table, references in (
        ("customer_id", "customers", ("entitlements", "cases")),
        ("entitlement_id", "entitlements", ("balances", "transitions", "cases", "ledger")),
        ("balance_id", "balances", ("ledger",)),
        ("case_id", "cases", ("reactivations", "ledger")),
    ):
        own = tables[table][identity]
        numbers = dict(zip(own, range(1, len(own) + 1), strict=True))
        for other in (table, *references):
            tables[other][identity] = tables[other][identity].map(numbers)
        if table == "entitlements":
            tables[table]["predecessor_id"] = tables[table]["predecessor_id"].map(numbers)
    return tables
