-- reads: templates, ledger, breakage_by_entitlement, entitlement_facts, metric_parameters
CREATE VIEW expected_breakage AS
WITH months AS (
    SELECT month::DATE AS month, least(last_day(month::DATE), as_of) AS month_end
    FROM metric_parameters,
         unnest(generate_series(date_trunc('month', run_begins), as_of, INTERVAL 1 MONTH)) AS _(month)
),
ended AS (
    SELECT template_id, month, count(*) AS n, sum(breakage) AS breakage, sum(allotment) AS allotment
    FROM breakage_by_entitlement
    WHERE ended_by = 'expiry' AND allotment > 0
    GROUP BY ALL
),
to_date AS (
    SELECT months.month, month_end, template_id, templates.template, templates.allocation,
           (sum(coalesce(n, 0)) OVER known)::BIGINT AS n,
           (sum(coalesce(breakage, 0)) OVER known)::DECIMAL(18, 2) AS breakage,
           (sum(coalesce(allotment, 0)) OVER known)::DECIMAL(18, 2) AS allotment
    FROM months CROSS JOIN templates
    LEFT JOIN ended USING (month, template_id)
    WINDOW known AS (PARTITION BY template_id ORDER BY months.month)
)
SELECT month, month_end, template_id, template, allocation, n, breakage, allotment,
       n >= least_ended AND allotment > 0 AS is_supported,
       CASE WHEN n >= least_ended THEN breakage / nullif(allotment, 0) END AS breakage_rate
FROM to_date CROSS JOIN metric_parameters
ORDER BY month, template_id;

COMMENT ON VIEW expected_breakage IS
'Breakage rate of each template as it could be estimated at the close of each month: sum of '
'breakage / sum of allotment over all its entitlements that had expired by then. NULL, and not '
'supported, before metric_parameters.least_ended of them have.';
COMMENT ON COLUMN expected_breakage.month IS 'First day of the month.';
COMMENT ON COLUMN expected_breakage.month_end IS 'Last day of the month, at most as_of.';
COMMENT ON COLUMN expected_breakage.n IS 'Entitlements that had expired by the end of the month.';
COMMENT ON COLUMN expected_breakage.breakage IS 'Terms that they left unused.';
COMMENT ON COLUMN expected_breakage.allotment IS 'Terms that they held.';
COMMENT ON COLUMN expected_breakage.is_supported IS
'Whether enough have expired for the estimate to be used.';
COMMENT ON COLUMN expected_breakage.breakage_rate IS 'breakage / allotment.';

CREATE VIEW revenue_by_entitlement AS
WITH held AS (
    SELECT entitlement_id, customer_id, segment, template_id, template, allocation, is_unlimited,
           start_date, term_days, price, in_hundredths(price) AS price_100,
           CASE WHEN is_cancelled(ended_by) THEN effective_end + 1 ELSE end_date END::DATE
               AS closes_on,
           greatest(start_date, created_on) AS opens_on
    FROM entitlement_facts
    WHERE was_in_force
),
spine AS (
    SELECT held.*, month, month_end, is_supported AND NOT is_unlimited AS is_supported,
           in_hundredths(breakage) AS unused_100, in_hundredths(allotment) AS held_100,
           month_end >= closes_on AS is_closed
    FROM held
    JOIN expected_breakage AS expected USING (template_id)
    WHERE month_end >= opens_on AND month <= closes_on
),
moves AS (
    SELECT entitlement_id, greatest(happened_at::DATE, opens_on) AS day,
           -sum(amount) FILTER (is_use(reason)) AS used,
           sum(amount) FILTER (puts_in(reason)) AS allotment
    FROM ledger JOIN held USING (entitlement_id)
    GROUP BY ALL
),
running AS (
    SELECT entitlement_id, day,
           (coalesce(sum(used) OVER so_far, 0) * 100)::HUGEINT AS used_100,
           (coalesce(sum(allotment) OVER so_far, 0) * 100)::HUGEINT AS allotment_100
    FROM moves
    WINDOW so_far AS (PARTITION BY entitlement_id ORDER BY day)
),
known AS (
    SELECT spine.*, coalesce(used_100, 0) AS used_100, coalesce(allotment_100, 0) AS allotment_100
    FROM spine
    ASOF LEFT JOIN running
        ON running.entitlement_id = spine.entitlement_id AND spine.month_end >= running.day
),
rates AS (
    -- Terms that have earned all of the price: A, and A (1 - b), as a fraction of whole numbers.
    SELECT *, allotment_100 AS full_100,
           CASE WHEN is_supported THEN allotment_100 * (held_100 - unused_100) ELSE allotment_100
                END AS expected_top,
           CASE WHEN is_supported THEN held_100 ELSE 1 END AS expected_bottom,
           least(month_end - start_date + 1, term_days)::HUGEINT AS days_over
    FROM known
),
to_date AS (
    SELECT *,
           CASE WHEN is_closed OR days_over >= term_days THEN price_100
                ELSE (2 * price_100 * days_over + term_days) // (2 * term_days) END AS stand_ready,
           CASE WHEN is_closed THEN price_100
                WHEN used_100 <= 0 OR allotment_100 <= 0 THEN 0
                WHEN used_100 * expected_bottom >= expected_top THEN price_100
                ELSE (2 * price_100 * used_100 * expected_bottom + expected_top)
                     // (2 * expected_top) END AS proportional,
           CASE WHEN is_closed THEN price_100
                WHEN used_100 <= 0 OR allotment_100 <= 0 THEN 0
                WHEN used_100 >= full_100 THEN price_100
                ELSE (2 * price_100 * used_100 + full_100) // (2 * full_100) END AS remote
    FROM rates
),
chosen AS (
    SELECT * REPLACE (
               CASE WHEN is_unlimited THEN stand_ready ELSE proportional END AS proportional,
               CASE WHEN is_unlimited THEN stand_ready ELSE remote END AS remote
           )
    FROM to_date
)
SELECT entitlement_id, customer_id, segment, template_id, template, allocation, month,
       is_unlimited, is_supported, is_closed,
       ((proportional - coalesce(lag(proportional) OVER earlier, 0))::DECIMAL(16, 0)
           * 0.01::DECIMAL(2, 2))::DECIMAL(18, 2) AS proportional,
       ((remote - coalesce(lag(remote) OVER earlier, 0))::DECIMAL(16, 0)
           * 0.01::DECIMAL(2, 2))::DECIMAL(18, 2) AS remote,
       ((stand_ready - coalesce(lag(stand_ready) OVER earlier, 0))::DECIMAL(16, 0)
           * 0.01::DECIMAL(2, 2))::DECIMAL(18, 2) AS stand_ready
