"""The history of simulated customers, as whoever recorded it would tell it. ::

    python tests/replay/simulated_history.py --contracts 100000

measures how long a history of so many contracts takes, and how much memory.
"""

import argparse
import resource
import time
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from entitlement_sim import Scenario
from entitlement_sim.engine.blocks import simulate_blocks
from entitlement_sim.engine.history_columns import NO_MONTHS
from entitlement_sim.engine.tables import NO_TIME, Block
from entitlement_sim.population.plan import plan
from entitlement_sim.replay.by_engine import replay
from entitlement_sim.replay.tables import HistoryTables
from entitlement_sim.rules.words import (
    BY_CUSTOM,
    Action,
    CaseMove,
    CaseState,
    Outcome,
    Reason,
    RuleId,
    Trigger,
)
from entitlement_sim.scenario.models import ScenarioModel

BOOKED = {
    Trigger.CREATED: Action.CREATE,
    Trigger.ACTIVATED: Action.ACTIVATE,
    Trigger.DEACTIVATED: Action.DEACTIVATE,
    Trigger.CANCELLED: Action.CANCEL,
}


def simulated(scenario: Scenario, seed: int = 0) -> Block:
    """All rows of a simulation, numbered from 1, but for the days on which customers decided.

    That is habit, of which a history has what follows.
    """
    made = list(simulate_blocks(plan(scenario.model, seed)))
    return {
        table: {
            name: np.concatenate([block[table][name] for block in made])
            for name in columns
            if name != "decided_on"
        }
        for table, columns in made[0].items()
    }


def history_of(model: ScenarioModel, block: Block) -> HistoryTables:
    """What happened in a simulation."""
    frames = {table: pd.DataFrame(columns) for table, columns in block.items()}
    terms, listed = _terms(model, frames)
    return HistoryTables(
        customers=pd.DataFrame(
            {
                "joined": frames["customers"]["joined_on"],
                "segment": frames["customers"]["segment"],
                "cases_per_year": frames["customers"]["cases_per_year"],
                "keeps_default": 1,
            }
        ),
        terms=terms.groupby("terms").first().reset_index(drop=True),
        entitlements=_entitlements(frames["entitlements"], terms["terms"]),
        bookings=_bookings(model, frames),
        cases=_cases(frames["cases"]),
        events=_events(frames),
        **listed,
    )


