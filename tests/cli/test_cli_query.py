"""What ``query`` prints, on a terminal and elsewhere."""

import csv
import io
import json

import pyarrow.parquet as pq
import pytest
from cli_process import on_terminal

from entitlement_sim import open_run

VALUES = """
SELECT * FROM (VALUES
    (1, 12.50, 'phone', true, DATE '2024-02-29', TIMESTAMP '2024-02-29 10:00'),
    (20, NULL, NULL, NULL, NULL, NULL)
) AS answer(n, amount, origin, covered, day, moment)
"""


def test_an_answer_is_as_narrow_as_its_data_with_numbers_flush_right(say):
    said = say("query", "small", VALUES)
    assert said.status == 0
    assert said.out.splitlines() == [
        " n  amount  origin  covered  day         moment",
        " 1   12.50  phone   true     2024-02-29  2024-02-29 10:00:00",
        "20    NULL  NULL    NULL     NULL        NULL",
    ]


def test_an_answer_spells_out_no_type(say):
    said = say("query", "small", "FROM cases")
    assert "CaseAlreadyResolved" not in said.out
    assert max(map(len, said.out.splitlines())) < 350


def test_the_first_rows_are_shown_and_how_to_see_the_others(say):
    said = say("query", "small", "SELECT customer_id FROM customers", "--rows", "3")
    assert said.out == (
        "customer_id\n          1\n          2\n          3\n"
        "(the first 3 rows; --rows shows more, --csv all)\n"
    )


def test_all_rows_are_shown_where_so_many_may_be(say):
    said = say("query", "small", "SELECT range AS n FROM range(3)", "--rows", "3")
    assert said.out == "n\n0\n1\n2\n"


def test_an_answer_without_rows_says_so(say):
    said = say("query", "small", "SELECT case_id, origin FROM cases WHERE false")
    assert said.out == "case_id  origin\nnone\n"


def test_a_line_break_within_a_value_breaks_no_line(say):
    said = say("query", "small", "SELECT 'a' || chr(10) || 'b' || chr(9) || 'c' AS x, 1 AS n")
    assert said.out == "x        n\na\\nb\\tc  1\n"


def test_a_plan_is_printed_as_it_is_drawn(say):
    said = say("query", "small", "EXPLAIN FROM cases")
    assert len(said.out.splitlines()) > 3
    assert "\\n" not in said.out


@pytest.mark.parametrize("sql", ["SET VARIABLE x = 3", "CREATE TEMP TABLE mine(a INTEGER)"])
def test_a_statement_without_an_answer_prints_nothing(say, sql):
    assert say("query", "small", sql)[:2] == (0, "")
    assert say("query", "small", sql, "--csv")[:2] == (0, "")


@pytest.mark.parametrize(
    "sql", ["SELECT 1; -- and no more", "PIVOT cases ON origin USING count(*);"]
)
def test_one_statement_may_end_with_a_semicolon_or_be_several_to_duckdb(say, sql):
    assert say("query", "small", sql).status == 0


@pytest.mark.parametrize("more", [(), ("--csv",)], ids=["table", "csv"])
def test_of_several_statements_none_is_executed(say, folder, more):
    said = say("query", "small", "COPY (SELECT 1) TO 'made.csv'; SELECT 2; SELECT 3", *more)
    assert said == (
        2,
        "",
        "entitlement-sim: query takes one statement, and these are 3; nothing was executed\n",
    )
    assert not (folder / "made.csv").exists()


def test_a_comment_alone_is_no_query(say):
    assert say("query", "small", "/* nothing */ ;").errors.startswith(
        "entitlement-sim: the query is empty; write one like"
    )


def test_query_prints_all_rows_as_csv(say, folder):
    with open_run(folder / "runs" / "small") as run:
        expected = run.connection.sql("FROM ledger").fetchall()
    rows = list(csv.DictReader(io.StringIO(say("query", "small", "FROM ledger", "--csv").out)))
    assert len(rows) == len(expected)
    assert [row["amount"] for row in rows] == [str(row[3]) for row in expected]


def test_query_exports_where_duckdb_can(say, folder):
    said = say("query", "small", "COPY (FROM cases) TO 'cases.parquet'")
    assert said.status == 0
    assert (folder / "cases.parquet").stat().st_size > 0


