"""What ``describe``, ``export`` and ``explain --for-customer`` hand over."""

import csv
import io

import pytest
from cli_process import on_terminal


def test_describe_lists_tables_and_views(say):
    said = say("describe", "small")
    assert said.status == 0
    lines = said.out.splitlines()
    assert lines[0] == "Tables and views of small"
    assert {"ledger", "pacing"} <= {line.split()[0] for line in lines[2:]}


def test_describe_says_what_each_column_of_a_table_holds(say):
    described = say("describe", "small", "ledger").out
    columns = say("query", "small", "FROM ledger LIMIT 0", "--csv").out.rstrip().split(",")
    first_words = {line.split()[0] for line in described.splitlines() if line}
    assert set(columns) <= first_words


def test_describe_breaks_long_texts_on_a_terminal(folder):
    said = on_terminal("describe", "small", cwd=folder, columns=100)
    assert said.status == 0
    assert max(map(len, said.out.splitlines())) <= 100


def test_export_says_where_the_files_are_and_replaces_them_only_when_told_to(say, folder):
    def export(*more):
        return say("export", "small", "tables", "--format", "csv", "--name", "ledger", *more)

    assert export()[:2] == (0, "tables\n")
    rows = (folder / "tables" / "ledger.csv").read_text(encoding="utf-8").splitlines()
    counted = say("query", "small", "SELECT count(*) FROM ledger", "--csv").out.split()[-1]
    assert len(rows) == 1 + int(counted)
    assert "tables exists already" in export().errors
    assert export("--overwrite").status == 0


def test_export_of_a_mistake_leaves_nothing(say, folder):
    assert say("export", "small", "never", "--name", "ledger", "--name", "nothing").status == 2
    assert not (folder / "never").exists()


def test_a_letter_to_the_customer_names_no_rule(say):
    plain, letter = say("explain", "small", "3"), say("explain", "small", "3", "--for-customer")
    assert letter.status == 0
    assert "rule " not in letter.out
    assert letter.out != plain.out


@pytest.mark.parametrize("more", [(), ("--for-customer",)], ids=["analyst", "customer"])
def test_movements_are_printed_as_csv(say, more):
    said = say("explain", "small", "3", "--csv", *more)
    assert said.status == 0
    headings, *rows = csv.reader(io.StringIO(said.out))
    assert rows
    assert {len(row) for row in rows} == {len(headings)}


def test_export_of_records_says_what_is_left_out_and_how_they_come_back(say, folder):
    said = say("export", "small", "--form", "migration-zip", "--out", "records")
    assert said[:2] == (0, "records\n")
    assert [file.name for file in (folder / "records").glob("[!.]*")] == ["small.zip"]
    assert "Note: This form leaves out audit." in said.errors
    assert "Note: entitlement-sim import records" in said.errors
    assert "--date-order month-first reads them." in said.errors


def test_export_of_records_goes_beside_by_default_and_is_of_a_day(say, folder):
    said = say("export", "small", "--form", "csv", "--as-of", "2025-03-31")
    assert said[:2] == (0, "small-csv\n")
    lines = (folder / "small-csv" / "incident.csv").read_text(encoding="utf-8-sig").splitlines()
    cases = "SELECT count(*) FROM cases WHERE state IS NOT NULL AND created_at < '2025-04-01'"
    assert len(lines) == 1 + int(say("query", "small", cases, "--csv").out.split()[-1])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "say where to"),
        (["place", "--out", "place"], "name the place once"),
        (["place", "--culture", "de-DE"], "add --form"),
        (["--form", "csv", "--name", "cases"], "leave out --form"),
        (["--form", "csv", "--as-of", "2019-01-01"], "is no day of the run"),
    ],
)
def test_export_says_which_options_do_not_go_together(say, options, message):
    said = say("export", "small", *options)
    assert said.status == 2
    assert message in said.errors
