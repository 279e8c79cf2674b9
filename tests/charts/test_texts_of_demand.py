"""What charts of demand say, whole, with values on every edge."""

import pandas as pd
from chart_texts import Texts, lies_within, texts

from entitlement_sim import charts

JANUARY, FEBRUARY = pd.Timestamp("2024-01-01"), pd.Timestamp("2024-02-01")


def asked(*rows):
    """A frame of the view blocked_demand, with a number of refusals that no terms were sold for."""
    columns = [
        "template", "origin", "restrict", "n", "not_sold", "blocked_by_whole",
        "blocked_by_channel", "used_up_turned_away",
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=columns)
    return frame.assign(used_up=frame["blocked_by_whole"] + frame["blocked_by_channel"])


def test_blocked_demand_names_all_origins_where_terms_are_used_up_most():
    frame = asked(
        ("pack", "phone", True, 8, 0, 0, 1, 1),
        ("pack", "email", True, 4, 0, 1, 0, 0),
        ("pack", None, True, 3, 0, 0, 0, 0),
        ("cover", "web", False, 9, 0, 9, 0, 0),
    )
    assert texts(charts.blocked_demand(frame)) == Texts(
        "13.3% of the cases that asked found terms used up, the most by email and phone",
        "2 of 15 that asked a restricting entitlement by a channel with terms; 1 was turned away, "
        "the others worked all the same",
        "email: 25.0% (1 of 4), 0 by the channel alone. phone: 12.5% (1 of 8), 1 by the channel "
        "alone. none given: 0% (0 of 3), 0 by the channel alone.",
    )


def test_a_channel_that_was_never_sold_is_told_apart():
    frame = asked(("pack", "phone", True, 8, 0, 2, 0, 2), ("pack", "twitter", True, 3, 3, 0, 0, 0))
    assert texts(charts.blocked_demand(frame)) == Texts(
        "25.0% of the cases that asked found terms used up, the most by phone",
        "2 of 8 that asked a restricting entitlement by a channel with terms; all were turned "
        "away; 3 more by channels never sold",
        "phone: 25.0% (2 of 8), 0 by the channel alone. twitter: not sold, 0 by the channel alone, "
        "3 never sold.",
    )


def test_blocked_demand_of_a_template_names_it():
    frame = asked(("pack", "phone", True, 8, 0, 2, 0, 0), ("block", "phone", True, 8, 0, 8, 0, 0))
    assert texts(charts.blocked_demand(frame, template="pack")) == Texts(
        "pack: 25.0% of the cases that asked found terms used up, the most by phone",
        "2 of 8 that asked a restricting entitlement by a channel with terms; all were worked all "
        "the same",
        "phone: 25.0% (2 of 8), 0 by the channel alone.",
    )


def test_where_every_case_is_blocked_and_turned_away_no_other_is_spoken_of():
    assert texts(charts.blocked_demand(asked(("pack", "web", True, 2, 0, 2, 0, 2)))) == Texts(
        "100% of the cases that asked found terms used up, the most by web",
        "2 of 2 that asked a restricting entitlement by a channel with terms; all were turned away",
        "web: 100% (2 of 2), 0 by the channel alone.",
    )


def test_where_no_case_is_blocked_no_origin_is_named():
    assert texts(charts.blocked_demand(asked(("pack", "web", True, 2, 0, 0, 0, 0)))) == Texts(
        "No case was refused because terms were used up",
        "0 of 2 that asked a restricting entitlement by a channel with terms",
        "web: 0% (0 of 2), 0 by the channel alone.",
    )


def balances(*rows):
    """A frame of the view utilisation_by_channel, four terms a channel."""
    frame = pd.DataFrame(rows, columns=["origin", "state", "used", "remaining"])
    return frame.assign(template="pack", segment="small", allotment=4.0)


def test_a_channel_with_exactly_half_left_counts_as_up_to_half_left():
    frame = balances(
        ("phone", "active", 4, 0),
        ("phone", "active", 2, 2),
        ("phone", "active", 1.99, 2.01),
        ("phone", "active", 0, 4),
        ("web", "active", 2, 2),
        ("web", "active", 0, 4),
        ("web", "expired", 4, 0),
    )
    assert texts(charts.channel_balances(frame)) == Texts(
        "Phone runs out first: 25.0% of the active entitlements have nothing left on it",
        "Active entitlements that list the channel (their number under its name), by what is left "
        "on it",
        "phone: empty 25.0%, up to half left 25.0%, more than half left 25.0%, untouched 25.0%. "
        "web: empty 0%, up to half left 50.0%, more than half left 0%, untouched 50.0%.",
    )


def test_where_no_channel_is_used_up_none_runs_out_first():
    frame = balances(("web", "active", 2, 2))
    assert texts(charts.channel_balances(frame, template="pack")) == Texts(
        "No active entitlement has used up a channel",
        "Active pack that list the channel (their number under its name), by what is left on it",
        "web: empty 0%, up to half left 100%, more than half left 0%, untouched 0%.",
    )


def arrived(*rows):
    """A frame of the view origin_mix."""
    return pd.DataFrame(rows, columns=["month", "origin", "arrivals"]).assign(segment="small")


def test_the_origin_that_moved_most_may_have_fallen():
    frame = arrived(
        (JANUARY, "phone", 5), (JANUARY, "web", 3), (JANUARY, "email", 2),
        (FEBRUARY, "phone", 1), (FEBRUARY, "web", 5), (FEBRUARY, "email", 4),
    )  # fmt: skip
    assert texts(charts.origin_mix(frame)) == Texts(
        "Web brings 40.0% of the cases, email 30.0% and phone 30.0%",
        "20 cases that arrived, turned away or not",
        "From Jan 2024 to Feb 2024 phone moved most, from 50.0% to 10.0%.",
    )


def test_the_origin_that_moved_most_may_have_risen():
    frame = arrived(
        (JANUARY, "phone", 5), (JANUARY, "web", 4), (JANUARY, "email", 1),
        (FEBRUARY, "phone", 3), (FEBRUARY, "web", 3), (FEBRUARY, "email", 4),
    )  # fmt: skip
    assert texts(charts.origin_mix(frame)).more == (
        "From Jan 2024 to Feb 2024 email moved most, from 10.0% to 40.0%."
    )


def test_in_one_month_no_origin_has_moved():
    frame = arrived((JANUARY, "web", 3))
    assert texts(charts.origin_mix(frame, segment="small")) == Texts(
        "Web brings 100% of the cases", "3 cases that arrived from small, turned away or not", ""
    )


def test_an_origin_with_three_per_cent_stands_alone_and_rarer_ones_are_named_together():
    frame = arrived(
        (JANUARY, "phone", 94), (JANUARY, "web", 3), (JANUARY, "email", 2), (JANUARY, "facebook", 1)
    )
    ax = charts.origin_mix(frame)
    assert texts(ax) == Texts(
        "Phone brings 94.0% of the cases, web 3.0% and email 2.0%",
        "100 cases that arrived, turned away or not; others: email and facebook",
        "",
    )
    assert [bars.get_label() for bars in ax.containers] == ["phone", "web", "others"]


def test_bars_of_blocked_cases_begin_at_the_axis_and_leave_room_for_their_shares():
    ax = charts.blocked_demand(asked(("pack", "web", True, 2000, 0, 1000, 0, 0)))
    [share] = [text for text in ax.texts if text.get_text() == "50.0% (1,000 of 2,000)"]
    assert ax.get_xlim()[0] == 0
    assert lies_within(share, ax)
