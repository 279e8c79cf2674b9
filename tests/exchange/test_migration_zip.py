"""Zips of the Configuration Migration tool, whatever is in them."""

import io
import zipfile
from pathlib import Path

import pytest

from entitlement_sim.exchange import Book, ExportError, read_book

CASE = "aaaaaaaa-0000-0000-0000-000000000001"
CUSTOMER = "bbbbbbbb-0000-0000-0000-000000000001"
ENTITLEMENT = "cccccccc-0000-0000-0000-000000000001"
PRODUCTS = [f"dddddddd-0000-0000-0000-00000000000{number}" for number in (1, 2)]

RECORD = (
    f'<record id="{ENTITLEMENT}"><field name="entitlementid" value="{ENTITLEMENT}" />'
    '<field name="name" value="A &amp; B&#10;C" />'
    '<field name="startdate" value="1/1/2026 12:00:00 AM" />'
    '<field name="enddate" value="12/31/2026 11:59:59 PM" />'
    f'<field name="customerid" value="{CUSTOMER}" lookupentity="contact" '
    'lookupentityname="Ann" /><field name="totalterms" value="26.50" />'
    '<field name="statecode" value="1" /><field name="isdefault" value="True" /></record>'
)
LINKS = (
    f'<m2mrelationships><m2mrelationship sourceid="{ENTITLEMENT}" targetentityname="product" '
    'targetentitynameidfield="productid" m2mrelationshipname="product_entitlement_association">'
    f"<targetids>{''.join(f'<targetid>{each}</targetid>' for each in PRODUCTS)}</targetids>"
    "</m2mrelationship></m2mrelationships>"
)
ENTITLEMENTS = (
    f'<entity name="entitlement" displayname="Entitlement"><records>{RECORD}</records>{LINKS}'
    "</entity>"
)
CASES = (
    f'<entity name="incident" displayname="Case"><records><record id="{CASE}">'
    '<field name="createdon" value="6/26/2026 9:31:00 AM" />'
    f'<field name="customerid" value="{CUSTOMER}" lookupentity="contact" />'
    '<field name="statuscode" value="5" /><field name="caseorigincode" value="3" />'
    "</record></records></entity>"
)
SCHEMA = (
    '<entities><entity name="entitlement"><fields><field name="startdate" type="datetime" />'
    '<field name="enddate" type="datetime" /><field name="templateid" type="guid" /></fields>'
    '</entity><entity name="incident"><fields><field name="createdon" type="datetime" />'
    '<field name="masterid" type="entityreference" /></fields></entity></entities>'
)


def data(*entities: str) -> str:
    return f'\r\n<entities timestamp="2026-07-01T00:00:00Z">{"".join(entities)}</entities>'


