"""``python -m entitlement_sim``: the command line."""

from .cli import main

main()
