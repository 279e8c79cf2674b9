"""Type checkers read the installed package's annotations: of what is right and of what is wrong."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import entitlement_sim

SCRIPT = Path(__file__).with_name("a_users_script.py")
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What mypy says of the script, somewhere else, with the package as it is installed."""
    done = subprocess.run(
        [
            sys.executable, "-m", "mypy", "--strict", "--config-file", "",
            "--cache-dir", ROOT / ".mypy_cache" / "outside", SCRIPT,
        ],
        cwd=tmp_path_factory.mktemp("outside"), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_what_is_right_passes_and_every_wrong_use_is_refused(lines: list[str]) -> None:
    source = SCRIPT.read_text(encoding="utf-8").splitlines()
    wrong = {number for number, line in enumerate(source, start=1) if "# wrong: " in line}
    refused = {int(line) for text in lines for line in re.findall(r"\.py:(\d+): error", text)}
    assert refused == wrong, "\n".join(lines)


def test_the_script_uses_every_public_name() -> None:
    source = SCRIPT.read_text(encoding="utf-8")
    for name in entitlement_sim.__all__:
        assert len(re.findall(rf"\b{name}\b", source)) > 1, name
    for room in entitlement_sim._ROOMS:
        assert f"es.{room}" in source
