"""Texts as categories and ids as bytes say the same as texts do, and so does a lean book."""

import uuid
from pathlib import Path
from random import Random

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entitlement_sim.exchange.book import Book
from entitlement_sim.exchange.entering.cases import _in_order
from entitlement_sim.exchange.entering.history import _signatures
from entitlement_sim.exchange.leaving import write_book
from entitlement_sim.exchange.reading import read_book
from entitlement_sim.exchange.recurring import (
    are_kept_as_guids,
    guids_of,
    is_recurring,
    kept_as_guids,
    places_in,
    plain,
    recurring,
    written,
)

SAMPLE = Path(__file__).parents[2] / "data" / "sample-export"
texts = st.lists(st.none() | st.sampled_from(["a", "b", "ä", "b c", "B"]), max_size=12)


def column(values: list[str | None]) -> "pd.Series[str]":
    return pd.Series(values, dtype="str")


@given(texts, st.permutations(["a", "ä", "b"]))
def test_texts_stand_where_they_are_among_those_known(
    values: list[str | None], known: list[str]
) -> None:
    expected = [known.index(value) if value in known else -1 for value in values]
    once = recurring(column(values), np.arange(len(values)))
    assert places_in(column(known), column(values)).tolist() == expected
    assert places_in(column(known), once).tolist() == expected


@given(texts, st.data())
def test_a_column_that_recurs_has_each_text_once(
    values: list[str | None], data: st.DataObject
) -> None:
    codes = np.array(data.draw(st.lists(st.integers(-1, len(values) - 1), max_size=9)), np.int64)
    recurs = recurring(column(values), codes)
    assert recurs.cat.categories.is_unique
    assert plain(recurs).equals(column([None if c < 0 else values[c] for c in codes]))


@given(st.lists(st.uuids(), min_size=1, max_size=9))
def test_guids_are_kept_as_bytes_and_written_as_they_were(ids: list[uuid.UUID]) -> None:
    ids_of = [str(id) for id in ids]
    guids = column(ids_of)
    kept = kept_as_guids(
        [guids_of(pa.array(half, pa.string())) for half in (ids_of[:4], ids_of[4:])]
    )
    assert are_kept_as_guids(kept)
    assert written(kept).equals(guids)
    assert written(kept[:0]).equals(guids[:0])
    assert written(kept[::2]).equals(guids[::2])


@pytest.mark.parametrize(
    "other", [None, "CAS-1", str(uuid.UUID(int=1 << 127)).upper()[:-1] + "F", "-" * 36]
)
def test_ids_of_which_one_is_no_guid_stay_texts(other: str | None) -> None:
    assert guids_of(pa.array([str(uuid.UUID(int=1)), other], pa.string())) is None


@pytest.mark.parametrize("form", ["csv", "excel", "dataverse-json", "migration-zip"])
def test_a_lean_book_holds_what_the_whole_one_does(form: str) -> None:
    whole, lean = read_book(SAMPLE / form), read_book(SAMPLE / form, is_lean=True)
    for name, rows in lean.tables.items():
        for of, values in rows.items():
            assert plain(written(values)).equals(whole.tables[name][of]), (name, of)
    counts = {
        (name, of): int(values.notna().sum())
        for name, rows in whole.tables.items()
        for of, values in rows.items()
    }
    assert list((lean.counts or {}).items()) == list(counts.items())
    assert whole.counts is None
    assert not any(
        is_recurring(rows[of]) or are_kept_as_guids(rows[of])
        for rows in whole.tables.values()
        for of in rows
    )


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), max_size=9), st.randoms())
def test_cases_of_one_minute_are_in_the_order_of_their_ids(
    cases: list[tuple[int, int]], random: Random
) -> None:
    ids = [f"case {number}" for number in range(len(cases))]
    random.shuffle(ids)
    customer, created = np.array(cases, np.int64).reshape(-1, 2).T
    order = _in_order(customer, created, column(ids))
    rows = [(*case, id) for case, id in zip(cases, ids, strict=True)]
    assert [rows[place] for place in order] == sorted(rows)


@given(st.sets(st.tuples(st.integers(0, 4), st.integers(0, 2), st.integers(0, 2)), max_size=12))
def test_contracts_have_one_signature_where_they_have_the_same_rows(
    rows: set[tuple[int, int, int]],
) -> None:
    frame = pd.DataFrame(sorted(rows, key=hash), columns=["contract", "origin", "total"])
    signatures = _signatures(frame.astype("int64"), 6).tolist()
    own = [{row[1:] for row in rows if row[0] == contract} for contract in range(6)]
    for one in range(6):
        for other in range(6):
            assert (signatures[one] == signatures[other]) == (own[one] == own[other])


def test_dataverse_json_is_written_of_columns_in_several_pieces(tmp_path: Path) -> None:
    book = read_book(SAMPLE / "csv")
    accounts = book.tables["account"]
    pieces = {
        name: pd.Series(pa.chunked_array([pa.array([text]) for text in values]).to_pandas())
        for name, values in accounts.items()
    }
    for name, tables in (("whole", accounts), ("pieces", pd.DataFrame(pieces, copy=False))):
        write_book(Book({"account": tables}), tmp_path / name, "dataverse-json")
    files = [(tmp_path / name / "accounts-0001.json").read_text() for name in ("whole", "pieces")]
    assert files[0] == files[1]
