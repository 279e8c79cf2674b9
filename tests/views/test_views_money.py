"""What customers have paid for and the business still owes: contract liability and obligation."""

import datetime as dt
from collections import Counter

import pytest
from cut_runs import cut
from hand_made import HandMade
from money import METHODS, ONE_DAY, Money
from plain import Plain, half_up, month, rows_of
from sold_offerings import topped_up

from entitlement_sim import Scenario, simulate

FEW = {"segments.small.customers": 20, "segments.midsize.customers": 10}
FEW |= {"segments.enterprise.customers": 4}


def of_all(key, value):
    return {f"segments.{name}.{key}": value for name in ("small", "midsize", "enterprise")}


RUNS = {
    "demo": {},
    "drafts": of_all("left_in_draft", {"share": 0.3, "days": 40})
    | of_all("cancellation.per_year", 0.7)
    | of_all("renewal.after_cancellation", 0.5)
    | {
        f"templates.{name}.refund": "unused"
        for name in ("Pack 10", "Pack 30", "Hours 40", "Premier")
    },
    "edge": of_all("amendments.per_year", 1.0)
    | of_all("cancellation.per_year", 0.4)
    | of_all("renewal.late.share", 0.6)
    | {
        "templates.Hours 40.total_terms": 0,
        "templates.Hours 150.total_terms": 0,
        "templates.Pack 30.refund": "unused",
        "templates.Hours 40.term": {"days": 31},
        "templates.Analytics add-on.term": {"days": 1},
    },
}

#: So few that the expected breakage of many templates is supported.
LEAST = 5


#: Packs that are topped up, some of them cancelled or left in Draft for a while.
TOPPED_UP = (
    "segments.small.left_in_draft={share: 0.2, days: 30}",
    "segments.small.cancellation.per_year=0.6",
    "templates.Pack.refund=unused",
    "templates.Pack.term=7 months",
)


@pytest.fixture(scope="module", params=[*RUNS, "topped up"])
def run(request):
    if request.param == "topped up":
        scenario = topped_up(*TOPPED_UP)
    else:
        scenario = Scenario.load("demo", FEW | RUNS[request.param])
    with simulate(scenario, seed=5) as simulated:
        simulated.connection.execute(f"SET VARIABLE least_ended = {LEAST}")
        yield simulated


@pytest.fixture(scope="module")
def money(run):
    return Money(Plain(run), LEAST)


@pytest.fixture(scope="module")
def roll_forward(money):
    return money.roll_forward()


def test_every_month_rolls_forward_to_the_hundredth(run):
    wrong = rows_of(
        run,
        "FROM contract_liability WHERE opening + billed - revenue - refunded - remitted <> closing",
    )
    assert wrong == []


def test_the_roll_forward_is_that_of_all_contracts(run, roll_forward):
    rows = rows_of(
        run,
        "SELECT month, template_id, method, opening, billed, revenue, refunded, closing "
        "FROM contract_liability",
    )
    assert {row[:3]: row[3:] for row in rows} == roll_forward


def test_a_month_opens_with_what_the_one_before_left(run):
    wrong = rows_of(
        run,
        "FROM (SELECT opening, lag(closing) OVER (PARTITION BY template_id, method ORDER BY month) "
        "AS before FROM contract_liability) WHERE opening <> before",
    )
    assert wrong == []


def test_nothing_is_revenue_before_it_is_billed(run):
    assert rows_of(run, "FROM contract_liability WHERE closing < 0") == []


def test_revenue_by_template_is_that_of_the_roll_forward(run, roll_forward):
    names = ", ".join(METHODS)
    rows = rows_of(run, f"SELECT month, template_id, {names} FROM breakage_revenue")
    seen = {
        (row[0], row[1], method): amount
        for row in rows
        for method, amount in zip(METHODS, row[2:], strict=True)
    }
    expected = {key: row[2] for key, row in roll_forward.items()}
    assert {key: amount for key, amount in seen.items() if amount} == {
        key: amount for key, amount in expected.items() if amount
    }


def test_revenue_of_contracts_adds_up_to_that_of_their_template(run):
    columns = "proportional_by_contract, remote, stand_ready"
    sums = ", ".join(f"sum({name})::DECIMAL(38, 2)" for name in columns.split(", "))
    by_template = rows_of(run, f"SELECT month, template_id, {columns} FROM breakage_revenue")
    by_contract = rows_of(
        run, f"SELECT month, template_id, {sums} FROM revenue_by_entitlement GROUP BY ALL"
    )
    assert sorted(by_template) == sorted(by_contract)


