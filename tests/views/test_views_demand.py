"""Demand: what was blocked, who wrote, what was covered, and in time."""

from collections import Counter, defaultdict

import pytest
from hand_made import HandMade
from plain import close, frame_of, month, rows_of, share

NO_TERMS = "InvalidEntitlementAssociationToCase"


def with_segment(plain):
    cases = plain.cases.merge(plain.customers[["customer_id", "segment"]])
    cases["month"] = [month(day) for day in cases["created_at"]]
    return cases


def test_every_case_refused_for_want_of_terms_counts_once(portfolio, plain):
    seen = frame_of(portfolio, "FROM blocked_demand")
    refused = plain.cases[plain.cases["refusal"].isin([NO_TERMS, "CannotCreateCase"])]
    assert refused["refusal"].nunique() > plain.many(1)
    assert seen["blocked"].sum() == len(refused) > plain.many(500)
    by_origin = seen.groupby("origin")["blocked"].sum()
    assert by_origin[by_origin > 0].to_dict() == refused["origin"].value_counts().to_dict()
    for outcome, column in (
        ("turned_away", "turned_away"),
        ("uncovered", "worked_uncovered"),
        ("covered", "covered_by_another"),
    ):
        assert seen[column].sum() == (refused["outcome"] == outcome).sum()


def test_refusals_by_month_and_segment_add_up_to_those_of_the_run(portfolio):
    sums = "sum(n)::BIGINT, sum(used_up)::BIGINT, sum(not_sold)::BIGINT, sum(turned_away)::BIGINT"
    by_month, whole = (
        portfolio.connection.sql(f"SELECT {sums} FROM {view}").fetchall()
        for view in ("blocked_demand_by_month", "blocked_demand")
    )
    assert by_month == whole
    assert by_month[0][0] > 0


def test_rows_without_a_template_count_all_arrivals_of_a_month_and_segment(portfolio):
    counted = portfolio.connection.sql(
        "SELECT month, segment, origin, arrivals FROM blocked_demand_by_month "
        "WHERE template IS NULL ORDER BY ALL"
    ).fetchall()
    expected = portfolio.connection.sql(
        "SELECT month, segment, origin, sum(arrivals)::BIGINT FROM origin_mix GROUP BY ALL "
        "ORDER BY ALL"
    ).fetchall()
    assert counted == expected


def test_blocked_demand_belongs_to_the_oldest_entitlement_that_refused(portfolio, plain):
    held = plain.entitlements
    first = {}
    for row in plain.ledger.sort_values("entitlement_id", kind="stable").itertuples():
        if row.reason == "refused" and row.rule == "G1":
            first.setdefault(row.case_id, row)
    told, asked = Counter(), Counter()
    channels = frame_of(portfolio, "SELECT * FROM balances WHERE kind = 'channel'")
    closed = channels[channels["total_terms"] == 0]
    never_sold = set(zip(closed["entitlement_id"], closed["origin"], strict=True))
    for case in plain.cases.itertuples():
        refusal = first.get(case.case_id)
        entitlement = refusal.entitlement_id if refusal is not None else case.entitlement_id
        if refusal is None and case.outcome != "covered":
            continue
        template = held.loc[entitlement, "template"]
        asked[template, case.origin] += 1
        if refusal is not None:
            is_closed = (entitlement, case.origin) in never_sold
            told[template, case.origin, "closed" if is_closed else refusal.balance <= 0] += 1
    seen = frame_of(portfolio, "FROM blocked_demand WHERE origin IS NOT NULL")
    for row in seen.itertuples():
        key = row.template, row.origin
        assert row.n == asked[key]
        assert (row.blocked_by_whole, row.blocked_by_channel, row.not_sold) == (
            told[*key, True],
            told[*key, False],
            told[*key, "closed"],
        )
        assert row.used_up == row.blocked_by_whole + row.blocked_by_channel
        assert row.blocked == row.used_up + row.not_sold
        assert row.asked_what_is_sold == row.n - row.not_sold
        assert row.used_up_share == close(share(row.used_up, row.n - row.not_sold))
        assert row.blocked_share == close(row.blocked / row.n)


