"""Cases that go without an entitlement although the default of their customer was there."""

from collections import defaultdict
from typing import TYPE_CHECKING

from .evidence import Skip, skips_of
from .trials import Played

if TYPE_CHECKING:
    from ..store.run import Run


def skipped_defaults(run: "Run", played: Played) -> dict[int, list[Skip]]:
    """Return cases that the rules cover by the default and the book does not, by entitlement.

    The rules say so when every case without an entitlement asks for the default. Since when an
    entitlement was the default no book says, so only those cases count at whose creation it was the
    one active entitlement of its customer.
    """
    wanted = set(played.with_defaults().covered()) - set(played.covered())
    by_entitlement: dict[int, list[Skip]] = defaultdict(list)
    for skip in skips_of(run, sorted(wanted)):
        if skip.is_alone:
            by_entitlement[skip.entitlement].append(skip)
    return dict(by_entitlement)
