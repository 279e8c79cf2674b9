"""`import`, `export --form` where a reader goes, a process is killed, nothing can be written."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from cli_process import PROGRAM, Said, finish, start

from entitlement_sim import open_run
from entitlement_sim.cli import answer
from entitlement_sim.exchange.leaving.forms import FORMS

SAMPLE = Path(__file__).parents[2] / "data" / "sample-export" / "csv"
IMPORT = ("import", "exports", "--zone", "Europe/Berlin", "--name", "book")

#: Is killed when all is written and has not got its name yet.
KILLED = """
import os, signal, sys
from entitlement_sim.cli import answer
from entitlement_sim.publishing import placing
placing._sync_file = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
answer(sys.argv[1:])
"""


@pytest.fixture
def exports(tmp_path: Path) -> Path:
    """A folder, in it `exports` with the sample, a file of which has a name of another script."""
    shutil.copytree(SAMPLE, tmp_path / "exports")
    (tmp_path / "exports" / "incident.csv").rename(tmp_path / "exports" / "Пакет.csv")
    return tmp_path


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def killed(place: Path, *arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLED, *arguments], cwd=place, capture_output=True, check=False
    )
    assert done.returncode == -signal.SIGKILL


def limited(place: Path, *arguments: str) -> Said:
    """Give a command that can write no file of more than a block or two."""
    done = subprocess.run(
        ["sh", "-c", 'ulimit -f 2; exec "$0" "$@"', str(PROGRAM), *arguments],
        cwd=place,
        capture_output=True,
        text=True,
        check=False,
    )
    return Said(done.returncode, done.stdout, done.stderr)


def printed_in(encoding: str, place: Path, *arguments: str) -> bytes:
    done = subprocess.run(
        [PROGRAM, *arguments],
        cwd=place,
        env={**os.environ, "PYTHONIOENCODING": encoding},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, b"Traceback" in done.stderr) == (0, False)
    return done.stdout


def test_a_killed_import_leaves_no_run_and_is_cleared_away_by_the_next(exports: Path) -> None:
    killed(exports, *IMPORT)
    assert not (exports / "runs" / "book").exists()
    assert finish(start(*IMPORT, cwd=exports)).status == 0
    assert names(exports / "runs") == ["book"]
    with open_run(exports / "runs" / "book") as run:
        assert len(run.sql("FROM sources")) > 0


def test_an_import_in_another_encoding_spells_out_what_it_lacks(exports: Path) -> None:
    said = printed_in("cp1252", exports, *IMPORT)
    assert rb"\u041f\u0430\u043a\u0435\u0442.csv" in said


def test_an_import_that_cannot_write_its_run_is_a_line(exports: Path) -> None:
    (exports / "file").write_text("mine")
    said = finish(start(*IMPORT, "--out", "file/runs", cwd=exports))
    assert (said.status, said.out) == (2, "")
    assert said.errors.splitlines()[-1] == (
        "entitlement-sim: cannot write a run into file/runs: Not a directory"
    )
    assert "Traceback" not in said.errors
    assert names(exports) == ["exports", "file"]


def test_an_import_for_whose_run_there_is_no_room_is_a_line_and_leaves_nothing(
    exports: Path,
) -> None:
    said = limited(exports, *IMPORT)
    assert said.status == 2
    assert said.errors.splitlines()[-1].startswith("entitlement-sim: ")
    assert "Traceback" not in said.errors
    assert names(exports) in (["exports"], ["exports", "runs"])
    assert not any((exports / "runs").glob("*")) if (exports / "runs").exists() else True


@pytest.mark.parametrize("form", ["csv", "excel"])
def test_a_killed_export_leaves_no_folder_and_is_cleared_away_by_the_next(
    folder: Path, tmp_path: Path, form: str
) -> None:
    arguments = ("export", str(folder / "runs" / "small"), "--form", form, "--out", "out")
    killed(tmp_path, *arguments)
    assert not (tmp_path / "out").exists()
    assert finish(start(*arguments, cwd=tmp_path)).status == 0
    assert names(tmp_path) == ["out"]


def test_an_export_whose_reader_has_gone_is_whole(folder: Path, tmp_path: Path) -> None:
    run = str(folder / "runs" / "small")
    process = start("export", run, "--form", "parquet", "--out", "out", cwd=tmp_path)
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = None
    said = finish(process)
    assert said.status == 128 + signal.SIGPIPE
    assert "Traceback" not in said.errors
    assert answer(["import", str(tmp_path / "out"), "--out", str(tmp_path), "--name", "again"]) == 0


def test_an_export_in_another_encoding_spells_out_what_it_lacks(
    folder: Path, tmp_path: Path
) -> None:
    run = str(folder / "runs" / "small")
    said = printed_in("cp1252", tmp_path, "export", run, "--form", "csv", "--out", "Пакет")
    assert said == rb"\u041f\u0430\u043a\u0435\u0442" + b"\n"
    assert names(tmp_path) == ["Пакет"]


@pytest.mark.parametrize("form", FORMS)
def test_an_export_to_below_a_file_is_a_line(say, folder: Path, tmp_path: Path, form: str) -> None:
    (tmp_path / "file").write_text("mine")
    said = say("export", "small", "--form", form, "--out", str(tmp_path / "file" / "out"))
    assert (said.status, said.out) == (2, "")
    assert said.errors.startswith("entitlement-sim: ")
    assert said.errors.count("\n") == 1
    assert names(tmp_path) == ["file"]


@pytest.mark.parametrize("form", ["csv", "excel", "migration-zip", "dataverse-json", "parquet"])
def test_an_export_for_which_there_is_no_room_is_a_line_and_leaves_nothing(
    folder: Path, tmp_path: Path, form: str
) -> None:
    run = str(folder / "runs" / "small")
    said = limited(tmp_path, "export", run, "--form", form, "--out", "out")
    assert (said.status, said.out) == (2, "")
    assert said.errors.splitlines()[-1].startswith("entitlement-sim: ")
    assert "Traceback" not in said.errors
    assert names(tmp_path) == []
