-- reads: run, entitlements
CREATE VIEW metric_parameters AS
SELECT start_date AS run_begins,
       (start_date + days - 1)::DATE AS as_of,
       coalesce(getvariable('grace_days')::INTEGER, 90) AS grace_days,
       coalesce(getvariable('booking_days')::INTEGER, 1) AS booking_days,
       coalesce(getvariable('successors')::VARCHAR,
                CASE WHEN source = 'imported' AND NOT EXISTS (
                    FROM entitlements WHERE predecessor_id IS NOT NULL
                ) THEN 'template' ELSE 'linked' END) AS successors,
       coalesce(getvariable('cohort_grain')::VARCHAR, 'quarter') AS cohort_grain,
       coalesce(getvariable('rate_window_days')::INTEGER, 90) AS rate_window_days,
       coalesce(getvariable('least_exposure_days')::INTEGER, 30) AS least_exposure_days,
       coalesce(getvariable('least_elapsed_share')::DOUBLE, 0.05) AS least_elapsed_share,
       coalesce(getvariable('wall_days')::INTEGER, 30) AS wall_days,
       coalesce(getvariable('move_tolerance')::DECIMAL(9, 4), 0.01)::DECIMAL(9, 4)
           AS move_tolerance,
       coalesce(getvariable('least_ended')::INTEGER, 30) AS least_ended,
       coalesce(getvariable('estimates_from')::DATE, start_date) AS estimates_from,
       coalesce(getvariable('base')::VARCHAR, CASE WHEN EXISTS (
           FROM entitlements WHERE price > 0
       ) THEN 'paying' ELSE 'all' END) AS base,
       30.4375::DECIMAL(9, 4) AS days_a_month,
       offered_before -> 'templates' AS kept_offers,
       (offered_before ->> 'until')::DATE AS kept_until,
       NOT coalesce((offered_before ->> 'renewed')::BOOLEAN, TRUE) AS kept_at_renewal
FROM run;

COMMENT ON VIEW metric_parameters IS
'One row: what the metrics of this run are reckoned with. Every column but run_begins, as_of, '
'days_a_month and those that begin with kept follows a variable of its name, so that SET VARIABLE '
'grace_days = 60 changes all views of the connection, and RESET VARIABLE grace_days brings the '
'default back.';
COMMENT ON COLUMN metric_parameters.run_begins IS 'First day of the run.';
COMMENT ON COLUMN metric_parameters.as_of IS
'Last day of the run: metrics tell what is known at its close.';
COMMENT ON COLUMN metric_parameters.grace_days IS
'Days after the end within which a renewal is late and not a win-back. What fell due less long ago '
'and is not renewed is immature.';
COMMENT ON COLUMN metric_parameters.booking_days IS
'Days after the end by which a renewal must be booked to be on time. 1, because an entitlement can '
'only be renewed once it has ended.';
COMMENT ON COLUMN metric_parameters.successors IS
'What renews an entitlement: linked (one that names it as its predecessor) or template (also one '
'that names nobody: of the same customer and template, and begun after it). By default linked; '
'template in a run that was imported from records of which none says what it renews.';
COMMENT ON COLUMN metric_parameters.cohort_grain IS
'Length of a cohort of first starts: month, quarter or year.';
COMMENT ON COLUMN metric_parameters.rate_window_days IS
'Days up to as_of over which present consumption is measured.';
COMMENT ON COLUMN metric_parameters.least_exposure_days IS
'Fewer covered days than these make a consumption rate short.';
COMMENT ON COLUMN metric_parameters.least_elapsed_share IS
'Share of the term that must have elapsed before a pace is given.';
COMMENT ON COLUMN metric_parameters.wall_days IS 'Length of the window of the expiry wall.';
COMMENT ON COLUMN metric_parameters.move_tolerance IS
'Share by which a renewal may differ from what it renews and still count as flat.';
COMMENT ON COLUMN metric_parameters.least_ended IS
'Expired entitlements of a template that support an estimate of its breakage.';
COMMENT ON COLUMN metric_parameters.estimates_from IS
'First day from which what ended counts in an estimate: by default the first of the run, because of '
'what ended before a run holds only what the rest needs. Where the record is complete from an earlier '
'day on, that day may be set.';
COMMENT ON COLUMN metric_parameters.base IS
'Which contracts and customers count where their number, renewal or staying is told: paying (price '
'above 0, or unknown) or, where nothing has a price, all.';
COMMENT ON COLUMN metric_parameters.days_a_month IS 'Mean length of a month, 365.25 / 12 days.';
COMMENT ON COLUMN metric_parameters.kept_offers IS
'By the number of a template, what contracts from before the run, or a revision, keep of it where '
'the template says otherwise today: refund, overage_price, is_unlimited, is_open_ended; NULL where '
'nothing differs.';
COMMENT ON COLUMN metric_parameters.kept_until IS
'Contracts that were made before this day keep it; NULL where nothing differs.';
COMMENT ON COLUMN metric_parameters.kept_at_renewal IS
'Whether what renews them keeps it, too: where a revision is for new sales alone.';
