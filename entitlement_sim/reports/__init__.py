"""Notebooks executed with parameters, and the pages that are made of them."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__all__ = ["find_run", "first", "say", "table"]

if TYPE_CHECKING:
    from .finding import find_run
    from .frames import first, table
    from .sentences import say

_MODULES = {"find_run": "finding", "first": "frames", "say": "sentences", "table": "frames"}


def __getattr__(name: str) -> Any:
    # The command line lists notebooks without waiting for what notebooks use.
    if name in _MODULES:
        return getattr(import_module(f".{_MODULES[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return list(__all__)
