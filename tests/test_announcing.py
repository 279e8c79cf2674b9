"""What is said while loops are compiled: what, how long about, only where it happens."""

import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from entitlement_sim import announcing
from entitlement_sim.announcing import LOOPS, begin_compiling, end_compiling, while_compiling

SIMULATION = "entitlement_sim.engine.blocks._simulate_block"

#: One small kernel that is announced as those of the package are.
PROGRAM = """
from entitlement_sim import announcing
announcing.LOOPS["kernels.double"] = announcing.Loops("what doubles", 3)
import kernels
print(kernels.double(21))
"""


@pytest.fixture
def kernels(tmp_path: Path) -> Path:
    (tmp_path / "kernels.py").write_text(
        "from entitlement_sim.compiling import kernel\n\n\n"
        "@kernel\ndef double(number):\n    return 2 * number\n"
    )
    return tmp_path


def said(folder: Path, **places: str) -> str:
    """What a process that calls the kernel writes to standard error."""
    done = subprocess.run(
        [sys.executable, "-B", "-c", PROGRAM],
        cwd=folder, capture_output=True, text=True, check=True,
        env={**os.environ, "ENTITLEMENT_SIM_CACHE": str(folder / "cache"), **places},
    )  # fmt: skip
    assert done.stdout == "42\n"
    return done.stderr


@pytest.mark.parametrize("name", LOOPS)
def test_what_is_announced_is_a_kernel(name: str) -> None:
    module, _, function = name.rpartition(".")
    assert hasattr(getattr(import_module(module), function), "py_func")


def test_what_is_compiled_is_said_once_and_what_was_kept_is_not(kernels: Path) -> None:
    words = "Compiling what doubles, once after an update: about 3 s of processor time\n"
    assert said(kernels) == words
    assert said(kernels) == ""


def test_where_nothing_can_be_kept_it_is_said_each_time_and_why(kernels: Path) -> None:
    (kernels / "file").write_text("")
    for _ in range(2):
        words = said(kernels, ENTITLEMENT_SIM_CACHE=str(kernels / "file" / "cache"))
        assert words.startswith("Compiling what doubles, about 3 s of processor time: in ")
        assert words.endswith(
            " nothing can be kept (Not a directory); the variable ENTITLEMENT_SIM_CACHE names "
            "another folder\n"
        )


def test_as_plain_python_nothing_is_compiled_and_nothing_said(kernels: Path) -> None:
    assert said(kernels, NUMBA_DISABLE_JIT="1") == ""


def test_each_kernel_says_what_it_does(capsys: pytest.CaptureFixture[str]) -> None:
    for name in LOOPS:
        begin_compiling(name, None)
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(",")[0] for line in lines] == [
        "Compiling the simulation",
        "Compiling the sums of replications",
        "Compiling what a designer keeps of lives",
        "Compiling what plays a history",
        "Compiling what plays a book to its last day",
        "Compiling what lets a book go on",
    ]


def test_small_kernels_are_compiled_without_a_word(capsys: pytest.CaptureFixture[str]) -> None:
    seen: list[bool] = []
    with while_compiling(seen.append):
        begin_compiling("entitlement_sim.population.inflow._walk", None)
        end_compiling("entitlement_sim.population.inflow._walk")
    assert (seen, capsys.readouterr().err) == ([], "")


def test_the_innermost_block_shows_that_loops_are_compiled() -> None:
    outer: list[bool] = []
    inner: list[bool] = []
    with while_compiling(outer.append):
        with while_compiling(inner.append):
            begin_compiling(SIMULATION, None)
            end_compiling(SIMULATION)
        assert (outer, inner) == ([], [True, False])
        begin_compiling(SIMULATION, None)
        assert outer == [True]
    assert announcing._watching == []


def test_a_stream_that_nobody_reads_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with open(os.devnull, "w", encoding="utf-8") as stream:  # noqa: PTH123
        pass
    monkeypatch.setattr(sys, "stderr", stream)
    begin_compiling(SIMULATION, None)
    monkeypatch.setattr(sys, "stderr", None)
    begin_compiling(SIMULATION, None)
