"""The command `audit` where its reader goes, its process is killed, or nothing can be written."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_process import PROGRAM, Said, finish, start

from entitlement_sim.cli import answer
from entitlement_sim.exchange import read_exports

SAMPLE = Path(__file__).parents[2] / "data" / "sample-export" / "csv"

#: Audits, and is killed when the page is whole and has not got its name yet.
KILLED = """
import os, signal, sys
from entitlement_sim.cli import answer
from entitlement_sim.publishing import placing
placing._sync_file = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
answer(["audit", "book", "--page", "audit.html"])
"""


@pytest.fixture(scope="module")
def book(tmp_path_factory) -> Path:
    """A folder whose `runs` has the sample, `book`, of which some balances part."""
    place = tmp_path_factory.mktemp("audited")
    read_exports(SAMPLE, zone="Europe/Berlin", out=place / "runs", name="book").close()
    return place


@pytest.fixture
def say(
    book: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Said]:
    """Audit within this process, where `book` is."""
    monkeypatch.chdir(book)

    def give(*arguments: str) -> Said:
        status = answer(("audit", "book", *arguments))
        return Said(status, *capsys.readouterr())

    return give


@pytest.mark.parametrize("more", [(), ("--csv",)], ids=["in words", "csv"])
def test_an_audit_whose_reader_has_gone_ends_as_sigpipe_does(book: Path, more) -> None:
    with subprocess.Popen(
        [PROGRAM, "audit", "book", *more], cwd=book, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 128 + signal.SIGPIPE


def test_a_killed_audit_leaves_the_page_of_before_and_is_cleared_away(book: Path) -> None:
    page = book / "audit.html"
    page.write_text("of last month")
    before = sorted(book.iterdir())
    done = subprocess.run(
        [sys.executable, "-c", KILLED], cwd=book, capture_output=True, check=False
    )
    assert done.returncode == -signal.SIGKILL
    assert page.read_text() == "of last month"
    assert finish(start("audit", "book", "--page", "audit.html", cwd=book)).errors == ""
    assert page.read_text(encoding="utf-8").endswith("</html>")
    assert sorted(book.iterdir()) == before
    page.unlink()


def test_an_audit_in_another_encoding_spells_out_what_it_lacks_and_its_csv_is_utf_8(
    book: Path, say: Callable[..., Said]
) -> None:
    def bytes_of(*more: str) -> bytes:
        return subprocess.run(
            [PROGRAM, "audit", "book", *more],
            cwd=book,
            env={**os.environ, "PYTHONIOENCODING": "cp1252"},
            capture_output=True,
            check=False,
        ).stdout

    spelled = say().out.encode("cp1252", errors="backslashreplace")
    assert bytes_of() == spelled
    assert bytes_of("--csv").decode("utf-8") == say("--csv").out


@pytest.mark.parametrize(
    ("page", "why"),
    [
        ("runs", "runs is a folder; name a file in it, such as runs/report.html"),
        ("audit.txt", "audit.txt is no name of a page; let it end in .html"),
        ("runs/book/manifest.json/audit.html", "manifest.json"),
    ],
)
def test_a_page_that_cannot_be_is_told_before_the_audit(
    say: Callable[..., Said], page: str, why: str
) -> None:
    said = say("--page", page)
    assert (said.status, said.out) == (2, "")
    assert said.errors.startswith("entitlement-sim: ")
    assert why in said.errors
    assert said.errors.count("\n") == 1


def test_a_page_for_which_there_is_no_room_is_told_and_nothing_of_it_is_left(book: Path) -> None:
    before = sorted(book.iterdir())
    limited = f'ulimit -f 1; exec "{PROGRAM}" audit book --page audit.html'
    done = subprocess.run(
        ["sh", "-c", limited], cwd=book, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "audit.html" in done.stderr
    assert sorted(book.iterdir()) == before
