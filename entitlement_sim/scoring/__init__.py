"""How near a run comes to real logs: what is measured, and how it is held against targets."""
