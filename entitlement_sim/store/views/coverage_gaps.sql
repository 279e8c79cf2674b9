-- reads: renewals
CREATE VIEW coverage_gaps AS
SELECT entitlement_id, successor_id, customer_id, segment, template_id, template, month, end_date,
       successor_start, booked_on, class,
       greatest(successor_start - (end_date + 1), 0)::INTEGER AS gap_days,
       greatest(end_date + 1 - successor_start, 0)::INTEGER AS overlap_days,
       greatest(lag_days, 0) AS open_days
FROM renewals
WHERE successor_id IS NOT NULL
ORDER BY entitlement_id;

COMMENT ON VIEW coverage_gaps IS
'Days without cover between a due entitlement and its successor, win-backs too: successor''s start '
'- (end date + 1), at least 0. A successor that begins earlier overlaps instead. Those never renewed '
'have no row: they are lost, not a gap.';
COMMENT ON COLUMN coverage_gaps.successor_id IS 'Its first successor.';
COMMENT ON COLUMN coverage_gaps.end_date IS 'Last day that the old one covers.';
COMMENT ON COLUMN coverage_gaps.successor_start IS 'First day of the successor.';
COMMENT ON COLUMN coverage_gaps.booked_on IS 'Day on which the successor was made.';
COMMENT ON COLUMN coverage_gaps.month IS 'First day of the month in which the old one fell due.';
COMMENT ON COLUMN coverage_gaps.class IS 'Class of the renewal, as in renewals.';
COMMENT ON COLUMN coverage_gaps.gap_days IS 'Days that neither covers.';
COMMENT ON COLUMN coverage_gaps.overlap_days IS 'Days that both cover.';
COMMENT ON COLUMN coverage_gaps.open_days IS
'Days until the successor was also booked: the gap as it was lived, before any back-dating.';

CREATE VIEW coverage_gaps_by_month AS
SELECT month, segment, count(*) AS n,
       count(*) FILTER (gap_days > 0) AS with_gap,
       count(*) FILTER (overlap_days > 0) AS with_overlap,
       count(DISTINCT customer_id) AS customers,
       count(DISTINCT customer_id) FILTER (gap_days > 0) AS customers_with_gap,
       count(DISTINCT customer_id) FILTER (gap_days > 0) / count(DISTINCT customer_id)
           AS customer_share_with_gap,
       sum(gap_days)::BIGINT AS gap_days, sum(overlap_days)::BIGINT AS overlap_days,
       sum(gap_days) / count(*) AS mean_gap_days
FROM coverage_gaps
GROUP BY ALL
ORDER BY month, segment;

COMMENT ON VIEW coverage_gaps_by_month IS
'Gaps of the renewals of what fell due in a month, and the share of renewing customers who had one.';
COMMENT ON COLUMN coverage_gaps_by_month.month IS
'First day of the month in which the old ones fell due.';
COMMENT ON COLUMN coverage_gaps_by_month.n IS 'Renewals, win-backs too.';
COMMENT ON COLUMN coverage_gaps_by_month.with_gap IS 'Of these, with days without cover.';
COMMENT ON COLUMN coverage_gaps_by_month.with_overlap IS 'Of these, with days covered twice.';
COMMENT ON COLUMN coverage_gaps_by_month.customers IS 'Customers who renewed.';
COMMENT ON COLUMN coverage_gaps_by_month.customers_with_gap IS 'Of these, with any gap.';
COMMENT ON COLUMN coverage_gaps_by_month.customer_share_with_gap IS
'customers_with_gap / customers.';
COMMENT ON COLUMN coverage_gaps_by_month.gap_days IS 'Days without cover, summed.';
COMMENT ON COLUMN coverage_gaps_by_month.overlap_days IS 'Days covered twice, summed.';
COMMENT ON COLUMN coverage_gaps_by_month.mean_gap_days IS 'gap_days / n.';
