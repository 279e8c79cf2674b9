"""Runs of older versions of the package: they open, verify, explain and answer as then.

``run-of-0.1.zip`` was written by version 0.1.0 and is never written again: 32 customers over half a
year, with channels, restrictions, hours, products, contacts, service levels, amendments,
cancellations, renewals, reopened and reactivated cases. Its scenario stands in its manifest.

``run-of-format-2.zip`` was written before scenarios had a base: 6 customers of the scenario
``reference`` over 400 days. ``run-of-format-3.zip`` is the same with another seed, written before
somebody could write into a balance and before runs were imported; ``run-of-format-4.zip`` likewise,
written before balances had prices.
"""

import zipfile
from decimal import Decimal
from pathlib import Path

import pytest
from store_rows import facts

from entitlement_sim.store.catalogue import list_runs
from entitlement_sim.store.explain import explain
from entitlement_sim.store.formats import FORMATS
from entitlement_sim.store.manifest import READABLE
from entitlement_sim.store.run import open_run
from entitlement_sim.store.summary import summarise
from entitlement_sim.store.verify import verify
from entitlement_sim.store.writer import write_run

HASH = "2c6b7c6eaa809bed7b8d23715ae9f2e25de6f6a1a4e51175d2915d3673a3c1c7"
ARCHIVE = Path(__file__).with_name("run-of-0.1.zip")

