"""From which day to which charts show."""

from datetime import date, datetime
from inspect import signature

import numpy as np
import pandas as pd
import pytest
from chart_sources import CHARTS, WITH_LIMITS
from chart_texts import without_limits
from matplotlib import pyplot

from entitlement_sim import charts
from entitlement_sim.charts.dates import in_words, span, whole_months

DAY = date(2024, 2, 29)


@pytest.mark.parametrize(
    "written",
    [
        DAY, datetime(2024, 2, 29, 23, 59), pd.Timestamp(DAY), np.datetime64(DAY), "2024-2-29",
        " 2024-02-29 ",
    ],
)  # fmt: skip
def test_a_day_is_a_date_or_its_text(written):
    assert span(written, written) == (DAY, DAY)


def test_a_month_or_a_year_begins_with_its_first_day_and_ends_with_its_last():
    assert span("2024-02", "2024-02") == (date(2024, 2, 1), DAY)
    assert span("2024", "2025") == (date(2024, 1, 1), date(2025, 12, 31))


@pytest.mark.parametrize("wrong", ["2024-02-30", "2024-13", "29 Feb 2024", "", 2024, pd.NaT, 1.5])
def test_what_is_no_date_is_refused_with_what_may_be_written(wrong):
    with pytest.raises(ValueError, match="since is a date or a text such as 2024-03-15, 2024-03"):
        span(wrong, None)
    with pytest.raises(ValueError, match="until is a date or a text"):
        span(None, wrong)


def test_until_before_since_is_refused():
    with pytest.raises(
        ValueError, match=r"until \(28 Feb 2024\) lies before since \(29 Feb 2024\)"
    ):
        span(DAY, "2024-02-28")


def test_without_limits_nothing_is_said():
    assert in_words(None, None) == ""
    assert whole_months(None, None) == (None, None)


def test_one_day_is_said_as_one():
    assert in_words(DAY, DAY) == "on 29 Feb 2024"


def test_months_are_whole_where_a_day_of_them_is_asked_for():
    assert whole_months("2024-01-31", DAY) == (date(2024, 1, 1), DAY)


def test_a_chart_refuses_wrong_dates_and_leaves_no_figure(chart, portfolio):
    if "since" in signature(getattr(charts, chart)).parameters:
        with pytest.raises(ValueError, match="lies before since"):
            getattr(charts, chart)(portfolio, since="2025", until="2024")
        assert pyplot.get_fignums() == []


def test_a_chart_of_days_after_the_run_says_so(chart, portfolio):
    # Where everybody is then, the flow of states knows.
    if chart != "lifecycle_flow" and "since" in signature(getattr(charts, chart)).parameters:
        alt = charts.alt_text(getattr(charts, chart)(portfolio, since="2099"))
        assert "Nothing to show: " in alt
        assert alt.endswith(", from 1 Jan 2099 on.")


def test_a_chart_of_some_days_says_which(chart, portfolio):
    if "since" in signature(getattr(charts, chart)).parameters:
        alt = charts.alt_text(getattr(charts, chart)(portfolio, since="2024", until="2026"))
        assert "1 Jan 2024" in alt


def test_a_frame_is_limited_as_a_run_is(chart, portfolio, monkeypatch):
    monkeypatch.setattr(portfolio, "currency", None)  # a frame names none
    limits = {"since": "2024-02", "until": "2025-12-31"}
    if chart != "lifecycle_flow" and "since" in signature(getattr(charts, chart)).parameters:
        drawn = [
            charts.alt_text(getattr(charts, chart)(source, **limits))
            for source in (portfolio, portfolio.table(CHARTS[chart]))
        ]
        if chart in WITH_LIMITS:
            drawn = [without_limits(text) for text in drawn]
        assert drawn[0] == drawn[1]
