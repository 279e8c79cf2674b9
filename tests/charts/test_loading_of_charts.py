"""What charts need is loaded, and nothing that takes longer than to draw them."""

import subprocess
import sys

_IMPORTED = """
import sys
from entitlement_sim import charts, open_run
assert not {"numba", "pydantic", "scipy.special"} & set(sys.modules)
"""
_WITH_LIMITS = """
import pandas as pd
from entitlement_sim.inference import ratio
rows = pd.DataFrame({"customer_id": range(200), "met": [0, 1] * 100, "n": 1})
assert ratio(rows, "met", "n").value == 0.5
assert "scipy.special" not in sys.modules
"""


def test_neither_compilers_nor_scenarios_nor_scipy_are_loaded_before_they_are_asked_for() -> None:
    subprocess.run([sys.executable, "-c", _IMPORTED], check=True)


def test_limits_of_95_percent_of_many_customers_need_no_scipy() -> None:
    subprocess.run([sys.executable, "-c", _IMPORTED + _WITH_LIMITS], check=True)
