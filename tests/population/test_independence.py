"""What chance decides apart is decided by different numbers.

Laws of single things (``test_laws.py``) hold as well where one number decides two of them. Here are
pairs that have nothing to do with each other: that they go together no more than chance lets them.

Seeds are fixed. If all draws changed and nothing were wrong, a single check would still fail with
probability LEVEL; there are fewer than 200, so that some of them would with less than 0.2 %.
"""

import datetime as dt
import itertools
from typing import Any

import numpy as np
import pandas as pd
import pytest
from lived import Tables, lived
from scipy import stats

from entitlement_sim import Scenario
from entitlement_sim.population import incidents
from entitlement_sim.population.distributions import Collector
from entitlement_sim.population.streams import stream

LEVEL = 1e-5

#: As likely to be anything from 0 to 4, so that whole days go from 1 to 4, each as likely.
UP_TO_FOUR = {"quantiles": {0: 0, 1: 4}}
HALF_OR_DOUBLE = [0.5, 1.0]


def lives(
    segment: dict[str, Any], template: dict[str, Any], days: int, seed: int = 5, **says: Any
) -> Tables:
    data = {
        "scenario": "pairs",
        "calendar": {"start": dt.date(2025, 1, 1), "days": days},
        "templates": {"Pack": template},
        "segments": {
            "all": {
                "customers": 4000,
                "cases": {"per_year": 0},
                "holds": [{"template": "Pack"}],
                "renewal": {"inclination": {"constant": 1}},
                **segment,
            }
        },
        **says,
    }
    return lived(Scenario.from_dict(data), seed)


def independent(first: Any, second: Any) -> bool:
    """Whether two things go together no more than chance lets them (chi-squared)."""
    counts = pd.crosstab(np.asarray(first), np.asarray(second)).to_numpy()
    assert min(counts.shape) > 1, "there is nothing to compare"
    found = stats.chi2_contingency(counts)
    assert found.expected_freq.min() >= 5, "too few expected for the test"
    return bool(found.pvalue > LEVEL)


def as_likely(found: Any, of: int) -> bool:
    """Whether so many different values are each as likely."""
    counts = pd.Series(np.asarray(found)).value_counts().to_numpy()
    assert len(counts) == of
    return bool(stats.chisquare(counts).pvalue > LEVEL)


def is_share(found: Any, share: float) -> bool:
    """Whether something is true of this share."""
    found = np.asarray(found, bool)
    return bool(stats.binomtest(int(found.sum()), len(found), share).pvalue > LEVEL)


def parts(found: pd.Series, of: int = 3) -> pd.Series:
    """Put amounts into so many parts, from the smallest to the largest; equal ones into one."""
    return pd.qcut(found.rank(method="min"), of, labels=False, duplicates="drop")


def by_term(rows: pd.DataFrame, value: str) -> pd.DataFrame:
    """A row for each customer, a column for each term, without customers who lack one of two."""
    table = rows.pivot(index="customer_id", columns="renewal_number", values=value)
    return table[[0, 1]].dropna()


# ------------------------------------------------------------------------ joining, buying


@pytest.fixture(scope="module")
def sales() -> pd.DataFrame:
    """One row for each customer: when it joined, which of two packs it bought, and when."""
    days = {"least": 0, "most": 3}
    hold = {"template": "Pack", "share": 0.6, "sold_after_days": days, "lead_days": days}
    tables = lives(
        {
            "joins": {"at_start": 0.25, "over_days": 4},
            "holds": [hold, {**hold, "template": "Other"}],
            "cases": {"per_year": 1, "shape": 1},
            "renewal": {"inclination": {"constant": 0}},
        },
        {},
        days=20,
        templates={"Pack": {}, "Other": {}},
    )
    customers = tables["customers"].set_index("customer_id")
    found = pd.DataFrame({"joined": customers["joined_on"], "rate": customers["cases_per_year"]})
    for name, rows in tables["entitlements"].groupby("template"):
        rows = rows.set_index("customer_id")
        found[f"{name} sold after"] = (rows["created_on"] - customers["joined_on"]).dt.days
        found[f"{name} leads"] = (rows["start_date"] - rows["created_on"]).dt.days
    return found


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Pack sold after", "Pack leads"),
        ("Other sold after", "Other leads"),
        ("Pack sold after", "Other sold after"),
        ("Pack leads", "Other leads"),
        ("joined", "Pack sold after"),
        ("joined", "Pack leads"),
        ("joined", "Other sold after"),
    ],
)
def test_days_of_joining_sale_and_start_are_drawn_apart(
    sales: pd.DataFrame, first: str, second: str
) -> None:
    both = sales[[first, second]].dropna()
    assert independent(both[first], both[second])


