"""What the charts of consumption draw, against the views."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection

from entitlement_sim import charts
from entitlement_sim.metrics.survival import kaplan_meier
from entitlement_sim.telling import percent


def line(ax, label):
    [found] = [one for one in ax.lines if one.get_label() == label]
    return found


def bars(ax, label):
    [found] = [one for one in ax.containers if one.get_label() == label]
    return [bar.get_height() for bar in found]


def test_the_median_burn_down_is_that_of_all_entitlements(portfolio):
    ax = charts.burn_down(portfolio, template="Pack 30", lines=3)
    view = portfolio.table("burn_down").query("template == 'Pack 30'")
    view = view.assign(bin=(view["elapsed_share"] * 100).round().astype(int))
    last = view.sort_values("day").groupby(["entitlement_id", "bin"])["share_left"].last()
    expected = last.groupby("bin").median()
    drawn = line(ax, "median")
    assert np.allclose(drawn.get_xdata() * 100, expected.index)
    assert np.allclose(drawn.get_ydata(), expected)
    fastest = last.groupby("bin").quantile(0.1)
    assert np.allclose(line(ax, "fastest tenth").get_ydata(), fastest)


def test_thin_lines_are_single_entitlements(portfolio):
    ax = charts.burn_down(portfolio, template="Pack 30", lines=5)
    [thin] = [one for one in ax.collections if isinstance(one, LineCollection)]
    view = portfolio.table("burn_down").query("template == 'Pack 30'")
    first = view[view["entitlement_id"] == view["entitlement_id"].min()].sort_values("day")
    path = thin.get_segments()[0]
    assert len(thin.get_segments()) <= 5
    assert path[-1][1] == pytest.approx(first["share_left"].iloc[-1])
    assert path[-1][0] == pytest.approx(first["elapsed_share"].iloc[-1], abs=0.006)


def test_burn_down_shows_the_template_with_the_most_entitlements(portfolio):
    most = portfolio.table("burn_down").groupby("template")["entitlement_id"].nunique().idxmax()
    assert charts.burn_down(portfolio).get_title(loc="left").startswith(f"{most}: ")


def test_even_use_runs_from_all_to_nothing(portfolio):
    even = line(charts.burn_down(portfolio), "even use")
    assert (list(even.get_xdata()), list(even.get_ydata())) == ([0, 1], [1, 0])


def test_those_that_ran_dry_stand_apart(portfolio):
    ax = charts.utilisation_at_expiry(portfolio)
    view = portfolio.table("breakage_by_entitlement").query("ended_by == 'expiry'")
    rest = view[~view["ran_dry"].astype(bool)]
    counts = np.histogram(rest["utilisation"] + 1e-9, bins=np.arange(0, 1.1, 0.1))[0]
    assert bars(ax, "ran dry") == [int(view["ran_dry"].sum())]
    assert bars(ax, "not dry") == counts.tolist()
    assert f"({int(view['ran_dry'].sum())} of {len(view)})" in charts.alt_text(ax)


def seen_dry_or_not(portfolio):
    """Entitlements that had not run dry before the run saw them."""
    view = portfolio.table("time_to_exhaustion")
    return view[(view["duration_days"] > view["entered_days"]) | (view["entered_days"] == 0)]


def at_risk(lives, day):
    """How many are at risk on a day of their term: entered before it, and not over."""
    entered = (lives["entered_days"] < max(day, 1)) & (lives["duration_days"] >= day)
    return int(entered.sum())


def test_curves_are_kaplan_meiers(portfolio):
    ax = charts.exhaustion_curve(portfolio, template="Pack 30")
    view = seen_dry_or_not(portfolio).query("template == 'Pack 30'")
    curve = kaplan_meier(
        view["duration_days"], view["observed"].astype(bool), entered=view["entered_days"]
    )
    drawn = line(ax, "Pack 30")
    assert np.allclose(drawn.get_ydata(), curve.at(drawn.get_xdata()))
    assert len(drawn.get_xdata()) > 5


def test_a_title_tells_the_template_that_runs_dry_most(portfolio):
    ax = charts.exhaustion_curve(portfolio)
    lowest = min(ax.lines, key=lambda one: one.get_ydata()[-1])
    share = 1 - lowest.get_ydata()[-1]
    assert ax.get_title(loc="left").startswith(f"{percent(share)} of the {lowest.get_label()}")


def test_nothing_dry_is_said_plainly(portfolio):
    frame = portfolio.table("time_to_exhaustion").assign(observed=False)
    assert charts.exhaustion_curve(frame).get_title(loc="left") == "No entitlement has run dry"


def test_numbers_at_risk_stand_under_the_axis(portfolio):
    ax = charts.exhaustion_curve(portfolio, template="Pack 30")
    view = seen_dry_or_not(portfolio).query("template == 'Pack 30'")
    rows = {one.xy[0]: one.get_text() for one in ax.texts if one.get_text().isdigit()}
    assert rows
    for tick, told in rows.items():
        assert int(told) == at_risk(view, tick)


def test_a_curve_ends_where_less_than_a_tenth_is_at_risk(portfolio):
    ax = charts.exhaustion_curve(portfolio)
    for template, rest in seen_dry_or_not(portfolio).groupby("template"):
        last = line(ax, template).get_xdata()[-1]
        days = sorted({*rest["entered_days"], *rest["duration_days"]})
        enough = 0.1 * max(at_risk(rest, day) for day in days)
        assert at_risk(rest, last) >= enough
        assert all(at_risk(rest, day) < enough for day in days if day > last)


def test_pacing_counts_those_ahead_of_even_use(portfolio):
    ax = charts.pacing(portfolio)
    index = portfolio.table("pacing")["pacing"].dropna()
    assert sum(bars(ax, "faster")) == (index > 1 + 1e-9).sum()
    assert sum(bars(ax, "slower")) == (index <= 1 + 1e-9).sum()
    assert f"({(index > 1 + 1e-9).sum()} of {len(index)})" in charts.alt_text(ax)


def test_even_use_is_not_ahead(portfolio):
    frame = (
        portfolio.table("pacing").dropna(subset=["pacing"]).head(3).assign(pacing=[1.0, 0.5, 2.5])
    )
    ax = charts.pacing(frame)
    assert bars(ax, "slower") == [0, 1, 0, 1]
    assert bars(ax, "faster") == [0, 0, 0, 0, 1]


def days(amount, count=1096):
    """A frame of the view daily with one template."""
    when = pd.Series(pd.date_range("2023-01-01", periods=count, unit="us"))
    covered = amount(when)
    return pd.DataFrame(
        {"day": when, "template": "pack", "covered": covered, "used": covered * 2.0}
    )


def test_each_day_is_drawn_as_the_view_has_it(portfolio):
    ax = charts.daily_consumption(portfolio)
    expected = portfolio.table("daily").groupby("day")["covered"].sum()
    assert line(ax, "each day").get_ydata().tolist() == expected.tolist()


def test_the_four_week_mean_holds_whole_windows_only():
    frame = days(lambda when: when.dt.day_of_year % 7, 60)
    smooth = line(charts.daily_consumption(frame), "four-week mean")
    assert len(smooth.get_ydata()) == 60 - 27
    assert np.allclose(smooth.get_ydata(), 3.0)


def test_a_season_is_found_where_there_is_one():
    ax = charts.daily_consumption(days(lambda when: 100 + 20 * (when.dt.month == 3)))
    assert "March is 18.0% above the yearly mean" in ax.get_title(loc="left").replace("\n", " ")
    assert line(ax, "season").get_ydata().max() == pytest.approx(120, rel=0.01)


def test_weekends_are_no_season():
    ax = charts.daily_consumption(days(lambda when: 100 * (when.dt.day_of_week < 5)))
    assert "no clear season" in ax.get_title(loc="left")


def test_less_than_two_years_tell_no_season(portfolio):
    ax = charts.daily_consumption(days(lambda when: when.dt.month * 1.0, 600))
    assert "no season to tell" in charts.alt_text(ax)
    assert not [one for one in ax.lines if one.get_label() == "season"]


def test_a_template_alone_is_drawn_in_its_unit():
    ax = charts.daily_consumption(days(lambda when: when.dt.month), template="pack")
    assert line(ax, "each day").get_ydata()[0] == 2.0
    assert ax.get_ylabel() == "terms used a day"
