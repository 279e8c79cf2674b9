"""What counts at the edges: on the last day, equal to a limit, of several the first."""

import pytest
from hand_made import HandMade
from plain import frame_of, rows_of

NO_TERMS = "InvalidEntitlementAssociationToCase"


def goes_to_draft(hand, entitlement, day):
    """Let an amendment take an entitlement out of force and leave it in Draft."""
    hand.transitions.append(
        {
            "entitlement_id": entitlement,
            "on_date": f"2024-01-{day + 1:02}",
            "from_state": "active",
            "to_state": "draft",
            "trigger": "deactivated",
        }
    )
    hand.entitlements[entitlement - 1]["state"] = "draft"


# ----------------------------------------------------------------------------- blocked demand


BLOCKED = "SELECT template, blocked_by_whole, blocked_by_channel FROM blocked_demand"


def test_of_several_refusers_the_balance_of_the_first_says_what_was_empty():
    hand = HandMade()
    first = hand.holds(0, 99, channels={"phone": 1})
    hand.moves(first, 5, -1, origin="phone", of_origin=-1)
    second = hand.holds(0, 99, template="block")
    hand.moves(second, 5, -10)
    case = hand.case(10, outcome="turned_away", refusal=NO_TERMS)
    hand.refuses(first, case, origin="phone")
    hand.refuses(second, case)
    assert hand.rows(BLOCKED) == [("pack", 0, 1)]


def test_a_hundredth_of_a_term_left_on_the_whole_was_not_what_blocked():
    hand = HandMade()
    hours = hand.holds(0, 99, template="hours", channels={"phone": 1})
    hand.moves(hours, 5, -9.99, origin="phone", of_origin=-1)
    hand.refuses(hours, hand.case(10, outcome="turned_away", refusal=NO_TERMS), origin="phone")
    assert hand.rows(BLOCKED) == [("hours", 0, 1)]


@pytest.mark.parametrize(("used", "would_be"), [(9.99, 0), (10, 1), (10.01, 1)])
def test_a_hundredth_of_a_term_opens_the_gate(used, would_be):
    hand = HandMade()
    hours = hand.holds(0, 99, template="hours", restrict=False)
    hand.moves(hours, 5, -used)
    hand.case(6, entitlement=hours)
    assert hand.one("SELECT would_be_blocked FROM blocked_demand") == (would_be,)


def test_a_hundredth_of_a_term_given_back_opens_the_gate_again():
    hand = HandMade()
    hours = hand.holds(0, 99, template="hours", restrict=False)
    hand.moves(hours, 5, -10)
    hand.moves(hours, 6, 0.01, reason="restore")
    hand.case(7, entitlement=hours)
    assert hand.one("SELECT would_be_blocked FROM blocked_demand") == (0,)


def test_an_empty_channel_would_block_its_own_cases_alone():
    hand = HandMade()
    pack = hand.holds(0, 99, restrict=False, channels={"web": 0})
    hand.case(5, entitlement=pack, origin="web")
    hand.case(6, entitlement=pack, origin="phone")
    hand.case(7, entitlement=pack, origin=None)
    query = "SELECT origin, would_be_blocked FROM blocked_demand ORDER BY origin"
    assert hand.rows(query) == [("phone", 0), ("web", 1), (None, 0)]


def test_what_would_block_twice_is_counted_once_as_by_the_whole():
    hand = HandMade()
    pack = hand.holds(0, 99, restrict=False, channels={"web": 1})
    hand.moves(pack, 3, -1, origin="web", of_origin=-1)
    hand.moves(pack, 4, -9)
    hand.case(5, entitlement=pack, origin="web")
    query = "SELECT would_be_blocked_by_whole, would_be_blocked_by_channel FROM blocked_demand"
    assert hand.one(query) == (1, 0)


def test_a_case_refused_elsewhere_is_not_blocked_a_second_time_where_nothing_restricts():
    hand = HandMade()
    first = hand.holds(0, 99)
    second = hand.holds(0, 99, template="block", restrict=False)
    hand.moves(first, 4, -10)
    hand.moves(second, 4, -10)
    hand.refuses(first, hand.case(5, entitlement=second, refusal=NO_TERMS))
    hand.case(6, entitlement=second)
    query = "SELECT template, n, blocked, would_be_blocked FROM blocked_demand"
    assert hand.rows(query) == [("pack", 1, 1, 0), ("block", 1, 0, 1)]


