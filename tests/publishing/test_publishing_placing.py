"""Files and folders that appear whole or not at all, and what they may replace."""

import os
import sys
from pathlib import Path

import pytest

from entitlement_sim.publishing import placing
from entitlement_sim.publishing.placing import (
    NotOursError,
    PlacingError,
    UnwritableError,
    new_file,
    new_files,
    new_folder,
)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# ----------------------------------------------------------------------------------- a file


def test_a_file_appears_when_it_is_whole(tmp_path: Path) -> None:
    with new_file(tmp_path / "pages" / "page.html") as hidden:
        hidden.write_text("half")
        assert not (tmp_path / "pages" / "page.html").exists()
        hidden.write_text("whole")
    assert (tmp_path / "pages" / "page.html").read_text() == "whole"
    assert names(tmp_path / "pages") == ["page.html"]


def test_a_file_is_replaced_by_a_whole_one_only(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("before")
    with pytest.raises(KeyError), new_file(page) as hidden:  # noqa: PT012
        hidden.write_text("half")
        raise KeyError
    assert page.read_text() == "before"
    with new_file(page) as hidden:
        hidden.write_text("after")
    assert page.read_text() == "after"
    assert names(tmp_path) == ["page.html"]


@pytest.mark.parametrize("kind", ["folder", "pipe", "link to a folder"])
def test_only_a_regular_file_is_replaced(tmp_path: Path, kind: str) -> None:
    place = tmp_path / "page.html"
    if kind == "pipe":
        os.mkfifo(place)
    elif kind == "folder":
        place.mkdir()
    else:
        (tmp_path / "folder").mkdir()
        place.symlink_to(tmp_path / "folder")
    before = names(tmp_path)
    with pytest.raises(PlacingError) as refusal, new_file(place):
        pass
    assert str(refusal.value) == f"{place} is no file that could be replaced; name another"
    assert names(tmp_path) == before


def test_a_device_is_not_replaced() -> None:
    with pytest.raises(PlacingError, match="/dev/full is no file"), new_file(Path("/dev/full")):
        pass


def test_a_link_to_a_file_stays_and_its_file_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "published").mkdir()
    (tmp_path / "published" / "page.html").write_text("before")
    link = tmp_path / "page.html"
    link.symlink_to(tmp_path / "published" / "page.html")
    with new_file(link) as hidden:
        hidden.write_text("after")
    assert link.is_symlink()
    assert (tmp_path / "published" / "page.html").read_text() == "after"
    assert names(tmp_path / "published") == ["page.html"]


@pytest.mark.parametrize("place", ["link/page.html", "link"])
def test_a_link_that_leads_nowhere_is_named(tmp_path: Path, place: str) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    words = f"{tmp_path / 'link'} is a link that leads nowhere; remove it, or name another"
    with pytest.raises(PlacingError) as refusal, new_file(tmp_path / place):
        pass
    assert str(refusal.value) == words
    assert names(tmp_path) == ["link"]


def test_a_file_below_a_file_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("old")
    below = tmp_path / "page.html" / "more" / "page.html"
    with pytest.raises(UnwritableError) as refusal:
        placing.check_file_place(below)
    assert str(refusal.value) == f"cannot write {below}: {tmp_path / 'page.html'} is no folder"


def test_a_name_is_measured_in_bytes(tmp_path: Path) -> None:
    longest = "я" * 125 + ".html"
    with new_file(tmp_path / longest) as hidden:
        hidden.touch()
    assert names(tmp_path) == [longest]
    with pytest.raises(PlacingError, match="takes more than 255 bytes; name a shorter one"):
        placing.check_file_place(tmp_path / f"я{longest}")


def test_a_file_that_nobody_wrote_is_none(tmp_path: Path) -> None:
    with pytest.raises(UnwritableError) as refusal, new_file(tmp_path / "page.html"):
        pass
    assert str(refusal.value) == f"cannot write {tmp_path / 'page.html'}: No such file or directory"
    assert names(tmp_path) == []


# ----------------------------------------------------------------------------------- a folder


def test_a_folder_appears_when_it_is_whole(tmp_path: Path) -> None:
    with new_folder(tmp_path / "runs" / "run") as hidden:
        (hidden / "file").write_text("whole")
        assert not (tmp_path / "runs" / "run").exists()
    assert (tmp_path / "runs" / "run" / "file").read_text() == "whole"
    assert names(tmp_path / "runs") == ["run"]


