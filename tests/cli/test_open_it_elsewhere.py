"""What the README says of opening runs elsewhere, done with what it names."""

import json
import re
import shutil
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import duckdb
import openpyxl
import pytest

from entitlement_sim import Run, Scenario, open_run, simulate

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
[SECTION] = re.findall(r"^## Open it elsewhere\n(.*?)^## ", README, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which a small run is called as in the README."""
    place = tmp_path_factory.mktemp("elsewhere")
    scenario = Scenario.load("demo", ["calendar.days=90", "history=null"])
    few = {f"segments.{name}.customers": 20 for name in scenario.model.segments}
    simulate(scenario.with_(few), out=place / "runs", name="demo").close()
    return place


@pytest.fixture
def run(place: Path) -> Run:
    return open_run(place / "runs" / "demo")


def test_its_commands_write_what_they_say(place: Path) -> None:
    program = Path(sys.executable).with_name("entitlement-sim")
    [block] = re.findall(r"^```sh\n(.*?)^```$", SECTION, re.MULTILINE | re.DOTALL)
    answers = [
        subprocess.run(
            command.replace("entitlement-sim", str(program), 1), shell=True, check=True, cwd=place,
            capture_output=True, text=True,
        ).stdout
        for command in block.splitlines()
    ]  # fmt: skip
    assert {row["template"] for row in json.loads(answers[0])} >= {"Pack 10"}
    with duckdb.connect() as connection:
        rows = connection.read_parquet(str(place / "ledger.parquet")).project("typeof(amount)")
        assert rows.distinct().fetchall() == [("DECIMAL(18,2)",)]
    workbook = openpyxl.load_workbook(place / "demo.xlsx", read_only=True)
    assert {"daily", "utilisation_by_template"} <= set(workbook.sheetnames)


def test_duckdb_alone_reads_tables_and_views(place: Path, run: Run) -> None:
    with duckdb.connect(str(place / "runs" / "demo" / "run.duckdb"), read_only=True) as connection:
        for name in ("ledger", "utilisation_by_template", "daily"):
            expected = run.relation(name).fetchall()
            assert sorted(connection.sql(f"FROM {name}").fetchall(), key=str) == sorted(
                expected, key=str
            )


def test_duckdbs_shell_answers(place: Path) -> None:
    shell = shutil.which("duckdb", path=str(Path(sys.executable).parent))
    if shell is None:
        pytest.skip("DuckDB's shell is not installed (pip install duckdb-cli)")
    [command] = re.findall(r"`duckdb (-readonly [^`]*)`, then", SECTION)
    [query] = re.findall(r"then `(FROM [^`]*)`", SECTION)
    done = subprocess.run(
        [shell, *command.split(), "-json", "-c", query],
        cwd=place, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert {row["template"] for row in json.loads(done.stdout)} >= {"Pack 10"}


def test_polars_takes_arrow_with_decimals(run: Run) -> None:
    polars = pytest.importorskip("polars")
    assert 'polars.from_arrow(run.arrow("ledger"))' in SECTION
    frame = polars.from_arrow(run.arrow("ledger"))
    assert frame.schema["amount"] == polars.Decimal(18, 2)
    total = run.relation("ledger").aggregate("sum(amount)").fetchall()[0][0]
    assert frame["amount"].sum() == Decimal(total)


def test_frames_and_relations_are_what_it_names(run: Run) -> None:
    for method in ("arrow", "relation", "table"):
        assert f'run.{method}("ledger")' in SECTION
    assert len(run.table("ledger")) == len(run.relation("ledger")) == run.arrow("ledger").num_rows
