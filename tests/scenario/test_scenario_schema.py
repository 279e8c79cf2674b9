"""The JSON schema that editors read says what the models say."""

import json
from pathlib import Path

import pytest

import entitlement_sim.scenario
from entitlement_sim.scenario import schema_text, shipped_scenarios

COMMITTED = Path(entitlement_sim.scenario.__file__).with_name("scenario.schema.json")
PARTS = [("the scenario", json.loads(schema_text())), *json.loads(schema_text())["$defs"].items()]


def test_the_committed_schema_is_that_of_the_models():
    # To bring it up to date, write schema_text() into the file.
    assert COMMITTED.read_text(encoding="utf-8") == schema_text()


@pytest.mark.parametrize(("name", "part"), PARTS, ids=lambda one: one if type(one) is str else "")
def test_every_part_and_field_is_described(name: str, part: dict[str, dict[str, object]]):
    assert part["description"]
    for field, said in part["properties"].items():
        assert said.get("description"), f"{name}: {field}"


@pytest.mark.parametrize(("name", "part"), PARTS, ids=lambda one: one if type(one) is str else "")
def test_no_part_has_room_for_unknown_keys(name: str, part: dict[str, object]):
    assert part["additionalProperties"] is False


@pytest.mark.parametrize("file", shipped_scenarios().values(), ids=lambda file: file.stem)
def test_the_first_line_of_a_scenario_names_the_schema(file: Path):
    first = file.read_text(encoding="utf-8").split("\n")[0]
    assert first.startswith("# yaml-language-server: $schema=")
    assert (file.resolve().parent / first.partition("=")[2]).resolve() == COMMITTED.resolve()
