"""What is said of two checkouts of the package whose engines took turns, pair by pair."""

from .pairs import report


def test_the_report_has_the_median_of_the_pairs_and_that_of_one_engine_against_itself() -> None:
    rounds = [(0.100, 0.102, 0.100), (0.200, 0.220, 0.202), (0.100, 0.104, 0.098)]
    assert report("reference", 10_000, rounds) == (
        "| reference, 10,000 customers | 3 | 100.0 ms | 104.0 ms | 100.0 ms | 1.040 | 1.000 |"
    )
