"""A plugin for pytest: what costs much is left for later, and a failure is not made smaller."""

import os

import pytest
from hypothesis import Phase, settings

settings.register_profile(
    "mutation", phases=(Phase.explicit, Phase.generate), database=None, derandomize=True
)
settings.load_profile("mutation")

#: Fixtures that simulate a portfolio or execute notebooks on it.
_DEAR = {
    *("comparison", "dearer", "demo", "empty", "plain", "portfolio", "runs", "small", "summary"),
    "tiny",
}


#: Names the file with the fault; tests that have its stem in their names come first.
ABOUT = "MUTATION_ABOUT"


def _is_dear(item: pytest.Item) -> bool:
    return not _DEAR.isdisjoint(getattr(item, "fixturenames", ()))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put tests about the fault first and those that need a portfolio last.

    With loops in plain Python the latter are left out.
    """
    about = os.environ.get(ABOUT, "")
    items.sort(key=lambda item: (_is_dear(item), about not in item.nodeid))
    if "NUMBA_DISABLE_JIT" in os.environ:
        config.hook.pytest_deselected(items=[item for item in items if _is_dear(item)])
        items[:] = [item for item in items if not _is_dear(item)]
