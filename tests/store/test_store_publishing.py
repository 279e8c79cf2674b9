"""A run appears whole or not at all, whatever happens while it is written."""

import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from functools import cache
from pathlib import Path

import duckdb
import pytest
from store_rows import COLUMNS, balanced_block, facts

from entitlement_sim.store import publish
from entitlement_sim.store.catalogue import list_runs
from entitlement_sim.store.errors import RunError
from entitlement_sim.store.run import open_run
from entitlement_sim.store.verify import verify
from entitlement_sim.store.writer import write_run

BLOCK = balanced_block([20] * len(COLUMNS), seed=1)
OTHER = balanced_block([20] * len(COLUMNS), seed=2)


def names(folder):
    return sorted(one.name for one in folder.iterdir())


@cache
def _files():
    """Files of a stored run by their names, written once: nothing in them knows where they are."""
    with tempfile.TemporaryDirectory() as folder:
        with write_run([BLOCK], facts(), out=Path(folder)) as run:
            place = run.path
        return {file.name: file.read_bytes() for file in place.iterdir()}


def stored(folder, name="tiny-7"):
    """A stored run, and something precious to put somewhere."""
    (folder / name).mkdir()
    for file, data in _files().items():
        (folder / name / file).write_bytes(data)
    return folder / name


@pytest.fixture
def writing(tmp_path):
    """Start a process that writes a run, as far as a test lets it."""
    started = []

    def start(name, blocks, rows, *options):
        script = Path(__file__).with_name("writing_process.py")
        numbers = [str(blocks), str(rows)]
        command = [sys.executable, str(script), str(tmp_path), name, *numbers, *options]
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=script.parent
        )
        started.append(process)
        assert process.stdout.readline() == "begun\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def go_on(process):
    process.stdin.write("\n")
    process.stdin.flush()
    return process.stdout.readline().strip()


def test_a_run_is_a_folder_with_its_database_and_its_manifest(tmp_path):
    with write_run([BLOCK], facts(), out=tmp_path / "runs") as run:
        assert run.path == tmp_path / "runs" / "tiny-7"
    assert names(tmp_path / "runs") == ["tiny-7"]
    assert names(tmp_path / "runs" / "tiny-7") == ["manifest.json", "run.duckdb"]


def test_an_existing_run_is_not_touched(tmp_path):
    stored(tmp_path)
    with pytest.raises(RunError, match=r"tiny-7 exists already; give it another name \(--name\)"):
        write_run([OTHER], facts(), out=tmp_path)
    with open_run(tmp_path / "tiny-7") as run:
        assert verify(run).holds


def test_overwriting_replaces_a_run(tmp_path):
    with write_run([BLOCK], facts(), out=tmp_path) as old:
        content = old.manifest.content_hash
        with write_run([OTHER], facts(), out=tmp_path, overwrite=True) as new:
            assert new.manifest.content_hash != content
            assert verify(new).holds
        assert verify(old).holds  # who had it open reads on
    assert names(tmp_path) == ["tiny-7"]


def broken_blocks(error):
    yield BLOCK
    raise error


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_interrupted_run_leaves_nothing(tmp_path, error):
    with pytest.raises(error):
        write_run(broken_blocks(error), facts(), out=tmp_path)
    assert names(tmp_path) == []


