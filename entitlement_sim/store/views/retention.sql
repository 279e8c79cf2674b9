-- reads: covered_periods, customers, entitlements, templates, metric_parameters, successors
CREATE VIEW retention AS
WITH reported AS (FROM reported_periods() AS periods),
restated AS (FROM restated_periods() AS periods),
windows AS (
    FROM retention_windows() AS windows
),
bases AS (
    FROM (VALUES ('as first reported'), ('restated')) AS _(basis)
),
pairs AS (
    SELECT basis, window_months, from_number, to_number, count(*) AS n,
           sum(begin_value) AS begin_value,
           sum(least(end_value, begin_value)) AS retained_value,
           sum(end_value) AS end_value,
           count(*) FILTER (is_retained) AS retained,
           count(*) FILTER (is_retained AND has_lapsed) AS lapsed_and_back,
           sum(begin_value) FILTER (NOT is_retained) AS churned_value,
           sum(greatest(begin_value - end_value, 0)) FILTER (is_retained) AS contraction_value,
           sum(greatest(end_value - begin_value, 0)) FILTER (is_retained) AS expansion_value
    FROM (
        SELECT 'as first reported' AS basis, * FROM held_and_later(reported) AS held
        UNION ALL
        SELECT 'restated', * FROM held_and_later(restated) AS held
    )
    GROUP BY ALL
),
cohort AS (
    SELECT basis, window_months, to_day, sum(n)::BIGINT AS n, sum(begin_value) AS begin_value,
           sum(retained_value) AS retained_value, sum(end_value) AS end_value,
           sum(retained)::BIGINT AS retained, sum(lapsed_and_back)::BIGINT AS lapsed_and_back,
           sum(churned_value) AS churned_value, sum(contraction_value) AS contraction_value,
           sum(expansion_value) AS expansion_value
    FROM pairs JOIN windows USING (window_months)
    WHERE number BETWEEN from_number AND to_number
    GROUP BY ALL
),
everybody AS (
    SELECT basis, day AS to_day, sum(annual_value) AS all_value
    FROM (
        SELECT basis, from_number, to_number, sum(annual_value) AS annual_value
        FROM (
            SELECT 'as first reported' AS basis, * FROM months_held(reported) AS held
            UNION ALL
            SELECT 'restated', * FROM months_held(restated) AS held
        )
        GROUP BY ALL
    )
    JOIN whole_months() AS month_ends ON number BETWEEN from_number AND to_number
    GROUP BY ALL
)
SELECT month, window_months, basis, from_day, to_day,
       coalesce(n, 0) AS n,
       coalesce(begin_value, 0)::DECIMAL(38, 2) AS begin_value,
       coalesce(churned_value, 0)::DECIMAL(38, 2) AS churned_value,
       coalesce(contraction_value, 0)::DECIMAL(38, 2) AS contraction_value,
       coalesce(expansion_value, 0)::DECIMAL(38, 2) AS expansion_value,
       coalesce(end_value, 0)::DECIMAL(38, 2) AS end_value,
       coalesce(retained_value, 0)::DECIMAL(38, 2) AS retained_value,
       retained_value / nullif(begin_value, 0) AS grr,
       end_value / nullif(begin_value, 0) AS nrr,
       coalesce(retained, 0) AS retained_customers,
       retained / nullif(n, 0) AS logo_retention,
       coalesce(lapsed_and_back, 0) AS lapsed_and_back,
       (coalesce(all_value, 0) - coalesce(end_value, 0))::DECIMAL(38, 2) AS new_value,
       coalesce(all_value, 0)::DECIMAL(38, 2) AS all_value,
       all_value / nullif(begin_value, 0) AS recurring_revenue_rate,
       basis = 'as first reported' OR is_settled AS is_mature, is_filling_up, base
FROM windows
CROSS JOIN bases
LEFT JOIN cohort USING (basis, window_months, to_day)
LEFT JOIN everybody USING (basis, to_day)
ORDER BY window_months, month, basis;

