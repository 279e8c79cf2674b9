"""What ends when: the pipeline, by month, and the wall."""

from collections import Counter, defaultdict
from datetime import timedelta

import pytest
from hand_made import HandMade
from plain import close, frame_of, month, rows_of


def test_the_pipeline_is_what_is_active_or_waiting(portfolio, plain):
    seen = frame_of(portfolio, "FROM expiring").set_index("entitlement_id")
    held = plain.entitlements
    held = held[held["state"].isin(["active", "waiting"])]
    assert set(seen.index) == set(held.index)
    for row in held.itertuples():
        told = seen.loc[row.entitlement_id]
        assert told["days_left"] == (row.end_date - plain.last).days
        assert told["annual_value"] == row.annual_value
        left = None if row.is_unlimited else row.remaining_terms / row.allotment
        assert told["share_left"] == close(left)


def test_expiries_by_month_count_each_activated_entitlement_once(portfolio, plain):
    seen = frame_of(portfolio, "FROM expiry_by_month")
    ended, running, cancelled, value = Counter(), Counter(), Counter(), Counter()
    for row in plain.entitlements.itertuples():
        if row.covered_from is None or row.covered_from > row.end_date:
            continue
        if row.effective_end < plain.start:
            continue
        key = month(row.end_date), row.segment, row.template
        if row.ended_by == "cancellation":
            cancelled[key] += 1
            continue
        (ended if row.end_date < plain.last else running)[key] += 1
        value[key] += row.annual_value
    assert len(seen) == len(set(ended) | set(running) | set(cancelled))
    for row in seen.itertuples():
        key = row.month, row.segment, row.template
        assert (row.ended, row.running, row.cancelled) == (ended[key], running[key], cancelled[key])
        assert (row.n, row.annual_value) == (ended[key] + running[key], value[key])


def test_the_wall_is_the_window_with_the_most_value(portfolio, plain):
    seen = frame_of(portfolio, "FROM expiry_wall")
    held = plain.entitlements
    held = held[held["state"].isin(["active", "waiting"]) & held["is_paying"].astype(bool)]
    ends = defaultdict(int)
    for row in held.itertuples():
        ends[row.end_date] += row.annual_value
    total = held["annual_value"].sum()
    values = []
    for row in seen.itertuples():
        days = (row.window_start + timedelta(days=later) for later in range(30))
        values.append(sum(ends.get(day, 0) for day in days))
        assert row.annual_value == values[-1]
        assert row.share == close(values[-1] / total)
    assert len(seen) == (max(ends) - plain.last).days + 1
    assert [row.is_wall for row in seen.itertuples()].index(True) == values.index(max(values))
    assert seen["is_wall"].sum() == 1


def test_months_to_come_hold_the_pipeline_and_what_is_back_in_draft_for_a_while(portfolio, plain):
    [(months, pipeline, drafts)] = rows_of(
        portfolio,
        "SELECT (SELECT sum(running) FROM expiry_by_month), "
        "(SELECT count(*) FROM expiring), "
        "(SELECT count(*) FROM entitlement_facts CROSS JOIN metric_parameters "
        "WHERE state = 'draft' AND covered_from <= end_date AND end_date >= as_of)",
    )
    assert months == pipeline + drafts
    assert pipeline > plain.many(20)


# ------------------------------------------------------------------------------ edge cases


def test_one_that_ends_today_is_still_in_the_pipeline():
    hand = HandMade(days=100)
    hand.holds(0, 99)
    assert hand.rows("SELECT days_left FROM expiring") == [(0,)]


def test_a_waiting_one_is_in_the_pipeline():
    hand = HandMade(days=50)
    hand.holds(60, 99, created=10)
    assert hand.rows("SELECT state, days_left FROM expiring") == [("waiting", 50)]


@pytest.mark.parametrize("fate", [{"cancelled": 20}, {"draft": True}])
def test_cancelled_ones_and_drafts_are_not_in_the_pipeline(fate):
    hand = HandMade(days=50)
    hand.holds(0, 99, **fate)
    assert hand.rows("FROM expiring") == []


def test_one_that_has_been_renewed_already_is_flagged_not_dropped():
    hand = HandMade(days=50)
    pack = hand.holds(0, 99)
    hand.holds(100, 199, created=40, renews=pack)
    query = "SELECT entitlement_id, is_renewed FROM expiring"
    assert hand.rows(query) == [(1, True), (2, False)]


@pytest.mark.parametrize(
    ("used", "band"),
    [(0, "more than half"), (5, "up to a half"), (7.5, "up to a quarter"), (10, "empty")],
)
def test_the_pipeline_is_split_by_what_is_left(used, band):
    hand = HandMade(days=50)
    hand.moves(hand.holds(0, 99, template="hours"), 5, -used)
    assert hand.one("SELECT left_band FROM expiring") == (band,)


def test_cover_without_a_number_of_terms_has_no_share_left():
    hand = HandMade(days=50)
    hand.holds(0, 99, template="cover", total=0, restrict=False)
    assert hand.one("SELECT share_left, left_band FROM expiring") == (None, "no terms")


def test_one_cancelled_before_its_end_is_counted_apart():
    hand = HandMade()
    hand.holds(0, 99)
    hand.holds(0, 99, cancelled=30)
    query = "SELECT n, ended, cancelled, price FROM expiry_by_month"
    assert hand.one(query) == (1, 1, 1, 10000)


def test_co_termed_contracts_make_a_wall_of_their_whole_value():
    hand = HandMade(days=50)
    for customer in (1, 2, 3):
        hand.holds(0, 99, customer=customer)
    query = "SELECT n, share FROM expiry_wall WHERE is_wall"
    assert hand.one(query) == (3, 1.0)


def test_a_window_of_the_wall_is_thirty_days_long():
    hand = HandMade(days=50)
    hand.holds(0, 99)
    hand.holds(0, 128)
    hand.holds(0, 129)
    query = "SELECT window_start, window_end, n FROM expiry_wall ORDER BY n DESC, window_start"
    start, end, count = hand.rows(query)[0]
    assert ((end - start).days, count) == (29, 2)


def test_of_equal_walls_the_earliest_counts():
    hand = HandMade(days=50)
    hand.holds(0, 99)
    query = "SELECT window_start FROM expiry_wall WHERE is_wall"
    assert hand.one(query)[0].isoformat() == "2024-03-11"


def test_what_costs_nothing_makes_no_wall():
    hand = HandMade(days=50)
    hand.holds(0, 99, price=0)
    query = "SELECT count(*), count(share), count(*) FILTER (is_wall) FROM expiry_wall"
    assert hand.one(query) == (51, 0, 0)


def test_the_window_of_the_wall_can_be_set():
    hand = HandMade(days=50)
    hand.holds(0, 99)
    hand.holds(0, 100)
    query = "SELECT max(n) FROM expiry_wall"
    assert hand.one(query, wall_days=1) == (1,)


def test_with_nothing_to_expire_there_is_no_wall():
    hand = HandMade()
    hand.holds(0, 99)
    assert hand.rows("FROM expiry_wall") == []
