"""A fitted scenario whose numbers are drawn anew is one that the book may have come from."""

import math
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entitlement_sim import Run, Scenario
from entitlement_sim.fitting import Fitted
from entitlement_sim.fitting.drawing import Drawing, Drawn
from entitlement_sim.fitting.learned import Learned, Number, plain, positive, share

WORLD = """
scenario: world
calendar: { start: 2023-01-01, days: 1096, growth: 0.05 }
templates:
  Pack: { total_terms: 10, term: { months: 12 } }
  Hours: { allocation: hours, total_terms: 20, term: { months: 12 } }
segments:
  small:
    customers: 90
    holds: [{ template: Pack }]
    cases: { per_year: 9, shape: 0.6 }
    renewal: { inclination: { beta_geometric: { alpha: 0.7, beta: 2.5 } } }
  large:
    customers: 30
    holds: [{ template: Hours }]
    cases: { per_year: 40, shape: 1.5 }
    billable_minutes: { lognormal: { median: 25, sigma: 0.8 } }
"""
SMALL = ("segments", "small")
RENEWAL = (*SMALL, "renewal", "inclination")
#: Years from the first day to the middle of the book.
MIDDLE = 1096 / 365.25 / 2


def drawing(*learned: Learned, text: str = WORLD) -> Drawing:
    """Drawing of a scenario of which so much is learned."""
    return Drawing(Fitted(cast(Run, None), text, learned))


def learned(path: tuple[str, ...], *numbers: Number, **more: Any) -> Learned:
    return Learned(path, "as the text has it", "estimated", numbers, **more)


def drawn(of: Drawing, many: int) -> list[Drawn]:
    rng = np.random.default_rng(1)
    return [of.draw(rng) for _ in range(many)]


def rate_of(one: Drawn) -> float:
    return one.model.segments["small"].cases.per_year


def test_a_rate_is_as_far_off_as_its_error_has_it() -> None:
    number = positive(9.0, 0.9)
    of = drawing(learned((*SMALL, "cases", "per_year"), number))
    logarithms = np.log([rate_of(one) for one in drawn(of, 400)])
    assert logarithms.mean() == pytest.approx(math.log(9.0), abs=3 * 0.1 / 20)
    assert logarithms.std() == pytest.approx(number.spread, rel=0.12)
    assert number.spread == pytest.approx(0.1)


def test_what_no_error_is_known_of_stays() -> None:
    none = learned((*SMALL, "cases", "per_year"), Number("", 9.0))
    default = Learned((*SMALL, "cases", "shape"), None, "default", (positive(0.6, 0.3),))
    [one] = drawn(drawing(none, default), 1)
    assert one.model == Scenario.parse(WORLD).model
    assert one.level == 1.0


@given(value=st.floats(0.001, 0.999), error=st.floats(1e-4, 0.4), by=st.floats(-4, 4))
def test_a_share_stays_one_however_far_off(value: float, error: float, by: float) -> None:
    number = share(value, error)
    assert 0 <= number.moved(value, by * number.spread) <= 1


@given(value=st.floats(0.01, 100), error=st.floats(1e-3, 10))
def test_a_number_at_its_limits_is_two_errors_off(value: float, error: float) -> None:
    for number in (positive(value, error), plain(value, error)):
        if number.is_drawn:
            at = number.moved(value, 1.959963984540054 * number.spread)
            assert at == pytest.approx(number.high, rel=1e-9)


def test_numbers_that_are_told_together_are_drawn_together() -> None:
    numbers = positive(0.7, 0.2, "alpha"), positive(2.5, 0.9, "beta")
    of = drawing(learned(RENEWAL, *numbers, together=((1.0, 0.95), (0.95, 1.0))))
    found = [
        one.model.segments["small"].renewal.inclination.beta_geometric for one in drawn(of, 80)
    ]
    both = np.log([(own.alpha, own.beta) for own in found if own is not None])
    assert len(both) == 80
    assert np.corrcoef(both.T)[0, 1] > 0.9


