-- reads: contract_liability, metric_parameters
CREATE VIEW deferred AS
SELECT template_id, template, method,
       coalesce(sum(opening) FILTER (is_first_month), 0)::DECIMAL(38, 2) AS opening,
       sum(billed)::DECIMAL(38, 2) AS bookings, sum(revenue)::DECIMAL(38, 2) AS recognised,
       sum(refunded)::DECIMAL(38, 2) AS refunded,
       coalesce(sum(closing) FILTER (is_last_month), 0)::DECIMAL(38, 2) AS deferred
FROM (
    SELECT contract_liability.*, month = month_of(run_begins) AS is_first_month,
           month = month_of(as_of) AS is_last_month
    FROM contract_liability CROSS JOIN metric_parameters
)
GROUP BY ALL
ORDER BY template_id, method;

COMMENT ON VIEW deferred IS
'What is deferred at the end of the run, by template and method of recognising revenue: opening + '
'bookings - recognised - refunded = deferred, to the hundredth. It is the first opening and the last '
'closing of contract_liability, and the sums of its months between them. After ASC 606-10-50-8 to 10.';
COMMENT ON COLUMN deferred.method IS
'proportional_by_contract, proportional_by_portfolio, remote or stand_ready.';
COMMENT ON COLUMN deferred.opening IS 'Paid before the run and not recognised by then.';
COMMENT ON COLUMN deferred.bookings IS 
'Prices of what was first activated in the run, top-ups among them; never revenue.';
COMMENT ON COLUMN deferred.recognised IS 'Prices that became revenue in the run.';
COMMENT ON COLUMN deferred.refunded IS 'Given back at cancellations.';
COMMENT ON COLUMN deferred.deferred IS 'Paid and not recognised by the end of the run.';
