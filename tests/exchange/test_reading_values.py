"""What stands in an export, whatever its author's language, becomes the values of a book."""

import datetime as dt

import pandas as pd
import pytest
from exports import cases, entitlements, reasons, write

from entitlement_sim.exchange import ExportError, read_book

GUID = "0a1b2c3d-0000-4000-8000-00000000000f"


@pytest.mark.parametrize("written", [GUID, GUID.upper(), "{" + GUID.upper() + "}", f" {GUID} "])
def test_a_guid_is_the_same_in_any_case_and_with_braces(tmp_path, written):
    assert cases(tmp_path, f"{written},c,2024-01-01").tables["incident"]["incidentid"][0] == GUID


def test_a_guid_of_zeros_is_none(tmp_path):
    book = cases(
        tmp_path,
        f"a,c,2024-01-01,{'0' * 8}-0000-0000-0000-{'0' * 12}",
        heads="incidentid,customerid,createdon,entitlementid",
    )
    assert book.tables["incident"]["entitlementid"].isna().all()


@pytest.mark.parametrize(
    ("written", "hundredths"),
    [
        ("26,54,797.00", 265479700),
        ("1.234,50", 123450),
        ("1 234,5", 123450),
        ("1\u202f234,50", 123450),
        ("1'234.50", 123450),
        ("9.6700000000", 967),
        ("-3.5", -350),
        ("\u22123.5", -350),
        ("12-", -1200),
        ("$ 7.25", 725),
        ("12", 1200),
    ],
)
def test_a_number_is_read_in_any_grouping(tmp_path, written, hundredths):
    book = entitlements(tmp_path, written, heads="remainingterms")
    assert book.tables["entitlement"]["remainingterms"][0] == hundredths


def test_one_number_of_a_file_says_what_parts_decimals_in_the_others(tmp_path):
    book = entitlements(tmp_path, "1.234", "2,50", heads="remainingterms")
    assert book.tables["entitlement"]["remainingterms"].tolist() == [123400, 250]


def test_a_mark_that_parts_thousands_or_decimals_is_asked_for(tmp_path):
    with pytest.raises(ExportError, match=r"entitlements\.csv: .*'remainingterms'.*mapping file"):
        entitlements(tmp_path, "1.234", heads="remainingterms")


def test_a_third_decimal_is_a_rejected_row_and_never_rounded(tmp_path):
    book = entitlements(tmp_path, "9.6710000000", "1.5", heads="remainingterms")
    assert reasons(book) == {"third decimal": 1}
    row = book.rejected.iloc[0]
    assert (row["line"], row["record"], row["text"]) == (2, "e1", "remainingterms: 9.6710000000")


def test_a_number_in_the_other_grouping_is_rejected_where_the_mapping_decides(tmp_path):
    mapping = write(
        tmp_path,
        "m.yaml",
        "files:\n  - {file: '*.csv', table: entitlement, decimal: ',', columns: {entitlementid: "
        "entitlementid, customerid: customerid, startdate: startdate, enddate: enddate, "
        "totalterms: totalterms}}\n",
    )
    book = entitlements(tmp_path, "1,5", "2.5", "1.000", heads="totalterms", mapping=mapping)
    assert reasons(book) == {"unreadable number": 1}
    assert book.tables["entitlement"]["totalterms"].tolist() == [150, 100000]


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2024-03-31T01:30:00Z", "2024-03-31 03:30"),
        ("2024-10-27 00:30:00+00:00", "2024-10-27 02:30"),
        ("2024-06-01T10:15:00.1234567+05:30", "2024-06-01 06:45:00.123456"),
        ("2024-06-01 10:15", "2024-06-01 10:15"),
        ("31.12.2024 23:59", "2024-12-31 23:59"),
        ("13/2/2024 9:05", "2024-02-13 09:05"),
        ("2/13/2024 9:05 PM", "2024-02-13 21:05"),
        ("2/13/2024 12:05\u202fam", "2024-02-13 00:05"),
        ("26-06-2020 15:01", "2020-06-26 15:01"),
        ("2024/6/1 1:02:03", "2024-06-01 01:02:03"),
        ("31/12/24", "2024-12-31"),
    ],
)
def test_a_moment_is_local_time_of_the_zone_however_it_is_written(tmp_path, written, moment):
    book = cases(tmp_path, f"a,c,{written}", zone="Europe/Berlin")
    assert book.tables["incident"]["createdon"][0] == pd.Timestamp(moment)


def test_a_value_of_another_column_settles_the_order_of_day_and_month(tmp_path):
    heads = "incidentid,customerid,createdon,modifiedon"
    book = cases(tmp_path, "a,c,1/2/2024,13/2/2024", heads=heads)
    assert book.tables["incident"]["createdon"][0] == pd.Timestamp(2024, 2, 1)


