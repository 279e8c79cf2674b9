"""A past goes over into the run without a seam: whoever writes before the first day goes on."""

from typing import Any

import pandas as pd
import pytest
from lived import Tables, lived
from scipy import stats

from entitlement_sim import Scenario

#: By chance each test fails once in ten thousand seeds.
LEVEL = 1e-4
START = pd.Timestamp("2024-01-01")
SEED = 8
#: After a sale of the pack, which is not renewed.
PACK_DAYS = 50
AFTERWARDS = 10


def scenario_of(segment: dict[str, Any], **says: Any) -> Scenario:
    """Customers whose cases come evenly, all year round and year after year."""
    return Scenario.from_dict(
        {
            "scenario": "across",
            "history": {"years": 2},
            "calendar": {"start": START.date(), "days": 240},
            "templates": {"Year": {}, "Pack": {"term": {"days": PACK_DAYS}}},
            "segments": {"all": {"customers": 150, **segment}},
            **says,
        }
    )


def day_of(times: pd.Series) -> pd.Series:
    return (times - START) / pd.Timedelta(days=1)


def of_the_covered(tables: Tables, first: int, behind: int) -> tuple[int, float]:
    """Cases between two days of customers who hold a contract by then, and the days of these."""
    contracts = tables["entitlements"][["customer_id", "start_date", "end_date"]].assign(
        since=lambda frame: day_of(frame["start_date"]).clip(first, behind),
        until=lambda frame: (day_of(frame["end_date"]) + 1).clip(first, behind),
    )
    cases = tables["cases"][["customer_id", "created_at"]].merge(contracts, on="customer_id")
    day = day_of(cases["created_at"])
    covered = int(((day >= cases["since"]) & (day < cases["until"])).sum())
    return covered, float((contracts["until"] - contracts["since"]).sum())


@pytest.mark.parametrize(
    "life",
    [{}, {"ends": {"exponential": 60}}, {"ends": {"fixed": 0}, "never_covered": 0.3}],
    ids=["endless", "with an end", "with an end, and some never covered"],
)
def test_covered_customers_write_as_much_on_the_first_days_as_later(life: dict[str, Any]) -> None:
    tables = lived(
        scenario_of(
            {
                "life": life,
                "holds": [{"template": "Year"}],
                "cases": {"per_year": 120},
                "renewal": {"inclination": {"constant": 0.7}, "dates": "contiguous"},
            }
        ),
        SEED,
    )
    cases, days = of_the_covered(tables, 0, 30)
    later_cases, later_days = of_the_covered(tables, 150, 180)
    assert min(cases, later_cases) > 1000
    share = days / (days + later_days)
    assert stats.binomtest(cases, cases + later_cases, share).pvalue > LEVEL
    assert stats.poisson.cdf(cases, days * 120 / 365.25) > LEVEL


def written(tables: Tables) -> pd.DataFrame:
    """Cases by what tells customers apart, whatever their numbers, and days after joining."""
    cases = tables["cases"].merge(tables["customers"], on="customer_id")
    return cases.assign(since=(cases["created_at"] - cases["joined_on"]) / pd.Timedelta(days=1))


def moments(cases: pd.DataFrame) -> set[tuple[Any, ...]]:
    columns = ["joined_on", "cases_per_year", "created_at"]
    return set(cases[columns].itertuples(index=False, name=None))


def pending_sales(template: str, **says: Any) -> Scenario:
    """Everybody buys a pack 200 days after joining, and perhaps another one at once.

    Cases are open for so long that those of the days before the first one are published, too.
    """
    at_once = [] if template == "" else [{"template": template}]
    pack = {"template": "Pack", "sold_after_days": {"least": 200, "most": 200}}
    return scenario_of(
        {
            "holds": [*at_once, pack],
            "cases": {"per_year": 30, "shape": 1.0},
            "resolve_hours": {"fixed": 24 * 400},
            "renewal": {"inclination": {"constant": 0}},
            **says,
        },
        templates={"Pack": {"term": {"days": PACK_DAYS}}, "Small": {"term": {"days": 30}}},
    )


@pytest.mark.parametrize("at_once", ["", "Small"], ids=["the only one", "after another one"])
def test_who_is_still_to_buy_writes_across_the_first_day_and_the_last(at_once: str) -> None:
    whole = written(lived(pending_sales(at_once), SEED))
    ended = written(lived(pending_sales(at_once, life={"ends": {"fixed": AFTERWARDS}}), SEED))
    last = 200 + PACK_DAYS + AFTERWARDS
    assert moments(ended) == moments(whole[whole["since"] < last])
    # Some of them join before the first day and buy after it, others buy after the last one.
    pending = ended[ended["since"] < 200]
    joined = day_of(pending["joined_on"])
    assert ((joined < 0) & (day_of(pending["created_at"]) > 0) & (pending["since"] > 60)).sum() > 50
    assert ((joined > 60) & (pending["since"] > 60)).sum() > 50


def test_whose_sale_an_offering_takes_away_writes_until_the_cover_before_it_is_over() -> None:
    base = pending_sales("Small", life={"ends": {"fixed": AFTERWARDS}})
    offering = base.with_({"segments.all.holds": [{"template": "Small"}]})
    ours, theirs = (written(lived(scenario, SEED)) for scenario in (base, offering))
    ours, theirs = (cases[cases["created_at"] >= START] for cases in (ours, theirs))
    bought = day_of(ours["joined_on"]) + 200 < 0
    last = (200 + PACK_DAYS + AFTERWARDS) * bought + (30 + AFTERWARDS) * ~bought
    assert moments(theirs) == moments(ours[ours["since"] < last])
    assert len(theirs) < 0.7 * len(ours)
