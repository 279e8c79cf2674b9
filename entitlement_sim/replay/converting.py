"""From a history of objects to the same history in frames."""

from collections.abc import Sequence
from typing import Any, Final

import pandas as pd

from ..engine.history_columns import COLUMNS
from ..engine.tables import NO_TIME
from ..population.plan import total_of
from ..rules.amounts import hundredths
from ..rules.words import Action, Allocation, DecreaseOn, Origin, labels
from ..scenario.models import ScenarioModel, Template
from .history import Booking, HappenedCustomer, Terms, check
from .tables import HistoryTables

_MAKING: Final = (Action.CREATE, Action.RENEW)


def tables_of(model: ScenarioModel, customers: Sequence[HappenedCustomer]) -> HistoryTables:
    """Return a history of objects as frames.

    Raises
    ------
    ValueError
        The history cannot have happened (see :func:`~entitlement_sim.replay.history.check`).
    """
    check(model, customers)
    frames = _Frames(model)
    for number, customer in enumerate(customers):
        frames.add(number, customer)
    return HistoryTables(
        **{
            name: pd.DataFrame(rows, columns=list(COLUMNS[name]))
            for name, rows in frames.rows.items()
        }
    )


class _Frames:
    def __init__(self, model: ScenarioModel) -> None:
        self.templates = [
            terms_of_template(model, template) for template in model.templates.values()
        ]
        self.rows: dict[str, list[Any]] = {name: [] for name in COLUMNS}
        self._terms: dict[Any, int] = {}

    def add(self, number: int, customer: HappenedCustomer) -> None:
        """Add a customer with all that it has."""
        rows = self.rows
        rows["customers"].append(
            (customer.joined, customer.segment, customer.cases_per_year, customer.keeps_default)
        )
        first = len(rows["entitlements"])
        row = first
        for booking in customer.bookings:
            if booking.action in _MAKING:
                rows["entitlements"].append(self._entitlement(number, first, booking))
            entitlement = row if booking.action in _MAKING else first + booking.entitlement
            row += booking.action in _MAKING
            amount = booking.total if booking.action == Action.EDIT else booking.amount
            rows["bookings"].append(
                (booking.day, booking.minute, booking.action, entitlement, booking.origin, amount)
            )
        for case in customer.cases:
            rows["events"] += [
                (
                    len(rows["cases"]), event.at, event.move, event.minutes, event.billed,
                    event.customer, event.entitlement, event.contact, event.product, event.origin,
                    event.decrement, event.into,
                )
                for event in case.events
            ]  # fmt: skip
            rows["cases"].append(
                (
                    number, case.created, case.wants if case.wants < 0 else first + case.wants,
                    case.origin, case.product, case.contact, case.decrement, case.leaves,
                    case.responded_after, case.severity, case.account,
                )
            )  # fmt: skip

    def _entitlement(self, customer: int, first: int, booking: Booking) -> tuple[int, ...]:
        if booking.action == Action.RENEW:
            return (customer, 0, 0, 0, first + booking.entitlement, NO_TIME, -1)
        predecessor = first + booking.renews if booking.renews >= 0 else -1
        as_sold = booking.terms is None
        terms = self._place_of(
            booking.terms or self.templates[booking.template], booking.template, as_sold
        )
        return (customer, terms, booking.start, booking.end, predecessor, NO_TIME, booking.account)

    def _place_of(self, terms: Terms, template: int, as_sold: bool) -> int:
        """Return the place of terms, which come to the frame when they are first met."""
        rows = self.rows
        key = (
            terms.allocation, terms.decrease_on, terms.restrict, terms.total, terms.price, template,
            as_sold, tuple(terms.channels.items()), tuple(terms.products), tuple(terms.contacts),
        )  # fmt: skip
        if key not in self._terms:
            place = self._terms[key] = len(rows["terms"])
            rows["terms"].append(key[:7])
            rows["channels"] += [(place, origin, total) for origin, total in terms.channels.items()]
            rows["listed_products"] += [(place, product) for product in terms.products]
            rows["listed_contacts"] += [(place, contact) for contact in terms.contacts]
        return self._terms[key]


def terms_of_template(model: ScenarioModel, template: Template) -> Terms:
    """Return what a template of a scenario grants."""
    return Terms(
        Allocation[template.allocation.upper()],
        DecreaseOn[template.decrease_on.upper()],
        template.restrict,
        total_of(template),
        {
            labels(Origin).index(origin): hundredths(total)
            for origin, total in template.channels.items()
        },
        [model.products.index(product) for product in template.products],
        range(template.contacts or 0),
        hundredths(template.price_from(model.calendar.start) or 0),
    )
