-- reads: templates, customers, entitlements, successors, metric_parameters
CREATE VIEW in_force_by_month AS
WITH held AS MATERIALIZED (
    SELECT template_id, template, segment, is_paying, in_base, annual_value, run_begins,
           covered_from, effective_end, effective_end < as_of AS is_over,
           is_cancelled(ended_by) AS is_cancelled, renewals.successor_id IS NOT NULL AS is_renewal
    FROM dated_entitlements() LEFT JOIN customers USING (customer_id)
    LEFT JOIN (SELECT DISTINCT successor_id FROM successors WHERE is_within_grace) AS renewals
        ON successor_id = entitlement_id
    CROSS JOIN metric_parameters
    WHERE was_in_force
),
flows AS (
    SELECT template_id, template, segment, is_paying, in_base, number,
           sum(opening) AS opening, sum(sold) AS sold, sum(renewed) AS renewed,
           sum(expired) AS expired, sum(cancelled) AS cancelled,
           sum(opening * annual_value) AS opening_value, sum(sold * annual_value) AS sold_value,
           sum(renewed * annual_value) AS renewed_value,
           sum(expired * annual_value) AS expired_value,
           sum(cancelled * annual_value) AS cancelled_value
    FROM (
        SELECT *, month_number(greatest(covered_from, run_begins)) AS number,
               (covered_from < run_begins)::INTEGER AS opening,
               (covered_from >= run_begins AND NOT is_renewal)::INTEGER AS sold,
               (covered_from >= run_begins AND is_renewal)::INTEGER AS renewed,
               0 AS expired, 0 AS cancelled
        FROM held
        UNION ALL BY NAME
        SELECT *, month_number(effective_end + 1) AS number, 0 AS opening, 0 AS sold, 0 AS renewed,
               (NOT is_cancelled)::INTEGER AS expired, is_cancelled::INTEGER AS cancelled
        FROM held
        WHERE is_over
    )
    GROUP BY ALL
),
every AS (
    SELECT template_id, template, segment, is_paying, in_base, month, month_number(month) AS number
    FROM (SELECT DISTINCT template_id, template, segment, is_paying, in_base FROM flows)
    CROSS JOIN months()
),
filled AS (
    SELECT every.*,
           coalesce(opening, 0) AS opening, coalesce(sold, 0) AS sold,
           coalesce(renewed, 0) AS renewed, coalesce(expired, 0) AS expired,
           coalesce(cancelled, 0) AS cancelled,
           coalesce(opening_value, 0) AS opening_value, coalesce(sold_value, 0) AS sold_value,
           coalesce(renewed_value, 0) AS renewed_value,
           coalesce(expired_value, 0) AS expired_value,
           coalesce(cancelled_value, 0) AS cancelled_value
    FROM every
    LEFT JOIN flows USING (template_id, template, segment, is_paying, in_base, number)
),
closed AS (
    SELECT *,
           sum(opening + sold + renewed - expired - cancelled) OVER through_months AS closing,
           sum(
               opening_value + sold_value + renewed_value - expired_value - cancelled_value
           ) OVER through_months AS closing_value
    FROM filled
    WINDOW through_months AS (PARTITION BY template_id, segment, is_paying ORDER BY number)
)
SELECT month, template_id, template, segment, is_paying, in_base,
       (closing - sold - renewed + expired + cancelled)::BIGINT AS opening,
       sold::BIGINT AS sold, renewed::BIGINT AS renewed, expired::BIGINT AS expired,
       cancelled::BIGINT AS cancelled, closing::BIGINT AS closing,
       (closing_value - sold_value - renewed_value + expired_value + cancelled_value)
           ::DECIMAL(38, 2) AS opening_value,
       sold_value::DECIMAL(38, 2) AS sold_value, renewed_value::DECIMAL(38, 2) AS renewed_value,
       expired_value::DECIMAL(38, 2) AS expired_value,
       cancelled_value::DECIMAL(38, 2) AS cancelled_value,
       closing_value::DECIMAL(38, 2) AS closing_value,
       is_cut(month) OR month <= run_begins AS is_partial, base
FROM closed CROSS JOIN metric_parameters
WHERE opening + sold + renewed + expired + cancelled + closing > 0
ORDER BY month, template_id, segment, is_paying;

COMMENT ON VIEW in_force_by_month IS
'What is in force at the beginning of each month, and what changes it, by template, segment and '
'whether it is paid for: opening + sold + renewed - expired - cancelled = closing, by number and by '
'annual value, and closing is the opening of the next month. The opening of the first month is what '
'began before the run and covers a day of it. One that covers the last day of a month is in force at '
'its close and ends in the next.';
COMMENT ON COLUMN in_force_by_month.opening IS 'In force when the month begins.';
COMMENT ON COLUMN in_force_by_month.sold IS
'Come into force in the month, and no renewal within the grace: first sales and win-backs.';
COMMENT ON COLUMN in_force_by_month.renewed IS
'Come into force in the month as the renewal of another within the grace.';
COMMENT ON COLUMN in_force_by_month.expired IS
'No more in force at the end of the month because the term was over.';
COMMENT ON COLUMN in_force_by_month.cancelled IS
'No more in force at the end of the month because of a cancellation.';
COMMENT ON COLUMN in_force_by_month.closing IS 'In force at the close of the month.';
COMMENT ON COLUMN in_force_by_month.opening_value IS 'Annual value of opening.';
COMMENT ON COLUMN in_force_by_month.sold_value IS 'Annual value of sold.';
COMMENT ON COLUMN in_force_by_month.renewed_value IS 'Annual value of renewed.';
COMMENT ON COLUMN in_force_by_month.expired_value IS 'Annual value of expired.';
COMMENT ON COLUMN in_force_by_month.cancelled_value IS 'Annual value of cancelled.';
COMMENT ON COLUMN in_force_by_month.closing_value IS 'Annual value of closing.';
COMMENT ON COLUMN in_force_by_month.is_partial IS
'Whether the run shows only a part of the month, or begins with it: what covered the day before to '
'its close is not there.';
