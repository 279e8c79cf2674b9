"""What must not be in a run: rows that the rulebook, or plain reason, does not allow."""

from .figures import Figures, Measured, unmeasured

_BEFORE_JOINING = """
SELECT segment::VARCHAR AS segment, count(*) AS n,
       count(*) FILTER (created_at::DATE < joined_on) AS wrong
FROM cases JOIN customers USING (customer_id)
WHERE created_at::DATE BETWEEN $first AND $last
GROUP BY ALL
"""

#: A case may take terms after the end of the entitlement that it was attached to before (Q10).
_OUT_OF_COVER = """
SELECT segment::VARCHAR AS segment, count(*) AS n,
       count(*) FILTER (
           happened_at::DATE < start_date
           OR cases.created_at::DATE > coalesce(ended_on - 1, end_date)
       ) AS wrong
FROM ledger JOIN entitlements USING (entitlement_id)
JOIN customers ON customers.customer_id = entitlements.customer_id
LEFT JOIN cases ON cases.case_id = ledger.case_id
    AND happened_at::DATE > coalesce(ended_on - 1, end_date)
WHERE reason = 'consume' AND happened_at::DATE BETWEEN $first AND $last
GROUP BY ALL
"""

_DOES_NOT_SUM = """
WITH sums AS (SELECT entitlement_id, sum(amount) AS moved FROM ledger GROUP BY entitlement_id)
SELECT segment::VARCHAR AS segment, count(*) AS n,
       count(*) FILTER (coalesce(moved, 0) <> remaining_terms) AS wrong
FROM entitlements LEFT JOIN sums USING (entitlement_id) JOIN customers USING (customer_id)
GROUP BY ALL
"""

_OVERLAPS = """
SELECT segment::VARCHAR AS segment, count(*) AS n,
       count(*) FILTER (new.start_date <= coalesce(old.ended_on - 1, old.end_date)) AS wrong
FROM entitlements AS new
JOIN entitlements AS old ON old.entitlement_id = new.predecessor_id
JOIN customers ON customers.customer_id = new.customer_id
GROUP BY ALL
"""

_WITHOUT_CASE = """
SELECT segment::VARCHAR AS segment, count(*) AS n, count(*) FILTER (case_id IS NULL) AS wrong
FROM ledger JOIN entitlements USING (entitlement_id) JOIN customers USING (customer_id)
WHERE reason = 'consume' AND happened_at::DATE BETWEEN $first AND $last
GROUP BY ALL
"""

#: In the order of the target's parts, with what there are none of.
_QUERIES = (
    (_BEFORE_JOINING, "no case came in"),
    (_OUT_OF_COVER, "no term was used"),
    (_DOES_NOT_SUM, "there is no entitlement"),
    (_OVERLAPS, "nothing was renewed"),
    (_WITHOUT_CASE, "no term was used"),
)


def integrity(figures: Figures, segment: str | None) -> list[Measured]:
    """Rows that must not be, of each kind."""
    measured = []
    for query, none in _QUERIES:
        rows = figures.rows(query, segment)
        n = int(rows["n"].sum())
        measured.append(Measured(float(rows["wrong"].sum()), n) if n else unmeasured(none))
    return measured
