-- reads: templates, customers, entitlements, balances, ledger, metric_parameters
CREATE VIEW overage_by_period AS
WITH settled AS (
    -- What is settled as a period closes is written on the day after; later, when it is used.
    SELECT balance_id,
           CASE WHEN happened_at::DATE = ends + 1 THEN ends ELSE happened_at::DATE END::DATE AS closed_on,
           (sum(amount) FILTER (is_billed_over(reason)))::DECIMAL(18, 2) AS billed,
           (sum(amount) FILTER (NOT is_billed_over(reason)))::DECIMAL(18, 2) AS forgiven
    FROM ledger JOIN balances USING (balance_id)
    WHERE is_settled(reason) AND kind <> 'channel'
    GROUP BY ALL
)
SELECT entitlement_id, balance_id, customer_id, segment, template_id, template,
       entitlements.allocation, balances.starts, balances.ends, closed_on,
       month_of(closed_on) AS month, coalesce(billed, 0)::DECIMAL(18, 2) AS billed,
       coalesce(forgiven, 0)::DECIMAL(18, 2) AS forgiven, agreed.overage_price,
       total_from_hundredths(half_up(
           in_hundredths(coalesce(billed, 0)) * in_hundredths(coalesce(agreed.overage_price, 0)), 100
       )) AS amount
FROM settled
JOIN balances USING (balance_id)
JOIN entitlements USING (entitlement_id)
JOIN (
    SELECT entitlement_id, template,
           CASE WHEN kept IS NULL THEN overage_price
                ELSE (kept ->> 'overage_price')::DECIMAL(18, 2) END AS overage_price
    FROM (
        SELECT entitlement_id, template, overage_price, offer_kept(keeps, template_id) AS kept
        FROM entitlements_as_offered() AS sold
        JOIN templates USING (template_id) CROSS JOIN metric_parameters
    )
) AS agreed USING (entitlement_id)
LEFT JOIN customers USING (customer_id)
CROSS JOIN metric_parameters
WHERE closed_on >= run_begins
ORDER BY closed_on, balance_id;

COMMENT ON VIEW overage_by_period IS
'What was used beyond all that a period had and settled as it closed, by entitlement and period; of an '
'entitlement without an allowance at its end. amount = billed x price of a unit, rounded to the '
'hundredth. What becomes of it is up to the template: billed, forgiven, or carried into the next period, '
'which is in neither. After usage beyond what is included, as billed in arrears by contracts; it is no '
'recurring revenue.';
COMMENT ON COLUMN overage_by_period.balance_id IS 'The balance that went below zero.';
COMMENT ON COLUMN overage_by_period.starts IS 'First day of the period.';
COMMENT ON COLUMN overage_by_period.ends IS 'Last day of the period.';
COMMENT ON COLUMN overage_by_period.closed_on IS
'Day on which it was known: the last one of the period, the one of a cancellation, or, of what was used '
'after both, that on which it was used.';
COMMENT ON COLUMN overage_by_period.month IS 'First day of the month of closed_on.';
COMMENT ON COLUMN overage_by_period.billed IS 'Terms that are billed.';
COMMENT ON COLUMN overage_by_period.forgiven IS
'Terms that nobody pays: free ones, those above the limit, and those that are forgiven.';
COMMENT ON COLUMN overage_by_period.overage_price IS
'Price of a case or hour beyond all that there is, as it was when the contract was sold; NULL where '
'none is billed.';
COMMENT ON COLUMN overage_by_period.amount IS 'What is billed.';

CREATE VIEW overage AS
SELECT month, template_id, template, allocation, count(*) AS n,
       sum(billed)::DECIMAL(38, 2) AS billed, sum(forgiven)::DECIMAL(38, 2) AS forgiven,
       sum(amount)::DECIMAL(38, 2) AS amount, is_cut(month) AS is_partial
FROM overage_by_period CROSS JOIN metric_parameters
GROUP BY ALL
ORDER BY month, template_id;

COMMENT ON VIEW overage IS
'Overage by the month in which its period closed, and by template: the sums of overage_by_period. It is '
'billed apart from the prices of contracts and in none of their revenue.';
COMMENT ON COLUMN overage.month IS 'First day of the month.';
COMMENT ON COLUMN overage.n IS 'Periods in which more was used than there was.';
COMMENT ON COLUMN overage.billed IS 'Terms that are billed.';
COMMENT ON COLUMN overage.forgiven IS 'Terms that nobody pays.';
COMMENT ON COLUMN overage.amount IS 'What is billed: terms x price of a unit.';
