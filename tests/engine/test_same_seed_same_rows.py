"""The same seed gives the same rows, however they are made; and nobody's rows hang on others."""

import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from busy_scenarios import busy
from numpy.typing import NDArray

from entitlement_sim import Scenario, simulate
from entitlement_sim.engine.blocks import simulate_blocks
from entitlement_sim.engine.tables import COLUMNS, Block
from entitlement_sim.population.plan import plan

SEED = 17
SEGMENTS = ("small", "midsize", "enterprise")
#: A business that begins on the first day, with as many customers as it says.
NEW = "history=null"
#: Demand that does not hang on cover, as it does where a scenario says when it ends. Of a past,
#: what is published hangs on cover, too.
ENDLESS = (NEW, *(f"segments.{name}.life={{}}" for name in SEGMENTS))
SMALL = (
    "segments.small.customers=30",
    "segments.midsize.customers=12",
    "segments.enterprise.customers=4",
)

#: Columns that number the rows of a run through.
NUMBERS = {
    "customer_id": "customers",
    "entitlement_id": "entitlements",
    "balance_id": "balances",
    "predecessor_id": "entitlements",
    "case_id": "cases",
}


def content_hash(**how: Any) -> str:
    with simulate(busy(*SMALL), seed=SEED, **how) as run:
        return str(run.manifest.content_hash)


def rows_of(scenario: Scenario, seed: int = SEED) -> Block:
    """All rows of a run as one block."""
    parts = list(simulate_blocks(plan(scenario.model, seed), threads=1))
    return {
        table: {
            column.name: np.concatenate([part[table][column.name] for part in parts])
            for column in columns
        }
        for table, columns in COLUMNS.items()
    }


def first_rows(block: Block, like: Block) -> Block:
    """As many rows of each table as another block has."""
    return {
        table: {name: values[: len(like[table][name])] for name, values in columns.items()}
        for table, columns in block.items()
    }


def differing(one: Block, other: Block) -> list[str]:
    return [
        f"{table}.{name}"
        for table, columns in one.items()
        for name, values in columns.items()
        if not np.array_equal(values, other[table][name])
    ]


@pytest.fixture(scope="module")
def usual() -> Block:
    return rows_of(busy(*SMALL))


@pytest.fixture(scope="module")
def new() -> Block:
    return rows_of(busy(*SMALL, NEW))


@pytest.fixture(scope="module")
def endless() -> Block:
    return rows_of(busy(*SMALL, *ENDLESS))


# ------------------------------------------------------------------------- how it is made


def test_threads_and_block_sizes_do_not_show() -> None:
    hashes = {
        content_hash(threads=threads, block_size=size)
        for threads in (1, 2)
        for size in (1, 7, 4096)
    }
    assert len(hashes) == 1


