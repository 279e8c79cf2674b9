"""What support costs and what is left: each view against a reckoning row by row, in decimals."""

import re
from collections import Counter, defaultdict
from contextlib import contextmanager
from decimal import ROUND_HALF_UP, Decimal

import pytest
from money import ONE_DAY, Money
from plain import month, rows_of
from reckoned import reckon_anew

from entitlement_sim import Run

CENT = Decimal("0.01")
#: Of the demo, in another form: prices whose products with minutes are no whole cents.
HOUR, CASES = Decimal("61.30"), {"phone": Decimal("9.05"), "email": Decimal("4")}
PER_CASE, PER_HOUR, TURNED_AWAY = Decimal("150"), Decimal("7.01"), Decimal("20.10")
VARIABLES = {
    "hour_costs": HOUR,
    "case_costs": "MAP {'phone': 9.05, 'email': 4}",
    "uncovered_case": PER_CASE,
    "uncovered_hour": PER_HOUR,
    "turned_away_costs": TURNED_AWAY,
}
#: Views of money, in the order in which they read each other.
OF_MONEY = (
    "money_parameters", "cost_to_serve", "leakage", "margin_by_template", "margin_by_month",
    "margin_by_month_and_segment", "margin_by_customer", "margin_by_segment",
)  # fmt: skip


@pytest.fixture(scope="module")
def priced(portfolio):
    """The run, reckoned with other money than its scenario's."""
    with reckoned_with(portfolio, VARIABLES):
        yield portfolio


@contextmanager
def reckoned_with(run: Run, variables: dict):
    """Reckon the views of money of a run anew, and again as they were."""
    for name, value in variables.items():
        run.connection.execute(f"SET VARIABLE {name} = {value}")
    reckon_anew(run.connection, OF_MONEY)
    yield
    for name in variables:
        run.connection.execute(f"RESET VARIABLE {name}")
    reckon_anew(run.connection, OF_MONEY)


def cents(minutes: int, price: Decimal) -> Decimal:
    """What minutes come to at a price of an hour."""
    return (minutes * price / 60).quantize(CENT, ROUND_HALF_UP)


class Worked:
    """The cases of a run, one by one, with the minutes of their resolutions."""

    def __init__(self, run: Run) -> None:
        segments = dict(rows_of(run, "SELECT customer_id, segment FROM customers"))
        templates = dict(rows_of(run, "SELECT entitlement_id, template_id FROM entitlements"))
        undone = defaultdict(list)
        for case, minutes in rows_of(
            run,
            "SELECT case_id, billable_minutes FROM reactivations WHERE from_state = 'resolved'",
        ):
            undone[case].append(minutes)
        self.cases = []
        self.turned_away = []
        for case, customer, entitlement, origin, came, outcome, minutes in rows_of(
            run,
            "SELECT case_id, customer_id, entitlement_id, origin::VARCHAR, created_at, "
            "outcome::VARCHAR, billable_minutes FROM cases "
            "WHERE created_at >= (SELECT start_date FROM run)",
        ):
            row = (month(came), segments[customer], templates.get(entitlement), origin, customer)
            if outcome == "turned_away":
                self.turned_away.append(row)
                continue
            self.cases.append((row, max([minutes or 0, *undone[case]]), outcome == "uncovered"))

    def costs(self, key) -> dict:
        """Minutes, cases by origin, minutes and cases without cover, by what a row is about."""
        added = defaultdict(lambda: [0, Counter(), 0, 0])
        for row, minutes, is_uncovered in self.cases:
            sums = added[key(row)]
            sums[0] += minutes
            sums[1][row[3]] += 1
            sums[2] += minutes if is_uncovered else 0
            sums[3] += is_uncovered
        return added


@pytest.fixture(scope="module")
def worked(portfolio):
    return Worked(portfolio)


def cost(minutes: int, by_origin: Counter) -> Decimal:
    fixed = sum(CASES.get(origin, Decimal(0)) * count for origin, count in by_origin.items())
    return cents(minutes, HOUR) + fixed


def exact(run: Run, query: str) -> list[tuple]:
    return run.connection.sql(query).fetchall()


def test_cost_to_serve_is_minutes_and_cases_at_their_costs(priced, worked):
    expected = {
        key: (sum(by_origin.values()), minutes, cost(minutes, by_origin))
        for key, (minutes, by_origin, _, _) in worked.costs(lambda row: row[:4]).items()
    }
    rows = exact(
        priced,
        "SELECT month, segment::VARCHAR, template_id, origin::VARCHAR, cases, minutes, "
        "cost_to_serve FROM cost_to_serve",
    )
    assert {row[:4]: row[4:] for row in rows} == expected


