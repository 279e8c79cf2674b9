"""A change that meets the book as it stands: what is shared, who is changed when, to the cent."""

import copy
import datetime as dt
from typing import Any

import pandas as pd
import pytest
from lived import Tables, lived
from sums_by_views import QUERIES, added, asked

from entitlement_sim import Scenario, explain, simulate, sums, verify
from entitlement_sim.rules.words import Applies, labels
from entitlement_sim.scenario.revising import offered_before

DAY = dt.date(2025, 7, 1)
EVERY_WAY = labels(Applies)
#: Fewer terms and calls, for less money.
EIGHT = {
    "templates.Pack.total_terms": 8,
    "templates.Pack.channels": {"phone": 3},
    "templates.Pack.price": 1260,
}


def scenario_of(**more: Any) -> Scenario:
    """Customers with more and fewer cases than their pack holds, who join all year round."""
    return Scenario.from_dict(
        {
            "scenario": "revised",
            "calendar": {"start": dt.date(2025, 1, 1), "days": 700},
            "templates": {
                "Pack": {
                    "total_terms": 10,
                    "decrease_on": "creation",
                    "restrict": True,
                    "channels": {"phone": 4},
                    "term": {"months": 12},
                    "price": 1000,
                }
            },
            "segments": {
                "all": {
                    "customers": 60,
                    "joins": {"at_start": 0.6, "over_days": 600},
                    "cases": {"per_year": 9, "shape": 0.8},
                    "holds": [{"template": "Pack"}],
                    "cancellation": {"per_year": 0.1},
                    "amendments": {"per_year": 0.3},
                    "left_in_draft": {"share": 0.1, "days": 40},
                    "renewal": {
                        "inclination": {"constant": 0.8},
                        "late": {"share": 0.3, "days": {"exponential": 20}},
                    },
                }
            },
            **more,
        }
    )


def revised(base: Scenario, applies: str, **changes: Any) -> Scenario:
    return base.with_((changes or EIGHT) | {"revision": {"applies": applies, "from": DAY}})


def before(tables: Tables) -> dict[str, pd.DataFrame]:
    """What happened before the day of the change, by customer."""
    owner = tables["entitlements"].set_index("entitlement_id")["customer_id"]
    moment = pd.Timestamp(DAY)
    ledger, moves, cases = (tables[name] for name in ("ledger", "transitions", "cases"))
    ledger = ledger.assign(customer=owner.reindex(ledger["entitlement_id"]).to_numpy())
    moves = moves.assign(customer=owner.reindex(moves["entitlement_id"]).to_numpy())
    seen = {
        "ledger": ledger[ledger["happened_at"] < moment][
            ["customer", "entry", "happened_at", "amount", "balance", "reason", "rule", "origin"]
        ],
        "transitions": moves[moves["on_date"] < moment][
            ["customer", "on_date", "from_state", "to_state", "trigger"]
        ],
        "cases": cases[cases["created_at"] < moment][
            ["customer_id", "created_at", "origin", "outcome", "refusal", "severity"]
        ],
    }
    return {name: rows.reset_index(drop=True) for name, rows in seen.items()}


@pytest.mark.parametrize("applies", EVERY_WAY)
def test_the_time_before_a_change_is_shared(applies: str) -> None:
    base = scenario_of()
    ours, theirs = before(lived(base)), before(lived(revised(base, applies)))
    for name, rows in ours.items():
        assert len(rows) > 50
        pd.testing.assert_frame_equal(theirs[name], rows)


@pytest.mark.parametrize("applies", EVERY_WAY)
def test_a_revision_in_which_nothing_changes_moves_no_row(applies: str) -> None:
    base = scenario_of()
    ours = lived(base)
    theirs = lived(base.with_({"revision": {"applies": applies, "from": DAY}}))
    for name, rows in ours.items():
        pd.testing.assert_frame_equal(theirs[name], rows)


@pytest.mark.parametrize("applies", EVERY_WAY)
def test_a_change_draws_no_case_anew(applies: str) -> None:
    base = scenario_of()
    columns = ["customer_id", "created_at", "origin", "product_id"]
    ours, theirs = (lived(each)["cases"] for each in (base, revised(base, applies)))
    pd.testing.assert_frame_equal(theirs[columns], ours[columns])


