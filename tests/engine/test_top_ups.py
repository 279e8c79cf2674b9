"""What customers buy when terms run out, and which of their entitlements cases take, in the engine.

Cases are given to the minute by a clock of one hour and by rates that are certain; the amounts of
the worked examples are exact.
"""

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pytest

from entitlement_sim import Scenario
from entitlement_sim.engine.blocks import simulate_blocks
from entitlement_sim.population.plan import plan
from entitlement_sim.replay.by_engine import replay
from entitlement_sim.replay.history import Booking, HappenedCase, HappenedCustomer
from entitlement_sim.rules.words import Action, BalanceKind, Outcome, Reason, State
from entitlement_sim.store.estimate import estimate

Frames = dict[str, pd.DataFrame]

PACK: dict[str, Any] = {
    "total_terms": 5, "price": 500, "decrease_on": "creation", "restrict": True,
    "term": {"until": "12-31"},
}  # fmt: skip
MORE: dict[str, Any] = {"total_terms": 3, "price": 350, "adds_to": ["Pack"]}
EMPTY: dict[str, Any] = {"when": "empty", "share": 1, "template": "More"}


def written(templates: dict[str, Any], days: int = 365, **segment: Any) -> dict[str, Any]:
    """A scenario of one segment from 2026 on."""
    return {
        "scenario": "top-ups",
        "calendar": {"start": dt.date(2026, 1, 1), "days": days},
        "templates": templates,
        "segments": {
            "all": {
                "customers": 30,
                "cases": {"per_year": 9},
                "holds": [{"template": next(iter(templates))}],
                "resolve_hours": {"fixed": 1},
                "picks": ["oldest"],
                **segment,
            }
        },
    }


def lived(data: dict[str, Any], seed: int = 1, *overrides: str) -> Frames:
    """Tables of what a scenario's customers live through."""
    blocks = list(simulate_blocks(plan(Scenario.from_dict(data, overrides).model, seed), threads=1))
    return {
        table: pd.concat([pd.DataFrame(block[table]) for block in blocks], ignore_index=True)
        for table in blocks[0]
    }


def topped_up(frames: Frames) -> pd.DataFrame:
    return frames["balances"][frames["balances"]["kind"] == BalanceKind.TOPUP]


def rows(frames: Frames, reason: Reason) -> pd.DataFrame:
    return frames["ledger"][frames["ledger"]["reason"] == reason]


def covered(frames: Frames) -> float:
    return float((frames["cases"]["outcome"] == Outcome.COVERED).mean())


@pytest.fixture(scope="module")
def emptied() -> Frames:
    """Packs that are topped up whenever they are empty."""
    return lived(written({"Pack": PACK, "More": MORE}, buys_more=EMPTY))


def test_a_pack_is_topped_up_at_the_minute_of_the_case_that_empties_it(emptied: Frames) -> None:
    added = rows(emptied, Reason.TOPUP)
    before = emptied["ledger"].loc[added.index - 1]
    assert len(added) > 10
    assert (before["reason"] == Reason.CONSUME).all()
    assert (before["balance"] == 0).all()
    assert (before["happened_at"].to_numpy() == added["happened_at"].to_numpy()).all()
    assert (before["entitlement_id"].to_numpy() == added["entitlement_id"].to_numpy()).all()


def test_whoever_always_tops_up_is_never_refused(emptied: Frames) -> None:
    assert covered(emptied) == 1
    assert rows(emptied, Reason.REFUSED).empty


def test_what_is_bought_is_estimated_before_it_is_made(emptied: Frames) -> None:
    model = Scenario.from_dict(written({"Pack": PACK, "More": MORE}, buys_more=EMPTY)).model
    expected = estimate(model).rows
    for table in ("entitlements", "balances", "ledger"):
        assert len(emptied[table]) / 1.2 < expected[table] < 2.5 * len(emptied[table])


def test_balances_add_up_to_what_the_ledger_says(emptied: Frames) -> None:
    left = emptied["ledger"].groupby("balance_id")["amount"].sum()
    balances = emptied["balances"].set_index("balance_id")["remaining_terms"]
    assert left.reindex(balances.index).tolist() == balances.tolist()
    of_entitlement = emptied["balances"].groupby("entitlement_id")["total_terms"].sum()
    assert of_entitlement.tolist() == emptied["entitlements"]["total_terms"].tolist()


