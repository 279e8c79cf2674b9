"""Putting faults into a copy of the tree and running tests there."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from .equivalents import Equivalent
from .fault import Fault
from .rooms import Room

#: Names to pytest what a fault is about; see the plugin ``quick_to_fail``.
ABOUT = "MUTATION_ABOUT"

_LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", "runs", "build", "dist", "__pycache__", "*.egg-info", ".*_cache", ".hypothesis"
)
#: A fault may make the tests so many times as slow, and so many seconds slower, before it counts as
#: noticed.
_SLOWER_TIMES, _SLOWER_SECONDS = 4, 60
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

    def run(
        self,
        tests: Sequence[str],
        *,
        compiled: bool,
        limit: float | None = None,
        about: str = "",
    ) -> str | None:
        """Run tests up to the first that fails, and return its name, None if all pass.

        Those with `about` in their names come first. Tests that take longer than `limit` seconds
        fail by ``time``.
        """
        if not tests:
            return None
        environment = {
            **os.environ,
            "PYTHONPATH": str(self.root),
            "ENTITLEMENT_SIM_CACHE": str(self.cache),
            ABOUT: about,
        }
        if not compiled:
            environment["NUMBA_DISABLE_JIT"] = "1"
        plugin = "tests.mutation.quick_to_fail"
        options = ["-x", "-q", "--tb=no", "-p", "no:cacheprovider", "-p", plugin]
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
        if process.returncode == 0:
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
    trial = _Trial(Copy(tree, place), room)
    known = list(equivalents)
    outcomes = []
    for fault in faults:
        begun = time.monotonic()
        by = trial.of(fault)
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


class _Trial:
    """Tries faults on the tests of a room, whose time without a fault it knows.

    The tests with compiled loops are first run when a fault passes the others: often none does.
    """

    def __init__(self, copy: Copy, room: Room) -> None:
        self.copy = copy
        self.tests = {False: room.plain, True: room.compiled}
        self.room_name = room.name
        self.limits: dict[bool, float] = {}
        begun = time.monotonic()
        if copy.run(room.plain, compiled=False):  # these need compiled loops, after all
            self.tests = {False: (), True: (*room.plain, *room.compiled)}
        self.limits[False] = _limit(begun)
        if not self.tests[False]:
            self.check_compiled()

    def check_compiled(self) -> None:
        """Run the tests with compiled loops without a fault.

        Raises
        ------
        RoomError
            They do not pass.
        """
        begun = time.monotonic()
        failed = self.copy.run(self.tests[True], compiled=True)
        if failed:
            raise RoomError(f"the tests of {self.room_name} fail without any fault: {failed}")
        self.limits[True] = _limit(begun)

    def of(self, fault: Fault) -> str | None:
        """Return the test that notices a fault, None if none does."""
        by = self._run(fault, compiled=False)
        if by or not self.tests[True]:
            return by
        if True not in self.limits:
            self.check_compiled()
        return self._run(fault, compiled=True)

    def _run(self, fault: Fault, *, compiled: bool) -> str | None:
        original = (self.copy.root / fault.path).read_bytes()
        self.copy.write(fault.path, fault.applied_to(original))
        try:
            return self.copy.run(
                self.tests[compiled],
                compiled=compiled,
                limit=self.limits[compiled],
                about=Path(fault.path).stem,
            )
        finally:
            self.copy.write(fault.path, original)


def _limit(begun: float) -> float:
    return _SLOWER_TIMES * (time.monotonic() - begun) + _SLOWER_SECONDS
