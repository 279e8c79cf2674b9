"""What is said where a page cannot be printed."""

import sys
from pathlib import Path

import pytest

from entitlement_sim.publishing.placing import PlacingError
from entitlement_sim.reports.errors import ReportError
from entitlement_sim.reports.pdf import browse, print_to_pdf


def test_a_browser_that_prints_nothing_is_named_with_its_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHROMIUM", sys.executable)  # it knows no option --headless
    page = tmp_path / "page.html"
    page.write_text("<p>nothing</p>", encoding="utf-8")
    with pytest.raises(ReportError, match=r"python\S* printed no PDF: Try .python -h. for more"):
        print_to_pdf(page, tmp_path / "page.pdf")


#: What a whole one begins and ends with, for printf.
PDF = r"%%PDF-1.4\nwhole\n%%%%EOF\n"


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """A page, beside the PDF of last month."""
    (tmp_path / "page.pdf").write_bytes(b"of last month")
    page = tmp_path / "page.html"
    page.write_text("<p>page</p>", encoding="utf-8")
    return page


def browser(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> str:
    """A browser that does this with the place `$pdf`."""
    program = folder / "browser"
    program.write_text(
        "#!/bin/sh\nfor argument; do case $argument in\n"
        "--print-to-pdf=*) pdf=${argument#--print-to-pdf=};; esac; done\n" + script
    )
    program.chmod(0o755)
    monkeypatch.setenv("CHROMIUM", str(program))
    return str(program)


BROKEN = {
    "says nothing": ("true", "it said nothing"),
    "fails": ("exit 3", "it ended with exit code 3"),
    "fails with words": ("echo first >&2; echo no display >&2; exit 3", "no display"),
    "prints and fails": (f"printf '{PDF}' > $pdf; exit 3", "it ended with exit code 3"),
    "prints nothing": (": > $pdf", "it said nothing"),
    "prints half": ("printf '%%PDF-1.4\\nha' > $pdf", "it said nothing"),
    "prints something else": ("echo '<p>no PDF</p>' > $pdf", "it said nothing"),
    "makes a folder": ("mkdir $pdf", "it said nothing"),
    "dies": ("kill -9 $$", "it ended with exit code -9"),
}


@pytest.mark.skipif(sys.platform == "win32", reason="the browser is a shell script")
@pytest.mark.parametrize(("script", "words"), BROKEN.values(), ids=BROKEN)
def test_what_a_browser_did_not_print_is_not_taken_for_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: Path, script: str, words: str
) -> None:
    program = browser(tmp_path, monkeypatch, script)
    with pytest.raises(ReportError) as error:
        print_to_pdf(page, tmp_path / "page.pdf")
    assert str(error.value) == f"{program} printed no PDF: {words}"
    assert (tmp_path / "page.pdf").read_bytes() == b"of last month"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["browser", "page.html", "page.pdf"]


@pytest.mark.skipif(sys.platform == "win32", reason="the browser is a shell script")
def test_what_a_browser_printed_replaces_an_older_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: Path
) -> None:
    browser(tmp_path, monkeypatch, f"printf '{PDF}' > $pdf")
    print_to_pdf(page, tmp_path / "page.pdf")
    assert (tmp_path / "page.pdf").read_bytes() == b"%PDF-1.4\nwhole\n%%EOF\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["browser", "page.html", "page.pdf"]


@pytest.mark.skipif(sys.platform == "win32", reason="the browser is a shell script")
def test_a_pdf_never_takes_the_place_of_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: Path
) -> None:
    browser(tmp_path, monkeypatch, "exit 0")
    (tmp_path / "folder.pdf").mkdir()
    with pytest.raises(PlacingError, match=r"folder\.pdf is no file that could be replaced"):
        print_to_pdf(page, tmp_path / "folder.pdf")


@pytest.mark.skipif(sys.platform == "win32", reason="the browser is a shell script")
def test_a_browser_that_does_not_end_is_ended_with_all_that_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = browser(tmp_path, monkeypatch, f"sleep 60 & echo $! > {tmp_path}/child; wait")
    with pytest.raises(ReportError, match="did not finish within 1 s"):
        browse(program, seconds=1)
    child = int((tmp_path / "child").read_text())
    state = Path(f"/proc/{child}/stat")
    assert not state.exists() or state.read_text().split()[2] == "Z"
