"""A run with a past begins as a portfolio that has been there for years."""

import datetime as dt
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from cut_short import TABLES, counted_through, cut_short, rows_of
from lived import Tables, lived
from published import published
from random_scenarios import random_scenario
from scipy import special, stats

from entitlement_sim import Scenario
from entitlement_sim.engine.blocks import simulate_blocks
from entitlement_sim.population.customers import draw_customer
from entitlement_sim.population.inflow import days_joined, held_per_join
from entitlement_sim.population.plan import plan

YEARS = 5
ALPHA, BETA = 0.7, 1.2
GROWTH = 0.15
SEEDS = 100
YEAR = 365.25


def portfolio(**differences: Any) -> Scenario:
    """One holding of a year, sold on joining; nobody is late, forgets, cancels or is moved."""
    return Scenario.from_dict(
        {
            "scenario": "portfolio",
            "history": {"years": YEARS, "growth": GROWTH},
            "calendar": {"start": "2024-01-01", "days": 1},
            "templates": {"Pack": {"term": {"months": 12}, "total_terms": 5}},
            "segments": {
                "all": {
                    "customers": 150,
                    "holds": [{"template": "Pack"}],
                    # A rate that tells customers apart, and brings no cases.
                    "cases": {"per_year": 1e-6, "shape": 1.0},
                    "renewal": {
                        "inclination": {"beta_geometric": {"alpha": ALPHA, "beta": BETA}},
                        "dates": "contiguous",
                    },
                }
            },
            **differences,
        }
    )


class Holder(NamedTuple):
    """Who holds a contract on the first day, of those that joined before it."""

    renewals: int
    elapsed: int
    leaves: float


def holders(scenario: Scenario, seed: int) -> Iterator[Holder]:
    """Everybody who holds a contract on the first day and joined before it."""
    numbers = plan(scenario.model, seed)
    run, segment = numbers.run[0], numbers.segments[0]
    earlier = int(numbers.customers[0, 0])
    joined = days_joined(run, segment, -1, 0.0, earlier)
    drawn = [draw_customer(run, segment, -1 - place, day) for place, day in enumerate(joined)]
    leaves = {customer.per_day * YEAR: customer.leaves for customer in drawn}
    for block in simulate_blocks(numbers, threads=1):
        customers, contracts = block["customers"], block["entitlements"]
        rates = dict(zip(customers["customer_id"], customers["cases_per_year"], strict=True))
        for place in np.flatnonzero(
            (contracts["state"] == 1) & (contracts["start_date"] < run.window)
        ):
            yield Holder(
                int(contracts["renewal_number"][place]),
                int(run.window - contracts["start_date"][place]),
                leaves[rates[contracts["customer_id"][place]]],
            )


@pytest.fixture(scope="module")
def seeds() -> list[list[Holder]]:
    scenario = portfolio()
    return [list(holders(scenario, seed)) for seed in range(SEEDS)]


def chances_of_renewals() -> np.ndarray:
    """P(k), proportional to S(k) (1 + growth) ** -k."""
    k = np.arange(YEARS)
    survives = np.concatenate([[1.0], np.cumprod((BETA + k[:-1]) / (ALPHA + BETA + k[:-1]))])
    weights = survives * (1.0 + GROWTH) ** -k
    return weights / weights.sum()


def assert_uniform(p_values: list[float]) -> None:
    """Hold p-values against uniform; one test in a thousand fails by chance."""
    assert stats.kstest(p_values, "uniform").pvalue > 0.001


def test_renewals_behind_a_contract_follow_survival_and_growth(seeds: list[list[Holder]]) -> None:
    expected = chances_of_renewals()
    p_values = []
    for people in seeds:
        counts = np.bincount([holder.renewals for holder in people], minlength=YEARS)
        p_values.append(stats.chisquare(counts, expected * len(people)).pvalue)
    assert_uniform(p_values)


def test_the_elapsed_part_of_a_term_falls_off_with_growth(seeds: list[list[Holder]]) -> None:
    chance = np.random.default_rng(1)
    decay = np.log(1.0 + GROWTH) / YEAR
    p_values = []
    for people in seeds:
        elapsed = np.array([holder.elapsed for holder in people]) - chance.random(len(people))
        share = np.expm1(-decay * elapsed) / np.expm1(-decay * 365.2)
        p_values.append(stats.kstest(share, "uniform").pvalue)
    assert_uniform(p_values)


def test_survivors_lean_as_their_renewals_say_and_not_as_the_prior(
    seeds: list[list[Holder]],
) -> None:
    p_values = []
    for people in seeds:
        renewals = np.array([holder.renewals for holder in people])
        leaves = np.array([holder.leaves for holder in people])
        shares = stats.beta.cdf(leaves, ALPHA, BETA + renewals)
        p_values.append(stats.kstest(shares, "uniform").pvalue)
    assert_uniform(p_values)


