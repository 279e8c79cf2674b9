-- reads: run, cases, ledger, entitlement_facts
CREATE VIEW blocked_demand AS
WITH gate AS (
    -- A balance below this shuts the gate.
    SELECT CASE WHEN coalesce((rule_switches ->> 'gate_literal_below_zero') = 'true', FALSE)
                THEN 0.00 ELSE 0.01 END::DECIMAL(18, 2) AS opens_from
    FROM run
),
refused AS (
    -- Of several entitlements that refuse one arrival, the first counts.
    SELECT case_id, arg_min(ledger.entitlement_id, ledger.rowid) AS entitlement_id,
           arg_min(balance, ledger.rowid) AS balance
    FROM ledger JOIN cases USING (case_id)
    WHERE is_refusal(reason) AND rule = 'G1' AND happened_at = created_at
    GROUP BY case_id
),
unrestricted AS (
    SELECT entitlement_id FROM entitlement_facts WHERE NOT restrict AND NOT is_unlimited
),
-- Balances just before each case arrives, in the order of a day: of one minute what gives back
-- comes before what takes, then by case.
timeline AS (
    SELECT entitlement_id, happened_at AS moment, is_consumption(reason)::INTEGER AS takes,
           coalesce(case_id, -1) AS case_id, 1 AS arrives, balance,
           origin, origin_balance
    FROM ledger JOIN unrestricted USING (entitlement_id)
    UNION ALL
    SELECT entitlement_id, created_at, 1, case_id, 0, NULL, origin, NULL
    FROM cases JOIN unrestricted USING (entitlement_id)
    WHERE outcome = 'covered' AND decrement
),
open_gates AS (
    SELECT case_id, arrives,
           last_value(balance IGNORE NULLS) OVER (
               PARTITION BY entitlement_id ORDER BY moment, takes, case_id, arrives
               ROWS UNBOUNDED PRECEDING
           ) AS balance,
           last_value(origin_balance IGNORE NULLS) OVER (
               PARTITION BY entitlement_id, origin ORDER BY moment, takes, case_id, arrives
               ROWS UNBOUNDED PRECEDING
           ) AS origin_balance
    FROM timeline
),
would_be AS (
    SELECT case_id, balance < opens_from AS by_whole
    FROM open_gates CROSS JOIN gate
    WHERE arrives = 0 AND (balance < opens_from OR coalesce(origin_balance < opens_from, FALSE))
),
arrivals AS (
    SELECT coalesce(refused.entitlement_id, cases.entitlement_id) AS entitlement_id,
           cases.origin, cases.outcome, refused.case_id IS NOT NULL AS was_refused,
           refused.balance < opens_from AS whole_empty,
           would_be.case_id IS NOT NULL AS would_be_refused,
           coalesce(would_be.by_whole, FALSE) AS whole_would_be_empty
    FROM cases
    LEFT JOIN refused USING (case_id)
    LEFT JOIN would_be ON would_be.case_id = cases.case_id AND refused.case_id IS NULL
    CROSS JOIN gate
    WHERE refused.case_id IS NOT NULL OR cases.outcome = 'covered'
)
SELECT template_id, template, allocation, restrict, origin, count(*) AS n,
       count(*) FILTER (was_refused) AS blocked,
       count(*) FILTER (was_refused AND whole_empty) AS blocked_by_whole,
       count(*) FILTER (was_refused AND NOT whole_empty) AS blocked_by_channel,
       count(*) FILTER (was_refused AND outcome = 'turned_away') AS turned_away,
       count(*) FILTER (was_refused AND outcome = 'uncovered') AS worked_uncovered,
       count(*) FILTER (was_refused AND outcome = 'covered') AS covered_by_another,
       count(*) FILTER (would_be_refused) AS would_be_blocked,
       count(*) FILTER (would_be_refused AND whole_would_be_empty) AS would_be_blocked_by_whole,
       count(*) FILTER (would_be_refused AND NOT whole_would_be_empty)
           AS would_be_blocked_by_channel,
       count(*) FILTER (was_refused) / count(*) AS blocked_share,
       count(*) FILTER (would_be_refused) / count(*) AS would_be_blocked_share
FROM arrivals JOIN entitlement_facts USING (entitlement_id)
GROUP BY ALL
ORDER BY template_id, restrict, origin;

COMMENT ON VIEW blocked_demand IS
'Cases that an entitlement refused because no terms were left, on the whole or on the channel, by '
'the template that refused and by origin. A case counts once, at its arrival and with the first '
'entitlement that refused it, however many it tried. Where nothing restricts, would_be_blocked '
'counts the covered cases, refused by nobody, that found the balance (before they took anything '
'themselves) used up. '
'From ledger rows with reason refused and rule G1.';
COMMENT ON COLUMN blocked_demand.n IS
'Arrivals that asked for the template: covered by it or refused by it first.';
COMMENT ON COLUMN blocked_demand.blocked IS 'Of these, refused for want of terms.';
COMMENT ON COLUMN blocked_demand.blocked_by_whole IS 'Blocked because nothing was left at all.';
COMMENT ON COLUMN blocked_demand.blocked_by_channel IS
'Blocked because nothing was left on the channel, though something on the whole.';
COMMENT ON COLUMN blocked_demand.turned_away IS 'Blocked, and not worked.';
COMMENT ON COLUMN blocked_demand.worked_uncovered IS 'Blocked, and worked without an entitlement.';
COMMENT ON COLUMN blocked_demand.covered_by_another IS
'Blocked by this template and then covered by another entitlement.';
COMMENT ON COLUMN blocked_demand.would_be_blocked IS
'Covered, and would have been refused if the entitlement restricted cases.';
COMMENT ON COLUMN blocked_demand.would_be_blocked_by_whole IS
'Of these, because nothing was left at all.';
COMMENT ON COLUMN blocked_demand.would_be_blocked_by_channel IS
'Of these, because nothing was left on the channel.';
COMMENT ON COLUMN blocked_demand.blocked_share IS 'blocked / n.';
COMMENT ON COLUMN blocked_demand.would_be_blocked_share IS 'would_be_blocked / n.';
