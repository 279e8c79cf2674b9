"""Which charts there are."""

import inspect

import pytest
from chart_sources import CHARTS
from matplotlib import pyplot
from matplotlib.image import imread

from entitlement_sim import charts


def test_every_chart_is_listed_with_its_source(portfolio):
    listed = charts.gallery(portfolio)
    assert set(listed.index) == set(CHARTS) | {"entitlement_life", "scorecard"}
    assert listed.loc[list(CHARTS), "source"].to_dict() == CHARTS


def test_filters_are_parameters_of_the_chart(portfolio):
    for name, row in charts.gallery(portfolio).iterrows():
        parameters = inspect.signature(getattr(charts, name)).parameters
        assert set(row["filters"].split(", ")) - {""} <= set(parameters)
        assert bool(row["dates"]) == ("since" in parameters)


def test_what_a_chart_shows_is_said_in_words(portfolio):
    shows = charts.gallery(portfolio)["shows"]
    assert shows.str.len().min() > 20
    assert shows["pacing"] == "how fast active entitlements use their terms, compared with even use"


def test_a_part_of_the_gallery_draws_its_own_sheet(portfolio, tmp_path):
    some = charts.gallery(portfolio).loc[["pacing", "entitlement_life", "origin_mix"]]
    some.sheet(tmp_path / "charts.png", columns=2)
    picture = imread(tmp_path / "charts.png")
    assert picture.shape[1] == 2 * 900 + 3 * 36
    assert pyplot.get_fignums() == []


def test_a_sheet_for_narrow_screens_is_of_narrow_charts(portfolio, tmp_path):
    charts.gallery(portfolio).loc[["pacing"]].sheet(tmp_path / "a.png", columns=1, narrow=True)
    assert imread(tmp_path / "a.png").shape[1] == 390 + 2 * 36


def test_an_empty_sheet_is_refused(portfolio, tmp_path):
    with pytest.raises(ValueError, match="at least one chart"):
        charts.gallery(portfolio).head(0).sheet(tmp_path / "none.png")


def test_a_chart_that_is_not_listed_is_refused(portfolio):
    with pytest.raises(KeyError, match="pie"):
        charts.gallery(portfolio).draw("pie")
