"""Utilisation, pacing, burn-down and use beyond the allotment."""

import datetime as dt

import pandas as pd
import pytest
from hand_made import HandMade
from plain import close, frame_of, half_up, rows_of, share


def by_id(frame):
    return frame.set_index("entitlement_id", drop=False)


def in_portfolio(plain):
    held = plain.limited()
    return held[~held["state"].isin(["draft", "waiting"]) & (held["allotment"] > 0)]


def test_utilisation_is_use_by_allotment(portfolio, plain):
    seen = by_id(frame_of(portfolio, "FROM utilisation"))
    held = plain.entitlements
    assert seen["used"].tolist() == held["used"].tolist()
    expected = [
        None if unlimited or not known else share(used, allotment)
        for used, allotment, unlimited, known in zip(
            held["used"], held["allotment"], held["is_unlimited"], held["is_use_known"], strict=True
        )
    ]
    assert seen["utilisation"].tolist() == close(expected)


def test_allotment_less_use_is_what_remains(portfolio):
    wrong = rows_of(portfolio, "FROM utilisation WHERE allotment - used <> remaining")
    assert wrong == []


def test_the_portfolio_leaves_out_drafts_waiting_ones_and_those_without_a_number(portfolio, plain):
    seen = rows_of(portfolio, "SELECT entitlement_id FROM utilisation WHERE in_portfolio")
    assert [number for (number,) in seen] == in_portfolio(plain).index.tolist()


def test_by_template_the_three_readings_agree_with_plain_sums(portfolio, plain):
    seen = frame_of(portfolio, "FROM utilisation_by_template").set_index("template_id")
    for number, of_template in in_portfolio(plain).groupby("template_id"):
        row = seen.loc[number]
        ratios = of_template["used"] / of_template["allotment"]
        value = of_template["annual_value"]
        assert (row["n"], row["used"], row["allotment"]) == (
            len(of_template),
            of_template["used"].sum(),
            of_template["allotment"].sum(),
        )
        assert row["pooled"] == close(of_template["used"].sum() / of_template["allotment"].sum())
        assert row["mean_of_ratios"] == pytest.approx(ratios.mean(), abs=1e-8)
        assert row["value_weighted"] == pytest.approx(
            (ratios * value).sum() / value.sum(), abs=1e-8
        )


def test_by_channel_use_and_rest_come_from_the_channel_s_own_rows(portfolio, plain):
    seen = frame_of(portfolio, "FROM utilisation_by_channel")
    rows = plain.ledger[plain.ledger["origin"].notna()]
    moved = rows[rows["reason"].isin(["consume", "restore", "brought_forward"])]
    used = (-moved.groupby(["entitlement_id", "origin"])["origin_amount"].sum()).to_dict()
    expected = [used.get(key, 0) for key in zip(seen.entitlement_id, seen.origin, strict=True)]
    assert seen["used"].tolist() == expected
    assert (seen["allotment"] - seen["used"]).tolist() == seen["remaining"].tolist()


def test_over_consumption_counts_units_and_entitlements(portfolio, plain):
    seen = frame_of(portfolio, "FROM over_consumption").set_index("template_id")
    for number, of_template in in_portfolio(plain).groupby("template_id"):
        over = (of_template["used"] - of_template["allotment"]).clip(lower=0)
        value = sum(
            half_up(units * price, allotment)
            for units, price, allotment in zip(
                over, of_template["price"], of_template["allotment"], strict=True
            )
        )
        row = seen.loc[number]
        assert (row["n"], row["over_n"], row["over_units"], row["over_value"]) == (
            len(of_template),
            (over > 0).sum(),
            over.sum(),
            value,
        )
        assert row["over_share"] == close((over > 0).sum() / len(of_template))


def test_burn_down_follows_the_balance_day_by_day(portfolio, plain):
    seen = frame_of(
        portfolio,
        "SELECT entitlement_id, day, remaining, allotment, elapsed_share FROM burn_down "
        "ORDER BY entitlement_id, day",
    )
    expected = []
    for row in plain.limited().itertuples():
        place, start = plain.place[row.entitlement_id], plain.day(row.start_date)
        for day in range(max(plain.day(row.covered_from), 0), plain.day(row.covered_to) + 1):
            elapsed = (day - start + 1) / row.term_days
            balance, put_in = plain.balance[place, day], plain.put_in[place, day]
            expected.append((row.entitlement_id, plain.date(day), balance, put_in, elapsed))
    assert list(seen.itertuples(index=False, name=None)) == expected