def test_dates_that_fit_both_orders_are_asked_for(tmp_path):
    with pytest.raises(ExportError, match=r"cases\.csv: .*'createdon'.*--date-order"):
        cases(tmp_path, "a,c,01.02.2024")


@pytest.mark.parametrize(("order", "month"), [("day-first", 2), ("month-first", 1)])
def test_what_was_asked_for_is_taken(tmp_path, order, month):
    book = cases(tmp_path, "a,c,1/2/2024", date_order=order)
    assert book.tables["incident"]["createdon"][0].month == month


def test_dates_that_are_the_same_in_both_orders_need_no_answer(tmp_path):
    assert len(cases(tmp_path, "a,c,3/3/2024").tables["incident"]) == 1


def test_dates_that_contradict_each_other_are_asked_for_and_then_rejected_by_row(tmp_path):
    with pytest.raises(ExportError, match="--date-order"):
        cases(tmp_path, "a,c,31/1/2024", "b,c,1/31/2024")
    book = cases(tmp_path, "a,c,31/1/2024", "b,c,1/31/2024", date_order="day-first")
    assert reasons(book) == {"unreadable date": 1}


@pytest.mark.parametrize("written", ["31/02/2024", "2024-02-30", "1/1/1492", "2024-01-01 25:00"])
def test_a_day_that_is_none_is_a_rejected_row(tmp_path, written):
    book = cases(tmp_path, f"a,c,{written}", "b,c,2024-01-01")
    assert reasons(book) == {"unreadable date": 1}


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/Berlin", "UTC"])
@pytest.mark.parametrize("date_only", [None, "utc"])
def test_days_of_greenwich_are_those_days_in_any_zone(tmp_path, zone, date_only):
    heads = "entitlementid,customerid,startdate,enddate"
    line = "e,c,2026-01-01T00:00:00Z,2026-12-31T23:59:59Z"
    book = read_book(write(tmp_path, "e.csv", f"{heads}\n{line}\n"), zone=zone, date_only=date_only)
    row = book.tables["entitlement"].iloc[0]
    assert (row["startdate"].date(), row["enddate"].date()) == (
        dt.date(2026, 1, 1),
        dt.date(2026, 12, 31),
    )


def test_midnight_of_the_business_zone_is_its_day(tmp_path):
    text = (
        "entitlementid,customerid,startdate,enddate\ne,c,2025-12-31T23:00:00Z,2026-12-30T23:00Z\n"
    )
    book = read_book(write(tmp_path, "e.csv", text), zone="Europe/Berlin")
    assert book.tables["entitlement"]["startdate"][0] == pd.Timestamp(2026, 1, 1)


def test_days_are_the_zones_where_that_is_asked_for(tmp_path):
    text = "entitlementid,customerid,startdate,enddate\ne,c,2026-01-01T00:00:00Z,2026-02-01\n"
    book = read_book(write(tmp_path, "e.csv", text), zone="America/New_York", date_only="local")
    assert book.tables["entitlement"]["startdate"][0] == pd.Timestamp(2025, 12, 31)


@pytest.mark.parametrize(
    ("written", "minutes"),
    [("366", 366), ("1,234", 1234), ("06:05:49", 365), ("1970-01-21 06:05:49", 29166)],
)
def test_minutes_are_read_as_numbers_clocks_and_durations_of_1970(tmp_path, written, minutes):
    text = f'activityid;incidentid;timespent;createdon\nr;a;"{written}";2024-01-01\n'
    book = read_book(write(tmp_path, "r.csv", text))
    assert abs(book.tables["incidentresolution"]["timespent"][0] - minutes) <= 1


@pytest.mark.parametrize("written", ["?", "-", "", "NULL", "N/A"])
def test_what_stands_for_nothing_is_missing(tmp_path, written):
    heads = "incidentid,customerid,createdon,caseorigincode,modifiedon,decremententitlementterm"
    book = cases(tmp_path, f"a,c,2024-01-01,{written},{written},{written}", heads=heads)
    row = book.tables["incident"].iloc[0]
    assert row[["origin", "modifiedon", "decrement"]].isna().all()


@pytest.mark.parametrize(
    ("written", "label"),
    [("1", "Phone"), ("phone", "Phone"), ("E-Mail", "Email"), ("2483", "Facebook"),
     ("Fax an Zentrale", "Fax an Zentrale"), ("700610099", "700610099")],
)  # fmt: skip
def test_an_origin_of_ones_own_is_kept_as_text(tmp_path, written, label):
    book = cases(
        tmp_path,
        f"a,c,2024-01-01,{written},Nobody knows",
        heads="incidentid,customerid,createdon,caseorigincode,statuscode",
    )
    row = book.tables["incident"].iloc[0]
    assert (row["origin"], row["statusreason"], reasons(book)) == (label, "Nobody knows", {})


