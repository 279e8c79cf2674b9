"""Opening runs, reading them, and what a person is told when that fails."""

import json
import shutil
import subprocess
import sys

import duckdb
import pytest
from store_rows import COLUMNS, facts, random_block, table_of

from entitlement_sim import __version__
from entitlement_sim.store.catalogue import list_runs
from entitlement_sim.store.errors import DamagedRun, RunError
from entitlement_sim.store.run import open_run
from entitlement_sim.store.writer import write_run

BLOCK = random_block([20] * len(COLUMNS), seed=1)


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    place = tmp_path_factory.mktemp("stored")
    for name in ("monday", "friday"):
        write_run([BLOCK], facts(), out=place, name=name).close()
    return place


@pytest.fixture
def folder(stored, tmp_path):
    """A copy of two runs, to do anything with."""
    return shutil.copytree(stored, tmp_path / "runs")


@pytest.mark.parametrize("path", ["runs/monday", "runs/monday/run.duckdb", "monday"])
def test_a_run_opens_by_folder_file_or_name(folder, monkeypatch, path):
    monkeypatch.chdir(folder.parent)
    with open_run(path) as run:
        assert run.name == "monday"
        assert len(run.table("cases")) == 20


def test_plain_names_of_tables_and_views_work_in_queries(folder):
    with open_run(folder / "monday") as run:
        assert run.sql("SELECT count(*) AS n FROM cases").loc[0, "n"] == 20
        assert len(run.sql("FROM cases WHERE case_id > ?", [-1])) == 20
        assert len(run.sql("FROM cases WHERE case_id > $least", {"least": -1})) == 20
        assert {"cases", "daily", "ledger", "run"} <= set(run.tables())


def test_frames_have_categories_times_and_floats(folder):
    with open_run(folder / "monday") as run:
        kinds = run.table("ledger").dtypes.astype(str)
    assert kinds["reason"] == "category"
    assert kinds["happened_at"] == "datetime64[us]"
    assert kinds["amount"] == "float64"


def test_a_run_cannot_be_changed(folder):
    with open_run(folder / "monday") as run:
        with pytest.raises(duckdb.Error, match="Can only delete from base table"):
            run.sql("DELETE FROM cases")
        with pytest.raises(duckdb.Error, match="read-only"):
            run.sql("DELETE FROM opened_run.main.cases")


def test_several_runs_and_one_run_twice_are_open_at_once(folder):
    with (
        open_run(folder / "monday") as monday,
        open_run(folder / "monday") as again,
        open_run(folder / "friday") as friday,
    ):
        tables = [len(run.table("daily")) for run in (monday, again, friday)]
    assert tables == [30, 30, 30]


def test_views_of_a_second_run_in_one_connection_read_that_run_s_tables(tmp_path):
    row = {"case_id": 1, "customer_id": 1, "created_at": "2024-01-02 10:00", "outcome": "covered"}
    few = {"cases": table_of("cases", row)}
    write_run([few], facts(), out=tmp_path, name="few").close()
    with write_run([{}], facts(), out=tmp_path, name="none") as run:
        run.connection.execute(f"ATTACH '{tmp_path / 'few' / 'run.duckdb'}' AS few (READ_ONLY)")
        [(here,)] = run.connection.sql("SELECT count(*) FROM case_events").fetchall()
        [(there,)] = run.connection.sql("SELECT count(*) FROM few.case_events").fetchall()
    assert (here, there) == (0, 1)


def test_an_unknown_table_is_named_with_the_nearest_one(folder):
    with open_run(folder / "monday") as run:
        with pytest.raises(RunError, match="monday has no table 'case'; did you mean 'cases'"):
            run.table("case")
        with pytest.raises(RunError, match=r"has no table 'xyz'; it has: .*case_events, cases"):
            run.table("xyz")


def test_a_missing_run_is_answered_with_the_nearest_name(folder, monkeypatch):
    monkeypatch.chdir(folder.parent)
    with pytest.raises(RunError, match=r"there is no run mondey; did you mean runs/monday\?"):
        open_run("mondey")
    with pytest.raises(RunError, match=r"there is no run .*; there are: .*friday, .*monday"):
        open_run(folder / "xyz")


def test_a_folder_of_runs_is_no_run(folder):
    with pytest.raises(RunError, match=r"it has no run\.duckdb; the runs in it are: friday, mon"):
        open_run(folder)


