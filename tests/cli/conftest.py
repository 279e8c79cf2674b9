"""A run to ask, and how commands are given within this process."""

from collections.abc import Callable
from pathlib import Path

import pytest
from cli_process import Said, finish, start

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
    """An empty folder in which `demo` was run, and what it said."""
    place = tmp_path_factory.mktemp("demo")
    return place, finish(start("demo", cwd=place))
