"""Sums without rows equal those of the views over a stored run of the same seed."""

from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest
from busy_scenarios import busy
from sold_offerings import sold, topped_up
from sums_by_views import QUERIES, added, asked

from entitlement_sim import Scenario, simulate
from entitlement_sim.engine.pricing import half_up
from entitlement_sim.engine.sums import Measure
from entitlement_sim.replications import Plans, frame_of_totals, sums, totals_by_replication
from entitlement_sim.rules.words import Applies, labels
from entitlement_sim.scenario.shipped import shipped_scenarios
from entitlement_sim.store.run import Run

SEED = 23

#: Few customers of each segment, so that a run takes a moment.
FEW = {
    "demo": ("small.customers=60", "midsize.customers=25", "enterprise.customers=4"),
    "reference": ("everyone.customers=60",),
    "incident-based": ("offices.customers=150",),
    "time-based": ("clients.customers=150",),
}


#: A past of three years.
PAST = (
    "history={years: 3, growth: 0.1}",
    "segments.small.joins={}",
    "segments.midsize.joins={}",
    "segments.enterprise.joins={}",
)


def revised(applies: str) -> list[str]:
    """Fewer terms for less, in the midst of the run."""
    return [
        "templates.Pack 10.total_terms=8",
        "templates.Pack 10.price=1260",
        "templates.Pack 10.restrict=false",
        "templates.Pack 10.channels={phone: 2, email: 8}",
        "templates.Hours 40.total_terms=44",
        f"revision={{applies: {applies}, from: 2024-02-10}}",
    ]


#: A past of two years, in which packs were topped up too, and refunds.
TOPPED_UP_BEFORE = (
    "history={years: 2}",
    "segments.small.joins={}",
    "segments.large.joins={}",
    "segments.small.cancellation.per_year=1",
    "segments.small.left_in_draft={share: 0.2, days: 20}",
    "templates.Pack.refund=unused",
)


def scenarios() -> Iterator[Any]:
    for name in shipped_scenarios():
        few = [f"segments.{override}" for override in FEW.get(name, ())]
        yield pytest.param(Scenario.load(name, few), id=name)
    yield pytest.param(busy(*_few_busy()), id="busy")
    switches = ("gate_literal_below_zero", "renew_copies_remaining", "renew_marks_old_cancelled")
    overrides = [f"rules.{switch}=true" for switch in switches]
    yield pytest.param(busy(*_few_busy(), *overrides), id="switched")
    picked = ("segments.small.picks=soonest_ending", "segments.midsize.picks=most_remaining")
    yield pytest.param(busy(*_few_busy(), *picked, "calendar.days=400"), id="picked")
    yield pytest.param(busy(*_few_busy(), *PAST), id="past")
    yield pytest.param(sold(), id="sold")
    for applies in labels(Applies):
        yield pytest.param(busy(*_few_busy(), *PAST, *revised(applies)), id=f"revised: {applies}")
    yield pytest.param(topped_up(), id="topped up")
    yield pytest.param(topped_up(*TOPPED_UP_BEFORE), id="topped up before the run")


def _few_busy() -> list[str]:
    return ["segments.small.customers=40", "segments.midsize.customers=20"]


@pytest.fixture(scope="module", params=scenarios())
def stored(request: pytest.FixtureRequest) -> Iterator[tuple[Scenario, Run, pd.DataFrame]]:
    with simulate(request.param, seed=SEED) as run:
        yield request.param, run, sums(request.param, seed=SEED, hundredths=True)


Stored = tuple[Scenario, Run, pd.DataFrame]


@pytest.mark.parametrize("about", QUERIES)
def test_sums_equal_those_of_the_views(stored: Stored, about: str) -> None:
    _, run, frame = stored
    query, keys, measures = QUERIES[about]
    assert added(frame, keys, measures) == asked(run, query, len(keys))


def test_every_measure_is_compared_with_a_view() -> None:
    compared = {measure for _, _, measures in QUERIES.values() for measure in measures}
    assert compared == {measure.name.lower() for measure in Measure}


# ------------------------------------------------------------------- offerings, replications


@pytest.fixture(scope="module")
def small() -> Scenario:
    return busy(*_few_busy())


BIGGER_PACK = {"templates.Pack 5.total_terms": 9, "templates.Pack 5.price": 500}
BIGGER = {"templates.Pack 10.total_terms": 12}


