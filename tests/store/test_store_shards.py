"""The parts of a run, and the whole that they make."""

import json
import shutil
from dataclasses import replace

import duckdb
import pytest
from store_rows import facts

from entitlement_sim import (
    Run,
    RunError,
    Scenario,
    list_runs,
    merge,
    open_run,
    simulate,
    simulate_shard,
    verify,
)
from entitlement_sim.engine.tables import COLUMNS
from entitlement_sim.store.catalogue import look_through
from entitlement_sim.store.errors import DamagedRun
from entitlement_sim.store.run import open_tables
from entitlement_sim.store.shard import Shard, shard_meant
from entitlement_sim.store.writer import write_run, write_shard

SCENARIO = Scenario.load(
    "demo",
    [
        "segments.small.customers=8",
        "segments.midsize.customers=3",
        "segments.enterprise.customers=1",
        "calendar.days=120",
    ],
)
SEED = 3
#: What of a manifest tells when a run was made, and into which files.
MADE = ("created_at", "elapsed_seconds", "facts_hash", "files")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    with simulate(SCENARIO, seed=SEED, out=tmp_path_factory.mktemp("whole")) as run:
        yield run


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """Three parts, one of them of Parquet."""
    folder = tmp_path_factory.mktemp("parts")
    formats = {1: "duckdb", 2: "parquet", 3: "duckdb"}
    return [
        simulate_shard(SCENARIO, f"{number}/3", seed=SEED, out=folder, format=stored)
        for number, stored in formats.items()
    ]


@pytest.fixture(scope="module", params=["duckdb", "parquet"])
def merged(parts, tmp_path_factory, request):
    out = tmp_path_factory.mktemp("merged")
    with merge(parts, out=out, format=request.param) as run:
        yield run


def test_merged_parts_have_the_content_hash_of_the_whole(whole, merged):
    assert merged.manifest.content_hash == whole.manifest.content_hash
    assert verify(merged).holds


def test_a_merged_run_says_of_itself_what_the_whole_says(whole, merged):
    said, meant = merged.manifest.to_json(), whole.manifest.to_json()
    assert {name: said[name] for name in said if name not in MADE} == {
        name: meant[name] for name in meant if name not in MADE
    }


def test_a_merged_run_keeps_what_the_whole_keeps(whole, parts, tmp_path):
    with merge(parts, out=tmp_path) as run:
        kept = [kept_of(side) for side in (whole, run)]
    assert kept[0] == kept[1]
    assert kept[0].keys() >= {"ledger_totals", "scorecard_counts"}


def kept_of(run: Run) -> dict[str, list[tuple]]:
    with duckdb.connect(run.file, read_only=True) as connection:
        tables = connection.execute(
            "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'derived'"
        ).fetchall()
        return {
            table: sorted(connection.execute(f"FROM derived.{table}").fetchall(), key=repr)
            for (table,) in tables
        }


def test_parts_may_be_named_in_any_order(whole, parts, tmp_path):
    with merge(parts[::-1], out=tmp_path) as run:
        assert run.manifest.content_hash == whole.manifest.content_hash


def test_a_folder_stands_for_the_parts_in_it(whole, parts, tmp_path):
    with merge(parts[0].parent, out=tmp_path) as run:
        assert run.manifest.content_hash == whole.manifest.content_hash


def test_more_parts_than_customers_are_merged_too(tmp_path):
    few = Scenario.load("reference", ["segments.everyone.customers=2", "calendar.days=40"])
    parts = [simulate_shard(few, f"{number}/5", out=tmp_path) for number in range(1, 6)]
    with merge(parts, out=tmp_path) as run, simulate(few) as meant:
        assert run.manifest.content_hash == meant.manifest.content_hash


def test_merging_reports_rows_up_to_all_of_them(parts, tmp_path):
    reported = []
    merge(parts, out=tmp_path, progress=lambda *done: reported.append(done)).close()
    done = [rows for rows, _ in reported]
    assert done == sorted(done)
    assert len({total for _, total in reported}) == 1
    assert reported[-1][0] == reported[-1][1]


def test_the_ledger_of_a_customer_is_never_torn_apart(whole, parts, tmp_path, monkeypatch):
    monkeypatch.setattr("entitlement_sim.store.rows._READ_ROWS", 29)
    monkeypatch.setattr("entitlement_sim.store.writer.GATHERED_ROWS", 1)
    with merge(parts, out=tmp_path) as run:
        assert kept_of(run) == kept_of(whole)


# ------------------------------------------------------------------ a part on its own


def test_a_part_verifies(parts):
    for part in parts:
        with open_tables(part) as run:
            assert verify(run).holds


def test_a_part_is_not_opened_as_a_run(parts):
    with pytest.raises(RunError) as refusal:
        open_run(parts[1])
    assert str(refusal.value) == (
        f"{parts[1]} is part 2 of 3 of a run and no whole one; merge all of them first: "
        "entitlement-sim merge PARTS"
    )


