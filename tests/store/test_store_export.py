"""A run for other programs: whole or not at all, and nothing in it is a formula."""

import duckdb
import openpyxl
import pandas as pd
import pytest

from entitlement_sim import Scenario, open_run, simulate
from entitlement_sim.store import export as exporting
from entitlement_sim.store.errors import RunError

FORMULA = "=1+1"
SCENARIO = """
scenario: export
description: A segment and a template whose names a spreadsheet would run.
calendar: { start: 2025-01-01, days: 200 }
templates:
  "+Pack": { allocation: cases, total_terms: 8, decrease_on: creation, term: { days: 365 } }
segments:
  "=1+1":
    customers: 4
    holds: [{ template: "+Pack", share: 1 }]
    cases: { per_year: 9 }
    renewal: { inclination: { constant: 0.8 } }
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("export")
    simulate(Scenario.parse(SCENARIO), seed=2**64 - 1, out=folder, name="few").close()
    with open_run(folder / "few") as opened:
        yield opened


@pytest.mark.parametrize("format", ["parquet", "csv"])
def test_a_folder_holds_each_table_as_a_file_with_the_same_rows(run, format, tmp_path):
    place = run.export(tmp_path / "out", format)
    files = {file.name for file in place.iterdir()}
    tables = {each.name for each in exporting.relations(run, "table")}
    assert files == {*(f"{name}.{format}" for name in {*tables, "dictionary"}), "export.json"}
    for name in tables:
        there = duckdb.sql(f"SELECT count(*) FROM '{place / name}.{format}'").fetchall()
        assert there == run.connection.sql(f"SELECT count(*) FROM {name}").fetchall()
    amounts = f"SELECT entry, amount, balance FROM '{place}/ledger.{format}'"
    own = "SELECT entry, amount, balance FROM ledger"
    assert [tuple(map(float, row)) for row in duckdb.sql(amounts).fetchall()] == [
        tuple(map(float, row)) for row in run.connection.sql(own).fetchall()
    ]


def test_the_dictionary_goes_along(run, tmp_path):
    place = run.export(tmp_path / "out", names=["slas", "daily"])
    frame = pd.read_parquet(place / "dictionary.parquet")
    assert list(frame.columns) == ["table", "column", "type", "holds"]
    assert frame["table"].unique().tolist() == ["slas", "daily"]
    assert (frame["holds"] != "").all()


def test_texts_of_csv_are_as_they_are_or_guarded(run, tmp_path):
    names = ["segments", "templates"]
    plain = run.export(tmp_path / "plain", "csv", names=names)
    guarded = run.export(tmp_path / "guarded", "csv", names=names, guard_formulas=True)
    for place, mark in ((plain, ""), (guarded, "'")):
        assert pd.read_csv(place / "segments.csv")["segment"].item() == f"{mark}{FORMULA}"
        assert pd.read_csv(place / "templates.csv")["template"].item() == f"{mark}+Pack"
        assert pd.read_csv(place / "segments.csv")["customers"].item() == 4


def test_a_workbook_has_a_sheet_a_table_and_no_formula(run, tmp_path):
    place = run.export(tmp_path / "few.xlsx")
    book = openpyxl.load_workbook(place)
    tables = [each.name for each in exporting.relations(run, "table")]
    assert set(book.sheetnames) == {"dictionary", *tables}
    cell = book["segments"]["A2"]
    assert (cell.value, cell.data_type, cell.quotePrefix) == (FORMULA, "s", True)
    kinds = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row}
    assert "f" not in kinds
    seed = [column[0].value for column in book["run"].columns].index("seed")
    assert book["run"][2][seed].value == str(2**64 - 1)
    assert book["ledger"].max_row == 1 + run.manifest.rows["ledger"]


def test_names_of_sheets_fit(run):
    assert max(map(len, run.tables())) <= 31


def test_a_text_that_no_cell_holds_is_cut_and_says_so(run, tmp_path):
    run.connection.execute("CREATE TEMP VIEW long AS SELECT repeat('x', 40000) AS text")
    sheet = openpyxl.load_workbook(run.export(tmp_path / "long.xlsx", names=["long"]))["long"]
    assert len(sheet["A2"].value) == 32_767
    assert sheet["A2"].value.endswith("Parquet and CSV have the rest")


def test_a_table_of_more_rows_than_a_sheet_is_refused_before_anything_is_written(run, tmp_path):
    run.connection.execute("CREATE TEMP VIEW most AS SELECT range AS n FROM range(1048576)")
    with pytest.raises(RunError, match="most has 1,048,576 rows, and a sheet of Excel holds 1,048"):
        run.export(tmp_path / "most.xlsx", names=["segments", "most"])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", ["out", "few.xlsx"])
def test_nothing_is_replaced_but_an_export(run, place, tmp_path):
    there = tmp_path / place
    run.export(there, names=["segments"])
    with pytest.raises(RunError, match=r"exists already; .*--overwrite"):
        run.export(there, names=["segments"])
    run.export(there, names=["slas"], overwrite=True)
    if there.is_dir():
        assert not (there / "segments.parquet").exists()
        (there / "note.txt").write_text("mine")
    else:
        book = openpyxl.load_workbook(there)
        book.properties.lastModifiedBy = "somebody"
        book.save(there)
    with pytest.raises(RunError, match="is no export of this package"):
        run.export(there, names=["slas"], overwrite=True)


def test_a_file_of_an_export_that_somebody_changed_is_kept(run, tmp_path):
    place = run.export(tmp_path / "out", "csv", names=["segments"])
    (place / "segments.csv").write_text("segment,customers\nmine,7\n")
    with pytest.raises(RunError, match=r"somebody changed segments\.csv"):
        run.export(place, "csv", overwrite=True)
    assert "mine" in (place / "segments.csv").read_text()


@pytest.mark.parametrize("names", [["segmints"], ["segments", "nothing"]])
def test_an_unknown_name_leaves_nothing(run, names, tmp_path):
    with pytest.raises(RunError, match="has no table"):
        run.export(tmp_path / "out", names=names)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("place", "format", "words"),
    [("a.xlsx", "csv", "is the name of a workbook"), ("a", "json", "unknown format 'json'")],
)
def test_a_format_that_does_not_fit_is_told(run, place, format, words, tmp_path):
    with pytest.raises(RunError, match=words):
        run.export(tmp_path / place, format)


@pytest.mark.parametrize("format", ["excel", "xlsx"])
def test_a_workbook_may_go_into_a_folder(run, format, tmp_path):
    place = run.export(tmp_path / "out", format, names=["slas"])
    assert {file.name for file in place.iterdir()} == {"few.xlsx", "export.json"}


def test_a_sealed_run_writes_no_files_and_says_what_to_do(run, tmp_path):
    with open_run(run.path, sealed=True) as sealed:
        with pytest.raises(RunError, match=r"opened sealed.*without sealed=True"):
            sealed.export(tmp_path / "out")
        assert list(tmp_path.iterdir()) == []


def test_frames_go_to_excel_and_parquet_with_what_is_installed(run, tmp_path):
    frame = run.table("templates")
    frame.to_parquet(tmp_path / "templates.parquet")
    frame.to_excel(tmp_path / "templates.xlsx")
    assert len(pd.read_parquet(tmp_path / "templates.parquet")) == len(frame)
