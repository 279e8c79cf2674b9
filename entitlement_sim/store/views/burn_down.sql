-- reads: ledger, entitlement_facts
CREATE VIEW burn_down AS
WITH held AS (
    FROM entitlement_facts WHERE was_in_force AND NOT is_unlimited
),
moves AS (
    SELECT entitlement_id, greatest(happened_at::DATE, covered_from) AS day,
           sum(amount) AS amount,
           coalesce(
               sum(amount) FILTER (puts_in(reason)), 0
           ) AS allotted
    FROM ledger JOIN held USING (entitlement_id)
    WHERE happened_at::DATE <= covered_to
    GROUP BY ALL
),
steps AS (
    SELECT entitlement_id, day,
           (lead(day) OVER running - 1)::DATE AS until,
           (sum(amount) OVER running)::DECIMAL(18, 2) AS remaining,
           (sum(allotted) OVER running)::DECIMAL(18, 2) AS allotment
    FROM moves
    WINDOW running AS (PARTITION BY entitlement_id ORDER BY day)
),
spread AS (
    SELECT entitlement_id, segment, template_id, template, allocation, start_date, term_days,
           steps.remaining, steps.allotment,
           unnest(range(0, (coalesce(until, covered_to) - day + 1)::INTEGER))::INTEGER AS later, day
    FROM steps JOIN held USING (entitlement_id)
)
SELECT entitlement_id, segment, template_id, template, allocation, (day + later)::DATE AS day,
       remaining, allotment,
       (day + later - start_date + 1) / term_days AS elapsed_share,
       CASE WHEN allotment > 0 THEN remaining / allotment END AS share_left
FROM spread;

COMMENT ON VIEW burn_down IS
'Balance of each entitlement at the close of each day that it covered, one row an entitlement and '
'day: share_left = remaining / allotment against elapsed_share = days of the term that are over / '
'days of the term. Even use runs from (0, 1) to (1, 0). Entitlements without a number of terms are '
'left out.';
COMMENT ON COLUMN burn_down.day IS 'Day, at its close.';
COMMENT ON COLUMN burn_down.remaining IS 'Terms left that day.';
COMMENT ON COLUMN burn_down.allotment IS 'Terms put in up to that day.';
COMMENT ON COLUMN burn_down.elapsed_share IS
'Days of the term up to and with this one / days of the term.';
COMMENT ON COLUMN burn_down.share_left IS
'remaining / allotment; below 0 where more was used than held.';
