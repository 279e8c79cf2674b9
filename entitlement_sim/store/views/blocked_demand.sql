-- reads: run, templates, customers, entitlements, cases, arrived_cases, ledger
-- reads: ledger_totals, entitlement_channels, metric_parameters
-- Cases from before the run are left out where others are counted: DuckDB takes a filter on them for
-- one that leaves hardly any, and would keep all cases at hand to look up what belongs to them.
CREATE VIEW blocked_demand_by_month AS
WITH held AS MATERIALIZED (
    SELECT entitlement_id, segment, template_id, held.allocation, restrict
    FROM entitlements AS held JOIN customers USING (customer_id)
),
-- Of several entitlements that refuse one arrival, the one that was made first counts.
first_refusals AS (
    SELECT case_id, happened_at, min(entitlement_id) AS entitlement_id,
           arg_min(balance, entitlement_id) AS balance
    FROM ledger
    WHERE is_shut_out(reason, rule)
    GROUP BY ALL
),
refused AS MATERIALIZED (
    SELECT case_id, first_refusals.entitlement_id, balance < opens_from AS whole_empty,
           cases.entitlement_id AS covered_by, cases.origin, outcome,
           month_number(created_at) AS month
    FROM cases JOIN first_refusals USING (case_id)
    CROSS JOIN gate_of_terms() AS gate CROSS JOIN metric_parameters
    WHERE happened_at = created_at AND happened_at >= run_begins
),
never_sold AS MATERIALIZED (FROM terms_never_sold(refused)),
refused_apart AS (
    SELECT refused.*, EXISTS (
               FROM never_sold
               WHERE never_sold.entitlement_id = refused.entitlement_id
                   AND coalesce(never_sold.origin = refused.origin, never_sold.origin IS NULL)
           ) AS is_not_sold
    FROM refused
),
-- The sums of three sources: refused, covered, and of these those that another had refused before.
sums AS (
    SELECT month, segment, template_id, allocation, restrict,
           refused.origin, count(*) AS n, count(*) AS blocked,
           count(*) FILTER (is_not_sold) AS not_sold,
           count(*) FILTER (whole_empty AND NOT is_not_sold) AS blocked_by_whole,
           count(*) FILTER (outcome = 'turned_away') AS turned_away,
           count(*) FILTER (outcome = 'uncovered') AS worked_uncovered,
           count(*) FILTER (outcome = 'covered') AS covered_by_another,
           count(*) FILTER (outcome = 'turned_away' AND NOT is_not_sold) AS used_up_turned_away
    FROM refused_apart AS refused JOIN held USING (entitlement_id)
    GROUP BY ALL
    UNION ALL BY NAME
    SELECT month_number(created_at) AS month, segment, template_id, allocation, restrict,
           cases.origin, count(*) FILTER (created_at >= run_begins) AS n
    FROM cases JOIN held USING (entitlement_id) CROSS JOIN metric_parameters
    WHERE outcome = 'covered'
    GROUP BY ALL
    UNION ALL BY NAME
    SELECT month, segment, template_id, allocation, restrict,
           refused.origin, -count(*) AS n
    FROM refused JOIN held ON held.entitlement_id = covered_by
    WHERE outcome = 'covered'
    GROUP BY ALL
),
counts AS (
    SELECT month, segment, template_id, template, sums.allocation, sums.restrict, origin,
           sum(n)::BIGINT AS n,
           coalesce(sum(blocked), 0)::BIGINT AS blocked,
           coalesce(sum(not_sold), 0)::BIGINT AS not_sold,
           coalesce(sum(blocked_by_whole), 0)::BIGINT AS blocked_by_whole,
           coalesce(sum(turned_away), 0)::BIGINT AS turned_away,
           coalesce(sum(worked_uncovered), 0)::BIGINT AS worked_uncovered,
           coalesce(sum(covered_by_another), 0)::BIGINT AS covered_by_another,
           coalesce(sum(used_up_turned_away), 0)::BIGINT AS used_up_turned_away
    FROM sums JOIN templates USING (template_id)
    GROUP BY ALL
    HAVING sum(n) > 0
)
SELECT month_numbered(month) AS month, segment, template_id, template, allocation, restrict, origin,
       n, unless_imported(blocked, source) AS blocked,
       unless_imported(not_sold, source) AS not_sold,
       unless_imported(blocked - not_sold, source) AS used_up,
       unless_imported(blocked_by_whole, source) AS blocked_by_whole,
       unless_imported(blocked - not_sold - blocked_by_whole, source) AS blocked_by_channel,
       unless_imported(turned_away, source) AS turned_away,
       unless_imported(worked_uncovered, source) AS worked_uncovered,
       unless_imported(covered_by_another, source) AS covered_by_another,
       unless_imported(used_up_turned_away, source) AS used_up_turned_away, arrivals,
       is_cut(month_numbered(month)) AS is_partial
