"""What fell due, whether and when it was renewed, by how much, and in which cohort."""

from collections import Counter, defaultdict
from datetime import timedelta

import duckdb
import pandas as pd
import pytest
from hand_made import HandMade
from hand_made import iso as hand_day
from plain import close, frame_of, month, rows_of, share

from entitlement_sim.metrics.shifted_beta_geometric import fit_cohorts
from entitlement_sim.store.views import view_files
from entitlement_sim.store.views.macros import expand, read_macros

GRACE = 90
RENEWED = ("on_time", "back_dated", "late")


@pytest.fixture(scope="module")
def due(plain):
    """Each due entitlement with its class, reckoned one by one."""
    held = plain.entitlements
    successors = defaultdict(list)
    for row in held.itertuples():
        if row.predecessor_id is not None:
            successors[row.predecessor_id].append(row)
    rows = []
    for row in held.itertuples():
        gone = row.ended_by == "cancellation" or not row.was_in_force
        if gone or row.end_date >= plain.last:
            continue
        open_day = row.end_date + timedelta(days=1)
        is_mature = plain.last >= row.end_date + timedelta(days=GRACE)
        kind, lag, after = ("lost" if is_mature else "immature"), None, None
        drafts = [one for one in successors[row.entitlement_id] if one.is_draft]
        if any(one.took_effect for one in successors[row.entitlement_id]):
            [after] = [one for one in successors[row.entitlement_id] if one.took_effect]
            renewed_on = max(after.start_date, after.created_on, after.activated_on)
            lag = (renewed_on - row.end_date).days - 1
            if lag > GRACE - 1:
                kind = "win_back"
            elif after.start_date > open_day:
                kind = "late"
            elif max(after.created_on, after.activated_on) > open_day:
                kind = "back_dated"
            else:
                kind = "on_time"
        renewed = kind in RENEWED
        rows.append(
            {
                "entitlement_id": row.entitlement_id,
                "customer_id": row.customer_id,
                "month": month(row.end_date),
                "segment": row.segment,
                "template": row.template,
                "end_date": row.end_date,
                "class": kind,
                "is_mature": is_mature,
                "is_renewed": renewed,
                "lag_days": lag,
                "successor_id": None if after is None else after.entitlement_id,
                "successor": after,
                "drafts": len(drafts),
                "is_paying": row.is_paying,
                "annual_value": row.annual_value,
                "renewed_value": after.annual_value if renewed else 0,
            }
        )
    return pd.DataFrame(rows, dtype=object).set_index("entitlement_id", drop=False)


def test_each_due_entitlement_has_its_class_lag_and_successor(portfolio, due):
    seen = frame_of(portfolio, "FROM renewals").set_index("entitlement_id", drop=False)
    assert seen.index.tolist() == due.index.tolist()
    names = ("class", "lag_days", "successor_id", "drafts", "is_mature", "is_renewed", "is_paying")
    for name in (*names, "annual_value"):
        assert seen[name].tolist() == due[name].tolist()
    assert seen["renewed_value"].tolist() == due["renewed_value"].tolist()


def test_every_class_occurs_in_the_larger_portfolios(due):
    assert set(due["class"]) == {*RENEWED, "win_back", "lost", "immature"} or len(due) < 50


def test_no_more_are_renewed_than_have_a_successor_that_covered_or_waited(portfolio, plain):
    held = plain.entitlements
    lived = set(held[plain.took_effect]["predecessor_id"].dropna())
    seen = frame_of(portfolio, "FROM renewals")
    assert set(seen[seen["is_renewed"].astype(bool)]["entitlement_id"]) <= lived
    assert set(seen[seen["successor_id"].notna()]["entitlement_id"]) <= lived


def test_a_draft_is_renewed_for_nothing(portfolio, due):
    seen = frame_of(portfolio, "FROM renewals")
    waiting = due[(due["drafts"] > 0) & due["successor_id"].isna()].index
    of_drafts = seen[seen["entitlement_id"].isin(waiting)]
    assert set(of_drafts["class"]) <= {"lost", "immature"}
    assert of_drafts["renewed_value"].sum() == 0
    rates = frame_of(portfolio, "FROM renewal_rates")
    assert rates["drafts"].sum() == (of_drafts["class"] == "lost").sum()


