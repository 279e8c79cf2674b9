from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import optimize, special

from entitlement_sim.metrics.shifted_beta_geometric import (
    NotIdentifiedError,
    ShiftedBetaGeometric,
    fit_cohorts,
    fit_renewals,
    fit_survivors,
)

# Survivors in percent by year (Berry and Linoff 2004, in Fader and Hardie 2007).
HIGH_END = [100, 86.9, 74.3, 65.3, 59.3, 55.1, 51.7, 49.1, 46.8, 44.5, 42.7, 40.9, 39.4]
REGULAR = [100, 63.1, 46.8, 38.2, 32.6, 28.9, 26.2, 24.1, 22.3, 20.7, 19.4, 18.3, 17.3]

parameters = st.floats(0.05, 50.0)
models = st.builds(ShiftedBetaGeometric, parameters, parameters)


def negative_log_likelihood(logs: np.ndarray, survivors: list[float]) -> float:
    """Fader and Hardie's form: those lost at each renewal, and those who remain."""
    alpha, beta = np.exp(logs)
    t = np.arange(1, len(survivors))
    lost = special.betaln(alpha + 1, beta + t - 1) - special.betaln(alpha, beta)
    remain = special.betaln(alpha, beta + t[-1]) - special.betaln(alpha, beta)
    return -float(-np.diff(survivors) @ lost + survivors[-1] * remain)


@pytest.mark.parametrize(
    ("curve", "alpha", "beta"), [(HIGH_END, 0.6681, 3.8061), (REGULAR, 0.7041, 1.1820)]
)
def test_parameters_of_the_published_renewal_curves(curve, alpha, beta) -> None:
    model = fit_survivors(curve[:8]).model
    assert model.alpha == pytest.approx(alpha, abs=5e-5)
    assert model.beta == pytest.approx(beta, abs=5e-5)


def test_log_likelihood_of_a_high_end_customer() -> None:
    assert fit_survivors(HIGH_END[:8]).log_likelihood / 100 == pytest.approx(-1.6112, abs=5e-5)


@pytest.mark.parametrize(
    ("curve", "predicted", "error"),
    [
        (HIGH_END, [0.460, 0.436, 0.414, 0.395, 0.378], 0.028),
        (REGULAR, [0.220, 0.204, 0.191, 0.180, 0.170], 0.015),
    ],
)
def test_years_held_out_are_foretold(curve, predicted, error) -> None:
    actual = np.array(curve[8:]) / 100
    foretold = fit_survivors(curve[:8]).model.survival(np.arange(8, 13))
    assert foretold == pytest.approx(predicted, abs=5e-4)
    assert np.mean(np.abs(foretold / actual - 1)) == pytest.approx(error, abs=5e-4)


@pytest.mark.parametrize(("curve", "share"), [(HIGH_END, 0.295), (REGULAR, 0.087)])
def test_constant_rate_through_year_seven_falls_far_below_year_twelve(curve, share) -> None:
    constant = (curve[7] / 100) ** (12 / 7)
    assert constant == pytest.approx(share, abs=1e-3)
    foretold = float(fit_survivors(curve[:8]).model.survival(12))
    actual = curve[12] / 100
    assert abs(foretold - actual) < abs(constant - actual) / 5


@pytest.mark.parametrize("curve", [HIGH_END[:8], REGULAR[:8], HIGH_END, REGULAR[:4]])
def test_fit_agrees_with_scipy(curve) -> None:
    fit = fit_survivors(curve)
    theirs = optimize.minimize(
        negative_log_likelihood,
        [0.0, 0.0],
        (curve,),
        method="Nelder-Mead",
        options={"xatol": 1e-9, "fatol": 1e-12, "maxiter": 5000},
    )
    assert np.log([fit.model.alpha, fit.model.beta]) == pytest.approx(theirs.x, abs=1e-6)
    assert fit.log_likelihood == pytest.approx(-theirs.fun, rel=1e-10)


def test_standard_errors_are_those_of_the_observed_information() -> None:
    heads = [10 * share for share in HIGH_END[:8]]
    fit = fit_survivors(heads)
    point = np.array([fit.model.alpha, fit.model.beta])
    step = 1e-4

    def value(a, b):
        return negative_log_likelihood(np.log([a, b]), heads)

    information = np.empty((2, 2))
    for i in range(2):
        for j in range(2):
            left, right = step * np.eye(2)[i], step * np.eye(2)[j]
            information[i, j] = (
                value(*(point + left + right))
                - value(*(point + left - right))
                - value(*(point - left + right))
                + value(*(point - left - right))
            ) / (4 * step**2)
    expected = np.sqrt(np.diag(np.linalg.inv(information)))
    assert fit.standard_errors == pytest.approx(expected, rel=1e-3)


