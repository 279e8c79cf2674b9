-- reads: run, customers, entitlements, cases, metric_parameters
CREATE VIEW demand_by_account AS
SELECT month_of(created_at) AS month, cases.customer_id, segment, cases.account,
       count(*) AS arrivals,
       count(*) FILTER (outcome = 'covered') AS covered,
       count(held.account) AS covered_by_own,
       count(*) FILTER (outcome = 'uncovered') AS uncovered,
       unless_imported(count(*) FILTER (outcome = 'turned_away'), any_value(source)) AS turned_away,
       unless_imported(count(refusal), any_value(source)) AS refused,
       is_cut(month_of(created_at)) AS is_partial
FROM cases JOIN customers USING (customer_id) CROSS JOIN metric_parameters CROSS JOIN run
LEFT JOIN entitlements AS held USING (entitlement_id)
WHERE created_at >= run_begins AND cases.account IS NOT NULL
GROUP BY ALL
ORDER BY month, customer_id, account;

COMMENT ON VIEW demand_by_account IS
'Cases that arrived by account of their customer and month of creation, and who covers them: an '
'entitlement of the account''s own, or one that serves all accounts. Customers without accounts have '
'no row. Accounts of one customer are not independent: an interval needs the customers.';
COMMENT ON COLUMN demand_by_account.month IS 'First day of the month in which cases were created.';
COMMENT ON COLUMN demand_by_account.account IS 'Number of the account within its customer, from 1.';
COMMENT ON COLUMN demand_by_account.arrivals IS 'Cases created: covered + uncovered + turned_away.';
COMMENT ON COLUMN demand_by_account.covered IS 'Cases covered by an entitlement.';
COMMENT ON COLUMN demand_by_account.covered_by_own IS
'Of these, covered by an entitlement that the account holds itself.';
COMMENT ON COLUMN demand_by_account.uncovered IS 'Cases worked without one.';
COMMENT ON COLUMN demand_by_account.turned_away IS
'Cases not worked; NULL in a run that was imported, since they leave no record.';
COMMENT ON COLUMN demand_by_account.refused IS
'Cases that an entitlement refused, whatever came of it; NULL in a run that was imported.';
