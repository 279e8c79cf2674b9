"""Consumption rate, dry days and the time until nothing is left."""

import math

import numpy as np
import pytest
from hand_made import HandMade
from plain import close, frame_of, share

from entitlement_sim.metrics.exhaustion import project_exhaustion

MONTH = 30.4375


def by_id(portfolio, view):
    return frame_of(portfolio, f"FROM {view}").set_index("entitlement_id", drop=False)


def test_consumption_rate_is_use_on_covered_days_by_covered_days(portfolio, plain):
    seen = by_id(portfolio, "consumption_rate")
    window = np.arange(plain.days) >= plain.days - 90
    for number, row in seen.iterrows():
        active = plain.active[plain.place[number]]
        use = plain.use[plain.place[number]]
        used, covered = use[active & window].sum(), (active & window).sum()
        assert (row["used"], row["covered_days"]) == (used, covered)
        assert row["rate_a_month"] == close(share(used / 100 * MONTH, covered))
        lived = plain.lifelong_active[plain.place[number]]
        used = plain.lifelong_use[plain.place[number]][lived].sum()
        assert (row["lifetime_used"], row["lifetime_days"]) == (used, lived.sum())
    assert len(seen) == plain.active.any(1).sum()


def test_dry_days_are_covered_days_that_close_with_nothing(portfolio, plain):
    seen = by_id(portfolio, "dry_days")
    for number, row in seen.iterrows():
        place = plain.place[number]
        dry = (plain.active[place] & (plain.balance[place] <= 0)).sum()
        expected = 0 if plain.entitlements.loc[number, "is_unlimited"] else dry
        assert (row["dry_days"], row["covered_days"]) == (expected, plain.active[place].sum())
        assert row["dry_share"] == close(expected / plain.active[place].sum())
    assert seen["dry_days"].sum() > plain.many(1000)


def test_first_passage_is_the_first_movement_that_leaves_nothing(portfolio, plain):
    seen = by_id(portfolio, "time_to_exhaustion")
    held = plain.limited()
    movements = dict(list(plain.ledger.groupby("entitlement_id")))
    assert seen.index.tolist() == held.index.tolist()
    for row in held.itertuples():
        dry, reopened, was_dry = [], 0, False
        for step in movements[row.entitlement_id].sort_values("entry").itertuples():
            day = step.happened_at.date()
            if day > row.covered_to:
                continue
            if step.balance <= 0:
                dry.append(max(day, row.covered_from))
            reopened += was_dry and step.balance > 0
            was_dry = step.balance <= 0
        last = min(dry, default=row.covered_to)
        told = seen.loc[row.entitlement_id]
        assert told["observed"] == bool(dry)
        assert told["duration_days"] == (last - row.start_date).days + 1
        assert told["reopenings"] == reopened


def test_projection_agrees_with_the_projection_in_python(portfolio, plain):
    seen = by_id(portfolio, "time_to_exhaustion")
    seen = seen[seen["state"] == "active"]
    rates = by_id(portfolio, "consumption_rate").loc[seen.index]
    left = [(plain.entitlements.loc[e, "end_date"] - plain.last).days for e in seen.index]
    expected = project_exhaustion(
        seen["remaining"].astype(float), rates["used"].astype(float),
        rates["covered_days"].astype(int), left,
    )  # fmt: skip
    assert seen["projected_days"].tolist() == close(expected.days.tolist())
    assert seen["is_empty"].tolist() == expected.already_empty.tolist()
    assert seen["lasts_the_term"].tolist() == expected.lasts_the_term.tolist()


# ------------------------------------------------------------------------------ edge cases


def test_only_covered_days_count_in_a_consumption_rate():
    hand = HandMade(days=100)
    pack = hand.holds(70, 200)
    hand.uses(pack, 75, 80, 85)
    query = "SELECT used, covered_days, rate_a_month FROM consumption_rate"
    assert hand.one(query) == (300, 30, pytest.approx(3 / 30 * MONTH))


def test_what_a_case_takes_after_the_end_is_no_consumption_of_covered_days():
    hand = HandMade(days=100)
    hand.uses(hand.holds(0, 50), 20, 60)
    query = "SELECT used, covered_days, lifetime_used, lifetime_days FROM consumption_rate"
    assert hand.one(query) == (100, 41, 100, 51)


def test_a_night_in_draft_is_no_covered_day():
    hand = HandMade(days=20)
    pack = hand.holds(0, 99)
    for day, before, after, trigger in (
        (5, "active", "draft", "deactivated"),
        (7, "draft", "active", "activated"),
    ):
        hand.transitions.append(
            {
                "entitlement_id": pack,
                "on_date": f"2024-01-{day + 1:02}",
                "from_state": before,
                "to_state": after,
                "trigger": trigger,
            }
        )
    assert hand.one("SELECT covered_days FROM consumption_rate") == (18,)


@pytest.mark.parametrize(("days", "is_short"), [(29, True), (30, False)])
def test_a_rate_over_few_days_is_marked_short(days, is_short):
    hand = HandMade(days=days)
    hand.holds(0, 99)
    assert hand.one("SELECT is_short FROM consumption_rate") == (is_short,)


