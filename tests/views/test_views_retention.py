"""What became of the customers of a day: gross, net and by heads."""

import calendar
from collections import defaultdict
from datetime import date, timedelta

import pytest
from hand_made import HandMade
from plain import close, frame_of, rows_of, share

GRACE = 90
REPORTED, RESTATED = "as first reported", "restated"


def month_end(year, number):
    """Last day of the `number`-th month counted from January of a year."""
    year, number = year + (number - 1) // 12, (number - 1) % 12 + 1
    return date(year, number, calendar.monthrange(year, number)[1])


def restated_days(plain):
    """First day of each that is paid for and covers, renewals within the grace seamless."""
    held = plain.entitlements
    for row in held.itertuples():
        if row.covered_from is None or row.covered_from > row.effective_end or not row.is_paying:
            continue
        start = row.start_date
        if row.predecessor_id is not None:
            old = held.loc[row.predecessor_id]
            open_day = old["end_date"] + timedelta(days=1)
            lag = (max(row.start_date, row.created_on, row.activated_on) - open_day).days
            if lag <= GRACE - 1 and old["ended_by"] != "cancellation":
                start = min(start, open_day)
        yield row, start


@pytest.fixture(scope="module")
def covered(plain):
    """By basis and customer: the annual value held each day, and whether any is held."""
    value = {basis: defaultdict(lambda: [0] * plain.days) for basis in (REPORTED, RESTATED)}
    holds = {basis: defaultdict(lambda: [False] * plain.days) for basis in (REPORTED, RESTATED)}
    for row in plain.entitlements[plain.entitlements["is_paying"]].itertuples():
        for day in plain.active[plain.place[row.entitlement_id]].nonzero()[0]:
            value[REPORTED][row.customer_id][day] += row.annual_value
            holds[REPORTED][row.customer_id][day] = True
    for row, start in restated_days(plain):
        last = min(plain.day(row.effective_end) + 1, plain.days)
        for day in range(max(plain.day(start), 0), last):
            value[RESTATED][row.customer_id][day] += row.annual_value
            holds[RESTATED][row.customer_id][day] = True
    return value, holds


def test_retention_follows_the_customers_of_a_day(portfolio, plain, covered):
    seen = frame_of(portfolio, "FROM retention")
    months = len(month_ends_of(plain))
    assert len(seen) == 2 * (max(months - 12, 0) + max(months - 1, 0))
    for told in seen.itertuples():
        value, holds = (part[told.basis] for part in covered)
        first, last = plain.day(told.from_day), plain.day(told.to_day)
        cohort = [one for one in holds if holds[one][first]]
        begin = {one: value[one][first] for one in cohort}
        end = {one: value[one][last] for one in cohort}
        kept = [one for one in cohort if holds[one][last]]
        everybody = sum(of_one[last] for of_one in value.values())
        assert (told.n, told.retained_customers) == (len(cohort), len(kept))
        assert (told.begin_value, told.end_value) == (sum(begin.values()), sum(end.values()))
        assert told.retained_value == sum(min(begin[one], end[one]) for one in cohort)
        assert told.churned_value == sum(begin[one] for one in set(cohort) - set(kept))
        assert told.lapsed_and_back == sum(not all(holds[one][first:last]) for one in kept)
        assert (told.all_value, told.new_value) == (everybody, everybody - sum(end.values()))
        assert told.grr == close(share(told.retained_value, told.begin_value))
        assert told.nrr == close(share(told.end_value, told.begin_value))
        assert told.logo_retention == close(share(len(kept), len(cohort)))


def month_ends_of(plain):
    """Last days of whole months up to the last day of a run that begins in January 2023."""
    ends = [month_end(2023, number) for number in range(1, 37)]
    return [day for day in ends if day <= plain.last]


def test_windows_run_from_month_end_to_month_end(portfolio, plain):
    seen = frame_of(portfolio, "FROM retention WHERE window_months = 12 AND basis = 'restated'")
    ends = month_ends_of(plain)
    assert seen["to_day"].tolist() == ends[12:]
    assert seen["from_day"].tolist() == ends[:-12]


def test_the_bridge_leads_from_the_beginning_to_the_end(portfolio):
    wrong = rows_of(
        portfolio,
        "FROM retention WHERE begin_value - churned_value - contraction_value + expansion_value "
        "<> end_value OR end_value + new_value <> all_value",
    )
    assert wrong == []


def test_gross_retention_is_at_most_one_and_at_most_net(portfolio):
    assert rows_of(portfolio, "FROM retention WHERE grr > 1 OR grr > nrr") == []