def test_each_kind_of_entitlement_is_bought_by_itself(sales: pd.DataFrame) -> None:
    assert independent(sales["Pack leads"].isna(), sales["Other leads"].isna())


@pytest.mark.parametrize("days", ["Pack sold after", "Pack leads"])
def test_who_buys_and_when_are_drawn_apart(sales: pd.DataFrame, days: str) -> None:
    assert as_likely(sales[days].dropna(), 4)


@pytest.mark.parametrize("other", ["joined", "Pack sold after", "Pack leads"])
def test_how_many_cases_a_customer_has_does_not_hang_on_when_it_buys(
    sales: pd.DataFrame, other: str
) -> None:
    both = sales[["rate", other]].dropna()
    assert independent(parts(both["rate"]), both[other])


def test_a_customer_is_not_like_its_neighbour(sales: pd.DataFrame) -> None:
    rates = parts(sales["rate"]).to_numpy()
    assert independent(rates[:-1], rates[1:])
    assert independent(sales["joined"].iloc[:-1], sales["joined"].iloc[1:])


def test_segments_are_not_like_each_other() -> None:
    segment = {"customers": 3000, "cases": {"per_year": 9, "shape": 1}}
    tables = lives({}, {}, days=1, segments={"all": segment, "other": segment})
    rates = tables["customers"].groupby("segment")["cases_per_year"]
    assert independent(parts(rates.get_group("all")), parts(rates.get_group("other")))


# ------------------------------------------------------------------------ fates of terms

TWENTY = {"total_terms": 10, "term": {"days": 20}}


def test_every_term_of_a_line_and_every_line_is_forgotten_or_not_by_itself() -> None:
    hold = {"template": "Pack"}
    tables = lives(
        {"holds": [hold, {"template": "Other"}], "left_in_draft": {"share": 0.5, "days": 2}},
        {},
        days=50,
        templates={"Pack": TWENTY, "Other": TWENTY},
    )
    rows = tables["entitlements"].copy()
    rows["forgotten"] = rows["activated_on"] > rows["created_on"]
    first, other = (by_term(own, "forgotten") for _, own in rows.groupby("template"))
    assert is_share(first[0], 0.5)
    assert is_share(first[1], 0.5)
    assert independent(first[0], first[1])
    assert independent(first[0], other[0])
    assert independent(first[1], other[0])


@pytest.fixture(scope="module")
def cancelled() -> pd.DataFrame:
    """Terms that may be forgotten for a day, and cancelled later."""
    tables = lives(
        {
            "left_in_draft": {"share": 0.5, "days": 1},
            "cancellation": {"per_year": 12},
            "renewal": {"inclination": {"constant": 1}, "after_cancellation": 1},
        },
        {"total_terms": 10, "term": {"days": 30}},
        days=70,
    )
    rows = tables["entitlements"].copy()
    rows["forgotten"] = rows["activated_on"] > rows["created_on"]
    rows["lasted"] = (rows["ended_on"] - rows["start_date"]).dt.days
    rows["cancelled"] = rows["ended_by"] == "cancellation"
    return rows[rows["renewal_number"] < 2]