def test_of_a_change_for_all_each_edit_is_written_or_refused_whole() -> None:
    tables = lived(revised(scenario_of(), "all"))
    moment = pd.Timestamp(DAY)
    ledger = tables["ledger"]
    edits = ledger[ledger["rule"] == "L8"]
    assert set(edits["happened_at"]) == {moment}
    refused = edits[edits["reason"] == "refused"]
    written = edits[(edits["reason"] == "adjust") & edits["origin"].isna()]
    assert len(refused) > 5 < len(written)
    assert not set(refused["entitlement_id"]) & set(written["entitlement_id"])
    assert set(written["amount"]) == {-2.0}
    assert (written["balance"] >= 0).all()
    # Refused is who has fewer than two terms left, or fewer than one of its calls.
    earlier = ledger[ledger["happened_at"] < moment]
    whole = earlier[earlier["balance_id"].notna()].groupby("entitlement_id")["balance"].last()
    calls = earlier[earlier["origin"] == "phone"].groupby("entitlement_id")["origin_balance"].last()
    is_short = (whole < 2) | (calls < 1).reindex(whole.index, fill_value=False)
    assert is_short[refused["entitlement_id"]].all()
    assert not is_short[written["entitlement_id"]].any()


def test_who_keeps_its_offering_is_renewed_into_it_and_who_buys_anew_is_not() -> None:
    kept = lived(revised(scenario_of(), "new"))["entitlements"]
    first = kept.set_index("entitlement_id")["created_on"]
    root = kept["entitlement_id"].to_numpy().copy()
    for place, old in enumerate(kept["predecessor_id"]):
        if not pd.isna(old):
            root[place] = root[old - 1]
    is_new = (first.loc[root] >= pd.Timestamp(DAY)).to_numpy()
    assert set(kept["price"][is_new]) == {1260.0}
    assert set(kept["price"][~is_new]) == {1000.0}
    assert (kept["created_on"][~is_new] >= pd.Timestamp(DAY)).any()


def test_at_renewal_a_term_has_the_offering_of_the_day_on_which_it_is_made() -> None:
    sold = lived(revised(scenario_of(), "at_renewal"))["entitlements"]
    is_later = sold["created_on"] >= pd.Timestamp(DAY)
    assert set(sold["price"][is_later]) == {1260.0}
    assert set(sold["price"][~is_later]) == {1000.0}


# ------------------------------------------------------------------------ reckoned by hand


#: Two customers hold a pack from 1 January 2025, of whom one has used all of it; a third buys one
#: on 20 July. All are renewed on 1 January 2026, or on 20 July 2026, after the run.
BY_HAND = {
    "scenario": "by-hand",
    "calendar": {"start": dt.date(2025, 1, 1), "days": 400},
    "templates": {
        "Pack": {
            "total_terms": 10,
            "decrease_on": "creation",
            "restrict": True,
            "term": {"months": 12},
            "price": 1000,
        }
    },
    "segments": {
        name: {
            "customers": 1,
            "cases": {"per_year": cases},
            "holds": [{"template": "Pack", "sold_after_days": {"least": after, "most": after}}],
            "renewal": {"inclination": {"constant": 1}},
        }
        for name, cases, after in (("busy", 2000, 0), ("quiet", 0, 0), ("late", 0, 200))
    },
}
#: Bookings: two packs on 1 January 2025 and one on 20 July, two renewals on 1 January 2026. Terms
#: allotted: 10 with each at the old offering, 8 at the new one; for all, two terms less of the one
#: that can be edited. Cases covered: the busy customer's, all of its terms.
RECKONED = {
    "new": (2 * 1000 + 1260 + 2 * 1000, 4 * 10 + 8, 20),
    "at_renewal": (2 * 1000 + 1260 + 2 * 1260, 2 * 10 + 3 * 8, 18),
    "all": (2 * 1000 + 1260 + 2 * 1260, 2 * 10 - 2 + 3 * 8, 18),
}


@pytest.mark.parametrize("applies", EVERY_WAY)
def test_bookings_terms_and_cases_are_those_reckoned_by_hand(applies: str) -> None:
    base = Scenario.from_dict(BY_HAND)
    changes = {"templates.Pack.total_terms": 8, "templates.Pack.price": 1260}
    scenario = revised(base, applies, **changes)
    frame = sums(scenario, seed=3, by=[])
    bookings, allotted, covered = RECKONED[applies]
    assert frame["bookings"].sum() == bookings
    assert frame["allotted"].sum() == allotted
    assert frame["covered"].sum() == covered
    with simulate(scenario, seed=3) as run:
        told = run.sql(
            """SELECT (SELECT sum(price) FROM entitlements) AS bookings,
                      (SELECT sum(amount) FROM ledger WHERE reason IN ('allot', 'adjust'))
                          AS allotted,
                      (SELECT count(*) FROM cases WHERE outcome = 'covered') AS covered"""
        )
    assert told.astype(float).iloc[0].tolist() == [bookings, allotted, covered]


