"""The command that plays stories: what it prints, and how it exits."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from entitlement_sim.desk.story_command import run_stories

GOOD = """\
- story: a call takes a term
  today: 2027-02-03
  entitlements:
    Pack: {customer: A, start: 2027-01-01, end: 2027-12-31,
           total_terms: 3, decrease_on: creation, state: active}
  steps:
    - create_case: {id: Call, customer: A, entitlement: Pack}
      expect: {Pack: {remaining: 2}}
"""
WRONG = GOOD.replace("a call takes a term", "a call takes two").replace(
    "remaining: 2", "remaining: 1"
)
BROKEN = GOOD.replace("customer: A, start", "costumer: A, start")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in (("good", GOOD), ("wrong", WRONG), ("broken", BROKEN)):
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    return tmp_path


def run(*files: Path, as_json: bool = False, show: bool = False) -> tuple[int, str]:
    out = io.StringIO()
    return run_stories([str(file) for file in files], as_json, show, out), out.getvalue()


def test_stories_that_pass_exit_with_0(folder: Path) -> None:
    code, out = run(folder / "good.yaml")
    assert code == 0
    assert out == "passed  a call takes a term\n1 passed, 0 failed\n"


def test_a_story_that_fails_exits_with_1_and_shows_the_step(folder: Path) -> None:
    code, out = run(folder / "good.yaml", folder / "wrong.yaml")
    assert code == 1
    assert out.splitlines() == [
        "passed  a call takes a term",
        "FAILED  a call takes two",
        f"        {folder / 'wrong.yaml'}:7: step 1: "
        "create_case: {id: Call, customer: A, entitlement: Pack}",
        "          Pack.remaining: expected 1, found 2",
        "1 passed, 1 failed",
    ]


def test_a_file_that_cannot_be_understood_exits_with_2_and_nothing_is_played(folder: Path) -> None:
    code, out = run(folder / "good.yaml", folder / "broken.yaml", folder / "none.yaml")
    assert code == 2
    assert out.splitlines() == [
        f"{folder / 'broken.yaml'}:4:12: [0].entitlements.Pack.costumer: "
        "unknown key 'costumer'; did you mean 'customer'?",
        f"{folder / 'none.yaml'}:1:1: there is no such file",
    ]


def test_problems_go_to_the_stream_for_errors_if_there_is_one(folder: Path) -> None:
    out, errors = io.StringIO(), io.StringIO()
    assert run_stories([str(folder / "broken.yaml")], False, False, out, errors) == 2
    assert out.getvalue() == ""
    assert "unknown key 'costumer'" in errors.getvalue()


def test_a_folder_stands_for_its_stories(folder: Path) -> None:
    (folder / "broken.yaml").unlink()
    assert run(folder)[1].splitlines()[-1] == "1 passed, 1 failed"


def test_a_folder_without_stories_is_a_mistake(tmp_path: Path) -> None:
    code, out = run(tmp_path)
    assert code == 2
    assert out == f"{tmp_path}:1:1: there is no *.yaml file in this folder\n"


def test_show_prints_every_step_with_what_moved_and_what_is_left(folder: Path) -> None:
    code, out = run(folder / "good.yaml", show=True)
    assert code == 0
    assert out.splitlines() == [
        "passed  a call takes a term",
        "  2027-02-03 00:00  given entitlements: {Pack: {customer: A, start: 2027-01-01, "
        "end: 2027-12-31, total_terms: 3, decrease_on: creation, state: active}}",
        "      allot Pack +3 (rule T8)",
        "      now: Pack active 3",
        "  2027-02-03 00:00  1. create_case: {id: Call, customer: A, entitlement: Pack}",
        "      consume Pack -1 for Call (rule T1)",
        "      now: Pack active 2",
        "    T1: a case takes one term: when it gets the entitlement, or when it is resolved",
        "    T8: what remains starts at the total, may fall below zero, never exceeds the total "
        "by hand",
        "1 passed, 0 failed",
    ]


def test_json_is_one_object(folder: Path) -> None:
    code, out = run(folder / "good.yaml", folder / "wrong.yaml", as_json=True)
    told = json.loads(out)
    assert code == 1
    assert (told["passed"], told["failed"]) == (1, 1)
    assert [story["passed"] for story in told["stories"]] == [True, False]
    assert told["stories"][1]["steps"][-1]["differences"] == [
        {"what": "Pack.remaining", "expected": "1", "actual": "2"}
    ]


def test_json_tells_problems_of_files_too(folder: Path) -> None:
    code, out = run(folder / "broken.yaml", as_json=True)
    assert code == 2
    assert json.loads(out) == {
        "errors": [
            {
                "file": str(folder / "broken.yaml"),
                "line": 4,
                "column": 12,
                "path": "[0].entitlements.Pack.costumer",
                "message": "unknown key 'costumer'; did you mean 'customer'?",
            }
        ]
    }


def test_stories_load_nothing_heavy() -> None:
    code = (
        "import sys, entitlement_sim.desk.story_command as _\n"
        "print(*(set(sys.modules) & {'numba', 'numpy', 'pandas', 'pydantic', 'duckdb'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
