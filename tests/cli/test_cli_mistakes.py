"""Whatever a person gets wrong is told in one line on standard error, with exit code 2."""

import shutil
import subprocess
import sys

import duckdb
import pytest

from entitlement_sim import cli
from entitlement_sim.commands import app as commands

MISTAKES = {
    "no such command": (["simulte"], "No such command 'simulte'"),
    "no such option": (["run", "demo", "--sed", "1"], "--sed"),
    "no scenario": (["run"], "Missing argument 'SCENARIO'"),
    "too many arguments": (["schema", "demo"], "unexpected extra argument"),
    "unknown scenario": (["run", "dmo"], "did you mean 'demo'?"),
    "a scenario that is a folder": (["run", "runs"], "runs:1:1: is no file that can be read"),
    "a scenario to check that is not there": (["check", "a.yaml"], "a.yaml:1:1: there is no such"),
    "a seed below 0": (["run", "demo", "--seed", "-1"], "'--seed'"),
    "a seed of 65 bits": (["run", "demo", "--seed", str(2**64)], "18446744073709551615"),
    "a seed in words": (["run", "demo", "--seed", "one"], "'--seed'"),
    "no threads": (["run", "demo", "--threads", "0"], "'--threads'"),
    "a name with a slash": (["run", "demo", "--name", "a/b"], "'a/b' cannot be the name of a run"),
    "a name without letters": (["run", "demo", "--name", ""], "'' cannot be the name of a run"),
    "a hidden name": (["run", "demo", "--name", ".a"], "'.a' cannot be the name of a run"),
    "a name that Windows keeps": (["run", "demo", "--name", "CON"], "for a device; use letters"),
    "a name of a blank": (["run", "demo", "--name", " "], "' ' cannot be the name of a run: it is"),
    "a name like an option": (["run", "demo", "--name=-x"], "'-x' cannot be the name of a run: it"),
    "a name of many bytes": (["run", "demo", "--name", "я" * 128], "it takes more than 255 bytes"),
    "runs behind a link to nothing": (
        ["run", "demo", "--out", "nothing/runs"],
        "nothing is a link that leads nowhere; remove it, or name another",
    ),
    "copies into a link to nothing": (
        ["notebooks", "nothing"],
        "nothing is a link that leads nowhere; remove it, or name another",
    ),
    "a report behind a link to nothing": (
        ["report", "small", "--out", "nothing/a.html"],
        "nothing is a link that leads nowhere; remove it, or name another",
    ),
    "a report in place of a device": (
        ["report", "small", "--out", "device.html"],
        "device.html is no file that could be replaced; name another",
    ),
    "a run in place of a folder": (
        ["run", "demo", "--out", ".", "--name", "runs", "--overwrite"],
        "runs is no run; move it away, or give another name (--name): it holds ",
    ),
    "a run that exists": (["run", "reference", "--name", "small"], "--overwrite"),
    "a file for a folder": (["run", "demo", "--out", "file"], "cannot write a run into file"),
    "a folder within a file": (["run", "demo", "--out", "file/a"], "cannot write a run into file"),
    "an override that is none": (["run", "demo", "--set", "seed"], "must be written path=value"),
    "an unknown override": (["run", "demo", "--set", "sede=3"], "did you mean 'seed'?"),
    "an override that does not fit": (["check", "demo", "--set", "calendar.days=0"], "--set cal"),
    "an unknown run": (["query", "smal", "SELECT 1"], "did you mean runs/small?"),
    "a folder that is no run": (["query", "runs", "SELECT 1"], "the runs in it are: "),
    "a path that is no run": (["verify", "nowhere/at/all"], "there is no run nowhere/at/all"),
    "SQL that is none": (["query", "small", "SELEC 1"], 'syntax error at or near "SELEC"'),
    "SQL on no table": (["query", "small", "FROM casez"], 'Did you mean "cases"?'),
    "SQL on no column": (["query", "small", "SELECT orign FROM cases"], "orign"),
    "SQL that fails on the way": (["query", "small", "SELECT error('stop')"], "stop"),
    "SQL that writes": (["query", "small", "DROP TABLE opened_run.main.cases"], "read-only"),
    "SQL that is empty": (["query", "small", " "], "the query is empty"),
    "SQL in CSV that is none": (["query", "small", "SELEC 1", "--csv"], "syntax error"),
    "no rows": (["query", "small", "SELECT 1", "--rows", "0"], "'--rows'"),
    "an unknown entitlement": (["explain", "small", "999"], "has no entitlement 999; they go from"),
    "an entitlement in words": (["explain", "small", "first"], "'ENTITLEMENT'"),
    "a day that is none": (
        ["explain", "small", "1", "--on", "2023-02-30"],
        "2023-02-30' is no day",
    ),
    "a day in words": (["explain", "small", "1", "--on", "today"], "'today' is no day"),
    "a day after the end": (["explain", "small", "1", "--on", "2050-01-01"], "ends on 2025-12-30"),
    "a day before it was": (["explain", "small", "1", "--on", "1999-01-01"], "was made on 2023-01"),
    "an unknown shipped scenario": (["scenarios", "dmo"], "did you mean 'demo'?"),
    "copies into a file": (["scenarios", "--copy", "file"], "file"),
    "copies within a file": (["notebooks", "file/a"], "file/a"),
    "runs of no folder": (["runs", "nowhere"], "there is no folder nowhere"),
    "a report in place of a folder": (["report", "small", "--out", "runs"], "runs is a folder;"),
    "a report that is no page": (["report", "small", "--out", "a.txt"], "let it end in .html"),
    "a report that compares, as an earlier version did": (
        ["report", "small", "--compare", "a run", "--out", "a.html"],
        "use compare --page: entitlement-sim compare small 'a run' --page a.html",
    ),
    "a description of no table": (["describe", "small", "pacin"], "did you mean 'pacing'?"),
    "a description of no run": (["describe", "smal"], "did you mean runs/small?"),
    "an export of no table": (
        ["export", "small", "new", "--name", "pacin"],
        "did you mean 'pacing'?",
    ),
    "an export of no run": (["export", "smal", "new"], "did you mean runs/small?"),
    "an export in place of a folder": (["export", "small", "runs"], "runs exists already; name"),
    "an export over what is no export": (
        ["export", "small", "runs", "--overwrite"],
        "is no export of this package",
    ),
    "an export within a file": (["export", "small", "file/new"], "file/new"),
    "an export in no known format": (
        ["export", "small", "new", "--format", "json"],
        "'json' is not one of 'parquet', 'csv', 'xlsx'",
    ),
    "a folder of CSV with the name of a workbook": (
        ["export", "small", "new.xlsx", "--format", "csv"],
        "new.xlsx is the name of a workbook; csv files go into a folder",
    ),
    "formulas guarded in no CSV": (
        ["export", "small", "new", "--guard-formulas"],
        "--guard-formulas is about CSV; add --format csv",
    ),
    "an unknown entitlement for a customer": (
        ["explain", "small", "999", "--for-customer"],
        "has no entitlement 999; they go from",
    ),
    "no stories": (["story"], "Missing argument 'FILE...'"),
    "stories that are not there": (["story", "a.yaml"], "a.yaml:1:1: there is no such file"),
    "a folder without stories": (["story", "runs"], "no *.yaml file"),
}


