"""Two places are exchanged at once, or not at all."""

import sys
from pathlib import Path

import pytest

from entitlement_sim.publishing.exchange import exchange


@pytest.mark.skipif(sys.platform != "linux", reason="file systems elsewhere may not")
def test_two_folders_exchange_their_names(tmp_path: Path) -> None:
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
    assert exchange(tmp_path / "first", tmp_path / "second")
    assert (tmp_path / "first" / "second").exists()
    assert (tmp_path / "second" / "first").exists()


def test_what_is_not_there_is_exchanged_with_nothing(tmp_path: Path) -> None:
    (tmp_path / "first").mkdir()
    assert not exchange(tmp_path / "first", tmp_path / "second")
    assert [path.name for path in tmp_path.iterdir()] == ["first"]