def test_a_run_without_its_manifest_is_not_whole(folder):
    (folder / "monday" / "manifest.json").unlink()
    with pytest.raises(RunError, match=r"is not a whole run: it has no manifest\.json"):
        open_run(folder / "monday")


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"format_version": null}'])
def test_a_manifest_that_is_none_is_said_to_be_none(folder, text):
    (folder / "monday" / "manifest.json").write_text(text)
    with pytest.raises(RunError):
        open_run(folder / "monday")


def test_a_run_of_a_newer_version_asks_for_an_upgrade(folder):
    place = folder / "monday" / "manifest.json"
    manifest = json.loads(place.read_text())
    place.write_text(json.dumps(manifest | {"format_version": 99, "package_version": "9.0"}))
    with pytest.raises(RunError, match=r"written by version 9\.0 .*; upgrade to read it"):
        open_run(folder / "monday")


def test_a_file_that_is_no_database_is_no_run(folder):
    (folder / "monday" / "run.duckdb").write_text("not a database")
    with pytest.raises(DamagedRun, match=r"^the run is damaged: .*run\.duckdb: IO Error: .* valid"):
        open_run(folder / "monday")


def test_a_database_without_a_run_is_no_run(folder):
    place = folder / "monday" / "run.duckdb"
    place.unlink()
    duckdb.connect(place).close()
    with pytest.raises(DamagedRun, match=r"run\.duckdb: it has no table customers"):
        open_run(folder / "monday")


def test_the_catalogue_lists_whole_runs_only(folder):
    (folder / "empty").mkdir()
    (folder / "junk.txt").write_text("junk")
    (folder / ".friday.1-ab.partial").mkdir()
    (folder / "broken").mkdir()
    (folder / "broken" / "run.duckdb").write_text("")
    (folder / "broken" / "manifest.json").write_text('{"format_version": 1}')
    entries = list_runs(folder)
    assert [entry.name for entry in entries] == ["friday", "monday"]
    assert entries[0].manifest.scenario == "tiny"
    assert entries[0].manifest.rows["cases"] == 20
    assert entries[0].size > 0
    assert list_runs(folder / "nowhere") == []


def test_a_run_shows_what_it_holds():
    cases = table_of(
        "cases",
        {"case_id": 1, "created_at": "2024-01-02 10:00", "outcome": "turned_away"},
        {"case_id": 2, "created_at": "2024-01-02 10:00", "outcome": "covered"},
        {"case_id": 3, "created_at": "2024-01-02 10:00", "outcome": "covered"},
    )
    with write_run([{"cases": cases}], facts(), name="<shown>") as run:
        text, page = repr(run), run._repr_html_()
    assert text.splitlines()[:3] == [
        "Run <shown>",
        f"  scenario      tiny, seed 7, simulated with version {__version__}",
        "  period        10 days from 1 Jan 2024",
    ]
    assert "  cases         2 covered, 1 turned away" in text
    assert "  entitlements  none" in text
    assert "<b>Run &lt;shown&gt;</b>" in page
    assert "2 covered, 1 turned away" in page


def test_the_manifest_says_everything_that_table_run_says(folder):
    with open_run(folder / "monday") as run:
        row = run.connection.sql("FROM run").fetchall()[0]
        columns = run.table("run").columns
    said = dict(zip(columns, row, strict=True))
    for name in ("rule_switches", "libraries", "renewal_offsets"):
        said[name] = json.loads(said[name])
    assert {name: getattr(run.manifest, name) for name in said} == said
    assert run.manifest.rows == dict.fromkeys(COLUMNS, 20)


def test_opening_and_querying_needs_neither_the_compiler_nor_pandas(folder):
    code = (
        "import sys; from entitlement_sim.store.run import open_run; "
        f"run = open_run({str(folder / 'monday')!r}); repr(run); "
        "print([name for name in ('numba', 'pandas') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_writing_needs_no_pandas(tmp_path):
    code = (
        "import sys; from store_rows import *; from entitlement_sim.store.writer import write_run; "
        f"write_run([random_block([9] * len(COLUMNS), 1)], facts(), out={str(tmp_path)!r}); "
        "print('pandas' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        cwd=str(tmp_path), env={"PYTHONPATH": ":".join(sys.path), "HOME": str(tmp_path)},
    )  # fmt: skip
    assert done.stdout.strip() == "False"
