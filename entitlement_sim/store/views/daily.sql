-- reads: run, templates, customers, entitlements, transitions, cases, reactivations, ledger
-- reads: metric_parameters
CREATE VIEW state_periods AS
WITH closing AS (
    -- In whatever order things happened on a day: it closes with the state that was entered once more
    -- often than it was left, or else, as it came back to where it began, with that of the day before.
    SELECT entitlement_id, on_date,
           entered_of(sum(mark_of(to_state) - coalesce(mark_of(from_state), 0))) AS state
    FROM transitions
    GROUP BY entitlement_id, on_date
)
SELECT entitlement_id, last_value(state IGNORE NULLS) OVER through_states AS state, on_date AS begins,
       lead(on_date) OVER through_states AS ends
FROM closing
WINDOW through_states AS (PARTITION BY entitlement_id ORDER BY on_date);

COMMENT ON VIEW state_periods IS
'States in which entitlements closed their days: from begins to the day before ends; ends is NULL '
'for the state in which the run leaves it. A state that a day did not close with is left out.';

COMMENT ON COLUMN state_periods.state IS 'State at the close of these days.';
COMMENT ON COLUMN state_periods.begins IS 'First day that closed with the state.';
COMMENT ON COLUMN state_periods.ends IS
'First day that closed with another state; NULL for the state in which the run leaves it.';