def test_an_explanation_says_what_was_revised_and_what_was_not() -> None:
    base = Scenario.from_dict(BY_HAND)
    changes = {"templates.Pack.total_terms": 8, "templates.Pack.price": 1260}
    with simulate(revised(base, "all", **changes), seed=3) as run:
        told = [
            [move.what for move in explain(run, number).movements if move.rule == "L8"]
            for number in (1, 2, 3, 4)
        ]
    assert told == [["revision refused"], [], ["revised with its offering"], []]


#: Periods with what is carried, parts of terms, overage, top-ups, and what has no total.
SOLD = {
    "scenario": "sold",
    "calendar": {"start": dt.date(2025, 1, 1), "days": 500},
    "templates": {
        "Month": {
            "allowance": {"terms": 3, "every": "month", "carry": {"at_most": 2}},
            "decrease_on": "creation",
            "restrict": True,
            "term": {"months": 12},
            "channels": {"phone": 2},
            "price": 1000,
        },
        "Over": {
            "total_terms": 6,
            "decrease_on": "creation",
            "overage": {"price": 20},
            "term": {"until": "12-31"},
            "prorate": "both",
            "price": 600,
        },
        "More": {"total_terms": 2, "price": 90, "adds_to": ["Over"]},
        "Free": {"total_terms": "unlimited", "term": {"months": 6}, "price": 50},
    },
    "segments": {
        "by the month": {
            "customers": 30,
            "joins": {"at_start": 0.5, "over_days": 400},
            "cases": {"per_year": 30},
            "holds": [{"template": "Month"}],
            "left_in_draft": {"share": 0.2, "days": 20},
            "amendments": {"per_year": 1},
            "cancellation": {"per_year": 0.3},
            "renewal": {"inclination": {"constant": 0.8}},
        },
        "by the year": {
            "customers": 30,
            "joins": {"at_start": 0.5, "over_days": 400},
            "cases": {"per_year": 9},
            "holds": [{"template": "Over"}, {"template": "Free", "share": 0.5}],
            "buys_more": {"when": {"left": 1}, "share": 0.5, "template": "More"},
            "renewal": {"inclination": {"constant": 0.8}},
        },
    },
}


@pytest.mark.parametrize("day", [dt.date(2025, 6, 10), DAY])
@pytest.mark.parametrize("applies", EVERY_WAY)
def test_a_revised_book_adds_up_and_comes_to_what_the_views_say(applies: str, day: dt.date) -> None:
    changes = {
        "templates.Month.allowance.terms": 2,
        "templates.Month.channels.phone": 1,
        "templates.Month.restrict": False,
        "templates.Over.total_terms": 4,
        "templates.Over.price": 500,
        "revision": {"applies": applies, "from": day},
    }
    scenario = Scenario.from_dict(SOLD).with_(changes)
    frame = sums(scenario, seed=3, hundredths=True)
    with simulate(scenario, seed=3, threads=1) as run:
        assert verify(run).holds
        for about, (query, keys, measures) in QUERIES.items():
            assert added(frame, keys, measures) == asked(run, query, len(keys)), about


@pytest.mark.parametrize("applies", EVERY_WAY)
def test_a_change_of_contracts_from_a_past_meets_them_in_the_run(applies: str) -> None:
    segment = scenario_of().model.segments["all"].model_dump(mode="json", by_alias=True)
    segment = {key: value for key, value in segment.items() if key != "joins"}
    base = scenario_of(history={"years": 2}, segments={"all": segment})
    tables = lived(revised(base, applies))
    sold = tables["entitlements"]
    moment = pd.Timestamp(DAY)
    open_then = sold[(sold["created_on"] < moment) & (sold["end_date"] >= moment)]
    assert (open_then["created_on"] < pd.Timestamp("2025-01-01")).any()
    assert set(open_then["price"]) == {1000.0}
    edits = tables["ledger"]["rule"] == "L8"
    assert edits.any() == (applies == "all")


# -------------------------------------------------------------- what waits for the renewal

#: What a run says once for each template, and contracts from before keep: refund and price of
#: overage, whether a total is unlimited, whether a term has an end.
WAITING = {
    "templates.Over.refund": "unused",
    "templates.Over.overage.price": 35,
    "templates.Free.total_terms": 3,
    "templates.Month.term": {"open": True},
}


