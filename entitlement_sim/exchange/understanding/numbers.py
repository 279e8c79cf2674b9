"""Amounts and minutes of texts, whatever groups and points their numbers have."""

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

#: Hundredths at the most: what Dataverse bounds terms with, a hundred thousand million.
MOST: Final = 10**13
_DIGITS: Final = 12

_SIGN: Final = "[-\u2212]?"


def decimal_marks(texts: pa.Array) -> tuple[bool, bool, bool]:
    """Return whether a point, or a comma, must part decimals, and whether some value is open.

    ``1.234,50`` and ``12,5`` say that it is the comma, ``26,54,797`` and ``9.67`` the point; what
    is open fits both, as ``1,234``.
    """
    bare = pc.replace_substring_regex(_bare(texts), "[^0-9.,]", "")
    point = pc.or_(
        pc.match_substring_regex(bare, r",.*\."),
        pc.match_substring_regex(bare, r"^[^.]*,[^.]*,[^.]*$"),
    )
    point = pc.or_(point, pc.match_substring_regex(bare, r"^\d*\.(\d{1,2}|\d{4,})$"))
    comma = pc.or_(
        pc.match_substring_regex(bare, r"\..*,"),
        pc.match_substring_regex(bare, r"^[^,]*\.[^,]*\.[^,]*$"),
    )
    comma = pc.or_(comma, pc.match_substring_regex(bare, r"^\d*,(\d{1,2}|\d{4,})$"))
    open_values = pc.match_substring_regex(bare, r"^\d{1,3}[.,]\d{3}$")
    return tuple(bool(pc.any(mask).as_py()) for mask in (point, comma, open_values))  # type: ignore[return-value]


def hundredths(texts: pa.Array, decimal: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return amounts in hundredths, which texts are no numbers, and which have a third decimal."""
    bare = _bare(texts)
    grouping = "," if decimal == "." else "."
    grouped = pc.match_substring_regex(
        bare, rf"^{_SIGN}\d{{1,3}}([{grouping}]\d{{2,3}})*[{grouping}]\d{{3}}([{decimal}]\d*)?-?$"
    )
    bare = pc.if_else(grouped, pc.replace_substring(bare, grouping, ""), bare)
    parts = pc.extract_regex(
        bare, rf"^(?P<sign>{_SIGN})(?P<whole>\d+)(?:[{decimal}](?P<part>\d*))?(?P<minus>-?)$"
    )
    bad = parts.is_null().to_numpy(zero_copy_only=False)
    whole = pc.fill_null(pc.struct_field(parts, "whole"), "0")
    whole = pc.utf8_ltrim(whole, "0")
    bad |= pc.greater(pc.utf8_length(whole), _DIGITS).to_numpy(zero_copy_only=False)
    whole = pc.if_else(pa.array(bad), "0", pc.binary_join_element_wise("0", whole, ""))
    part = pc.fill_null(pc.struct_field(parts, "part"), "")
    third = pc.match_substring_regex(part, r"^\d\d\d*[1-9]").to_numpy(zero_copy_only=False)
    cents = pc.utf8_slice_codeunits(pc.binary_join_element_wise(part, "00", ""), 0, 2)
    amounts = whole.cast(pa.int64()).to_numpy(zero_copy_only=False) * 100
    amounts = amounts + cents.cast(pa.int64()).to_numpy(zero_copy_only=False)
    signs = pc.binary_join_element_wise(
        pc.struct_field(parts, "sign"), pc.struct_field(parts, "minus"), ""
    )
    negative = pc.fill_null(pc.not_equal(signs, ""), False).to_numpy(zero_copy_only=False)
    amounts = np.where(negative, -amounts, amounts)
    bad |= np.abs(amounts) > MOST
    return amounts, bad, third & ~bad


def _bare(texts: pa.Array) -> pa.Array:
    """Return numbers without blanks, apostrophes and signs of currencies."""
    return pc.replace_substring_regex(texts, r"[\s\x{00A0}\x{202F}'\x{2019}\p{Sc}]", "")
