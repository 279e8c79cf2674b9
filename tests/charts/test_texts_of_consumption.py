"""What charts of consumption say, whole, with values on every edge."""

import pandas as pd
from chart_texts import Texts, texts
from hand_made import HandMade

from entitlement_sim import charts

BEGINS = pd.Timestamp("2024-01-01")


def burning():
    """Three packs over their hundred days and a block in its thirtieth of a hundred."""
    made = HandMade(days=120)
    made.uses(made.holds(1, 100), 26, 51)
    made.uses(made.holds(1, 100, customer=2), *range(11, 21))
    made.holds(1, 100, customer=3)
    made.holds(1, 100, template="cover", customer=4)
    made.holds(90, 189, template="block", customer=5)
    return made.run()


def test_burn_down_tells_the_median_half_way_and_at_the_end_of_the_largest_template():
    with burning() as run:
        assert texts(charts.burn_down(run)) == Texts(
            "pack: the typical entitlement has 90.0% of its cases left half-way through the "
            "term, 80.0% at its end",
            "3 entitlements: median, the middle half (dark) and the middle eight tenths (light) "
            "of those covered then",
            "The median share left is 100% after 25.0% of the term, 90.0% after 50.0% of the "
            "term, 80.0% after 75.0% of the term, 80.0% after 100% of the term; even use would "
            "leave the rest of the term's share. After 100% of the term the fastest tenth has "
            "16.0% or less left, the fastest quarter 40.0%, the slowest quarter 90.0% or more, "
            "the slowest tenth 96.0%.",
        )


def test_burn_down_goes_as_far_as_the_oldest_entitlement_has_come():
    with burning() as run:
        assert texts(charts.burn_down(run, template="block")) == Texts(
            "block: the typical entitlement has 100% of its cases left after 30.0% of the term",
            "1 entitlement: median, the middle half (dark) and the middle eight tenths (light) "
            "of those covered then",
            "The median share left is 100% after 25.0% of the term; even use would leave the "
            "rest of the term's share. After 30.0% of the term the fastest tenth has 100% or "
            "less left, the fastest quarter 100%, the slowest quarter 100% or more, the slowest "
            "tenth 100%.",
        )


def test_burn_down_up_to_a_day_goes_as_far_as_was_known_then():
    with burning() as run:
        assert texts(charts.burn_down(run, template="pack", until="2024-02-10")) == Texts(
            "pack: the typical entitlement has 90.0% of its cases left after 40.0% of the term",
            "3 entitlements: median, the middle half (dark) and the middle eight tenths (light) "
            "of those covered then; only up to 10 Feb 2024",
            "The median share left is 100% after 25.0% of the term; even use would leave the "
            "rest of the term's share. After 40.0% of the term the fastest tenth has 18.0% or "
            "less left, the fastest quarter 45.0%, the slowest quarter 95.0% or more, the "
            "slowest tenth 98.0%.",
        )


def test_burn_down_after_all_days_has_nothing_to_show():
    with burning() as run:
        assert charts.alt_text(charts.burn_down(run, since="2030")) == (
            "Burn-down. Nothing to show: no entitlement with a number of terms covered any day, "
            "from 1 Jan 2030 on."
        )


def expired(*utilisations, dry=0, template="pack"):
    """A frame of the view breakage_by_entitlement, so many of which ran dry."""
    rows = [("expiry", False, 10 * share, share) for share in utilisations]
    rows += [("expiry", True, 10, 1.0)] * dry
    frame = pd.DataFrame(rows, columns=["ended_by", "ran_dry", "used", "utilisation"])
    return frame.assign(
        template=template, segment="small", effective_end=pd.Timestamp("2024-03-31")
    )


