"""What of an offering does not go together: its terms, periods, overage, weights, promises."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from pydantic import ValidationError

from ..rules.periods import OPEN_END
from .models import Allowance, Calendar, Overage, Segment, Sla, Template, Weighing
from .values import UNLIMITED
from .wording import Finding

#: Last day of what has no end.
LAST_OF_ALL: Final = dt.date(1970, 1, 1) + dt.timedelta(days=OPEN_END)


class World(NamedTuple):
    """What offerings are sold in.

    Attributes
    ----------
    calendar : Calendar or None
        None where it is wrong itself.
    severities : set or None
        Those that cases have in some segment; None where segments are no mapping.
    """

    calendar: Calendar | None
    severities: set[Any] | None


def world_of(calendar: Any, segments: Any) -> World:
    """Return what offerings are sold in, from the plain data of a scenario."""
    try:
        days = Calendar.model_validate(calendar)
    except ValidationError:
        days = None
    if not isinstance(segments, dict):
        return World(days, None)
    severities: set[Any] = set()
    for segment in segments.values():
        match segment:
            case {"severities": dict(weights)}:
                severities.update(severity for severity, weight in weights.items() if weight)
    return World(days, severities)


def holdable(segment: Segment, templates: Mapping[str, Template]) -> list[str]:
    """Return the templates that customers of a segment buy, and those that these are renewed into.

    Of `templates` those are known that are right by themselves.
    """
    names = list(dict.fromkeys(hold.template for hold in segment.holds))
    for name in names:  # grows
        template = templates.get(name)
        if template is not None:
            into = template.renews.into if template.renews else None
            for following in (into, template.moves_up_to, template.moves_down_to):
                if following is not None and following not in names:
                    names.append(following)
    return names


def ill_offered(template: Template, world: World) -> Iterator[Finding]:
    """Say what does not go together in a template; paths begin within it."""
    yield from _against_total(template)
    yield from _against_allowance(template)
    if template.overage is not None:
        yield from _against_overage(template, template.overage)
    yield from _against_minutes(template)
    if template.weighs is not None:
        yield from _against_weights(template.weighs, world)
    yield from _not_whole(template)
    if template.term.open and world.calendar is not None:
        yield from _beyond_all_dates(world.calendar)
    if template.term.open and template.refund == "unused":
        message = "is unused, but a term that is open has no days that are left; write none"
        yield Finding(("refund",), message)


def _against_total(template: Template) -> Iterator[Finding]:
    if template.total_terms is not None and template.allowance is not None:
        message = (
            "has no place beside 'allowance', which says how many terms there are; leave it out "
            "(an override: total_terms=null)"
        )
        yield Finding(("total_terms",), message, True)
    if template.total_terms == UNLIMITED and template.overage is not None:
        message = f"has no place where total_terms is {UNLIMITED}: nothing is over; leave it out"
        yield Finding(("overage",), message, True)


def _against_allowance(template: Template) -> Iterator[Finding]:
    allowance = template.allowance
    if allowance is None:
        return
    yield from _against_periods(allowance)
    if template.prorate == "both":
        message = (
            "is both, but an allowance has parts by its own 'first' and 'last'; write price there"
        )
        yield Finding(("prorate",), message)


def _against_periods(allowance: Allowance) -> Iterator[Finding]:
    if allowance.anchor == "calendar" and not isinstance(allowance.every, str):
        message = (
            "is calendar, on which periods of so many days begin nowhere; write start, or let "
            "'every' be month, quarter or year"
        )
        yield Finding(("allowance", "anchor"), message)
    if allowance.anchor == "start" and allowance.first == "prorated":
        message = (
            "is prorated, but a first period that begins with the entitlement is whole; write "
            "whole, or anchor: calendar"
        )
        yield Finding(("allowance", "first"), message)


def _against_overage(template: Template, overage: Overage) -> Iterator[Finding]:
    if overage.price is None and overage.debt != "forgiven":
        message = "'price' is missing: price of a unit; write it, or debt: forgiven"
        yield Finding(("overage",), message, True)
    if overage.price is not None and overage.debt == "forgiven":
        message = "has no place where debt is forgiven, since nothing is billed; leave it out"
        yield Finding(("overage", "price"), message, True)
    if overage.debt == "carried" and template.allowance is None:
        message = "is carried, but without 'allowance' no period follows; write billed or forgiven"
        yield Finding(("overage", "debt"), message)
    if template.restrict and overage.at_most is None:
        message = (
            "'at_most' is missing: where cases are restricted, the units from which on they are "
            "refused; write it, or restrict: false"
        )
        yield Finding(("overage",), message, True)


def _against_minutes(template: Template) -> Iterator[Finding]:
    if template.minutes is None:
        return
    if template.allocation != "hours":
        message = "only go with hours: a case is one term; leave them out, or allocation: hours"
        yield Finding(("minutes",), message, True)
    if not template.minutes.model_fields_set:
        yield Finding(("minutes",), "say nothing; write at_least, step or both", True)


def _against_weights(weighs: Weighing, world: World) -> Iterator[Finding]:
    if weighs == Weighing():
        message = "says nothing; write outside_hours, weekend, holiday or severity"
        yield Finding(("weighs",), message, True)
    calendar = world.calendar
    if calendar is not None and weighs.outside_hours is not None and calendar.is_always_open:
        message = (
            "has no meaning where business hours never end; write calendar.business_hours that do"
        )
        yield Finding(("weighs", "outside_hours"), message, True)
    if calendar is not None and weighs.holiday is not None and not calendar.holidays:
        message = "has no meaning where the calendar has no holidays; write calendar.holidays"
        yield Finding(("weighs", "holiday"), message, True)
    yield from _without_cases(("weighs", "severity"), weighs.severity, world)


def ill_promised(sla: Sla, world: World) -> Iterator[Finding]:
    """Say what does not go together in a service level; paths begin within it."""
    yield from _without_cases(("severity",), sla.severity, world)


def _without_cases(
    path: tuple[str, ...], severities: Iterable[int], world: World
) -> Iterator[Finding]:
    """Find severities that no case has."""
    for severity in severities:
        if world.severities is not None and severity not in world.severities:
            message = (
                f"no case has severity {severity}; write 'severities' in a segment, such as "
                f"{{ {severity}: 1 }}"
            )
            yield Finding((*path, severity), message, True)


def _beyond_all_dates(calendar: Calendar) -> Iterator[Finding]:
    """Find runs that go on after the day that stands for no end."""
    last = calendar.start + dt.timedelta(days=calendar.days - 1)
    if last > LAST_OF_ALL:
        message = (
            f"is open, but the run goes on until {last}, and no end is written as {LAST_OF_ALL}; "
            "write a term that ends, or fewer days"
        )
        yield Finding(("term",), message)


def _not_whole(template: Template) -> Iterator[Finding]:
    """Find numbers of cases that are none: rollover and overage are whole cases."""
    if template.allocation != "cases":
        return
    carry = template.allowance.carry if template.allowance else None
    amounts = {
        ("allowance", "carry", "at_most"): carry.at_most if carry else None,
        ("overage", "at_most"): template.overage.at_most if template.overage else None,
        ("overage", "free"): template.overage.free if template.overage else None,
    }
    for path, amount in amounts.items():
        if amount is not None and amount != int(amount):
            message = f"must be a whole number where terms are cases, not {amount}"
            yield Finding(path, message)
