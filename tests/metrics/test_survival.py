import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from entitlement_sim.metrics.survival import kaplan_meier

# Weeks of remission under 6-mercaptopurine (Freireich and others 1963); a plus is a censored one.
WEEKS = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
RELAPSED = [mark != "+" for mark in "666+7+0++36+++23+++++"]

lives = st.lists(st.tuples(st.integers(0, 30), st.booleans()), min_size=1, max_size=40)


def columns(rows: list[tuple[int, bool]]) -> tuple[list[int], list[bool]]:
    return [duration for duration, _ in rows], [event for _, event in rows]


def test_estimates_of_the_remission_trial() -> None:
    """Klein and Moeschberger, Survival Analysis (2nd ed.), table 4.1."""
    curve = kaplan_meier(WEEKS, RELAPSED)
    relapses = [6, 7, 10, 13, 16, 22, 23]
    assert curve.at(relapses) == pytest.approx(
        [0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448], abs=5e-4
    )
    table = curve.to_frame().set_index("time").loc[relapses]
    assert table["at_risk"].tolist() == [21, 17, 15, 12, 11, 7, 6]
    assert table["observed"].tolist() == [3, 1, 1, 1, 1, 1, 1]
    assert table["standard_error"].to_numpy() == pytest.approx(
        [0.0764, 0.0869, 0.0963, 0.1068, 0.1141, 0.1282, 0.1346], abs=5e-5
    )


def test_median_of_the_remission_trial_has_no_upper_limit() -> None:
    """The upper end of the band never comes down to one half."""
    assert tuple(kaplan_meier(WEEKS, RELAPSED).median) == (23.0, 13.0, np.inf)


@given(rows=lives)
def test_agrees_with_scipy(rows) -> None:
    durations, events = (np.array(column) for column in columns(rows))
    curve = kaplan_meier(durations, events)
    sample = stats.CensoredData(uncensored=durations[events], right=durations[~events])
    theirs = stats.ecdf(sample).sf
    assert curve.at(theirs.quantiles) == pytest.approx(theirs.probabilities, abs=1e-12)


def test_log_log_limits_agree_with_scipy() -> None:
    weeks, relapsed = np.array(WEEKS), np.array(RELAPSED)
    curve = kaplan_meier(weeks, relapsed, confidence=0.9)
    sample = stats.CensoredData(uncensored=weeks[relapsed], right=weeks[~relapsed])
    theirs = stats.ecdf(sample).sf.confidence_interval(confidence_level=0.9, method="log-log")
    # Theirs has no row for time 0.
    assert curve.lower[1:] == pytest.approx(theirs.low.probabilities, abs=1e-12)
    assert curve.upper[1:] == pytest.approx(theirs.high.probabilities, abs=1e-12)


@given(durations=st.lists(st.integers(0, 30), min_size=1, max_size=40), t=st.integers(0, 31))
def test_without_censoring_it_is_the_share_that_lasted(durations, t) -> None:
    curve = kaplan_meier(durations, [True] * len(durations))
    assert curve.at(t) == pytest.approx(np.mean(np.array(durations) > t), abs=1e-12)


@given(rows=lives)
def test_survival_never_rises_and_limits_enclose_it(rows) -> None:
    curve = kaplan_meier(*columns(rows))
    assert (np.diff(curve.survival) <= 0).all()
    assert ((curve.survival >= 0) & (curve.survival <= 1)).all()
    told = ~np.isnan(curve.lower)
    assert (curve.lower[told] <= curve.survival[told]).all()
    assert (curve.survival[told] <= curve.upper[told]).all()
    assert ((curve.lower[told] >= 0) & (curve.upper[told] <= 1)).all()


@given(rows=lives)
def test_everybody_is_accounted_for(rows) -> None:
    durations, events = columns(rows)
    curve = kaplan_meier(durations, events)
    assert curve.observed.sum() == sum(events)
    assert curve.observed.sum() + curve.censored.sum() == len(rows)
    gone = np.cumsum(curve.observed + curve.censored)
    assert curve.numbers_at_risk.tolist() == (len(rows) - np.append(0, gone[:-1])).tolist()
    for t in (0, 1, 7, 29, 31):
        assert curve.at_risk(t) == sum(duration >= t for duration in durations)


@given(rows=lives, order=st.randoms())
def test_order_of_rows_does_not_matter(rows, order) -> None:
    shuffled = rows.copy()
    order.shuffle(shuffled)
    first, second = kaplan_meier(*columns(rows)), kaplan_meier(*columns(shuffled))
    pd.testing.assert_frame_equal(first.to_frame(), second.to_frame())


