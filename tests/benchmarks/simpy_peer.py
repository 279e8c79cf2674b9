"""The reference workload in SimPy, as its manual teaches it: processes that wait for time.

A customer is a process that waits for its next case; a lineage of entitlements is one that waits
for the end of a term; a case is one that waits for its resolution. Only totals are counted: no row
is kept of a case, which is less work than the engine does.
"""

import random
from collections.abc import Generator
from typing import Any

import simpy

from .workload import Totals, Workload


class Customer:
    """What a customer holds: whether an entitlement is active, and the terms that it has left."""

    __slots__ = ("active", "remaining")

    def __init__(self) -> None:
        self.active = False
        self.remaining = 0


class Desk:
    """Counts what happens, and has everything that the processes share."""

    def __init__(self, work: Workload, seed: int) -> None:
        self.work = work
        self.env = simpy.Environment()
        self.random = random.Random(seed)
        self.covered = self.refused = self.lapsed = self.resolved = 0
        self.entitlements = 0

    def start_customer(self) -> None:
        """Let a customer buy its first entitlement and begin to write."""
        customer = Customer()
        self.env.process(self.hold_entitlements(customer))
        self.env.process(self.write_cases(customer))

    def hold_entitlements(self, customer: Customer) -> Generator[simpy.Event, Any, None]:
        """Buy an entitlement; at the end of each term, renew it or let it lapse."""
        work = self.work
        renewing = True
        while renewing:
            self.entitlements += 1
            customer.active = True
            customer.remaining = work.terms
            yield self.env.timeout(work.term_days)
            customer.active = False
            renewing = self.random.random() < work.renews

    def write_cases(self, customer: Customer) -> Generator[simpy.Event, Any, None]:
        """Create cases by a Poisson process; the gate decides which the entitlement covers."""
        env = self.env
        per_day = self.work.per_day
        gap = self.random.expovariate
        while True:
            yield env.timeout(gap(per_day))
            if not customer.active:
                self.lapsed += 1
            elif customer.remaining <= 0:
                self.refused += 1
            else:
                customer.remaining -= 1
                self.covered += 1
            env.process(self.resolve_case())

    def resolve_case(self) -> Generator[simpy.Event, Any, None]:
        """Work on a case until it is resolved."""
        yield self.env.timeout(self.random.expovariate(1 / self.work.resolve_days))
        self.resolved += 1


class LeanDesk(Desk):
    """The same without a process for each case: its resolution is a bare event with a callback.

    It is what a user comes to who measures and reads SimPy's source; it halves the events.
    """

    def write_cases(self, customer: Customer) -> Generator[simpy.Event, Any, None]:
        """Create cases by a Poisson process, and let a timeout resolve each."""
        env = self.env
        per_day = self.work.per_day
        per_day_resolved = 1 / self.work.resolve_days
        gap = self.random.expovariate
        on_resolved = self.count_resolution
        while True:
            yield env.timeout(gap(per_day))
            if not customer.active:
                self.lapsed += 1
            elif customer.remaining <= 0:
                self.refused += 1
            else:
                customer.remaining -= 1
                self.covered += 1
            env.timeout(gap(per_day_resolved)).callbacks.append(on_resolved)

    def count_resolution(self, event: simpy.Event) -> None:
        """Count a case as resolved."""
        self.resolved += 1


def simulate_in_simpy(work: Workload, seed: int, desk: type[Desk] = Desk) -> Totals:
    """Simulate the workload and return what happened."""
    one = desk(work, seed)
    for _ in range(work.customers):
        one.start_customer()
    one.env.run(until=work.days)
    return Totals(
        cases=one.covered + one.refused + one.lapsed,
        covered=one.covered,
        refused=one.refused,
        lapsed=one.lapsed,
        resolved=one.resolved,
        entitlements=one.entitlements,
        renewals=one.entitlements - work.customers,
    )
