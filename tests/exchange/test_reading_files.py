"""Files of any form, encoding and separator are read, or said to be unreadable by name."""

import datetime as dt
import json
import os
import zipfile
from functools import partial
from pathlib import Path
from uuid import UUID

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from exports import cases, mapping_text, reasons, workbook, write

from entitlement_sim.exchange import ExportError, read_book
from entitlement_sim.exchange.files import csv_files
from entitlement_sim.exchange.files.recognising import Source
from entitlement_sim.exchange.reading import rows_of
from entitlement_sim.exchange.understanding.mapping import NO_MAPPING
from entitlement_sim.exchange.understanding.tables import wanted_heads

TEXT = (
    'incidentid{0}customerid{0}title{0}createdon\na{0}Müller & Söhne{0}"two\nlines"{0}2024-01-01\n'
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_csv_is_read_in_any_encoding_with_any_separator(tmp_path, encoding, separator):
    book = read_book(write(tmp_path, "x.csv", TEXT.format(separator), encoding))
    row = book.tables["incident"].iloc[0]
    assert (row["customerid"], row["title"]) == ("Müller & Söhne", "two\nlines")


def test_what_stands_before_the_heads_is_passed_over(tmp_path):
    text = '#TYPE System.Management.Automation.PSCustomObject\r\n"incidentid","customerid",'
    text += '"createdon"\r\n"a","c","bad"\r\n'
    book = read_book(write(tmp_path, "x.csv", text, "utf-16"))
    assert book.rejected["line"].tolist() == [3]


def test_the_line_of_a_rejected_row_counts_line_breaks_within_values(tmp_path):
    heads = "incidentid,title,customerid,createdon"
    book = cases(tmp_path, 'a,"x\ny\nz",c,2024-01-01', "", "b,t,c", "d,t,c,soon", heads=heads)
    assert book.rejected.sort_values("line")["line"].tolist() == [6, 7]
    assert reasons(book) == {"wrong number of columns": 1, "unreadable date": 1}


def test_of_csv_only_columns_that_a_book_has_are_taken_and_lines_count_the_others(tmp_path):
    heads = "incidentid,new_x,customerid,createdon,new_y"
    rows = ['a,,c,2024-01-01,"x\ny"', ",,,,z", ",,,,", "b,,c,soon,"]
    file = write(tmp_path, "x.csv", "\n".join([heads, *rows]))
    sink = rows_of(Source(str(file), file), wanted=partial(wanted_heads, "x.csv", NO_MAPPING))
    assert sink.batches[0].rows.column_names == heads.split(",")[:4]
    book = read_book(file)
    assert book.tables["incident"]["incidentid"].tolist() == ["a"]
    assert dict(zip(book.rejected["line"], book.rejected["reason"], strict=True)) == {
        4: "no id",
        6: "unreadable date",
    }


def test_parquet_keeps_types_and_brings_moments_into_the_zone(tmp_path):
    frame = pd.DataFrame(
        {
            "incidentid": ["A", "B"],
            "customerid": ["c", None],
            "createdon": pd.to_datetime(["2024-06-01 10:00", "2024-06-01 11:00"], utc=True),
            "decremententitlementterm": [True, False],
            "statecode": [0, 1],
        }
    )
    frame.to_parquet(tmp_path / "x.parquet")
    book = read_book(tmp_path / "x.parquet", zone="Europe/Berlin")
    row = book.tables["incident"].iloc[0]
    assert (row["createdon"], row["decrement"], row["state"]) == (
        pd.Timestamp(2024, 6, 1, 12),
        True,
        "Active",
    )
    assert reasons(book) == {"no customer": 1}


HEADS = {
    "(Não Modificar) Ocorrência": "incidentid",
    "(Não Modificar) Soma": "checksumLogicalName",
    "(Não Modificar) Modificado em": "modifiedon",
    "Cliente & Co": "customerid",
    "Criado em": "createdon",
    "Origem": "caseorigincode",
}


def test_a_workbook_is_read_in_any_language_where_a_hidden_sheet_says_what_heads_mean(tmp_path):
    row = ["A-1", "x" * 88, dt.datetime(2024, 5, 2), "Acme", dt.datetime(2024, 5, 1, 9, 30), "Fax"]
    file = workbook(tmp_path / "b.xlsx", [*HEADS], [row], said=mapping_text("incident", HEADS))
    case = read_book(file).tables["incident"].iloc[0]
    assert case["createdon"] == pd.Timestamp(2024, 5, 1, 9, 30)
    assert (case["incidentid"], case["customername"], case["origin"]) == ("A-1", "Acme", "Fax")


def test_labels_of_any_language_are_read_by_their_order_in_the_hidden_sheet(tmp_path):
    heads = {**HEADS, "Estado": "statecode", "Reduz": "decremententitlementterm"}
    day = dt.datetime(2024, 5, 1)
    rows = [
        ["A-1", "x", day, "Acme", day, "Fax", "Resolvida", "Sim"],
        ["A-2", "x", day, "Acme", day, "Fax", "Ativa", "Não há"],
    ]
    labels = [["Fax", "Telefone"], ["Ativa", "Resolvida", "Cancelada"], ["Não há", "Sim"]]
    said = mapping_text("incident", heads)
    book = read_book(workbook(tmp_path / "b.xlsx", [*heads], rows, said=said, labels=labels))
    cases = book.tables["incident"]
    assert cases["state"].tolist() == ["Resolved", "Active"]
    assert cases["decrement"].tolist() == [True, False]
    assert any("Ativa is Active" in note for note in book.notes)


@pytest.mark.parametrize(
    "heads",
    [
        ["(Do Not Modify) Entitlement", "(Do Not Modify) Row Checksum",
         "(Do Not Modify) Modified On", "Name", "Primary Customer", "Start Date", "End Date",
         "Total Terms", "Remaining Terms", "Status"],
        ["(Nicht ändern) Anspruch", "(Nicht ändern) Zeilenprüfsumme",
         "(Nicht ändern) Geändert am", "Name", "Primärer Kunde", "Startdatum", "Enddatum",
         "Gesamtbedingungen", "Verbleibende Bedingungen", "Status"],
    ],
)  # fmt: skip
def test_a_workbook_without_hidden_mapping_is_read_by_display_names(tmp_path, heads):
    day = dt.datetime(2024, 1, 1)
    row = ["e", "x", day, "Gold", "Acme", day, dt.datetime(2024, 12, 31), 10, 2.5, "Entwurf"]
    book = read_book(workbook(tmp_path / "b.xlsx", heads, [row]))
    sold = book.tables["entitlement"].iloc[0]
    assert (sold["totalterms"], sold["remainingterms"], sold["state"]) == (1000, 250, "Draft")


def test_a_workbook_with_exactly_100000_rows_is_said_to_have_stopped_there(tmp_path, monkeypatch):
    monkeypatch.setattr("entitlement_sim.exchange.files.excel._MOST_ROWS", 3)
    day = dt.datetime(2024, 1, 1)
    rows = [[f"i{number}", "c", day] for number in range(4)]
    heads = ["incidentid", "customerid", "createdon"]
    full = read_book(workbook(tmp_path / "full.xlsx", heads, rows[:3]))
    assert any("exactly 100,000 rows" in note for note in full.notes)
    beyond = read_book(workbook(tmp_path / "beyond.xlsx", heads, rows))
    assert not any("exactly 100,000 rows" in note for note in beyond.notes)


def test_a_folder_mixes_forms_and_what_is_no_export_is_left_out_and_said(tmp_path):
    write(tmp_path, "a.csv", "incidentid,customerid,createdon\na,c,2024-01-01\n")
    day = dt.datetime(2024, 1, 1)
    rows = [["b", "c", day]]
    workbook(tmp_path / "data.bin", ["incidentid", "customerid", "createdon"], rows)
    frame = pd.DataFrame({"accountid": ["c"], "name": ["Acme"], "x": [1]})
    (tmp_path / "deep").mkdir()
    frame.to_parquet(tmp_path / "deep" / "table.dat")
    (tmp_path / "photo.csv").write_bytes(b"\x89PNG\r\n\x1a\n")
    write(tmp_path, "README", "Exports of May")
    book = read_book(tmp_path)
    assert {name: len(rows) for name, rows in book.tables.items()} == {"incident": 2, "account": 1}
    assert sum("left out" in note for note in book.notes) == 2


UNREADABLE = {
    "empty.csv": (b"", "is empty"),
    "cut.xlsx": (b"PK\x03\x04 and no more", "cut short or damaged"),
    "old.xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "save it as .xlsx"),
    "cut.parquet": (b"PAR1\x15\x04", "cut short or damaged"),
    "packed.csv.gz": (b"\x1f\x8b\x08\x00", "unpack it"),
    "noise.csv": (bytes(range(256)) * 4, "neither a text"),
    "people.csv": (b"height,weight\n1,2\n", "--suggest"),
}


def test_what_cannot_be_read_is_said_by_file_in_a_line_with_what_to_do(tmp_path):
    for name, (content, _) in UNREADABLE.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "lake" / "_delta_log").mkdir(parents=True)
    (tmp_path / "lake" / "part.parquet").write_bytes(b"PAR1")
    with pytest.raises(ExportError) as caught:
        read_book(tmp_path)
    lines = {os.path.relpath(p.file, tmp_path): p.message for p in caught.value.problems}
    assert set(lines) == {*UNREADABLE, "lake"}
    assert "delta_scan" in lines["lake"]
    for name, (_, words) in UNREADABLE.items():
        assert words in lines[name]
    assert all("\n" not in str(problem) for problem in caught.value.problems)


