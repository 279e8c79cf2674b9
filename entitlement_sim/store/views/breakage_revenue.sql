-- reads: templates, customers, entitlements, balances, ledger, ledger_totals, metric_parameters, breakage_of_balances, terms_at_closes
CREATE VIEW expected_breakage AS
SELECT month, month_end, template_id, template, allocation, n, breakage, allotment, is_supported,
       CASE WHEN n >= least_ended THEN breakage / nullif(allotment, 0) END AS breakage_rate,
       is_cut(month) AS is_partial
FROM estimates() CROSS JOIN metric_parameters
WHERE NOT is_opening
ORDER BY month, template_id;

COMMENT ON VIEW expected_breakage IS
'Breakage rate of each template as it could be estimated at the close of each month: sum of '
'breakage / sum of allotment over all its entitlements that had expired by then. NULL, and not '
'supported, before metric_parameters.least_ended of them have. What ended before the run counts only '
'from metric_parameters.estimates_from on, if somebody who knows that the record of it is complete sets '
'that to an earlier day.';
COMMENT ON COLUMN expected_breakage.month IS 'First day of the month.';
COMMENT ON COLUMN expected_breakage.month_end IS 'Last day of the month, at most as_of.';
COMMENT ON COLUMN expected_breakage.n IS 'Entitlements that had expired by the end of the month.';
COMMENT ON COLUMN expected_breakage.breakage IS 'Terms that they left unused.';
COMMENT ON COLUMN expected_breakage.allotment IS 'Terms that they held.';
COMMENT ON COLUMN expected_breakage.is_supported IS
'Whether enough have expired for the estimate to be used.';
COMMENT ON COLUMN expected_breakage.breakage_rate IS 'breakage / allotment.';

CREATE VIEW revenue_by_entitlement AS
WITH held AS MATERIALIZED (
    SELECT *, close_number(opens_on) AS opens_in, close_number(closes_on) AS closes_in
    FROM billed_prices() LEFT JOIN customers USING (customer_id) CROSS JOIN metric_parameters
),
spine AS (
    SELECT held.*, number, month, month_end, is_opening, is_supported AND NOT is_unlimited AS is_supported,
           in_hundredths(expected.breakage) AS unused_100,
           in_hundredths(expected.allotment) AS ended_100, month_end >= closes_on AS is_closed
    FROM held
    JOIN estimates() AS expected USING (template_id)
    WHERE number >= opens_in AND number <= closes_in
),
known AS (
    SELECT spine.*, coalesce(used_100, 0) AS used_100, coalesce(allotment_100, 0) AS allotment_100,
           coalesce(lapsed_100, 0) AS lapsed_100,
           least(month_end - start_date + 1, term_days)::HUGEINT AS days_over
    FROM spine
    LEFT JOIN terms_paid_for() AS terms
        ON terms.entitlement_id = spine.entitlement_id
        AND terms.top_up_id IS NOT DISTINCT FROM spine.top_up_id AND spine.number >= terms.number
        AND spine.number < coalesce(terms.next_number, spine.number + 1)
),
to_date AS (
    SELECT *,
           CASE WHEN is_closed THEN price_100 - refunded_100
                ELSE earned(price_100, days_over, term_days) END AS stand_ready,
           CASE WHEN is_closed THEN price_100 - refunded_100
                ELSE earned_by_expected_use(
                    price_100, used_100, allotment_100, is_supported, ended_100, unused_100
                ) END AS proportional,
           CASE WHEN is_closed THEN price_100 - refunded_100
                ELSE earned_by_use(price_100, used_100 + lapsed_100, allotment_100) END AS remote
    FROM known
),
chosen AS (
    SELECT * REPLACE (
               CASE WHEN is_unlimited THEN stand_ready ELSE proportional END AS proportional,
               CASE WHEN is_unlimited THEN stand_ready ELSE remote END AS remote
           )
    FROM to_date
),
-- What each price adds in the month.
of_prices AS NOT MATERIALIZED (
    SELECT *, proportional - coalesce(lag(proportional) OVER of_price, 0) AS by_contract,
           remote - coalesce(lag(remote) OVER of_price, 0) AS by_remote,
           stand_ready - coalesce(lag(stand_ready) OVER of_price, 0) AS by_days
    FROM chosen
    WINDOW of_price AS (PARTITION BY entitlement_id, top_up_id ORDER BY number)
    QUALIFY NOT is_opening
),
-- Few entitlements are topped up: their prices are added to that of the contract.
of_top_ups AS (
    SELECT entitlement_id, number, sum(by_contract) AS by_contract, sum(by_remote) AS by_remote,
           sum(by_days) AS by_days
    FROM of_prices
    WHERE top_up_id IS NOT NULL
    GROUP BY ALL
)
SELECT entitlement_id, customer_id, segment, template_id, template, allocation, month,
       is_unlimited, is_supported, is_closed,
       from_hundredths(of_prices.by_contract + coalesce(of_top_ups.by_contract, 0))
           AS proportional_by_contract,
       from_hundredths(of_prices.by_remote + coalesce(of_top_ups.by_remote, 0)) AS remote,
       from_hundredths(of_prices.by_days + coalesce(of_top_ups.by_days, 0)) AS stand_ready,
       proportional_by_contract AS proportional, is_cut(month) AS is_partial
FROM of_prices LEFT JOIN of_top_ups USING (entitlement_id, number)
WHERE top_up_id IS NULL
ORDER BY entitlement_id, month;