def test_contracts_come_in_order(run):
    rows = rows_of(run, "SELECT entitlement_id, month FROM revenue_by_entitlement")
    assert rows == sorted(rows)


def test_what_remains_is_what_is_owed_at_the_last_close(run):
    remaining = rows_of(
        run,
        "SELECT template_id, method, sum(amount)::DECIMAL(38, 2) FROM remaining_obligation "
        "GROUP BY ALL",
    )
    owed = rows_of(
        run,
        "SELECT template_id, method, closing FROM contract_liability "
        "WHERE month = (SELECT max(month) FROM contract_liability)",
    )
    assert {row for row in remaining if row[2]} == {row for row in owed if row[2]}


@pytest.mark.parametrize("method", [name for name in METHODS if "portfolio" not in name])
def test_what_remains_comes_evenly_over_the_days_left(run, money, method):
    expected = Counter()
    a_year_on = money.last.replace(year=money.last.year + 1)
    for (template, first, last, _), amount in money.left_by_days(method).items():
        days, day, before = (last - first).days + 1, first, 0
        while day <= last:
            key = month(day), day <= a_year_on, template
            day += ONE_DAY
            if day > last or (month(day), day <= a_year_on, template) != key:
                so_far = half_up(amount * (day - first).days, days)
                expected[key] += so_far - before
                before = so_far
    rows = rows_of(
        run,
        "SELECT month, is_within_a_year, template_id, amount FROM remaining_obligation "
        f"WHERE method = '{method}' AND amount <> 0",
    )
    assert {row[:3]: row[3] for row in rows} == {
        key: amount for key, amount in expected.items() if amount
    }


def test_a_refund_is_the_price_of_the_days_left(run, money):
    rows = rows_of(run, "SELECT entitlement_id, refunded FROM entitlement_facts WHERE refunded > 0")
    expected = Counter()
    for one in money.contracts:
        expected[one.id] += one.refund
    assert dict(rows) == {number: refund for number, refund in expected.items() if refund}


def test_breakage_takes_the_same_refund_off(run):
    wrong = rows_of(
        run,
        "FROM breakage_by_entitlement AS broke JOIN entitlement_facts AS facts "
        "USING (entitlement_id) WHERE broke.refunded <> facts.refunded OR unrefunded_value "
        "<> greatest(broke.breakage_value - facts.refunded, 0)",
    )
    assert wrong == []


@pytest.mark.parametrize("first_day", ["2024-07-01", "2024-07-17"])
def test_a_run_that_begins_later_opens_with_what_was_owed_by_then(run, first_day):
    day = dt.date.fromisoformat(first_day)
    columns = "month, template_id, method, opening, billed, revenue, refunded, closing"
    run.connection.execute(f"SET VARIABLE estimates_from = DATE '{first_day}'")
    whole = rows_of(
        run, f"SELECT {columns} FROM contract_liability WHERE month >= '{first_day[:8]}01'"
    )
    run.connection.execute("RESET VARIABLE estimates_from")
    model = Scenario.parse(run.manifest.scenario_yaml)
    with cut(run, day, model) as part:
        part.connection.execute(f"SET VARIABLE least_ended = {LEAST}")
        seen = rows_of(part, f"SELECT {columns} FROM contract_liability")
        wrong = rows_of(
            part,
            "FROM contract_liability "
            "WHERE opening + billed - revenue - refunded - remitted <> closing",
        )
    assert wrong == []
    closing = {row[:3]: row[7] for row in whole}
    assert {row[:3]: row[7] for row in seen} == closing
    in_full = [row for row in seen if row[0] >= day]
    assert in_full == [row for row in whole if row[0] >= day]


# ------------------------------------------------------------------------------ by hand


LIABILITY = (
    "SELECT month, opening, billed, revenue, refunded, closing FROM contract_liability "
    "WHERE method = 'stand_ready' ORDER BY month"
)


def refunding(hand, refund="unused"):
    """Let the templates of a run made by hand give back so much."""
    from hand_made import TEMPLATES

    return hand.run(templates={name: one | {"refund": refund} for name, one in TEMPLATES.items()})


def by_month(run):
    with run:
        return [row[1:] for row in rows_of(run, LIABILITY)]


def test_a_waiting_contract_is_owed_whole():
    hand = HandMade(days=60)
    hand.holds(90, 189, created=10, price=100)
    assert by_month(hand.run()) == [(0, 10_000, 0, 0, 10_000), (10_000, 0, 0, 0, 10_000)]


