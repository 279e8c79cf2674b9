"""What SQL says badly: survival, renewal curves, intervals, running dry, revenue, sizing."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

#: What is public, loaded when first used.
_SUBJECTS = (
    "exhaustion",
    "intervals",
    "negative_binomial",
    "revenue",
    "shifted_beta_geometric",
    "sizing",
    "survival",
)

if TYPE_CHECKING:
    from . import exhaustion as exhaustion
    from . import intervals as intervals
    from . import negative_binomial as negative_binomial
    from . import revenue as revenue
    from . import shifted_beta_geometric as shifted_beta_geometric
    from . import sizing as sizing
    from . import survival as survival


def __getattr__(name: str) -> Any:
    if name in _SUBJECTS:
        return import_module(f".{name}", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return list(_SUBJECTS)
