"""Which contracts a chart of renewals counts."""

from typing import Final

#: Columns of a view by which free contracts are told apart.
BASE_COLUMNS: Final = ("is_paying", "in_base")

#: Picks what counts out of the rows ``shown``: those of the base or, where it has none of them
#: (a free template was asked for), all.
OF_BASE: Final = "(in_base OR NOT (SELECT coalesce(bool_or(in_base), false) FROM shown))"