def test_every_term_of_a_line_is_cancelled_or_not_by_itself(cancelled: pd.DataFrame) -> None:
    both = by_term(cancelled, "cancelled")
    assert independent(both[0], both[1])


def test_every_term_of_a_line_is_cancelled_on_its_own_day(cancelled: pd.DataFrame) -> None:
    both = by_term(cancelled, "lasted")
    assert independent(parts(both[0]), parts(both[1]))


def test_what_is_renewed_late_is_cancelled_from_then_on() -> None:
    tables = lives(
        {
            "cancellation": {"per_year": 12},
            "renewal": {
                "inclination": {"constant": 1},
                "dates": "contiguous",
                "late": {"share": 1, "days": {"fixed": 20}},
            },
        },
        {"total_terms": 10, "term": {"days": 40}},
        days=75,
    )
    renewed = tables["entitlements"].query("renewal_number == 1")
    lasted = (renewed["ended_on"] - renewed["created_on"]).dt.days
    # What would come on the day of the renewal comes with what is of the second day.
    assert is_share(lasted == 1, 1 - np.exp(-2 * 12 / 365.25))
    assert is_share(lasted <= 5, 1 - np.exp(-6 * 12 / 365.25))


def test_what_is_forgotten_is_cancelled_as_often(cancelled: pd.DataFrame) -> None:
    first = cancelled[cancelled["renewal_number"] == 0]
    assert independent(first["forgotten"], first["cancelled"])
    assert independent(first["forgotten"], parts(first["lasted"]))


@pytest.fixture(scope="module")
def amended() -> pd.DataFrame:
    """Terms that may be amended: on which day, by how much, and how long that took."""
    tables = lives(
        {
            "amendments": {
                "per_year": 20,
                "change": HALF_OR_DOUBLE,
                "days_in_draft": {"least": 1, "most": 3},
            }
        },
        {"total_terms": 100, "term": {"days": 40}},
        days=88,
    )
    changes = tables["transitions"]
    following = changes.groupby("entitlement_id").shift(-1)
    of_amendment = changes["trigger"] == "deactivated"
    found = pd.DataFrame(
        {
            "entitlement_id": changes["entitlement_id"],
            "on_date": changes["on_date"],
            "stay": (following["on_date"] - changes["on_date"]).dt.days,
        }
    )[of_amendment]
    adjusted = tables["ledger"][tables["ledger"]["reason"] == "adjust"]
    rows = tables["entitlements"].merge(found, on="entitlement_id", how="left")
    rows = rows.merge(adjusted[["entitlement_id", "amount"]], on="entitlement_id", how="left")
    rows["after"] = (rows["on_date"] - rows["start_date"]).dt.days
    rows["change"] = rows["amount"] / (rows["total_terms"] - rows["amount"])
    rows["amended"] = rows["after"].notna()
    rows = rows[rows["renewal_number"] < 2]
    # An amendment that ends after its term has another history.
    return rows[~(rows["after"] > 34)]


def test_amendments_are_as_likely_to_take_each_day_of_their_range(amended: pd.DataFrame) -> None:
    assert set(amended["stay"].dropna()) == {1, 2, 3}
    assert as_likely(amended["stay"].dropna(), 3)


def test_amendments_are_as_likely_to_change_by_each_of_their_shares(amended: pd.DataFrame) -> None:
    assert set(amended["change"].dropna()) == set(HALF_OR_DOUBLE)
    assert as_likely(amended["change"].dropna(), 2)


@pytest.mark.parametrize(
    ("first", "second"), [("stay", "change"), ("stay", "day"), ("change", "day")]
)
def test_day_size_and_length_of_an_amendment_are_drawn_apart(
    amended: pd.DataFrame, first: str, second: str
) -> None:
    rows = amended.dropna(subset=["after"]).assign(day=lambda found: parts(found["after"]))
    assert independent(rows[first], rows[second])


