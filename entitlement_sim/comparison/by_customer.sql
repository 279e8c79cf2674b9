-- What a comparison adds up, from the same rows as the views, in whole numbers, amounts in hundredths.
-- The first statements keep what several of the others read. Each of the others gives what customers add
-- to its columns, by template where it concerns one (else NULL). Macros of the views stand for what they
-- share; what is kept takes the place of the views and macros that it was made of. Most of the time goes
-- into planning, so what a run has none of is not asked: such statements say when they are needed.
CREATE TEMP TABLE compared_days AS FROM metric_parameters;

CREATE TEMP TABLE compared_money AS FROM money_parameters;

CREATE TEMP TABLE compared_entitlements AS FROM dated_entitlements();

CREATE TEMP TABLE compared_top_ups AS
WITH metric_parameters AS (FROM compared_days)
FROM billed_top_ups();

CREATE TEMP TABLE compared_successors AS
WITH metric_parameters AS (FROM compared_days)
FROM pairs_of_renewal();

-- Movements as far as macros tell them apart: by reason, before the run or in it, and up to the end of
-- the cover or after it.
CREATE TEMP TABLE compared_moves AS
SELECT entitlement_id, reason, NULL AS origin, min(happened_at) AS happened_at,
       sum(amount) AS amount
FROM ledger
JOIN compared_entitlements USING (entitlement_id)
CROSS JOIN compared_days
WHERE amount <> 0
GROUP BY entitlement_id, reason, happened_at::DATE > effective_end,
         happened_at::DATE - (lapses(reason) OR is_settled(reason))::INTEGER < run_begins;

-- only if: EXISTS (FROM balances WHERE is_one_of_several(kind))
CREATE TEMP TABLE compared_periods AS
FROM breakage_of_balances;

-- only if: NOT EXISTS (FROM balances WHERE is_one_of_several(kind))
CREATE TEMP TABLE compared_periods AS
SELECT entitlement_id, NULL::DATE AS ended_before_run, 0::DECIMAL(18, 2) AS allotment,
       0::DECIMAL(18, 2) AS used,
       0::DECIMAL(18, 2) AS rolled_out, 0::DECIMAL(18, 2) AS breakage,
       0::DECIMAL(18, 2) AS breakage_value
FROM compared_entitlements LIMIT 0;

CREATE TEMP TABLE compared_unused AS
WITH
metric_parameters AS (FROM compared_days),
breakage_of_balances AS (FROM compared_periods),
ledger_totals AS (WITH ledger AS (FROM compared_moves) FROM totals_of_ledger())
FROM unused_terms();

CREATE TEMP TABLE compared_cases AS
SELECT customer_id, entitlement_id, count(*) AS cases,
       count(*) FILTER (outcome = 'covered') AS covered,
       count(*) FILTER (outcome = 'turned_away') AS turned_away,
       count(sla_met) FILTER (sla_due_at IS NOT NULL) AS decided,
       count(*) FILTER (sla_due_at IS NOT NULL AND sla_met) AS service_kept
FROM arrived_cases
GROUP BY ALL;

-- As in blocked_demand: of several that refuse an arrival, the one that was made first counts, and
-- what was refused first and covered by another belongs to the first.
CREATE TEMP TABLE compared_refusals AS
SELECT cases.customer_id, case_id, min(ledger.entitlement_id) AS entitlement_id,
       any_value(cases.origin) AS origin, any_value(outcome) AS outcome,
       any_value(cases.entitlement_id) AS covered_by
FROM ledger
JOIN cases USING (case_id)
CROSS JOIN compared_days
WHERE is_shut_out(reason, rule) AND happened_at = created_at AND created_at >= run_begins
GROUP BY cases.customer_id, case_id;

WITH money_parameters AS (FROM compared_money)
SELECT customer_id, NULL::INTEGER AS template_id, sum(cases)::BIGINT AS cases,
       sum(covered)::BIGINT AS covered, sum(turned_away)::BIGINT AS turned_away,
       if_costs_known(
           -60 * sum(turned_away) * in_hundredths(any_value(turned_away_costs))
       )::BIGINT AS margin
FROM compared_cases CROSS JOIN money_parameters
GROUP BY customer_id, hour_costs;

