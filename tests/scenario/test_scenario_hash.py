"""The hash stands for what a scenario says, not for how it is written."""

import datetime as dt
import re

import pytest
import yaml
from broken_scenarios import GOOD
from hypothesis import given
from hypothesis import strategies as st

from entitlement_sim.scenario import Scenario, shipped_scenarios

HASH = Scenario.parse(GOOD).hash
DATA = yaml.safe_load(GOOD.replace("08:00", "'08:00'").replace("17:00", "'17:00'"))


def test_a_hash_is_sha256_in_hex():
    assert re.fullmatch(r"[0-9a-f]{64}", HASH)


def test_keys_that_came_later_and_are_not_there_do_not_count():
    # The hash that the shipped scenario had before one could expect or revise anything.
    before = "9944d3830039cca754d7111f340ce5794c67db44fcc36eb0f81bbf8c3cee3dfa"
    assert Scenario.load("reference").hash == before
    revised = Scenario.load("reference").with_({"revision.applies": "new"})
    assert revised.hash != before


def test_comments_and_layout_do_not_count():
    assert Scenario.parse("# hello\n\n" + GOOD.replace("\n", "  # why\n", 3)).hash == HASH
    assert (
        Scenario.parse(yaml.safe_dump(DATA, default_flow_style=True, sort_keys=False)).hash == HASH
    )


def test_how_a_number_is_written_does_not_count():
    again = GOOD.replace("total_terms: 10\n", "total_terms: 10.00\n").replace("99.50", '"99.5"')
    assert Scenario.parse(again.replace("up_above: 1\n", "up_above: 1.0\n")).hash == HASH


def test_a_default_may_be_written_or_left_out():
    assert Scenario.parse(GOOD + "seed: 1\ndescription: ''\n").hash == HASH


def test_the_name_of_the_file_does_not_count():
    assert Scenario.parse(GOOD, "elsewhere.yaml").hash == HASH


def shuffled(data: object, order: st.DataObject, ordered: bool = False) -> object:
    """Return data with the keys of every mapping in another order, but where it means something."""
    if isinstance(data, list):
        return [shuffled(one, order) for one in data]
    if not isinstance(data, dict):
        return data
    keys = list(data) if ordered else order.draw(st.permutations(list(data)))
    return {key: shuffled(data[key], order, key in ("templates", "segments")) for key in keys}


@given(st.data())
def test_the_order_of_keys_does_not_count(order: st.DataObject):
    again = Scenario.from_dict(shuffled(DATA, order))
    assert again.hash == HASH
    # What has no meaning has none for those who read the model either.
    first = Scenario.parse(GOOD).model.segments["offices"]
    assert list(again.model.segments["offices"].origins) == list(first.origins)
    assert list(again.model.segments["offices"].products) == list(first.products)


def test_the_order_of_templates_and_segments_counts():
    turned = {**DATA, "templates": dict(reversed(DATA["templates"].items()))}
    assert Scenario.from_dict(turned).hash != HASH


def places(data: object, path: str = "") -> list[tuple[str, object]]:
    """Return every single value with its path as an override writes it."""
    if isinstance(data, dict):
        inner = [(f"{path}.'{key}'", one) for key, one in data.items()]
        return [place for way, one in inner for place in places(one, way)]
    if isinstance(data, list):
        return [p for i, one in enumerate(data) for p in places(one, f"{path}[{i}]")]
    return [(path.removeprefix("."), data)]


#: Other words that may stand at a key.
OTHER_WORDS = {
    "scenario": "other", "zone": "UTC", "peak": "01-16", "opens": "07:30", "closes": "17:30",
    "days": "tue", "picks": "default", "job_time": "03:00", "moves_up_to": None,
    "moves_down_to": None, "sla": None, "decrease_on": "resolution",
    "refund": "unused",
}  # fmt: skip
#: Values that only go together with others.
TOGETHER = {
    "templates.Pack.allocation": {
        "templates.Pack.allocation": "hours",
        "templates.Pack.decrease_on": "resolution",
    },
    "templates.Retainer.allocation": {
        "templates.Retainer.allocation": "cases",
        "templates.Retainer.total_terms": 12,
    },
    "templates.Retainer.decrease_on": {
        "templates.Retainer.allocation": "cases",
        "templates.Retainer.total_terms": 12,
        "templates.Retainer.decrease_on": "creation",
    },
    "segments.offices.resolve_hours.mixture[0].share": {
        "segments.offices.resolve_hours.mixture[0].share": 0.3,
        "segments.offices.resolve_hours.mixture[1].share": 0.7,
    },
    "segments.offices.resolve_hours.mixture[1].share": {
        "segments.offices.resolve_hours.mixture": [{"share": 1, "median": 1, "sigma": 1}],
    },
    "products[0]": {"products": ["Storage", "Mail"]},
    "products[1]": {"products": ["Mail", "Storage", "Fax"]},
    "templates.Pack.products[0]": {"templates.Pack.products": ["Storage"]},
    "segments.offices.holds[0].template": {"segments.offices.holds[0].template": "Retainer"},
    "segments.offices.holds[1].template": {"segments.offices.holds[1].template": "Pack"},
    "bursts[0].product": {"bursts[0].product": "Storage"},
}


def other_values(path: str, value: object) -> dict[str, object]:
    """Return overrides that change one value of the good scenario into another good one."""
    plain = path.replace("'", "")
    if plain in TOGETHER:
        return TOGETHER[plain]
    if isinstance(value, bool):
        return {path: not value}
    if isinstance(value, dt.date):
        return {path: value + dt.timedelta(days=1)}
    if isinstance(value, str):
        return {path: OTHER_WORDS[plain.split("[")[0].split(".")[-1]]}
    return {path: value + 1 if isinstance(value, int) and not is_most(plain) else value / 2}


def is_most(path: str) -> bool:
    """Whether a whole number is the largest that may stand there."""
    return path == "templates.Pack.channels.email"


@pytest.mark.parametrize(("path", "value"), places(DATA), ids=str)
def test_every_value_counts(path: str, value: object):
    assert Scenario.parse(GOOD, overrides=other_values(path, value)).hash != HASH


@pytest.mark.parametrize("name", shipped_scenarios())
def test_a_shipped_scenario_comes_back_from_its_text(name: str):
    scenario = Scenario.load(name)
    assert Scenario.parse(scenario.text).hash == scenario.hash
    assert Scenario.load(name, ["calendar.days=10"]).hash != scenario.hash


def test_what_a_scenario_means_to_meet_counts():
    declaring = GOOD + "scorecard: [{ row: shape }]\n"
    other = GOOD + "scorecard: [{ row: shape, tolerance: 0.1 }]\n"
    assert len({HASH, Scenario.parse(declaring).hash, Scenario.parse(other).hash}) == 3
