"""What is in force from month to month, and the customers behind retention and service levels."""

import pandas as pd
import pytest
from hand_made import HandMade

FLOWS = "SELECT strftime(month, '%m'), opening, sold, renewed, expired, cancelled, closing"


def test_the_last_day_of_a_month_is_covered_to_its_close():
    hand = HandMade(days=90)
    first = hand.holds(0, 30)  # all of January
    hand.holds(31, 59, renews=first)  # all of February
    assert hand.rows(f"{FLOWS} FROM in_force_by_month ORDER BY month") == [
        ("01", 0, 1, 0, 0, 0, 1), ("02", 1, 0, 1, 1, 0, 1), ("03", 1, 0, 0, 1, 0, 0),
    ]  # fmt: skip


def test_a_cancellation_is_told_apart_and_a_late_successor_is_sold():
    hand = HandMade(days=200)
    hand.holds(0, 99, cancelled=40)
    first = hand.holds(0, 9, customer=2)
    hand.holds(110, 150, customer=2, renews=first)
    totals = "SELECT sum(sold), sum(renewed), sum(expired), sum(cancelled) FROM in_force_by_month"
    assert hand.rows(totals) == [(3, 0, 2, 1)]


def test_what_is_free_has_rows_of_its_own():
    hand = HandMade(days=20)
    hand.holds(0, 30)
    hand.holds(0, 30, price=0, customer=2)
    query = "SELECT is_paying, in_base, closing, closing_value FROM in_force_by_month ORDER BY ALL"
    assert [row[:3] for row in hand.rows(query)] == [(False, False, 1), (True, True, 1)]


def test_every_month_opens_with_what_the_last_one_closed_with(portfolio):
    query = """
        SELECT month, sum(opening) AS opening, sum(closing) AS closing,
               sum(opening_value) AS opening_value, sum(closing_value) AS closing_value,
               sum(opening + sold + renewed - expired - cancelled - closing) AS off,
               sum(opening_value + sold_value + renewed_value - expired_value - cancelled_value
                   - closing_value) AS off_value
        FROM in_force_by_month GROUP BY month ORDER BY month
    """
    months = portfolio.sql(query)
    assert months["opening"].tolist()[1:] == months["closing"].tolist()[:-1]
    assert months["opening_value"].tolist()[1:] == months["closing_value"].tolist()[:-1]
    assert not months[["off", "off_value"]].to_numpy().any()


def test_what_is_in_force_at_the_end_is_what_is_active_then(portfolio):
    [(closing,)] = portfolio.connection.sql(
        "SELECT sum(closing) FROM in_force_by_month WHERE month = "
        "(SELECT max(month) FROM in_force_by_month)"
    ).fetchall()
    [(active,)] = portfolio.connection.sql(
        "SELECT count(*) FROM entitlements WHERE state = 'active'"
    ).fetchall()
    assert closing == active


def test_retention_is_the_sum_over_its_customers(portfolio):
    by = "GROUP BY ALL ORDER BY ALL"
    summed = portfolio.sql(f"""
        SELECT window_months, basis, month, count(*) AS n, sum(begin_value) AS begin_value,
               sum(retained_value) AS retained_value, sum(end_value) AS end_value,
               count(*) FILTER (is_retained) AS retained_customers
        FROM retention_by_customer {by}
    """)
    whole = portfolio.sql("""
        SELECT window_months, basis, month, n, begin_value, retained_value, end_value,
               retained_customers
        FROM retention WHERE n > 0 ORDER BY ALL
    """)
    pd.testing.assert_frame_equal(summed, whole, check_dtype=False)


@pytest.mark.parametrize(("has_older", "is_filling_up"), [(False, True), (True, False)])
def test_a_run_that_begins_empty_fills_up_during_the_first_grace(has_older, is_filling_up):
    hand = HandMade(days=95)
    hand.holds(-5 if has_older else 5, 94)
    query = "SELECT is_filling_up FROM retention WHERE window_months = 1 AND basis = 'restated'"
    rows = hand.rows(f"{query} ORDER BY month")
    assert rows == [(is_filling_up,)] * len(rows)
    assert rows


def test_service_levels_are_the_sum_over_their_customers(portfolio):
    query = "SELECT month, template_id, sum(n), sum(met), sum(undecided) FROM {} GROUP BY ALL"
    both = [
        sorted(portfolio.connection.sql(query.format(view)).fetchall())
        for view in ("sla_compliance", "sla_compliance_by_customer")
    ]
    assert both[0] == both[1]