def test_burn_down_ends_with_what_remained_at_the_end(portfolio):
    [(wrong,)] = rows_of(
        portfolio,
        "SELECT count(*) FROM (SELECT entitlement_id, arg_max(remaining, day) AS left_over "
        "FROM burn_down GROUP BY entitlement_id) JOIN breakage_by_entitlement AS ended "
        "USING (entitlement_id) WHERE left_over <> allotment - used",
    )
    assert wrong == 0


def test_pacing_is_utilisation_by_elapsed_share(portfolio, plain):
    seen = by_id(frame_of(portfolio, "FROM pacing"))
    held = plain.limited()
    held = held[(held["state"] == "active") & (held["allotment"] > 0)]
    assert seen.index.tolist() == held.index.tolist()
    for row in held.itertuples():
        elapsed = ((plain.last - row.start_date).days + 1) / row.term_days
        pace = (row.used / row.allotment) / elapsed if elapsed >= 0.05 else None
        assert seen.loc[row.entitlement_id, "pacing"] == close(pace)


# ------------------------------------------------------------------------------ edge cases


def test_without_a_number_of_terms_there_is_no_utilisation():
    hand = HandMade()
    hand.uses(hand.holds(0, 99, template="cover", total=0, restrict=False), 5)
    query = "SELECT utilisation, utilisation_capped, allotment, in_portfolio FROM utilisation"
    assert hand.one(query) == (None, None, None, False)


def test_a_total_of_zero_that_restricts_has_no_utilisation_either():
    hand = HandMade()
    hand.holds(0, 99, total=0, restrict=True)
    query = "SELECT utilisation, allotment, in_portfolio FROM utilisation"
    assert hand.one(query) == (None, 0, False)


def test_utilisation_may_exceed_one_but_not_when_capped():
    hand = HandMade()
    hand.moves(hand.holds(0, 99, restrict=False), 5, -15)
    assert hand.one("SELECT utilisation, utilisation_capped FROM utilisation") == (1.5, 1.0)


def test_top_ups_are_part_of_the_allotment():
    hand = HandMade()
    pack = hand.holds(0, 99)
    hand.moves(pack, 10, 10, reason="topup")
    hand.uses(pack, 20, 30)
    assert hand.one("SELECT allotment, utilisation FROM utilisation") == (2000, 0.1)


def test_a_channel_has_a_utilisation_of_its_own():
    hand = HandMade()
    pack = hand.holds(0, 99, channels={"phone": 4, "web": 0})
    hand.moves(pack, 5, -1, origin="phone", of_origin=-1)
    query = "SELECT origin, used, remaining, utilisation FROM utilisation_by_channel"
    assert hand.rows(query) == [("phone", 100, 300, 0.25), ("web", 0, 0, None)]


def test_cases_and_hours_never_share_a_row():
    hand = HandMade()
    hand.holds(0, 99)
    hand.holds(0, 99, template="hours")
    query = "SELECT allocation, allotment FROM utilisation_by_template WHERE n > 0"
    assert hand.rows(query) == [("cases", 1000), ("hours", 1000)]


def test_the_three_portfolio_readings_differ():
    hand = HandMade()
    hand.moves(hand.holds(0, 99, price=100), 5, -10)
    hand.moves(hand.holds(0, 99, total=30, price=300), 5, -6)
    query = "SELECT pooled, mean_of_ratios, value_weighted FROM utilisation_by_template WHERE n > 0"
    assert hand.one(query) == pytest.approx((0.4, 0.6, 0.4))


def test_what_costs_nothing_has_no_value_weighted_utilisation():
    hand = HandMade()
    hand.uses(hand.holds(0, 99, price=0), 5)
    query = "SELECT pooled, value_weighted FROM utilisation_by_template WHERE n > 0"
    assert hand.one(query) == (0.1, None)


@pytest.mark.parametrize("kind", ["draft", "waiting"])
def test_a_draft_or_waiting_entitlement_is_no_part_of_the_portfolio(kind):
    hand = HandMade(days=50)
    if kind == "draft":
        hand.holds(0, 99, draft=True)
    else:
        hand.holds(60, 99, created=10)
    assert hand.one("SELECT state, in_portfolio FROM utilisation") == (kind, False)


