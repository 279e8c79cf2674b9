"""What a run says about itself is compared with what it said when it was stored."""

import json
import shutil
from dataclasses import replace

import duckdb
import pytest
from store_rows import COLUMNS, facts, random_block

from entitlement_sim.store.errors import DamagedRun
from entitlement_sim.store.fact_check import differing_facts, facts_hash, require_facts
from entitlement_sim.store.run import open_run
from entitlement_sim.store.verify import Verification, verify
from entitlement_sim.store.writer import write_run


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    place = tmp_path_factory.mktemp("stored")
    write_run([random_block([9] * len(COLUMNS), 3)], facts(), out=place, name="sent").close()
    return place / "sent"


@pytest.fixture
def folder(stored, tmp_path):
    """A copy of the run, to edit."""
    return shutil.copytree(stored, tmp_path / "sent")


def edit(folder, **changes):
    """Change facts of the manifest."""
    place = folder / "manifest.json"
    place.write_text(json.dumps(json.loads(place.read_text()) | changes))


def update(folder, statement):
    with duckdb.connect(folder / "run.duckdb") as connection:
        connection.execute(statement)


def differing(folder):
    with open_run(folder) as run:
        return differing_facts(run)


def test_a_run_as_it_was_stored_has_its_facts(folder):
    assert differing(folder) == ()
    with open_run(folder) as run:
        assert require_facts(run) is None


def test_a_run_in_memory_has_its_facts():
    with write_run([{}], facts()) as run:
        assert differing_facts(run) == ()


#: Another value for every fact of a manifest.
OTHER = {
    "run_id": "tiny-8-0-abc",
    "scenario": "other",
    "scenario_yaml": "scenario: other\n",
    "scenario_hash": "0" * 64,
    "seed": 4242,
    "replication": 1,
    "start_date": "2024-01-02",
    "days": 11,
    "package_version": "0.0.1",
    "rulebook_version": "0.1",
    "source": "imported",
    "content_hash": "f" * 64,
    "rule_switches": {"gate_on_reactivate": True},
    "libraries": {},
    "rows": dict.fromkeys(COLUMNS, 4242),
    "created_at": "2001-01-01T00:00:00+00:00",
    "elapsed_seconds": 4242.5,
    "facts_hash": "f" * 64,
}
IN_TABLE_RUN = list(OTHER)[:14]


@pytest.mark.parametrize("name", [name for name in OTHER if name != "source"])
def test_any_fact_of_the_manifest_that_was_edited_is_found(folder, name):
    edit(folder, **{name: OTHER[name]})
    expected = (
        f"{name} in table run is not that of the manifest"
        if name in IN_TABLE_RUN
        else "the facts of the manifest are not those that were stored"
    )
    assert differing(folder) == (expected,)


def test_a_simulated_run_that_is_called_imported_lacks_the_tables_of_such_a_run(folder):
    edit(folder, source="imported")
    with pytest.raises(DamagedRun, match=r"rows is .*, not a whole number .* for .* rejected"):
        open_run(folder)


def test_a_table_s_hash_that_was_edited_is_found(folder):
    hashes = json.loads((folder / "manifest.json").read_text())["table_hashes"]
    edit(folder, table_hashes=hashes | {"cases": "f" * 64})
    assert differing(folder) == ("the facts of the manifest are not those that were stored",)


@pytest.mark.parametrize("name", IN_TABLE_RUN)
def test_any_column_of_table_run_that_was_edited_is_found(folder, name):
    value = OTHER[name]
    text = json.dumps(value) if isinstance(value, dict) else str(value)
    update(folder, f"UPDATE run SET {name} = '{text}'")
    assert differing(folder) == (f"{name} in table run is not that of the manifest",)


def test_an_edit_of_both_is_found(folder):
    edit(folder, seed=4242)
    update(folder, "UPDATE run SET seed = 4242")
    assert differing(folder) == ("the facts of the manifest are not those that were stored",)


@pytest.mark.parametrize("name", ["rule_switches", "libraries"])
def test_values_that_are_written_otherwise_are_found(folder, name):
    update(folder, f"UPDATE run SET {name} = replace({name}::VARCHAR, ', ', ',')")
    assert differing(folder) == ("the facts of the manifest are not those that were stored",)


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("DELETE FROM run", "table run has no row, not one"),
        ("INSERT INTO run FROM run", "table run has several rows, not one"),
        ("UPDATE run SET seed = NULL", "seed in table run is not that of the manifest"),
        ("UPDATE run SET libraries = NULL", "libraries in table run is not that of the manifest"),
    ],
)
def test_a_table_run_that_is_none_is_found(folder, statement, said):
    update(folder, statement)
    assert differing(folder) == (said,)


def test_whoever_computes_the_hash_anew_is_not_found_out(folder):
    edit(folder, seed=4242)
    update(folder, "UPDATE run SET seed = 4242")
    with open_run(folder) as run:
        names = [name for name, *_ in run.connection.execute("FROM run").description]
        [row] = run.connection.execute("FROM run").fetchall()
        forged = facts_hash(run.manifest, dict(zip(names, row, strict=True)))
    edit(folder, facts_hash=forged)
    assert differing(folder) == ()


def test_a_run_of_which_a_fact_was_edited_is_refused_where_it_is_needed(folder):
    edit(folder, days=11)
    with open_run(folder) as run, pytest.raises(DamagedRun) as refusal:
        require_facts(run)
    assert str(refusal.value) == (
        f"the run is damaged: {folder / 'run.duckdb'}: days in table run is not that of the "
        "manifest"
    )


# ------------------------------------------------------------------------------ what verify says

A, B = "a" * 64, "b" * 64


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (
            Verification(A, A, (), ()),
            "content aaaaaaaaaaaa: every row and every fact is as it was stored",
        ),
        (
            Verification(A, B, ("cases",), ()),
            "the rows differ from what was stored (in cases): expected content aaaaaaaaaaaa, found "
            "bbbbbbbbbbbb",
        ),
        (
            Verification(A, B, ("cases", "ledger", "slas"), ("x",)),
            "the rows differ from what was stored (in cases, ledger and slas): expected content "
            "aaaaaaaaaaaa, found bbbbbbbbbbbb\nthe facts differ from what was stored: x",
        ),
        (
            Verification(A, A, (), ("x", "y")),
            "content aaaaaaaaaaaa: every row is as it was stored\n"
            "the facts differ from what was stored: x\n"
            "the facts differ from what was stored: y",
        ),
    ],
)
def test_verifying_says_which_part_differs(found, said):
    assert str(found) == said
    assert found.holds == (said.count("differ") == 0)


def test_verifying_finds_rows_and_facts_at_once(folder):
    update(folder, "UPDATE ledger SET balance = balance + 1; UPDATE run SET days = 11")
    with open_run(folder) as run:
        found = verify(run)
    assert found.changed == ("ledger",)
    assert found.facts == ("days in table run is not that of the manifest",)
    assert not found.holds


def test_a_fact_is_part_of_the_hash_whatever_its_name(folder):
    with open_run(folder) as run:
        manifest = run.manifest
    row = {"seed": 7}
    hashes = {facts_hash(manifest, row), facts_hash(manifest, {"seed": 8})}
    hashes |= {facts_hash(replace(manifest, created_at="2001-01-01"), row)}
    assert len(hashes) == 3
    assert facts_hash(replace(manifest, facts_hash=None), row) in hashes
