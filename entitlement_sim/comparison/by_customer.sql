-- What a comparison adds up: a row for each customer and template (NULL where it concerns none), from
-- the same rows as the views, in whole numbers, amounts in hundredths. Macros of the views stand for
-- what they share; they read the two views that are kept here while it runs.
WITH
metric_parameters AS MATERIALIZED (FROM metric_parameters),
entitlement_facts AS MATERIALIZED (FROM entitlement_facts),
successors AS MATERIALIZED (FROM successors),
arrived AS MATERIALIZED (
    SELECT arrived_cases.*, templates.template_id, held.restrict
    FROM arrived_cases
    LEFT JOIN entitlements AS held USING (entitlement_id)
    LEFT JOIN templates USING (template_id)
),
came AS (
    SELECT customer_id, NULL::INTEGER AS template_id, count(*) AS cases,
           count(*) FILTER (outcome = 'covered') AS covered,
           count(*) FILTER (outcome = 'turned_away') AS turned_away,
           sum(billable_minutes) AS minutes
    FROM arrived
    GROUP BY ALL
),
billed_before AS (
    SELECT cases.customer_id, NULL::INTEGER AS template_id,
           sum(reactivations.billable_minutes) AS minutes
    FROM reactivations JOIN cases USING (case_id) CROSS JOIN metric_parameters CROSS JOIN run
    WHERE from_state = 'resolved' AND created_at >= run_begins
        AND (rule_switches ->> 'exclude_billed_minutes') = 'true'
    GROUP BY ALL
),
service AS (
    SELECT customer_id, template_id, count(sla_met) AS decided,
           count(*) FILTER (sla_met) AS service_kept
    FROM arrived
    WHERE sla_due_at IS NOT NULL AND template_id IS NOT NULL
    GROUP BY ALL
),
-- As in blocked_demand: of several that refuse an arrival, the one that was made first counts, and
-- what was refused first and covered by another belongs to the first.
refused AS MATERIALIZED (
    SELECT arrived.customer_id, case_id, min(ledger.entitlement_id) AS entitlement_id,
           any_value(arrived.origin) AS origin, any_value(arrived.entitlement_id) AS covered_by
    FROM ledger JOIN arrived USING (case_id)
    WHERE is_refusal(reason) AND rule = 'G1' AND happened_at = created_at
    GROUP BY ALL
),
never_sold AS MATERIALIZED (FROM terms_never_sold(entitlements)),
refused_used_up AS (
    SELECT refused.customer_id, held.template_id, count(*) AS used_up, count(*) AS asked
    FROM refused JOIN entitlements AS held USING (entitlement_id)
    WHERE held.restrict AND NOT EXISTS (
        FROM never_sold
        WHERE never_sold.entitlement_id = refused.entitlement_id
            AND coalesce(never_sold.origin = refused.origin, never_sold.origin IS NULL)
    )
    GROUP BY ALL
),
covered_at_once AS (
    SELECT customer_id, template_id, count(*) AS asked
    FROM arrived
    WHERE outcome = 'covered' AND restrict AND case_id NOT IN (SELECT case_id FROM refused)
    GROUP BY ALL
),
lapsed AS (
    SELECT customer_id, template_id, count(*) AS expired, count(*) FILTER (ran_dry) AS ran_dry,
           sum(in_hundredths(breakage)) FILTER (allocation = 'cases') AS unused_cases,
           sum(in_hundredths(allotment)) FILTER (allocation = 'cases') AS ended_cases,
           sum(in_hundredths(breakage)) FILTER (allocation = 'hours') AS unused_hours,
           sum(in_hundredths(allotment)) FILTER (allocation = 'hours') AS ended_hours,
           sum(in_hundredths(breakage_value)) AS lapsed_value
    FROM unused_terms() CROSS JOIN metric_parameters
    WHERE ended_by = 'expiry' AND effective_end >= run_begins
    GROUP BY ALL
),
renewed AS (
    SELECT customer_id, template_id, count(*) AS due, count(*) FILTER (counts_as_renewed(class)) AS renewed,
           count(*) FILTER (class = 'on_time') AS on_time,
           sum(in_hundredths(annual_value)) AS due_value,
           sum(in_hundredths(least(value_within_grace, annual_value)))
               FILTER (counts_as_renewed(class)) AS renewed_value
    FROM classed_renewals()
    WHERE is_mature AND in_base
    GROUP BY ALL
),
-- As in retention: the last twelve months, to the end of one, for which every grace is over.
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
stayed AS (
    SELECT customer_id, NULL::INTEGER AS template_id, 1 AS paid, is_there::INTEGER AS paid_later,
           in_hundredths(begin_value) AS begin_value, in_hundredths(end_value) AS end_value,
           in_hundredths(least(begin_value, end_value)) AS retained_value
    FROM (
        SELECT customer_id,
               bool_or(from_day BETWEEN first_day AND last_day) AS was_there,
               bool_or(to_day BETWEEN first_day AND last_day) AS is_there,
               coalesce(sum(annual_value) FILTER (from_day BETWEEN first_day AND last_day), 0) AS begin_value,
               coalesce(sum(annual_value) FILTER (to_day BETWEEN first_day AND last_day), 0) AS end_value
        FROM restated CROSS JOIN year
        GROUP BY customer_id
    )
    WHERE was_there
),
held AS (
    SELECT customer_id, template_id,
           count(*) FILTER (activated_on >= run_begins) AS sold,
           sum(in_hundredths(price)) FILTER (activated_on >= run_begins) AS bookings,
           sum(in_hundredths(annual_value)) FILTER (state = 'active') AS active_value
    FROM entitlement_facts CROSS JOIN metric_parameters
    GROUP BY ALL
),
used AS (
    SELECT customer_id, template_id,
           -sum(in_hundredths(amount)) FILTER (allocation = 'cases') AS used_cases,
           -sum(in_hundredths(amount)) FILTER (allocation = 'hours') AS used_hours
    FROM ledger JOIN entitlements USING (entitlement_id) CROSS JOIN metric_parameters
    WHERE is_use(reason) AND happened_at >= run_begins
    GROUP BY ALL
),
-- As in revenue_by_entitlement, whose months add up to what is earned by the last close less what was
-- by the opening one.
outer_closes AS (
    SELECT template_id, number, month_end, is_opening, is_supported,
           in_hundredths(breakage) AS unused_100, in_hundredths(allotment) AS ended_100
    FROM estimates() CROSS JOIN metric_parameters
    WHERE is_opening OR month_end = as_of
),
earned_to AS (
    SELECT billed.customer_id, billed.template_id, is_opening,
           CASE WHEN closes_on <= month_end THEN price_100 - refunded_100
                WHEN is_unlimited
                THEN earned(price_100, least(month_end - start_date + 1, term_days)::HUGEINT, term_days)
                ELSE earned_by_expected_use(
                    price_100, coalesce(used_100, 0), coalesce(allotment_100, 0), is_supported,
                    ended_100, unused_100
                ) END AS earned
    FROM billed_contracts() AS billed
    JOIN outer_closes USING (template_id)
    CROSS JOIN metric_parameters
    LEFT JOIN terms_so_far(entitlements) AS terms
        ON terms.entitlement_id = billed.entitlement_id AND outer_closes.number >= terms.number
        AND outer_closes.number < coalesce(terms.next_number, outer_closes.number + 1)
    WHERE outer_closes.number >= close_number(opens_on)
),
recognised AS (
    SELECT customer_id, template_id,
           sum(CASE WHEN is_opening THEN -earned ELSE earned END) AS revenue
    FROM earned_to
    GROUP BY ALL
),
added AS (
    SELECT customer_id, template_id,
           coalesce(sum(cases), 0)::BIGINT AS cases,
           coalesce(sum(covered), 0)::BIGINT AS covered,
           coalesce(sum(turned_away), 0)::BIGINT AS turned_away,
           coalesce(sum(minutes), 0)::BIGINT AS minutes,
           coalesce(sum(used_up), 0)::BIGINT AS used_up,
           coalesce(sum(asked), 0)::BIGINT AS asked,
           coalesce(sum(decided), 0)::BIGINT AS decided,
           coalesce(sum(service_kept), 0)::BIGINT AS service_kept,
           coalesce(sum(expired), 0)::BIGINT AS expired,
           coalesce(sum(ran_dry), 0)::BIGINT AS ran_dry,
           coalesce(sum(unused_cases), 0)::BIGINT AS unused_cases,
           coalesce(sum(ended_cases), 0)::BIGINT AS ended_cases,
           coalesce(sum(unused_hours), 0)::BIGINT AS unused_hours,
           coalesce(sum(ended_hours), 0)::BIGINT AS ended_hours,
           coalesce(sum(lapsed_value), 0)::BIGINT AS lapsed_value,
           coalesce(sum(due), 0)::BIGINT AS due,
           coalesce(sum(renewed), 0)::BIGINT AS renewed,
           coalesce(sum(on_time), 0)::BIGINT AS on_time,
           coalesce(sum(due_value), 0)::BIGINT AS due_value,
           coalesce(sum(renewed_value), 0)::BIGINT AS renewed_value,
           coalesce(sum(paid), 0)::BIGINT AS paid,
           coalesce(sum(paid_later), 0)::BIGINT AS paid_later,
           coalesce(sum(begin_value), 0)::BIGINT AS begin_value,
           coalesce(sum(end_value), 0)::BIGINT AS end_value,
           coalesce(sum(retained_value), 0)::BIGINT AS retained_value,
           coalesce(sum(sold), 0)::BIGINT AS sold,
           coalesce(sum(bookings), 0)::BIGINT AS bookings,
           coalesce(sum(active_value), 0)::BIGINT AS active_value,
           coalesce(sum(used_cases), 0)::BIGINT AS used_cases,
           coalesce(sum(used_hours), 0)::BIGINT AS used_hours,
           coalesce(sum(revenue), 0)::BIGINT AS revenue
    FROM (
        FROM came UNION ALL BY NAME FROM billed_before UNION ALL BY NAME FROM service
        UNION ALL BY NAME FROM refused_used_up UNION ALL BY NAME FROM covered_at_once
        UNION ALL BY NAME FROM lapsed UNION ALL BY NAME FROM renewed UNION ALL BY NAME FROM stayed
        UNION ALL BY NAME FROM held UNION ALL BY NAME FROM used UNION ALL BY NAME FROM recognised
    )
    GROUP BY ALL
)
SELECT customer_id, segment, template, added.* EXCLUDE (customer_id, template_id)
FROM added JOIN customers USING (customer_id) LEFT JOIN templates USING (template_id)
ORDER BY customer_id, template_id
