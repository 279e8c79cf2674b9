"""What is held fast stays; ``python tests/engine/pinned.py`` renews what is meant to move."""

from pinned import (
    BASELINE,
    GOLDEN,
    GOLDEN_OF_FORMAT_1,
    baseline,
    golden,
    golden_of_format_1,
    read,
)


def test_the_demo_has_the_rows_that_are_held_fast() -> None:
    assert golden() == read(GOLDEN)


def test_by_the_readings_of_0_1_the_demo_has_the_rows_that_it_had_then() -> None:
    assert golden_of_format_1() == read(GOLDEN_OF_FORMAT_1)


def test_a_small_run_has_the_totals_that_are_held_fast() -> None:
    assert baseline() == read(BASELINE)
