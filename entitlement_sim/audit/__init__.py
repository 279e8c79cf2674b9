"""Recorded balances held against what the rules say, and books with faults in known places."""

from .answer import Audit, audit

__all__ = ["Audit", "audit"]
