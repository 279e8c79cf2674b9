-- reads: entitlement_facts, metric_parameters
CREATE VIEW pacing AS
WITH running AS (
    SELECT * REPLACE (coalesce(promised_terms, allotment) AS allotment),
           CASE WHEN is_use_known THEN used / coalesce(promised_terms, allotment) END AS utilisation,
            elapsed_days / term_days AS elapsed_share
    FROM entitlement_facts
    WHERE state = 'active' AND was_in_force AND allotment > 0 AND NOT is_open_ended
)
SELECT entitlement_id, customer_id, segment, template_id, template, allocation, start_date,
       end_date, used, allotment, utilisation, elapsed_days, term_days, elapsed_share,
       elapsed_share >= least_elapsed_share AS is_stable,
       CASE WHEN elapsed_share >= least_elapsed_share THEN utilisation / elapsed_share END AS pacing,
       annual_value
FROM running CROSS JOIN metric_parameters
ORDER BY entitlement_id;

COMMENT ON VIEW pacing IS
'Pacing index of each Active entitlement on the last day: (used / allotment) / (elapsed days / days '
'of the term). 1 is even use, above 1 it runs out before it ends. NULL until five per cent of the '
'term are over (metric_parameters.least_elapsed_share), because the first days swing, and where use '
'is not known back to the start. Of an allowance the allotment is what the whole term promises. What '
'has no end has no pace.';
COMMENT ON COLUMN pacing.utilisation IS 'used / allotment: the numerator.';
COMMENT ON COLUMN pacing.elapsed_share IS 'elapsed_days / term_days: the denominator.';
COMMENT ON COLUMN pacing.is_stable IS 'Whether enough of the term is over.';
COMMENT ON COLUMN pacing.pacing IS 'utilisation / elapsed_share.';
