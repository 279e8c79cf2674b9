"""What a run shows follows the laws that its scenario is written with.

Seeds are fixed, so that a test either holds or does not; levels are such that a change of the
draws alone would very rarely break one.
"""

import datetime as dt
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from scipy import stats

from entitlement_sim import Scenario, simulate
from entitlement_sim.population.plan import plan
from entitlement_sim.store.run import Run

LEVEL = 1e-4


def run_of(
    segment: dict[str, Any],
    *,
    days: int = 730,
    template: dict[str, Any] | None = None,
    calendar: dict[str, Any] | None = None,
    **says: Any,
) -> Run:
    scenario = Scenario.from_dict(
        {
            "scenario": "law",
            "calendar": {"start": dt.date(2023, 1, 2), "days": days, **(calendar or {})},
            "templates": {"Pack": template or {"total_terms": 10}},
            "segments": {"all": {"customers": 1000, "cases": {"per_year": 0}, **segment}},
            **says,
        }
    )
    return simulate(scenario, seed=11)


def column(run: Run, query: str) -> np.ndarray:
    return np.array([value for (value,) in run.connection.sql(query).fetchall()])


def agrees(observed: Any, expected: Any) -> bool:
    """Whether counts agree with what a law expects of them (chi-squared)."""
    observed, expected = np.asarray(observed, float), np.asarray(expected, float)
    assert expected.min() >= 5, "too few expected for the test"
    expected = expected * (observed.sum() / expected.sum())
    return bool(stats.chisquare(observed, expected).pvalue > LEVEL)


def is_share(count: int, of: int, share: float) -> bool:
    """Whether so many of so many agree with a share."""
    return bool(stats.binomtest(int(count), int(of), share).pvalue > LEVEL)


def is_geometric(days: np.ndarray, mean: float) -> bool:
    """Whether whole days are an exponential with this mean, rounded up."""
    most = int(3 * mean)
    observed = np.bincount(np.minimum(days, most + 1), minlength=most + 2)[1:]
    until = 1 - np.exp(-np.arange(0, most + 1) / mean)
    expected = np.append(np.diff(until), 1 - until[-1])
    return agrees(observed, expected * len(days))


# -------------------------------------------------------------------------------- arrivals

WEEKDAYS = [1.3, 1.1, 1.0, 1.0, 0.8, 0.2, 0.1]
HOURS = [1, 1, 1, 1, 1, 1, 2, 6, 12, 12, 10, 8, 0, 8, 10, 9, 8, 4, 2, 1, 1, 1, 1, 1]


@pytest.fixture(scope="module")
def arrivals() -> Iterator[Run]:
    calendar = {
        "weekdays": WEEKDAYS,
        "hours": HOURS,
        "season": {"amplitude": 0.3, "peak": "02-01"},
        "growth": 0.2,
    }
    segment = {
        "customers": 900,
        "cases": {"per_year": 40, "shape": 1.5},
        "joins": {"at_start": 1.0},
        "resolve_hours": {"exponential": 72},
        "billable_minutes": {"lognormal": {"median": 30, "sigma": 0.8}},
        "cancelled": 0.07,
        "cancelled_reactivated": 0.4,
        "reopened": 0.2,
        "do_not_decrement": 0.15,
        "turned_away": 0.35,
        "origins": {"phone": 5, "email": 3, "web": 2},
        "products": {"A": 6, "B": 4},
        "contacts": 4,
    }
    with run_of(segment, calendar=calendar, products=["A", "B"]) as run:
        yield run


def rates() -> np.ndarray:
    """How busy each day of that run should be."""
    found = []
    for index in range(730):
        date = dt.date(2023, 1, 2) + dt.timedelta(index)
        turn = (date.timetuple().tm_yday - 32) / 365.25
        season = 1 + 0.3 * math.cos(2 * math.pi * turn)
        found.append(WEEKDAYS[date.weekday()] * season * 1.2 ** (index / 365.25))
    return np.array(found)


@pytest.mark.parametrize("bucket", [7, 30, 365])
def test_cases_come_as_weekdays_season_and_growth_say(arrivals: Run, bucket: int) -> None:
    day = column(arrivals, "SELECT created_at::DATE - DATE '2023-01-02' FROM cases")
    place = np.arange(730) % 7 if bucket == 7 else np.arange(730) // bucket
    observed = np.bincount(place, np.bincount(day, minlength=730))
    assert agrees(observed, np.bincount(place, rates()) * len(day) / rates().sum())


