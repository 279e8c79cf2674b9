"""What is said where a page cannot be printed."""

import sys
from pathlib import Path

import pytest

from entitlement_sim.reports.errors import ReportError
from entitlement_sim.reports.pdf import print_to_pdf


def test_a_browser_that_prints_nothing_is_named_with_its_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHROMIUM", sys.executable)  # it knows no option --headless
    page = tmp_path / "page.html"
    page.write_text("<p>nothing</p>", encoding="utf-8")
    with pytest.raises(ReportError, match=r"python\S* printed no PDF: Try .python -h. for more"):
        print_to_pdf(page, tmp_path / "page.pdf")
