-- reads: templates, customers, entitlements, balances, ledger, metric_parameters
CREATE VIEW burn_down AS
WITH held AS (
    SELECT dated.*, segment
    FROM dated_entitlements() AS dated LEFT JOIN customers USING (customer_id)
    WHERE was_in_force AND NOT is_unlimited AND NOT is_open_ended
),
moves AS (
    SELECT entitlement_id, greatest(happened_at::DATE, covered_from) AS day,
           sum(amount) AS amount,
           coalesce(
               sum(amount) FILTER (puts_in(reason)), 0
           ) AS allotted,
           coalesce(bool_or(opens_period(reason, rule)), FALSE) AS opens,
           coalesce(sum(amount) FILTER (is_use(reason)), 0) AS used
    FROM ledger JOIN held USING (entitlement_id)
    WHERE happened_at::DATE <= covered_to
    GROUP BY ALL
),
left_at_closes AS (
    SELECT *, sum(amount) OVER by_day AS remaining, count(*) FILTER (opens) OVER by_day AS period
    FROM moves
    WINDOW by_day AS (PARTITION BY entitlement_id ORDER BY day)
),
steps AS (
    -- On the day on which a period opens it has what is there at its close and what was used that day.
    SELECT entitlement_id, day,
           (lead(day) OVER (PARTITION BY entitlement_id ORDER BY day) - 1)::DATE AS until,
           remaining::DECIMAL(18, 2) AS remaining,
           (sum(CASE WHEN opens THEN remaining - used ELSE allotted END) OVER of_period)
               ::DECIMAL(18, 2) AS allotment
    FROM left_at_closes
    WINDOW of_period AS (PARTITION BY entitlement_id, period ORDER BY day)
),
spread AS (
    SELECT entitlement_id, segment, template_id, template, allocation, start_date, term_days,
           steps.remaining, steps.allotment,
           -- Here and not in the end, because DuckDB 2.0.0 fails over a filter on it there.
           CASE WHEN steps.allotment > 0 THEN steps.remaining / steps.allotment END AS share_left,
           unnest(range(
               greatest(run_begins - day, 0)::INTEGER,
               (coalesce(until, covered_to) - day + 1)::INTEGER
           ))::INTEGER AS later,
           day
    FROM steps JOIN held USING (entitlement_id) CROSS JOIN metric_parameters
)
SELECT entitlement_id, segment, template_id, template, allocation, (day + later)::DATE AS day,
       remaining, allotment,
       (day + later - start_date + 1) / term_days AS elapsed_share, share_left
FROM spread;

COMMENT ON VIEW burn_down IS
'Balance of each entitlement at the close of each day of the run that it covered, one row an '
'entitlement and day: share_left = remaining / allotment against elapsed_share = days of the term that are over / '
'days of the term. Even use runs from (0, 1) to (1, 0); an allowance begins anew with each of its '
'periods. Entitlements without a number of terms or without an end are left out.';
COMMENT ON COLUMN burn_down.day IS 'Day, at its close.';
COMMENT ON COLUMN burn_down.remaining IS 'Terms left that day.';
COMMENT ON COLUMN burn_down.allotment IS
'Terms put in up to that day; of an allowance, what the running period has begun with.';
COMMENT ON COLUMN burn_down.elapsed_share IS
'Days of the term up to and with this one / days of the term.';
COMMENT ON COLUMN burn_down.share_left IS
'remaining / allotment; below 0 where more was used than held.';

CREATE VIEW burn_down_by_template AS
FROM left_by_hundredth(NULL, NULL, NULL) AS shares;

COMMENT ON VIEW burn_down_by_template IS
'burn_down summed over entitlements: how many of a template and segment have which share of their '
'terms left, after each hundredth of the term. An entitlement counts in every hundredth in which it '
'covers a day of the run (one that began before the run only from there on), with what it has left on the last of these days. A median is one of share_left '
'weighted by n.';
COMMENT ON COLUMN burn_down_by_template.elapsed_share IS
'Share of the term that is over, to the hundredth.';
COMMENT ON COLUMN burn_down_by_template.share_left IS
'remaining / allotment; below 0 where more was used than held.';
COMMENT ON COLUMN burn_down_by_template.n IS 'Entitlements that have so much left.';

CREATE VIEW burn_down_by_period AS
FROM terms_by_period(NULL, NULL, NULL) AS periods
ORDER BY entitlement_id, period;

COMMENT ON VIEW burn_down_by_period IS
'What each period of an allowance began with and what became of it, by entitlement; of a total the whole '
'term is one period: opening + allotment + settled = used + carried + lapsed + remaining, exactly, and '
'what is carried is the opening of the period that follows. The entitlements of burn_down, in the '
'periods that began in the run and cover a day of it; by what had happened at its end. What is used or comes back after the '
'close of a period counts in it.';
COMMENT ON COLUMN burn_down_by_period.period IS
'Number of the period among those that granted the entitlement anything or were carried into, from 1.';
COMMENT ON COLUMN burn_down_by_period.first_day IS 'First day of the period.';
COMMENT ON COLUMN burn_down_by_period.last_day IS
'Last day of the period, also where a cancellation comes before it.';
COMMENT ON COLUMN burn_down_by_period.begins_share IS
'Days of the term before the period / days of the term.';
COMMENT ON COLUMN burn_down_by_period.ends_share IS
'Days of the term up to the last one of the period / days of the term.';
COMMENT ON COLUMN burn_down_by_period.opening IS
'Terms that came over from earlier periods, carried over or topped up; below 0 where they owed some.';
COMMENT ON COLUMN burn_down_by_period.allotment IS 'Terms put in: granted, adjusted and topped up.';
COMMENT ON COLUMN burn_down_by_period.topped_up IS 'Of these, topped up.';
COMMENT ON COLUMN burn_down_by_period.used IS 'Net use.';
COMMENT ON COLUMN burn_down_by_period.settled IS
'Terms used beyond all that there was: billed or forgiven at the close.';
COMMENT ON COLUMN burn_down_by_period.lapsed IS 'Terms that lapsed.';
COMMENT ON COLUMN burn_down_by_period.carried IS
'Terms left for the period that follows; below 0 where it owes some.';
COMMENT ON COLUMN burn_down_by_period.remaining IS
'Terms left at the end of the run, of the last period.';