def test_one_cancelled_before_it_began_is_no_part_of_the_portfolio():
    hand = HandMade()
    hand.holds(60, 99, created=10, cancelled=20)
    assert hand.one("SELECT state, in_portfolio FROM utilisation") == ("cancelled", False)


@pytest.mark.parametrize(("days", "pace"), [(4, None), (5, 2.0)])
def test_pacing_waits_until_a_twentieth_of_the_term_is_over(days, pace):
    hand = HandMade(days=days)
    hand.uses(hand.holds(0, 99), 1)
    assert hand.one("SELECT pacing FROM pacing") == (pace,)


def test_pacing_at_even_use_is_one():
    hand = HandMade(days=50)
    hand.uses(hand.holds(0, 99), 9, 19, 29, 39, 49)
    assert hand.one("SELECT pacing FROM pacing") == (1.0,)


def test_without_restriction_use_goes_beyond_the_allotment():
    hand = HandMade()
    hand.moves(hand.holds(0, 99, restrict=False, price=50), 5, -12)
    query = "SELECT n, over_n, over_share, over_units, over_value FROM over_consumption"
    assert hand.one(query) == (1, 1, 1.0, 200, 1000)


def test_with_restriction_only_the_overshoot_of_hours_goes_beyond():
    hand = HandMade()
    hours = hand.holds(0, 99, template="hours")
    hand.moves(hours, 5, -9.5)
    hand.moves(hours, 6, -1.25)
    hand.moves(hand.holds(0, 99), 5, -10)
    query = "SELECT template, over_units, over_share FROM over_consumption"
    assert hand.rows(query) == [("pack", 0, 0.0), ("hours", 75, 1.0)]


def test_burn_down_runs_from_the_first_day_to_the_last():
    hand = HandMade()
    hand.uses(hand.holds(10, 13), 11)
    query = "SELECT elapsed_share, share_left FROM burn_down ORDER BY day"
    assert hand.rows(query) == [(0.25, 1.0), (0.5, 0.9), (0.75, 0.9), (1.0, 0.9)]


def test_burn_down_of_a_cancelled_one_ends_the_day_before():
    hand = HandMade()
    hand.holds(0, 99, cancelled=3)
    assert hand.one("SELECT count(*), max(elapsed_share) FROM burn_down") == (3, 0.03)


def test_burn_down_measures_against_what_was_held_that_day():
    hand = HandMade(days=3)
    pack = hand.holds(0, 99)
    hand.moves(pack, 1, -5)
    hand.moves(pack, 2, 10, reason="adjust")
    assert hand.rows("SELECT share_left FROM burn_down ORDER BY day") == [(1.0,), (0.5,), (0.75,)]


def test_annual_value_is_the_price_of_365_days():
    hand = HandMade()
    hand.holds(0, 729, price=200)
    assert hand.one("SELECT annual_value FROM utilisation") == (10000,)


def test_by_quarter_use_and_the_share_of_its_days_are_summed(portfolio, plain):
    seen = frame_of(portfolio, "FROM utilisation_by_quarter").set_index(["quarter", "template_id"])
    [(begins, as_of)] = rows_of(portfolio, "SELECT run_begins, as_of FROM metric_parameters")
    held = plain.entitlements
    used = plain.ledger[plain.ledger["reason"].isin(["consume", "restore"])]
    of_template = used["entitlement_id"].map(held["template_id"])
    day_of_use = used["happened_at"].map(lambda moment: moment.date())
    for (quarter, number), row in seen.iterrows():
        ends = (pd.Timestamp(quarter) + pd.DateOffset(months=3)).date() - dt.timedelta(days=1)
        first, last = max(quarter, begins), min(ends, as_of)
        n, terms = 0, 0
        for each in held[(held["template_id"] == number) & held["was_in_force"]].itertuples():
            days = (min(each.covered_to, last) - max(each.covered_from, first)).days + 1
            n += days > 0
            if days > 0 and not each.is_unlimited:
                terms += half_up(each.allotment * days, each.term_days)
        moved = used[(first <= day_of_use) & (day_of_use <= last) & (of_template == number)]
        assert (row["n"], row["used"]) == (n, -moved["amount"].sum() if len(moved) else 0)
        assert (row["allotment"] or 0) == terms
        assert row["utilisation"] == close(row["used"] / terms if terms else None)
        assert row["is_partial"] == (quarter < begins or ends > as_of)
