import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, special, stats

from entitlement_sim.metrics.exhaustion import (
    MAX_SHAPE,
    GammaPrior,
    fit_gamma_prior,
    probability_of_exhaustion,
    probability_of_exhaustion_in_hours,
    project_exhaustion,
)

priors = st.builds(GammaPrior, st.floats(0.1, 50.0), st.floats(0.1, 50.0))
cases = st.integers(0, 100)
exposures = st.floats(0.0, 50.0)
remainders = st.integers(1, 100)
PRIOR = GammaPrior(shape=1.5, exposure=0.25)
HOURS = [0.25, 0.5, 0.5, 1.0, 1.5, 4.0]


@given(prior=priors, r=remainders, n=cases, seen=exposures, coming=exposures)
def test_agrees_with_scipys_negative_binomial(prior, r, n, seen, coming) -> None:
    ours = probability_of_exhaustion(r, n, seen, coming, prior)
    success = (prior.exposure + seen) / (prior.exposure + seen + coming)
    theirs = stats.nbinom.sf(r - 1, prior.shape + n, success)
    assert ours == pytest.approx(theirs, rel=1e-8, abs=1e-13)


@pytest.mark.parametrize(("r", "n", "coming"), [(4, 6, 0.5), (20, 2, 2.0), (1, 0, 0.1)])
def test_agrees_with_simulation(r, n, coming) -> None:
    rng = np.random.default_rng(11)
    rates = rng.gamma(PRIOR.shape + n, 1 / (PRIOR.exposure + 0.5), size=200_000)
    simulated = np.mean(rng.poisson(rates * coming) >= r)
    exact = float(probability_of_exhaustion(r, n, 0.5, coming, PRIOR))
    assert exact == pytest.approx(simulated, abs=4 * np.sqrt(0.25 / 200_000))


@given(prior=priors, r=remainders, n=cases, seen=exposures, coming=exposures)
def test_more_left_is_never_riskier(prior, r, n, seen, coming) -> None:
    less, more = probability_of_exhaustion([r, r + 1], n, seen, coming, prior)
    assert 0 <= more <= less + 1e-12 <= 1 + 1e-12


@given(prior=priors, r=remainders, n=cases, seen=exposures, coming=exposures, longer=exposures)
def test_more_time_to_go_is_never_safer(prior, r, n, seen, coming, longer) -> None:
    short, long = probability_of_exhaustion(r, n, seen, [coming, coming + longer], prior)
    assert short <= long + 1e-12


@given(prior=priors, r=remainders, n=cases, seen=exposures, coming=exposures)
def test_more_cases_seen_are_never_safer(prior, r, n, seen, coming) -> None:
    few, many = probability_of_exhaustion(r, [n, n + 1], seen, coming, prior)
    assert few <= many + 1e-12


@pytest.mark.parametrize("remaining", [0, -1, -0.5])
def test_nothing_left_has_run_dry(remaining) -> None:
    assert probability_of_exhaustion(remaining, 0, 1.0, 0.0, PRIOR) == 1.0
    hours = probability_of_exhaustion_in_hours(remaining, 0, 1.0, 0.0, PRIOR, HOURS)
    assert hours == 1.0


def test_fraction_left_lasts_for_one_more_case() -> None:
    fraction, whole = probability_of_exhaustion([2.01, 3], 6, 0.5, 0.5, PRIOR)
    assert fraction == whole


def test_something_left_and_no_time_to_go_does_not_run_dry() -> None:
    assert probability_of_exhaustion(1, 9, 0.5, 0.0, PRIOR) == 0.0
    assert probability_of_exhaustion_in_hours(1, 9, 0.5, 0.0, PRIOR, HOURS) < 1e-14


def test_unlimited_never_runs_dry_and_unknown_stays_unknown() -> None:
    chances = probability_of_exhaustion([np.inf, np.nan], 9, 0.5, 0.5, PRIOR)
    assert chances[0] == 0.0
    assert np.isnan(chances[1])
    hours = probability_of_exhaustion_in_hours([np.inf, np.nan], 9, 0.5, 0.5, PRIOR, HOURS)
    assert hours[0] == 0.0
    assert np.isnan(hours[1])


def test_entitlement_just_begun_rests_on_the_prior() -> None:
    chance = probability_of_exhaustion(3, 0, 0.0, 1.0, PRIOR)
    assert chance == pytest.approx(stats.nbinom.sf(2, 1.5, 0.25 / 1.25))