-- Costs and margins are in sixtieths of a hundredth, so that no minute is rounded.
WITH money_parameters AS (FROM compared_money),
worked AS MATERIALIZED (
    SELECT customer_id, entitlement_id, sum(minutes) AS minutes,
           60 * sum(in_hundredths(cost_of_case(origin))) + sum(minutes) * in_hundredths(hour_costs)
               AS cost,
           if_costs_known(
               60 * count(*) FILTER (outcome = 'uncovered') * in_hundredths(uncovered_case)
               + coalesce(sum(minutes) FILTER (outcome = 'uncovered'), 0)
                   * in_hundredths(uncovered_hour)
           ) AS billed
    FROM cases_worked() CROSS JOIN money_parameters
    GROUP BY customer_id, entitlement_id, hour_costs, uncovered_case, uncovered_hour
)
SELECT worked.customer_id, template_id, sum(minutes)::BIGINT AS minutes,
       sum(cost)::BIGINT AS cost_to_serve, sum(billed)::BIGINT AS uncovered_revenue,
       sum(billed - cost)::BIGINT AS margin
FROM worked LEFT JOIN compared_entitlements USING (entitlement_id)
GROUP BY ALL;

SELECT cases.customer_id, template_id, sum(decided)::BIGINT AS decided,
       sum(service_kept)::BIGINT AS service_kept,
       sum(covered) FILTER (restrict)::BIGINT AS asked
FROM compared_cases AS cases
JOIN compared_entitlements USING (entitlement_id)
GROUP BY ALL;

SELECT refused.customer_id, template_id, count(*) AS used_up, count(*) AS asked
FROM compared_refusals AS refused
JOIN compared_entitlements AS held USING (entitlement_id)
ANTI JOIN terms_never_sold(compared_entitlements) AS never_sold
    ON never_sold.entitlement_id = refused.entitlement_id
    AND coalesce(never_sold.origin = refused.origin, never_sold.origin IS NULL)
WHERE held.restrict
GROUP BY ALL;

SELECT refused.customer_id, template_id, -count(*) AS asked
FROM compared_refusals AS refused
JOIN compared_entitlements AS held ON held.entitlement_id = covered_by
WHERE outcome = 'covered' AND held.restrict
GROUP BY ALL;

SELECT customer_id, template_id, count(*) AS expired, count(*) FILTER (ran_dry) AS ran_dry,
       sum(in_hundredths(breakage)) FILTER (allocation = 'cases')::BIGINT AS unused_cases,
       sum(in_hundredths(allotment)) FILTER (allocation = 'cases')::BIGINT AS ended_cases,
       sum(in_hundredths(breakage)) FILTER (allocation = 'hours')::BIGINT AS unused_hours,
       sum(in_hundredths(allotment)) FILTER (allocation = 'hours')::BIGINT AS ended_hours,
       sum(in_hundredths(breakage_value))::BIGINT AS lapsed_value
FROM compared_unused CROSS JOIN compared_days
WHERE ended_by = 'expiry' AND effective_end >= run_begins
GROUP BY ALL;

WITH
metric_parameters AS (FROM compared_days),
successors AS (FROM compared_successors)
SELECT customer_id, template_id, count(*) AS due,
       count(*) FILTER (counts_as_renewed(class)) AS renewed,
       count(*) FILTER (class = 'on_time') AS on_time,
       sum(in_hundredths(annual_value))::BIGINT AS due_value,
       sum(in_hundredths(least(value_within_grace, annual_value)))
           FILTER (counts_as_renewed(class))::BIGINT AS renewed_value
FROM classed_renewals(successors)
WHERE is_mature AND in_base
GROUP BY ALL;

-- As in retention: the last twelve months, to the end of one, for which every grace is over.
WITH
metric_parameters AS (FROM compared_days),
successors AS (FROM compared_successors),
restated AS MATERIALIZED (
    SELECT customer_id, first_day, last_day, annual_value FROM restated_periods()
),
year AS MATERIALIZED (
    SELECT begins.month_end AS from_day, ends.month_end AS to_day
    FROM months() AS ends
    JOIN months() AS begins
        ON month_number(begins.month) = month_number(ends.month) - 12
    CROSS JOIN metric_parameters
    WHERE ends.month_end = last_day(ends.month) AND grace_is_over(ends.month_end)
        AND EXISTS (FROM restated WHERE begins.month_end BETWEEN first_day AND last_day)
    ORDER BY to_day DESC
    LIMIT 1
),
there AS (
    SELECT customer_id, bool_or(from_day BETWEEN first_day AND last_day) AS was_there,
           bool_or(to_day BETWEEN first_day AND last_day) AS is_there,
           coalesce(sum(annual_value) FILTER (from_day BETWEEN first_day AND last_day), 0) AS begin_value,
           coalesce(sum(annual_value) FILTER (to_day BETWEEN first_day AND last_day), 0) AS end_value
    FROM restated CROSS JOIN year
    GROUP BY customer_id
)
SELECT customer_id, NULL::INTEGER AS template_id, 1::BIGINT AS paid, is_there::BIGINT AS paid_later,
       in_hundredths(begin_value)::BIGINT AS begin_value, in_hundredths(end_value)::BIGINT AS end_value,
       in_hundredths(least(begin_value, end_value))::BIGINT AS retained_value
