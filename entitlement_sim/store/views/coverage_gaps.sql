-- reads: renewals, entitlement_facts, metric_parameters
CREATE VIEW coverage_gaps AS
SELECT due.entitlement_id, successor_id, due.customer_id, due.segment, due.template_id,
       due.template, month, due.end_date, successor_start, booked_on, new.covered_from, class,
       due.is_paying, due.in_base,
       greatest(least(new.covered_from - 1, as_of) - due.end_date, 0)::INTEGER AS gap_days,
       greatest(least(due.end_date, new.covered_to) - new.covered_from + 1, 0)::INTEGER
           AS overlap_days,
       greatest(successor_start - (due.end_date + 1), 0)::INTEGER AS gap_by_dates,
       greatest(lag_days, 0) AS open_days
FROM renewals AS due
JOIN entitlement_facts AS new ON new.entitlement_id = successor_id
CROSS JOIN metric_parameters
WHERE new.covered_from <= new.effective_end
ORDER BY due.entitlement_id;

COMMENT ON VIEW coverage_gaps IS
'Days really without cover between a due entitlement and its successor, win-backs too: from the day '
'after the end to the day before the successor first covers, which is its start or, if that came '
'later, its activation; what lies after the close of the run is not counted. A successor that covers '
'earlier overlaps instead. Those never renewed have no row: they are lost, not a gap; nor have those '
'whose successor was cancelled before it covered a day.';
COMMENT ON COLUMN coverage_gaps.successor_id IS 'Its first successor.';
COMMENT ON COLUMN coverage_gaps.end_date IS 'Last day that the old one covers.';
COMMENT ON COLUMN coverage_gaps.successor_start IS 'First day of the successor.';
COMMENT ON COLUMN coverage_gaps.booked_on IS 'Day on which the successor was made.';
COMMENT ON COLUMN coverage_gaps.month IS 'First day of the month in which the old one fell due.';
COMMENT ON COLUMN coverage_gaps.covered_from IS
'First day that the successor covers: its start, or its activation where that came later.';
COMMENT ON COLUMN coverage_gaps.class IS 'Class of the renewal, as in renewals.';
COMMENT ON COLUMN coverage_gaps.gap_days IS 'Days that neither covered.';
COMMENT ON COLUMN coverage_gaps.overlap_days IS 'Days that both covered.';
COMMENT ON COLUMN coverage_gaps.gap_by_dates IS
'Days between the end and the successor''s start, as the two records say.';
COMMENT ON COLUMN coverage_gaps.open_days IS
'Days until the successor was booked, begun and out of Draft.';

CREATE VIEW coverage_gaps_by_month AS
SELECT month, segment, count(*) AS n,
       count(*) FILTER (gap_days > 0) AS with_gap,
       count(*) FILTER (overlap_days > 0) AS with_overlap,
       count(DISTINCT customer_id) AS customers,
       count(DISTINCT customer_id) FILTER (gap_days > 0) AS customers_with_gap,
       count(DISTINCT customer_id) FILTER (gap_days > 0) / count(DISTINCT customer_id)
           AS customer_share_with_gap,
       sum(gap_days)::BIGINT AS gap_days, sum(overlap_days)::BIGINT AS overlap_days,
       sum(gap_days) / count(*) AS mean_gap_days, is_cut(month) AS is_partial, base
FROM coverage_gaps CROSS JOIN metric_parameters
WHERE in_base
GROUP BY ALL
ORDER BY month, segment;

COMMENT ON VIEW coverage_gaps_by_month IS
'Gaps of the renewals of what fell due in a month, and the share of renewing customers who had one: '
'of paying entitlements, or of all where nothing has a price (metric_parameters.base).';
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
