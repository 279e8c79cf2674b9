"""What the charts of consumption draw, against the views."""

import numpy as np
import pandas as pd
import pytest

from entitlement_sim import charts
from entitlement_sim.inference import ratio
from entitlement_sim.metrics.survival import kaplan_meier


def line(ax, label):
    [found] = [one for one in ax.lines if one.get_label() == label]
    return found


def bars(ax, label):
    [found] = [one for one in ax.containers if one.get_label() == label]
    return [bar.get_height() for bar in found]


def test_the_bands_of_a_burn_down_are_quantiles_of_all_entitlements(portfolio):
    ax = charts.burn_down(portfolio, template="Pack 30")
    view = portfolio.table("burn_down").query("template == 'Pack 30'")
    view = view.assign(bin=(view["elapsed_share"] * 100).round().astype(int))
    last = view.sort_values("day").groupby(["entitlement_id", "bin"])["share_left"].last()
    drawn = line(ax, "median")
    assert np.allclose(drawn.get_xdata() * 100, last.groupby("bin").median().index)
    assert np.allclose(drawn.get_ydata(), last.groupby("bin").median())
    for name, low, high in (("middle half", 0.25, 0.75), ("middle eight tenths", 0.1, 0.9)):
        [band] = [one for one in ax.collections if one.get_label() == name]
        edges = band.get_paths()[0].get_extents()
        assert edges.y0 == pytest.approx(last.groupby("bin").quantile(low).min())
        assert edges.y1 == pytest.approx(last.groupby("bin").quantile(high).max())


def test_a_burn_down_of_some_days_shows_what_was_left_on_them(portfolio):
    ax = charts.burn_down(portfolio, template="Pack 30", since="2024-03", until="2024-03")
    view = portfolio.table("burn_down").query("template == 'Pack 30'")
    view = view[(view["day"] >= "2024-03-01") & (view["day"] <= "2024-03-31")]
    count = view["entitlement_id"].nunique()
    assert f"{count} entitlements: median" in charts.alt_text(ax)
    assert "; only from 1 Mar 2024 to 31 Mar 2024." in charts.alt_text(ax)


def test_burn_down_shows_the_template_with_the_most_entitlements(portfolio):
    most = portfolio.table("burn_down").groupby("template")["entitlement_id"].nunique().idxmax()
    assert charts.burn_down(portfolio).get_title(loc="left").startswith(f"{most}: ")


def test_even_use_runs_from_all_to_nothing(portfolio):
    even = line(charts.burn_down(portfolio), "even use")
    assert (list(even.get_xdata()), list(even.get_ydata())) == ([0, 1], [1, 0])


def heights(panel, label):
    return [bar.get_height() for bar in bars_of(panel, label)]


def bars_of(panel, label):
    [found] = [one for one in panel.containers if one.get_label() == label]
    return found


def expired(portfolio):
    return portfolio.table("breakage_by_entitlement").query("ended_by == 'expiry'")


def test_those_never_used_and_those_that_ran_dry_stand_apart(portfolio):
    ax = charts.utilisation_at_expiry(portfolio, template="Pack 30")
    view = expired(portfolio).query("template == 'Pack 30'")
    is_dry, is_unused = view["ran_dry"].astype(bool), view["used"] <= 0
    rest = view[~is_dry & ~is_unused]
    counts = np.histogram(rest["utilisation"].astype(float) + 1e-9, bins=np.arange(0, 1.1, 0.1))[0]
    assert heights(ax, "dry") == [pytest.approx(is_dry.mean())]
    assert heights(ax, "never used") == [pytest.approx((is_unused & ~is_dry).mean())]
    assert np.allclose(heights(ax, "not dry"), counts / len(view))


def test_each_template_has_its_panel_on_one_scale(portfolio):
    ax = charts.utilisation_at_expiry(portfolio)
    sizes = expired(portfolio)["template"].value_counts()
    sizes = sizes[sizes > 0]
    names = {panel.get_title(loc="left") for panel in ax.child_axes}
    assert names <= {f"{name} ({size:,})" for name, size in sizes.items()}
    assert len(names) == min(6, len(sizes))
    assert len({panel.get_ylim() for panel in ax.child_axes}) == 1


def seen_dry_or_not(portfolio):
    """Entitlements that had not run dry before the run saw them."""
    view = portfolio.table("time_to_exhaustion")
    return view[(view["duration_days"] > view["entered_days"]) | (view["entered_days"] == 0)]


def by_term(lives):
    """Kaplan and Meier's curve by hundredths of the term."""
    leaves = np.ceil(lives["duration_days"] / lives["term_days"] * 100 - 1e-9)
    enters = np.floor(lives["entered_days"] / lives["term_days"] * 100 + 1e-9)
    return kaplan_meier(leaves, lives["observed"].astype(bool), entered=enters)


def test_curves_are_one_less_kaplan_meiers(portfolio):
    ax = charts.exhaustion_curve(portfolio, template="Pack 30")
    curve = by_term(seen_dry_or_not(portfolio).query("template == 'Pack 30'"))
    drawn = line(ax, "Pack 30")
    assert np.allclose(drawn.get_ydata(), 1 - curve.at(np.round(drawn.get_xdata() * 100)))
    assert len(drawn.get_xdata()) > 5


