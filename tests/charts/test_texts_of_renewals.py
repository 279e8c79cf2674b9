"""What charts of renewals and retention say, whole, with values on every edge."""

import pandas as pd
import pytest
from chart_texts import Texts, texts

from entitlement_sim import charts


def dues(*months, number=1, customers_from=0, template="pack", paid=True):
    """A frame of the view renewals: so many renewed, due and immature in each month from 2022 on.

    Each is of a customer of its own.
    """
    rows = []
    for place, (renewed, n, immature) in enumerate(months):
        month = pd.Timestamp("2022-01-01") + pd.DateOffset(months=place)
        rows += [(month, each < renewed, True) for each in range(n)]
        rows += [(month, False, False)] * immature
    frame = pd.DataFrame(rows, columns=["month", "is_renewed", "is_mature"])
    frame["customer_id"] = range(customers_from, customers_from + len(frame))
    return frame.assign(
        renewal_number=number, template=template, segment="small", is_paying=paid, in_base=paid
    )


RATE = "of the paid entitlements that fell due were renewed within the grace"
SHOWN = "customers drawn anew; grey: fewer than 20"


def test_the_rate_is_that_of_all_mature_dues_with_its_interval_and_the_change_of_a_year():
    frame = dues(*[(57, 100, 0)] * 12, *[(56, 100, 0)] * 12, (1, 2, 98))
    ax = charts.renewal_rate_by_month(frame, segment="small", template="pack")
    assert texts(ax) == Texts(
        "56.5% of the paid entitlements of small and pack that fell due were renewed within the "
        "grace",
        f"2,402 due with their grace over; bands: 95% limits, 2,402 {SHOWN}; hollow on grey: not "
        "all grace is over; last twelve months against the twelve before, at the same mix: -1.0 "
        "points (-5.0 to +3.0)",
        "Renewed: 56.5% (1,357 of 2,402), interval 54.5% to 58.5%. first renewals: 56.5% (1,357 of "
        "2,402). Immature: Jan 2024.",
    )


@pytest.mark.parametrize(
    ("renewed", "title"),
    [
        (54, f"55.5% {RATE}"),  # 95% limits of the change: -7.0 to 1.0 points
        (
            53,  # -8.0 to -0.0
            "Renewal of paid entitlements fell from 57.0% to 53.0% at the same mix, in the last "
            "twelve months against the twelve before",
        ),
        (
            62,
            "Renewal of paid entitlements rose from 57.0% to 62.0% at the same mix, in the last "
            "twelve months against the twelve before",
        ),
    ],
)
def test_a_change_is_told_where_its_limits_exclude_0(renewed, title):
    frame = dues(*[(57, 100, 0)] * 12, *[(renewed, 100, 0)] * 12)
    assert texts(charts.renewal_rate_by_month(frame)).title == title


def test_a_change_of_mix_is_no_change():
    first = dues(*[(60, 100, 0)] * 12, *[(30, 50, 0)] * 12)
    second = dues(*[(45, 50, 0)] * 12, *[(90, 100, 0)] * 12, number=2, customers_from=10_000)
    ax = charts.renewal_rate_by_month(pd.concat([first, second]))
    assert texts(ax).title == f"75.0% {RATE}"
    assert "at the same mix: 0.0 points (" in texts(ax).line
    assert texts(ax).more.endswith(
        "first renewals: 60.0% (1,080 of 1,800). second renewals: 90.0% (1,620 of 1,800)."
    )


@pytest.mark.parametrize(("months", "is_compared"), [(23, False), (24, True)])
def test_a_year_is_compared_with_a_whole_year_before(months, is_compared):
    frame = dues(*[(57, 100, 0)] * months)
    line = texts(charts.renewal_rate_by_month(frame)).line
    assert ("at the same mix" in line) == is_compared


@pytest.mark.parametrize(("last", "is_compared"), [(29, False), (30, True)])
def test_fewer_than_thirty_dues_of_a_year_are_not_compared(last, is_compared):
    frame = dues(*[(57, 100, 0)] * 12, *[(1, 2, 0)] * 11, (3, last - 22, 0))
    line = texts(charts.renewal_rate_by_month(frame)).line
    assert ("at the same mix" in line) == is_compared


