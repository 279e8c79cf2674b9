"""What the charts of renewals and retention draw, against the views."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgba

from entitlement_sim import charts
from entitlement_sim.charts.style import BLUE
from entitlement_sim.inference import portfolio_of, ratio
from entitlement_sim.telling import limits, percent


def line(ax, label):
    [found] = [one for one in ax.lines if one.get_label() == label]
    return found


def title(ax):
    return ax.get_title(loc="left").replace("\n", " ")


def test_the_triangle_holds_what_is_left_of_each_cohort(portfolio):
    ax = charts.renewal_cohorts(portfolio, template="Pack 10", segment="small")
    view = portfolio.table("cohorts")
    view = view[(view["template"] == "Pack 10") & (view["segment"] == "small")]
    drawn = dict(_told_cells(ax))
    seen = view[view["survival"].notna() & (view["term_months"] == 12)]
    assert len(drawn)
    for row in seen.itertuples():
        key = f"{row.cohort.year} Q{row.cohort.quarter}", row.renewal_number
        if key in drawn:
            assert drawn[key] == (percent(row.survival), f"{row.at_risk:,}")


def _told_cells(ax):
    names = [tick.get_text() for tick in ax.get_yticklabels()]
    shares = [text for text in ax.texts if text.get_text().endswith("%")]
    counts = [text for text in ax.texts if text.get_fontsize() == 7.5]
    for share, count in zip(shares, counts, strict=True):
        x, y = share.get_position()
        yield (names[int(y)], int(x) + 1), (share.get_text(), count.get_text())


def mature_dues(portfolio):
    return portfolio.table("renewals").query("is_mature and is_paying")


def test_each_line_has_the_rate_of_its_renewals_and_few_of_them_stand_apart(portfolio):
    ax = charts.renewal_rate_by_month(portfolio)
    dues = mature_dues(portfolio).query("renewal_number > 2")
    by_month = dues.groupby("month")["is_renewed"].agg(["mean", "size"])
    for label, is_enough in (("later", True), ("later, few", False)):
        data = line(ax, label)
        drawn = pd.Series(data.get_ydata(), index=pd.DatetimeIndex(data.get_xdata())).dropna()
        expected = by_month[(by_month["size"] >= 20) == is_enough]["mean"]
        assert np.allclose(drawn, expected)


def test_the_overall_rate_rests_on_mature_dues_alone_with_customers_drawn_anew(portfolio):
    ax = charts.renewal_rate_by_month(portfolio)
    mature = mature_dues(portfolio).assign(due=1)
    rate = ratio(mature, "is_renewed", "due", portfolio=portfolio_of(portfolio))
    alt = charts.alt_text(ax)
    assert f"({mature['is_renewed'].sum():,} of {len(mature):,}), interval " in alt
    assert f"interval {limits(rate.low, rate.high, percent)}. " in alt
    assert rate.unit in alt


def test_a_segment_alone_has_its_own_rate(portfolio):
    view = mature_dues(portfolio).query("segment == 'midsize'")
    ax = charts.renewal_rate_by_month(portfolio, segment="midsize")
    assert f"({view['is_renewed'].sum():,} of {len(view):,})" in charts.alt_text(ax)


def test_lags_count_mature_renewals_by_class(portfolio):
    ax = charts.renewal_lag(portfolio)
    view = portfolio.table("renewals").query("is_mature and is_paying").dropna(subset=["lag_days"])
    for name, rest in view.groupby("class"):
        [drawn] = [one for one in ax.containers if one.get_label() == name.replace("_", " ")]
        assert sum(bar.get_height() for bar in drawn) == len(rest)
    [seamless] = [one for one in ax.containers if one.get_label() == "on time"]
    assert seamless[0].get_height() == (view["lag_days"] <= 0).sum()


def test_what_was_never_renewed_has_no_lag(portfolio):
    lost = portfolio.table("renewals").query("`class` == 'lost'")
    assert len(lost)
    assert "Nothing to show" in charts.alt_text(charts.renewal_lag(lost))


def steps(ax):
    return {
        one.get_label().split("\n")[0]: (one[0].get_y(), one[0].get_height())
        for one in ax.containers
    }


def last_mature(portfolio, basis="restated"):
    view = portfolio.table("retention")
    view = view[(view["basis"] == basis) & (view["window_months"] == 12) & view["is_mature"]]
    return view[view["begin_value"] > 0].iloc[-1]


def test_the_bridge_leads_from_begin_to_end(portfolio):
    drawn = steps(charts.retention_bridge(portfolio))
    one = last_mature(portfolio)
    assert drawn["at the"] == pytest.approx((0, one["begin_value"]))
    assert drawn["churned"][1] == pytest.approx(one["churned_value"])
    assert drawn["contracted"][0] == pytest.approx(one["retained_value"])
    assert drawn["retained"] == pytest.approx((0, one["retained_value"]))
    assert sum(drawn["expanded"]) == pytest.approx(one["end_value"])
    assert drawn["at the end"] == pytest.approx((0, one["end_value"]))


def test_the_bridge_names_grr_and_nrr(portfolio):
    one = last_mature(portfolio)
    assert f"GRR {percent(one['grr'])}, NRR {percent(one['nrr'])}" in title(
        charts.retention_bridge(portfolio)
    )


def test_the_bridge_of_another_month_is_that_months(portfolio):
    view = portfolio.table("retention").query("basis == 'as first reported' and window_months == 1")
    one = view[view["month"] == "2024-06-01"].iloc[0]
    ax = charts.retention_bridge(
        portfolio, month_end="2024-06", basis="as first reported", window_months=1
    )
    assert steps(ax)["at the"][1] == pytest.approx(one["begin_value"])


def test_an_unknown_month_or_basis_is_refused(portfolio):
    with pytest.raises(ValueError, match="no retention for month 1999-01; there are 2024-"):
        charts.retention_bridge(portfolio, month_end="1999-01")
    with pytest.raises(ValueError, match="basis must be"):
        charts.retention_over_time(portfolio, basis="guessed")


@pytest.mark.parametrize(
    ("label", "column"),
    [("GRR (gross)", "grr"), ("NRR (net)", "nrr"), ("paying customers", "logo_retention")],
)
def test_retention_over_time_is_the_views(portfolio, label, column):
    ax = charts.retention_over_time(portfolio)
    view = portfolio.table("retention").query("basis == 'restated' and window_months == 12")
    view = view[view["begin_value"] > 0]
    assert np.allclose(line(ax, label).get_ydata(), view[column])


def test_lines_of_retention_differ_without_colour(portfolio):
    ax = charts.retention_over_time(portfolio)
    named = ("NRR (net)", "GRR (gross)", "paying customers")
    assert len({str(line(ax, name).get_linestyle()) + str(line(ax, name)._dash_pattern)
                for name in named}) == 3  # fmt: skip


def test_gains_rise_in_blue_with_a_plus_and_losses_do_not(portfolio):
    ax = charts.retention_bridge(portfolio)
    colours = {one.get_label(): one[0].get_facecolor() for one in ax.containers}
    assert colours["expanded"] not in (colours["churned"], colours["at the\nbeginning"])
    assert colours["expanded"] == to_rgba(BLUE)
    assert any(text.get_text().startswith("+") for text in ax.texts)
    assert ax.get_ylabel() == "annual value, EUR"
