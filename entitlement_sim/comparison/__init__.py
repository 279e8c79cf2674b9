"""Runs held against each other: what moved, by how much, and what cannot be told."""