@pytest.mark.parametrize(("arguments", "words"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_one_line_and_exit_code_2(arguments, words, say, folder):
    (folder / "file").write_text("not a folder")
    for name, target in (("nothing", "nowhere"), ("device.html", "/dev/null")):
        if not (folder / name).is_symlink():
            (folder / name).symlink_to(target)
    said = say(*arguments)
    assert said.status == 2
    assert words in said.errors
    assert said.errors.count("\n") == 1
    assert said.errors.endswith("\n")
    assert said.out == ""


def test_a_mistake_in_usage_names_the_help_of_its_command(say):
    assert "(see entitlement-sim run --help)" in say("run").errors


def test_all_problems_of_a_document_come_at_once_one_a_line(say, folder):
    text = (
        "scenario: x\nsede: 3\ncalendar: {start: 2025-02-01, days: many}\n"
        "templates: {}\nsegments: {}\n"
    )
    (folder / "broken.yaml").write_text(text)
    said = say("check", "broken.yaml")
    assert said.status == 2
    lines = said.errors.splitlines()
    assert [line.split(":")[:2] for line in lines][:2] == [
        ["broken.yaml", "2"],
        ["broken.yaml", "3"],
    ]
    assert all(line.startswith("broken.yaml:") for line in lines)
    assert said.out == ""


def test_every_wrong_override_is_told(say):
    said = say("run", "demo", "--set", "calendar.dayz=3", "--set", "x=1", "--set", "nothing")
    assert said.status == 2
    assert len(said.errors.splitlines()) == 3
    assert all(line.startswith("--set ") for line in said.errors.splitlines())


def test_copies_never_replace_what_somebody_has_changed(say, folder):
    assert say("scenarios", "warranty", "--copy", "mine").status == 0
    changed = folder / "mine" / "warranty.yaml"
    changed.write_text("scenario: my own\n")
    said = say("scenarios", "--copy", "mine")
    assert said.status == 2
    assert said.errors.startswith("entitlement-sim: mine has another warranty.yaml already;")
    assert changed.read_text() == "scenario: my own\n"
    assert not (folder / "mine" / "demo.yaml").exists()


@pytest.mark.parametrize("command", [["notebooks", "mine"], ["scenarios", "--copy", "mine"]])
def test_copies_for_which_the_disk_has_no_room_are_none_and_come_with_the_next_try(
    tmp_path, command
):
    program = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, ({0}, {0}));"
        f"from entitlement_sim.cli import answer; sys.exit(answer({command!r}))"
    )

    def copied(largest_file):
        return subprocess.run(
            [sys.executable, "-c", program.format(largest_file)],
            cwd=tmp_path, capture_output=True, text=True, check=False,
        )  # fmt: skip

    full = copied(4096)
    assert full.returncode == 2
    assert list(tmp_path.iterdir()) == []
    roomy = copied(2**24)
    places = roomy.stdout.splitlines()
    first = next(place for place in places if (tmp_path / place).stat().st_size > 4096)
    assert full.stderr == f"entitlement-sim: {first}: File too large; nothing was written\n"
    assert roomy.returncode == 0
    assert all((tmp_path / place).stat().st_size > 0 for place in places)


