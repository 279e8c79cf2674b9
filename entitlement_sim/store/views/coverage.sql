-- reads: entitlements, metric_parameters, transitions
CREATE VIEW covered_periods AS
SELECT entitlement_id, customer_id, greatest(first_day, run_begins) AS first_day, last_day,
       (last_day - greatest(first_day, run_begins) + 1)::INTEGER AS covered_days
FROM active_periods(transitions) AS active
JOIN entitlements USING (entitlement_id)
CROSS JOIN metric_parameters
WHERE last_day >= run_begins;

COMMENT ON VIEW covered_periods IS
'Days of the run on which entitlements were Active at the close of the day, from the transitions: '
'one row for each unbroken stretch, from the first day of the run on. An amendment that leaves an entitlement in Draft overnight breaks it.';
COMMENT ON COLUMN covered_periods.first_day IS
'First day of the stretch, at least the first of the run.';
COMMENT ON COLUMN covered_periods.last_day IS 'Last day of the stretch, at most as_of.';
COMMENT ON COLUMN covered_periods.covered_days IS 'Length of the stretch.';

CREATE VIEW covered_customers AS
SELECT customer_id, min(first_day) AS first_day, max(last_day) AS last_day,
       (max(last_day) - min(first_day) + 1)::INTEGER AS covered_days
FROM stretches(covered_periods, customer_id)
GROUP BY customer_id, stretch;

COMMENT ON VIEW covered_customers IS
'Days of the run on which a customer held at least one Active entitlement: one row for each unbroken stretch, '
'covered_periods of all its entitlements laid over each other.';
COMMENT ON COLUMN covered_customers.first_day IS
'First day of the stretch, at least the first of the run.';
COMMENT ON COLUMN covered_customers.last_day IS 'Last day of the stretch, at most as_of.';
COMMENT ON COLUMN covered_customers.covered_days IS 'Length of the stretch.';