def test_terms_put_back_after_the_arrival_do_not_unblock_it():
    hand = HandMade()
    pack = hand.holds(0, 99, restrict=False)
    hand.moves(pack, 4, -10)
    hand.case(5, entitlement=pack, time="10:00")
    hand.moves(pack, 5, 10, reason="topup", time="10:01")
    assert hand.one("SELECT would_be_blocked FROM blocked_demand") == (1,)


# ------------------------------------------------------------------------------------- cover


COVER = "SELECT first_day::VARCHAR, last_day::VARCHAR, covered_days FROM covered_customers"


def test_cover_that_goes_on_the_next_day_is_one_stretch():
    hand = HandMade()
    hand.holds(0, 20)
    hand.holds(21, 30)
    assert hand.rows(COVER) == [("2024-01-01", "2024-01-31", 31)]


def test_a_day_without_cover_parts_two_stretches():
    hand = HandMade()
    hand.holds(0, 20)
    hand.holds(22, 30)
    assert sorted(hand.rows(COVER)) == [
        ("2024-01-01", "2024-01-21", 21), ("2024-01-23", "2024-01-31", 9),
    ]  # fmt: skip


def test_a_short_cover_within_a_long_one_does_not_end_the_stretch():
    hand = HandMade()
    hand.holds(0, 25)
    hand.holds(5, 10)
    hand.holds(20, 30)
    assert hand.rows(COVER) == [("2024-01-01", "2024-01-31", 31)]


def test_a_customer_with_two_stretches_in_a_month_is_one_of_its_customers_and_of_no_other_month():
    hand = HandMade(days=60)
    hand.holds(0, 5)
    hand.holds(10, 15)
    query = "SELECT n, covered_customer_days FROM contact_rate"
    assert hand.one(query) == (1, 12)


def test_stretches_of_one_customer_do_not_join_those_of_another():
    hand = HandMade()
    hand.holds(0, 25, customer=1)
    hand.holds(0, 10, customer=2)
    hand.holds(21, 30, customer=2)
    assert sorted(row[2] for row in hand.rows(COVER)) == [10, 11, 26]


def test_what_becomes_active_on_the_last_day_covers_it():
    hand = HandMade(days=31)
    hand.holds(30, 99)
    assert hand.rows(COVER) == [("2024-01-31", "2024-01-31", 1)]


@pytest.mark.parametrize(("day", "used"), [(89, 0), (90, 100), (99, 100)])
def test_the_window_of_a_rate_holds_its_first_and_its_last_day(day, used):
    hand = HandMade(days=100)
    hand.uses(hand.holds(0, 200), day)
    query = "SELECT used, lifetime_used FROM consumption_rate"
    assert hand.one(query, rate_window_days=10) == (used, 100)


# ---------------------------------------------------------------------------------- renewals


MOVES = (
    "SELECT up_by_terms, flat_by_terms, down_by_terms, up_by_value, flat_by_value, down_by_value, "
    "template_changed, template_changed_same_terms, price_raised FROM renewal_moves"
)


@pytest.mark.parametrize(
    ("change", "moves"),
    [
        ({"template": "block", "price": 200}, (0, 1, 0, 1, 0, 0, 1, 1, 0)),
        ({"template": "block", "total": 11}, (1, 0, 0, 0, 1, 0, 1, 0, 0)),
        ({"total": 11, "price": 200}, (1, 0, 0, 1, 0, 0, 0, 0, 0)),
        ({"price": 99}, (0, 1, 0, 0, 1, 0, 0, 0, 0)),
        ({"total": 10.1}, (0, 1, 0, 0, 1, 0, 0, 0, 0)),
        ({"total": 9.9}, (0, 1, 0, 0, 1, 0, 0, 0, 0)),
    ],
)
def test_a_price_is_raised_only_for_the_same_terms_of_the_same_template(change, moves):
    hand = HandMade()
    hand.holds(100, 199, renews=hand.holds(0, 99), **change)
    assert hand.one(MOVES) == moves


@pytest.mark.parametrize(("start", "kind", "value"), [(189, "late", 36500), (190, "win_back", 0)])
def test_on_the_last_day_of_the_grace_a_successor_counts_in_class_and_value(start, kind, value):
    hand = HandMade()
    hand.holds(start, start + 99, renews=hand.holds(0, 99))
    query = (
        "SELECT class, renewed_value, renewed_value_gross FROM renewals WHERE month < '2024-05-01'"
    )
    assert hand.one(query) == (kind, value, value)