def test_copies_complete_a_set_of_which_some_are_there(say, folder):
    assert say("notebooks", "some").status == 0
    (folder / "some" / "summary.ipynb").unlink()
    before = (folder / "some" / "comparison.ipynb").stat()
    assert say("notebooks", "some").status == 0
    assert (folder / "some" / "summary.ipynb").is_file()
    after = (folder / "some" / "comparison.ipynb").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


@pytest.fixture
def damaged(folder):
    place = folder / "runs" / "damaged"
    shutil.copytree(folder / "runs" / "small", place)
    yield place
    shutil.rmtree(place)


@pytest.mark.parametrize("command", [["query", "damaged", "FROM run"], ["explain", "damaged", "1"]])
def test_a_damaged_database_is_told_in_one_line(command, damaged, say):
    (damaged / "run.duckdb").write_bytes(b"not a database" * 1000)
    said = say(*command)
    assert said.status == 2
    assert said.errors.startswith(
        "entitlement-sim: the run is damaged: runs/damaged/run.duckdb: IO Error: "
    )
    assert said.errors.count("\n") == 1


@pytest.mark.parametrize(
    "manifest", ["", "{", "[]", '{"format_version": 99, "package_version": "9.9"}']
)
def test_a_damaged_manifest_is_told_in_one_line(manifest, damaged, say):
    (damaged / "manifest.json").write_text(manifest)
    said = say("explain", "damaged", "1")
    assert said.status == 2
    assert "runs/damaged" in said.errors
    assert said.errors.count("\n") == 1


def test_a_disk_that_is_full_is_told_in_one_line_and_leaves_no_half_run(tmp_path, folder):
    # A process may write no file larger than a megabyte, as if the disk had no more room.
    program = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, 2**20));"
        "from entitlement_sim.cli import answer;"
        "sys.exit(answer(['run', 'reference', '--set', 'segments.everyone.customers=5000']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "File too large" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(28, "No space left on device", "runs/.x"), "runs/.x: No space left on device"),
        (MemoryError(), "there is not enough memory"),
        (duckdb.IOException("IO Error: Could not write\n\nStack trace"), "IO Error: Could not wri"),
        (duckdb.OutOfMemoryException("Out of Memory Error: 3 GB used"), "Out of Memory Error"),
    ],
)
def test_what_the_machine_lacks_is_told_in_one_line(error, words, say, monkeypatch):
    def fail(*arguments, **options):
        raise error

    monkeypatch.setattr(commands, "app", fail)
    said = say("runs")
    assert said.status == 2
    assert said.errors.startswith(f"entitlement-sim: {words}")
    assert said.errors.count("\n") == 1


def test_a_mistake_of_the_package_itself_is_not_hidden(monkeypatch):
    def fail(*arguments, **options):
        raise KeyError("no mistake of the person's")

    monkeypatch.setattr(commands, "app", fail)
    with pytest.raises(KeyError):
        cli.answer(["runs"])


def test_where_compiled_code_cannot_be_kept_the_run_is_made_all_the_same(tmp_path):
    (tmp_path / "file").write_text("")
    program = (
        "import sys; from entitlement_sim.cli import answer;"
        "sys.exit(answer(['run', 'reference', '--set', 'segments.everyone.customers=1']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        # What is said and kept of kernels then is tested with a small one.
        env={
            "ENTITLEMENT_SIM_CACHE": str(tmp_path / "file" / "cache"),
            "NUMBA_DISABLE_JIT": "1",
            "PATH": "",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0
    assert done.stderr == ""
    assert (tmp_path / "runs" / "reference-1" / "run.duckdb").is_file()