@pytest.mark.parametrize(("n", "is_few"), [(19, True), (20, False)])
def test_fewer_than_twenty_of_a_month_stand_in_grey_and_are_not_joined(n, is_few):
    ax = charts.renewal_rate_by_month(dues((30, 40, 0), (10, n, 0), (20, 40, 0)))
    lines = {line.get_label(): line for line in ax.lines}
    assert len(lines["first, few"].get_xdata()) == is_few
    assert pd.isna(lines["first"].get_ydata()[1]) == is_few


def test_later_renewals_have_one_line_and_each_line_its_numbers_beneath():
    frame = pd.concat(
        [dues((30, 40, 0), number=number, customers_from=1000 * number) for number in (1, 2, 3, 7)]
    )
    ax = charts.renewal_rate_by_month(frame)
    beneath = [text.get_text() for text in ax.texts if text.get_fontsize() == 8.5]
    assert beneath == ["due", "first", "40", "second", "40", "later", "80"]


def test_free_ones_are_left_out_and_told():
    frame = pd.concat([dues((50, 100, 0)), dues((10, 20, 0), paid=False, template="gift")])
    assert texts(charts.renewal_rate_by_month(frame)) == Texts(
        f"50.0% {RATE}",
        f"100 due with their grace over; 20 free left out; bands: 95% limits, 100 {SHOWN}",
        "Renewed: 50.0% (50 of 100), interval 40.2% to 59.8%. first renewals: 50.0% (50 of 100).",
    )


def test_of_a_free_template_all_count_and_none_is_called_paid():
    frame = pd.concat([dues((50, 100, 0)), dues((20, 20, 0), paid=False, template="gift")])
    assert texts(charts.renewal_rate_by_month(frame, template="gift")) == Texts(
        "100% of the entitlements of gift that fell due were renewed within the grace",
        f"20 due with their grace over; none has a price; bands: 95% limits, 20 {SHOWN}",
        "Renewed: 100% (20 of 20), interval 83.2% to 100%. first renewals: 100% (20 of 20).",
    )


def test_where_all_months_are_immature_they_are_told_as_such():
    assert texts(charts.renewal_rate_by_month(dues((1, 1, 9), (0, 1, 9)))) == Texts(
        f"50.0% {RATE}",
        f"2 due with their grace over; bands: 95% limits, 2 {SHOWN}; hollow on grey: not all grace "
        "is over",
        "Renewed: 50.0% (1 of 2), interval < 0.1% to > 99.9%. first renewals: 50.0% (1 of 2). "
        "Immature: Jan 2022 and Feb 2022.",
    )


def test_where_nothing_is_mature_there_is_nothing_to_show():
    assert charts.alt_text(
        charts.renewal_rate_by_month(
            dues((0, 0, 9)),
        )
    ).endswith("Nothing to show: nothing fell due long enough ago for its grace to be over.")


def test_dues_of_picked_months_alone_count():
    frame = dues((10, 40, 0), (20, 40, 0), (40, 40, 0))
    told = texts(charts.renewal_rate_by_month(frame, since="2022-02", until="2022-02"))
    assert told.title == f"50.0% {RATE}"
    assert told.line.endswith("; only from 1 Feb 2022 to 28 Feb 2022")


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


def cells(*rows, template="pack", term_months=12):
    """A frame of the view cohorts."""
    columns = ["cohort", "renewal_number", "at_risk", "renewed", "is_mature"]
    frame = pd.DataFrame(rows, columns=columns).astype({"cohort": "datetime64[us]"})
    return frame.assign(template=template, segment="small", term_months=term_months, base="paying")


COHORTS = (
    ("2023-01-01", 1, 80, 70, True),
    ("2023-01-01", 2, 70, 35, True),
    ("2023-04-01", 1, 40, 20, False),
)
LEFT = (
    "Share of each cohort that is left, with the number at risk; pale: fewer than 20; hatched: can "
    "still change; below: most of those at risk"
)


