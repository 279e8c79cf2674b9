"""What charts of renewals and retention say, whole, with values on every edge."""

import pandas as pd
import pytest
from chart_texts import Texts, texts

from entitlement_sim import charts


def due_by_month(*renewed, n=100, immature=0):
    """A frame of the view renewal_rates: so many of `n` renewed in each month from 2022 on."""
    count = len(renewed) + immature
    return pd.DataFrame(
        {
            "month": pd.date_range("2022-01-01", periods=count, freq="MS", unit="us"),
            "n": [n] * len(renewed) + [2] * immature,
            "renewed": [*renewed, *[1] * immature],
            "due": n,
            "is_mature": [True] * len(renewed) + [False] * immature,
            "template": "pack",
            "segment": "small",
        }
    )


RATE = "of what fell due was renewed within the grace"


def test_a_year_that_differs_by_less_than_a_point_is_as_the_year_before():
    frame = due_by_month(*[57] * 12, *[57] * 11, 68)
    assert texts(charts.renewal_rate_by_month(frame)) == Texts(
        f"57.5% {RATE}, as in the year before",
        "2,400 due; bars: 95% Wilson interval",
        "Renewed: 57.5% (1,379 of 2,400), interval 55.5% to 59.4%.",
    )


@pytest.mark.parametrize(("before", "after"), [(56, 57), (29, 30), (0, 1), (99, 100)])
def test_a_year_that_is_one_point_better_is_up(before, after):
    title = texts(charts.renewal_rate_by_month(due_by_month(*[before] * 12, *[after] * 12))).title
    new, old = ("100%" if after == 100 else f"{after}.0%", "0%" if before == 0 else f"{before}.0%")
    assert title.endswith(f"grace; in the last twelve months {new}, up from {old}")


def test_a_year_that_is_one_point_worse_is_down_and_immature_months_count_in_nothing():
    frame = due_by_month(*[57] * 12, *[56] * 12, immature=2)
    ax = charts.renewal_rate_by_month(frame, segment="small", template="pack")
    assert texts(ax) == Texts(
        "56.5% of what fell due of small and pack was renewed within the grace; in the last twelve "
        "months 56.0%, down from 57.0%",
        "2,400 due; bars: 95% Wilson interval; hollow on grey: not all grace is over",
        "Renewed: 56.5% (1,356 of 2,400), interval 54.5% to 58.5%. Immature: Jan 2024 and Feb "
        "2024.",
    )


def test_less_than_two_mature_years_are_not_compared():
    frame = due_by_month(*[57] * 23, immature=2)
    assert texts(charts.renewal_rate_by_month(frame)).title == f"57.0% {RATE}"


def test_where_all_months_are_immature_they_are_told_as_such():
    assert texts(charts.renewal_rate_by_month(due_by_month(immature=2))) == Texts(
        f"50.0% {RATE}",
        "4 due; bars: 95% Wilson interval; hollow on grey: not all grace is over",
        "Renewed: 50.0% (2 of 4), interval 15.0% to 85.0%. Immature: Jan 2022 and Feb 2022.",
    )


def test_the_line_joins_mature_months_alone():
    ax = charts.renewal_rate_by_month(due_by_month(50, 60, 70, immature=2))
    [joined] = [line for line in ax.lines if line.get_label() == "joined"]
    assert joined.get_ydata().tolist() == [0.5, 0.6, 0.7]
    assert all(len(line.get_xdata()) <= 3 for line in ax.lines if line.get_linestyle() == "-")


def lagging(*lags, immature=0, lost=0):
    """A frame of the view renewals."""
    rows = [
        ("on_time" if lag <= 0 else "late" if lag <= 90 else "win_back", lag, True) for lag in lags
    ]
    rows += [("lost", None, True)] * lost + [("immature", None, False)] * immature
    frame = pd.DataFrame(rows, columns=["class", "lag_days", "is_mature"])
    return frame.assign(template="pack", segment="small")


def test_each_edge_of_a_lag_belongs_to_the_bin_that_it_names():
    lags = (-3, 0, 1, 7, 8, 14, 15, 30, 31, 60, 61, 90, 91)
    assert texts(charts.renewal_lag(lagging(*lags, lost=1, immature=1))) == Texts(
        "15.4% of the renewals were seamless; half of the rest came within 30 days",
        "13 renewals of 14 that fell due with their grace over by now; 1 younger left out",
        "Renewals by days: seamless 2, 1 to 7 2, 8 to 14 2, 15 to 30 2, 31 to 60 2, 61 to 90 2, "
        "over 90 1.",
    )


