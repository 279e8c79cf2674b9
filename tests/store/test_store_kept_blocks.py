"""What a run keeps of allowances, of what is carried and of top-ups is what its rows come to."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from hypothesis import given

from entitlement_sim import Run, Scenario, open_run, simulate
from entitlement_sim.store.kept import COLUMNS, SCHEMA
from entitlement_sim.store.publish import DATABASE
from entitlement_sim.store.verify import verify
from tests.engine.random_offerings import at_random, offerings

#: Offerings that random ones are tried of.
EXAMPLES = 6

RETAINER = {
    "scenario": "retainer",
    "seed": 3,
    "calendar": {"start": "2026-01-01", "days": 500},
    "templates": {
        "Retainer": {
            "allocation": "hours",
            "term": {"months": 12},
            "price": {"amount": 900, "every": "month"},
            "allowance": {"terms": 6, "every": "month", "carry": {"at_most": 3, "for": 1}},
            "overage": {"price": 90},
        },
        "More": {"allocation": "hours", "total_terms": 2, "price": 150, "adds_to": ["Retainer"]},
    },
    "segments": {
        "all": {
            "customers": 12,
            "cases": {"per_year": 60},
            "holds": [{"template": "Retainer"}],
            "buys_more": {"when": {"left": 1}, "share": 0.5, "template": "More"},
            "cancellation": {"per_year": 0.2},
            "renewal": {"inclination": {"constant": 0.9}},
            "reopened": 0.2,
        }
    },
}


def stored(folder: Path, data: dict[str, Any]) -> Path:
    """The folder of a run."""
    simulate(Scenario.from_dict(data), out=folder, name="run").close()
    return folder / "run"


@pytest.fixture(scope="module")
def retainer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run with periods that are carried over, topped up and gone beyond."""
    return stored(tmp_path_factory.mktemp("blocks"), RETAINER)


def change(folder: Path, statement: str) -> None:
    with duckdb.connect(folder / DATABASE) as connection:
        connection.execute(statement)


def kept_of(run: Run) -> set[str]:
    query = f"SELECT table_name FROM duckdb_tables() WHERE schema_name = '{SCHEMA}'"
    return {name for (name,) in run.connection.execute(query).fetchall()}


@at_random(EXAMPLES)
@given(offerings())
def test_what_is_kept_of_any_offering_is_what_its_rows_come_to(data: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as folder, open_run(stored(Path(folder), data)) as run:
        assert kept_of(run) >= COLUMNS.keys()
        assert verify(run).holds, str(verify(run))


def test_every_kind_of_movement_is_summed(retainer: Path) -> None:
    with open_run(retainer) as run:
        sums = run.sql(
            "SELECT sum(allotment_100), sum(used_100), sum(abs(rolled_out_100)), sum(settled_100), "
            "sum(lapsed_100) FROM balance_totals"
        )
        assert (sums.iloc[0] > 0).all()
        assert verify(run).holds


VIEWS = ["balance_totals", "breakage_of_balances", "breakage_of_balances_by_month"]


@pytest.mark.parametrize(
    "view",
    [*VIEWS, "terms_at_closes", "breakage", "breakage_by_period", "contract_liability",
     "remaining_obligation", "breakage_by_entitlement"],
)  # fmt: skip
def test_rows_of_a_view_are_the_same_where_nothing_is_kept(
    retainer: Path, tmp_path: Path, view: str
) -> None:
    copied = Path(shutil.copytree(retainer, tmp_path / "run"))
    change(copied, f"DROP SCHEMA {SCHEMA} CASCADE")
    with open_run(retainer) as run, open_run(copied) as without:
        kept, reckoned = (of.connection.sql(f"FROM {view}") for of in (run, without))
        assert kept.columns == reckoned.columns
        assert list(map(str, kept.types)) == list(map(str, reckoned.types))
        rows = kept.fetchall()
        assert sorted(rows, key=repr) == sorted(reckoned.fetchall(), key=repr)
        assert len(rows) > 10


def test_what_is_known_from_an_earlier_day_on_is_the_same_where_nothing_is_kept(
    tmp_path: Path,
) -> None:
    data = RETAINER | {"history": {"years": 1}}
    folder = stored(tmp_path / "with", data)
    copied = Path(shutil.copytree(folder, tmp_path / "without"))
    change(copied, f"DROP SCHEMA {SCHEMA} CASCADE")
    with open_run(folder) as run, open_run(copied) as without:
        answers = []
        for of_run in (run, without):
            of_run.connection.execute("SET VARIABLE estimates_from = DATE '2025-06-01'")
            answers.append(of_run.sql("FROM expected_breakage"))
        pd.testing.assert_frame_equal(*answers)
        assert run.sql("SELECT count(ended_before_run) AS n FROM breakage_of_balances")["n"][0] > 5


def test_sums_by_month_are_the_same_however_many_balances_are_looked_at_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("entitlement_sim.store.kept._BALANCES_AT_A_TIME", 3)
    with open_run(stored(tmp_path, RETAINER)) as run:
        assert verify(run).holds


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        (
            "UPDATE derived.balance_totals SET used_100 = used_100 + 1 WHERE rowid = 3",
            "balance_totals does not follow from the ledger: 2 rows amiss",
        ),
        (
            "DELETE FROM derived.breakage_of_balances WHERE rowid = 3",
            "breakage_of_balances does not follow from the balances and the ledger: 1 row amiss",
        ),
        (
            "UPDATE derived.breakage_of_balances_by_month SET n = n + 1 WHERE rowid = 3",
            "breakage_of_balances_by_month does not follow from the balances and the ledger: "
            "2 rows amiss",
        ),
    ],
)
def test_verifying_finds_sums_of_balances_that_do_not_follow_from_the_rows(
    retainer: Path, tmp_path: Path, statement: str, told: str
) -> None:
    copied = Path(shutil.copytree(retainer, tmp_path / "run"))
    change(copied, statement)
    with open_run(copied) as run:
        assert str(verify(run)).splitlines()[1:] == [told]


def test_nothing_is_kept_of_balances_that_come_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("entitlement_sim.store.ledger_blocks._TOO_LARGE", 1)
    with open_run(stored(tmp_path, RETAINER)) as run:
        assert "balance_totals" not in kept_of(run)
        assert verify(run).holds