@given(rows=st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=1, max_size=30))
def test_a_weight_stands_for_that_many_rows(rows) -> None:
    tally = pd.Series(1, index=pd.MultiIndex.from_tuples(rows)).groupby(level=[0, 1]).sum()
    durations, events = columns(tally.index.tolist())
    weighted = kaplan_meier(durations, events, tally.to_numpy())
    pd.testing.assert_frame_equal(weighted.to_frame(), kaplan_meier(*columns(rows)).to_frame())


def test_rows_with_weight_zero_do_not_count() -> None:
    curve = kaplan_meier([3, 5, 9], [True, True, True], [2, 1, 0])
    assert curve.times.tolist() == [0.0, 3.0, 5.0]


def test_event_comes_before_censoring_at_the_same_time() -> None:
    curve = kaplan_meier([5, 5], [True, False])
    assert curve.at(5) == 0.5


def test_entitlement_that_starts_empty_is_an_event_at_time_zero() -> None:
    curve = kaplan_meier([0, 10], [True, False])
    assert curve.at([-1, 0]).tolist() == [1.0, 0.5]


def test_entitlements_that_end_with_something_left_are_censored_not_dropped() -> None:
    """Metric 9: one ran dry on day 100, one ended on day 50 and one is running on day 200."""
    curve = kaplan_meier([100, 50, 200], [True, False, False])
    assert curve.at(100) == 0.5  # two were at risk, not one and not three
    assert curve.at_risk([50, 51, 150]).tolist() == [3, 2, 1]


def test_beyond_the_last_censored_time_nothing_is_known() -> None:
    assert np.isnan(kaplan_meier([3, 8], [True, False]).at(9))


def test_beyond_the_last_event_nobody_is_left() -> None:
    assert kaplan_meier([3, 8], [True, True]).at(99) == 0.0


def test_without_an_event_survival_is_one_and_has_no_limits() -> None:
    curve = kaplan_meier([5, 9], [False, False])
    assert curve.survival.tolist() == [1.0, 1.0, 1.0]
    assert np.isnan(curve.lower).all()
    assert np.isnan(curve.upper).all()
    value, low, high = curve.median
    assert value == np.inf
    assert np.isnan([low, high]).all()


@given(rows=lives, share=st.sampled_from([0.1, 0.5, 0.9]))
def test_limits_of_a_quantile_enclose_it_or_are_not_known(rows, share) -> None:
    value, low, high = kaplan_meier(*columns(rows)).quantile(share)
    assert np.isnan(low) or low <= value
    assert np.isnan(high) or value <= high


@pytest.mark.parametrize(
    ("durations", "events", "words"),
    [
        ([1] * 30, [True] * 30, "30 with the event, 0 censored; median 1 (95 % interval – to –)"),
        ([7], [True], "1 with the event, 0 censored; median 7 (95 % interval – to –)"),
        ([7], [False], "0 with the event, 1 censored; median not reached (95 % interval – to –)"),
        (
            [5, 10, 15, 20],
            [True, True, False, False],
            "2 with the event, 2 censored; median 10 (95 % interval 5 to –)",
        ),
        (
            [5, 10, 15, 20],
            [False, True, False, False],
            "1 with the event, 3 censored; median not reached (95 % interval 10 to –)",
        ),
        ([1, 2, 3, 4], [True] * 4, "4 with the event, 0 censored; median 2 (95 % interval 1 to –)"),
    ],
    ids=["all at once", "one event", "one censored", "half", "never half", "all in turn"],
)
def test_tiny_samples_are_told_without_numbers_that_nobody_knows(durations, events, words) -> None:
    curve = kaplan_meier(durations, events)
    assert str(curve) == f"{len(durations)} entitlements, {words}"
    page = curve._repr_html_()
    assert words in page
    assert "inf" not in page
    assert "NaN" not in page


def test_median_is_reached_where_survival_is_exactly_one_half() -> None:
    thirds = kaplan_meier([1, 2, 3, 4, 5, 6], [True] * 6)
    assert thirds.median.value == 3.0


def test_limits_cover_the_truth_about_as_often_as_they_say() -> None:
    rng = np.random.default_rng(7)
    truth, covered, trials = np.exp(-0.5), 0, 400
    for _ in range(trials):
        ends, until = rng.exponential(size=60), rng.uniform(0.2, 3.0, size=60)
        curve = kaplan_meier(np.minimum(ends, until), ends <= until)
        place = np.searchsorted(curve.times, 0.5, side="right") - 1
        covered += curve.lower[place] <= truth <= curve.upper[place]
    assert 0.92 <= covered / trials <= 0.98


def test_notebook_shows_the_sentence_and_the_table() -> None:
    page = kaplan_meier(WEEKS, RELAPSED)._repr_html_()
    assert "21 entitlements, 9 with the event, 12 censored; median 23" in page
    assert "<th>at_risk</th>" in page


