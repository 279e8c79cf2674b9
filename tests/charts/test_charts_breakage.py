"""What the charts of breakage draw, against the views."""

import pytest

from entitlement_sim import charts


def steps(ax):
    return {
        one.get_label().replace("\n", " "): (one[0].get_y(), one[0].get_height())
        for one in ax.containers
    }


def test_what_was_paid_is_used_or_left_by_a_template(portfolio):
    drawn = steps(charts.breakage_waterfall(portfolio))
    view = portfolio.table("breakage").query("ended_by == 'expiry'")
    paid, unused = view["price"].sum(), view["breakage_value"].sum()
    assert drawn.pop("paid for") == pytest.approx((0, paid))
    assert drawn.pop("used") == pytest.approx((unused, paid - unused))
    left = view.groupby("template")["breakage_value"].sum()
    assert {name: height for name, (_, height) in drawn.items()} == pytest.approx(
        left[left > 0].to_dict()
    )
    assert min(bottom for bottom, _ in drawn.values()) == pytest.approx(0, abs=1e-6)


def test_cancelled_entitlements_are_told_apart(portfolio):
    view = portfolio.table("breakage").query("ended_by == 'cancellation'")
    assert f"{view['n'].sum()} cancelled ones left" in charts.alt_text(
        charts.breakage_waterfall(portfolio)
    )


def test_a_template_adds_up_in_its_own_unit(portfolio):
    ax = charts.breakage_waterfall(portfolio, template="Hours 40")
    view = portfolio.table("breakage").query("ended_by == 'expiry' and template == 'Hours 40'")
    drawn = steps(ax)
    assert drawn["held"] == pytest.approx((0, view["allotment"].sum()))
    assert drawn["unused"] == pytest.approx((0, view["breakage"].sum()))
    assert drawn["used"][1] == pytest.approx(view["used"].sum())
    assert drawn["used"][0] == pytest.approx(view["breakage"].sum() + view["rolled_out"].sum())
    assert ax.get_ylabel() == "hours of expired entitlements"


def test_use_beyond_the_allotment_fits_the_picture(portfolio):
    ax = charts.breakage_waterfall(portfolio, template="Hours 150")
    drawn = steps(ax)
    assert drawn["used beyond"][1] > 0
    assert ax.get_ylim()[1] > sum(drawn["used beyond"])


def test_what_costs_nothing_leaves_no_value(portfolio):
    free = portfolio.table("breakage").assign(price=0.0, breakage_value=0.0)
    assert "cost nothing" in charts.breakage_waterfall(free).get_title(loc="left")


def test_falling_steps_are_hatched(portfolio):
    ax = charts.breakage_waterfall(portfolio)
    hatched = {one.get_label().replace("\n", " ") for one in ax.containers if one[0].get_hatch()}
    assert "Pack 10" in hatched
    assert not hatched & {"paid for", "used"}