def test_cases_come_at_the_hours_of_the_profile(arrivals: Run) -> None:
    hour = column(arrivals, "SELECT hour(created_at) FROM cases")
    counts = np.bincount(hour, minlength=24)
    assert counts[12] <= len(hour) * 2 / 1440  # the clock's points lie so close
    busy = np.array(HOURS) > 0
    assert agrees(counts[busy], np.array(HOURS)[busy] / sum(HOURS) * len(hour))


def test_customers_differ_by_the_gamma_spread(arrivals: Run) -> None:
    rate = column(arrivals, "SELECT cases_per_year FROM customers")
    assert stats.kstest(rate, "gamma", args=(1.5, 0, 40 / 1.5)).pvalue > LEVEL


def test_a_customers_cases_are_poisson_by_its_own_rate(arrivals: Run) -> None:
    counts = column(
        arrivals,
        "SELECT count(case_id) FROM customers LEFT JOIN cases USING (customer_id) "
        "GROUP BY customer_id ORDER BY customer_id",
    )
    own = column(arrivals, "SELECT cases_per_year FROM customers ORDER BY customer_id")
    mean = own * (rates().sum() * 7 / sum(WEEKDAYS) / 365.25)
    chi_squared = ((counts - mean) ** 2 / mean).sum()
    assert stats.chi2.cdf(chi_squared, len(counts)) == pytest.approx(0.5, abs=0.4999)


def test_gaps_on_even_days_are_exponential() -> None:
    with run_of({"customers": 40, "cases": {"per_year": 120}}) as run:
        gaps = column(
            run,
            "SELECT datediff('minute', lag(created_at) OVER w, created_at) FROM cases "
            "WINDOW w AS (PARTITION BY customer_id ORDER BY case_id) "
            "QUALIFY lag(created_at) OVER w IS NOT NULL",
        )
    edges = np.floor(stats.expon.ppf(np.arange(1, 20) / 20, 0, 365.25 / 120 * 1440)) + 0.5
    expected = np.diff(np.concatenate([[0], stats.expon.cdf(edges, 0, 365.25 / 120 * 1440), [1]]))
    assert agrees(np.bincount(np.searchsorted(edges, gaps), minlength=20), expected * len(gaps))


def test_origins_products_and_contacts_have_their_shares(arrivals: Run) -> None:
    for by, shares in (
        ("origin", [0.5, 0.3, 0.2]),
        ("product_id", [0.6, 0.4]),
        ("contact", [0.25] * 4),
    ):
        counts = column(arrivals, f"SELECT count(*) FROM cases GROUP BY {by} ORDER BY {by}")
        assert agrees(counts, np.array(shares) * counts.sum())


def test_marks_and_fates_have_their_shares(arrivals: Run) -> None:
    [(cases, unmarked, away)] = arrivals.sql(
        "SELECT count(*), count(*) FILTER (NOT decrement), "
        "count(*) FILTER (outcome = 'turned_away') FROM cases"
    ).to_numpy().tolist()  # fmt: skip
    assert is_share(unmarked, cases, 0.15)
    assert is_share(away, cases, 0.35)


def test_cancellations_and_reopenings_have_their_shares(arrivals: Run) -> None:
    early = "cases WHERE outcome <> 'turned_away' AND created_at < DATE '2024-06-01'"
    first = (
        "SELECT coalesce((SELECT from_state FROM reactivations r WHERE r.case_id = c.case_id "
        f"ORDER BY happened_at LIMIT 1), c.state)::VARCHAR = 'cancelled' FROM {early}"
    ).replace("FROM cases WHERE", "FROM cases c WHERE")
    cancelled = column(arrivals, first)
    assert is_share(cancelled.sum(), len(cancelled), 0.07)
    again = column(arrivals, f"SELECT reopened > 0 FROM {early} AND state IS NOT NULL")
    assert is_share(again.sum(), len(again), 0.93 * 0.2 + 0.07 * 0.4)


