"""Everything that is drawn for a scenario, by what it belongs to and not by where it stands."""

from collections import Counter
from typing import Any

from entitlement_sim import Scenario
from entitlement_sim.population.arrivals import (
    Script,
    draw_script,
    room_for_cases,
    room_for_events,
)
from entitlement_sim.population.customers import (
    accepts_overage,
    draw_customer,
    draw_end_of_demand,
    draw_leaning,
    draw_sale,
    draw_spend,
    draw_term,
    gets_discount,
    never_buys,
)
from entitlement_sim.population.plan import plan

#: What is looked at of a segment.
CUSTOMERS = 4
_TERMS = 3
_ROOM = 2000
_LAPSE = 19_700

Drawn = dict[tuple[str, ...], Any]


def drawn(data: dict[str, Any], seed: int) -> Drawn:
    """Return what is drawn, by segment, customer, and holding or kind of case.

    ``(segment, customer)`` has when it joins and how it leans; ``(segment, customer, holding)`` its
    sale and terms; ``(segment, customer, "cases")`` its own cases, and
    ``(segment, customer, burst)`` those of a burst's incidents. A case is a pair: what it is about,
    and everything else.
    """
    model = Scenario.from_dict(data).model
    numbers = plan(model, seed)
    run = numbers.run[0]
    everything: Drawn = {}
    for number, (name, segment) in enumerate(model.segments.items()):
        record = numbers.segments[number]
        counted: Counter[str] = Counter()
        holdings = []
        for hold in segment.holds:
            counted[hold.template] += 1
            holdings.append(f"{hold.template} {counted[hold.template]}")
        for place in range(min(CUSTOMERS, segment.customers)):
            customer = draw_customer(run, record, place)
            who = (name, str(place))
            everything[who] = (
                customer,
                never_buys(run, record, customer),
                accepts_overage(run, record, customer),
                draw_spend(run, record, numbers.distributions, customer),
                draw_end_of_demand(run, record, numbers.distributions, customer, _LAPSE)
                if record.demand_ends >= 0
                else None,
            )
            for line, holding in enumerate(holdings):
                hold = numbers.holds[record.first_hold + line]
                everything[*who, holding] = (
                    draw_sale(run, hold, customer),
                    gets_discount(run, hold, customer),
                    [
                        (
                            draw_term(run, record, hold, numbers.shares, customer, renewal),
                            draw_leaning(
                                run, record, hold, numbers.distributions, customer, renewal
                            ),
                        )
                        for renewal in range(_TERMS)
                    ],
                )
            everything |= _cases(model, numbers, record, customer, who)
    return everything


def _cases(model: Any, numbers: Any, record: Any, customer: Any, who: tuple[str, ...]) -> Drawn:
    cases, units = room_for_cases(_ROOM)
    script = Script(cases, room_for_events(4 * _ROOM), units)
    found: Drawn = {(*who, "cases"): []}
    found |= {(*who, burst.name or burst.product): [] for burst in model.bursts}
    if customer.joined >= numbers.run[0].stop:
        return found
    count = draw_script(numbers, record, customer, script, numbers.run[0].stop)
    assert count >= 0
    for case in script.cases[:count]:
        kind = "cases"
        if case.incident >= 0:
            burst = model.bursts[numbers.incidents[case.incident].burst]
            kind = burst.name or burst.product
        product = model.products[case.product] if case.product >= 0 else None
        first, last = case.first_event, case.first_event + case.events
        events = [
            (int(event.at), int(event.move), int(event.minutes))
            for event in script.events[first:last]
        ]
        rest = (
            int(case.created),
            int(case.origin),
            int(case.contact),
            int(case.decrement),
            int(case.leaves),
            int(case.severity),
            int(case.responded_after),
            events,
        )
        found[*who, kind].append((product, rest))
    return found
