"""What exports say of renewals: which entitlement each one continues, or that nothing says it."""

from collections.abc import Iterator

import pandas as pd

from ...telling import counted
from .parts import Part

_COLUMN = "renewed_from"


def renewals_said(parts: list[Part]) -> Iterator[str]:
    """Say where it is guessed what renews what, and which links lead nowhere."""
    sold = [part.rows for part in parts if part.table == "entitlement" and len(part.rows)]
    if not sold:
        return
    if not any(_COLUMN in rows and rows[_COLUMN].notna().any() for rows in sold):
        yield (
            "no column says which entitlement a renewed one continues (es_renewed_from): it is "
            "taken to continue one of the same customer and template that began before it"
        )
        return
    columns = ["entitlementid", "customerid", _COLUMN]
    rows = pd.concat([rows.reindex(columns=columns) for rows in sold], ignore_index=True)
    customer_of = rows.drop_duplicates("entitlementid").set_index("entitlementid")["customerid"]
    links = rows[rows[_COLUMN].notna()]
    customer = links[_COLUMN].map(customer_of)
    missing = int(customer.isna().sum())
    if missing:
        yield (
            f"{counted(missing, 'entitlement renews', 'entitlements renew')} one that was not "
            "exported, and counts as a first one"
        )
    wrong = (customer.notna() & (customer != links["customerid"])) | (
        links[_COLUMN] == links["entitlementid"]
    )
    if wrong.any():
        yield (
            f"{counted(int(wrong.sum()), 'entitlement renews', 'entitlements renew')} itself or "
            "another customer's, which cannot be, and counts as a first one"
        )
