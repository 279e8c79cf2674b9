"""The engine is plain Python: without its compiler it makes the same rows, only slower."""

import os
import subprocess
import sys

import numba
import numpy as np
import pandas as pd
import pytest
from busy_scenarios import busy
from sums_by_views import QUERIES, added, asked

from entitlement_sim import simulate
from entitlement_sim.compiling import record_type
from entitlement_sim.engine.sums import _FIRST_ROOM, Measure
from entitlement_sim.replications import sums

SEED = 31
#: As few customers and days as it takes for every measure to be something.
TINY = (
    "segments.small.customers=7",
    "segments.midsize.customers=4",
    "segments.enterprise.customers=3",
    "calendar.days=500",
    "templates.Premier.total_terms=30",
    "templates.Hours 150.total_terms=20",
    "segments.small.renewal.returns={share: 1, days: {fixed: 100}}",
    "segments.small.life={ends: {exponential: 60}, never_covered: 0.2, ramp_up_days: 30}",
    "templates.Hours 150.overage={price: 150}",
    "segments.midsize.cases.follow_ups.mean=0.4",
    "segments.midsize.resolve_hours.clock=working",
    "segments.midsize.billable_minutes={exponential: 60, clock: working, by_product: {Mail: 2}}",
)

#: What another process, without the compiler, is asked for.
_HASH = (
    "from entitlement_sim import Scenario, simulate; import sys; "
    "run = simulate(Scenario.load('demo', sys.argv[1:]), seed=31); "
    "print(run.manifest.content_hash)"
)


@pytest.mark.skipif(
    numba.config.DISABLE_JIT, reason="compares the compiled engine with the other one"
)
def test_an_uncompiled_run_has_the_same_content() -> None:
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    scenario = busy(*TINY, "calendar.days=300")  # plain Python takes its time
    command = [sys.executable, "-c", _HASH, *scenario.overrides]
    with simulate(scenario, seed=SEED) as run:  # first: what it keeps of its pilot is used
        content = run.manifest.content_hash
    answer = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=300, check=True
    )
    assert answer.stdout.strip() == content


def test_sums_of_a_tiny_portfolio_are_those_of_its_run() -> None:
    scenario = busy(*TINY)
    bigger = {"bigger": {"templates.Pack 10.total_terms": 12}}
    frame = sums(scenario, bigger, seed=SEED, hundredths=True)
    base = frame[frame.offering == "base"]
    with simulate(scenario, seed=SEED) as run:
        for query, keys, measures in QUERIES.values():
            assert added(base, keys, measures) == asked(run, query, len(keys))
    measures = [measure.name.lower() for measure in Measure]
    assert [name for name in measures if not base[name].any()] == []


def test_sums_by_customer_need_no_more_room_than_grows() -> None:
    customers = [
        f"segments.{segment}.customers=2" for segment in ("small", "midsize", "enterprise")
    ]
    many_cases = ("segments.enterprise.cases.per_year=1500", "calendar.days=150")
    scenario = busy(*TINY, *customers, *many_cases, "history={years: 1}")
    by_customer = sums(scenario, seed=SEED, by=["customer"], hundredths=True)
    by_segment = sums(scenario, seed=SEED, by=["segment"], hundredths=True)
    cases = by_customer.groupby("customer_id")[["covered", "uncovered", "turned_away"]].sum()
    assert cases.sum(axis=1).max() > _FIRST_ROOM
    pd.testing.assert_series_equal(
        by_customer.groupby("segment", observed=True)["covered_days"].sum(),
        by_segment.groupby("segment", observed=True)["covered_days"].sum(),
    )


@pytest.mark.parametrize("name", ["shape", "size", "T", "real"])
def test_no_field_of_a_record_hides_what_numpy_gives_records(name: str) -> None:
    with pytest.raises(ValueError, match=f"a record cannot have a field named {name}"):
        record_type([("state", "i8"), (name, "i8")])


def test_fields_of_a_record_are_attributes_that_write_through() -> None:
    records = np.zeros(2, record_type([("state", "i8"), ("day", "i4")]))
    records[1].day = 7
    assert records["day"].tolist() == [0, 7]
