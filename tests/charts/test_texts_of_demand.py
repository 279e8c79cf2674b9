"""What charts of demand say, whole, with values on every edge."""

import pandas as pd
from chart_texts import Texts, lies_within, texts

from entitlement_sim import charts

JANUARY, FEBRUARY = pd.Timestamp("2024-01-01"), pd.Timestamp("2024-02-01")


def asked(*rows, arrivals=None):
    """A frame of the view blocked_demand_by_month, in January; some refusals are not sold."""
    columns = [
        "template", "origin", "restrict", "n", "not_sold", "blocked_by_whole",
        "blocked_by_channel", "used_up_turned_away",
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=columns)
    frame["used_up"] = frame["blocked_by_whole"] + frame["blocked_by_channel"]
    everything = pd.DataFrame({"origin": ["phone"], "arrivals": [arrivals]})
    return pd.concat([frame.astype(object), everything.astype(object)]).assign(
        segment="small", month=JANUARY
    )


def test_blocked_demand_names_the_bases_of_its_shares():
    frame = asked(
        ("pack", "phone", True, 8, 0, 0, 1, 1),
        ("pack", "email", True, 4, 0, 1, 0, 0),
        ("pack", None, True, 3, 0, 0, 0, 0),
        ("cover", "web", False, 9, 0, 9, 0, 0),
        arrivals=40,
    )
    assert texts(charts.blocked_demand(frame)) == Texts(
        "13.3% of the cases that asked a restricting entitlement found its terms used up, 5.0% "
        "of all cases",
        "2 of 15 that asked a restricting entitlement by a channel with terms; 1 was turned "
        "away, the others worked all the same",
        "email: 25.0% (1 of 4), 0 by the channel alone. phone: 12.5% (1 of 8), 1 by the channel "
        "alone. none given: 0% (0 of 3), 0 by the channel alone.",
    )


def test_a_channel_that_was_never_sold_is_told_apart():
    frame = asked(("pack", "phone", True, 8, 0, 2, 0, 2), ("pack", "twitter", True, 3, 3, 0, 0, 0))
    assert texts(charts.blocked_demand(frame)) == Texts(
        "25.0% of the cases that asked a restricting entitlement found its terms used up",
        "2 of 8 that asked a restricting entitlement by a channel with terms; all were turned "
        "away; 3 more by channels never sold",
        "phone: 25.0% (2 of 8), 0 by the channel alone. twitter: not sold, 0 by the channel "
        "alone, 3 never sold.",
    )


def test_blocked_demand_of_a_template_names_it_and_no_share_of_all_cases():
    frame = asked(
        ("pack", "phone", True, 8, 0, 2, 0, 0), ("block", "phone", True, 8, 0, 8, 0, 0), arrivals=40
    )
    assert texts(charts.blocked_demand(frame, template="pack")) == Texts(
        "25.0% of the cases that asked for pack found it used up",
        "2 of 8 that asked a restricting entitlement by a channel with terms; all were worked "
        "all the same",
        "phone: 25.0% (2 of 8), 0 by the channel alone.",
    )


def test_where_every_case_is_blocked_and_turned_away_no_other_is_spoken_of():
    assert texts(charts.blocked_demand(asked(("pack", "web", True, 2, 0, 2, 0, 2)))) == Texts(
        "100% of the cases that asked a restricting entitlement found its terms used up",
        "2 of 2 that asked a restricting entitlement by a channel with terms; all were turned away",
        "web: 100% (2 of 2), 0 by the channel alone.",
    )


def test_where_no_case_is_blocked_no_share_is_told():
    assert texts(
        charts.blocked_demand(asked(("pack", "web", True, 2, 0, 0, 0, 0)), since="2024-01-31")
    ) == Texts(
        "No case was refused because terms were used up",
        "0 of 2 that asked a restricting entitlement by a channel with terms; only from 1 Jan "
        "2024 on",
        "web: 0% (0 of 2), 0 by the channel alone.",
    )


def test_cases_of_another_month_are_left_out():
    frame = asked(("pack", "web", True, 2, 0, 0, 0, 0))
    assert charts.alt_text(charts.blocked_demand(frame, since="2024-02")) == (
        "Blocked demand. Nothing to show: no case asked for an entitlement that restricts cases, "
        "from 1 Feb 2024 on."
    )


def balances(*rows):
    """A frame of the view utilisation_by_channel, four terms a channel."""
    frame = pd.DataFrame(rows, columns=["customer_id", "origin", "state", "used", "remaining"])
    return frame.assign(template="pack", segment="small", allotment=4.0, start_date=JANUARY)


def test_a_channel_with_exactly_half_left_counts_as_up_to_half_left():
    frame = balances(
        (1, "phone", "active", 4, 0),
        (2, "phone", "active", 2, 2),
        (3, "phone", "active", 1.99, 2.01),
        (4, "phone", "active", 0, 4),
        (1, "web", "active", 2, 2),
        (2, "web", "active", 0, 4),
        (3, "web", "expired", 4, 0),
    )
    assert texts(charts.channel_balances(frame)) == Texts(
        "25.0% of the active entitlements that list phone have nothing left on it",
        "Active entitlements that list the channel (their number under its name), by what is "
        "left on it",
        "phone: empty 25.0%, up to half left 25.0%, more than half left 25.0%, untouched 25.0%. "
        "web: empty 0%, up to half left 50.0%, more than half left 0%, untouched 50.0%.",
    )


