"""In which currency prices of exports are: a code such as EUR, or none where it is not sure."""

import re
from typing import Final

import pandas as pd

from ...telling import listed
from ..vocabulary.columns import GUID
from ..vocabulary.display_names import CURRENCIES
from .parts import Part

_CODE: Final = re.compile("[A-Z]{3}")


def currency_said(parts: list[Part], notes: list[str]) -> str | None:
    """Return the currency that entitlements are written with, and note why there is none."""
    columns = [
        part.rows["currency"].dropna()
        for part in parts
        if part.table == "entitlement" and "currency" in part.rows
    ]
    if not columns and _has_prices(parts):
        notes.append(
            "prices have no currency, since no column has it (es_currency); --currency says it, "
            "such as --currency EUR"
        )
    names = list(pd.concat(columns).unique()) if columns else []
    codes = {name: _code(name) for name in names}
    known = sorted({code for code in codes.values() if code is not None})
    strangers = [name for name, code in codes.items() if code is None and not _is_id(name)]
    if strangers:
        notes.append(
            f"{listed(strangers, most=3)} is no currency that is known by its name; say its code, "
            "such as --currency EUR"
        )
    if len(known) > 1:
        notes.append(
            f"prices are in {listed(known)}: their sums mean nothing, and no currency is written "
            "with them"
        )
    return known[0] if len(known) == 1 and not strangers else None


def _has_prices(parts: list[Part]) -> bool:
    return any(
        part.rows["price"].gt(0).any()
        for part in parts
        if part.table == "entitlement" and "price" in part.rows
    )


def _code(name: str) -> str | None:
    if _CODE.fullmatch(name):
        return name
    return CURRENCIES.get(" ".join(name.casefold().split()))


def _is_id(name: str) -> bool:
    """Whether it is the id of a currency, whose name was not exported."""
    return re.fullmatch(GUID, name.lower()) is not None
