"""Picking: which of a customer's entitlements a case tries first."""

from .words import PickKey

#: In place of how many are listed, where none is: all are covered.
_ALL = 2**31


def pick_key(
    key: int,
    priority: int,
    price: int,
    products: int,
    contacts: int,
    channels: int,
    ends: int,
    unlimited: bool,
    remaining: int,
) -> tuple[int, int, int]:
    """Place of an entitlement by one of the keys of a list of picks: the least is tried first (A2).

    Of those that are equal by all keys, and by `oldest`, the one that was made first is.

    Parameters
    ----------
    key : int
        A code of :class:`~entitlement_sim.rules.words.PickKey`. `priority` compares the template's;
        `free_first` puts what costs nothing before all others; `narrowest` compares how many
        products are listed, then how many contacts, then how many channels, where none means all;
        `soonest_ending` compares the last day; `most_remaining` what is left, above all of what is
        unlimited.
    priority, price : int
        Of its template.
    products, contacts, channels : int
        How many it lists; 0 covers all.
    ends : int
        Its last day.
    unlimited : bool
    remaining : int
        Hundredths of a term on all of its blocks.
    """
    if key == PickKey.PRIORITY:
        return (priority, 0, 0)
    if key == PickKey.FREE_FIRST:
        return (1 if price > 0 else 0, 0, 0)
    if key == PickKey.NARROWEST:
        return (_breadth(products), _breadth(contacts), _breadth(channels))
    if key == PickKey.SOONEST_ENDING:
        return (ends, 0, 0)
    if key == PickKey.MOST_REMAINING:
        return (0, 0, 0) if unlimited else (1, -remaining, 0)
    return (0, 0, 0)


def _breadth(listed: int) -> int:
    return listed if listed > 0 else _ALL