def test_what_is_left_of_all_cohorts_is_told_after_the_first_and_the_last_renewal():
    assert texts(charts.renewal_cohorts(cells(*COHORTS))) == Texts(
        "Of the paid entitlements first sold, 75.0% are left after 1 renewal and 37.5% after 2",
        LEFT,
        "First renewals: 75.0% (90 of 120). At risk of renewal 1: pack 100%. At risk of renewal 2: "
        "pack 100%. 2023 Q1: 87.5%, 43.8%. 2023 Q2: 50.0%. all: 75.0%, 37.5%.",
    )


@pytest.mark.parametrize(
    ("at_risk", "title"),
    [
        (29, "Of the paid entitlements first sold, 87.5% are left after 1 renewal"),
        (30, "Of the paid entitlements first sold, 87.5% are left after 1 renewal and 0% after 2"),
    ],
)
def test_a_title_tells_a_renewal_of_which_thirty_were_at_risk(at_risk, title):
    frame = cells(COHORTS[0], ("2023-01-01", 2, at_risk, 0, True))
    assert texts(charts.renewal_cohorts(frame)).title == title


@pytest.mark.parametrize(("long_ones", "is_told"), [(8, True), (9, False)])
def test_what_is_left_is_told_while_nine_tenths_of_the_sold_can_be_followed(long_ones, is_told):
    short = cells(COHORTS[0], COHORTS[1])
    rows = ("2023-01-01", 1, long_ones, long_ones, True)
    long = cells(rows, template="block", term_months=24)
    more = texts(charts.renewal_cohorts(pd.concat([short, long]))).more
    assert more.endswith(", 43.8%.") == is_told


def test_of_what_those_at_risk_consist_is_told_where_it_changes():
    frame = pd.concat(
        [cells(COHORTS[0], COHORTS[1]), cells(("2023-01-01", 1, 8, 4, True), template="add-on")]
    )
    ax = charts.renewal_cohorts(frame)
    assert (
        "At risk of renewal 1: pack 90.9% and add-on 9.1%. At risk of renewal 2: pack 100%."
        in texts(ax).more
    )
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["1\npack\n90.9%", "2\npack\n100%"]


def test_a_template_alone_is_named_and_consists_of_itself():
    told = texts(charts.renewal_cohorts(cells(*COHORTS), template="pack", segment="small"))
    assert told.title == (
        "Of the paid entitlements of small and pack first sold, 75.0% are left after 1 renewal and "
        "37.5% after 2"
    )
    assert "At risk" not in told.more


def test_cohorts_that_were_renewed_before_the_run_are_left_out_and_counted():
    frame = pd.concat([cells(*COHORTS), cells(("2020-01-01", 4, 30, 20, True))])
    assert (
        "Left out: 1 cohort, where too little of the mix comes to a first renewal in the run."
        in texts(charts.renewal_cohorts(frame)).more
    )


def test_cohorts_that_each_hold_too_little_of_the_mix_are_told_together():
    frame = pd.concat(
        [
            cells(("2023-01-01", 1, 8, 6, True)),
            cells(("2023-04-01", 1, 4, 1, True), template="add-on"),
        ]
    )
    ax = charts.renewal_cohorts(frame)
    assert texts(ax).title == "Of the paid entitlements first sold, 58.3% are left after 1 renewal"
    assert (
        "All together, since in each cohort too little of the mix comes to a first renewal in the "
        "run." in texts(ax).more
    )
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["all"]


@pytest.mark.parametrize(
    ("cohort", "names"),
    [
        ("2024-01-01", "2023: 87.5%. 2024: 50.0%."),
        ("2023-02-01", "Jan 2023: 87.5%. Feb 2023: 50.0%."),
    ],
)
def test_cohorts_are_named_by_what_they_are_apart(cohort, names):
    frame = cells(COHORTS[0], (cohort, *COHORTS[2][1:]))
    assert names in texts(charts.renewal_cohorts(frame)).more