def test_parts_of_a_mixture_still_come_to_all() -> None:
    text = WORLD.replace(
        "billable_minutes: { lognormal: { median: 25, sigma: 0.8 } }",
        "billable_minutes: { mixture: [{ share: 0.4, median: 5, sigma: 1 }, "
        "{ share: 0.6, median: 50, sigma: 1 }] }",
    )
    numbers = (
        *(share(0.4, 0.05, "share 1"), positive(5.0, 1.0, "median 1"), positive(1, 0.1, "sigma 1")),
        *(share(0.6, 0.05, "share 2"), positive(50.0, 5, "median 2"), positive(1, 0.1, "sigma 2")),
    )
    of = drawing(learned(("segments", "large", "billable_minutes"), *numbers), text=text)
    medians = []
    for one in drawn(of, 20):
        parts = one.model.segments["large"].billable_minutes.mixture
        assert parts is not None
        assert sum(part.share for part in parts) == pytest.approx(1.0)
        medians.append(parts[1].median)
    assert np.std(medians) > 1.0


def test_a_level_that_is_not_told_from_none_may_be_one() -> None:
    likely = tuple((sd, 60.0, sd / 3, 0.0, 0.03) for sd in (0.02, 0.05, 0.1))
    none = Learned(("calendar", "level"), None, "default", likely=likely)
    found = drawn(drawing(none), 60)
    assert {one.model.calendar.level.sd for one in found} == {0.02, 0.05, 0.1}
    assert np.std([math.log(one.level) for one in found]) == pytest.approx(0.02, rel=0.4)
    # Rates are of a level of 1: they have in them what it was.
    assert all(
        one.level * rate_of(one) * grown(one) == pytest.approx(9.0 * 1.05**MIDDLE) for one in found
    )


def grown(one: Drawn) -> float:
    return (1.0 + one.model.calendar.growth) ** MIDDLE


def test_what_all_rates_share_is_drawn_once() -> None:
    """The error of a rate is not made larger by what the level has in it."""
    likely = ((0.1, 60.0, 0.08, 0.0, 1e-6),)
    level = Learned(("calendar", "level"), None, "default", likely=likely)
    rate = learned((*SMALL, "cases", "per_year"), positive(9.0, 0.9), of_level=0.08)
    logarithms = np.log([rate_of(one) for one in drawn(drawing(level, rate), 400)])
    assert logarithms.std() == pytest.approx(0.1, rel=0.12)


def test_growth_is_held_against_what_is_usual() -> None:
    """A trend that a book hardly tells is one of some per cent a year, and not what it says."""
    level = Learned(("calendar", "level"), None, "default", likely=((0.1, 60.0, 0.0, 0.5, 0.5),))
    growth = [math.log1p(one.model.calendar.growth) for one in drawn(drawing(level), 200)]
    assert np.mean(growth) == pytest.approx(0.5 * 0.03**2 / (0.03**2 + 0.5**2), abs=0.01)
    assert np.std(growth) == pytest.approx(0.03, rel=0.2)


def test_few_customers_differ_though_they_do_not_tell_how() -> None:
    few = Learned((*SMALL, "cases", "shape"), None, "default", n=12, unit="customers")
    alike = Learned(("segments", "large", "cases", "shape"), None, "default", n=300)
    of = drawing(few, alike, text=WORLD.replace(", shape: 0.6", "").replace(", shape: 1.5", ""))
    shapes = [one.model.segments["small"].cases.shape for one in drawn(of, 100)]
    assert 0.7 < float(np.median(np.asarray(shapes, float))) < 1.4
    assert len(set(shapes)) == 100
    [one] = drawn(of, 1)
    for model in (one.model, of.likeliest()):
        assert model.segments["small"].cases.shape is not None
        assert model.segments["large"].cases.shape is None
