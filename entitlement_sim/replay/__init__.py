"""Histories: what is known to have happened, played at the desk or by the engine."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import by_desk as by_desk
    from . import by_engine as by_engine

#: What is public, loaded when first used.
_PLAYERS = ("by_desk", "by_engine")


def __getattr__(name: str) -> Any:
    if name in _PLAYERS:
        return import_module(f".{name}", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return list(_PLAYERS)
