-- reads: run, customers, cases, metric_parameters
CREATE VIEW entitled_share AS
SELECT month_of(created_at) AS month, segment,
       count(*) FILTER (outcome <> 'turned_away') AS n,
       count(*) FILTER (outcome = 'covered') AS covered,
       count(*) FILTER (outcome = 'uncovered') AS uncovered,
       count(*) FILTER (outcome = 'covered') / nullif(count(*) FILTER (outcome <> 'turned_away'), 0)
           AS entitled_share,
       count(*) FILTER (outcome = 'uncovered')
           / nullif(count(*) FILTER (outcome <> 'turned_away'), 0) AS leakage,
       count(*) FILTER (outcome = 'covered' AND NOT decrement) AS covered_without_decrement,
       unless_imported(count(*) FILTER (outcome = 'turned_away'), any_value(source))
           AS turned_away,
       count(*) AS arrivals,
       is_cut(month_of(created_at)) AS is_partial
FROM cases JOIN customers USING (customer_id) CROSS JOIN metric_parameters CROSS JOIN run
WHERE created_at >= run_begins
GROUP BY ALL
ORDER BY month, segment;

COMMENT ON VIEW entitled_share IS
'Share of worked cases that an entitlement covers (the customer''s default one or any other), by '
'the month of creation: covered / (covered + uncovered). Leakage is the rest, worked without one. '
'Cases marked to take no terms count as covered and are shown apart; those turned away never were '
'worked.';
COMMENT ON COLUMN entitled_share.month IS 'First day of the month in which cases were created.';
COMMENT ON COLUMN entitled_share.n IS 'Cases worked: covered + uncovered.';
COMMENT ON COLUMN entitled_share.covered IS 'Cases covered by an entitlement.';
COMMENT ON COLUMN entitled_share.uncovered IS 'Cases worked without one.';
COMMENT ON COLUMN entitled_share.entitled_share IS 'covered / n.';
COMMENT ON COLUMN entitled_share.leakage IS 'uncovered / n.';
COMMENT ON COLUMN entitled_share.covered_without_decrement IS
'Covered cases that were marked to take no terms.';
COMMENT ON COLUMN entitled_share.turned_away IS
'Cases refused and not worked; NULL in a run that was imported, since they leave no record.';
COMMENT ON COLUMN entitled_share.arrivals IS 'n + turned_away.';

CREATE VIEW origin_mix AS
SELECT month, segment, origin, arrivals,
       sum(arrivals) OVER (PARTITION BY month, segment)::BIGINT AS n,
       arrivals / sum(arrivals) OVER (PARTITION BY month, segment) AS share,
       covered, uncovered, unless_imported(turned_away, source) AS turned_away,
       is_cut(month) AS is_partial
FROM (
    SELECT month_of(created_at) AS month, segment, origin, count(*) AS arrivals,
           count(*) FILTER (outcome = 'covered') AS covered,
           count(*) FILTER (outcome = 'uncovered') AS uncovered,
           count(*) FILTER (outcome = 'turned_away') AS turned_away
    FROM cases JOIN customers USING (customer_id) CROSS JOIN metric_parameters
    WHERE created_at >= run_begins
    GROUP BY ALL
)
CROSS JOIN metric_parameters CROSS JOIN run
ORDER BY month, segment, origin;

COMMENT ON VIEW origin_mix IS
'Share of each origin among all cases that arrived, turned away or not, by segment and month of '
'creation. A case without an origin has its own row, with origin NULL.';
COMMENT ON COLUMN origin_mix.month IS 'First day of the month in which cases were created.';
COMMENT ON COLUMN origin_mix.origin IS 'How they came in.';
COMMENT ON COLUMN origin_mix.arrivals IS 'Cases that came in this way.';
COMMENT ON COLUMN origin_mix.n IS 'Cases of the month and segment, whatever their origin.';
COMMENT ON COLUMN origin_mix.share IS 'arrivals / n.';
COMMENT ON COLUMN origin_mix.covered IS 'Of these, covered by an entitlement.';
COMMENT ON COLUMN origin_mix.uncovered IS 'Of these, worked without one.';
COMMENT ON COLUMN origin_mix.turned_away IS
'Of these, refused and not worked; NULL in a run that was imported, since they leave no record.';
