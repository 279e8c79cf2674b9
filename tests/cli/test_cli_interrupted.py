"""Interrupted or killed, a command leaves no half run, and earlier runs whole."""

import os
import shutil
import signal
import sys
import time

import pytest
from cli_process import finish, start

from entitlement_sim import Scenario, simulate

SIZE = "segments.everyone.customers=400000"
HIDDEN = "runs/.entitlement-sim-*/new/*/run.duckdb"


def begun(folder):
    """Start a run that takes seconds, and return when half of it is being stored."""
    process = start("run", "reference", "--name", "long", "--set", SIZE, cwd=folder)
    until = time.monotonic() + 120
    while time.monotonic() < until:
        if any(file.stat().st_size > 2**20 for file in folder.glob(HIDDEN)):
            return process
        time.sleep(0.005)
    process.kill()
    pytest.fail(f"nothing was stored: {finish(process)}")


def names(folder):
    return sorted(place.name for place in (folder / "runs").iterdir())


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """One whole run."""
    place = tmp_path_factory.mktemp("interrupted")
    few = Scenario.load("reference", ["segments.everyone.customers=5"])
    simulate(few, out=place, name="whole").close()
    return place / "whole"


@pytest.fixture
def whole(stored, tmp_path):
    """A folder with one whole run."""
    shutil.copytree(stored, tmp_path / "runs" / "whole")
    return tmp_path


def test_ctrl_c_says_so_in_one_line_and_leaves_no_half_run(whole):
    process = begun(whole)
    process.send_signal(signal.SIGINT)
    said = finish(process)
    assert said.status == 130
    assert said.errors == "entitlement-sim: interrupted; nothing half done is left behind\n"
    assert said.out == ""
    assert names(whole) == ["whole"]


def test_impatience_does_not_stop_the_clearing_away(whole):
    process = begun(whole)
    for _ in range(5):
        process.send_signal(signal.SIGINT)
        time.sleep(0.002)
    assert finish(process).status == 130
    assert names(whole) == ["whole"]


@pytest.mark.parametrize("seconds", [0.05, 0.3, 0.6])
def test_ctrl_c_while_starting_is_one_line_too(seconds, whole):
    program = "from entitlement_sim.cli import main; print('begun', flush=True); main()"
    arguments = ("run", "reference", "--name", "long", "--set", SIZE)
    process = start(*arguments, cwd=whole, program=(sys.executable, "-c", program))
    assert process.stdout.readline() == "begun\n"
    time.sleep(seconds)
    process.send_signal(signal.SIGINT)
    said = finish(process)
    assert said.status == 130
    assert said.errors == "entitlement-sim: interrupted; nothing half done is left behind\n"
    assert names(whole) == ["whole"]


def test_ctrl_c_does_not_wait_until_all_is_compiled(whole):
    cache = str(whole / "cache")
    arguments = ("run", "reference", "--name", "long", "--set", SIZE)
    process = start(*arguments, cwd=whole, ENTITLEMENT_SIM_CACHE=cache)
    assert process.stderr.readline().startswith("Compiling")
    time.sleep(2.0)
    process.send_signal(signal.SIGINT)
    begun = time.monotonic()
    said = finish(process)
    assert time.monotonic() - begun < 4.0
    assert said.status == 130
    assert said.errors == "entitlement-sim: interrupted; nothing half done is left behind\n"
    assert names(whole) == ["whole"]


def test_ctrl_c_stops_a_query(whole):
    endless = "SELECT count(*) FROM range(10000000000000) WHERE range % 7 = 3"
    process = start("query", "whole", endless, cwd=whole)
    time.sleep(1.0)
    process.send_signal(signal.SIGINT)
    said = finish(process)
    assert said.status == 130
    assert said.errors.count("\n") == 1


def test_a_killed_run_leaves_earlier_runs_whole_and_is_cleared_away_by_the_next(whole):
    process = begun(whole)
    process.kill()
    assert finish(process).status == -signal.SIGKILL
    assert [name for name in names(whole) if not name.startswith(".")] == ["whole"]
    listed = finish(start("runs", cwd=whole)).out
    assert [line.split()[0] for line in listed.splitlines()[1:]] == ["whole"]
    assert finish(start("verify", "whole", cwd=whole)).status == 0
    size = "segments.everyone.customers=5"
    again = finish(start("run", "reference", "--name", "long", "--set", size, cwd=whole))
    assert again.status == 0
    assert names(whole) == ["long", "whole"]


def test_replacing_a_run_that_is_killed_keeps_the_old_one(whole):
    process = start("run", "reference", "--name", "whole", "--overwrite", "--set", SIZE, cwd=whole)
    until = time.monotonic() + 120
    while not list(whole.glob(HIDDEN)) and time.monotonic() < until:
        time.sleep(0.005)
    process.kill()
    finish(process)
    assert finish(start("verify", "whole", cwd=whole)).status == 0
    listed = finish(start("runs", cwd=whole)).out.splitlines()
    assert listed[1].split()[:4] == ["whole", "reference", "1", "5"]


def test_whoever_reads_only_the_beginning_is_not_told_off(whole):
    process = start("query", "whole", "FROM range(1000000)", "--csv", cwd=whole)
    assert process.stdout.readline() == "range\n"
    process.stdout.close()
    errors = process.stderr.read()
    process.stderr.close()
    process.wait(timeout=60)
    assert errors == ""


def test_a_command_that_was_started_to_ignore_interrupts_goes_on(whole):
    size = "segments.everyone.customers=50"
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        process = start("run", "reference", "--name", "quiet", "--set", size, cwd=whole)
    finally:
        signal.signal(signal.SIGINT, before)
    time.sleep(0.5)
    os.kill(process.pid, signal.SIGINT)
    assert finish(process).status == 0
