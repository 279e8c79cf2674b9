"""What is nothing but chance is called chance: pairs of replications that differ by it alone.

``python -m tests.measured`` measures the same closely, on a portfolio like the demo.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest

from entitlement_sim import Scenario, sums
from entitlement_sim.inference import Portfolio, difference, ratio

#: As many of 40 intervals of 95 % exclude 0 by chance once in 2,000 times.
MOST = 7

SCENARIO = Scenario.load(
    "reference", ["segments.everyone.customers=60", "calendar.days=365", "calendar.day_spread=0"]
)
EVERYBODY = Portfolio.of(pd.DataFrame({"customer_id": range(1, 61)}), segment=None)


@pytest.fixture(scope="module")
def replications() -> list[pd.DataFrame]:
    frame = sums(SCENARIO, {}, 80, by=["customer"], seed=3, threads=1)
    frame["cases"] = frame[["covered", "uncovered", "turned_away"]].sum(axis=1)
    columns = ["covered", "cases", "used", "renewed", "due_mature"]
    added = frame.groupby(["replication", "customer_id"])[columns].sum().reset_index()
    return [part for _, part in added.groupby("replication")]


def alarms(replications: Sequence[pd.DataFrame], *columns: str, is_clustered: bool = True) -> int:
    portfolio, parts = EVERYBODY, list(replications)
    if not is_clustered:
        portfolio, parts = None, [each_case_alone(part) for part in parts]
    return sum(
        difference(first, second, *columns, portfolio=portfolio, paired=False).excludes(0)
        for first, second in zip(parts[::2], parts[1::2], strict=True)
    )


def each_case_alone(replication: pd.DataFrame) -> pd.DataFrame:
    cases, covered = replication["cases"].sum(), replication["covered"].sum()
    return pd.DataFrame(
        {"customer_id": np.arange(cases), "cases": 1, "covered": np.arange(cases) < covered}
    )


@pytest.mark.parametrize(
    "columns", [("covered", "cases"), ("renewed", "due_mature"), ("cases",), ("used",)]
)
def test_chance_is_seldom_called_an_effect(
    replications: list[pd.DataFrame], columns: tuple[str, ...]
) -> None:
    assert alarms(replications, *columns) <= MOST


def test_cases_as_if_they_were_independent_would_call_it_one(
    replications: list[pd.DataFrame],
) -> None:
    assert alarms(replications, "covered", "cases", is_clustered=False) > MOST


def test_the_standard_error_of_one_run_is_the_spread_between_runs(
    replications: list[pd.DataFrame],
) -> None:
    estimates = [ratio(part, "covered", "cases", portfolio=EVERYBODY) for part in replications]
    spread = np.std([estimate.value for estimate in estimates], ddof=1)
    # The standard deviation of 80 values is known to 8 %.
    assert np.mean([estimate.standard_error for estimate in estimates]) == pytest.approx(
        spread, rel=0.25
    )
