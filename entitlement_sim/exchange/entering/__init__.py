"""From a book to a run: what happened is worked out, played by the rules, and stored."""

from .entering import enter

__all__ = ["enter"]