def test_margin_of_a_customer_is_revenue_less_costs(priced, worked, plain):
    earned = Counter()
    money = Money(plain)
    opening, last = money.closes[0], money.closes[-1]
    owners = {row.entitlement_id: row.customer_id for row in plain.entitlements.itertuples()}
    booked = Counter()
    for contract in money.contracts:
        if contract.billed > opening:
            booked[owners[contract.id]] += contract.price
        if contract.closes <= opening:
            continue
        for close, side in ((opening, -1), (last, 1)):
            if close < contract.opens or contract.billed > close:
                continue
            to_date = contract.straight(close)
            if contract.closes <= close:
                to_date = contract.price - contract.refund
            earned[owners[contract.id]] += side * to_date
    costs = worked.costs(lambda row: row[4])
    turned_away = Counter(row[4] for row in worked.turned_away)
    expected = {}
    for customer in {*earned, *booked, *costs, *turned_away}:
        minutes, by_origin, alone, uncovered = costs[customer]
        billed = PER_CASE * uncovered + cents(alone, PER_HOUR)
        lost = TURNED_AWAY * turned_away[customer]
        spent = cost(minutes, by_origin)
        revenue = earned[customer] * CENT
        expected[customer] = (
            booked[customer] * CENT, revenue, billed, spent, lost, revenue + billed - spent - lost,
        )  # fmt: skip
    rows = exact(
        priced,
        "SELECT customer_id, bookings, recognised, uncovered_revenue, cost_to_serve, "
        "turned_away_cost, margin FROM margin_by_customer",
    )
    assert {row[0]: row[1:] for row in rows if any(row[1:])} == {
        customer: row for customer, row in expected.items() if any(row)
    }


@pytest.mark.parametrize(
    ("method", "column"),
    [
        ("straight_line", "stand_ready"),
        ("proportional", "proportional_by_contract"),
        ("remote", "remote"),
    ],
)
def test_every_method_has_its_revenue_by_template_and_by_customer(portfolio, method, column):
    with reckoned_with(portfolio, {"margin_method": f"'{method}'"}):
        by_month = exact(
            portfolio,
            "SELECT month, template_id, recognised FROM margin_by_template WHERE recognised <> 0",
        )
        [(of_customers,)] = exact(portfolio, "SELECT sum(recognised) FROM margin_by_customer")
    expected = exact(
        portfolio, f"SELECT month, template_id, {column} FROM breakage_revenue WHERE {column} <> 0"
    )
    assert sorted(by_month) == sorted(expected)
    assert of_customers == sum(row[2] for row in expected)


def test_margin_by_month_adds_up_what_templates_and_work_without_cover_come_to(priced, worked):
    expected = defaultdict(Decimal)
    for (when, *_), (minutes, by_origin, _, _) in worked.costs(lambda row: row[:4]).items():
        expected[when] -= cost(minutes, by_origin)
    for when, (_, _, alone, uncovered) in worked.costs(lambda row: row[0]).items():
        expected[when] += PER_CASE * uncovered + cents(alone, PER_HOUR)
    for when, *_ in worked.turned_away:
        expected[when] -= TURNED_AWAY
    for when, revenue in exact(priced, "SELECT month, stand_ready FROM breakage_revenue"):
        expected[when] += revenue
    rows = exact(priced, "SELECT month, margin FROM margin_by_month")
    assert {when: margin for when, margin in rows if margin} == {
        when: margin for when, margin in expected.items() if margin
    }


def test_margin_by_segment_adds_up_its_customers(priced):
    columns = "bookings, recognised, uncovered_revenue, cost_to_serve, turned_away_cost, margin"
    sums = ", ".join(f"sum({name})" for name in columns.split(", "))
    assert sorted(exact(priced, f"SELECT segment::VARCHAR, {columns} FROM margin_by_segment")) == (
        sorted(
            exact(
                priced,
                f"SELECT segment::VARCHAR, {sums} FROM margin_by_customer GROUP BY ALL",
            )
        )
    )


def test_margin_by_month_and_segment_is_that_of_each_segment_s_own_work(priced, worked):
    expected = {
        key: (
            sum(by_origin.values()),
            minutes,
            PER_CASE * uncovered + cents(alone, PER_HOUR),
        )
        for key, (minutes, by_origin, alone, uncovered) in worked.costs(lambda row: row[:2]).items()
    }
    rows = exact(
        priced,
        "SELECT month, segment::VARCHAR, cases, minutes, uncovered_revenue "
        "FROM margin_by_month_and_segment WHERE cases > 0",
    )
    assert {row[:2]: row[2:] for row in rows} == expected