CREATE VIEW daily AS
WITH
period AS (
    SELECT start_date AS first_day, start_date + days AS day_after FROM run
),
calendar AS (
    SELECT unnest(generate_series(first_day, day_after - 1, INTERVAL 1 DAY))::DATE AS day
    FROM period
),
-- Every source is summed by day and template before the sums are put together.
active_periods AS (
    SELECT entitlement_id, template_id, begins, ends
    FROM state_periods JOIN entitlements USING (entitlement_id)
    WHERE state_periods.state = 'active'
),
states AS (
    SELECT template_id, begins AS day, count(*) FILTER (state_periods.state = 'active') AS active,
           count(*) FILTER (state_periods.state = 'waiting') AS waiting
    FROM state_periods JOIN entitlements USING (entitlement_id)
    GROUP BY ALL
    UNION ALL
    SELECT template_id, ends, -count(*) FILTER (state_periods.state = 'active'),
           -count(*) FILTER (state_periods.state = 'waiting')
    FROM state_periods JOIN entitlements USING (entitlement_id)
    WHERE ends IS NOT NULL
    GROUP BY ALL
),
-- What stands on active entitlements moves with the ledger while they are active, comes in with
-- them when they become active and leaves with them when they stop.
standing AS (
    SELECT template_id, greatest(happened_at::DATE, begins) AS day, sum(amount) AS standing
    FROM ledger JOIN active_periods USING (entitlement_id)
    WHERE amount <> 0 AND (ends IS NULL OR happened_at < ends)
    GROUP BY ALL
    UNION ALL
    SELECT template_id, ends, -sum(amount)
    FROM ledger JOIN active_periods USING (entitlement_id)
    WHERE amount <> 0 AND happened_at < ends
    GROUP BY ALL
),
use AS (
    SELECT template_id, happened_at::DATE AS day, -sum(amount) AS used
    FROM ledger JOIN entitlements USING (entitlement_id)
    WHERE is_use(reason)
    GROUP BY ALL
),
arrivals AS (
    SELECT template_id, created_at::DATE AS day, count(*) AS opened,
           count(*) FILTER (outcome = 'covered') AS covered,
           count(*) FILTER (outcome = 'uncovered') AS uncovered,
           count(*) FILTER (outcome = 'turned_away') AS turned_away
    FROM cases LEFT JOIN entitlements USING (entitlement_id)
    GROUP BY ALL
),
resolutions AS (
    SELECT template_id, resolved_at::DATE AS day, count(*) AS resolved
    FROM cases LEFT JOIN entitlements USING (entitlement_id)
    WHERE resolved_at IS NOT NULL
    GROUP BY ALL
    UNION ALL
    SELECT template_id, ended_at::DATE, count(*)
    FROM reactivations JOIN cases USING (case_id) LEFT JOIN entitlements USING (entitlement_id)
    WHERE reactivations.from_state = 'resolved'
    GROUP BY ALL
),
endings AS (
    SELECT template_id, on_date AS day, count(*) FILTER (to_state = 'expired') AS expired,
           count(*) FILTER (to_state = 'cancelled') AS cancelled
    FROM transitions JOIN entitlements USING (entitlement_id)
    WHERE to_state IN ('expired', 'cancelled') AND from_state <> to_state
    GROUP BY ALL
),
renewed AS (
    SELECT template_id, created_on AS day, count(*) AS renewed
    FROM entitlements
    WHERE predecessor_id IS NOT NULL
    GROUP BY ALL
),
facts AS (
    FROM states UNION ALL BY NAME FROM standing UNION ALL BY NAME FROM use
    UNION ALL BY NAME FROM arrivals UNION ALL BY NAME FROM resolutions
    UNION ALL BY NAME FROM endings UNION ALL BY NAME FROM renewed
),
totals AS (
    -- What happened before the run belongs to the stocks of its first day and to no flow.
    SELECT greatest(day, first_day) AS day, template_id,
           sum(active) AS active, sum(waiting) AS waiting, sum(standing) AS standing,
           sum(used) FILTER (day >= first_day) AS used,
           sum(opened) FILTER (day >= first_day) AS opened,
           sum(covered) FILTER (day >= first_day) AS covered,
           sum(uncovered) FILTER (day >= first_day) AS uncovered,
           sum(turned_away) FILTER (day >= first_day) AS turned_away,
           sum(resolved) FILTER (day >= first_day) AS resolved,
           sum(expired) FILTER (day >= first_day) AS expired,
           sum(cancelled) FILTER (day >= first_day) AS cancelled,
           sum(renewed) FILTER (day >= first_day) AS renewed
    FROM facts CROSS JOIN period
    WHERE day < day_after
    GROUP BY ALL
),
spine AS (
    SELECT day, template_id, template FROM calendar CROSS JOIN (
        SELECT template_id, template FROM templates UNION ALL SELECT NULL, NULL
    )
)
SELECT spine.day, spine.template,
       (sum(coalesce(active, 0)) OVER through_days)::BIGINT AS active,
       (sum(coalesce(waiting, 0)) OVER through_days)::BIGINT AS waiting,
       coalesce(opened, 0)::BIGINT AS opened,
       coalesce(covered, 0)::BIGINT AS covered,
       coalesce(uncovered, 0)::BIGINT AS uncovered,
       unless_imported(coalesce(turned_away, 0)::BIGINT, source) AS turned_away,
       coalesce(resolved, 0)::BIGINT AS resolved,
       coalesce(used, 0)::DECIMAL(38, 2) AS used,
       (sum(coalesce(standing, 0)) OVER through_days)::DECIMAL(38, 2) AS remaining,
       coalesce(expired, 0)::BIGINT AS expired,
       coalesce(cancelled, 0)::BIGINT AS cancelled,
       CASE WHEN source <> 'imported' OR successors = 'linked' THEN coalesce(renewed, 0)::BIGINT
       END AS renewed
FROM spine LEFT JOIN totals
    ON totals.day = spine.day AND totals.template_id IS NOT DISTINCT FROM spine.template_id
CROSS JOIN run CROSS JOIN metric_parameters
WINDOW through_days AS (PARTITION BY spine.template_id ORDER BY spine.day)
ORDER BY spine.day, spine.template NULLS LAST;