def test_what_there_is_an_objection_to_stays(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    with (
        pytest.raises(NotOursError, match="not ours to replace; move it away: it is empty"),
        new_folder(tmp_path / "run", lambda place: "it is empty"),
    ):
        pass
    assert names(tmp_path) == ["run"]


@pytest.mark.parametrize("can_exchange", [True, False])
def test_a_folder_that_another_process_has_just_replaced_is_replaced_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, can_exchange: bool
) -> None:
    if not can_exchange:
        monkeypatch.setattr(placing, "exchange", lambda made, place: False)
    for content in ("first", "second"):
        with new_folder(tmp_path / "run", lambda place: None) as hidden:
            (hidden / content).touch()
            with new_folder(tmp_path / "run", lambda place: None) as other:
                (other / "quicker").touch()
    assert names(tmp_path / "run") == ["second"]
    assert names(tmp_path) == ["run"]


@pytest.mark.parametrize("can_exchange", [True, False])
def test_what_is_put_into_a_folder_at_the_last_moment_is_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, can_exchange: bool
) -> None:
    place = tmp_path / "run"
    place.mkdir()
    exchange = placing.exchange

    def late(made: Path, replaced: Path) -> bool:
        (place / "note").touch()
        return can_exchange and exchange(made, replaced)

    monkeypatch.setattr(placing, "exchange", late)

    def holds_a_note(path: Path) -> str | None:
        return "it holds a note" if (path / "note").exists() else None

    with pytest.raises(NotOursError, match="it holds a note"):  # noqa: SIM117
        with new_folder(place, holds_a_note) as hidden:
            (hidden / "file").touch()
    assert names(place) == ["note"]
    assert names(tmp_path) == ["run"]


def test_the_error_within_is_told_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="elsewhere"), new_folder(tmp_path / "run"):
        (tmp_path / "elsewhere").read_text()
    assert names(tmp_path) == []


# ----------------------------------------------------------------------------------- several files

FILES = {"a.txt": b"a" * 10, "b.txt": b"b" * 8192}


@pytest.mark.parametrize("made_before", [False, True])
def test_files_appear_together(tmp_path: Path, made_before: bool) -> None:
    folder = tmp_path / "copies"
    if made_before:
        folder.mkdir()
        (folder / "mine").touch()
    new_files(FILES, folder)
    assert {name: (folder / name).read_bytes() for name in FILES} == FILES
    assert names(folder) == [*FILES, "mine"][: 3 if made_before else 2]
    assert names(tmp_path) == ["copies"]


def test_no_file_takes_the_place_of_another_and_none_stays_alone(tmp_path: Path) -> None:
    (tmp_path / "b.txt").write_text("mine")
    with pytest.raises(FileExistsError):
        new_files(FILES, tmp_path)
    assert names(tmp_path) == ["b.txt"]
    assert (tmp_path / "b.txt").read_text() == "mine"


@pytest.mark.parametrize("names_twice", [True, False], ids=["links", "no links"])
def test_an_interrupt_between_two_files_takes_the_first_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, names_twice: bool
) -> None:
    put = placing._put_beside

    def interrupted(made: Path, place: Path) -> None:
        if place.name == "b.txt":
            raise KeyboardInterrupt
        put(made, place)

    def no_links(source: Path, target: Path) -> None:
        raise PermissionError

    if not names_twice:
        monkeypatch.setattr(os, "link", no_links)
    monkeypatch.setattr(placing, "_put_beside", interrupted)
    with pytest.raises(KeyboardInterrupt):
        new_files(FILES, tmp_path)
    assert names(tmp_path) == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows limits no files")
@pytest.mark.parametrize("made_before", [False, True])
def test_a_full_disk_leaves_no_file_and_names_the_one_for_which_it_had_no_room(
    tmp_path: Path, made_before: bool
) -> None:
    import resource

    folder = tmp_path / "copies"
    if made_before:
        folder.mkdir()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        with pytest.raises(PlacingError) as refusal:
            new_files(FILES, folder)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert str(refusal.value) == f"{folder / 'b.txt'}: File too large; nothing was written"
    assert not folder.exists() or names(folder) == []
    new_files(FILES, folder)
    assert names(folder) == list(FILES)
