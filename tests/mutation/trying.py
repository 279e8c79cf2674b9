"""Putting faults into a copy of the tree and running tests there."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from .equivalents import Equivalent
from .fault import Fault
from .rooms import Room

_LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", "runs", "build", "dist", "__pycache__", "*.egg-info", ".*_cache", ".hypothesis"
)
#: A fault may make the tests so many times as slow, and so many seconds slower, before it counts as
#: noticed.
_SLOWER_TIMES, _SLOWER_SECONDS = 4, 60
#: So many examples Hypothesis tries first; it tries all only of what these let live.
_FEW_EXAMPLES = 30
#: What pytest returns when it has found no test.
_NO_TESTS = 5
_FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)


class RoomError(Exception):
    """The tests of a room cannot tell anything; the message says why."""


@dataclass(frozen=True)
class Outcome:
    """What became of a fault.

    Attributes
    ----------
    fault : Fault
    verdict : {"killed", "survived", "equivalent"}
    by : str
        The test that noticed it, ``time`` where the tests took too long, or why it is equivalent.
    seconds : float
    """

    fault: Fault
    verdict: Literal["killed", "survived", "equivalent"]
    by: str
    seconds: float

    def __str__(self) -> str:
        by = f"  ({self.by})" if self.by else ""
        return f"{self.verdict:<10} {self.fault}{by}"


class Copy:
    """A copy of a tree in which one file at a time is another."""

    def __init__(self, tree: Path, place: Path) -> None:
        self.root = place / "tree"
        self.cache = place / "cache"
        self.writes = 0
        shutil.copytree(tree, self.root, symlinks=True, ignore=_LEFT_OUT)

    def write(self, path: str, content: bytes) -> None:
        """Write a file, with a time of its own, so that no older bytecode is taken for its own."""
        place = self.root / path
        place.write_bytes(content)
        self.writes += 1
        stamp = time.time() + 2 * self.writes
        os.utime(place, (stamp, stamp))

    def run_tests(self, room: Room, limit: float | None = None) -> str | None:
        """Run a room's tests up to the first that fails, and return its name, None if all pass.

        Plain tests try few examples first, and all of them on what those let live.
        """
        return (
            self.run(room.plain, compiled=False, few_examples=True, limit=limit)
            or self.run(room.plain, compiled=False, only="hypothesis", limit=limit)
            or self.run(room.compiled, compiled=True, limit=limit)
        )

    def run(
        self,
        tests: Sequence[str],
        *,
        compiled: bool,
        few_examples: bool = False,
        only: str = "",
        limit: float | None = None,
    ) -> str | None:
        """Run tests up to the first that fails, and return its name, None if all pass.

        Tests that take longer than `limit` seconds fail by ``time``; `only` is a marker that they
        have.
        """
        if not tests:
            return None
        environment = {
            **os.environ,
            "PYTHONPATH": str(self.root),
            "ENTITLEMENT_SIM_CACHE": str(self.cache),
        }
        if not compiled:
            environment["NUMBA_DISABLE_JIT"] = "1"
        if few_examples:
            environment["MUTATION_EXAMPLES"] = str(_FEW_EXAMPLES)
        plugin = "tests.mutation.no_shrinking"
        options = ["-x", "-q", "--tb=no", "-p", "no:cacheprovider", "-p", plugin]
        if only:
            options += ["-m", f"{only} and not soak and not large"]
        process = subprocess.Popen(
            [sys.executable, "-m", "pytest", *options, *tests],
            cwd=self.root,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            printed, _ = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            _end(process)
            return "time"
        except KeyboardInterrupt:
            _end(process)
            raise
        if process.returncode == 0 or (only and process.returncode == _NO_TESTS):
            return None
        failed = _FAILED.search(printed)
        return failed[1] if failed else printed.strip()[-500:]


def _end(process: subprocess.Popen[str]) -> None:
    """End a process with all that it has started."""
    if hasattr(os, "killpg"):
        os.killpg(process.pid, 9)
    else:
        process.kill()
    process.communicate()


def try_faults(
    tree: Path,
    room: Room,
    faults: Sequence[Fault],
    equivalents: Iterable[Equivalent],
    place: Path,
    report: Callable[[Outcome], object],
) -> list[Outcome]:
    """Put faults one after the other into a copy of a tree, and see which the tests notice.

    Parameters
    ----------
    tree : Path
    room : Room
    faults : sequence of Fault
    equivalents : iterable of Equivalent
    place : Path
        An empty folder for the copy.
    report : callable
        Called with each outcome.

    Raises
    ------
    RoomError
        The tests do not pass without a fault.
    """
    copy = Copy(tree, place)
    begun = time.monotonic()
    if copy.run(
        room.plain, compiled=False, few_examples=True
    ):  # these need compiled loops, after all
        room = replace(room, plain=(), compiled=(*room.plain, *room.compiled))
    failed = copy.run_tests(room)
    if failed:
        raise RoomError(f"the tests of {room.name} fail without any fault: {failed}")
    limit = _SLOWER_TIMES * (time.monotonic() - begun) + _SLOWER_SECONDS
    known = list(equivalents)
    outcomes = []
    for fault in faults:
        begun = time.monotonic()
        by = _try(copy, room, fault, limit)
        seconds = time.monotonic() - begun
        reasons = [each.reason for each in known if each.is_of(fault)]
        if by:
            outcome = Outcome(fault, "killed", by, seconds)
        elif reasons:
            outcome = Outcome(fault, "equivalent", reasons[0], seconds)
        else:
            outcome = Outcome(fault, "survived", "", seconds)
        report(outcome)
        outcomes.append(outcome)
    return outcomes


def _try(copy: Copy, room: Room, fault: Fault, limit: float) -> str | None:
    """Return the test that notices a fault, None if none does."""
    original = (copy.root / fault.path).read_bytes()
    copy.write(fault.path, fault.applied_to(original))
    try:
        return copy.run_tests(room, limit)
    finally:
        copy.write(fault.path, original)
