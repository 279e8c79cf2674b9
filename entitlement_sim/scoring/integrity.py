"""What must not be in a run: rows that the rulebook, or plain reason, does not allow."""

from ..population.days import minute_of_day
from ..rules.lifecycle import first_minute
from .figures import Figures, Measured, unmeasured

_BEFORE_JOINING = """
SELECT segment, count(*) AS n,
       count(*) FILTER (created_at < joined_on) AS wrong
FROM cases JOIN customers USING (customer_id)
WHERE created_at >= $first::DATE AND created_at < $last::DATE + 1
GROUP BY ALL
"""

#: Ledgers of entitlements, and the days that they cover; with other hours at which days change, a
#: day more on either side. A case may take terms after the end of an entitlement that it was
#: attached to before (Q10): one that came later may not.
_LEDGERS = """
WITH uses AS (
    SELECT entitlement_id, sum(amount) AS moved,
           count(*) FILTER (reason = 'consume') AS uses,
           count(*) FILTER (reason = 'consume' AND case_id IS NULL) AS without_case,
           min(happened_at) FILTER (reason = 'consume') AS first_use,
           max(happened_at) FILTER (reason = 'consume') AS last_use
    FROM ledger GROUP BY entitlement_id
),
ledgers AS MATERIALIZED (
    SELECT entitlement_id, segment::VARCHAR AS segment, remaining_terms,
           start_date - $slack::INTEGER AS covers_from,
           coalesce(ended_on - 1, end_date) + $slack::INTEGER AS covers_to,
           coalesce(moved, 0) AS moved, coalesce(uses, 0) AS uses,
           coalesce(without_case, 0) AS without_case, first_use, last_use
    FROM entitlements LEFT JOIN uses USING (entitlement_id) JOIN customers USING (customer_id)
),
outside AS (
    SELECT segment, count(*) FILTER (
               happened_at < covers_from
               OR (happened_at >= covers_to + 1 AND created_at >= covers_to + 1)
           ) AS out_of_cover
    FROM ledgers
    JOIN ledger USING (entitlement_id)
    LEFT JOIN cases ON cases.case_id = ledger.case_id
    WHERE (first_use < covers_from OR last_use >= covers_to + 1) AND reason = 'consume'
        AND (happened_at < covers_from OR happened_at >= covers_to + 1)
    GROUP BY ALL
)
SELECT segment, count(*) AS entitlements, sum(uses)::BIGINT AS uses,
       count(*) FILTER (moved <> remaining_terms) AS wrong_sums,
       sum(without_case)::BIGINT AS without_case,
       coalesce(any_value(out_of_cover), 0) AS out_of_cover
FROM ledgers LEFT JOIN outside USING (segment) GROUP BY segment
"""

_OVERLAPS = """
SELECT segment, count(*) AS n,
       count(*) FILTER (new.start_date <= coalesce(old.ended_on - 1, old.end_date)) AS wrong
FROM entitlements AS new
JOIN entitlements AS old ON old.entitlement_id = new.predecessor_id
JOIN customers ON customers.customer_id = new.customer_id
GROUP BY ALL
"""


def integrity(figures: Figures, segment: str | None) -> list[Measured]:
    """Rows that must not be: in the order of the target's parts."""
    slack = {"slack": _slack(figures)}
    before = figures.rows(_BEFORE_JOINING, segment)
    sums = figures.rows(_LEDGERS, segment, slack)
    overlaps = figures.rows(_OVERLAPS, segment)
    uses = int(sums["uses"].sum())
    counts = (
        (before["wrong"].sum(), int(before["n"].sum()), "no case came in"),
        (sums["out_of_cover"].sum(), uses, "no term was used"),
        (sums["wrong_sums"].sum(), int(sums["entitlements"].sum()), "there is no entitlement"),
        (overlaps["wrong"].sum(), int(overlaps["n"].sum()), "nothing was renewed"),
        (sums["without_case"].sum(), uses, "no term was used"),
    )
    return [Measured(float(wrong), n) if n else unmeasured(why) for wrong, n, why in counts]


def _slack(figures: Figures) -> int:
    """Days by which states may change apart from the date: 1 with the switches that say when."""
    if figures.model is None:
        return 1
    rules = figures.model.rules
    # A zone that is a minute ahead tells both switches from a day that begins at midnight.
    job = minute_of_day(rules.job_time)
    return int(first_minute(0, 1, rules.utc_midnight_mode, job) != 0)
