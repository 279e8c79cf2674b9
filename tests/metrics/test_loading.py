"""SciPy is loaded by what needs it, and by nothing else."""

import subprocess
import sys

_ALL = """
import importlib, pkgutil, sys, warnings
import entitlement_sim.metrics as metrics
for found in pkgutil.iter_modules(metrics.__path__):
    importlib.import_module(f"entitlement_sim.metrics.{found.name}")
assert not {"scipy.special", "scipy.optimize", "scipy.stats"} & set(sys.modules)
"""
_QUANTILE = """
before = list(warnings.filters)
metrics.intervals.t_quantile(0.975, 9)
assert "scipy.special" in sys.modules
assert warnings.filters == before
"""


def test_it_is_loaded_with_the_first_quantile_and_leaves_filters_of_warnings_alone() -> None:
    subprocess.run([sys.executable, "-c", _ALL + _QUANTILE], check=True)
