"""The command that fits a scenario to a run."""

from pathlib import Path

import pytest

from entitlement_sim import Scenario


def test_what_is_written_is_a_scenario_that_is_checked_and_run(say, folder: Path) -> None:
    said = say("fit", "small", "--out", "mine.yaml", "--page", "mine.html")
    assert said.status == 0
    assert said.out.splitlines()[0].startswith("mine.yaml: ")
    assert (folder / "mine.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert say("check", "mine.yaml").status == 0
    assert Scenario.load(folder / "mine.yaml").name == "small-fitted"
    assert say("run", "mine.yaml", "--set", "calendar.days=30").status == 0


def test_without_a_file_the_scenario_is_printed(say) -> None:
    said = say("fit", "small")
    assert said.status == 0
    assert Scenario.parse(said.out).name == "small-fitted"


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--without", "cases.orign"], "did you mean 'cases.origin'?"),
        (["--identify", "--out", "mine.yaml"], "--identify is another answer; ask it alone"),
        (["--page", "mine.txt"], "mine.txt is no name of a page; let it end in .html"),
    ],
)
def test_what_cannot_be_asked_is_told_in_a_line(say, options: list[str], why: str) -> None:
    said = say("fit", "small", *options)
    assert said.status == 2
    assert why in said.errors
    assert "Traceback" not in said.errors
