-- reads: entitlements, metric_parameters, state_periods
CREATE VIEW covered_periods AS
SELECT entitlement_id, customer_id, begins AS first_day,
       least(coalesce(ends - 1, as_of), as_of)::DATE AS last_day,
       (least(coalesce(ends - 1, as_of), as_of) - begins + 1)::INTEGER AS covered_days
FROM state_periods
JOIN entitlements USING (entitlement_id)
CROSS JOIN metric_parameters
WHERE state_periods.state = 'active' AND begins <= as_of;

COMMENT ON VIEW covered_periods IS
'Days on which entitlements were Active at the close of the day, from the transitions: one row for '
'each unbroken stretch. An amendment that leaves an entitlement in Draft overnight breaks it.';
COMMENT ON COLUMN covered_periods.first_day IS 'First day of the stretch.';
COMMENT ON COLUMN covered_periods.last_day IS 'Last day of the stretch, at most as_of.';
COMMENT ON COLUMN covered_periods.covered_days IS 'Length of the stretch.';

CREATE VIEW covered_customers AS
SELECT customer_id, min(first_day) AS first_day, max(last_day) AS last_day,
       (max(last_day) - min(first_day) + 1)::INTEGER AS covered_days
FROM stretches(covered_periods, customer_id)
GROUP BY customer_id, stretch;

COMMENT ON VIEW covered_customers IS
'Days on which a customer held at least one Active entitlement: one row for each unbroken stretch, '
'covered_periods of all its entitlements laid over each other.';
COMMENT ON COLUMN covered_customers.first_day IS 'First day of the stretch.';
COMMENT ON COLUMN covered_customers.last_day IS 'Last day of the stretch, at most as_of.';
COMMENT ON COLUMN covered_customers.covered_days IS 'Length of the stretch.';
