"""A hundred million cases in parts, merged, verified and charted (pytest -m soak; half an hour)."""

import argparse
import re
from pathlib import Path

import pytest

from tests.benchmarks.scale import CHARTS, run_step, steps


@pytest.mark.soak
@pytest.mark.timeout(4 * 3600)
def test_a_hundred_million_cases_are_made_merged_verified_and_charted(tmp_path: Path) -> None:
    options = argparse.Namespace(customers=2_800_000, parts=8, folder=tmp_path, format="parquet")
    found = {step: run_step(step, number, options) for step, number in steps(options.parts)}
    cases = int(re.search(r"([\d,]+) cases", found["merge"]["found"])[1].replace(",", ""))
    assert cases >= 10**8
    assert "every row and every fact is as it was stored" in found["verify"]["found"]
    for chart in CHARTS:
        assert re.search(r"\d", found[chart]["found"]), chart
    for step, said in found.items():
        print(f"{step}: {said['clock']:.0f} s, {said['cpu']:.0f} s CPU, {said['memory']:.0f} MB")
