"""What was seen of the use of entitlements by a day: contracts, their uses, what was left."""

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from ..metrics.demand_on_terms import PARTS, days_by_part
from ..metrics.exhaustion import BoolArray
from ..metrics.special_functions import FloatArray, IntArray

if TYPE_CHECKING:
    from ..store.run import Run

#: Fewest lineages of a template and segment that speak for themselves.
LEAST_LINEAGES: Final = 30

_CONTRACTS: Final = """
WITH active AS (
    SELECT entitlement_id, min(begins) AS first_day, bool_or(coalesce(ends > $day, TRUE)) AS is_open
    FROM state_periods
    WHERE state = 'active' AND begins <= $day
    GROUP BY entitlement_id
),
stood AS (
    SELECT entitlement_id, min(happened_at) FILTER (balance <= 0) AS dry_at,
           arg_max(balance, entry) AS remaining
    FROM ledger
    WHERE happened_at::DATE <= $day
    GROUP BY entitlement_id
),
watched AS (
    -- Days on which it was Active, up to the one on which nothing was left for the first time.
    SELECT entitlement_id, any_value(dry_at) AS dry_at, any_value(stood.remaining) AS remaining,
           max(least(coalesce(ends - 1, $day), $day, coalesce(dry_at::DATE, $day))) AS last_day
    FROM state_periods LEFT JOIN stood USING (entitlement_id)
    WHERE state = 'active' AND begins <= $day
    GROUP BY entitlement_id
)
SELECT entitlement_id, customer_id, segment::VARCHAR AS segment, template_id, template,
       allocation::VARCHAR AS allocation, predecessor_id, renewal_number, first_day,
       greatest(last_day::DATE - first_day + 1, 0)::INTEGER AS days_watched, dry_at,
       coalesce(watched.remaining, facts.remaining)::DOUBLE AS remaining, end_date,
       greatest(end_date - first_day + 1, 1)::INTEGER AS term_days,
       greatest(end_date - $day::DATE, 0)::INTEGER AS days_left,
       ($day::DATE - first_day + 1)::INTEGER AS age, is_open, is_use_known,
       template_id IN (SELECT template_id FROM template_products) AS is_for_some_products
FROM entitlement_facts AS facts
JOIN active USING (entitlement_id)
JOIN watched USING (entitlement_id)
WHERE NOT is_unlimited AND NOT is_open_ended AND promised_terms IS NULL
ORDER BY entitlement_id
"""

#: Whose terms are asked for alike in the course of a term.
_KINDS: Final = ["template_id", "segment", "is_first"]

#: What is Active at the close of a day and has no end of its terms to run into, and why.
_LEFT_OUT: Final = """
SELECT CASE WHEN is_unlimited THEN 'without a number of terms'
            WHEN promised_terms IS NOT NULL THEN 'with terms that come anew every period'
            ELSE 'without an end' END AS why,
       count(*) AS n
FROM entitlement_facts JOIN state_periods USING (entitlement_id)
WHERE state_periods.state = 'active' AND begins <= $day AND coalesce(ends > $day, TRUE)
    AND (is_unlimited OR is_open_ended OR promised_terms IS NOT NULL)
GROUP BY why
ORDER BY why
"""

_USES: Final = """
WITH not_sold AS (
    SELECT entitlement_id, origin FROM entitlement_channels WHERE total_terms = 0
),
asked AS (
    SELECT entitlement_id, case_id, min(happened_at) AS happened_at,
           -sum(amount) FILTER (is_use_of_terms) AS charged,
           bool_or(NOT is_use_of_terms AND origin IS NOT NULL) AS is_refused_by_channel,
           any_value(origin) AS origin
    FROM (
        SELECT *, reason IN ('consume', 'restore') AS is_use_of_terms
        FROM ledger
        WHERE case_id IS NOT NULL AND happened_at::DATE <= $day
            AND reason IN ('consume', 'restore', 'refused')
    )
    GROUP BY entitlement_id, case_id
)
SELECT entitlement_id, happened_at, charged::DOUBLE AS charged
FROM asked ANTI JOIN not_sold USING (entitlement_id, origin)
WHERE charged > 0 OR is_refused_by_channel
ORDER BY entitlement_id, happened_at, case_id
"""


