"""Commands as processes of their own."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

PROGRAM = Path(sys.executable).with_name("entitlement-sim")


@dataclass(frozen=True)
class Said:
    """How a command ended and what it printed."""

    status: int
    out: str
    errors: str


def start(
    *arguments: str, cwd: Path, program: tuple[str | Path, ...] = (PROGRAM,), **environment: str
) -> subprocess.Popen[str]:
    """Start a command as a process of its own."""
    return subprocess.Popen(
        [*program, *arguments],
        cwd=cwd,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> Said:
    """Wait for the end of a command."""
    out, errors = process.communicate(timeout=120)
    return Said(process.returncode, out, errors)