def test_would_be_blocked_replays_each_balance_up_to_the_arrival(portfolio, plain):
    held = plain.entitlements
    expected = Counter()
    steps = defaultdict(list)
    for row in plain.ledger.itertuples():
        takes = row.reason == "consume"
        case = -1 if row.case_id is None else row.case_id
        steps[row.entitlement_id].append((row.happened_at, takes, case, 1, row.amount, None))
    for case in plain.cases.itertuples():
        # One that another entitlement refused before counts there already.
        if case.outcome == "covered" and case.decrement and case.refusal is None:
            step = (case.created_at, True, case.case_id, 0, 0, case.origin)
            steps[case.entitlement_id].append(step)
    for number, of_one in steps.items():
        row, balance = held.loc[number], 0
        for *_, is_movement, amount, origin in sorted(of_one, key=lambda step: step[:4]):
            balance += amount
            if not is_movement and not row["restrict"] and not row["is_unlimited"]:
                expected[row["template"], origin] += balance <= 0
    seen = frame_of(portfolio, "FROM blocked_demand WHERE would_be_blocked > 0")
    told = {(row.template, row.origin): row.would_be_blocked for row in seen.itertuples()}
    assert told == {key: count for key, count in expected.items() if count}
    assert sum(told.values()) >= plain.many(51)


def test_contact_rate_counts_cases_of_covered_customer_days(portfolio, plain):
    cases = with_segment(plain)
    cases["day"] = [plain.day(day) for day in cases["created_at"]]
    segment_of = dict(zip(plain.customers.customer_id, plain.customers.segment, strict=True))
    months = [month(plain.date(day)) for day in range(plain.days)]
    days, customers = Counter(), defaultdict(set)
    for customer, active in plain.customer_active.items():
        for day in active.nonzero()[0]:
            key = months[day], segment_of[customer]
            days[key] += 1
            customers[key].add(customer)
    contacts, arrivals, writers = Counter(), Counter(), defaultdict(set)
    for case in cases.itertuples():
        key = case.month, case.segment
        arrivals[key] += 1
        active = plain.customer_active.get(case.customer_id)
        if active is not None and active[case.day]:
            contacts[key] += 1
            writers[key].add(case.customer_id)
    seen = frame_of(portfolio, "FROM contact_rate")
    assert len(seen) == len(set(days) | set(arrivals))
    for row in seen.itertuples():
        key = row.month, row.segment
        assert (row.n, row.contacts, row.covered_customer_days, row.writers, row.arrivals) == (
            len(customers[key]), contacts[key], days[key], len(writers[key]), arrivals[key]
        )  # fmt: skip
        assert row.contact_rate == close(share(contacts[key] * 30.4375, days[key]))


def test_entitled_share_is_of_worked_cases(portfolio, plain):
    cases = with_segment(plain)
    seen = frame_of(portfolio, "FROM entitled_share").set_index(["month", "segment"])
    groups = cases.groupby(["month", "segment"])
    assert len(seen) == len(groups)
    for key, group in groups:
        covered = (group["outcome"] == "covered").sum()
        uncovered = (group["outcome"] == "uncovered").sum()
        row = seen.loc[key]
        assert (row["covered"], row["uncovered"], row["arrivals"]) == (
            covered, uncovered, len(group)
        )  # fmt: skip
        assert row["entitled_share"] == close(share(covered, covered + uncovered))
        assert row["leakage"] == close(share(uncovered, covered + uncovered))


def test_origin_mix_adds_up_to_all_arrivals(portfolio, plain):
    cases = with_segment(plain)
    seen = frame_of(portfolio, "FROM origin_mix").set_index(["month", "segment", "origin"])
    expected = cases.groupby(["month", "segment", "origin"]).size()
    whole = cases.groupby(["month", "segment"]).size()
    assert seen["arrivals"].to_dict() == expected.to_dict()
    for (of_month, segment, _), row in seen.iterrows():
        assert row["n"] == whole[of_month, segment]
        assert row["share"] == close(row["arrivals"] / row["n"])


def test_sla_compliance_counts_decided_cases_by_the_month_due(portfolio, plain):
    cases = plain.cases[plain.cases["sla_due_at"].notna()].copy()
    cases["month"] = [month(due) for due in cases["sla_due_at"]]
    cases["template_id"] = plain.entitlements.loc[cases["entitlement_id"], "template_id"].tolist()
    cases = cases.merge(plain.customers[["customer_id", "segment"]])
    seen = frame_of(portfolio, "FROM sla_compliance")
    seen = seen.set_index(["month", "segment", "template_id"])
    groups = cases.groupby(["month", "segment", "template_id"])
    assert len(seen) == len(groups)
    for key, group in groups:
        met = sum(value is True for value in group["sla_met"])
        missed = sum(value is False for value in group["sla_met"])
        row = seen.loc[key]
        assert (row["met"], row["missed"]) == (met, missed)
        assert row["cancelled"] + row["undecided"] == len(group) - met - missed
        assert row["compliance"] == close(share(met, met + missed))


