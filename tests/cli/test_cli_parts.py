"""The commands that make a run in parts, and as Parquet."""

import subprocess
import sys

import pytest

FEW = ("--set", "segments.everyone.customers=12", "--set", "calendar.days=300", "--seed", "5")


@pytest.fixture
def parts(say, folder, tmp_path_factory):
    """A folder with the two parts of a run."""
    place = tmp_path_factory.mktemp("parts")
    for number in (1, 2):
        said = say("run", "reference", *FEW, "--shard", f"{number}/2", "--out", str(place))
        assert (said.status, said.errors) == (0, "")
        assert said.out.startswith(f"{place}/reference-5-part-{number}-of-2: part {number} of 2, ")
        assert said.out.endswith("put all parts together with entitlement-sim merge\n")
    return place


def content_of(say, run):
    said = say("verify", run)
    assert said.status == 0
    return said.out


def test_parts_make_the_run_that_is_made_at_once(say, parts, tmp_path):
    said = say("merge", *map(str, sorted(parts.iterdir())), "--out", str(tmp_path))
    assert said.status == 0
    assert said.out.startswith(f"{tmp_path}/reference-5: 12 customers, ")
    assert say("run", "reference", *FEW, "--out", str(tmp_path), "--name", "whole").status == 0
    whole = content_of(say, f"{tmp_path}/whole")
    assert content_of(say, f"{tmp_path}/reference-5") == whole
    for form in ("duckdb", "parquet"):
        merging = ("merge", str(parts), "--out", str(tmp_path), "--overwrite", "--format", form)
        assert say(*merging).status == 0
        assert content_of(say, f"{tmp_path}/reference-5") == whole


def test_a_run_of_parquet_answers_as_a_file_does(say, tmp_path):
    for form in ("duckdb", "parquet"):
        made = ("run", "reference", *FEW, "--out", str(tmp_path), "--name", form, "--format", form)
        assert say(*made).status == 0
    for question in (
        ("query", "SELECT count(*) FROM cases"),
        ("query", "FROM renewals ORDER BY ALL"),
        ("explain", "1"),
        ("describe", "cases"),
    ):
        command, asked = question
        answers = [say(command, f"{tmp_path}/{form}", asked) for form in ("duckdb", "parquet")]
        assert answers[0] == answers[1]
        assert answers[0].status == 0
    assert "parquet  reference" in say("runs", str(tmp_path)).out


def test_a_part_is_named_where_a_run_is_asked_for(say, parts):
    part = parts / "reference-5-part-1-of-2"
    said = say("query", str(part), "SELECT 1")
    assert said.status == 2
    assert said.errors == (
        f"entitlement-sim: {part} is part 1 of 2 of a run and no whole one; merge all of them "
        "first: entitlement-sim merge PARTS\n"
    )
    assert say("verify", str(part)).status == 0


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("run", "reference", "--shard", "3"), "--shard: '3' is no part of a run; write K/N"),
        (("run", "reference", "--shard", "4/3"), "--shard: '4/3' is no part of a run"),
        (("run", "reference", "--format", "csv"), "'--format'"),
        (("run", "reference", "--scheduler", "remote"), "'remote' is no scheduler; name local"),
        (("sweep", "reference", "a.yaml", "--scheduler", "x"), "'x' is no scheduler"),
        (("compare", "reference", "--scheduler", "x"), "'x' is no scheduler"),
        (
            ("run", "reference", "--shard", "1/2", "--scheduler", "local"),
            "--shard makes one part here; --scheduler makes all of them elsewhere",
        ),
        (("merge", "nowhere"), "there is no part of a run at nowhere; it is no folder"),
        (("merge", "runs"), "runs is no part of a run and holds none"),
        (("merge", "runs/small"), "runs/small is a whole run, no part of one; leave it out"),
        (("merge",), "Missing argument"),
    ],
)
def test_a_mistake_is_a_line(say, command, words):
    said = say(*command)
    assert said.status == 2
    assert words in said.errors
    assert said.errors.count("\n") == 1


def test_merging_loads_no_compiler_and_no_frames(say, parts, tmp_path):
    out = str(tmp_path / "merged")
    program = (
        "import sys; from entitlement_sim.cli import answer\n"
        f"answer(['merge', {str(parts)!r}, '--out', {out!r}])\n"
        "print([name for name in ('numba', 'pandas', 'scipy', 'pyarrow') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_verifying_parquet_loads_no_compiler_and_no_frames(say, parts, tmp_path):
    assert say("merge", str(parts), "--out", str(tmp_path), "--format", "parquet").status == 0
    program = (
        "import sys; from entitlement_sim.cli import answer\n"
        f"answer(['verify', {str(tmp_path / 'reference-5')!r}])\n"
        "print([name for name in ('numba', 'pandas', 'pyarrow') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    assert done.stdout.splitlines()[-1] == "[]"
