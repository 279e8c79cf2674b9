"""The numbers of rows: of one block within a run, or of a run's parts within the whole."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from .tables import COLUMNS, Block, Column

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Tables whose rows are numbered, and the columns that refer to them.
_NUMBERED: Final = {
    "customer_id": "customers",
    "entitlement_id": "entitlements",
    "predecessor_id": "entitlements",
    "balance_id": "balances",
    "case_id": "cases",
    "template_id": "templates",
    "product_id": "products",
}

#: Tables whose rows have a number each, which blocks and parts have from their first one on.
NUMBERED_BY_ROW: Final = ("customers", "entitlements", "balances", "cases")


def first_numbers() -> dict[str, int]:
    """Return the first number of everything that is numbered."""
    return dict.fromkeys(_NUMBERED.values(), 1)


def numbers_added(rows: Mapping[str, int]) -> dict[str, int]:
    """Return what is added to the numbers of a part behind others with some rows by table."""
    added = dict.fromkeys(_NUMBERED.values(), 0)  # templates and products are those of all parts
    return added | {table: rows[table] for table in NUMBERED_BY_ROW}


def numbered(block: Block, offsets: dict[str, int]) -> Block:
    """Return a block with its rows numbered on from `offsets`, in arrays of its own.

    Its buffers can then be used again. `offsets`, which has the next number of everything, is moved
    on behind the block's customers, entitlements, balances and cases.
    """
    handed_on = {
        table: {
            column.name: moved_on(column, columns[column.name], offsets)
            for column in COLUMNS[table]
        }
        for table, columns in block.items()
    }
    for table in NUMBERED_BY_ROW:
        offsets[table] += len(block[table][COLUMNS[table][0].name])
    return handed_on


def moved_on(column: Column, values: "NDArray[Any]", offsets: Mapping[str, int]) -> "NDArray[Any]":
    """Return the values of a column; numbers of what is numbered are moved on by an offset each."""
    if column.name not in _NUMBERED:
        is_written_again = values.base is not None and values.flags.writeable  # part of a buffer
        return values.copy() if is_written_again else values
    offset = offsets[_NUMBERED[column.name]]
    if not column.nullable:
        return values + offset
    shifted = values.copy()
    np.add(shifted, offset, out=shifted, where=shifted >= 0)  # what stands for none stays
    return shifted
