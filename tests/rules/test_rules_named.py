"""Every rule of the rulebook stands in rules/, named by the docstring of what states it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import entitlement_sim.rules
from entitlement_sim.rules.rulebook import QUESTIONS, RULES
from entitlement_sim.rules.settings import Settings
from entitlement_sim.rules.words import SWITCHES
from entitlement_sim.scenario.models import RuleSwitches

FOLDER = Path(entitlement_sim.rules.__file__).parent
ID = re.compile(r"\b(?:[LTGCADMPSBQ]\d+)\b")
LISTS = ("rulebook.py", "settings.py")
WORDS = "words.py"


def functions() -> Iterator[tuple[str, ast.FunctionDef]]:
    for file in sorted(FOLDER.glob("*.py")):
        if file.name in (*LISTS, WORDS):
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                yield f"{file.stem}.{node.name}", node


def ids_of(docstring: str | None) -> set[str]:
    return set(ID.findall(docstring or ""))


def docstrings() -> Iterator[str | None]:
    for file in sorted(FOLDER.glob("*.py")):
        if file.name not in LISTS:
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                    yield ast.get_docstring(node)


FUNCTIONS = list(functions())
NAMED = set().union(*map(ids_of, docstrings()))


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_is_named_by_a_docstring(rule: str) -> None:
    assert rule in NAMED


def test_no_docstring_names_a_rule_that_does_not_exist() -> None:
    assert NAMED - set(RULES) - set(QUESTIONS) == set()


@pytest.mark.parametrize(("name", "node"), FUNCTIONS, ids=[name for name, _ in FUNCTIONS])
def test_every_rule_function_names_its_rule(name: str, node: ast.FunctionDef) -> None:
    assert ids_of(ast.get_docstring(node)) & set(RULES), f"{name} names no rule"


def test_every_switch_of_the_questions_is_a_setting() -> None:
    of_questions = {name for names in QUESTIONS.values() for name in names}
    of_product = {name for name, switch in SWITCHES.items() if not switch.question}
    assert of_product == {
        "auto_apply_on_create",
        "auto_apply_on_update",
        "close_children_with_parent",
        "children_block_parent",
    }
    assert list(Settings.__dataclass_fields__) == list(SWITCHES)
    assert of_questions | of_product == set(SWITCHES)


def test_a_scenario_sets_the_switches_that_have_a_place_in_a_simulation() -> None:
    in_scenario = [name for name, switch in SWITCHES.items() if switch.in_scenario]
    assert sorted(RuleSwitches.model_fields) == sorted(in_scenario)
    for name, field in RuleSwitches.model_fields.items():
        assert field.default == getattr(Settings(), name)
