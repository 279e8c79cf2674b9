-- reads: retention, successors, covered_periods, entitlements, templates, ledger_totals, metric_parameters
CREATE VIEW retention_without_rises AS
WITH RECURSIVE
dated AS MATERIALIZED (
    SELECT facts.entitlement_id, customer_id, template_id, covered_from, start_date, effective_end,
           annual_value, is_unlimited, coalesce(promised_terms, total_terms) AS terms,
           coalesce(promised_terms, total_terms - coalesce(amended_by, 0)) AS sold_terms
    FROM dated_entitlements() AS facts LEFT JOIN amended_terms() AS amended USING (entitlement_id)
    WHERE in_base AND NOT is_open_ended AND covered_from <= effective_end
),
-- As in restated_periods, by entitlement.
restated AS (
    SELECT dated.*, least(start_date, seamless_start)::DATE AS first_day
    FROM dated
    LEFT JOIN (
        SELECT successor_id AS entitlement_id, min(end_date) + 1 AS seamless_start
        FROM successors
        JOIN entitlements AS old ON old.entitlement_id = successors.entitlement_id
        WHERE is_within_grace AND lag_days > 0 AND NOT is_cancelled(old.ended_by)
        GROUP BY successor_id
    ) USING (entitlement_id)
),
held AS MATERIALIZED (
    SELECT 'as first reported' AS basis, entitlement_id, customer_id, first_day, last_day
    FROM covered_periods SEMI JOIN dated USING (entitlement_id)
    UNION ALL
    SELECT 'restated', entitlement_id, customer_id, first_day, effective_end FROM restated
),
begun AS (
    SELECT 'as first reported' AS basis, covered_from AS began, * EXCLUDE (covered_from) FROM dated
    UNION ALL
    SELECT 'restated', first_day, * EXCLUDE (covered_from, first_day) FROM restated
),
-- Renewals of the same: into the same template, with as many terms.
alike AS MATERIALIZED (
    SELECT new.basis, new.entitlement_id, new.annual_value, new.began, old.entitlement_id AS old_id,
           old.annual_value AS old_value, old.began AS old_began
    FROM (SELECT entitlement_id AS old_id, successor_id FROM successors WHERE is_linked) AS pairs
    JOIN begun AS new ON new.entitlement_id = successor_id
    JOIN begun AS old ON old.entitlement_id = old_id AND old.basis = new.basis
    CROSS JOIN metric_parameters
    WHERE new.template_id = old.template_id
        AND (
            new.is_unlimited AND old.is_unlimited
            OR new.sold_terms BETWEEN old.terms::DECIMAL(38, 2) * (1 - move_tolerance)
                AND old.terms::DECIMAL(38, 2) * (1 + move_tolerance)
        )
),
-- Each with those that it has come from, as far back as a window of twelve months reaches, and the day
-- until which that one was the last of them to have begun.
come_from AS (
    SELECT *, began AS until_day FROM alike
    UNION ALL
    SELECT newer.basis, newer.entitlement_id, newer.annual_value, newer.began,
           older.old_id, older.old_value, older.old_began, newer.old_began
    FROM come_from AS newer
    JOIN alike AS older ON older.entitlement_id = newer.old_id AND older.basis = newer.basis
    WHERE newer.old_began > newer.began - 366
),
risen AS MATERIALIZED (
    SELECT newer.basis, newer.entitlement_id, newer.annual_value - newer.old_value AS rise, until_day,
           CASE WHEN older.entitlement_id IS NOT NULL THEN newer.old_began ELSE '-infinity'::DATE END
               AS since_day
    FROM come_from AS newer
    LEFT JOIN alike AS older ON older.entitlement_id = newer.old_id AND older.basis = newer.basis
    CROSS JOIN metric_parameters
    WHERE newer.annual_value > newer.old_value::DECIMAL(38, 2) * (1 + move_tolerance)
),
risen_later AS MATERIALIZED (
    SELECT basis, customer_id, window_months, from_day, to_day, rise
    FROM risen
    JOIN held USING (basis, entitlement_id)
    JOIN retention_windows() AS windows
        ON to_day BETWEEN first_day AND last_day AND from_day >= since_day AND from_day < until_day
),
-- Those of customers who held something on from_day, whatever it was.
of_cohort AS (
    SELECT basis, window_months, to_day, sum(rise) AS rises
    FROM risen_later AS later
    WHERE EXISTS (
        FROM held
        WHERE held.basis = later.basis AND held.customer_id = later.customer_id
            AND from_day BETWEEN first_day AND last_day
    )
    GROUP BY ALL
)
SELECT month, window_months, basis, from_day, to_day, n, begin_value, end_value,
       coalesce(rises, 0)::DECIMAL(38, 2) AS rises, nrr,
       (end_value - coalesce(rises, 0)) / nullif(begin_value, 0) AS nrr_without_rises,
       coalesce(rises, 0) / nullif(begin_value, 0) AS rises_share, is_mature, is_filling_up, base
FROM retention LEFT JOIN of_cohort USING (basis, window_months, to_day)
ORDER BY window_months, month, basis;

COMMENT ON VIEW retention_without_rises IS
'Net retention with and without rises of prices: nrr = end_value / begin_value, nrr_without_rises = '
'(end_value - rises) / begin_value, so that rises_share, their difference, is what escalators alone add. '
'A rise is what a contract costs more a year than the one that it has come from by renewals into the same '
'template with as many terms: the last of these that had begun by from_day, or the first of them. Up to '
'metric_parameters.move_tolerance a price is the same; one that falls is no rise, and what is renewed '
'into another template or for more terms is growth. A one-off top-up is in neither. Windows, bases and '
'cohorts are those of retention. After the SaaS Metrics Standards Board, by which price rises are told '
'apart in net retention.';
COMMENT ON COLUMN retention_without_rises.month IS
'First day of the month at whose end is measured.';
COMMENT ON COLUMN retention_without_rises.window_months IS
'Months between the two days: 12 or 1.';
COMMENT ON COLUMN retention_without_rises.basis IS 'as first reported, or restated.';
COMMENT ON COLUMN retention_without_rises.from_day IS
'Last day of the month in which the cohort is taken.';
COMMENT ON COLUMN retention_without_rises.to_day IS
'Last day of the month at whose end it is measured.';
COMMENT ON COLUMN retention_without_rises.n IS 'Customers of the cohort.';
COMMENT ON COLUMN retention_without_rises.begin_value IS 'Annual value that they held on from_day.';
COMMENT ON COLUMN retention_without_rises.end_value IS
'Annual value that the cohort holds on to_day.';
COMMENT ON COLUMN retention_without_rises.rises IS
'How much of end_value are rises of prices since from_day.';
COMMENT ON COLUMN retention_without_rises.nrr IS 'Net: end_value / begin_value.';
COMMENT ON COLUMN retention_without_rises.nrr_without_rises IS '(end_value - rises) / begin_value.';
COMMENT ON COLUMN retention_without_rises.rises_share IS
'rises / begin_value: nrr - nrr_without_rises.';
COMMENT ON COLUMN retention_without_rises.is_mature IS
'Whether a late renewal can no longer change the row.';
COMMENT ON COLUMN retention_without_rises.is_filling_up IS
'Whether from_day lies in the first metric_parameters.grace_days of a run that began empty.';
