"""Simulate and analyse support entitlements by the rules of Dynamics 365 Customer Service."""

__version__ = "0.1.0"
