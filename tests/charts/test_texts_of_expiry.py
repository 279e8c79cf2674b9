"""What charts of expiries say, whole, with values on every edge."""

import pandas as pd
from chart_texts import Texts, texts

from entitlement_sim import charts

LAST_DAY = pd.Timestamp("2024-03-01")


def ending(*days):
    """A frame of the view entitlement_facts of a run that ends on 1 March 2024."""
    ends = pd.to_datetime(list(days))
    return pd.DataFrame(
        {
            "end_date": ends,
            "covered_from": pd.Timestamp("2024-01-01"),
            "covered_to": [min(end, LAST_DAY) for end in ends],
            "ended_by": None,
            "was_in_force": True,
            "is_left_truncated": False,
        }
    )


def test_what_ends_on_the_last_day_of_the_run_is_not_ahead():
    ax = charts.expiry_calendar(ending("2024-02-29", "2024-03-01", "2024-03-01", "2024-03-02"))
    assert texts(ax) == Texts(
        "March is the month of expiries: 75.0% (3 of 4) end in it",
        "Entitlements by their last day of cover; the most on one day, 2, on 1 Mar 2024",
        "4 entitlements end from 29 Feb 2024 to 2 Mar 2024, 1 of them after the run.",
    )


def test_the_end_of_the_run_is_marked_after_its_last_day():
    ax = charts.expiry_calendar(ending("2024-02-29", "2024-03-01"))
    [mark] = [line for line in ax.lines if line.get_label() == "end of the run"]
    # 1 March 2024 is a Friday in the ninth week: days down to it lie left of the line.
    assert mark.get_xdata().tolist() == [9, 9, 8, 8]
    assert mark.get_ydata().tolist() == [0, 5, 5, 7]


def test_months_and_days_that_are_equal_are_not_ranked():
    assert texts(charts.expiry_calendar(ending("2024-02-29", "2024-03-01"))) == Texts(
        "February and March are the months of expiries: 50.0% (1 of 2) end in each",
        "Entitlements by their last day of cover; the most on one day, 1, first on 29 Feb 2024",
        "2 entitlements end from 29 Feb 2024 to 1 Mar 2024, 0 of them after the run.",
    )


def test_one_entitlement_ends_alone():
    assert texts(charts.expiry_calendar(ending("2024-03-02"))) == Texts(
        "March is the month of expiries: 100% (1 of 1) end in it",
        "Entitlements by their last day of cover; the most on one day, 1, on 2 Mar 2024",
        "1 entitlement ends from 2 Mar 2024 to 2 Mar 2024, 1 of them after the run.",
    )


def windows(*rows):
    """A frame of the view expiry_wall: 800 a year, in windows of thirty days from 1 March 2024."""
    frame = pd.DataFrame(rows, columns=["n", "annual_value", "is_wall"])
    starts = pd.Series(pd.date_range("2024-03-01", periods=len(rows), unit="us"))
    return frame.assign(
        window_start=starts,
        window_end=starts + pd.Timedelta(days=29),
        total_value=800.0,
        share=frame["annual_value"] / 800,
        base="paying",
    )


def test_of_equal_windows_the_one_that_the_view_calls_the_wall_is_told():
    ax = charts.expiry_wall(windows((1, 100.0, False), (2, 400.0, True), (2, 400.0, False)))
    assert texts(ax) == Texts(
        "50.0% of the annual value ends in the 30 days from 2 Mar 2024",
        "2 paid entitlements worth 400 a year, of 800 that are active or waiting",
        "An even spread over a year would be 8.2%.",
    )
    assert ax.texts[0].get_text() == "50.0%: 2 Mar 2024 to 31 Mar 2024"


def test_without_a_wall_the_highest_window_is_told():
    assert texts(charts.expiry_wall(windows((1, 100.0, False), (1, 800.0, False)))) == Texts(
        "100% of the annual value ends in the 30 days from 2 Mar 2024",
        "1 paid entitlement worth 800 a year, of 800 that are active or waiting",
        "An even spread over a year would be 8.2%.",
    )
