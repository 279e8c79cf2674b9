"""How numbers, days, lists and tables are written."""

import datetime as dt
import re
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from nbconvert.filters import markdown2html

from entitlement_sim.telling import (
    UNKNOWN,
    Right,
    Table,
    change,
    counted,
    day,
    exact,
    limits,
    listed,
    number,
    percent,
    percent_tick,
    points,
    roughly,
    rounded,
    share_of,
    short,
    short_tick,
    signed,
    signed_rounded,
    signed_short,
    tally,
    tenths,
    verbatim,
)


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        (1, 8, "12.5%"),
        (1, 16, "6.3%"),
        (1, 2, "50.0%"),
        (0, 7, "0%"),
        (7, 7, "100%"),
        (1, 2000, "0.1%"),
        (1, 2001, "< 0.1%"),
        (1999, 2000, "> 99.9%"),
        (1998, 2000, "99.9%"),
        (2501, 2500, "< 100.1%"),
        (21, 20, "105.0%"),
        (-1, 8, "-12.5%"),
        (-1, 2001, "> -0.1%"),
        (25, 2, "1,250.0%"),
        (0, 0, "no share"),
        (1, 0, "no share"),
        (pd.NA, pd.NA, "no share"),
        (0.0, float("nan"), "no share"),
        (float("nan"), 5, UNKNOWN),
        (None, 5, UNKNOWN),
        (Decimal("1.5"), Decimal("12"), "12.5%"),
        (np.int64(1), np.float64(8), "12.5%"),
    ],
)
def test_a_share_has_one_decimal_and_never_rounds_to_all_or_none(
    part: object, whole: object, text: str
) -> None:
    assert percent(part, whole) == text


def test_noise_of_binary_fractions_is_no_share() -> None:
    assert percent(1 - (0.1 + 0.2 + 0.7)) == "0%"
    assert percent(0.1 + 0.2 + 0.7) == "100%"


def test_half_is_rounded_away_from_zero_as_it_is_written() -> None:
    assert (number(0.125), number(1.005), number(2.675)) == ("0.13", "1.01", "2.68")
    assert (rounded(0.5), rounded(1.5), rounded(2.5), rounded(-2.5)) == ("1", "2", "3", "-3")
    assert (tenths(0.25), exact(Decimal("0.005"))) == ("0.3", "0.01")


def test_there_is_no_negative_zero() -> None:
    assert (number(-0.0), number(-0.001), rounded(-0.4), short(-0.001)) == ("0", "0", "0", "0")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"), (0.126, "0.13"), (9.99, "9.99"), (9.996, "10"), (12.5, "13"), (999.4, "999"),
        (999.5, "1k"), (1000, "1k"), (3450, "3.5k"), (99_950, "100k"), (999_499, "999k"),
        (999_500, "1M"), (1_250_000, "1.3M"), (2.5e9, "2.5bn"), (-3412, "-3.4k"),
        (1.5e12, "1,500bn"), (float("inf"), UNKNOWN),
    ],
)  # fmt: skip
def test_a_short_amount_has_three_figures_or_so_in_the_size_that_it_rounds_to(
    value: float, text: str
) -> None:
    assert short(value) == text


def test_ticks_have_no_more_decimals_than_they_need() -> None:
    ticks = (0, 0.5, 999, 1000, 1250, 1_250_000, -2_500_000_000)
    assert [short_tick(tick) for tick in ticks] == [
        "0", "0.5", "999", "1k", "1.25k", "1.25M", "-2.5bn",
    ]  # fmt: skip
    assert [percent_tick(tick) for tick in (0, 0.025, 0.1, 0.3, 1)] == [
        "0%", "2.5%", "10%", "30%", "100%",
    ]  # fmt: skip


def test_noise_is_no_change_in_points() -> None:
    assert points(100 * (0.5005 - 0.5)) == "+0.1"
    assert points(100 * (0.3 - 0.1 - 0.2)) == "0.0"


def test_changes_show_their_sign_and_no_change_has_none() -> None:
    assert (signed_short(1250), signed_short(0), signed_short(-1250)) == ("+1.3k", "0", "-1.3k")
    assert (signed(1000), signed(0), signed(-0.5)) == ("+1,000.00", "0.00", "-0.50")
    assert (signed_rounded(1000), signed_rounded(0), signed_rounded(-2.5)) == ("+1,000", "0", "-3")
    assert (change(0.125), change(0), change(-0.125)) == ("+12.5%", "0%", "-12.5%")
    assert (points(0.05), points(0), points(-0.05)) == ("+0.1", "0.0", "-0.1")


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (0.24, "A quarter"), (0.26, "A quarter"), (0.239, "23.9%"), (1 / 3, "A third"),
        (0.49, "Half"), (0.51, "Half"), (0.5101, "51.0%"), (2 / 3, "Two thirds"),
        (0.76, "Three quarters"), (0, "0%"), (1, "100%"),
    ],
)  # fmt: skip
def test_a_share_within_a_point_of_a_simple_one_is_said_in_words(share: float, words: str) -> None:
    assert roughly(share) == words


def test_a_share_names_what_it_is_a_share_of() -> None:
    assert share_of(1250, 10_000) == "12.5% (1,250 of 10,000)"
    assert share_of(pd.NA, pd.NA) == "no share (there are none)"