def test_answers_are_right_over_a_portfolio() -> None:
    """Of the entitlements given 20-40 %, about 30 % run dry, and so on."""
    rng = np.random.default_rng(21)
    rates = rng.gamma(2.0, 3.0, size=100_000)
    seen, coming = 0.4, 0.6
    n, later = rng.poisson(rates * seen), rng.poisson(rates * coming)
    left = np.maximum(rng.integers(2, 16, size=100_000) - n, 0)
    prior = fit_gamma_prior(n, np.full(len(n), seen))
    chance = probability_of_exhaustion(left, n, seen, coming, prior)
    dry = later >= left
    for low in (0.0, 0.2, 0.4, 0.6, 0.8):
        among = (chance >= low) & (chance < low + 0.2)
        assert dry[among].mean() == pytest.approx(chance[among].mean(), abs=0.015)


@pytest.mark.parametrize(("n", "seen", "coming"), [(-1, 1, 1), (1, -1, 1), (1, 1, np.nan)])
def test_negative_or_missing_history_is_refused(n, seen, coming) -> None:
    with pytest.raises(ValueError, match="from 0 up"):
        probability_of_exhaustion(1, n, seen, coming, PRIOR)


@pytest.mark.parametrize(("remaining", "n", "coming"), [(4.0, 6, 0.5), (8.0, 6, 0.5), (2.5, 0, 1)])
def test_hours_agree_with_a_simulated_compound_sum(remaining, n, coming) -> None:
    rng, draws = np.random.default_rng(12), 40_000
    rates = rng.gamma(PRIOR.shape + n, 1 / (PRIOR.exposure + 0.5), size=draws)
    arrivals = rng.poisson(rates * coming)
    charged = rng.choice(HOURS, size=arrivals.sum())
    spent = np.bincount(np.repeat(np.arange(draws), arrivals), charged, minlength=draws)
    simulated = np.mean(spent >= remaining)
    ours = probability_of_exhaustion_in_hours(remaining, n, 0.5, coming, PRIOR, HOURS)
    assert ours == pytest.approx(simulated, abs=0.012)


def test_hours_of_one_each_are_cases() -> None:
    history = ([1, 4, 7, 2.5], [0, 3, 9, 1], 0.5, [0.5, 0.2, 0.9, 1.0], PRIOR)
    hours = probability_of_exhaustion_in_hours(*history, [1.0])
    assert hours == pytest.approx(probability_of_exhaustion(*history))


def test_cases_without_a_charge_thin_the_stream_out() -> None:
    half_free = probability_of_exhaustion_in_hours(3, 4, 0.5, 0.8, PRIOR, [0, 1])
    assert half_free == pytest.approx(probability_of_exhaustion(3, 4, 0.5, 0.4, PRIOR))


def test_free_cases_alone_never_run_dry() -> None:
    chances = probability_of_exhaustion_in_hours([3, 0], 4, 0.5, 0.8, PRIOR, [0, 0])
    assert chances.tolist() == [0.0, 1.0]


def test_tenths_of_hours_add_up_exactly() -> None:
    """Seven times 0.1 h is 0.7 h, although the floats add up to less."""
    known = (6, 0.5, 0.5, PRIOR)
    seven = probability_of_exhaustion_in_hours(0.7, *known, [0.1])
    assert seven == pytest.approx(probability_of_exhaustion(7, *known))


def panjer(remaining, size, share, hours):
    """P(sum >= remaining) by the recursion of textbooks, cases without a charge included."""
    charged = np.rint(np.array(hours) * 100).astype(int)
    f = np.bincount(charged) / len(charged)
    g = np.zeros(round(remaining * 100))
    g[0] = ((1 - share) / (1 - share * f[0])) ** size
    for s in range(1, len(g)):
        j = np.arange(1, min(s, len(f) - 1) + 1)
        terms = (share + (size - 1) * share * j / s) * f[j] * g[s - j]
        g[s] = terms.sum() / (1 - share * f[0])
    return 1 - g.sum()


@pytest.mark.parametrize("seed", range(8))
def test_hours_agree_with_an_independent_panjer(seed) -> None:
    """Whole minutes, taken to hundredths of an hour; some cases are charged nothing."""
    rng = np.random.default_rng(seed)
    hours = np.rint(rng.lognormal(-0.5, 1.0, 150) * 60) / 60
    hours[: rng.integers(0, 60)] = 0
    n, seen, coming = int(rng.integers(0, 30)), rng.uniform(0.1, 1), rng.uniform(0.1, 1)
    left = round(rng.uniform(0.5, 30), 2)
    ours = probability_of_exhaustion_in_hours(left, n, seen, coming, PRIOR, hours)
    theirs = panjer(left, 1.5 + n, coming / (0.25 + seen + coming), hours)
    assert ours == pytest.approx(theirs, abs=1e-9)


