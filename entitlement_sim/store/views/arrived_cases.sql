-- reads: cases, metric_parameters
CREATE VIEW arrived_cases AS
SELECT cases.*
FROM cases CROSS JOIN metric_parameters
WHERE created_at >= run_begins;

COMMENT ON VIEW arrived_cases IS
'Cases that were created in the run: those of table cases without the ones from before, of which it '
'only has what the rest of the run names or what was still open.';