def test_seven_cases_of_a_pack_of_five_with_a_top_up_of_three() -> None:
    """The worked example: booked 850.00, one term of the top-up lapses, worth 116.67."""
    data = written({"Pack": PACK, "More": MORE}, 366, customers=400, buys_more=EMPTY)
    frames = lived(data, 1, "segments.all.cases.per_year=6")
    counts = frames["cases"].groupby("customer_id").size()
    seven = counts.index[counts == 7]
    assert len(seven) > 5
    sold = frames["entitlements"].query("customer_id in @seven")
    added = topped_up(frames).query("entitlement_id in @sold.entitlement_id")
    lapsed = rows(frames, Reason.EXPIRE).query("entitlement_id in @sold.entitlement_id")
    assert (frames["cases"].query("customer_id in @seven")["outcome"] == Outcome.COVERED).all()
    assert (sold["state"] == State.EXPIRED).all()
    assert set(sold["price"].to_numpy() + added["price"].to_numpy()) == {85000}
    assert set(lapsed["amount"]) == {-100}
    assert set(lapsed["balance_id"]) == set(added["balance_id"])
    assert set((added["price"] * 100 / added["total_terms"]).round()) == {11667}


def test_a_case_about_to_be_refused_is_covered_by_what_is_bought_then() -> None:
    refused = {"when": "refused", "share": 1, "template": "More"}
    frames = lived(written({"Pack": PACK, "More": MORE}, buys_more=refused))
    added = rows(frames, Reason.TOPUP)
    after = frames["ledger"].loc[added.index + 1]
    assert len(added) > 10
    assert covered(frames) == 1
    assert rows(frames, Reason.REFUSED).empty
    assert (after["reason"] == Reason.CONSUME).all()
    assert (after["happened_at"].to_numpy() == added["happened_at"].to_numpy()).all()


def test_a_case_is_refused_where_what_is_bought_does_not_suffice() -> None:
    capped = PACK | {"channels": {"phone": 2}}
    refused = {"when": "refused", "share": 1, "template": "More"}
    frames = lived(written({"Pack": capped, "More": MORE}, buys_more=refused))
    assert topped_up(frames).empty
    assert len(rows(frames, Reason.REFUSED)) > 10


def test_some_are_left_when_more_is_bought_before_a_pack_is_empty() -> None:
    left = EMPTY | {"when": {"left": 2}}
    added = rows(lived(written({"Pack": PACK, "More": MORE}, buys_more=left)), Reason.TOPUP)
    assert len(added) > 10
    assert set(added["balance"]) == {500}


