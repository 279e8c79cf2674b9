"""Stored runs in which just this happened: an offering with the cases that meet it."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from entitlement_sim import Scenario
from entitlement_sim.replay.by_engine import replay
from entitlement_sim.replay.history import Booking, CaseEvent, HappenedCase, HappenedCustomer
from entitlement_sim.rules.days import day_number
from entitlement_sim.rules.words import Action, CaseMove
from entitlement_sim.store.facts import RunFacts
from entitlement_sim.store.run import Run
from entitlement_sim.store.writer import write_run

FIRST = dt.date(2026, 1, 1)
_DAY = 1440


def case(day: str, minutes: int = 0, severity: int = 0, **says: Any) -> HappenedCase:
    """A case of a day (``MM-DD``, or with a time), resolved half an hour later."""
    moment = dt.datetime.fromisoformat(f"2026-{day}" if " " in day else f"2026-{day} 10:00")
    created = day_number(moment.date()) * _DAY + moment.hour * 60 + moment.minute
    resolved = CaseEvent(created + 30, CaseMove.RESOLVE, minutes)
    return HappenedCase(created, [resolved], **{"wants": 0, "severity": severity, **says})


def on(day: str, action: Action, **says: Any) -> Booking:
    """Something that is done with the first entitlement on a day (``MM-DD``)."""
    day_of_run = day_number(dt.date.fromisoformat(f"2026-{day}"))
    return Booking(day_of_run, action, **{"entitlement": 0, **says})


@contextmanager
def run_of(
    template: Mapping[str, Any],
    cases: Sequence[HappenedCase],
    *,
    last: dt.date = dt.date(2026, 3, 31),
    later: Sequence[Booking] = (),
    days: int = 181,
    **says: Any,
) -> Iterator[Run]:
    """A customer with one entitlement from 1 January 2026 to `last`, over half a year."""
    scenario = Scenario.from_dict(
        {
            "scenario": "happened",
            "calendar": {"start": FIRST, "days": days},
            "templates": {"Sold": dict(template)},
            "segments": {"all": {"customers": 1, "cases": {"per_year": 0}}},
            **says,
        }
    )
    start = day_number(FIRST)
    bookings = [
        Booking(start, Action.CREATE, start=start, end=day_number(last)),
        Booking(start, Action.ACTIVATE, entitlement=0),
        *later,
    ]
    played = replay(scenario.model, [HappenedCustomer(start, bookings, cases)])
    with write_run(played, RunFacts.of(scenario, source="imported")) as run:
        yield run


def the_row(run: Run, query: str) -> tuple[Any, ...]:
    """The one row of a query."""
    [row] = run.connection.execute(query).fetchall()
    return tuple(row)


def all_rows(run: Run, query: str) -> list[tuple[Any, ...]]:
    """The rows of a query."""
    return run.connection.execute(query).fetchall()
