"""The metrics need no SciPy when they run: it only checks them."""

import importlib
import pkgutil

import entitlement_sim.metrics


def test_run_time_needs_no_scipy() -> None:
    modules = [
        importlib.import_module(f"entitlement_sim.metrics.{found.name}")
        for found in pkgutil.iter_modules(entitlement_sim.metrics.__path__)
    ]
    used = [name for module in modules for name in vars(module) if "scipy" in name]
    assert used == []
