"""Whether chances to run dry come true: what was measured of it stands, and is what runs say."""

import numpy as np
import pandas as pd
import pytest

from entitlement_sim.inference import forecasts_measured

from .forecast_reliability import SEEDS, measured

#: Chi-square of 24 that is exceeded once in a thousand times.
MOST = 51.2


def test_numbers_in_all_scatter_as_their_futures_say() -> None:
    cuts = forecasts_measured().by_cut
    assert (((cuts["happened"] - cuts["said"]) / cuts["deviation"]) ** 2).sum() < MOST


def test_what_was_said_in_all_is_near_what_happened() -> None:
    cuts = forecasts_measured().by_cut
    assert cuts["happened"].sum() == pytest.approx(cuts["said"].sum(), rel=0.03)


def test_a_number_in_all_is_what_came_of_such_chances_as_far_off_as_measured_cuts_were() -> None:
    tables = forecasts_measured()
    number, low, high = tables.in_all([0.6] * 50 + [0.05] * 50, 4.0)
    assert number == pytest.approx(50 * tables.ran_dry([0.6, 0.05]).sum())
    assert 0.8 * 1.96 * 4 < high - number < 1.3 * 1.96 * 4
    assert number - low == pytest.approx(high - number)
    _, none, every = tables.in_all([0.6] * 10, 1000.0)
    assert (none, every) == (0.0, 10.0)


def test_a_chance_is_shown_as_the_share_that_ran_dry_of_its_bin() -> None:
    tables = forecasts_measured()
    bins = tables.by("from_chance")
    shares = tables.ran_dry([0.0, 0.09, 0.1, 0.6, 1.0, np.nan])
    assert shares[:5].tolist() == bins["happened"].iloc[[0, 0, 1, 3, 5]].tolist()
    assert np.isnan(shares[5])
    assert bins["happened"].is_monotonic_increasing


@pytest.mark.soak
@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_kept_is_what_a_run_says(seed: int) -> None:
    kept = forecasts_measured()
    for before, now in zip((kept.by_bin, kept.by_cut), measured([seed]), strict=True):
        own = before[before["seed"] == seed].reset_index(drop=True)
        dates = now.assign(as_of=pd.to_datetime(now["as_of"]).astype(own["as_of"].dtype))
        pd.testing.assert_frame_equal(dates, own, check_dtype=False)


def test_what_was_measured_is_of_one_way_or_the_other() -> None:
    measured = forecasts_measured("simulation")
    assert measured.bands is not None
    assert measured.bands["within_80"].between(0, 1).all()
    assert forecasts_measured().bands is None
    with pytest.raises(ValueError, match="unknown way"):
        forecasts_measured("guessing")
