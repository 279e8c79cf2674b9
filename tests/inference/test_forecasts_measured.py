"""Whether forecasts come true: what was measured of it, as it is kept for notebooks."""

from entitlement_sim.inference import forecasts_measured

#: Chi-square of 40 that is exceeded once in a thousand times.
MOST = 73.4


def test_numbers_in_all_scatter_as_their_futures_say() -> None:
    cuts = forecasts_measured().by_cut
    assert len(cuts) == 40
    assert (((cuts["happened"] - cuts["said"]) / cuts["deviation"]) ** 2).sum() < MOST


def test_what_was_said_in_all_is_as_near_what_happened_as_the_futures_say() -> None:
    cuts = forecasts_measured().by_cut
    off = cuts["happened"].sum() - cuts["said"].sum()
    assert abs(off) < 3.29 * (cuts["deviation"] ** 2).sum() ** 0.5


def test_bins_and_totals_are_of_the_same_contracts() -> None:
    measured = forecasts_measured()
    bins = measured.by_bin.groupby("seed")[["n", "happened"]].sum()
    totals = measured.by_cut.set_index("seed")[["n", "happened"]]
    assert (bins == totals).all(axis=None)


def test_more_run_dry_where_the_chance_is_higher() -> None:
    assert forecasts_measured().by("from_chance")["happened"].is_monotonic_increasing


def test_bands_are_shares_of_worlds() -> None:
    assert forecasts_measured().bands["within_80"].between(0, 1).all()
