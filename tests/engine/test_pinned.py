"""What is held fast stays; ``python tests/engine/pinned.py`` renews what is meant to move."""

from pinned import BASELINE, GOLDEN, baseline, golden, read


def test_the_demo_has_the_rows_that_are_held_fast() -> None:
    assert golden() == read(GOLDEN)


def test_a_small_run_has_the_totals_that_are_held_fast() -> None:
    assert baseline() == read(BASELINE)
