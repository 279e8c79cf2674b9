"""What the charts of revenue and of what is owed draw, against the views."""

import numpy as np
import pytest

from entitlement_sim import charts
from entitlement_sim.charts.revenue import METHODS


@pytest.mark.parametrize("method", METHODS)
def test_each_method_has_its_revenue_to_date_and_beneath_it_what_is_owed(portfolio, method):
    ax = charts.revenue_by_month(portfolio)
    [panel] = [axes for axes in ax.figure.axes if axes is not ax]
    revenue = portfolio.table("breakage_revenue").groupby("month")[method].sum()
    view = portfolio.table("contract_liability").query("method == @method")
    owed = view.groupby("month")["closing"].sum()
    for axes, expected in ((ax, revenue.cumsum()), (panel, owed)):
        [line] = [each for each in axes.lines if each.get_label() == METHODS[method]]
        assert np.allclose(line.get_ydata(), expected.astype(float))


def test_amounts_have_the_currency_of_the_run(portfolio):
    ax = charts.revenue_by_month(portfolio)
    assert ax.get_ylabel() == "revenue to date, EUR"
    assert "has recognised EUR " in ax.get_title(loc="left").replace("\n", " ")


def test_revenue_to_date_is_told(portfolio):
    view = portfolio.table("breakage_revenue").query("template == 'Pack 30'")
    alt = charts.alt_text(charts.revenue_by_month(portfolio, template="Pack 30"))
    to_date = view["proportional_by_contract"].sum() / 1000
    assert f"proportional by contract EUR {to_date:.0f}k" in alt


@pytest.mark.parametrize("method", METHODS)
def test_what_is_owed_is_a_line_and_what_moves_it_are_bars(portfolio, method):
    view = portfolio.table("contract_liability").query("method == @method")
    months = view.groupby("month")[["billed", "revenue", "closing"]].sum().astype(float)
    ax = charts.contract_liability(portfolio, method=method)
    assert np.allclose(ax.lines[0].get_ydata(), months["closing"])
    above, below = ([bar.get_height() for bar in bars] for bars in ax.containers[:2])
    taken_back = months["revenue"].clip(upper=0)
    assert np.allclose(above, months["billed"] - taken_back)
    assert np.allclose(below, taken_back - months["revenue"])


@pytest.mark.parametrize("method", METHODS)
def test_what_remains_is_drawn_by_month(portfolio, method):
    view = portfolio.table("remaining_obligation").query(
        "method == @method and template == 'Premier'"
    )
    ax = charts.remaining_obligation(portfolio, method=method, template="Premier")
    total = sum(bar.get_height() for bars in ax.containers for bar in bars)
    assert total == pytest.approx(float(view["amount"].sum()))
    soon = sum(bar.get_height() for bar in ax.containers[0])
    assert soon == pytest.approx(float(view["amount"][view["is_within_a_year"]].sum()))


@pytest.mark.parametrize("chart", ["contract_liability", "remaining_obligation"])
def test_an_unknown_method_is_refused_with_those_there_are(portfolio, chart):
    with pytest.raises(ValueError, match=r"method 'straight'.*stand_ready"):
        getattr(charts, chart)(portfolio, method="straight")
