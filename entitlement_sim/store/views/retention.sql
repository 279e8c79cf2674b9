-- reads: covered_periods, entitlement_facts, metric_parameters, successors
CREATE VIEW retention AS
WITH reported AS (
    SELECT facts.customer_id, first_day, last_day, annual_value
    FROM covered_periods JOIN entitlement_facts AS facts USING (entitlement_id)
    WHERE in_base
),
restated AS (FROM restated_periods()),
month_ends AS (
    SELECT month, month_end AS day, month_number(month) AS number
    FROM months() AS months
    WHERE month_end = last_day(month)
),
spans AS (
    -- Months at whose ends each period covers, by number.
    SELECT basis, customer_id, stretch, annual_value,
           greatest(month_number(first_day), first_number) AS from_number,
           least(month_number(last_day + 1) - 1, last_number) AS to_number
    FROM (
        SELECT 'as first reported' AS basis, * FROM stretches(reported, customer_id) AS _
        UNION ALL
        SELECT 'restated', * FROM stretches(restated, customer_id) AS _
    )
    CROSS JOIN (
        SELECT min(number) AS first_number, max(number) AS last_number FROM month_ends
    )
),
changes AS (
    SELECT basis, customer_id, number, sum(annual_value) AS annual_value, sum(n) AS n,
           max(stretch) AS stretch
    FROM (
        SELECT basis, customer_id, from_number AS number, annual_value, 1 AS n, stretch
        FROM spans
        WHERE from_number <= to_number
        UNION ALL
        SELECT basis, customer_id, to_number + 1, -annual_value, -1, NULL
        FROM spans
        WHERE from_number <= to_number
    )
    GROUP BY ALL
),
-- Months in a row in which a customer holds the same; from the first cover on, those without too.
steps AS MATERIALIZED (
    SELECT basis, customer_id, number AS from_number,
           coalesce(lead(number) OVER so_far - 1, (SELECT max(number) FROM month_ends))
               AS to_number,
           sum(annual_value) OVER so_far AS annual_value, sum(n) OVER so_far > 0 AS is_covered,
           max(stretch) OVER so_far AS stretch
    FROM changes
    WINDOW so_far AS (PARTITION BY basis, customer_id ORDER BY number)
),
windows AS (
    SELECT window_months, begins.number, begins.day AS from_day, ends.day AS to_day
    FROM month_ends AS ends
    CROSS JOIN (VALUES (1), (12)) AS _(window_months)
    JOIN month_ends AS begins ON begins.number = ends.number - window_months
),
bases AS (
    FROM (VALUES ('as first reported'), ('restated')) AS _(basis)
),
-- What was held and what is held so many months later, summed by the months for which it is so.
pairs AS (
    SELECT early.basis, window_months,
           greatest(early.from_number, late.from_number - window_months) AS from_number,
           least(early.to_number, late.to_number - window_months) AS to_number,
           count(*) AS n,
           sum(early.annual_value) AS begin_value,
           sum(least(late.annual_value, early.annual_value)) AS retained_value,
           sum(late.annual_value) AS end_value,
           count(*) FILTER (late.is_covered) AS retained,
           count(*) FILTER (late.is_covered AND late.stretch <> early.stretch) AS lapsed_and_back,
           sum(early.annual_value) FILTER (NOT late.is_covered) AS churned_value,
           sum(greatest(early.annual_value - late.annual_value, 0)) FILTER (late.is_covered)
               AS contraction_value,
           sum(greatest(late.annual_value - early.annual_value, 0)) FILTER (late.is_covered)
               AS expansion_value
    FROM steps AS early
    CROSS JOIN (VALUES (1), (12)) AS _(window_months)
    JOIN steps AS late
        ON late.basis = early.basis AND late.customer_id = early.customer_id
        AND late.from_number <= early.to_number + window_months
        AND late.to_number >= early.from_number + window_months
    WHERE early.is_covered
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
        FROM steps
        GROUP BY ALL
    )
    JOIN month_ends ON number BETWEEN from_number AND to_number
    GROUP BY ALL
)
SELECT month_of(to_day) AS month, window_months, basis, from_day, to_day,
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
       basis = 'as first reported' OR grace_is_over(to_day) AS is_mature,
       base
FROM windows
CROSS JOIN bases
LEFT JOIN cohort USING (basis, window_months, to_day)
LEFT JOIN everybody USING (basis, to_day)
CROSS JOIN metric_parameters
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
