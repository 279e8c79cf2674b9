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
WITH held AS MATERIALIZED (
    SELECT entitlement_id, segment, remaining_terms,
           start_date - $slack::INTEGER AS covers_from,
           coalesce(ended_on, end_date + 1) + $slack::INTEGER AS covers_until
    FROM entitlements JOIN customers USING (customer_id)
),
sums AS (
    SELECT segment, count(*) AS entitlements,
           count(*) FILTER (coalesce(moved, 0) <> remaining_terms) AS wrong_sums
    FROM held
    LEFT JOIN (SELECT entitlement_id, sum(amount) AS moved FROM ledger GROUP BY entitlement_id)
    USING (entitlement_id)
    GROUP BY segment
),
uses AS (
    SELECT segment, count(*) AS uses, count(*) FILTER (case_id IS NULL) AS without_case
    FROM ledger JOIN held USING (entitlement_id)
    WHERE reason = 'consume'
    GROUP BY segment
),
outside AS (
    SELECT segment, count(*) AS out_of_cover
    FROM (
        SELECT segment, case_id, covers_until, happened_at < covers_from AS is_early
        FROM ledger JOIN held USING (entitlement_id)
        WHERE reason = 'consume' AND (happened_at < covers_from OR happened_at >= covers_until)
    )
    LEFT JOIN cases USING (case_id)
    WHERE is_early OR created_at >= covers_until
    GROUP BY segment
)
SELECT segment::VARCHAR AS segment, entitlements, coalesce(uses, 0) AS uses, wrong_sums,
       coalesce(without_case, 0) AS without_case, coalesce(out_of_cover, 0) AS out_of_cover
FROM sums LEFT JOIN uses USING (segment) LEFT JOIN outside USING (segment)
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
