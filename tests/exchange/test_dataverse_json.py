"""Answers of the Web API: whatever order, annotations and pages they come in."""

import json
from pathlib import Path
from typing import Any

import pytest

from entitlement_sim.exchange import Book, ExportError, read_book

SERVICE = "https://org.example/api/data/v9.2/"
LABEL = "@OData.Community.Display.V1.FormattedValue"
TARGET = "@Microsoft.Dynamics.CRM.lookuplogicalname"
CASE = "aaaaaaaa-0000-0000-0000-000000000001"
OTHER_CASE = "aaaaaaaa-0000-0000-0000-000000000002"
ACCOUNT = "bbbbbbbb-0000-0000-0000-000000000001"
ENTITLEMENT = "cccccccc-0000-0000-0000-000000000001"


def case(**properties: Any) -> dict[str, Any]:
    return {
        "incidentid": CASE,
        "_customerid_value": ACCOUNT,
        "createdon": "2026-06-26T09:31:00Z",
        **properties,
    }


def entitlement(**properties: Any) -> dict[str, Any]:
    return {
        "entitlementid": ENTITLEMENT,
        "_customerid_value": ACCOUNT,
        "startdate": "2026-01-01T00:00:00Z",
        "enddate": "2026-12-31T23:59:59Z",
        **properties,
    }


def page(entity_set: str, *records: Any, **members: Any) -> dict[str, Any]:
    return {"@odata.context": f"{SERVICE}$metadata#{entity_set}", **members, "value": [*records]}


def book_of_answers(folder: Path, *answers: Any, zone: str = "UTC", **settings: Any) -> Book:
    for number, answer in enumerate(answers):
        text = answer if isinstance(answer, str) else json.dumps(answer)
        (folder / f"{number}.json").write_text(text, encoding="utf-8")
    return read_book(folder, zone=zone, **settings)


def test_a_lookup_gives_its_id_the_table_that_it_leads_to_and_the_name(tmp_path: Path) -> None:
    annotations = {
        f"_customerid_value{LABEL}": "Contoso",
        f"_customerid_value{TARGET}": "contact",
        "_customerid_value@Microsoft.Dynamics.CRM.associatednavigationproperty": "customerid",
    }
    [row] = (
        book_of_answers(tmp_path, page("incidents", case(**annotations)))
        .tables["incident"]
        .to_dict("records")
    )
    assert (row["customerid"], row["customertype"], row["customername"]) == (
        ACCOUNT,
        "contact",
        "Contoso",
    )


@pytest.mark.parametrize("is_before", [True, False], ids=["before", "after"])
def test_annotations_may_stand_before_or_after_their_values(
    tmp_path: Path, is_before: bool
) -> None:
    pairs = [(f"caseorigincode{LABEL}", "Telegram"), ("caseorigincode", 100_000_003)]
    record = case(**dict(pairs if is_before else pairs[::-1]))
    book = book_of_answers(tmp_path, page("incidents", record))
    assert book.tables["incident"]["origin"].tolist() == ["Telegram"]


def test_choices_of_the_platform_are_read_by_their_numbers_in_any_language(tmp_path: Path) -> None:
    record = case(
        statecode=1,
        statuscode=5,
        caseorigincode=2,
        **{f"statecode{LABEL}": "Gelöst", f"statuscode{LABEL}": "Problem gelöst"},
        **{f"caseorigincode{LABEL}": "E-Mail"},
    )
    [row] = (
        book_of_answers(tmp_path, page("incidents", record)).tables["incident"].to_dict("records")
    )
    assert (row["state"], row["statusreason"], row["origin"]) == (
        "Resolved",
        "Problem Solved",
        "Email",
    )


def test_null_and_the_zero_guid_are_none(tmp_path: Path) -> None:
    zero = "00000000-0000-0000-0000-000000000000"
    record = case(_entitlementid_value=zero, _productid_value=None, caseorigincode=None)
    table = book_of_answers(tmp_path, page("incidents", record)).tables["incident"]
    assert table[["entitlementid", "productid", "origin"]].isna().all(axis=None)


