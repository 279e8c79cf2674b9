"""The command ``entitlement-sim``: what it says and answers when something goes wrong.

The commands themselves stand in ``commands/``. Whatever a person can get wrong ends as one line on
standard error (documents: one line a problem) and exit code 2. Only a mistake of the package itself
shows where in its source it happened.
"""

import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from types import FrameType
from typing import NoReturn

from .commands.output import open_streams

PROGRAM = "entitlement-sim"
MISTAKE, INTERRUPTED = 2, 130
#: As a program that is ended by SIGPIPE.
NOBODY_READS = 141


def main() -> NoReturn:
    """Run the command that this process was started with, and end the process.

    How its output is encoded, :mod:`~entitlement_sim.commands.output` says.
    """
    interruption = Interruption()
    interruption.listen()
    open_streams()
    status = answer(None, interruption)
    with suppress(OSError):  # whoever read what was printed may have gone
        sys.stdout.flush()
        sys.stderr.flush()
    # To take apart what Numba and LLVM have built would take longer than a small run.
    os._exit(status)


def answer(arguments: Sequence[str] | None, interruption: "Interruption | None" = None) -> int:
    """Run one command and say what went wrong, if anything did.

    Parameters
    ----------
    arguments : sequence of str or None
        By default those of the process.
    interruption : Interruption, optional
        Who listens for interrupts.

    Returns
    -------
    int
        0 if all went well, 1 if a story failed or a run does not hold what was stored, 2 if
        something was asked for that cannot be done, 130 if it was interrupted, 141 if whoever read
        what it prints has gone. Where standard output is closed from the beginning, nobody wants
        to read, and that is no fault.
    """
    try:
        status = _run_command(arguments)
        sys.stdout.flush()
    except (BrokenPipeError, SystemExit):  # Typer makes the one into the other
        status = NOBODY_READS
    except KeyboardInterrupt:
        status = INTERRUPTED
    except Exception as error:
        # DuckDB has an error of its own for what is interrupted within it.
        if interruption is not None and interruption.came:
            status = INTERRUPTED
        else:
            words = _words_for(error)
            if words is None:
                raise
            print(words, file=sys.stderr)
            status = MISTAKE
    if status == INTERRUPTED:
        print(f"{PROGRAM}: interrupted; nothing half done is left behind", file=sys.stderr)
    return status


def _run_command(arguments: Sequence[str] | None) -> int:
    # Loading Typer takes a moment in which somebody may interrupt, too.
    from .commands.app import app

    status = app(arguments, prog_name=PROGRAM, standalone_mode=False)
    return status if isinstance(status, int) else 0


class Interruption:
    """Interrupts once: nothing shall interrupt the clearing away that follows."""

    def __init__(self) -> None:
        self.came = False

    def listen(self) -> None:
        """Take over from Python, unless the process was started to ignore interrupts."""
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, self._interrupt)

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        if not self.came:
            self.came = True
            raise KeyboardInterrupt


def _words_for(error: Exception) -> str | None:
    """Return what to tell the person, or None if the package is to blame."""
    from typer import TyperException

    from .documents import DocumentError

    if isinstance(error, DocumentError):
        return str(error)
    if isinstance(error, TyperException):
        return _line(f"{error.format_message()} {_help_for(error)}")
    if isinstance(error, MemoryError):
        return _line("there is not enough memory for this; try fewer customers or --threads 1")
    if isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename else ""
        return _line(f"{place}{error.strerror or error}")
    if _is_about_a_run(error):
        return _line(str(error).partition("\n\n")[0])
    return None


def _help_for(error: Exception) -> str:
    context = getattr(error, "ctx", None)
    return f"(see {context.command_path} --help)" if context is not None else ""


def _is_about_a_run(error: Exception) -> bool:
    """Whether a run cannot be used as asked, or the disk or memory let DuckDB down."""
    from .commands.mistakes import Mistake
    from .store.errors import RunError

    if isinstance(error, Mistake | RunError):
        return True
    if "duckdb" not in sys.modules:
        return False
    import duckdb

    # A disk that is full shows in any of these, depending on where DuckDB was.
    return isinstance(
        error,
        duckdb.IOException
        | duckdb.TransactionException
        | duckdb.FatalException
        | duckdb.OutOfMemoryException,
    )


def _line(text: str) -> str:
    """Return a text as one line that any terminal shows."""
    words = " ".join(text.split())
    shown = (sign if sign.isprintable() else ascii(sign)[1:-1] for sign in words)
    return f"{PROGRAM}: {''.join(shown)}"