@pytest.mark.parametrize("written", ["0", "Number of cases", "Anzahl der Anfragen"])
def test_a_choice_is_read_by_number_and_by_label(tmp_path, written):
    book = entitlements(tmp_path, f"{written};1", heads="allocationtypecode;statecode")
    row = book.tables["entitlement"].iloc[0]
    assert (row["allocation"], row["state"]) == ("cases", "Active")


def test_a_label_that_has_no_meaning_is_a_rejected_row(tmp_path):
    book = entitlements(tmp_path, "Perhaps", "Draft", heads="statecode")
    assert reasons(book) == {"unknown label": 1}


@pytest.mark.parametrize("line", ["192350000;", "Work Order;", "0;192350001", ";Discount %"])
def test_entitlements_of_work_orders_are_skipped_with_that_reason(tmp_path, line):
    book = entitlements(tmp_path, line, "0;1", heads="entitytype;allocationtypecode")
    assert reasons(book) == {"work order": 1}


def test_columns_that_stand_twice_are_read_once_by_their_logical_names(tmp_path):
    heads = "statecodename;statecode;remainingterms;startdateutc"
    book = entitlements(tmp_path, "Aktiv!;1;9.5000000000;2023-12-31T23:00:00", heads=heads)
    row = book.tables["entitlement"].iloc[0]
    assert (row["state"], row["startdate"]) == ("Active", pd.Timestamp(2024, 1, 1))


SOLD = "entitlementid,name,customerid,startdate,enddate,es_price"


def sold(folder, heads, *lines, **options):
    write(folder, "entitlements.csv", "\n".join([f"{SOLD},{heads}", *lines]) + "\n")
    return read_book(folder, **options)


LINE = "{0},Gold {0},c,2024-01-01,2024-12-31,100"


@pytest.mark.parametrize(
    ("head", "written", "code"),
    [
        ("es_currency", "EUR", "EUR"),
        ("transactioncurrencyid", "Euro", "EUR"),
        ("Currency", "US Dollar", "USD"),
        ("Währung", "Schweizer Franken", "CHF"),
        ("transactioncurrencyid", "1f2d8f3b-0c1d-4e7a-9d55-2c3b4a5d6e7f", None),
        ("transactioncurrencyid", "Taler", None),
    ],
)
def test_the_currency_is_read_by_its_code_or_name(tmp_path, head, written, code):
    book = sold(tmp_path, head, f"{LINE.format('a')},{written}")
    assert book.currency == code
    assert any("Taler" in note for note in book.notes) == (written == "Taler")


def test_the_name_of_a_currency_is_taken_before_its_id(tmp_path):
    line = f"{LINE.format('a')},1f2d8f3b-0c1d-4e7a-9d55-2c3b4a5d6e7f,Euro"
    book = sold(tmp_path, "_transactioncurrencyid_value,transactioncurrencyidname", line)
    assert book.currency == "EUR"


def test_prices_in_several_currencies_have_none_which_is_said(tmp_path):
    lines = [f"{LINE.format('a')},EUR", f"{LINE.format('b')},USD"]
    book = sold(tmp_path, "es_currency", *lines)
    assert book.currency is None
    assert any("EUR and USD" in note for note in book.notes)


def test_the_currency_that_is_said_counts(tmp_path):
    assert sold(tmp_path, "es_currency", f"{LINE.format('a')},", currency="CHF").currency == "CHF"
    with pytest.raises(ExportError, match="three capital letters"):
        read_book(tmp_path, currency="francs")


def test_what_a_renewed_entitlement_continues_is_settled_by_customer_and_start(tmp_path):
    lines = [
        "a,Gold,c,2022-01-01,2022-12-31,1,",
        "b,Gold,c,2023-01-01,2023-12-31,1,Gold",
        "d,Gold,c,2024-01-01,2024-12-31,1,Gold",
        "e,Gold,x,2024-01-01,2024-12-31,1,",
    ]
    rows = sold(tmp_path, "es_renewed_from", *lines).tables["entitlement"]
    assert rows["renewed_from"].fillna("").tolist() == ["", "a", "b", ""]


@pytest.mark.parametrize(
    ("heads", "values", "words"),
    [
        ("es_currency", ("EUR", "EUR"), "no column says which entitlement"),
        ("es_renewed_from", ("zz", ""), "1 entitlement renews one that was not exported"),
        ("es_renewed_from", ("a", ""), "1 entitlement renews itself or another customer's"),
    ],
)
def test_what_exports_do_not_say_of_renewals_is_said(tmp_path, heads, values, words):
    lines = [f"{LINE.format(id)},{value}" for id, value in zip("ab", values, strict=True)]
    assert any(words in note for note in sold(tmp_path, heads, *lines).notes)
