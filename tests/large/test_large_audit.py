"""A hundred thousand contracts with two million cases, played and audited (pytest -m large)."""

from pathlib import Path

import pytest

from entitlement_sim import Scenario, open_run, simulate
from entitlement_sim.audit import Audit
from entitlement_sim.audit.examination import export_with_faults
from entitlement_sim.audit.score import score
from entitlement_sim.cli import answer as give

pytestmark = pytest.mark.large

#: Of which the demo has 114,366 entitlements and 2,369,357 cases.
CUSTOMERS = {
    "segments.small.customers": 1_300,
    "segments.midsize.customers": 6_200,
    "segments.enterprise.customers": 2_600,
}


def test_ten_faults_of_every_kind_are_found_in_a_large_book_and_nothing_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    book = tmp_path / "book"
    with simulate(Scenario.load("demo", CUSTOMERS), out=tmp_path, name="simulated") as run:
        key = export_with_faults(run, book, "parquet", seed=1)
    assert give(["import", str(book), "--out", str(tmp_path), "--name", "imported"]) == 0
    assert "rejected because" not in capsys.readouterr().out
    with open_run(tmp_path / "imported") as run:
        answer = Audit(run)
        assert score(answer, key).is_perfect
        assert answer.best_switches()[0] == {}
