"""The player of stories: each step is done at a desk and held against what the story expects."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from ..documents import DocumentError, Position, Problem
from ..parameters import CHANGES, TEXT, of_types, takes
from ..rules.amounts import plain, terms
from .desk import Desk
from .records import LedgerEntry
from .refused import Refused, UnknownRecord
from .story_actions import STORY_ACTIONS
from .story_expect import Difference, differences
from .story_files import Source, Story, StoryStep, read_stories, refusals_of


@dataclass(frozen=True, slots=True)
class Standing:
    """State and balances of an entitlement after a step; amounts in terms, two decimals."""

    entitlement: str
    state: str
    remaining: Decimal | None
    channels: Mapping[str, Decimal]

    def __str__(self) -> str:
        rows = "".join(f", {origin} {_short(left)}" for origin, left in self.channels.items())
        left = "unlimited" if self.remaining is None else _short(self.remaining)
        return f"{self.entitlement} {self.state} {left}{rows}"


@dataclass(frozen=True, slots=True)
class StepResult:
    """What happened in one step.

    Attributes
    ----------
    number : int
        Counted from 1; 0 for what is given before the first step.
    line : int
    text : str
        The action as written.
    clock : datetime
    refused : Refused or None
    differences : tuple of Difference
        Empty if the step went as the story expects.
    entries : tuple of LedgerEntry
        Movements of balances, each with the rule that moved it; amounts in hundredths.
    standings : tuple of Standing
        Every entitlement after the step.
    """

    number: int
    line: int
    text: str
    clock: datetime
    refused: Refused | None
    differences: tuple[Difference, ...]
    entries: tuple[LedgerEntry, ...]
    standings: tuple[Standing, ...]

    @property
    def passed(self) -> bool:
        """Whether the step went as the story expects."""
        return not self.differences


@dataclass(frozen=True, slots=True)
class StoryResult:
    """How a story went: its steps up to the first that did not go as expected.

    Attributes
    ----------
    name, file : str
    line : int
    rules : tuple of str
    certainty : str
    steps : tuple of StepResult
    """

    name: str
    file: str
    line: int
    rules: tuple[str, ...]
    certainty: str
    steps: tuple[StepResult, ...]

    @property
    def failure(self) -> StepResult | None:
        """The step that did not go as expected, or None."""
        return next((step for step in self.steps if not step.passed), None)

    @property
    def passed(self) -> bool:
        """Whether everything went as the story expects."""
        return self.failure is None

    def __str__(self) -> str:
        if self.failure is None:
            return f"passed  {self.name}"
        step = self.failure
        place = f"{self.file}:{step.line}"
        head = f"step {step.number}" if step.number else "given"
        lines = [f"FAILED  {self.name}", f"        {place}: {head}: {step.text}"]
        return "\n".join([*lines, *(f"          {difference}" for difference in step.differences)])

    def to_dict(self) -> dict[str, Any]:
        """Return the result as plain data for JSON; amounts are strings with two decimals."""
        return {
            "story": self.name,
            "file": self.file,
            "line": self.line,
            "rules": list(self.rules),
            "certainty": self.certainty,
            "passed": self.passed,
            "steps": [_step_as_dict(step) for step in self.steps],
        }


@takes(story=TEXT | of_types("a path", Path) | CHANGES)
def play(story: Source) -> StoryResult:
    """Play one story.

    Parameters
    ----------
    story : str, Path or Mapping
        A file (a `Path`, or a text that ends in ``.yaml`` or ``.yml``), YAML text, or the story
        as plain data; it holds exactly one story.

    Returns
    -------
    StoryResult
        Its steps with refusals, ledger entries and balances, and what differs from what the
        story expects; it prints readably.

    Raises
    ------
    DocumentError
        The story cannot be understood, with everything that is wrong by file, line and column;
        or there are several of them.

    Examples
    --------
    >>> result = play('''
    ... story: a case takes a term
    ... today: 2025-03-03
    ... entitlements:
    ...   E1: {customer: A, start: 2025-01-01, end: 2025-12-31, total_terms: 3,
    ...        decrease_on: creation, state: active}
    ... steps:
    ...   - create_case: {id: C1, customer: A, entitlement: E1}
    ...     expect: {E1: {remaining: 1}}
    ... ''')
    >>> result.passed
    False
    >>> print(result.failure.differences[0])
    E1.remaining: expected 1, found 2
    """
    stories = read_stories(story)
    if len(stories) != 1:
        message = f"holds {len(stories)} stories; play_stories plays them all"
        raise DocumentError([Problem(stories[0].file, Position(1, 1), "", message)])
    return play_read(stories[0])


def play_stories(source: Source) -> list[StoryResult]:
    """Play every story of a file or text, in order; sources and errors are those of `play`."""
    return [play_read(story) for story in read_stories(source)]


def play_read(story: Story) -> StoryResult:
    """Play a story that has been read."""
    desk = Desk(story.today, story.settings)
    results: list[StepResult] = []
    for step in (*story.given, *story.steps):
        results.append(_play_step(desk, step, story))
        if not results[-1].passed:
            break
    return StoryResult(
        story.name, story.file, story.line, story.rules, story.certainty, tuple(results)
    )


def _play_step(desk: Desk, step: StoryStep, story: Story) -> StepResult:
    before = len(desk.ledger)
    refused: Refused | None = None
    unmet: list[Difference] = []
    try:
        STORY_ACTIONS[step.action].do(desk, dict(step.arguments))
    except Refused as refusal:
        refused = refusal
    except (UnknownRecord, ValueError) as error:
        unmet.append(Difference(step.action, "an action that can be done", str(error)))
    if not unmet:
        unmet += _refusal_differences(step, refused)
        for id, expected in step.expect.items():
            unmet += differences(desk, story.kinds[id], id, expected)
    return StepResult(
        number=step.number,
        line=step.line,
        text=step.text,
        clock=desk.clock,
        refused=refused,
        differences=tuple(unmet),
        entries=tuple(desk.ledger[before:]),
        standings=tuple(_standings(desk)),
    )


def _refusal_differences(step: StoryStep, refused: Refused | None) -> list[Difference]:
    expected = step.refused
    if refused is None:
        return [] if expected is None else [Difference("refused", expected, "nothing refused")]
    if expected is not None and refused.refusal in refusals_of(expected):
        return []
    return [Difference("refused", expected or "nothing refused", str(refused))]


def _standings(desk: Desk) -> list[Standing]:
    return [
        Standing(
            entitlement.id,
            entitlement.state.label,
            entitlement.remaining_terms,
            {origin.label: row.remaining_terms for origin, row in entitlement.channels.items()},
        )
        for entitlement in desk.entitlements.values()
    ]


def _short(amount: Decimal) -> str:
    return plain(int(amount * 100))


def _step_as_dict(step: StepResult) -> dict[str, Any]:
    return {
        "step": step.number,
        "line": step.line,
        "action": step.text,
        "clock": f"{step.clock:%Y-%m-%d %H:%M}",
        "passed": step.passed,
        "refused": None
        if step.refused is None
        else {
            "name": step.refused.name,
            "code": f"0x{step.refused.code:08X}" if step.refused.code else "",
            "sentence": step.refused.sentence,
        },
        "differences": [
            {
                "what": difference.subject,
                "expected": difference.expected,
                "actual": difference.actual,
            }
            for difference in step.differences
        ],
        "ledger": [_entry_as_dict(entry) for entry in step.entries],
        "balances": [
            {
                "entitlement": standing.entitlement,
                "state": standing.state,
                "remaining": None if standing.remaining is None else str(standing.remaining),
                "channels": {origin: str(left) for origin, left in standing.channels.items()},
            }
            for standing in step.standings
        ],
    }


def _entry_as_dict(entry: LedgerEntry) -> dict[str, Any]:
    return {
        "entitlement": entry.entitlement,
        "amount": str(terms(entry.amount)),
        "balance": str(terms(entry.balance)),
        "origin": None if entry.origin is None else str(entry.origin),
        "origin_amount": str(terms(entry.origin_amount)),
        "origin_balance": None
        if entry.origin_balance is None
        else str(terms(entry.origin_balance)),
        "reason": str(entry.reason),
        "rule": str(entry.rule),
        "case": entry.case,
    }
