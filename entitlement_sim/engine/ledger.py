"""Movements of balances: whatever changes one goes through here and leaves a row."""

import numpy as np

from ..population.compiling import part
from .columns import ENTRIES, FULL


@part
def channel_of(entitlements, channels, e, origin):
    """Channel row that an origin picks, or -1 (rules C1, C2)."""
    held = entitlements[e]
    first = held.first_channel
    for row in range(first, first + held.channels):
        if channels[row].origin == origin:
            return row
    return np.int64(-1)


@part
def post(
    entitlements, channels, ledger, n, e, channel, minute, amount, of_channel, reason, rule, case
):
    """Move a balance by `amount` and a channel's (-1: none) by `of_channel`, and write it down."""
    held = entitlements[e]
    row = n[ENTRIES]
    if row == ledger.shape[0]:
        n[FULL] = 1
        return
    n[ENTRIES] = row + 1
    entry = ledger[row]
    balance = held.remaining_terms + amount
    held.entries += 1
    held.remaining_terms = balance
    entry.entitlement_id = e
    entry.entry = held.entries
    entry.happened_at = minute
    entry.amount = amount
    entry.balance = balance
    entry.reason = reason
    entry.rule = rule
    entry.case_id = case
    entry.origin = -1
    entry.origin_amount = 0
    entry.origin_balance = 0
    if channel >= 0:
        channels[channel].remaining_terms += of_channel
        entry.origin = channels[channel].origin
        entry.origin_amount = of_channel
        entry.origin_balance = channels[channel].remaining_terms