def test_a_case_kept_its_sla_only_if_it_was_answered_in_time(portfolio):
    seen = frame_of(
        portfolio, "SELECT sum(met) AS met, sum(response_met) AS kept FROM sla_compliance"
    )
    assert seen["met"].item() <= seen["kept"].item()


# ------------------------------------------------------------------------------ edge cases


def empty_pack(hand, **more):
    pack = hand.holds(0, 99, **more)
    hand.moves(pack, 5, -10)
    return pack


def test_a_case_refused_by_several_entitlements_counts_once_with_the_first():
    hand = HandMade()
    first, second = empty_pack(hand), empty_pack(hand, template="block")
    case = hand.case(10, outcome="uncovered", refusal=NO_TERMS)
    hand.refuses(first, case)
    hand.refuses(second, case)
    query = "SELECT template, n, blocked, worked_uncovered FROM blocked_demand"
    assert hand.rows(query) == [("pack", 1, 1, 1)]


def test_a_case_refused_by_one_and_covered_by_another_is_told_apart():
    hand = HandMade()
    first, second = empty_pack(hand), hand.holds(0, 99, template="block")
    case = hand.case(10, entitlement=second, refusal=NO_TERMS)
    hand.refuses(first, case)
    query = "SELECT template, n, blocked, covered_by_another, turned_away FROM blocked_demand"
    assert hand.rows(query) == [("pack", 1, 1, 1, 0)]


def test_a_refused_reactivation_is_no_blocked_arrival():
    hand = HandMade()
    pack = hand.holds(0, 99)
    case = hand.case(4, entitlement=pack)
    hand.moves(pack, 5, -10)
    hand.moves(pack, 20, 0, reason="refused", case=case, rule="G1")
    assert hand.rows("SELECT n, blocked FROM blocked_demand") == [(1, 0)]


def test_a_refused_edit_is_no_blocked_demand():
    hand = HandMade()
    pack = hand.holds(0, 99)
    hand.moves(pack, 20, 0, reason="refused", rule="T8")
    assert hand.rows("FROM blocked_demand") == []


def test_an_empty_channel_blocks_though_something_is_left_on_the_whole():
    hand = HandMade()
    pack = hand.holds(0, 99, channels={"phone": 1})
    hand.moves(pack, 5, -1, origin="phone", of_origin=-1)
    case = hand.case(10, outcome="turned_away", refusal=NO_TERMS)
    hand.refuses(pack, case, origin="phone")
    query = "SELECT origin, blocked_by_whole, blocked_by_channel, turned_away FROM blocked_demand"
    assert hand.rows(query) == [("phone", 0, 1, 1)]


def test_where_nothing_restricts_the_view_says_what_would_have_been_blocked():
    hand = HandMade()
    pack = hand.holds(0, 99, restrict=False, total=2)
    for day in (5, 6, 7, 8):
        hand.moves(pack, day, -1, time="10:00", case=hand.case(day, entitlement=pack))
    query = "SELECT n, blocked, would_be_blocked, would_be_blocked_share FROM blocked_demand"
    assert hand.rows(query) == [(4, 0, 2, 0.5)]


def test_a_case_is_not_blocked_by_the_last_term_that_it_takes_itself():
    hand = HandMade()
    pack = hand.holds(0, 99, restrict=False, total=1)
    hand.moves(pack, 5, -1, time="10:00", case=hand.case(5, entitlement=pack))
    assert hand.rows("SELECT would_be_blocked FROM blocked_demand") == [(0,)]


def test_what_comes_back_in_the_minute_of_an_arrival_comes_first():
    hand = HandMade()
    pack = hand.holds(0, 99, restrict=False, total=1)
    hand.moves(pack, 5, -1, time="10:00", case=hand.case(5, entitlement=pack))
    hand.moves(pack, 6, 1, time="10:00", case=1, reason="restore")
    hand.moves(pack, 6, -1, time="10:00", case=hand.case(6, entitlement=pack))
    assert hand.rows("SELECT would_be_blocked FROM blocked_demand") == [(0,)]


