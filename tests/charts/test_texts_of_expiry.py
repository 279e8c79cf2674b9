"""What charts of expiries say, whole, with values on every edge."""

import pandas as pd
from chart_texts import Texts, texts

from entitlement_sim import charts

LAST_DAY = pd.Timestamp("2024-03-01")


def ending(*days, known_to=LAST_DAY):
    """A frame of entitlement_facts, one a customer, of a run that ends on 1 March 2024."""
    ends = pd.to_datetime(list(days))
    return pd.DataFrame(
        {
            "customer_id": range(len(ends)),
            "end_date": ends,
            "covered_from": pd.Timestamp("2020-01-01"),
            "covered_to": [min(end, known_to) for end in ends],
            "ended_by": None,
            "was_in_force": True,
            "is_left_truncated": False,
        }
    )


def test_what_ends_on_the_last_day_of_the_run_is_not_ahead():
    assert texts(
        charts.expiry_calendar(ending("2024-02-29", "2024-03-01", "2024-03-01", "2024-03-02"))
    ) == Texts(
        "4 entitlements end from 29 Feb 2024 to 2 Mar 2024",
        "Entitlements by their last day of cover; the most on one day, 2",
        "4 entitlements end from 29 Feb 2024 to 2 Mar 2024, 1 of them after the run.",
    )


def test_the_end_of_the_run_is_marked_after_its_last_day():
    ax = charts.expiry_calendar(ending("2024-02-29", "2024-03-01"))
    [mark] = [line for line in ax.lines if line.get_label() == "end of the run"]
    # 1 March 2024 is a Friday in the ninth week: days down to it lie left of the line.
    assert mark.get_xdata().tolist() == [9, 9, 8, 8]
    assert mark.get_ydata().tolist() == [0, 5, 5, 7]


def test_one_entitlement_ends_alone():
    assert texts(charts.expiry_calendar(ending("2024-03-02"))) == Texts(
        "1 entitlement ends on 2 Mar 2024",
        "Entitlements by their last day of cover; the most on one day, 1",
        "1 entitlement ends on 2 Mar 2024, 1 of them after the run.",
    )


def over_a_year(in_may, in_august):
    """Over the year before 31 January 2024, and some before and after it."""
    days = ["2022-12-30", "2022-12-31", "2024-02-28", "2024-06-01"]
    days += ["2023-05-10"] * in_may + ["2023-08-10"] * in_august
    return ending(*days, known_to=pd.Timestamp("2024-01-31"))


def test_the_month_in_which_most_end_is_named_where_it_is_more_than_chance():
    assert texts(charts.expiry_calendar(over_a_year(30, 6))) == Texts(
        "May is the month of expiries: 83.3% (30 of 36) of the last year ended in it",
        "Entitlements by their last day of cover; the most on one day, 30, on 10 May 2023",
        "40 entitlements end from 30 Dec 2022 to 1 Jun 2024, 2 of them after the run. More end "
        "in it than in any other month, by 95% limits for all pairs with customers drawn anew.",
    )


def test_fewer_than_thirty_make_no_month_of_expiries():
    assert texts(charts.expiry_calendar(over_a_year(29, 6))).title == (
        "39 entitlements end from 30 Dec 2022 to 1 Jun 2024"
    )


def test_a_month_that_may_lead_by_chance_is_not_named():
    assert texts(charts.expiry_calendar(over_a_year(40, 30))).title == (
        "74 entitlements end from 30 Dec 2022 to 1 Jun 2024"
    )


def test_entitlements_of_one_customer_make_no_month_of_expiries():
    frame = over_a_year(60, 6).assign(customer_id=1)
    assert texts(charts.expiry_calendar(frame)).title == (
        "70 entitlements end from 30 Dec 2022 to 1 Jun 2024"
    )


def test_less_than_a_year_has_no_month_of_expiries():
    frame = ending(*["2023-05-10"] * 90, "2024-01-05")
    assert texts(charts.expiry_calendar(frame)).title == (
        "91 entitlements end from 10 May 2023 to 5 Jan 2024"
    )


def test_a_calendar_of_a_month_says_which_it_is():
    assert texts(
        charts.expiry_calendar(over_a_year(2, 6), since="2023-05", until="2023-05")
    ) == Texts(
        "2 entitlements end on 10 May 2023",
        "Entitlements by their last day of cover; the most on one day, 2; only from 1 May 2023 "
        "to 31 May 2023",
        "2 entitlements end on 10 May 2023, 0 of them after the run.",
    )


def expiring(*rows):
    """A frame of the view expiring of a run that ends on 1 March 2024."""
    frame = pd.DataFrame(rows, columns=["days_left", "annual_value", "is_paying", "in_base"])
    ends = LAST_DAY + pd.to_timedelta(frame["days_left"], unit="D")
    return frame.assign(end_date=ends, template="pack", segment="small")


def paid(count, days_left, value=10.0):
    return [(days_left, value, True, True)] * count


def test_the_wall_is_the_earliest_window_that_holds_the_most():
    assert texts(charts.expiry_wall(expiring(*paid(30, 40), *paid(10, 5)))) == Texts(
        "75.0% of the annual value ends in the 30 days from 12 Mar 2024",
        "30 paid entitlements worth 300 a year, of 400 that are active or waiting",
        "An even spread over a year would be 8.2%.",
    )


def test_fewer_than_thirty_in_the_highest_window_make_no_wall():
    free = (0, 0.0, False, False)
    assert texts(charts.expiry_wall(expiring(*paid(29, 40), *paid(11, 5), free))) == Texts(
        "27.5% of the annual value ends in the 30 days from 1 Mar 2024",
        "11 paid entitlements worth 110 a year, of 400 that are active or waiting",
        "An even spread over a year would be 8.2%.",
    )


def test_thirty_days_on_end_lie_in_one_window_and_the_last_per_cent_is_not_drawn():
    ax = charts.expiry_wall(expiring(*paid(30, 29), *paid(30, 30), *paid(1, 400, 1.0)))
    [weeks] = ax.containers
    assert weeks.get_label() == "week"
    assert sum(bar.get_height() for bar in weeks) == 600 / 601
    assert texts(ax) == Texts(
        "99.8% of the annual value ends in the 30 days from 2 Mar 2024",
        "60 paid entitlements worth 600 a year, of 601 that are active or waiting",
        "An even spread over a year would be 8.2%.",
    )


def test_where_free_entitlements_count_they_are_not_called_paid():
    assert texts(
        charts.expiry_wall(expiring((3, 5.0, False, True), (4, 5.0, True, True)))
    ) == Texts(
        "100% of the annual value ends in the 30 days from 1 Mar 2024",
        "2 entitlements worth 10 a year, of 10 that are active or waiting",
        "An even spread over a year would be 8.2%.",
    )


def test_a_wall_from_a_day_on_begins_with_it():
    assert texts(
        charts.expiry_wall(expiring(*paid(1, 3), *paid(1, 40)), since="2024-04-01")
    ) == Texts(
        "100% of the annual value ends in the 30 days from 1 Apr 2024",
        "1 paid entitlement worth 10 a year, of 10 that are active or waiting; only from 1 Apr "
        "2024 on",
        "An even spread over a year would be 8.2%.",
    )


def test_after_the_last_end_there_is_no_wall():
    assert charts.alt_text(charts.expiry_wall(expiring(*paid(1, 3)), since="2024-04")) == (
        "Expiry wall. Nothing to show: no entitlement with a price is active or waiting, from "
        "1 Apr 2024 on."
    )
