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
            "is_paying": True,
            "in_base": True,
        }
    )


RATE = "of the paid entitlements that fell due were renewed within the grace"


def test_the_rate_is_that_of_all_mature_dues_with_its_interval():
    frame = due_by_month(*[57] * 12, *[56] * 12, immature=2)
    ax = charts.renewal_rate_by_month(frame, segment="small", template="pack")
    assert texts(ax) == Texts(
        "56.5% of the paid entitlements of small and pack that fell due were renewed within the "
        "grace",
        "2,404 due with their grace over; bars: 95% Wilson interval; hollow on grey: not all grace "
        "is over",
        "Renewed: 56.5% (1,358 of 2,404), interval 54.5% to 58.5%. Immature: Jan 2024 and Feb "
        "2024.",
    )


def test_free_ones_are_left_out_and_told():
    free = due_by_month(10, n=20).assign(is_paying=False, in_base=False, template="gift")
    frame = pd.concat([due_by_month(50), free])
    assert texts(charts.renewal_rate_by_month(frame)) == Texts(
        f"50.0% {RATE}",
        "100 due with their grace over; 20 free left out; bars: 95% Wilson interval",
        "Renewed: 50.0% (50 of 100), interval 40.4% to 59.6%.",
    )


def test_of_a_free_template_all_count_and_none_is_called_paid():
    free = due_by_month(10, n=20).assign(is_paying=False, in_base=False, template="gift")
    frame = pd.concat([due_by_month(50), free])
    assert texts(charts.renewal_rate_by_month(frame, template="gift")) == Texts(
        "50.0% of the entitlements of gift that fell due were renewed within the grace",
        "20 due with their grace over; none has a price; bars: 95% Wilson interval",
        "Renewed: 50.0% (10 of 20), interval 29.9% to 70.1%.",
    )


def test_where_all_months_are_immature_they_are_told_as_such():
    assert texts(charts.renewal_rate_by_month(due_by_month(immature=2))) == Texts(
        f"50.0% {RATE}",
        "4 due with their grace over; bars: 95% Wilson interval; hollow on grey: not all grace is "
        "over",
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
        ("on_time" if lag <= 0 else "late" if lag < 90 else "win_back", lag, True) for lag in lags
    ]
    rows += [("lost", None, True)] * lost + [("immature", None, False)] * immature
    frame = pd.DataFrame(rows, columns=["class", "lag_days", "is_mature"])
    return frame.assign(template="pack", segment="small", is_paying=True, in_base=True)


def test_each_edge_of_a_lag_belongs_to_the_bin_that_it_names():
    lags = (-3, 0, 1, 7, 8, 14, 15, 30, 31, 60, 61, 89, 90)
    assert texts(charts.renewal_lag(lagging(*lags, lost=1, immature=1))) == Texts(
        "15.4% of the renewals were seamless; half of the rest came within 30 days",
        "13 renewals of 14 paid entitlements that fell due with their grace over by now; 1 younger "
        "left out",
        "Renewals by days: seamless 2, 1 to 7 2, 8 to 14 2, 15 to 30 2, 31 to 60 2, 61 to 89 2, "
        "from 90 1.",
    )


def test_where_all_renewals_are_seamless_no_rest_is_spoken_of():
    assert texts(charts.renewal_lag(lagging(-3, 0))) == Texts(
        "100% of the renewals were seamless",
        "2 renewals of 2 paid entitlements that fell due with their grace over by now",
        "Renewals by days: seamless 2, 1 to 7 0, 8 to 14 0, 15 to 30 0, 31 to 60 0, 61 to 89 0, "
        "from 90 0.",
    )


def test_a_rest_of_one_is_not_halved():
    assert texts(charts.renewal_lag(lagging(0, 1))).title == (
        "50.0% of the renewals were seamless; the other one came within 1 day"
    )


def cells(*rows):
    """A frame of the view cohorts."""
    columns = ["cohort", "renewal_number", "at_risk", "renewed", "is_mature", "survival"]
    frame = pd.DataFrame(rows, columns=columns).astype({"cohort": "datetime64[us]"})
    return frame.assign(renewal_rate=frame["renewed"] / frame["at_risk"], immature=0, base="paying")


COHORTS = (
    ("2023-01-01", 1, 8, 7, True, 7 / 8),
    ("2023-01-01", 2, 7, 7, True, 7 / 8),
    ("2023-04-01", 1, 4, 2, False, 1 / 2),
)
LEFT = (
    "Share of each cohort of paid entitlements that is left, with the number at risk; hatched "
    "cells can still change"
)


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
        "base": "paying",
    }


def test_customers_who_pay_the_same_pay_neither_more_nor_less():
    frame = pd.DataFrame([retained("2024-12-01", 1.0), retained("2025-01-01", 2.0, mature=False)])
    assert texts(charts.retention_bridge(frame)) == Texts(
        "A year on, customers pay the same: GRR 87.5%, NRR 100%",
        "The 8 paying customers of Dec 2023 at the end of Dec 2024, restated",
        "Annual value: beginning 800, churned -100, contracted 0, retained 700, expanded 100, end "
        "800. 7 paying customers (87.5%) stayed.",
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
        "The 8 paying customers of Jan 2024 at the end of Jan 2025, restated, not yet mature"
    )


def test_one_customer_over_one_month():
    row = retained("2024-12-01", 0.875, window_months=1, basis="as first reported", n=1)
    ax = charts.retention_bridge(pd.DataFrame([row]), window_months=1, basis="as first reported")
    assert texts(ax) == Texts(
        "GRR 87.5%, NRR 87.5% over 1 month",
        "The 1 paying customer of Nov 2024 at the end of Dec 2024, as first reported",
        "Annual value: beginning 800, churned -100, contracted 0, retained 700, expanded 0, end "
        "700. 1 paying customer (100%) stayed.",
    )


def test_retention_over_time_tells_its_last_mature_month_and_its_course():
    frame = pd.DataFrame(
        [retained("2024-12-01", 1.125), retained("2025-01-01", 1.0, grr=0.75, mature=False)]
    )
    assert texts(charts.retention_over_time(frame)) == Texts(
        "Gross retention is 87.5%, net 112.5%; 87.5% of the paying customers stay",
        "Over 12 months to the end of each month, restated; the title tells Dec 2024; grey: "
        "immature",
        "From Dec 2024 to Jan 2025 GRR went from 87.5% to 75.0%, NRR from 112.5% to 100%.",
    )


def test_a_single_month_of_retention_has_no_course():
    frame = pd.DataFrame([retained("2024-12-01", 1.0, window_months=1)])
    assert texts(charts.retention_over_time(frame, window_months=1)) == Texts(
        "Gross retention is 87.5%, net 100%; 87.5% of the paying customers stay",
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