def test_one_cancelled_before_it_begins_becomes_revenue_where_nothing_is_refunded():
    hand = HandMade(days=60)
    hand.holds(90, 189, created=10, cancelled=40, price=100)
    assert by_month(hand.run()) == [(0, 10_000, 0, 0, 10_000), (10_000, 0, 10_000, 0, 0)]


def test_one_cancelled_before_it_begins_is_given_back_whole():
    hand = HandMade(days=60)
    hand.holds(90, 189, created=10, cancelled=40, price=100)
    assert by_month(refunding(hand)) == [(0, 10_000, 0, 0, 10_000), (10_000, 0, 0, 10_000, 0)]


def test_a_draft_that_is_never_activated_is_never_billed():
    hand = HandMade(days=60)
    hand.holds(0, 99, draft=True)
    assert by_month(hand.run()) == []


def test_a_draft_that_is_activated_late_is_billed_then_and_catches_up():
    hand = HandMade(days=91)
    hand.holds(0, 99, created=0, activated=45, price=100)
    # Of 100 days 60 are over at the end of February 2024, 91 a month later.
    assert by_month(hand.run()) == [(0, 10_000, 6000, 0, 4000), (4000, 0, 3100, 0, 900)]


def test_a_cancelled_contract_gives_the_price_of_its_unused_days_back():
    hand = HandMade(days=60)
    hand.holds(0, 99, cancelled=40, price=100)
    assert by_month(refunding(hand)) == [(0, 10_000, 3100, 0, 6900), (6900, 0, 900, 6000, 0)]


def test_a_refund_is_rounded_half_up_to_the_hundredth():
    hand = HandMade(days=60)
    hand.holds(0, 7, cancelled=7, price=0.04)  # one day of eight: half a hundredth
    with refunding(hand) as run:
        assert rows_of(run, "SELECT refunded FROM entitlement_facts") == [(1,)]


def test_one_that_is_not_cancelled_gets_nothing_back():
    hand = HandMade(days=200)
    hand.holds(0, 99)
    with refunding(hand) as run:
        assert rows_of(run, "SELECT refunded FROM entitlement_facts") == [(0,)]


def test_a_contract_older_than_the_run_stands_in_the_opening():
    hand = HandMade(days=60)
    hand.holds(-50, 49, price=100)
    assert by_month(hand.run()) == [(5000, 0, 3100, 0, 1900), (1900, 0, 1900, 0, 0)]


def test_one_that_ended_before_the_run_is_in_no_month():
    hand = HandMade(days=60)
    hand.holds(-150, -51)
    assert by_month(hand.run()) == []


def test_use_before_the_run_was_revenue_before_the_run():
    hand = HandMade(days=60)
    pack = hand.holds(-50, 99, price=100)
    hand.moves(pack, -10, -4)
    hand.moves(pack, 5, -2)
    query = (
        "SELECT month, opening, revenue, closing FROM contract_liability WHERE method = 'remote'"
    )
    assert [row[1:] for row in hand.rows(query)] == [(6000, 2000, 4000), (4000, 0, 4000)]


def test_the_portfolio_earns_by_the_use_of_all_contracts():
    hand = HandMade(days=130)
    for customer in range(3):  # expired in February, half of their terms unused
        hand.moves(hand.holds(0, 50, customer=10 + customer), 5, -5)
    hand.moves(hand.holds(91, 191, price=100, customer=1), 95, -2)
    hand.holds(91, 191, price=300, customer=2)
    query = (
        "SELECT proportional_by_contract, proportional_by_portfolio, remote FROM breakage_revenue "
        "WHERE month = '2024-04-01'"
    )
    # By contract 2 of 5 expected terms of one; by portfolio 2 of 10 of both.
    assert hand.rows(query, least_ended=3) == [(4000, 8000, 2000)]


def test_what_remains_of_a_year_on_is_told_apart():
    hand = HandMade(days=31)
    hand.holds(0, 31 + 366 - 1, price=397)
    query = (
        "SELECT month, is_within_a_year, amount FROM remaining_obligation "
        "WHERE method = 'stand_ready' AND month >= '2025-01-01'"
    )
    assert hand.rows(query) == [
        (dt.date(2025, 1, 1), True, 3100),
    ]


def test_without_contracts_nothing_is_owed():
    hand = HandMade(days=31)
    hand.holds(0, 99, draft=True)
    assert hand.rows("FROM remaining_obligation") == []
    assert hand.rows("FROM contract_liability") == []
