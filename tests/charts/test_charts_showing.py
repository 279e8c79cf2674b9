"""Charts in a notebook: pictures with alternative text, always the same bytes."""

import base64
import html
import io
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
    {
        "is_stable": [True],
        "pacing": [1.5],
        "utilisation": [0.5],
        "template": ["pack"],
        "segment": ["small"],
    }
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


@pytest.mark.parametrize("kind", ["svg", "png"])
def test_a_picture_is_drawn_once_and_is_what_matplotlib_writes(kind):
    figure = charts.pacing(PACES).figure
    written = io.BytesIO()
    with charts.style():
        figure.savefig(
            written, format=kind, dpi=160, metadata={"Date" if kind == "svg" else "Software": None}
        )
    drawn = []
    figure.canvas.mpl_connect("draw_event", drawn.append)
    _, data, _ = picture(charts.image(figure, format=kind))
    assert len(drawn) == 1
    assert data == written.getvalue()
    assert figure.get_layout_engine() is not None


def test_an_image_of_a_chart_alone_comes_with_one_for_narrow_screens(portfolio):
    markup = charts.image(charts.expiry_wall(portfolio))
    found = re.match(
        r'<picture><source media="\(max-width: 560px\)" '
        r'srcset="data:image/svg\+xml;base64,([^"]+)" width="(\d+)">',
        markup,
    )
    narrow = ElementTree.fromstring(base64.b64decode(found[1]))
    assert int(found[2]) == 374
    assert narrow.get("width") == f"{3.9 * 72:.1f}pt".replace(".0pt", "pt")
    assert pyplot.get_fignums() == [1]


def test_a_chart_is_asked_for_once_and_drawn_twice(portfolio, monkeypatch):
    ax = charts.burn_down(portfolio)
    monkeypatch.setattr(portfolio, "sql", None)
    assert charts.image(ax).startswith("<picture>")


def test_letters_of_a_narrow_picture_are_as_large_as_of_a_page(portfolio):
    with charts.style(narrow=True):
        ax = charts.pacing(portfolio)
    assert ax.figure.get_figwidth() == 3.9
    ax.figure.draw_without_rendering()
    sizes = {text.get_fontsize() for text in (*ax.texts, *ax.get_xticklabels(), ax.xaxis.label)}
    assert min(sizes) >= 8.5


def test_one_picture_is_enough_where_only_the_wide_one_is_asked_for(portfolio):
    assert charts.image(charts.expiry_wall(portfolio), responsive=False).startswith("<img ")


def test_a_chart_on_given_axes_has_no_narrow_picture(portfolio):
    ax = charts.pacing(portfolio, ax=Figure(figsize=(5, 4)).add_subplot())
    assert charts.image(ax).startswith("<img ")


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
