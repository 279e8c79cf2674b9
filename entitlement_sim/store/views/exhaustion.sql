-- reads: templates, customers, entitlements, ledger, transitions, covered_periods, entitlement_facts
-- reads: metric_parameters
CREATE VIEW dry_days AS
WITH closing AS (
    SELECT entitlement_id, day, balance,
           lead(day) OVER (PARTITION BY entitlement_id ORDER BY day) AS next_day
    FROM (
        SELECT entitlement_id, happened_at::DATE AS day, arg_max(balance, entry) AS balance
        FROM ledger
        GROUP BY ALL
    )
),
dry AS (
    SELECT period.entitlement_id,
           sum(least(last_day, coalesce((next_day - 1)::DATE, last_day))
               - greatest(first_day, day) + 1)::BIGINT AS dry_days
    FROM covered_periods AS period
    JOIN closing ON closing.entitlement_id = period.entitlement_id
        AND day <= last_day AND coalesce(next_day > first_day, TRUE)
    WHERE balance <= 0
    GROUP BY period.entitlement_id
),
covered AS (
    SELECT entitlement_id, sum(covered_days)::BIGINT AS covered_days
    FROM covered_periods
    GROUP BY entitlement_id
)
SELECT entitlement_id, customer_id, segment, template_id, template, allocation, state, is_unlimited,
       is_left_truncated,
       CASE WHEN is_unlimited THEN 0 ELSE coalesce(dry_days, 0) END AS dry_days,
       covered_days,
       CASE WHEN is_unlimited THEN 0 ELSE coalesce(dry_days, 0) END / nullif(covered_days, 0)
           AS dry_share
FROM covered
JOIN entitlement_facts USING (entitlement_id)
LEFT JOIN dry USING (entitlement_id)
ORDER BY entitlement_id;

COMMENT ON VIEW dry_days IS
'Covered days that closed with nothing left / covered days, for each entitlement that was covered '
'on any day of the run; days before the run count in neither. Days on which it is not Active count in neither; without a number of terms it is never '
'dry.';
COMMENT ON COLUMN dry_days.dry_days IS 'Covered days that closed with a balance of 0 or less.';
COMMENT ON COLUMN dry_days.covered_days IS 'Days that closed Active.';
COMMENT ON COLUMN dry_days.dry_share IS 'dry_days / covered_days.';

CREATE VIEW first_exhaustion AS
WITH held AS (
    FROM dated_entitlements() AS dated WHERE was_in_force AND NOT is_unlimited
),
turns AS (
    -- Where one period closes with something left and the next opens, nothing is left for no time.
    SELECT entitlement_id, happened_at
    FROM ledger
    WHERE closes_period(reason, amount) OR opens_period(reason, rule)
    GROUP BY ALL
    HAVING bool_or(closes_period(reason, amount)) AND bool_or(opens_period(reason, rule))
),
first_passage AS (
    -- Before its first entry an entitlement has no balance that could reopen.
    SELECT entitlement_id,
           min(ledger.happened_at::DATE) FILTER (balance <= 0) AS empty_on,
           bool_or(is_brought_forward(reason) AND balance <= 0) AS was_dry,
           count(*) FILTER (balance > 0) AS reopenings
    FROM ledger JOIN (SELECT entitlement_id, covered_to FROM held) USING (entitlement_id)
    LEFT JOIN turns ON turns.entitlement_id = ledger.entitlement_id
        AND turns.happened_at = ledger.happened_at
    WHERE (balance <= 0 OR balance - amount <= 0 AND entry > 1)
        AND ledger.happened_at::DATE <= covered_to
        AND (turns.happened_at IS NULL OR is_use(reason))
    GROUP BY entitlement_id
)
SELECT entitlement_id, customer_id, segment, template_id, template, allocation, start_date,
       effective_end, is_left_truncated,
       empty_on IS NOT NULL AND NOT was_dry AS observed,
       CASE WHEN observed THEN greatest(empty_on, covered_from) END AS ran_dry_on,
       greatest(run_begins - start_date, 0)::INTEGER AS entered_days,
       CASE WHEN was_dry THEN entered_days
            ELSE coalesce(ran_dry_on, covered_to) - start_date + 1 END::INTEGER AS duration_days,
       coalesce(reopenings, 0) AS reopenings, term_days
FROM held
LEFT JOIN customers USING (customer_id)
LEFT JOIN first_passage USING (entitlement_id)
CROSS JOIN metric_parameters;

