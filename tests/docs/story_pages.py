"""Stories, played and written down step by step."""

import re
from collections.abc import Iterator
from functools import cache

from entitlement_sim.desk.stories import StepResult, StoryResult, play_stories
from entitlement_sim.desk.story_command import movement

from .markdown import folded, plain
from .places import TREE


@cache
def stories() -> tuple[StoryResult, ...]:
    """Every story of the rulebook, played."""
    files = sorted((TREE / "tests" / "stories").glob("*.yaml"))
    return tuple(result for file in files for result in play_stories(file))


def stories_of(id: str) -> list[StoryResult]:
    """The stories that play a rule or a question."""
    return [story for story in stories() if id in story.rules]


def told(story: StoryResult, *, is_open: bool = False) -> str:
    """A story with all its steps, what moved in each and by which rule."""
    place = f"`tests/stories/{story.file.rsplit('/', 1)[-1]}`, line {story.line}"
    about = f"{place}; {story.certainty}; plays {', '.join(story.rules)}."
    steps = "\n".join(line for step in story.steps for line in _step(step))
    return folded(_as_html(story.name), f"{about}\n\n{steps}", is_open=is_open)


def _as_html(name: str) -> str:
    return name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _step(step: StepResult) -> Iterator[str]:
    head = f"{step.number}." if step.number else "-"
    action, _, arguments = step.text.partition(": ")
    yield f"{head} **{action.replace('_', ' ')}** {_listed(arguments)} on {step.clock:%Y-%m-%d %H:%M}"
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
