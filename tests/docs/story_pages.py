"""Stories, played and written down step by step."""

import re
from collections.abc import Iterator
from datetime import datetime, time
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from entitlement_sim.desk.stories import StepResult, StoryResult, play_stories
from entitlement_sim.desk.story_command import movement

from .markdown import as_html, fenced, folded, from_docstring, plain
from .places import TREE

_HABITS = TREE / "tests" / "stories" / "custom"


@cache
def stories() -> tuple[StoryResult, ...]:
    """Every story of the rulebook, played."""
    files = sorted((TREE / "tests" / "stories").glob("*.yaml"))
    return tuple(result for file in files for result in play_stories(file))


def stories_of(id: str) -> list[StoryResult]:
    """The stories that play a rule or a question, those first that are most about it."""
    playing = [story for story in stories() if id in story.rules]
    return sorted(playing, key=lambda story: (story.rules.index(id), len(story.rules)))


def told(story: StoryResult, *, is_open: bool = False) -> str:
    """A story with all its steps, what moved in each and by which rule."""
    place = f"`tests/stories/{story.file.rsplit('/', 1)[-1]}`, line {story.line}"
    about = f"{place}; {story.certainty}; plays {', '.join(story.rules)}."
    return folded(as_html(story.name), "\n".join([about, "", *_steps(story)]), is_open=is_open)


def _steps(story: StoryResult) -> Iterator[str]:
    """Each step, with the moment at which it happens where that is another one."""
    before = None
    for step in story.steps:
        moment = "" if step.clock == before else f"{_moment(step.clock)}: "
        before = step.clock
        yield from _step(step, moment)


def _moment(clock: datetime) -> str:
    return f"{clock:%Y-%m-%d}" if clock.time() == time() else f"{clock:%Y-%m-%d %H:%M}"


def _step(step: StepResult, moment: str) -> Iterator[str]:
    head = f"{step.number}." if step.number else "-"
    action, _, arguments = step.text.partition(": ")
    given = "" if step.number else "given "
    yield f"{head} {moment}**{given}{action.replace('_', ' ')}** {_listed(arguments)}"
    indent = " " * (len(head) + 1)
    if step.refused is not None:
        yield f"{indent}- refused: {plain(str(step.refused))}"
    for entry in step.entries:
        yield f"{indent}- {plain(movement(entry))}"
    if step.standings:
        yield f"{indent}- now: {plain('; '.join(map(str, step.standings)))}"


def _listed(arguments: str) -> str:
    """Arguments without the braces around them all, as code that breaks where lines do."""
    inside = re.sub(r"^\{(.*)\}$", r"\1", arguments)
    return f"`{inside}`" if inside else ""


def habit_pages() -> dict[str, str]:
    """The page of how stories of habits are written, with all of them."""
    parts = [(_HABITS / "README.md").read_text(encoding="utf-8")]
    for file in sorted(_HABITS.glob("*.yaml")):
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
        parts += [f"## {file.stem.replace('-', ' ').capitalize()}\n", _base(file, content["base"])]
        parts += map(_habit, content["stories"])
    return {"habits.md": "\n".join(parts)}


def _base(file: Path, base: Any) -> str:
    where = f"From `{file.relative_to(TREE)}`; all build on one scenario."
    return f"{where}\n\n{folded('The scenario', _as_yaml(base))}"


def _habit(story: dict[str, Any]) -> str:
    because = f"Because {from_docstring(story['because'])}."
    differs = {name: story[name] for name in ("scenario", "expect") if story.get(name)}
    return folded(as_html(story["story"]), f"{because}\n\n{_as_yaml(differs)}")


def _as_yaml(content: Any) -> str:
    return fenced(yaml.safe_dump(content, sort_keys=False, width=76), "yaml")
