"""What the charts of renewals and retention draw, against the views."""

import numpy as np
import pytest

from entitlement_sim import charts
from entitlement_sim.metrics.intervals import wilson
from entitlement_sim.telling import percent


def line(ax, label):
    [found] = [one for one in ax.lines if one.get_label() == label]
    return found


def title(ax):
    return ax.get_title(loc="left").replace("\n", " ")


def shown_cells(view):
    """Cells of cohorts that are known, and were seen from their first renewal on."""
    return view[(view["at_risk"] > 0) & view["survival"].notna() & view["cohort"].notna()]


def test_the_triangle_holds_the_survival_of_each_cohort(portfolio):
    ax = charts.renewal_cohorts(portfolio)
    view = portfolio.table("cohorts").query("at_risk > 0")
    [mesh] = [one for one in ax.collections if one.get_label() == "survival"]
    grid = np.ma.filled(mesh.get_array().astype(float), np.nan)
    expected = view.pivot_table(index="cohort", columns="renewal_number", values="survival")
    assert np.allclose(grid, expected.to_numpy(), equal_nan=True)


def test_each_cell_has_its_number_at_risk(portfolio):
    ax = charts.renewal_cohorts(portfolio)
    view = shown_cells(portfolio.table("cohorts"))
    told = [one.get_text() for one in ax.texts if one.get_fontsize() == 7.5]
    assert sorted(told) == sorted(f"{count:,}" for count in view["at_risk"])


def test_immature_cells_are_hatched(portfolio):
    view = portfolio.table("cohorts").assign(is_mature=True)
    view.loc[shown_cells(view).index[:2], "is_mature"] = False
    hatched = [one for one in charts.renewal_cohorts(view).collections if one.get_hatch()]
    assert len(hatched) == 2


def months(portfolio):
    view = portfolio.table("renewal_rates").query("in_base").groupby("month")
    sums = view[["n", "renewed"]].sum().assign(is_mature=view["is_mature"].all())
    return sums[sums["n"] > 0]


def points(ax, label):
    [found] = [one for one in ax.containers if one.get_label() == label]
    return found


def test_mature_months_have_their_rate_and_interval(portfolio):
    ax = charts.renewal_rate_by_month(portfolio)
    mature = months(portfolio).query("is_mature")
    data, _, (bars,) = points(ax, "mature")
    rate = wilson(mature["renewed"].to_numpy(), mature["n"].to_numpy())
    ends = np.array([segment[:, 1] for segment in bars.get_segments()])
    assert np.allclose(data.get_ydata(), rate.value)
    assert np.allclose(ends[:, 0], rate.low)
    assert np.allclose(ends[:, 1], rate.high)


def test_immature_months_stand_hollow(portfolio):
    frame = portfolio.table("renewal_rates")
    late = frame["month"] >= frame["month"].max() - np.timedelta64(200, "D")
    frame.loc[late, "is_mature"] = False
    ax = charts.renewal_rate_by_month(frame)
    data = points(ax, "immature")[0]
    told = frame[late & (frame["n"] > 0)]
    assert data.get_markerfacecolor() == "white"
    assert len(data.get_ydata()) == told["month"].nunique()


def test_the_overall_rate_rests_on_mature_dues_alone(portfolio):
    ax = charts.renewal_rate_by_month(portfolio)
    mature = portfolio.table("renewals").query("is_mature and is_paying")
    renewed, due = mature["is_renewed"].sum(), len(mature)
    assert title(ax).startswith(f"{percent(renewed, due)} of the paid entitlements that fell due")
    assert f"({renewed:,} of {due:,})" in charts.alt_text(ax)


def test_a_segment_alone_has_its_own_rate(portfolio):
    view = portfolio.table("renewal_rates").query("segment == 'midsize' and is_paying")
    ax = charts.renewal_rate_by_month(portfolio, segment="midsize")
    assert f"({view['renewed'].sum():,} of {view['n'].sum():,})" in charts.alt_text(ax)


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
    looks = {one.get_marker() for one in ax.lines if one.get_marker() not in ("", "None")}
    assert len(looks) == 3