def _terms(
    model: ScenarioModel, frames: dict[str, pd.DataFrame]
) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Terms of each entitlement with their places, and what is listed of these."""
    sold = frames["entitlements"]
    edits = _edits(frames["ledger"])
    is_added = frames["ledger"]["reason"] == Reason.TOPUP
    added = pd.concat([edits[edits["reason"] == Reason.ADJUST], frames["ledger"][is_added]])
    edited = added.groupby("entitlement_id")["amount"].sum()
    channels = frames["balances"].query("origin >= 0")[["entitlement_id", "origin", "total_terms"]]
    wide = channels.pivot(index="entitlement_id", columns="origin", values="total_terms")
    terms = pd.DataFrame(
        {
            "allocation": sold["allocation"],
            "decrease_on": sold["decrease_on"],
            "restrict": sold["restrict"],
            "total": sold["total_terms"]
            - edited.reindex(sold["entitlement_id"]).fillna(0).to_numpy(np.int64),
            "price": sold["price"],
            "template": sold["template_id"] - 1,
        }
    )
    wide = wide.reindex(sold["entitlement_id"]).fillna(-1).astype(np.int64).reset_index(drop=True)
    keys = pd.concat([terms, wide], axis=1)
    terms["terms"] = keys.groupby(list(keys.columns), sort=False).ngroup()
    first = terms.drop_duplicates("terms")
    limited = channels.merge(
        pd.DataFrame({"entitlement_id": first.index + 1, "terms": first["terms"]})
    )
    templates = list(model.templates.values())
    listed = {
        "listed_products": [
            (place, model.products.index(product))
            for place, template in zip(first["terms"], first["template"], strict=True)
            for product in templates[template].products
        ],
        "listed_contacts": [
            (place, contact)
            for place, template in zip(first["terms"], first["template"], strict=True)
            for contact in range(templates[template].contacts or 0)
        ],
    }
    tables = {
        name: pd.DataFrame(rows, columns=["terms", name.removeprefix("listed_")[:-1]])
        for name, rows in listed.items()
    }
    tables["channels"] = limited.rename(columns={"total_terms": "total"})[
        ["terms", "origin", "total"]
    ]
    return terms, tables


def _edits(ledger: pd.DataFrame) -> pd.DataFrame:
    """Movements of totals by hand, refused ones among them."""
    by_hand = ledger["reason"].isin([Reason.ADJUST, Reason.REFUSED])
    return ledger[by_hand & (ledger["rule"] == RuleId.T8)]


def _entitlements(sold: pd.DataFrame, terms: "pd.Series[Any]") -> pd.DataFrame:
    return pd.DataFrame(
        {
            "customer": sold["customer_id"] - 1,
            "terms": terms,
            "start": sold["start_date"],
            "end": sold["end_date"],
            "predecessor": sold["predecessor_id"].where(sold["predecessor_id"] < 0, 0)
            + sold["predecessor_id"].clip(lower=0)
            - (sold["predecessor_id"] > 0),
            # That an add-on ends with another entitlement, and so counts no months, is known, too.
            "anchor": sold["anchor"].where(sold["anchor"] != NO_TIME, NO_MONTHS),
        }
    )


def _bookings(model: ScenarioModel, frames: dict[str, pd.DataFrame]) -> pd.DataFrame:
    days = plan(model, 0).days["flips"]
    start = int((np.datetime64(model.calendar.start) - np.datetime64("1970-01-01")).astype(int))
    moved = frames["transitions"]
    moved = moved.assign(order=np.arange(len(moved), dtype=float))
    moved = moved[moved["trigger"].isin(list(BOOKED))]
    booked = pd.DataFrame(
        {
            "day": moved["on_date"],
            "action": moved["trigger"].map({int(a): int(b) for a, b in BOOKED.items()}),
            "entitlement": moved["entitlement_id"] - 1,
            "amount": 0,
            "order": moved["order"],
        }
    )
    edits = _edits(frames["ledger"])
    back = moved[moved["trigger"] == Trigger.DEACTIVATED]
    edits = edits.assign(on_date=start + np.searchsorted(days, edits["happened_at"]))
    edits = edits.merge(back, on=["entitlement_id", "on_date"], how="left")
    # What was no more than a draft is edited as it is, some time after it was made.
    made = moved[moved["trigger"] == Trigger.CREATED].set_index("entitlement_id")["order"]
    edits["order"] = edits["order"].fillna(edits["entitlement_id"].map(made))
    # A draft's total before its first edit is what it has at last, less what edits have added.
    sold = frames["entitlements"].set_index("entitlement_id")["total_terms"]
    added = edits.groupby("entitlement_id")["amount"]
    last = sold.reindex(edits["entitlement_id"]).to_numpy()
    total = last - (added.transform("sum") - added.cumsum()).to_numpy()
    written = pd.DataFrame(
        {
            "day": edits["on_date"],
            "action": int(Action.EDIT),
            "entitlement": edits["entitlement_id"] - 1,
            "amount": np.where(edits["reason"] == Reason.REFUSED, -1, total),
            "order": edits["order"] + 0.5,
        }
    )
    bookings = pd.concat([booked, written, _top_ups(frames, days, start)])
    bookings = bookings.sort_values("order", kind="stable").drop(columns="order")
    blank = {"minute": -1, "ends": 0, "priority": 0, "price": 0}
    return bookings.fillna(blank).astype(np.int64).reset_index(drop=True)


def _top_ups(
    frames: dict[str, pd.DataFrame], days: NDArray[np.int64], start: int
) -> pd.DataFrame:  # fmt: skip
    """Top-ups that came with a day, or before a case of their minute; behind all else of a day."""
    ledger = frames["ledger"]
    added = ledger[ledger["reason"] == Reason.TOPUP].merge(frames["balances"], on="balance_id")
    day = start + np.searchsorted(days, added["happened_at"], side="right") - 1
    comes_with_day = added["happened_at"] == days[day - start]
    return pd.DataFrame(
        {
            "day": day,
            "minute": np.where(comes_with_day, -1, added["happened_at"] % 1440),
            "action": int(Action.TOP_UP),
            "entitlement": added["entitlement_id_x"] - 1,
            "amount": added["total_terms"],
            "ends": added["ends"],
            "priority": added["priority"],
            "price": added["price"],
            "order": np.inf,
        }
    )


def _cases(cases: pd.DataFrame) -> pd.DataFrame:
    answered = cases["responded_at"] != NO_TIME
    after = cases["responded_at"].astype(np.int64) - cases["created_at"]
    return pd.DataFrame(
        {
            "customer": cases["customer_id"] - 1,
            "created": cases["created_at"],
            "wants": BY_CUSTOM,
            "origin": cases["origin"],
            "product": cases["product_id"] - (cases["product_id"] > 0),
            "contact": cases["contact"],
            "decrement": cases["decrement"],
            "leaves": (cases["outcome"] == Outcome.TURNED_AWAY).astype(np.int8),
            "responded_after": after.where(answered, -1),
        }
    )


def _events(frames: dict[str, pd.DataFrame]) -> pd.DataFrame:
    cases, back = frames["cases"], frames["reactivations"]
    ended = pd.DataFrame(
        {
            "case": back["case_id"] - 1,
            "at": back["ended_at"],
            "move": np.where(
                back["from_state"] == CaseState.RESOLVED, CaseMove.RESOLVE, CaseMove.CANCEL
            ),
            "billed": back["billable_minutes"],
        }
    )
    reopened = pd.DataFrame(
        {"case": ended["case"], "at": back["happened_at"], "move": int(CaseMove.REACTIVATE)}
    )
    between = pd.concat([ended, reopened]).sort_index(kind="stable")
    resolved = cases[cases["resolved_at"] != NO_TIME]
    cancelled = cases[cases["cancelled_at"] != NO_TIME]
    last = [
        pd.DataFrame(
            {
                "case": resolved["case_id"] - 1,
                "at": resolved["resolved_at"],
                "move": int(CaseMove.RESOLVE),
                "billed": resolved["billable_minutes"],
            }
        ),
        pd.DataFrame(
            {
                "case": cancelled["case_id"] - 1,
                "at": cancelled["cancelled_at"],
                "move": int(CaseMove.CANCEL),
            }
        ),
    ]
    events = pd.concat([between, *last], ignore_index=True)
    return events.fillna({"billed": -1}).astype(np.int64)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contracts", type=int, default=100_000)
    wanted = parser.parse_args().contracts
    overrides = [
        f"segments.everyone.customers={wanted // 3}",
        "segments.everyone.cases.per_year=20",
    ]
    scenario = Scenario.load("reference", overrides=overrides)
    block = simulated(scenario)
    history = history_of(scenario.model, block)
    replay(scenario.model, HistoryTables(customers=history.customers.iloc[:0]))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    began, wall = time.process_time(), time.perf_counter()
    replayed = replay(scenario.model, history)
    took = time.process_time() - began
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{len(history.entitlements)} contracts, {len(history.terms)} terms, "
        f"{len(history.cases)} cases, {len(history.events)} events: {took:.1f} s of CPU time, "
        f"{time.perf_counter() - wall:.1f} s, at most {after:.0f} MB (before: {before:.0f} MB)"
    )
    played = replayed.block()
    same = all(
        np.array_equal(values, played[table][name])
        for table, columns in block.items()
        for name, values in columns.items()
        if name != "cases_per_year"
    )
    print("as simulated" if same else "other rows than simulated")


if __name__ == "__main__":
    main()
