"""The page of a designer: it asks nobody, its sliders move the figures, and a phone can read it."""

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import Page, browser, needs_chromium

from entitlement_sim import OfferingDesigner, Scenario, cli
from entitlement_sim.designing.figures import Answer
from entitlement_sim.designing.grid import Grid, answered_grid, axes_of
from entitlement_sim.designing.page import page_of

ASKED = ["total_terms=6,8", "restrict", "price", "hour_costs=50"]


@pytest.fixture(scope="module")
def grid(shared: OfferingDesigner) -> Grid:
    shared.reset()
    return answered_grid(shared, axes_of(shared, ASKED))


@pytest.fixture(scope="module")
def text(shared: OfferingDesigner, grid: Grid) -> str:
    return page_of(shared, grid)


def test_the_base_is_a_stop_of_every_slider(grid: Grid) -> None:
    assert [axis.values for axis in grid.axes] == [
        (6, 8, 10), (False, True), (700, 1100, 1500, 1900, 2300), (50, 84),
    ]  # fmt: skip
    at_rest = grid.answers[grid.rests_at]
    assert isinstance(at_rest, Answer)
    assert at_rest.settings == {}
    assert len(grid.answers) == 3 * 2 * 5 * 2


def test_prices_and_costs_of_a_grid_are_not_simulated(base: Scenario) -> None:
    designer = OfferingDesigner(base, replications=2)
    answered_grid(designer, axes_of(designer, ["price", "hour_costs"]))
    # The base, and a dearer one: two offerings in two replications.
    assert designer.simulated == 4


def test_the_same_grid_gives_the_same_page(shared: OfferingDesigner, grid: Grid, text: str) -> None:
    assert page_of(shared, grid) == text


def test_the_page_is_small_and_names_nothing_elsewhere(text: str) -> None:
    assert len(text.encode()) < 5_000_000
    assert not re.search(r"\b(src|href|url)\s*[=(]", text)
    assert "default-src 'none'" in text