def that_wait(**more: Any) -> Scenario:
    """What is sold, some of it cancelled; `more` is what the scenario has beside."""
    data = copy.deepcopy(SOLD) | more
    segments: Any = data["segments"]
    segments["by the year"]["cancellation"] = {"per_year": 0.5}
    if "history" in more:
        for segment in segments.values():
            del segment["joins"]
    return Scenario.from_dict(data)


@pytest.mark.parametrize("applies", EVERY_WAY)
def test_what_waits_for_the_renewal_is_asked_of_each_contract(applies: str) -> None:
    scenario = that_wait().with_(WAITING | {"revision": {"applies": applies, "from": DAY}})
    frame = sums(scenario, seed=3, hundredths=True)
    with simulate(scenario, seed=3, threads=1) as run:
        assert run.manifest.offered_before is not None
        assert verify(run).holds
        for about, (query, keys, measures) in QUERIES.items():
            assert added(frame, keys, measures) == asked(run, query, len(keys)), about


@pytest.mark.parametrize("changes", [WAITING, {"templates.Over.overage": None}])
def test_contracts_from_a_past_keep_what_they_were_sold_with(changes: dict[str, Any]) -> None:
    scenario = that_wait(history={"years": 2}).with_(changes)
    frame = sums(scenario, seed=3, hundredths=True)
    with simulate(scenario, seed=3, threads=1) as run:
        assert run.manifest.offered_before is not None
        for about, (query, keys, measures) in QUERIES.items():
            assert added(frame, keys, measures) == asked(run, query, len(keys)), about


@pytest.mark.parametrize("applies", ["at_renewal", "all"])
def test_a_contract_is_billed_and_refunded_as_it_was_sold(applies: str) -> None:
    changes = {"templates.Over.overage.price": 35, "templates.Over.refund": "unused"}
    scenario = that_wait().with_(changes | {"revision": {"applies": applies, "from": DAY}})
    with simulate(scenario, seed=3) as run:
        billed = run.sql(
            "SELECT DISTINCT created_on < DATE '2025-07-01' AS is_before, overage_price::DOUBLE "
            "AS price FROM overage_by_period JOIN entitlements USING (entitlement_id)"
        )
        refunded = run.sql(
            "SELECT created_on < DATE '2025-07-01' AS is_before, sum(refunded)::DOUBLE AS refunded "
            "FROM entitlement_facts WHERE template = 'Over' AND ended_by = 'cancellation' "
            "GROUP BY ALL ORDER BY is_before"
        )
    assert sorted(billed.to_numpy().tolist()) == [[False, 35.0], [True, 20.0]]
    assert refunded["is_before"].tolist() == [False, True]
    assert refunded["refunded"][0] > 0 == refunded["refunded"][1]


def test_a_change_for_new_sales_leaves_renewals_the_old_price_of_overage() -> None:
    base = that_wait(calendar={"start": dt.date(2025, 1, 1), "days": 800})
    scenario = base.with_(
        {"templates.Over.overage.price": 35, "revision": {"applies": "new", "from": DAY}}
    )
    with simulate(scenario, seed=3) as run:
        told = run.sql(
            "SELECT entitlement_id, predecessor_id, created_on, overage_price::DOUBLE AS price "
            "FROM entitlements LEFT JOIN overage_by_period USING (entitlement_id)"
        )
    root = dict(zip(told["entitlement_id"], told["created_on"], strict=True))
    old = dict(zip(told["entitlement_id"], told["predecessor_id"], strict=True))

    def sold_on(number: int) -> pd.Timestamp:
        while not pd.isna(old[number]):
            number = int(old[number])
        return root[number]

    billed = told[told["price"].notna()]
    is_kept = billed["entitlement_id"].map(sold_on) < pd.Timestamp(DAY)
    assert set(billed["price"][is_kept]) == {20.0}
    assert set(billed["price"][~is_kept]) == {35.0}
    assert (billed["created_on"][is_kept] >= pd.Timestamp(DAY)).any()


def test_what_differs_in_nothing_that_waits_is_not_written_down() -> None:
    assert offered_before(that_wait().model, that_wait().model) is None
    base = that_wait()
    dearer = base.with_({"templates.Over.price": 700, "revision": {"applies": "all", "from": DAY}})
    assert offered_before(dearer.model, base.model) is None
    changes = {"templates.Over.refund": "unused"}
    waits = base.with_(changes | {"revision": {"applies": "new", "from": DAY}})
    assert offered_before(waits.model, base.model) == {
        "until": "2025-07-01",
        "renewed": False,
        "templates": {
            "2": {
                "refund": "none",
                "overage_price": "20.00",
                "is_unlimited": False,
                "is_open_ended": False,
            }
        },
    }
