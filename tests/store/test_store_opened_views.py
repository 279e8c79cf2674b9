"""The views of a reader are kept for the next one; what cannot be used is made anew."""

import shutil

import duckdb
import pytest
from few_views import few_view_files
from store_rows import facts

from entitlement_sim.store import opened_views
from entitlement_sim.store.run import open_run
from entitlement_sim.store.writer import write_run


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    place = tmp_path_factory.mktemp("stored")
    write_run([{}], facts(), out=place, name="sent").close()
    return place / "sent"


@pytest.fixture
def folder(stored, tmp_path):
    return shutil.copytree(stored, tmp_path / "runs" / "sent")


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A cache of its own, still empty."""
    place = tmp_path / "cache"
    monkeypatch.setenv("ENTITLEMENT_SIM_CACHE", str(place))
    return place


@pytest.fixture
def few_views(monkeypatch):
    """A package with some of its views, which are made in no time."""
    monkeypatch.setattr("entitlement_sim.store.views.view_files", lambda: {**few_view_files()})


def words_of(folder):
    """All views with their columns and comments."""
    with open_run(folder) as run:
        return [
            run.connection.execute(
                f"SELECT {names} FROM duckdb_{kind}() "
                "WHERE database_name = 'memory' AND NOT internal ORDER BY ALL"
            ).fetchall()
            for kind, names in (
                ("views", "view_name, comment"),
                ("columns", "table_name, column_name, column_index, comment"),
            )
        ]


def test_kept_views_are_those_that_were_made(folder, cache, monkeypatch):
    made = words_of(folder)
    assert len(list(cache.glob("views/*.duckdb"))) == 1
    assert len(list(cache.glob("views/*"))) == 1
    monkeypatch.setattr(opened_views, "_make", None)  # not needed any more
    assert words_of(folder) == made


@pytest.mark.parametrize("kept", [b"", b"\0" * 20_000, b"no database"])
def test_what_was_kept_and_cannot_be_read_is_made_anew(folder, cache, few_views, kept):
    made = words_of(folder)
    [place] = cache.glob("views/*.duckdb")
    place.write_bytes(kept)
    assert words_of(folder) == made
    [place] = cache.glob("views/*.duckdb")
    assert place.read_bytes() != kept


def test_a_part_of_what_was_kept_is_made_anew(folder, cache, few_views):
    made = words_of(folder)
    [place] = cache.glob("views/*.duckdb")
    place.write_bytes(place.read_bytes()[:100_000])
    assert words_of(folder) == made


def test_where_nothing_can_be_kept_runs_open_all_the_same(folder, cache, few_views):
    made = words_of(folder)
    [place] = cache.glob("views/*.duckdb")
    place.unlink()
    place.parent.rmdir()
    place.parent.write_text("no folder")
    assert words_of(folder) == made


def test_kept_views_hold_nothing_of_a_run(folder, cache):
    words_of(folder)
    [place] = cache.glob("views/*.duckdb")
    with duckdb.connect(place, read_only=True) as connection:
        kinds = connection.sql("SELECT type_name FROM duckdb_types() WHERE NOT internal").fetchall()
        tables = connection.sql("SELECT table_name FROM duckdb_tables()").fetchall()
    assert ("origin",) in kinds
    assert ("segment",) not in kinds
    assert tables == []


@pytest.mark.parametrize(
    "name", ["it's a run", "ß 中 文", "with,comma", "which?", "a[b]*", 'quo"te']
)
def test_a_sealed_run_opens_in_a_folder_of_any_name(folder, cache, few_views, name):
    place = folder.parent / name
    folder.rename(place)
    with open_run(place, sealed=True) as run:
        assert len(run.table("cases")) == 0