@pytest.mark.parametrize("value", ["amended", "stay", "change"])
def test_every_term_of_a_line_is_amended_by_itself(amended: pd.DataFrame, value: str) -> None:
    both = by_term(amended, value)
    assert independent(both[0], both[1])


def test_what_is_amended_is_cancelled_as_often() -> None:
    tables = lives(
        {
            "amendments": {"per_year": 20},
            "cancellation": {"per_year": 12},
            "renewal": {"inclination": {"constant": 0}, "after_cancellation": 0},
        },
        {"total_terms": 10, "term": {"days": 40}},
        days=60,
    )
    changes = tables["transitions"].merge(tables["entitlements"], on="entitlement_id")
    after = (changes["on_date"] - changes["start_date"]).dt.days
    early = changes["entitlement_id"][(changes["trigger"] == "deactivated") & (after <= 10)]
    rows = tables["entitlements"]
    lasted = (rows["ended_on"] - rows["start_date"]).dt.days
    rows = rows[lasted > 10]  # of these alone it is known whether they were amended by then
    assert independent(rows["entitlement_id"].isin(early), rows["ended_by"] == "cancellation")


# ------------------------------------------------------------------------------- renewals


def successions(tables: Tables) -> pd.DataFrame:
    """Terms that ended, with what became of their customers afterwards."""
    rows = tables["entitlements"]
    new = rows.set_index("predecessor_id")["created_on"]
    ended = rows[rows["ended_on"].notna()].copy()
    ended["lag"] = (ended["entitlement_id"].map(new[new.index.notna()]) - ended["ended_on"]).dt.days
    ended["goes on"] = ended["lag"].notna()
    ended["late"] = ended["lag"] > 0
    return ended


@pytest.fixture(scope="module")
def renewals() -> Tables:
    return lives(
        {
            "holds": [{"template": "Pack"}, {"template": "Other"}],
            "renewal": {
                "inclination": {"constant": 0.6},
                "late": {"share": 0.4, "days": UP_TO_FOUR},
            },
        },
        {},
        days=52,
        templates={"Pack": TWENTY, "Other": TWENTY},
    )


def test_who_renews_is_late_by_another_number(renewals: Tables) -> None:
    found = successions(renewals)
    first = found[found["renewal_number"] == 0]
    assert is_share(first["goes on"], 0.6)
    assert is_share(first["late"][first["goes on"]], 0.4)


def test_who_is_late_is_late_by_any_number_of_days(renewals: Tables) -> None:
    lag = successions(renewals)["lag"]
    assert as_likely(lag[lag > 0], 4)


def test_every_term_of_a_line_is_renewed_by_itself(renewals: Tables) -> None:
    found = successions(renewals)
    assert is_share(found["goes on"][found["renewal_number"] == 1], 0.6)


@pytest.mark.parametrize("value", ["late", "lag"])
def test_every_term_of_a_line_is_late_by_itself(renewals: Tables, value: str) -> None:
    found = successions(renewals)
    both = by_term(found[(found["template"] == "Pack") & found["goes on"]], value)
    assert independent(both[0], both[1])


def test_every_line_of_a_customer_is_renewed_by_itself(renewals: Tables) -> None:
    found = successions(renewals)
    first = found[found["renewal_number"] == 0]
    both = first.pivot(index="customer_id", columns="template", values=["goes on", "late"])
    assert independent(both["goes on"]["Pack"], both["goes on"]["Other"])
    assert independent(both["late"]["Pack"], both["late"]["Other"])


@pytest.fixture(scope="module")
def returns() -> pd.DataFrame:
    tables = lives(
        {
            "renewal": {
                "inclination": {"constant": 0},
                "returns": {"share": 0.6, "days": UP_TO_FOUR},
            }
        },
        TWENTY,
        days=52,
    )
    return successions(tables)


