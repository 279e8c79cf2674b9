-- reads: templates, entitlements, balances, ledger, ledger_totals, metric_parameters, breakage_of_balances, terms_at_closes
CREATE VIEW contract_liability AS
WITH stocks AS (
    SELECT number, month, is_opening, template_id, template, allocation,
           unnest(['proportional_by_contract', 'proportional_by_portfolio', 'remote', 'stand_ready'])
               AS method,
           billed, refunded, closing,
           unnest([by_contract, by_portfolio, remote, stand_ready]) AS to_date,
           unclosed - to_date AS liability, is_supported, is_estimated
    FROM revenue_to_date()
),
flows AS (
    SELECT *, closing + to_date - lag(to_date) OVER of_method AS revenue,
           lag(liability) OVER of_method AS opening,
           starts_with(method, 'proportional') AND is_supported AND NOT lag(is_estimated) OVER of_method
               AS is_first_supported
    FROM stocks
    WINDOW of_method AS (PARTITION BY template_id, method ORDER BY number)
)
SELECT month, template_id, template, allocation, method,
       total_from_hundredths(opening) AS opening,
       total_from_hundredths(billed) AS billed,
       total_from_hundredths(revenue) AS revenue,
       total_from_hundredths(refunded) AS refunded,
       0::DECIMAL(38, 2) AS remitted,
       total_from_hundredths(liability) AS closing, is_first_supported,
       is_cut(month) AS is_partial
FROM flows CROSS JOIN metric_parameters
WHERE NOT is_opening AND (opening <> 0 OR billed <> 0 OR revenue <> 0 OR liability <> 0)
ORDER BY month, template_id, method;

COMMENT ON VIEW contract_liability IS
'What customers have paid for and the business still owes, by month, template and method of '
'recognising revenue (those of breakage_revenue): opening + billed - revenue - refunded - remitted = '
'closing, to the hundredth (ASC 606-10-50-8 to 10). closing is reckoned apart, as the prices of all '
'contracts and top-ups that are billed and not over, less what of them has become revenue; Waiting '
'contracts are in it whole. A top-up stands under the template of the contract that it is added to. What '
'was billed before the run stands in the opening of its first month.';
COMMENT ON COLUMN contract_liability.method IS
'proportional_by_contract, proportional_by_portfolio, remote or stand_ready.';
COMMENT ON COLUMN contract_liability.opening IS
'Owed before the first day of the month, or of the run within it.';
COMMENT ON COLUMN contract_liability.billed IS
'Prices of the contracts first activated in the month, also of those that begin later, and of the '
'top-ups bought in it.';
COMMENT ON COLUMN contract_liability.revenue IS
'Revenue of the month; what is not refunded of a cancelled contract among it, be it cancelled before '
'it began.';
COMMENT ON COLUMN contract_liability.refunded IS
'Given back at cancellations, by the refund of each template.';
COMMENT ON COLUMN contract_liability.remitted IS
'Paid over by the law on unclaimed property: 0, since no run says what such a law takes '
'(metrics.revenue reckons with it).';
COMMENT ON COLUMN contract_liability.closing IS
'Owed at the close of the month, or of the run within it.';
COMMENT ON COLUMN contract_liability.is_first_supported IS
'Whether an estimate of breakage was used for the first time, so that what runs is caught up with it '
'in this month.';
