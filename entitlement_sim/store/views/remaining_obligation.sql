-- reads: templates, entitlements, balances, ledger, ledger_totals, metric_parameters, breakage_of_balances
CREATE VIEW remaining_obligation AS
WITH estimated AS (
    SELECT template_id, is_supported, in_hundredths(breakage) AS unused_100,
           in_hundredths(allotment) AS ended_100
    FROM estimates()
    QUALIFY number = max(number) OVER ()
),
-- What is billed and not over at the close of the run, with what of it has become revenue.
billed AS MATERIALIZED (
    SELECT *, as_of FROM billed_prices() CROSS JOIN metric_parameters WHERE closes_on > as_of
),
top_ups AS MATERIALIZED (
    SELECT balance_id, balance_id AS top_up_id, entitlement_id FROM balances WHERE is_top_up(kind)
),
moved AS (
    SELECT entitlement_id, NULL::BIGINT AS top_up_id,
           CASE WHEN is_put_in_whole THEN put_in END AS allotted,
           coalesce(used, 0) - coalesce(settled, 0) AS used, coalesce(lapsed, 0) AS lapsed
    FROM ledger_totals ANTI JOIN top_ups USING (entitlement_id)
    UNION ALL
    -- Of what is topped up, each price has movements of its own.
    SELECT entitlement_id, top_up_id, sum(amount) FILTER (puts_in(reason)),
           coalesce(-sum(amount) FILTER (
               is_use(reason) OR is_brought_forward(reason) OR is_settled(reason)
           ), 0),
           coalesce(-sum(amount) FILTER (lapses(reason)), 0)
    FROM (FROM ledger SEMI JOIN billed USING (entitlement_id) SEMI JOIN top_ups USING (entitlement_id))
    LEFT JOIN (SELECT balance_id, top_up_id FROM top_ups) USING (balance_id)
    WHERE amount <> 0 OR origin IS NULL  -- channels alone move no term of the whole
    GROUP BY entitlement_id, top_up_id
),
running AS (
    SELECT template_id, template, allocation, is_unlimited, billed.top_up_id IS NULL AS is_contract,
           price_100,
           CASE WHEN NOT is_open_ended THEN end_date END AS end_date,
           greatest(start_date, as_of + 1)::DATE AS first_day, opens_on <= as_of AS is_open,
           is_supported AND NOT is_unlimited AS is_pooled, unused_100, ended_100,
           in_hundredths(
               CASE WHEN promised_terms IS NULL THEN coalesce(used, 0)
                    ELSE least(coalesce(used, 0), allotted - coalesce(lapsed, 0))
               END::DECIMAL(18, 2)
           ) AS used_100,
           in_hundredths(CASE WHEN is_unlimited THEN 0
                              ELSE coalesce(promised_terms, allotted, total_terms, 0)
                         END::DECIMAL(18, 2)) AS allotment_100,
           earned(price_100, (as_of - start_date + 1)::HUGEINT, term_days) AS straight,
           CASE WHEN is_unlimited THEN straight
                ELSE earned_by_use(
                    price_100, used_100 + in_hundredths(coalesce(lapsed, 0)::DECIMAL(18, 2)),
                    allotment_100
                ) END AS by_use,
           CASE WHEN is_unlimited THEN straight
                ELSE earned_by_expected_use(
                    price_100, used_100, allotment_100, is_supported, ended_100, unused_100
                ) END AS by_expected_use
    FROM billed
    JOIN estimated USING (template_id)
    LEFT JOIN moved
        ON moved.entitlement_id = billed.entitlement_id
        AND moved.top_up_id IS NOT DISTINCT FROM billed.top_up_id
),
-- Those with the same days left are reckoned together.
alike AS (
    SELECT template_id, template, allocation, is_unlimited, is_pooled, ended_100, unused_100,
           first_day, end_date, count(*) FILTER (is_contract) AS n,
           sum(price_100) AS price,
           coalesce(sum(price_100) FILTER (is_open), 0) AS open_price,
           coalesce(sum(used_100) FILTER (is_open), 0) AS open_used,
           coalesce(sum(allotment_100) FILTER (is_open), 0) AS open_allotment,
           coalesce(sum(straight) FILTER (is_open), 0) AS stand_ready,
           coalesce(sum(by_use) FILTER (is_open), 0) AS remote,
           coalesce(sum(by_expected_use) FILTER (is_open), 0) AS by_contract
    FROM running
    GROUP BY ALL
),
-- What the portfolio has earned is shared out by price, so that the shares add up to it.
pooled AS (
    SELECT *, sum(open_price) OVER of_all AS all_price, sum(open_price) OVER dated_so_far AS price_so_far,
           sum(open_used) OVER of_all AS all_used, sum(open_allotment) OVER of_all AS all_allotment
    FROM alike
    WINDOW of_all AS (PARTITION BY template_id, is_unlimited),
           dated_so_far AS (PARTITION BY template_id, is_unlimited ORDER BY first_day, end_date)
),
left_over AS (
    SELECT template_id, template, allocation, first_day, end_date, n,
           unnest(['proportional_by_contract', 'proportional_by_portfolio', 'remote', 'stand_ready'])
               AS method,
           price - unnest([by_contract, by_portfolio, remote, stand_ready]) AS amount
    FROM (
        SELECT *, earned_by_all_use(all_price, all_used, all_allotment, ended_100, unused_100)
                   AS all_earned,
                  CASE WHEN is_pooled
                       THEN earned_of_much(all_earned, price_so_far, all_price)
                           - earned_of_much(all_earned, price_so_far - open_price, all_price)
                       ELSE remote END AS by_portfolio
        FROM pooled
    )
),
-- The periods to come: months, and that in which the year is over in two.
ends AS (
    SELECT as_of, (as_of + INTERVAL 1 YEAR)::DATE AS a_year_on,
           unnest(generate_series(last_day(as_of), last_day(until), INTERVAL 1 MONTH))::DATE AS month_end
    FROM metric_parameters CROSS JOIN (SELECT max(end_date) AS until FROM running)
),
periods AS (
    SELECT coalesce(lag(period_end) OVER (ORDER BY period_end), as_of) + 1 AS period_start, period_end,
           period_end <= a_year_on AS is_within_a_year
    FROM (
        SELECT as_of, a_year_on, last_day(month_end) AS period_end FROM ends
        UNION
        SELECT as_of, a_year_on, a_year_on FROM ends
    )
    WHERE period_end > as_of
)
SELECT month_of(period_start) AS month, is_within_a_year, template_id, template, allocation, method,
       sum(n)::BIGINT AS n,
       total_from_hundredths(sum(
           half_up(amount * (least(period_end, end_date) - first_day + 1), end_date - first_day + 1)
           - half_up(amount * greatest(period_start - first_day, 0), end_date - first_day + 1)
       )) AS amount
