"""A plugin for pytest: Hypothesis finds a failure and leaves it at that, each time the same.

``MUTATION_EXAMPLES`` limits the examples of each test.
"""

import os

import pytest
from hypothesis import Phase, settings

settings.register_profile(
    "mutation",
    phases=(Phase.explicit, Phase.generate),
    database=None,
    derandomize=True,
    deadline=None,
)

_EXAMPLES = os.environ.get("MUTATION_EXAMPLES")
#: Where Hypothesis keeps a test's own settings.
_SETTINGS = "_hypothesis_internal_use_settings"


def pytest_configure() -> None:
    """Load the profile when all profiles of the tests themselves have been loaded."""
    settings.load_profile("mutation")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if _EXAMPLES and item.get_closest_marker("hypothesis"):
            test = getattr(item, "obj", None)
            test = getattr(test, "__func__", test)
            own = getattr(test, _SETTINGS, settings.default)
            fewer = min(own.max_examples, int(_EXAMPLES))
            setattr(test, _SETTINGS, settings(own, max_examples=fewer))
