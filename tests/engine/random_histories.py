"""Random small histories: a scenario's rules and templates, and customers with all they do.

Times come from a coarse grid, so that things often happen at the same minute; entitlements are
short and small, so that they often start, end and run dry within the run.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from entitlement_sim.engine.history import (
    BY_CUSTOM,
    Action,
    Booking,
    CaseEvent,
    HappenedCase,
    HappenedCustomer,
    Kind,
)
from entitlement_sim.scenario.models import RuleSwitches, ScenarioModel

DAY = 1440
_EPOCH = dt.date(1970, 1, 1)
PICKS = ["default", "soonest_ending", "most_remaining", "first_fitting"]
PRODUCTS = ["Mail", "Storage", "Gateway"]
ORIGIN_NAMES = ["phone", "email", "web", "facebook", "twitter", "iot"]
#: Around a leap day, and around the changes to and from summer time.
STARTS = [dt.date(2024, 2, 20), dt.date(2024, 3, 25), dt.date(2023, 10, 25)]
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"]
MINUTES = [0, 1, 9 * 60, 9 * 60 + 1, 15 * 60, DAY - 1]
WAITS = [0, 0, 1, 30, 540, DAY, 3 * DAY, 9 * DAY]
DAYS = 24

switches = st.builds(
    RuleSwitches,
    **{
        name: st.sampled_from([False, False, False, True])
        for name, field in RuleSwitches.model_fields.items()
        if field.annotation is bool and name != "utc_midnight_mode"
    },
    job_time=st.sampled_from(["00:00", "00:00", "06:30", "23:59"]),
    utc_midnight_mode=st.sampled_from([False, False, True]),
)


@st.composite
def templates(draw: Any) -> dict[str, Any]:
    """A template that the scenario's checks would let pass."""
    in_hours = draw(st.booleans())
    total = draw(st.integers(0, 4))
    channels = draw(
        st.dictionaries(st.sampled_from(ORIGIN_NAMES[:4]), st.integers(0, total), max_size=3)
    )
    decreases = st.sampled_from(["creation", "creation", "resolution"])
    fraction = draw(st.sampled_from([0, 0, 25])) if in_hours else 0
    return {
        "allocation": "hours" if in_hours else "cases",
        "total_terms": f"{total}.{fraction:02}",
        "decrease_on": "resolution" if in_hours else draw(decreases),
        "restrict": draw(st.sampled_from([True, True, False])),
        "channels": {name: str(channels[name]) for name in ORIGIN_NAMES if name in channels},
        "products": draw(st.sampled_from([[]] * 5 + [["Mail"], ["Mail", "Gateway"]])),
        "contacts": draw(st.sampled_from([None] * 5 + [1, 2])),
    }  # fmt: skip


@st.composite
def bookings(draw: Any, start: int, templates: int) -> list[Booking]:
    """What is done with one to five entitlements, lawful or not, in the order of the days."""
    booked = []
    for number in range(draw(st.integers(1, 5))):
        on = start + draw(st.sampled_from([0, 0, 0, 0, 0, 1, 5]))
        begins = on + draw(st.sampled_from([0, 0, 0, -3, 2]))
        created = Booking(
            on,
            Action.CREATE,
            template=draw(st.integers(0, templates - 1)),
            start=begins,
            end=begins + draw(st.sampled_from([20, 16, 14, 9, 3, 0])),
        )
        booked.append(created)
        if draw(st.sampled_from([True] * 6 + [False])):
            booked.append(Booking(on, Action.ACTIVATE, entitlement=number))
            if draw(st.sampled_from([True, True, False])):
                on += draw(st.sampled_from([0, 0, 0, 2]))
                booked.append(Booking(on, Action.SET_DEFAULT, entitlement=number))
    actions = [action for action in Action if action != Action.CREATE]
    more = draw(
        st.lists(
            st.tuples(
                st.integers(start, start + DAYS - 1),
                st.sampled_from(actions),
                st.integers(0, 7),
                st.sampled_from([0, 100, 150, 200, 300, 700]),
            ),
            max_size=6,
        )
    )
    made = len([one for one in booked if one.action == Action.CREATE])
    made += len([one for one in more if one[1] == Action.RENEW])
    for day, action, number, total in more:
        booked.append(Booking(day, action, entitlement=number % made, total=total))
    return sorted(booked, key=lambda booking: booking.day)


@st.composite
def cases(draw: Any, start: int, made: int) -> list[HappenedCase]:
    """Cases with what becomes of them; none moves on the last day of the run."""
    last = (start + DAYS - 1) * DAY
    drawn = draw(
        st.lists(
            st.tuples(
                st.integers(0, DAYS - 8),
                st.sampled_from(MINUTES),
                st.integers(BY_CUSTOM, made - 1),
                st.sampled_from([0, 0, 1, 2, 3, 4, -1]),
                st.sampled_from([0, 0, 2, 1, -1]),
                st.sampled_from([0, 0, 1, 2, -1]),
                st.integers(0, 7),
                st.lists(
                    st.tuples(
                        st.sampled_from(WAITS), st.booleans(), st.sampled_from([0, 1, 20, 30, 100])
                    ),
                    max_size=4,
                ),
            ),
            min_size=2,
            max_size=10,
        )
    )
    found = []
    for day, minute, wants, origin, product, contact, marks, story in drawn:
        at = created = (start + day) * DAY + minute
        events = []
        is_open = True
        for wait, resolves, worked in story:
            at += wait
            if at >= last:
                break
            if not is_open:
                kind = Kind.REACTIVATE
            else:
                kind = Kind.RESOLVE if resolves else Kind.CANCEL
            events.append(CaseEvent(at, kind, worked if kind == Kind.RESOLVE else 0))
            is_open = not is_open
        found.append(
            HappenedCase(
                created,
                events,
                wants=BY_CUSTOM if marks & 1 or marks == 6 else wants,
                origin=origin,
                product=product,
                contact=contact,
                decrement=marks != 7,
                leaves=marks in (2, 3),
            )
        )
    return sorted(found, key=lambda case: case.created)


@dataclass(frozen=True)
class History:
    """A history as it was drawn: what its scenario says, and its customers."""

    start: dt.date
    zone: str
    rules: RuleSwitches
    templates: list[dict[str, Any]]
    customers: list[HappenedCustomer]

    def model(self) -> ScenarioModel:
        """The scenario."""
        return ScenarioModel.model_validate(
            {
                "scenario": "history",
                "calendar": {"start": self.start, "days": DAYS, "zone": self.zone},
                "products": PRODUCTS,
                "templates": {f"T{number}": one for number, one in enumerate(self.templates)},
                "segments": {
                    picks: {"customers": 0, "cases": {"per_year": 0}, "picks": picks}
                    for picks in PICKS
                },
                "rules": self.rules,
            }
        )


@st.composite
def histories(draw: Any) -> History:
    """A scenario and one to three customers."""
    first = draw(st.sampled_from(STARTS))
    offers = draw(st.lists(templates(), min_size=1, max_size=3))
    start = (first - _EPOCH).days
    customers = []
    for _ in range(draw(st.integers(1, 3))):
        booked = draw(bookings(start, len(offers)))
        made = sum(one.action in (Action.CREATE, Action.RENEW) for one in booked)
        customers.append(
            HappenedCustomer(
                joined=start,
                bookings=booked,
                cases=draw(cases(start, made)),
                segment=draw(st.sampled_from([0, 0, 0, 1, 2, 3])),
            )
        )
    return History(first, draw(st.sampled_from(ZONES)), draw(switches), offers, customers)