def test_utilisation_of_exactly_half_is_at_most_half():
    frame = expired(0, 0.1, 0.5, 0.51, 1.0, 1.2, dry=2)
    cancelled = frame[:1].assign(ended_by="cancellation")
    assert texts(charts.utilisation_at_expiry(pd.concat([frame, cancelled]))) == Texts(
        "37.5% of all expired entitlements used more than half of their terms and had some left; "
        "12.5% used nothing at all and 25.0% had run dry",
        "8 expired entitlements with a number of terms, by the share of them used by the last "
        "day (0: never used)",
        "Of all, 12.5% (1 of 8) used nothing at all, 25.0% (2 of 8) used some of their terms, at "
        "most half, 37.5% (3 of 8) used more than half of their terms and had some left and "
        "25.0% (2 of 8) had run dry. The mean utilisation is 66.4%. pack: 12.5% (1 of 8) never "
        "used, 25.0% at most half, 25.0% dry.",
    )


def test_utilisation_on_the_edge_of_a_tenth_belongs_to_the_next_one():
    ax = charts.utilisation_at_expiry(expired(0, 0.1, 0.3, 0.95, 1.0, 1.2, dry=2))
    [tenths] = [bars for bars in ax.containers if bars.get_label() == "not dry"]
    assert [8 * bar.get_height() for bar in tenths] == [0, 1, 0, 1, 0, 0, 0, 0, 0, 3]


def test_where_most_used_nothing_the_title_begins_with_them():
    assert texts(
        charts.utilisation_at_expiry(
            pd.concat([expired(0, 0, 0.2), expired(0, dry=1, template="block")])
        )
    ) == Texts(
        "60.0% of all expired entitlements used nothing at all; 20.0% had run dry",
        "5 expired entitlements with a number of terms, by the share of them used by the last "
        "day (0: never used)",
        "Of all, 60.0% (3 of 5) used nothing at all, 20.0% (1 of 5) used some of their terms, at "
        "most half, 0% (0 of 5) used more than half of their terms and had some left and 20.0% "
        "(1 of 5) had run dry. The mean utilisation is 24.0%. pack: 66.7% (2 of 3) never used, "
        "33.3% at most half, 0% dry. block: 50.0% (1 of 2) never used, 0% at most half, 50.0% "
        "dry.",
    )


def test_where_all_ran_dry_the_template_is_named():
    assert texts(charts.utilisation_at_expiry(expired(dry=2), template="pack")) == Texts(
        "100% of the pack that expired had run dry",
        "2 expired entitlements with a number of terms, by the share of them used by the last "
        "day (0: never used)",
        "Of all, 0% (0 of 2) used nothing at all, 0% (0 of 2) used some of their terms, at most "
        "half, 0% (0 of 2) used more than half of their terms and had some left and 100% (2 of "
        "2) had run dry. The mean utilisation is 100%. pack: 0% (0 of 2) never used, 0% at most "
        "half, 100% dry.",
    )


def test_the_last_day_of_a_period_counts_and_the_line_says_which_it_is():
    assert texts(
        charts.utilisation_at_expiry(expired(0), since="2024-03", until="2024-03-31")
    ) == Texts(
        "100% of all expired entitlements used nothing at all",
        "1 expired entitlement with a number of terms, by the share of them used by the last day "
        "(0: never used); only from 1 Mar 2024 to 31 Mar 2024",
        "Of all, 100% (1 of 1) used nothing at all, 0% (0 of 1) used some of their terms, at "
        "most half, 0% (0 of 1) used more than half of their terms and had some left and 0% (0 "
        "of 1) had run dry. The mean utilisation is 0%. pack: 100% (1 of 1) never used, 0% at "
        "most half, 0% dry.",
    )


def test_the_day_before_is_another_period():
    assert charts.alt_text(charts.utilisation_at_expiry(expired(0), until="2024-03-30")) == (
        "Utilisation at expiry. Nothing to show: no entitlement with a number of terms has "
        "expired, up to 30 Mar 2024."
    )


