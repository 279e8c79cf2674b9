"""What else a book tells: habits of sellers, how demand begins, incidents, first responses."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entitlement_sim import Scenario, fit, simulate
from entitlement_sim.fitting import Fitted
from entitlement_sim.fitting.beginnings import _climb
from entitlement_sim.fitting.bursts import _HOURS, _cases_of_hit, _likelihoods, _of_rates
from entitlement_sim.fitting.habits import _threshold

BUSY = """
scenario: busy
calendar:
  start: 2023-01-01
  days: 1096
products: [Mail, Storage]
slas: { quick: { first_response_hours: 8, resolve_hours: 80 } }
templates:
  Pack: { total_terms: 10, term: { months: 3 }, price: 100, sla: quick, moves_up_to: Large }
  Large: { total_terms: 40, term: { months: 3 }, price: 300, sla: quick, moves_down_to: Pack }
segments:
  small:
    customers: 700
    joins: { at_start: 0.2, over_days: 700 }
    life: { ends: { exponential: 30 }, never_covered: 0.2, ramp_up_days: 60 }
    holds: [{ template: Pack, share: 0.8 }]
    left_in_draft: { share: 0.1, days: 9 }
    contacts: 3
    cases: { per_year: 20, shape: 1.0 }
    products: { Mail: 60, Storage: 40 }
    resolve_hours: { lognormal: { median: 20, sigma: 1 } }
    respond_hours: { lognormal: { median: 2, sigma: 0.7 } }
    reopened: 0.1
    reopened_after_hours: { exponential: 50 }
    cancellation: { per_year: 0.2 }
    amendments: { per_year: 0.3, change: [0.5, 1.0], days_in_draft: { least: 1, most: 3 } }
    renewal:
      inclination: { beta_geometric: { alpha: 0.5, beta: 3 } }
      after_cancellation: 0.4
      up_above: 0.8
      down_below: 0.2
bursts:
  - { product: Storage, per_year: 5, hits: 0.25, cases: 1.5, over_hours: 6 }
"""


@pytest.fixture(scope="module")
def fitted() -> Iterator[Fitted]:
    with simulate(Scenario.parse(BUSY), seed=5) as run:
        yield fit(run)


TRUTH = {
    ("life.ramp_up_days", ""): 60,
    ("life.never_covered", ""): 0.2,
    ("left_in_draft", "share"): 0.1,
    ("amendments", "per year"): 0.3,
    ("amendments", "mean change"): 0.75,
    ("respond_hours", "median 1"): 2,
    ("respond_hours", "sigma 1"): 0.7,
    ("reopened_after_hours", "mean"): 50,
    ("renewal.after_cancellation", ""): 0.4,
}


@pytest.mark.parametrize(("key", "part"), TRUTH)
def test_what_was_drawn_lies_within_the_errors(fitted: Fitted, key: str, part: str) -> None:
    number = fitted.frame().set_index(["key", "part"]).loc[f"segments.small.{key}", part]
    assert abs(number["value"] - TRUTH[key, part]) < 4 * number["standard_error"]


def test_limits_of_moves_part_who_moved_from_who_did_not(fitted: Fitted) -> None:
    frame = fitted.frame().set_index("key")
    for key, truth in (("up_above", 0.8), ("down_below", 0.2)):
        number = frame.loc[f"segments.small.renewal.{key}"]
        assert number["low"] <= truth <= number["high"]


def test_incidents_of_a_product_are_found(fitted: Fitted) -> None:
    numbers = fitted.frame().set_index(["key", "part"]).loc["bursts"]
    for part, truth in (("per year", 5), ("hits", 0.25), ("cases", 1.5), ("over hours", 6)):
        number = numbers.loc[f"Storage {part}"]
        assert abs(number["value"] - truth) < 4 * number["standard_error"], part
    [burst] = fitted.scenario.model.bursts
    assert (burst.product, burst.scaled_by) == ("Storage", "nothing")


def test_drafts_contacts_and_changes_are_written(fitted: Fitted) -> None:
    small = fitted.scenario.model.segments["small"]
    assert small.left_in_draft.days == 9
    assert small.contacts == 3
    assert (min(small.amendments.change), max(small.amendments.change)) == (0.5, 1.0)
    assert (small.amendments.days_in_draft.least, small.amendments.days_in_draft.most) == (1, 3)


def test_what_cannot_be_said_in_a_scenario_stands_in_the_frame(fitted: Fitted) -> None:
    parts = set(fitted.frame()["part"])
    assert "dispersion of a customer's weeks" in parts
    assert "rank correlation with the time to the end" in parts
    assert any(part.endswith("on the working clock") for part in parts)


@given(st.lists(st.floats(0, 2, allow_subnormal=False), min_size=2, max_size=30), st.floats(0, 2))
def test_a_limit_of_use_lies_where_nobody_is_on_the_other_side(
    use: list[float], truth: float
) -> None:
    values = np.array(use)
    at, low, high, wrong = _threshold(values, values >= truth)
    assert wrong == 0
    assert low <= at <= high
    assert ((values >= high) == (values >= truth)).all() or not (values >= truth).any()


def test_a_climb_is_likeliest_as_long_as_it_is() -> None:
    expected = np.full(270, 20.0)
    part = np.minimum((np.arange(270) + 0.5) / 45, 1.0)
    observed = np.random.default_rng(1).poisson(expected * part).astype(float)
    values = [_climb(days, observed, expected) for days in range(181)]
    assert abs(int(np.argmax(values)) - 45) <= 8


@given(st.floats(0.05, 20))
def test_cases_of_those_who_felt_an_incident_are_made_up_for_those_who_had_none(
    mean: float,
) -> None:
    assert _cases_of_hit(mean / -np.expm1(-mean)) == pytest.approx(mean, rel=1e-6)


def test_hours_of_an_incident_are_told_from_an_even_stream() -> None:
    rng = np.random.default_rng(2)
    even = rng.uniform(0, 72, 40)
    after = 20 + rng.exponential(5.0, 60)
    times = np.sort(np.r_[even, after[after < 72]])
    values = pd.Series(_likelihoods(times, 60.0, 40 / 72, 72.0))
    assert 3.5 < _HOURS[int(values.idxmax())] < 7.5


@given(st.floats(0.02, 0.4), st.floats(0.3, 4), st.integers(0, 50))
def test_who_feels_an_incident_by_rate_is_told_from_writers_and_cases(
    hits: float, each: float, seed: int
) -> None:
    rates = np.random.default_rng(seed).gamma(0.5, 2.0, 400)
    relative = rates / rates.mean()
    reach = hits * relative
    felt = (np.minimum(reach, 1) * -np.expm1(-each * np.maximum(reach, 1))).mean()
    found = _of_rates(relative, float(felt), hits * each)
    assert found == pytest.approx((hits, each), rel=1e-3)
