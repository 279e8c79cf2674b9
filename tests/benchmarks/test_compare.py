"""What is said of two checkouts of the package after their engines took turns."""

from pathlib import Path

from .compare import report


def measured(ns: float, cases: int) -> dict[str, dict[str, float]]:
    return {"reference": {"ns": ns, "cases": cases}}


def test_the_report_has_medians_their_ratio_and_the_range_of_the_rounds() -> None:
    rounds = [
        [measured(before, 1_000), measured(after, 1_000)]
        for before, after in [(100.0, 108.0), (104.0, 104.0), (200.0, 106.0)]
    ]
    assert report(Path("/before"), {"reference": 1_500}, rounds).splitlines()[:-1] == [
        "| engine alone, one thread, CPU | before | after | after / before | in single rounds |",
        "|---|---:|---:|---:|---:|",
        "| reference, 1,500 customers | 104.0 ns/case | 106.0 ns/case | 1.019 | 0.53 to 1.08 |",
        "",
    ]


def test_the_report_says_where_two_checkouts_simulate_other_cases() -> None:
    rounds = [[measured(100.0, 1_000), measured(100.0, 1_001)]]
    assert report(Path("/before"), {"reference": 30}, rounds).splitlines()[-1] == (
        "The trees do not do the same work: reference has 1,000 cases before, 1,001 after."
    )
