"""``check --expect``, ``ceiling`` and ``rule-impact``: what they print, and how they end."""

import csv
import io

import pytest

#: A pack that refuses what is beyond few terms.
SCENARIO = """
scenario: few
calendar: { start: 2024-01-01, days: 500 }
products: [A, B]
templates:
  Pack: { total_terms: 3, decrease_on: creation, restrict: true, term: { months: 6 } }
segments:
  callers:
    customers: 20
    holds: [{ template: Pack }]
    cases: { per_year: 6 }
    products: { A: 1, B: 1 }
expect: { refused_before: 1, at_most: 0.05 }
"""


@pytest.fixture
def scenario(folder) -> str:
    (folder / "few.yaml").write_text(SCENARIO, encoding="utf-8")
    return "few.yaml"


@pytest.mark.parametrize(
    ("change", "status", "answer"),
    [
        ("expect.at_most=0.05", 1, "does not hold"),
        ("expect.at_most=1", 0, "holds"),
        ("expect.refused_before=0.0001", 0, "holds"),
    ],
)
def test_check_ends_with_one_where_an_expectation_does_not_hold(
    say, scenario, change, status, answer
):
    said = say("check", scenario, "--expect", "--replications", "20", "--set", change)
    assert said.status == status
    assert said.out.splitlines()[1].endswith(f"  {answer}")


def test_what_cannot_be_told_yet_is_no_failure(say, scenario):
    said = say("check", scenario, "--expect", "--replications", "2",
               "--set", "expect={refused_before: 0.5, at_most: 0.3}")  # fmt: skip
    assert (said.status, said.out.splitlines()[1][-15:]) == (0, "cannot tell yet")


def test_options_of_expectations_belong_to_expect(say, scenario):
    said = say("check", scenario, "--replications", "3")
    assert (said.status, said.errors.count("belongs to --expect")) == (2, 1)


def test_ceiling_and_rule_impact_print_tables_for_people_and_programs(say, scenario):
    assert say("run", scenario, "--name", "few", "--overwrite").status == 0
    told = say("ceiling", "runs/few")
    assert told.status == 0
    assert "Without cases of product" in told.out
    rows = [*csv.DictReader(io.StringIO(say("ceiling", "runs/few", "--csv").out))]
    assert {row["value"] for row in rows} == {"A", "B"}
    assert sum(float(row["share"]) for row in rows) == pytest.approx(1)
    assert "balances moved" in say("rule-impact", "runs/few").out
    moved = say("rule-impact", "runs/few", "--switch", "gate_literal_below_zero").out
    assert {row["amount"] for row in csv.DictReader(io.StringIO(moved))} == {"-1.00"}


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (["ceiling", "runs/few", "--by", "colour"], "--by is product, origin"),
        (["ceiling", "runs/few", "--offering", "Pak"], "did you mean 'Pack'"),
        (["rule-impact", "runs/few", "--switch", "gate"], "unknown switch 'gate'"),
    ],
)
def test_what_cannot_be_asked_is_one_line(say, scenario, asked, says):
    assert say("run", scenario, "--name", "few", "--overwrite").status == 0
    said = say(*asked)
    assert said.status == 2
    assert says in said.errors
    assert len(said.errors.splitlines()) == 1