def test_parts_are_no_runs_of_a_folder(parts):
    assert list_runs(parts[0].parent) == []
    _, others = look_through(parts[0].parent)
    assert [other.reason for other in others] == [
        f"it is part {number} of 3 of a run; merge them: entitlement-sim merge"
        for number in (1, 2, 3)
    ]


def test_a_part_is_replaced_where_that_is_asked_for(tmp_path):
    few = Scenario.load("reference", ["segments.everyone.customers=2", "calendar.days=40"])
    made = simulate_shard(few, "1/2", out=tmp_path)
    with pytest.raises(RunError, match="exists already"):
        simulate_shard(few, "1/2", out=tmp_path)
    assert simulate_shard(few, "1/2", out=tmp_path, overwrite=True, format="parquet") == made


@pytest.mark.parametrize(
    "text", ["", "3", "0/4", "5/4", "1/0", "-1/2", "1/2/3", "a/b", "1/1000001"]
)
def test_what_is_no_part_is_refused(text):
    with pytest.raises(ValueError, match="write K/N, such as 3/8"):
        shard_meant(text)


# ------------------------------------------------------------------ what is refused


def part_of(folder, number, of=2, *, first=None, stop=None, seed=7, name=None, **changes):
    """Store a part without rows."""
    begins = 5 * (number - 1) if first is None else first
    ends = 5 * number if stop is None else stop
    shard = Shard(number, of, begins, ends, 5 * of)
    said = facts(seed)
    return write_shard([{}], replace(said, **changes), shard, out=folder, name=name)


def refusal_of(parts, out):
    with pytest.raises(RunError) as refusal:
        merge(parts, out=out)
    assert "\n" not in str(refusal.value)
    assert not out.exists() or list(out.iterdir()) == []
    return str(refusal.value)


def test_parts_without_rows_make_a_run_without_rows(tmp_path):
    parts = [part_of(tmp_path, 1), part_of(tmp_path, 2)]
    with merge(parts, out=tmp_path) as run:
        assert set(run.manifest.rows.values()) == {0}


def test_a_missing_part_is_named(tmp_path):
    parts = [part_of(tmp_path, 1, 3), part_of(tmp_path, 3, 3)]
    assert refusal_of(parts, tmp_path / "out") == (
        "part 2 is missing of the 3 of tiny, seed 7; simulate with run --shard 2/3"
    )


def test_several_missing_parts_are_named(tmp_path):
    assert refusal_of([part_of(tmp_path, 2, 9)], tmp_path / "out") == (
        "parts 1, 3, 4, 5, 6 and 3 more are missing of the 9 of tiny, seed 7; simulate with "
        "run --shard 1/9"
    )


def test_a_part_that_is_there_twice_is_named(tmp_path):
    parts = [part_of(tmp_path, 1), part_of(tmp_path, 2), part_of(tmp_path, 2, name="again")]
    assert refusal_of(parts, tmp_path / "out") == (
        f"part 2 of 2 is there twice: {parts[1]} and {parts[2]}; leave one of them out"
    )


def test_a_part_named_twice_counts_once(tmp_path):
    parts = [part_of(tmp_path, 1), part_of(tmp_path, 2)]
    merge([*parts, parts[0]], out=tmp_path).close()


#: What parts may differ in, with what is said of it.
DIFFERING = {
    "seed": ({"seed": 8}, "seeds, 7 and 8"),
    "replication": ({"replication": 2}, "replications, 0 and 2"),
    "scenario": ({"scenario": "other", "scenario_hash": "a" * 64}, "scenarios, tiny and other"),
    "version": ({"package_version": "0.1.9"}, "versions of the package, {here} and 0.1.9"),
    "rulebook": ({"rulebook_version": "0"}, "versions of the rulebook, {rules} and 0"),
    "offsets": (
        {"renewal_offsets": {"small": 1.0}},
        "offsets of renewals, {{}} and {{'small': 1.0}}",
    ),
}


@pytest.mark.parametrize("what", DIFFERING)
def test_parts_of_different_runs_are_refused(what, tmp_path):
    changes, words = DIFFERING[what]
    parts = [part_of(tmp_path, 1), part_of(tmp_path, 2, name="other", **changes)]
    said = facts()
    words = words.format(here=said.package_version, rules=said.rulebook_version)
    assert refusal_of(parts, tmp_path / "out") == (
        f"{parts[0]} and {parts[1]} are no parts of one run: they have different {words}; merge "
        "those that belong together"
    )


def test_parts_of_scenarios_of_one_name_are_told_apart(tmp_path):
    parts = [part_of(tmp_path, 1), part_of(tmp_path, 2, scenario_hash="b" * 64)]
    own = facts().scenario_hash[:12]
    said = refusal_of(parts, tmp_path / "out")
    assert f"different scenarios, tiny (hash {own}) and tiny (hash {'b' * 12})" in said