def test_six_templates_have_a_panel_and_smaller_ones_are_counted():
    frame = pd.concat([expired(*[0.3] * size, template=f"pack {size}") for size in range(1, 8)])
    ax = charts.utilisation_at_expiry(frame)
    assert len(ax.child_axes) == 6
    assert texts(ax).line == (
        "28 expired entitlements with a number of terms, by the share of them used by the last day "
        "(0: never used); 1 smaller template not drawn"
    )


def paces(*indices, young=0, empty=0):
    """A frame of the view pacing; those that are empty have an index of 1.5."""
    rows = [(True, index, 0.99) for index in indices]
    rows += [(True, 1.5, 1.0)] * empty + [(False, None, 0.5)] * young
    frame = pd.DataFrame(rows, columns=["is_stable", "pacing", "utilisation"])
    return frame.assign(template="pack", segment="small", start_date=BEGINS)


def test_even_use_is_not_ahead_and_twice_even_use_is_not_above_two():
    assert texts(charts.pacing(paces(0, 0.25, 1.0, 1.01, 2.0, 2.01, 3.0, young=1))) == Texts(
        "57.1% of the active entitlements use their terms faster than time passes",
        "7 active entitlements with a number of terms; left out: 1 too young to tell",
        "57.1% (4 of 7) have a pacing index above 1, 2 of them above 2; the median is 1.01. 0% "
        "(0 of 7) are empty already.",
    )


def test_what_is_used_up_is_told_and_marked():
    ax = charts.pacing(paces(0.25, 1.01, empty=2))
    [empty] = [bars for bars in ax.containers if bars.get_label() == "already empty"]
    assert [bar.get_height() for bar in empty] == [0, 0, 0, 0, 0, 2, 0, 0, 0]
    assert texts(ax) == Texts(
        "75.0% of the active entitlements use their terms faster than time passes; 50.0% have "
        "none left",
        "4 active entitlements with a number of terms",
        "75.0% (3 of 4) have a pacing index above 1, 0 of them above 2; the median is 1.26. "
        "50.0% (2 of 4) are empty already.",
    )


def test_where_none_is_ahead_the_template_is_named():
    assert texts(charts.pacing(paces(0, 1.0), template="pack")) == Texts(
        "0% of the active pack use their terms faster than time passes",
        "2 active entitlements with a number of terms",
        "0% (0 of 2) have a pacing index above 1, 0 of them above 2; the median is 0.50. 0% (0 "
        "of 2) are empty already.",
    )


def test_one_that_is_ahead_is_all():
    assert texts(charts.pacing(paces(1.01), since=BEGINS, until=BEGINS)) == Texts(
        "100% of the active entitlements use their terms faster than time passes",
        "1 active entitlement with a number of terms; only on 1 Jan 2024",
        "100% (1 of 1) have a pacing index above 1, 0 of them above 2; the median is 1.01. 0% (0 "
        "of 1) are empty already.",
    )


def test_the_count_above_the_highest_bar_stays_clear_of_the_words_at_the_top():
    ax = charts.pacing(paces(*[1.1] * 30))
    ax.figure.draw_without_rendering()
    count, words = (
        next(text for text in ax.texts if text.get_text() == written).get_window_extent()
        for written in ("30", "even use")
    )
    assert count.y1 < words.y0


def lives(template, *durations, term=100, entered=0):
    """A frame of time_to_exhaustion, one a customer; a negative duration is censored."""
    rows = [(customer, abs(days), days > 0) for customer, days in enumerate(durations)]
    frame = pd.DataFrame(rows, columns=["customer_id", "duration_days", "observed"])
    return frame.assign(
        template=template, segment="small", entered_days=entered, term_days=term, start_date=BEGINS
    )


PACKS = lives("pack", *[50] * 40, *[-100] * 60)
BLOCKS = lives("block", *[200] * 2, *[-200] * 98, term=200)