@pytest.mark.parametrize(("n", "weight"), [(19, "normal"), (20, "bold")])
def test_fewer_than_twenty_at_risk_are_pale(n, weight):
    ax = charts.renewal_cohorts(cells(("2023-01-01", 1, n, 5, True)))
    [drawn, _] = [text for text in ax.texts if text.get_text().endswith("%")]
    assert drawn.get_fontweight() == weight


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
        "The 8 paying customers of Dec 2023 at the end of Dec 2024, late renewals "
        "count from the day after the end",
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
        "The 8 paying customers of Jan 2024 at the end of Jan 2025, late renewals count "
        "from the day after the end, not yet mature"
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


def over_time(*months, base="paying", filling_up=()):
    """A frame of the view retention_by_customer: so many of 40 who held 100 each, by month."""
    rows = []
    for month, kept, value, is_mature in months:
        for customer in range(40):
            is_kept = customer < kept
            rows.append((customer, month, 100.0, value * is_kept, min(value, 100.0) * is_kept,
                         is_kept, is_mature))  # fmt: skip
    columns = ["customer_id", "month", "begin_value", "end_value", "retained_value",
               "is_retained", "is_mature"]  # fmt: skip
    frame = pd.DataFrame(rows, columns=columns).astype({"month": "datetime64[us]"})
    frame["is_filling_up"] = frame["month"].isin([pd.Timestamp(each) for each in filling_up])
    return frame.assign(segment="small", window_months=12, basis="restated", base=base)


WINDOW = (
    "Over 12 months to the end of each month, late renewals count from the day after the end; "
    "title and labels tell {}, 40 paying customers; bands: 95% limits, customers drawn anew"
)


def test_retention_over_time_tells_its_last_mature_month_with_limits():
    frame = over_time(("2024-12-01", 35, 120.0, True), ("2025-01-01", 30, 100.0, False))
    ax = charts.retention_over_time(frame)
    assert texts(ax)[:2] == (
        "Gross retention is 87.5%, net 105.0%; 87.5% of the paying customers stay",
        WINDOW.format("Dec 2024") + "; grey: immature",
    )
    labels = [text.get_text() for text in ax.texts if text.get_fontsize() == 9]
    assert labels == ["NRR (net) 105.0%", "GRR (gross) 87.5%", "paying customers 87.5%"]


def test_months_in_which_a_portfolio_filled_up_are_left_out():
    frame = over_time(
        ("2024-11-01", 40, 900.0, True), ("2024-12-01", 30, 100.0, True), filling_up=["2024-11-01"]
    )
    told = texts(charts.retention_over_time(frame))
    assert told.title == "Gross retention is 75.0%, net 75.0%; 75.0% of the paying customers stay"
    assert told.line == (
        WINDOW.format("Dec 2024") + "; left out: 1 month while the portfolio filled up"
    )


def test_a_segment_of_retention_is_named():
    frame = over_time(("2024-12-01", 30, 100.0, True))
    assert texts(charts.retention_over_time(frame, segment="small")).title.endswith(
        "75.0% of the paying customers of small stay"
    )


def test_in_the_triangle_a_share_stands_above_its_number_at_risk_within_the_cell():
    ax = charts.renewal_cohorts(cells(*COHORTS))
    places = {text.get_text(): text.get_position() for text in reversed(ax.texts)}
    for share, count, column, row in (("50.0%", "40", 0, 1), ("43.8%", "70", 1, 0)):
        (share_x, share_y), (count_x, count_y) = places[share], places[count]
        assert share_x == count_x == column + 0.5
        assert row < share_y < count_y < row + 1


def test_hatching_fills_its_immature_cell_and_no_other():
    ax = charts.renewal_cohorts(cells(*COHORTS))
    [hatched] = [drawn for drawn in ax.collections if drawn.get_hatch()]
    extent = hatched.get_paths()[0].get_extents()
    assert (extent.x0, extent.y0, extent.x1, extent.y1) == pytest.approx((0, 1, 1, 2), abs=0.05)
