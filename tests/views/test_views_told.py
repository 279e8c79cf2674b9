"""The views as an analyst meets them: complete, told in words, in order, with parameters."""

import pytest
from hand_made import HandMade

METRICS = (
    "utilisation", "utilisation_by_template", "burn_down", "pacing", "time_to_exhaustion",
    "dry_days", "blocked_demand", "over_consumption", "expiry_by_month", "expiring", "expiry_wall",
    "breakage", "breakage_revenue", "renewals", "renewal_rates", "cohorts", "retention",
    "coverage_gaps", "entitled_share", "origin_mix", "sla_compliance", "contact_rate",
    "consumption_rate", "renewal_moves",
)  # fmt: skip


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_is_a_view_with_rows(demo, name):
    [(rows,)] = demo.connection.sql(f"SELECT count(*) FROM {name}").fetchall()
    assert rows > 0


def test_every_view_says_what_it_is(demo):
    query = "SELECT view_name FROM duckdb_views() WHERE NOT internal AND comment IS NULL"
    assert demo.connection.sql(query).fetchall() == []


def test_every_column_of_a_metric_says_what_it_holds(demo):
    told_whole = ("daily", "state_periods", "case_events")
    query = (
        "SELECT view_name, column_name "
        "FROM duckdb_columns() AS columns JOIN duckdb_views() AS views "
        "ON columns.table_oid = views.view_oid AND columns.database_oid = views.database_oid "
        f"WHERE NOT views.internal AND columns.comment IS NULL AND view_name NOT IN {told_whole}"
    )
    assert demo.connection.sql(query).fetchall() == []


def test_no_view_fails_on_a_run_in_which_nothing_happens():
    with HandMade(days=10).run() as run:
        views = run.connection.sql(
            "SELECT view_name FROM duckdb_views() WHERE NOT internal"
        ).fetchall()
        counts = {name: len(run.sql(f"FROM {name}")) for (name,) in views}
    assert {name for name in METRICS if counts[name]} == {"utilisation_by_template"}


def test_the_order_of_rows_does_not_depend_on_the_number_of_threads(demo):
    # A share of sums is the same to the last bit, because its sums are decimals.
    connection = demo.connection
    told = []
    for threads in (1, 4):
        connection.execute(f"SET threads = {threads}")
        told.append([connection.sql(f"FROM {name}").fetchall() for name in METRICS[:2]])
        told[-1] += [connection.sql(f"FROM {name}").fetchall() for name in METRICS[3:]]
    connection.execute("RESET threads")
    assert told[0] == told[1]


def test_parameters_have_their_defaults_in_one_place():
    hand = HandMade(days=10)
    query = (
        "SELECT grace_days, rate_window_days, wall_days, least_elapsed_share, "
        "move_tolerance::DOUBLE, base FROM metric_parameters"
    )
    assert hand.one(query) == (90, 90, 30, 0.05, 0.01, "all")


def test_a_base_that_is_none_is_named():
    hand = HandMade()
    hand.holds(0, 99)
    with pytest.raises(Exception, match="base is paying or all"):
        hand.rows("FROM cohorts", base="most")


def test_a_reset_variable_brings_the_default_back():
    with HandMade(days=10).run() as run:
        run.connection.execute("SET VARIABLE grace_days = 60")
        changed = run.sql("FROM metric_parameters")["grace_days"].item()
        run.connection.execute("RESET VARIABLE grace_days")
        assert (changed, run.sql("FROM metric_parameters")["grace_days"].item()) == (60, 90)


def test_a_cohort_grain_that_is_none_is_named():
    hand = HandMade()
    hand.holds(0, 99)
    with pytest.raises(Exception, match="cohort_grain is month, quarter or year"):
        hand.rows("FROM cohorts", cohort_grain="fortnight")


def test_amounts_of_all_views_have_two_places_as_those_of_the_tables():
    # Shares and what a case weighs are no amounts.
    others = {"days_a_month", "move_tolerance", "discount_rate", "weight"}
    with HandMade().run() as run:
        kinds = run.connection.sql(
            "SELECT column_name, data_type FROM duckdb_columns() WHERE data_type LIKE 'DECIMAL%'"
        ).fetchall()
    assert {kind for name, kind in kinds if name not in others} == {
        "DECIMAL(18,2)",
        "DECIMAL(38,2)",  # totals
    }
