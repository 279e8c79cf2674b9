-- reads: entitlement_facts, metric_parameters, successors
CREATE VIEW expiring AS
SELECT entitlement_id, customer_id, segment, template_id, template, allocation, state, start_date,
       end_date, (end_date - as_of)::INTEGER AS days_left,
       month_of(end_date) AS month, price, annual_value, allotment, remaining,
       CASE WHEN allotment > 0 THEN remaining / allotment END AS share_left,
       CASE WHEN NOT coalesce(allotment > 0, FALSE) THEN 'no terms'
            WHEN remaining <= 0 THEN 'empty'
            WHEN remaining * 4 <= allotment THEN 'up to a quarter'
            WHEN remaining * 2 <= allotment THEN 'up to a half'
            ELSE 'more than half' END AS left_band,
       entitlement_id IN (
           SELECT entitlement_id FROM successors WHERE lag_days IS NOT NULL
       ) AS is_renewed,
       is_paying, in_base
FROM entitlement_facts CROSS JOIN metric_parameters
WHERE state IN ('active', 'waiting') AND NOT is_open_ended
ORDER BY end_date, entitlement_id;

COMMENT ON VIEW expiring IS
'Pipeline on the last day of the run: entitlements that are Active or Waiting, with the days until '
'they end, their value and what they have left. Cancelled ones are gone from it; one that has been '
'renewed already is flagged, not dropped; what has no end is not in it. A window of 90 days is WHERE days_left <= 90.';
COMMENT ON COLUMN expiring.days_left IS 'Days from as_of to the end date; 0 ends today.';
COMMENT ON COLUMN expiring.month IS 'First day of the month in which it ends.';
COMMENT ON COLUMN expiring.share_left IS 'remaining / allotment; NULL without a number of terms.';
COMMENT ON COLUMN expiring.left_band IS
'share_left in words: no terms, empty, up to a quarter, up to a half, more than half.';
COMMENT ON COLUMN expiring.is_renewed IS
'Whether it has a successor already that is Active or Waiting.';

CREATE VIEW expiry_by_month AS
SELECT month, segment, template_id, template, allocation,
       count(*) FILTER (NOT is_cancelled) AS n,
       count(*) FILTER (NOT is_cancelled AND end_date < as_of) AS ended,
       count(*) FILTER (NOT is_cancelled AND end_date >= as_of) AS running,
       count(*) FILTER (is_cancelled) AS cancelled,
       coalesce(sum(price) FILTER (NOT is_cancelled), 0)::DECIMAL(38, 2) AS price,
       coalesce(sum(annual_value) FILTER (NOT is_cancelled), 0)::DECIMAL(38, 2) AS annual_value,
       coalesce(sum(annual_value) FILTER (is_cancelled), 0)::DECIMAL(38, 2) AS cancelled_value,
       month < run_begins AS is_partial
FROM (
    SELECT *, is_cancelled(ended_by) AS is_cancelled, as_of, run_begins,
           month_of(end_date) AS month
    FROM entitlement_facts CROSS JOIN metric_parameters
    WHERE covered_from <= end_date AND effective_end >= run_begins AND NOT is_open_ended
)
GROUP BY ALL
ORDER BY month, segment, template_id;

COMMENT ON VIEW expiry_by_month IS
'Entitlements by the month of their end date, those that have ended and those still to come. '
'Cancelled ones do not expire and are counted apart; drafts that never were activated are left out, '
'and so is what ended or was cancelled before the run, and what has no end.';
COMMENT ON COLUMN expiry_by_month.month IS 'First day of the month of the end date.';
COMMENT ON COLUMN expiry_by_month.n IS 'Entitlements that end in the month: ended + running.';
COMMENT ON COLUMN expiry_by_month.ended IS 'Of these, over at the close of as_of: one whose last day is as_of is still running.';
COMMENT ON COLUMN expiry_by_month.running IS 'Of these, still to come, as_of included.';
COMMENT ON COLUMN expiry_by_month.cancelled IS 'Cancelled before an end date in the month.';
COMMENT ON COLUMN expiry_by_month.price IS 'Price of those that end.';
COMMENT ON COLUMN expiry_by_month.annual_value IS 'Annual value of those that end.';
COMMENT ON COLUMN expiry_by_month.is_partial IS
'Whether the run begins within the month: what ended earlier in it is left out.';
COMMENT ON COLUMN expiry_by_month.cancelled_value IS 'Annual value of the cancelled ones.';

CREATE VIEW expiry_wall AS
WITH daily_ends AS (
    SELECT end_date, count(*) AS n, sum(annual_value) AS annual_value
    FROM expiring
    WHERE in_base
    GROUP BY end_date
),
calendar AS (
    SELECT unnest(generate_series(as_of, last_end, INTERVAL 1 DAY))::DATE AS window_start, wall_days
    FROM metric_parameters CROSS JOIN (SELECT max(end_date) AS last_end FROM daily_ends)
),
windows AS (
    SELECT window_start, (window_start + wall_days - 1)::DATE AS window_end,
           coalesce(sum(n), 0)::BIGINT AS n,
           coalesce(sum(annual_value), 0)::DECIMAL(38, 2) AS annual_value
    FROM calendar
    LEFT JOIN daily_ends ON end_date BETWEEN window_start AND window_start + wall_days - 1
    GROUP BY ALL
),
total AS (
    SELECT coalesce(sum(annual_value), 0)::DECIMAL(38, 2) AS total_value FROM expiring
)
SELECT window_start, window_end, n, annual_value, total_value,
       annual_value / nullif(total_value, 0) AS share,
       total_value > 0 AND row_number() OVER (ORDER BY annual_value DESC, window_start) = 1
           AS is_wall,
       base
FROM windows CROSS JOIN total CROSS JOIN metric_parameters
ORDER BY window_start;

COMMENT ON VIEW expiry_wall IS
'Share of the annual value of all Active and Waiting entitlements that ends in the 30 days '
'(metric_parameters.wall_days) from window_start on, for every day from as_of to the last end. The '
'wall is the greatest of them, the earliest where several are equal: WHERE is_wall.';
COMMENT ON COLUMN expiry_wall.window_start IS 'First day of the window.';
COMMENT ON COLUMN expiry_wall.window_end IS 'Last day of the window.';
COMMENT ON COLUMN expiry_wall.n IS
'Entitlements that end in the window: paying ones, or all where nothing has a price.';
COMMENT ON COLUMN expiry_wall.annual_value IS 'Annual value of those that end in the window.';
COMMENT ON COLUMN expiry_wall.total_value IS 'Annual value of all Active and Waiting ones.';
COMMENT ON COLUMN expiry_wall.share IS 'annual_value / total_value.';
COMMENT ON COLUMN expiry_wall.is_wall IS 'Whether this window holds the most.';