def test_renewal_rates_count_mature_dues_by_month_segment_and_template(portfolio, due):
    seen = frame_of(portfolio, "FROM renewal_rates").set_index(["month", "segment", "template"])
    groups = due.groupby(["month", "segment", "template"])
    assert len(seen) == len(groups)
    for key, group in groups:
        mature = group[group["is_mature"].astype(bool)]
        row, kinds = seen.loc[key], Counter(mature["class"])
        assert (row["n"], row["due"], row["is_mature"]) == (
            len(mature), len(group), len(mature) == len(group)
        )  # fmt: skip
        for name in (*RENEWED, "lost"):
            assert row[name] == kinds[name]
        assert row["renewal_rate"] == close(share(mature["is_renewed"].sum(), len(mature)))
        value = mature["annual_value"].sum()
        gross = sum(map(min, mature["annual_value"], mature["renewed_value"]))
        assert (row["due_value"], row["renewed_value_gross"]) == (value, gross)
        assert row["value_rate_net"] == close(share(mature["renewed_value"].sum(), value))


def test_rates_by_month_are_rates_of_what_is_paid_for(portfolio, due):
    seen = frame_of(portfolio, "FROM renewal_rates_by_month").set_index("month")
    paying = due[due["is_paying"].astype(bool)]
    mature = paying[paying["is_mature"].astype(bool)]
    assert seen.index.tolist() == sorted(set(paying["month"]))
    for of_month, row in seen.iterrows():
        group = mature[mature["month"] == of_month]
        assert (row["n"], row["renewed"]) == (len(group), group["is_renewed"].sum())
        assert row["renewal_rate"] == close(share(row["renewed"], row["n"]))
        value = group["annual_value"].sum()
        assert row["value_rate_net"] == close(share(group["renewed_value"].sum(), value))


def test_moves_compare_terms_and_value_with_what_was_renewed(portfolio, plain, due):
    held, ledger = plain.entitlements, plain.ledger
    adjusted = ledger[ledger["reason"] == "adjust"].groupby("entitlement_id")["amount"].sum()
    told = defaultdict(Counter)
    for row in due[due["is_renewed"].astype(bool)].itertuples():
        old, new = held.loc[row.entitlement_id], row.successor
        count = told[row.segment, row.template]
        count["n"] += 1
        count["up_by_value"] += new.annual_value > old["annual_value"] * 1.01
        count["down_by_value"] += new.annual_value < old["annual_value"] * 0.99
        count["template_changed"] += new.template != row.template
        if new.allocation != old["allocation"] or old["is_unlimited"]:
            count["other_unit"] += 1
            continue
        sold = new.total_terms - adjusted.get(new.entitlement_id, 0)
        count["up_by_terms"] += sold > old["total_terms"] * 1.01
        count["down_by_terms"] += sold < old["total_terms"] * 0.99
    seen = frame_of(portfolio, "FROM renewal_moves").set_index(["segment", "template"])
    assert set(seen.index) == set(told)
    for key, count in told.items():
        names = [
            "n", "up_by_value", "down_by_value", "template_changed", "other_unit", "up_by_terms",
            "down_by_terms",
        ]  # fmt: skip
        assert seen.loc[key, names].tolist() == [count[name] for name in names]


def with_cover(plain, due):
    """The renewed dues whose successor covers, with the days that neither or both covered.

    Day by day from the states: an amendment leaves no gap, a successor that waits one so far.
    """
    rows = due[
        [one is not None and one.covered_from <= one.effective_end for one in due["successor"]]
    ].copy()
    gaps, overlaps = [], []
    for row in rows.itertuples():
        active = plain.active[plain.place[row.successor_id]]
        end = plain.day(row.end_date)
        first = int(active.argmax()) if active.any() else plain.days
        gaps.append(max(first - end - 1, 0))
        last = min(end, plain.day(row.successor.effective_end))
        overlaps.append(max(last - first + 1, 0))
    return rows.assign(gap=gaps, overlap=overlaps)