def test_more_customers_with_the_same_shares_narrow_the_interval_only() -> None:
    few, many = fit_survivors(REGULAR), fit_survivors([100 * share for share in REGULAR])
    assert many.model.alpha == pytest.approx(few.model.alpha, rel=1e-8)
    assert many.standard_errors[0] == pytest.approx(few.standard_errors[0] / 10, rel=1e-6)
    assert few.alpha.low < many.alpha.low < many.alpha.value < many.alpha.high < few.alpha.high


def test_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    truth = ShiftedBetaGeometric(0.8, 3.75)
    rng, trials, covered = np.random.default_rng(3), 300, np.zeros(3)
    for _ in range(trials):
        leaving = rng.beta(0.8, 3.75, size=2000)
        lives = rng.geometric(leaving)
        fit = fit_survivors([np.count_nonzero(lives > t) for t in range(9)])
        curve = fit.survival(5)
        for place, (limits, value) in enumerate(
            [(fit.alpha, 0.8), (fit.beta, 3.75), (curve, truth.survival(5))]
        ):
            covered[place] += limits.low <= value <= limits.high
    assert ((covered / trials >= 0.91) & (covered / trials <= 0.985)).all()


def test_younger_cohorts_are_censored_where_nothing_is_due_yet() -> None:
    """Cohorts of 500, seen for different times, give the counts of those who were due."""
    oldest, middle, youngest = [500, 400, 340, 300], [500, 410, 350], [500, 390]
    fit = fit_survivors(oldest, [*middle, np.nan], [*youngest, np.nan, np.nan])
    assert fit.at_risk.tolist() == [1500, 810, 340]
    assert fit.renewed.tolist() == [1200, 690, 300]
    assert fit.model == fit_survivors(oldest, middle, youngest).model


def test_cohorts_of_unequal_size_weigh_by_their_customers() -> None:
    small, large = [10, 6, 4, 3], [1000, 850, 760, 700]
    by_heads = fit_survivors(small, large).model
    alone = fit_survivors(large).model
    assert float(by_heads.survival(3)) == pytest.approx(float(alone.survival(3)), abs=0.01)


def test_cohort_table_of_a_run_gives_the_same_fit() -> None:
    table = pd.DataFrame(
        {
            "cohort": ["2022", "2022", "2023"],
            "renewal_number": [1, 2, 1],
            "at_risk": [500, 400, 300],
            "renewed": [400, 350, 230],
        }
    )
    assert fit_cohorts(table).model == fit_renewals([800, 400], [630, 350]).model


def test_cancelled_before_due_leaves_the_denominator() -> None:
    """Of 400 who renewed once 30 cancelled within the term: 370 were due the second time."""
    fit = fit_renewals([500, 370], [400, 330])
    assert fit.model.retention_rate([1, 2]) == pytest.approx([0.8, 330 / 370])


@given(model=models, t=st.integers(1, 60))
def test_survival_is_the_product_of_renewal_rates(model, t) -> None:
    rates = model.retention_rate(np.arange(1, t + 1))
    assert model.survival(t) == pytest.approx(rates.prod(), rel=1e-9)
    ratio = special.betaln(model.alpha, model.beta + t) - special.betaln(model.alpha, model.beta)
    assert model.survival(t) == pytest.approx(np.exp(ratio), rel=1e-9)


@given(model=models)
def test_renewal_rate_rises_and_survival_falls(model) -> None:
    t = np.arange(1, 40)
    assert (np.diff(model.retention_rate(t)) > 0).all()
    assert (np.diff(model.survival(t)) < 0).all()


@given(model=models)
def test_losses_and_survivors_add_up_to_everybody(model) -> None:
    t = np.arange(1, 31)
    assert model.loss_probability(t).sum() + model.survival(30) == pytest.approx(1.0)


@given(model=models, renewals=st.integers(0, 20), t=st.integers(0, 20))
def test_model_after_renewals_is_the_conditional_one(model, renewals, t) -> None:
    conditional = model.survival(renewals + t) / model.survival(renewals)
    assert model.after(renewals).survival(t) == pytest.approx(conditional, rel=1e-8)


