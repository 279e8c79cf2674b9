"""What a scenario expects, held against replications."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entitlement_sim import DocumentError, Run, Scenario, simulate
from entitlement_sim.inference.expectations import (
    Answer,
    Expected,
    answer_of,
    check_expectations,
    counts_by_replication,
    expectations_of,
)
from entitlement_sim.scenario.models import Expectation

#: Packs of one account and of two, which refuse what is beyond few terms.
SCENARIO = """
scenario: few
calendar: { start: 2024-01-01, days: 500 }
products: [A, B]
templates:
  Pack: { total_terms: 3, decrease_on: creation, restrict: true, term: { months: 6 } }
  Hours: { allocation: hours, total_terms: 2, term: { days: 100 } }
segments:
  callers:
    customers: 30
    holds: [{ template: Pack, share: 0.8 }, { template: Hours, share: 0.5 }]
    cases: { per_year: 6, shape: 0.6 }
    turned_away: 0.5
    cancellation: { per_year: 0.3 }
    renewal: { inclination: { constant: 0.8 } }
  sites:
    customers: 10
    accounts: { each: 2, hold: own }
    holds: [{ template: Pack }]
    cases: { per_year: 5 }
    renewal: { inclination: { constant: 0.5 } }
"""

#: What happened to contracts that count, by the rows of a run.
COUNTED = """
WITH counts AS (
    SELECT entitlement_id, customer_id, start_date + (
               ceil($share::DECIMAL(6, 4) * (end_date - start_date + 1))::INTEGER
           ) AS passed
    FROM entitlements JOIN templates USING (template_id) JOIN customers USING (customer_id)
    WHERE activated_on IS NOT NULL AND start_date >= DATE '2024-01-01'
        AND ($template IS NULL OR templates.template = $template)
        AND ($segment IS NULL OR segment = $segment)
),
events AS (
    SELECT ledger.entitlement_id, happened_at
    FROM ledger LEFT JOIN cases USING (case_id)
    WHERE CASE $kind
              WHEN 'exhausted_before' THEN reason = 'consume' AND balance <= 0
              WHEN 'refused_before' THEN
                  reason = 'refused' AND rule = 'G1' AND happened_at = created_at
              ELSE reason = 'refused' AND rule = 'G1' AND happened_at = created_at
                  AND outcome = 'turned_away'
          END
)
SELECT count(DISTINCT {of}) FILTER (entitlement_id IN (
           SELECT entitlement_id FROM events JOIN counts USING (entitlement_id)
           WHERE happened_at < passed
       )) AS happened, count(DISTINCT {of}) AS counted
