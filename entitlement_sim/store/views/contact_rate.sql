-- reads: customers, cases, covered_customers, metric_parameters
CREATE VIEW contact_rate AS
WITH month_days AS (
    SELECT month, greatest(month, run_begins) AS from_day, month_end AS to_day
    FROM months() AS months CROSS JOIN metric_parameters
),
exposure AS (
    SELECT month, segment, count(DISTINCT customer_id) AS n,
           sum(least(last_day, to_day) - greatest(first_day, from_day) + 1)::BIGINT
               AS covered_customer_days
    FROM covered_customers
    JOIN month_days ON first_day <= to_day AND last_day >= from_day
    JOIN customers USING (customer_id)
    GROUP BY ALL
),
arrivals AS (
    SELECT month_of(created_at) AS month, segment,
           count(*) AS arrivals,
           count(*) FILTER (created_at::DATE <= last_day) AS contacts,
           count(DISTINCT customer_id) FILTER (created_at::DATE <= last_day) AS writers
    FROM cases
    JOIN customers USING (customer_id)
    CROSS JOIN metric_parameters
    ASOF LEFT JOIN covered_customers AS covered
        ON covered.customer_id = cases.customer_id AND cases.created_at >= covered.first_day
    WHERE created_at >= run_begins
    GROUP BY ALL
)
SELECT month, segment, coalesce(n, 0) AS n, coalesce(contacts, 0) AS contacts,
       coalesce(covered_customer_days, 0) AS covered_customer_days,
       coalesce(covered_customer_days, 0) / days_a_month AS covered_customer_months,
       coalesce(contacts, 0) * days_a_month::DOUBLE / nullif(covered_customer_days, 0)
           AS contact_rate,
       coalesce(writers, 0) AS writers, contacts / nullif(writers, 0) AS contacts_per_writer,
       coalesce(arrivals, 0) AS arrivals, is_cut(month) AS is_partial
FROM exposure FULL JOIN arrivals USING (month, segment)
CROSS JOIN metric_parameters
ORDER BY month, segment;

COMMENT ON VIEW contact_rate IS
'Cases a covered customer and month of 30.4375 days: cases that arrived on days on which their '
'customer held an Active entitlement (whatever became of them) / covered customer-days x 30.4375. '
'The denominator is all active customers; contacts_per_writer divides by those who wrote, as some '
'sources do.';
COMMENT ON COLUMN contact_rate.month IS 'First day of the month in which cases were created.';
COMMENT ON COLUMN contact_rate.n IS 'Customers covered on at least one day of the month.';
COMMENT ON COLUMN contact_rate.contacts IS 'Cases created on covered days of their customer.';
COMMENT ON COLUMN contact_rate.covered_customer_days IS
'Days of the month on which customers were covered, added over customers.';
COMMENT ON COLUMN contact_rate.covered_customer_months IS 'covered_customer_days / 30.4375.';
COMMENT ON COLUMN contact_rate.contact_rate IS
'contacts / covered_customer_months; NULL where nobody was covered.';
COMMENT ON COLUMN contact_rate.writers IS 'Covered customers who wrote.';
COMMENT ON COLUMN contact_rate.contacts_per_writer IS 'contacts / writers.';
COMMENT ON COLUMN contact_rate.arrivals IS 'All cases created, on covered days or not.';
