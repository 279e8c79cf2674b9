"""What a mapping file says of exports, what is wrong with one, and which one is suggested."""

import pandas as pd
import pytest
from exports import cases, reasons, write

from entitlement_sim.documents import DocumentError
from entitlement_sim.exchange import ExportError, read_book
from entitlement_sim.exchange.suggesting import suggest_mapping

MAPPING = """\
files:
  - file: tickets*.csv
    table: incident
    columns:
      {incidentid: "No", customerid: Who, createdon: [Day, Hour], state: How, decrement: Paid}
    labels:
      state: {"weg": Cancelled, "2": Resolved}
      decrement: {"gratis": "no"}
    values: {origin: Fax}
    missing: [nobody]
    times: utc
  - file: tickets*.csv
    table: incidentresolution
    columns: {activityid: "No", incidentid: "No", createdon: Done}
    repeated: last
"""
TICKETS = """\
No,Who,Day,Hour,How,Paid,Done
1,a,2024-06-01,10:00,weg,gratis,2024-06-02 10:00
2,nobody,2024-06-01,10:00,2,ja,2024-06-02 10:00
3,b,2024-06-01,10:00,2,ja,2024-06-03 10:00
3,b,2024-06-01,10:00,2,ja,2024-06-05 10:00
3,b,2024-06-01,10:00,2,ja,2024-06-04 10:00
"""


@pytest.fixture
def book(tmp_path):
    write(tmp_path, "mapping.yaml", MAPPING)
    write(tmp_path, "tickets-2024.csv", TICKETS)
    return read_book(tmp_path, zone="Europe/Berlin")


def test_a_mapping_says_columns_labels_values_and_what_is_missing(book):
    row = book.tables["incident"].iloc[0]
    assert (row["state"], bool(row["decrement"]), row["origin"]) == ("Cancelled", False, "Fax")
    assert reasons(book)["no customer"] == 1


def test_a_mapping_joins_a_day_and_a_time_and_brings_them_into_the_zone(book):
    assert book.tables["incident"]["createdon"][0] == pd.Timestamp(2024, 6, 1, 12)


def test_of_a_record_on_several_rows_the_one_that_the_mapping_says_is_taken(book):
    resolved = book.tables["incidentresolution"].set_index("incidentid")["createdon"]
    assert resolved["3"] == pd.Timestamp(2024, 6, 5, 10)


def test_two_tables_of_one_file_are_counted_apart(book):
    counts = book.sources.set_index("table")[["rows", "kept", "rejected"]].to_numpy().tolist()
    assert counts == [[5, 2, 3], [5, 3, 2]]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("files:\n  - file: a.csv\n    tabel: incident\n", "m.yaml:3:5: .*unknown key 'tabel'"),
        ("files:\n  - file: a.csv\n    table: incidnt\n", "m.yaml:3:12: .*did you mean 'incident'"),
        ("files:\n  - file: a.csv\n", "m.yaml:2:5: .*'table' is missing"),
        (
            "files:\n  - {file: a, table: incident, columns: {created: x}}\n",
            "m.yaml:2:42: .*did you mean 'createdon'",
        ),
        (
            "files:\n  - file: a\n    table: incident\n    labels: {state: {x: Rsolved}}\n",
            "m.yaml:4:25: .*did you mean 'Resolved'",
        ),
        ("files:\n  - {file: a, table: none, dates: dmy}\n", "m.yaml:2:35: .*day-first"),
        ("files: [\n", "m.yaml:2:1: is not YAML"),
        ("- 1\n", "m.yaml:1:1: "),
        ("", "m.yaml:1:1: .*'files' is missing"),
        (
            "files:\n  - {file: a, table: incident, columns: {incidentid: No}}\n",
            r"m.yaml:2:54: files\[0\].columns.incidentid.*put it in quotes",
        ),
    ],
)
def test_what_is_wrong_in_a_mapping_is_said_with_line_and_column(tmp_path, text, problem):
    mapping = write(tmp_path, "m.yaml", text)
    with pytest.raises(DocumentError, match=problem):
        cases(tmp_path, "a,c,2024-01-01", mapping=mapping)