def test_a_second_successor_after_the_grace_adds_nothing_to_the_value():
    hand = HandMade()
    pack = hand.holds(0, 99)
    hand.holds(100, 199, renews=pack)
    hand.holds(191, 290, renews=pack)
    query = "SELECT class, successor_count, renewed_value FROM renewals WHERE entitlement_id = 1"
    assert hand.one(query) == ("on_time", 2, 36500)


def test_a_successor_from_the_day_after_leaves_neither_gap_nor_overlap():
    hand = HandMade()
    hand.holds(100, 199, renews=hand.holds(0, 99))
    query = "SELECT n, with_gap, with_overlap, customers_with_gap FROM coverage_gaps_by_month"
    assert hand.one(query) == (1, 0, 0, 0)


def test_one_day_without_cover_is_a_gap_and_one_covered_twice_an_overlap():
    hand = HandMade()
    hand.holds(101, 199, renews=hand.holds(0, 99, customer=1), customer=1)
    hand.holds(99, 199, renews=hand.holds(0, 99, customer=2), customer=2)
    query = "SELECT n, with_gap, with_overlap, gap_days, overlap_days FROM coverage_gaps_by_month"
    assert hand.one(query) == (2, 1, 1, 1, 1)


# --------------------------------------------------------------------------------- retention

# Days of the run: 30 is the last of January 2024, 59 of February.
FEBRUARY = "WHERE month = '2024-02-01' AND window_months = 1 AND basis = 'as first reported'"


@pytest.mark.parametrize(("start", "n"), [(30, 1), (31, 0)])
def test_a_cohort_holds_who_began_on_the_last_day_of_the_month(start, n):
    hand = HandMade()
    hand.holds(start, 200)
    assert hand.one(f"SELECT n FROM retention {FEBRUARY}") == (n,)


@pytest.mark.parametrize(("end", "retained"), [(59, 1), (58, 0)])
def test_who_ends_on_the_last_day_of_the_month_is_retained(end, retained):
    hand = HandMade()
    hand.holds(0, end)
    assert hand.one(f"SELECT n, retained_customers FROM retention {FEBRUARY}") == (1, retained)


@pytest.mark.parametrize(("start", "lapsed"), [(41, 0), (42, 1)])
def test_only_a_day_without_cover_is_a_lapse(start, lapsed):
    hand = HandMade()
    hand.holds(0, 40)
    hand.holds(start, 140)
    query = f"SELECT retained_customers, lapsed_and_back FROM retention {FEBRUARY}"
    assert hand.one(query) == (1, lapsed)


def test_a_lapse_within_a_month_shows_though_every_month_end_is_covered():
    hand = HandMade()
    hand.holds(0, 95)
    hand.holds(98, 200)
    query = (
        "SELECT month::VARCHAR, lapsed_and_back FROM retention "
        "WHERE window_months = 1 AND basis = 'as first reported' AND lapsed_and_back > 0"
    )
    assert hand.rows(query) == [("2024-04-01", 1)]


def test_who_comes_back_after_a_year_is_churned_and_then_new():
    hand = HandMade(days=500)
    hand.holds(0, 40)
    hand.holds(425, 600)
    query = (
        "SELECT churned_value, retained_customers, new_value FROM retention "
        "WHERE window_months = 12 AND basis = 'as first reported' ORDER BY month"
    )
    assert hand.rows(query) == [(89024, 0, 0), (0, 0, 0), (0, 0, 20739), (0, 0, 20739)]


# --------------------------------------------------------------------------------- exhaustion


@pytest.mark.parametrize(("day", "duration", "observed"), [(99, 100, True), (100, 100, False)])
def test_running_dry_on_the_last_day_covered_is_exhaustion(day, duration, observed):
    hand = HandMade()
    hand.moves(hand.holds(0, 99), day, -10)
    query = "SELECT duration_days, observed FROM time_to_exhaustion"
    assert hand.one(query) == (duration, observed)


def test_what_is_empty_before_it_begins_is_dry_on_its_first_day():
    hand = HandMade()
    hand.holds(10, 99, created=3, total=0)
    query = "SELECT ran_dry_on::VARCHAR, duration_days, reopenings FROM time_to_exhaustion"
    assert hand.one(query) == ("2024-01-11", 1, 0)