COMMENT ON VIEW daily IS
'One row for every day and template, and one with template NULL for the cases that no entitlement '
'covers. Stocks at the close of the day: active, waiting (entitlements in that state); remaining '
'(terms left on Active ones). Flows of the day: opened = covered + uncovered + turned_away (cases '
'created); resolved (resolutions, those that were undone later too); used (terms consumed less '
'terms given back); expired, cancelled (entitlements); renewed (entitlements made that day to '
'renew another, under their own template). used and remaining are in the unit of the template: '
'never add cases to hours. Movements of expiry and cancellation that void terms are no use.';

COMMENT ON COLUMN daily.day IS 'Every day of the run.';
COMMENT ON COLUMN daily.template IS
'Template; NULL in the row for cases that no entitlement covers.';
COMMENT ON COLUMN daily.active IS 'Stock: entitlements Active at the close of the day.';
COMMENT ON COLUMN daily.waiting IS 'Stock: entitlements Waiting at the close of the day.';
COMMENT ON COLUMN daily.opened IS 'Flow: cases created: covered + uncovered + turned_away.';
COMMENT ON COLUMN daily.covered IS 'Flow: cases created that it covers.';
COMMENT ON COLUMN daily.uncovered IS 'Flow: cases created that are worked without an entitlement.';
COMMENT ON COLUMN daily.turned_away IS
'Flow: cases created that are refused and not worked; NULL in a run that was imported, since they '
'leave no record.';
COMMENT ON COLUMN daily.resolved IS 'Flow: resolutions, those that were undone later too.';
COMMENT ON COLUMN daily.used IS 'Flow: terms taken less terms given back.';
COMMENT ON COLUMN daily.remaining IS 'Stock: terms left on Active ones at the close of the day.';
COMMENT ON COLUMN daily.expired IS 'Flow: entitlements that expired.';
COMMENT ON COLUMN daily.cancelled IS 'Flow: entitlements that were cancelled.';
COMMENT ON COLUMN daily.renewed IS
'Flow: entitlements made to renew another, under their own template; NULL in a run that was imported '
'from records of which none says what it renews.';

CREATE VIEW consumption_by_day AS
WITH
calendar AS (
    SELECT unnest(generate_series(run_begins, as_of, INTERVAL 1 DAY))::DATE AS day
    FROM metric_parameters
),
sold AS (
    SELECT entitlement_id, template_id, segment
    FROM entitlements LEFT JOIN customers USING (customer_id)
),
consumed AS (
    SELECT day, template_id, segment, sum(covered) AS covered, sum(used) AS used
    FROM (
        SELECT created_at::DATE AS day, template_id, segment, count(*) AS covered
        FROM cases JOIN sold USING (entitlement_id)
        WHERE outcome = 'covered'
        GROUP BY ALL
        UNION ALL BY NAME
        SELECT happened_at::DATE AS day, template_id, segment, -sum(amount) AS used
        FROM ledger JOIN sold USING (entitlement_id)
        WHERE is_use(reason)
        GROUP BY ALL
    )
    GROUP BY ALL
)
SELECT day, template_id, templates.template, templates.allocation,
       coalesce(covered, 0)::BIGINT AS covered, coalesce(used, 0)::DECIMAL(38, 2) AS used, segment
FROM calendar CROSS JOIN templates
LEFT JOIN consumed USING (day, template_id)
ORDER BY day, template_id, segment;

COMMENT ON VIEW consumption_by_day IS
'Cases covered and terms used on every day of the run, by template and by the segment of '
'the customers. A template of which nothing was consumed on a day has one row of zeros for it, with '
'segment NULL. used is in the unit of the template: never add cases to hours.';
COMMENT ON COLUMN consumption_by_day.day IS 'Every day of the run.';
COMMENT ON COLUMN consumption_by_day.covered IS 'Cases created that day that it covers.';
COMMENT ON COLUMN consumption_by_day.used IS 'Terms taken that day less terms given back.';
COMMENT ON COLUMN consumption_by_day.segment IS
'Segment of the customers that consumed it; NULL where nobody did.';
