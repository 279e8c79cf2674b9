"""The command that lets a book go on from its last day."""

from pathlib import Path

import pytest


def test_risks_come_first_and_what_is_not_known_last(say, folder: Path) -> None:
    said = say(
        "forecast", "small", "--until", "2026-03-31", "--replications", "5", "--page", "mine.html"
    )
    assert said.status == 0
    lines = said.out.splitlines()
    assert lines[0].startswith("By risk: ")
    assert any(line.startswith("revenue") for line in lines)
    assert lines[-1] == "mine.html"
    assert lines[-2].startswith("- ")
    assert (folder / "mine.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--until", "2020-01-01"], "does not lie between"),
        (["--until", "soon"], "'soon' is no day"),
        ([], "--until"),
        (["--until", "2026-03-31", "--page", "mine.txt"], "mine.txt is no name of a page"),
    ],
)
def test_what_cannot_be_asked_is_told_in_a_line(say, options: list[str], why: str) -> None:
    said = say("forecast", "small", *options)
    assert said.status == 2
    assert why in said.errors
    assert "Traceback" not in said.errors
