"""A book whose offering was revised for all is what the desk makes of the same edits."""

import datetime as dt

import numpy as np
import pytest
from simulated_history import history_of

from entitlement_sim import Scenario
from entitlement_sim.engine.blocks import simulate_blocks
from entitlement_sim.engine.tables import Block
from entitlement_sim.population.plan import plan
from entitlement_sim.replay.by_desk import play_at_desk
from entitlement_sim.replay.history import (
    Booking,
    CaseEvent,
    HappenedCase,
    HappenedCustomer,
    Terms,
)
from entitlement_sim.replay.rows import DECIDED, rows_of
from entitlement_sim.replay.tables import HistoryTables
from entitlement_sim.rules.words import Action, Allocation, CaseMove, DecreaseOn, RuleId

BASE = Scenario.from_dict(
    {
        "scenario": "revised",
        "calendar": {"start": dt.date(2026, 1, 1), "days": 300},
        "templates": {
            "Pack": {"total_terms": 6, "decrease_on": "creation", "term": {"months": 6}},
        },
        "segments": {
            "all": {
                "customers": 14,
                "joins": {"at_start": 0.5, "over_days": 200},
                "cases": {"per_year": 9},
                "holds": [{"template": "Pack"}],
                "cancelled": 0.1,
                "cancellation": {"per_year": 0.3},
                "left_in_draft": {"share": 0.2, "days": 30},
                "turned_away": 0.5,
                "renewal": {"inclination": {"constant": 0.8}},
            }
        },
    }
)


def simulated(scenario: Scenario, seed: int) -> Block:
    """All rows of a simulation; what an edit of a revision bears is the rule of any other edit."""
    made = list(simulate_blocks(plan(scenario.model, seed, base=scenario.base)))
    block = {
        table: {name: np.concatenate([each[table][name] for each in made]) for name in columns}
        for table, columns in made[0].items()
    }
    rule = block["ledger"]["rule"]
    assert (rule == RuleId.L8).any()
    rule[rule == RuleId.L8] = RuleId.T8
    return block


def people_of(history: HistoryTables) -> list[HappenedCustomer]:
    """A history of plain packs as objects, which the desk plays."""
    sold, terms = history.entitlements, history.terms
    first = sold.groupby("customer").apply(lambda own: own.index[0], include_groups=False)
    bookings: dict[int, list[Booking]] = {}
    for row in history.bookings.itertuples():
        contract = sold.loc[row.entitlement]
        own = first[contract.customer]
        number = int(row.entitlement - own)
        booking = Booking(row.day, Action(row.action), number, total=row.amount)
        if row.action == Action.CREATE:
            said = terms.loc[contract.terms]
            booking = Booking(
                row.day,
                Action.CREATE,
                start=contract.start,
                end=contract.end,
                renews=int(contract.predecessor - own) if contract.predecessor >= 0 else -1,
                terms=Terms(
                    Allocation(said.allocation),
                    DecreaseOn(said.decrease_on),
                    bool(said.restrict),
                    int(said.total),
                ),
            )
        bookings.setdefault(int(contract.customer), []).append(booking)
    events: dict[int, list[CaseEvent]] = {}
    for event in history.events.sort_values("at", kind="stable").itertuples():
        move = CaseEvent(event.at, CaseMove(event.move), billed=event.billed)
        events.setdefault(event.case, []).append(move)
    cases: dict[int, list[HappenedCase]] = {}
    for case in history.cases.itertuples():
        cases.setdefault(case.customer, []).append(
            HappenedCase(
                case.created,
                events.get(case.Index, ()),
                case.wants,
                case.origin,
                case.product,
                case.contact,
                bool(case.decrement),
                bool(case.leaves),
            )
        )
    return [
        HappenedCustomer(
            person.joined,
            bookings.get(person.Index, ()),
            cases.get(person.Index, ()),
            person.segment,
            keeps_default=True,
        )
        for person in history.customers.itertuples()
    ]


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("total", [4, 9])
@pytest.mark.parametrize("restrict", [False, True])
def test_the_desk_makes_of_the_edits_of_a_revision_what_the_engine_makes(
    seed: int, total: int, restrict: bool
) -> None:
    base = Scenario.parse(BASE.with_({"templates.Pack.restrict": restrict}).text)
    changes = {
        "templates.Pack.total_terms": total,
        "revision": {"applies": "all", "from": dt.date(2026, 4, 20)},
    }
    block = simulated(base.with_(changes), seed)
    desk = play_at_desk(base.model, people_of(history_of(base.model, block)))
    engine = rows_of(block)
    for table in DECIDED:
        assert desk[table] == engine[table], table