def test_an_offering_comes_to_the_same_beside_others_as_alone(small: Scenario) -> None:
    together = sums(small, {"bigger": BIGGER}, 2, seed=SEED, hundredths=True)
    alone = sums(small.with_(BIGGER), None, 2, seed=SEED, hundredths=True)
    beside = together[together.offering == "bigger"].drop(columns="offering")
    pd.testing.assert_frame_equal(
        beside.reset_index(drop=True), alone.drop(columns="offering"), check_exact=True
    )


#: What offerings that have the same past may differ in, or have another one each.
AFTER_A_PAST = {
    "larger": {"templates.Pack 10.total_terms": 12, "templates.Hours 40.total_terms": 12},
    "open": {"templates.Pack 10.restrict": False, "templates.Pack 10.price": 700},
    "by spend": {"templates.Pack 10.price": {"of_spend": {"up_to": {100: 0.1}, "above": 0.03}}},
    "marked": {"rules.renew_marks_old_cancelled": True},
    "busier": {"segments.small.cases.per_year": 9},
}


def test_a_past_that_offerings_share_is_the_past_of_each() -> None:
    segments = ("small", "midsize", "enterprise")
    spend = [f"segments.{name}.spend={{fixed: 5000}}" for name in segments]
    base = busy(*_few_busy(), *PAST, *spend)
    together = sums(base, AFTER_A_PAST, 2, seed=SEED, hundredths=True, threads=1)
    for name, changes in AFTER_A_PAST.items():
        alone = sums(base.with_(changes), None, 2, seed=SEED, hundredths=True)
        beside = together[together.offering == name].drop(columns="offering")
        pd.testing.assert_frame_equal(
            beside.reset_index(drop=True), alone.drop(columns="offering"), check_exact=True
        )


def test_offerings_that_were_sold_alike_live_through_their_past_once() -> None:
    base = busy(*_few_busy(), *PAST)
    others = {name: base.with_(AFTER_A_PAST[name]) for name in ("larger", "open")}
    [(names, _, met)] = Plans({"base": base} | others, SEED).of(1)
    assert names == ["base", "larger", "open"]
    assert met.pasts.tolist() == [0, 0, 0]


def test_revisions_of_one_offering_share_a_past_that_goes_into_the_run() -> None:
    base = busy(*_few_busy(), *PAST)
    revisions = {applies: base.with_(revised(applies)) for applies in labels(Applies)}
    together = sums(base, revisions, 2, seed=SEED, hundredths=True, threads=1)
    for name, revision in revisions.items():
        alone = sums(revision, None, 2, seed=SEED, hundredths=True)
        beside = together[together.offering == name].drop(columns="offering")
        pd.testing.assert_frame_equal(
            beside.reset_index(drop=True), alone.drop(columns="offering"), check_exact=True
        )


def test_a_revision_lives_through_what_it_shares_with_the_base_once() -> None:
    base = Scenario.parse(busy(*_few_busy(), *PAST).text)
    for applies, together in (("new", True), ("at_renewal", True), ("all", False)):
        others = {"revised": base.with_(revised(applies))}
        plans = Plans({"base": base} | others, SEED)
        assert next(names for names, _, _ in plans.of(1)) == ["base", "revised"][: 1 + together]


def test_totals_by_replication_are_the_sums(small: Scenario) -> None:
    offerings = {"base": small, "bigger": small.with_(BIGGER)}
    frame = sums(small, {"bigger": BIGGER}, 2, seed=SEED, by=["template"], hundredths=True)
    measures = [measure.name.lower() for measure in Measure]
    for found in totals_by_replication(offerings, range(2), SEED):
        rows = frame_of_totals(found.totals, offerings).set_index(["offering", "template"])
        own = frame[frame["replication"] == found.replication]
        own = own.set_index(["offering", "template"])
        assert not found.failed
        pd.testing.assert_frame_equal(rows.loc[own.index, measures], own[measures])


def test_an_alternative_with_other_customers_is_drawn_by_itself(small: Scenario) -> None:
    busier = {"segments.small.cases.per_year": 20}
    together = sums(small, {"busier": busier}, seed=SEED, by=[], hundredths=True)
    alone = sums(small.with_(busier), seed=SEED, by=[], hundredths=True)
    beside = together[together.offering == "busier"].drop(columns="offering")
    pd.testing.assert_frame_equal(
        beside.reset_index(drop=True), alone.drop(columns="offering"), check_exact=True
    )


def test_a_replication_is_the_run_of_its_number(small: Scenario) -> None:
    frame = sums(small, None, 3, seed=SEED, by=["template"])
    with simulate(small, seed=SEED, replication=2) as run:
        [(covered,)] = run.connection.sql(
            "SELECT count(*) FROM cases, run WHERE outcome = 'covered' AND created_at >= start_date"
        ).fetchall()
    assert frame[frame.replication == 2]["covered"].sum() == covered


