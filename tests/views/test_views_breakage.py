"""What was left unused, and when prices become revenue."""

import calendar
from collections import Counter
from datetime import date, timedelta
from fractions import Fraction

import pytest
from hand_made import HandMade
from plain import close, frame_of, half_up, month, rows_of, share

from entitlement_sim.metrics.revenue import (
    Contract,
    proportional,
    proportional_by_portfolio,
    remote,
    stand_ready,
)


def ended(plain):
    held = plain.limited()
    return held[[end < plain.last for end in held["effective_end"]]]


def left_at_end(plain):
    """Allotment, use and rest of each ended entitlement at its effective end."""
    for row in ended(plain).itertuples():
        end = plain.day(row.effective_end)
        used = plain.used_by(plain.place[row.entitlement_id], end)
        yield row, used, max(0, row.allotment - used)


def test_breakage_is_what_was_left_at_the_effective_end(portfolio, plain):
    seen = frame_of(portfolio, "FROM breakage_by_entitlement").set_index("entitlement_id")
    expected = list(left_at_end(plain))
    assert seen.index.tolist() == [row.entitlement_id for row, *_ in expected]
    for row, used, rest in expected:
        told = seen.loc[row.entitlement_id]
        assert (told["used"], told["breakage"]) == (used, rest)
        assert told["used_after_end"] == row.used - used
        assert told["breakage_value"] == half_up(rest * row.price, row.allotment)
        assert told["breakage_rate"] == close(rest / row.allotment)


def test_breakage_by_month_sums_what_ended_in_it(portfolio, plain):
    seen = frame_of(portfolio, "FROM breakage").set_index(["month", "template_id", "ended_by"])
    sums = {name: Counter() for name in ("n", "allotment", "breakage", "value")}
    for row, _, rest in left_at_end(plain):
        key = month(row.effective_end), row.template_id, row.ended_by or "expiry"
        sums["n"][key] += 1
        sums["allotment"][key] += row.allotment
        sums["breakage"][key] += rest
        sums["value"][key] += half_up(rest * row.price, row.allotment)
    assert set(seen.index) == set(sums["n"])
    for key, row in seen.iterrows():
        assert (row["n"], row["allotment"], row["breakage"], row["breakage_value"]) == tuple(
            sums[name][key] for name in ("n", "allotment", "breakage", "value")
        )
        assert row["breakage_rate"] == close(row["breakage"] / row["allotment"])


def test_what_was_held_was_used_or_broke(portfolio):
    query = "FROM breakage WHERE allotment + over_units <> used + rolled_out + breakage"
    assert rows_of(portfolio, query) == []


def test_the_expected_breakage_of_a_month_knows_only_what_had_expired(portfolio, plain):
    seen = frame_of(portfolio, "FROM expected_breakage").set_index(["month", "template_id"])
    expired = [
        (month(row.effective_end + timedelta(days=1)), row.template_id, rest, row.allotment)
        for row, _, rest in left_at_end(plain)
        if row.ended_by != "cancellation"
    ]
    for (of_month, template), row in seen.iterrows():
        known = [one for one in expired if one[0] <= of_month and one[1] == template]
        assert row["n"] == len(known)
        assert row["breakage"] == sum(one[2] for one in known)
        rate = share(row["breakage"], row["allotment"]) if len(known) >= 30 else None
        assert row["breakage_rate"] == close(rate)


