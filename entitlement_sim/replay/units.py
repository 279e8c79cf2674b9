"""Units of a history: customers whom cases link, and who are therefore played together."""

import numpy as np
from numpy.typing import NDArray

from .tables import HistoryTables


def units_of(history: HistoryTables) -> NDArray[np.int64]:
    """Return, for each customer, the first customer of its unit.

    A case links its customer with those that it gets later, with those whose entitlements it asks
    for, and with those of the case that it is merged into.
    """
    customers = np.arange(len(history.customers))
    of_case = history.column("cases", "customer")
    of_entitlement = history.column("entitlements", "customer")
    case = history.column("events", "case")
    links = [
        _links(of_case, history.column("cases", "wants"), of_entitlement),
        _links(of_case[case], history.column("events", "customer"), customers),
        _links(of_case[case], history.column("events", "entitlement"), of_entitlement),
        _links(of_case[case], history.column("events", "into"), of_case),
    ]
    pairs = np.unique(np.concatenate(links, axis=1), axis=1)
    first = customers.tolist()

    def root(customer: int) -> int:
        while first[customer] != customer:
            first[customer] = first[first[customer]]
            customer = first[customer]
        return customer

    for customer, other in pairs.T.tolist():
        low, high = sorted((root(customer), root(other)))
        first[high] = low
    linked = np.unique(pairs)
    units = customers.copy()
    units[linked] = [root(customer) for customer in linked.tolist()]
    return units


def _links(
    customers: NDArray[np.int64], places: NDArray[np.int64], owners: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return pairs of different customers: those given, and the owners of places that are any."""
    is_any = places >= 0
    own, other = customers[is_any], owners[places[is_any]]
    differ = own != other
    return np.array([own[differ], other[differ]])