def test_nothing_dry_is_said_plainly(portfolio):
    frame = portfolio.table("time_to_exhaustion").assign(observed=False)
    assert charts.exhaustion_curve(frame).get_title(loc="left") == "No entitlement has run dry"


def test_a_curve_ends_where_less_than_a_tenth_is_at_risk(portfolio):
    ax = charts.exhaustion_curve(portfolio, template="Pack 30")
    curve = by_term(seen_dry_or_not(portfolio).query("template == 'Pack 30'"))
    enough = curve.numbers_at_risk >= 0.1 * curve.numbers_at_risk.max()
    assert line(ax, "Pack 30").get_xdata()[-1] == curve.times[enough][-1] / 100


def lives_of(customers, dry, *, template="pack", each=1):
    """A frame of time_to_exhaustion: so many a customer, those of the first `dry` run dry."""
    rows = [(customer, template, customer < dry) for customer in range(customers)] * each
    frame = pd.DataFrame(rows, columns=["customer_id", "template", "observed"])
    return frame.assign(
        segment="small", entered_days=0, duration_days=100, term_days=100,
        start_date=pd.Timestamp("2024-01-01"),
    )  # fmt: skip


def test_limits_at_the_end_of_the_term_are_those_of_a_share_of_customers():
    frame = lives_of(200, 50)
    expected = ratio(frame.assign(one=1), "observed", "one")
    drawn = line(charts.exhaustion_curve(frame), "limits").get_ydata()
    assert np.allclose(drawn, [expected.low, expected.high], atol=0.002)


def test_entitlements_of_one_customer_count_as_one_in_the_limits():
    alone, fivefold = (charts.exhaustion_curve(lives_of(200, 50, each=each)) for each in (1, 5))
    limits = [line(ax, "limits").get_ydata().tolist() for ax in (alone, fivefold)]
    assert limits[0] == pytest.approx(limits[1])


def test_pacing_counts_those_ahead_of_even_use(portfolio):
    ax = charts.pacing(portfolio)
    view = portfolio.table("pacing").dropna(subset=["pacing"])
    is_ahead, is_empty = view["pacing"] > 1 + 1e-9, view["utilisation"] >= 1
    assert sum(bars(ax, "faster")) == (is_ahead & ~is_empty).sum()
    assert sum(bars(ax, "slower")) == (~is_ahead & ~is_empty).sum()
    assert sum(bars(ax, "already empty")) == is_empty.sum()
    assert f"({is_ahead.sum()} of {len(view)}) have a pacing index above 1" in charts.alt_text(ax)


def test_even_use_is_not_ahead(portfolio):
    frame = portfolio.table("pacing").dropna(subset=["pacing"]).head(3)
    ax = charts.pacing(frame.assign(pacing=[1.0, 0.5, 2.5], utilisation=0.5))
    assert bars(ax, "slower") == [0, 1, 0, 1]
    assert bars(ax, "faster") == [0, 0, 0, 0, 1]


def days(amount, count=1096):
    """A frame of the view consumption_by_day with one template, from a Sunday on."""
    when = pd.Series(pd.date_range("2023-01-01", periods=count, unit="us"))
    covered = amount(when)
    return pd.DataFrame(
        {"day": when, "template": "pack", "covered": covered, "used": covered * 2.0}
    )


def panel(ax, title):
    [found] = [one for one in ax.child_axes if one.get_title(loc="left") == title]
    return found


def test_each_whole_week_has_its_bar(portfolio):
    weeks = panel(charts.daily_consumption(portfolio), "by week")
    by_day = portfolio.table("daily").groupby("day")["covered"].sum()
    by_week = by_day.groupby(by_day.index.to_period("W")).agg(["sum", "size"])
    assert bars(weeks, "week") == by_week.query("size == 7")["sum"].tolist()


def test_the_line_is_a_mean_of_five_weeks():
    weeks = panel(
        charts.daily_consumption(days(lambda when: when.dt.day_of_year % 7, 60)), "by week"
    )
    smooth = line(weeks, "mean of five weeks")
    assert len(smooth.get_ydata()) == 8 - 4
    assert np.allclose(smooth.get_ydata(), 21.0)


def test_days_of_the_week_are_those_of_the_last_year():
    frame = days(lambda when: 10 * (when.dt.day_of_week < 5) + 90 * (when.dt.year < 2024))
    ax = charts.daily_consumption(frame)
    assert bars(panel(ax, "mean by day of the week"), "days of the week") == [10] * 5 + [0] * 2


def test_few_weeks_are_drawn_by_day():
    ax = charts.daily_consumption(days(lambda when: when.dt.day, 20))
    assert bars(ax, "day") == list(range(1, 21))
    assert ax.get_ylabel() == "covered cases a day"


def test_a_template_alone_is_drawn_in_its_unit():
    ax = charts.daily_consumption(days(lambda when: when.dt.month), template="pack")
    assert bars(panel(ax, "by week"), "week")[0] == 14.0
    assert panel(ax, "by week").get_ylabel() == "terms used a week"


def test_days_on_which_a_segment_consumed_nothing_count_as_zero():
    frame = days(lambda when: when.dt.day * 0 + 1, 20).assign(segment="small")
    frame.loc[frame["day"].dt.day.isin([1, 5, 20]), "segment"] = "large"
    ax = charts.daily_consumption(frame, segment="small")
    assert bars(ax, "day") == [float(day not in (1, 5, 20)) for day in range(1, 21)]
