"""A page of HTML printed to PDF by the system's Chromium."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from ..publishing.placing import new_file
from ..publishing.workshop import workshop
from .errors import ReportError

_COMMANDS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
    "msedge",
)
_PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)
_FLAGS = (
    "--headless",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
)
_SECONDS = 180
#: Seconds in which it may put its own things away when it is stopped.
_FAREWELL = 5


def find_chromium() -> str | None:
    """Return the program, or None; the variable ``CHROMIUM`` names one elsewhere."""
    chosen = os.environ.get("CHROMIUM")
    candidates = [chosen] if chosen else [*_COMMANDS, *_PLACES]
    return next((place for name in candidates if (place := shutil.which(name))), None)


def require_chromium() -> str:
    """Return the program.

    Raises
    ------
    ReportError
        There is none; the message says what to install.
    """
    program = find_chromium()
    if program is None:
        chosen = os.environ.get("CHROMIUM")
        wrong = f"CHROMIUM={chosen} is no program" if chosen else "a PDF needs Chromium or Chrome"
        raise ReportError(
            f"{wrong}; install it ({_how()}) or name the program in the variable CHROMIUM"
        )
    return program


def _how() -> str:
    if sys.platform == "darwin":
        return "brew install --cask chromium"
    if sys.platform == "win32":
        return "winget install Google.Chrome"
    return "apt-get install chromium, or dnf install chromium"


def browse(
    program: str, *arguments: str, seconds: int = _SECONDS
) -> "subprocess.CompletedProcess[bytes]":
    """Run Chromium without a window, with a profile that is thrown away.

    Raises
    ------
    ReportError
        It cannot be started or does not end.
    """
    # Root may not use Chromium's sandbox; our own pages run no script and load nothing.
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    flags = [*_FLAGS, "--no-sandbox"] if root else list(_FLAGS)
    with workshop(Path(tempfile.gettempdir())) as shop:
        command = [program, *flags, f"--user-data-dir={shop.new}", *arguments]
        try:
            process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
            )
        except OSError as error:
            raise ReportError(f"{program} cannot be started: {error.strerror}") from None
        with process:
            try:
                out, err = process.communicate(timeout=seconds)
            except BaseException as error:
                _stop(process)
                if isinstance(error, subprocess.TimeoutExpired):
                    raise ReportError(f"{program} did not finish within {seconds} s") from None
                raise
        return subprocess.CompletedProcess(command, process.returncode, out, err)


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """End a browser and all that it has started."""
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(_FAREWELL)
    if sys.platform == "win32":
        process.kill()
    else:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def print_to_pdf(html: Path, pdf: Path) -> None:
    """Print a page to a PDF file, whole or not at all.

    Raises
    ------
    ReportError
        There is no Chromium, or it did not print.
    PlacingError
        The place cannot be written, or is no file.
    """
    program = require_chromium()
    with new_file(pdf) as hidden:
        done = browse(
            program,
            "--no-pdf-header-footer",
            f"--print-to-pdf={hidden.resolve()}",
            html.resolve().as_uri(),
        )
        if done.returncode != 0 or not _is_whole(hidden):
            words = done.stderr.decode(errors="replace").strip().splitlines()
            raise ReportError(f"{program} printed no PDF: {_last(words, done.returncode)}")


def _is_whole(pdf: Path) -> bool:
    """Whether a file begins and ends as a PDF does."""
    if not pdf.is_file():
        return False
    content = pdf.read_bytes()
    return content.startswith(b"%PDF-") and content.rstrip().endswith(b"%%EOF")


def _last(words: Sequence[str], status: int) -> str:
    if words:
        return words[-1]
    return "it said nothing" if status == 0 else f"it ended with exit code {status}"
