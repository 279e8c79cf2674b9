"""Damage to a run, tried at random, never passes, never hangs and never ends in a traceback."""

import json
import random
import re
import shutil
import subprocess
import sys
from pathlib import Path

import damaged_runs
import pytest
from damaged_runs import DAMAGES, SEED, block_slice, checksum_of, command, contents

#: Two of each kind, twenty seconds of processor time, and an hour.
FEW, MANY = 2 * len(DAMAGES), 18_000


def figures_of(inputs: int, seed: int, folder: Path) -> dict[str, object]:
    """Try damages in a process of its own, which DuckDB may bring down."""
    done = subprocess.run(
        [sys.executable, damaged_runs.__file__, str(inputs), str(seed)],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    figures: dict[str, object] = json.loads(done.stdout)
    return figures


def check(figures: dict[str, object], inputs: int) -> None:
    assert figures["tracebacks"] == []
    assert figures["accepted"] == []
    assert figures["tried"] == inputs
    assert figures["noticed"] + figures["without_effect"] == inputs  # type: ignore[operator]


def test_every_damage_that_changes_what_is_read_is_noticed(tmp_path: Path) -> None:
    figures = figures_of(FEW, SEED, tmp_path)
    check(figures, FEW)
    by_kind = figures["by_kind"]
    assert isinstance(by_kind, dict)
    each = FEW // len(DAMAGES)
    assert by_kind["forge_fact: noticed"] == by_kind["forge_table: noticed"] == each
    # Views, macros and types of a file change nothing that is read.
    assert by_kind["forge_others: without effect"] == each


def test_an_amount_beyond_all_bounds_never_passes_for_another(whole: Path, tmp_path: Path) -> None:
    # DuckDB leaves out checks of overflow by the bounds that a file says its columns have.
    place = tmp_path / "sent"
    shutil.copytree(whole, place)
    data = (whole / "run.duckdb").read_bytes()
    expected = contents(whole)
    starts = [
        match.start()
        for match in re.finditer(re.escape((-100).to_bytes(8, "little", signed=True)), data)
    ]
    assert starts
    for start in starts:
        damaged = bytearray(data)
        damaged[start + 7] ^= 0b0100_0000
        block = block_slice((start - 12_288) // 262_144)
        damaged[block.start : block.start + 8] = checksum_of(damaged[block.start + 8 : block.stop])
        (place / "run.duckdb").write_bytes(damaged)
        status, _ = command("verify", str(place))
        assert status == 1 or contents(place) == expected


@pytest.mark.soak
def test_an_hour_of_damages_is_noticed(tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    check(figures_of(MANY, seed, tmp_path), MANY)