def month_ends(first, last):
    """Last days of the months from one day to another."""
    ends, year, number = [], first.year, first.month
    while (year, number) <= (last.year, last.month):
        ends.append(date(year, number, calendar.monthrange(year, number)[1]))
        year, number = (year + number // 12, number % 12 + 1)
    return ends


@pytest.fixture(scope="module")
def methods(portfolio, plain):
    """Revenue of each entitlement as the functions of ``metrics.revenue`` reckon it."""
    expected = frame_of(portfolio, "FROM expected_breakage").set_index(["month", "template_id"])
    months = {}
    for row in plain.entitlements[plain.entitlements["activated_on"].notna()].itertuples():
        gone = row.ended_by == "cancellation"
        closes_on = row.effective_end + timedelta(days=1) if gone else row.end_date
        closes_on = max(closes_on, row.activated_on)
        opens_on = min(max(row.start_date, row.activated_on), closes_on)
        if opens_on > plain.last or closes_on < plain.start:
            continue
        ends = month_ends(max(opens_on, plain.start), min(closes_on, plain.last))
        opening = [plain.start - timedelta(days=1)] if opens_on < plain.start else []
        ends = opening + ends
        at = [plain.day(min(end, plain.last)) for end in ends]
        place = plain.place[row.entitlement_id]
        use = [plain.used_by(place, day) for day in at]
        held = [plain.held_on(place, day) for day in at]
        closes = len(ends) - 1 if closes_on <= plain.last else None
        reported = [min(end, plain.last) for end in ends]
        straight = stand_ready(
            row.price, row.start_date, row.end_date, reported,
            cancelled_on=closes_on if gone else None,
        )  # fmt: skip
        if row.is_unlimited:
            by_month = straight, straight, straight
        else:
            estimates = [
                expected.loc[(month(end), row.template_id)] for end in ends[len(opening) :]
            ]
            rates = [0] * len(opening) + [
                Fraction(one["breakage"], one["allotment"]) if one["is_supported"] else 0
                for one in estimates
            ]
            by_month = (
                proportional(row.price, held, use, rates, closes=closes),
                remote(row.price, held, use, closes=closes),
                straight,
            )
        for end, *amounts in list(zip(ends, *by_month, strict=True))[len(opening) :]:
            months[row.entitlement_id, month(end)] = tuple(amounts)
    return months


def test_revenue_of_every_month_agrees_with_the_methods_in_python(portfolio, methods):
    rows = rows_of(
        portfolio,
        "SELECT entitlement_id, month, proportional_by_contract, remote, stand_ready "
        "FROM revenue_by_entitlement",
    )
    assert {row[:2]: row[2:] for row in rows} == methods


def test_revenue_by_month_and_template_is_the_exact_sum(portfolio, plain, methods):
    sums, count = Counter(), Counter()
    for (number, of_month), amounts in methods.items():
        template = plain.entitlements.loc[number, "template_id"]
        count[of_month, template] += 1
        for place, amount in enumerate(amounts):
            sums[of_month, template, place] += amount
    seen = frame_of(portfolio, "FROM breakage_revenue")
    assert len(seen) == len(count)
    for row in seen.itertuples():
        key = row.month, row.template_id
        assert row.n == count[key]
        assert (row.proportional_by_contract, row.remote, row.stand_ready) == tuple(
            sums[*key, place] for place in range(3)
        )


@pytest.mark.parametrize("view", ["revenue_by_entitlement", "breakage_revenue"])
def test_the_proportional_method_is_that_by_contract(portfolio, view):
    assert rows_of(portfolio, f"FROM {view} WHERE proportional <> proportional_by_contract") == []


def test_revenue_by_portfolio_agrees_with_the_method_in_python(portfolio, plain):
    packs = plain.entitlements[plain.entitlements["template"] == "Pack 30"]
    packs = packs[packs["activated_on"].notna()]
    ends = month_ends(plain.start, plain.last)
    at = [plain.day(min(end, plain.last)) for end in ends]
    contracts = []
    for row in packs.itertuples():
        place = plain.place[row.entitlement_id]
        gone = row.ended_by == "cancellation"
        closes_on = row.effective_end + timedelta(days=1) if gone else row.end_date
        opens_on = max(row.start_date, row.activated_on)
        if opens_on <= plain.last and closes_on >= plain.start:
            contracts.append(
                Contract(
                    row.price,
                    [plain.held_on(place, day) for day in at],
                    [plain.used_by(place, day) for day in at],
                    opens=next(m for m, end in enumerate(ends) if end >= opens_on),
                    closes=next(
                        (m for m, day in enumerate(at) if plain.date(day) >= closes_on), None
                    ),
                )
            )
    rows = rows_of(
        portfolio,
        "SELECT month, breakage, allotment, is_supported, proportional_by_portfolio, remote "
        "FROM expected_breakage JOIN breakage_revenue USING (month, template_id, is_supported) "
        "WHERE expected_breakage.template = 'Pack 30' ORDER BY month",
    )
    supported = [row for row in rows if row[3]]
    assert len(supported) >= plain.many(10)
    rates = {row[0]: Fraction(row[1], row[2]) for row in supported}
    by_month = proportional_by_portfolio(contracts, [rates.get(month(end), 0) for end in ends])
    expected = dict(zip(map(month, ends), by_month, strict=True))
    after_the_first = supported[1:]  # before, no breakage was expected of anyone
    assert [row[4] for row in after_the_first] == [expected[row[0]] for row in after_the_first]


def test_months_of_an_ended_entitlement_add_up_to_its_price(portfolio):
    wrong = rows_of(
        portfolio,
        "SELECT entitlement_id FROM revenue_by_entitlement JOIN entitlement_facts AS facts "
        "USING (entitlement_id) WHERE NOT is_left_truncated "
        "GROUP BY entitlement_id, facts.price HAVING bool_or(is_closed) "
        "AND (sum(proportional) <> facts.price OR sum(remote) <> facts.price "
        "OR sum(stand_ready) <> facts.price)",
    )
    assert wrong == []


# ------------------------------------------------------------------------------ edge cases


UNITS = "SELECT breakage, breakage_rate, breakage_value FROM breakage_by_entitlement"


def test_breakage_of_a_pack_that_was_used_by_seven_tenths():
    hand = HandMade()
    hand.moves(hand.holds(0, 99, price=100), 5, -7)
    assert hand.one(UNITS) == (300, 0.3, 3000)


def test_nothing_breaks_where_more_was_used_than_held():
    hand = HandMade()
    hand.moves(hand.holds(0, 99, restrict=False), 5, -12)
    assert hand.one(UNITS) == (0, 0.0, 0)


def test_cover_without_a_number_of_terms_has_no_breakage():
    hand = HandMade()
    hand.holds(0, 99, template="cover", total=0, restrict=False)
    assert hand.rows(UNITS) == []


def test_one_that_still_runs_has_no_breakage_yet():
    hand = HandMade(days=50)
    hand.holds(0, 99)
    assert hand.rows(UNITS) == []


def test_cancelled_ones_stand_apart():
    hand = HandMade()
    hand.holds(0, 60)
    hand.holds(0, 99, cancelled=61)
    query = "SELECT month, ended_by, n, breakage FROM breakage"
    rows = [row[1:] for row in hand.rows(query)]
    assert rows == [("cancellation", 1, 1000), ("expiry", 1, 1000)]


def test_terms_rolled_out_are_no_breakage():
    hand = HandMade()
    pack = hand.holds(0, 99)
    hand.moves(pack, 100, -4, reason="rollover_out")
    hand.moves(pack, 100, -6, reason="expire")
    assert hand.one(UNITS) == (600, 0.6, 6000)


def test_top_ups_are_part_of_what_can_break():
    hand = HandMade()
    hand.moves(hand.holds(0, 99), 50, 10, reason="topup")
    assert hand.one(UNITS) == (2000, 1.0, 10000)


def test_what_costs_nothing_breaks_without_value():
    hand = HandMade()
    hand.holds(0, 99, price=0)
    assert hand.one(UNITS) == (1000, 1.0, 0)


def test_a_case_resolved_after_the_end_lowers_only_the_restated_breakage():
    hand = HandMade()
    hand.moves(hand.holds(0, 99, template="hours"), 105, -2.5)
    query = "SELECT breakage, used_after_end, breakage_restated FROM breakage_by_entitlement"
    assert hand.one(query) == (1000, 250, 750)


def test_a_total_of_zero_has_no_breakage_rate():
    hand = HandMade()
    hand.holds(0, 99, total=0)
    assert hand.one("SELECT n, breakage, breakage_rate FROM breakage") == (1, 0, None)


REVENUE = "SELECT proportional, remote, stand_ready FROM revenue_by_entitlement"


def old_packs(hand, unused, count=3):
    """Packs that expired in February, each with so many of ten terms unused."""
    for customer in range(count):
        hand.moves(hand.holds(0, 50, customer=10 + customer), 5, unused - 10)


def revenue_of_the_last(hand, **variables):
    number = len(hand.entitlements)
    return hand.rows(f"{REVENUE} WHERE entitlement_id = {number} ORDER BY month", **variables)


def test_expected_breakage_is_recognised_in_proportion_to_use():
    hand = HandMade(days=130)
    old_packs(hand, unused=2)
    hand.moves(hand.holds(91, 191, price=100), 95, -4)
    told = revenue_of_the_last(hand, least_ended=3)
    assert told[0][:2] == (5000, 4000)


def test_without_enough_that_ended_breakage_waits_for_the_end():
    hand = HandMade(days=130)
    old_packs(hand, unused=2)
    hand.moves(hand.holds(91, 191, price=100), 95, -4)
    told = revenue_of_the_last(hand, least_ended=4)
    assert told[0][:2] == (4000, 4000)


def test_where_all_is_expected_to_break_the_first_use_earns_the_price():
    hand = HandMade(days=130)
    for customer in range(3):
        hand.holds(0, 50, customer=10 + customer)
    hand.uses(hand.holds(91, 191, price=100), 95)
    assert revenue_of_the_last(hand, least_ended=3)[0][0] == 10000


def test_use_beyond_what_was_expected_earns_no_more_than_the_price():
    hand = HandMade(days=130)
    old_packs(hand, unused=5)
    hand.moves(hand.holds(91, 191, price=100), 95, -8)
    told = revenue_of_the_last(hand, least_ended=3)
    assert [row[0] for row in told] == [10000, 0]


def test_a_new_estimate_catches_up_at_once():
    hand = HandMade(days=160)
    old_packs(hand, unused=2)
    for customer in range(3):
        hand.holds(60, 125, customer=20 + customer)
    hand.moves(hand.holds(91, 191, price=100), 95, -4)
    told = [row[0] for row in revenue_of_the_last(hand, least_ended=3)]
    # 4 of 8 expected by April; in May six have ended with 36 of 60 unused, so 4 expected of 10.
    assert told[:2] == [5000, 5000]


def first_supported(hand, **variables):
    query = "SELECT month FROM breakage_revenue WHERE is_first_supported ORDER BY month"
    return [month for (month,) in hand.rows(query, **variables)]


def test_a_first_estimate_is_flagged_in_the_month_in_which_it_is_supported():
    hand = HandMade(days=130)
    old_packs(hand, unused=2)
    hand.holds(31, 191)
    assert first_supported(hand, least_ended=3) == [date(2024, 2, 1)]


def test_an_estimate_that_holds_from_the_opening_on_is_flagged_nowhere():
    hand = HandMade(days=130)
    for customer in range(3):
        hand.holds(-100, -50, customer=10 + customer)
    hand.holds(31, 191)
    assert first_supported(hand, least_ended=3, estimates_from=date(2023, 1, 1)) == []


def test_without_a_number_of_terms_revenue_is_a_straight_line_by_every_method():
    hand = HandMade(days=200)
    hand.holds(0, 99, template="cover", total=0, restrict=False, price=100)
    assert hand.rows(f"{REVENUE} ORDER BY month") == [
        (3100, 3100, 3100), (2900, 2900, 2900), (3100, 3100, 3100), (900, 900, 900),
    ]  # fmt: skip


def test_a_cancellation_brings_the_rest_of_the_price():
    hand = HandMade(days=200)
    hand.uses(hand.holds(0, 99, price=100, cancelled=40), 5)
    told = hand.rows(f"{REVENUE} ORDER BY month")
    assert told == [(1000, 1000, 3100), (9000, 9000, 6900)]


def test_a_cancellation_on_the_first_of_a_month_leaves_the_month_before_as_it_was_reported():
    hand = HandMade(days=200)
    hand.uses(hand.holds(0, 99, price=100, cancelled=31), 5)
    told = hand.rows(f"{REVENUE} ORDER BY month")
    assert told == [(1000, 1000, 3100), (9000, 9000, 6900)]


def test_one_that_was_never_activated_earns_nothing():
    hand = HandMade()
    hand.holds(60, 99, created=10, draft=True)
    assert hand.rows(REVENUE) == []


def test_one_cancelled_before_it_begins_earns_its_price_then():
    hand = HandMade()
    hand.holds(60, 99, created=10, cancelled=20)
    assert hand.rows(f"SELECT month, {REVENUE[7:]}") == [(date(2024, 1, 1), 10_000, 10_000, 10_000)]


def test_a_draft_earns_nothing_before_it_is_activated():
    hand = HandMade(days=60)
    hand.uses(hand.holds(0, 99, activated=45, price=100), 50)
    assert hand.rows(f"SELECT month, {REVENUE[7:]}") == [(date(2024, 2, 1), 1000, 1000, 6000)]


def test_one_activated_after_its_end_earns_its_price_then():
    hand = HandMade(days=60)
    number = hand.holds(0, 20, draft=True)
    hand.entitlements[number - 1]["activated_on"] = "2024-02-10"
    assert hand.rows(f"SELECT month, {REVENUE[7:]}") == [(date(2024, 2, 1), 10_000, 10_000, 10_000)]


def test_terms_given_back_take_revenue_back():
    hand = HandMade(days=60)
    pack = hand.holds(0, 99, price=100)
    hand.moves(pack, 10, -2)
    hand.moves(pack, 40, 1, reason="restore")
    assert [row[1] for row in hand.rows(f"{REVENUE} ORDER BY month")] == [2000, -1000]
