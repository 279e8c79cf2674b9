"""The scenario of an imported run: what the views of a run ask a scenario for.

It names the calendar, the products, segments and templates of the book. It describes no demand, and
nothing is ever drawn from it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import numpy as np
import pandas as pd

from ...rules.allotment import refuse_template_total
from ...rules.days import day_of
from ...rules.words import Allocation, DecreaseOn, Origin, Refusal
from ...scenario.models import MOST_NAMES
from ...scenario.scenario import Scenario
from ..book import Book
from .cases import Cases
from .contracts import UNKNOWN, Contracts
from .moments import Whole, filled, whole
from .names import distinct_names
from .people import People

#: So many kinds of contracts without a template are told apart.
_MOST_KINDS: Final = 200
_LONGEST_TERM: Final = 36_525
_MONTH: Final = 30.4375
_TERMS: Final = ["allocation", "decrease_on", "restrict", "total"]


@dataclass(frozen=True)
class Offerings:
    """The templates of a run: those of the book first, then what stands for none.

    Attributes
    ----------
    rows : DataFrame
        ``source_id`` (missing where it stands for contracts without a template), ``name``,
        ``allocation``, ``decrease_on``, ``restrict``, ``total``, ``days`` (length of a term),
        ``price`` (`UNKNOWN` where it is not known).
    place_of : ndarray of int64
        The template of each contract.
    """

    rows: pd.DataFrame
    place_of: Whole


def offerings_of(book: Book, contracts: Contracts) -> Offerings:
    """Return the templates of a book's entitlements, with what is usual for each.

    Those without a template come together by what they grant. The length of a term and the price,
    which a template does not have, are the most frequent ones of its entitlements.
    """
    rows = contracts.rows
    listed = filled(book, "entitlementtemplate")
    key = rows["templateid"].astype(object).where(rows["templateid"].notna(), _kinds(rows))
    ids = pd.Index(listed["entitlementtemplateid"].astype(object))
    ids = ids.append(pd.Index(key.unique()).difference(ids, sort=False))
    if len(ids) > MOST_NAMES:
        frequent = key.value_counts().index[: MOST_NAMES - 1]
        key = key.where(key.isin(frequent), "other templates")
        ids = pd.Index([*frequent, "other templates"])
    usual = _usual(rows.assign(days=rows["end"] - rows["start"] + 1), key).reindex(ids)
    written = pd.DataFrame(
        {
            "name": listed["name"].astype(object),
            "allocation": listed["allocation"].map({"cases": 0, "hours": 1}),
            "decrease_on": listed["decrease_on"].map({"resolution": 0, "creation": 1}),
            "restrict": listed["restrict"].astype(object),
            "total": listed["totalterms"].astype(object),
        }
    ).set_index(pd.Index(listed["entitlementtemplateid"].astype(object)))
    written = written.reindex(ids)
    frame = pd.DataFrame(
        {
            "source_id": ids.where(
                ids.isin(rows["templateid"].dropna()) | ids.isin(listed["entitlementtemplateid"])
            )
        },
        index=ids,
    )
    frame["name"] = written["name"].where(written["name"].notna(), pd.Series(ids, index=ids))
    for name in _TERMS:
        known = written[name].where(written[name].notna(), usual[name])
        frame[name] = pd.to_numeric(known.astype(object)).fillna(0).astype(np.int64)
    frame["days"] = usual["days"].fillna(365).clip(1, _LONGEST_TERM).astype(np.int64)
    frame["price"] = usual["price"].fillna(UNKNOWN).astype(np.int64)
    frame["name"] = distinct_names(frame["name"])
    place = ids.get_indexer(key.to_numpy(object)).astype(np.int64)
    return Offerings(frame.reset_index(drop=True), place)


def _kinds(rows: pd.DataFrame) -> "pd.Series[Any]":
    """Name contracts without a template by what they grant."""
    without = rows[rows["templateid"].isna()]
    kinds = pd.Series("", rows.index, dtype=object)
    for columns in (_TERMS, _TERMS[:3]):
        groups = without.groupby(columns)
        keys: list[Any] = list(groups.groups)
        names = {key: _in_words(*map(int, key)) for key in keys}
        if len(names) <= _MOST_KINDS:
            break
    numbers = groups.ngroup()
    by_number = dict(zip(range(len(names)), names.values(), strict=True))
    kinds[without.index] = numbers.map(by_number)
    return kinds


def _in_words(allocation: int, decrease_on: int, restrict: int, total: int | None = None) -> str:
    unit = Allocation(allocation).label
    amount = unit
    if total is not None:
        number = Decimal(total) / 100
        amount = f"{number.normalize():f} {unit}"
    gate = ", restricted" if restrict else ""
    return f"no template: {amount} on {DecreaseOn(decrease_on).label}{gate}"


def _usual(rows: pd.DataFrame, key: "pd.Series[Any]") -> pd.DataFrame:
    """Return the most frequent value of each column by key; of equally frequent ones the least."""
    columns = {}
    for name in (*_TERMS, "days", "price"):
        known = rows[name] if name != "price" else rows[name].where(rows[name] != UNKNOWN)
        counts = pd.DataFrame({"key": key, "value": known}).dropna().value_counts().reset_index()
        counts = counts.sort_values(["key", "count", "value"], ascending=[True, False, True])
        columns[name] = counts.drop_duplicates("key").set_index("key")["value"]
    return pd.DataFrame(columns)


def scenario_of(
    book: Book,
    people: People,
    contracts: Contracts,
    offerings: Offerings,
    products: pd.DataFrame,
    cases: Cases,
    begins: int,
    as_of: int,
) -> Scenario:
    """Return the scenario of a run from day `begins` to day `as_of`."""
    years = (as_of - begins + 1) / 365.25
    segment_of = people.customers["segment"]
    sizes = segment_of.value_counts(sort=False)
    asked = np.bincount(cases.rows["customer"], minlength=len(segment_of))
    asked_in = pd.Series(asked).groupby(segment_of.to_numpy()).sum()
    data: dict[str, Any] = {
        "scenario": _run_name(book.name),
        "description": "What was exported of a live system. It describes no demand.",
        "calendar": {
            "start": day_of(begins),
            "days": as_of - begins + 1,
            "zone": book.zone,
        },
        "products": products["label"].dropna().tolist(),
        "templates": _templates(book, offerings),
        "segments": {
            segment: {
                "customers": int(count),
                "cases": {"per_year": min(round(float(asked_in[segment]) / count / years, 4), 1e5)},
            }
            for segment, count in zip(sizes.index.tolist(), sizes.tolist(), strict=True)
        }
        or {"customers": {"customers": 0, "cases": {"per_year": 0}}},
    }
    if book.currency is not None:
        data["currency"] = book.currency
    return Scenario.from_dict(data)


def _run_name(name: str) -> str:
    text = re.sub(r"[^A-Za-z0-9_.-]+", "-", name).strip("-._")[:64]
    return text or "book"


def _templates(book: Book, offerings: Offerings) -> dict[str, dict[str, Any]]:
    """Return the templates as a scenario writes them, without what the rules refuse."""
    channels = _channels(book, offerings)
    templates: dict[str, dict[str, Any]] = {}
    rows: Iterator[Any] = offerings.rows.itertuples(index=False)
    for place, row in enumerate(rows):
        is_hours = row.allocation == Allocation.HOURS
        total = row.total
        if refuse_template_total(total, row.allocation) != Refusal.NONE:
            total = max(0, total // 100 * 100)
        templates[row.name] = {
            "allocation": Allocation(row.allocation).label,
            "total_terms": _amount(total),
            "decrease_on": DecreaseOn.RESOLUTION.label
            if is_hours
            else DecreaseOn(row.decrease_on).label,
            "restrict": bool(row.restrict),
            "term": _term(row.days),
            "price": _amount(row.price if row.price > 0 else 0),
            "channels": {
                origin: _amount(amount)
                for origin, amount in channels.get(place, {}).items()
                if amount <= total and refuse_template_total(amount, row.allocation) == Refusal.NONE
            },
        }
    return templates or {"none": {}}


def _channels(book: Book, offerings: Offerings) -> dict[int, dict[str, int]]:
    """Return the totals of templates' channels that the product has, by place and channel."""
    table = filled(book, "entitlementtemplatechannel")
    known = {origin.label for origin in Origin}
    listed = offerings.rows["source_id"].dropna()
    place = pd.Series(listed.index, index=listed).reindex(table["templateid"]).fillna(-1)
    channels: dict[int, dict[str, int]] = {}
    labels = table["channel"].str.casefold()
    for at, label, total in zip(place, labels, whole(table["totalterms"], 0), strict=True):
        if at >= 0 and label in known:
            channels.setdefault(int(at), {}).setdefault(label, int(total))
    return channels


def _term(days: int) -> dict[str, int]:
    """Return a term of so many days: in months where that is what they are."""
    months = round(days / _MONTH)
    if months and abs(days - months * _MONTH) <= 2 and months <= 1200:
        return {"months": months}
    return {"days": int(days)}


def _amount(hundredths: int) -> str:
    return str(Decimal(int(hundredths)).scaleb(-2))
