"""What a run with a past publishes, read from the specification over whole lives in frames."""

import datetime as dt

import numpy as np
import pandas as pd
from cut_short import counted_through
from lived import Tables

#: A day after all others.
_LATE = pd.Timestamp("2200-01-01")


def published(tables: Tables, start: dt.date) -> Tables:
    """Return what is published of everything that happened, by a run that begins on `start`."""
    first = pd.Timestamp(start)
    contracts, cases, ledger = tables["entitlements"], tables["cases"], tables["ledger"]
    whole = _covering_or_pending(tables["transitions"], first)
    whole |= set(ledger.loc[ledger["happened_at"] >= first, "entitlement_id"])
    reactivations = tables["reactivations"]
    touching = (
        (cases["created_at"] >= first)
        | (cases["state"] == "active")
        | (cases["resolved_at"] >= first)
        | (cases["cancelled_at"] >= first)
        | cases["case_id"].isin(reactivations.loc[reactivations["happened_at"] >= first, "case_id"])
        | cases["case_id"].isin(
            ledger.loc[ledger["entitlement_id"].isin(whole), "case_id"].dropna()
        )
    )
    cases = cases[touching]
    known = whole | set(cases["entitlement_id"].dropna())
    renews = contracts.set_index("entitlement_id")["predecessor_id"].dropna()
    while more := set(renews[renews.index.isin(known)]) - known:
        known |= more
    contracts = contracts[contracts["entitlement_id"].isin(known)]
    people = set(contracts["customer_id"]) | set(cases["customer_id"])
    customers = tables["customers"]
    joined_later = customers["joined_on"] >= first
    left = {
        "customers": customers[joined_later | customers["customer_id"].isin(people)],
        "entitlements": contracts,
        "cases": cases,
        "reactivations": reactivations[reactivations["case_id"].isin(cases["case_id"])],
        "ledger": _brought_forward(tables, known - whole, known),
    }
    for table in ("transitions", "balances"):
        left[table] = tables[table][tables[table]["entitlement_id"].isin(known)]
    return counted_through(left)


def _covering_or_pending(transitions: pd.DataFrame, first: pd.Timestamp) -> set[int]:
    since = transitions["on_date"]
    until = transitions.groupby("entitlement_id")["on_date"].shift(-1).fillna(_LATE)
    state = transitions["to_state"]
    covers = (
        (state == "active") & (until >= first) & (until > since)
    )  # an end on the first day, too
    pends = state.isin(["draft", "waiting"]) & (since <= first) & (until >= first)
    return set(transitions.loc[covers | pends, "entitlement_id"])


def _brought_forward(tables: Tables, short: set[int], known: set[int]) -> pd.DataFrame:
    """The ledger, in which the movements of some entitlements are told in two rows a balance."""
    ledger = tables["ledger"]
    ledger = ledger[ledger["entitlement_id"].isin(known)]
    balances = tables["balances"].set_index("balance_id")
    count = balances.groupby("entitlement_id").size()
    rows = []
    last = ledger.groupby("entitlement_id")["entry"].max()
    remaining = tables["entitlements"].set_index("entitlement_id")["remaining_terms"]
    for _, row in ledger.iterrows():
        contract = row["entitlement_id"]
        if contract not in short:
            rows.append(row)
            continue
        if row["entry"] <= count[contract]:
            rows.append(row)
        if row["entry"] < last[contract]:
            continue
        allotted = ledger[ledger["entitlement_id"] == contract].head(count[contract])
        for number, (_, allotment) in enumerate(allotted.iterrows(), start=1):
            balance = balances.loc[allotment["balance_id"]]
            is_whole = balance["kind"] == "whole"
            moved = round(
                balance["remaining_terms"]
                - (allotment["amount"] if is_whole else allotment["origin_amount"]),
                6,
            )
            entry = allotment.copy()
            entry["entry"] = count[contract] + number
            entry["happened_at"] = row["happened_at"]
            entry["reason"] = "brought_forward"
            entry["balance"] = remaining[contract]
            entry["amount"] = moved if is_whole else 0.0
            entry["origin_amount"] = 0.0 if is_whole else moved
            entry["origin_balance"] = 0.0 if is_whole else balance["remaining_terms"]
            entry["rule"] = "T8"
            rows.append(entry)
    told = pd.DataFrame(rows, columns=ledger.columns)
    return told.astype({"happened_at": ledger["happened_at"].dtype, "entry": np.int64})