FROM there
WHERE was_there;

SELECT customer_id, template_id, count(*) FILTER (activated_on >= run_begins) AS sold,
       sum(in_hundredths(price)) FILTER (activated_on >= run_begins)::BIGINT AS bookings,
       sum(in_hundredths(annual_value)) FILTER (state = 'active')::BIGINT AS active_value
FROM compared_entitlements CROSS JOIN compared_days
GROUP BY ALL;

SELECT customer_id, template_id, sum(in_hundredths(price))::BIGINT AS bookings
FROM compared_top_ups CROSS JOIN compared_days
WHERE billed_on >= run_begins
GROUP BY ALL;

SELECT customer_id, template_id,
       -sum(in_hundredths(amount)) FILTER (allocation = 'cases')::BIGINT AS used_cases,
       -sum(in_hundredths(amount)) FILTER (allocation = 'hours')::BIGINT AS used_hours
FROM compared_moves
JOIN compared_entitlements USING (entitlement_id)
CROSS JOIN compared_days
WHERE is_use(reason) AND happened_at >= run_begins
GROUP BY ALL;

-- only if: EXISTS (FROM compared_moves WHERE is_settled(reason))
WITH money_parameters AS (FROM compared_money)
SELECT customer_id, template_id, sum(in_hundredths(amount))::BIGINT AS overage,
       if_costs_known(60 * sum(in_hundredths(amount)))::BIGINT AS margin
FROM overage_by_period CROSS JOIN money_parameters
GROUP BY customer_id, template_id, hour_costs;

-- As in revenue_by_entitlement, whose months add up to what is earned by the last close less what was
-- by the opening one.
-- only if: (SELECT margin_method IS DISTINCT FROM 'straight_line' FROM compared_money)
WITH
metric_parameters AS (FROM compared_days),
money_parameters AS (FROM compared_money),
terms_at_closes AS (WITH ledger AS (FROM compared_moves) FROM terms_so_far()),
recognised AS (
    SELECT customer_id, template_id, sum(CASE margin_method WHEN 'straight_line' THEN straight_line
                                                            WHEN 'remote' THEN remote
                                                            ELSE proportional END) AS revenue
    FROM earned_in_run() CROSS JOIN money_parameters
    GROUP BY ALL
)
SELECT customer_id, template_id, revenue::BIGINT AS revenue,
       if_costs_known(60 * revenue)::BIGINT AS margin
FROM recognised CROSS JOIN money_parameters;

-- The same on a straight line, which hangs neither on what was used nor on what is expected to lapse.
-- only if: (SELECT margin_method = 'straight_line' FROM compared_money)
WITH
metric_parameters AS (FROM compared_days),
money_parameters AS (FROM compared_money),
earned_to AS (
    SELECT customer_id, template_id, price_100 - refunded_100 AS price_to_keep,
           CASE WHEN is_opening THEN -1 ELSE 1 END AS side, closes_on <= month_end AS is_closed,
           earned(price_100, least(month_end - start_date + 1, term_days)::HUGEINT, term_days)
               AS by_days
    FROM billed_prices() CROSS JOIN closes() AS closes CROSS JOIN metric_parameters
    WHERE (is_opening OR month_end = as_of) AND closes.number >= close_number(opens_on)
),
recognised AS (
    SELECT customer_id, template_id,
           sum(side * CASE WHEN is_closed THEN price_to_keep ELSE by_days END) AS revenue
    FROM earned_to
    GROUP BY ALL
)
SELECT customer_id, template_id, revenue::BIGINT AS revenue,
       if_costs_known(60 * revenue)::BIGINT AS margin
FROM recognised CROSS JOIN money_parameters;
