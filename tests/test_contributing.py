"""What contributors are given agrees with what continuous integration checks."""

import re
from pathlib import Path

import yaml

import entitlement_sim

ROOT = Path(__file__).parents[1]


def test_a_commit_is_checked_by_the_commands_of_continuous_integration() -> None:
    [local] = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert local["repo"] == "local"
    hooks = {hook["name"]: hook["entry"] for hook in local["hooks"] if "stages" not in hook}
    script = (ROOT / ".ci" / "run").read_text()
    checks = dict(re.findall(r'^check "(\w+)" (\.venv/bin/.+)$', script, flags=re.MULTILINE))
    assert hooks == checks


def test_a_push_is_checked_by_all_of_continuous_integration() -> None:
    [local] = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    [hook] = [hook for hook in local["hooks"] if hook.get("stages") == ["pre-push"]]
    assert hook["entry"] == "bash .ci/run"


def test_the_changelog_tells_of_the_version_that_this_is() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## (\S+)", text, flags=re.MULTILINE)
    assert entitlement_sim.__version__ in headings
    assert headings[0] in ("Unreleased", entitlement_sim.__version__)