def test_a_last_term_that_is_left_is_no_exhaustion():
    hand = HandMade()
    hand.moves(hand.holds(0, 99, template="hours"), 5, -9.99)
    assert hand.one("SELECT observed, reopenings FROM time_to_exhaustion") == (False, 0)


def test_what_would_be_used_up_on_the_last_day_does_not_last_the_term():
    hand = HandMade(days=50)
    hand.uses(hand.holds(0, 99), 1, 2, 3, 4, 5)
    query = "SELECT projected_days, lasts_the_term, projected_on::VARCHAR FROM time_to_exhaustion"
    assert hand.one(query) == (50.0, False, "2024-04-09")


# -------------------------------------------------------------------------- use and breakage


def test_what_an_amendment_holds_in_draft_is_no_part_of_the_portfolio():
    hand = HandMade(days=20)
    pack = hand.holds(0, 99, restrict=False)
    hand.moves(pack, 5, -12)
    goes_to_draft(hand, pack, 10)
    query = (
        "SELECT state, was_in_force, in_portfolio, (SELECT count(*) FROM over_consumption) "
        "FROM utilisation JOIN entitlement_facts USING (entitlement_id, state)"
    )
    assert hand.one(query) == ("draft", True, False, 0)


@pytest.mark.parametrize(("day", "used", "after"), [(99, 100, 0), (100, 0, 100)])
def test_what_is_used_on_the_last_day_covered_does_not_break(day, used, after):
    hand = HandMade()
    hand.moves(hand.holds(0, 99, template="hours"), day, -1, time="23:59")
    query = "SELECT used, used_after_end, breakage_restated FROM breakage_by_entitlement"
    assert hand.one(query) == (used, after, 900)


@pytest.mark.parametrize(("days", "ended"), [(100, 0), (101, 1)])
def test_an_entitlement_has_ended_from_the_day_after_its_last(days, ended):
    hand = HandMade(days=days)
    hand.holds(0, 99)
    query = "SELECT (SELECT count(*) FROM breakage_by_entitlement), ended, running "
    assert hand.one(query + "FROM expiry_by_month") == (ended, ended, 1 - ended)


@pytest.mark.parametrize(("used", "ran_dry"), [(9.99, False), (10, True)])
def test_an_entitlement_ran_dry_only_with_nothing_left(used, ran_dry):
    hand = HandMade()
    hand.moves(hand.holds(0, 99, template="hours"), 5, -used)
    assert hand.one("SELECT ran_dry FROM breakage_by_entitlement") == (ran_dry,)


# -------------------------------------------------------------------------------------- SLAs


def with_response_due(hand, due, **more):
    pack = hand.holds(0, 99)
    hand.case(3, entitlement=pack, sla_due_at="2024-01-20 10:00", response_due_at=due, **more)


@pytest.mark.parametrize(
    ("due", "decided"),
    [("2024-01-05 11:00", 1), ("2024-01-06 23:59", 1), ("2024-01-07 00:00", 0)],
)
def test_an_open_case_unanswered_on_the_day_of_its_response_has_missed_it(due, decided):
    hand = HandMade(days=6)
    with_response_due(hand, due, state="active")
    query = "SELECT response_n, response_met, n FROM sla_compliance"
    assert hand.one(query) == (decided, 0, 0)


@pytest.mark.parametrize(("answered", "met"), [("11:00", 1), ("11:01", 0)])
def test_an_answer_in_the_minute_it_is_due_keeps_the_response(answered, met):
    hand = HandMade()
    with_response_due(hand, "2024-01-04 11:00", responded_at=f"2024-01-04 {answered}")
    assert hand.one("SELECT response_n, response_met FROM sla_compliance") == (1, met)


def test_a_case_cancelled_before_its_response_is_decided_neither_way():
    hand = HandMade()
    with_response_due(hand, "2024-01-04 11:00", state="cancelled")
    assert hand.one("SELECT response_n, cancelled FROM sla_compliance") == (0, 1)


# ------------------------------------------------------------------- sums of what is elsewhere


