"""Columns of texts as they are read: whatever keeps them small, they are the same texts."""

import uuid

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entitlement_sim.exchange.files import encoding
from entitlement_sim.exchange.files.encoding import EncodedTexts
from entitlement_sim.exchange.recurring import are_packed, unpacked

GUIDS = st.integers(0, 2**128 - 1).map(lambda number: str(uuid.UUID(int=number)))
PIECES = st.lists(
    st.lists(GUIDS | st.sampled_from(["", "a", "b", None]) | st.text(max_size=3), min_size=1),
    max_size=6,
)


@pytest.fixture(autouse=True, scope="module")
def small_pieces():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(encoding, "_AT_A_TIME", 200)
        patch.setattr(encoding, "_FEW", 4)
        yield


def column_of(pieces: list[list[str | None]], *, packs: bool) -> pa.ChunkedArray:
    column = EncodedTexts(packs=packs)
    for piece in pieces:
        column.add(pa.array(piece, pa.string()))
    return column.texts()


def flat(pieces: list[list[str | None]]) -> list[str | None]:
    return [text for piece in pieces for text in piece]


@given(PIECES, st.booleans())
def test_texts_stay_as_they_were(pieces: list[list[str | None]], packs: bool) -> None:
    assert unpacked(column_of(pieces, packs=packs)).to_pylist() == flat(pieces)


@given(st.lists(st.lists(GUIDS, min_size=8, max_size=8, unique=True), min_size=2, max_size=5))
def test_guids_that_differ_take_sixteen_bytes_each(pieces: list[list[str]]) -> None:
    column = column_of(pieces, packs=True)
    assert are_packed(column)
    assert unpacked(column).to_pylist() == flat(pieces)


def test_guids_that_recur_at_first_are_packed_with_those_that_differ_later() -> None:
    first = str(uuid.UUID(int=1))
    later = [str(uuid.UUID(int=number)) for number in range(2, 42)]
    column = column_of([[first] * 8, later], packs=True)
    assert are_packed(column)
    assert unpacked(column).to_pylist() == [first] * 8 + later


def test_one_text_that_is_no_guid_keeps_the_whole_column_as_texts() -> None:
    ids = [str(uuid.UUID(int=number)) for number in range(40)]
    column = column_of([ids, [*ids[:7], "CAS-01"]], packs=True)
    assert not are_packed(column)
    assert column.to_pylist() == [*ids, *ids[:7], "CAS-01"]
