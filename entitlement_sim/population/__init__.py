"""Chance: who the customers are, what they buy, which cases arrive. It knows nothing of rules."""
