"""Which contract a case takes where its customer holds several that would do."""

from typing import Any, Final

import numpy as np
import pandas as pd

from ..rules.words import Pick
from ..scenario.models import Template
from ..scenario.values import UNLIMITED
from ..telling import number
from .learned import Learned, share, unknown
from .mixes import clustered_share
from .seen import Flags, Seen

#: Fewest cases with a choice from which an order is told.
_LEAST: Final = 20
#: Least share of them that an order says rightly.
_TOLD: Final = 2 / 3

#: By which columns each order sorts what would do, and whether the least comes first.
_SORTED_BY: Final = {
    Pick.SOONEST_ENDING: {"ends": True},
    Pick.MOST_REMAINING: {"is_unlimited": False, "remaining": False},
    Pick.FIRST_FITTING: {},
}


def fit_picks(seen: Seen, segment: str) -> Learned:
    """Learn in which order cases try the contracts of their customer.

    An order is told where it says at least as often what a case took as "the same as the case
    before, of those that had the same choice" does, which is what a default entitlement comes to.
    What has no terms left, or is not for the product or the contact of the case, is no choice; that
    a channel has nothing left is not looked at.
    """
    path = ("segments", segment, "picks")
    choices = _choices(seen, segment)
    n = choices["case_id"].nunique()
    if n < _LEAST:
        why = f"{n} cases whose customer held several contracts that would do are too few"
        return unknown(path, why, n=n, unit="cases")
    cases = choices[choices["is_taken"]].set_index("case_id")
    hits = {order: _said(choices, columns, cases) for order, columns in _SORTED_BY.items()}
    order = max(hits, key=lambda each: int(hits[each].sum()))
    value, error = clustered_share(hits[order], cases["customer_id"])
    again, same = _as_before(choices, cases)
    if value < _TOLD or hits[order][again].sum() < same.sum():
        why = (
            f"no order says better than a default which contract a case takes: {order.label} is "
            f"right of {value:.3g} of {number(n)} cases with a choice"
        )
        return unknown(path, why, n=n, unit="cases")
    explained = share(value, error, "cases so explained")
    how = f"{order.label} is the order that says most often what was taken; errors by customer"
    return Learned(path, order.label, "estimated", (explained,), n, "cases with a choice", how)


def _choices(seen: Seen, segment: str) -> pd.DataFrame:
    """Return a row for each contract that a case with a choice may have taken, by case."""
    held = seen.held[seen.held["segment"] == segment]
    templates = [seen.model.templates.get(str(name)) for name in held["template"]]
    unlimited = np.array([_is_unlimited(template) for template in templates], np.bool_)
    products = held["product"] if seen.has("cases.product_id") else [None] * len(held)
    covers = [
        _covers(template, product, contact)
        for template, product, contact in zip(templates, products, held["contact"], strict=True)
    ]
    would_do = np.array(covers, np.bool_) & (held["has_terms"].to_numpy(np.bool_) | unlimited)
    held = held.assign(is_unlimited=unlimited)[would_do]
    by_case = held.groupby("case_id")
    has_choice = (by_case["is_taken"].transform("sum") == 1) & (
        by_case["is_taken"].transform("size") > 1
    )
    return held[has_choice].sort_values(["created", "case_id", "entitlement_id"])


def _is_unlimited(template: Template | None) -> bool:
    return template is not None and template.total_terms == UNLIMITED


def _covers(template: Template | None, product: Any, contact: Any) -> bool:
    """Return whether a template is for a product and a contact; for what is missing, it is (A2)."""
    if template is None:
        return True
    return (pd.isna(product) or not template.products or product in template.products) and (
        pd.isna(contact) or template.contacts is None or contact < template.contacts
    )


def _said(choices: pd.DataFrame, columns: dict[str, bool], cases: pd.DataFrame) -> Flags:
    """Return of which cases an order says what they took; of equals the one made first comes."""
    by_order = choices.sort_values(
        [*columns, "entitlement_id"], ascending=[*columns.values(), True], kind="stable"
    )
    first = by_order.groupby("case_id")["entitlement_id"].first().reindex(cases.index)
    said: Flags = (first == cases["entitlement_id"]).to_numpy(np.bool_)
    return said


def _as_before(choices: pd.DataFrame, cases: pd.DataFrame) -> tuple[Flags, Flags]:
    """Return which cases had a predecessor with the same choice, and which of these took the same.

    Cases are in the order in which they were created.
    """
    choice = choices.groupby("case_id")["entitlement_id"].agg(tuple).reindex(cases.index)
    before = cases["entitlement_id"].groupby(choice.to_numpy()).shift()
    again: Flags = before.notna().to_numpy(np.bool_)
    same: Flags = (before == cases["entitlement_id"]).to_numpy(np.bool_)
    return again, same
