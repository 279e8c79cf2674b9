"""No rule can be broken without a story that notices: each function is broken in turn."""

import inspect
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest
from test_stories_play import STORIES

from entitlement_sim.desk import books, cases, entitlements
from entitlement_sim.desk.stories import play_read
from entitlement_sim.rules.words import Refusal

Rule = Callable[..., Any]


#: Which rows there are in the ledger, of when, and what they bear; stories look at balances, not at
#: rows.
ABOUT_ROWS = ("first_minute", "rule_of_charge", "rule_of_refund", "is_reopened_uncharged")


def used_rules() -> Iterator[tuple[ModuleType, str]]:
    for module in (books, entitlements, cases):
        for name, value in sorted(vars(module).items()):
            is_rule = getattr(value, "__module__", "").startswith("entitlement_sim.rules.")
            if inspect.isfunction(value) and is_rule and name not in ABOUT_ROWS:
                yield module, name


def always(answer: object) -> Callable[[Rule], Rule]:
    return lambda rule: lambda *arguments: answer


def off_by_one(rule: Rule) -> Rule:
    return lambda *arguments: rule(*arguments) + 1


def broken(name: str) -> list[Callable[[Rule], Rule]]:
    """Return the ways of breaking a rule: letting everything through, or answering wrongly."""
    if name.startswith("refuse_"):
        return [always(Refusal.NONE)]
    if name.startswith(("applies_", "clears_", "fills", "is_", "rechecks_", "takes_")):
        return [always(False), always(True)]
    return [always(0), off_by_one]


RULES = list(used_rules())


def goes_wrong(story: Any) -> bool:
    try:
        return not play_read(story).passed
    except Exception:  # a broken rule may answer what is no state at all
        return True


@pytest.mark.parametrize(
    ("module", "name"), RULES, ids=[f"{module.__name__}.{name}" for module, name in RULES]
)
def test_a_broken_rule_breaks_a_story(
    monkeypatch: pytest.MonkeyPatch, module: ModuleType, name: str
) -> None:
    rule = getattr(module, name)
    for break_it in broken(name):
        monkeypatch.setattr(module, name, break_it(rule))
        assert any(goes_wrong(story) for story in STORIES)
