"""Commands start quickly: what they do not need is not loaded; long work shows how far it is."""

import os
import pty
import resource
import subprocess
import sys

import pytest
from cli_process import PROGRAM, finish, start

HEAVY = {"numpy", "numba", "pandas", "duckdb", "matplotlib", "rich", "scipy", "jupyterlab"}


def loaded(program):
    """Return the names of what a Python program has loaded at its end."""
    text = f"{program}\nimport sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


def test_help_needs_nothing_that_takes_long_to_load():
    program = "from entitlement_sim.cli import answer\nassert answer(['run', '--help']) == 0"
    assert not HEAVY & loaded(program)


def test_a_page_is_made_without_grammars_of_addresses():
    program = """
from entitlement_sim.commands.quick_start import without_grammars
without_grammars()
import entitlement_sim.reports.report"""
    assert "lark" not in loaded(program)


def test_a_run_loads_neither_frames_nor_charts_nor_linear_algebra(tmp_path):
    arguments = [
        "run",
        "reference",
        "--set",
        "segments.everyone.customers=5",
        "--out",
        str(tmp_path),
    ]
    program = f"from entitlement_sim.cli import answer\nassert answer({arguments!r}) == 0"
    assert not {"pandas", "matplotlib", "scipy.linalg", "rich", "coverage"} & loaded(program)


@pytest.mark.parametrize(
    ("arguments", "unneeded"),
    [
        (["runs"], HEAVY | {"yaml"}),
        (["query", "small", "FROM run"], HEAVY - {"duckdb"}),
        (["explain", "small", "1"], HEAVY - {"duckdb"}),
        (["verify", "small"], HEAVY - {"duckdb", "numpy"}),
    ],
    ids=["runs", "query", "explain", "verify"],
)
def test_a_command_that_reads_a_run_loads_nothing_that_it_does_not_need(
    folder, monkeypatch, arguments, unneeded
):
    monkeypatch.chdir(folder)
    program = f"from entitlement_sim.cli import answer\nassert answer({arguments!r}) == 0"
    assert not unneeded & loaded(program)


def test_what_is_hidden_from_numba_can_be_loaded_afterwards():
    program = """
from entitlement_sim.commands.quick_start import numba_alone
with numba_alone():
    try:
        import scipy.linalg.cython_blas
    except ImportError:
        pass
    else:
        raise AssertionError
import scipy.linalg.cython_blas
"""
    assert "scipy.linalg.cython_blas" in loaded(program)


def test_help_takes_less_than_a_third_of_a_second_of_processor_time():
    def seconds():
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([PROGRAM, "--help"], capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    assert min(seconds() for _ in range(5)) < 1 / 3


def test_the_first_run_says_that_it_compiles_and_only_then(tmp_path, folder):
    # The message stands before the work, so the first line is enough.
    arguments = ("run", "reference", "--set", "segments.everyone.customers=5")
    cache = str(tmp_path / "cache")
    process = start(*arguments, cwd=tmp_path, ENTITLEMENT_SIM_CACHE=cache)
    assert process.stderr.readline() == (
        "Compiling the simulation, once after an update: about 50 s of processor time\n"
    )
    process.kill()
    finish(process)
    assert finish(start(*arguments, "--name", "warm", cwd=tmp_path)).errors == ""


def on_terminal(*command, cwd):
    """Return what a command writes to standard error where that is a terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "120"},
        stdout=subprocess.PIPE,
        stderr=theirs,
    )
    os.close(theirs)
    written = b""
    while True:
        try:
            written += os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
    os.close(ours)
    process.communicate(timeout=60)
    assert process.returncode == 0
    return written.decode()


def test_a_terminal_shows_how_many_customers_are_done(tmp_path):
    size = "segments.everyone.customers=20000"
    written = on_terminal(PROGRAM, "run", "reference", "--set", size, cwd=tmp_path)
    assert "simulating" in written
    assert "of 20,000 customers" in written
    assert "4,096 of" in written or "8,192 of" in written or "20,000 of 20,000" in written


def test_a_terminal_shows_the_seconds_that_compiling_takes_and_then_the_customers(tmp_path):
    program = """
import time
from entitlement_sim.announcing import LOOPS, begin_compiling, end_compiling
from entitlement_sim.commands.progress import progress_bar
kernel = next(iter(LOOPS))
with progress_bar(20) as report:
    begin_compiling(kernel, None)
    time.sleep(1.5)
    end_compiling(kernel)
    report(10, 20)
    time.sleep(0.3)
"""
    written = on_terminal(sys.executable, "-c", program, cwd=tmp_path)
    _, _, simulating = written.partition("simulating")
    _, _, shown = written.partition("compiling")
    assert "Compiling the simulation" in written
    assert "0:00:01" in shown
    assert "10 of 20 customers" in simulating
