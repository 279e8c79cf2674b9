-- reads: run, customers, entitlements, templates, cases, reactivations, metric_parameters
-- Cases from before the run are left out where others are counted: DuckDB takes a filter on them for
-- one that leaves hardly any, and would keep all cases at hand to look up what belongs to them.
CREATE VIEW work_by_month AS
WITH sums AS (
    SELECT month_number(created_at) AS month, segment, template_id, origin, outcome,
           count(*) FILTER (created_at >= run_begins) AS cases,
           coalesce(sum(minutes) FILTER (created_at >= run_begins), 0)::BIGINT AS minutes
    FROM minutes_of_cases() AS worked
    JOIN customers USING (customer_id)
    LEFT JOIN entitlements USING (entitlement_id)
    CROSS JOIN metric_parameters
    GROUP BY ALL
    HAVING cases > 0
)
SELECT month_numbered(month) AS month, segment, template_id, template, origin, outcome, cases,
       minutes, is_cut(month_numbered(month)) AS is_partial
FROM sums LEFT JOIN templates USING (template_id) CROSS JOIN metric_parameters
ORDER BY month, segment, template_id, origin, outcome;

COMMENT ON VIEW work_by_month IS
'Cases and the minutes worked on them, by the month in which they came, segment, template, origin and '
'outcome: what costs, margins and leakage are made of. Minutes are those of the resolutions so far, '
'neither rounded up nor weighted as an offering may bill them. A run in a file has these rows stored '
'beside its own; verify reckons them anew.';
COMMENT ON COLUMN work_by_month.month IS 'First day of the month in which the cases came.';
COMMENT ON COLUMN work_by_month.template_id IS
'Template whose entitlement covered them; NULL of those without cover.';
COMMENT ON COLUMN work_by_month.template IS 'Its name; NULL of those without cover.';
COMMENT ON COLUMN work_by_month.origin IS 'How the cases came in.';
COMMENT ON COLUMN work_by_month.outcome IS 'Covered, worked without cover, or turned away.';
COMMENT ON COLUMN work_by_month.cases IS 'Cases that came.';
COMMENT ON COLUMN work_by_month.minutes IS 'Minutes worked on them; 0 of those turned away.';
