r"""What commands print to: streams that take every text.

A terminal keeps its encoding. What is redirected into a pipe or a file is UTF-8 on every system,
because that is what editors and other programs expect to read; Python alone would take the code
page of a Windows, which has no letters for most names. Whoever wants another encoding names it in
the environment variable PYTHONIOENCODING. What an encoding lacks is written as ``\u041f``, and so
are control characters, with which a text out of a run could steer a terminal.
"""

import io
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

#: What moves a cursor, rings or turns the order of letters round; lines and tabs may stay.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


class _PlainText(io.TextIOWrapper):
    """A stream whose texts cannot steer a terminal."""

    def write(self, text: str) -> int:
        super().write(_CONTROL.sub(lambda found: ascii(found[0])[1:-1], text))
        return len(text)


def open_streams() -> None:
    """Let standard output and error take every text, also where they were closed."""
    _occupy_closed()
    for stream in (sys.stdout, sys.stderr):
        assert isinstance(stream, io.TextIOWrapper)
        encoding = stream.encoding if _is_chosen(stream) else "utf-8"
        stream.reconfigure(encoding=encoding, errors="backslashreplace")
    out = sys.stdout
    assert isinstance(out, io.TextIOWrapper)
    encoding, on_terminal = out.encoding, out.isatty()
    sys.stdout = sys.__stdout__ = _PlainText(  # type: ignore[misc]
        out.detach(), encoding=encoding, errors="backslashreplace", line_buffering=on_terminal
    )


def _occupy_closed() -> None:
    """Put what goes nowhere in the place of closed streams.

    Else the next file that is opened, which may be a run, would take their descriptor, and with it
    whatever a library prints.
    """
    for descriptor, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
            setattr(sys, name, os.fdopen(descriptor, "r" if name == "stdin" else "w"))


def _is_chosen(stream: TextIO) -> bool:
    """Whether the encoding of a stream is the terminal's, or was asked for."""
    return stream.isatty() or bool(os.environ.get("PYTHONIOENCODING", "").partition(":")[0])


@contextmanager
def for_programs() -> Iterator[TextIO]:
    """Give standard output for what other programs read: UTF-8, each text as it is."""
    sys.stdout.flush()
    stream = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="")
    try:
        yield stream
        stream.flush()
    finally:
        with suppress(OSError):  # said already where it was written
            stream.detach()
