"""Laws that hold whatever is sold: balances add up, and a longer run begins as a shorter one."""

from typing import Any

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st
from random_offerings import at_random, lived, offerings

from entitlement_sim import Scenario
from entitlement_sim.engine.tables import NO_AMOUNT, NO_TIME, NONE
from entitlement_sim.rules.words import (
    BalanceKind,
    CaseState,
    DecreaseOn,
    Outcome,
    Reason,
    RuleId,
)

DAY = 1440
#: A minute that no run reaches.
NEVER = 2**40
Frames = dict[str, pd.DataFrame]

#: Into which side of the law each reason of the ledger goes; all that moves is in one of them.
GRANTED = {Reason.ALLOT, Reason.ADJUST}
TOPPED_UP = {Reason.TOPUP}
SETTLED = {Reason.OVERAGE, Reason.FORGIVEN}
USED = {Reason.CONSUME, Reason.RESTORE}
LAPSED = {Reason.EXPIRE}
CARRIED = {Reason.ROLLOVER_IN, Reason.ROLLOVER_OUT}
MOVES = [GRANTED, TOPPED_UP, SETTLED, USED, LAPSED, CARRIED, {Reason.REFUSED}]


# ------------------------------------------------------------------------------ balances add up


@at_random(25)
@given(offerings(), st.integers(0, 2**32))
def test_what_comes_into_each_term_period_and_block_goes_out_of_it_or_is_left(
    data: dict[str, Any], seed: int
) -> None:
    run = lived(Scenario.from_dict(data), seed)
    ledger = run["ledger"]
    amounts = ledger["amount"]
    comes = ledger["reason"].isin([*TOPPED_UP, *SETTLED, Reason.ALLOT, Reason.RESTORE])
    goes = ledger["reason"].isin([*LAPSED, Reason.CONSUME])
    assert ledger["reason"].isin([reason for reasons in MOVES for reason in reasons]).all()
    assert (amounts[comes] >= 0).all()
    assert (amounts[goes] <= 0).all()
    # Of a term: what has come in and gone out by each row is what is left then, and at last.
    running = amounts.groupby(ledger["entitlement_id"]).cumsum()
    assert (running == ledger["balance"]).all()
    sold = run["entitlements"].set_index("entitlement_id")
    left = amounts.groupby(ledger["entitlement_id"]).sum().reindex(sold.index)
    limited = sold["total_terms"] > NO_AMOUNT
    assert (left == sold["remaining_terms"])[limited].all()
    # Of a period: it goes on with what the one before it left.
    opens = (ledger["reason"] == Reason.ALLOT) & (ledger["rule"] == RuleId.B1)
    period = (opens & (ledger["origin"] == -1)).groupby(ledger["entitlement_id"]).cumsum()
    rows = ledger.groupby(["entitlement_id", period])
    closing = rows["balance"].last()
    opening = closing.groupby(level=0).shift(fill_value=0)
    assert (opening + rows["amount"].sum() == closing).all()
    # Of a block: it holds what was put into it, and has left what has not gone.
    blocks = run["balances"].set_index("balance_id")
    is_block = (blocks["kind"] != BalanceKind.CHANNEL) & (blocks["total_terms"] > NO_AMOUNT)
    blocks = blocks[is_block]
    of_block = amounts.groupby(ledger["balance_id"])
    assert (of_block.sum().reindex(blocks.index) == blocks["remaining_terms"]).all()
    is_put_in = ledger["reason"].isin([*GRANTED, *TOPPED_UP])
    put_in = amounts.where(is_put_in, 0).groupby(ledger["balance_id"]).sum()
    is_carried = blocks["kind"] == BalanceKind.CARRIED
    held = put_in.reindex(blocks.index).where(~is_carried, of_block.first().reindex(blocks.index))
    assert (held == blocks["total_terms"]).all()


@at_random(8)
@given(offerings(), st.integers(0, 2**32))
def test_what_is_carried_and_moved_between_blocks_arrives_in_the_same_minute(
    data: dict[str, Any], seed: int
) -> None:
    ledger = lived(Scenario.from_dict(data), seed)["ledger"]
    moved = ledger[ledger["reason"].isin(list(CARRIED))]
    assert (moved.groupby(["entitlement_id", "happened_at"])["amount"].sum() == 0).all()