def test_a_probability_of_no_case_below_any_float_is_no_hindrance() -> None:
    """4,000 cases of an hour come, give or take 90."""
    known = (4000, 1.0, 1.0, GammaPrior(1.0, 0.001), [0.5, 1.5])
    chances = probability_of_exhaustion_in_hours([3500, 4000, 4500], *known)
    assert chances == pytest.approx([1.0, 0.5, 0.0], abs=0.02)
    assert 0 < chances[2] < 1e-6


def test_large_balances_are_reckoned_to_their_end() -> None:
    """Charges of a quarter of an hour are cases four times as small."""
    in_hours = probability_of_exhaustion_in_hours(3000, 9000, 1.0, 1.3, PRIOR, [0.25])
    in_cases = probability_of_exhaustion(12_000, 9000, 1.0, 1.3, PRIOR)
    assert in_hours == pytest.approx(in_cases, abs=1e-9)


def test_a_balance_beyond_all_use_lasts() -> None:
    assert probability_of_exhaustion_in_hours(1e300, 4, 0.5, 0.8, PRIOR, HOURS) < 1e-14


def test_a_balance_between_two_hundredths_lasts_to_the_next() -> None:
    known = (6, 0.5, 0.5, PRIOR, [0.01])
    between, following = probability_of_exhaustion_in_hours([0.035, 0.04], *known)
    assert between == following
    assert probability_of_exhaustion_in_hours(0.001, *known) == pytest.approx(
        probability_of_exhaustion_in_hours(0.01, *known)
    )


def test_nothing_to_come_empties_nothing() -> None:
    assert probability_of_exhaustion_in_hours([1, 5000], 9, 0.5, 0.0, PRIOR, HOURS).max() == 0


@settings(deadline=None)
@given(prior=priors, n=st.integers(0, 20), seen=st.floats(0.1, 5), coming=st.floats(0.0, 5))
def test_hours_are_monotone_in_what_is_left_and_in_time(prior, n, seen, coming) -> None:
    left = [0.5, 1.0, 3.0, 10.0]
    chance = probability_of_exhaustion_in_hours(left, n, seen, coming, prior, HOURS)
    later = probability_of_exhaustion_in_hours(left, n, seen, coming + 1, prior, HOURS)
    assert (np.diff(chance) <= 1e-12).all()
    assert (chance <= later + 1e-12).all()


def test_hours_keep_the_shape_of_the_question() -> None:
    grid = probability_of_exhaustion_in_hours([[1.0], [2.0]], [1, 2, 3], 0.5, 0.5, PRIOR, HOURS)
    assert grid.shape == (2, 3)
    assert probability_of_exhaustion_in_hours([], 1, 1, 1, PRIOR, HOURS).shape == (0,)


@pytest.mark.parametrize("hours", [[], [-1.0, 2.0]])
def test_hours_to_draw_from_are_needed(hours) -> None:
    with pytest.raises(ValueError, match="hours per case"):
        probability_of_exhaustion_in_hours(1, 1, 1, 1, PRIOR, hours)


@pytest.fixture(scope="module")
def portfolio() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(31)
    exposure = rng.uniform(0.05, 2.0, size=3000)
    return rng.poisson(rng.gamma(1.6, 4.0, size=3000) * exposure), exposure


def test_likelihood_fit_agrees_with_scipy(portfolio) -> None:
    n, exposure = portfolio

    def negative(logs):
        rate, shape = np.exp(logs)
        return -stats.nbinom.logpmf(n, shape, shape / (shape + rate * exposure)).sum()

    theirs = optimize.minimize(
        negative, [0.0, 0.0], method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-8}
    )
    prior = fit_gamma_prior(n, exposure)
    assert np.log([prior.mean_rate, prior.shape]) == pytest.approx(theirs.x, abs=1e-5)


@pytest.mark.parametrize(("method", "tolerance"), [("likelihood", 0.1), ("moments", 0.15)])
def test_fit_finds_the_prior_that_made_the_portfolio(portfolio, method, tolerance) -> None:
    prior = fit_gamma_prior(*portfolio, method=method)
    assert prior.shape == pytest.approx(1.6, rel=tolerance)
    assert prior.mean_rate == pytest.approx(6.4, rel=0.05)


def test_moments_by_hand() -> None:
    """Mean 12 / 5; squared deviations 5.76 * 2 + 0.16 * 2 + 31.36 = 43.2, less 12 is 31.2."""
    prior = fit_gamma_prior([0, 0, 2, 2, 8], [1, 1, 1, 1, 1], method="moments")
    assert prior.shape == pytest.approx(2.4**2 * 5 / 31.2)
    assert prior.mean_rate == pytest.approx(2.4)


