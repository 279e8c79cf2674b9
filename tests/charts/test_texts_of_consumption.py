"""What charts of consumption say, whole, with values on every edge."""

import pandas as pd
from chart_texts import Texts, texts
from hand_made import HandMade

from entitlement_sim import charts


def burning():
    """Three packs over their hundred days and a block in its thirtieth of a hundred."""
    made = HandMade(days=120)
    made.uses(made.holds(1, 100), 26, 51)
    made.uses(made.holds(1, 100, customer=2), *range(11, 21))
    made.holds(1, 100, customer=3)
    made.holds(1, 100, template="cover", customer=4)
    made.holds(90, 189, template="block", customer=5)
    return made.run()


BURNED = (
    "The median share left is 100% after 25.0% of the term, 90.0% after 50.0% of the term, 80.0% "
    "after 75.0% of the term, 80.0% after 100% of the term; even use would leave the rest of the "
    "term's share. The fastest tenth has 16.0% or less left after 100% of the term."
)


def test_burn_down_tells_the_median_half_way_and_at_the_end_of_the_largest_template():
    with burning() as run:
        assert texts(charts.burn_down(run)) == Texts(
            "pack: the typical entitlement has 90.0% of its cases left half-way through the term, "
            "80.0% at its end",
            "3 entitlements; one in ten uses its cases at least as fast as the dashed line",
            BURNED,
        )


def test_burn_down_says_how_many_of_the_entitlements_are_drawn():
    with burning() as run:
        assert texts(charts.burn_down(run, template="pack", lines=2)) == Texts(
            "pack: the typical entitlement has 90.0% of its cases left half-way through the term, "
            "80.0% at its end",
            "3 entitlements, 2 of them drawn; one in ten uses its cases at least as fast as the "
            "dashed line",
            BURNED,
        )


def test_burn_down_goes_as_far_as_the_oldest_entitlement_has_come():
    with burning() as run:
        assert texts(charts.burn_down(run, template="block")) == Texts(
            "block: the typical entitlement has 100% of its cases left after 30.0% of the term",
            "1 entitlement; one in ten uses its cases at least as fast as the dashed line",
            "The median share left is 100% after 25.0% of the term; even use would leave the rest "
            "of the term's share. The fastest tenth has 100% or less left after 30.0% of the term.",
        )


def expired(*utilisations, dry=0):
    """A frame of the view breakage_by_entitlement, so many of which ran dry."""
    rows = [("expiry", False, 10 * share, share) for share in utilisations]
    rows += [("expiry", True, 10, 1.0)] * dry
    frame = pd.DataFrame(rows, columns=["ended_by", "ran_dry", "used", "utilisation"])
    return frame.assign(template="pack", segment="small")


def test_utilisation_on_the_edge_of_a_tenth_belongs_to_the_next_one():
    frame = expired(0, 0.1, 0.3, 0.95, 1.0, 1.2, dry=2)
    cancelled = frame[:1].assign(ended_by="cancellation")
    assert texts(charts.utilisation_at_expiry(pd.concat([frame, cancelled]))) == Texts(
        "A quarter of all expired entitlements had run dry by the end",
        "8 expired entitlements with a number of terms; 12.5% (1 of 8) were never used",
        "25.0% (2 of 8) had nothing left; the mean utilisation is 69.4%. Entitlements by "
        "utilisation in tenths, up to 100%: 1, 1, 0, 1, 0, 0, 0, 0, 0, 3.",
    )


def test_where_all_ran_dry_the_template_is_named_and_no_tenth_holds_any():
    assert texts(charts.utilisation_at_expiry(expired(dry=2), template="pack")) == Texts(
        "100% of the pack that expired had run dry",
        "2 expired entitlements with a number of terms; 0% (0 of 2) were never used",
        "100% (2 of 2) had nothing left; the mean utilisation is 100%. Entitlements by utilisation "
        "in tenths, up to 100%: 0, 0, 0, 0, 0, 0, 0, 0, 0, 0.",
    )


def test_where_none_ran_dry_it_says_so():
    assert texts(charts.utilisation_at_expiry(expired(0))) == Texts(
        "0% of all expired entitlements had run dry by the end",
        "1 expired entitlement with a number of terms; 100% (1 of 1) were never used",
        "0% (0 of 1) had nothing left; the mean utilisation is 0%. Entitlements by utilisation in "
        "tenths, up to 100%: 1, 0, 0, 0, 0, 0, 0, 0, 0, 0.",
    )


def paces(*indices, young=0):
    """A frame of the view pacing."""
    rows = [(True, index) for index in indices] + [(False, None)] * young
    frame = pd.DataFrame(rows, columns=["is_stable", "pacing"])
    return frame.assign(template="pack", segment="small")


def test_even_use_is_not_ahead_and_twice_even_use_is_not_above_two():
    assert texts(charts.pacing(paces(0, 0.25, 1.0, 1.01, 2.0, 2.01, 3.0, young=1))) == Texts(
        "57.1% of the active entitlements use their terms faster than time passes",
        "7 active entitlements with a number of terms; left out: 1 too young to tell",
        "57.1% (4 of 7) have a pacing index above 1, 2 of them above 2; the median is 1.01.",
    )


