"""Accounts of one customer: one pool or packs of their own, rates of their own, one parent."""

import datetime as dt
from typing import Any

import numpy as np
import pytest

from entitlement_sim import Scenario
from entitlement_sim.engine.blocks import simulate_blocks
from entitlement_sim.engine.tables import Block
from entitlement_sim.population.plan import plan
from entitlement_sim.replay.by_desk import play_at_desk
from entitlement_sim.replay.by_engine import replay
from entitlement_sim.replay.history import Booking, HappenedCase, HappenedCustomer
from entitlement_sim.replay.rows import rows_of
from entitlement_sim.rules.words import Action, Outcome

DAY = (dt.date(2026, 1, 1) - dt.date(1970, 1, 1)).days

DATA: dict[str, Any] = {
    "scenario": "accounts",
    "calendar": {"start": dt.date(2026, 1, 1), "days": 365},
    "products": ["Mail", "Storage"],
    "templates": {
        "Pack": {
            "total_terms": 4,
            "decrease_on": "creation",
            "restrict": True,
            "term": {"days": 90},
        }
    },
    "segments": {
        "all": {
            "customers": 30,
            "cases": {
                "per_year": 12,
                "shape": 0.5,
                "key_accounts": {"share": 0.1, "factor": 4},
                "follow_ups": {"mean": 0.2},
            },
            "contacts": 3,
            "origins": {"phone": 1, "email": 1},
            "products": {"Mail": 1, "Storage": 2},
            "products_spread": 2,
            "severities": {1: 1, 2: 3},
            "reopened": 0.2,
            "turned_away": 0.5,
            "life": {"ramp_up_days": 20},
            "holds": [{"template": "Pack"}],
            "cancellation": {"per_year": 0.5},
            "amendments": {"per_year": 1},
            "left_in_draft": {"share": 0.1, "days": 5},
            "renewal": {"inclination": {"beta_geometric": {"alpha": 1, "beta": 3}}},
        }
    },
    "bursts": [{"product": "Mail", "per_year": 10, "hits": 0.6, "cases": 1}],
}


def scenario(accounts: dict[str, Any] | None = None, **says: Any) -> Scenario:
    segment = DATA["segments"]["all"] | says
    if accounts is not None:
        segment = segment | {"accounts": accounts}
    return Scenario.from_dict(DATA | {"segments": {"all": segment}})


def block_of(scenario: Scenario) -> Block:
    """All rows of a scenario."""
    model = scenario.model
    blocks = list(simulate_blocks(plan(model, 3, base=scenario.base), threads=1))
    return {
        table: {name: np.concatenate([block[table][name] for block in blocks]) for name in columns}
        for table, columns in blocks[0].items()
    }


@pytest.fixture(scope="module")
def alone() -> Block:
    return block_of(scenario())


@pytest.fixture(scope="module")
def pooled() -> Block:
    return block_of(scenario({"each": 3}))


@pytest.fixture(scope="module")
def apart() -> Block:
    return block_of(scenario({"each": 3, "hold": "own"}))


# ------------------------------------------------------------------------- the worked example


def three_accounts(holders: list[int], terms: int) -> HappenedCustomer:
    """Six, three and two cases of three accounts in turn, and packs of some holders."""
    bookings = []
    for number, holder in enumerate(holders):
        bookings += [
            Booking(DAY, Action.CREATE, start=DAY, end=DAY + 364, account=holder),
            Booking(DAY, Action.ACTIVATE, entitlement=number),
        ]
    writers = [1] * 6 + [2] * 3 + [3] * 2
    cases = [
        HappenedCase(DAY * 1440 + 600 + minute, account=account, leaves=True)
        for minute, account in enumerate(writers)
    ]
    return HappenedCustomer(DAY, bookings, cases, keeps_default=True)


def model_with(terms: int) -> Any:
    return Scenario.from_dict(
        DATA | {"templates": {"Pack": DATA["templates"]["Pack"] | {"total_terms": terms}}}
    ).model


@pytest.mark.parametrize(
    ("holders", "terms", "refused", "left"),
    [([-1], 10, 1, [0]), ([1, 2, 3], 4, 2, [0, 1, 2])],
    ids=["one pool", "own packs"],
)
def test_three_accounts_with_six_three_and_two_cases(
    holders: list[int], terms: int, refused: int, left: list[int]
) -> None:
    block = replay(model_with(terms), [three_accounts(holders, terms)]).block()
    assert (block["cases"]["outcome"] == Outcome.TURNED_AWAY).sum() == refused
    assert (block["entitlements"]["remaining_terms"] / 100).tolist() == left
    assert block["entitlements"]["account"].tolist() == holders