def test_the_manifest_stands_at_its_foot(shared: OfferingDesigner, text: str) -> None:
    foot = html.unescape(text.partition("<footer>")[2].partition("</footer>")[0])
    assert shared.base.hash in foot
    for told in ("60: 3 of total_terms by 2 of restrict by 5 of price by 2 of hour_costs",
                 "A business with packs and hours", "95.0% each by itself"):  # fmt: skip
        assert told in foot


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (["terms"], "unknown control 'terms'"),
        (["price=a"], "is a number, not 'a'"),
        (["price=-1"], "must lie between 0 and"),
        (["restrict=perhaps"], "is true or false, not 'perhaps'"),
        (["price", "price=1"], "is named twice"),
        ([f"price={','.join(map(str, range(3000)))}"], "2,000 are the most for a page"),
    ],
)
def test_wrong_controls_are_refused_in_words(
    shared: OfferingDesigner, asked: list[str], message: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        axes_of(shared, asked)


def test_a_setting_that_does_not_go_together_is_said_on_the_page(
    designer: OfferingDesigner,
) -> None:
    grid = answered_grid(designer, axes_of(designer, ["channels.phone=2.5,4", "price=1500"]))
    assert [type(answer) for answer in grid.answers].count(str) == 1
    assert "This does not go together: " in page_of(designer, grid)


def test_the_command_writes_the_page(
    base: Scenario, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scenario, page = tmp_path / "base.yaml", tmp_path / "out.html"
    scenario.write_text(base.text, encoding="utf-8")
    asked = ["--control", "price", "--replications", "2"]
    assert cli.answer(["design", str(scenario), "--html", str(page), *asked]) == 0
    assert capsys.readouterr().out == f"{page}\n"
    assert "Design Pack" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--html", "out.txt"], "out.txt is no name of a page; let it end in .html"),
        (["--html", "out.html", "--template", "Pak"], "did you mean 'Pack'?"),
        (["--html", "out.html", "--control", "prize"], "did you mean 'price'?"),
    ],
)
def test_the_command_says_what_is_wrong_in_a_line(
    base: Scenario,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("base.yaml").write_text(base.text, encoding="utf-8")
    assert cli.answer(["design", "base.yaml", *arguments]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert message in line
    assert [file.name for file in tmp_path.iterdir()] == ["base.yaml"]


# ---------------------------------------------------------------------------- in a browser


@pytest.fixture(scope="module")
def page(text: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    folder = tmp_path_factory.mktemp("design")
    (folder / "out.html").write_text(text, encoding="utf-8")
    with browser(folder / "profile") as opened:
        page = opened()
        page.open((folder / "out.html").as_uri())
        yield page


def figures_on(page: Page) -> dict[str, list[str]]:
    """The cells of each row by its name."""
    rows: list[list[str]] = json.loads(
        page.ask(
            "JSON.stringify([...document.querySelectorAll('#rows tr')].map(row =>"
            "[...row.children].map(cell => cell.innerText.trim())))"
        )
    )
    return {name: cells for name, *cells in rows}


def at_rest(page: Page) -> None:
    page.ask("document.getElementById('rest').click()")


@needs_chromium
def test_at_rest_every_difference_on_the_page_is_zero(page: Page) -> None:
    at_rest(page)
    rows = figures_on(page)
    assert len(rows) > 10
    assert {cells[2] for cells in rows.values()} == {"0"}
    assert page.ask("document.getElementById('settings').textContent") == "nothing: as today"


@needs_chromium
def test_a_key_on_a_slider_moves_the_figures_to_those_of_the_grid(page: Page, grid: Grid) -> None:
    at_rest(page)
    page.ask("document.getElementById('control-0').focus()")
    page.press("ArrowLeft")
    answer = next(
        one
        for one in grid.answers
        if isinstance(one, Answer) and one.settings == {'templates."Pack".total_terms': 8}
    )
    written: dict[str, Any] = {}
    for figure in answer.shown:
        name, today, designed, difference, between = figure.written(answer.currency)
        last = f"{difference.strip()}\n{between}" if between else difference.strip()
        written[name] = [today, designed, last]
    assert figures_on(page) == written
    assert page.ask("document.getElementById('value-0').textContent") == "8"
    assert page.ask("document.activeElement.getAttribute('aria-valuetext')") == "8"
    assert page.ask("document.getElementById('settings').textContent") == (
        'templates."Pack".total_terms=8'
    )


@needs_chromium
def test_every_slider_snaps_to_its_stops_and_goes_back(page: Page, grid: Grid) -> None:
    at_rest(page)
    for place, axis in enumerate(grid.axes):
        page.ask(f"document.getElementById('control-{place}').focus()")
        page.press("Home")
        page.press("ArrowRight", times=len(axis.values) + 2)
        assert page.ask("Number(document.activeElement.value)") == len(axis.values) - 1
    at_rest(page)
    assert {cells[2] for cells in figures_on(page).values()} == {"0"}


@needs_chromium
def test_the_page_asks_nobody_and_fails_nowhere(page: Page) -> None:
    assert [address for address in page.requests if not address.startswith("file:")] == []
    assert page.errors == []


@needs_chromium
def test_every_slider_has_a_name_and_says_what_it_means(page: Page) -> None:
    unnamed = page.ask(
        "[...document.querySelectorAll('input')].filter(input => !input.labels.length ||"
        "!document.getElementById(input.getAttribute('aria-describedby'))?.textContent).length"
    )
    assert unnamed == 0


@needs_chromium
def test_a_phone_shows_it_without_scrolling_sideways(page: Page, grid: Grid) -> None:
    page.width(390)
    widest = []
    for place, axis in enumerate(grid.axes):
        for stop in range(len(axis.values)):
            page.ask(
                f"(() => {{ const input = document.getElementById('control-{place}');"
                f"input.value = {stop}; input.dispatchEvent(new Event('input')); }})()"
            )
            widest.append(page.ask("document.documentElement.scrollWidth"))
    page.width(1200)
    assert max(widest) <= 390