def test_where_none_is_ahead_the_template_is_named():
    assert texts(charts.pacing(paces(0, 1.0), template="pack")) == Texts(
        "0% of the active pack use their terms faster than time passes",
        "2 active entitlements with a number of terms",
        "0% (0 of 2) have a pacing index above 1, 0 of them above 2; the median is 0.50.",
    )


def test_one_that_is_ahead_is_all():
    assert texts(charts.pacing(paces(1.01))) == Texts(
        "100% of the active entitlements use their terms faster than time passes",
        "1 active entitlement with a number of terms",
        "100% (1 of 1) have a pacing index above 1, 0 of them above 2; the median is 1.01.",
    )


def lives(template, *durations):
    """A frame of the view time_to_exhaustion; a negative duration is censored."""
    rows = [(abs(duration), duration > 0) for duration in durations]
    frame = pd.DataFrame(rows, columns=["duration_days", "observed"])
    return frame.assign(template=template, segment="small", entered_days=0)


PACKS = lives("pack", 10, 20, -30, -30)
BLOCKS = lives("block", 10, -40, -40, -40, -40)
AT_RISK = "Share that has not run dry (Kaplan-Meier), with the numbers at risk under the axis."
OTHERS = "the others ended or are still running with terms left"


def test_exhaustion_tells_the_template_that_runs_dry_most_and_the_one_that_does_least():
    assert texts(charts.exhaustion_curve(pd.concat([PACKS, BLOCKS]))) == Texts(
        "50.0% of the pack are dry after 30 days, but only 20.0% of the block after 40",
        f"3 of 9 entitlements ran dry; {OTHERS}",
        f"{AT_RISK} block: 20.0% dry after 40 days. pack: 50.0% dry after 30 days, half of them by "
        "day 20.",
    )


def test_exhaustion_of_a_template_compares_it_with_no_other():
    assert texts(charts.exhaustion_curve(PACKS, template="pack")) == Texts(
        "50.0% of the pack are dry after 30 days",
        f"2 of 4 entitlements ran dry; {OTHERS}",
        f"{AT_RISK} pack: 50.0% dry after 30 days, half of them by day 20.",
    )


def test_where_none_ran_dry_no_template_is_ranked():
    assert texts(charts.exhaustion_curve(BLOCKS.assign(observed=False))) == Texts(
        "No entitlement has run dry",
        f"0 of 5 entitlements ran dry; {OTHERS}",
        f"{AT_RISK} block: 0% dry after 40 days.",
    )


def test_where_all_ran_dry_there_are_no_others():
    assert texts(charts.exhaustion_curve(lives("pack", 10))) == Texts(
        "100% of the pack are dry after 10 days",
        "1 of 1 entitlement ran dry",
        f"{AT_RISK} pack: 100% dry after 10 days, half of them by day 10.",
    )


def test_six_curves_are_drawn_and_smaller_templates_counted():
    frames = [lives(f"pack {place}", 5, *[-9] * place) for place in range(1, 8)]
    ax = charts.exhaustion_curve(pd.concat(frames))
    assert texts(ax).line == f"6 of 33 entitlements ran dry; {OTHERS}; 1 smaller template left out"


def daily(amount, days):
    """A frame of the view daily, from 1 January 2023 on."""
    when = pd.Series(pd.date_range("2023-01-01", periods=days, unit="us"))
    covered = amount(when).astype(float)
    return pd.DataFrame({"day": when, "template": "pack", "covered": covered, "used": 2 * covered})


def test_less_than_two_years_tell_the_mean_and_the_highest_day_alone():
    frame = daily(lambda when: 3 * (when.dt.day == 2) + (when.dt.day == 3), 31)
    assert texts(charts.daily_consumption(frame)) == Texts(
        "0.13 covered cases a day on average",
        "4 covered cases from 1 Jan 2023 to 31 Jan 2023; 1 day reaches beyond",
        "The most on one day, 3, on 2 Jan 2023. Less than two years: no season to tell.",
    )


def test_a_season_names_the_months_furthest_above_and_below_the_yearly_mean():
    frame = daily(lambda when: 100 + 20 * (when.dt.month == 3) - 30 * (when.dt.month == 8), 1096)
    assert texts(charts.daily_consumption(frame, template="pack")) == Texts(
        "pack: 198.3 terms used a day on average; March is 21.0% above the yearly mean and August "
        "is 25.9% below the yearly mean",
        "217,340 terms used from 1 Jan 2023 to 31 Dec 2025; dashed: yearly mean x season of the "
        "month",
        "The most on one day, 240, first on 1 Mar 2023.",
    )


def test_the_same_every_day_is_no_season():
    assert texts(charts.daily_consumption(daily(lambda when: 0 * when.dt.day + 5, 1096))) == Texts(
        "5 covered cases a day on average, with no clear season",
        "5,480 covered cases from 1 Jan 2023 to 31 Dec 2025; dashed: yearly mean x season of the "
        "month",
        "The most on one day, 5, first on 1 Jan 2023.",
    )


def test_the_count_above_the_highest_bar_stays_clear_of_the_words_at_the_top():
    ax = charts.pacing(paces(*[1.1] * 30))
    ax.figure.draw_without_rendering()
    count, words = (
        next(text for text in ax.texts if text.get_text() == written).get_window_extent()
        for written in ("30", "even use")
    )
    assert count.y1 < words.y0
