"""`import`: from exported files to a run, or one line a file and no run."""

from pathlib import Path

import pytest
from cli_process import finish, start

from entitlement_sim.cli import answer

ENTITLEMENTS = """\
entitlementid;name;customerid;startdate;enddate;totalterms;remainingterms;statecode
e1;Gold;Acme;2024-01-01;2024-12-31;10,00;9,00;Active
e3;Gold;Acme;2024-12-31;2024-01-01;10,00;9,00;Active
e2;Gold;Beta;2024-01-01;2024-12-31;10,005;9,00;Active
"""
CASES = """\
incidentid,ticketnumber,customerid,createdon,caseorigincode,statecode,entitlementid
i1,CAS-1,Acme,2024-05-13 10:00,Email,Resolved,e1
i2,CAS-2,Acme,soon,Email,Active,e1
i2,CAS-2,Acme,2024-05-14 10:00,Chat,Active,
"""


@pytest.fixture
def place(tmp_path, monkeypatch) -> Path:
    """An empty folder, in it `exports` with two files."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "exports").mkdir()
    (tmp_path / "exports" / "e.csv").write_text(ENTITLEMENTS, encoding="cp1252")
    (tmp_path / "exports" / "i.csv").write_text(CASES, encoding="utf-8")
    return tmp_path


def _names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def test_import_makes_a_run_and_counts_what_was_rejected_by_why(place, capsys):
    assert answer(["import", "exports", "--name", "mine", "--as-of", "2024-06-30"]) == 0
    said = capsys.readouterr()
    counted = [" ".join(line.split()) for line in said.out.splitlines()]
    assert "third decimal 1" in counted
    assert "ends before it starts 1" in counted
    assert "exports/e.csv entitlement 3 1 2" in counted
    assert "exports/i.csv incident 3 2 1" in counted
    assert "--pseudonyms" in said.err
    assert answer(["query", "runs/mine", "SELECT reason FROM rejected ORDER BY 1"]) == 0
    assert "unreadable date" in capsys.readouterr().out
    assert answer(["query", "runs/mine", "SELECT DISTINCT file FROM rejected ORDER BY 1"]) == 0
    assert capsys.readouterr().out.split() == ["file", "exports/e.csv", "exports/i.csv"]


def test_a_run_begins_on_the_day_that_is_said(place, capsys):
    asked = ["exports", "--name", "mine", "--as-of", "2024-06-30", "--begins", "2024-03-01"]
    assert answer(["import", *asked]) == 0
    assert answer(["query", "runs/mine", "SELECT start_date, days FROM run", "--csv"]) == 0
    assert "2024-03-01,122" in capsys.readouterr().out


def test_a_run_cannot_begin_after_the_last_day_of_the_exports(place, capsys):
    assert answer(["import", "exports", "--as-of", "2024-06-30", "--begins", "2024-07-01"]) == 2
    assert "its last day comes before 2024-07-01" in capsys.readouterr().err
    assert _names(place) == ["exports"]


def test_a_broken_file_is_a_line_and_no_run_is_left(place, capsys):
    (place / "exports" / "x.xlsx").write_bytes(b"PK\3\4")
    (place / "exports" / "y\x1b[2J.parquet").write_bytes(b"PAR1")
    assert answer(["import", "exports"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(": ")[0] for line in lines] == [
        str(Path("exports", "x.xlsx")),
        "exports/y\\x1b[2J.parquet",
    ]
    assert _names(place) == ["exports"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["missing"], "missing: there is no such file"),
        ([], "name the exports"),
        (["exports", "--zone", "Mars"], "is no time zone"),
        (["exports", "--as-of", "soon"], "'soon' is no day; write one like 2025-03-31"),
        (["exports", "--begins", "soon"], "'soon' is no day; write one like"),
        (["exports", "--name", "a/b"], "a/b"),
        (["exports", "--mapping", "none.yaml"], "none.yaml:1:1: there is no such file"),
        (["--suggest", "missing"], "is no folder"),
        (["exports", "--suggest", "exports"], "--suggest takes"),
    ],
)
def test_what_was_asked_wrongly_is_said_in_a_line(place, capsys, arguments, words):
    assert answer(["import", *arguments]) == 2
    said = capsys.readouterr().err
    assert words in said
    assert len(said.splitlines()) == 1
    assert _names(place) == ["exports"]


def test_suggest_writes_a_mapping_that_import_takes(place, capsys):
    assert answer(["import", "--suggest", "exports"]) == 0
    assert capsys.readouterr().out.strip() == str(Path("exports", "mapping.yaml"))
    assert "table: incident" in (place / "exports" / "mapping.yaml").read_text(encoding="utf-8")


def test_nothing_half_is_left_where_nobody_reads(place, capsys):
    process = start("import", "exports", "--name", "mine", cwd=place)
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = None
    said = finish(process)
    assert said.status == 141
    assert "Traceback" not in said.errors
    assert _names(place) == ["exports", "runs"]
    assert _names(place / "runs") == ["mine"]
    assert answer(["query", "runs/mine", "SELECT count(*) FROM cases"]) == 0
    assert capsys.readouterr().out.split()[-1] == "2"
