"""Every example in the metrics' documentation gives what it says."""

import doctest
import importlib
import pkgutil
from types import ModuleType

import pytest

import entitlement_sim.metrics

MODULES = [
    importlib.import_module(f"entitlement_sim.metrics.{found.name}")
    for found in pkgutil.iter_modules(entitlement_sim.metrics.__path__)
]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__.split(".")[-1])
def test_examples_give_what_they_say(module: ModuleType) -> None:
    assert doctest.testmod(module).failed == 0


def test_run_time_needs_no_scipy() -> None:
    used = [name for module in MODULES for name in vars(module) if "scipy" in name]
    assert used == []
