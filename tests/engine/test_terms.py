"""Months of contiguous terms count from one anchor; periods tile without gap or overlap."""

import calendar
import datetime as dt
from itertools import pairwise

import numpy as np
import pytest

from entitlement_sim import Scenario, simulate
from entitlement_sim.engine.blocks import simulate_blocks
from entitlement_sim.population.plan import plan
from entitlement_sim.rules.amounts import prorated

START = dt.date(2023, 1, 1)
EPOCH = dt.date(1970, 1, 1).toordinal()


def months_on(anchor: dt.date, months: int) -> dt.date:
    """The same day of the month so many months on, or the month's last."""
    years, month = divmod(anchor.month - 1 + months, 12)
    year = anchor.year + years
    last = calendar.monthrange(year, month + 1)[1]
    return dt.date(year, month + 1, min(anchor.day, last))


def lineages(term: dict, first_days: range, days: int, **renewal: object) -> list[list[tuple]]:
    """Terms of entitlements that begin on each of some days of 2023, by lineage."""
    segments = {
        f"from {first}": {
            "customers": 1,
            "cases": {"per_year": 0},
            "holds": [
                {"template": "T", "sold_after_days": {"least": day, "most": day}}
                for day in first_days[first : first + 31]
            ],
            "renewal": {"inclination": {"constant": 1}, "dates": "contiguous", **renewal},
        }
        for first in range(0, len(first_days), 31)
    }
    scenario = Scenario.from_dict(
        {
            "scenario": "terms",
            "calendar": {"start": START, "days": days},
            "templates": {"T": {"total_terms": 1, "term": term}},
            "segments": segments,
        }
    )
    by_lineage: list[list[tuple]] = []
    for block in simulate_blocks(plan(scenario.model, 1), threads=1):
        of = {}
        e = block["entitlements"]
        for number, old, start, end, anchor in zip(
            e["entitlement_id"].tolist(),
            e["predecessor_id"].tolist(),
            e["start_date"].tolist(),
            e["end_date"].tolist(),
            e["anchor"].tolist(),
            strict=True,
        ):
            lineage = of[old] if old >= 0 else []
            if old < 0:
                by_lineage.append(lineage)
            of[number] = lineage
            known = None if anchor < 0 else dt.date.fromordinal(anchor + EPOCH)
            days_of = (dt.date.fromordinal(day + EPOCH) for day in (start, end))
            lineage.append((*days_of, known))
    return by_lineage


@pytest.mark.parametrize("months", [1, 3, 6, 12, 24])
def test_months_count_from_one_anchor_over_ten_years_for_every_day_of_the_year(months):
    found = lineages({"months": months}, range(365), 3653)
    assert len(found) == 365
    for lineage in found:
        anchor = lineage[0][0]
        for place, (start, end, stored) in enumerate(lineage):
            assert start == months_on(anchor, place * months)
            assert end + dt.timedelta(1) == months_on(anchor, (place + 1) * months)
            assert stored == anchor
        assert (end - START).days >= 3652


@pytest.mark.parametrize(
    "term",
    [
        {"days": 30},
        {"months": 1},
        {"until": "12-31"},
        {"until": "02-28"},
        {"from": dt.date(2023, 1, 31), "until": dt.date(2023, 4, 29)},
        {"from": dt.date(2022, 2, 1), "until": dt.date(2022, 3, 17)},
    ],
    ids=str,
)
def test_contiguous_terms_tile_without_gap_or_overlap(term):
    for lineage in lineages(term, range(0, 365, 7), 1500):
        assert len(lineage) > 2
        for (_, end, _), (start, last, _) in pairwise(lineage):
            assert start == end + dt.timedelta(1)
            assert start <= last


@pytest.mark.parametrize("month_day", ["12-31", "02-28", "03-01", "06-30"])
def test_a_calendar_year_is_whole_after_its_first_part(month_day):
    month, day = map(int, month_day.split("-"))
    for lineage in lineages({"until": month_day}, range(365), 1100):
        for start, end, _ in lineage:
            assert (end.month, end.day) == (month, day)
            assert (end - start).days <= 365
        for _, end, _ in lineage[1:]:
            assert end.year > lineage[0][1].year


def test_days_that_are_no_whole_months_have_no_anchor():
    [terms] = lineages({"months": 12}, range(1), 1100, dates="product")
    assert terms == [
        (dt.date(2023, 1, 1), dt.date(2023, 12, 31), dt.date(2023, 1, 1)),
        (dt.date(2024, 1, 1), dt.date(2024, 12, 30), None),  # a leap year, 365 days by rule L9
        (dt.date(2024, 12, 31), dt.date(2025, 12, 30), dt.date(2024, 12, 31)),
        (dt.date(2025, 12, 31), dt.date(2026, 12, 30), dt.date(2025, 12, 31)),
    ]


def test_a_term_of_days_has_no_anchor():
    assert {stored for one in lineages({"days": 30}, range(3), 100) for *_, stored in one} == {None}


@pytest.mark.parametrize("amount", [0, 1, 99, 100_000, 10**13])
@pytest.mark.parametrize(("days", "whole"), [(1, 365), (297, 365), (183, 366), (730, 365), (7, 7)])
@pytest.mark.parametrize("unit", [1, 100])
def test_a_part_is_rounded_to_the_nearest_unit_halves_up(amount, days, whole, unit):
    part = prorated(amount, days, whole, unit)
    assert part % unit == 0
    assert -unit * whole <= 2 * (amount * days - part * whole) < unit * whole


def calendar_year(**changes: object) -> Scenario:
    return Scenario.load("calendar-year", {"calendar.days": 800, **changes})


def test_prorated_amounts_of_a_run_are_parts_by_days_of_a_year():
    with simulate(calendar_year(), seed=3) as run:
        rows = run.sql(
            """
            SELECT start_date, end_date, entitlements.price::DOUBLE AS price
            FROM entitlements JOIN templates USING (template_id) WHERE template = 'Support'
            """
        )
    assert (rows["end_date"].dt.strftime("%m-%d") == "12-31").all()
    whole = np.where(rows["end_date"].dt.is_leap_year, 366, 365)
    days = (rows["end_date"] - rows["start_date"]).dt.days + 1
    assert (days < whole).sum() > 50 < (days == whole).sum()
    assert np.abs(rows["price"] - 2400 * days / whole).max() <= 0.005 + 1e-9