@given(model=models, discount=st.floats(0.01, 1.0))
def test_discounted_terms_are_the_hypergeometric_function(model, discount) -> None:
    """Fader and Hardie 2010: 2F1(1, beta; alpha + beta; 1 / (1 + d))."""
    expected = special.hyp2f1(1, model.beta, model.alpha + model.beta, 1 / (1 + discount))
    assert model.expected_terms(discount) == pytest.approx(expected, rel=1e-9)


def test_undiscounted_terms_have_a_closed_form() -> None:
    model = ShiftedBetaGeometric(alpha=3.0, beta=2.0)
    assert model.expected_terms() == 2.0
    assert model.survival(np.arange(5000)).sum() == pytest.approx(2.0, abs=1e-6)


def test_undiscounted_terms_are_infinite_for_a_heavy_tail() -> None:
    assert ShiftedBetaGeometric(1.0, 2.0).expected_terms() == np.inf


@given(
    model=st.builds(ShiftedBetaGeometric, st.floats(0.2, 5.0), st.floats(0.2, 5.0)),
    periods=st.integers(3, 12),
)
def test_exact_curve_gives_back_its_own_parameters(model, periods) -> None:
    fit = fit_survivors(1000 * model.survival(np.arange(periods + 1)))
    assert fit.model.alpha == pytest.approx(model.alpha, rel=1e-4)
    assert fit.model.beta == pytest.approx(model.beta, rel=1e-4)


@given(
    rates=st.lists(st.floats(0.3, 1.0), min_size=3, max_size=8),
    alpha=st.floats(0.1, 10.0),
    beta=st.floats(0.1, 10.0),
)
def test_no_other_parameters_fit_better(rates, alpha, beta) -> None:
    # Rates that rise, so that there is a maximum to find.
    survivors = 1000 * np.cumprod([1.0, *sorted(rates)])
    try:
        fit = fit_survivors(survivors)
    except NotIdentifiedError:
        assume(False)
    other = -negative_log_likelihood(np.log([alpha, beta]), survivors)
    assert other <= fit.log_likelihood + 1e-6 * abs(fit.log_likelihood)


def test_fitted_survival_has_limits_that_start_at_one() -> None:
    curve = fit_survivors(REGULAR).survival([0, 1, 5])
    assert (curve.value[0], curve.low[0], curve.high[0]) == (1.0, 1.0, 1.0)
    assert (curve.low[1:] < curve.value[1:]).all()
    assert (curve.value[1:] < curve.high[1:]).all()


def test_frame_puts_seen_and_fitted_rates_side_by_side() -> None:
    table = fit_renewals([1000, 631, 0, 468], [631, 468, 0, 400]).to_frame()
    assert table["rate"].round(3).tolist()[:2] == [0.631, 0.742]
    assert np.isnan(table["rate"][2])  # nothing was due the third time
    assert (table["fitted_rate"].diff().dropna() > 0).all()


def test_notebook_shows_parameters_and_table() -> None:
    page = fit_survivors(REGULAR)._repr_html_()
    assert "Shifted beta-geometric: alpha 0.69" in page
    assert "<th>fitted_survival</th>" in page


@pytest.mark.parametrize(
    ("at_risk", "renewed", "reason", "rate"),
    [
        ([100], [80], "two renewal numbers", 0.8),
        ([100, 0], [80, 0], "two renewal numbers", 0.8),
        ([100, 100], [100, 100], "somebody left", 1.0),
        ([100, 50], [0, 0], "somebody must have renewed", 0.0),
        ([100, 80], [80, 80], "after the first", 160 / 180),
        ([100, 80], [80, 60], "does not rise", 140 / 180),
        ([100, 80], [80, 64], "does not rise", 0.8),
    ],
)
def test_data_that_do_not_determine_the_model_name_the_constant_rate(
    at_risk, renewed, reason, rate
) -> None:
    with pytest.raises(NotIdentifiedError, match=reason) as caught:
        fit_renewals(at_risk, renewed)
    assert caught.value.constant_rate == pytest.approx(rate)


def test_nothing_due_at_all_is_not_identified() -> None:
    with pytest.raises(
        NotIdentifiedError, match=r"^at least two renewal numbers must have been due$"
    ):
        fit_renewals([], [])


def test_parameters_that_the_renewals_hardly_tell_have_limits_that_are_not_known() -> None:
    fit = fit_renewals([1000, 631, 468], [631, 468, 382])
    vague = replace(fit, covariance=np.full((2, 2), 1e7))
    assert str(vague) == "alpha 0.7837 (0 to –), beta 1.333 (0 to –); log-likelihood -1242.31"


def test_constant_rate_is_renewed_over_due() -> None:
    assert fit_renewals([100, 70], [70, 60]).constant_rate == pytest.approx(130 / 170)


