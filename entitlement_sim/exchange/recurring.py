"""Texts that recur: columns of categories, which hold each different text once, beside plain ones.

What is asked of millions of texts is asked of the different ones, and never of Python objects.
"""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from .vocabulary.columns import GUID


def is_recurring(values: "pd.Series[Any]") -> bool:
    """Whether a column has its texts as categories."""
    return isinstance(values.dtype, pd.CategoricalDtype)


def recurring(
    different: "pd.Series[Any]", codes: NDArray[Any], index: "pd.Index[Any] | None" = None
) -> "pd.Series[Any]":
    """Return a column of categories.

    Parameters
    ----------
    different : Series of str
        Texts, of which some may be equal or missing.
    codes : ndarray of int
        Which of them each row has; -1 for none.
    index : Index, optional
        Of the rows.
    """
    places, texts = pd.factorize(different)
    if len(texts) != len(different):
        narrow = places.astype(np.min_scalar_type(-max(len(texts), 1)))
        codes = np.append(narrow, narrow.dtype.type(-1))[codes]
    categories = pd.Index(texts, dtype="str")
    return pd.Series(pd.Categorical.from_codes(codes, categories), index)


def plain(values: "pd.Series[Any]") -> "pd.Series[Any]":
    """Return a column with a text in each row."""
    return values.astype("str") if is_recurring(values) else written(values)


def are_kept_as_guids(values: "pd.Series[Any]") -> bool:
    """Whether a column has ids as the 16 bytes of GUIDs."""
    return bool(values.dtype == _GUIDS)


