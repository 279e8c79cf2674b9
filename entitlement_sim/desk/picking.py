"""In which order a case tries the entitlements of its customer."""

from collections.abc import Iterable, Sequence

from ..rules.days import day_number
from ..rules.picking import pick_key
from ..rules.words import PickKey
from .records import Entitlement


def in_order(entitlements: Iterable[Entitlement], keys: Sequence[PickKey]) -> list[Entitlement]:
    """Return entitlements in the order of some keys; equal ones stay in theirs."""

    def places(entitlement: Entitlement) -> list[tuple[int, int, int]]:
        offering = entitlement.offering
        return [
            pick_key(
                key,
                offering.priority,
                offering.price,
                len(entitlement.products),
                len(entitlement.contacts),
                len(entitlement.channels),
                day_number(entitlement.end),
                offering.unlimited,
                entitlement.remaining,
            )
            for key in keys
        ]

    return sorted(entitlements, key=places)