NAMES = """
SELECT unnest(['=1+1', '+1', '-1', '@x', 'Пакет €5']) AS name, unnest([-1, 2, 3, 4, 5]) AS n
"""


def test_csv_has_every_text_as_it_is(say):
    assert say("query", "small", NAMES, "--csv").out == (
        "name,n\n=1+1,-1\n+1,2\n-1,3\n@x,4\nПакет €5,5\n"
    )


def test_csv_can_be_guarded_against_formulas_and_numbers_stay_numbers(say):
    said = say(
        "query", "small", NAMES.replace(" AS n\n", ' AS "=n"\n'), "--csv", "--guard-formulas"
    )
    assert said.out == "name,'=n\n'=1+1,-1\n'+1,2\n'-1,3\n'@x,4\nПакет €5,5\n"


def test_only_csv_is_guarded(say):
    said = say("query", "small", NAMES, "--guard-formulas")
    assert (said.status, said.errors) == (
        2,
        "entitlement-sim: --guard-formulas is about CSV; add --csv\n",
    )


def test_help_says_how_csv_is_written_and_that_the_query_may_read_files(say):
    text = " ".join(say("query", "--help").out.split())
    assert "Print all rows as CSV, in UTF-8, texts as they are." in text
    assert "texts with = + - @ first: formulas to a spreadsheet" in text
    assert "it may read and write other files" in text


def test_on_a_terminal_columns_that_do_not_fit_are_left_out_and_named(folder):
    sql = "SELECT 'abcdefghij' AS first, 'klmnopqrst' AS second, 'uvwxyz' AS third, 1 AS fourth"
    said = on_terminal("query", "small", sql, cwd=folder, columns=29)
    assert said.out.splitlines() == [
        "first       second",
        "abcdefghij  klmnopqrst",
        "(2 columns do not fit: third and fourth)",
    ]


def test_on_a_terminal_the_first_column_is_shown_however_wide_it_is(folder):
    said = on_terminal("query", "small", "SELECT repeat('x', 50) AS x", cwd=folder, columns=30)
    assert said.out.splitlines() == ["x", "x" * 50]


def test_json_has_an_object_for_each_row_with_all_digits_of_decimals(say):
    sql = "SELECT 12345678901234567.50 AS a, 'nan'::DOUBLE AS n, 'ä\n' AS t, 1 AS a"
    said = say("query", "small", sql, "--json")
    assert said.status == 0
    assert said.out == '[\n{"a":12345678901234567.50,"n":null,"t":"ä\\n","a_1":1}\n]\n'


def test_json_of_many_rows_is_one_list_in_order(say):
    said = say("query", "small", "SELECT range AS n FROM range(25000) ORDER BY n DESC", "--json")
    assert [row["n"] for row in json.loads(said.out)] == [*range(24999, -1, -1)]


def test_json_of_no_rows_is_an_empty_list(say):
    assert json.loads(say("query", "small", "FROM cases WHERE false", "--json").out) == []


def test_parquet_keeps_decimals_and_whole_numbers_and_replaces_nothing(say, tmp_path):
    file = tmp_path / "answer.parquet"
    sql = "SELECT sum(amount) AS amount, sum(entry) AS n, min(happened_at) AS first FROM ledger"
    assert say("query", "small", sql, "--parquet", str(file)).status == 0
    schema = pq.read_schema(file)
    assert [str(schema.field(name).type) for name in schema.names] == [
        "decimal128(38, 2)", "decimal128(38, 0)", "timestamp[us]",
    ]  # fmt: skip
    before = file.read_bytes()
    said = say("query", "small", "SELECT 1 AS n", "--parquet", str(file))
    assert (said.status, said.out) == (2, "")
    assert "exists already" in said.errors
    assert file.read_bytes() == before


@pytest.mark.parametrize("form", [["--json"], ["--parquet", "x.parquet"]])
def test_what_comes_to_no_rows_is_not_written_in_a_form(say, form, folder):
    said = say("query", "small", "SET threads = 1", *form)
    assert said.status == 2
    assert "no rows" in said.errors
    assert not (folder / "x.parquet").exists()


def test_an_answer_has_one_form(say):
    said = say("query", "small", "SELECT 1", "--json", "--csv")
    assert said.status == 2
    assert "one form" in said.errors