COMMENT ON VIEW first_exhaustion IS
'The realised part of time_to_exhaustion, which costs a third of it: when each entitlement with a '
'number of terms that was in force ran dry for the first time, or how long it was watched without.';
COMMENT ON COLUMN first_exhaustion.ran_dry_on IS
'Day of the first balance of 0 or less while it covered, but between two periods; NULL where there '
'was none, or where nothing was left of a balance that was brought forward.';
COMMENT ON COLUMN first_exhaustion.entered_days IS
'Days of the term that were over when the run began; 0 where it began later.';
COMMENT ON COLUMN first_exhaustion.duration_days IS
'Days of the term up to and with the day it ran dry, or the last one observed; entered_days where '
'a balance brought forward says no more than that nothing was left.';
COMMENT ON COLUMN first_exhaustion.observed IS 'True where it ran dry, false where censored.';
COMMENT ON COLUMN first_exhaustion.reopenings IS
'How often its balance came back above 0 while it covered.';

CREATE VIEW time_to_exhaustion AS
WITH lives AS MATERIALIZED (
    SELECT first_exhaustion.*, allotment, facts.used, facts.remaining, facts.state, facts.end_date
    FROM first_exhaustion JOIN entitlement_facts AS facts USING (entitlement_id)
),
running AS MATERIALIZED (
    FROM lives WHERE state = 'active'
),
projected AS (
    SELECT entitlement_id, end_date - as_of AS days_left,
           CASE WHEN running.remaining <= 0 THEN 0
                WHEN coalesce(rate.used, 0) <= 0 THEN 'infinity'::DOUBLE
                ELSE (running.remaining * covered_days)::DOUBLE / rate.used END AS projected_days
    FROM running
    LEFT JOIN use_of_late(running) AS rate USING (entitlement_id)
    CROSS JOIN metric_parameters
)
SELECT entitlement_id, customer_id, segment, template_id, template, allocation, state, start_date,
       effective_end, allotment, used, remaining, is_left_truncated, ran_dry_on, entered_days,
       duration_days, observed, reopenings,
       CASE WHEN state = 'active' THEN remaining <= 0 END AS is_empty,
       projected_days,
       projected_days > days_left AS lasts_the_term,
       CASE WHEN projected_days > days_left THEN end_date
            ELSE (as_of + ceil(projected_days)::INTEGER)::DATE END AS projected_on,
       term_days
FROM lives
LEFT JOIN projected USING (entitlement_id)
CROSS JOIN metric_parameters
ORDER BY entitlement_id;

COMMENT ON VIEW time_to_exhaustion IS
'How long terms last, one row for each entitlement with a number of terms that was in force. '
'Realised, ready for Kaplan-Meier: duration_days from the start to the first balance of 0 or less '
'(observed), or to the effective end or the end of the run (censored); both count the day itself. '
'One that began before the run is at risk only from the first day of the run on, after entered_days, '
'and one that had run dry by then never is: WHERE duration_days > entered_days. '
'What is put back afterwards does not undo the first passage, it counts as a reopening. Projected, '
'for Active ones: remaining / (used / covered days) over the window of consumption_rate; infinite '
'where nothing is used, 0 where nothing is left. A pace is no forecast: how likely each is to run '
'dry before its end, entitlement_sim.forecast says.';
COMMENT ON COLUMN time_to_exhaustion.ran_dry_on IS
'Day of the first balance of 0 or less while it covered; NULL where there was none, or where '
'nothing was left of a balance that was brought forward.';
COMMENT ON COLUMN time_to_exhaustion.entered_days IS
'Days of the term that were over when the run began; 0 where it began later.';
COMMENT ON COLUMN time_to_exhaustion.duration_days IS
'Days of the term up to and with the day it ran dry, or the last one observed; entered_days where '
'a balance brought forward says no more than that nothing was left.';
COMMENT ON COLUMN time_to_exhaustion.observed IS 'True where it ran dry, false where censored.';
COMMENT ON COLUMN time_to_exhaustion.reopenings IS
'How often its balance came back above 0 while it covered.';
COMMENT ON COLUMN time_to_exhaustion.is_empty IS
'Active ones: whether nothing is left on the last day of the run.';
COMMENT ON COLUMN time_to_exhaustion.projected_days IS
'Active ones: days after as_of until nothing is left at the present rate.';
COMMENT ON COLUMN time_to_exhaustion.lasts_the_term IS
'Active ones: whether something is left on the last day of the term.';
COMMENT ON COLUMN time_to_exhaustion.projected_on IS
'Active ones: day on which nothing is left, or the end date where it lasts the term.';