def test_without_a_covered_day_in_the_window_there_is_no_rate():
    hand = HandMade(days=300)
    hand.uses(hand.holds(0, 99), 5)
    query = "SELECT rate_a_month, covered_days, lifetime_days FROM consumption_rate"
    assert hand.one(query) == (None, 0, 100)


def test_the_window_of_the_rate_can_be_set():
    hand = HandMade(days=100)
    hand.uses(hand.holds(0, 200), 5, 95)
    query = "SELECT used, covered_days FROM consumption_rate"
    assert hand.one(query, rate_window_days=10) == (100, 10)


def test_dry_from_the_day_on_which_nothing_was_left():
    hand = HandMade(days=100)
    pack = hand.holds(0, 49)
    hand.moves(pack, 40, -10)
    assert hand.one("SELECT dry_days, covered_days, dry_share FROM dry_days") == (10, 50, 0.2)


def test_what_comes_back_the_same_day_leaves_no_dry_day():
    hand = HandMade(days=100)
    pack = hand.holds(0, 49)
    hand.moves(pack, 40, -10, time="09:00")
    hand.moves(pack, 40, 1, reason="restore", time="17:00")
    assert hand.one("SELECT dry_days FROM dry_days") == (0,)


def test_without_a_number_of_terms_no_day_is_dry():
    hand = HandMade(days=100)
    hand.uses(hand.holds(0, 49, template="cover", total=0, restrict=False), 5)
    assert hand.one("SELECT dry_days, dry_share FROM dry_days") == (0, 0.0)


def test_a_total_of_zero_that_restricts_is_dry_all_the_time():
    hand = HandMade(days=100)
    hand.holds(0, 49, total=0)
    assert hand.one("SELECT dry_days, dry_share FROM dry_days") == (50, 1.0)


def test_exhaustion_counts_days_from_the_start():
    hand = HandMade()
    hand.moves(hand.holds(10, 109), 29, -10)
    query = "SELECT duration_days, observed FROM time_to_exhaustion"
    assert hand.one(query) == (20, True)


@pytest.mark.parametrize(
    ("days", "cancelled", "duration"), [(400, None, 100), (400, 31, 31), (50, None, 50)]
)
def test_exhaustion_is_censored_at_the_effective_end_or_the_end_of_the_run(
    days, cancelled, duration
):
    hand = HandMade(days=days)
    hand.holds(0, 99, cancelled=cancelled)
    query = "SELECT duration_days, observed FROM time_to_exhaustion"
    assert hand.one(query) == (duration, False)


def test_running_dry_after_the_end_is_no_exhaustion():
    hand = HandMade()
    hand.moves(hand.holds(0, 99), 120, -10)
    assert hand.one("SELECT observed FROM time_to_exhaustion") == (False,)


def test_a_top_up_after_exhaustion_keeps_the_first_passage_and_counts_as_reopening():
    hand = HandMade()
    pack = hand.holds(0, 99)
    hand.moves(pack, 19, -10)
    hand.moves(pack, 30, 10, reason="topup")
    hand.moves(pack, 40, -10)
    hand.moves(pack, 41, 1, reason="restore")
    query = "SELECT duration_days, observed, reopenings FROM time_to_exhaustion"
    assert hand.one(query) == (20, True, 2)


def test_a_refund_in_the_hour_of_exhaustion_does_not_undo_it():
    hand = HandMade()
    pack = hand.holds(0, 99)
    hand.moves(pack, 19, -10, time="09:00")
    hand.moves(pack, 19, 1, reason="restore", time="09:30")
    query = "SELECT observed, reopenings FROM time_to_exhaustion"
    assert hand.one(query) == (True, 1)


def test_nothing_used_projects_to_infinity_and_lasts_the_term():
    hand = HandMade(days=50)
    hand.holds(0, 99)
    query = "SELECT projected_days, lasts_the_term, projected_on FROM time_to_exhaustion"
    days, lasts, until = hand.one(query)
    assert (math.isinf(days), lasts, until.isoformat()) == (True, True, "2024-04-09")


def test_nothing_left_projects_to_zero_and_is_flagged():
    hand = HandMade(days=50)
    hand.moves(hand.holds(0, 99), 20, -10)
    query = "SELECT projected_days, is_empty, lasts_the_term FROM time_to_exhaustion"
    assert hand.one(query) == (0.0, True, False)


def test_a_projection_says_the_day_on_which_nothing_is_left():
    hand = HandMade(days=40)
    hand.moves(hand.holds(0, 99), 10, -8)
    query = "SELECT projected_days, lasts_the_term, projected_on FROM time_to_exhaustion"
    days, lasts, on = hand.one(query)
    assert (days, lasts, on.isoformat()) == (10.0, False, "2024-02-19")


def test_a_projection_beyond_the_end_only_says_that_it_lasts():
    hand = HandMade(days=40)
    hand.uses(hand.holds(0, 49), 10)
    query = "SELECT projected_days, lasts_the_term, projected_on FROM time_to_exhaustion"
    days, lasts, on = hand.one(query)
    assert (days, lasts, on.isoformat()) == (360.0, True, "2024-02-19")


def test_what_nobody_used_has_a_rate_of_zero_over_its_whole_life():
    hand = HandMade()
    hand.holds(0, 99)
    query = "SELECT lifetime_used, lifetime_days, lifetime_rate_a_month FROM consumption_rate"
    assert hand.one(query) == (0, 100, 0)
