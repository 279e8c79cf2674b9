"""Every chart of runs in which hardly anything happens, or everything in the same way."""

import inspect
import re

import pytest
from chart_sources import CHARTS
from matplotlib import pyplot
from matplotlib.text import Text
from parts import every
from tiny_runs import FOREIGN, IMPORTED, MARKUP, TINY
from words import check_words

from entitlement_sim import charts, open_run

#: Those of the ordinary suite, of which each chart meets one and its neighbours the others: the
#: least, or the same for all. Nothing, which every chart meets, is below.
FEW = ("one case", "everybody renews", "all refused", "one day")
MET = [(chart, FEW[place % len(FEW)]) for place, chart in enumerate(CHARTS)]
MET += [(chart, IMPORTED) for chart in [*CHARTS][::6]]


def texts_of(figure) -> list[str]:
    """All texts of a figure that has been drawn, as its image draws it."""
    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


def check_chart(chart, place) -> None:
    with open_run(place) as run:
        ax = getattr(charts, chart)(run)
        markup = charts.image(ax)
        assert markup.startswith("<picture>")
        alt = charts.alt_text(ax)
        check_words("\n".join([alt, *texts_of(ax.figure)]))
        assert not re.search(r"\b1 (cases|days|months|entitlements|customers)\b", alt), alt


@pytest.mark.parametrize(("chart", "name"), MET)
def test_a_chart_says_what_there_is(chart, name, tiny):
    check_chart(chart, tiny(name))


@pytest.mark.soak
@pytest.mark.parametrize(
    ("chart", "name"),
    [(chart, name) for chart in CHARTS for name in (*TINY, IMPORTED) if (chart, name) not in MET],
)
def test_a_chart_says_what_there_is_in_any_run(chart, name, tiny):
    check_chart(chart, tiny(name))


@pytest.mark.soak
@pytest.mark.parametrize("name", TINY)
def test_the_life_of_every_entitlement_can_be_drawn(name, tiny):
    with open_run(tiny(name)) as run:
        for number in run.table("entitlements")["entitlement_id"]:
            ax = charts.entitlement_life(run, int(number))
            charts.image(ax)
            check_words("\n".join([charts.alt_text(ax), *texts_of(ax.figure)]))
            pyplot.close(ax.figure)


@pytest.mark.parametrize("chart", CHARTS)
def test_nobody_s_run_has_nothing_to_show_and_takes_little_room_for_it(chart, tiny):
    with open_run(tiny("nobody")) as run:
        ax = getattr(charts, chart)(run)
        assert "Nothing to show: " in charts.alt_text(ax)
        assert ax.figure.get_figheight() == 1.7


def test_axes_of_somebody_keep_their_room_where_there_is_nothing_to_show(tiny):
    figure = pyplot.figure(figsize=(8, 5))
    with open_run(tiny("nobody")) as run:
        charts.burn_down(run, ax=figure.add_subplot())
    assert figure.get_figheight() == 5


NAMED = {
    "breakage_waterfall": ("pack", "hours"),
    "burn_down": ("pack",),
    "exhaustion_curve": ("pack", "hours"),
    "sla_compliance": ("sla",),
}


@pytest.mark.parametrize("names", [FOREIGN, MARKUP], ids=["foreign", "markup"])
@pytest.mark.parametrize("chart", NAMED)
def test_names_are_drawn_letter_by_letter(chart, names, tiny):
    with open_run(tiny("everybody renews", names)) as run:
        ax = getattr(charts, chart)(run)
        charts.image(ax)
        shown = " ".join(" ".join(texts_of(ax.figure)).split())
        for kind in NAMED[chart]:
            assert names[kind] in charts.alt_text(ax)
            assert names[kind] in shown


SETS_OF_NAMES = [pytest.param(FOREIGN, marks=pytest.mark.soak, id="foreign")]
SETS_OF_NAMES += [pytest.param(MARKUP, id="markup")]


@pytest.mark.parametrize("names", SETS_OF_NAMES)
@pytest.mark.parametrize("chart", every(2, CHARTS))
def test_a_chart_of_one_offering_takes_any_name(chart, names, tiny):
    function = getattr(charts, chart)
    with open_run(tiny("everybody renews", names)) as run:
        taken = inspect.signature(function).parameters
        picked = {kind: names[key] for kind, key in (("template", "pack"), ("segment", "segment"))}
        ax = function(run, **{kind: name for kind, name in picked.items() if kind in taken})
        charts.image(ax)
        check_words(charts.alt_text(ax))


def test_a_letter_that_no_font_draws_is_told_in_the_alternative_text(tiny):
    with open_run(tiny("everybody renews", FOREIGN)) as run:
        markup = charts.image(charts.sla_compliance(run))
    assert FOREIGN["sla"] in markup.partition('src="')[0]


def test_a_run_of_one_day_is_drawn_as_a_day(tiny):
    with open_run(tiny("one day")) as run:
        daily = charts.daily_consumption(run)
        query = "SELECT count(*) FROM cases WHERE outcome = 'covered'"
        [(covered,)] = run.connection.sql(query).fetchall()
        assert covered > 1
        assert charts.alt_text(daily).startswith(
            f"{covered} covered cases a day on average. {covered} covered cases on 1 Feb 2024. "
        )
        assert [label.get_text() for label in daily.get_xticklabels()] == ["1 Feb 2024"]


@pytest.mark.parametrize("chart", ["origin_mix", "revenue_by_month"])
def test_a_month_on_its_own_is_named_with_its_year(chart, tiny):
    with open_run(tiny("one day")) as run:
        ax = getattr(charts, chart)(run)
        ax.figure.draw_without_rendering()
        lowest = ax.figure.axes[-1]  # of panels one beneath the other
        assert [label.get_text() for label in lowest.get_xticklabels()] == ["Feb 2024"]


def test_the_calendar_marks_the_end_of_the_run_although_nothing_covers_it(tiny):
    with open_run(tiny("nobody renews")) as run:
        ax = charts.expiry_calendar(run)
    [line] = [line for line in ax.lines if line.get_label() == "end of the run"]
    # 18 August 2024 is a Sunday of the 33rd week.
    assert list(line.get_xdata()) == [33, 33, 32, 32]
