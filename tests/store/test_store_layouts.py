"""Empty runs are kept between runs; what was kept wrongly goes into no run."""

import os
import random
import re
import resource

import duckdb
import pytest
from few_views import few_view_files
from store_rows import COLUMNS, balanced_block, facts

from entitlement_sim.store.run import open_run
from entitlement_sim.store.verify import verify
from entitlement_sim.store.views import create_views, view_files
from entitlement_sim.store.writer import write_run

BLOCK = balanced_block([20] * len(COLUMNS), seed=1)


class FewViews:
    """Makes some of the views, which takes no time; a reader makes all of them for itself."""

    @staticmethod
    def view_files():
        return {**few_view_files()}

    @staticmethod
    def create_views(connection):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("entitlement_sim.store.views.view_files", FewViews.view_files)
            create_views(connection)


@pytest.fixture
def layouts(tmp_path, monkeypatch):
    """The folder of a cache of its own in which empty runs with some of the views are kept."""
    monkeypatch.setattr("entitlement_sim.store.layout.views", FewViews)
    folder = tmp_path / "cache"
    monkeypatch.setattr("entitlement_sim.store.layout.cache_root", lambda: folder)
    return folder / "layouts"


def write(tmp_path, name):
    with write_run([BLOCK], facts(), out=tmp_path / "runs", name=name) as run:
        assert verify(run).holds
        return run.sql("FROM utilisation_by_template")


def names(folder):
    return [path.name for path in folder.iterdir()]


def test_the_second_run_takes_what_the_first_has_kept(tmp_path, layouts):
    write(tmp_path, "first")
    [kept] = layouts.iterdir()
    made, content = kept.stat().st_ino, kept.read_bytes()
    write(tmp_path, "second")
    assert names(layouts) == [kept.name]
    assert (kept.stat().st_ino, kept.read_bytes()) == (made, content)


def test_a_kept_run_remembers_when_it_was_used_last(tmp_path, layouts):
    write(tmp_path, "first")
    [kept] = layouts.iterdir()
    long_ago = 1_000_000_000
    os.utime(kept, (long_ago, long_ago))
    write(tmp_path, "second")
    assert names(layouts) == [kept.name]
    assert kept.stat().st_mtime > long_ago


def empty(file):
    file.write_bytes(b"")


def cut(file):
    file.write_bytes(file.read_bytes()[:100_000])


def fill_with_random_bytes(file):
    file.write_bytes(random.Random(7).randbytes(file.stat().st_size))


def flip_one_bit(file):
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def forge_a_view(file):
    with duckdb.connect(file) as connection:
        connection.execute(
            "CREATE OR REPLACE VIEW utilisation_by_template AS SELECT 'Forged' AS template"
        )


@pytest.mark.parametrize("damage", [empty, cut, fill_with_random_bytes, flip_one_bit, forge_a_view])
@pytest.mark.parametrize("in_memory", [False, True])
def test_what_was_damaged_or_changed_is_made_anew(tmp_path, layouts, damage, in_memory):
    expected = write(tmp_path, "before")
    [kept] = layouts.iterdir()
    damage(kept)
    if in_memory:
        with write_run([BLOCK], facts()) as run:
            view = run.sql("FROM utilisation_by_template")
    else:
        view = write(tmp_path, "after")
    assert view.equals(expected)
    [again] = layouts.iterdir()
    assert again.is_file()
    with duckdb.connect(again, read_only=True) as connection:
        assert connection.sql("SELECT count(*) FROM cases").fetchall() == [(0,)]


def test_what_cannot_be_removed_is_done_without(tmp_path, layouts):
    write(tmp_path, "before")
    [kept] = layouts.iterdir()
    kept.unlink()
    (kept / "folder").mkdir(parents=True)
    write(tmp_path, "after")
    assert (kept / "folder").is_dir()


def test_of_a_full_disk_the_run_is_told_and_not_the_cache(tmp_path, layouts):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, before[1]))
    try:
        with pytest.raises(Exception) as refusal:  # noqa: PT011
            write(tmp_path, "full")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "File too large" in str(refusal.value)
    assert str(tmp_path / "runs") in str(refusal.value)
    assert "cache" not in str(refusal.value)
    assert ".entitlement-sim-" not in str(refusal.value)
    assert not layouts.exists()
    write(tmp_path, "roomy")


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path, layouts):
    layouts.parent.write_text("no folder", encoding="utf-8")
    write(tmp_path, "run")
    assert not layouts.exists()
    with open_run(tmp_path / "runs" / "run") as run:
        assert len(run.table("cases")) == 20


def test_a_file_is_stored_as_older_engines_read_it(tmp_path, layouts):
    for name in ("laid out", "from the cache"):
        write(tmp_path, name)
        with duckdb.connect(tmp_path / "runs" / name / "run.duckdb", read_only=True) as connection:
            [(tags,)] = connection.execute(
                "SELECT tags FROM duckdb_databases() WHERE NOT internal"
            ).fetchall()
        assert tags["storage_version"] == "v1.2.0+"


def test_no_view_uses_what_older_engines_cannot_name():
    # DuckDB 1.2 falls over TRY as soon as a program lists the views of a file.
    texts = [text for files in view_files().items() for text in files]
    assert not [text for text in texts if re.search(r"\bTRY\s*\(", text)]