def test_a_head_that_the_file_has_not_is_said_with_its_place_in_the_mapping(tmp_path):
    text = "files:\n  - {file: cases.csv, table: incident, columns: {incidentid: incidntid}}\n"
    mapping = write(tmp_path, "m.yaml", text)
    with pytest.raises(ExportError, match=r"did you mean 'incidentid'\? \(.*m\.yaml:2:62 names it"):
        cases(tmp_path, "a,c,2024-01-01", mapping=mapping)


SUGGESTED = {
    "servicenow.csv": (
        "number,sys_id,opened_at,resolved_at,closed_at,company,caller_id,contact_type,state,"
        "short_description,time_worked\n"
        "INC9,46ca,2024-01-05 10:00:00,2024-01-07 11:00:00,2024-01-02 11:00:00,"
        "\"{'link': 'https://x', 'value': '1'}\",x,phone,Closed,\"a\nb\",1970-01-01 06:05:49\n"
    ),
    "zendesk.csv": (
        "Id;Subject;Organization;Requester;Created at;Status;Channel;Solved at\n"
        "17;Hi;Acme;Bob;30/4/2024 10:00;Solved;Chat;3/5/2024 9:00\n"
    ),
    "log.csv": (
        "case:concept:name,concept:name,time:timestamp\nc1,open,2024-01-01T10:00:00+00:00\n"
        "c1,close,2024-01-03T10:00:00+00:00\nc1,work,2024-01-02T10:00:00+00:00\n"
    ),
    "glpi.csv": "ID Chamado;Título;Data Abertura;Data Fechamento;Solicitante;Status;Iteração\n"
    + "".join(f"1;x;31/08/2021 23:05;01/09/2021 10:00;Maria;Fechado;{n}\n" for n in range(80)),
    "days.csv": "Ticket;Client;Date;Hour;Time\n8;a;13/03/2023;10:05;30\n",
}


@pytest.fixture(scope="module")
def suggested(tmp_path_factory):
    folder = tmp_path_factory.mktemp("suggested")
    for name, text in SUGGESTED.items():
        write(folder, name, text)
    suggest_mapping(folder)
    return read_book(folder)


def test_what_is_suggested_for_other_help_desks_and_logs_is_read_as_it_stands(suggested):
    cases = suggested.tables["incident"].set_index("incidentid")
    assert set(cases.index) == {"46ca", "17", "c1", "1", "8"}
    assert cases["state"].to_dict() | {"c1": None, "8": None} == {
        "46ca": "Resolved", "17": "Resolved", "c1": None, "1": "Resolved", "8": None
    }  # fmt: skip
    assert cases.loc["8", "createdon"] == pd.Timestamp(2023, 3, 13, 10, 5)
    assert cases.loc["c1", "createdon"] == pd.Timestamp(2024, 1, 1, 10)


def test_what_is_suggested_takes_the_last_event_and_the_minutes_of_a_duration(suggested):
    resolved = suggested.tables["incidentresolution"].set_index("incidentid")
    assert resolved.loc["c1", "createdon"] == pd.Timestamp(2024, 1, 3, 10)
    assert resolved.loc["46ca", "timespent"] == 366


def test_a_suggestion_leaves_open_what_it_would_have_to_guess(tmp_path):
    text = "id;customer;created at;resolved at;status\n7;a;1/2/2024;2/3/2024;Frozen\n"
    write(tmp_path, "x.csv", text)
    text = suggest_mapping(tmp_path).read_text(encoding="utf-8")
    assert "# dates: day-first # or month-first: created at fits both" in text
    assert '# labels of state that need a meaning: "Frozen"' in text
    with pytest.raises(ExportError, match="--date-order"):
        read_book(tmp_path)


def test_a_mapping_that_is_there_is_not_replaced(tmp_path):
    write(tmp_path, "x.csv", "incidentid,customerid,createdon\n")
    write(tmp_path, "mapping.yaml", "files: []\n")
    with pytest.raises(ExportError, match="is there already"):
        suggest_mapping(tmp_path)