@pytest.mark.parametrize("method", ["likelihood", "moments"])
def test_cases_that_scatter_no_more_than_chance_share_one_rate(method) -> None:
    prior = fit_gamma_prior([2, 2, 3, 2], [1, 1, 1, 1], method=method)
    assert prior.shape == MAX_SHAPE
    assert prior.mean_rate == pytest.approx(2.25)
    chance = probability_of_exhaustion(4, 0, 0.0, 1.0, prior)
    assert chance == pytest.approx(stats.poisson.sf(3, 2.25), rel=1e-3)


def log_likelihood(n, exposure, shape, rate):
    """Of the negative binomial, but for a constant: sums of log1p lose nothing at large shapes."""
    rising = np.array([np.log1p(np.arange(int(count)) / shape).sum() for count in n])
    return (rising + n * np.log(rate) - (shape + n) * np.log1p(rate * exposure / shape)).sum()


def highest_of_profile(n, exposure, shapes):
    """The greatest likelihood that any rate has with one of these shapes: rates by bisection."""
    shapes = shapes[:, None]
    low, high = np.full(shapes.shape, 1e-9), np.full(shapes.shape, 1e9)
    for _ in range(80):
        rate = np.sqrt(low * high)
        is_low = ((n - rate * exposure) / (shapes + rate * exposure)).sum(1, keepdims=True) > 0
        low, high = np.where(is_low, rate, low), np.where(is_low, high, rate)
    rising = special.gammaln(shapes + n) - special.gammaln(shapes) - n * np.log(shapes)
    taken = (shapes + n) * np.log1p(rate * exposure / shapes)
    return (rising + n * np.log(rate) - taken).sum(1).max()


def random_portfolio(seed):
    """Counts of a random gamma prior, with exposures over four decades."""
    rng = np.random.default_rng(seed)
    size = int(rng.integers(2, 60))
    exposure = 10 ** rng.uniform(-2, 2, size)
    shape, rate = 10 ** rng.uniform(-1.5, 1.5), 10 ** rng.uniform(-1, 1.5)
    return rng.poisson(rng.gamma(shape, rate / shape, size) * exposure), exposure


def falls_short(seed):
    """Whether the fit lies below Poisson, which the largest shape is, or below a profile."""
    n, exposure = random_portfolio(seed)
    if n.sum() == 0:
        return False
    pooled = n.sum() / exposure.sum()
    prior = fit_gamma_prior(n, exposure)
    poisson = (n * np.log(pooled) - pooled * exposure).sum()
    reached = (
        poisson
        if prior.shape == MAX_SHAPE
        else log_likelihood(n, exposure, prior.shape, prior.mean_rate)
    )
    profile = highest_of_profile(n, exposure, np.geomspace(1e-3, 1e5, 60))
    return max(poisson, profile) > reached + 1e-6


def test_fit_is_never_below_poisson_or_a_profile() -> None:
    assert [seed for seed in range(100) if falls_short(seed)] == []


@pytest.mark.soak
def test_fit_is_never_below_poisson_or_a_profile_on_many_sets() -> None:
    assert [seed for seed in range(10_000) if falls_short(seed)] == []


def test_a_row_of_long_exposure_hides_no_spread() -> None:
    """It has just the mean, so that squared deviations are no more than chance would have them."""
    rng = np.random.default_rng(1)
    few = rng.poisson(rng.gamma(0.3, 3 / 0.3, size=40) * 0.1)
    exposure = np.append(np.full(40, 0.1), 20.0)
    n = np.append(few, round(few.mean() * 200))
    prior = fit_gamma_prior(n, exposure)
    poisson = log_likelihood(n, exposure, MAX_SHAPE, n.sum() / exposure.sum())
    assert fit_gamma_prior(n, exposure, method="moments").shape == MAX_SHAPE
    assert prior.shape < 0.2
    assert log_likelihood(n, exposure, prior.shape, prior.mean_rate) > poisson + 10


def test_rows_without_exposure_say_nothing() -> None:
    with_row = fit_gamma_prior([0, 5, 1, 0], [1, 1, 1, 0])
    assert with_row == fit_gamma_prior([0, 5, 1], [1, 1, 1])


@settings(deadline=None)
@given(
    n=st.lists(st.integers(0, 60), min_size=2, max_size=30).filter(any),
    seed=st.integers(0, 100),
)
def test_every_portfolio_with_a_case_gets_a_prior(n, seed) -> None:
    exposure = np.random.default_rng(seed).uniform(0.01, 3.0, size=len(n))
    for method in ("likelihood", "moments"):
        prior = fit_gamma_prior(n, exposure, method=method)
        assert 0 < prior.shape <= MAX_SHAPE
        assert prior.mean_rate > 0


