"""Which contracts a chart counts, and what its money is in."""

from typing import Final

from ..store.run import Run
from .source import Source

#: Columns of a view by which free contracts are told apart.
BASE_COLUMNS: Final = ("is_paying", "in_base")

#: Picks what counts out of the rows ``shown``: those of the base or, where it has none of them
#: (a free template was asked for), all.
OF_BASE: Final = "(in_base OR NOT (SELECT coalesce(bool_or(in_base), false) FROM shown))"

#: Fewest units that a share is drawn in full for; below, it stands in grey.
FEW: Final = 20


def currency_of(source: Source) -> str | None:
    """Return the currency of the prices in a run; a frame names none."""
    return source.currency if isinstance(source, Run) else None