@dataclass(frozen=True)
class UseSeen:
    """Contracts of a run and their uses, as they were known at the close of a day.

    Attributes
    ----------
    contracts : DataFrame
        Contracts with a number of terms for all of a term that ends, that were Active by then and
        whose use is known, with those that have been renewed: a row for each.
    lineage, kind, holding : ndarray of int
        Of each contract: the first one that it renews, directly or not; its template and segment,
        and whether it renews any; of the first of them whose use is known the template, the
        segment and whether it renews none, or a wider group where there are few.
    uses, exposure : ndarray of float, shape (contracts, 2 PARTS)
        Charged cases, with those that a channel refused, and days watched, by part of the term, up
        to the moment when nothing was left for the first time: first while no other contract of the
        customer ended sooner, then while another did and had something left.
    ahead : ndarray of float, shape (contracts, 2 PARTS)
        Days to come up to the end, alike.
    before : ndarray of int
        Place of the open contract behind which each stands longest in the days to come; -1 of none.
    charges : DataFrame
        Contract's place and hours of each charged case of contracts in hours.
    days_ago : ndarray of float
        Of each lineage: how long before the day the middle of what was watched of it lies.
    """

    contracts: pd.DataFrame
    lineage: IntArray
    kind: IntArray
    holding: IntArray
    uses: FloatArray
    exposure: FloatArray
    ahead: FloatArray
    before: IntArray
    charges: pd.DataFrame
    days_ago: FloatArray


def left_out(run: "Run", day: dt.date) -> dict[str, int]:
    """Return how many contracts that are Active at the close of a day are none of these, by why."""
    found = run.sql(_LEFT_OUT, {"day": day})
    return dict(zip(found["why"], found["n"].tolist(), strict=True))


