-- reads: run, customers, entitlements, ledger, arrived_cases, work_by_month
-- reads: ledger_totals, entitlement_channels, templates, metric_parameters, money_parameters
CREATE VIEW leakage AS
WITH uncovered AS (
    SELECT month, segment, sum(cases) AS uncovered, sum(minutes)::BIGINT AS minutes,
           sum(cases * cost_of_case(origin)) AS case_cost
    FROM work_by_month CROSS JOIN money_parameters
    WHERE outcome = 'uncovered'
    GROUP BY ALL
),
-- Of several entitlements that refuse one arrival, the one that was made first counts.
refused AS (
    SELECT case_id, min(entitlement_id) AS entitlement_id, any_value(origin) AS origin,
           any_value(created_at) AS created_at
    FROM arrivals_refused()
    WHERE outcome = 'turned_away'
    GROUP BY case_id
),
denied AS (
    SELECT month_of(created_at) AS month, segment, count(*) AS refused,
           sum(CASE WHEN allocation = 'cases' AND total_terms > 0
                    THEN half_up(in_hundredths(price) * 100, in_hundredths(total_terms)) END)
               AS refused_100
    FROM refused JOIN entitlements USING (entitlement_id) JOIN customers USING (customer_id)
    ANTI JOIN terms_never_sold(refused) AS never_sold
        ON never_sold.entitlement_id = refused.entitlement_id
        AND coalesce(never_sold.origin = refused.origin, never_sold.origin IS NULL)
    GROUP BY ALL
),
counts AS (
    SELECT month, segment, coalesce(uncovered, 0)::BIGINT AS uncovered,
           coalesce(minutes, 0)::BIGINT AS minutes, coalesce(case_cost, 0) AS case_cost,
           coalesce(refused, 0)::BIGINT AS refused, coalesce(refused_100, 0) AS refused_100
    FROM uncovered FULL JOIN denied USING (month, segment)
)
SELECT month, segment, uncovered, minutes,
       (total_from_hundredths(by_the_minute(minutes, hour_costs)) + case_cost)::DECIMAL(38, 2)
           AS uncovered_cost,
       if_costs_known(total_from_hundredths(billed_uncovered(uncovered, minutes)))
           AS uncovered_revenue,
       (uncovered_cost - uncovered_revenue)::DECIMAL(38, 2) AS uncovered_loss,
       unless_imported(refused, source) AS refused,
       unless_imported(total_from_hundredths(refused_100), source) AS refused_value,
       is_cut(month) AS is_partial
FROM counts CROSS JOIN metric_parameters CROSS JOIN money_parameters CROSS JOIN run
ORDER BY month, segment;

COMMENT ON VIEW leakage IS
'Service that left by no contract, by segment and the month in which cases came: work done without '
'cover, what it cost (view cost_to_serve) and what was billed for it, and, the other way round, work '
'that was refused though a contract would have covered it, had it had terms left. As a share of cases '
'the first is entitled_share.leakage. Costs are NULL where the run has no money. After the word of service '
'managers: entitlement leakage is service given that no contract entitles to.';
COMMENT ON COLUMN leakage.month IS 'First day of the month in which the cases came.';
COMMENT ON COLUMN leakage.uncovered IS 'Cases worked without cover.';
COMMENT ON COLUMN leakage.minutes IS 'Minutes worked on them.';
COMMENT ON COLUMN leakage.uncovered_cost IS
'minutes x hour_costs / 60 + what a case of each origin costs.';
COMMENT ON COLUMN leakage.uncovered_revenue IS
'Billed for them: cases x uncovered_case + minutes x uncovered_hour / 60.';
COMMENT ON COLUMN leakage.uncovered_loss IS
'uncovered_cost - uncovered_revenue: below 0 where they are billed for more than they cost.';
COMMENT ON COLUMN leakage.refused IS
'Cases turned away that a contract refused for want of terms that it had sold: used_up_turned_away of '
'blocked_demand. NULL in a run that was imported, since they leave no record.';
COMMENT ON COLUMN leakage.refused_value IS
'Of those that a contract in cases refused, the price of a term of it: price / total terms, rounded '
'for each. What hours they would have taken nobody knows. NULL in a run that was imported.';
