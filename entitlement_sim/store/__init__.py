"""Runs: stored in DuckDB, published whole, opened read-only."""