COMMENT ON VIEW revenue_by_entitlement IS
'When the price of each entitlement and of its top-ups becomes revenue; one row an entitlement and month '
'from its start '
'(or first activation, if that is later: no revenue before the bill) to its effective end. Revenue to '
'date is reckoned at the close of the month, rounded to the hundredth, and the month gets the '
'difference, so the months of an ended entitlement add up to its price and those of its top-ups, less what was '
'refunded, exactly. What was earned before the run is in none of them. proportional_by_contract: '
'price x min(1, U / (A (1 - b))) with b of expected_breakage at the close of that month, a new '
'estimate catching up at once; where none is supported, as remote. remote: price x min(1, U / A). Both '
'take the rest in the month of the end. Of an allowance A is what the whole term promises, U leaves out '
'what was used beyond it and settled, and by the remote method what a period lets lapse is earned when '
'the period closes. A top-up is a price of its own beside that: by its own days, its own terms and what '
'was used of these, with the b of the entitlement''s template. stand_ready: a straight line over the days of the term; used '
'for all where no number of terms is held. What is not refunded of a cancelled one becomes revenue on '
'the day of the cancellation. After ASC 606-10-55-46 to 49 and IFRS 15 B44 to B47.';
COMMENT ON COLUMN revenue_by_entitlement.month IS 'First day of the month.';
COMMENT ON COLUMN revenue_by_entitlement.is_supported IS
'Whether expected breakage was used by the proportional method.';
COMMENT ON COLUMN revenue_by_entitlement.is_closed IS 'Whether it ended in the month.';
COMMENT ON COLUMN revenue_by_entitlement.proportional_by_contract IS
'Revenue of the month with breakage recognised in proportion to the use of this contract.';
COMMENT ON COLUMN revenue_by_entitlement.proportional IS
'The same as proportional_by_contract, by its name in 0.1.';
COMMENT ON COLUMN revenue_by_entitlement.remote IS
'Revenue of the month with breakage recognised at the end.';
COMMENT ON COLUMN revenue_by_entitlement.stand_ready IS
'Revenue of the month on a straight line over the term.';

CREATE VIEW breakage_revenue AS
-- What closes in the month and what is open at its close, less what was open a month before.
SELECT month, template_id, template, allocation, n::BIGINT AS n, closed::BIGINT AS closed,
       is_supported, is_supported AND NOT lag(is_estimated) OVER of_template AS is_first_supported,
       total_from_hundredths(closing + by_contract - lag(by_contract) OVER of_template)
           AS proportional_by_contract,
       total_from_hundredths(closing + by_portfolio - lag(by_portfolio) OVER of_template)
           AS proportional_by_portfolio,
       total_from_hundredths(closing + remote - lag(remote) OVER of_template) AS remote,
       total_from_hundredths(closing + stand_ready - lag(stand_ready) OVER of_template) AS stand_ready,
       (proportional_by_portfolio - proportional_by_contract)::DECIMAL(38, 2)
           AS portfolio_less_contract,
       proportional_by_contract AS proportional, is_cut(month) AS is_partial
FROM revenue_to_date() CROSS JOIN metric_parameters
WINDOW of_template AS (PARTITION BY template_id ORDER BY number)
QUALIFY n > 0 AND NOT is_opening
ORDER BY month, template_id;

COMMENT ON VIEW breakage_revenue IS
'Revenue by month and template: the methods of revenue_by_entitlement, summed exactly, and the '
'proportional one by portfolio. Of the contracts of a template that run at the close of a month, this '
'has recognised P x min(1, sum U / (sum A (1 - b))), P being the sum of their prices: b is a rate of '
'all of them, so it is met by the use of all of them (ASC 606-10-10-4), and one that nobody uses earns '
'along with the others, as use beyond an allotment does. By contract such a one earns nothing until it '
'ends. Over entitlements that have ended, all methods add up to the same. In the month in which an '
'estimate of breakage is supported for the first time (is_first_supported), all contracts that run are '
'caught up with it at once, whatever they have used before: a peak that is no business of that month. '
'That comes in the first months of a run even where it has a past, because what ended before it is '
'only there in part; where the record of that is complete, metric_parameters.estimates_from gives '
'the estimate from the opening on, and the peak is gone.';
COMMENT ON COLUMN breakage_revenue.month IS 'First day of the month.';
COMMENT ON COLUMN breakage_revenue.n IS 'Entitlements with revenue in the month, or open in it.';
COMMENT ON COLUMN breakage_revenue.closed IS 'Of these, ended in the month.';
COMMENT ON COLUMN breakage_revenue.is_supported IS
'Whether expected breakage was used by the proportional methods.';
COMMENT ON COLUMN breakage_revenue.is_first_supported IS
'Whether it was used for the first time, so that what runs is caught up with it in this month.';
COMMENT ON COLUMN breakage_revenue.proportional_by_contract IS
'Revenue with breakage recognised in proportion to the use of each contract.';
COMMENT ON COLUMN breakage_revenue.proportional_by_portfolio IS
'Revenue with breakage recognised in proportion to the use of all contracts of the template. Negative '
'where contracts that were used much end and those that stay were used less.';
COMMENT ON COLUMN breakage_revenue.portfolio_less_contract IS
'proportional_by_portfolio - proportional_by_contract: how far the two readings are apart.';
COMMENT ON COLUMN breakage_revenue.remote IS 'Revenue with breakage recognised at the end.';
COMMENT ON COLUMN breakage_revenue.stand_ready IS 'Revenue on a straight line over the terms.';
COMMENT ON COLUMN breakage_revenue.proportional IS
'The same as proportional_by_contract, by its name in 0.1.';
