"""What entitlements cost, when their renewals are decided, and what customers make of prices."""

import datetime as dt
from typing import Any

import pandas as pd
import pytest
from lived import lived, merged

from entitlement_sim import Scenario
from entitlement_sim.metrics.revenue import stand_ready
from entitlement_sim.recentring import renewal_offsets

START = dt.date(2026, 1, 1)
BASE: dict[str, Any] = {
    "scenario": "prices",
    "calendar": {"start": START, "days": 730},
    "templates": {"Pack": {"total_terms": 10, "price": 1500}},
    "segments": {
        "all": {
            "customers": 1,
            "cases": {"per_year": 0},
            "holds": [{"template": "Pack"}],
            "renewal": {"inclination": {"constant": 1}},
        }
    },
}


def scenario(template: Any = None, segment: Any = None, **others: Any) -> Scenario:
    parts = {"templates": {"Pack": template or {}}, "segments": {"all": segment or {}}}
    return Scenario.from_dict(merged(merged(BASE, parts), others))


def sold(template: Any = None, segment: Any = None, **others: Any) -> pd.DataFrame:
    return lived(scenario(template, segment, **others))["entitlements"]


def prices(*arguments: Any, **others: Any) -> list[float]:
    return list(sold(*arguments, **others)["price"])


def many(count: int = 60, **says: Any) -> dict[str, Any]:
    return {"customers": count, **says}


# ------------------------------------------------------------------------------- price forms


@pytest.mark.parametrize(
    ("term", "price", "booked", "straight_line"),
    [("12 months", 1500, 3000.00, 3000.00), ("36 months", 3900, 3900.00, 2597.63)],
)
def test_one_year_and_three_are_booked_and_recognised_day_by_day(
    term: str, price: int, booked: float, straight_line: float
) -> None:
    rows = sold({"term": term, "price": price})
    assert rows["price"].sum() == booked
    last = START + dt.timedelta(729)
    earned = sum(
        stand_ready(round(row.price * 100), row.start_date.date(), row.end_date.date(), [last])[0]
        for row in rows.itertuples()
    )
    assert earned == round(straight_line * 100)


def test_a_price_a_month_is_that_of_all_months_of_the_term() -> None:
    assert prices({"price": {"amount": 125, "every": "month"}}) == [1500, 1500]


def test_what_the_product_renews_by_days_costs_what_the_months_did() -> None:
    leap = {"calendar": {"start": dt.date(2027, 1, 1)}}
    rows = sold({"price": {"amount": 125, "every": "month"}}, **leap)
    assert list(rows["end_date"].dt.day) == [31, 30]
    assert list(rows["price"]) == [1500, 1500]


def test_a_part_of_a_month_costs_its_days_of_it() -> None:
    term = {"term": {"until": "02-14"}, "price": {"amount": 100, "every": "month"}}
    assert prices(term, calendar={"days": 30}) == [150]


@pytest.mark.parametrize(
    ("spend", "price"), [(0, 100), (600, 100), (2_000, 200), (85_000, 6_150), (300_000, 15_900)]
)
def test_a_price_by_spend_is_that_of_the_customers_own(spend: int, price: int) -> None:
    bands = {"up_to": {10_000: 0.10, 80_000: 0.07, 250_000: 0.05}, "above": 0.03, "at_least": 100}
    assert prices({"price": {"of_spend": bands}}, {"spend": {"fixed": spend}}) == [price, price]


def test_who_spends_nothing_pays_nothing_where_there_is_no_least_price() -> None:
    bands = {"up_to": {10_000: 0.10}, "above": 0.03}
    rows = sold({"price": {"of_spend": bands}}, {"spend": {"fixed": 0}})
    assert list(rows["price"]) == list(rows["list_price"]) == [0, 0]


# -------------------------------------------------------------------- discounts and renewals


def test_a_discount_of_some_lasts_over_renewals_and_leaves_the_list_price() -> None:
    holds = [{"template": "Pack", "discount": {"share": 0.5, "off": 0.15}}]
    rows = sold({"price": 99.99}, many(holds=holds))
    assert set(rows["list_price"]) == {99.99}
    assert set(rows["price"]) == {99.99, 84.99}
    assert (rows.groupby("customer_id")["price"].nunique() == 1).all()


def test_a_price_rises_at_each_renewal_to_the_hundredth() -> None:
    renews = {"price": 99.99, "renews": {"itself": True, "rise": 0.05}}
    assert prices(renews, calendar={"days": 1200}) == [99.99, 104.99, 110.24, 115.75]


