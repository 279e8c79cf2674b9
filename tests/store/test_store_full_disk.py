"""A workbook that the disk has no room for."""

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import resource
from pathlib import Path
from entitlement_sim.store.workbook import new_workbook

try:
    with new_workbook(Path("large.xlsx"), {"constant_memory": True}) as workbook:
        sheet = workbook.add_worksheet()
        for row in range(5_000):
            sheet.write(row, 0, f"text {row}")
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, 1_000))
except OSError as error:
    print(error.strerror)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows limits no files")
def test_a_full_disk_is_what_it_is_everywhere(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stdout == "File too large\n"
