"""Charts in a notebook: pictures with alternative text, always the same bytes."""

import base64
import html
import re
import xml.etree.ElementTree as ElementTree

import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from matplotlib import pyplot
from matplotlib.figure import Figure

from entitlement_sim import charts

#: A frame of the view pacing, for charts of which only the showing counts.
PACES = pd.DataFrame(
    {"is_stable": [True], "pacing": [1.5], "template": ["pack"], "segment": ["small"]}
)


def picture(markup):
    """The type, the bytes and the alternative text of an ``<img>``."""
    found = re.fullmatch(
        r'(?:<picture>.*)?<img alt="([^"]*)" src="data:([^;]+);base64,([^"]+)" width="(\d+)" '
        r'style="[^"]+">(?:</picture>)?',
        markup,
    )
    return found[2], base64.b64decode(found[3]), html.unescape(found[1])


def test_an_image_holds_the_picture_and_its_text(portfolio):
    ax = charts.expiry_wall(portfolio)
    kind, data, alt = picture(charts.image(ax))
    assert kind == "image/svg+xml"
    assert ElementTree.fromstring(data).tag.endswith("svg")
    assert alt == charts.alt_text(ax)


def test_an_image_may_be_a_png(portfolio):
    kind, data, _ = picture(charts.image(charts.expiry_wall(portfolio), format="png"))
    assert kind == "image/png"
    assert data.startswith(b"\x89PNG")


@pytest.mark.parametrize("format", ["svg", "png"])
@pytest.mark.parametrize("name", ["burn_down", "expiry_calendar", "blocked_demand"])
def test_the_same_chart_gives_the_same_bytes(portfolio, name, format):
    draw = getattr(charts, name)
    first, second = (charts.image(draw(portfolio), format=format) for _ in range(2))
    assert first == second


def test_the_picture_holds_no_date(portfolio):
    _, data, _ = picture(charts.image(charts.pacing(portfolio)))
    assert b"dc:date" not in data


def test_what_is_special_in_html_is_escaped(portfolio):
    frame = portfolio.table("origin_mix").astype({"segment": str})
    frame["segment"] = frame["segment"].replace("small", '"<small>&"')
    markup = charts.image(charts.origin_mix(frame, segment='"<small>&"'))
    assert "<small>" not in markup
    assert '"<small>&"' in picture(markup)[2]


def test_a_figure_of_several_charts_tells_them_all(portfolio):
    figure = Figure(figsize=(12, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    charts.pacing(portfolio, ax=left)
    charts.expiry_wall(portfolio, ax=right)
    assert charts.alt_text(figure) == f"{charts.alt_text(left)} {charts.alt_text(right)}"


def test_a_figure_without_a_chart_has_no_text():
    with pytest.raises(ValueError, match="no chart"):
        charts.alt_text(Figure().add_subplot())


def test_show_displays_the_image_and_closes_the_figure():
    InteractiveShell.instance()
    ax = charts.pacing(PACES)
    with capture_output() as shown:
        charts.show(ax)
    InteractiveShell.clear_instance()
    [output] = shown.outputs
    assert picture(output.data["text/html"])[2] == charts.alt_text(ax)
    assert output.data["text/plain"] == charts.alt_text(ax)
    assert pyplot.get_fignums() == []


def test_outside_a_notebook_show_prints_the_text(capsys):
    ax = charts.pacing(PACES)
    charts.show(ax)
    assert capsys.readouterr().out.strip() == charts.alt_text(ax)


def test_show_leaves_given_axes_alone(capsys):
    ax = Figure().add_subplot()
    charts.show(charts.pacing(PACES, ax=ax))
    assert ax.patches
    assert pyplot.get_fignums() == []
