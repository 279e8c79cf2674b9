"""Movements of balances: whatever changes one goes through here and leaves a row."""

import numpy as np

from ..population.compiling import part
from .columns import ENTRIES, FULL


@part
def channel_of(entitlements, channels, e, origin):
    """Channel row that an origin picks, or -1 (rules C1, C2)."""
    first = entitlements[e].first_channel
    for row in range(first, first + entitlements[e].channels):
        if channels[row].origin == origin:
            return row
    return np.int64(-1)


@part
def post(
    entitlements, channels, ledger, n, e, channel, minute, amount, of_channel, reason, rule, case
):
    """Move a balance by `amount` and a channel's (-1: none) by `of_channel`, and write it down."""
    row = n[ENTRIES]
    if row == ledger.shape[0]:
        n[FULL] = 1
        return
    n[ENTRIES] = row + 1
    balance = entitlements[e].remaining_terms + amount
    entry = entitlements[e].entries + 1
    entitlements[e].remaining_terms = balance
    entitlements[e].entries = entry
    ledger[row].entitlement_id = e
    ledger[row].entry = entry
    ledger[row].happened_at = minute
    ledger[row].amount = amount
    ledger[row].balance = balance
    ledger[row].reason = reason
    ledger[row].rule = rule
    ledger[row].case_id = case
    ledger[row].origin = -1
    ledger[row].origin_amount = 0
    ledger[row].origin_balance = 0
    if channel >= 0:
        channels[channel].remaining_terms += of_channel
        ledger[row].origin = channels[channel].origin
        ledger[row].origin_amount = of_channel
        ledger[row].origin_balance = channels[channel].remaining_terms
