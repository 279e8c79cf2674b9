"""What must not be in a run: rows that the rulebook, or plain reason, does not allow."""

from ..store.counted import Figure
from .figures import Figures, Measured, unmeasured

#: What must not be, what it is counted among, and what is said where there is none of that: in the
#: order of the target's parts.
_COUNTED = (
    (Figure.BEFORE_JOINING, Figure.DAYS, "no case came in"),
    (Figure.USES_OUT_OF_COVER, Figure.USES, "no term was used"),
    (Figure.WRONG_SUMS, Figure.ENTITLEMENTS, "there is no entitlement"),
    (Figure.OVERLAPS, Figure.RENEWALS, "nothing was renewed"),
    (Figure.USES_WITHOUT_CASE, Figure.USES, "no term was used"),
)


def integrity(figures: Figures, segment: str | None) -> list[Measured]:
    """Rows that must not be: in the order of the target's parts."""
    return [
        Measured(float(figures.count(wrong, segment)), n)
        if (n := figures.count(among, segment))
        else unmeasured(why)
        for wrong, among, why in _COUNTED
    ]
