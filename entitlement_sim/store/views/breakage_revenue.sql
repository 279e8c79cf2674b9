-- reads: templates, ledger, breakage_by_entitlement, entitlement_facts, metric_parameters
CREATE VIEW expected_breakage AS
WITH ended AS (
    SELECT template_id, month_of(effective_end + 1) AS month, count(*) AS n,
           sum(breakage) AS breakage, sum(allotment) AS allotment
    FROM breakage_by_entitlement
    WHERE ended_by = 'expiry' AND allotment > 0
    GROUP BY ALL
),
to_date AS (
    SELECT months.month, month_end, template_id, templates.template, templates.allocation,
           (sum(coalesce(n, 0)) OVER known)::BIGINT AS n,
           (sum(coalesce(breakage, 0)) OVER known)::DECIMAL(38, 2) AS breakage,
           (sum(coalesce(allotment, 0)) OVER known)::DECIMAL(38, 2) AS allotment
    FROM months() AS months CROSS JOIN templates
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
    FROM priced_terms()
),
spine AS (
    SELECT held.*, month, month_end, is_supported AND NOT is_unlimited AS is_supported,
           in_hundredths(breakage) AS unused_100, in_hundredths(allotment) AS ended_100,
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
           in_hundredths(coalesce(sum(used) OVER so_far, 0)) AS used_100,
           in_hundredths(coalesce(sum(allotment) OVER so_far, 0)) AS allotment_100
    FROM moves
    WINDOW so_far AS (PARTITION BY entitlement_id ORDER BY day)
),
known AS (
    SELECT spine.*, coalesce(used_100, 0) AS used_100, coalesce(allotment_100, 0) AS allotment_100,
           least(month_end - start_date + 1, term_days)::HUGEINT AS days_over
    FROM spine
    ASOF LEFT JOIN running
        ON running.entitlement_id = spine.entitlement_id AND spine.month_end >= running.day
),
to_date AS (
    SELECT *,
           CASE WHEN is_closed THEN price_100
                ELSE earned(price_100, days_over, term_days) END AS stand_ready,
           CASE WHEN is_closed THEN price_100
                ELSE earned_by_expected_use(
                    price_100, used_100, allotment_100, is_supported, ended_100, unused_100
                ) END AS proportional,
           CASE WHEN is_closed THEN price_100
                ELSE earned_by_use(price_100, used_100, allotment_100) END AS remote
    FROM known
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
       from_hundredths(proportional - coalesce(lag(proportional) OVER earlier, 0)) AS proportional,
       from_hundredths(remote - coalesce(lag(remote) OVER earlier, 0)) AS remote,
       from_hundredths(stand_ready - coalesce(lag(stand_ready) OVER earlier, 0)) AS stand_ready
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
WITH held AS MATERIALIZED (
    SELECT entitlement_id, template_id, is_unlimited, start_date, term_days, price_100, closes_on,
           month_of(opens_on) AS opens_in,
           CASE WHEN closes_on <= as_of THEN month_of(closes_on) END AS closes_in
    FROM priced_terms() CROSS JOIN metric_parameters
),
expected AS MATERIALIZED (
    SELECT template_id, month, month_number(month) AS number, month_end, is_supported,
           in_hundredths(breakage) AS unused_100, in_hundredths(allotment) AS ended_100
    FROM expected_breakage
),
-- By the calendar: entitlements with the same dates and price are reckoned once.
alike AS (
    SELECT * EXCLUDE (entitlement_id), count(*) AS n FROM held GROUP BY ALL
),
by_calendar AS (
    SELECT template_id, month, sum(n) AS n, sum(n) FILTER (is_closed) AS closed,
           bool_or(is_supported AND NOT is_unlimited) AS is_supported,
           sum(n * price_100) FILTER (is_closed) AS closing,
           sum(n * stand_ready) FILTER (NOT is_closed) AS open_stand_ready,
           sum(n * stand_ready) FILTER (NOT is_closed AND is_unlimited) AS open_unlimited
    FROM (
        SELECT template_id, month, n, is_supported, is_unlimited, price_100,
               coalesce(month = closes_in, FALSE) AS is_closed,
               earned(
                   price_100, least(month_end - start_date + 1, term_days)::HUGEINT, term_days
               ) AS stand_ready
        FROM alike JOIN expected USING (template_id)
        WHERE month >= opens_in AND month <= closes_on
    )
    GROUP BY ALL
),
-- By use: from a month in which terms move to the next one the totals stand still.
moves AS (
    SELECT entitlement_id, month_number(happened_at) AS number, sum(amount) AS moved,
           sum(CASE WHEN is_use(reason) THEN 0 ELSE amount END) AS put_in
    FROM ledger
    WHERE amount <> 0 AND (is_use(reason) OR puts_in(reason))
    GROUP BY ALL
),
totals AS (
    SELECT entitlement_id, number, lead(number) OVER so_far AS next_number,
           sum(used_100) OVER so_far AS used_100, sum(allotment_100) OVER so_far AS allotment_100
    FROM (
        SELECT entitlement_id, number, (put_in * 100)::BIGINT AS allotment_100,
               ((put_in - moved) * 100)::BIGINT AS used_100
        FROM moves
    )
    WINDOW so_far AS (PARTITION BY entitlement_id ORDER BY number)
),
steps AS (
    SELECT template_id, price_100, used_100, allotment_100, count(*) AS n,
           greatest(number, month_number(opens_in), month_number(run_begins)) AS from_number,
           least(next_number, month_number(closes_in), month_number(as_of) + 1) AS until_number
    FROM totals JOIN held USING (entitlement_id) CROSS JOIN metric_parameters
    WHERE NOT is_unlimited AND used_100 > 0
    GROUP BY ALL  -- those that hold and have used the same are reckoned once
),
by_use AS (
    SELECT template_id, month,
           sum(n * earned_by_expected_use(
               price_100, used_100, allotment_100, is_supported, ended_100, unused_100
           )) AS open_proportional,
           sum(n * remote) AS open_remote
    FROM (
        SELECT * EXCLUDE (from_number, until_number),
               earned_by_use(price_100, used_100, allotment_100) AS remote,
               unnest(range(from_number, until_number)) AS number
        FROM steps
    )
    JOIN expected USING (template_id, number)
    GROUP BY ALL
),
to_date AS (
    SELECT template_id, month, n, closed, by_calendar.is_supported, coalesce(closing, 0) AS closing,
           coalesce(open_stand_ready, 0) AS stand_ready,
           coalesce(open_proportional, 0) + coalesce(open_unlimited, 0) AS proportional,
           coalesce(open_remote, 0) + coalesce(open_unlimited, 0) AS remote
    FROM expected
    LEFT JOIN by_calendar USING (template_id, month)
    LEFT JOIN by_use USING (template_id, month)
)
-- What closes in the month and what is open at its close, less what was open a month before.
SELECT month, template_id, templates.template, templates.allocation, n::BIGINT AS n,
       coalesce(closed, 0)::BIGINT AS closed, is_supported,
       total_from_hundredths(closing + proportional - coalesce(lag(proportional) OVER earlier, 0))
           AS proportional,
       total_from_hundredths(closing + remote - coalesce(lag(remote) OVER earlier, 0)) AS remote,
       total_from_hundredths(closing + stand_ready - coalesce(lag(stand_ready) OVER earlier, 0))
           AS stand_ready
FROM to_date JOIN templates USING (template_id)
WINDOW earlier AS (PARTITION BY template_id ORDER BY month)
QUALIFY n > 0
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
