"""Which of its customer's contracts a case takes is told from those that had a choice."""

import pytest

from entitlement_sim import Scenario, simulate
from entitlement_sim.fitting.learned import Learned
from entitlement_sim.fitting.picking import fit_picks
from entitlement_sim.fitting.seen import seen_in
from entitlement_sim.rules.words import Pick

TWO_EACH = """
scenario: two-each
calendar: { start: 2023-01-01, days: 730 }
products: [Mail, Storage]
templates:
  Short: { total_terms: 20, term: { months: 3 }, price: 100 }
  Long: { total_terms: 40, term: { months: 24 }, price: 300, restrict: false }
  For storage: { total_terms: 90, term: { months: 24 }, price: 300, products: [Storage] }
segments:
  small:
    customers: 40
    holds:
      - { template: Short, sold_after_days: { least: 0, most: 60 } }
      - { template: Long, share: 0.8, sold_after_days: { least: 0, most: 60 } }
      - { template: For storage, share: 0.3 }
    cases: { per_year: 24, shape: 2 }
    products: { Mail: 80, Storage: 20 }
    renewal: { inclination: { constant: 0.95 } }
"""


def learned(**changes: object) -> Learned:
    scenario = Scenario.parse(TWO_EACH).with_(changes)
    with simulate(scenario, seed=3, threads=1) as run:
        return fit_picks(seen_in(run), "small")


@pytest.mark.parametrize("order", [Pick.SOONEST_ENDING, Pick.MOST_REMAINING, Pick.FIRST_FITTING])
def test_an_order_is_told(order: Pick) -> None:
    told = learned(**{"segments.small.picks": order.label})
    assert (told.path, told.value) == (("segments", "small", "picks"), order.label)
    [number] = told.numbers
    assert number.value > 0.9
    assert told.n > 500


def test_who_keeps_to_a_default_keeps_to_no_order() -> None:
    told = learned(**{"segments.small.picks": "default"})
    assert told.status == "default"
    assert told.note.startswith("no order says better than a default which contract a case takes")


def test_who_holds_one_contract_at_a_time_has_no_choice() -> None:
    one = [{"template": "Short"}]
    told = learned(**{"segments.small.picks": "most_remaining", "segments.small.holds": one})
    assert (told.status, told.n) == ("default", 0)
    assert told.note == "0 cases whose customer held several contracts that would do are too few"
