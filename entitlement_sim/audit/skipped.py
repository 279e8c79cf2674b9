"""Cases that go without an entitlement although the default of their customer was there."""

from collections import defaultdict

import numpy as np

from .evidence import Skip
from .gathering import Evidence
from .trials import Outcome


def skipped_defaults(
    evidence: Evidence, as_recorded: Outcome, by_default: Outcome
) -> dict[int, list[Skip]]:
    """Return cases that the rules cover by the default and the book does not, by entitlement.

    The rules say so when every case without an entitlement asks for the default. Since when an
    entitlement was the default no book says, so only those cases count at whose creation it was the
    one active entitlement of its customer; and of an entitlement none, if a case that it is
    recorded to have served would have been refused then.

    Parameters
    ----------
    evidence : Evidence
    as_recorded, by_default : Outcome
        What the book comes to as it is recorded, and with every such case asking for the default.
    """
    defaults, recorded = by_default.covered_by, as_recorded.covered_by
    displacing = np.unique(recorded[(defaults != recorded) & (recorded > 0)])
    is_skipped = (defaults != recorded) & (defaults > 0) & ~np.isin(defaults, displacing)
    cases = np.flatnonzero(is_skipped)
    by_entitlement: dict[int, list[Skip]] = defaultdict(list)
    for skip in evidence.skips(cases.tolist(), defaults[cases].tolist()):
        if skip.is_alone:
            by_entitlement[skip.entitlement].append(skip)
    return dict(by_entitlement)
