"""What was seen of the use of entitlements by a day: contracts, their uses, what was left."""

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from ..metrics.demand_on_terms import PARTS, days_by_part
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
       allocation::VARCHAR AS allocation, predecessor_id, first_day,
       greatest(last_day::DATE - first_day + 1, 0)::INTEGER AS days_watched, dry_at,
       coalesce(watched.remaining, facts.remaining)::DOUBLE AS remaining, end_date,
       greatest(end_date - first_day + 1, 1)::INTEGER AS term_days,
       greatest(end_date - $day::DATE, 0)::INTEGER AS days_left,
       ($day::DATE - first_day + 1)::INTEGER AS age, is_open, is_use_known
FROM entitlement_facts AS facts
JOIN active USING (entitlement_id)
JOIN watched USING (entitlement_id)
WHERE NOT is_unlimited AND NOT is_open_ended AND promised_terms IS NULL
ORDER BY entitlement_id
"""

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
        Of each contract: the first one that it renews, directly or not; its template and segment;
        the template of that first one and its segment, or a wider group where there are few.
    uses, exposure : ndarray of float, shape (contracts, PARTS)
        Charged cases, with those that a channel refused, and days watched, by part of the term, up
        to the moment when nothing was left for the first time.
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
    charges: pd.DataFrame
    days_ago: FloatArray


def left_out(run: "Run", day: dt.date) -> dict[str, int]:
    """Return how many contracts that are Active at the close of a day are none of these, by why."""
    found = run.sql(_LEFT_OUT, {"day": day})
    return dict(zip(found["why"], found["n"].tolist(), strict=True))


def use_seen(run: "Run", day: dt.date) -> UseSeen:
    """Return what was known of a run's contracts and their uses at the close of a day."""
    contracts = run.sql(_CONTRACTS, {"day": day})
    first = _first_of_each(contracts)
    template = contracts.set_index("entitlement_id")["template_id"]
    contracts["first_template"] = template.reindex(first).to_numpy()
    contracts["first"] = first
    known = contracts[contracts["is_use_known"]].reset_index(drop=True)
    uses = run.sql(_USES, {"day": day}).merge(
        known[
            ["entitlement_id", "first_day", "days_watched", "dry_at", "term_days", "allocation"]
        ].assign(place=np.arange(len(known))),
        on="entitlement_id",
    )
    uses = uses[uses["dry_at"].isna() | (uses["happened_at"] <= uses["dry_at"])]
    age = (uses["happened_at"].dt.normalize() - uses["first_day"]).dt.days
    uses = uses[age < uses["days_watched"]]
    part = np.minimum(age[uses.index] * PARTS // uses["term_days"], PARTS - 1).to_numpy(np.int64)
    counts = np.zeros((len(known), PARTS))
    np.add.at(counts, (uses["place"].to_numpy(np.int64), part), 1.0)
    exposure = days_by_part(np.zeros(len(known)), known["days_watched"], known["term_days"])
    lineage = _numbers(known, ["first"])
    charges = uses.loc[(uses["allocation"] == "hours") & (uses["charged"] > 0)]
    return UseSeen(
        known,
        lineage,
        _numbers(known, ["template_id", "segment"]),
        _holdings(known, lineage, counts),
        counts,
        exposure,
        charges[["place", "charged"]].reset_index(drop=True),
        _days_ago(known, lineage),
    )


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
    narrow = contracts[["first_template", "segment"]].astype(str)
    groups = [narrow["first_template"] + " " + narrow["segment"], narrow["first_template"]]
    chosen = pd.Series("", index=contracts.index)
    for group in groups:
        seen = pd.DataFrame({"lineage": lineage, "uses": counts.sum(1)}).groupby(group)
        enough = (seen["lineage"].nunique() >= LEAST_LINEAGES) & (seen["uses"].sum() > 0)
        takes = (chosen == "") & enough.reindex(group).to_numpy()
        chosen[takes] = group[takes]
    rest = (chosen == "").to_numpy()
    if rest.any() and not rest.all() and counts[rest].sum() == 0:
        chosen[rest] = chosen[~rest].mode()[0]  # nothing is seen of these: as most are
    return pd.factorize(chosen)[0].astype(np.int64)
