"""What is counted, by its base: paid entitlements and paying customers, or all of them."""

from .numbers import counted, number


def entitlements_of(base: str, count: float | None = None) -> str:
    """Name the entitlements of a base, with their number where it is given.

    Examples
    --------
    >>> entitlements_of("paying", 2), entitlements_of("all", 1), entitlements_of("paying")
    ('2 paid entitlements', '1 entitlement', 'paid entitlements')
    """
    kind = "paid entitlement" if base == "paying" else "entitlement"
    return f"{kind}s" if count is None else counted(count, kind)


def customers_of(base: str, count: float | None = None) -> str:
    """Name the customers of a base, with their number where it is given.

    Examples
    --------
    >>> customers_of("paying", 2), customers_of("all", 1), customers_of("paying")
    ('2 paying customers', '1 customer', 'paying customers')
    """
    kind = "paying customer" if base == "paying" else "customer"
    return f"{kind}s" if count is None else counted(count, kind)


def left_out(base: str, free: float) -> str:
    """Say how many free entitlements do not count, or that nothing has a price.

    Examples
    --------
    >>> left_out("paying", 549), left_out("paying", 0), left_out("all", 0)
    ('; 549 free left out', '', '; none has a price')
    """
    if base != "paying":
        return "; none has a price"
    return f"; {number(free)} free left out" if free else ""
