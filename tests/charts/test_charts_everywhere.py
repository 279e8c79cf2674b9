"""What holds for every chart: on any run, on given axes, from a frame."""

import inspect
import warnings
from functools import cache
from typing import NamedTuple

import matplotlib
import pandas as pd
import pytest
from chart_sources import CHARTS, WITH_LIMITS
from chart_texts import without_limits
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from entitlement_sim import Scenario, charts, simulate


def draw(name, source, **more):
    return getattr(charts, name)(source, **more)


class Session(NamedTuple):
    """What a chart may not leave otherwise than it was."""

    style: dict
    backend: str
    is_interactive: bool
    filters: list
    rows: int

    @classmethod
    def now(cls):
        return cls(
            dict(matplotlib.rcParams),
            matplotlib.get_backend(),
            matplotlib.is_interactive(),
            warnings.filters[:],
            pd.get_option("display.max_rows"),
        )


class Alone(NamedTuple):
    """A chart that was drawn without axes, and what became of the session."""

    ax: Axes
    is_pyplots: bool
    before: Session
    after: Session


class Given(NamedTuple):
    """A chart that was drawn on axes and written as an image beside a figure of somebody's own."""

    ax: Axes
    given: Axes
    own: Figure
    figures: list
    current: Figure
    before: Session
    after: Session


@pytest.fixture(scope="module")
def alone(portfolio):
    """Each chart of the portfolio, drawn once for all tests that only look at it."""

    @cache
    def alone(chart, **more):
        before = Session.now()
        ax = draw(chart, portfolio, **more)
        is_pyplots = pyplot.fignum_exists(ax.figure.number)
        after = Session.now()
        ax.figure.canvas.draw()
        return Alone(ax, is_pyplots, before, after)

    return alone


@pytest.fixture(scope="module")
def drawn(alone):
    return lambda chart, **more: alone(chart, **more).ax


@pytest.fixture(scope="module")
def on_given_axes(portfolio):
    """Each chart of the portfolio on axes that it was given, drawn once, too."""

    @cache
    def on_given_axes(chart):
        pyplot.close("all")
        own = pyplot.figure()
        before = Session.now()
        given = Figure(figsize=(5, 4), layout="constrained").add_subplot()
        ax = draw(chart, portfolio, ax=given)
        charts.image(given)
        found = pyplot.get_fignums(), pyplot.gcf()
        return Given(ax, given, own, *found, before, Session.now())

    return on_given_axes


@pytest.fixture(scope="module")
def of_small(tiny, empty):
    """Each chart of small runs, drawn once as well."""
    runs = {"tiny": tiny, "empty": empty}
    return cache(lambda chart, run: draw(chart, runs[run]))


def test_every_chart_is_tested_here():
    others = {"alt_text", "gallery", "Gallery", "image", "show", "style", "STYLE"}
    others |= {"entitlement_life", "scorecard"}
    others |= {"ceiling", "rule_impact"}  # of an answer's frame
    # Not of one run: tests of comparisons, sweeps and forecasts draw these.
    of_several = {
        name
        for name in charts.__all__
        if name.startswith(("comparison", "overlaid", "sweep", "forecast"))
    }
    assert set(charts.__all__) == set(CHARTS) | others | of_several


def test_a_chart_says_its_point_with_numbers(chart, drawn):
    ax = drawn(chart)
    title = ax.get_title(loc="left").replace("\n", " ")
    assert any(letter.isdigit() for letter in title)
    assert charts.alt_text(ax).startswith(title)
    assert len(charts.alt_text(ax)) > len(title) + 20


def test_axes_have_their_units(chart, drawn):
    ax = drawn(chart)
    if ax.axison and chart != "expiry_calendar":
        assert ax.get_xlabel() or ax.get_ylabel()


@pytest.mark.parametrize("run", ["tiny", "empty"])
def test_a_small_run_is_drawn_or_told_why_not(chart, run, of_small):
    ax = of_small(chart, run)
    ax.figure.canvas.draw()
    alt = charts.alt_text(ax)
    assert alt.endswith(".")
    assert ax.get_title(loc="left")
    assert "nan" not in alt.lower().split()


def test_an_empty_run_says_why_there_is_nothing(chart, of_small):
    ax = of_small(chart, "empty")
    [text] = [one.get_text() for one in ax.texts]
    assert text.startswith("Nothing to show\n")
    assert "Nothing to show: " in charts.alt_text(ax)


def test_without_axes_a_new_figure_is_pyplots(chart, alone):
    assert alone(chart).is_pyplots


def test_given_axes_are_used_and_pyplot_is_left_alone(chart, on_given_axes):
    told = on_given_axes(chart)
    assert told.ax is told.given
    assert told.figures == [told.own.number]
    assert told.current is told.own