def use_seen(run: "Run", day: dt.date) -> UseSeen:
    """Return what was known of a run's contracts and their uses at the close of a day."""
    contracts = run.sql(_CONTRACTS, {"day": day})
    contracts["first"] = _first_of_each(contracts)
    known = contracts[contracts["is_use_known"]].reset_index(drop=True)
    earliest = known.sort_values(["first_day", "entitlement_id"]).groupby("first").first()
    known["first_template"] = earliest["template_id"].reindex(known["first"]).to_numpy()
    known["is_new"] = earliest["renewal_number"].reindex(known["first"]).to_numpy() == 0
    uses = run.sql(_USES, {"day": day}).merge(
        known[
            ["entitlement_id", "first_day", "days_watched", "dry_at", "term_days", "allocation"]
        ].assign(place=np.arange(len(known))),
        on="entitlement_id",
    )
    uses = uses[uses["dry_at"].isna() | (uses["happened_at"] <= uses["dry_at"])]
    uses["age"] = (uses["happened_at"].dt.normalize() - uses["first_day"]).dt.days
    uses = uses[uses["age"] < uses["days_watched"]].reset_index(drop=True)
    age, term = (uses[name].to_numpy(np.int64) for name in ("age", "term_days"))
    part = np.minimum(age * PARTS // term, PARTS - 1)
    behind, before = _days_behind(known)
    counts = np.zeros((len(known), 2 * PARTS))
    columns = part + PARTS * _is_behind(uses, behind)
    np.add.at(counts, (uses["place"].to_numpy(np.int64), columns), 1.0)
    age, watched = (known[name].to_numpy(np.int64) for name in ("age", "days_watched"))
    lineage = _numbers(known, ["first"])
    charges = uses.loc[(uses["allocation"] == "hours") & (uses["charged"] > 0)]
    return UseSeen(
        known,
        lineage,
        _numbers(known.assign(is_first=known["renewal_number"] == 0), _KINDS),
        _holdings(known, lineage, counts),
        counts,
        _days(known, behind, np.zeros(len(known), np.int64), watched),
        _days(known, behind, age, age + known["days_left"].to_numpy(np.int64)),
        before,
        charges[["place", "charged"]].reset_index(drop=True),
        _days_ago(known, lineage),
    )


def _days_behind(contracts: pd.DataFrame) -> tuple[pd.DataFrame, IntArray]:
    """Return when contracts stand behind others, which end sooner and have something left.

    Contracts for some products only stand in nobody's way, since most cases pass them by.

    Returns
    -------
    DataFrame
        The contract's `place` and days since its start (`begins`, `ends`, which is no part of it);
        those of a contract come in order and do not overlap.
    ndarray of int
        Place of the open one behind which each contract stands longest, or -1.
    """
    one = pd.DataFrame(
        {
            "place": np.arange(len(contracts)),
            "customer_id": contracts["customer_id"],
            "first": contracts["first_day"].to_numpy("datetime64[D]").astype(np.int64),
            "last": contracts["end_date"].to_numpy("datetime64[D]").astype(np.int64),
        }
    )
    one["lasts"] = contracts["is_open"] & (contracts["remaining"] > 0)
    one["stops"] = np.where(one["lasts"], one["last"] + 1, one["first"] + contracts["days_watched"])
    one = one[~contracts["is_for_some_products"].to_numpy(np.bool_)]
    one = one[one["customer_id"].duplicated(keep=False)]
    pairs = one.merge(one, on="customer_id", suffixes=("", "_other"))
    pairs = pairs[pairs["last_other"] < pairs["last"]]
    spans = pd.DataFrame(
        {
            "place": pairs["place"],
            "begins": np.maximum(pairs["first_other"] - pairs["first"], 0),
            "ends": np.minimum(pairs["stops_other"], pairs["last"] + 1) - pairs["first"],
        }
    )
    spans = spans[spans["begins"] < spans["ends"]].sort_values(["place", "begins", "ends"])
    so_far = spans.groupby("place")["ends"].cummax().groupby(spans["place"]).shift(fill_value=0)
    spans["begins"] = np.maximum(spans["begins"], so_far)
    longest = pairs[pairs["lasts_other"]].sort_values("stops_other", kind="stable")
    before = np.full(len(contracts), -1)
    before[longest["place"]] = longest["place_other"]
    return spans[spans["begins"] < spans["ends"]].reset_index(drop=True), before


def _is_behind(uses: pd.DataFrame, behind: pd.DataFrame) -> BoolArray:
    """Whether a contract stands behind another when it is used."""
    found = uses[["place", "age"]].reset_index().merge(behind, on="place")
    found = found[(found["age"] >= found["begins"]) & (found["age"] < found["ends"])]
    is_behind: BoolArray = np.isin(np.arange(len(uses)), found["index"].to_numpy())
    return is_behind


def _days(
    contracts: pd.DataFrame, behind: pd.DataFrame, begins: IntArray, ends: IntArray
) -> FloatArray:
    """Return days between two since the start, by part of the term, in front and behind."""
    term = contracts["term_days"].to_numpy(np.int64)
    place = behind["place"].to_numpy(np.int64)
    first = np.maximum(behind["begins"].to_numpy(np.int64), begins[place])
    last = np.minimum(behind["ends"].to_numpy(np.int64), ends[place])
    standing = np.zeros((len(contracts), PARTS))
    np.add.at(standing, place, days_by_part(first, last, term[place]))
    return np.hstack([days_by_part(begins, ends, term) - standing, standing])


def _days_ago(contracts: pd.DataFrame, lineage: IntArray) -> FloatArray:
    watched = contracts["days_watched"].to_numpy(np.float64)
    middle = contracts["age"].to_numpy(np.float64) - watched / 2
    days = np.bincount(lineage, watched)
    return np.bincount(lineage, watched * middle) / np.maximum(days, 1.0)


def _first_of_each(contracts: pd.DataFrame) -> IntArray:
    """Return the first of the contracts that each one renews, or its own number."""
    numbers = contracts["entitlement_id"].to_numpy(np.int64)
    renewed = contracts["predecessor_id"].fillna(0).to_numpy(np.int64)
    parent = dict(zip(numbers.tolist(), renewed.tolist(), strict=True))
    first: dict[int, int] = {}
    for number in numbers.tolist():
        chain = [number]
        while chain[-1] not in first and parent[chain[-1]] in parent:
            chain.append(parent[chain[-1]])
        start = first.get(chain[-1], chain[-1])
        first.update(dict.fromkeys(chain, start))
    return np.array([first[number] for number in numbers.tolist()], np.int64)


def _numbers(frame: pd.DataFrame, columns: list[str]) -> IntArray:
    return np.asarray(frame.groupby(columns, observed=True).ngroup(), np.int64)


def _holdings(contracts: pd.DataFrame, lineage: IntArray, counts: FloatArray) -> IntArray:
    """Return the group that shares a distribution of rates: as narrow as its numbers allow."""
    columns = ["first_template", "segment", "is_new"]
    uses = counts.sum(1)
    chosen = np.full(len(contracts), -1)
    for count in range(len(columns), 0, -1):
        group = contracts.groupby(columns[:count], observed=True).ngroup().to_numpy(np.int64)
        lineages = pd.Series(lineage).groupby(group).nunique().to_numpy()
        enough = (lineages >= LEAST_LINEAGES) & (np.bincount(group, uses) > 0)
        takes = (chosen < 0) & enough[group]
        chosen[takes] = group[takes] * len(columns) + count - 1
    holding = np.unique(chosen, return_inverse=True)[1].astype(np.int64)
    has_use = np.bincount(holding, uses) > 0
    if has_use.any():
        # Nothing is seen of the others: as most are.
        holding[~has_use[holding]] = np.bincount(holding[has_use[holding]]).argmax()
    return pd.factorize(holding)[0].astype(np.int64)