FROM left_over JOIN periods ON period_start <= end_date AND period_end >= first_day
GROUP BY ALL
UNION ALL
SELECT NULL, FALSE, template_id, template, allocation, method, sum(n)::BIGINT,
       total_from_hundredths(sum(amount))
FROM left_over
WHERE end_date IS NULL
GROUP BY ALL
ORDER BY month, is_within_a_year DESC, template_id, method;

COMMENT ON VIEW remaining_obligation IS
'What of the prices of contracts that are billed and not over is still to become revenue after as_of, '
'and when (ASC 606-10-50-13), top-ups among them: by expected month, template and method. All rows of a template and '
'method add up to the closing of contract_liability in the last month. What a contract has left is '
'expected evenly over the days that it has left, those of a Waiting one from its start on; of '
'contracts with the same days left the sum is divided, to the hundredth. What becomes revenue only '
'at the end, as breakage does by the remote method, may come later than that.';
COMMENT ON COLUMN remaining_obligation.month IS
'First day of the month in which it is expected; NULL where the term has no end.';
COMMENT ON COLUMN remaining_obligation.is_within_a_year IS
'Whether it is expected within twelve months after as_of; the month in which these end has two rows.';
COMMENT ON COLUMN remaining_obligation.method IS
'proportional_by_contract, proportional_by_portfolio, remote or stand_ready.';
COMMENT ON COLUMN remaining_obligation.n IS 'Contracts that run within the period.';
COMMENT ON COLUMN remaining_obligation.amount IS 'Expected to become revenue in the period.';