def test_gaps_are_days_really_without_cover(portfolio, plain, due):
    seen = frame_of(portfolio, "FROM coverage_gaps").set_index("entitlement_id")
    renewed = with_cover(plain, due)
    assert seen.index.tolist() == renewed.index.tolist()
    assert seen["gap_days"].tolist() == renewed["gap"].tolist()
    assert seen["overlap_days"].tolist() == renewed["overlap"].tolist()
    assert seen["open_days"].tolist() == [max(lag, 0) for lag in renewed["lag_days"]]
    assert seen["gap_by_dates"].tolist() == [
        max((row.successor.start_date - row.end_date).days - 1, 0) for row in renewed.itertuples()
    ]


def test_customers_with_a_gap_count_once_a_month(portfolio, plain, due):
    seen = frame_of(portfolio, "FROM coverage_gaps_by_month").set_index(["month", "segment"])
    renewed = with_cover(plain, due[due["is_paying"].astype(bool)])
    assert len(seen) == len(renewed.groupby(["month", "segment"]))
    for key, group in renewed.groupby(["month", "segment"]):
        row = seen.loc[key]
        late = group[group["gap"] > 0]
        assert (row["n"], row["gap_days"], row["customers"], row["customers_with_gap"]) == (
            len(group), group["gap"].sum(), group["customer_id"].nunique(),
            late["customer_id"].nunique(),
        )  # fmt: skip