def test_who_returns_does_so_after_any_number_of_days(returns: pd.DataFrame) -> None:
    first = returns[returns["renewal_number"] == 0]
    assert is_share(first["goes on"], 0.6)
    assert as_likely(first["lag"].dropna(), 4)


def test_after_every_term_it_is_decided_anew_who_returns(returns: pd.DataFrame) -> None:
    assert is_share(returns["goes on"][returns["renewal_number"] == 1], 0.6)
    both = by_term(returns[returns["goes on"]], "lag")
    assert independent(both[0], both[1])


def test_who_lapses_returns_by_another_number() -> None:
    tables = lives(
        {
            "customers": 8000,
            "renewal": {
                "inclination": {"constant": 0.5},
                "returns": {"share": 0.5, "days": {"fixed": 3}},
            },
        },
        TWENTY,
        days=30,
    )
    lag = successions(tables)["lag"]
    assert is_share(lag == 0, 0.5)
    assert is_share(lag[lag != 0] == 3, 0.5)


def test_who_often_writes_does_not_renew_more_or_less_for_that() -> None:
    tables = lives(
        {
            "cases": {"per_year": 5, "shape": 1},
            "renewal": {
                "inclination": {"constant": None, "beta_geometric": {"alpha": 1, "beta": 1}}
            },
        },
        TWENTY,
        days=30,
    )
    first = successions(tables).query("renewal_number == 0").merge(tables["customers"])
    assert independent(parts(first["cases_per_year"]), first["goes on"])


def test_refused_cases_missed_slas_and_use_move_the_log_odds_each_by_its_own_weight() -> None:
    weights = {"utilisation": 1.5, "around": 0.5, "refusals": -0.3, "missed_slas": 0.6}
    tables = lives(
        {
            "customers": 6000,
            "cases": {"per_year": 50},
            "resolve_hours": {"exponential": 24},
            "reopened": 0,
            "renewal": {"inclination": {"constant": 0.5}, "moved_by": weights},
        },
        {
            "total_terms": 3,
            "decrease_on": "creation",
            "restrict": True,
            "term": {"days": 30},
            "sla": "quick",
        },
        days=31,
        slas={"quick": {"resolve_hours": 4}},
    )
    found = successions(tables)
    assert len(found) == 6000
    first_day_after = pd.Timestamp("2025-01-31")
    ledger, cases = tables["ledger"], tables["cases"]
    in_term = ledger["happened_at"] < first_day_after
    refused = ledger[(ledger["reason"] == "refused") & in_term].groupby("entitlement_id").size()
    missed = cases[
        cases["sla_met"].eq(False).fillna(False) & (cases["resolved_at"] < first_day_after)
    ]
    missed = missed.groupby("entitlement_id").size()
    used = (
        -ledger[(ledger["reason"] == "consume") & in_term].groupby("entitlement_id")["amount"].sum()
    )
    drivers = pd.DataFrame(
        {
            "one": 1.0,
            "refused": found["entitlement_id"].map(refused).fillna(0.0),
            "missed": found["entitlement_id"].map(missed).fillna(0.0).astype(float),
            "used": found["entitlement_id"].map(used).fillna(0.0) / 3,
        }
    )
    moved = -0.3 * drivers["refused"] + 0.6 * drivers["missed"] + 1.5 * (drivers["used"] - 0.5)
    chance = 1 / (1 + np.exp(-moved))
    surprise = found["goes on"] - chance
    variance = chance * (1 - chance)
    for driver, size in drivers.items():
        assert size.abs().sum() > 500, driver
        score = (surprise * size).sum() / np.sqrt((variance * size**2).sum())
        assert stats.norm.sf(abs(score)) * 2 > LEVEL, driver


# ---------------------------------------------------------------------------------- cases

EVEN = {"quantiles": {0: 1, 1: 40}}