FROM counts WHERE passed <= DATE '2024-01-01' + 500
"""


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return Scenario.parse(SCENARIO)


@pytest.fixture(scope="module")
def run(scenario: Scenario) -> Run:
    return simulate(scenario, replication=1)


@pytest.mark.parametrize("kind", ["turned_away_before", "refused_before", "exhausted_before"])
@pytest.mark.parametrize(("share_of", "of"), [("customers", "customer_id"),
                                              ("contracts", "entitlement_id")])  # fmt: skip
@pytest.mark.parametrize(
    ("share", "template", "segment"),
    [(1, None, None), (0.8, "Pack", None), (0.3333, "Hours", "callers"), (0.5, None, "sites")],
)
def test_counts_are_those_of_the_rows_of_a_run(
    scenario: Scenario, run: Run, kind: str, share_of: str, of: str, share: float,
    template: str | None, segment: str | None,
):  # fmt: skip
    said = Expectation.model_validate(
        {kind: share, "share_of": share_of, "at_most": 0, "segment": segment}
    )
    [[[happened, counted]]] = counts_by_replication(
        scenario, [Expected(template, said)], range(1, 2)
    )
    parameters = {"share": str(share), "template": template, "segment": segment, "kind": kind}
    [row] = run.sql(COUNTED.format(of=of), parameters).to_dict("records")
    assert (happened, counted) == (row["happened"], row["counted"])
    assert counted > 0


def said_of(happened: int, counted: int, **said: float) -> Answer:
    """What is said of a share that all replications have alike."""
    expectation = Expectation.model_validate({"refused_before": 0.5} | said)
    each = np.full(10, counted // 10)
    found = np.zeros(10, np.int64)
    found[:] = happened // 10
    found[: happened % 10] += 1
    return answer_of(Expected(None, expectation), found, each)


def test_an_expectation_holds_where_even_the_upper_limit_keeps_to_it():
    answer = said_of(10, 1000, at_most=0.05)
    assert (answer.verdict, answer.needed) == ("holds", None)
    assert answer.high < 0.05


def test_it_does_not_hold_where_even_the_lower_limit_breaks_it():
    assert said_of(90, 1000, at_most=0.05).verdict == "does not hold"
    assert said_of(10, 1000, at_least=0.05).verdict == "does not hold"


def test_between_the_limits_it_cannot_be_told_yet_and_replications_are_named_that_would_tell():
    answer = said_of(4, 100, at_most=0.05)
    assert answer.verdict == "cannot tell yet"
    assert answer.needed is not None
    assert answer.needed > 10
    more = answer.needed / 10
    assert said_of(int(4 * more), int(100 * more), at_most=0.05).verdict == "holds"


def test_a_share_at_its_bound_is_never_told():
    answer = said_of(50, 1000, at_most=0.05)
    assert (answer.verdict, answer.needed) == ("cannot tell yet", None)


def test_of_nothing_it_cannot_be_told():
    answer = said_of(0, 0, at_most=0.05)
    assert (answer.verdict, answer.needed) == ("cannot tell yet", None)


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=2, max_size=12),
    st.floats(0, 1), st.floats(0.51, 0.999),
)  # fmt: skip
def test_at_most_and_at_least_the_same_are_never_both_broken(
    drawn: list[tuple[int, int]], bound: float, sure: float
):
    happened = np.array([min(pair) for pair in drawn])
    counted = np.array([max(pair) for pair in drawn])
    most, least = (
        answer_of(
            Expected(
                None, Expectation.model_validate({"refused_before": 1, side: bound, "sure": sure})
            ),
            happened,
            counted,
        ).verdict
        for side in ("at_most", "at_least")
    )
    assert (most, least) != ("does not hold", "does not hold")
    assert most == "holds" or least != "does not hold"


def test_expectations_of_the_scenario_come_before_those_of_its_templates(scenario: Scenario):
    both = scenario.with_(
        [
            "templates.Hours.expect={exhausted_before: 0.5, at_most: 0.5, share_of: contracts}",
            "expect=[{refused_before: 1, at_least: 0.125, template: Pack, segment: sites}]",
        ]
    )
    assert [str(one) for one in expectations_of(both)] == [
        "at least 12.5% of customers with Pack of sites have a case refused before the term ends",
        "at most 50.0% of contracts of Hours have used all terms before 50.0% of the term",
    ]


def test_an_answer_prints_what_was_found_and_what_would_tell(scenario: Scenario):
    expecting = scenario.with_({"expect": {"refused_before": 0.5, "at_most": 1}})
    lines = str(check_expectations(expecting, 3)).splitlines()
    assert lines[0].split() == ["expected", "found", "share", "limits", "answer"]
    assert lines[1].endswith("holds")
    assert lines[3].startswith("Over 3 replications;")


def test_a_scenario_that_expects_nothing_is_told_how_to(scenario: Scenario):
    with pytest.raises(ValueError, match="few expects nothing: write expect, such as"):
        check_expectations(scenario, 3)


def test_of_a_term_without_an_end_no_share_is_expected():
    text = SCENARIO.replace("term: { days: 100 }", "term: open")
    with pytest.raises(DocumentError, match="expect: is about a share of a term, but that of"):
        Scenario.parse(text, overrides=["templates.Hours.expect={refused_before: 1, at_most: 0}"])


def test_a_template_expects_of_no_other(scenario: Scenario):
    with pytest.raises(DocumentError, match=r"expect\.template: has no place under a template"):
        scenario.with_(["templates.Hours.expect={refused_before: 1, at_most: 0, template: Pack}"])


@given(st.floats(0, 1), st.integers(0, 300))
def test_who_expects_less_is_never_told_that_it_holds_where_who_expects_more_is_not(
    bound: float, happened: int
):
    verdicts = [
        said_of(happened, 300, at_most=one).verdict for one in (bound, min(1.0, bound + 0.1))
    ]
    order = ["does not hold", "cannot tell yet", "holds"]
    assert order.index(verdicts[0]) <= order.index(verdicts[1])


def test_false_alarms_are_rare_where_customers_go_together():
    chance = np.random.default_rng(1)
    chances = chance.beta(0.2 * 9, 0.8 * 9, (200, 20))  # correlated by a tenth
    problems = chance.binomial(20, chances)
    said = Expectation.model_validate({"refused_before": 1, "at_most": 0.2})
    counted = np.full(20, 20)
    verdicts = [answer_of(Expected(None, said), found, counted).verdict for found in problems]
    assert verdicts.count("holds") <= 20  # a twentieth is asked for
    assert verdicts.count("does not hold") <= 20
