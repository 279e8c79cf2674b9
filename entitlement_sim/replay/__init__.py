"""Histories: what is known to have happened, played at the desk or by the engine."""