@pytest.mark.parametrize(
    ("at_risk", "renewed", "number", "message"),
    [
        ([10, 5], [11, 4], None, "0 to at_risk"),
        ([10, 5], [-1, 4], None, "0 to at_risk"),
        ([10, np.nan], [5, 4], None, "0 to at_risk"),
        ([10, 5], [5], None, "one length"),
        ([10, 5], [5, 4], [0, 1], "begin at 1"),
        ([10, 5], [5, 4], [1, 1.5], "begin at 1"),
    ],
)
def test_bad_counts_are_refused(at_risk, renewed, number, message) -> None:
    with pytest.raises(ValueError, match=message):
        fit_renewals(at_risk, renewed, number)


@pytest.mark.parametrize("curve", [[10, 11, 5], [10, np.nan, 5]])
def test_survivors_must_fall_without_holes(curve) -> None:
    with pytest.raises(ValueError, match="rise nor have holes"):
        fit_survivors(curve)


def test_cohort_table_without_a_column_is_refused() -> None:
    with pytest.raises(ValueError, match="no renewed"):
        fit_cohorts(pd.DataFrame({"renewal_number": [1], "at_risk": [2]}))


@pytest.mark.parametrize(("alpha", "beta"), [(0, 1), (1, -1), (np.nan, 1), (np.inf, 1)])
def test_model_wants_positive_parameters(alpha, beta) -> None:
    with pytest.raises(ValueError, match="positive"):
        ShiftedBetaGeometric(alpha, beta)


def test_model_is_asked_for_sensible_renewals_and_rates() -> None:
    model = ShiftedBetaGeometric(1.0, 1.0)
    with pytest.raises(ValueError, match="0 or more"):
        model.survival(-1)
    with pytest.raises(ValueError, match="from 1"):
        model.retention_rate(0)
    with pytest.raises(ValueError, match="discount"):
        model.expected_terms(-0.1)


@pytest.mark.parametrize("confidence", [0, 1, 95])
def test_confidence_is_a_share(confidence) -> None:
    with pytest.raises(ValueError, match="confidence must lie"):
        fit_survivors(REGULAR, confidence=confidence)


def test_who_is_first_seen_later_counts_given_that_they_came_so_far() -> None:
    cohorts, before = [HIGH_END[:6], HIGH_END[3:9], HIGH_END[6:]], [0, 3, 6]

    def negative_conditional(logs: np.ndarray) -> float:
        alpha, beta = np.exp(logs)
        total = 0.0
        for first, survivors in zip(before, cohorts, strict=True):
            # P(T = t) and S(t), each over S(first).
            entry = special.betaln(alpha, beta + first)
            t = np.arange(first + 1, first + len(survivors))
            lost = special.betaln(alpha + 1, beta + t - 1) - entry
            remain = special.betaln(alpha, beta + t[-1]) - entry
            total += -np.diff(survivors) @ lost + survivors[-1] * remain
        return -float(total)

    fit = fit_survivors(*cohorts, renewed_before=before)
    best = optimize.minimize(negative_conditional, [0.0, 0.0], tol=1e-12)
    assert np.log([fit.model.alpha, fit.model.beta]) == pytest.approx(best.x, abs=1e-4)
    assert fit.log_likelihood == pytest.approx(-best.fun, rel=1e-9)


def test_a_truncated_exact_curve_gives_back_the_parameters_of_the_whole() -> None:
    model = ShiftedBetaGeometric(0.8, 3.75)
    fit = fit_survivors(1000 * model.survival(np.arange(4, 12)), renewed_before=[4])
    assert (fit.model.alpha, fit.model.beta) == pytest.approx((0.8, 3.75), rel=1e-4)
    # Taken for a cohort from its first renewal on, the same survivors look far more faithful.
    naive = fit_survivors(1000 * model.survival(np.arange(4, 12))).model
    assert naive.beta == pytest.approx(model.after(4).beta, rel=1e-3)


@pytest.mark.parametrize("before", [[1], [0, -1], [0, 0.5]])
def test_renewals_before_are_whole_numbers_one_a_cohort(before) -> None:
    with pytest.raises(ValueError, match="a whole number from 0 up for each cohort"):
        fit_survivors(HIGH_END, REGULAR, renewed_before=before)


def test_who_left_only_at_the_first_renewal_that_is_seen_tells_no_model() -> None:
    with pytest.raises(NotIdentifiedError, match="after renewal 3, the first that is seen"):
        fit_renewals([100, 90, 90], [90, 90, 90], [3, 4, 5])
