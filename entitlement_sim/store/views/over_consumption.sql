-- reads: entitlement_facts
CREATE VIEW over_consumption AS
WITH over_by AS (
    SELECT template_id, template, allocation, restrict, allotment, price,
           coalesce(promised_terms, allotment) AS paid_for,
           (settled + greatest(used + lapsed - allotment - settled, 0))::DECIMAL(18, 2) AS over
    FROM entitlement_facts
    WHERE was_in_force AND is_use_known AND state <> 'draft' AND allotment > 0
)
SELECT template_id, template, allocation, restrict, count(*) AS n,
       count(*) FILTER (over > 0) AS over_n,
       count(*) FILTER (over > 0) / count(*) AS over_share,
       sum(over)::DECIMAL(38, 2) AS over_units,
       sum(allotment)::DECIMAL(38, 2) AS allotment,
       total_from_hundredths(sum(
           half_up(in_hundredths(over) * in_hundredths(price), in_hundredths(paid_for))
       )) AS over_value
FROM over_by
GROUP BY ALL
ORDER BY template_id, restrict;

COMMENT ON VIEW over_consumption IS
'Use beyond the allotment: max(0, used - allotment) of each entitlement, or what was settled at the end '
'of its periods and what it lacks now, and the share of '
'entitlements with any. Where cases are restricted it comes from hours that overshoot at resolution '
'and from cases that take their term at resolution. Units are valued at the entitlement''s own price / '
'allotment (of an allowance: what the term promises), whatever is billed for them (see overage). Entitlements without a number of terms and '
'those in Draft or Waiting are left out, and so is what ended before the run or is not known back '
'to its start.';
COMMENT ON COLUMN over_consumption.over_n IS 'Entitlements that used more than they held.';
COMMENT ON COLUMN over_consumption.over_share IS 'over_n / n.';
COMMENT ON COLUMN over_consumption.over_units IS 'Terms used beyond the allotment.';
COMMENT ON COLUMN over_consumption.over_value IS
'over_units at price / allotment of each entitlement, rounded to the hundredth for each.';