@pytest.mark.parametrize(
    ("n", "exposure", "message"),
    [
        ([0, 0], [1, 1], "single case"),
        ([], [], "single case"),
        ([1, 1], [1, 0], "no exposure"),
        ([-1, 1], [1, 1], "from 0 up"),
        ([1, 1], [1, np.nan], "from 0 up"),
        ([1, 1], [1], "one length"),
    ],
)
def test_portfolios_that_say_nothing_are_refused(n, exposure, message) -> None:
    with pytest.raises(ValueError, match=message):
        fit_gamma_prior(n, exposure)


@pytest.mark.parametrize(("shape", "exposure"), [(0, 1), (1, 0), (np.inf, 1), (np.nan, 1)])
def test_prior_wants_positive_parameters(shape, exposure) -> None:
    with pytest.raises(ValueError, match="positive"):
        GammaPrior(shape, exposure)


def test_projection_is_balance_over_rate() -> None:
    assert project_exhaustion(12, 7, 7, 365).days == 12.0


def test_projection_at_zero_rate_is_infinite() -> None:
    forecast = project_exhaustion(5, 0, 30, 100)
    assert forecast.days == np.inf
    assert forecast.lasts_the_term


def test_projection_after_more_was_given_back_than_taken_is_infinite() -> None:
    assert project_exhaustion(5, -2, 30, 100).days == np.inf


@pytest.mark.parametrize("remaining", [0, -1.5])
def test_projection_of_an_empty_balance_is_zero_and_flagged(remaining) -> None:
    forecast = project_exhaustion(remaining, 3, 30, 100)
    assert forecast.days == 0.0
    assert forecast.already_empty
    assert not forecast.lasts_the_term


def test_projection_without_a_covered_day_in_the_window_is_infinite() -> None:
    assert project_exhaustion(5, 0, 0, 100).days == np.inf


@pytest.mark.parametrize("unlimited", [np.nan, np.inf])
def test_projection_of_an_unlimited_allotment_lasts_the_term(unlimited) -> None:
    forecast = project_exhaustion(unlimited, 9, 30, 100)
    assert forecast.days == np.inf
    assert not forecast.already_empty
    assert forecast.lasts_the_term


def test_projection_beyond_the_end_lasts_the_term() -> None:
    forecast = project_exhaustion([10, 10], 30, 30, [10, 9])
    assert forecast.days.tolist() == [10.0, 10.0]
    assert forecast.lasts_the_term.tolist() == [False, True]


def test_choice_of_window_changes_the_forecast() -> None:
    last_week, last_month = 7, 10
    assert project_exhaustion(10, [last_week, last_month], [7, 30], 365).days.tolist() == [10, 30]


def test_projection_through_a_weekend_waits_for_monday() -> None:
    """One a working day; from Friday on two are left: Friday's goes, Monday's comes."""
    friday_on = [1, 0, 0, 1, 1]
    forecast = project_exhaustion([1, 2, 1.5], 5, 5, 100, season=friday_on)
    assert forecast.days.tolist() == [1.0, 4.0, 3.5]


def test_last_day_of_the_season_goes_on() -> None:
    """One on the first day, two on every other: nine more take four days and a half."""
    assert project_exhaustion(10, 1, 1, 100, season=[1, 2]).days == 5.5


def test_season_that_ends_quiet_never_empties_the_balance() -> None:
    assert project_exhaustion(10, 1, 1, 100, season=[1, 0]).days == np.inf


@given(r=st.floats(0.5, 1e3), used=st.floats(0.01, 100), window=st.floats(1, 365))
def test_flat_season_changes_nothing(r, used, window) -> None:
    plain = project_exhaustion(r, used, window, 100).days
    flat = project_exhaustion(r, used, window, 100, season=np.ones(50)).days
    assert flat == pytest.approx(plain)


@pytest.mark.parametrize("season", [[], [1, -1], [np.nan]])
def test_season_is_relative_demand(season) -> None:
    with pytest.raises(ValueError, match="season"):
        project_exhaustion(5, 1, 1, 100, season=season)


@pytest.mark.parametrize(("window", "until"), [(-1, 10), (10, -1), (np.nan, 10)])
def test_windows_and_terms_are_not_negative(window, until) -> None:
    with pytest.raises(ValueError, match="from 0 up"):
        project_exhaustion(5, 1, window, until)