def test_parts_of_different_numbers_are_refused(tmp_path):
    parts = [part_of(tmp_path, 1, 2), part_of(tmp_path, 2, 3)]
    assert "different numbers of parts, 2 and 3" in refusal_of(parts, tmp_path / "out")


def test_parts_of_another_version_are_refused(tmp_path):
    parts = [part_of(tmp_path, number, package_version="0.1.9") for number in (1, 2)]
    said = refusal_of(parts, tmp_path / "out")
    assert said.startswith(f"{parts[0]} was made by version 0.1.9 of the package")
    assert said.endswith("merge with the version that made it")


@pytest.mark.parametrize(("first", "stop"), [(4, 10), (6, 10)])
def test_parts_that_overlap_or_leave_a_gap_are_refused(first, stop, tmp_path):
    parts = [part_of(tmp_path, 1), part_of(tmp_path, 2, first=first, stop=stop)]
    assert refusal_of(parts, tmp_path / "out") == (
        f"{parts[1]} begins with customer {first} of the scenario, and the part before it ends in "
        "front of customer 5: they were cut in different ways; simulate all parts with the same "
        "version"
    )


def test_parts_that_lack_the_last_customers_are_refused(tmp_path):
    parts = [part_of(tmp_path, 1), part_of(tmp_path, 2, stop=9)]
    assert refusal_of(parts, tmp_path / "out") == (
        f"{parts[1]} ends in front of customer 9 of the scenario, which has 10: they were cut in "
        "different ways; simulate all parts with the same version"
    )


def test_a_whole_run_is_no_part(tmp_path):
    write_run([{}], facts(), out=tmp_path).close()
    assert refusal_of([tmp_path / "tiny-7"], tmp_path / "out") == (
        f"{tmp_path / 'tiny-7'} is a whole run, no part of one; leave it out"
    )


def test_what_is_no_folder_is_no_part(tmp_path):
    assert refusal_of([tmp_path / "none"], tmp_path / "out") == (
        f"there is no part of a run at {tmp_path / 'none'}; it is no folder"
    )


def test_an_empty_folder_holds_no_parts(tmp_path):
    assert refusal_of([tmp_path], tmp_path / "out").startswith(f"{tmp_path} is no part of a run")


def test_no_parts_are_refused(tmp_path):
    assert refusal_of([], tmp_path / "out") == "there are no parts to merge; name their folders"


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_part_with_other_rows_is_found_out_and_leaves_nothing(parts, number, tmp_path):
    copies = [shutil.copytree(part, tmp_path / part.name) for part in parts]
    with open_tables(copies[number]) as run:
        assert run.storage == ("parquet" if number == 1 else "duckdb")
    change_a_case(copies[number])
    with pytest.raises(DamagedRun, match="cases"):
        merge(copies, out=tmp_path / "out")
    assert list(tmp_path.glob("out/*")) == []


def change_a_case(part):
    """Move a case of a part by a minute."""
    change = "* REPLACE (created_at + INTERVAL 1 MINUTE AS created_at)"
    if (part / "run.duckdb").exists():
        with duckdb.connect(part / "run.duckdb") as connection:
            connection.execute("UPDATE cases SET created_at = created_at + INTERVAL 1 MINUTE")
        return
    file = part / "cases-00001.parquet"
    with duckdb.connect() as connection:
        connection.execute(
            f"COPY (SELECT {change} FROM '{file}') TO '{part / 'new'}' (FORMAT parquet)"
        )
    (part / "new").rename(file)


def test_a_part_with_other_facts_is_found_out(tmp_path):
    parts = [part_of(tmp_path, 1), part_of(tmp_path, 2)]
    manifest = parts[1] / "manifest.json"
    values = json.loads(manifest.read_text())
    manifest.write_text(json.dumps(values | {"elapsed_seconds": 1234.5}))
    assert "the facts of the manifest are not those" in refusal_of(parts, tmp_path / "out")


def test_machines_with_different_libraries_are_both_named(tmp_path):
    libraries = facts().libraries
    parts = [
        part_of(tmp_path, number, libraries={**libraries, "numpy": version})
        for number, version in ((1, "2.4.6"), (2, "2.4.5"))
    ]
    with merge(parts, out=tmp_path) as run:
        assert run.manifest.libraries["numpy"] == "2.4.5 and 2.4.6"


def test_every_table_of_the_engine_is_merged(parts, whole):
    rows = dict.fromkeys(COLUMNS, 0)
    for part in parts:
        with open_tables(part) as run:
            for table in COLUMNS:
                rows[table] += run.manifest.rows[table]
    assert rows == whole.manifest.rows
