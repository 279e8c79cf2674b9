"""A switch of the rulebook is decided in rules/ and only handed over everywhere else."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import entitlement_sim
from entitlement_sim.rules.words import SWITCHES

PACKAGE = Path(entitlement_sim.__file__).parent
ELSEWHERE = sorted(
    path for path in PACKAGE.rglob("*.py") if path.relative_to(PACKAGE).parts[0] != "rules"
)

#: Where text is read as a clock or a time zone before any rule sees it.
READ_AS_TEXT = ("tz", "job_time")


def is_handed_over(parent: ast.AST, child: ast.AST) -> bool:
    """Whether a switch is an argument of a call."""
    return isinstance(parent, ast.keyword) or (
        isinstance(parent, ast.Call) and child is not parent.func
    )


def readings(scope: ast.AST) -> Iterator[tuple[ast.AST, ast.AST, str]]:
    """Every reading of a switch in a scope, under its own or a shorter name, with its parent."""
    pairs = [(parent, node) for parent in ast.walk(scope) for node in ast.iter_child_nodes(parent)]
    names: dict[str, str] = {}
    for parent, node in pairs:
        if isinstance(node, ast.Attribute) and node.attr in SWITCHES:
            if isinstance(parent, ast.Assign) and isinstance(parent.targets[0], ast.Name):
                names[parent.targets[0].id] = node.attr
            else:
                yield parent, node, node.attr
    for parent, node in pairs:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in names:
            yield parent, node, names[node.id]


def decisions(text: str) -> list[str]:
    """Switches that decide something by themselves in a text of Python."""
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]
    return sorted(
        {
            f"line {node.lineno}: {switch}"
            for scope in functions or [ast.parse(text)]
            for parent, node, switch in readings(scope)
            if switch not in READ_AS_TEXT and not is_handed_over(parent, node)
        }
    )


@pytest.mark.parametrize("path", ELSEWHERE, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_room_but_the_rules_decides_by_a_switch(path: Path) -> None:
    assert decisions(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "text",
    [
        "if run.gate_on_reactivate: pass",
        "x = a and settings.default_failure_blocks",
        "y = not run.renew_copies_remaining",
        "z = 1 if run.exclude_billed_minutes else 2",
        "copies = run.renew_copies_remaining\nif copies: pass",
    ],
)
def test_a_switch_that_is_asked_outside_of_the_rules_is_noticed(text: str) -> None:
    assert len(decisions(text)) == 1


def test_a_switch_that_is_handed_to_a_rule_is_not() -> None:
    assert decisions("refuse(state, run.gate_on_reactivate, by=run.refund_on_detach)") == []
