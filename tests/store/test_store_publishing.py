"""A run appears whole or not at all, whatever happens while it is written."""

import subprocess
import sys
from pathlib import Path

import pytest
from store_rows import COLUMNS, facts, random_block

from entitlement_sim.store import publish
from entitlement_sim.store.catalogue import list_runs
from entitlement_sim.store.errors import RunError
from entitlement_sim.store.run import open_run
from entitlement_sim.store.verify import verify
from entitlement_sim.store.writer import write_run

BLOCK = random_block([20] * len(COLUMNS), seed=1)
OTHER = random_block([20] * len(COLUMNS), seed=2)


def names(folder):
    return sorted(one.name for one in folder.iterdir())


@pytest.fixture
def writing(tmp_path):
    """Start a process that writes a run, as far as a test lets it."""
    started = []

    def start(name, blocks):
        script = Path(__file__).with_name("writing_process.py")
        command = [sys.executable, str(script), str(tmp_path), name, str(blocks)]
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
    write_run([BLOCK], facts(), out=tmp_path).close()
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
    write_run([BLOCK], facts(), out=tmp_path).close()
    with pytest.raises(KeyboardInterrupt):
        write_run(broken_blocks(KeyboardInterrupt), facts(), out=tmp_path, overwrite=True)
    assert names(tmp_path) == ["tiny-7"]
    with open_run(tmp_path / "tiny-7") as run:
        assert verify(run).holds


def test_what_duckdb_refuses_stops_the_run_and_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("entitlement_sim.store.writer.GATHERED_ROWS", 1)
    broken = random_block([20] * len(COLUMNS), seed=1)
    broken["ledger"]["amount"][3] = 10**17  # more than the decimal holds

    def endless():
        while True:
            yield broken

    with pytest.raises(Exception, match="DECIMAL"):
        write_run(endless(), facts(), out=tmp_path)
    assert names(tmp_path) == []


def test_a_killed_process_leaves_earlier_runs_whole_and_no_half_run(tmp_path, writing):
    write_run([BLOCK], facts(), out=tmp_path, name="earlier").close()
    process = writing("killed", blocks=1000)
    for _ in range(15):  # far enough for rows to be on disk
        assert go_on(process) == "going"
    [partial] = tmp_path.glob(".killed.*")
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
    process = writing("slow", blocks=3)
    assert go_on(process) == "going"
    write_run([BLOCK], facts(), out=tmp_path, name="fast").close()
    with open_run(tmp_path / "fast") as run:
        assert verify(run).holds
        assert [entry.name for entry in list_runs(tmp_path)] == ["fast"]
        assert go_on(process) == "going"
        assert go_on(process) == "done"
        assert verify(run).holds
    with open_run(tmp_path / "slow") as run:
        assert len(run.table("cases")) == 60_000
        assert verify(run).holds
    assert names(tmp_path) == ["fast", "slow"]


def test_who_publishes_second_under_one_name_is_told(tmp_path, writing):
    process = writing("same", blocks=1)
    write_run([BLOCK], facts(), out=tmp_path, name="same").close()
    process.communicate("\n")
    assert process.returncode != 0
    with open_run(tmp_path / "same") as run:
        assert len(run.table("cases")) == 20
    assert names(tmp_path) == ["same"]


def test_a_run_that_was_being_replaced_when_the_process_died_comes_back(tmp_path):
    write_run([BLOCK], facts(), out=tmp_path).close()
    (tmp_path / "tiny-7").rename(tmp_path / ".tiny-7.replaced")
    publish.clear_leftovers(tmp_path)
    assert names(tmp_path) == ["tiny-7"]


def test_what_was_replaced_goes_when_its_successor_is_there(tmp_path):
    write_run([BLOCK], facts(), out=tmp_path).close()
    (tmp_path / ".tiny-7.replaced").mkdir()
    publish.clear_leftovers(tmp_path)
    assert names(tmp_path) == ["tiny-7"]


@pytest.mark.parametrize("name", ["", ".hidden", "a/b", "..", "a\nb", "x" * 129, "a:b"])
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