def test_the_session_and_its_style_are_left_as_they_were(chart, alone, on_given_axes):
    for told in (alone(chart), on_given_axes(chart)):
        assert told.after == told.before


def test_a_session_that_is_interactive_stays_so(portfolio):
    pyplot.ion()
    try:
        draw("pacing", portfolio)
        assert matplotlib.is_interactive()
    finally:
        pyplot.ioff()


def test_a_frame_of_the_view_gives_the_same_chart(chart, portfolio, monkeypatch):
    monkeypatch.setattr(portfolio, "currency", None)  # a frame names none
    if chart == "lifecycle_flow":  # a frame has no first day: all of its transitions are arrows
        portfolio = simulate(Scenario.load("warranty", {"history": None}), seed=1)
    frame = portfolio.table(CHARTS[chart])
    texts = [charts.alt_text(draw(chart, source)) for source in (frame, portfolio)]
    if chart in WITH_LIMITS:
        texts = [without_limits(text) for text in texts]
    assert texts[0] == texts[1]


def test_an_empty_frame_says_why_there_is_nothing(chart, portfolio):
    frame = portfolio.table(CHARTS[chart]).head(0).astype(object)
    assert "Nothing to show: " in charts.alt_text(draw(chart, frame))


def test_a_frame_without_the_columns_is_named(chart, portfolio):
    frame = portfolio.table(CHARTS[chart]).iloc[:, :0]
    with pytest.raises(ValueError, match=f"columns of the view {CHARTS[chart]}"):
        draw(chart, frame)


def test_neither_run_nor_frame_is_refused(chart):
    with pytest.raises(TypeError, match="from a run or a DataFrame, not list"):
        draw(chart, [])
    assert pyplot.get_fignums() == []


def test_an_unknown_template_or_segment_is_refused_with_the_nearest(chart, portfolio):
    choices = inspect.signature(getattr(charts, chart)).parameters
    for column, wrong, near in (("template", "Pak 10", "Pack 10"), ("segment", "smal", "small")):
        if column in choices:
            with pytest.raises(ValueError, match=f"unknown {column} '{wrong}'.*'{near}'"):
                draw(chart, portfolio, **{column: wrong})
    assert pyplot.get_fignums() == []


def test_a_known_template_without_rows_says_so(chart, empty):
    if "template" in inspect.signature(getattr(charts, chart)).parameters:
        assert "Nothing to show" in charts.alt_text(draw(chart, empty, template="Pack 10"))


@pytest.mark.parametrize("template", ["Pack 10", "Hours 150"])
def test_a_template_alone_gives_another_chart(chart, drawn, template):
    if "template" in inspect.signature(getattr(charts, chart)).parameters:
        alone = drawn(chart, template=template)
        other = "Pack 30" if template == "Pack 10" else "Pack 10"
        assert charts.alt_text(alone) != charts.alt_text(drawn(chart, template=other))


def letters(ax):
    """All texts of the axes that are drawn: ticks beyond the limits are not."""
    yield from (one for one in [*ax.texts, ax._left_title] if one.get_visible())
    for axis in (ax.xaxis, ax.yaxis) if ax.axison else ():
        yield axis.label
        low, high = sorted(axis.get_view_interval())
        labels = axis.get_ticklabels()  # none where a panel beneath has them
        for place, label in zip(axis.get_ticklocs() if labels else [], labels, strict=True):
            if low <= place <= high:
                yield label


@pytest.mark.parametrize("template", [None, "Hours 150"])
def test_no_letters_are_cut_off(chart, drawn, template):
    alone = template and "template" in inspect.signature(getattr(charts, chart)).parameters
    ax = drawn(chart, **({"template": template} if alone else {}))
    page = ax.figure.bbox.padded(1.0)
    for text in (text for panel in ax.figure.axes for text in letters(panel)):
        if text.get_text():
            box = text.get_window_extent()
            assert page.contains(box.x0, box.y0), text
            assert page.contains(box.x1, box.y1), text


def test_the_title_does_not_touch_the_line_below(chart, drawn):
    ax = drawn(chart)
    [below] = [one for one in ax.texts if not one.get_in_layout()]
    assert below.get_window_extent().y1 <= ax._left_title.get_window_extent().y0 + 2


def test_help_names_the_source_and_every_parameter(chart):
    function = getattr(charts, chart)
    text = inspect.getdoc(function)
    parameters = text.partition("\nParameters\n")[2].partition("\nRaises\n")[0]
    assert f" ``{CHARTS[chart]}``." in parameters
    for name in inspect.signature(function).parameters:
        assert f"\n{name} : " in parameters
    choices = {"template", "segment", "basis"} & set(inspect.signature(function).parameters)
    raised = text.partition("\nRaises\n")[2]
    assert "The frame lacks columns" in raised
    assert all(name in raised for name in choices)


def test_a_chart_returns_axes(chart, drawn):
    assert isinstance(drawn(chart), Axes)