def test_processes_do_not_show() -> None:
    code = (
        "from entitlement_sim import Scenario, simulate; import sys; "
        "print(simulate(Scenario.load('demo', sys.argv[1:]), seed=17).manifest.content_hash)"
    )
    command = [sys.executable, "-c", code, *SMALL]
    running = [
        subprocess.Popen(
            command,
            env={**os.environ, "PYTHONHASHSEED": salt},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for salt in ("1", "2")
    ]
    answers = [(*process.communicate(timeout=120), process.returncode) for process in running]
    with simulate(Scenario.load("demo", SMALL), seed=SEED) as run:
        here = run.manifest.content_hash
    assert answers == [(f"{here}\n", "", 0)] * 2


def test_other_seeds_and_replications_give_other_rows() -> None:
    with simulate(busy(*SMALL), seed=SEED + 1) as run:
        other_seed = run.manifest.table_hashes["cases"]
    with simulate(busy(*SMALL), seed=SEED, replication=1) as run:
        other_replication = run.manifest.table_hashes["cases"]
    with simulate(busy(*SMALL), seed=SEED) as run:
        usual = run.manifest.table_hashes["cases"]
    assert len({other_seed, other_replication, usual}) == 3


# --------------------------------------------------------------------------------- others


def test_one_more_customer_changes_no_other_ones_rows(new: Block) -> None:
    more = rows_of(busy(*SMALL, NEW, "segments.enterprise.customers=5"))
    assert len(more["customers"]["customer_id"]) == len(new["customers"]["customer_id"]) + 1
    assert len(more["cases"]["case_id"]) > len(new["cases"]["case_id"])
    assert differing(first_rows(more, new), new) == []


def with_segment(name: str, *, first: bool) -> Scenario:
    """The small scenario with one more segment of eleven customers, before or after the others."""
    model = busy(*SMALL).model
    segment = model.segments["small"].model_copy(update={"customers": 11})
    segments = {name: segment, **model.segments} if first else {**model.segments, name: segment}
    more = model.model_copy(update={"segments": segments})
    return Scenario.from_dict(more.model_dump(exclude_unset=True))


def test_one_more_segment_behind_changes_no_other_ones_rows(usual: Block) -> None:
    more = rows_of(with_segment("new", first=False))
    assert differing(first_rows(more, usual), usual) == []


def test_one_more_segment_in_front_only_moves_the_numbers(usual: Block) -> None:
    more = rows_of(with_segment("new", first=True))
    before = {
        table: len(more[table][key]) - len(usual[table][key])
        for table, key in (
            ("customers", "customer_id"),
            ("entitlements", "entitlement_id"),
            ("balances", "balance_id"),
            ("cases", "case_id"),
        )
    }
    assert before["customers"] == (more["customers"]["segment"] == 0).sum() > 5
    moved: dict[str, dict[str, NDArray[Any]]] = {}
    for table, columns in more.items():
        rows = len(next(iter(usual[table].values())))
        moved[table] = {
            name: values[len(values) - rows :].copy() for name, values in columns.items()
        }
        for name, numbered in NUMBERS.items():
            if name in moved[table]:
                values = moved[table][name]
                values[values > 0] -= before[numbered]
    moved["customers"]["segment"] -= 1
    assert differing(moved, usual) == []


def arrivals_of(block: Block) -> dict[str, NDArray[Any]]:
    return {
        name: block["cases"][name]
        for name in ("customer_id", "created_at", "product_id", "origin", "contact")
    }


@pytest.mark.parametrize(
    "change",
    [
        "segments.small.do_not_decrement=0.5",
        "segments.small.cancelled=0",
        "segments.small.reopened=0",
        "segments.small.left_in_draft.share=0.9",
        "segments.small.cancellation.per_year=3",
        "segments.small.amendments.per_year=5",
        "segments.small.renewal.inclination.constant=0",
        "segments.small.turned_away=1",
        "templates.Pack 10.total_terms=20",
        "rules.gate_literal_below_zero=true",
        "rules.job_time=12:00",
    ],
)
def test_what_else_is_drawn_or_ruled_moves_no_case(endless: Block, change: str) -> None:
    overrides = [*ENDLESS, change]
    if "inclination" in change:
        overrides.append("segments.small.renewal.inclination.beta_geometric=null")
    changed = rows_of(busy(*SMALL, *overrides))
    assert differing(changed, endless) != []
    ours, theirs = arrivals_of(changed), arrivals_of(endless)
    assert [name for name in ours if not np.array_equal(ours[name], theirs[name])] == []


def test_another_length_of_the_run_keeps_what_came_before() -> None:
    same = (*SMALL, NEW, "segments.small.joins.over_days=900", "bursts=[]")
    short, long = (rows_of(busy(*same, f"calendar.days={days}")) for days in (950, 1096))
    end = (int(plan(busy().model, 0).run["window"][0]) + 950) * 1440
    before = long["cases"]["created_at"] < end
    for name in ("customer_id", "created_at", "product_id", "origin", "decrement"):
        assert np.array_equal(short["cases"][name], long["cases"][name][before])