def zipped(files: dict[str, str | bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return content.getvalue()


def migration(*entities: str, schema: str = SCHEMA) -> bytes:
    return zipped(
        {"data.xml": data(*entities), "data_schema.xml": schema, "[Content_Types].xml": "<Types/>"}
    )


def read(folder: Path, content: bytes, zone: str = "UTC") -> Book:
    (folder / "export.zip").write_bytes(content)
    return read_book(folder / "export.zip", zone=zone)


def test_fields_are_read_with_the_types_that_a_book_has(tmp_path: Path) -> None:
    [row] = read(tmp_path, migration(ENTITLEMENTS)).tables["entitlement"].to_dict("records")
    assert row["name"] == "A & B\nC"
    assert (row["customerid"], row["customertype"], row["customername"]) == (
        CUSTOMER,
        "contact",
        "Ann",
    )
    assert (row["totalterms"], row["state"], row["isdefault"]) == (2650, "Active", True)


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Kolkata"])
def test_days_are_those_that_were_meant_and_moments_are_of_greenwich(
    tmp_path: Path, zone: str
) -> None:
    tables = read(tmp_path, migration(ENTITLEMENTS, CASES), zone).tables
    assert str(tables["entitlement"]["startdate"].item()) == "2026-01-01 00:00:00"
    assert str(tables["entitlement"]["enddate"].item()) == "2026-12-31 00:00:00"
    local = tables["incident"]["createdon"].dt.tz_localize(zone).dt.tz_convert("UTC").item()
    assert str(local) == "2026-06-26 09:31:00+00:00"


def test_many_to_many_come_as_relationships(tmp_path: Path) -> None:
    links = read(tmp_path, migration(ENTITLEMENTS)).tables["product_link"]
    assert links["entitlementid"].tolist() == [ENTITLEMENT] * 2
    assert links["productid"].tolist() == PRODUCTS


def test_a_field_of_the_schema_that_no_record_has_is_a_column_without_values(
    tmp_path: Path,
) -> None:
    cases = read(tmp_path, migration(CASES)).tables["incident"]
    assert cases["masterid"].isna().all()
    assert "parentcaseid" not in cases
    assert (cases["statusreason"].item(), cases["origin"].item()) == ("Problem Solved", "Web")


def test_a_migration_may_lie_in_the_zip_of_a_package(tmp_path: Path) -> None:
    package = zipped({"Package.dll": b"MZ", "PkgFolder/data.zip": migration(ENTITLEMENTS)})
    assert len(read(tmp_path, package).tables["entitlement"]) == 1


def test_names_in_a_zip_lead_nowhere(tmp_path: Path) -> None:
    inner = migration(ENTITLEMENTS)
    hostile = zipped({"../../evil.zip": inner, "/etc/evil.txt": "x", "C:\\evil.txt": "x"})
    assert len(read(tmp_path, hostile).tables["entitlement"]) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["export.zip"]


def test_entities_that_no_book_has_are_left_out_and_named(tmp_path: Path) -> None:
    others = '<entity name="systemuser"><records><record id="1" /></records></entity>'
    book = read(tmp_path, migration(CASES, others))
    assert list(book.tables) == ["incident"]
    assert any("'systemuser'" in note for note in book.notes)


def test_without_a_schema_the_names_of_columns_say_their_types(tmp_path: Path) -> None:
    book = read(tmp_path, zipped({"data.xml": data(ENTITLEMENTS)}), "America/New_York")
    assert str(book.tables["entitlement"]["startdate"].item()) == "2026-01-01 00:00:00"
    assert any("data_schema.xml" in note for note in book.notes)


def _nested(depth: int) -> bytes:
    return zipped({"a.zip": _nested(depth - 1) if depth else b""})


BOMB = '<!DOCTYPE e [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE e [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (zipped({"data.xml": BOMB + data(CASES).strip()}), "document type or entities"),
        (zipped({"data.xml": OUTSIDE + data(CASES).strip()}), "document type or entities"),
        (zipped({"data.xml": data(CASES)[:300]}), "XML that is damaged"),
        (zipped({"data.xml": "<html><body/></html>"}), "none of the Configuration Migration"),
        (migration(CASES)[:-30], "cut short or damaged"),
        (
            zipped({"a.zip": zipped({"a.zip": zipped({"a.zip": zipped({"a.zip": b""})})})}),
            "too man",
        ),
        (zipped({f"{n}.zip": migration() for n in range(30)}), "too many zips"),
        (zipped({"inner.zip": b"no zip"}), "cut short or damaged"),
    ],
    ids=["entities", "a file", "cut", "a page", "half a zip", "deep", "many", "no zip"],
)
def test_what_is_hostile_or_damaged_is_refused_in_a_sentence(
    tmp_path: Path, content: bytes, message: str
) -> None:
    with pytest.raises(ExportError, match=message):
        read(tmp_path, content)


def test_a_zip_that_unpacks_to_too_much_is_refused_before_it_is(tmp_path: Path) -> None:
    content = bytearray(zipped({"data.xml": data(CASES)}))
    at = content.index(b"PK\x01\x02")
    content[at + 24 : at + 28] = (2_000_000_000).to_bytes(4, "little")  # the size that it says
    with pytest.raises(ExportError, match=r"more than 1\.5 GB"):
        read(tmp_path, bytes(content))