def test_where_all_renewals_are_seamless_no_rest_is_spoken_of():
    assert texts(charts.renewal_lag(lagging(-3, 0))) == Texts(
        "100% of the renewals were seamless",
        "2 renewals of 2 that fell due with their grace over by now",
        "Renewals by days: seamless 2, 1 to 7 0, 8 to 14 0, 15 to 30 0, 31 to 60 0, 61 to 90 0, "
        "over 90 0.",
    )


def test_a_rest_of_one_is_not_halved():
    assert texts(charts.renewal_lag(lagging(0, 1))).title == (
        "50.0% of the renewals were seamless; the other one came within 1 day"
    )


def cells(*rows):
    """A frame of the view cohorts."""
    columns = ["cohort", "renewal_number", "at_risk", "renewed", "is_mature", "survival"]
    frame = pd.DataFrame(rows, columns=columns).astype({"cohort": "datetime64[us]"})
    return frame.assign(renewal_rate=frame["renewed"] / frame["at_risk"], immature=0)


COHORTS = (
    ("2023-01-01", 1, 8, 7, True, 7 / 8),
    ("2023-01-01", 2, 7, 7, True, 7 / 8),
    ("2023-04-01", 1, 4, 2, False, 1 / 2),
)
LEFT = "Share of each cohort that is left, with the number at risk; hatched cells can still change"


def test_the_largest_cohort_is_told_after_its_last_mature_renewal():
    assert texts(charts.renewal_cohorts(cells(*COHORTS))) == Texts(
        "Of the 2023 Q1 cohort, 87.5% are left after 2 renewals",
        LEFT,
        "Over all cohorts 75.0% (9 of 12) were renewed for the first time. 2023 Q1: 87.5%, 87.5%. "
        "2023 Q2: 50.0%.",
    )


def test_cohorts_a_year_apart_are_named_by_their_years():
    frame = cells(COHORTS[0], ("2024-01-01", *COHORTS[2][1:]))
    assert texts(charts.renewal_cohorts(frame)) == Texts(
        "Of the 2023 cohort, 87.5% are left after 1 renewal",
        LEFT,
        "Over all cohorts 75.0% (9 of 12) were renewed for the first time. 2023: 87.5%. "
        "2024: 50.0%.",
    )


def test_cohorts_a_month_apart_are_named_by_their_months():
    frame = cells(COHORTS[0], ("2023-02-01", *COHORTS[2][1:]))
    assert texts(charts.renewal_cohorts(frame)).more == (
        "Over all cohorts 75.0% (9 of 12) were renewed for the first time. Jan 2023: 87.5%. "
        "Feb 2023: 50.0%."
    )


def test_a_single_immature_cohort_is_told_nevertheless():
    assert texts(charts.renewal_cohorts(cells(COHORTS[2]))).title == (
        "Of the 2023 Q2 cohort, 50.0% are left after 1 renewal"
    )


def test_a_renewal_with_exactly_a_tenth_of_its_cohort_at_risk_is_told_and_with_less_is_not():
    rows = (
        ("2023-01-01", 1, 20, 18, True, 0.9),
        ("2023-01-01", 2, 2, 2, True, 0.9),
        ("2023-01-01", 3, 1, 0, True, 0.0),
    )
    assert texts(charts.renewal_cohorts(cells(*rows))).title == (
        "Of the 2023 Q1 cohort, 90.0% are left after 2 renewals"
    )


def retained(month, nrr, *, grr=0.875, window_months=12, basis="restated", mature=True, n=8):
    """A row of the view retention, of 800 at the beginning."""
    kept, end = 800 * grr, 800 * nrr
    return {
        "month": pd.Timestamp(month),
        "window_months": window_months,
        "basis": basis,
        "n": n,
        "begin_value": 800.0,
        "churned_value": 800 - kept,
        "contraction_value": 0.0,
        "expansion_value": end - kept,
        "end_value": end,
        "retained_value": kept,
        "grr": grr,
        "nrr": nrr,
        "retained_customers": 7 if n == 8 else 1,
        "logo_retention": 7 / 8 if n == 8 else 1.0,
        "is_mature": mature,
    }


