"""A run with a past says the same after it left as an export and was imported."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from entitlement_sim import Run, Scenario, simulate
from entitlement_sim.exchange.entering import enter
from entitlement_sim.exchange.leaving import book_of

SCENARIO = Scenario.load(
    "demo",
    {
        "segments.small.customers": 20,
        "segments.midsize.customers": 8,
        "segments.enterprise.customers": 2,
    },
)

#: What notebooks read, of all that a live system records.
SAME = {
    "customers": "SELECT segment::VARCHAR, count(*) FROM customers GROUP BY ALL ORDER BY ALL",
    "entitlements": "SELECT template_id, created_on, activated_on, start_date, end_date, "
    "state::VARCHAR, ended_on, ended_by::VARCHAR, remaining_terms, price FROM entitlements "
    "ORDER BY ALL",
    "transitions": "SELECT * EXCLUDE (entitlement_id) FROM transitions ORDER BY ALL",
    "over_consumption": "FROM over_consumption ORDER BY ALL",
    "utilisation": "FROM utilisation_by_template ORDER BY ALL",
    "expiry": "FROM expiry_by_month ORDER BY ALL",
    "expiry wall": "FROM expiry_wall ORDER BY ALL",
}


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Run, Run]]:
    """A simulated run with a past, and the run that its export makes."""
    folder: Path = tmp_path_factory.mktemp("twins")
    with (
        simulate(SCENARIO, seed=7, out=folder, name="simulated") as run,
        enter(book_of(run), begins=run.manifest.start_date) as imported,
    ):
        yield run, imported


@pytest.mark.parametrize("question", SAME)
def test_a_run_with_a_past_says_the_same_when_it_was_imported(
    twins: tuple[Run, Run], question: str
) -> None:
    simulated, imported = (run.connection.sql(SAME[question]).fetchall() for run in twins)
    assert imported == simulated