def test_a_rise_meets_those_too_who_decide_by_themselves() -> None:
    assert prices({"renews": {"rise": 0.1}}) == [1500, 1650]


def with_past(**changes: Any) -> pd.DataFrame:
    """Terms of customers with a past, whose prices rise by 5 % until the run's first day."""
    base = scenario(
        {"price": 100, "renews": {"rise": 0.05}},
        {"customers": 4, "renewal": {"dates": "contiguous"}},
        calendar={"days": 366},
        history={"years": 4},
    )
    rows = lived(base.with_(changes))["entitlements"]
    return rows[(rows["start_date"] >= "2026-01-01") & (rows["renewal_number"] == 2)]


@pytest.mark.parametrize(
    ("changes", "price"),
    [
        ({}, 110.25),
        ({"templates.Pack.renews.rise": 0.1}, 115.50),
        ({"templates.Pack.renews.rise": 0}, 105.00),
        ({"templates.Pack.renews": None}, 105.00),
        ({"templates.Pack.price": 200}, 220.50),
    ],
)
def test_what_has_risen_in_the_past_stays_risen_whatever_is_offered_then(
    changes: dict[str, Any], price: float
) -> None:
    assert set(with_past(**changes)["price"]) == {price}


def test_a_discount_is_off_the_risen_list_price() -> None:
    holds = [{"template": "Pack", "discount": {"off": 0.2}}]
    rows = sold({"renews": {"rise": 0.1}}, {"holds": holds})
    assert list(rows["list_price"]) == [1500, 1650]
    assert list(rows["price"]) == [1200, 1320]


def test_what_is_renewed_into_has_its_own_price_and_beats_moving_up() -> None:
    others = {"Next": {"total_terms": 1, "price": 70}, "Up": {"total_terms": 99, "price": 9}}
    rows = sold(
        {"moves_up_to": "Up", "renews": {"rise": 0.1, "into": "Next"}},
        {"renewal": {"up_above": 0, "down_below": 0}},
        templates=others,
    )
    assert list(rows["template"]) == ["Pack", "Next"]
    assert list(rows["price"]) == [1500, 70]


ITSELF = {"renews": {"itself": True, "notice": {"days": 90}}}


def test_what_renews_itself_does_so_on_the_day_after_its_end_however_late_others_are() -> None:
    late = {"renewal": {"late": {"share": 1, "days": {"fixed": 20}}}}
    first, second = sold(ITSELF, late, calendar={"days": 366}).itertuples()
    assert first.decided_on == pd.Timestamp("2026-10-02")
    assert second.created_on == second.start_date == pd.Timestamp("2027-01-01")
    assert second.end_date == pd.Timestamp("2027-12-31")


def test_a_notice_that_was_over_before_the_sale_ends_on_the_day_after_it() -> None:
    term = {**ITSELF, "term": {"until": "01-31"}}
    first, *_ = sold(term, calendar={"days": 60}).itertuples()
    assert first.decided_on == pd.Timestamp("2026-01-02")


def test_who_leaves_on_notice_stays_until_the_end() -> None:
    rows = sold(ITSELF, {"renewal": {"inclination": {"constant": 0}}})
    assert list(rows["decided_on"]) == [pd.Timestamp("2026-10-02")]
    assert list(rows["ended_on"]) == [pd.Timestamp("2027-01-01")]


def test_without_notice_it_is_decided_on_the_day_after_the_end() -> None:
    rows = sold({"renews": {"itself": True}}, calendar={"days": 366})
    assert rows["decided_on"][0] == pd.Timestamp("2027-01-01")


def test_a_cancellation_voids_what_was_decided_on_notice() -> None:
    hazard = many(cancellation={"per_year": 1.5})
    rows = sold(ITSELF, hazard, calendar={"days": 400})
    voided = rows[(rows["ended_by"] == "cancellation") & (rows["ended_on"] > "2026-10-05")]
    assert len(voided) > 0
    assert set(voided["decided_on"] - voided["ended_on"]) == {pd.Timedelta(days=1)}
    assert not rows["predecessor_id"].isin(voided["entitlement_id"]).any()