def test_customers_who_pay_the_same_pay_neither_more_nor_less():
    frame = pd.DataFrame([retained("2024-12-01", 1.0), retained("2025-01-01", 2.0, mature=False)])
    assert texts(charts.retention_bridge(frame)) == Texts(
        "A year on, customers pay the same: GRR 87.5%, NRR 100%",
        "The 8 customers of Dec 2023 at the end of Dec 2024, restated",
        "Annual value: beginning 800, churned -100, contracted 0, retained 700, expanded 100, end "
        "800. 7 customers (87.5%) stayed.",
    )


@pytest.mark.parametrize(
    ("nrr", "words"), [(1.125, "pay 12.5% more"), (0.875, "pay 12.5% less"), (2.0, "pay 100% more")]
)
def test_customers_pay_more_or_less(nrr, words):
    title = texts(charts.retention_bridge(pd.DataFrame([retained("2024-12-01", nrr)]))).title
    assert title.startswith(f"A year on, customers {words}: GRR 87.5%")


def test_an_immature_month_is_called_so():
    frame = pd.DataFrame([retained("2024-12-01", 1.0), retained("2025-01-01", 1.0, mature=False)])
    assert texts(charts.retention_bridge(frame, month_end="2025-01")).line == (
        "The 8 customers of Jan 2024 at the end of Jan 2025, restated, not yet mature"
    )


def test_one_customer_over_one_month():
    row = retained("2024-12-01", 0.875, window_months=1, basis="as first reported", n=1)
    ax = charts.retention_bridge(pd.DataFrame([row]), window_months=1, basis="as first reported")
    assert texts(ax) == Texts(
        "GRR 87.5%, NRR 87.5% over 1 month",
        "The 1 customer of Nov 2024 at the end of Dec 2024, as first reported",
        "Annual value: beginning 800, churned -100, contracted 0, retained 700, expanded 0, end "
        "700. 1 customer (100%) stayed.",
    )


def test_retention_over_time_tells_its_last_mature_month_and_its_course():
    frame = pd.DataFrame(
        [retained("2024-12-01", 1.125), retained("2025-01-01", 1.0, grr=0.75, mature=False)]
    )
    assert texts(charts.retention_over_time(frame)) == Texts(
        "Gross retention is 87.5%, net 112.5%; 87.5% of the customers stay",
        "Over 12 months to the end of each month, restated; the title tells Dec 2024; grey: "
        "immature",
        "From Dec 2024 to Jan 2025 GRR went from 87.5% to 75.0%, NRR from 112.5% to 100%.",
    )


def test_a_single_month_of_retention_has_no_course():
    frame = pd.DataFrame([retained("2024-12-01", 1.0, window_months=1)])
    assert texts(charts.retention_over_time(frame, window_months=1)) == Texts(
        "Gross retention is 87.5%, net 100%; 87.5% of the customers stay",
        "Over 1 month to the end of each month, restated; the title tells Dec 2024",
        "",
    )


def test_in_the_triangle_a_share_stands_above_its_number_at_risk_within_the_cell():
    ax = charts.renewal_cohorts(cells(*COHORTS))
    places = {text.get_text(): text.get_position() for text in ax.texts}
    for share, count, column, row in (("50.0%", "4", 0, 1), ("87.5%", "7", 1, 0)):
        (share_x, share_y), (count_x, count_y) = places[share], places[count]
        assert share_x == count_x == column + 0.5
        assert row < share_y < count_y < row + 1


def test_hatching_fills_its_immature_cell_and_no_other():
    ax = charts.renewal_cohorts(cells(*COHORTS))
    [hatched] = [drawn for drawn in ax.collections if drawn.get_hatch()]
    extent = hatched.get_paths()[0].get_extents()
    assert (extent.x0, extent.y0, extent.x1, extent.y1) == pytest.approx((0, 1, 1, 2), abs=0.05)


def test_the_line_of_all_months_is_named_where_it_lies():
    ax = charts.renewal_rate_by_month(due_by_month(50, 60, 70))
    [line] = [line for line in ax.lines if list(line.get_ydata()) == [0.6, 0.6]]
    [name] = [text for text in ax.texts if text.get_text() == "all 60.0%"]
    assert name.xy == (1, line.get_ydata()[0])