@pytest.mark.parametrize(
    ("durations", "observed", "weights", "message"),
    [
        ([], [], None, "no duration"),
        ([1], [True], [0], "no duration"),
        ([-1], [True], None, "negative"),
        ([np.nan], [True], None, "missing"),
        ([np.inf], [True], None, "missing"),
        ([1, 2], [True], None, "one length"),
        ([[1]], [[True]], None, "one length"),
        ([1], [2], None, "true or false"),
        ([1], [True], [0.5], "whole counts"),
        ([1], [True], [-1], "whole counts"),
    ],
)
def test_bad_input_is_refused(durations, observed, weights, message) -> None:
    with pytest.raises(ValueError, match=message):
        kaplan_meier(durations, observed, weights)


@pytest.mark.parametrize("level", [0, 1, 1.5])
def test_levels_must_lie_between_0_and_1(level) -> None:
    with pytest.raises(ValueError, match="confidence"):
        kaplan_meier([1], [True], confidence=level)
    with pytest.raises(ValueError, match="share"):
        kaplan_meier([1], [True]).quantile(level)


#: Entered, duration, whether the event was observed.
late_lives = st.lists(
    st.tuples(st.integers(0, 12), st.integers(1, 15), st.booleans()).map(
        lambda row: (row[0], row[0] + row[1], row[2])
    ),
    min_size=1,
    max_size=40,
)


@given(rows=late_lives)
def test_at_risk_are_those_who_entered_before_and_have_not_left(rows) -> None:
    entered, durations, events = (list(column) for column in zip(*rows, strict=True))
    curve = kaplan_meier(durations, events, entered=entered)
    survival, variance = 1.0, 0.0
    for t in sorted({d for d, event in zip(durations, events, strict=True) if event}):
        at_risk = sum((e < t or e == 0) and t <= d for e, d, _ in rows)
        dead = sum(d == t and event for _, d, event in rows)
        survival *= 1 - dead / at_risk
        variance += dead / (at_risk * (at_risk - dead)) if at_risk > dead else np.nan
        assert curve.at_risk(t) == at_risk
        assert curve.at(t) == pytest.approx(survival, abs=1e-12)
        place = curve.times.tolist().index(t)
        if survival > 0 and not np.isnan(variance):
            assert curve.variance[place] == pytest.approx(survival**2 * variance, rel=1e-9)


@given(rows=lives)
def test_who_enters_at_the_start_is_at_risk_as_without_entry(rows) -> None:
    durations, events = columns(rows)
    early = kaplan_meier(durations, events, entered=[0] * len(rows))
    pd.testing.assert_frame_equal(early.to_frame(), kaplan_meier(durations, events).to_frame())


def test_delayed_entry_by_hand() -> None:
    # At 4: rows 1, 2 and 3 (row 4 enters just then); at 6: rows 2, 3 and 4; at 9: rows 3, 4 and 5.
    curve = kaplan_meier([4, 6, 9, 12, 15], [1, 1, 1, 0, 1], entered=[0, 0, 3, 4, 8])
    assert curve.at_risk([4, 6, 9, 15]).tolist() == [3, 3, 3, 1]
    assert curve.at([3, 4, 6, 9, 12, 15]) == pytest.approx([1, 2 / 3, 4 / 9, 8 / 27, 8 / 27, 0])
    at_nine = curve.times.tolist().index(9)
    assert curve.variance[at_nine] == pytest.approx((8 / 27) ** 2 * 3 / 6)


def test_ignoring_entry_takes_survivors_for_everybody() -> None:
    # Half of all leave on each of two days; the second half of the book was first seen in between.
    entered, durations = [0] * 4 + [1] * 4, [1, 1, 2, 3, 2, 2, 3, 3]
    events = [1, 1, 1, 0, 1, 1, 0, 0]
    assert kaplan_meier(durations, events, entered=entered).at(2) == pytest.approx(0.25)
    assert kaplan_meier(durations, events).at(2) == pytest.approx(3 / 8)


def test_before_anybody_is_at_risk_the_curve_stays_at_one() -> None:
    curve = kaplan_meier([5, 7], [True, False], entered=[3, 4])
    assert curve.at([0, 3, 4, 5]).tolist() == [1.0, 1.0, 1.0, 0.5]
    assert curve.numbers_at_risk[0] == 0
    assert str(curve).startswith("2 entitlements, 1 with the event, 1 censored")


@pytest.mark.parametrize("entered", [[5, 0], [7, 0]])
def test_what_was_over_before_anybody_looked_was_never_at_risk(entered) -> None:
    with pytest.raises(ValueError, match="never at risk; leave it out"):
        kaplan_meier([5, 9], [True, True], entered=entered)


@pytest.mark.parametrize("entered", [[-1, 0], [np.nan, 0], [np.inf, 0]])
def test_an_entry_is_a_number_from_zero_up(entered) -> None:
    with pytest.raises(ValueError, match="entered must be numbers from 0 up"):
        kaplan_meier([5, 9], [True, True], entered=entered)