#: Views that 0.1 had, and that queries written then may read.
VIEWS = (
    "blocked_demand",
    "breakage",
    "breakage_by_entitlement",
    "breakage_revenue",
    "burn_down",
    "case_events",
    "cohorts",
    "consumption_rate",
    "contact_rate",
    "coverage_gaps",
    "coverage_gaps_by_month",
    "covered_customers",
    "covered_periods",
    "daily",
    "dry_days",
    "entitled_share",
    "entitlement_facts",
    "expected_breakage",
    "expiring",
    "expiry_by_month",
    "expiry_wall",
    "metric_parameters",
    "origin_mix",
    "over_consumption",
    "pacing",
    "renewal_chains",
    "renewal_moves",
    "renewal_rates",
    "renewal_rates_by_month",
    "renewals",
    "retention",
    "revenue_by_entitlement",
    "sla_compliance",
    "state_periods",
    "successors",
    "time_to_exhaustion",
    "utilisation",
    "utilisation_by_channel",
    "utilisation_by_template",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("older") / "run-of-0.1"
    with zipfile.ZipFile(ARCHIVE) as archive:
        archive.extractall(place)
    return place


@pytest.fixture(scope="module")
def run(folder):
    with open_run(folder) as opened:
        yield opened


def test_a_run_of_0_1_is_listed_with_what_its_manifest_says(folder):
    [entry] = list_runs(folder.parent)
    facts = entry.manifest
    assert (facts.package_version, facts.scenario, facts.days) == ("0.1.0", "half-a-year", 184)
    assert (facts.rows["customers"], facts.rows["cases"], facts.rows["ledger"]) == (32, 483, 965)


def test_a_run_of_0_1_verifies_by_the_hash_that_it_was_stored_with(run):
    verification = verify(run)
    assert verification.found == HASH
    assert verification.holds


def test_a_run_of_0_1_explains_a_balance(run):
    explanation = explain(run, 21)
    assert [
        (f"{one.happened_at:%m-%d %H:%M}", one.case_id, one.reason, one.amount, one.balance)
        for one in explanation.movements
    ] == [
        ("04-02 00:00", None, "allot", Decimal(2), Decimal(2)),
        ("04-03 04:18", 39, "consume", Decimal(-1), Decimal(1)),
        ("04-06 06:25", 39, "restore", Decimal(1), Decimal(2)),
        ("04-08 12:44", 39, "consume", Decimal(-1), Decimal(1)),
        ("05-14 00:00", None, "adjust", Decimal(-1), Decimal(0)),
    ]
    assert [one.rule for one in explanation.movements] == ["T8", "T1", "T3", "T1", "T8"]
    assert [(one.to_state, one.trigger) for one in explanation.states] == [
        ("draft", "created"),
        ("active", "activated"),
        ("draft", "deactivated"),
        ("active", "activated"),
        ("expired", "expired"),
    ]


def test_a_run_of_0_1_sums_up_to_what_it_came_to_then(run):
    summary = summarise(run)
    assert summary.entitlements == {"active": 41, "cancelled": 12, "expired": 88}
    assert summary.cases == {"covered": 347, "uncovered": 86, "turned_away": 50}
    assert [(one.allocation, one.allotted, one.used, one.left) for one in summary.terms] == [
        ("cases", Decimal("396.00"), Decimal("153.00"), Decimal("91.00")),
        ("hours", Decimal("159.00"), Decimal("181.97"), Decimal("10.56")),
    ]
    assert (summary.renewals.numerator, summary.renewals.denominator) == (34, 36)


#: Views of what no run before format 5 has: periods, overage, accounts.
SINCE_FORMAT_5 = {
    "balance_totals", "breakage_by_period", "breakage_of_balances", "breakage_of_balances_by_month",
    "demand_by_account", "overage", "overage_by_period",
}  # fmt: skip


@pytest.mark.parametrize("view", VIEWS)
def test_a_run_of_0_1_answers_every_view_that_it_had(run, view):
    assert len(run.table(view)) > 0


def test_a_run_of_0_1_answers_every_view_of_today(run):
    with write_run([{}], facts()) as empty:
        views = empty.connection.sql(
            "SELECT view_name FROM duckdb_views() WHERE NOT internal ORDER BY view_name"
        ).fetchall()
    unanswered = {view for (view,) in views if run.table(view).empty}
    assert unanswered == SINCE_FORMAT_5


@pytest.fixture(scope="module")
def run_of_format_2(tmp_path_factory):
    place = tmp_path_factory.mktemp("older") / "run-of-format-2"
    with zipfile.ZipFile(ARCHIVE.with_name("run-of-format-2.zip")) as archive:
        archive.extractall(place)
    with open_run(place) as opened:
        yield opened


def test_a_run_of_format_2_verifies_by_the_hash_that_it_was_stored_with(run_of_format_2):
    verification = verify(run_of_format_2)
    assert verification.found.startswith("87a361c15bc9")
    assert verification.holds


def test_a_run_of_an_older_format_has_a_scenario_without_a_base(run, run_of_format_2):
    for older in (run, run_of_format_2):
        assert older.manifest.base_scenario is None
        assert older.sql("SELECT base_scenario FROM run").isna().all(axis=None)
    assert run_of_format_2.scenario.base_text is None


def test_a_run_of_an_older_format_has_neither_anchors_nor_offsets(run, run_of_format_2):
    for older in (run, run_of_format_2):
        assert older.manifest.renewal_offsets == {}
        assert older.sql("SELECT renewal_offsets FROM run").isna().all(axis=None)
        assert older.sql("SELECT anchor FROM entitlements").isna().all(axis=None)


def test_a_run_of_an_older_format_gave_nothing_back(run, run_of_format_2):
    for older in (run, run_of_format_2):
        assert set(older.sql("SELECT refund FROM templates")["refund"]) == {"none"}
        assert older.sql("SELECT sum(refunded) AS refunded FROM breakage").iloc[0, 0] == 0


def test_a_run_of_an_older_format_rolls_its_liability_forward(run, run_of_format_2):
    for older in (run, run_of_format_2):
        wrong = older.sql(
            "FROM contract_liability "
            "WHERE opening + billed - revenue - refunded - remitted <> closing"
        )
        assert wrong.empty


def test_a_run_of_format_2_sums_up_to_what_it_came_to_then(run_of_format_2):
    summary = summarise(run_of_format_2)
    assert summary.entitlements == {"active": 6, "expired": 6}
    assert summary.cases == {"covered": 60, "uncovered": 12}


def test_a_run_of_format_3_verifies_and_sums_up_to_what_it_came_to_then(tmp_path) -> None:
    with zipfile.ZipFile(ARCHIVE.with_name("run-of-format-3.zip")) as archive:
        archive.extractall(tmp_path / "run-of-format-3")
    with open_run(tmp_path / "run-of-format-3") as older:
        verification = verify(older)
        assert verification.found.startswith("f612c7291410")
        assert verification.holds
        summary = summarise(older)
    assert summary.entitlements == {"active": 6, "expired": 6}
    assert summary.cases == {"covered": 60, "uncovered": 12}


@pytest.fixture(scope="module")
def run_of_format_4(tmp_path_factory):
    place = tmp_path_factory.mktemp("older") / "run-of-format-4"
    with zipfile.ZipFile(ARCHIVE.with_name("run-of-format-4.zip")) as archive:
        archive.extractall(place)
    with open_run(place) as opened:
        yield opened


def test_a_run_of_format_4_verifies_and_sums_up_to_what_it_came_to_then(run_of_format_4) -> None:
    verification = verify(run_of_format_4)
    assert verification.found.startswith("208e010f9b92")
    assert verification.holds
    summary = summarise(run_of_format_4)
    assert summary.entitlements == {"active": 6, "expired": 6}
    assert summary.cases == {"covered": 60, "uncovered": 14}


def test_a_balance_of_an_older_run_is_worth_the_price_of_its_entitlement(run, run_of_format_4):
    for older in (run, run_of_format_4):
        others = older.sql(
            "SELECT balances.price FROM balances JOIN entitlements USING (entitlement_id) "
            "WHERE balances.price IS DISTINCT FROM "
            "CASE WHEN kind = 'whole' THEN entitlements.price END"
        )
        assert others.empty


def test_an_older_run_knows_neither_weights_nor_severities(run, run_of_format_4):
    for older in (run, run_of_format_4):
        assert older.sql("SELECT weight FROM ledger").isna().all(axis=None)
        assert older.sql("SELECT severity FROM cases").isna().all(axis=None)
        assert older.sql("SELECT promised_terms FROM entitlements").isna().all(axis=None)


def test_every_version_that_can_be_read_is_described() -> None:
    assert tuple(FORMATS) == READABLE