def test_resolution_times_are_those_of_the_scenario(arrivals: Run) -> None:
    minutes = column(
        arrivals,
        "SELECT datediff('minute', created_at, resolved_at) FROM cases "
        "WHERE state = 'resolved' AND reopened = 0 AND created_at < DATE '2024-11-01'",
    )
    edges = np.floor(stats.expon.ppf(np.arange(1, 25) / 25, 0, 72 * 60)) + 0.5
    expected = np.diff(np.concatenate([[0], stats.expon.cdf(edges, 0, 72 * 60), [1]]))
    assert agrees(np.bincount(np.searchsorted(edges, minutes)), expected * len(minutes))


def test_billable_minutes_are_those_of_the_scenario(arrivals: Run) -> None:
    minutes = column(
        arrivals, "SELECT billable_minutes FROM cases WHERE state = 'resolved' AND reopened = 0"
    )
    edges = np.unique(np.floor(stats.lognorm.ppf(np.arange(1, 20) / 20, 0.8, 0, 30)) + 0.5)
    law = np.concatenate([[0], stats.lognorm.cdf(edges, 0.8, 0, 30), [1]])
    assert agrees(np.bincount(np.searchsorted(edges, minutes)), np.diff(law) * len(minutes))


def test_a_mixture_resolves_some_at_once_and_others_late() -> None:
    parts = [(0.42, 0.32, 1.52), (0.58, 105.0, 1.49)]
    segment = {
        "customers": 150,
        "cases": {"per_year": 50},
        "reopened": 0,
        "resolve_hours": {
            "mixture": [{"share": s, "median": m, "sigma": spread} for s, m, spread in parts]
        },
    }
    with run_of(segment) as run:
        minutes = column(
            run,
            "SELECT coalesce(datediff('minute', created_at, resolved_at), 1000000) FROM cases "
            "WHERE created_at < DATE '2024-10-01'",
        )
    edges = np.array([2, 6, 12, 25, 50, 100, 300, 1000, 2500, 5000, 10_000, 30_000, 100_000]) + 0.5
    until = sum(s * stats.lognorm.cdf(edges / 60, spread, 0, m) for s, m, spread in parts)
    law = np.diff(np.concatenate([[0], until, [1]]))
    assert agrees(np.bincount(np.searchsorted(edges, minutes)), law * len(minutes))


# ----------------------------------------------------------- key accounts, mixes of products


def test_key_accounts_have_their_share_and_factor_and_leave_the_mean_as_it_is() -> None:
    accounts = {"share": 0.05, "factor": 30}
    segment = {"customers": 4000, "cases": {"per_year": 8, "key_accounts": accounts}}
    with run_of(segment, days=1) as run:
        rates = column(run, "SELECT cases_per_year FROM customers")
    ordinary = 8 / (1 + 0.05 * 29)
    assert np.unique(rates) == pytest.approx([ordinary, 30 * ordinary])
    assert is_share((rates > 2 * ordinary).sum(), 4000, 0.05)


def test_key_accounts_come_on_top_of_the_gamma_spread() -> None:
    accounts = {"share": 0.5, "factor": 1000}
    segment = {"customers": 2000, "cases": {"per_year": 8, "shape": 9, "key_accounts": accounts}}
    with run_of(segment, days=1) as run:
        rates = column(run, "SELECT cases_per_year FROM customers")
    ordinary = 8 / (1 + 0.5 * 999)
    for own in (rates[rates < 50 * ordinary], rates[rates > 50 * ordinary] / 1000):
        assert stats.kstest(own / ordinary, stats.gamma(9, scale=1 / 9).cdf).pvalue > LEVEL


@pytest.mark.parametrize("spread", [0.8, 5.0])
def test_mixes_of_products_are_dirichlet_around_the_segments(spread: float) -> None:
    segment = {
        "customers": 800,
        "cases": {"per_year": 400},
        "products": {"A": 6, "B": 3, "C": 1},
        "products_spread": spread,
    }
    with run_of(segment, days=365, products=["A", "B", "C"]) as run:
        counts = run.sql(
            "SELECT count(*) AS cases, count(*) FILTER (product_id = 1) AS a FROM cases "
            "GROUP BY customer_id"
        )
    # Cases about A are beta-binomial: through their law they are spread evenly between 0 and 1.
    law = stats.betabinom(counts["cases"], 0.6 * spread, 0.4 * spread)
    chance = np.random.default_rng(1).random(len(counts))
    evenly = law.cdf(counts["a"] - 1) + chance * law.pmf(counts["a"])
    assert stats.kstest(evenly, "uniform").pvalue > LEVEL


