"""Notebooks executed with parameters, and the pages that are made of them."""

from typing import TYPE_CHECKING, Any

__all__ = ["day", "find_run", "first", "percent", "say", "share", "table"]

if TYPE_CHECKING:
    from .telling import day, find_run, first, percent, say, share, table


def __getattr__(name: str) -> Any:
    # The command line lists notebooks without waiting for what notebooks use.
    if name in __all__:
        from . import telling

        return getattr(telling, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