@pytest.mark.parametrize("holders", [[-1], [1, 2, 3], [-1, 2], [2, 2, -1], [4]])
def test_desk_and_engine_play_accounts_alike(holders: list[int]) -> None:
    model, history = model_with(4), [three_accounts(holders, 4)]
    assert rows_of(replay(model, history).block()) == play_at_desk(model, history)


def test_what_another_account_holds_does_not_match() -> None:
    bookings = [
        Booking(DAY, Action.CREATE, start=DAY, end=DAY + 364, account=1),
        Booking(DAY, Action.ACTIVATE, entitlement=0),
    ]
    minute = DAY * 1440 + 600
    cases = [HappenedCase(minute, wants=0, account=account) for account in (1, 2, -1)]
    model, history = model_with(4), [HappenedCustomer(DAY, bookings, cases)]
    rows = play_at_desk(model, history)["cases"]
    unfit = "InvalidEntitlementForSelectedCustomerOrProduct"
    assert [row[6] for row in rows] == [None, unfit, unfit]
    assert rows_of(replay(model, history).block())["cases"] == rows


# ------------------------------------------------------------------------------ what is drawn


def rows(block: Block, table: str, leave_out: tuple[str, ...] = ("account",)) -> list[Any]:
    names = [name for name in block[table] if name not in leave_out]
    return list(zip(*(block[table][name].tolist() for name in names), strict=True))


@pytest.mark.parametrize("hold", ["one", "own"])
def test_a_single_account_is_its_customer(alone: Block, hold: str) -> None:
    single = block_of(scenario({"each": 1, "hold": hold}))
    for table in alone:
        assert rows(single, table) == rows(alone, table)
    assert set(single["cases"]["account"].tolist()) == {1}
    assert set(alone["cases"]["account"].tolist()) == {-1}
    assert set(single["entitlements"]["account"].tolist()) == {1 if hold == "own" else -1}


#: What is drawn of a case, and is not what the rules make of it.
DRAWN = ("customer_id", "account", "product_id", "contact", "origin", "created_at")


def drawn(block: Block, account: int | None = None) -> list[Any]:
    cases = block["cases"]
    of = [True] * len(cases["account"])
    if account is not None:
        of = (cases["account"] == account).tolist()
    names = [name for name in DRAWN if name != "account" or account is None]
    lists = zip(*(cases[name].tolist() for name in names), strict=True)
    return [row for row, is_of in zip(lists, of, strict=True) if is_of]


def test_the_first_account_draws_what_a_customer_without_any_does(
    alone: Block, pooled: Block
) -> None:
    assert drawn(pooled, 1) == [row[:1] + row[2:] for row in drawn(alone)]


def test_an_account_draws_the_same_however_many_others_there_are(pooled: Block) -> None:
    assert drawn(block_of(scenario({"each": 2})), 2) == drawn(pooled, 2)


def test_accounts_have_rates_and_cases_of_their_own(pooled: Block) -> None:
    counts = np.zeros((30, 3))
    cases = pooled["cases"]
    np.add.at(counts, (cases["customer_id"] - 1, cases["account"] - 1), 1)
    assert not (counts[:, 0] == counts[:, 1]).all()
    assert abs(np.corrcoef(counts.T)[np.triu_indices(3, 1)]).max() < 0.5
    minutes = [set(cases["created_at"][cases["account"] == account]) for account in (1, 2, 3)]
    assert len(minutes[0] & minutes[1]) < 0.05 * len(minutes[0])


def test_a_customers_rate_is_that_of_all_its_accounts(alone: Block, pooled: Block) -> None:
    rates = [block["customers"]["cases_per_year"] for block in (alone, pooled)]
    assert (rates[1] > rates[0]).all()
    assert rates[1].mean() == pytest.approx(36, rel=0.5)


def test_pooled_and_separate_packs_meet_the_same_demand(pooled: Block, apart: Block) -> None:
    assert drawn(pooled) == drawn(apart)
    assert rows(pooled, "customers") == rows(apart, "customers")
    assert pooled["cases"]["outcome"].tolist() != apart["cases"]["outcome"].tolist()


def test_cases_of_a_customer_come_in_time_order(pooled: Block) -> None:
    cases = pooled["cases"]
    later = np.diff(cases["created_at"]) >= 0
    assert later[np.diff(cases["customer_id"]) == 0].all()


# -------------------------------------------------------------------------------- what is held


def test_an_account_pays_with_what_it_holds_itself(apart: Block) -> None:
    cases, held = apart["cases"], apart["entitlements"]
    covered = cases["entitlement_id"] > 0
    payer = cases["entitlement_id"][covered] - 1
    assert covered.sum() > 100
    assert (held["account"][payer] == cases["account"][covered]).all()


