-- reads: cases, metric_parameters
CREATE VIEW arrived_cases AS
SELECT cases.*
FROM cases CROSS JOIN metric_parameters
WHERE created_at >= run_begins;

COMMENT ON VIEW arrived_cases IS
'Cases that were created in the run: those of table cases without the ones from before, of which it '
'only has what the rest of the run names or what was still open.';
COMMENT ON COLUMN arrived_cases.case_id IS 'The case.';
COMMENT ON COLUMN arrived_cases.product_id IS 'The product that it is about; NULL where none is named.';
COMMENT ON COLUMN arrived_cases.created_at IS 'When it came in.';
COMMENT ON COLUMN arrived_cases.responded_at IS 'When it was first answered; NULL where it was not.';
COMMENT ON COLUMN arrived_cases.resolved_at IS 'When it was resolved, for good so far; NULL where it is not.';
COMMENT ON COLUMN arrived_cases.cancelled_at IS 'When it was cancelled; NULL where it is not.';
