"""Sweep files: what is crossed, what designs are called, and what is said of a wrong file."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entitlement_sim import DocumentError, Scenario
from entitlement_sim.sweeping.designs import Design, designs_of
from entitlement_sim.sweeping.file import MOST_DESIGNS, read_sweep

TERMS, PRICE = "templates.ten-cases.total_terms", "templates.ten-cases.price"


@pytest.fixture(scope="module")
def base() -> Scenario:
    return Scenario.load("reference", ["segments.everyone.customers=4"])


def tried(base: Scenario, *mappings: dict[str, Any]) -> list[Design]:
    return designs_of(base, read_sweep([*mappings]))


def test_each_mapping_is_crossed_in_itself(base: Scenario) -> None:
    designs = tried(base, {TERMS: [8, 12], PRICE: [10, 20]}, {TERMS: [9]})
    assert [design.name for design in designs] == [
        "base",
        "total_terms=8, price=10",
        "total_terms=8, price=20",
        "total_terms=12, price=10",
        "total_terms=12, price=20",
        "total_terms=9",
    ]


@given(st.lists(st.integers(1, 4), min_size=1, max_size=4))
def test_a_mapping_comes_to_the_product_of_its_values(counts: list[int]) -> None:
    mapping = {f"path{place}": [*range(count)] for place, count in enumerate(counts)}
    [crossing] = read_sweep([mapping]).crossings
    product = 1
    for count in counts:
        product *= count
    assert crossing.count == product


def test_a_named_mapping_names_what_varies_alone(base: Scenario) -> None:
    designs = tried(base, {"name": "packs", TERMS: [8, 12], PRICE: 10})
    assert [design.name for design in designs[1:]] == [
        "packs: total_terms=8",
        "packs: total_terms=12",
    ]


def test_paths_that_end_alike_are_told_apart() -> None:
    demo = Scenario.load("demo")
    mapping = {"templates.Pack 10.price": [1, 2], "templates.Pack 30.price": 3}
    assert tried(demo, mapping)[1].name == "Pack 10.price=1, Pack 30.price=3"


def test_an_id_is_of_what_an_offering_says(base: Scenario) -> None:
    designs = tried(base, {TERMS: [10, 12]}, {"name": "again", TERMS: 12, PRICE: 0})
    assert designs[1].id == designs[0].id
    assert designs[2].id == designs[3].id != designs[0].id


def test_what_fails_together_alone_is_kept_with_its_reason(base: Scenario) -> None:
    channels = [{"phone": 4}, {"phone": 8}]
    designs = tried(base, {TERMS: [5, 9], "templates.ten-cases.channels": channels})
    reasons = [design.reason for design in designs[1:]]
    assert [bool(reason) for reason in reasons] == [False, True, False, False]
    assert "Write at most 5, the template's total." in reasons[1]


WRONG = {
    "no list": ("templates: 3\n", "1:1: is a list of mappings"),
    "nothing": ("", "1:1: is a list of mappings"),
    "an entry that is no mapping": ("- 3\n", "1:3: [0]: must be a mapping"),
    "a name alone": ("- name: a\n", "1:3: [0]: sets nothing"),
    "a name that is no text": (f"- name: 3\n  {TERMS}: 9\n", "1:9: [0].name: must be a text"),
    "a name twice": (
        f"- name: a\n  {TERMS}: 9\n- name: a\n  {PRICE}: 9\n",
        "3:9: [1].name: 'a' is the name of entry [0] already; choose another",
    ),
    "no value": (f"- {TERMS}: []\n", "has no value; write at least one"),
    "a value twice": (f"- {TERMS}: [9, 8, 9]\n", "stands twice, first at [0]"),
    "a path that is none": ("- 'a..b': 3\n", "1:3: [0].a..b: is no path"),
    "a path that is a number": ("- 3: 3\n", "1:3: [0][3]: a path must be a text"),
    "a seed": ("- seed: [1, 2]\n", "1:3: [0].seed: has no place here"),
    "too many": (
        f"- {TERMS}: [{', '.join(map(str, range(200)))}]\n"
        f"  {PRICE}: [{', '.join(map(str, range(200)))}]\n",
        f"comes to 40,000 offerings, and {MOST_DESIGNS:,} are the most",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_file_is_told_with_its_line(tmp_path: Path, what: str) -> None:
    text, says = WRONG[what]
    file = tmp_path / "sweep.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(DocumentError) as error:
        read_sweep(file)
    assert says in str(error.value)
    assert str(error.value).startswith(f"{file}:")


def test_a_value_that_goes_in_no_offering_is_told_with_its_line(
    tmp_path: Path, base: Scenario
) -> None:
    file = tmp_path / "sweep.yaml"
    file.write_text(f"- {PRICE}: [5, 6]\n  {TERMS}:\n    - 9\n    - many\n", encoding="utf-8")
    with pytest.raises(DocumentError) as error:
        designs_of(base, read_sweep(file))
    assert str(error.value).startswith(f"{file}:4:7: [0].{TERMS}[1]: must be a number")


def test_a_path_that_leads_nowhere_is_told_with_the_nearest_name(
    tmp_path: Path, base: Scenario
) -> None:
    file = tmp_path / "sweep.yaml"
    file.write_text("- templates.ten-case.price: 5\n", encoding="utf-8")
    with pytest.raises(DocumentError, match="did you mean 'ten-cases'") as error:
        designs_of(base, read_sweep(file))
    assert str(error.value).startswith(f"{file}:1:")


def test_a_file_that_is_not_there_is_told() -> None:
    with pytest.raises(DocumentError, match="there is no such file"):
        read_sweep("nowhere.yaml")