def test_cohorts_follow_unbroken_chains_from_the_first_start(portfolio, plain, due):
    held = plain.entitlements
    at_risk, renewed = Counter(), Counter()
    counted = due[due["is_mature"].astype(bool) & due["is_paying"].astype(bool)]
    for row in counted.itertuples():
        number, one, is_unbroken = 1, held.loc[row.entitlement_id], True
        while one["predecessor_id"] is not None:
            before = held.loc[one["predecessor_id"]]
            out_of_draft = max(one["start_date"], one["created_on"], one["activated_on"])
            lag = (out_of_draft - before["end_date"]).days - 1
            is_unbroken &= before["ended_by"] != "cancellation" and lag <= GRACE - 1
            number, one = number + 1, before
        if is_unbroken:
            start = one["start_date"]
            quarter = start.replace(month=3 * ((start.month - 1) // 3) + 1, day=1)
            months = round(((one["end_date"] - start).days + 1) / 30.4375)
            key = (quarter, one["template_id"], row.segment, months, number)
            at_risk[key] += 1
            renewed[key] += row.is_renewed
    seen = frame_of(portfolio, "FROM cohorts WHERE at_risk > 0")
    cells = ("cohort", "template_id", "segment", "term_months", "renewal_number")
    told = {tuple(getattr(row, name) for name in cells): row for row in seen.itertuples()}
    assert {key: row.at_risk for key, row in told.items()} == dict(at_risk)
    assert {key: row.renewed for key, row in told.items()} == {key: renewed[key] for key in told}
    survival = {}
    for (*cohort, number), row in sorted(told.items()):
        cohort = tuple(cohort)
        if number == 1 or cohort in survival:
            survival[cohort] = survival.get(cohort, 1.0) * row.renewed / row.at_risk
        assert row.survival == close(survival.get(cohort))


def test_a_renewal_curve_can_be_fitted_to_the_cohorts(demo):
    cohorts = demo.sql("FROM cohorts")
    assert fit_cohorts(cohorts).renewed.sum() == cohorts["renewed"].sum() > 100


# ------------------------------------------------------------------------------ edge cases


RENEWAL = "SELECT class, lag_days FROM renewals WHERE entitlement_id = 1"


def renewed_pack(start, *, booked=None, days=400, **more):
    """A pack that ends on day 99, renewed from day `start` on."""
    hand = HandMade(days=days)
    pack = hand.holds(0, 99)
    hand.holds(start, start + 99, created=booked, renews=pack, **more)
    return hand


@pytest.mark.parametrize(
    ("start", "booked", "kind", "lag"),
    [
        (100, 100, "on_time", 0),
        (100, 90, "on_time", 0),
        (90, 90, "on_time", -10),
        (100, 101, "back_dated", 1),
        (100, 189, "back_dated", 89),
        (101, 101, "late", 1),
        (101, 90, "late", 1),
        (189, 189, "late", 89),
        (190, 190, "win_back", 90),
        (100, 190, "win_back", 90),
    ],
)
def test_classes_of_a_renewal(start, booked, kind, lag):
    assert renewed_pack(start, booked=booked).one(RENEWAL) == (kind, lag)


@pytest.mark.parametrize(
    ("start", "activated", "kind", "lag"),
    [
        (100, 100, "on_time", 0),
        (100, 101, "back_dated", 1),
        (100, 189, "back_dated", 89),
        (100, 190, "win_back", 90),
        (120, 130, "late", 30),
        (95, 99, "on_time", -1),
    ],
)
def test_the_lag_counts_to_the_day_on_which_the_successor_left_draft(start, activated, kind, lag):
    renewed = renewed_pack(start, booked=95, activated=activated)
    assert renewed.one(RENEWAL) == (kind, lag)


def test_a_successor_left_in_draft_renews_nothing():
    hand = renewed_pack(100, draft=True)
    query = "SELECT class, drafts, successor_id, renewed_value FROM renewals"
    assert hand.one(query) == ("lost", 1, None, 0)
    query = "SELECT n, renewed, lost, drafts, renewed_value, value_rate_net FROM renewal_rates"
    assert hand.one(query) == (1, 0, 1, 1, 0, 0.0)
    assert hand.rows("FROM coverage_gaps") == []


def test_a_successor_activated_after_its_own_end_was_in_draft_for_good():
    hand = renewed_pack(100, draft=True)
    hand.entitlements[1] |= {"activated_on": hand_day(250), "state": "expired"}
    assert hand.one("SELECT class, drafts FROM renewals WHERE entitlement_id = 1") == ("lost", 1)


def test_of_a_draft_and_a_contract_the_contract_renews():
    hand = renewed_pack(100, draft=True)
    hand.holds(110, 209, renews=1)
    query = "SELECT class, lag_days, successor_count, drafts FROM renewals WHERE entitlement_id = 1"
    assert hand.one(query) == ("late", 10, 1, 1)


def test_a_waiting_successor_renews():
    hand = HandMade(days=110)
    hand.holds(120, 219, created=100, renews=hand.holds(0, 99))
    query = "SELECT class, lag_days, is_renewed FROM renewals"
    assert hand.one(query) == ("late", 20, True)


def test_one_cancelled_on_the_day_on_which_it_was_activated_renews_nothing():
    hand = renewed_pack(100, cancelled=100)
    query = "SELECT class, drafts FROM renewals WHERE entitlement_id = 1"
    assert hand.one(query) == ("lost", 0)


def test_one_cancelled_while_it_waits_has_renewed_and_leaves_no_gap():
    hand = renewed_pack(150, booked=100, cancelled=120)
    query = "SELECT class, successor_count FROM renewals WHERE entitlement_id = 1"
    assert hand.one(query) == ("late", 1)
    assert hand.rows("FROM coverage_gaps") == []


@pytest.mark.parametrize(("days", "kind"), [(189, "immature"), (190, "lost")])
def test_what_is_younger_than_the_grace_is_immature_and_never_lost(days, kind):
    hand = HandMade(days=days)
    hand.holds(0, 99)
    assert hand.one(RENEWAL) == (kind, None)


@pytest.mark.parametrize(("days", "due"), [(100, []), (101, [("immature", None)])])
def test_an_entitlement_is_due_from_the_day_after_its_last(days, due):
    hand = HandMade(days=days)
    hand.holds(0, 99)
    assert hand.rows(RENEWAL) == due


@pytest.mark.parametrize("fate", [{"cancelled": 60}, {"draft": True}])
def test_cancelled_ones_and_drafts_are_not_due(fate):
    hand = HandMade()
    hand.holds(0, 99, **fate)
    assert hand.rows("FROM renewals") == []


def test_a_record_that_renewing_marked_cancelled_is_still_due():
    hand = renewed_pack(100)
    hand.entitlements[0]["state"] = "cancelled"
    assert hand.one(RENEWAL) == ("on_time", 0)


def test_a_renewal_belongs_to_the_month_in_which_it_fell_due():
    hand = renewed_pack(150)
    query = "SELECT month, renewed FROM renewal_rates WHERE renewed > 0"
    of_month, renewed = hand.one(query)
    assert (of_month.isoformat(), renewed) == ("2024-04-01", 1)


def test_rates_leave_immature_dues_out_of_both_sides():
    hand = HandMade(days=120)
    pack = hand.holds(0, 99)
    hand.holds(100, 199, renews=pack)
    hand.holds(0, 99, customer=2)
    query = "SELECT n, renewed, renewal_rate, due, renewed_to_date, is_mature FROM renewal_rates"
    assert hand.one(query) == (0, 0, None, 2, 1, False)


def test_a_split_renewal_counts_once_with_the_value_of_all():
    hand = HandMade()
    pack = hand.holds(0, 99, price=100)
    for _ in range(2):
        hand.holds(100, 199, price=50, renews=pack)
    query = (
        "SELECT due, renewed_to_date, renewed_value FROM renewal_rates WHERE month = '2024-04-01'"
    )
    assert hand.one(query) == (1, 1, 18250 * 2)
    assert hand.one("SELECT successor_count FROM renewals WHERE entitlement_id = 1") == (2,)


def test_one_successor_that_consolidates_several_renews_each_of_them():
    hand = HandMade()
    hand.holds(0, 99, price=100)
    hand.holds(0, 99, price=300)
    hand.holds(100, 199, price=200)
    query = (
        "SELECT entitlement_id, class, successor_id, renewed_value FROM renewals "
        "WHERE end_date < '2024-05-01'"
    )
    assert hand.rows(query, successors="template") == [
        (1, "on_time", 3, 18250), (2, "on_time", 3, 54750),
    ]  # fmt: skip


def test_what_consolidates_free_entitlements_renews_each_by_an_equal_share():
    hand = HandMade()
    hand.holds(0, 99, price=0)
    hand.holds(0, 99, price=0)
    hand.holds(100, 199, price=200)
    query = "SELECT renewed_value FROM renewals WHERE end_date < '2024-05-01'"
    assert hand.rows(query, successors="template") == [(36500,), (36500,)]


def test_by_default_only_a_link_makes_a_successor():
    hand = HandMade()
    hand.holds(0, 99)
    hand.holds(100, 199)
    assert hand.one(RENEWAL) == ("lost", None)


def test_another_template_does_not_succeed_without_a_link():
    hand = HandMade()
    hand.holds(0, 99)
    hand.holds(100, 199, template="block")
    assert hand.one(RENEWAL, successors="template") == ("lost", None)


def test_a_rate_by_count_or_gross_is_at_most_one():
    hand = renewed_pack(100, price=500)
    query = (
        "SELECT renewal_rate, value_rate_gross, value_rate_net FROM renewal_rates "
        "WHERE month = '2024-04-01'"
    )
    assert hand.one(query) == (1.0, 1.0, 5.0)


def test_a_multi_year_renewal_counts_by_its_annual_value():
    hand = HandMade(days=900)
    old = hand.holds(0, 364, price=100)
    hand.holds(365, 365 + 729, price=200, renews=old)
    query = "SELECT value_rate_gross, value_rate_net FROM renewal_rates"
    assert hand.one(query) == (1.0, 1.0)


def test_dues_that_cost_nothing_have_no_value_rate():
    hand = HandMade()
    hand.holds(0, 99, price=0)
    query = "SELECT renewal_rate, value_rate_gross, value_rate_net FROM renewal_rates"
    assert hand.one(query) == (0.0, None, None)


def test_a_win_back_is_no_renewal_but_shown_beside():
    hand = renewed_pack(250)
    query = (
        "SELECT renewed, win_backs, renewal_rate, rate_with_win_backs, renewed_value "
        "FROM renewal_rates WHERE month = '2024-04-01'"
    )
    assert hand.one(query) == (0, 1, 0.0, 1.0, 0)


def test_the_grace_can_be_set():
    assert renewed_pack(150).one(RENEWAL, grace_days=30) == ("win_back", 50)


def test_booking_on_the_last_day_can_be_asked_for():
    assert renewed_pack(100).one(RENEWAL, booking_days=0) == ("back_dated", 0)


def test_an_overlap_is_no_gap():
    query = "SELECT gap_days, overlap_days FROM coverage_gaps"
    assert renewed_pack(90).one(query) == (0, 10)


def test_a_back_dated_renewal_leaves_days_without_cover_that_its_dates_hide():
    query = "SELECT gap_days, gap_by_dates, open_days FROM coverage_gaps"
    assert renewed_pack(100, booked=120).one(query) == (20, 0, 20)
    assert renewed_pack(100, booked=90, activated=120).one(query) == (20, 0, 20)


def test_a_gap_before_a_successor_that_waits_counts_up_to_the_close_of_the_run():
    hand = HandMade(days=110)
    hand.holds(120, 219, created=100, renews=hand.holds(0, 99))
    query = "SELECT gap_days, gap_by_dates, open_days FROM coverage_gaps"
    assert hand.one(query) == (10, 20, 20)


def test_free_renewals_stand_apart_and_count_in_no_total():
    hand = renewed_pack(100)
    hand.holds(0, 99, customer=2, price=0)
    query = "SELECT is_paying, in_base, n, renewed FROM renewal_rates WHERE month = '2024-04-01'"
    assert hand.rows(query) == [(False, False, 1, 0), (True, True, 1, 1)]
    query = "SELECT n, renewed FROM renewal_rates_by_month WHERE month = '2024-04-01'"
    assert hand.one(query) == (1, 1)
    assert hand.one(query, base="all") == (2, 1)


def test_where_nothing_has_a_price_all_count():
    hand = renewed_pack(100, price=0)
    hand.entitlements[0]["price"] = 0
    assert hand.one("SELECT base FROM metric_parameters") == ("all",)
    query = "SELECT n, renewed FROM renewal_rates_by_month WHERE month = '2024-04-01'"
    assert hand.one(query) == (1, 1)


def test_a_contract_pays_with_a_price_above_0_or_an_unknown_one():
    macros = read_macros(view_files()["macros"])
    query = "SELECT pays(0.01), pays(NULL::DECIMAL(18, 2)), pays(0.00)"
    assert duckdb.sql(expand(query, macros)).fetchall() == [(True, True, False)]


def test_a_gap_is_counted_in_days_without_cover():
    query = "SELECT gap_days, overlap_days FROM coverage_gaps"
    assert renewed_pack(130).one(query) == (30, 0)


def test_those_never_renewed_have_no_gap():
    hand = HandMade()
    hand.holds(0, 99)
    assert hand.rows("FROM coverage_gaps_by_month") == []


MOVES = (
    "SELECT up_by_terms, flat_by_terms, down_by_terms, other_unit, up_by_value, flat_by_value, "
    "down_by_value, template_changed_same_terms, price_raised FROM renewal_moves"
)


@pytest.mark.parametrize(
    ("change", "moves"),
    [
        ({"total": 11}, (1, 0, 0, 0, 0, 1, 0, 0, 0)),
        ({"total": 9}, (0, 0, 1, 0, 0, 1, 0, 0, 0)),
        ({"price": 101}, (0, 1, 0, 0, 0, 1, 0, 0, 0)),
        ({"price": 102}, (0, 1, 0, 0, 1, 0, 0, 0, 1)),
        ({"price": 98}, (0, 1, 0, 0, 0, 0, 1, 0, 0)),
        ({"template": "block"}, (0, 1, 0, 0, 0, 1, 0, 1, 0)),
        ({"template": "hours"}, (0, 0, 0, 1, 0, 1, 0, 0, 0)),
    ],
)
def test_moves_at_renewal(change, moves):
    assert renewed_pack(100, **change).one(MOVES) == moves


def test_a_win_back_is_no_move():
    assert renewed_pack(250, price=500).rows(MOVES) == []


def chain(hand, *starts, length=50, **more):
    """Entitlements of so many days, each renewing the one before."""
    number = None
    for start in starts:
        number = hand.holds(start, start + length - 1, renews=number, **more)
    return number


COHORTS = "SELECT renewal_number, at_risk, renewed, survival FROM cohorts"


def test_survival_is_the_product_of_the_renewal_rates():
    hand = HandMade()
    chain(hand, 0, 50, 100, customer=1)
    chain(hand, 0, 50, customer=2)
    chain(hand, 0, customer=3)
    assert hand.rows(COHORTS) == [
        (1, 3, 2, pytest.approx(2 / 3)), (2, 2, 1, pytest.approx(1 / 3)), (3, 1, 0, 0.0),
    ]  # fmt: skip


def test_terms_of_unequal_length_have_rows_of_their_own():
    hand = HandMade()
    chain(hand, 0, 50, customer=1)
    chain(hand, 0, customer=2, length=200)
    query = "SELECT term_months, renewal_number, at_risk, renewed, survival FROM cohorts"
    assert hand.rows(query) == [(2, 1, 1, 1, 1.0), (2, 2, 1, 0, 0.0), (7, 1, 1, 0, 0.0)]


def test_a_cohort_stays_with_what_was_sold_first():
    hand = HandMade()
    first = hand.holds(0, 49)
    hand.holds(50, 99, renews=first, template="block")
    query = "SELECT template_id, renewal_number, at_risk, renewed FROM cohorts ORDER BY ALL"
    assert hand.rows(query) == [(1, 1, 1, 1), (1, 2, 1, 0)]


def test_cohorts_add_up_over_template_segment_and_term(portfolio):
    query = """
        SELECT cohort, renewal_number, sum(at_risk), sum(renewed), sum(immature), sum(entered)
        FROM cohorts GROUP BY ALL ORDER BY ALL
    """
    whole = """
        SELECT cohort, renewal_number, count(*) FILTER (is_mature),
               count(*) FILTER (is_mature AND is_renewed), count(*) FILTER (NOT is_mature),
               count(*) FILTER (
                   is_mature AND renewed_before = renewal_number - 1 AND renewed_before > 0
               )
        FROM renewals WHERE is_unbroken AND in_base GROUP BY ALL ORDER BY ALL
    """
    rows = portfolio.connection.sql(query).fetchall()
    assert rows == portfolio.connection.sql(whole).fetchall()
    assert len(rows) > 2


def test_what_is_not_due_or_immature_is_censored():
    hand = HandMade(days=200)
    chain(hand, 0, 50, 100, customer=1)
    chain(hand, 0, customer=2, length=300)
    query = "SELECT renewal_number, at_risk, renewed, immature, survival FROM cohorts"
    assert hand.rows(query) == [(1, 1, 1, 0, 1.0), (2, 1, 1, 0, 1.0), (3, 0, 0, 1, None)]


@pytest.mark.parametrize("late", [0, 1, 4, 5, 8])
def test_a_chain_is_followed_however_many_renewals_it_has(late):
    hand = HandMade(days=500)
    expected, seen, start, before = [], None, -150, None
    for place in range(13):
        end = start + 29
        before = hand.holds(start, end, renews=before)
        seen = place if seen is None and end >= 0 else seen
        expected.append((before, 1, place + 1, late == 0 or place < late, seen))
        start = end + (100 if place + 1 == late else 10)
    query = """
        SELECT entitlement_id, root_id, renewal_number, is_unbroken, renewed_before
        FROM renewal_chains ORDER BY ALL
    """
    assert hand.rows(query) == expected


def test_each_part_of_what_was_split_goes_on_with_the_chain():
    hand = HandMade(days=500)
    first = hand.holds(0, 49)
    for start in (50, 60):
        before = first
        for step in range(5):
            begins = start + 50 * step
            before = hand.holds(begins, begins + 39, renews=before)
    query = "SELECT root_id, renewal_number, count(*) FROM renewal_chains GROUP BY ALL ORDER BY ALL"
    assert hand.rows(query) == [(1, 1, 1), *((1, number, 2) for number in range(2, 7))]


def test_who_comes_back_after_the_grace_is_not_at_risk_again():
    hand = HandMade()
    chain(hand, 0, 200)
    assert hand.rows(COHORTS) == [(1, 1, 0, 0.0)]


def test_who_cancelled_leaves_the_risk_set_without_being_lost():
    hand = HandMade()
    chain(hand, 0, customer=1)
    hand.holds(0, 49, customer=2, cancelled=20)
    assert hand.rows(COHORTS) == [(1, 1, 0, 0.0)]


def test_cohorts_can_be_cut_by_month():
    hand = HandMade()
    chain(hand, 0, customer=1)
    chain(hand, 40, customer=2)
    query = "SELECT cohort FROM cohorts"
    rows = [day.isoformat() for (day,) in hand.rows(query, cohort_grain="month")]
    assert rows == ["2024-01-01", "2024-02-01"]


def test_every_renewal_rate_comes_with_its_count(portfolio):
    query = "FROM renewal_rates WHERE (n = 0) <> (renewal_rate IS NULL)"
    assert rows_of(portfolio, query) == []
