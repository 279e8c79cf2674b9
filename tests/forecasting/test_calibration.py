"""Whether bands and chances of forecasts hold over many worlds, and how that is told."""

import pandas as pd
import pytest

from .calibration import (
    COUNTED,
    REPLICATIONS,
    World,
    chi_square_point,
    coverage,
    measured,
    over_year,
    reliability,
    squares,
)

#: 80 % bands that hold 80 % do so in 74 to 86 % of 200 worlds, 97 times in 100.
WORLDS = 200
#: Worlds that are forecast by a fit, and in how many of them at least 80 % bands of one month hold,
#: where they hold 80 %, 999 times in 1,000.
FITTED = 54
FITTED_LEAST = 33


@pytest.fixture(scope="module")
def worlds() -> list[World]:
    return [measured(seed) for seed in range(1001, 1001 + WORLDS)]


@pytest.fixture(scope="module")
def fitted_worlds() -> list[World]:
    return [measured(seed, fitted=True) for seed in range(2001, 2001 + FITTED)]


@pytest.mark.soak
@pytest.mark.parametrize("quantity", ["covered", "hours", "expiries", "renewals"])
def test_a_band_of_80_per_cent_holds_in_74_to_86_of_100_worlds(
    worlds: list[World], quantity: str
) -> None:
    told = coverage(pd.concat([world.months for world in worlds])).set_index("quantity")
    assert told.loc[quantity, "worlds"] == WORLDS
    assert 0.74 <= told.loc[quantity, "within_80"] <= 0.86


@pytest.mark.soak
def test_as_many_run_dry_as_the_futures_allow_for(worlds: list[World]) -> None:
    totals = pd.DataFrame([world.total for world in worlds])
    assert squares(totals) < chi_square_point(WORLDS)


@pytest.mark.soak
def test_chances_to_run_dry_come_true_in_every_bin(worlds: list[World]) -> None:
    told = reliability(pd.concat([world.bins for world in worlds]))
    assert len(told) == 5
    assert ((told["low"] <= 0) & (told["high"] >= 0)).all(), told


@pytest.mark.soak
@pytest.mark.parametrize("quantity", COUNTED)
def test_bands_by_a_fit_hold_as_often_as_they_say(
    fitted_worlds: list[World], quantity: str
) -> None:
    months = pd.concat([world.months for world in fitted_worlds])
    one = coverage(months).set_index("quantity").loc[quantity]
    assert one["worlds"] == FITTED
    assert round(one["within_80"] * FITTED) >= FITTED_LEAST
    # Over all months: no more and no less than 74 to 86 %, as far as so many worlds tell.
    year = over_year(months).set_index("quantity").loc[quantity]
    assert year["low_80"] <= 0.86
    assert year["high_80"] >= 0.74


def test_bands_are_counted_over_worlds_and_not_over_their_months() -> None:
    months = pd.DataFrame(
        [
            {"quantity": quantity, "ahead": ahead, "pit": pit, "held_80": True, "came": 10.0}
            for quantity in ("covered", "hours", "expiries", "renewals", "cases", "ran_dry")
            for ahead in (1, 2, 3, 4)
            for pit in (0.05, 0.2, 0.5, 0.95 if ahead == 3 else 0.5)
        ]
    )
    told = coverage(months).set_index("quantity").loc["covered"]
    assert (told["worlds"], told["within_50"], told["within_80"]) == (4, 0.25, 0.5)


def test_months_of_a_world_count_as_one() -> None:
    months = pd.DataFrame(
        [
            {"seed": seed, "quantity": quantity, "pit": pit, "came": came, "median": 10.0}
            for quantity in COUNTED
            for seed, pits, came in ((1, (0.5, 0.05), 12.0), (2, (0.5, 0.6), 10.0))
            for pit in pits
        ]
    )
    told = over_year(months).set_index("quantity").loc["hours"]
    assert (told["worlds"], told["within_80"], told["more"]) == (2, 0.75, 1.1)
    # Shares of .5 and 1: the mean is .75, its standard error .25, with one degree of freedom.
    assert told["high_80"] - 0.75 == pytest.approx(12.706 * 0.25, rel=1e-3)


def test_what_ran_dry_is_taken_in_deviations_of_its_own_futures() -> None:
    totals = pd.DataFrame({"said": [10.0, 20.0], "deviation": [2.0, 5.0], "happened": [14, 20]})
    assert squares(totals) == pytest.approx(4.0 / (1 + 1 / REPLICATIONS))


def test_limits_of_a_bin_are_those_of_the_mean_over_worlds() -> None:
    bins = pd.DataFrame(
        {
            "seed": [1, 1, 2],
            "from_chance": [0.1, 0.1, 0.1],
            "n": [5, 5, 20],
            "said": [1.0, 1.0, 4.0],
            "happened": [1, 2, 4],
        }
    )
    [told] = reliability(bins).to_dict("records")
    assert (told["worlds"], told["n"]) == (2, 30)
    assert told["said"] == pytest.approx(6 / 30)
    assert told["happened"] == pytest.approx(7 / 30)
    # The differences are .1 and 0: their mean is .05, its standard error too.
    assert told["high"] - 0.05 == pytest.approx(63.657 * 0.05, rel=1e-3)


def test_the_point_of_chi_square_is_that_of_the_tables() -> None:
    assert chi_square_point(40) == pytest.approx(73.40, abs=0.1)
    assert chi_square_point(200) == pytest.approx(267.54, abs=0.2)
