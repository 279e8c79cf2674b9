"""What a comparison adds up is what the views say, to the last hundredth."""

import pandas as pd
import pytest

from entitlement_sim import Run, Scenario, simulate
from entitlement_sim.comparison.by_customer import sums_by_customer
from entitlement_sim.comparison.measures import METRICS

LAST_YEAR = (
    "FROM retention WHERE window_months = 12 AND basis = 'restated' AND is_mature AND n > 0 "
    "ORDER BY month DESC LIMIT 1"
)

#: Columns of the sums, and the query over views that gives the same; amounts in hundredths.
VIEWS = {
    ("cases", "covered", "turned_away"): (
        "SELECT count(*), count(*) FILTER (outcome = 'covered'), "
        "count(*) FILTER (outcome = 'turned_away') FROM arrived_cases"
    ),
    ("minutes", "cost_to_serve"): (
        "SELECT sum(minutes), 100 * sum(minutes) * any_value(hour_costs) + 6000 * sum(case_cost) "
        "FROM cost_to_serve, money_parameters"
    ),
    ("uncovered_revenue",): (
        "SELECT 6000 * sum(uncovered) * any_value(uncovered_case) "
        "+ 100 * sum(minutes) * any_value(uncovered_hour) FROM leakage, money_parameters"
    ),
    ("margin",): (
        "SELECT 6000 * sum(recognised + overage - turned_away_cost) "
        "+ (SELECT sum(6000 * uncovered * uncovered_case + 100 * minutes * uncovered_hour) "
        "FROM leakage, money_parameters) "
        "- (SELECT sum(100 * minutes * hour_costs + 6000 * case_cost) "
        "FROM cost_to_serve, money_parameters) FROM margin_by_month"
    ),
    ("used_up", "asked"): (
        "SELECT sum(used_up), sum(asked_what_is_sold) FROM blocked_demand WHERE restrict"
    ),
    ("ran_dry", "expired"): (
        "SELECT count(*) FILTER (ran_dry), count(*) FROM breakage_by_entitlement "
        "WHERE ended_by = 'expiry'"
    ),
    ("renewed", "on_time", "due", "renewed_value", "due_value"): (
        "SELECT sum(renewed), sum(on_time), sum(n), sum(renewed_value_gross) * 100, "
        "sum(due_value) * 100 FROM renewal_rates_by_month"
    ),
    ("service_kept", "decided"): "SELECT sum(met), sum(n) FROM sla_compliance",
    ("paid_later", "paid", "retained_value", "begin_value", "end_value"): (
        "SELECT retained_customers, n, retained_value * 100, begin_value * 100, end_value * 100 "
        + LAST_YEAR
    ),
    ("unused_cases", "ended_cases"): (
        "SELECT sum(breakage) * 100, sum(allotment) * 100 FROM breakage "
        "WHERE ended_by = 'expiry' AND allocation = 'cases'"
    ),
    ("unused_hours", "ended_hours"): (
        "SELECT sum(breakage) * 100, sum(allotment) * 100 FROM breakage "
        "WHERE ended_by = 'expiry' AND allocation = 'hours'"
    ),
    ("lapsed_value",): "SELECT sum(breakage_value) * 100 FROM breakage WHERE ended_by = 'expiry'",
    ("sold", "bookings"): (
        "SELECT count(*), sum(price) * 100 FROM entitlements "
        "WHERE activated_on >= (SELECT run_begins FROM metric_parameters)"
    ),
    ("revenue",): "SELECT sum(stand_ready) * 100 FROM breakage_revenue",
    ("active_value",): (
        "SELECT sum(annual_value) * 100 FROM entitlement_facts WHERE state = 'active'"
    ),
    ("used_cases",): ("SELECT sum(used) * 100 FROM consumption_by_day WHERE allocation = 'cases'"),
    ("used_hours",): ("SELECT sum(used) * 100 FROM consumption_by_day WHERE allocation = 'hours'"),
}

#: Two cases are allotted a month, and what is used beyond them is billed: no demo sells this.
BILLED_BEYOND = """
scenario: beyond
currency: EUR
calendar: { start: 2025-01-01, days: 120 }
templates:
  Retainer: { allowance: { terms: 2, every: month }, overage: { price: 60 }, decrease_on: creation }
segments:
  all: { customers: 10, cases: { per_year: 48 }, holds: [{ template: Retainer }] }
"""


@pytest.mark.parametrize("columns", VIEWS, ids=" ".join)
def test_sums_over_customers_are_those_of_the_views(
    columns: tuple[str, ...], sums: pd.DataFrame, base: Run
) -> None:
    [row] = base.connection.sql(VIEWS[columns]).fetchall()
    assert [int(sums[column].sum()) for column in columns] == [int(value or 0) for value in row]
    assert any(row)


def test_overage_over_customers_is_that_of_the_view() -> None:
    with simulate(Scenario.parse(BILLED_BEYOND, "beyond.yaml")) as run:
        [(billed,)] = run.connection.sql("SELECT sum(amount) * 100 FROM overage").fetchall()
        assert int(sums_by_customer(run)["overage"].sum()) == int(billed) > 0


def test_every_column_of_a_metric_is_held_against_a_view() -> None:
    held = {column for columns in VIEWS for column in columns} | {"overage"}
    read = {metric.numerator for metric in METRICS}
    read |= {metric.denominator for metric in METRICS if metric.denominator}
    assert read <= held


@pytest.mark.parametrize(
    ("columns", "query"),
    [
        (
            ["used_up", "asked"],
            "SELECT template, sum(used_up), sum(asked_what_is_sold) FROM blocked_demand "
            "WHERE restrict GROUP BY template",
        ),
        (
            ["renewed", "due"],
            "SELECT template, sum(renewed), sum(n) FROM renewal_rates WHERE in_base AND n > 0 "
            "GROUP BY template",
        ),
        (["revenue"], "SELECT template, sum(stand_ready) * 100 FROM breakage_revenue GROUP BY 1"),
    ],
    ids=["refusals", "renewals", "revenue"],
)
def test_sums_by_template_are_those_of_the_views(
    columns: list[str], query: str, sums: pd.DataFrame, base: Run
) -> None:
    by_template = sums.groupby("template", observed=True)[columns].sum()
    added = {
        str(name): tuple(map(int, row))
        for name, row in zip(by_template.index, by_template.to_numpy(), strict=True)
    }
    rows = base.connection.sql(query).fetchall()
    told = {name: tuple(map(int, values)) for name, *values in rows}
    assert {name: row for name, row in added.items() if any(row)} == {
        name: row for name, row in told.items() if any(row)
    }


def test_parameters_of_the_views_hold_for_the_sums_too(sums: pd.DataFrame, base: Run) -> None:
    query = "SELECT sum(renewed)::INT FROM renewal_rates_by_month"
    by_default = int(sums["renewed"].sum())
    base.connection.sql("SET VARIABLE grace_days = 5")
    try:
        by_parameter = int(sums_by_customer(base)["renewed"].sum())
        [(told,)] = base.connection.sql(query).fetchall()
    finally:
        base.connection.sql("RESET VARIABLE grace_days")
    assert by_parameter == told < by_default


def test_adding_up_leaves_no_table_behind(base: Run) -> None:
    query = "SELECT table_name FROM duckdb_tables() WHERE temporary ORDER BY ALL"
    base.connection.execute("CREATE TEMP TABLE of_the_analyst AS SELECT 1 AS a")
    try:
        sums_by_customer(base)
        assert base.connection.sql(query).fetchall() == [("of_the_analyst",)]
    finally:
        base.connection.execute("DROP TABLE of_the_analyst")
