"""What is kept is what was used last."""

import os
import time
from pathlib import Path

import pytest

from entitlement_sim.caching import kept_file

DAYS = 24 * 60 * 60


def made(place: Path) -> None:
    place.write_text("made")


def old_file(folder: Path, name: str, days: float) -> Path:
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_text("")
    os.utime(file, (time.time() - days * DAYS,) * 2)
    return file


def test_of_files_that_were_not_used_for_a_day_forty_stay(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    files = [old_file(folder, f"{number:03}-x.txt", 2 + number) for number in range(60)]
    other = old_file(folder, "999-x.json", 900)
    assert kept_file(folder, "new", ".txt", made) is not None
    assert [file.exists() for file in files] == [True] * 39 + [False] * 21
    assert other.exists()


def test_of_today_all_stay(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    files = [old_file(folder, f"{number:03}-x.txt", 0.5) for number in range(60)]
    assert kept_file(folder, "new", ".txt", made) is not None
    assert all(file.exists() for file in files)


def test_what_is_used_again_is_as_if_made_today(tmp_path: Path) -> None:
    first = kept_file(tmp_path / "kept", "key", ".txt", made)
    assert first is not None
    os.utime(first, (time.time() - 100 * DAYS,) * 2)
    assert kept_file(tmp_path / "kept", "key", ".txt", lambda _: pytest.fail("made anew")) == first
    assert first.stat().st_mtime > time.time() - DAYS