def test_an_interrupted_replacement_leaves_the_old_run(tmp_path):
    stored(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        write_run(broken_blocks(KeyboardInterrupt), facts(), out=tmp_path, overwrite=True)
    assert names(tmp_path) == ["tiny-7"]
    with open_run(tmp_path / "tiny-7") as run:
        assert verify(run).holds


def test_what_duckdb_refuses_stops_the_run_and_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("entitlement_sim.store.writer.GATHERED_ROWS", 1)
    broken = balanced_block([20] * len(COLUMNS), seed=1)
    broken["ledger"]["amount"][3] = 10**17  # more than the decimal holds

    def endless():
        while True:
            yield broken

    with pytest.raises(Exception, match="DECIMAL"):
        write_run(endless(), facts(), out=tmp_path)
    assert names(tmp_path) == []


def test_a_killed_process_leaves_earlier_runs_whole_and_no_half_run(tmp_path, writing):
    stored(tmp_path, "earlier")
    process = writing("killed", 1000, 20_000)
    for _ in range(15):  # far enough for rows to be on disk
        assert go_on(process) == "going"
    [partial] = tmp_path.glob(".entitlement-sim-*/new/killed")
    process.kill()  # SIGKILL: nothing can be tidied up
    process.wait()
    assert (partial / "run.duckdb").stat().st_size > 0

    assert [entry.name for entry in list_runs(tmp_path)] == ["earlier"]
    with pytest.raises(RunError, match="there is no run"):
        open_run(tmp_path / "killed")
    with pytest.raises(RunError):
        open_run(partial)
    with open_run(tmp_path / "earlier") as run:
        assert verify(run).holds

    write_run([OTHER], facts(), out=tmp_path, name="next").close()
    assert names(tmp_path) == ["earlier", "next"]


def test_a_run_in_the_making_is_left_alone_and_does_not_block_readers(tmp_path, writing):
    process = writing("slow", 3, 2000)
    assert go_on(process) == "going"
    write_run([BLOCK], facts(), out=tmp_path, name="fast").close()
    with open_run(tmp_path / "fast") as run:
        assert verify(run).holds
        assert [entry.name for entry in list_runs(tmp_path)] == ["fast"]
        assert go_on(process) == "going"
        assert go_on(process) == "done"
        assert verify(run).holds
    with open_run(tmp_path / "slow") as run:
        assert len(run.table("cases")) == 6000
        assert verify(run).holds
    assert names(tmp_path) == ["fast", "slow"]


def test_who_publishes_second_under_one_name_is_told(tmp_path, writing):
    process = writing("same", 1, 2000)
    write_run([BLOCK], facts(), out=tmp_path, name="same").close()
    process.communicate("\n")
    assert process.returncode != 0
    with open_run(tmp_path / "same") as run:
        assert len(run.table("cases")) == 20
    assert names(tmp_path) == ["same"]


# ------------------------------------------------------------------ what may be replaced


def overwrite(tmp_path):
    write_run([OTHER], facts(), out=tmp_path, overwrite=True).close()


def everything(folder):
    """Every file below a folder with its bytes, links as what they name."""
    return {
        str(path.relative_to(folder)): path.readlink() if path.is_symlink() else path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_symlink() or path.is_file()
    }


def folder_of_texts(place):
    place.mkdir()
    (place / "thesis.txt").write_text("precious")


def empty_folder(place):
    place.mkdir()


def plain_file(place):
    place.write_text("precious")


def run_with_a_note(place):
    stored(place.parent)
    (place / "notes.txt").write_text("precious")


def run_with_a_folder(place):
    stored(place.parent)
    (place / "figures").mkdir()


def run_with_changes_of_somebody(place):
    stored(place.parent)
    (place / "run.duckdb.wal").write_bytes(b"not yet in the database")


def run_without_a_manifest(place):
    stored(place.parent)
    (place / "manifest.json").unlink()


def run_with_a_manifest_of_another(place):
    write_run([OTHER], facts(), out=place.parent / "elsewhere").close()
    stored(place.parent)
    shutil.copy(place.parent / "elsewhere" / "tiny-7" / "manifest.json", place)


def run_with_a_damaged_database(place):
    stored(place.parent)
    (place / "run.duckdb").write_bytes(b"damaged")


def run_whose_database_is_a_link(place):
    stored(place.parent)
    (place / "run.duckdb").rename(place.parent / "run.duckdb")
    (place / "run.duckdb").symlink_to(place.parent / "run.duckdb")


def database_of_somebody_else(place):
    place.mkdir()
    duckdb.connect(place / "run.duckdb").close()
    (place / "manifest.json").write_text('{"format_version": 2}')


def database_with_a_view_for_the_run(place):
    stored(place.parent)
    database = place / "run.duckdb"
    database.unlink()
    manifest = json.loads((place / "manifest.json").read_text())
    with duckdb.connect(database) as connection:
        connection.execute(
            f"CREATE VIEW run AS SELECT '{manifest['run_id']}' AS run_id, "
            f"'{manifest['content_hash']}' AS content_hash"
        )


def link_to_a_run(place):
    stored(place.parent).rename(place.parent / "elsewhere")
    place.symlink_to(place.parent / "elsewhere", target_is_directory=True)


def link_to_a_folder(place):
    folder_of_texts(place.parent / "home")
    place.symlink_to(place.parent / "home", target_is_directory=True)


NO_RUNS = {
    folder_of_texts: "it holds thesis.txt",
    empty_folder: "it has no file run.duckdb",
    plain_file: "it is no folder",
    run_with_a_note: "it holds notes.txt",
    run_with_a_folder: "it holds figures",
    run_with_changes_of_somebody: "it holds run.duckdb.wal",
    run_without_a_manifest: "it has no file manifest.json",
    run_with_a_manifest_of_another: "its manifest.json is not that of its run.duckdb",
    run_with_a_damaged_database: "it cannot be read as one",
    run_whose_database_is_a_link: "it has no file run.duckdb",
    database_of_somebody_else: "it cannot be read as one",
    database_with_a_view_for_the_run: "its manifest.json is not that of its run.duckdb",
    link_to_a_run: "it is a link",
    link_to_a_folder: "it is a link",
}


@pytest.mark.parametrize(
    ("make", "reason"), NO_RUNS.items(), ids=[make.__name__ for make in NO_RUNS]
)
def test_what_is_no_run_of_ours_is_named_and_left(tmp_path, make, reason):
    place = tmp_path / "tiny-7"
    make(place)
    before = everything(tmp_path)
    with pytest.raises(RunError) as refusal:
        overwrite(tmp_path)
    assert str(refusal.value) == (
        f"{place} is no run; move it away, or give another name (--name): {reason}"
    )
    assert everything(tmp_path) == before
    assert not list(tmp_path.glob(".entitlement-sim-*"))


def test_a_run_of_the_first_version_is_replaced(tmp_path):
    with zipfile.ZipFile(Path(__file__).with_name("run-of-0.1.zip")) as archive:
        archive.extractall(tmp_path / "tiny-7")
    overwrite(tmp_path)
    with open_run(tmp_path / "tiny-7") as run:
        assert run.manifest.scenario == "tiny"
    assert names(tmp_path) == ["tiny-7"]


def test_a_file_put_into_a_run_while_it_is_being_replaced_is_not_lost(tmp_path):
    place = stored(tmp_path)

    def blocks():
        (place / "notes.txt").write_text("precious")
        yield OTHER

    with pytest.raises(RunError, match=r"tiny-7 is no run; .*: it holds notes\.txt"):
        write_run(blocks(), facts(), out=tmp_path, overwrite=True)
    assert (place / "notes.txt").read_text() == "precious"
    (place / "notes.txt").unlink()
    with open_run(place) as run:
        assert verify(run).holds


def test_two_that_replace_one_run_at_a_time_both_do(tmp_path, writing):
    stored(tmp_path, "same")
    processes = [writing("same", 1, 2000, "overwrite") for _ in range(4)]
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()
    assert [process.stdout.readline() for process in processes] == ["done\n"] * 4
    with open_run(tmp_path / "same") as run:
        assert len(run.table("cases")) == 2000
        assert verify(run).holds
    assert names(tmp_path) == ["same"]


def test_names_that_other_programs_use_are_left_alone(tmp_path):
    for name in (".backup.partial", ".old.replaced", ".x.1-ab.partial"):
        folder_of_texts(tmp_path / name)
    (tmp_path / ".file.replaced").write_text("precious")
    before = everything(tmp_path)
    stored(tmp_path)
    after = everything(tmp_path)
    assert {name: after[name] for name in before} == before
    assert set(after) - set(before) == {"tiny-7/run.duckdb", "tiny-7/manifest.json"}


# ------------------------------------------------------------------ where the folder goes


@pytest.mark.parametrize("way", ["moved", "deleted"])
def test_of_a_folder_that_goes_during_a_run_the_folder_is_named(tmp_path, way):
    out, elsewhere = tmp_path / "runs", tmp_path / "elsewhere"

    def blocks():
        yield BLOCK
        if way == "moved":
            out.rename(elsewhere)
        else:
            shutil.rmtree(out)

    with pytest.raises(RunError) as refusal:
        write_run(blocks(), facts(), out=out)
    assert str(refusal.value) == f"the folder {out} has gone"
    assert not elsewhere.exists() or names(elsewhere) == []


def test_a_folder_that_is_a_dangling_link_is_told_in_one_sentence(tmp_path):
    (tmp_path / "runs").symlink_to(tmp_path / "nowhere")
    with pytest.raises(RunError, match=r"runs is a link that leads nowhere; remove it, or name"):
        write_run([BLOCK], facts(), out=tmp_path / "runs")
    assert names(tmp_path) == ["runs"]


@pytest.mark.parametrize("over", [False, True])
def test_a_name_that_is_a_dangling_link_is_told_in_one_sentence(tmp_path, over):
    (tmp_path / "tiny-7").symlink_to(tmp_path / "nowhere")
    words = "it is a link" if over else "tiny-7 is a link that leads nowhere; remove it, or name"
    with pytest.raises(RunError, match=words):
        write_run([BLOCK], facts(), out=tmp_path, overwrite=over)
    assert names(tmp_path) == ["tiny-7"]


def test_the_folders_made_for_a_run_that_fails_go_again(tmp_path):
    with pytest.raises(RuntimeError):
        write_run(broken_blocks(RuntimeError), facts(), out=tmp_path / "a" / "b")
    assert names(tmp_path) == []


@pytest.mark.parametrize("name", ["", ".hidden", "a/b", "..", "a\nb", "x" * 129, "a:b", "CON"])
def test_names_that_are_no_folders_are_refused(tmp_path, name):
    with (
        pytest.raises(RunError, match="cannot be the name of a run"),
        publish.building(tmp_path, name),
    ):
        pass


def test_a_folder_that_cannot_be_written_is_said_in_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match=r"cannot write a run into .*file: "):
        write_run([BLOCK], facts(), out=tmp_path / "file")