def mixed():
    """Packs, hours and cover of every fate, over a run that begins in the middle of a month."""
    hand = HandMade(days=200)
    for customer in range(1, 5):
        hand.moves(hand.holds(0, 40, customer=customer, price=100), 5 * customer, -2 * customer)
    pack = hand.holds(20, 160, created=5, price=130.07)
    hand.uses(pack, 20, 45, 46, 80)
    hand.moves(pack, 85, 1, reason="restore")
    hand.moves(pack, 90, 5, reason="adjust")
    hand.moves(pack, 120, -16)
    hand.moves(pack, 165, -1)
    hand.moves(hand.holds(31, 130, customer=2, cancelled=70, price=77.77), 40, -3)
    hand.moves(hand.holds(60, 259, customer=3, template="hours", price=333.33), 61, -2.25)
    hand.holds(10, 110, customer=4, template="cover", total=0, restrict=False, price=90)
    hand.holds(150, 249, customer=4)
    hand.moves(hand.holds(100, 129, customer=5, template="block"), 111, -4)
    hand.holds(100, 150, customer=5, total=0)
    hand.holds(0, 99, customer=5, activated=30)
    hand.uses(hand.holds(120, 199, customer=5), 130)
    hand.uses(hand.holds(75, 149, customer=2, created=20), 30, 100)
    hand.holds(100, 150, customer=5, created=40, cancelled=60)
    return hand


BOTH_REVENUES = """
FROM (
    SELECT month, template_id, n, closed, is_supported, proportional, remote, stand_ready
    FROM breakage_revenue
    {set} ALL
    SELECT month, template_id, count(*), count(*) FILTER (is_closed), bool_or(is_supported),
           sum(proportional), sum(remote), sum(stand_ready)
    FROM revenue_by_entitlement GROUP BY ALL
)
"""


@pytest.mark.parametrize("least_ended", [1, 4, 30])
def test_revenue_by_month_is_the_sum_over_entitlements_of_every_fate(least_ended):
    hand = mixed()
    assert hand.rows(BOTH_REVENUES.format(set="EXCEPT"), least_ended=least_ended) == []
    assert len(mixed().rows(BOTH_REVENUES.format(set="INTERSECT"), least_ended=least_ended)) > 15


BURN_DOWN = """
SELECT segment, template, elapsed_share, share_left, count(*) AS n
FROM (
    SELECT entitlement_id, segment, template, round(elapsed_share * 100)::INTEGER / 100
               AS elapsed_share,
           arg_max(share_left, day) AS share_left
    FROM burn_down GROUP BY ALL
)
WHERE share_left IS NOT NULL
GROUP BY ALL
"""
SUMMED = "SELECT segment, template, elapsed_share, share_left, n FROM burn_down_by_template"


def test_burn_down_by_template_counts_the_entitlements_of_every_fate():
    hand = mixed()
    assert hand.rows(f"({SUMMED}) EXCEPT ALL ({BURN_DOWN})") == []
    assert mixed().rows(f"({BURN_DOWN}) EXCEPT ALL ({SUMMED})") == []
    assert len(mixed().rows(SUMMED)) > 200


def test_burn_down_by_template_counts_the_entitlements_of_a_portfolio(portfolio):
    assert rows_of(portfolio, f"({SUMMED}) EXCEPT ALL ({BURN_DOWN})") == []
    assert rows_of(portfolio, f"({BURN_DOWN}) EXCEPT ALL ({SUMMED})") == []


def test_a_term_of_four_days_has_four_hundredths():
    hand = HandMade()
    hand.uses(hand.holds(10, 13), 11)
    assert sorted(hand.rows(f"{SUMMED} ORDER BY elapsed_share")) == [
        ("small", "pack", 0.25, 1.0, 1), ("small", "pack", 0.5, 0.9, 1),
        ("small", "pack", 0.75, 0.9, 1), ("small", "pack", 1.0, 0.9, 1),
    ]  # fmt: skip


def test_consumption_by_day_of_all_segments_is_that_of_daily(portfolio, plain):
    query = (
        "SELECT day, template, sum(covered)::BIGINT AS covered, "
        "sum(used)::DECIMAL(38, 2) AS used FROM {} WHERE template IS NOT NULL "
        "GROUP BY ALL ORDER BY ALL"
    )
    found = frame_of(portfolio, query.format("consumption_by_day"))
    assert found.equals(frame_of(portfolio, query.format("daily")))
    assert found["covered"].sum() > plain.many(1000)


def test_a_day_without_consumption_has_its_row():
    hand = HandMade(days=3)
    hand.uses(hand.holds(0, 99), 1)
    query = "SELECT used FROM consumption_by_day WHERE template = 'pack' ORDER BY day"
    assert hand.rows(query) == [(0,), (100,), (0,)]
