"""Commands as processes of their own."""

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from pathlib import Path
from typing import NamedTuple

PROGRAM = Path(sys.executable).with_name("entitlement-sim")


class Said(NamedTuple):
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
        env={**_without_size(), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> Said:
    """Wait for the end of a command; one that compiles all anew takes minutes on a busy machine."""
    out, errors = process.communicate(timeout=600)
    return Said(process.returncode, out, errors)


def _without_size() -> dict[str, str]:
    """The environment, but for what would override the size of a terminal."""
    return {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}


def on_terminal(*arguments: str, cwd: Path, columns: int = 120, **environment: str) -> Said:
    """Give a command at a terminal of so many columns, which shows standard error, too."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    with subprocess.Popen(
        [PROGRAM, *arguments],
        cwd=cwd,
        env={**_without_size(), **environment},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        shown = b"".join(iter(lambda: _read(ours), b""))
    os.close(ours)
    return Said(process.returncode, shown.replace(b"\r\n", b"\n").decode(errors="replace"), "")


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # the command has ended
        return b""
