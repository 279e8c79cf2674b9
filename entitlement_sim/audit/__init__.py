"""Recorded balances held against what the rules say, and books with faults in known places."""

from .answer import Audit, audit
from .impact import RuleImpact, rule_impact

__all__ = ["Audit", "RuleImpact", "audit", "rule_impact"]