# ---------------------------------------------------------------------------------- bursts


#: Customers with hardly a case of their own: half of them with 0.2, half with 1.8 of the mean.
LARGE_AND_SMALL: dict[str, Any] = {
    "customers": 4000,
    "cases": {"per_year": 0.0001, "key_accounts": {"share": 0.5, "factor": 9}},
    "products": {"A": 1},
}


def incidents_of(run: Run) -> np.ndarray:
    """The incidents that a run was drawn with."""
    model = Scenario.parse(run.manifest.scenario_yaml).model
    return plan(model, run.manifest.seed).incidents


def test_bursts_hit_a_share_of_the_customers_with_poisson_cases_soon_after() -> None:
    segment = {"customers": 3000, "products": {"A": 1, "B": 1}}
    burst = {"product": "A", "per_year": 1, "hits": 0.4, "cases": 1.5, "over_hours": 6.0}
    says: dict[str, Any] = {"products": ["A", "B"], "bursts": [burst]}
    with run_of(segment, days=1000, **says) as run:
        incidents = incidents_of(run)["minute"]
        minutes = column(run, "SELECT epoch(created_at)::BIGINT // 60 FROM cases ORDER BY 1")
        assert column(run, "SELECT DISTINCT product_id FROM cases").tolist() == [1]
        per_customer = column(
            run, "SELECT count(*) FROM cases GROUP BY customer_id, created_at::DATE"
        )
    assert 1 <= len(incidents) <= 9  # Poisson with mean 2.7
    assert min(np.diff(incidents), default=10_000) > 3 * 1440, (
        "take another seed: incidents overlap"
    )
    assert per_customer.max() >= 4
    incident = np.searchsorted(incidents, minutes, side="right") - 1
    counts = np.bincount(incident, minlength=len(incidents))
    mean, variance = 3000 * 0.4 * 1.5, 3000 * (0.4 * (1.5 + 1.5**2) - 0.6**2)
    assert np.abs(counts - mean).max() < 4.5 * math.sqrt(variance)
    delays = minutes - incidents[incident]
    edges = np.floor(stats.expon.ppf(np.arange(1, 20) / 20, 0, 360))
    law = np.diff(np.concatenate([[0], stats.expon.cdf(edges, 0, 360), [1]]))
    places = np.searchsorted(edges, delays, side="right")
    assert agrees(np.bincount(places), law * len(delays))


def test_incidents_scaled_by_rate_reach_customers_in_proportion_to_their_cases() -> None:
    burst = {"product": "A", "per_year": 12, "hits": 0.1, "cases": 2, "scaled_by": "rate"}
    with run_of(LARGE_AND_SMALL, days=300, products=["A"], bursts=[burst]) as run:
        incidents = len(incidents_of(run))
        by_size = run.sql(
            "SELECT cases_per_year > 1e-4 AS is_key, count(DISTINCT customer_id) AS customers, "
            "count(case_id) AS cases FROM customers LEFT JOIN cases USING (customer_id) "
            "GROUP BY ALL ORDER BY ALL"
        )
    for row, times in zip(by_size.itertuples(), (0.2, 1.8), strict=True):
        mean = row.customers * incidents * 0.1 * times * 2
        variance = row.customers * incidents * 0.1 * times * (2 + 4)
        assert abs(row.cases - mean) < 4.5 * math.sqrt(variance)


def test_where_a_scaled_incident_is_more_than_certain_it_is_more_cases() -> None:
    burst = {"product": "A", "per_year": 12, "hits": 1, "cases": 3, "scaled_by": "rate"}
    with run_of(LARGE_AND_SMALL, days=60, products=["A"], bursts=[burst]) as run:
        incidents = len(incidents_of(run))
        keys = run.sql(
            "SELECT count(case_id) AS cases FROM customers LEFT JOIN cases USING (customer_id) "
            "WHERE cases_per_year > 1e-4 GROUP BY customer_id"
        )["cases"]
    assert incidents >= 1
    law = stats.poisson(incidents * 3 * 1.8)
    observed = np.bincount(np.minimum(keys, 15), minlength=16)[1:]
    assert (keys == 0).sum() <= 10 + len(keys) * 2 * law.pmf(0)
    expected = np.append(law.pmf(np.arange(1, 15)), law.sf(14)) * len(keys)
    big = expected >= 5
    assert agrees(observed[big], expected[big])


