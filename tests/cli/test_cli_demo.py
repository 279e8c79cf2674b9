"""`demo`: from an empty folder to a run, with commands to go on with."""

import json
import shlex
import shutil
import subprocess
import sys

import pytest
from cli_process import PROGRAM, finish, start

from entitlement_sim import Scenario, open_run
from entitlement_sim.commands.demo import summary_rows
from entitlement_sim.store.summary import summarise


def test_demo_makes_the_run_of_the_shipped_scenario(demo):
    place, said = demo
    assert said.status == 0
    assert not list((place / "runs").glob(".*"))
    manifest = json.loads((place / "runs" / "demo" / "manifest.json").read_text())
    scenario = Scenario.load("demo")
    assert manifest["scenario_hash"] == scenario.hash
    assert manifest["seed"] == scenario.model.seed


def test_demo_shows_what_happened(demo):
    place, said = demo
    with open_run(place / "runs" / "demo") as run:
        rows = summary_rows(summarise(run))
        states = run.sql(
            "SELECT state, count(*) AS n FROM entitlements "
            "WHERE coalesce(ended_on >= (SELECT start_date FROM run), TRUE) GROUP BY state"
        )
    shown = [" ".join(line.split()) for line in said.out.splitlines()]
    for row in rows:
        assert " ".join(" ".join(row).split()) in shown
    for state, number in zip(states["state"], states["n"], strict=True):
        assert any(line.startswith(f"{state} {number:,} ") for line in shown)
    for what in ("covered", "uncovered", "turned away", "used", "left", "renewed"):
        assert any(line.startswith(what) for line in shown)


def test_the_commands_that_demo_recommends_work_as_they_stand(demo, tmp_path):
    place, said = shutil.copytree(demo[0], tmp_path / "demo"), demo[1]
    commands = [line.strip() for line in said.out.partition("Next:")[2].splitlines()]
    commands = [line for line in commands if line and not line.startswith("#")]
    assert len(commands) == 4
    for line in commands:
        first = line.partition(" && ")[0]  # what follows opens JupyterLab and stays
        done = subprocess.run(
            first, shell=True, cwd=place, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    notebook = commands[-1].split()[-1]
    assert (place / notebook).is_file()


def test_a_second_demo_replaces_the_first_and_equals_it(demo, tmp_path):
    shutil.copytree(demo[0] / "runs", tmp_path / "runs")
    first = (tmp_path / "runs" / "demo" / "manifest.json").stat().st_ino
    said = finish(start("demo", cwd=tmp_path))
    assert said.status == 0
    assert (tmp_path / "runs" / "demo" / "manifest.json").stat().st_ino != first
    manifests = [
        json.loads((place / "runs" / "demo" / "manifest.json").read_text())
        for place in (demo[0], tmp_path)
    ]
    assert manifests[0]["content_hash"] == manifests[1]["content_hash"]


@pytest.mark.parametrize("manifest", [None, '{"format_version": 1, "scenario": "my own"}'])
def test_demo_replaces_nothing_that_is_not_its_own(manifest, say, monkeypatch, tmp_path):
    place = tmp_path / "runs" / "demo"
    place.mkdir(parents=True)
    if manifest is not None:
        (place / "manifest.json").write_text(manifest)
    monkeypatch.chdir(tmp_path)
    said = say("demo")
    assert said.status == 2
    assert said.errors.startswith("entitlement-sim: runs/demo is no run of the demo; move it away")
    assert said.errors.count("\n") == 1
    assert place.is_dir()


def test_commands_are_shown_as_they_can_be_called_from_here(tmp_path):
    # Called by its path, as the README does, the command stands nowhere on the PATH.
    beside = tmp_path / ".venv" / "bin"
    beside.mkdir(parents=True)
    (beside / "entitlement-sim").symlink_to(PROGRAM)
    (beside / "jupyter").symlink_to(sys.executable)
    path = "/usr/bin:/bin"
    process = start(
        "demo", cwd=tmp_path, program=(sys.executable, ".venv/bin/entitlement-sim"), PATH=path
    )
    said = finish(process)
    assert said.status == 0
    assert "\n  .venv/bin/entitlement-sim query runs/demo " in said.out
    assert " && .venv/bin/jupyter lab notebooks/" in said.out
    assert shlex.split(said.out.partition("explain ")[2])[0] == "runs/demo"
