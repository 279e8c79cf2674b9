"""The command ``story``: plays files of stories and says how each of them went."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TextIO

from ..documents import DocumentError, Position, Problem
from ..rules.amounts import plain
from ..rules.rulebook import RULES
from .records import LedgerEntry
from .stories import StepResult, StoryResult, play_read
from .story_files import Story, read_stories

PASSED, FAILED, BAD_DOCUMENT = 0, 1, 2


def run_stories(
    files: Sequence[str], as_json: bool, show: bool, out: TextIO, errors: TextIO | None = None
) -> int:
    """Play files of stories and print how they went.

    Parameters
    ----------
    files : list of str
        Files, or folders whose ``*.yaml`` files are meant.
    as_json : bool
        Print one JSON object instead of lines.
    show : bool
        Print every step with what moved, the rule that moved it, and the balances after it.
    out : TextIO
        Where results are printed.
    errors : TextIO, optional
        Where problems of the files are printed unless `as_json`; by default `out`.

    Returns
    -------
    int
        0 if every story passed, 1 if one failed, 2 if a file cannot be understood; nothing is
        played then.
    """
    try:
        stories = _read_all(files)
    except DocumentError as error:
        if as_json:
            print(
                json.dumps({"errors": [_problem(problem) for problem in error.problems]}), file=out
            )
        else:
            print(error, file=errors or out)
        return BAD_DOCUMENT
    results = [play_read(story) for story in stories]
    passed = sum(result.passed for result in results)
    failed = len(results) - passed
    if as_json:
        played = [result.to_dict() for result in results]
        print(json.dumps({"stories": played, "passed": passed, "failed": failed}), file=out)
    else:
        for result in results:
            print(_shown(result) if show else result, file=out)
        print(f"{passed} passed, {failed} failed", file=out)
    return FAILED if failed else PASSED


def _read_all(files: Iterable[str]) -> list[Story]:
    """Read every file before the first is played, so that all problems come at once."""
    stories: list[Story] = []
    problems: list[Problem] = []
    for name in files:
        try:
            for file in _files_of(Path(name)):
                stories += read_stories(file)
        except DocumentError as error:
            problems += error.problems
    if problems:
        raise DocumentError(problems)
    return stories


def _files_of(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    files = sorted(path.glob("*.yaml"))
    if not files:
        message = "there is no *.yaml file in this folder"
        raise DocumentError([Problem(str(path), Position(1, 1), "", message)])
    return files


def _problem(problem: Problem) -> dict[str, str | int]:
    return {
        "file": problem.file,
        "line": problem.position.line,
        "column": problem.position.column,
        "path": problem.path,
        "message": problem.message,
    }


# ------------------------------------------------------------------------------- --show


def _shown(result: StoryResult) -> str:
    lines = [str(result)]
    for step in result.steps:
        lines += _step(step)
    rules = {
        str(entry.rule): RULES[str(entry.rule)] for step in result.steps for entry in step.entries
    }
    lines += [f"    {rule}: {statement}" for rule, statement in sorted(rules.items())]
    return "\n".join(lines)


def _step(step: StepResult) -> list[str]:
    head = f"{step.number}." if step.number else "given"
    lines = [f"  {step.clock:%Y-%m-%d %H:%M}  {head} {step.text}"]
    if step.refused is not None:
        lines.append(f"      refused: {step.refused}")
    lines += [f"      {movement(entry)}" for entry in step.entries]
    if step.standings:
        lines.append(f"      now: {'; '.join(map(str, step.standings))}")
    return lines


def movement(entry: LedgerEntry) -> str:
    """Say what a row of the ledger moved, for which case and by which rule."""
    case = f" for {entry.case}" if entry.case else ""
    moved = f"{entry.entitlement} {_signed(entry.amount)}"
    if entry.origin is not None:
        moved += f", {entry.origin} {_signed(entry.origin_amount)}"
    return f"{entry.reason} {moved}{case} (rule {entry.rule})"


def _signed(amount: int) -> str:
    return f"+{plain(amount)}" if amount > 0 else plain(amount)