def test_incidents_differ_in_size_as_their_distribution_says() -> None:
    segment = {"customers": 1, "products": {"A": 1}}
    size = {"lognormal": {"median": 1, "sigma": 1}}
    burst = {"product": "A", "per_year": 200, "cases": 2, "size": size}
    with run_of(segment, days=1500, products=["A"], bursts=[burst]) as run:
        sizes = incidents_of(run)["cases"]
    assert stats.kstest(sizes, stats.lognorm(1, 0, 2).cdf).pvalue > LEVEL


@pytest.mark.parametrize("per_year", [3, 200])
def test_incidents_are_a_poisson_process(per_year: int) -> None:
    segment = {"customers": 1, "products": {"A": 1}}
    burst = {"product": "A", "per_year": per_year}
    minutes: list[int] = []
    counts: list[int] = []
    for seed in range(40):
        data = {
            "scenario": "law",
            "calendar": {"start": dt.date(2023, 1, 17), "days": 365},
            "products": ["A"],
            "templates": {"Pack": {}},
            "segments": {"all": {**segment, "cases": {"per_year": 0}}},
            "bursts": [burst],
        }
        drawn = plan(Scenario.from_dict(data).model, seed).incidents["minute"]
        counts.append(len(drawn))
        minutes += drawn.tolist()
    mean = per_year * 365 / 365.25
    assert abs(sum(counts) - 40 * mean) < 4 * math.sqrt(40 * mean)
    assert 0.45 < np.var(counts, ddof=1) / mean < 1.9  # 39 degrees of freedom, beyond .999
    start = min(minutes) // 1440 * 1440
    first = (dt.date(2023, 1, 17) - dt.date(1970, 1, 1)).days * 1440
    assert start >= first
    evenly = (np.array(minutes) - first) / (365 * 1440)
    assert stats.kstest(evenly, "uniform").pvalue > LEVEL


# ---------------------------------------------------------------------- joining and buying


def test_customers_join_and_buy_when_they_should() -> None:
    hold = {
        "template": "Pack",
        "share": 0.6,
        "sold_after_days": {"least": 3, "most": 12},
        "lead_days": {"least": 0, "most": 4},
    }
    segment = {
        "customers": 6000,
        "joins": {"at_start": 0.25, "over_days": 100},
        "holds": [hold],
        "left_in_draft": {"share": 0.2, "days": 9},
    }
    with run_of(segment, days=200) as run:
        joined = column(run, "SELECT joined_on - DATE '2023-01-02' FROM customers")
        sold = run.sql(
            "SELECT created_on - joined_on AS after, start_date - created_on AS lead, "
            "activated_on - created_on AS activated FROM entitlements JOIN customers "
            "USING (customer_id)"
        )
    counts = np.bincount(joined, minlength=100)
    assert len(counts) == 100
    assert is_share(counts[0], 6000, 0.25 + 0.75 / 100)
    assert agrees(counts[1:], np.full(99, 45.0))
    assert is_share(len(sold), 6000, 0.6)
    assert agrees(np.bincount(sold["after"])[3:], np.full(10, len(sold) / 10))
    assert agrees(np.bincount(sold["lead"]), np.full(5, len(sold) / 5))
    assert set(sold["activated"]) == {0, 9}
    assert is_share((sold["activated"] == 9).sum(), len(sold), 0.2)


# -------------------------------------------------------------------------------- renewals

MONTH = {"total_terms": 10, "term": {"days": 30}}


def retention(run: Run) -> list[tuple[int, int, int]]:
    """How many terms ended by a number of renewals, and how many of these were renewed."""
    rows = run.connection.sql(
        "SELECT old.renewal_number, count(*), count(new.entitlement_id) FROM entitlements AS old "
        "LEFT JOIN entitlements AS new ON new.predecessor_id = old.entitlement_id "
        "WHERE old.state = 'expired' GROUP BY ALL ORDER BY ALL"
    )
    return [(int(number), int(ended), int(renewed)) for number, ended, renewed in rows.fetchall()]


