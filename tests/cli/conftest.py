"""A run to ask, and how commands are given within this process."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_process import Said, finish, start
from shared import made_once

from entitlement_sim import Scenario, simulate
from entitlement_sim.cli import answer


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """A folder whose `runs` has one run, `small`: 20 customers with packs, three years."""
    place = tmp_path_factory.mktemp("cli")
    scenario = Scenario.load("reference", ["segments.everyone.customers=20"])
    simulate(scenario, seed=7, out=place / "runs", name="small").close()
    return place


@pytest.fixture
def say(folder, monkeypatch, capsys) -> Callable[..., Said]:
    """Give a command within this process, where `folder` is."""
    monkeypatch.chdir(folder)

    def give(*arguments: str) -> Said:
        status = answer(arguments)
        return Said(status, *capsys.readouterr())

    return give


@pytest.fixture(scope="session")
def demo(tmp_path_factory) -> tuple[Path, Said]:
    """An empty folder in which `demo` was run, and what it said; nobody writes into it."""

    def make(folder: Path) -> None:
        (folder / "place").mkdir()
        said = finish(start("demo", cwd=folder / "place"))
        (folder / "said.json").write_text(json.dumps(said))

    made = made_once(tmp_path_factory, "demo", make)
    return made / "place", Said(*json.loads((made / "said.json").read_text()))