def test_a_zip_that_unpacks_to_too_much_is_refused_before_it_does(tmp_path, monkeypatch):
    monkeypatch.setattr("entitlement_sim.exchange.files.unpacking.MOST_BYTES", 1_000_000)
    with zipfile.ZipFile(tmp_path / "bomb.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"\0" * 2_000_000)
    with pytest.raises(ExportError, match=r"bomb\.xlsx: unpacks to more than"):
        read_book(tmp_path / "bomb.xlsx")


@pytest.fixture(params=[0, 5_000], ids=["by digests", "as they are"])
def few_rows(request, monkeypatch):
    """So many rows are compared as they are; of more, those whose digests are alike."""
    monkeypatch.setattr("entitlement_sim.exchange.reading._FEW_ROWS", request.param)


@pytest.mark.usefixtures("few_rows")
def test_a_row_met_twice_keeps_the_later_version(tmp_path):
    heads = "incidentid,customerid,createdon,title,versionnumber"
    book = cases(
        tmp_path, "a,c,2024-01-01,old,7", "a,c,2024-01-01,new,12", "a,c,2024-01-01,x,9", heads=heads
    )
    assert book.tables["incident"]["title"].tolist() == ["new"]
    assert book.rejected["line"].tolist() == [2, 4]


@pytest.mark.usefixtures("few_rows")
def test_a_ticket_on_80_rows_is_one_case(tmp_path):
    book = cases(tmp_path, *["a,c,2024-01-01"] * 80)
    assert len(book.tables["incident"]) == 1
    assert reasons(book) == {"repeated": 79}


def test_references_that_are_texts_of_dictionaries_are_their_values(tmp_path):
    reference = "\"{'link': 'https://x/core_company/9', 'value': '9'}\""
    book = cases(tmp_path, f"a,{reference},2024-01-01")
    assert book.tables["incident"]["customerid"].tolist() == ["9"]


def test_names_of_lookups_are_looked_up_and_settled_by_customer_and_day(tmp_path):
    write(tmp_path, "accounts.csv", "accountid,name,es_segment\nA1,Acme,x\nA2,Beta,x\n")
    heads = "entitlementid,name,customerid,startdate,enddate\n"
    sold = [
        "e1,Gold,Acme,2023-01-01,2023-12-31",
        "e2,Gold,Acme,2024-01-01,2024-12-31",
        "e3,Gold,Beta,2024-01-01,2024-12-31",
    ]
    write(tmp_path, "entitlements.csv", heads + "\n".join(sold))
    lines = [
        "1,Acme,2023-05-13,Gold",
        "2,Acme,2024-05-01,Gold",
        "3,Beta,2024-05-01,Gold",
        "4,Beta,2023-05-01,Gold",
        "5,Gamma,2023-05-01,Gold",
    ]
    heads = "incidentid,customerid,createdon,entitlementid\n"
    write(tmp_path, "incidents.csv", heads + "\n".join(lines))
    book = read_book(tmp_path)
    taken = book.tables["incident"].set_index("incidentid")
    assert taken["entitlementid"].to_dict() == {"1": "e1", "2": "e2", "3": "e3", "4": "e3"}
    assert taken.loc["1", "customerid"] == "A1"
    assert reasons(book) == {"name fits several records": 1}


def test_pseudonyms_keep_links_and_leave_no_name(tmp_path):
    write(tmp_path, "accounts.csv", "accountid,name\n9,Acme Ltd\n")
    heads = "incidentid,customerid,createdon,title,ticketnumber\n"
    write(tmp_path, "i.csv", heads + "a,9,2024-01-01,Acme is down,T1\nb,9,Acme,x,T2\n")
    audit = "auditid,objecttypecode,objectid,attribute,createdon,oldvalue,newvalue\n"
    audit += "1,incident,a,customerid,2024-01-02,9,8\n2,incident,a,title,2024-01-02,Acme,Bob\n"
    write(tmp_path, "audit.csv", audit)
    plain, book = read_book(tmp_path), read_book(tmp_path, pseudonyms=True)
    assert any("--pseudonyms" in note for note in plain.notes)
    everything = json.dumps([frame.astype(str).to_dict() for frame in book.tables.values()])
    assert "Acme" not in everything + book.rejected.to_json()
    assert "Bob" not in everything
    account = book.tables["account"]["id"][0]
    assert book.tables["incident"]["customerid"].tolist() == [account]
    assert book.tables["audit"]["old"].tolist()[0] == account


ROW = "incidentid,customerid,createdon\na,c,2024-01-01\n"


def no_permission(*_, **__):
    raise PermissionError(13, "Permission denied")


@pytest.mark.parametrize("act", ["open", "iterdir"])
def test_a_file_or_folder_without_permission_to_read_it_is_said(tmp_path, monkeypatch, act):
    write(tmp_path, "a.csv", ROW)
    monkeypatch.setattr(f"pathlib.Path.{act}", no_permission)
    with pytest.raises(ExportError, match="cannot be read: Permission denied"):
        read_book(tmp_path)


def test_links_to_folders_are_followed_once(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    write(tmp_path / "elsewhere", "a.csv", ROW)
    (tmp_path / "exports").mkdir()
    (tmp_path / "exports" / "linked").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "back").symlink_to(tmp_path / "exports")
    assert len(read_book(tmp_path / "exports").sources) == 1


def test_a_link_that_leads_nowhere_is_said(tmp_path):
    write(tmp_path, "a.csv", ROW)
    (tmp_path / "loop.csv").symlink_to(tmp_path / "loop.csv")
    for path in (tmp_path, tmp_path / "loop.csv"):
        with pytest.raises(ExportError, match=r"loop\.csv: is a link that leads nowhere"):
            read_book(path)


def test_a_folder_called_as_a_file_is_a_folder(tmp_path):
    (tmp_path / "x.csv").mkdir()
    write(tmp_path / "x.csv", "a", ROW)
    assert len(read_book(tmp_path / "x.csv").tables["incident"]) == 1


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-16", "utf-32"])
def test_a_text_is_read_in_any_encoding_of_unicode(tmp_path, encoding):
    (tmp_path / "a.csv").write_bytes(ROW.encode(encoding))
    page = '{"value":[{"incidentid":"b","_customerid_value":"c","createdon":"2024-01-01T00:00Z"}]}'
    (tmp_path / "b.json").write_bytes(page.encode(encoding))
    assert read_book(tmp_path).tables["incident"]["incidentid"].tolist() == ["a", "b"]


def test_a_row_without_end_is_refused(tmp_path):
    write(tmp_path, "a.csv", ROW + "b,c,2024-01-01," + "x" * 20_000_000)
    with pytest.raises(ExportError, match="longer than any row"):
        read_book(tmp_path / "a.csv")


def test_a_text_with_nul_bytes_is_refused(tmp_path):
    write(tmp_path, "a.csv", ROW.replace("a,c", "a\0b,c"))
    with pytest.raises(ExportError, match="neither a text"):
        read_book(tmp_path)


def test_a_sheet_with_a_cell_far_out_is_refused_before_it_takes_all_memory(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["incidentid", "customerid", "createdon"])
    book.active.append(["a", "c", "2024-01-01"])
    book.active["XFD1048576"] = "stray"
    book.save(tmp_path / "far.xlsx")
    with pytest.raises(ExportError, match="1,048,576 rows and 16,384 columns"):
        read_book(tmp_path / "far.xlsx")


def test_a_sheet_of_a_chart_is_passed_over(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["incidentid", "customerid", "createdon"])
    book.active.append(["a", "c", dt.datetime(2024, 1, 1)])
    book.create_chartsheet("Chart")
    book.save(tmp_path / "chart.xlsx")
    assert len(read_book(tmp_path / "chart.xlsx").tables["incident"]) == 1


def test_a_workbook_with_a_password_says_what_to_do(tmp_path):
    (tmp_path / "secret.xlsx").write_bytes(
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le")
    )
    with pytest.raises(ExportError, match=r"has a password; save it as \.xlsx"):
        read_book(tmp_path)


def test_nested_columns_of_parquet_are_texts(tmp_path):
    nested = pa.table(
        {
            "incidentid": ["a"],
            "customerid": ["c"],
            "createdon": [dt.datetime(2024, 1, 1)],
            "title": [[1, 2]],
            "tags": [{"x": [{"y": 1}]}],
        }
    )
    pq.write_table(nested, tmp_path / "a.parquet")
    assert read_book(tmp_path).tables["incident"]["title"].tolist() == ["[1, 2]"]


def test_a_file_without_a_column_that_no_row_can_do_without_is_refused_with_its_heads(tmp_path):
    write(tmp_path, "a.csv", "incidentid,Payer,createdon\na,c,2024-01-01\n")
    with pytest.raises(ExportError, match=r"to be customerid \(not understood: Payer\)"):
        read_book(tmp_path)


def test_a_column_that_says_much_and_is_missing_is_noted_with_the_heads(tmp_path):
    heads = "entitlementid,name,customerid,startdate,enddate,All my terms"
    write(tmp_path, "a.csv", f"{heads}\na,Gold,c,2024-01-01,2024-12-31,10\n")
    [note] = [note for note in read_book(tmp_path).notes if "not understood" in note]
    assert "totalterms" in note
    assert "All my terms" in note


def test_a_customer_who_is_only_written_by_name_is_known_by_it(tmp_path):
    write(tmp_path, "a.csv", "incidentid,customeridname,createdon\na,Acme,2024-01-01\n")
    assert read_book(tmp_path).tables["incident"]["customerid"].tolist() == ["Acme"]


@pytest.mark.parametrize("last", ["CAS-1", "00000000-0000-0000-0000-000000000000", None])
def test_many_ids_are_as_they_stand_whether_or_not_all_are_guids(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, last: str | None
) -> None:
    monkeypatch.setattr(csv_files, "_PIECE", 200_000)  # which is read in several goes
    ids = [str(UUID(int=number)) for number in range(1, 40_001)]
    ids += [] if last is None else [last]
    book = cases(tmp_path, *(f"{id},c,2024-05-13 10:00" for id in ids))
    kept = [id for id in ids if id != str(UUID(int=0))]  # which stands for none
    assert book.tables["incident"]["incidentid"].tolist() == kept
    assert len(book.rejected) == len(ids) - len(kept)


def test_guids_in_a_column_of_dates_are_rows_to_report(tmp_path: Path) -> None:
    lines = [f"{UUID(int=n)},c,{UUID(int=n + 1)}" for n in range(1, 12_001)]
    assert reasons(cases(tmp_path, *lines)) == {"unreadable date": 12_000}