def test_who_has_cancelled_before_the_notice_decides_once() -> None:
    hazard = many(
        cancellation={"per_year": 3}, renewal={"after_cancellation": 1, "dates": "contiguous"}
    )
    rows = sold(ITSELF, hazard, calendar={"days": 700})
    assert rows["predecessor_id"].dropna().is_unique


# --------------------------------------------------------------- what customers make of them


def renewed(rows: pd.DataFrame) -> int:
    return int(rows["predecessor_id"].notna().sum())


def half(**moved_by: float) -> dict[str, Any]:
    return many(renewal={"inclination": {"constant": 0.5}, "moved_by": moved_by})


def test_a_rise_that_is_resented_lets_customers_leave() -> None:
    resented = half(price_rise=-1000)
    flat, rising = ({"renews": {"rise": rise}} for rise in (0, 0.05))
    flat["renews"]["itself"] = True
    assert renewed(sold(flat, resented)) > 0
    assert renewed(sold(rising, resented)) == 0


def test_what_is_renewed_into_is_a_rise_by_what_a_year_of_it_costs() -> None:
    others = {"Half": {"total_terms": 1, "price": 750, "term": "6 months"}}
    resented = half(price_rise=-1000)
    rows = sold({"renews": {"into": "Half"}}, resented, templates=others, calendar={"days": 366})
    assert renewed(rows) > 0
    others["Half"]["price"] = 1500
    rows = sold({"renews": {"into": "Half"}}, resented, templates=others, calendar={"days": 366})
    assert renewed(rows) == 0


def test_what_was_billed_beside_the_price_moves_the_next_decision() -> None:
    busy = half(paid_per_use=-20) | {"cases": {"per_year": 400}, "customers": 8}
    over = {"overage": {"price": 1500, "at_most": 4}}
    assert renewed(sold(over, busy, calendar={"days": 366})) == 0
    free = {"overage": {"price": 0, "at_most": 4}}
    assert renewed(sold(free, busy, calendar={"days": 366})) > 0


def test_who_missed_the_notice_leaves_at_the_next_one() -> None:
    # All cases are refused, but in the first term none comes before the day of notice.
    angry = half(refusals=-20, missed_notice=-20) | {"cases": {"per_year": 12}}
    calm = half(refusals=-20) | {"cases": {"per_year": 12}}
    term = ITSELF | {"total_terms": 0, "restrict": True, "term": "3 months"}
    term["renews"] = {"itself": True, "notice": {"days": 88}}
    of_all = [sold(term, segment, calendar={"days": 200}) for segment in (calm, angry)]
    first = [rows[rows["renewal_number"] == 1] for rows in of_all]
    assert len(first[0]) == len(first[1]) > 0
    again = [int((rows["renewal_number"] == 2).sum()) for rows in of_all]
    assert again[0] > again[1]


def answering(**says: float) -> dict[str, Any]:
    answers = {"reference": 1000, "buying": 0, "renewing": 0} | says
    return many(answers_price=answers, holds=[{"template": "Pack", "share": 0.5}])


def buyers(price: float) -> set[int]:
    return set(sold({"price": price}, answering(buying=-1), calendar={"days": 1})["customer_id"])


def test_dearer_offerings_are_bought_by_some_of_those_who_buy_cheaper_ones() -> None:
    plain = sold({}, answering(), calendar={"days": 1})
    assert buyers(1000) == set(plain["customer_id"])
    assert buyers(2000) < buyers(1000) < buyers(600)
    assert buyers(500) == set(range(1, 61))


def test_a_discount_counts_as_a_price() -> None:
    half_off = [{"template": "Pack", "share": 0.5, "discount": {"off": 0.5}}]
    rows = sold({"price": 1000}, answering(buying=-1) | {"holds": half_off}, calendar={"days": 1})
    assert len(rows) == 60


def test_dearer_terms_are_renewed_by_some_of_those_who_renew_cheaper_ones() -> None:
    def renewing(price: float) -> set[int]:
        says = answering(renewing=-1) | {"renewal": {"inclination": {"constant": 0.5}}}
        rows = sold({"price": price}, says, calendar={"days": 366})
        return set(rows["customer_id"][rows["predecessor_id"].notna()])

    assert renewing(2000) < renewing(1000) < renewing(500)


def test_a_rise_that_all_are_asked_for_leaves_the_declared_chance() -> None:
    rising = scenario({"renews": {"rise": 0.05}}, half(price_rise=-10))
    assert renewal_offsets(rising) == {"all": pytest.approx(0.5, abs=1e-6)}
