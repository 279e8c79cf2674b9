"""Every command on tiny runs with names of other scripts: in each encoding, on a terminal, into a
pipe, and where nobody listens.

The ordinary suite gives each command once, and lets every encoding meet every place; ``soak``
tries all combinations.
"""

import itertools
import os
import subprocess

import pytest
from cli_process import PROGRAM, Said, on_terminal
from parts import those_of
from tiny_runs import FOREIGN, TINY, tiny_scenario
from words import check_words

from entitlement_sim.cli import answer

STORY = """
- story: Пакет 🌙 вычерпан до дна \\e[2J
  rules: [T1]
  today: 2026-03-02
  entitlements:
    שעות: {customer: Ελλάς, start: 2026-01-01, end: 2026-12-31, total_terms: 1, state: active}
  steps:
    - create_case: {id: 電子, customer: Ελλάς, entitlement: שעות}
      expect: {שעות: {remaining: 1}}
"""

#: Each command, and what its output names of the run or the file it is given, if anything.
COMMANDS = {
    "help": (["--help"], ""),
    "version": (["--version"], ""),
    "help of a command": (["query", "--help"], ""),
    "demo's scenario": (["scenarios", "demo"], ""),
    "scenarios": (["scenarios"], ""),
    "offerings": (["offerings"], ""),
    "schema": (["schema"], ""),
    "check": (["check", "{place}/scenario.yaml"], ""),
    "a mistake in a scenario": (["check", "{place}/scenario.yaml", "--set", "Ελλάς=1"], "Ελλάς"),
    "run": (["run", "{place}/scenario.yaml", "--out", "{place}/{fresh}"], ""),
    "runs": (["runs", "{run}/.."], ""),
    "verify": (["verify", "{run}"], ""),
    "explain": (["explain", "{run}", "1"], "Пакет"),
    "query": (["query", "{run}", "FROM templates"], "שעות"),
    "query in CSV": (["query", "{run}", "FROM templates", "--csv"], "שעות"),
    "a mistake in a query": (["query", "{run}", "SELECT ё"], "ё"),
    "a run that is not there": (["query", "нет", "SELECT 1"], "нет"),
    "story": (["story", "{place}/story.yaml"], ""),
    "story with its steps": (["story", "--show", "{place}/story.yaml"], "電子"),
    "story in JSON": (["story", "--json", "{place}/story.yaml"], ""),
    "notebooks": (["notebooks", "{place}/{fresh}"], ""),
}
MISTAKES = ("a mistake in a scenario", "a mistake in a query", "a run that is not there")
ENCODINGS = ("utf-8", "cp1252", "ascii")
PLACES = ("terminal", "pipe", "closed", "all closed")
WITHOUT_ENTITLEMENTS = ("nobody", "no contract")
FEW = ("nobody", "one customer", "everybody renews")
#: Those that are asked everything in the ordinary suite: nothing, much, and what has no case.
ASKED = ("nobody", "everybody renews", "no case")

#: The combinations of the ordinary suite: of 21 in a row, each axis takes its next value.
MET = [
    (
        list(COMMANDS)[place % len(COMMANDS)],
        ENCODINGS[place % len(ENCODINGS)],
        PLACES[place % len(PLACES)],
        FEW[place // len(PLACES) % len(FEW)],
    )
    for place in range(len(COMMANDS))
]

_fresh = itertools.count()


@pytest.fixture(scope="session")
def place(tmp_path_factory):
    """A folder with a scenario and a story."""
    folder = tmp_path_factory.mktemp("texts")
    scenario = tiny_scenario("one customer", FOREIGN)
    (folder / "scenario.yaml").write_text(scenario.text, encoding="utf-8")
    (folder / "story.yaml").write_text(STORY.replace(r"\e", ""), encoding="utf-8")
    return folder


def give(arguments, cwd, where, encoding) -> Said:
    """Give a command where it is to print; bytes of a pipe are decoded as they were encoded."""
    environment = {"PYTHONIOENCODING": encoding, "COLUMNS": "200"}
    if where == "terminal":
        return on_terminal(*arguments, cwd=cwd, **environment)
    closing = {"pipe": "", "closed": " >&-", "all closed": " <&- >&- 2>&-"}[where]
    done = subprocess.run(
        ["sh", "-c", f'exec "$0" "$@"{closing}', str(PROGRAM), *arguments],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        check=False,
        timeout=120,
    )
    is_csv = "--csv" in arguments
    return Said(
        done.returncode,
        done.stdout.decode("utf-8" if is_csv else encoding),
        done.stderr.decode(encoding),
    )


def check_command(command, encoding, where, name, tiny, place) -> None:
    words, named = COMMANDS[command]
    values = {"run": tiny(name, FOREIGN), "place": place, "fresh": f"{next(_fresh)}"}
    arguments = [word.format_map(values) for word in words]
    said = give(arguments, place, where, encoding)
    everything = said.out + said.errors
    assert "Traceback" not in everything
    nobody_is_there = command == "explain" and name in WITHOUT_ENTITLEMENTS
    is_mistake = command in MISTAKES or nobody_is_there
    assert said.status == (2 if is_mistake else 0), everything
    if where == "all closed":
        assert everything == ""
    elif is_mistake:
        assert everything.count("\n") == 1
    elif where == "closed":
        assert everything == ""
    else:
        assert said.out.endswith("\n")
    if named and not nobody_is_there and where in ("terminal", "pipe"):
        kept = encoding == "utf-8" or "--csv" in arguments
        spelled = named.encode(encoding, "backslashreplace").decode(encoding, "replace")
        assert (named if kept else spelled) in everything


@pytest.mark.parametrize(("command", "encoding", "where", "name"), MET)
def test_a_command_takes_any_text_anywhere(command, encoding, where, name, tiny, place):
    check_command(command, encoding, where, name, tiny, place)


@pytest.mark.soak
@pytest.mark.parametrize("name", TINY)
@pytest.mark.parametrize("where", PLACES)
@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_takes_any_text_anywhere(command, encoding, where, name, tiny, place):
    check_command(command, encoding, where, name, tiny, place)


@pytest.mark.soak
@pytest.mark.parametrize("where", PLACES)
@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("command", ["report", "compare"])
def test_a_page_is_written_whoever_listens(command, encoding, where, tiny, tmp_path):
    runs = [str(tiny("one customer", FOREIGN)), str(tiny("nobody", FOREIGN))]
    arguments = {
        "report": ["report", runs[0], "--out", "страница.html"],
        "compare": ["compare", *runs, "--page", "страница.html"],
    }[command]
    said = give(arguments, tmp_path, where, encoding)
    assert said.status == 0
    assert (tmp_path / "страница.html").read_text(encoding="utf-8").count("</html>") == 1


@pytest.mark.parametrize("name", those_of(ASKED, TINY))
def test_every_command_that_asks_answers_for_any_run(name, tiny, capsys):
    run = tiny(name)
    assert answer(["runs", str(run.parent)]) == 0
    assert answer(["verify", str(run)]) == 0
    asked = (
        "FROM utilisation_by_template",
        "FROM renewal_rates_by_month",
        "FROM cases",
        "FROM run",
    )
    for sql in asked:
        assert answer(["query", str(run), sql]) == 0
        assert answer(["query", str(run), sql, "--csv"]) == 0
    capsys.readouterr()
    status = answer(["explain", str(run), "1"])
    said = capsys.readouterr()
    if name in WITHOUT_ENTITLEMENTS:
        assert status == 2
        assert said.err.endswith("has no entitlement 1; it has none\n")
    else:
        assert status == 0
        check_words(said.out)