@pytest.fixture(scope="module")
def written() -> Tables:
    """Cases that are covered, answered, and cancelled or resolved, and may come back."""
    return lives(
        {
            "customers": 200,
            "contacts": 2,
            "cases": {"per_year": 200},
            "origins": {"phone": 2, "email": 1, "web": 1},
            "products": {"A": 2, "B": 1},
            "billable_minutes": EVEN,
            "resolve_hours": EVEN,
            "respond_hours": {"quantiles": {0: 0, 1: 1}},
            "cancelled": 0.3,
            "cancelled_reactivated": 0.5,
            "reopened": 0.5,
            "reopened_after_hours": EVEN,
            "do_not_decrement": 0.4,
        },
        {"total_terms": 10_000, "sla": "any", "term": {"months": 12}},
        days=200,
        products=["A", "B"],
        slas={"any": {"first_response_hours": 1, "resolve_hours": 100}},
    )


def first_ends(tables: Tables) -> pd.DataFrame:
    """Cases with their first end, before any reopening, and not from the last days."""
    cases = tables["cases"].copy()
    again = tables["reactivations"].groupby("case_id").first()
    again = again.rename(columns={"billable_minutes": "billable_minutes_first"})
    cases = cases.join(again, on="case_id")
    cases["back"] = cases["reopened"] > 0
    own = cases["resolved_at"].fillna(cases["cancelled_at"])
    cases["first end"] = cases["ended_at"].fillna(own)
    cases["cancelled"] = cases["from_state"].fillna(cases["state"]) == "cancelled"
    cases["wait"] = parts(cases["first end"] - cases["created_at"])
    cases["answer"] = parts(cases["responded_at"] - cases["created_at"])
    cases["hour"] = parts(cases["created_at"].dt.hour)
    cases["minutes"] = parts(cases["billable_minutes_first"].fillna(cases["billable_minutes"]))
    return cases[cases["created_at"] < pd.Timestamp("2025-04-01")]


PAIRS = list(
    itertools.combinations(
        ["origin", "product", "contact", "decrement", "cancelled", "wait", "answer", "hour"], 2
    )
)


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_what_a_case_is_like_is_drawn_apart(written: Tables, first: str, second: str) -> None:
    cases = first_ends(written)
    assert independent(cases[first], cases[second])


@pytest.mark.parametrize(
    "other", ["origin", "product", "contact", "decrement", "wait", "answer", "hour", "back"]
)
def test_how_long_a_case_is_worked_on_is_drawn_apart(written: Tables, other: str) -> None:
    cases = first_ends(written)
    resolved = cases[~cases["cancelled"] & cases["minutes"].notna()]
    assert independent(resolved["minutes"], resolved[other])


@pytest.mark.parametrize(
    "value", ["origin", "product", "contact", "decrement", "cancelled", "wait", "answer", "back"]
)
def test_a_case_is_not_like_the_one_before(written: Tables, value: str) -> None:
    cases = first_ends(written)
    before = cases.groupby("customer_id")[value].shift(1)
    both = before.notna()
    assert independent(before[both], cases[value][both])


@pytest.mark.parametrize("other", ["origin", "decrement", "wait", "answer", "hour"])
def test_whether_a_case_comes_back_is_drawn_apart(written: Tables, other: str) -> None:
    cases = first_ends(written)
    resolved = cases[~cases["cancelled"]]
    assert is_share(resolved["back"], 0.5)
    assert independent(resolved["back"], resolved[other])


def test_reopenings_come_by_the_reopened_share_whatever_went_before(written: Tables) -> None:
    cases = first_ends(written)
    came_back = cases[cases["back"]]
    assert is_share(came_back["reopened"][came_back["cancelled"]] > 1, 0.5)
    assert is_share(came_back["reopened"][~came_back["cancelled"]] > 1, 0.5)