def test_where_nothing_restricts_an_empty_channel_would_have_blocked():
    hand = HandMade()
    pack = hand.holds(0, 99, restrict=False, channels={"web": 0})
    hand.case(5, entitlement=pack, origin="web")
    query = "SELECT would_be_blocked, would_be_not_sold, would_be_blocked_by_channel"
    assert hand.rows(f"{query} FROM blocked_demand") == [(1, 1, 0)]


def test_a_refusal_by_a_channel_never_sold_is_no_use_of_all_terms():
    hand = HandMade()
    pack = hand.holds(0, 99, channels={"web": 0, "phone": 1})
    hand.moves(pack, 3, -1, origin="phone", of_origin=-1)
    hand.refuses(pack, hand.case(5, outcome="turned_away", origin="web"), origin="web")
    hand.refuses(pack, hand.case(6, outcome="turned_away"), origin="phone")
    hand.moves(pack, 7, -9)
    hand.refuses(pack, hand.case(8, outcome="turned_away", origin="web"), origin="web")
    hand.refuses(pack, hand.case(9, outcome="uncovered"), origin="phone")
    query = (
        "SELECT origin, n, not_sold, used_up, blocked_by_whole, blocked_by_channel, turned_away, "
        "used_up_turned_away, used_up_share FROM blocked_demand ORDER BY origin::VARCHAR"
    )
    assert hand.rows(query) == [
        ("phone", 2, 0, 2, 1, 1, 1, 1, 1.0), ("web", 2, 2, 0, 0, 0, 2, 0, None),
    ]  # fmt: skip


def test_a_restricting_total_of_nothing_was_never_sold():
    hand = HandMade()
    pack = hand.holds(0, 99, total=0)
    hand.refuses(pack, hand.case(5, outcome="turned_away"))
    query = "SELECT not_sold, used_up, blocked_by_whole FROM blocked_demand"
    assert hand.one(query) == (1, 0, 0)


def test_a_case_that_takes_no_terms_would_never_have_been_blocked():
    hand = HandMade()
    pack = hand.holds(0, 99, restrict=False, total=1)
    hand.moves(pack, 4, -1)
    hand.case(5, entitlement=pack, decrement=0)
    assert hand.rows("SELECT n, would_be_blocked FROM blocked_demand") == [(1, 0)]


def test_cover_without_a_number_of_terms_would_never_have_blocked():
    hand = HandMade()
    cover = hand.holds(0, 99, template="cover", total=0, restrict=False)
    hand.moves(cover, 4, -1)
    hand.case(5, entitlement=cover)
    assert hand.rows("SELECT n, would_be_blocked FROM blocked_demand") == [(1, 0)]


def test_by_the_literal_reading_of_the_gate_an_empty_balance_does_not_block():
    hand = HandMade()
    pack = hand.holds(0, 99, restrict=False, total=1)
    for day in (5, 6, 7):
        hand.moves(pack, day, -1, time="10:00", case=hand.case(day, entitlement=pack))
    with hand.run(rules={"gate_literal_below_zero": True}) as run:
        told = run.connection.sql("SELECT would_be_blocked FROM blocked_demand").fetchall()
    assert told == [(1,)]


def test_contact_rate_divides_by_active_customers_not_by_those_who_wrote():
    hand = HandMade(days=31)
    hand.holds(0, 99, customer=1)
    hand.holds(0, 99, customer=2)
    hand.case(5, customer=1)
    hand.case(6, customer=1)
    query = (
        "SELECT n, contacts, covered_customer_days, contact_rate, writers, contacts_per_writer "
        "FROM contact_rate"
    )
    rate = 2 * 30.4375 / 62
    assert hand.one(query) == (2, 2, 62, pytest.approx(rate), 1, 2.0)


def test_a_day_covered_twice_is_one_customer_day():
    hand = HandMade(days=31)
    hand.holds(0, 20)
    hand.holds(10, 30)
    assert hand.one("SELECT covered_customer_days FROM contact_rate") == (31,)


def test_a_case_on_an_uncovered_day_is_an_arrival_but_no_contact():
    hand = HandMade(days=31)
    hand.holds(0, 9)
    hand.case(9)
    hand.case(10, outcome="uncovered")
    assert hand.one("SELECT contacts, arrivals FROM contact_rate") == (1, 2)


