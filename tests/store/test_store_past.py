"""A run with a past says when it began, adds up, verifies and explains what is older than it."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from entitlement_sim import Scenario, simulate
from entitlement_sim.simulated_anew import simulate_anew
from entitlement_sim.store.explain import explain
from entitlement_sim.store.run import Run, open_run
from entitlement_sim.store.summary import summarise
from entitlement_sim.store.verify import verify

SCENARIO = Scenario.load(
    "incident-based",
    ["segments.offices.customers=60", "calendar.days=200", "segments.offices.reopened=0.2"],
)
OFFERING = {"templates.Pack 5.total_terms": 7, "segments.offices.customers": 30}


@pytest.fixture(scope="module", params=[{}, OFFERING], ids=["base", "offering"])
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    folder = tmp_path_factory.mktemp("runs")
    scenario = SCENARIO.with_(request.param) if request.param else SCENARIO
    simulate(scenario, seed=4, out=folder, name="run").close()
    with open_run(Path(folder) / "run") as opened:
        yield opened


def ids(run: Run, query: str) -> list[int]:
    return [number for (number,) in run.connection.sql(query).fetchall()]


def test_a_run_says_when_its_past_began_and_how_many_join_a_year(run: Run) -> None:
    assert run.manifest.history_start == dt.date(2013, 1, 1)
    [(begins, start, joins)] = run.connection.sql(
        "SELECT history_start, start_date, joins_per_year->>'offices' FROM run"
    ).fetchall()
    assert (begins, start) == (dt.date(2013, 1, 1), dt.date(2023, 1, 1))
    assert float(joins) == (run.manifest.joins_per_year or {})["offices"] > 5


def test_an_offering_has_the_inflow_of_its_base_by_its_number_of_customers() -> None:
    changes = {**OFFERING, "segments.offices.renewal.inclination": {"constant": 0.1}}
    with simulate(SCENARIO) as base, simulate(SCENARIO.with_(changes)) as offering:
        ours = (base.manifest.joins_per_year or {})["offices"]
        assert offering.manifest.joins_per_year == {"offices": pytest.approx(ours / 2, rel=1e-8)}


def test_a_run_shows_its_past(run: Run) -> None:
    assert "\n  past          from 1 Jan 2013\n" in repr(run)


def test_a_run_without_a_past_says_so() -> None:
    with simulate(Scenario.load("reference", ["segments.everyone.customers=2"])) as run:
        assert run.manifest.history_start is None
        assert run.sql("SELECT history_start, joins_per_year FROM run").isna().all(axis=None)
        assert summarise(run).opening is None
        assert "past" not in repr(run)


def test_the_summary_says_how_many_were_expected_and_are_there(run: Run) -> None:
    opening = summarise(run).opening
    assert opening is not None
    [(expected, realised)] = run.connection.sql(
        """
        SELECT (SELECT sum(customers) FROM segments), count(DISTINCT customer_id)
        FROM entitlements JOIN (
            SELECT entitlement_id, arg_max(to_state, moves.rowid) AS state_at_start
            FROM opened_run.transitions AS moves, run
            WHERE on_date <= start_date GROUP BY ALL
        ) USING (entitlement_id)
        WHERE state_at_start = 'active'
        """
    ).fetchall()
    assert (opening.expected, opening.realised) == (expected, realised)
    assert summarise(run).rows()[0] == (
        "customers at the start",
        f"{realised}, expected {expected}",
    )


def test_movements_add_up_to_what_remains_of_every_balance(run: Run) -> None:
    [(contracts, channels, short)] = run.connection.sql(
        """
        WITH moved AS (
            SELECT entitlement_id, sum(amount) AS amount FROM ledger GROUP BY ALL
        ), of_channel AS (
            SELECT entitlement_id, origin, sum(origin_amount) AS amount FROM ledger
            WHERE origin IS NOT NULL GROUP BY ALL
        )
        SELECT
            (SELECT count(*) FROM entitlements LEFT JOIN moved USING (entitlement_id)
             WHERE remaining_terms IS DISTINCT FROM amount),
            (SELECT count(*) FROM balances LEFT JOIN of_channel USING (entitlement_id, origin)
             WHERE kind = 'channel' AND remaining_terms IS DISTINCT FROM amount),
            (SELECT count(*) FROM ledger WHERE reason = 'brought_forward')
        """
    ).fetchall()
    assert (contracts, channels) == (0, 0)
    assert short > 20


def test_what_ended_earlier_has_an_allotment_and_what_was_brought_forward(run: Run) -> None:
    rows = run.connection.sql(
        """
        SELECT list(DISTINCT reason::VARCHAR ORDER BY reason::VARCHAR), count(*) = 2 * any_value(n),
               max(happened_at) < any_value(start_date)
        FROM ledger JOIN (SELECT entitlement_id, count(*) AS n FROM balances GROUP BY ALL)
            USING (entitlement_id) CROSS JOIN run
        WHERE entitlement_id IN (SELECT entitlement_id FROM ledger WHERE reason = 'brought_forward')
        GROUP BY entitlement_id
        """
    ).fetchall()
    assert all(row == (["allot", "brought_forward"], True, True) for row in rows)


def test_a_run_with_a_past_verifies_and_is_what_its_scenario_gives(run: Run) -> None:
    assert verify(run).holds
    assert simulate_anew(run).holds


def test_a_contract_from_before_the_run_is_explained(run: Run) -> None:
    old = ids(
        run,
        "SELECT entitlement_id FROM entitlements CROSS JOIN metric_parameters "
        "WHERE start_date < run_begins AND end_date > run_begins AND predecessor_id IS NOT NULL",
    )
    whole = explain(run, old[0])
    assert whole.start_date < run.manifest.start_date
    assert whole.movements[0].reason == "allot"
    assert (
        whole.balance
        == run.sql(
            f"SELECT remaining_terms FROM entitlements WHERE entitlement_id = {old[0]}"
        ).iloc[0, 0]
    )
    assert whole.renews is not None
    earlier = explain(run, whole.renews)
    assert [movement.reason for movement in earlier.movements][-1] == "brought_forward"
    assert earlier.renewed_by == (old[0],)
    assert "brought forward" in str(earlier)


def test_every_row_that_is_named_is_there(run: Run) -> None:
    for table, column, named in (
        ("ledger", "case_id", "cases"),
        ("ledger", "entitlement_id", "entitlements"),
        ("cases", "entitlement_id", "entitlements"),
        ("cases", "customer_id", "customers"),
        ("entitlements", "customer_id", "customers"),
        ("reactivations", "case_id", "cases"),
        ("transitions", "entitlement_id", "entitlements"),
        ("ledger", "balance_id", "balances"),
    ):
        lost = f"SELECT {column} FROM {table} ANTI JOIN {named} USING ({column})"
        assert ids(run, f"{lost} WHERE {column} IS NOT NULL") == []
    assert (
        ids(
            run,
            "SELECT predecessor_id FROM entitlements WHERE predecessor_id NOT IN "
            "(SELECT entitlement_id FROM entitlements)",
        )
        == []
    )


def test_an_offering_changes_what_is_sold_or_renewed_from_the_first_day_on() -> None:
    with simulate(SCENARIO.with_({"templates.Pack 5.price": 999}), seed=4) as offering:
        prices = offering.connection.sql(
            """
            SELECT created_on >= run.start_date, list(DISTINCT entitlements.price::INTEGER)
            FROM entitlements JOIN templates USING (template_id), run
            WHERE template = 'Pack 5' GROUP BY ALL ORDER BY ALL
            """
        ).fetchall()
    assert prices == [(False, [450]), (True, [999])]