def renewing(**renewal: Any) -> dict[str, Any]:
    return {"customers": 5000, "holds": [{"template": "Pack"}], "renewal": renewal}


def test_a_constant_inclination_renews_the_same_share_every_time() -> None:
    with run_of(renewing(inclination={"constant": 0.7}), days=300, template=MONTH) as run:
        found = retention(run)
        gaps = column(
            run,
            "SELECT DISTINCT new.created_on - old.ended_on FROM entitlements AS new "
            "JOIN entitlements AS old ON new.predecessor_id = old.entitlement_id",
        )
    assert [number for number, _, _ in found] == list(range(len(found)))
    assert len(found) >= 9
    for _, ended, renewed in found:
        assert is_share(renewed, ended, 0.7)
    assert gaps.tolist() == [0]


def test_beta_geometric_retention_rises_as_its_law_says() -> None:
    alpha, beta = 0.7041, 1.1820
    inclination = {"beta_geometric": {"alpha": alpha, "beta": beta}}
    with run_of(renewing(inclination=inclination), days=300, template=MONTH) as run:
        found = retention(run)
    assert len(found) >= 9
    for number, ended, renewed in found:  # r(t) = (beta + t - 1) / (alpha + beta + t - 1)
        assert is_share(renewed, ended, (beta + number) / (alpha + beta + number))


def test_late_renewals_and_returns_come_after_their_days() -> None:
    segment = renewing(
        inclination={"constant": 0.6},
        late={"share": 0.3, "days": {"exponential": 5.0}},
        returns={"share": 0.5, "days": {"exponential": 60.0}},
    )
    with run_of(segment, days=1500, template={"total_terms": 10, "term": {"days": 700}}) as run:
        lags = column(
            run,
            "SELECT new.created_on - old.ended_on FROM entitlements AS new "
            "JOIN entitlements AS old ON new.predecessor_id = old.entitlement_id "
            "WHERE new.renewal_number = 1",
        )
    # After 0.6 renewed and 0.4 * 0.5 returned, of which the others' days are 60 on average.
    assert is_share(len(lags), 5000, 0.6 + 0.4 * 0.5)
    assert is_share((lags == 0).sum(), 5000, 0.6 * 0.7)
    until = np.arange(0, 40)
    law = 0.6 * 0.3 * (1 - np.exp(-until / 5)) + 0.4 * 0.5 * (1 - np.exp(-until / 60))
    observed = np.bincount(np.minimum(lags[lags > 0], 40), minlength=41)[1:]
    assert agrees(observed, np.append(np.diff(law), 0.38 - law[-1]) * 5000)


def test_late_days_alone_are_an_exponential_rounded_up() -> None:
    segment = renewing(
        inclination={"constant": 1.0}, late={"share": 1.0, "days": {"exponential": 12.0}}
    )
    with run_of(segment, days=200, template=MONTH) as run:
        lags = column(
            run,
            "SELECT new.created_on - old.ended_on FROM entitlements AS new "
            "JOIN entitlements AS old ON new.predecessor_id = old.entitlement_id "
            "WHERE new.renewal_number = 1",
        )
    assert len(lags) == 5000
    assert is_geometric(lags, 12.0)


@pytest.mark.parametrize("amendments", [False, True])
def test_cancellations_and_amendments_in_mid_term_follow_their_hazards(amendments: bool) -> None:
    what = "amendments" if amendments else "cancellation"
    segment = renewing(inclination={"constant": 0.0}) | {what: {"per_year": 1.0}}
    with run_of(segment, days=120, template={"total_terms": 10, "term": {"days": 90}}) as run:
        trigger = "deactivated" if amendments else "cancelled"
        days = column(
            run,
            "SELECT on_date - start_date FROM transitions JOIN entitlements "
            f"USING (entitlement_id) WHERE trigger = '{trigger}'",
        )
    # On the day of the sale nothing happens yet: that day's come with the second one's.
    until = 1 - np.exp(-np.arange(91) / 365.25)
    assert is_share(len(days), 5000, until[90])
    law = np.diff(until)
    law[1] += law[0]
    assert agrees(
        np.add.reduceat(np.bincount(days, minlength=90)[1:], range(0, 89, 8)),
        np.add.reduceat(law[1:] * 5000, range(0, 89, 8)),
    )
