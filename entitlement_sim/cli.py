"""The command ``entitlement-sim``: what it says and answers when something goes wrong.

The commands themselves stand in ``commands/``. Whatever a person can get wrong ends as one line on
standard error (documents: one line a problem) and exit code 2; so does a signal that ends the
process, with its own exit code. Only a mistake of the package itself shows where in its source it
happened.
"""

import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from types import FrameType
from typing import Any, NoReturn

from .commands.output import open_streams
from .commands.quick_start import without_grammars

PROGRAM = "entitlement-sim"
MISTAKE, INTERRUPTED = 2, 130
#: As a program that is ended by SIGPIPE.
NOBODY_READS = 141

#: What ends a process that does not listen: an interrupt, a request, the end of its terminal.
_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")


def main() -> NoReturn:
    """Run the command that this process was started with, and end the process.

    How its output is encoded, :mod:`~entitlement_sim.commands.output` says.
    """
    # What is loaded stays; to look through it for garbage takes a tenth of a light command.
    gc.set_threshold(50_000, 20, 20)
    without_grammars()
    interruption = Interruption()
    interruption.listen()
    try:
        open_streams()
        status = answer(None, interruption)
        interruption.ignore()
    except KeyboardInterrupt:  # in the moment between
        status = interruption.status()
        interruption.ignore()
    _clear_away()
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
        something was asked for that cannot be done, 128 and the number of the signal if one ended
        it (130 if it was interrupted), 141 if whoever read what it prints has gone. Where standard
        output is closed from the beginning, nobody wants to read, and that is no fault.
    """
    try:
        return _answer(arguments, interruption)
    except (BrokenPipeError, SystemExit):  # Typer makes the one into the other
        _clear_away()
        return NOBODY_READS
    except KeyboardInterrupt:
        _clear_away()
        _say(f"{PROGRAM}: interrupted; nothing half done is left behind")
        return INTERRUPTED if interruption is None else interruption.status()


def _answer(arguments: Sequence[str] | None, interruption: "Interruption | None") -> int:
    try:
        status = _run_command(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except Exception as error:
        # DuckDB has an error of its own for what is interrupted within it.
        if interruption is not None and interruption.came is not None:
            raise KeyboardInterrupt from None
        words = _words_for(error)
        if words is None:
            raise
        _say(words)
        return MISTAKE
    if status == INTERRUPTED:  # what Typer makes of it
        raise KeyboardInterrupt
    return status


def _say(words: str) -> None:
    with suppress(OSError):  # the terminal may have gone
        print(words, file=sys.stderr, flush=True)


def _clear_away() -> None:
    """Clear away whatever an interrupt has kept from being cleared away."""
    workshops = sys.modules.get("entitlement_sim.publishing.workshop")
    if workshops is not None:
        workshops.clear_workshops()


def _run_command(arguments: Sequence[str] | None) -> int:
    # Loading Typer takes a moment in which somebody may interrupt, too.
    from .commands.app import app
    from .commands.progress import compiling_bar

    with compiling_bar():
        status = app(arguments, prog_name=PROGRAM, standalone_mode=False)
    return status if isinstance(status, int) else 0


class Interruption:
    """Interrupts once: nothing shall interrupt the clearing away that follows.

    Attributes
    ----------
    came : int or None
        Number of the signal that has come.
    """

    def __init__(self) -> None:
        self.came: int | None = None
        self._ignores = False
        self._main = threading.get_ident()

    def listen(self) -> None:
        """Take over from Python and the system, except signals that the process shall ignore."""
        for name in _SIGNALS:
            number = getattr(signal, name, None)  # Windows has no terminal to hang up
            usual = (signal.SIG_DFL, signal.default_int_handler)
            if number is not None and signal.getsignal(number) in usual:
                signal.signal(number, self._interrupt)
        sys.unraisablehook = self._raise_again

    def ignore(self) -> None:
        """Be interrupted no more."""
        self._ignores = True

    def status(self) -> int:
        """Return the exit code of a process that ends now."""
        return INTERRUPTED if self.came is None else 128 + self.came

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        if self.came is None and not self._ignores:
            if _loads_duckdb(frame):  # which would abort the process
                threading.Thread(target=self._send, args=(number,), daemon=True).start()
                return
            self.came = number
            raise KeyboardInterrupt

    def _raise_again(self, unraisable: Any) -> None:
        """Interrupt elsewhere what was interrupted where Python can only pass errors over."""
        if self.came is not None and isinstance(unraisable.exc_value, KeyboardInterrupt):
            # Here and now, Python would pass it over again.
            threading.Thread(target=self._send, args=(self.came,), daemon=True).start()
        elif self.came is None:  # what an interrupt has left half made says nothing to a person
            sys.__unraisablehook__(unraisable)

    def _send(self, number: int) -> None:
        time.sleep(0.01)
        if not self._ignores:
            self.came = None
            if sys.platform == "win32":
                signal.raise_signal(number)
            else:  # the main thread may be waiting for something
                signal.pthread_kill(self._main, number)


def _loads_duckdb(frame: FrameType | None) -> bool:
    """Whether a frame stands within the loading of DuckDB."""
    while frame is not None:
        name = str(frame.f_globals.get("__name__", ""))
        if frame.f_code.co_name == "<module>" and name.partition(".")[0] in ("duckdb", "_duckdb"):
            return True
        frame = frame.f_back
    return False


def _words_for(error: Exception) -> str | None:
    """Return what to tell the person, or None if the package is to blame."""
    from typer import TyperException

    from .documents import DocumentError

    if isinstance(error, DocumentError) or _is_about_exports(error):
        return str(error)
    if isinstance(error, TyperException):
        return _line(f"{error.format_message()} {_help_for(error)}")
    if isinstance(error, MemoryError):
        return _line("there is not enough memory for this; try fewer customers or --threads 1")
    if isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename else ""
        return _line(f"{place}{error.strerror or error}")
    words = str(error).partition("\n\n")[0]
    if _is_damage(error):
        return _line(f"the run is damaged: {words}")
    return _line(words) if _is_about_a_run(error) else None


def _help_for(error: Exception) -> str:
    context = getattr(error, "ctx", None)
    return f"(see {context.command_path} --help)" if context is not None else ""


def _is_about_exports(error: Exception) -> bool:
    """Whether exported files cannot be read, with a line for each."""
    if "entitlement_sim.exchange" not in sys.modules:
        return False
    from .exchange import ExportError

    return isinstance(error, ExportError)


def _is_about_a_run(error: Exception) -> bool:
    """Whether a run cannot be used as asked, or the disk or memory let DuckDB down."""
    from .commands.mistakes import Mistake
    from .publishing.placing import PlacingError
    from .scheduling import SchedulerError
    from .store.errors import RunError

    if isinstance(error, Mistake | RunError | PlacingError | SchedulerError):
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


def _is_damage(error: Exception) -> bool:
    """Whether DuckDB met a part of a file that is not as it was written."""
    if "duckdb" not in sys.modules:
        return False
    import duckdb

    from .store.damage import is_damage

    return isinstance(error, duckdb.Error) and is_damage(error)


def _line(text: str) -> str:
    """Return a text as one line that any terminal shows."""
    words = " ".join(text.split())
    shown = (sign if sign.isprintable() else ascii(sign)[1:-1] for sign in words)
    return f"{PROGRAM}: {''.join(shown)}"