def test_a_customers_first_case_comes_back_by_another_number_than_ends_it() -> None:
    tables = lives(
        {
            "cases": {"per_year": 4},
            "resolve_hours": {"fixed": 1},
            "cancelled": 0.3,
            "cancelled_reactivated": 0.5,
            "reopened": 0.5,
            "reopened_after_hours": {"fixed": 1},
            "do_not_decrement": 0.4,
        },
        {"total_terms": 10_000, "sla": "any"},
        days=365,
        slas={"any": {"first_response_hours": 1, "resolve_hours": 100}},
    )
    first = first_ends(tables).groupby("customer_id").head(1)
    assert is_share(first["back"][first["cancelled"]], 0.5)
    assert is_share(first["back"][~first["cancelled"]], 0.5)
    assert independent(first["back"], first["decrement"])


def test_every_reopening_takes_its_own_time(written: Tables) -> None:
    rows = written["reactivations"].sort_values(["case_id", "happened_at"])
    following = rows.groupby("case_id").shift(-1)
    both = following["ended_at"].notna()
    rows = rows[both].assign(
        waited=lambda found: parts(found["happened_at"] - found["ended_at"]),
        worked=parts((following["ended_at"] - rows["happened_at"])[both]),
        later=parts((following["happened_at"] - following["ended_at"])[both]),
        billed=parts((following["billable_minutes"] - rows["billable_minutes"])[both]),
    )
    rows = rows[rows["from_state"] == "resolved"]  # a cancellation bills nothing
    for first, second in itertools.combinations(["waited", "worked", "later", "billed"], 2):
        assert independent(rows[first], rows[second])


