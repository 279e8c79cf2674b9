"""The sample that comes along: what it is made of, and that it can be read."""

import zipfile
from pathlib import Path

import pandas as pd
import pytest
from exports import with_texts
from matplotlib import pyplot

from entitlement_sim import charts, explain
from entitlement_sim.exchange import read_book
from entitlement_sim.exchange.entering import enter
from entitlement_sim.exchange.leaving.forms import columns_held
from entitlement_sim.exchange.sample import SAMPLE_FORMS, ZONE, sample_book, write_sample
from entitlement_sim.exchange.vocabulary.cultures import CULTURES

SAMPLE = Path(__file__).parents[2] / "data" / "sample-export"
#: What a zip of the Configuration Migration tool says by numbers alone.
BY_NUMBER = {"WhatsApp": "100000000", "With the maker": "100000000"}


def contents(file: Path) -> dict[str, bytes]:
    if file.suffix != ".zip":
        return {"": file.read_bytes()}
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_sample_is_what_the_package_makes(tmp_path: Path) -> None:
    write_sample(tmp_path)
    files = {file.relative_to(tmp_path) for file in tmp_path.rglob("[!.]*.*")}
    assert {file.relative_to(SAMPLE) for file in SAMPLE.rglob("[!.]*.*")} - {
        Path("README.md")
    } == files
    for file in files:
        if file.suffix != ".xlsx":  # those are compared as they are read
            assert contents(tmp_path / file) == contents(SAMPLE / file), file


def test_the_sample_is_small() -> None:
    assert sum(file.stat().st_size for file in SAMPLE.rglob("*") if file.is_file()) < 200_000


@pytest.mark.parametrize("form", SAMPLE_FORMS)
def test_each_form_of_the_sample_holds_the_invented_book(form: str) -> None:
    culture = SAMPLE_FORMS[form]
    order = None if culture is None else CULTURES[culture].date_order
    read = read_book(SAMPLE / form, zone=ZONE, date_order=order)
    assert len(read.rejected) == 0
    for table, columns in columns_held(form).items():
        whole = sample_book().tables[table]  # of customers without accounts of their own
        columns = tuple(name for name in columns if name in whole)
        expected = whole[list(columns)]
        if form == "migration-zip":
            expected = expected.replace(BY_NUMBER)
        frame = with_texts(read.tables[table][list(columns)])
        pd.testing.assert_frame_equal(frame, expected, obj=table)


def test_every_entitlement_of_the_sample_is_explained_and_drawn_also_without_a_price() -> None:
    with enter(sample_book()) as run:
        prices = run.connection.sql("SELECT entitlement_id, price FROM entitlements").fetchall()
        assert {True, False} == {price is None for _, price in prices}
        for number, price in prices:
            explained = explain(run, number)
            assert ("price not known" in str(explained)) == (price is None)
            assert str(explained.for_customer())
            pyplot.close(charts.entitlement_life(run, number).figure)