def test_as_many_hold_a_contract_on_the_first_day_as_the_segment_says() -> None:
    scenario = portfolio(history={"years": 10, "growth": -0.1})
    held = [
        sum(
            int((block["entitlements"]["state"] == 1).sum())
            for block in simulate_blocks(plan(scenario.model, seed), threads=1)
        )
        for seed in range(40)
    ]
    spread = np.sqrt(150 / len(held))
    assert abs(np.mean(held) - 150) < 3.3 * spread


@pytest.mark.parametrize("alpha", [1e-9, 0.05, 0.7041, 3.0, 1000.0])
@pytest.mark.parametrize("beta", [1e-9, 0.05, 1.182, 40.0, 1000.0])
def test_a_join_a_year_holds_as_many_as_the_shifted_beta_geometric_says(
    alpha: float, beta: float
) -> None:
    """To seven digits: with a term of 73 days, the sum of S(k) over 25 terms and the first day."""
    inclination = {"beta_geometric": {"alpha": alpha, "beta": beta}}
    scenario = portfolio(
        history={"years": 5, "growth": 0.0},
        templates={"Pack": {"term": {"days": 73}, "total_terms": 5}},
    ).with_({"segments.all.renewal.inclination": inclination})
    days = (scenario.model.calendar.start - scenario.model.history_start).days + 1
    terms = np.arange(days) // 73
    stays = np.exp(special.betaln(alpha, beta + terms) - special.betaln(alpha, beta))
    held = held_per_join(scenario.model, scenario.model.segments["all"])
    assert held == pytest.approx(stays.sum() / YEAR, rel=1e-7)