def test_where_nobody_is_covered_there_is_no_contact_rate():
    hand = HandMade(days=31)
    hand.case(9, outcome="uncovered")
    query = "SELECT n, contact_rate, arrivals FROM contact_rate"
    assert hand.one(query) == (0, None, 1)


def test_a_covered_month_without_a_case_has_a_contact_rate_of_zero():
    hand = HandMade(days=31)
    hand.holds(0, 99)
    query = "SELECT contacts, contact_rate, contacts_per_writer FROM contact_rate"
    assert hand.one(query) == (0, 0.0, None)


def test_cases_turned_away_are_no_part_of_the_entitled_share():
    hand = HandMade()
    pack = hand.holds(0, 99)
    hand.case(5, entitlement=pack)
    hand.case(6, outcome="uncovered")
    hand.case(7, outcome="turned_away")
    query = "SELECT n, entitled_share, leakage, turned_away, arrivals FROM entitled_share"
    assert hand.one(query) == (2, 0.5, 0.5, 1, 3)


def test_a_case_of_the_default_entitlement_is_entitled():
    hand = HandMade()
    pack = hand.holds(0, 99)
    hand.entitlements[0]["is_default"] = 1
    hand.case(5, entitlement=pack)
    assert hand.one("SELECT covered, leakage FROM entitled_share") == (1, 0.0)


def test_a_covered_case_that_takes_no_terms_is_shown_apart():
    hand = HandMade()
    hand.case(5, entitlement=hand.holds(0, 99), decrement=0)
    query = "SELECT covered, covered_without_decrement FROM entitled_share"
    assert hand.one(query) == (1, 1)


def test_where_everybody_is_turned_away_there_is_no_entitled_share():
    hand = HandMade()
    hand.case(5, outcome="turned_away")
    assert hand.one("SELECT entitled_share, leakage FROM entitled_share") == (None, None)


def test_a_case_without_an_origin_has_its_own_row():
    hand = HandMade()
    hand.case(5, outcome="uncovered", origin=None)
    hand.case(5, outcome="uncovered", origin="web")
    query = "SELECT origin, share FROM origin_mix"
    assert sorted(hand.rows(query), key=str) == [("web", 0.5), (None, 0.5)]


def with_sla(hand, day=5, **more):
    due = {"sla_due_at": f"2024-01-{day + 2:02} 10:00"}
    pack = hand.holds(0, 99)
    return hand.case(day, entitlement=pack, **(due | more))


def test_an_open_case_whose_time_has_not_come_is_decided_neither_way():
    hand = HandMade(days=6)
    with_sla(hand, state="active")
    query = "SELECT n, compliance, undecided, is_mature FROM sla_compliance"
    assert hand.one(query) == (0, None, 1, False)


def test_a_cancelled_case_is_decided_neither_way():
    hand = HandMade()
    with_sla(hand, state="cancelled")
    query = "SELECT n, compliance, cancelled, is_mature FROM sla_compliance"
    assert hand.one(query) == (0, None, 1, True)


def test_a_late_first_response_misses_the_response_even_if_the_case_is_resolved_in_time():
    hand = HandMade()
    with_sla(hand, sla_met=0, response_due_at="2024-01-06 11:00", responded_at="2024-01-06 12:00")
    query = "SELECT met, missed, response_n, response_met FROM sla_compliance"
    assert hand.one(query) == (0, 1, 1, 0)


def test_a_case_resolved_without_a_response_missed_the_response():
    hand = HandMade()
    with_sla(hand, sla_met=0, response_due_at="2024-01-06 11:00")
    assert hand.one("SELECT response_n, response_met FROM sla_compliance") == (1, 0)


def test_cases_without_an_sla_are_left_out():
    hand = HandMade()
    hand.case(5, entitlement=hand.holds(0, 99))
    assert hand.rows("FROM sla_compliance") == []


def test_where_nothing_would_be_blocked_the_count_is_none_and_never_unknown(portfolio):
    unknown = "would_be_blocked_share IS NULL OR would_be_blocked_by_channel IS NULL"
    assert rows_of(portfolio, f"SELECT count(*) FROM blocked_demand WHERE {unknown}") == [(0,)]
    restricting = "SELECT DISTINCT would_be_blocked FROM blocked_demand WHERE restrict"
    assert rows_of(portfolio, restricting) in ([(0,)], [])