def test_moments_are_read_in_iso_and_never_as_somebody_is_shown_them(tmp_path: Path) -> None:
    record = case(**{f"createdon{LABEL}": "26-06-2026 15:01"})
    table = book_of_answers(tmp_path, page("incidents", record), zone="Asia/Kolkata").tables[
        "incident"
    ]
    assert str(table["createdon"].item()) == "2026-06-26 15:01:00"


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Kolkata"])
def test_days_are_those_that_were_meant_in_any_zone(tmp_path: Path, zone: str) -> None:
    table = book_of_answers(tmp_path, page("entitlements", entitlement()), zone=zone).tables[
        "entitlement"
    ]
    assert str(table["startdate"].item()) == "2026-01-01 00:00:00"
    assert str(table["enddate"].item()) == "2026-12-31 00:00:00"


@pytest.mark.parametrize(
    ("written", "hundredths"), [("26.5", 2650), ("-0.01", -1), ("100000000000", 10**13)]
)
def test_amounts_keep_their_decimals(tmp_path: Path, written: str, hundredths: int) -> None:
    answer = json.dumps(page("entitlements", entitlement(remainingterms=0)))
    answer = answer.replace('"remainingterms": 0', f'"remainingterms": {written}')
    table = book_of_answers(tmp_path, answer).tables["entitlement"]
    assert table["remainingterms"].tolist() == [hundredths]


def test_a_third_decimal_is_a_row_to_report(tmp_path: Path) -> None:
    book = book_of_answers(tmp_path, page("entitlements", entitlement(remainingterms=9.675)))
    assert book.rejected["reason"].tolist() == ["third decimal"]


@pytest.mark.parametrize("newer_first", [True, False])
def test_of_a_record_met_twice_the_higher_version_stays(tmp_path: Path, newer_first: bool) -> None:
    versions = [case(versionnumber=18, title="new"), case(versionnumber=9, title="old")]
    pages = [page("incidents", record) for record in versions]
    book = book_of_answers(tmp_path, *(pages if newer_first else pages[::-1]))
    assert book.tables["incident"]["title"].tolist() == ["new"]
    assert book.rejected["reason"].tolist() == ["repeated"]
    assert (book.sources["rows"] == book.sources["kept"] + book.sources["rejected"]).all()


def test_a_set_whose_last_page_is_not_there_is_refused(tmp_path: Path) -> None:
    first = page("incidents", case(), **{"@odata.nextLink": f"{SERVICE}incidents?$skiptoken=2"})
    with pytest.raises(ExportError, match="the last of them is not here"):
        book_of_answers(tmp_path, first)


def test_pages_of_a_set_are_read_together(tmp_path: Path) -> None:
    first = page("incidents", case(), **{"@odata.nextLink": f"{SERVICE}incidents?$skiptoken=2"})
    book = book_of_answers(tmp_path, first, page("incidents", case(incidentid=OTHER_CASE)))
    assert book.tables["incident"]["incidentid"].tolist() == [CASE, OTHER_CASE]


@pytest.mark.parametrize(
    "write",
    [
        lambda records: json.dumps(records),
        lambda records: "\n".join(map(json.dumps, records)),
        lambda records: "\n".join(json.dumps(page("incidents", each)) for each in records),
        lambda records: json.dumps({"statusCode": 200, "body": page("incidents", *records)}),
    ],
    ids=["a list", "a line each", "a page a line", "an answer with its head"],
)
def test_records_are_read_however_they_were_saved(tmp_path: Path, write: Any) -> None:
    table = book_of_answers(tmp_path, write([case(), case(incidentid=OTHER_CASE)])).tables[
        "incident"
    ]
    assert table["incidentid"].tolist() == [CASE, OTHER_CASE]


def test_powershell_writes_moments_as_milliseconds_and_text_as_utf_16(tmp_path: Path) -> None:
    answer = json.dumps(page("incidents", case(createdon="/Date(1782466260000)/", title="Ä")))
    (tmp_path / "a.json").write_bytes(answer.encode("utf-16"))
    table = read_book(tmp_path).tables["incident"]
    assert str(table["createdon"].item()) == "2026-06-26 09:31:00"
    assert table["title"].item() == "Ä"


def test_a_page_without_records_is_an_empty_table_which_differs_from_none(tmp_path: Path) -> None:
    book = book_of_answers(tmp_path, page("incidents", case()), page("products(productid,name)"))
    assert list(book.tables["product"].columns) == ["id", "name"]
    assert len(book.tables["product"]) == 0
    assert "account" not in book.tables