def test_an_offering_with_a_past_comes_to_what_its_run_comes_to() -> None:
    base = Scenario.load("incident-based", ["segments.offices.customers=80", "calendar.days=300"])
    both = sums(base, {"bigger": BIGGER_PACK}, seed=SEED, hundredths=True)
    frame = both[both.offering == "bigger"]
    with simulate(base.with_(BIGGER_PACK), seed=SEED) as run:
        for query, keys, measures in QUERIES.values():
            assert added(frame, keys, measures) == asked(run, query, len(keys))
        by_customer = sums(base, {"bigger": BIGGER_PACK}, seed=SEED, by=["customer"])
        rows = run.connection.sql(
            """SELECT customer_id, count(*) FROM cases, run
               WHERE outcome = 'covered' AND created_at >= start_date GROUP BY ALL"""
        ).fetchall()
    covered = by_customer[by_customer.offering == "bigger"].groupby("customer_id")["covered"].sum()
    assert covered[covered > 0].to_dict() == dict(rows)


def test_customers_add_up_to_their_groups(small: Scenario) -> None:
    of_groups = sums(small, seed=SEED, by=["segment"], hundredths=True)
    of_customers = sums(small, seed=SEED, by=["customer"], hundredths=True)
    measures = [measure.name.lower() for measure in Measure]
    keys = ["segment", "allocation"]
    ours, theirs = (
        frame.groupby(keys, observed=True, dropna=False)[measures].sum()
        for frame in (of_customers, of_groups)
    )
    pd.testing.assert_frame_equal(ours, theirs)
    with simulate(small, seed=SEED) as run:
        customers = run.manifest.rows["customers"]
    assert of_customers["customer_id"].between(1, customers).all()


def test_a_customer_of_the_sums_is_that_of_the_run(small: Scenario) -> None:
    frame = sums(small, seed=SEED, by=["customer"])
    with simulate(small, seed=SEED) as run:
        rows = run.connection.sql(
            "SELECT customer_id, count(*) FROM cases, run "
            "WHERE outcome = 'covered' AND created_at >= start_date GROUP BY ALL"
        ).fetchall()
    covered = frame.groupby("customer_id")["covered"].sum()
    assert covered[covered > 0].to_dict() == dict(rows)


@pytest.mark.parametrize("by", [[], ["segment", "template", "month"], ["customer"]])
def test_a_portfolio_without_customers_comes_to_no_row(small: Scenario, by: list[Any]) -> None:
    nobody = {f"segments.{name}.customers": 0 for name in small.model.segments}
    frame = sums(small.with_(nobody), {"bigger": BIGGER}, 2, by=by)
    assert len(frame) == 0
    assert list(frame.columns) == list(sums(small, seed=SEED, by=by).columns)


def test_threads_do_not_show(small: Scenario) -> None:
    frames = [sums(small, {"bigger": BIGGER}, 3, seed=SEED, threads=n) for n in (1, 3)]
    pd.testing.assert_frame_equal(*frames, check_exact=True)


def test_terms_are_hundredths_only_where_that_is_asked_for(small: Scenario) -> None:
    exact = sums(small, seed=SEED, by=[], hundredths=True)
    plain = sums(small, seed=SEED, by=[])
    assert exact["used"].dtype == "int64"
    assert (exact["used"] / 100 == plain["used"]).all()
    assert (exact["sold"] == plain["sold"]).all()


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"replications": 0}, "replications and threads must be at least 1"),
        ({"threads": 0}, "replications and threads must be at least 1"),
        ({"by": ["week"]}, "cannot be told apart by 'week'"),
        ({"by": ["customer", "month"]}, "neither a month nor a template"),
        ({"alternatives": {"base": {}}}, "'base' is the scenario itself"),
    ],
)
def test_what_cannot_be_added_up_is_said(small: Scenario, how: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        sums(small, **how)


@pytest.mark.parametrize(
    ("amount", "price", "of", "is_worth"),
    [(0, 5, 3, 0), (1, 1, 2, 1), (1, 1, 3, 0), (2, 1, 3, 1), (7, 100, 7, 100), (5, 0, 9, 0)],
)
def test_values_are_rounded_half_up(amount: int, price: int, of: int, is_worth: int) -> None:
    assert half_up(amount, price, of) == is_worth


def test_values_of_the_largest_amounts_are_exact() -> None:
    most = 10**13
    for amount, price, of in [(most, most, most), (most - 1, most, most), (most, most - 7, most)]:
        assert half_up(amount, price, of) == (2 * amount * price + of) // (2 * of)
