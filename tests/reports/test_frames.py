"""Frames as a reader of a notebook wants them."""

import pandas as pd
import pytest

from entitlement_sim.reports import first, table
from entitlement_sim.telling import percent

FRAME = pd.DataFrame(
    {
        "name": ["a <b>", "c"],
        "cases": [1200, 7],
        "rate": [0.5, float("nan")],
        "month": pd.to_datetime(["2024-01-01", "2024-02-01"]),
        "open": [True, False],
    }
)


def test_a_table_writes_each_column_as_readers_expect() -> None:
    shown = table(FRAME, "Some", formats={"rate": percent})
    assert shown.headings == ["name", "cases", "rate", "month", "open"]
    assert shown.rows[0] == ["a <b>", "1,200", "50.0%", "2024-01-01", "yes"]
    assert shown.rows[1] == ["c", "7", "\N{EN DASH}", "2024-02-01", "no"]


def test_a_table_is_accessible_html() -> None:
    html = table(FRAME, "Some")._repr_html_()
    assert "<b>Some</b></caption>" in html
    assert '<th scope="col"' in html
    assert '<th scope="row"' in html
    assert "a &lt;b&gt;" in html


def test_a_table_prints_in_a_terminal() -> None:
    assert repr(table(FRAME[["name", "cases"]], "Some")).splitlines() == [
        "Some",
        "name   cases",
        "a <b>  1,200",
        "c          7",
    ]


def test_a_long_table_says_that_it_is_cut() -> None:
    shown = table(pd.DataFrame({"n": range(100)}), "Many", most=3)
    assert len(shown.rows) == 3
    assert shown.caption == "Many (first 3 of 100)"


def test_a_table_of_nothing_has_its_headings() -> None:
    assert "<th" in table(FRAME.head(0), "None")._repr_html_()


def test_a_format_of_no_column_is_an_error() -> None:
    with pytest.raises(KeyError, match="there is no column 'rates'; 'rate'"):
        table(FRAME, "Some", formats={"rates": percent})


def test_the_first_row_of_an_empty_frame_is_none() -> None:
    assert first(FRAME.head(0)) is None


def test_a_format_that_is_no_function_is_an_error() -> None:
    with pytest.raises(TypeError, match=r"what writes 'rate' must be a function, such as percent"):
        table(FRAME, "Some", formats={"rate": ".1%"})  # type: ignore[dict-item]
