"""The command ``entitlement-sim``: what it says and answers when something goes wrong.

The commands themselves stand in ``commands/``. Whatever a person can get wrong ends as one line on
standard error (documents: one line a problem) and exit code 2. Only a mistake of the package itself
shows where in its source it happened.
"""

import signal
import sys
from collections.abc import Sequence
from types import FrameType

PROGRAM = "entitlement-sim"
MISTAKE, INTERRUPTED = 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    arguments : sequence of str, optional
        By default those of the process.

    Returns
    -------
    int
        0 if all went well, 1 if a story failed or a run does not hold what was stored, 2 if
        something was asked for that cannot be done, 130 if it was interrupted.
    """
    if arguments is None:
        signal.signal(signal.SIGINT, _interrupt_once)
    try:
        status = _run_command(arguments)
    except KeyboardInterrupt:
        status = INTERRUPTED
    except Exception as error:
        words = _words_for(error)
        if words is None:
            raise
        print(words, file=sys.stderr)
        return MISTAKE
    if status == INTERRUPTED:
        print(f"{PROGRAM}: interrupted; nothing half done is left behind", file=sys.stderr)
    return status


def _run_command(arguments: Sequence[str] | None) -> int:
    # Loading Typer takes a moment in which somebody may interrupt, too.
    from .commands.app import app

    status = app(arguments, prog_name=PROGRAM, standalone_mode=False)
    return status if isinstance(status, int) else 0


def _interrupt_once(number: int, frame: FrameType | None) -> None:
    """Interrupt, and let nothing interrupt the clearing away that follows."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
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

    if isinstance(error, Mistake):
        return True
    if "duckdb" not in sys.modules:
        return False
    import duckdb

    from .store.errors import RunError

    disk_or_memory = (duckdb.IOException, duckdb.OutOfMemoryException, duckdb.FatalException)
    return isinstance(error, RunError | disk_or_memory)


def _line(text: str) -> str:
    """Return a text as one line that any terminal shows."""
    words = " ".join(text.split())
    shown = (sign if sign.isprintable() else ascii(sign)[1:-1] for sign in words)
    return f"{PROGRAM}: {''.join(shown)}"
