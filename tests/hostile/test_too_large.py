"""What cannot be made, or takes longer than anybody would mean, is refused before it begins."""

import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from entitlement_sim import Scenario, simulate, sums
from entitlement_sim.cli import answer
from entitlement_sim.engine import buffers
from entitlement_sim.store import estimate as estimating
from entitlement_sim.store.errors import RunError
from entitlement_sim.store.estimate import estimate

CUSTOMERS, RATE = "segments.everyone.customers", "segments.everyone.cases.per_year"
EVERYTHING = [f"{CUSTOMERS}=100000000", f"{RATE}=100000"]
GIGABYTE = 1e9


def reference(*changes: str) -> Scenario:
    return Scenario.load("reference", list(changes))


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Callable[[float, float], None]:
    """A machine with so many gigabytes free on the disk and so many of memory."""

    def machine(disk: float, memory: float) -> None:
        monkeypatch.setattr(estimating, "_free", lambda folder: disk * GIGABYTE)
        monkeypatch.setattr(estimating, "_memory", lambda: memory * GIGABYTE)

    machine(70, 24)
    return machine


Machine = Callable[[float, float], None]

SMALLER = "ask for fewer customers, cases or days"
MEANT = "say that it is meant: --allow-large, in Python allow_large=True"


def test_the_product_of_two_limits_is_refused_with_rows_time_and_disk(
    machine: Machine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changes = [word for change in EVERYTHING for word in ("--set", change)]
    for meant in ([], ["--allow-large"]):
        assert answer(["run", "reference", *changes, "--out", str(tmp_path), *meant]) == 2
        assert capsys.readouterr().err.splitlines()[-1] == (
            "entitlement-sim: this comes to about 29,979bn cases and about 59,960bn rows: "
            "about 1.71 years of processor time and about 1.59 PB, but there are about 70 GB free "
            f"on the disk; {SMALLER}"
        )
    assert list(tmp_path.iterdir()) == []


def test_simulate_refuses_what_the_disk_cannot_hold_even_if_it_is_meant(
    machine: Machine, tmp_path: Path
) -> None:
    with pytest.raises(RunError, match=r"about 70 GB free on the disk"):
        simulate(reference(*EVERYTHING), out=tmp_path, allow_large=True)


def test_simulate_refuses_what_the_memory_cannot_hold(machine: Machine) -> None:
    with pytest.raises(RunError, match=r"but there are about 24 GB of memory"):
        simulate(reference(f"{CUSTOMERS}=10000000"))


def test_what_takes_half_of_the_disk_is_asked_for(machine: Machine, tmp_path: Path) -> None:
    small = reference(f"{CUSTOMERS}=50")
    needed = estimate(small.model).disk / GIGABYTE
    machine(needed * 1.9, 24)
    with pytest.raises(RunError) as caught:
        simulate(small, out=tmp_path)
    assert str(caught.value).endswith(f"MB free on the disk; {SMALLER}, or {MEANT}")
    simulate(small, out=tmp_path, allow_large=True, threads=1).close()
    machine(needed * 2.1, 24)
    simulate(small, out=tmp_path, threads=1, overwrite=True).close()


def test_what_takes_more_than_an_hour_is_asked_for(machine: Machine, tmp_path: Path) -> None:
    machine(1e6, 24)
    with pytest.raises(RunError, match=r"about 2.19 hours of processor time .* or say that it is"):
        simulate(reference(f"{CUSTOMERS}=100000000"), out=tmp_path)


def test_sums_refuse_what_takes_more_than_an_hour(machine: Machine) -> None:
    with pytest.raises(RunError) as caught:
        sums(reference(f"{CUSTOMERS}=100000000"), replications=100)
    assert str(caught.value) == (
        "these sums come to about 360bn cases: about 2.53 days of processor time and "
        f"about 2.96 MB of memory; {SMALLER}, or {MEANT}"
    )


def test_sums_refuse_tables_that_the_memory_cannot_hold(machine: Machine) -> None:
    machine(70, 1)
    with pytest.raises(RunError, match=r"GB of memory, but there are about 1 GB; ask for fewer"):
        sums(reference(f"{CUSTOMERS}=100000"), replications=1000, by=["customer"])


def test_the_demo_is_refused_where_the_disk_is_full(
    machine: Machine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    machine(0.001, 24)
    assert answer(["demo", "--out", str(tmp_path / "runs")]) == 2
    assert "but there are about 1 MB free on the disk" in capsys.readouterr().err


def test_one_customer_with_more_cases_than_one_may_have_is_refused(machine: Machine) -> None:
    busy = reference(f"{CUSTOMERS}=1", f"{RATE}=100000", "calendar.days=36525", "calendar.growth=1")
    with pytest.raises(RunError) as caught:
        simulate(busy, allow_large=True)
    assert str(caught.value) == (
        f"one customer comes to more than 1,000,000bn cases, and 100,000,000 are the most for one; "
        f"{SMALLER}"
    )


def test_customers_that_do_not_fit_the_memory_are_refused(machine: Machine) -> None:
    machine(70, 8)
    busy = reference(f"{CUSTOMERS}=2", f"{RATE}=100000", "calendar.days=36525")
    with pytest.raises(RunError, match=r"2 customers at a time, of about 10M cases each, take"):
        simulate(busy, threads=2)


def test_a_customer_whose_rate_is_drawn_too_high_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buffers, "MOST_CASES", 300)
    busy = reference(f"{CUSTOMERS}=200", f"{RATE}=90", "segments.everyone.cases.shape=0.05")
    with pytest.raises(RunError, match=r"a customer has more than 300 cases, which is too many"):
        simulate(busy, threads=1)


@pytest.mark.parametrize("name", ["reference", "demo", "warranty"])
def test_rows_are_estimated_within_a_factor_of_two_and_a_half(name: str) -> None:
    fewer = [f"{CUSTOMERS}=2000"] if name == "reference" else []
    scenario = Scenario.load(name, ["calendar.days=700", *fewer])
    expected = estimate(scenario.model)
    with simulate(scenario, threads=2) as run:
        rows = run.manifest.rows
    for table in ("customers", "cases", "ledger", "entitlements"):
        assert rows[table] / 1.2 <= expected.rows[table] <= 2.5 * rows[table], table


def test_cases_of_incidents_are_estimated() -> None:
    scenario = reference(
        f"{CUSTOMERS}=300", f"{RATE}=0", "products=[A]", "segments.everyone.products={A: 1}",
        "bursts=[{product: A, per_year: 200, hits: 0.5, cases: 2}]", "calendar.days=365",
    )  # fmt: skip
    with simulate(scenario, threads=1) as run:
        assert estimate(scenario.model).rows["cases"] == pytest.approx(
            run.manifest.rows["cases"], rel=0.2
        )


def test_many_incidents_that_come_out_of_order_are_estimated_by_their_moves() -> None:
    bursts = [
        f"{{name: b{number}, product: A, per_year: 1000, hits: 1, cases: 100}}"
        for number in range(64)
    ]
    scenario = reference(
        f"{CUSTOMERS}=1", f"{RATE}=0", "products=[A]", "segments.everyone.products={A: 1}",
        f"bursts=[{', '.join(bursts)}]", "calendar.days=365",
    )  # fmt: skip
    assert estimate(scenario.model).seconds > 3600


def _peak_memory(code: str) -> float:
    """Megabytes that a process of its own takes at the most."""
    lines = textwrap.dedent(code) + (
        "\nimport resource\nprint(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", lines], capture_output=True, text=True, check=True
    )
    return float(answer.stdout.split()[-1])


MILLION = """
    from entitlement_sim import Scenario, simulate
    changes = {"segments.everyone.customers": 1, "segments.everyone.cases.per_year": RATE,
               "calendar.days": 3653}
    with simulate(Scenario.load("reference", changes), threads=1) as run:
        print(run.manifest.rows["cases"])
"""


@pytest.mark.large
@pytest.mark.skipif(sys.platform != "linux", reason="counts other units")
def test_a_customer_with_a_million_cases_takes_memory_by_their_number() -> None:
    few, many = (_peak_memory(MILLION.replace("RATE", rate)) for rate in ("1000", "100000"))
    assert many - few < 700  # megabytes, 700 bytes a case: stored in memory, too
