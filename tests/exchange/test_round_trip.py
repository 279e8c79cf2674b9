"""What is written in a form is read again as it was, as far as the form holds it."""

import tempfile
from pathlib import Path

import pandas as pd
import pytest
from exports import with_texts
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from invented_books import ZONE, books

from entitlement_sim.exchange import read_book
from entitlement_sim.exchange.book import Book
from entitlement_sim.exchange.leaving import write_book
from entitlement_sim.exchange.leaving.forms import columns_held
from entitlement_sim.exchange.vocabulary.columns import TABLES
from entitlement_sim.exchange.vocabulary.cultures import CULTURES

FORMS = ["csv", "parquet", "dataverse-json", "migration-zip", "excel"]


def assert_holds(read: Book, written: Book, form: str) -> None:
    held = columns_held(form)
    assert set(read.tables) == set(held)
    assert len(read.rejected) == 0
    for table, columns in held.items():
        frames = [with_texts(book.tables[table][list(columns)]) for book in (read, written)]
        if table.endswith("_link"):  # a set of pairs, which a migration zip groups by the first
            frames = [frame.sort_values([*columns], ignore_index=True) for frame in frames]
        pd.testing.assert_frame_equal(*frames, obj=f"{form} {table}")


@pytest.mark.parametrize("form", FORMS)
@settings(
    max_examples=10,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # to shrink a book takes minutes
)
@given(data=st.data())
def test_a_book_comes_back_as_it_was_in_every_culture(form: str, data: st.DataObject) -> None:
    book = data.draw(books(with_own=form != "migration-zip"))
    culture = data.draw(st.sampled_from([None, *CULTURES]))
    order = None if culture is None else CULTURES[culture].date_order
    if form == "migration-zip" and culture is None:
        order = "month-first"
    with tempfile.TemporaryDirectory() as folder:
        place = write_book(book, Path(folder) / "out", form, culture=culture)
        assert_holds(read_book(place, zone=ZONE, date_order=order), book, form)


def test_the_documented_list_leaves_out_no_more_than_a_form_cannot_hold() -> None:
    left_out = {form: sorted(TABLES.keys() - columns_held(form)) for form in FORMS}
    assert left_out == {
        "csv": [],
        "parquet": [],
        "dataverse-json": [],
        "migration-zip": ["audit"],
        "excel": ["audit", "contact_link", "product_link"],
    }
    assert {
        form: sorted(
            {c.name for t, held in columns_held(form).items() for c in TABLES[t]}
            - {name for held in columns_held(form).values() for name in held}
        )
        for form in FORMS
    } == {form: ["customertype"] if form == "excel" else [] for form in FORMS}