def test_what_entitlements_list_comes_expanded_or_as_a_set(tmp_path: Path) -> None:
    products = [{"productid": OTHER_CASE}, {"productid": CASE}]
    expanded = entitlement(product_entitlement_association=products)
    link = {"entitlementid": ENTITLEMENT, "contactid": ACCOUNT}
    tables = book_of_answers(
        tmp_path, page("entitlements", expanded), page("entitlementcontactscollection", link)
    ).tables
    assert tables["product_link"]["productid"].tolist() == [OTHER_CASE, CASE]
    assert tables["contact_link"].to_dict("records") == [link]


def test_an_entry_of_the_log_is_a_row_for_each_value_that_changed(tmp_path: Path) -> None:
    said = {
        "changedAttributes": [
            {"logicalName": "remainingterms", "oldValue": "11.0000000000", "newValue": "10.5"},
            {"logicalName": "statecode", "oldValue": "0", "newValue": "1"},
            {"logicalName": "isdefault", "oldValue": None, "newValue": "True"},
        ]
    }
    entry = {
        "auditid": OTHER_CASE,
        "_objectid_value": ENTITLEMENT,
        "objecttypecode": "entitlement",
        "operation": 2,
        "createdon": "2026-02-01T10:00:00Z",
        "changedata": json.dumps(said),
    }
    log = book_of_answers(tmp_path, page("audits", entry)).tables["audit"]
    assert log["column"].tolist() == ["remainingterms", "statecode", "isdefault"]
    assert log["old"].fillna("").tolist() == ["11.00", "Draft", ""]
    assert log["new"].tolist() == ["10.50", "Active", "true"]
    assert set(log["operation"]) == {"update"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"value": [', "is no JSON from line 1, column 12 on"),
        ('{"value": [{"a": NaN}]}', "NaN is no number"),
        ('{"value":' + "[" * 100_000, "nested more deeply"),
        ('{"error": {"code": "0x80040220", "message": "No right"}}', "a mistake .No right."),
        ('{"@odata.context": "x$metadata#systemusers", "value": [{"a": 1}]}', "systemuser"),
    ],
    ids=["cut short", "no number", "deep", "a mistake", "another table"],
)
def test_what_is_no_answer_is_refused_in_a_sentence(
    tmp_path: Path, text: str, message: str
) -> None:
    (tmp_path / "a.json").write_text(text, encoding="utf-8")
    with pytest.raises(ExportError, match=message):
        read_book(tmp_path / "a.json")


def test_what_is_no_record_is_set_aside(tmp_path: Path) -> None:
    book = book_of_answers(tmp_path, page("incidents", case(), 7, "x"))
    assert book.rejected[["line", "reason", "text"]].values.tolist() == [
        [2, "no record", '"7"'],
        [3, "no record", '"x"'],
    ]


def test_a_record_with_a_property_twice_is_set_aside(tmp_path: Path) -> None:
    text = (
        '{"value":[{"incidentid":"a","incidentid":"b","_customerid_value":"c",'
        '"createdon":"2024-01-01T00:00:00Z"},'
        '{"incidentid":"d","_customerid_value":"c","createdon":"2024-01-01T00:00:00Z"}]}'
    )
    book = book_of_answers(tmp_path, text)
    assert book.tables["incident"]["incidentid"].tolist() == ["d"]
    assert book.rejected["reason"].tolist() == ["a property twice"]


def test_a_file_of_values_that_are_no_records_is_all_set_aside(tmp_path: Path) -> None:
    book = book_of_answers(tmp_path, "[1, 2]", page("incidents"))
    assert book.rejected["reason"].tolist() == ["no record", "no record"]
    assert book.sources["rejected"].sum() == 2


def test_a_version_beyond_all_numbers_is_the_latest(tmp_path: Path) -> None:
    record = '{"incidentid":"a","_customerid_value":"c","createdon":"2024-01-01T00:00Z"'
    versions = [f'{record},"title":"{v}","versionnumber":{v}}}' for v in ("7", "1e999", "8")]
    book = book_of_answers(tmp_path, f'{{"value":[{",".join(versions)}]}}')
    assert book.tables["incident"]["title"].tolist() == ["1e999"]