@pytest.mark.parametrize(
    "inclination", [{"constant": 0.8}, {"beta_geometric": {"alpha": 0.7, "beta": 1.2}}]
)
def test_of_several_holdings_one_is_enough_to_be_counted(inclination: dict[str, Any]) -> None:
    """Against draws of the chance to leave, day by day."""
    scenario = portfolio(history={"years": 3, "growth": 0.2}).with_(
        {
            "templates.Half": {"term": {"days": 180}},
            "segments.all.holds": [
                {"template": "Pack", "share": 0.6, "lead_days": {"least": 5, "most": 5}},
                {"template": "Half", "share": 0.5, "sold_after_days": {"least": 40, "most": 40}},
            ],
            "segments.all.renewal.inclination": inclination,
        }
    )
    model = scenario.model
    days = np.arange((model.calendar.start - model.history_start).days + 1)
    weights = np.where(days > 0, 1.2 ** (-(days - 0.5) / YEAR), 1.0) / YEAR
    chance = np.random.default_rng(1)
    stays = np.full(4000, 0.8) if "constant" in inclination else 1 - chance.beta(0.7, 1.2, 4000)
    pack = np.where(days >= 5, stays[:, None] ** np.floor((days - 5) / 365.25), 0.0)
    half = np.where(days >= 40, stays[:, None] ** ((days - 40) // 180), 0.0)
    one = 1.0 - (1.0 - 0.6 * pack) * (1.0 - 0.5 * half)
    held = held_per_join(model, model.segments["all"])
    assert held == pytest.approx((one.mean(axis=0) * weights).sum(), rel=0.02)


# ------------------------------------------------------------------- longer runs, longer pasts


def at_random(seed: int, **differences: Any) -> Scenario:
    """A random scenario with a past of a year."""
    data = random_scenario(np.random.default_rng(seed)) | {"history": {"years": 1, "growth": 0.3}}
    for segment in data["segments"].values():
        del segment["joins"]
        segment.update(differences)
    return Scenario.from_dict(data)


def without(tables: Tables, joined_before: dt.date) -> Tables:
    """Tables without the customers that joined before a day, counted through anew."""
    customers = tables["customers"]
    gone = customers.loc[customers["joined_on"] < np.datetime64(joined_before), "customer_id"]
    left = dict(tables)
    for table in ("customers", "entitlements", "cases"):
        frame = tables[table]
        left[table] = frame[~frame["customer_id"].isin(gone)]
    contracts, cases = left["entitlements"]["entitlement_id"], left["cases"]["case_id"]
    for table in ("transitions", "balances", "ledger"):
        left[table] = tables[table][tables[table]["entitlement_id"].isin(contracts)]
    left["reactivations"] = tables["reactivations"][tables["reactivations"]["case_id"].isin(cases)]
    return counted_through(left)


def assert_same(ours: Tables, theirs: Tables) -> None:
    ours, theirs = rows_of(ours), rows_of(theirs)
    for table in TABLES:
        assert ours[table] == theirs[table], table


@pytest.mark.parametrize("seed", range(4))
def test_a_longer_run_cut_is_the_shorter_run(seed: int) -> None:
    longer = at_random(seed)
    start = longer.model.calendar.start
    days = longer.model.calendar.days // 2
    cut = cut_short(lived(longer, seed), start + dt.timedelta(days=days - 1))
    assert_same(published(cut, start), lived(longer.with_({"calendar.days": days}), seed))


@pytest.mark.parametrize("seed", range(2))
def test_nothing_else_is_published_than_what_is_published(seed: int) -> None:
    scenario = at_random(seed)
    tables = lived(scenario, seed)
    assert_same(published(tables, scenario.model.calendar.start), tables)


def test_all_that_touches_the_run_is_published_of_whole_lives() -> None:
    script = Path(__file__).with_name("whole_lives.py")
    answer = subprocess.run(
        [sys.executable, str(script), "1", "2"],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    assert answer.stdout.strip() == "[[], []]"


@pytest.mark.parametrize("seed", range(4))
def test_a_longer_past_only_adds_those_who_joined_earlier(seed: int) -> None:
    shorter = at_random(seed)
    longer = shorter.with_({"history.years": 3})
    begins = shorter.model.history_start
    assert begins is not None
    tables = lived(longer, seed)
    assert (tables["customers"]["joined_on"] < np.datetime64(begins)).any()
    assert_same(without(tables, begins), lived(shorter, seed))


def test_another_number_of_customers_scales_the_stream_of_those_who_join() -> None:
    once = portfolio()
    twice = once.with_({"segments.all.customers": 300, "segments.all.renewal.late.share": 1.0})
    rates = [
        plan(scenario.model, 1, base=scenario.base).segments["joins_per_day"][0]
        for scenario in (once, twice)
    ]
    assert rates[1] == pytest.approx(2 * rates[0], rel=1e-8)


def test_another_segment_burst_or_template_moves_nobody() -> None:
    data = random_scenario(np.random.default_rng(3)) | {"history": {"years": 2}}
    for segment in data["segments"].values():
        del segment["joins"]
    data["calendar"]["level"] = {}
    alone = {
        **data,
        "segments": {"first": data["segments"]["first"]},
        "bursts": data["bursts"][1:],
        "templates": {**data["templates"], "Other": {}},
    }
    together, apart = (lived(Scenario.from_dict(each), 3)["customers"] for each in (data, alone))
    drawn = ["joined_on", "cases_per_year"]
    ours = together.loc[together["segment"] == "first", drawn]
    assert set(map(tuple, ours.to_numpy())) == set(map(tuple, apart[drawn].to_numpy()))


# ------------------------------------------------------------------------------- offerings


CHANGES: dict[str, dict[str, Any]] = {
    "a template": {"templates.Pack.total_terms": 30, "templates.Pack.price": 7},
    "a rate": {"segments.first.cases.per_year": 90},
    "what cases are like": {
        "segments.first.resolve_hours": {"fixed": 2},
        "segments.first.products": {"Mail": 1},
        "segments.first.origins": {"web": 1},
    },
    "a habit": {
        "segments.second.renewal.inclination": {"constant": 0.99},
        "segments.second.cancellation.per_year": 3.0,
        "segments.second.left_in_draft.share": 0.9,
    },
    "what is sold": {"segments.first.holds": [{"template": "Extra", "share": 0.5}]},
    "the calendar": {"calendar.growth": 1.0, "calendar.hours": [1.0] + [0.0] * 23},
    "bursts": {"bursts[0].per_year": 30, "bursts[1].hits": 0.1},
    "a rule": {"rules.gate_literal_below_zero": True, "rules.default_failure_blocks": True},
}


def as_it_was(tables: Tables, start: dt.date) -> dict[str, set[tuple[Any, ...]]]:
    """What happened before the first day to contracts that were Active on the eve of it."""
    eve = np.datetime64(start) - np.timedelta64(1, "D")
    cut = cut_short(tables, eve.astype(object))
    joined = cut["customers"].set_index("customer_id")["joined_on"]
    contracts = cut["entitlements"].query("state == 'active' and end_date > @start")
    known = {}
    for table in ("entitlements", "transitions", "ledger", "balances"):
        frame = cut[table][cut[table]["entitlement_id"].isin(contracts["entitlement_id"])]
        owner = frame["entitlement_id"].map(contracts.set_index("entitlement_id")["customer_id"])
        plain = frame.drop(
            columns=[name for name in frame if name.endswith("_id") or name == "is_default"]
        )
        plain = plain.assign(owner=owner.map(joined)).astype(object)
        known[table] = set(plain.where(plain.notna(), None).itertuples(index=False, name=None))
    return known


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_leaves_the_past_alone(change: str) -> None:
    seed = 5
    base = at_random(seed)
    start = base.model.calendar.start
    ours = as_it_was(lived(base, seed), start)
    changed = base.with_(CHANGES[change])
    theirs = as_it_was(lived(changed, seed), start)
    assert all(len(rows) > 5 for rows in ours.values())
    assert ours == theirs
