"""Balances of an entitlement: which of them a case moves, and in which order they pay."""

from .words import BalanceKind

#: Balances of a lower priority pay first; this one is had by what nobody gave another.
PLAIN_PRIORITY = 100


def is_channel_of(kind: int, balance_origin: int, case_origin: int) -> bool:
    """Whether a balance is that of the channel by which a case came (rules C1, C2).

    It moves together with the whole; where no balance is, the whole moves alone.
    """
    return kind == BalanceKind.CHANNEL and balance_origin == case_origin