def all_plain(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows with a text in each row of each column, also where there are no rows."""
    columns = {str(name): plain(values) for name, values in rows.items()}
    return pd.DataFrame(columns, index=rows.index)


def texts_of(values: "pd.Series[Any]") -> "tuple[pd.Series[Any], NDArray[Any] | None]":
    """Return the different texts of a column and which of them each row has, -1 for none.

    Of a plain column all texts are returned, and no codes.
    """
    if is_recurring(values):
        return pd.Series(values.cat.categories, dtype="str"), values.cat.codes.to_numpy()
    return written(values), None


def by_row(found: NDArray[Any], codes: "NDArray[Any] | None", missing: Any) -> NDArray[Any]:
    """Return what was found for different texts by row; `missing` where a row has none."""
    if codes is None:
        return found
    of_row: NDArray[Any] = np.append(found, np.asarray([missing], found.dtype))[codes]
    return of_row


def other_texts(
    values: "pd.Series[Any]", others: "Callable[[pd.Series[Any]], pd.Series[Any]]"
) -> "pd.Series[Any]":
    """Return a column with other texts, each found by the text that stands there."""
    different, codes = texts_of(values)
    found = others(different)
    return found if codes is None else recurring(found, codes, values.index)


def as_arrow(values: "pd.Series[Any]") -> pa.ChunkedArray:
    """Return the texts of a plain column."""
    texts = pa.array(values, pa.large_string(), from_pandas=True)
    return texts if isinstance(texts, pa.ChunkedArray) else pa.chunked_array([texts])


def are_guids(values: "pd.Series[Any]") -> NDArray[np.bool_]:
    """Say which texts of a plain column are GUIDs as a book has them."""
    written = pc.match_substring_regex(as_arrow(values), f"^(?:{GUID})$")
    return np.asarray(pc.fill_null(written, False), np.bool_)


def among(values: "pd.Series[Any]", known: "pd.Series[Any]") -> NDArray[np.bool_]:
    """Say which texts are among others; none is a text that is missing."""
    return places_in(known, values) >= 0


def places_in(known: "pd.Series[Any]", values: "pd.Series[Any]") -> NDArray[np.int64]:
    """Return where texts stand among known ones, first of all; -1 where one does not, or is none.

    Of a large column pandas would make objects.
    """
    if not len(known):
        return np.full(len(values), -1, np.int64)
    codes: NDArray[Any] | None = None
    if are_kept_as_guids(known) and are_kept_as_guids(values):
        texts, of_known = (_as_bytes(ids) for ids in (values, known))
    else:
        different, codes = texts_of(values)
        if not len(different):  # known ones that are kept as bytes would be written for nothing
            return np.full(len(values), -1, np.int64)
        texts, of_known = as_arrow(different), as_arrow(plain(known))
    places = pc.index_in(texts, of_known.combine_chunks())
    places = pc.if_else(texts.is_valid(), places, None) if texts.null_count else places
    whole = pc.fill_null(places, -1).to_numpy().astype(np.int64)
    return by_row(whole, codes, -1)


def _as_bytes(ids: "pd.Series[Any]") -> pa.ChunkedArray:
    values = pa.array(ids)
    return values if isinstance(values, pa.ChunkedArray) else pa.chunked_array([values])


def written(values: "pd.Series[Any]") -> "pd.Series[Any]":
    """Return ids as texts, of which some may be kept as the 16 bytes of GUIDs."""
    if not are_kept_as_guids(values):
        return values
    texts = written_guids(_as_bytes(values))
    return pd.Series(texts.to_pandas(), dtype="str").set_axis(values.index)


def guids_of(texts: pa.Array) -> pa.Array | None:
    """Return texts as 16 bytes each, where all of them are GUIDs as a book has them; else None."""
    if not len(texts):
        return pa.array([], _BYTES)
    if texts.null_count or not pc.all(pc.equal(pc.binary_length(texts), _WIDTH)).as_py():
        return None
    letters = texts.cast(pa.binary(_WIDTH))
    data = np.frombuffer(letters.buffers()[1], "uint8")[letters.offset * _WIDTH :]
    data = data[: len(letters) * _WIDTH].reshape(-1, _WIDTH)
    digits = _DIGIT_OF[data[:, _PLACES]]
    if (digits > 15).any() or (data[:, _DASHES] != ord("-")).any():
        return None
    guids = np.ascontiguousarray(digits[:, 0::2] << 4 | digits[:, 1::2])
    return pa.FixedSizeBinaryArray.from_buffers(_BYTES, len(guids), [None, pa.py_buffer(guids)])


def kept_as_guids(guids: list[pa.Array]) -> "pd.Series[Any]":
    """Return a column of ids as the 16 bytes of GUIDs."""
    return pd.Series(pd.arrays.ArrowExtensionArray(pa.chunked_array(guids, _BYTES)))


def are_packed(ids: pa.ChunkedArray) -> bool:
    """Whether a column as it was read has ids as 16 bytes each."""
    return bool(ids.type == _BYTES)


def unpacked(ids: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column as it was read with a text in each row."""
    return written_guids(ids) if are_packed(ids) else ids


def written_guids(guids: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return GUIDs of 16 bytes as they are written."""
    return pa.chunked_array([_written(chunk) for chunk in guids.chunks], pa.string())


def _written(guids: pa.Array) -> pa.Array:
    none = guids.is_null()
    filled = pc.fill_null(guids, bytes(16)) if guids.null_count else guids
    data = np.frombuffer(filled.buffers()[1], "uint8")
    data = data[filled.offset * 16 :][: len(filled) * 16].reshape(-1, 16)
    letters = np.full((len(data), _WIDTH), ord("-"), "uint8")
    letters[:, _PLACES[0::2]] = _HEX[data >> 4]
    letters[:, _PLACES[1::2]] = _HEX[data & 15]
    texts = pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(_WIDTH), len(data), [None, pa.py_buffer(letters)]
    )
    return pc.if_else(none, pa.scalar(None, pa.string()), texts.cast(pa.string()))


_BYTES: Final = pa.binary(16)
_GUIDS: Final = pd.ArrowDtype(_BYTES)
#: Letters of a GUID; where its dashes and its 32 digits stand, and the digits themselves.
_WIDTH: Final = 36
_DASHES: Final = [8, 13, 18, 23]
_PLACES: Final = [place for place in range(_WIDTH) if place not in _DASHES]
_HEX: Final = np.frombuffer(b"0123456789abcdef", "uint8")
_DIGIT_OF: Final = np.full(256, 255, "uint8")
_DIGIT_OF[_HEX] = np.arange(16)