def test_what_a_customer_holds_pays_for_each_account(pooled: Block) -> None:
    cases, held = pooled["cases"], pooled["entitlements"]
    assert set(held["account"].tolist()) == {-1}
    assert set(cases["account"][cases["entitlement_id"] > 0].tolist()) == {1, 2, 3}


def test_each_account_holds_and_renews_by_itself(alone: Block, apart: Block) -> None:
    held = apart["entitlements"]
    sold = held["predecessor_id"] < 0
    assert np.bincount(held["account"][sold]).tolist() == [0, 30, 30, 30]
    renewed = held["predecessor_id"][~sold] - 1
    assert (held["account"][renewed] == held["account"][~sold]).all()
    ends = {
        account: held["ended_on"][sold & (held["account"] == account)].tolist()
        for account in (1, 2, 3)
    }
    assert ends[1] != ends[2] != ends[3]
    assert (
        ends[1]
        == alone["entitlements"]["ended_on"][alone["entitlements"]["predecessor_id"] < 0].tolist()
    )


def test_each_account_has_one_default(apart: Block) -> None:
    held = apart["entitlements"]
    by_default = held["is_default"] == 1
    holders = list(
        zip(
            held["customer_id"][by_default].tolist(),
            held["account"][by_default].tolist(),
            strict=True,
        )
    )
    assert len(holders) == len(set(holders)) > 60


def test_what_goes_with_a_contract_goes_with_its_own_accounts() -> None:
    holds = [
        {"template": "Pack", "lead_days": {"least": 0, "most": 60}},
        {"template": "Extra", "starts": "with_contract"},
    ]
    segment = DATA["segments"]["all"] | {
        "accounts": {"each": 3, "hold": "own"},
        "holds": holds,
        "cancellation": {"per_year": 0},
        "left_in_draft": {"share": 0},
        "renewal": {},
    }
    templates = DATA["templates"] | {"Extra": {"total_terms": 9, "term": {"days": 300}}}
    data = DATA | {"segments": {"all": segment}, "templates": templates}
    held = block_of(Scenario.from_dict(data))["entitlements"]
    ends: dict[tuple[int, int], set[int]] = {}
    for customer, account, end in zip(
        held["customer_id"].tolist(), held["account"].tolist(), held["end_date"].tolist(),
        strict=True,
    ):  # fmt: skip
        ends.setdefault((customer, account), set()).add(end)
    assert len(ends) == 90
    assert all(len(days) == 1 for days in ends.values())
    assert len({min(days) for days in ends.values()}) > 20


def test_demand_ends_for_all_accounts_when_the_last_of_them_is_without_cover() -> None:
    says = {
        "life": {"ends": {"fixed": 5}},
        "cancellation": {"per_year": 0},
        "left_in_draft": {"share": 0},
    }
    block = block_of(scenario({"each": 3, "hold": "own"}, **says))
    cases, held = block["cases"], block["entitlements"]
    for customer in range(1, 31):
        last = held["end_date"][held["customer_id"] == customer].max()
        created = cases["created_at"][cases["customer_id"] == customer]
        assert created.size == 0 or created.max() < (last + 1 + 5) * 1440


@pytest.mark.parametrize(("each", "hold"), [(1, "one"), (3, "own")])
def test_a_run_with_a_past_has_accounts_in_it_too(each: int, hold: str) -> None:
    data = DATA | {
        "segments": {"all": DATA["segments"]["all"] | {"accounts": {"each": each, "hold": hold}}},
        "history": {"years": 1},
    }
    block = block_of(Scenario.from_dict(data))
    assert set(block["cases"]["account"].tolist()) == set(range(1, each + 1))
    before = block["cases"]["created_at"] < DAY * 1440
    assert before.any()
    assert set(block["cases"]["account"][before].tolist()) == set(range(1, each + 1))


def test_accounts_that_an_override_adds_write_from_the_first_day_on() -> None:
    data = DATA | {"history": {"years": 1}}
    more = block_of(Scenario.from_dict(data, {"segments.all.accounts": {"each": 3}}))
    base = block_of(Scenario.from_dict(data))
    before = more["cases"]["created_at"] < DAY * 1440
    assert set(more["cases"]["account"][before].tolist()) == {-1}
    assert set(more["cases"]["account"][~before].tolist()) == {1, 2, 3}
    early = base["cases"]["created_at"] < DAY * 1440
    assert set(base["cases"]["created_at"][early]) <= set(more["cases"]["created_at"][before])
