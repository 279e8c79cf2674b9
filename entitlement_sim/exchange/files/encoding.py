"""Columns of texts as they are read, in as little memory as what they hold allows."""

from typing import Final

import pyarrow as pa

from ..recurring import guids_of, written_guids

#: Bytes of texts that are encoded at a time.
_AT_A_TIME: Final = 16_000_000

#: So few texts are encoded even where all of them differ.
_FEW: Final = 10_000


class EncodedTexts:
    """A column of texts as they come: each different one once, unless most are different.

    That is tried with some pieces of the file at a time. Where most are different, ids are packed
    if that is wanted: into the 16 bytes of GUIDs, where all texts of the column are such.

    Parameters
    ----------
    packs : bool
        Whether ids are packed.
    """

    def __init__(self, *, packs: bool) -> None:
        self._packs = packs
        self._pieces: list[pa.Array] = []
        self._done: list[pa.Array] = []
        self._bytes = 0
        self._is_plain = False

    def add(self, texts: pa.Array) -> None:
        """Take the texts of a piece."""
        self._pieces.append(texts)
        self._bytes += texts.nbytes
        if self._bytes > _AT_A_TIME:
            self._encode()

    def _encode(self) -> None:
        if self._is_plain:
            self._add_plain(pa.concat_arrays(self._pieces))
        else:
            encoded = pa.chunked_array(self._pieces).dictionary_encode().combine_chunks()
            if len(encoded) > _FEW and 2 * len(encoded.dictionary) > len(encoded):
                self._is_plain = True
                before, self._done = self._done, []
                for each in before:
                    self._add_plain(each.cast(pa.string()))
                self._add_plain(pa.concat_arrays(self._pieces))
            else:
                self._done.append(encoded)
        self._pieces, self._bytes = [], 0

    def _add_plain(self, texts: pa.Array) -> None:
        if self._packs:
            guids = guids_of(texts)
            if guids is not None:
                self._done.append(guids)
                return
            self._packs = False
            self._done = [written_guids(pa.chunked_array([each])).chunk(0) for each in self._done]
        self._done.append(texts)

    def texts(self) -> pa.ChunkedArray:
        """Return the whole column."""
        if self._pieces:
            self._encode()
        column = pa.chunked_array(self._done, None if self._done else pa.string())
        if self._is_plain:
            return column
        return pa.chunked_array([column.unify_dictionaries().combine_chunks()])
