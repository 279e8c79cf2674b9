"""What the charts of expiries draw, against the views."""

import numpy as np
import pandas as pd
import pytest

from entitlement_sim import charts
from entitlement_sim.telling import day, percent


def calendar(ax):
    [mesh] = [one for one in ax.collections if one.get_array() is not None]
    return np.ma.filled(mesh.get_array().astype(float), np.nan).reshape(-1, 54)


def test_the_calendar_counts_as_expiry_by_month_does(portfolio):
    grid = calendar(charts.expiry_calendar(portfolio))
    months = portfolio.table("expiry_by_month")
    assert np.nansum(grid) == months["n"].sum()
    years = months.groupby(months["month"].dt.year)["n"].sum()
    for place, count in enumerate(years):
        assert np.nansum(grid[8 * place : 8 * place + 7]) == count


def test_every_day_of_the_year_has_its_place(portfolio):
    ax = charts.expiry_calendar(portfolio)
    facts = portfolio.table("entitlement_facts")
    told = facts["was_in_force"] | ~facts["is_left_truncated"] & facts["covered_from"].notna()
    first = facts.loc[told, "end_date"].dt.year.min()
    year = calendar(ax)[8:15]
    second = pd.Timestamp(first + 1, 1, 1)
    assert np.isfinite(year).sum() == (366 if second.is_leap_year else 365)
    assert np.isfinite(year[second.day_of_week, 0])


def test_the_calendar_begins_with_the_month_of_the_first_expiry():
    grid = calendar(charts.expiry_calendar(frame("2024-02-20", "2024-03-05")))
    assert np.isfinite(grid).sum() == 366 - 31


def frame(*ends, known_to="2024-03-01"):
    """A frame of entitlement_facts in which one entitlement ends each day."""
    return pd.DataFrame(
        {
            "customer_id": range(len(ends)),
            "end_date": pd.to_datetime(list(ends)),
            "covered_from": pd.Timestamp("2024-01-01"),
            "covered_to": [min(pd.Timestamp(end), pd.Timestamp(known_to)) for end in ends],
            "ended_by": None,
            "was_in_force": True,
            "is_left_truncated": False,
        }
    )


def test_a_day_stands_in_its_week_and_weekday():
    grid = calendar(charts.expiry_calendar(frame("2024-01-01", "2024-01-08", "2024-12-31")))
    assert [tuple(one) for one in np.argwhere(grid == 1)] == [(0, 0), (0, 1), (1, 52)]


def test_what_is_still_to_come_is_told():
    alt = charts.alt_text(charts.expiry_calendar(frame("2024-02-01", "2024-05-01", "2024-06-01")))
    assert "3 entitlements end from 1 Feb 2024 to 1 Jun 2024, 2 of them after the run" in alt


def test_the_end_of_the_run_is_marked(portfolio):
    ax = charts.expiry_calendar(portfolio)
    assert [one for one in ax.lines if one.get_label() == "end of the run"]


def test_cancelled_entitlements_do_not_expire():
    facts = frame("2024-02-01", "2024-03-01").assign(ended_by=["cancellation", None])
    assert np.nansum(calendar(charts.expiry_calendar(facts))) == 1


def test_the_wall_is_the_window_that_the_view_names(portfolio):
    wall = portfolio.table("expiry_wall").query("is_wall").iloc[0]
    assert 10 <= wall["n"] < 30
    thrice = pd.concat([portfolio.table("expiring")] * 3)
    title = charts.expiry_wall(thrice).get_title(loc="left").replace("\n", " ")
    assert title.startswith(f"{percent(wall['share'])} of the annual value ends in the 30 days")
    assert title.endswith(day(wall["window_start"]))


def test_bars_hold_the_value_of_all_but_the_last_per_cent(portfolio):
    ax = charts.expiry_wall(portfolio)
    [bars] = ax.containers
    assert 0.99 <= sum(bar.get_height() for bar in bars) <= 1 + 1e-9
    assert bars.get_label() == "month"


def test_the_wall_needs_a_price(portfolio):
    free = portfolio.table("expiring").assign(annual_value=0)
    assert "Nothing to show" in charts.alt_text(charts.expiry_wall(free))


@pytest.mark.parametrize(
    ("most", "steps"),
    [
        (4, [0, 1, 2, 5]),
        (5, [0, 1, 2, 5, 6]),
        (1999, [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000]),
        (2000, [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 2001]),
        (5000, [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 5001]),
    ],
)
def test_colours_change_where_the_count_about_doubles(most, steps):
    ax = charts.expiry_calendar(frame(*["2024-02-01"] * most))
    [mesh] = [drawn for drawn in ax.collections if drawn.get_array() is not None]
    assert mesh.norm.boundaries.tolist() == steps
