"""Recorded balances held against what the rules say, and books with faults whose places are known."""

from .answer import Audit, audit

__all__ = ["Audit", "audit"]
