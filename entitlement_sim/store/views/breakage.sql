-- reads: templates, customers, entitlements, balances, ledger, ledger_totals, metric_parameters, breakage_of_balances, breakage_of_balances_by_month
CREATE VIEW breakage_by_entitlement AS
SELECT ended.* EXCLUDE (has_one_balance)
FROM unused_terms() AS ended CROSS JOIN metric_parameters
WHERE effective_end >= run_begins
ORDER BY entitlement_id;

COMMENT ON VIEW breakage_by_entitlement IS
'What was left unused at the effective end of each entitlement that ended in the run, which it has '
'from the day after its last one: breakage = max(0, '
'allotment - used by then - rolled out), valued at price / allotment. Top-ups are part of the '
'allotment; terms rolled into another period are not lost. Cases resolved after the end still take '
'terms and lower breakage_restated. Entitlements without a number of terms are left out. After ASC 606-10-55-46 '
'to 49.';
COMMENT ON COLUMN breakage_by_entitlement.ended_by IS 'expiry or cancellation.';
COMMENT ON COLUMN breakage_by_entitlement.month IS 'First day of the month of the effective end.';
COMMENT ON COLUMN breakage_by_entitlement.used IS 'Net use up to and with the effective end.';
COMMENT ON COLUMN breakage_by_entitlement.rolled_out IS 'Terms carried into another period.';
COMMENT ON COLUMN breakage_by_entitlement.breakage IS 'Terms left unused.';
COMMENT ON COLUMN breakage_by_entitlement.breakage_rate IS 'breakage / allotment.';
COMMENT ON COLUMN breakage_by_entitlement.utilisation IS 'used / allotment at the effective end.';
COMMENT ON COLUMN breakage_by_entitlement.ran_dry IS
'Whether nothing was left unused at the effective end.';
COMMENT ON COLUMN breakage_by_entitlement.used_after_end IS
'Net use after the effective end, by cases that were covered before.';
COMMENT ON COLUMN breakage_by_entitlement.breakage_restated IS
'breakage less what was used after the end, as known at the close of the run.';
COMMENT ON COLUMN breakage_by_entitlement.breakage_value IS
'breakage x price / allotment, rounded to the hundredth.';
COMMENT ON COLUMN breakage_by_entitlement.refunded IS
'Given back at the cancellation, by the refund of the template, of its price and those of its top-ups.';
COMMENT ON COLUMN breakage_by_entitlement.top_up_price IS 'Prices of its top-ups, beside price.';
COMMENT ON COLUMN breakage_by_entitlement.unrefunded_value IS
'What of breakage_value the customer did not get back: breakage_value - refunded, at least 0.';

CREATE VIEW breakage AS
WITH ended AS (
    SELECT month, template_id, template, allocation, ended_by, 1 AS n,
           (breakage > 0)::INTEGER AS with_breakage, breakage, allotment, used, rolled_out,
           breakage_restated, price, breakage_value, refunded, unrefunded_value
    FROM unused_terms() CROSS JOIN metric_parameters
    WHERE has_one_balance AND effective_end >= run_begins
    UNION ALL
    SELECT month, template_id, template, allocation, ended_by, n, with_breakage, breakage,
           allotment, used, rolled_out, breakage, price, breakage_value, refunded, unrefunded_value
    FROM breakage_of_balances_by_month
)
SELECT month, template_id, template, allocation, ended_by, sum(n)::BIGINT AS n,
       sum(with_breakage)::BIGINT AS with_breakage,
       sum(breakage)::DECIMAL(38, 2) AS breakage,
       sum(allotment)::DECIMAL(38, 2) AS allotment,
       sum(breakage) / nullif(sum(allotment), 0) AS breakage_rate,
       sum(used)::DECIMAL(38, 2) AS used,
       sum(rolled_out)::DECIMAL(38, 2) AS rolled_out,
       sum(used + rolled_out + breakage - allotment)::DECIMAL(38, 2) AS over_units,
       sum(breakage_restated)::DECIMAL(38, 2) AS breakage_restated,
       sum(price)::DECIMAL(38, 2) AS price,
       coalesce(sum(breakage_value), 0)::DECIMAL(38, 2) AS breakage_value,
       sum(refunded)::DECIMAL(38, 2) AS refunded,
       coalesce(sum(unrefunded_value), 0)::DECIMAL(38, 2) AS unrefunded_value,
       is_cut(month) AS is_partial
FROM ended CROSS JOIN metric_parameters
GROUP BY ALL
ORDER BY month, template_id, ended_by;

COMMENT ON VIEW breakage IS
'Breakage of the entitlements whose effective end fell in a month, by template and by how they '
'ended; of those with several balances, such as the grants of an allowance, of each balance in the month '
'of its own end (breakage_by_period): breakage_rate = sum of breakage / sum of allotment. Cancelled ones stand in rows of their '
'own, because what they leave may have been refunded, by the refund of their template. allotment + over_units = used + rolled_out + '
'breakage, exactly.';
COMMENT ON COLUMN breakage.n IS
'Entitlements, or balances, that ended: the denominator of shares. What was carried over counts with the '
'balance that it comes from.';
COMMENT ON COLUMN breakage.month IS 'First day of the month of the effective end.';
COMMENT ON COLUMN breakage.ended_by IS 'expiry or cancellation.';
COMMENT ON COLUMN breakage.with_breakage IS 'Of these, with something left unused.';
COMMENT ON COLUMN breakage.breakage IS 'Terms left unused: the numerator.';
COMMENT ON COLUMN breakage.allotment IS 'Terms held: the denominator.';
COMMENT ON COLUMN breakage.breakage_rate IS 'breakage / allotment.';
COMMENT ON COLUMN breakage.used IS 'Net use up to and with the effective ends.';
COMMENT ON COLUMN breakage.rolled_out IS 'Terms carried into another period.';
COMMENT ON COLUMN breakage.over_units IS 'Terms used beyond the allotment.';
COMMENT ON COLUMN breakage.breakage_restated IS
'breakage less what was used after the end, as known at the close of the run.';
COMMENT ON COLUMN breakage.price IS 'Price of the whole terms.';
COMMENT ON COLUMN breakage.breakage_value IS 'breakage x price / allotment of each entitlement.';
COMMENT ON COLUMN breakage.refunded IS 'Given back at the cancellations.';
COMMENT ON COLUMN breakage.unrefunded_value IS
'What of breakage_value the customers did not get back, each at least 0.';