def test_one_has_its_noun_in_the_singular() -> None:
    assert [counted(count, "case") for count in (0, 1, 2)] == ["0 cases", "1 case", "2 cases"]


def test_lists_join_their_last_word_with_and() -> None:
    words = ["a", "b", "c"]
    assert [listed(words[:count]) for count in range(4)] == ["", "a", "a and b", "a, b and c"]
    assert listed(words, most=3) == "a, b and c"
    assert listed(words, most=2) == "a, b and 1 more"


def test_a_tally_of_nothing_is_none() -> None:
    assert tally({}) == "none"


def test_a_day_is_written_from_whatever_knows_it() -> None:
    moments = (
        dt.date(2025, 1, 2),
        dt.datetime(2025, 1, 2, 23, 59),
        pd.Timestamp("2025-01-02"),
        "2025-01-02",
    )
    assert {day(moment) for moment in moments} == {"2 Jan 2025"}


RUNS = Table(["run", Right("cases")], [["a <b>", "1,204"], ["other", "7"]], "Two & more")


def test_a_table_aligns_words_left_and_numbers_right() -> None:
    assert str(RUNS) == "Two & more\nrun    cases\na <b>  1,204\nother      7"
    assert RUNS.text(indent="  ") == "  run    cases\n  a <b>  1,204\n  other      7"


def test_facts_have_no_headings() -> None:
    assert Table([], [["days", "365"], ["scenario", "demo"]]).text() == (
        "days      365\nscenario  demo"
    )


def test_columns_without_any_text_are_left_out() -> None:
    table = Table(["on", "from", Right("n")], [["a", "", "1"], ["b", "", "2"]], "States")
    assert str(table.without_empty_columns()) == "States\non  n\na   1\nb   2"


def test_in_html_a_row_has_its_name_as_heading_and_everything_is_escaped() -> None:
    short_left, short_right = (
        f' style="text-align:{side};white-space:nowrap"' for side in ("left", "right")
    )
    assert RUNS.html() == (
        '<table class="mathjax_ignore tex2jax_ignore">'
        '<caption style="text-align:left"><b>Two &amp; more</b></caption>'
        '<thead><tr><th scope="col" style="text-align:left">run</th>'
        '<th scope="col" style="text-align:right">cases</th></tr></thead><tbody>'
        f'<tr><th scope="row"{short_left}>a &lt;b&gt;</th><td{short_right}>1,204</td></tr>'
        f'<tr><th scope="row"{short_left}>other</th><td{short_right}>7</td></tr></tbody></table>'
    )


def test_a_column_with_long_texts_may_wrap_in_html() -> None:
    long = Table(["rule", "says"], [["T1", "x" * 25]])
    assert long.html().count("nowrap") == 1


def test_a_table_of_nothing_has_its_headings_and_says_none() -> None:
    empty = Table(["run", Right("cases")], [], "Runs")
    assert str(empty) == "Runs\nrun  cases\nnone"
    assert empty.html().count("<th ") == 2
    assert empty.html().endswith('<tbody><tr><td colspan="2">none</td></tr></tbody></table>')


def test_no_facts_are_told_as_none() -> None:
    assert Table([], []).text(indent="  ") == "  none"
    assert Table([], []).html().endswith('<td colspan="1">none</td></tr></tbody></table>')


def test_letters_that_are_two_columns_wide_take_two() -> None:
    table = Table(["name", Right("n")], [["電子 📧", "1"], ["e\N{COMBINING ACUTE ACCENT}", "20"]])
    assert table.text().splitlines() == [
        "name      n",
        "電子 📧   1",
        "e\N{COMBINING ACUTE ACCENT}        20",
    ]
    assert table.width() == 11


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (1, 2.5, "1 to 2.5"),
        (1, float("inf"), f"1 to {UNKNOWN}"),
        (float("nan"), 2, f"{UNKNOWN} to 2"),
        (None, float("nan"), UNKNOWN),
        (0, 0, "0 to 0"),
    ],
)
def test_limits_that_nobody_knows_are_dashes(low, high, text) -> None:
    assert limits(low, high) == text


HOSTILE = r"_a_ *b* **c** `d` [e](f) <g> #h |i| ~~j~~ $k$ \(l\) \begin{m} ^n^ http://o &p; !q _"


def test_a_name_in_markdown_is_shown_letter_by_letter() -> None:
    html = str(markdown2html(f"*{verbatim(HOSTILE)}* and {verbatim(HOSTILE)}"))
    page = BeautifulSoup(html, "html.parser")
    assert page.get_text().strip() == f"{HOSTILE} and {HOSTILE}"
    assert {element.name for element in page.find_all(True)} == {"p", "em", "span"}
    assert page.find("em").get_text() == HOSTILE


def test_no_formula_begins_within_a_name() -> None:
    assert not re.search(r"[$\\]", verbatim(HOSTILE))
    page = BeautifulSoup(verbatim(r"$a$b\(c"), "html.parser")
    assert list(page.strings) == ["$", "a", "$", "b", "\\", "(c"]


def test_ordinary_names_stay_as_they_are_in_markdown() -> None:
    for name in ("Pack 10", "turned_away", "Пакет 3 - €5", "a.b-c (d), 'e' 5%"):
        assert verbatim(name) == name
