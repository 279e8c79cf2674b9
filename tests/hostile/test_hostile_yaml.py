"""YAML that is meant to break what reads it: refused in words with a place, within a moment."""

import os
import sys
import time
from pathlib import Path

import pytest
from yaml_fuzzer import Figures, fuzz

from entitlement_sim import DocumentError, Scenario
from entitlement_sim.cli import answer
from entitlement_sim.documents import MOST_VALUES, _read, _read_quickly, parse_document
from entitlement_sim.scenario.shipped import shipped_scenarios

TOO_MANY = (
    "comes to more than a million values, counting what aliases stand for; "
    "use fewer aliases, or several files"
)


def levels(first: str, level: str, count: int = 10) -> str:
    """Anchors of which each stands for ten of the one before."""
    lines = [f"a0: &a0 {first}"]
    lines += [f"a{n}: &a{n} {level.replace('?', f'*a{n - 1}')}" for n in range(1, count)]
    return "\n".join(lines)


TEN = ", ".join(["?"] * 10)
NAMED = ", ".join(f"k{n}: ?" for n in range(10))
LONG = "x" * 10_000_000

BOMBS = {
    "lists in lists": (levels("[x, x]", f"[{TEN}]"), "7:25"),
    "mappings in mappings": (levels("{x: 1}", f"{{{NAMED}}}"), "7:32"),
    "merges of merges": (levels("{x: 1}", f"{{<<: [{TEN}]}}"), "7:30"),
    "one long list often": (f"a: &a [{'x,' * 3000}x]\nb: [{'*a,' * 3000}*a]", "2:1004"),
    "one long text often": (f"a: &a '{LONG}'\nb: [{'*a,' * 3000}*a]", "2:32"),
}


def refusal_of(text: str) -> str:
    with pytest.raises(DocumentError) as caught:
        parse_document(text, "bomb.yaml")
    return str(caught.value)


@pytest.mark.parametrize("name", BOMBS)
def test_aliases_that_stand_for_more_than_a_million_values_are_refused(name: str) -> None:
    text, place = BOMBS[name]
    assert refusal_of(text) == f"bomb.yaml:{place}: {TOO_MANY}"


def test_a_bomb_is_refused_within_a_second() -> None:
    begun = time.process_time()
    refusal_of(BOMBS["lists in lists"][0])
    assert time.process_time() - begun < 1


def test_aliases_that_stand_for_fewer_values_are_read() -> None:
    text = levels("[x, x]", f"[{TEN}]", 4)
    assert len(parse_document(text).data["a3"]) == 10
    assert MOST_VALUES == 1_000_000


def test_a_bomb_in_an_override_is_refused() -> None:
    text = f"bursts=[{BOMBS['lists in lists'][0]}]".replace("\n", ", ")
    with pytest.raises(DocumentError, match="comes to more than a million values"):
        Scenario.load("demo", [text])


def test_a_bomb_as_a_story_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = tmp_path / "bomb.yaml"
    place.write_text(BOMBS["lists in lists"][0])
    assert answer(["story", str(place)]) == 2
    assert capsys.readouterr().err == f"{place}:7:25: {TOO_MANY}\n"


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("a: &a [*a]", "1:8: '*a' stands within its own anchor; write out what it means"),
        ("a: &a {b: *a}", "1:11: '*a' stands within its own anchor; write out what it means"),
        ("a: &a {<<: *a}", "1:12: '*a' stands within its own anchor; write out what it means"),
        ('a: "\\U00110000"', "1:7: is not YAML: chr() arg not in range(0x110000)"),
    ],
)
def test_what_stands_for_nothing_is_refused(text: str, refusal: str) -> None:
    assert refusal_of(text) == f"bomb.yaml:{refusal}"


@pytest.mark.parametrize("text", ["[" * 100_000, "{a: " * 100_000, "- " * 100_000, "? " * 9999])
def test_deep_nesting_is_refused(text: str) -> None:
    assert refusal_of(text).endswith(
        "is nested too deeply; no scenario or story has so many levels"
    )


@pytest.mark.parametrize("number", ["9" * 1_000_000, "9_" * 50_000 + "9"])
def test_a_huge_number_is_refused_in_a_line_that_can_be_read(number: str) -> None:
    refusal = refusal_of(f"a: {number}")
    assert refusal.startswith(f"bomb.yaml:1:4: a: '{number[:57]}...' cannot be understood: ")
    assert len(refusal) < 300


@pytest.mark.skipif(sys.platform == "win32", reason="has no such files")
@pytest.mark.parametrize("command", ["check", "story", "run"])
def test_what_is_no_regular_file_is_refused(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    for place in (fifo, Path("/dev/zero"), Path("/dev/null")):
        assert answer([command, str(place)]) == 2
        assert capsys.readouterr().err == f"{place}:1:1: is no file that can be read\n"


def test_a_file_of_a_gigabyte_is_refused_unread(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "large.yaml"
    with place.open("wb") as file:
        file.truncate(10**9)
    assert answer(["check", str(place)]) == 2
    words = "has more than 50 MB, which is too much for one file"
    assert capsys.readouterr().err == f"{place}:1:1: {words}\n"


# ---------------------------------------------------------------------------- mutations


def check(figures: Figures) -> None:
    assert figures.faults == []
    kinds = {"check 0", "check refused", "check --set refused", "run 0", "story 0", "story refused"}
    assert kinds <= set(figures.answers)


def test_mutated_scenarios_stories_and_overrides_are_answered_in_words(tmp_path: Path) -> None:
    figures = fuzz(500, seed=1, folder=tmp_path)
    print(figures)
    check(figures)


@pytest.mark.parametrize("name", shipped_scenarios())
def test_both_readers_read_the_same_values_at_the_same_places(name: str) -> None:
    text = Path(shipped_scenarios()[name]).read_text(encoding="utf-8")
    quick, plain = _read_quickly(text, name), _read(text, name)
    assert quick is not None
    assert repr(quick.data) == repr(plain.data)
    assert (quick.keys, quick.values) == (plain.keys, plain.values)


@pytest.mark.parametrize(
    "text",
    ["a:\t1", "a: \ufeff1", "{a: x? y}", "|# a\n", "a: {b: }", "a: 1\na: 2", "a: ["],
    ids=["tab", "mark", "question", "block", "nothing", "twice", "broken"],
)
def test_what_readers_may_tell_otherwise_is_left_to_the_one_that_words_are_known_of(
    text: str,
) -> None:
    assert _read_quickly(text, "text") is None


@pytest.mark.soak
def test_an_hour_of_mutations(tmp_path: Path) -> None:
    figures = fuzz(10**9, seed=time.time_ns(), folder=tmp_path, seconds=3600)
    print(figures)
    check(figures)
