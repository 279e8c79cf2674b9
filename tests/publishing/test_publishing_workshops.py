"""Workshops: made with their mark, cleared with all in them, and nothing else ever cleared."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from entitlement_sim.publishing.mark import MARK, bears_mark, mark_folder, mark_text, remove_marked
from entitlement_sim.publishing.workshop import clear_leftovers, clear_workshops, workshop

NAME = ".entitlement-sim-0123456789abcdef"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def leftover(home: Path, name: str = NAME, mark: bytes | None = None) -> Path:
    """What a killed process leaves: a marked folder in which something was being made."""
    folder = home / name
    (folder / "new").mkdir(parents=True)
    (folder / "new" / "half").write_text("half")
    (folder / "old").mkdir()
    (folder / MARK).write_bytes(mark_text(name) if mark is None else mark)
    return folder


def test_a_workshop_bears_the_mark_while_it_is_open(tmp_path: Path) -> None:
    with workshop(tmp_path) as shop:
        assert bears_mark(shop.path)
        assert shop.path.parent == tmp_path
        assert names(shop.path) == [MARK, "new", "old"]
    assert names(tmp_path) == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")
def test_nobody_else_looks_into_a_workshop(tmp_path: Path) -> None:
    with workshop(tmp_path) as shop:
        assert shop.path.stat().st_mode & 0o777 == 0o700


def test_an_error_leaves_nothing_but_what_was_there_before(tmp_path: Path) -> None:
    (tmp_path / "before").mkdir()
    with pytest.raises(KeyError), workshop(tmp_path / "a" / "b") as shop:  # noqa: PT012
        (shop.new / "half").write_text("half")
        raise KeyError
    assert names(tmp_path) == ["before"]


def test_parents_that_were_made_stay_when_something_was_put_into_them(tmp_path: Path) -> None:
    with workshop(tmp_path / "a" / "b") as shop:
        (shop.new / "whole").write_text("whole")
        (shop.new / "whole").rename(tmp_path / "a" / "b" / "whole")
    assert names(tmp_path / "a" / "b") == ["whole"]


def test_what_a_killed_process_left_goes_with_the_next_workshop(tmp_path: Path) -> None:
    leftover(tmp_path)
    with workshop(tmp_path):
        assert not (tmp_path / NAME).exists()
    assert names(tmp_path) == []


def test_what_was_being_replaced_comes_back(tmp_path: Path) -> None:
    replaced = leftover(tmp_path) / "old" / "run"
    replaced.mkdir()
    (replaced / "file").write_text("whole")
    clear_leftovers(tmp_path)
    assert names(tmp_path) == ["run"]
    assert (tmp_path / "run" / "file").read_text() == "whole"


def test_what_was_replaced_goes_when_its_successor_is_there(tmp_path: Path) -> None:
    (leftover(tmp_path) / "old" / "run").mkdir()
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "successor").touch()
    clear_leftovers(tmp_path)
    assert names(tmp_path) == ["run"]
    assert names(tmp_path / "run") == ["successor"]


def test_a_process_killed_before_or_within_its_mark_leaves_nothing_for_good(tmp_path: Path) -> None:
    (tmp_path / NAME).mkdir()
    begun = tmp_path / ".entitlement-sim-0000000000000000"
    begun.mkdir()
    (begun / MARK).write_bytes(mark_text(begun.name)[:9])
    clear_leftovers(tmp_path)
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("name", "mark"),
    [
        (NAME, b"somebody else's"),
        (NAME, mark_text(".entitlement-sim-ffffffffffffffff")),
        (NAME, mark_text(NAME) + b"and more"),
        (NAME, b""),
        ("Documents", mark_text("Documents")),
        (".entitlement-sim-backup", mark_text(".entitlement-sim-backup")),
    ],
    ids=["another text", "another name", "a longer text", "no text", "no such name", "no number"],
)
def test_without_the_right_mark_nothing_goes(tmp_path: Path, name: str, mark: bytes) -> None:
    leftover(tmp_path, name, mark)
    clear_leftovers(tmp_path)
    assert (tmp_path / name / "new" / "half").read_text() == "half"


def test_a_folder_of_that_name_without_a_mark_stays(tmp_path: Path) -> None:
    (leftover(tmp_path) / MARK).unlink()
    clear_leftovers(tmp_path)
    assert (tmp_path / NAME / "new" / "half").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_no_link_is_followed(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    elsewhere = leftover(tmp_path)
    (home / NAME).symlink_to(elsewhere, target_is_directory=True)
    clear_leftovers(home)
    assert (elsewhere / "new" / "half").exists()

    marked = leftover(home, ".entitlement-sim-1111111111111111")
    (marked / "new" / "link").symlink_to(elsewhere, target_is_directory=True)
    clear_leftovers(home)
    assert not marked.exists()
    assert (elsewhere / "new" / "half").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_a_mark_that_is_a_link_is_none(tmp_path: Path) -> None:
    folder = leftover(tmp_path)
    (folder / MARK).rename(tmp_path / "mark")
    (folder / MARK).symlink_to(tmp_path / "mark")
    clear_leftovers(tmp_path)
    assert (folder / "new" / "half").exists()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no pipes in folders")
def test_a_mark_that_is_a_pipe_is_none_and_nobody_waits_for_it(tmp_path: Path) -> None:
    folder = leftover(tmp_path)
    (folder / MARK).unlink()
    os.mkfifo(folder / MARK)
    clear_leftovers(tmp_path)
    assert (folder / "new" / "half").exists()


def test_two_processes_leave_each_others_workshops_alone(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path\n"
        "from entitlement_sim.publishing.workshop import workshop\n"
        f"with workshop(Path({str(tmp_path)!r})) as shop:\n"
        "    (shop.new / 'half').touch(); print(shop.path, flush=True); sys.stdin.read()\n"
        "    assert (shop.new / 'half').exists()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        its = Path(other.stdout.readline().strip())
        with workshop(tmp_path) as shop:
            assert names(tmp_path) == sorted([its.name, shop.path.name])
        assert (its / "new" / "half").exists()
        other.communicate("")
        assert other.returncode == 0
    assert names(tmp_path) == []


def test_a_workshop_of_this_process_is_no_leftover(tmp_path: Path) -> None:
    with workshop(tmp_path) as first, workshop(tmp_path) as second:
        assert bears_mark(first.path)
        assert bears_mark(second.path)


def test_at_the_end_of_the_process_its_workshops_are_cleared(tmp_path: Path) -> None:
    context = workshop(tmp_path)
    shop = context.__enter__()
    (shop.new / "half").touch()
    clear_workshops()
    assert names(tmp_path) == []
    clear_workshops()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows does not fork")
def test_a_fork_does_not_clear_the_workshops_of_its_parent(tmp_path: Path) -> None:
    program = (
        "import os, sys; from pathlib import Path\n"
        "from entitlement_sim.publishing.workshop import workshop\n"
        f"with workshop(Path({str(tmp_path)!r})) as shop:\n"
        "    if os.fork() == 0: sys.exit()\n"
        "    os.wait(); assert shop.new.is_dir()\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
    assert names(tmp_path) == []


def test_a_workshop_that_was_moved_with_its_home_is_cleared_there(tmp_path: Path) -> None:
    home, elsewhere = tmp_path / "home", tmp_path / "elsewhere"
    home.mkdir()
    with workshop(home) as shop:
        home.rename(elsewhere)
        assert shop.is_gone()
    assert names(elsewhere) == []


def test_a_home_that_cannot_be_written_is_named_and_not_the_hidden_folder(tmp_path: Path) -> None:
    home = tmp_path / "file"
    home.touch()
    with pytest.raises(NotADirectoryError) as error, workshop(home):
        pass
    assert error.value.filename == str(home)


# -------------------------------------------------------------------- the mark of other folders


def test_an_empty_folder_is_marked_and_one_that_holds_something_is_not(tmp_path: Path) -> None:
    (tmp_path / "somebody's").mkdir()
    (tmp_path / "somebody's" / "file").touch()
    for name in ("new", "somebody's"):
        mark_folder(tmp_path / name)
        mark_folder(tmp_path / name)
    assert bears_mark(tmp_path / "new")
    assert not bears_mark(tmp_path / "somebody's")
    assert names(tmp_path / "somebody's") == ["file"]


def test_a_mark_is_of_its_folder_only(tmp_path: Path) -> None:
    mark_folder(tmp_path / "ours")
    (tmp_path / "ours").rename(tmp_path / "renamed")
    assert not bears_mark(tmp_path / "renamed")
    assert not bears_mark(tmp_path / "nowhere")


def test_a_marked_folder_goes_with_all_in_it(tmp_path: Path) -> None:
    mark_folder(tmp_path / "ours")
    (tmp_path / "ours" / "kernels").mkdir()
    (tmp_path / "ours" / "kernels" / "kernel.nbc").touch()
    remove_marked(tmp_path / "ours")
    assert names(tmp_path) == []
