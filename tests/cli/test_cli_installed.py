"""The package works when it is installed from a wheel, far from its repository."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from cli_process import finish, start

from entitlement_sim.reports.shipped import shipped_notebooks
from entitlement_sim.scenario import shipped_scenarios

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A folder into which the wheel of this source was unpacked."""
    place = tmp_path_factory.mktemp("wheel")
    source = place / "source"
    kept = ("pyproject.toml", "README.md", "LICENSE")
    source.mkdir()
    for name in kept:
        shutil.copy(ROOT / name, source)
    for name in ("entitlement_sim", "data", "notebooks"):
        ignored = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")
        shutil.copytree(ROOT / name, source / name, symlinks=True, ignore=ignored)
    build = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation"]
    build += ["--no-index", "--disable-pip-version-check", "-w", str(place), str(source)]
    done = subprocess.run(build, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    [wheel] = place.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(place / "site")
    return place / "site"


def command(site, cwd, *arguments, **environment):
    """Give a command to the package in `site`, in another folder, as on another machine."""
    program = (sys.executable, "-m", "entitlement_sim")
    places = {"PYTHONPATH": str(site), "ENTITLEMENT_SIM_CACHE": str(site.parent / "cache")}
    return finish(start(*arguments, cwd=cwd, program=program, **places, **environment))


def test_the_wheel_is_what_runs(site, tmp_path):
    program = "import entitlement_sim; print(entitlement_sim.__file__)"
    environment = {**os.environ, "PYTHONPATH": str(site)}
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert Path(done.stdout.strip()).is_relative_to(site)


def test_the_wheel_says_that_it_is_typed(site):
    assert (site / "entitlement_sim" / "py.typed").is_file()


def test_the_wheel_has_the_source_that_all_other_tests_compile(site):
    source, installed = (
        {
            file.relative_to(root).as_posix(): file.read_bytes()
            for file in (root / "entitlement_sim").rglob("*.py")
        }
        for root in (ROOT, site)
    )
    assert installed == source


def test_a_run_in_an_empty_folder_is_the_one_that_is_made_here(site, tmp_path, say):
    run = ("run", "reference", "--name", "few", "--set", "segments.everyone.customers=2")
    assert command(site, tmp_path, *run, NUMBA_DISABLE_JIT="1").status == 0
    here = tmp_path / "here"
    assert say(*run, "--out", str(here)).status == 0
    hashes = {
        json.loads((runs / "few" / "manifest.json").read_text())["content_hash"]
        for runs in (tmp_path / "runs", here)
    }
    assert len(hashes) == 1


@pytest.mark.soak  # compiles everything anew, for a minute of processor time
def test_demo_works_in_an_empty_folder(site, tmp_path, demo):
    said = command(site, tmp_path, "demo")
    assert said.status == 0
    assert said.errors.startswith("Compiling the simulation, once after an update")
    assert (tmp_path / "runs" / "demo" / "run.duckdb").is_file()
    table = said.out.partition("what happened")[2].partition("Next:")[0]
    assert table == demo[1].out.partition("what happened")[2].partition("Next:")[0]


def test_scenarios_and_notebooks_come_along(site, tmp_path):
    assert command(site, tmp_path, "scenarios", "--copy", "mine").status == 0
    assert {file.stem for file in (tmp_path / "mine").glob("*.yaml")} == set(shipped_scenarios())
    assert command(site, tmp_path, "notebooks", "books").status == 0
    copied = {file.name for file in (tmp_path / "books").iterdir()}
    assert copied == {file.name for file in shipped_notebooks()}
    assert command(site, tmp_path, "check", "mine/demo.yaml").status == 0
