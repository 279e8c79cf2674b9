CREATE VIEW state_periods AS
SELECT entitlement_id, state, begins, ends
FROM (
    SELECT entitlement_id, to_state AS state, on_date AS begins,
           lead(on_date) OVER (PARTITION BY entitlement_id ORDER BY on_date, rowid) AS ends
    FROM transitions
)
WHERE ends IS NULL OR ends > begins;

COMMENT ON VIEW state_periods IS
'States in which entitlements closed their days: from begins to the day before ends; ends is NULL '
'for the state in which the run leaves it. A state that a day did not close with is left out.';

CREATE VIEW daily AS
WITH
calendar AS (
    SELECT unnest(generate_series(start_date, start_date + days - 1, INTERVAL 1 DAY))::DATE AS day
    FROM run
),
period AS (
    SELECT start_date AS first_day, start_date + days AS day_after FROM run
),
template_of AS (
    SELECT entitlement_id, template
    FROM entitlements JOIN templates USING (template_id)
),
case_days AS (
    SELECT created_at::DATE AS day, entitlement_id, outcome, NULL AS ended FROM cases
    UNION ALL
    SELECT resolved_at::DATE, entitlement_id, NULL, 1 FROM cases WHERE resolved_at IS NOT NULL
    UNION ALL
    SELECT ended_at::DATE, entitlement_id, NULL, 1
    FROM reactivations JOIN cases USING (case_id)
    WHERE reactivations.from_state = 'resolved'
),
ledger_days AS (
    SELECT entitlement_id, happened_at::DATE AS day, sum(amount) AS amount,
           -sum(amount) FILTER (reason IN ('consume', 'restore')) AS used
    FROM ledger
    GROUP BY ALL
),
active_periods AS (
    SELECT entitlement_id, begins, ends FROM state_periods WHERE state = 'active'
),
-- What stands on active entitlements moves with the ledger while they are active, comes in with
-- them when they become active and leaves with them when they stop.
standing AS (
    SELECT entitlement_id, greatest(day, begins) AS day, amount
    FROM ledger_days JOIN active_periods USING (entitlement_id)
    WHERE ends IS NULL OR day < ends
    UNION ALL
    SELECT entitlement_id, ends, -amount
    FROM ledger_days JOIN active_periods USING (entitlement_id)
    WHERE day < ends
),
changes AS (
    SELECT begins AS day, entitlement_id,
           (state = 'active')::INTEGER AS active, (state = 'waiting')::INTEGER AS waiting
    FROM state_periods WHERE state IN ('active', 'waiting')
    UNION ALL
    SELECT ends, entitlement_id,
           -(state = 'active')::INTEGER, -(state = 'waiting')::INTEGER
    FROM state_periods WHERE state IN ('active', 'waiting') AND ends IS NOT NULL
),
facts AS (
    SELECT day, entitlement_id, active, waiting FROM changes
    UNION ALL BY NAME
    SELECT day, entitlement_id, amount AS standing FROM standing
    UNION ALL BY NAME
    SELECT day, entitlement_id, used FROM ledger_days
    UNION ALL BY NAME
    SELECT day, entitlement_id, (outcome IS NOT NULL)::INTEGER AS opened,
           (outcome = 'covered')::INTEGER AS covered, (outcome = 'uncovered')::INTEGER AS uncovered,
           (outcome = 'turned_away')::INTEGER AS turned_away, ended AS resolved
    FROM case_days
    UNION ALL BY NAME
    SELECT on_date AS day, entitlement_id, (to_state = 'expired')::INTEGER AS expired,
           (to_state = 'cancelled')::INTEGER AS cancelled
    FROM transitions
    WHERE to_state IN ('expired', 'cancelled') AND from_state <> to_state
    UNION ALL BY NAME
    SELECT created_on AS day, entitlement_id, 1 AS renewed
    FROM entitlements
    WHERE predecessor_id IS NOT NULL
),
totals AS (
    -- What happened before the run belongs to the stocks of its first day and to no flow.
    SELECT greatest(day, first_day) AS day, template,
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
    FROM facts LEFT JOIN template_of USING (entitlement_id) CROSS JOIN period
    WHERE day < day_after
    GROUP BY ALL
),
spine AS (
    SELECT day, template FROM calendar CROSS JOIN (
        SELECT template FROM templates UNION ALL SELECT NULL
    )
)
SELECT spine.day, spine.template,
       (sum(coalesce(active, 0)) OVER running)::BIGINT AS active,
       (sum(coalesce(waiting, 0)) OVER running)::BIGINT AS waiting,
       coalesce(opened, 0)::BIGINT AS opened,
       coalesce(covered, 0)::BIGINT AS covered,
       coalesce(uncovered, 0)::BIGINT AS uncovered,
       coalesce(turned_away, 0)::BIGINT AS turned_away,
       coalesce(resolved, 0)::BIGINT AS resolved,
       coalesce(used, 0)::DECIMAL(18, 2) AS used,
       (sum(coalesce(standing, 0)) OVER running)::DECIMAL(18, 2) AS remaining,
       coalesce(expired, 0)::BIGINT AS expired,
       coalesce(cancelled, 0)::BIGINT AS cancelled,
       coalesce(renewed, 0)::BIGINT AS renewed
FROM spine LEFT JOIN totals
    ON totals.day = spine.day AND totals.template IS NOT DISTINCT FROM spine.template
WINDOW running AS (PARTITION BY spine.template ORDER BY spine.day)
ORDER BY spine.day, spine.template NULLS LAST;

COMMENT ON VIEW daily IS
'One row for every day and template, and one with template NULL for the cases that no entitlement '
'covers. Stocks at the close of the day: active, waiting (entitlements in that state); remaining '
'(terms left on Active ones). Flows of the day: opened = covered + uncovered + turned_away (cases '
'created); resolved (resolutions, those that were undone later too); used (terms consumed less '
'terms given back); expired, cancelled (entitlements); renewed (entitlements made that day to '
'renew another, under their own template). used and remaining are in the unit of the template: '
'never add cases to hours. Movements of expiry and cancellation that void terms are no use.';