COMMENT ON VIEW retention IS
'What became within window_months (12 and 1) of the customers who held something on from_day, at '
'the end of each month: of paying customers, who held something with a price, or of all where '
'nothing has one (metric_parameters.base). Free contracts keep nobody. Customers count, not contracts, at the annual value of all that they hold: '
'grr = sum of min(value at the end, value at the beginning) / value at the beginning, at most 1; '
'nrr = value at the end / value at the beginning, of the same customers; logo_retention counts '
'them. begin - churned - contraction + expansion = end. Basis "as first reported" counts what was '
'Active at the close of each day; "restated" counts by the dates as they are known now, a renewal '
'within the grace from the day after the end on, and is mature once the grace after to_day is over. '
'recurring_revenue_rate takes new customers in and is not NRR. Overage and one-off top-ups have no '
'part in it. A run has no merged accounts.';
COMMENT ON COLUMN retention.month IS 'First day of the month at whose end is measured.';
COMMENT ON COLUMN retention.window_months IS 'Months between the two days: 12 or 1.';
COMMENT ON COLUMN retention.basis IS 'as first reported, or restated.';
COMMENT ON COLUMN retention.from_day IS 'Last day of the month in which the cohort is taken.';
COMMENT ON COLUMN retention.to_day IS 'Last day of the month at whose end it is measured.';
COMMENT ON COLUMN retention.n IS 'Customers of the cohort.';
COMMENT ON COLUMN retention.begin_value IS 'Annual value that they held on from_day.';
COMMENT ON COLUMN retention.churned_value IS 'Of this, of customers who hold nothing on to_day.';
COMMENT ON COLUMN retention.contraction_value IS 'Value lost with customers who stayed.';
COMMENT ON COLUMN retention.expansion_value IS 'Value gained with customers who stayed.';
COMMENT ON COLUMN retention.end_value IS 'Annual value that the cohort holds on to_day.';
COMMENT ON COLUMN retention.retained_value IS
'The same, for each customer at most what it held on from_day.';
COMMENT ON COLUMN retention.grr IS 'Gross: retained_value / begin_value.';
COMMENT ON COLUMN retention.nrr IS 'Net: end_value / begin_value.';
COMMENT ON COLUMN retention.retained_customers IS 'Customers who hold something on to_day.';
COMMENT ON COLUMN retention.logo_retention IS 'retained_customers / n.';
COMMENT ON COLUMN retention.lapsed_and_back IS
'Of the retained customers, those who were without any cover for some time in between.';
COMMENT ON COLUMN retention.new_value IS
'Annual value on to_day of customers who held nothing on from_day.';
COMMENT ON COLUMN retention.all_value IS 'Annual value of everybody on to_day.';
COMMENT ON COLUMN retention.recurring_revenue_rate IS 'all_value / begin_value.';
COMMENT ON COLUMN retention.is_mature IS 'Whether a late renewal can no longer change the row.';
COMMENT ON COLUMN retention.is_filling_up IS
'Whether from_day lies in the first metric_parameters.grace_days of a run that began empty: who was '
'there then is no cohort like later ones.';

CREATE VIEW retention_by_customer AS
WITH reported AS (FROM reported_periods() AS periods),
restated AS (FROM restated_periods() AS periods),
windows AS MATERIALIZED (FROM retention_windows() AS windows)
SELECT customer_id, segment, month, window_months, basis, from_day, to_day, begin_value, end_value,
       least(end_value, begin_value) AS retained_value, is_retained, is_mature, is_filling_up, base
FROM (
    SELECT 'as first reported' AS basis, TRUE AS is_mature, *
    FROM held_in_windows(reported, windows) AS held
    UNION ALL
    SELECT 'restated', is_settled, * FROM held_in_windows(restated, windows) AS held
);

COMMENT ON VIEW retention_by_customer IS
'What each customer of a cohort of retention held on from_day and on to_day: its sums are those of '
'retention, and an interval needs the customers.';
COMMENT ON COLUMN retention_by_customer.month IS
'First day of the month at whose end is measured.';
COMMENT ON COLUMN retention_by_customer.window_months IS
'Months between the two days: 12 or 1.';
COMMENT ON COLUMN retention_by_customer.basis IS 'as first reported, or restated.';
COMMENT ON COLUMN retention_by_customer.from_day IS
'Last day of the month in which the cohort is taken.';
COMMENT ON COLUMN retention_by_customer.to_day IS
'Last day of the month at whose end it is measured.';
COMMENT ON COLUMN retention_by_customer.begin_value IS 'Annual value held on from_day.';
COMMENT ON COLUMN retention_by_customer.end_value IS 'Annual value held on to_day.';
COMMENT ON COLUMN retention_by_customer.retained_value IS
'The same, at most what was held on from_day.';
COMMENT ON COLUMN retention_by_customer.is_retained IS 'Whether anything is held on to_day.';
COMMENT ON COLUMN retention_by_customer.is_mature IS
'Whether a late renewal can no longer change the row.';
COMMENT ON COLUMN retention_by_customer.is_filling_up IS
'Whether from_day lies in the first metric_parameters.grace_days of a run that began empty.';
