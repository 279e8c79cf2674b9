"""Compiled kernels of sources that nobody uses any more are removed, others stay."""

import os
import time
from pathlib import Path

import pytest

from entitlement_sim import compiling

DAY = 24 * 60 * 60


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ENTITLEMENT_SIM_CACHE", str(tmp_path))
    monkeypatch.setattr(compiling, "cache_folder", lambda: tmp_path / ("0" * 16))
    return tmp_path


def used(root: Path, *days_ago: float) -> list[Path]:
    """Folders of kernels, each with when it was used last."""
    folders = [root / f"{number:016x}" for number in range(1, len(days_ago) + 1)]
    for folder, days in zip(folders, days_ago, strict=True):
        folder.mkdir()
        (folder / "kernel.nbc").touch()
        os.utime(folder, (time.time() - days * DAY,) * 2)
    return folders


def remaining(root: Path) -> set[Path]:
    return set(root.iterdir())


def test_the_four_folders_used_last_stay_however_old(root: Path) -> None:
    folders = used(root, 60, 20, 50, 30, 40)
    compiling.forget_old_kernels()
    assert remaining(root) == set(folders[1:])


def test_a_folder_used_within_a_day_stays_however_many_there_are(root: Path) -> None:
    folders = used(root, 0.1, 0.2, 0.3, 0.4, 0.9, 1.1)
    compiling.forget_old_kernels()
    assert remaining(root) == set(folders[:5])


def test_kernels_in_use_count_as_used_now(root: Path) -> None:
    own = compiling.cache_folder()
    own.mkdir()
    os.utime(own, (0, 0))
    folders = used(root, 20, 30, 40, 50)
    compiling.forget_old_kernels()
    assert remaining(root) == {own, *folders[:3]}


def test_what_is_no_folder_of_kernels_stays(root: Path) -> None:
    folders = used(root, 20, 30, 40, 50)
    other = root / "something else"
    other.mkdir()
    os.utime(other, (0, 0))
    compiling.forget_old_kernels()
    assert remaining(root) == {other, *folders}
