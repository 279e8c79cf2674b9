"""A changed layout raises ``FORMAT_VERSION``, a changed rule ``RULEBOOK_VERSION``."""

from typing import Any

from versions import LAYOUT, OUTCOMES, layout, outcomes, read

RENEW = "renew what is held fast: python tests/versions.py"


def changed(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """Return the names that both have, with another value."""
    return [name for name in before if name in now and now[name] != before[name]]


def test_a_changed_layout_of_tables_raises_the_format_version() -> None:
    before, now = read(LAYOUT), layout()
    if before["format_version"] == now["format_version"]:
        gone = sorted(set(before["tables"]) - set(now["tables"]))
        added = sorted(set(now["tables"]) - set(before["tables"]))
        others = changed(before["tables"], now["tables"])
        assert not gone + added + others, (
            "tables have changed: raise FORMAT_VERSION in entitlement_sim/store/facts.py, hold "
            f"that runs of older versions open (tests/store/test_store_older_runs.py), and {RENEW}"
        )
    assert before == now, RENEW


def test_columns_stand_in_the_order_that_is_held_fast() -> None:
    before, now = read(LAYOUT), layout()
    assert {name: list(columns) for name, columns in now["tables"].items()} == {
        name: list(columns) for name, columns in before["tables"].items()
    }, RENEW


def test_a_changed_rule_raises_the_rulebook_version() -> None:
    before, now = read(OUTCOMES), outcomes()
    if before["rulebook_version"] == now["rulebook_version"]:
        functions = changed(before["functions"], now["functions"])
        stories = changed(before["stories"], now["stories"])
        assert not functions + stories, (
            "rules answer otherwise than before: raise RULEBOOK_VERSION in "
            f"entitlement_sim/rules/version.py, and {RENEW}"
        )
    assert before == now, RENEW
