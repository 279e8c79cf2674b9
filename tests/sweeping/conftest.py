"""A small sweep that its tests share."""

from pathlib import Path
from typing import Any

import matplotlib
import pytest

matplotlib.use("Agg")


from entitlement_sim import Scenario, Sweep, sweep

TERMS, PRICE = "templates.ten-cases.total_terms", "templates.ten-cases.price"
DESIGNS: list[dict[str, Any]] = [
    {"name": "packs", TERMS: [8, 12], PRICE: [100, 150]},
    {"templates.ten-cases.restrict": False},
]


@pytest.fixture(scope="session")
def base() -> Scenario:
    return Scenario.load("reference", ["segments.everyone.customers=12", "calendar.days=500"])


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sweeps") / "packs"


@pytest.fixture(scope="session")
def answer(base: Scenario, folder: Path) -> Sweep:
    return sweep(base, DESIGNS, 4, out=folder)