FROM chosen
WINDOW earlier AS (PARTITION BY entitlement_id ORDER BY month);

COMMENT ON VIEW revenue_by_entitlement IS
'When the price of each entitlement becomes revenue, by three methods; one row an entitlement and '
'month from its start to its effective end. Revenue to date is reckoned at the close of the month, '
'rounded to the hundredth, and the month gets the difference, so the months of an ended entitlement '
'add up to its price exactly. proportional: price x min(1, U / (A (1 - b))) with b of '
'expected_breakage at the close of that month, a new estimate catching up at once; where none is '
'supported, as remote. remote: price x min(1, U / A). Both take the rest in the month of the end. '
'stand_ready: a straight line over the days of the term; used for all three where no number of '
'terms is held. The price of a cancelled one becomes revenue in full on the day of the cancellation '
'(a run holds no refunds). After ASC 606-10-55-46 to 49 and IFRS 15 B44 to B47.';
COMMENT ON COLUMN revenue_by_entitlement.month IS 'First day of the month.';
COMMENT ON COLUMN revenue_by_entitlement.is_supported IS
'Whether expected breakage was used by the proportional method.';
COMMENT ON COLUMN revenue_by_entitlement.is_closed IS 'Whether it ended in the month.';
COMMENT ON COLUMN revenue_by_entitlement.proportional IS
'Revenue of the month with breakage recognised in proportion to use.';
COMMENT ON COLUMN revenue_by_entitlement.remote IS
'Revenue of the month with breakage recognised at the end.';
COMMENT ON COLUMN revenue_by_entitlement.stand_ready IS
'Revenue of the month on a straight line over the term.';

CREATE VIEW breakage_revenue AS
SELECT month, template_id, template, allocation, count(*) AS n,
       count(*) FILTER (is_closed) AS closed, bool_or(is_supported) AS is_supported,
       sum(proportional)::DECIMAL(18, 2) AS proportional,
       sum(remote)::DECIMAL(18, 2) AS remote,
       sum(stand_ready)::DECIMAL(18, 2) AS stand_ready
FROM revenue_by_entitlement
GROUP BY ALL
ORDER BY month, template_id;

COMMENT ON VIEW breakage_revenue IS
'Revenue by month and template under the three methods of revenue_by_entitlement, summed exactly. '
'Over entitlements that have ended, each method adds up to the same total price.';
COMMENT ON COLUMN breakage_revenue.month IS 'First day of the month.';
COMMENT ON COLUMN breakage_revenue.n IS 'Entitlements with revenue in the month, or open in it.';
COMMENT ON COLUMN breakage_revenue.closed IS 'Of these, ended in the month.';
COMMENT ON COLUMN breakage_revenue.is_supported IS
'Whether expected breakage was used by the proportional method.';
COMMENT ON COLUMN breakage_revenue.proportional IS
'Revenue with breakage recognised in proportion to use.';
COMMENT ON COLUMN breakage_revenue.remote IS 'Revenue with breakage recognised at the end.';
COMMENT ON COLUMN breakage_revenue.stand_ready IS 'Revenue on a straight line over the terms.';
