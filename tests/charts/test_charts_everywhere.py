"""What holds for every chart: on any run, on given axes, from a frame."""

import inspect
import warnings
from functools import cache

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


@pytest.fixture(scope="module")
def drawn(portfolio):
    """Each chart of the portfolio, drawn once for all tests that only look at it."""

    @cache
    def drawn(chart, **more):
        ax = draw(chart, portfolio, **more)
        ax.figure.canvas.draw()
        return ax

    return drawn


def test_every_chart_is_tested_here():
    others = {"alt_text", "gallery", "Gallery", "image", "show", "style", "STYLE"}
    others |= {"entitlement_life", "scorecard"}
    others |= {"ceiling", "rule_impact"}  # of an answer's frame
    # Not of one run: tests of comparisons and of sweeps draw these.
    of_several = {
        name for name in charts.__all__ if name.startswith(("comparison", "overlaid", "sweep"))
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
def test_a_small_run_is_drawn_or_told_why_not(chart, run, request):
    ax = draw(chart, request.getfixturevalue(run))
    ax.figure.canvas.draw()
    alt = charts.alt_text(ax)
    assert alt.endswith(".")
    assert ax.get_title(loc="left")
    assert "nan" not in alt.lower().split()


def test_an_empty_run_says_why_there_is_nothing(chart, empty):
    ax = draw(chart, empty)
    [text] = [one.get_text() for one in ax.texts]
    assert text.startswith("Nothing to show\n")
    assert "Nothing to show: " in charts.alt_text(ax)


def test_without_axes_a_new_figure_is_pyplots(chart, portfolio):
    ax = draw(chart, portfolio)
    assert pyplot.fignum_exists(ax.figure.number)


def test_given_axes_are_used_and_pyplot_is_left_alone(chart, portfolio):
    given = Figure(figsize=(5, 4), layout="constrained").add_subplot()
    assert draw(chart, portfolio, ax=given) is given
    given.figure.canvas.draw()
    assert pyplot.get_fignums() == []


def test_the_style_of_the_caller_comes_back(chart, portfolio):
    before = dict(matplotlib.rcParams)
    draw(chart, portfolio)
    assert dict(matplotlib.rcParams) == before


def test_the_session_is_left_as_it_was(chart, portfolio):
    own = pyplot.figure()
    rows = pd.get_option("display.max_rows")
    before = (matplotlib.get_backend(), matplotlib.is_interactive(), warnings.filters[:])
    given = Figure(figsize=(5, 4), layout="constrained").add_subplot()
    draw(chart, portfolio, ax=given)
    charts.image(given)
    assert (matplotlib.get_backend(), matplotlib.is_interactive(), warnings.filters[:]) == before
    assert pd.get_option("display.max_rows") == rows
    assert pyplot.get_fignums() == [own.number]
    assert pyplot.gcf() is own


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
