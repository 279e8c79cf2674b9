-- reads: transitions, ledger, entitlement_facts, metric_parameters
CREATE VIEW consumption_rate AS
WITH window_of AS (
    SELECT *, greatest(as_of - rate_window_days + 1, run_begins)::DATE AS window_start
    FROM metric_parameters
),
lives AS MATERIALIZED (
    FROM active_periods(transitions)
),
covered AS (
    SELECT entitlement_id, sum(last_day - first_day + 1)::BIGINT AS lifetime_days,
           sum(greatest(last_day - greatest(first_day, window_start) + 1, 0))::BIGINT
               AS covered_days
    FROM lives CROSS JOIN window_of
    GROUP BY entitlement_id
    HAVING max(last_day) >= any_value(run_begins)
),
taken AS (
    SELECT ledger.entitlement_id, -sum(amount) AS lifetime_used,
           -sum(amount) FILTER (happened_at::DATE >= window_start) AS used
    FROM ledger CROSS JOIN window_of
    JOIN lives AS period
        ON period.entitlement_id = ledger.entitlement_id
        AND happened_at::DATE BETWEEN first_day AND last_day
    WHERE is_use(reason)
    GROUP BY ledger.entitlement_id
)
SELECT entitlement_id, customer_id, segment, template_id, template, allocation, state,
       window_start, coalesce(taken.used, 0)::DECIMAL(18, 2) AS used, covered_days,
       (coalesce(taken.used, 0)::DECIMAL(38, 2) * days_a_month)::DOUBLE
           / nullif(covered_days, 0) AS rate_a_month,
       covered_days < least_exposure_days AS is_short,
       CASE WHEN is_use_known THEN coalesce(lifetime_used, 0) END::DECIMAL(18, 2) AS lifetime_used,
       lifetime_days,
       CASE WHEN is_use_known
            THEN (coalesce(lifetime_used, 0)::DECIMAL(38, 2) * days_a_month)::DOUBLE
                / nullif(lifetime_days, 0) END
           AS lifetime_rate_a_month
FROM covered
JOIN entitlement_facts USING (entitlement_id)
LEFT JOIN taken USING (entitlement_id)
CROSS JOIN window_of
ORDER BY entitlement_id;

COMMENT ON VIEW consumption_rate IS
'Terms used a month of 30.4375 days: net use on covered days / covered days x 30.4375, over the '
'last metric_parameters.rate_window_days days of the run and over the whole life. A day is covered '
'if the entitlement is Active at its close; use on other days (cases resolved after the end) counts '
'in neither. One row for each entitlement that was covered on any day of the run; its whole life '
'goes back to before the run.';
COMMENT ON COLUMN consumption_rate.window_start IS 
'First day of the window, at least the first of the run; it ends with the run.';
COMMENT ON COLUMN consumption_rate.used IS 'Net use on covered days of the window.';
COMMENT ON COLUMN consumption_rate.covered_days IS 'Covered days of the window.';
COMMENT ON COLUMN consumption_rate.rate_a_month IS
'used / covered_days x 30.4375; NULL where no day of the window was covered.';
COMMENT ON COLUMN consumption_rate.is_short IS
'Whether the window holds too few covered days to trust the rate.';
COMMENT ON COLUMN consumption_rate.lifetime_used IS
'Net use on all covered days; NULL where it is not known back to the start.';
COMMENT ON COLUMN consumption_rate.lifetime_days IS 'All covered days.';
COMMENT ON COLUMN consumption_rate.lifetime_rate_a_month IS
'lifetime_used / lifetime_days x 30.4375.';
