"""The workload that every simulator here does, read from the scenario that the engine runs."""

from dataclasses import dataclass
from typing import NamedTuple

from entitlement_sim.scenario.scenario import Scenario

#: Days of the year that rates are given for.
YEAR = 365.25


class Totals(NamedTuple):
    """What a simulator counts over the whole run.

    Attributes
    ----------
    cases : int
        Cases created.
    covered : int
        Cases that took a term of an active entitlement.
    refused : int
        Cases refused because the active entitlement had no terms left.
    lapsed : int
        Cases of customers without an active entitlement.
    resolved : int
        Cases resolved before the run's end; refused ones are worked too, and billed apart.
    entitlements : int
        Entitlements made, renewals included.
    renewals : int
    """

    cases: int
    covered: int
    refused: int
    lapsed: int
    resolved: int
    entitlements: int
    renewals: int


@dataclass(frozen=True)
class Workload:
    """The reference scenario in numbers.

    Attributes
    ----------
    customers, days : int
    per_day : float
        Mean cases of a customer and day.
    terms : int
        Cases that one entitlement covers.
    term_days : int
    resolve_days : float
        Mean time from creation to resolution.
    renews : float
        Chance of a renewal, which begins on the day after the last one that was covered.
    """

    customers: int
    days: int
    per_day: float
    terms: int
    term_days: int
    resolve_days: float
    renews: float

    @classmethod
    def of(cls, scenario: Scenario) -> "Workload":
        """Read the numbers from the reference scenario."""
        model = scenario.model
        [template] = model.templates.values()
        [segment] = model.segments.values()
        resolve_hours = segment.resolve_hours.exponential
        renews = segment.renewal.inclination.constant
        assert template.total_terms is not None
        assert template.term.days is not None
        assert isinstance(resolve_hours, float)
        assert renews is not None
        return cls(
            customers=segment.customers,
            days=model.calendar.days,
            per_day=segment.cases.per_year / YEAR,
            terms=int(template.total_terms),
            term_days=template.term.days,
            resolve_days=resolve_hours / 24,
            renews=renews,
        )


def scaled(name: str, customers: int) -> Scenario:
    """Load a shipped scenario with its segments scaled to so many customers in all."""
    shipped = Scenario.load(name)
    sizes = {segment: values.customers for segment, values in shipped.model.segments.items()}
    total = sum(sizes.values())
    return shipped.with_(
        {
            f"segments.{segment}.customers": max(1, round(size * customers / total))
            for segment, size in sizes.items()
        }
    )


def reference(customers: int) -> Scenario:
    """Load the reference scenario with so many customers."""
    return scaled("reference", customers)