def test_an_order_comes_within_its_days_and_is_void_once_the_pack_has_ended() -> None:
    late = EMPTY | {"within_days": 20}
    frames = lived(written({"Pack": PACK, "More": MORE}, 400, customers=200, buys_more=late))
    ledger = frames["ledger"]
    emptied = ledger[(ledger["balance"] == 0) & (ledger["reason"] == Reason.CONSUME)]
    emptied = emptied.drop_duplicates("entitlement_id").set_index("entitlement_id")["happened_at"]
    first = rows(frames, Reason.TOPUP).drop_duplicates("entitlement_id")
    first = first.set_index("entitlement_id")["happened_at"]
    after = first // 1440 - emptied.reindex(first.index) // 1440
    assert set(after) == set(range(1, 21))
    assert (first % 1440 == 0).all()
    ends = frames["entitlements"].set_index("entitlement_id")["end_date"].reindex(first.index)
    assert (first // 1440 <= ends).all()
    ordered = emptied.index.difference(first.index)
    assert len(ordered) > 0
    assert (emptied.reindex(ordered) // 1440 > ends.max() - 20).all()


def test_whether_more_is_bought_is_drawn_each_time_that_terms_run_out() -> None:
    some = EMPTY | {"share": 0.4}
    data = written({"Pack": PACK, "More": MORE}, customers=400, buys_more=some)
    frames = lived(data)
    ledger = frames["ledger"]
    times = int(((ledger["balance"] == 0) & (ledger["reason"] == Reason.CONSUME)).sum())
    bought = len(rows(frames, Reason.TOPUP))
    assert abs(bought / times - 0.4) < 3 * np.sqrt(0.24 / times)


def test_what_is_bought_shifts_no_other_draw() -> None:
    data = written({"Pack": PACK, "More": MORE}, renewal={"inclination": {"constant": 0.5}})
    bought = data["segments"]["all"] | {"buys_more": EMPTY}
    before, after = lived(data), lived(data | {"segments": {"all": bought}})
    drawn = ["customer_id", "created_at", "origin", "contact", "decrement"]
    pd.testing.assert_frame_equal(before["cases"][drawn], after["cases"][drawn])
    pd.testing.assert_frame_equal(before["customers"], after["customers"])


def test_a_top_up_that_ends_by_its_own_term_lapses_before_its_pack() -> None:
    short = MORE | {"ends": "own", "term": {"days": 30}}
    frames = lived(written({"Pack": PACK, "More": short}, buys_more=EMPTY))
    added = topped_up(frames).set_index("balance_id")
    ends = frames["entitlements"].set_index("entitlement_id")["end_date"]
    last = ends.reindex(added["entitlement_id"]).to_numpy()
    assert (added["ends"] == np.minimum(added["starts"] + 29, last)).all()
    lapsed = rows(frames, Reason.EXPIRE).set_index("balance_id")["happened_at"]
    assert len(lapsed) > 5
    assert (lapsed // 1440 == added["ends"].reindex(lapsed.index) + 1).all()


def test_the_same_pack_again_is_an_entitlement_that_becomes_the_default() -> None:
    again = EMPTY | {"template": "Pack"}
    frames = lived(written({"Pack": PACK}, picks="default", buys_more=again))
    sold = frames["entitlements"].set_index("entitlement_id")
    assert covered(frames) == 1
    assert (sold.groupby("customer_id").size() > 1).sum() > 10
    emptied = sold[sold["remaining_terms"] == 0]
    assert (emptied["is_default"] == 0).all()
    assert (sold.groupby("customer_id")["is_default"].sum() == 1).all()
    assert (sold["activated_on"] == sold["created_on"]).all()


def test_packs_bought_one_after_the_other_are_renewed_each_by_its_own_draw() -> None:
    again = EMPTY | {"template": "Pack"}
    renewal = {"inclination": {"constant": 0.5}}
    data = written({"Pack": PACK}, 400, customers=200, renewal=renewal, buys_more=again)
    sold = lived(data)["entitlements"]
    ended = sold[sold["end_date"] == sold["end_date"].min()]
    renewed = ended["entitlement_id"].isin(sold["predecessor_id"])
    by_customer = renewed.groupby(ended["customer_id"]).mean()
    assert ((by_customer > 0) & (by_customer < 1)).sum() > 20


def test_another_pack_of_the_kind_with_terms_keeps_a_customer_from_buying() -> None:
    again = EMPTY | {"template": "Pack"}
    holds = [{"template": "Pack"}, {"template": "Pack"}]
    frames = lived(written({"Pack": PACK}, holds=holds, buys_more=again))
    sold = frames["entitlements"]
    bought = sold[
        sold["entitlement_id"] - sold.groupby("customer_id")["entitlement_id"].transform("min") > 1
    ]
    counts = frames["cases"].groupby("customer_id").size()
    assert (counts.reindex(bought["customer_id"].unique()) >= 10).all()
    assert not bought.empty


def test_nothing_is_bought_for_what_a_top_up_does_not_add_to() -> None:
    other = {"total_terms": 2, "restrict": True, "decrease_on": "creation", "priority": 1}
    holds = [{"template": "Pack"}, {"template": "Other"}]
    templates = {"Pack": PACK, "Other": other, "More": MORE}
    picks = ["priority"]
    frames = lived(written(templates, holds=holds, picks=picks, buys_more=EMPTY))
    of = frames["entitlements"].set_index("entitlement_id")["template_id"]
    assert set(of.reindex(topped_up(frames)["entitlement_id"])) == {1}
    assert covered(frames) == 1


def test_an_amendment_changes_the_total_and_leaves_top_ups() -> None:
    amended = {"per_year": 100, "change": [1.0], "days_in_draft": {"least": 2, "most": 9}}
    left = EMPTY | {"when": {"left": 4}}
    data = written({"Pack": PACK, "More": MORE}, amendments=amended, buys_more=left)
    frames = lived(data)
    assert set(topped_up(frames)["total_terms"]) == {300}
    base = frames["balances"][frames["balances"]["kind"] == BalanceKind.WHOLE]
    assert 1000 in set(base["total_terms"])


def test_a_cancellation_lets_top_ups_lapse_and_not_the_total() -> None:
    left = EMPTY | {"when": {"left": 4}}
    cancelled = {"per_year": 3}
    frames = lived(written({"Pack": PACK, "More": MORE}, cancellation=cancelled, buys_more=left))
    ended = frames["entitlements"].query("state == @State.CANCELLED")["entitlement_id"]
    balances = frames["balances"][frames["balances"]["entitlement_id"].isin(ended)]
    added = balances[balances["kind"] == BalanceKind.TOPUP]
    assert len(added) > 5
    assert (added["remaining_terms"] == 0).all()
    assert (balances["remaining_terms"] > 0).any()


def test_what_is_used_of_a_pack_after_its_end_buys_nothing() -> None:
    data = written(
        {"Pack": PACK | {"decrease_on": "resolution", "restrict": False}}, 500,
        buys_more=EMPTY | {"template": "Pack"}, resolve_hours={"fixed": 2400},
    )  # fmt: skip
    frames = lived(data)
    sold = frames["entitlements"]
    ended = sold["end_date"].min()
    late = frames["ledger"].query("happened_at >= 1440 * (@ended + 1) and balance <= 0")
    assert not late.empty
    assert (sold["created_on"] <= ended).all()


def test_renewed_terms_have_the_pack_and_no_top_up() -> None:
    data = written(
        {"Pack": PACK, "More": MORE}, 500, buys_more=EMPTY, renewal={"inclination": {"constant": 1}}
    )
    frames = lived(data)
    renewed = frames["entitlements"].query("predecessor_id > 0")["entitlement_id"]
    first = frames["ledger"].drop_duplicates("entitlement_id").set_index("entitlement_id")
    assert set(first["amount"].reindex(renewed)) == {500}
    assert len(topped_up(frames)) > 10


# ------------------------------------------------------------------------- several entitlements

PICKED: dict[str, Any] = {
    "Promo": {
        "total_terms": 1, "decrease_on": "creation", "restrict": True, "priority": 1,
        "term": {"until": "03-31"},
    },
    "Licence": {
        "total_terms": 3, "decrease_on": "creation", "restrict": True, "term": {"until": "12-31"},
    },
    "Supplemental": {
        "total_terms": 5, "decrease_on": "creation", "restrict": True, "term": "open",
    },
}  # fmt: skip


def day(text: str) -> int:
    return (dt.date.fromisoformat(text) - dt.date(1970, 1, 1)).days


def test_the_promotion_comes_first_then_the_licence_then_what_never_ends() -> None:
    """The worked example: six cases in February leave 0, 0, 3; two in January leave 1 and 3."""
    holds = [{"template": name} for name in PICKED]
    picks = ["priority", "soonest_ending", "oldest"]
    data = written(PICKED, 400, holds=holds, picks=picks)
    ends = {"Promo": "2026-03-31", "Licence": "2026-12-31", "Supplemental": "2199-12-31"}
    first = day("2026-01-01")
    bookings = []
    for number, last in enumerate(ends.values()):
        create = Booking(first, Action.CREATE, template=number, start=first, end=day(last))
        bookings += [create, Booking(first, Action.ACTIVATE, entitlement=number)]
    renewed = day("2027-01-01")
    again = Booking(
        renewed, Action.CREATE, template=1, start=renewed, end=day("2027-12-31"), renews=1
    )
    bookings += [again, Booking(renewed, Action.ACTIVATE, entitlement=3)]
    days = [*(f"2026-02-{number:02}" for number in range(1, 7)), "2027-01-04", "2027-01-05"]
    cases = [HappenedCase(day(text) * 1440 + 600) for text in days]
    model = Scenario.from_dict(data).model
    sold = replay(model, [HappenedCustomer(first, bookings, cases)]).block()["entitlements"]
    assert sold["remaining_terms"].tolist() == [0, 0, 300, 100]
    assert sold["state"].tolist() == [State.EXPIRED, State.EXPIRED, State.ACTIVE, State.ACTIVE]


@pytest.mark.parametrize(
    ("picks", "first"),
    [
        (["free_first"], "Gift"),
        (["narrowest"], "Mail only"),
        (["most_remaining"], "Endless"),
        (["soonest_ending"], "Short"),
        (["priority"], "Urgent"),
        (["oldest"], "Gift"),
        (["narrowest", "priority"], "Mail only"),
    ],
)
def test_what_a_list_of_picks_compares(picks: list[str], first: str) -> None:
    plain = {"total_terms": 5, "decrease_on": "creation", "restrict": True, "price": 9}
    templates: dict[str, Any] = {
        "Gift": plain | {"price": 0},
        "Mail only": plain | {"products": ["Mail"]},
        "Endless": plain | {"total_terms": "unlimited"},
        "Short": plain | {"term": {"days": 90}},
        "Urgent": plain | {"priority": 1},
    }
    holds = [{"template": name} for name in templates]
    data = written(templates, 60, holds=holds, picks=picks, products={"Mail": 1})
    frames = lived(data | {"products": ["Mail"]})
    template = frames["entitlements"].set_index("entitlement_id")["template_id"]
    cases = frames["cases"].drop_duplicates("customer_id")
    names = {list(templates)[number - 1] for number in template.reindex(cases["entitlement_id"])}
    assert names == {first}
