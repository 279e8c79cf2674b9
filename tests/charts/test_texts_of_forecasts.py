"""What the charts of a forecast say: whole texts."""

from typing import Any

import pandas as pd
from chart_texts import Texts, texts

from entitlement_sim import charts

MONTHS = [
    "month", "is_partial", "quantity", "median",
    "low_50", "high_50", "low_80", "high_80", "low_95", "high_95",
]  # fmt: skip
CONTRACTS = [
    "entitlement_id", "customer_id", "template", "chance_dry", "dry_early", "dry_median",
    "dry_late", "end_date",
]  # fmt: skip


def months(*rows: tuple[Any, ...]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=MONTHS)
    return frame.assign(month=pd.to_datetime(frame["month"]))


def contracts(*rows: tuple[Any, ...]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=CONTRACTS)
    days = CONTRACTS[-4:]
    return frame.assign(**{name: pd.to_datetime(frame[name]) for name in days})


JANUARY = ("2026-01-01", False, "cases", 120.0, 112.0, 128.0, 105.0, 136.0, 98.0, 150.0)
FEBRUARY = ("2026-02-01", True, "cases", 60.0, 55.0, 66.0, 51.0, 71.0, 45.0, 80.0)


def test_months_say_the_last_whole_one_with_eight_futures_of_ten() -> None:
    ax = charts.forecast_by_month(months(JANUARY, FEBRUARY), "cases")
    assert texts(ax) == Texts(
        "120 cases in Jan 2026, between 105 and 136 in eight futures of ten",
        "median and bands of 50, 80 and 95% of the replications; the first or last month is "
        "partial",
        "Jan 2026: 120, 95% between 98 and 150.",
    )


def test_money_says_its_currency() -> None:
    row = ("2026-01-01", False, "revenue", 9000.0, 8000.0, 10_000.0, 7000.0, 12_000.0, -50.0, 15e3)
    ax = charts.forecast_by_month(months(row), "revenue", kind="money", currency="EUR")
    assert texts(ax) == Texts(
        "EUR 9k revenue in Jan 2026, between EUR 7k and EUR 12k in eight futures of ten",
        "median and bands of 50, 80 and 95% of the replications",
        "Jan 2026: EUR 9k, 95% between -EUR 50 and EUR 15k.",
    )
    assert ax.get_ylabel() == "revenue a month, EUR"


def test_a_quantity_without_rows_cannot_be_told() -> None:
    ax = charts.forecast_by_month(months(JANUARY), "margin")
    assert charts.alt_text(ax) == (
        "Forecast of margin. Nothing to show: nothing of it can be told."
    )


LIKELY = (7, 3, "Pack", 0.5, "2026-02-01", "2026-03-04", "2026-05-01", "2026-06-30")
RARE = (9, 4, "Pack", 0.1, "2026-04-01", "2026-04-02", "2026-04-09", "2026-06-30")
NEVER = (8, 4, "Pack", 0.0, None, None, None, "2026-06-30")


def test_contracts_say_how_many_are_more_likely_than_not_to_run_dry() -> None:
    ax = charts.forecast_running_dry(contracts(RARE, LIKELY, NEVER))
    assert texts(ax) == Texts(
        "1 contract more likely than not to run dry before the end of the term",
        "2 contracts with a chance to; days of one to nine in ten, the median as a point; stroke: "
        "end of the term",
        "7: 50.0%, median 4 Mar 2026 and 9: 10.0%, median 2 Apr 2026.",
    )


def test_one_contract_says_its_day() -> None:
    assert texts(charts.forecast_running_dry(contracts(RARE))) == Texts(
        "Contract 9 runs dry by 2 Apr 2026 in half of the futures in which it does",
        "1 contract with a chance to; days of one to nine in ten, the median as a point; stroke: "
        "end of the term",
        "9: 10.0%, median 2 Apr 2026.",
    )


def test_none_that_runs_dry_says_so() -> None:
    assert charts.alt_text(charts.forecast_running_dry(contracts(NEVER))) == (
        "Contracts that run dry. Nothing to show: none does in any of the futures."
    )


def test_beyond_fifteen_the_likeliest_stand() -> None:
    rows = [(number, *RARE[1:3], number / 100, *RARE[4:]) for number in range(1, 18)]
    ax = charts.forecast_running_dry(contracts(*rows))
    assert texts(ax).line.startswith("the 15 contracts of 17 with the highest chance; ")
    assert next(label.get_text() for label in ax.get_yticklabels()) == "17 17.0%"
