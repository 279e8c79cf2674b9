"""Temporary: plays tables of a history by templates, until the replay takes them itself."""

from decimal import Decimal

import numpy as np

from ..engine.tables import Block
from ..replay.by_engine import replay
from ..replay.history import Booking, CaseEvent, HappenedCase, HappenedCustomer
from ..replay.tables import HistoryTables, Replayed
from ..rules.words import NOTHING, Action, Allocation, CaseMove, DecreaseOn, ORIGINS, Origin
from ..scenario.models import ScenarioModel, Template


def play(model: ScenarioModel, history: HistoryTables) -> Replayed:
    channels = {}
    for t, o, total in zip(*(history.column("channels", n) for n in ("terms", "origin", "total"))):
        if o < ORIGINS:
            channels.setdefault(int(t), {})[Origin(int(o)).label] = Decimal(int(total)) / 100
    templates = {}
    for place, row in enumerate(history.terms.itertuples(index=False)):
        templates[f"t{place}"] = Template.model_construct(
            **{
                **Template().model_dump(),
                "term": Template().term,
                "allocation": Allocation(row.allocation).label,
                "decrease_on": DecreaseOn(row.decrease_on).label,
                "restrict": bool(row.restrict),
                "total_terms": Decimal(int(row.total)) / 100,
                "channels": channels.get(place, {}),
            }
        )
    played = model.model_copy(update={"templates": templates})
    ents = history.entitlements
    number = ents.groupby("customer").cumcount().to_numpy()
    terms = ents["terms"].to_numpy()
    bookings = [[] for _ in range(len(history.customers))]
    for b in history.bookings.itertuples(index=False):
        e = int(b.entitlement)
        row = ents.iloc[e]
        if b.action == Action.CREATE:
            made = Booking(
                int(b.day),
                Action.CREATE,
                template=int(terms[e]),
                start=int(row.start),
                end=int(row.end),
            )
        else:
            made = Booking(
                int(b.day), Action(b.action), entitlement=int(number[e]), total=int(b.amount)
            )
        bookings[int(row.customer)].append(made)
    events = [[] for _ in range(len(history.cases))]
    for e in history.events.itertuples(index=False):
        events[int(e.case)].append(CaseEvent(int(e.at), CaseMove(e.move), max(0, int(e.minutes))))
    cases = [[] for _ in range(len(history.customers))]
    for k, c in enumerate(history.cases.itertuples(index=False)):
        wants = NOTHING if c.wants < 0 else int(number[c.wants])
        if c.wants >= 0 and ents["customer"].iloc[c.wants] != c.customer:
            wants = NOTHING
        cases[int(c.customer)].append(
            HappenedCase(
                int(c.created),
                events[k],
                wants,
                int(c.origin) if c.origin < ORIGINS else -1,
                int(c.product),
                int(c.contact),
                bool(c.decrement),
            )
        )
    people = [
        HappenedCustomer(int(p.joined), bookings[i], cases[i], int(p.segment))
        for i, p in enumerate(history.customers.itertuples(index=False))
    ]
    block: Block = replay(played, people)
    block["entitlements"]["template_id"] = (
        history.column("terms", "template")[block["entitlements"]["template_id"] - 1] + 1
    ).astype(np.int32)
    return Replayed([block], np.arange(1, len(ents) + 1), np.arange(1, len(history.cases) + 1))
