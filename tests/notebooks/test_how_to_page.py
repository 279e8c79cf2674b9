"""The page of everyday questions shows what its blocks give, run in their order."""

from pathlib import Path

import pytest
from how_to_page import CUSTOMERS, PAGE, executed

from entitlement_sim import open_run

TEXT = PAGE.read_text(encoding="utf-8")


def test_its_blocks_show_what_stands_below_them(
    runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "runs").symlink_to(runs)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    assert executed(TEXT).splitlines() == TEXT.splitlines()
    assert (tmp_path / "demo-parquet" / "ledger.parquet").stat().st_size > 0


def test_it_says_how_its_run_is_made(runs: Path) -> None:
    sizes = " ".join(f"--set segments.{name}.customers={n}" for name, n in CUSTOMERS.items())
    assert f"\nentitlement-sim run demo --name demo {sizes}\n" in TEXT
    with open_run(runs / "demo") as run:
        segments = run.table("segments").set_index("segment")["customers"]
    assert segments.to_dict() == CUSTOMERS


def test_it_answers_ten_questions() -> None:
    headings = [line for line in TEXT.splitlines() if line.startswith("## ")]
    assert len(headings) == 10
    assert all(heading.endswith("?") for heading in headings)
