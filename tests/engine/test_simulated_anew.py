"""A run is simulated anew from what it says about itself, and compared."""

import json
import shutil
from dataclasses import replace

import duckdb
import pytest

from entitlement_sim import Scenario, open_run, simulate
from entitlement_sim.cli import answer
from entitlement_sim.scenario.shipped import shipped_scenarios
from entitlement_sim.simulated_anew import SimulatedAnew, simulate_anew
from entitlement_sim.store.errors import RunError
from entitlement_sim.store.fact_check import facts_hash

FEW = ["calendar.days=200"]


def fewer(scenario):
    """A scenario with few customers."""
    return scenario.with_([f"segments.{name}.customers=3" for name in scenario.model.segments])


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    scenario = fewer(Scenario.load("reference", FEW))
    place = tmp_path_factory.mktemp("stored")
    simulate(scenario, seed=5, replication=2, out=place, name="sent").close()
    return place / "sent"


@pytest.fixture
def folder(stored, tmp_path):
    """A copy of the run, to edit."""
    return shutil.copytree(stored, tmp_path / "sent")


@pytest.mark.parametrize("name", shipped_scenarios())
def test_a_run_of_a_shipped_scenario_is_what_the_scenario_gives(name):
    with simulate(fewer(Scenario.load(name, FEW)), seed=11) as run:
        anew = simulate_anew(run)
    assert anew == SimulatedAnew((), (), "")
    assert str(anew) == "simulated anew: every row and every fact is what the scenario gives"


def test_seed_and_replication_are_those_of_the_run(folder):
    with open_run(folder) as run:
        assert simulate_anew(run).holds


def forge(folder):
    """Change a row that breaks no law, and compute every hash anew as a forger would."""
    from entitlement_sim.store.formats import format_of
    from entitlement_sim.store.hashing import hash_of_tables
    from entitlement_sim.store.verify import table_hashes

    with duckdb.connect(folder / "run.duckdb") as connection:
        connection.execute(
            "UPDATE ledger SET happened_at = happened_at + INTERVAL 1 MINUTE WHERE rowid = 0"
        )
    with open_run(folder) as run:
        hashes = table_hashes(run, format_of(run.manifest))
    content = hash_of_tables(hashes)
    with duckdb.connect(folder / "run.duckdb") as connection:
        connection.execute("UPDATE run SET content_hash = ?", [content])
    with open_run(folder) as run:
        manifest = replace(run.manifest, table_hashes=hashes, content_hash=content)
        names = [name for name, *_ in run.connection.execute("FROM run").description]
        [row] = run.connection.execute("FROM run").fetchall()
    forged = replace(manifest, facts_hash=facts_hash(manifest, dict(zip(names, row, strict=True))))
    (folder / "manifest.json").write_text(json.dumps(forged.to_json()))


def test_what_verify_cannot_find_simulating_anew_does(folder, capsys):
    forge(folder)
    assert answer(["verify", str(folder)]) == 0
    capsys.readouterr()
    assert answer(["verify", str(folder), "--again"]) == 1
    said = capsys.readouterr()
    assert said.out.splitlines()[1] == (
        "simulated anew, the scenario gives other rows in ledger and another content_hash"
    )
    assert said.err.startswith("Simulating it anew; to simulate and store it took ")


def test_a_run_that_is_what_it_says_passes_both(folder, capsys):
    assert answer(["verify", str(folder), "--again"]) == 0
    assert capsys.readouterr().out.splitlines()[1] == (
        "simulated anew: every row and every fact is what the scenario gives"
    )


def test_a_run_from_an_export_cannot_be_simulated_anew(folder):
    with open_run(folder) as run:
        run.manifest = replace(run.manifest, source="imported")
        with pytest.raises(
            RunError, match="cannot be simulated anew: its cases come from an export"
        ):
            simulate_anew(run)


@pytest.mark.parametrize("change", [{"rulebook_version": "0.9"}, {"format_version": 1}])
def test_a_run_by_other_rules_cannot_be_simulated_anew(folder, change):
    with open_run(folder) as run:
        run.manifest = replace(run.manifest, **change)
        with pytest.raises(RunError, match=r"made it by rulebook .*which may give other rows"):
            simulate_anew(run)


def test_a_scenario_that_cannot_be_read_cannot_be_simulated_anew(folder):
    with open_run(folder) as run:
        run.manifest = replace(run.manifest, scenario_yaml="scenario: [")
        with pytest.raises(RunError, match="anew: its scenario cannot be read: scenario:1:"):
            simulate_anew(run)


def test_another_version_of_the_package_is_named_where_rows_differ(folder):
    with open_run(folder) as run:
        run.manifest = replace(
            run.manifest, package_version="0.1.9", seed=6, libraries={"duckdb": "1"}
        )
        said = str(simulate_anew(run))
    assert said.startswith("simulated anew, the scenario gives other rows in entitlements, ")
    assert said.endswith("; the run was made by version 0.1.9 with duckdb 1, which may be why")
