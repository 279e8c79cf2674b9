"""What becomes of a scenario's customers, as frames with days, amounts and words.

The engine fills columns of plain numbers. What they mean is taken from the types of a run's tables
in DuckDB, which are a contract, so that no list of words is written a second time here.
"""

import datetime as dt
import functools
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from entitlement_sim import Scenario, simulate
from entitlement_sim.engine.blocks import simulate_blocks
from entitlement_sim.population.plan import plan

Tables = dict[str, pd.DataFrame]

_TABLES = ("customers", "entitlements", "balances", "transitions", "cases",
           "reactivations", "ledger")  # fmt: skip
_NO_TIME = -(2**31)
_NO_NUMBER = -1


def lived(scenario: Scenario, seed: int = 1) -> Tables:
    """Simulate a scenario, and return its tables; what is blank there is missing in pandas' sense.

    Entitlements and cases also have the names of their template and product.
    """
    model = scenario.model
    blocks = list(simulate_blocks(plan(model, seed, base=scenario.base), threads=1))
    tables = {
        table: pd.DataFrame(
            {
                name: _meant(kind, np.concatenate([block[table][name] for block in blocks]))
                for name, kind in kinds.items()
                if name != "segment"
            }
        )
        for table, kinds in _kinds().items()
    }
    segments = np.concatenate([block["customers"]["segment"] for block in blocks])
    tables["customers"]["segment"] = _named(segments, list(model.segments))
    entitlements, cases = tables["entitlements"], tables["cases"]
    templates = entitlements["template_id"].to_numpy() - 1
    entitlements["template"] = _named(templates, list(model.templates))
    products = cases["product_id"].fillna(0).to_numpy(np.int64) - 1
    cases["product"] = _named(products, list(model.products))
    balances = tables["balances"]
    tables["entitlement_channels"] = balances[balances["kind"] == "channel"].reset_index(drop=True)
    return tables


def merged(base: Any, differences: Any) -> Any:
    """Return plain data with differences: mappings go into mappings, all else takes their place."""
    if not (isinstance(base, Mapping) and isinstance(differences, Mapping)):
        return differences
    together = dict(base)
    for key, value in differences.items():
        together[key] = merged(base[key], value) if key in base else value
    return together


@functools.cache
def _kinds() -> dict[str, dict[str, Any]]:
    """Type of every column of the tables that the engine fills."""
    scenario = Scenario.from_dict(
        {
            "scenario": "types",
            "calendar": {"start": dt.date(2025, 1, 1), "days": 1},
            "templates": {"Pack": {}},
            "segments": {"all": {"customers": 0, "cases": {"per_year": 0}}},
        }
    )
    with simulate(scenario) as run:
        relations = {
            table: run.connection.sql(f"SELECT * FROM {table} LIMIT 0") for table in _TABLES
        }
        return {
            table: dict(zip(relation.columns, relation.types, strict=True))
            for table, relation in relations.items()
        }


def _meant(kind: Any, numbers: np.ndarray) -> Any:
    if kind.id == "enum":
        [(_, labels)] = kind.children
        return _named(numbers, labels)
    if kind.id == "decimal":
        return numbers / 100
    if kind.id in ("date", "timestamp"):
        unit = "D" if kind.id == "date" else "m"
        times = numbers.astype(np.int64)
        missing = np.datetime64("NaT")
        return np.where(times == _NO_TIME, missing, times.astype(f"datetime64[{unit}]")).astype(
            "datetime64[s]"
        )
    if kind.id == "boolean":
        return pd.array(np.where(numbers == _NO_NUMBER, None, numbers != 0), dtype="boolean")
    if numbers.dtype.kind == "i" and (numbers == _NO_NUMBER).any():
        return pd.arrays.IntegerArray(numbers.astype(np.int64), numbers == _NO_NUMBER)
    return numbers


def _named(codes: np.ndarray, labels: list[str]) -> np.ndarray:
    """Names of codes; None for -1, which is the last place."""
    return np.array([*labels, None], object)[codes]
