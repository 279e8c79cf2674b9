"""Recorded balances held against what the rules say, and books with faults whose places are known."""
