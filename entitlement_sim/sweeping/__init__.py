"""Many offerings on the same customers: a sweep over values of a scenario."""
