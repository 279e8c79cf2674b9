"""What a book tells of moves where hardly anybody moves, and of an end of demand that few reach."""

from entitlement_sim import Scenario, simulate
from entitlement_sim.fitting.contracts import as_of_others
from entitlement_sim.fitting.habits import fit_habits
from entitlement_sim.fitting.learned import Learned, positive, unknown
from entitlement_sim.fitting.seen import seen_in

TAKEN_UP = """
scenario: taken-up
calendar: { start: 2023-01-01, days: 1096 }
products: [Mail]
templates:
  Pack:
    { total_terms: 4, decrease_on: creation, restrict: true, term: { months: 6 }, moves_up_to: Big }
  Big: { total_terms: 90, decrease_on: creation, term: { months: 6 }, moves_down_to: Pack }
segments:
  small:
    customers: 80
    holds: [{ template: Pack, share: 0.5 }, { template: Big, share: 0.5 }]
    cases: { per_year: 12, shape: 1 }
    renewal: { inclination: { constant: 0.95 }, up_above: 1.5, down_below: 0 }
"""


def limits_of_moves(**changes: object) -> dict[str, object]:
    with simulate(Scenario.parse(TAKEN_UP).with_(changes), seed=4, threads=1) as run:
        learned = fit_habits(seen_in(run), "small", [])
    return {each.path[-1]: each.value for each in learned if each.path[-2] == "renewal"}


def test_where_nobody_moves_whatever_is_used_the_limits_lie_beyond_all_use() -> None:
    told = limits_of_moves()
    assert (told["up_above"], told["down_below"]) == (1.1, 0)


def test_where_some_move_the_limit_parts_them_from_the_others() -> None:
    told = limits_of_moves(**{"segments.small.renewal.up_above": 0.9})
    assert 0.7 < float(str(told["up_above"])) <= 1.0


def life(segment: str, mean: float, n: int) -> Learned:
    path = ("segments", segment, "life")
    value = {"ends": {"exponential": mean}}
    return Learned(path, value, "estimated", (positive(mean, 1.0, "mean days"),), n, "customers")


def test_where_few_have_left_demand_ends_as_that_of_other_segments() -> None:
    few = unknown(("segments", "large", "life"), "too few", n=4, unit="customers")
    told = as_of_others(few, [life("small", 60.0, 30), few, life("midsize", 90.0, 10)])
    assert told.value == {"ends": {"exponential": 67.5}}
    assert (told.path, told.status, told.n) == (few.path, "estimated", 40)


def test_a_segment_that_tells_by_itself_or_that_nobody_has_left_keeps_what_it_says() -> None:
    own = life("small", 60.0, 30)
    nobody = unknown(("segments", "large", "life"), "too few", n=0, unit="customers")
    for said in (own, nobody):
        assert as_of_others(said, [own, life("midsize", 90.0, 10)]) is said
    few = unknown(("segments", "large", "life"), "too few", n=4, unit="customers")
    assert as_of_others(few, [few]) is few