FROM (
    FROM counts
    UNION ALL BY NAME
    SELECT month_number(created_at) AS month, segment, origin,
           count(*) FILTER (created_at >= run_begins) AS arrivals
    FROM cases JOIN customers USING (customer_id) CROSS JOIN metric_parameters
    GROUP BY ALL
    HAVING arrivals > 0
)
CROSS JOIN metric_parameters
CROSS JOIN (SELECT source FROM run)
ORDER BY month, segment, template_id NULLS LAST, restrict, origin;

COMMENT ON VIEW blocked_demand_by_month IS
'The counts of blocked_demand by month of arrival and by segment, and, in rows without a template, '
'all cases that arrived, whether they asked for an entitlement or not. As there, nothing is known of '
'refusals in a run that was imported.';
COMMENT ON COLUMN blocked_demand_by_month.month IS 'First day of the month in which cases arrived.';
COMMENT ON COLUMN blocked_demand_by_month.template IS
'Its name; NULL in the rows that count all arrivals.';
COMMENT ON COLUMN blocked_demand_by_month.n IS
'Arrivals that asked for the template: refused by it as said, or covered by it and refused by none.';
COMMENT ON COLUMN blocked_demand_by_month.blocked IS
'Of these, refused for want of terms: used_up + not_sold.';
COMMENT ON COLUMN blocked_demand_by_month.not_sold IS
'Blocked because no terms were ever sold for them: the channel''s total, or the whole, is 0.';
COMMENT ON COLUMN blocked_demand_by_month.used_up IS
'Blocked because terms were used up: blocked_by_whole + blocked_by_channel.';
COMMENT ON COLUMN blocked_demand_by_month.blocked_by_whole IS
'Of these, because nothing was left at all.';
COMMENT ON COLUMN blocked_demand_by_month.blocked_by_channel IS
'Of these, because nothing was left on the channel, though something on the whole.';
COMMENT ON COLUMN blocked_demand_by_month.turned_away IS 'Blocked, and not worked.';
COMMENT ON COLUMN blocked_demand_by_month.worked_uncovered IS
'Blocked, and worked without an entitlement.';
COMMENT ON COLUMN blocked_demand_by_month.covered_by_another IS
'Blocked by this template and then covered by another entitlement.';
COMMENT ON COLUMN blocked_demand_by_month.used_up_turned_away IS
'Blocked because terms were used up, and not worked.';
COMMENT ON COLUMN blocked_demand_by_month.arrivals IS
'All cases that arrived, in rows without a template; NULL in the others.';

