"""What the charts of cases draw, against the views: origins, channels, service levels."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb

from entitlement_sim import charts


def widths(ax, label):
    [found] = [one for one in ax.containers if one.get_label() == label]
    names = [one.get_text().split("\n")[0] for one in ax.get_yticklabels()]
    return dict(zip(names, [bar.get_width() for bar in found], strict=True))


def test_blocked_cases_stand_by_origin(portfolio):
    ax = charts.blocked_demand(portfolio)
    view = portfolio.table("blocked_demand").query("restrict").astype({"origin": str})
    sums = view.groupby("origin")[["n", "blocked_by_whole", "blocked_by_channel"]].sum()
    sums = sums[sums["n"] > 0]
    assert widths(ax, "nothing left") == sums["blocked_by_whole"].to_dict()
    assert widths(ax, "nothing left on the channel alone") == sums["blocked_by_channel"].to_dict()


def test_the_share_of_blocked_cases_has_its_numbers(portfolio):
    ax = charts.blocked_demand(portfolio)
    view = portfolio.table("blocked_demand").query("restrict").astype({"origin": str})
    names = ["used_up", "asked_what_is_sold", "not_sold"]
    sums = view.groupby("origin")[names].sum()
    assert sums["not_sold"].any()
    for _, one in sums.query("asked_what_is_sold > 0").iterrows():
        told = f"({one['used_up']:,.0f} of {one['asked_what_is_sold']:,.0f})"
        assert any(told in text.get_text() for text in ax.texts)


def test_nothing_blocked_is_good_news(portfolio):
    frame = portfolio.table("blocked_demand_by_month").assign(
        used_up=0, blocked_by_whole=0, blocked_by_channel=0
    )
    assert charts.blocked_demand(frame).get_title(loc="left").startswith("No case was refused")


def test_templates_that_do_not_restrict_block_nothing(portfolio):
    frame = portfolio.table("blocked_demand_by_month").assign(restrict=False)
    assert "Nothing to show" in charts.alt_text(charts.blocked_demand(frame))


def test_bands_hold_shares_of_active_entitlements(portfolio):
    ax = charts.channel_balances(portfolio)
    view = portfolio.table("utilisation_by_channel").query("state == 'active' and allotment > 0")
    for origin, rest in view.astype({"origin": str}).groupby("origin"):
        empty = (rest["remaining"] <= 0).mean()
        untouched = ((rest["remaining"] * 2 > rest["allotment"]) & (rest["used"] <= 0)).mean()
        assert widths(ax, "empty")[origin] == pytest.approx(empty)
        assert widths(ax, "untouched")[origin] == pytest.approx(untouched)


def test_the_bands_of_a_channel_fill_it(portfolio):
    ax = charts.channel_balances(portfolio)
    total = sum(np.array([bar.get_width() for bar in one]) for one in ax.containers)
    assert np.allclose(total, 1)


def test_closed_channels_are_left_out(portfolio):
    names = [one.get_text() for one in charts.channel_balances(portfolio).get_yticklabels()]
    assert names
    assert not any(name.startswith("facebook") for name in names)


def test_each_origin_has_a_line_of_its_share_by_whole_month(portfolio):
    ax = charts.origin_mix(portfolio)
    view = portfolio.table("origin_mix").astype({"origin": str}).query("not is_partial")
    by_month = view.pivot_table(index="month", columns="origin", values="arrivals", aggfunc="sum")
    [phone] = [one for one in ax.lines if one.get_label() == "phone"]
    expected = by_month["phone"] / by_month.sum(axis=1)
    assert np.allclose(phone.get_ydata(), expected)
    assert np.allclose(sum(one.get_ydata() for one in ax.lines), 1)
    assert ax.get_ylim()[0] == 0


def test_rare_origins_are_drawn_together_and_named(portfolio):
    alt = charts.alt_text(charts.origin_mix(portfolio))
    view = portfolio.table("origin_mix").groupby("origin", observed=True)["arrivals"].sum()
    rare = view[view < 0.03 * view.sum()].index
    assert len(rare) > 1
    others = alt.split("others: ")[1].split(".")[0]
    assert all(name in others for name in rare)


def test_an_origin_missing_from_the_last_month_is_still_named(portfolio):
    frame = portfolio.table("origin_mix").astype({"origin": str})
    last = frame["month"] == frame["month"].max()
    ax = charts.origin_mix(frame[~last | (frame["origin"] == "phone")])
    assert any(one.get_text().startswith("email ") for one in ax.texts)


def test_the_names_of_origins_have_the_colours_of_their_lines(portfolio):
    ax = charts.origin_mix(portfolio)
    names = {one.get_text().split()[0]: one.get_color() for one in ax.texts}
    for drawn in ax.lines:
        red, green, blue = names[drawn.get_label()]
        full = to_rgb(drawn.get_color())
        share = red / full[0]
        assert (red, green, blue) == pytest.approx([share * part for part in full])


def test_cases_without_an_origin_are_named(portfolio):
    frame = portfolio.table("origin_mix").astype({"origin": object})
    frame.loc[frame["origin"] == "phone", "origin"] = None
    assert "none given" in {one.get_label() for one in charts.origin_mix(frame).lines}


def test_each_service_level_has_the_rate_of_its_decided_months(portfolio):
    ax = charts.sla_compliance(portfolio)
    view = portfolio.table("sla_compliance")
    mature = view.groupby("month")["is_mature"].all()
    view = view[view["month"].isin(mature.index[mature])]
    for name, rest in view.groupby("sla"):
        sums = rest.groupby("month")[["n", "met"]].sum().query("n > 0")
        for label, is_few in ((name, False), (f"{name}, few", True)):
            [line] = [one for one in ax.lines if one.get_label() == label]
            drawn = pd.Series(line.get_ydata(), index=pd.DatetimeIndex(line.get_xdata())).dropna()
            expected = sums[(sums["n"] < 20) == is_few]
            assert np.allclose(drawn.reindex(expected.index), expected["met"] / expected["n"])
        met, decided = rest["met"].sum(), rest["n"].sum()
        assert f"({met:,} of {decided:,})" in charts.alt_text(ax)


def test_undecided_months_stand_hollow(portfolio):
    frame = portfolio.table("sla_compliance_by_customer")
    counts = frame[~frame["is_beyond"]].groupby("month")["n"].sum()
    frame.loc[(frame["month"] == counts.index[-2]).to_numpy().nonzero()[0][0], "undecided"] += 1
    ax = charts.sla_compliance(frame)
    hollow = [one for one in ax.lines if "immature" in one.get_label() and len(one.get_ydata())]
    assert hollow
    assert all(one.get_markerfacecolor() == "white" for one in hollow)
