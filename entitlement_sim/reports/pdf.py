"""A page of HTML printed to PDF by the system's Chromium."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

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
    with tempfile.TemporaryDirectory(prefix="entitlement-sim-", ignore_cleanup_errors=True) as here:
        command = [program, *flags, f"--user-data-dir={here}", *arguments]
        try:
            return subprocess.run(command, capture_output=True, timeout=seconds, check=False)
        except subprocess.TimeoutExpired:
            raise ReportError(f"{program} did not finish within {seconds} s") from None
        except OSError as error:
            raise ReportError(f"{program} cannot be started: {error.strerror}") from None


def print_to_pdf(html: Path, pdf: Path) -> None:
    """Print a page to a PDF file.

    Raises
    ------
    ReportError
        There is no Chromium, or it did not print.
    """
    program = require_chromium()
    done = browse(
        program,
        "--no-pdf-header-footer",
        f"--print-to-pdf={pdf.resolve()}",
        html.resolve().as_uri(),
    )
    if not pdf.is_file() or pdf.stat().st_size == 0:
        words = done.stderr.decode(errors="replace").strip().splitlines() or ["it said nothing"]
        raise ReportError(f"{program} printed no PDF: {words[-1]}")
