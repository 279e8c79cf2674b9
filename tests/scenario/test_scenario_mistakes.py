"""Whatever is wrong with a scenario is said where it stands, all at once."""

import re
from pathlib import Path

import pytest
from broken_scenarios import BROKEN, GOOD, Broken
from hypothesis import given
from hypothesis import strategies as st

from entitlement_sim.documents import DocumentError
from entitlement_sim.scenario import Scenario


def mistakes(text: str, **how: object) -> str:
    with pytest.raises(DocumentError) as error:
        Scenario.parse(text, "trial.yaml", **how)  # type: ignore[arg-type]
    return str(error.value)


def test_the_scenario_that_gets_broken_is_good():
    assert Scenario.parse(GOOD).name == "trial"


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: " ".join(broken.instead.split()))
def test_a_mistake_is_named_where_it_stands(broken: Broken):
    assert GOOD.count(broken.written) == 1
    said = mistakes(GOOD.replace(broken.written, broken.instead))
    assert said == "\n".join(f"trial.yaml:{line}" for line in broken.said.split("\n"))


def test_mistakes_of_every_kind_come_together():
    text = (
        GOOD.replace("days: 366", "days: 0")
        .replace("sla: gold", "sla: golden")
        .replace("decrease_on: resolution", "decrease_on: creation")
        .replace("picks: soonest_ending", "pick: soonest_ending")
        .replace("product: Mail,", "product: Fax,")
    )
    lines = [int(line.split(":")[1]) for line in mistakes(text).split("\n")]
    assert lines == [4, 25, 30, 50, 57]


def test_wording_is_free_of_the_library_that_found_the_mistake():
    for broken in BROKEN:
        said = mistakes(GOOD.replace(broken.written, broken.instead)).lower()
        for word in ("pydantic", "http", "input should", "value error", "extra_forbidden"):
            assert word not in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "1:1: is blank, but must be a mapping (lines of 'key: value')"),
        ("- a\n- b", "1:1: must be a mapping (lines of 'key: value'), not a list"),
        ("hello", "1:1: must be a mapping (lines of 'key: value'), not the text 'hello'"),
        ("a: &b [*b]", "1:8: '*b' stands within its own anchor; write out what it means"),
        ("a: 1\nb: \x07", "2:1: cannot be read as YAML: special characters are not allowed"),
    ],
)
def test_documents_that_are_no_scenario_at_all(text: str, said: str):
    assert mistakes(text) == f"trial.yaml:{said}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: !!bool perhaps", "1:4: a: 'perhaps' does not fit its tag tag:yaml.org,2002:bool"),
        (
            "a: !perhaps x",
            "1:4: is not YAML: could not determine a constructor for the tag '!perhaps'",
        ),
        ('a: "\\ud800"', "1:4: a: has half of a character, which no file can store"),
        ("? [a]\n: 1", "1:3: a key must be plain text"),
        ("1: a\n1.0: b", "2:1: 1.0: the key '1.0' stands twice, first in line 1"),
    ],
)
def test_what_cannot_be_read_is_told_beside_everything_else(text: str, said: str):
    lines = mistakes(text).split("\n")
    assert f"trial.yaml:{said}" in lines
    assert "trial.yaml:1:1: 'calendar' is missing: the days of the run" in lines


def test_a_blank_total_may_restrict_where_the_rules_allow_it():
    blank = GOOD.replace("    total_terms: 10\n    decrease_on", "    decrease_on").replace(
        "    channels: { phone: 4, email: 10 }\n", ""
    )
    assert "EntitlementBlankTerms" in mistakes(blank)
    allowed = blank.replace("rules:\n", "rules:\n  allow_blank_total: true\n")
    assert Scenario.parse(allowed).model.templates["Pack"].total_terms is None


def test_a_file_that_is_not_there_is_named():
    with pytest.raises(DocumentError, match=r"no/such\.yaml:1:1: there is no such file"):
        Scenario.load("no/such.yaml")


def test_the_nearest_shipped_scenario_is_named():
    with pytest.raises(DocumentError, match=r"demoo:1:1: .*; did you mean 'demo'\?"):
        Scenario.load("demoo")


def test_a_folder_is_no_scenario(tmp_path: Path):
    with pytest.raises(DocumentError, match="is no file that can be read"):
        Scenario.load(tmp_path)


def test_a_file_that_is_no_text_is_named(tmp_path: Path):
    file = tmp_path / "picture.yaml"
    file.write_bytes(b"\x89PNG\xff")
    with pytest.raises(DocumentError, match=r"picture\.yaml:1:1: is not UTF-8 text"):
        Scenario.load(file)


yaml_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["2024-01-01", "17:00", "!!int x", "*a", "&a", "0x" + "f" * 4000, ".nan"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
good_lines = st.sampled_from(range(GOOD.count("\n")))


def taken_or_named(text: str) -> None:
    try:
        scenario = Scenario.parse(text)
    except DocumentError as error:
        lines = str(error).split("\n")
    else:
        assert Scenario.parse(scenario.text).hash == scenario.hash
        return
    assert all(re.match(r"<text>:\d+:\d+: .", line) and line.isprintable() for line in lines)


@given(good_lines, yaml_values)
def test_any_value_in_any_place_is_taken_or_named(line: int, value: object):
    lines = GOOD.split("\n")
    key = lines[line].split(":")[0]
    lines[line] = f"{key}: {value}"
    taken_or_named("\n".join(lines))


@given(st.text(alphabet=st.characters() | st.sampled_from("{}[]:,-&*!|>'\"% \n#?<"), max_size=60))
def test_any_text_is_taken_or_named(text: str):
    taken_or_named(text)


@given(good_lines, st.integers(0, 40), st.sampled_from("{}[]:,-&*!|>'\"% \n#?\t"))
def test_any_slip_of_a_finger_is_taken_or_named(line: int, column: int, letter: str):
    lines = GOOD.split("\n")
    lines[line] = lines[line][:column] + letter + lines[line][column:]
    taken_or_named("\n".join(lines))