def test_segments_add_up_to_the_margin_of_a_month(priced):
    columns = ("bookings", "recognised", "refunded", "overage", "cases", "minutes",
               "cost_to_serve", "turned_away_cost")  # fmt: skip
    names = ", ".join(columns)
    sums = ", ".join(f"sum({name})" for name in columns)
    assert exact(
        priced, f"SELECT month, {sums} FROM margin_by_month_and_segment GROUP BY month ORDER BY 1"
    ) == exact(priced, f"SELECT month, {names} FROM margin_by_month ORDER BY 1")
    apart = exact(
        priced,
        "SELECT max(abs(a.uncovered - b.uncovered_revenue)), max(abs(a.margin - b.margin)) FROM ("
        "SELECT month, sum(uncovered_revenue) AS uncovered, sum(margin) AS margin "
        "FROM margin_by_month_and_segment GROUP BY month) AS a JOIN margin_by_month AS b "
        "USING (month)",
    )
    assert max(apart[0]) <= 2 * CENT  # three segments and a month, each rounded by half a cent


def test_each_row_of_a_month_and_segment_adds_up_to_its_margin(priced):
    wrong = exact(
        priced,
        "FROM margin_by_month_and_segment WHERE margin <> recognised + overage "
        "+ uncovered_revenue - cost_to_serve - turned_away_cost",
    )
    assert wrong == []


def test_leakage_is_work_without_cover_and_refusals_of_sold_terms(priced, worked):
    expected = {
        key: (uncovered, alone)
        for key, (_, _, alone, uncovered) in worked.costs(lambda row: row[:2]).items()
        if uncovered
    }
    rows = exact(
        priced,
        "SELECT month, segment::VARCHAR, uncovered, minutes, uncovered_revenue, uncovered_cost, "
        "uncovered_loss FROM leakage WHERE uncovered > 0",
    )
    assert {row[:2]: row[2:4] for row in rows} == expected
    for row in rows:
        assert row[4] == PER_CASE * row[2] + cents(row[3], PER_HOUR)
        assert row[6] == row[5] - row[4]
    refused = exact(
        priced,
        "SELECT month, segment::VARCHAR, refused::INT FROM leakage WHERE refused > 0 ORDER BY ALL",
    )
    assert refused == exact(
        priced,
        "SELECT month, segment::VARCHAR, sum(used_up_turned_away)::INT "
        "FROM blocked_demand_by_month GROUP BY ALL HAVING sum(used_up_turned_away) > 0 "
        "ORDER BY ALL",
    )


def test_what_is_deferred_is_what_was_open_and_booked_and_neither_earned_nor_given_back(portfolio):
    rows = exact(
        portfolio,
        "SELECT template_id, method, opening, bookings, recognised, refunded, deferred "
        "FROM deferred",
    )
    assert rows
    for row in rows:
        assert row[2] + row[3] - row[4] - row[5] == row[6]


def test_what_is_deferred_opens_and_closes_as_the_months_do(portfolio, plain):
    money = Money(plain)
    expected = {
        (template, "stand_ready"): tuple(
            sum(
                contract.price - contract.straight(max(close, contract.start - ONE_DAY))
                for contract in money.contracts
                if contract.template_id == template and contract.billed <= close < contract.closes
            )
            for close in (money.closes[0], money.closes[-1])
        )
        for template in {contract.template_id for contract in money.contracts}
    }
    rows = rows_of(
        portfolio,
        "SELECT template_id, method, opening, deferred FROM deferred WHERE method = 'stand_ready'",
    )
    assert {row[:2]: row[2:] for row in rows} == {
        key: values for key, values in expected.items() if key in {row[:2] for row in rows}
    }
    assert all(not any(values) for key, values in expected.items()
               if key not in {row[:2] for row in rows})  # fmt: skip


def test_a_realised_price_is_what_was_paid_for_what_was_used(portfolio):
    rows = exact(
        portfolio,
        "SELECT template_id, n, paid, used, realised_unit_price FROM realised_unit_price",
    )
    ended = defaultdict(list)
    for template, price, refunded, used in exact(
        portfolio, "SELECT template_id, price, refunded, used FROM breakage_by_entitlement"
    ):
        ended[template].append((price - refunded, used))
    expected = {
        template: (len(each), sum(paid for paid, _ in each), sum(used for _, used in each))
        for template, each in ended.items()
    }
    assert {row[0]: row[1:4] for row in rows} == expected
    for _, _, paid, used, price in rows:
        assert price == (pytest.approx(float(paid / used)) if used else None)


@pytest.mark.parametrize(
    "view",
    [
        "breakage_by_entitlement", "breakage_by_period", "contract_liability", "cost_to_serve",
        "deferred", "discount_leakage", "leakage", "margin_by_template", "overage_by_period",
        "realised_unit_price", "remaining_obligation", "retention_without_rises",
        "revenue_by_entitlement",
    ],
)  # fmt: skip
def test_a_view_of_money_names_the_source_of_its_formula(demo, view):
    [(words,)] = exact(
        demo,
        f"SELECT comment FROM duckdb_views() WHERE view_name = '{view}' "
        "AND database_name = current_database()",
    )
    assert re.search(r"\bAfter \w|\bASC 606|after management accounting", words)
