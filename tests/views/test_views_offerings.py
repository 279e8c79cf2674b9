"""What views say of offerings with periods, overage and weights, without a total or an end."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from happened import all_rows, case, on, run_of, the_row

from entitlement_sim.rules.words import Action
from entitlement_sim.store.explain import explain
from entitlement_sim.store.run import Run

THREE_A_MONTH: dict[str, Any] = {
    "decrease_on": "creation",
    "restrict": False,
    "allowance": {"terms": 3, "every": "month"},
    "overage": {"price": 40},
    "price": 300,
    "term": "3 months",
}


def months(*counts: int) -> list[Any]:
    """So many cases in January, in February and so on."""
    return [
        case(f"{month:02}-{10 + number:02}")
        for month, count in enumerate(counts, start=1)
        for number in range(count)
    ]


def decimals(*numbers: str) -> tuple[Decimal, ...]:
    return tuple(map(Decimal, numbers))


@pytest.fixture(scope="module")
def three_a_month() -> Iterator[Run]:
    with run_of(THREE_A_MONTH, months(2, 5, 3)) as run:
        yield run


@pytest.fixture(scope="module")
def carried_hours() -> Iterator[Run]:
    """Eight hours a month, of which four are carried for a month; used 2, 11 and 9."""
    template = {
        "allocation": "hours",
        "allowance": {
            "terms": 8,
            "every": "month",
            "carry": {"at_most": 4, "for": 1, "burns": "first"},
        },
        "overage": {"price": 250},
        "price": 2400,
        "term": "3 months",
    }
    hours = [case("01-10", 120), case("02-10", 660), case("03-10", 540)]
    with run_of(template, hours) as run:
        yield run


@pytest.fixture(scope="module")
def carried_share() -> Iterator[Run]:
    """Fifty hours a month, of which 40 % are carried; used 25, 60 and 55."""
    template = {
        "allocation": "hours",
        "allowance": {"terms": 50, "every": "month", "carry": {"share": 0.4}},
        "price": 1500,
        "term": "3 months",
    }
    hours = [case("01-10", 1500), case("02-10", 3600), case("03-10", 3300)]
    with run_of(template, hours) as run:
        yield run


@pytest.fixture(scope="module")
def weighed_hours() -> Iterator[Run]:
    """Five hours, of cases in steps of a quarter of an hour that weigh more out of hours."""
    template = {
        "allocation": "hours",
        "total_terms": 5,
        "overage": {"price": 180},
        "minutes": {"at_least": 15, "step": 15},
        "weighs": {"outside_hours": 1.5, "holiday": 2, "severity": {1: 2}},
        "price": 900,
        "term": "3 months",
    }
    calendar = {"start": dt.date(2026, 1, 1), "days": 181, "holidays": [{"date": "2026-01-06"}]}
    cases = [
        case("01-05 10:00", 7, severity=2),
        case("01-05 20:00", 50, severity=2),
        case("01-06 20:00", 20, severity=2),
        case("01-07 20:00", 61, severity=1),
    ]
    segments = {"all": {"customers": 1, "cases": {"per_year": 0}, "severities": {1: 1, 2: 1}}}
    with run_of(template, cases, calendar=calendar, segments=segments) as run:
        yield run


# ---------------------------------------------------------------------------- balances


def test_the_grants_of_a_term_share_its_price_exactly() -> None:
    with run_of(THREE_A_MONTH | {"price": 100}, ()) as run:
        prices = all_rows(run, "SELECT price FROM balances ORDER BY balance_id")
    assert [price for (price,) in prices] == list(decimals("33.33", "33.34", "33.33"))


def test_a_term_promises_the_grants_that_are_still_to_come() -> None:
    with run_of(THREE_A_MONTH, (), days=40) as run:
        assert the_row(run, "SELECT total_terms, promised_terms FROM entitlements") == (6, 9)


def test_what_is_carried_keeps_its_part_of_the_price(carried_hours: Run) -> None:
    carried = all_rows(
        carried_hours, "SELECT total_terms, price FROM balances WHERE kind = 'carried'"
    )
    assert carried == [(4, 400), (1, 100)]


def test_a_case_has_its_weight_in_the_ledger(weighed_hours: Run) -> None:
    weights = all_rows(
        weighed_hours, "SELECT weight, -amount FROM ledger WHERE reason = 'consume' ORDER BY entry"
    )
    assert weights == [
        decimals("1.00", "0.25"),
        decimals("1.50", "1.50"),
        decimals("2.00", "1.00"),
        decimals("2.00", "2.50"),
    ]


def test_a_case_has_its_severity_in_the_table_of_cases(weighed_hours: Run) -> None:
    assert all_rows(weighed_hours, "SELECT severity FROM cases ORDER BY case_id") == [
        (2,),
        (2,),
        (2,),
        (1,),
    ]


# ---------------------------------------------------------------------------- breakage


def test_what_lapses_is_worth_its_part_of_the_price_of_its_period(three_a_month: Run) -> None:
    lapsed = all_rows(
        three_a_month,
        "SELECT month, breakage, breakage_value FROM breakage WHERE breakage > 0",
    )
    assert lapsed == [(dt.date(2026, 1, 1), *decimals("1.00", "33.33"))]


def test_a_term_has_granted_and_settled_what_was_used_and_lapsed(three_a_month: Run) -> None:
    row = the_row(
        three_a_month,
        "SELECT allotment, used, settled, lapsed, remaining FROM entitlement_facts",
    )
    assert row == (9, 10, 2, 1, 0)


def test_each_month_has_what_it_carried_and_let_lapse(carried_hours: Run) -> None:
    by_month = all_rows(
        carried_hours,
        "SELECT month, sum(used), sum(breakage), sum(rolled_out) FILTER (kind = 'allowance') "
        "FROM breakage_by_period GROUP BY ALL ORDER BY month",
    )
    assert [row[1:] for row in by_month] == [(2, 2, 4), (11, 0, 1), (9, 0, 0)]


def test_a_share_of_the_grant_is_carried_and_the_rest_lapses(carried_share: Run) -> None:
    by_month = all_rows(
        carried_share,
        "SELECT month, sum(used), sum(breakage), sum(rolled_out) FILTER (kind = 'allowance') "
        "FROM breakage_by_period GROUP BY ALL ORDER BY month",
    )
    assert [row[1:] for row in by_month] == [(25, 5, 20), (60, 0, 10), (55, 5, 0)]
    row = the_row(
        carried_share, "SELECT allotment, used, breakage, rolled_out FROM breakage_by_entitlement"
    )
    assert row == (150, 140, 10, 0)


def test_the_breakage_of_a_term_is_that_of_its_balances(carried_share: Run) -> None:
    [of_term] = the_row(carried_share, "SELECT sum(breakage_value) FROM breakage_by_entitlement")
    [of_months] = the_row(carried_share, "SELECT sum(breakage_value) FROM breakage")
    assert of_term == of_months == 100


def test_a_cancellation_lets_the_running_period_lapse_and_refunds_its_days() -> None:
    template = THREE_A_MONTH | {"refund": "unused"}
    cancelled = [on("02-15", Action.CANCEL)]
    with run_of(template, months(2, 1), later=cancelled) as run:
        rows = all_rows(
            run,
            "SELECT month, ended_by, breakage, breakage_value, refunded, unrefunded_value "
            "FROM breakage ORDER BY month",
        )
    assert rows == [
        (dt.date(2026, 1, 1), "expiry", *decimals("1.00", "33.33", "0.00", "33.33")),
        (dt.date(2026, 2, 1), "cancellation", *decimals("2.00", "66.67", "150.00", "0.00")),
    ]


def test_the_estimate_of_breakage_is_that_of_whole_terms(three_a_month: Run) -> None:
    row = the_row(
        three_a_month,
        "SELECT n, breakage, allotment FROM expected_breakage ORDER BY month DESC LIMIT 1",
    )
    assert row == (1, 1, 9)


# ----------------------------------------------------------------------------- overage


def test_overage_is_billed_in_the_month_in_which_its_period_closes(three_a_month: Run) -> None:
    billed = the_row(three_a_month, "SELECT month, billed, forgiven, amount FROM overage")
    assert billed == (dt.date(2026, 2, 1), *decimals("2.00", "0.00", "80.00"))


def test_nothing_goes_over_where_what_was_carried_pays(carried_hours: Run) -> None:
    assert all_rows(carried_hours, "FROM overage") == []


def test_overage_of_a_total_is_known_at_the_end_of_the_term(weighed_hours: Run) -> None:
    row = the_row(weighed_hours, "SELECT closed_on, billed, amount FROM overage_by_period")
    assert row == (dt.date(2026, 3, 31), *decimals("0.25", "45.00"))


def test_what_is_over_the_limit_or_free_is_forgiven() -> None:
    template = THREE_A_MONTH | {"overage": {"price": 40, "free": 1, "at_most": 2}}
    with run_of(template, months(8)) as run:
        row = the_row(run, "SELECT billed, forgiven, amount FROM overage")
        over = the_row(run, "SELECT over_units, over_value FROM over_consumption")
    assert row == decimals("2.00", "3.00", "80.00")
    assert over == decimals("5.00", "166.67")


def test_what_is_used_after_the_last_close_is_billed_when_it_is_used() -> None:
    template = THREE_A_MONTH | {"decrease_on": "resolution"}
    open_at_the_end = case("03-20")
    late = [
        type(event)(event.at + 30 * 1440, event.move, event.minutes)
        for event in open_at_the_end.events
    ]
    cases = [type(open_at_the_end)(open_at_the_end.created, late, wants=0)]
    with run_of(template, cases) as run:
        row = the_row(run, "SELECT closed_on, billed, amount FROM overage_by_period")
        [breakage] = the_row(run, "SELECT sum(breakage) FROM breakage")
    assert row == (dt.date(2026, 4, 19), *decimals("1.00", "40.00"))
    assert breakage == 9


# ----------------------------------------------------------------------------- revenue


def test_an_allowance_is_billed_once_and_earned_over_all_its_periods(three_a_month: Run) -> None:
    revenue = all_rows(
        three_a_month,
        "SELECT month, proportional, remote FROM revenue_by_entitlement ORDER BY month",
    )
    assert revenue == [
        (dt.date(2026, 1, 1), *decimals("66.67", "100.00")),  # a case of nine lapses
        (dt.date(2026, 2, 1), *decimals("100.00", "100.00")),  # what goes over is not of the price
        (dt.date(2026, 3, 1), *decimals("133.33", "100.00")),
    ]


def test_methods_agree_on_the_whole_of_an_allowance(carried_share: Run) -> None:
    totals = the_row(
        carried_share,
        "SELECT sum(proportional_by_contract), sum(proportional_by_portfolio), sum(remote), "
        "sum(stand_ready) FROM breakage_revenue",
    )
    assert totals == (1500, 1500, 1500, 1500)


def test_the_liability_of_an_allowance_rolls_forward() -> None:
    with run_of(THREE_A_MONTH, months(2, 5), days=59) as run:
        wrong = run.sql(
            "FROM contract_liability "
            "WHERE opening + billed - revenue - refunded - remitted <> closing"
        )
        closings = all_rows(
            run,
            "SELECT method, closing FROM contract_liability "
            "WHERE month = (SELECT max(month) FROM contract_liability) ORDER BY method",
        )
        owed = all_rows(
            run,
            "SELECT method, sum(amount) FROM remaining_obligation GROUP BY method ORDER BY method",
        )
    assert wrong.empty
    assert closings == owed


# -------------------------------------------------------------- unlimited and open terms


UNLIMITED: dict[str, Any] = {"total_terms": "unlimited", "decrease_on": "creation", "price": 90}


def test_what_is_unlimited_has_no_utilisation_no_breakage_and_never_runs_dry() -> None:
    with run_of(UNLIMITED | {"term": "3 months"}, months(2, 5, 3)) as run:
        row = the_row(
            run,
            "SELECT total_terms, remaining, allotment, used, is_unlimited FROM entitlement_facts",
        )
        assert row == (None, None, None, 10, True)
        assert the_row(run, "SELECT utilisation, in_portfolio FROM utilisation") == (None, False)
        assert all_rows(run, "FROM breakage") == all_rows(run, "FROM burn_down") == []
        assert the_row(run, "SELECT dry_days, dry_share FROM dry_days") == (0, 0)
        assert all_rows(run, "FROM first_exhaustion") == []
        [balance] = the_row(run, "SELECT min(balance) FROM ledger")
        assert balance == -10
        assert the_row(run, "SELECT sum(remote), sum(stand_ready) FROM breakage_revenue") == (
            90,
            90,
        )


def test_what_is_unlimited_is_so_where_cases_are_restricted_too() -> None:
    template = UNLIMITED | {"restrict": True, "channels": {"phone": 1}, "term": "3 months"}
    calls = [case(f"01-{day}", origin=0) for day in (10, 11, 12)]
    with run_of(template, calls) as run:
        assert the_row(run, "SELECT is_unlimited, used FROM entitlement_facts") == (True, 1)
        assert the_row(run, "SELECT used, allotment, utilisation FROM utilisation_by_channel") == (
            1,
            1,
            1,
        )


def test_what_has_no_end_expires_on_no_day_and_has_no_value_a_year() -> None:
    template = {"total_terms": 5, "decrease_on": "creation", "price": 500, "term": "open"}
    with run_of(template, months(2, 2), last=dt.date(2199, 12, 31)) as run:
        row = the_row(run, "SELECT is_open_ended, annual_value, price FROM entitlement_facts")
        assert row == (True, None, 500)
        for view in ("expiring", "expiry_by_month", "expiry_wall", "pacing", "burn_down"):
            assert all_rows(run, f"FROM {view}") == [], view
        assert all_rows(run, "FROM retention WHERE n > 0") == []
        assert the_row(run, "SELECT utilisation FROM utilisation") == (0.8,)
        assert the_row(run, "SELECT sum(remote) FROM breakage_revenue") == (400,)
        assert the_row(
            run, "SELECT month, amount FROM remaining_obligation WHERE method = 'remote'"
        ) == (None, 100)


def test_an_allowance_of_nothing_is_not_unlimited() -> None:
    template = THREE_A_MONTH | {"allowance": {"terms": 0, "every": "month"}}
    with run_of(template, months(1)) as run:
        assert the_row(run, "SELECT is_unlimited, allotment FROM entitlement_facts") == (False, 0)
        assert the_row(run, "SELECT sum(remote) FROM breakage_revenue") == (300,)


# --------------------------------------------------------------------- use over the term


def test_an_allowance_burns_down_anew_in_each_of_its_periods(carried_hours: Run) -> None:
    days = ("01-01", "01-10", "02-01", "02-10", "03-01", "03-10")
    left = {
        day: (remaining, allotment)
        for day, remaining, allotment in all_rows(
            carried_hours, "SELECT strftime(day, '%m-%d'), remaining, allotment FROM burn_down"
        )
    }
    assert [left[day] for day in days] == [(8, 8), (6, 8), (12, 12), (1, 12), (9, 9), (0, 9)]


def test_the_hundredths_of_a_term_say_the_same_as_its_days(carried_hours: Run) -> None:
    shares = the_row(
        carried_hours,
        "SELECT list(DISTINCT share_left ORDER BY share_left) FROM burn_down_by_template",
    )
    days = the_row(
        carried_hours, "SELECT list(DISTINCT share_left ORDER BY share_left) FROM burn_down"
    )
    assert shares == days


EXHAUSTION = "SELECT observed, ran_dry_on, reopenings FROM first_exhaustion"


def test_what_lapses_between_two_periods_of_an_allowance_is_no_exhaustion() -> None:
    with run_of(THREE_A_MONTH, months(2, 2, 2)) as run:
        assert the_row(run, EXHAUSTION) == (False, None, 0)


def test_an_allowance_runs_dry_by_use_and_comes_back_with_the_next_period(
    three_a_month: Run,
) -> None:
    assert the_row(three_a_month, EXHAUSTION) == (True, dt.date(2026, 2, 12), 1)


def test_what_is_carried_over_into_the_next_period_is_no_exhaustion(carried_hours: Run) -> None:
    assert the_row(carried_hours, EXHAUSTION) == (True, dt.date(2026, 3, 10), 0)


def test_a_channel_of_an_allowance_begins_anew_with_each_period() -> None:
    template = THREE_A_MONTH | {"restrict": True, "overage": None, "channels": {"phone": 1}}
    template = {key: value for key, value in template.items() if value is not None}
    calls = [case(f"{month}-{day}", origin=0) for month in ("01", "02") for day in (10, 11)]
    with run_of(template, calls) as run:
        row = the_row(run, "SELECT allotment, used FROM utilisation_by_channel")
    assert row == (3, 2)


def test_a_renewal_is_sold_what_its_term_promises(three_a_month: Run) -> None:
    assert the_row(three_a_month, "SELECT terms FROM renewals") == (9,)


# --------------------------------------------------------------------- one entitlement


def test_an_explanation_says_which_balance_of_an_allowance_moved(carried_hours: Run) -> None:
    explanation = explain(carried_hours, 1)
    assert "Sold: 8.00 hours every month, 24.00 granted so far, not" in str(explanation)
    february = [
        (movement.what, movement.amount, movement.block, movement.block_ends)
        for movement in explanation.movements
        if movement.happened_at.month == 2 and movement.reason == "consume"
    ]
    end = dt.date(2026, 2, 28)
    assert february == [("consume", -4, "carried", end), ("consume", -7, "allowance", end)]


def test_a_letter_about_an_allowance_says_what_lapsed_and_what_is_billed(
    three_a_month: Run,
) -> None:
    letter = str(explain(three_a_month, 1).for_customer())
    assert "It includes 3 cases every month, 9 cases so far. Your cases have used 10 case" in letter
    assert "Left over when their time ended: 1 case." in letter
    assert "Used beyond it and billed apart: 2 cases." in letter


def test_what_is_unlimited_and_has_no_end_is_explained_without_numbers() -> None:
    with run_of(UNLIMITED | {"term": "open"}, months(2), last=dt.date(2199, 12, 31)) as run:
        explanation = explain(run, 1)
    assert "Sold: unlimited cases, not restricting" in str(explanation)
    assert "1 Jan 2026 to no end" in str(explanation)
    assert "active, 2.00 cases used, 0 refused" in str(explanation)
    assert "runs from 1 Jan 2026 without an end." in str(explanation.for_customer())
