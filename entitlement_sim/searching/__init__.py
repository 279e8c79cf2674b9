"""The best offering among many: a search that says how sure it is."""
