"""A share and a day read the same wherever a person meets them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import matplotlib
import nbformat
import pytest
from hand_made import HandMade, iso

matplotlib.use("Agg")

from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from matplotlib import pyplot

from entitlement_sim import Run, charts
from entitlement_sim.commands.demo import summary_rows
from entitlement_sim.reports import first, say, table
from entitlement_sim.reports.chapters import chapter
from entitlement_sim.reports.page import page
from entitlement_sim.store.explain import explain
from entitlement_sim.store.summary import Ratio, summarise
from entitlement_sim.telling import day, percent, share_of

#: One of eight cases, and the day on which the entitlement began.
SHARE, SHARE_OF, DAY = "12.5%", "12.5% (1 of 8)", "2 Jan 2024"


@pytest.fixture
def run() -> Iterator[Run]:
    """Eight cases, of which the first is blocked, on an entitlement that began on 2 January."""
    made = HandMade(days=60)
    pack = made.holds(1, 30)
    made.refuses(pack, made.case(2, outcome="turned_away"))
    for place in range(3, 10):
        made.moves(pack, place, -1, case=made.case(place, entitlement=pack))
    with made.run() as run:
        yield run
    pyplot.close("all")


def test_in_a_chart(run: Run) -> None:
    blocked = charts.blocked_demand(run)
    assert blocked.get_title(loc="left").startswith(f"{SHARE} of the cases")
    assert SHARE_OF in charts.alt_text(blocked)
    assert f"Its term is {DAY} to " in charts.alt_text(charts.entitlement_life(run, 1))


def test_in_the_terminal(run: Run) -> None:
    assert str(Ratio(1, 8)) == SHARE_OF
    assert ("  turned away", "1", SHARE) in summary_rows(summarise(run))
    assert f", {DAY} to " in str(explain(run, 1))


def notebook_text(run: Run) -> str:
    """A sentence and a table of a notebook, in Markdown and as text."""
    cases = first(
        run.sql(
            "SELECT count(*) AS n, count(*) FILTER (outcome = 'turned_away') AS away FROM cases"
        )
    )
    start = first(run.sql("SELECT start_date FROM entitlements")).start_date
    InteractiveShell.instance()
    with capture_output() as shown:
        say(f"{share_of(cases.away, cases.n)} on {day(start)}")
    InteractiveShell.clear_instance()
    return str(shown.outputs[0].data["text/markdown"])


def test_in_a_sentence_and_a_table_of_a_notebook(run: Run) -> None:
    assert notebook_text(run) == f"{SHARE_OF} on {DAY}"
    shares = run.sql("SELECT 'turned away' AS what, 1 / 8 AS share")
    assert table(shares, "Cases", formats={"share": percent}).rows == [["turned away", SHARE]]


def test_on_a_page(run: Run) -> None:
    output = nbformat.v4.new_output("display_data", data={"text/markdown": notebook_text(run)})
    cell = nbformat.v4.new_code_cell("say()", id="a", outputs=[output])
    notebook = nbformat.v4.new_notebook(cells=[cell])
    manifest = replace(run.manifest, start_date=date.fromisoformat(iso(1)))
    html = page([chapter(notebook, "own", prefix="p", shift=0)], ["own"], [(run.name, manifest)])
    assert f"{SHARE_OF} on {DAY}" in html
    assert f"simulated, {DAY} to " in html