def test_who_is_turned_away_is_drawn_apart() -> None:
    tables = lives(
        {
            "customers": 200,
            "holds": [],
            "cases": {"per_year": 100},
            "origins": {"phone": 1, "web": 1},
            "do_not_decrement": 0.4,
            "turned_away": 0.5,
        },
        {},
        days=200,
    )
    cases = tables["cases"]
    away = cases["outcome"] == "turned_away"
    assert is_share(away, 0.5)
    assert independent(away, cases["decrement"])
    assert independent(away, cases["origin"])
    assert independent(away, cases["created_at"].dt.hour // 8)


# --------------------------------------------------------------------------------- bursts


@pytest.fixture(scope="module")
def bursts() -> Tables:
    return lives(
        {
            "customers": 2000,
            "joins": {"at_start": 0.5},
            "products": {"A": 1},
            "origins": {"phone": 1, "web": 1},
            "contacts": 2,
            "do_not_decrement": 0.4,
            "billable_minutes": EVEN,
            "resolve_hours": EVEN,
            "respond_hours": {"quantiles": {0: 0, 1: 1}},
            "reopened": 0,
        },
        {"total_terms": 10_000, "sla": "any", "term": {"months": 24}},
        days=365,
        products=["A"],
        slas={"any": {"first_response_hours": 1, "resolve_hours": 100}},
        bursts=[{"product": "A", "per_year": 6, "hits": 0.5, "cases": 4, "over_hours": 1}],
        seed=3,
    )


@pytest.fixture(scope="module")
def burst_cases(bursts: Tables) -> pd.DataFrame:
    cases = bursts["cases"].merge(bursts["customers"], on="customer_id")
    # Incidents lie days apart, so that whatever comes without a gap belongs to one.
    times = cases["created_at"].sort_values()
    cases["incident"] = (times.diff() > pd.Timedelta(hours=12)).cumsum().loc[cases.index]
    return cases


def test_no_case_of_an_incident_comes_before_its_customer_joined(burst_cases: pd.DataFrame) -> None:
    assert (burst_cases["created_at"] >= burst_cases["joined_on"]).all()


def test_every_incident_hits_customers_anew(bursts: Tables, burst_cases: pd.DataFrame) -> None:
    customers = bursts["customers"]
    at_start = customers["customer_id"][customers["joined_on"] == pd.Timestamp("2025-01-01")]
    counts = burst_cases.pivot_table(index="customer_id", columns="incident", aggfunc="size")
    assert counts.shape[1] >= 2
    counts = counts.reindex(at_start).fillna(0)
    assert independent(counts[0] > 0, counts[1] > 0)
    both = counts[(counts[0] > 0) & (counts[1] > 0)]
    assert independent(both[0] > 3, both[1] > 3)


@pytest.mark.parametrize("value", ["origin", "contact", "decrement"])
def test_a_case_of_an_incident_is_not_like_the_one_before(
    burst_cases: pd.DataFrame, value: str
) -> None:
    before = burst_cases.groupby(["customer_id", "incident"])[value].shift(1)
    both = before.notna()
    assert independent(before[both], burst_cases[value][both])


@pytest.mark.parametrize("value", ["origin", "contact", "decrement", "wait", "answer"])
def test_a_case_of_an_incident_is_not_like_that_of_another_incident(
    burst_cases: pd.DataFrame, value: str
) -> None:
    cases = burst_cases.assign(
        wait=lambda rows: parts(rows["resolved_at"] - rows["created_at"]),
        answer=lambda rows: parts(rows["responded_at"] - rows["created_at"]),
    )
    firsts = cases.groupby(["customer_id", "incident"])[value].first().unstack()
    both = firsts[[0, 1]].dropna()
    assert independent(both[0], both[1])


@pytest.mark.parametrize("value", ["origin", "contact", "decrement", "comes back"])
def test_a_case_of_an_incident_is_not_like_the_customers_other_cases(value: str) -> None:
    tables = lives(
        {
            "customers": 6000,
            "cases": {"per_year": 3},
            "products": {"A": 1, "B": 0},  # so that only incidents bring cases of B
            "origins": {"phone": 1, "web": 1},
            "contacts": 2,
            "do_not_decrement": 0.4,
            "resolve_hours": {"fixed": 1},
            "reopened": 0.5,
            "reopened_after_hours": {"fixed": 1},
        },
        {"total_terms": 10_000, "term": {"months": 24}},
        days=365,
        products=["A", "B"],
        bursts=[{"product": "B", "per_year": 6, "hits": 0.9, "cases": 0.5}],
    )
    cases = tables["cases"].assign(**{"comes back": lambda rows: rows["reopened"] > 0})
    firsts = cases.groupby(["customer_id", "product"])[value].first().unstack()
    both = firsts.dropna()
    assert independent(both["A"], both["B"])


def test_when_a_case_of_an_incident_comes_and_how_long_it_takes_are_drawn_apart(
    burst_cases: pd.DataFrame,
) -> None:
    done = burst_cases[burst_cases["resolved_at"].notna()]
    delay = parts(done["created_at"] - done.groupby("incident")["created_at"].transform("min"))
    wait = parts(done["resolved_at"] - done["created_at"])
    answer = parts(done["responded_at"] - done["created_at"])
    minutes = parts(done["billable_minutes"])
    for first, second in itertools.combinations((delay, wait, answer, minutes), 2):
        assert independent(first, second)


def test_every_burst_has_its_own_incidents() -> None:
    burst = {"per_year": 8, "hits": 1, "cases": 5, "over_hours": 0.1}
    tables = lives(
        {"customers": 100, "products": {"A": 1, "B": 1}},
        {},
        days=365,
        products=["A", "B"],
        bursts=[{"product": "A", **burst}, {"product": "B", **burst}],
    )
    days = tables["cases"].groupby("product")["created_at"].agg(lambda at: set(at.dt.day_of_year))
    assert len(days["A"]) > 1
    assert not days["A"] & days["B"]


def test_few_incidents_are_drawn_as_many_are(monkeypatch: pytest.MonkeyPatch) -> None:
    model = Scenario.load("demo").model
    few = incidents.incidents_of(model, stream(5), Collector())
    monkeypatch.setattr(incidents, "_FEW", -1)
    many = incidents.incidents_of(model, stream(5), Collector())
    assert len(few) > 1
    assert few.tolist() == many.tolist()