CREATE VIEW blocked_demand AS
WITH counts AS (
    SELECT template_id, template, allocation, restrict, origin, sum(n)::BIGINT AS n,
           sum(blocked)::BIGINT AS blocked, sum(not_sold)::BIGINT AS not_sold,
           sum(used_up)::BIGINT AS used_up,
           sum(blocked_by_whole)::BIGINT AS blocked_by_whole,
           sum(blocked_by_channel)::BIGINT AS blocked_by_channel,
           sum(turned_away)::BIGINT AS turned_away,
           sum(worked_uncovered)::BIGINT AS worked_uncovered,
           sum(covered_by_another)::BIGINT AS covered_by_another,
           sum(used_up_turned_away)::BIGINT AS used_up_turned_away
    FROM blocked_demand_by_month
    WHERE template_id IS NOT NULL
    GROUP BY ALL
),
gate AS (FROM gate_of_terms()),
-- Only from where a balance first shut the gate could an arrival have been blocked.
shut AS (
    SELECT entitlement_id, NULL AS origin, min(happened_at) AS shut_at
    FROM ledger CROSS JOIN gate
    WHERE balance < opens_from
    GROUP BY entitlement_id
    UNION ALL
    SELECT entitlement_id, origin, min(happened_at)
    FROM ledger CROSS JOIN gate
    WHERE origin_balance < opens_from
    GROUP BY entitlement_id, origin
),
unrestricted AS MATERIALIZED (
    SELECT entitlement_id, shut.origin AS of_origin, shut_at
    FROM shut JOIN dated_entitlements() AS dated USING (entitlement_id)
    WHERE NOT restrict AND NOT is_unlimited
),
-- Balances just before each case arrives, in the order of a day: of one minute what gives back
-- comes before what takes, then by case.
timeline AS (
    SELECT entitlement_id, of_origin, happened_at AS moment,
           is_consumption(reason)::INTEGER AS takes, coalesce(case_id, -1) AS case_id, 1 AS arrives,
           NULL AS case_origin,
           CASE WHEN of_origin IS NULL THEN balance ELSE origin_balance END AS balance
    FROM ledger JOIN unrestricted USING (entitlement_id)
    WHERE (of_origin IS NULL OR ledger.origin = of_origin) AND happened_at >= shut_at
    UNION ALL
    SELECT entitlement_id, of_origin, created_at, 1, case_id, 0, arrivals.origin, NULL
    FROM arrived_cases AS arrivals JOIN unrestricted USING (entitlement_id)
    WHERE outcome = 'covered' AND decrement AND created_at >= shut_at
        AND (of_origin IS NULL OR arrivals.origin = of_origin)
),
open_gates AS (
    SELECT case_id, arrives, of_origin, entitlement_id, case_origin, moment,
           last_value(balance IGNORE NULLS) OVER (
               PARTITION BY entitlement_id, of_origin ORDER BY moment, takes, case_id, arrives
               ROWS UNBOUNDED PRECEDING
           ) AS balance
    FROM timeline
),
would_be AS MATERIALIZED (
    SELECT case_id, bool_or(of_origin IS NULL) AS by_whole, any_value(entitlement_id) AS entitlement_id,
           any_value(case_origin) AS origin, any_value(moment) AS created_at
    FROM open_gates CROSS JOIN gate
    WHERE arrives = 0 AND balance < opens_from
    GROUP BY case_id
),
never_sold AS MATERIALIZED (FROM terms_never_sold(would_be)),
would_be_apart AS (
    SELECT template_id, held.restrict, arrivals.origin, count(*) AS would_be_blocked,
           count(*) FILTER (is_not_sold) AS would_be_not_sold,
           count(*) FILTER (by_whole AND NOT is_not_sold) AS would_be_blocked_by_whole
    FROM (
        SELECT would_be.*, EXISTS (
                   FROM never_sold
                   WHERE never_sold.entitlement_id = would_be.entitlement_id
                       AND coalesce(
                           never_sold.origin = would_be.origin, never_sold.origin IS NULL
                       )
               ) AS is_not_sold
        FROM would_be
        ANTI JOIN (
            SELECT case_id, happened_at FROM ledger WHERE is_shut_out(reason, rule)
        ) AS refusals
            ON refusals.case_id = would_be.case_id
            AND refusals.happened_at = would_be.created_at
    ) AS arrivals
    JOIN entitlements AS held USING (entitlement_id)
    GROUP BY ALL
),
together AS (
    SELECT counts.*, coalesce(would_be_blocked, 0)::BIGINT AS would_be_blocked,
           coalesce(would_be_not_sold, 0)::BIGINT AS would_be_not_sold,
           coalesce(would_be_blocked_by_whole, 0)::BIGINT AS would_be_blocked_by_whole
    FROM counts LEFT JOIN would_be_apart
        ON would_be_apart.template_id = counts.template_id
        AND would_be_apart.restrict = counts.restrict
        AND would_be_apart.origin IS NOT DISTINCT FROM counts.origin
)
SELECT template_id, template, allocation, restrict, origin, n, blocked, not_sold, used_up,
       blocked_by_whole, blocked_by_channel, turned_away, worked_uncovered, covered_by_another,
       used_up_turned_away, n - not_sold AS asked_what_is_sold, would_be_blocked,
       would_be_not_sold, would_be_blocked_by_whole,
       would_be_blocked - would_be_not_sold - would_be_blocked_by_whole
           AS would_be_blocked_by_channel,
       blocked / n AS blocked_share, used_up / nullif(n - not_sold, 0) AS used_up_share,
       would_be_blocked / n AS would_be_blocked_share