# ------------------------------------------------------------------------------ edge cases

# Days of the run: 30 is the last of January 2024, 59 of February, 90 of March.
FEBRUARY = "month = '2024-02-01' AND window_months = 1"


def february(hand, columns, basis=REPORTED, **variables):
    query = f"SELECT {columns} FROM retention WHERE {FEBRUARY} AND basis = '{basis}'"
    return hand.one(query, **variables)


def test_customers_count_and_not_contracts():
    hand = HandMade()
    hand.holds(0, 40, price=41)
    hand.holds(41, 140, price=100)
    assert february(hand, "n, grr, nrr, logo_retention") == (1, 1.0, 1.0, 1.0)


def test_growth_counts_net_but_not_gross():
    hand = HandMade()
    hand.holds(0, 40, price=41)
    hand.holds(41, 140, price=200)
    assert february(hand, "grr, nrr, expansion_value") == (1.0, 2.0, 36500)


def test_a_smaller_contract_is_contraction_and_no_churn():
    hand = HandMade()
    hand.holds(0, 40, price=82)
    hand.holds(41, 140, price=100)
    columns = "grr, nrr, contraction_value, churned_value"
    assert february(hand, columns) == (0.5, 0.5, 36500, 0)


def test_new_customers_are_no_part_of_net_retention_but_of_the_recurring_revenue_rate():
    hand = HandMade()
    hand.holds(0, 99, customer=1)
    hand.holds(40, 139, customer=2)
    assert february(hand, "nrr, recurring_revenue_rate, new_value") == (1.0, 2.0, 36500)


def test_a_gap_on_the_day_is_lost_as_first_reported_and_closed_when_restated():
    hand = HandMade()
    old = hand.holds(0, 49)
    hand.holds(70, 169, renews=old)
    columns = "retained_customers, churned_value"
    assert february(hand, columns)[0] == 0
    assert february(hand, columns, RESTATED) == (1, 0)


def test_a_renewal_after_the_grace_stays_lost_when_restated():
    hand = HandMade()
    old = hand.holds(0, 49)
    hand.holds(170, 269, renews=old)
    assert february(hand, "retained_customers", RESTATED) == (0,)


def test_a_late_renewal_inside_the_window_is_retained():
    hand = HandMade()
    old = hand.holds(0, 40, price=41)
    hand.holds(50, 149, renews=old)
    assert february(hand, "grr, logo_retention, lapsed_and_back") == (1.0, 1.0, 1)


def test_restated_a_late_renewal_is_no_lapse():
    hand = HandMade()
    old = hand.holds(0, 40, price=41)
    hand.holds(50, 149, renews=old)
    assert february(hand, "grr, lapsed_and_back", RESTATED) == (1.0, 0)


def test_a_back_dated_renewal_was_lost_as_first_reported():
    hand = HandMade()
    old = hand.holds(0, 49)
    hand.holds(50, 149, created=70, renews=old)
    assert february(hand, "retained_customers", REPORTED) == (0,)
    assert february(hand, "retained_customers", RESTATED) == (1,)


def test_a_cancelled_contract_is_churn():
    hand = HandMade()
    hand.holds(0, 364, cancelled=45, price=365)
    assert february(hand, "churned_value, grr") == (36500, 0.0)


def test_top_ups_have_no_part_in_the_value():
    hand = HandMade()
    hand.moves(hand.holds(0, 99), 40, 10, reason="topup")
    assert february(hand, "nrr") == (1.0,)


def test_customers_who_pay_nothing_count_by_heads_only():
    hand = HandMade()
    hand.holds(0, 99, price=0)
    assert february(hand, "n, logo_retention, grr, nrr") == (1, 1.0, None, None)


def test_without_customers_there_is_no_retention():
    hand = HandMade()
    hand.holds(50, 149)
    columns = "n, logo_retention, grr, all_value"
    assert february(hand, columns) == (0, None, None, 36500)


@pytest.mark.parametrize(("days", "is_mature"), [(149, False), (150, True)])
def test_restated_retention_is_mature_once_the_grace_is_over(days, is_mature):
    hand = HandMade(days=days)
    hand.holds(0, 99)
    assert february(hand, "is_mature", RESTATED) == (is_mature,)
    assert february(hand, "is_mature", REPORTED) == (True,)


def test_a_run_of_less_than_a_year_has_monthly_windows_only():
    hand = HandMade(days=100)
    hand.holds(0, 99)
    assert hand.rows("SELECT DISTINCT window_months FROM retention") == [(1,)]