def empty_on(phone, web, customers=200):
    """Customers of which the first so many have nothing left on the phone and on the web."""
    return balances(
        *((customer, "phone", "active", *((4, 0) if customer < phone else (1, 3)))
          for customer in range(customers)),
        *((customer, "web", "active", *((4, 0) if customer < web else (1, 3)))
          for customer in range(customers)),
    )  # fmt: skip


def test_the_channel_that_runs_out_most_often_is_named_where_it_is_more_than_chance():
    assert texts(charts.channel_balances(empty_on(60, 10))) == Texts(
        "Phone runs out most often: 30.0% of active entitlements have nothing left on it, 5.0% "
        "on web",
        "Active entitlements that list the channel (their number under its name), by what is "
        "left on it",
        "phone: empty 30.0%, up to half left 0%, more than half left 70.0%, untouched 0%. web: "
        "empty 5.0%, up to half left 0%, more than half left 95.0%, untouched 0%.",
    )


def test_of_channels_that_may_be_alike_none_is_named_before_the_others():
    assert texts(charts.channel_balances(empty_on(60, 58))).title == (
        "30.0% of the active entitlements that list phone have nothing left on it"
    )


def test_fewer_than_thirty_entitlements_are_not_ranked():
    assert texts(charts.channel_balances(empty_on(20, 1, customers=29))).title == (
        "69.0% of the active entitlements that list phone have nothing left on it"
    )
    assert texts(charts.channel_balances(empty_on(20, 1, customers=30))).title == (
        "Phone runs out most often: 66.7% of active entitlements have nothing left on it, 3.3% on "
        "web"
    )


def test_where_no_channel_is_used_up_none_runs_out_first():
    assert texts(
        charts.channel_balances(balances((1, "web", "active", 2, 2)), template="pack")
    ) == Texts(
        "No active entitlement has used up a channel",
        "Active pack that list the channel (their number under its name), by what is left on it",
        "web: empty 0%, up to half left 100%, more than half left 0%, untouched 0%.",
    )


def arrived(*rows):
    """A frame of the view origin_mix."""
    frame = pd.DataFrame(rows, columns=["month", "origin", "arrivals"])
    return frame.assign(segment="small", is_partial=False)


TWO_MONTHS = arrived(
    (JANUARY, "phone", 5), (JANUARY, "web", 3), (JANUARY, "email", 2),
    (FEBRUARY, "phone", 1), (FEBRUARY, "web", 5), (FEBRUARY, "email", 4),
)  # fmt: skip


def test_shares_of_origins_are_of_the_whole_time_and_no_movement_is_claimed():
    ax = charts.origin_mix(TWO_MONTHS)
    assert [text.get_text() for text in ax.texts[:3]] == ["web 40.0%", "email 30.0%", "phone 30.0%"]
    assert texts(ax) == Texts(
        "Web brings 40.0% of the cases, email 30.0% and phone 30.0%",
        "20 cases that arrived, turned away or not",
        "web: 30.0% to 50.0% of the cases of a month. email: 20.0% to 40.0% of the cases of a "
        "month. phone: 10.0% to 50.0% of the cases of a month.",
    )


def test_a_month_is_shown_of_which_any_day_is_asked_for():
    assert texts(charts.origin_mix(TWO_MONTHS, since="2024-02-28", segment="small")) == Texts(
        "Web brings 50.0% of the cases, email 40.0% and phone 10.0%",
        "10 cases that arrived from small, turned away or not; only from 1 Feb 2024 on",
        "",
    )


def test_a_month_that_is_not_whole_counts_and_is_not_drawn():
    frame = TWO_MONTHS.assign(is_partial=TWO_MONTHS["month"] == FEBRUARY)
    ax = charts.origin_mix(frame)
    assert all(len(line.get_xdata()) == 1 for line in ax.lines)
    assert texts(ax).title == "Web brings 40.0% of the cases, email 30.0% and phone 30.0%"


def test_an_origin_with_three_per_cent_stands_alone_and_rarer_ones_are_named_together():
    frame = arrived(
        (JANUARY, "phone", 94), (JANUARY, "web", 3), (JANUARY, "email", 2), (JANUARY, "facebook", 1)
    )
    ax = charts.origin_mix(frame)
    assert [line.get_label() for line in ax.lines] == ["phone", "web", "others"]
    assert texts(ax) == Texts(
        "Phone brings 94.0% of the cases, web 3.0% and email 2.0%",
        "100 cases that arrived, turned away or not; others: email and facebook",
        "",
    )


def test_bars_of_blocked_cases_begin_at_the_axis_and_leave_room_for_their_shares():
    ax = charts.blocked_demand(asked(("pack", "web", True, 2000, 0, 1000, 0, 0)))
    [share] = [text for text in ax.texts if text.get_text() == "50.0% (1,000 of 2,000)"]
    assert ax.get_xlim()[0] == 0
    assert lies_within(share, ax)
