"""An audit of what cannot be audited, or into what cannot be written, says so in a line."""

import dataclasses
import datetime as dt
import shutil
from pathlib import Path

import pytest

from entitlement_sim.cli import answer as give
from entitlement_sim.exchange.entering import enter
from entitlement_sim.exchange.sample import sample_book


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the run of the invented book that comes along."""
    runs = tmp_path_factory.mktemp("runs")
    enter(sample_book(), out=runs, name="sample").close()
    return runs


def _copy(folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(folder / "sample", tmp_path / "sample"))


def _assert_one_line(captured: tuple[str, str], *words: str) -> None:
    out, err = captured
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith("entitlement-sim: ")
    assert [word for word in words if word not in err] == []


def test_a_run_that_is_cut_short(
    folder: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    run = _copy(folder, tmp_path)
    [database] = run.glob("*.duckdb")
    database.write_bytes(database.read_bytes()[:50_000])
    assert give(["audit", str(run)]) == 2
    _assert_one_line(capfd.readouterr(), "sample")


def test_a_run_of_a_later_format(
    folder: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    run = _copy(folder, tmp_path)
    manifest = run / "manifest.json"
    text = manifest.read_text(encoding="utf-8")
    assert '"format_version": 5' in text
    manifest.write_text(
        text.replace('"format_version": 5', '"format_version": 99'), encoding="utf-8"
    )
    assert give(["audit", str(run)]) == 2
    _assert_one_line(capfd.readouterr(), "which is newer than this one")


def test_a_page_in_whose_place_a_folder_is(
    folder: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert give(["audit", str(folder / "sample"), "--page", str(tmp_path)]) == 2
    _assert_one_line(capfd.readouterr(), str(tmp_path))


def test_a_key_that_is_none(
    folder: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    key = tmp_path / "key.json"
    key.write_text("{}", encoding="utf-8")
    assert give(["audit", str(folder / "sample"), "--score", str(key)]) == 2
    _assert_one_line(capfd.readouterr(), "is no answer key")


def test_a_book_with_nothing_in_it_has_nothing_that_parts(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    whole = sample_book()
    tables = {name: rows.iloc[:0] for name, rows in whole.tables.items()}
    nothing = dataclasses.replace(whole, tables=tables, as_of=dt.date(2026, 3, 31))
    enter(nothing, out=tmp_path, name="nothing").close()
    for asked in ([], ["--switches"], ["--json"], ["--csv"], ["--page", str(tmp_path / "a.html")]):
        assert give(["audit", str(tmp_path / "nothing"), *asked]) == 0
    out, err = capfd.readouterr()
    assert "Of 0 recorded balances, 0 agree with the rules and 0 part from them." in out
    assert err == ""
