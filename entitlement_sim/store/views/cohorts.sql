-- reads: renewals, entitlements, templates, metric_parameters
CREATE VIEW cohorts AS
SELECT *,
       CASE WHEN at_risk > 0 AND min(renewal_number) FILTER (at_risk > 0) OVER of_cohort = 1
            THEN product(renewal_rate) OVER (of_cohort ORDER BY renewal_number)
       END AS survival
FROM (
    SELECT cohort, template_id, template, segment, term_months, renewal_number,
           count(*) FILTER (is_mature) AS at_risk,
           count(*) FILTER (is_mature AND renewed_before = renewal_number - 1 AND renewed_before > 0)
               AS entered,
           count(*) FILTER (is_mature AND is_renewed) AS renewed,
           count(*) FILTER (is_mature AND is_renewed) / nullif(count(*) FILTER (is_mature), 0)
               AS renewal_rate,
           count(*) FILTER (NOT is_mature) AS immature,
           bool_and(is_mature) AS is_mature, base
    FROM (
        SELECT renewals.* EXCLUDE (template_id, template), templates.template_id,
               templates.template,
               in_months(first.end_date - first.start_date + 1) AS term_months
        FROM renewals
        JOIN entitlements AS first ON first.entitlement_id = root_id
        JOIN templates ON templates.template_id = first.template_id
        WHERE is_unbroken AND in_base
    )
    CROSS JOIN metric_parameters
    GROUP BY ALL
)
WINDOW of_cohort AS (PARTITION BY cohort, template_id, segment, term_months)
ORDER BY cohort, template_id, segment, term_months, renewal_number;

COMMENT ON VIEW cohorts IS
'Renewal of cohorts: entitlements by the quarter in which they were first sold '
'(metric_parameters.cohort_grain), by what they were sold as, to whom and for how long, and by the '
'number of the renewal: paying ones, or all where nothing has a price (metric_parameters.base). '
'at_risk fell due for that renewal after all earlier ones were made within the grace, and the grace '
'is over; renewed were renewed within it; survival = product of renewed / at_risk up to this '
'renewal. What is not due, immature or was cancelled leaves the number at risk without being lost. '
'Counts add up over any columns; survivals do not, since short terms come to their later renewals '
'first: of several, weigh them by how many were sold.';
COMMENT ON COLUMN cohorts.cohort IS 'First day of the quarter of the first start.';
COMMENT ON COLUMN cohorts.template_id IS 'Number of the template that was sold first.';
COMMENT ON COLUMN cohorts.template IS
'Template that was sold first, whatever it was renewed as since.';
COMMENT ON COLUMN cohorts.term_months IS
'Length of the first term in months, rounded; 0 below half a month.';
COMMENT ON COLUMN cohorts.renewal_number IS 'Number of the renewal, 1 for the first.';
COMMENT ON COLUMN cohorts.at_risk IS 'Entitlements due for it.';
COMMENT ON COLUMN cohorts.entered IS
'Of these, those that the run sees for the first time: renewed before it began, so that those who had '
'left by then are not beside them.';
COMMENT ON COLUMN cohorts.renewed IS 'Of these, renewed within the grace.';
COMMENT ON COLUMN cohorts.renewal_rate IS 'renewed / at_risk.';
COMMENT ON COLUMN cohorts.immature IS 'Due, but so lately that they are left out.';
COMMENT ON COLUMN cohorts.is_mature IS 'Whether none is left out.';
COMMENT ON COLUMN cohorts.survival IS
'Share that is left after this renewal; NULL where the run saw none of them fall due for the first '
'renewal.';
