-- reads: covered_periods, entitlement_facts, metric_parameters, successors
CREATE VIEW retention AS
WITH renewed AS (
    -- A renewal within the grace, restated, goes back to the day after the end.
    SELECT successor_id AS entitlement_id, min(end_date) + 1 AS seamless_start
    FROM successors
    JOIN entitlement_facts AS old ON old.entitlement_id = successors.entitlement_id
    WHERE is_within_grace AND NOT is_cancelled(old.ended_by)
    GROUP BY successor_id
),
periods AS (
    SELECT 'as first reported' AS basis, facts.customer_id, first_day, last_day, annual_value
    FROM covered_periods JOIN entitlement_facts AS facts USING (entitlement_id)
    UNION ALL
    SELECT 'restated', customer_id, least(start_date, seamless_start)::DATE, effective_end,
           annual_value
    FROM entitlement_facts LEFT JOIN renewed USING (entitlement_id)
    WHERE covered_from <= effective_end
),
stretches AS (
    SELECT *, count(*) FILTER (begins_anew) OVER (
        PARTITION BY basis, customer_id ORDER BY first_day, last_day ROWS UNBOUNDED PRECEDING
    ) AS stretch
    FROM (
        SELECT *, coalesce(first_day > 1 + max(last_day) OVER (
            PARTITION BY basis, customer_id ORDER BY first_day, last_day
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ), TRUE) AS begins_anew
        FROM periods
    )
),
month_ends AS (
    SELECT last_day(month::DATE) AS day
    FROM metric_parameters,
         unnest(generate_series(date_trunc('month', run_begins), as_of, INTERVAL 1 MONTH)) AS _(month)
    WHERE last_day(month::DATE) <= as_of
),
held AS (
    SELECT basis, day, customer_id, max(stretch) AS stretch, sum(annual_value) AS annual_value
    FROM stretches JOIN month_ends ON day BETWEEN first_day AND last_day
    GROUP BY ALL
),
windows AS (
    SELECT window_months, begins.day AS from_day, ends.day AS to_day
    FROM month_ends AS ends
    CROSS JOIN (VALUES (1), (12)) AS _(window_months)
    JOIN month_ends AS begins
        ON begins.day = last_day((ends.day - to_months(window_months))::DATE)
),
bases AS (
    FROM (VALUES ('as first reported'), ('restated')) AS _(basis)
),
cohort AS (
    SELECT early.basis, window_months, to_day, count(*) AS n,
           sum(early.annual_value) AS begin_value,
           sum(least(coalesce(late.annual_value, 0), early.annual_value)) AS retained_value,
           sum(coalesce(late.annual_value, 0)) AS end_value,
           count(late.customer_id) AS retained,
           count(*) FILTER (late.stretch <> early.stretch) AS lapsed_and_back,
           sum(early.annual_value) FILTER (late.customer_id IS NULL) AS churned_value,
           sum(greatest(early.annual_value - late.annual_value, 0))
               FILTER (late.customer_id IS NOT NULL) AS contraction_value,
           sum(greatest(late.annual_value - early.annual_value, 0))
               FILTER (late.customer_id IS NOT NULL) AS expansion_value
    FROM windows
    JOIN held AS early ON early.day = from_day
    LEFT JOIN held AS late
        ON late.day = to_day AND late.basis = early.basis AND late.customer_id = early.customer_id
    GROUP BY ALL
),
everybody AS (
    SELECT basis, day AS to_day, sum(annual_value) AS all_value FROM held GROUP BY ALL
)
SELECT month_of(to_day) AS month, window_months, basis, from_day, to_day,
       coalesce(n, 0) AS n,
       coalesce(begin_value, 0)::DECIMAL(18, 2) AS begin_value,
       coalesce(churned_value, 0)::DECIMAL(18, 2) AS churned_value,
       coalesce(contraction_value, 0)::DECIMAL(18, 2) AS contraction_value,
       coalesce(expansion_value, 0)::DECIMAL(18, 2) AS expansion_value,
       coalesce(end_value, 0)::DECIMAL(18, 2) AS end_value,
       coalesce(retained_value, 0)::DECIMAL(18, 2) AS retained_value,
       retained_value / nullif(begin_value, 0) AS grr,
       end_value / nullif(begin_value, 0) AS nrr,
       coalesce(retained, 0) AS retained_customers,
       retained / nullif(n, 0) AS logo_retention,
       coalesce(lapsed_and_back, 0) AS lapsed_and_back,
       (coalesce(all_value, 0) - coalesce(end_value, 0))::DECIMAL(18, 2) AS new_value,
       coalesce(all_value, 0)::DECIMAL(18, 2) AS all_value,
       all_value / nullif(begin_value, 0) AS recurring_revenue_rate,
       basis = 'as first reported' OR as_of > to_day + grace_days AS is_mature
FROM windows
CROSS JOIN bases
LEFT JOIN cohort USING (basis, window_months, to_day)
LEFT JOIN everybody USING (basis, to_day)
CROSS JOIN metric_parameters
ORDER BY window_months, month, basis;

COMMENT ON VIEW retention IS
'What became within window_months (12 and 1) of the customers who held something on from_day, at '
'the end of each month. Customers count, not contracts, at the annual value of all that they hold: '
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
