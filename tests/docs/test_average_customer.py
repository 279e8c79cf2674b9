"""The first screen: what a spreadsheet says of a pack, and what happens."""

import struct

import pytest

from entitlement_sim.telling import percent

from .average_customer import PLACE, by_the_closed_form, by_the_simulator, drawn
from .places import TREE


@pytest.fixture(scope="module")
def simulated():
    return by_the_simulator()


def test_the_readme_says_what_formula_and_simulation_come_to(simulated):
    happened, wanted = simulated
    formula = by_the_closed_form()
    text = (TREE / "README.md").read_text(encoding="utf-8")
    assert f"by the closed form {percent(formula.lapses)} and {percent(formula.finds_none)}" in text
    assert f"{percent(happened.lapses)} of 200,000 terms" in text
    assert f"{percent(happened.finds_none)} of {wanted.sum():,} cases" in text


def test_formula_and_simulation_agree_to_a_point(simulated):
    happened, _ = simulated
    for said, seen in zip(by_the_closed_form(), happened, strict=True):
        assert seen == pytest.approx(said, abs=0.01)


def test_the_picture_is_drawn_and_stands_in_the_readme_with_an_alternative_text(simulated):
    happened, wanted = simulated
    assert len(drawn(wanted, happened).axes) == 2
    assert struct.unpack(">II", PLACE.read_bytes()[16:24]) == (1056, 484)
    text = (TREE / "README.md").read_text(encoding="utf-8")
    alternative = text.partition("](docs/average-customer.png)")[0].rpartition("![")[2]
    for share in happened:
        assert percent(share) in alternative