def test_exhaustion_compares_templates_of_any_length_at_the_end_of_the_term():
    assert texts(charts.exhaustion_curve(pd.concat([PACKS, BLOCKS]))) == Texts(
        "By the end of their term 40.0% of the pack have run dry, but only 2.0% of the block",
        "200 entitlements, 42 ran dry; bar at the end: 95% limits, customers drawn anew",
        "Share that has run dry (Kaplan-Meier) by the share of the term that is over. block: "
        "2.0% (0.3% to 12.6%) dry at the end of the term, 100 of 100 entitlements at risk until "
        "then. pack: 40.0% (30.8% to 50.0%) dry at the end of the term, 60 of 100 entitlements "
        "at risk until then.",
    )


def test_none_against_some_is_said_as_none():
    assert texts(
        charts.exhaustion_curve(pd.concat([PACKS, BLOCKS.assign(observed=False)]))
    ).title == ("By the end of their term 40.0% of the pack have run dry, but none of the block")


def test_a_difference_that_may_be_chance_is_not_told():
    others = lives("block", *[50] * 46, *[-100] * 53)
    assert texts(charts.exhaustion_curve(pd.concat([PACKS, others]))) == Texts(
        "By the end of their term 46.5% of the block have run dry, but only 40.0% of the pack",
        "199 entitlements, 86 ran dry; bar at the end: 95% limits, customers drawn anew",
        "Share that has run dry (Kaplan-Meier) by the share of the term that is over. pack: "
        "40.0% (30.8% to 50.0%) dry at the end of the term, 60 of 100 entitlements at risk until "
        "then. block: 46.5% (37.0% to 56.1%) dry at the end of the term, 53 of 99 entitlements "
        "at risk until then.",
    )


def test_a_template_with_fewer_than_thirty_at_its_end_is_not_compared():
    few = lives("pack", *[50] * 10, *[-100] * 19)
    assert texts(charts.exhaustion_curve(pd.concat([few, BLOCKS]))).title == (
        "2.0% of the block have run dry by the end of their term"
    )
    enough = lives("pack", *[50] * 10, *[-100] * 30)
    assert texts(charts.exhaustion_curve(pd.concat([enough, BLOCKS]))).title == (
        "By the end of their term 25.0% of the pack have run dry, but only 2.0% of the block"
    )


def test_a_curve_that_does_not_reach_the_end_says_how_far_it_goes():
    assert texts(
        charts.exhaustion_curve(lives("pack", 10, 20, -30, -30), template="pack")
    ) == Texts(
        "50.0% of the pack have run dry after 30.0% of the term",
        "4 entitlements, 2 ran dry; bar at the end: 95% limits, customers drawn anew",
        "Share that has run dry (Kaplan-Meier) by the share of the term that is over. pack: "
        "50.0% (3.9% to 96.1%) dry after 30.0% of the term, 2 of 4 entitlements at risk until "
        "then.",
    )


def test_where_none_ran_dry_no_template_is_named():
    assert texts(charts.exhaustion_curve(BLOCKS.assign(observed=False))) == Texts(
        "No entitlement has run dry",
        "100 entitlements, 0 ran dry; bar at the end: 95% limits, customers drawn anew",
        "Share that has run dry (Kaplan-Meier) by the share of the term that is over. block: 0% "
        "dry at the end of the term, 100 of 100 entitlements at risk until then.",
    )


def test_where_all_ran_dry_there_are_no_limits():
    assert texts(charts.exhaustion_curve(lives("pack", 10))) == Texts(
        "100% of the pack have run dry after 10.0% of the term",
        "1 entitlement, 1 ran dry; bar at the end: 95% limits, customers drawn anew",
        "Share that has run dry (Kaplan-Meier) by the share of the term that is over. pack: 100% "
        "dry after 10.0% of the term, 1 of 1 entitlement at risk until then.",
    )