@at_random(8)
@given(offerings(), st.integers(0, 2**32))
def test_a_case_holds_what_its_state_and_its_weight_say(data: dict[str, Any], seed: int) -> None:
    run = lived(Scenario.from_dict(data), seed)
    ledger = run["ledger"]
    sold = run["entitlements"].set_index("entitlement_id")
    moved = ledger[ledger["reason"].isin(list(USED)) & (ledger["amount"] != 0)]
    held = -moved.groupby("case_id")["amount"].sum()
    weights = moved.groupby("case_id")["weight"].max()
    minutes = data["templates"]["Sold"].get("minutes")
    for case in run["cases"].query("entitlement_id > 0").itertuples():
        by = sold.loc[case.entitlement_id]
        on_creation = by["decrease_on"] == DecreaseOn.CREATION
        takes = case.decrement and (
            case.state != CaseState.CANCELLED if on_creation else case.state == CaseState.RESOLVED
        )
        holds = int(held.get(case.case_id, 0))
        if not takes:
            assert holds == 0
        elif case.case_id in held.index:
            weight = int(weights[case.case_id])
            amount = 100
            if by["allocation"] == 1:
                billed = int(case.billable_minutes)
                if minutes and billed:
                    billed = -(-max(billed, 15) // 15) * 15
                amount = (2 * billed * 100 + 60) // 120
            assert holds == (amount * weight + 50) // 100


@at_random(8)
@given(offerings(), st.integers(0, 2**32))
def test_what_has_ended_has_nothing_left_but_of_a_plain_total(
    data: dict[str, Any], seed: int
) -> None:
    run = lived(Scenario.from_dict(data), seed)
    last_day = pd.Timestamp(data["calendar"]["start"]).value // 86_400_000_000_000
    last_day += data["calendar"]["days"] - 1
    blocks = run["balances"].merge(
        run["entitlements"][["entitlement_id", "ended_on"]], on="entitlement_id"
    )
    blocks = blocks[~blocks["kind"].isin([int(BalanceKind.CHANNEL), int(BalanceKind.WHOLE)])]
    has_ended = (blocks["ends"] < last_day) | (blocks["ended_on"] > NO_TIME)
    assert (blocks.loc[has_ended, "remaining_terms"] == 0).all()


@at_random(8)
@given(offerings(), st.integers(0, 2**32))
def test_only_the_running_base_block_goes_below_zero(data: dict[str, Any], seed: int) -> None:
    run = lived(Scenario.from_dict(data), seed)
    running = run["ledger"].groupby("balance_id")["amount"].cumsum()
    below = run["ledger"][running < 0].merge(run["balances"], on="balance_id")
    below = below[below["kind"] != BalanceKind.CHANNEL]
    assert below["kind"].isin([int(BalanceKind.WHOLE), int(BalanceKind.ALLOWANCE)]).all()


# --------------------------------------------------------------- a longer run begins as a shorter


@at_random(8)
@given(offerings(), st.data(), st.integers(0, 2**32))
def test_a_run_begins_as_a_shorter_one_whatever_is_sold(
    data: dict[str, Any], more: st.DataObject, seed: int
) -> None:
    days = more.draw(st.integers(1, data["calendar"]["days"] - 1), "days")
    scenario = Scenario.from_dict(data)
    whole = lived(scenario, seed)
    begun = lived(scenario.with_({"calendar.days": days}), seed)
    stop = pd.Timestamp(data["calendar"]["start"]).value // 86_400_000_000_000 + days
    expected = known_before(whole, stop)
    ours = {table: begun[table].copy() for table in expected}
    ours["entitlements"] = ours["entitlements"].drop(columns="is_default")
    ledger = whole["ledger"]
    later = ledger[(ledger["happened_at"] >= stop * DAY) & (ledger["reason"] == Reason.ADJUST)]
    edited = later["entitlement_id"].map(numbers(whole["entitlements"], "created_on", stop))
    for table, frame in expected.items():
        # What a term promises, and so what its blocks are worth, is known once it is edited.
        is_edited = frame.get("entitlement_id", pd.Series(dtype=int)).isin(edited)
        for column in {"price", "promised_terms"} & set(frame.columns):
            if table == "balances" or column == "promised_terms":
                ours[table].loc[is_edited, column] = frame.loc[is_edited, column]
        pd.testing.assert_frame_equal(ours[table], frame, obj=table, check_dtype=False)


def numbers(sold: pd.DataFrame, made: str, stop: int) -> dict[int, int]:
    """Number that each entitlement has among those that are made before a day."""
    ids = sold.loc[sold[made] < stop, "entitlement_id"]
    return dict(zip(ids, range(1, len(ids) + 1), strict=True))


def known_before(run: Frames, stop: int) -> Frames:
    """A run as it stood when its day `stop` began, its rows counted through.

    Which entitlement was the default then, it does not tell.
    """
    ledger, sold, cases = run["ledger"], run["entitlements"], run["cases"]
    of_sold = numbers(sold, "created_on", stop)
    cases = cases[cases["created_at"] < stop * DAY]
    of_cases = dict(zip(cases["case_id"], range(1, len(cases) + 1), strict=True))
    before = ledger[ledger["happened_at"] < stop * DAY]
    later = ledger[(ledger["happened_at"] >= stop * DAY) & (ledger["reason"] == Reason.ADJUST)]
    sold = sold[sold["created_on"] < stop].copy()
    for column in ("activated_on", "ended_on", "decided_on"):
        sold[column] = sold[column].where(sold[column] < stop, NO_TIME)
    sold["ended_by"] = sold["ended_by"].where(sold["ended_on"] > NO_TIME, NONE)
    moves = run["transitions"][run["transitions"]["on_date"] < stop]
    sold["state"] = sold["entitlement_id"].map(moves.groupby("entitlement_id")["to_state"].last())
    put_in = before[before["reason"].isin([*GRANTED, *TOPPED_UP])]
    limited = sold["total_terms"] > NO_AMOUNT
    for column, rows in (("total_terms", put_in), ("remaining_terms", before)):
        amounts = rows.groupby("entitlement_id")["amount"].sum()
        sold[column] = sold["entitlement_id"].map(amounts).where(limited, NO_AMOUNT)
    balances = _balances(run["balances"], before, later, sold)
    of_balances = dict(zip(balances["balance_id"], range(1, len(balances) + 1), strict=True))
    known = {
        "customers": run["customers"],
        "entitlements": sold.drop(columns="is_default"),
        "balances": balances,
        "transitions": moves,
        "cases": _cases(cases, run["reactivations"], stop),
        "reactivations": run["reactivations"][run["reactivations"]["happened_at"] < stop * DAY],
        "ledger": before,
    }
    ids = {
        "entitlement_id": of_sold,
        "predecessor_id": of_sold,
        "case_id": of_cases,
        "balance_id": of_balances,
    }
    return {
        table: frame.assign(
            **{name: frame[name].map(ids[name]).fillna(NONE) for name in ids if name in frame}
        ).reset_index(drop=True)
        for table, frame in known.items()
    }


def _balances(
    balances: pd.DataFrame, before: pd.DataFrame, later: pd.DataFrame, sold: pd.DataFrame
) -> pd.DataFrame:
    """Balances that are there before a day, and what is left of them."""
    is_channel = balances["kind"] == BalanceKind.CHANNEL
    is_there = balances["balance_id"].isin(before["balance_id"])
    known = balances[is_there & balances["entitlement_id"].isin(sold["entitlement_id"])].copy()
    is_channel, limited = is_channel[known.index], known["total_terms"] > NO_AMOUNT
    of_block = known["balance_id"].map(before.groupby("balance_id")["amount"].sum())
    moves = before[before["origin"] >= 0].groupby(["entitlement_id", "origin"])["origin_amount"]
    keys = pd.MultiIndex.from_frame(known[["entitlement_id", "origin"]])
    of_channel = pd.Series(moves.sum().reindex(keys).to_numpy(), known.index)
    left = of_block.where(~is_channel, of_channel)
    known["remaining_terms"] = left.where(limited, NO_AMOUNT)
    added = known["balance_id"].map(later.groupby("balance_id")["amount"].sum()).fillna(0)
    known["total_terms"] -= added.where(limited, 0).astype("int64")
    return known


def _cases(cases: pd.DataFrame, reactivations: pd.DataFrame, stop: int) -> pd.DataFrame:
    """Cases as they stood when a day began, by what has been undone since and before."""
    now = stop * DAY
    cases = cases.copy()
    undone = reactivations.rename(columns={"from_state": "state"})
    at_last = cases.assign(
        ended_at=cases[["resolved_at", "cancelled_at"]].max(axis=1), happened_at=NEVER
    )
    closings = pd.concat([undone, at_last[[*undone.columns]]])
    closings = closings[(closings["ended_at"] > NO_TIME) & (closings["ended_at"] < now)]
    in_force = closings[closings["happened_at"] >= now].set_index("case_id")
    state = cases["case_id"].map(in_force["state"]).fillna(CaseState.ACTIVE)
    ended_at = cases["case_id"].map(in_force["ended_at"])
    cases["state"] = state.where(cases["outcome"] != Outcome.TURNED_AWAY, NONE)
    cases["resolved_at"] = ended_at.where(state == CaseState.RESOLVED, NO_TIME)
    cases["cancelled_at"] = ended_at.where(state == CaseState.CANCELLED, NO_TIME)
    minutes = cases["case_id"].map(in_force["billable_minutes"])
    cases["billable_minutes"] = minutes.where(state == CaseState.RESOLVED, NONE)
    again = undone[undone["happened_at"] < now].groupby("case_id").size()
    cases["reopened"] = cases["case_id"].map(again).fillna(0)
    cases["responded_at"] = cases["responded_at"].where(cases["responded_at"] < now, NO_TIME)
    # Its first resolution judges a service level; else that it ran out.
    was_judged = cases["case_id"].isin(
        closings.loc[closings["state"] == CaseState.RESOLVED, "case_id"]
    )
    due = cases["sla_due_at"]
    ran_out = (state == CaseState.ACTIVE) & (due > NO_TIME) & (due < now)
    cases["sla_met"] = cases["sla_met"].where(was_judged, (~ran_out).map({True: NONE, False: 0}))
    return cases