FROM together
ORDER BY template_id, restrict, origin;

COMMENT ON VIEW blocked_demand IS
'Cases that an entitlement refused for want of terms, by the template that refused and by origin: '
'because its terms were used up, on the whole or on the channel (used_up, of asked_what_is_sold), or '
'because none were ever sold there: a total of 0 on the channel or on the whole (not_sold). A case counts once, at its arrival and with the oldest '
'entitlement that refused it, however many it tried. Where nothing restricts, would_be_blocked '
'counts the covered cases, refused by nobody, that found the balance (before they took anything '
'themselves) used up. Cases that arrived before the run are left out. '
'From ledger rows with reason refused and rule G1. Of a run that was imported, all that is said of '
'refused cases is NULL: no live system records them.';
COMMENT ON COLUMN blocked_demand.n IS
'Arrivals that asked for the template: refused by it as said, or covered by it and refused by none.';
COMMENT ON COLUMN blocked_demand.blocked IS
'Of these, refused for want of terms: used_up + not_sold.';
COMMENT ON COLUMN blocked_demand.not_sold IS
'Blocked because no terms were ever sold for them: the channel''s total, or the whole, is 0.';
COMMENT ON COLUMN blocked_demand.used_up IS
'Blocked because terms were used up: blocked_by_whole + blocked_by_channel.';
COMMENT ON COLUMN blocked_demand.blocked_by_whole IS 'Of these, because nothing was left at all.';
COMMENT ON COLUMN blocked_demand.blocked_by_channel IS
'Of these, because nothing was left on the channel, though something on the whole.';
COMMENT ON COLUMN blocked_demand.turned_away IS 'Blocked, and not worked.';
COMMENT ON COLUMN blocked_demand.worked_uncovered IS 'Blocked, and worked without an entitlement.';
COMMENT ON COLUMN blocked_demand.covered_by_another IS
'Blocked by this template and then covered by another entitlement.';
COMMENT ON COLUMN blocked_demand.used_up_turned_away IS
'Blocked because terms were used up, and not worked.';
COMMENT ON COLUMN blocked_demand.asked_what_is_sold IS
'n - not_sold: arrivals that asked by a channel with terms, the base of used_up_share.';
COMMENT ON COLUMN blocked_demand.would_be_blocked IS
'Covered, and would have been refused if the entitlement restricted cases.';
COMMENT ON COLUMN blocked_demand.would_be_not_sold IS
'Of these, because no terms were ever sold for them.';
COMMENT ON COLUMN blocked_demand.would_be_blocked_by_whole IS
'Of these, because nothing was left at all.';
COMMENT ON COLUMN blocked_demand.would_be_blocked_by_channel IS
'Of these, because nothing was left on the channel.';
COMMENT ON COLUMN blocked_demand.blocked_share IS 'blocked / n.';
COMMENT ON COLUMN blocked_demand.used_up_share IS
'used_up / asked_what_is_sold: of the arrivals that asked for what is sold, those that found its '
'terms used up.';
COMMENT ON COLUMN blocked_demand.would_be_blocked_share IS 'would_be_blocked / n.';