def test_what_began_before_the_run_is_at_risk_later_and_left_out_if_dry_by_then():
    earlier = lives("pack", 40, -100, 20, entered=20)
    assert texts(
        charts.exhaustion_curve(pd.concat([lives("pack", *[50] * 10, *[-100] * 30), earlier]))
    ) == Texts(
        "26.2% of the pack have run dry by the end of their term",
        "42 entitlements, 11 ran dry; bar at the end: 95% limits, customers drawn anew",
        "Share that has run dry (Kaplan-Meier) by the share of the term that is over. At risk "
        "only from the run's first day on: 3 that began before; 1 of them had run dry by then "
        "and are left out. pack: 26.2% (14.5% to 42.7%) dry at the end of the term, 31 of 42 "
        "entitlements at risk until then.",
    )


def test_six_curves_are_drawn_and_smaller_templates_counted():
    frames = [lives(f"pack {size}", 5, *[-9] * size, term=9) for size in range(1, 8)]
    ax = charts.exhaustion_curve(pd.concat(frames))
    assert len(ax.child_axes) == 6
    assert texts(ax).line.endswith("customers drawn anew; 1 smaller template not drawn")


def daily(amount, days):
    """A frame of the view consumption_by_day, from Monday, 1 January 2024, on."""
    when = pd.Series(pd.date_range(BEGINS, periods=days, unit="us"))
    covered = amount(when).astype(float)
    return pd.DataFrame(
        {"day": when, "template": "pack", "segment": "small", "covered": covered,
         "used": 2 * covered}
    )  # fmt: skip


def test_less_than_eight_weeks_are_told_as_days():
    assert texts(charts.daily_consumption(daily(lambda when: when.dt.day_of_week, 55))) == Texts(
        "2.95 covered cases a day on average",
        "162 covered cases from 1 Jan 2024 to 24 Feb 2024",
        "The most on one day, 6.",
    )


def test_eight_weeks_are_told_as_weeks():
    assert texts(charts.daily_consumption(daily(lambda when: when.dt.day_of_week, 56))) == Texts(
        "3 covered cases a day in the last 8 whole weeks",
        "168 covered cases from 1 Jan 2024 to 25 Feb 2024; bars: whole weeks, line: mean of five",
        "The most on one day, 6. A day of the week has on average Mon 0, Tue 1, Wed 2, Thu 3, "
        "Fri 4, Sat 5, Sun 6.",
    )


def test_a_title_tells_the_last_52_whole_weeks_alone():
    frame = daily(lambda when: 10 * (when.dt.day_of_week < 5) + 90 * (when.dt.year < 2025), 731)
    assert texts(charts.daily_consumption(frame, template="pack")) == Texts(
        "pack: 15.27 terms used a day in the last 52 whole weeks",
        "76,340 terms used from 1 Jan 2024 to 31 Dec 2025; bars: whole weeks, line: mean of five",
        "The most on one day, 200, first on 1 Jan 2024. A day of the week has on average Mon "
        "23.46, Tue 23.46, Wed 20, Thu 20, Fri 20, Sat 0, Sun 0.",
    )


def test_the_highest_day_is_named_from_thirty_on():
    for most, words in (
        (29, "The most on one day, 29."),
        (30, "The most on one day, 30, first on"),
    ):
        frame = daily(lambda when, most=most: when.dt.day * 0 + most, 20)
        assert texts(charts.daily_consumption(frame)).more.startswith(words)


def test_one_case_on_one_day():
    assert texts(charts.daily_consumption(daily(lambda when: when.dt.day * 0 + 1, 1))) == Texts(
        "1 covered case a day on average",
        "1 covered case on 1 Jan 2024",
        "The most on one day, 1.",
    )


def test_days_before_and_after_are_left_out():
    frame = daily(lambda when: when.dt.day, 60)
    assert texts(charts.daily_consumption(frame, since="2024-01-08", until="2024-01-09")) == Texts(
        "8.5 covered cases a day on average",
        "17 covered cases from 8 Jan 2024 to 9 Jan 2024",
        "The most on one day, 9.",
    )
