-- What an imported run knows of its balances, recorded and replayed. The notation is that of the
-- views' macros. The whole of an entitlement has the channel ''. What several macros read is worked
-- out once: gathering.py keeps the answers of macros that say so as tables named audited_….
-- Entitlements that a question is about are in audited_entitlements.

CREATE MACRO is_channel(origin) AS origin IS NOT NULL;
CREATE MACRO hundredths(amount) AS (amount * 100)::BIGINT;
CREATE MACRO minute_of(moment) AS date_trunc('minute', moment)::TIMESTAMP;
CREATE MACRO as_amount(text) AS hundredths(try_cast(text AS DECIMAL(18, 2)));

-- What importing brought forward for want of history, so that recorded balances come out.
CREATE MACRO brought_forward() AS TABLE
    SELECT entitlement_id, '' AS channel, sum(amount) AS amount
    FROM ledger
    WHERE reason = 'brought_forward'
    GROUP BY ALL
    UNION ALL
    SELECT entitlement_id, origin::VARCHAR, sum(origin_amount)
    FROM ledger
    WHERE reason = 'brought_forward' AND is_channel(origin)
    GROUP BY ALL;

-- Every balance with what is recorded and what the rules give, without what was brought forward:
-- the table audited_balances.
CREATE MACRO balances_of_both() AS TABLE
    SELECT balances.entitlement_id,
           CASE WHEN kind = 'whole' THEN '' ELSE balances.origin::VARCHAR END AS channel,
           CASE WHEN kind = 'whole' THEN -1 ELSE enum_code(balances.origin) END::INTEGER AS code,
           balances.source_id AS record_id,
           hundredths(balances.total_terms) AS total,
           hundredths(balances.remaining_terms - coalesce(brought.amount, 0)) AS replayed,
           hundredths(balances.recorded_remaining) AS recorded
    FROM balances
    LEFT JOIN brought_forward() AS brought
        ON brought.entitlement_id = balances.entitlement_id
        AND brought.channel = CASE WHEN kind = 'whole' THEN '' ELSE balances.origin::VARCHAR END;

-- Entitlements on which some balance is another one than the rules give.
CREATE MACRO differing() AS TABLE
    SELECT DISTINCT entitlement_id FROM audited_balances WHERE recorded IS DISTINCT FROM replayed;

-- What an entitlement continues: what is recorded and of the same template, else the only one of the
-- same customer, template and allocation that had ended in the sixty days before it was made.
CREATE MACRO renewals() AS TABLE
    SELECT new.entitlement_id, old.entitlement_id AS old_id
    FROM entitlements AS new
    JOIN entitlements AS old
        ON old.entitlement_id = new.predecessor_id AND old.template_id = new.template_id
    UNION ALL
    SELECT new.entitlement_id, any_value(old.entitlement_id)
    FROM entitlements AS new
    JOIN entitlements AS old
        ON old.customer_id = new.customer_id AND old.template_id = new.template_id
        AND old.allocation = new.allocation
        AND new.created_on - old.end_date BETWEEN 1 AND 60
    WHERE new.predecessor_id IS NULL
    GROUP BY new.entitlement_id
    HAVING count(*) = 1;

-- Renewed entitlements that agree with the rules although the old one had not its total left.
CREATE MACRO renewed_anew() AS TABLE
    SELECT new.entitlement_id, new.code
    FROM audited_balances AS new
    JOIN renewals() AS renewals ON renewals.entitlement_id = new.entitlement_id
    JOIN audited_balances AS old ON old.entitlement_id = old_id AND old.channel = new.channel
    WHERE new.recorded = new.replayed AND old.recorded <> new.total;

CREATE MACRO contracts() AS TABLE
    SELECT entitlement_id, entitlements.source_id, entitlements.name, customer_id, template_id,
           predecessor_id IS NOT NULL AS has_predecessor,
           allocation::VARCHAR AS allocation, decrease_on::VARCHAR AS decrease_on, restrict,
           state::VARCHAR AS state, is_default, created_on::TIMESTAMP AS created_on,
           start_date::TIMESTAMP AS start_date, end_date::TIMESTAMP AS end_date,
           hundredths(total_terms) AS total, hundredths(price) AS price,
           source_id IN (
               SELECT record_id FROM recorded_changes WHERE column_name = 'totalterms'
           ) AS is_total_changed
    FROM entitlements
    WHERE entitlement_id IN (FROM audited_entitlements);

-- Takings of cases by the rules.
CREATE MACRO charges() AS TABLE
    SELECT count(*) AS charges FROM ledger WHERE reason = 'consume' AND amount <> 0;

-- Movements by the rules, of the whole and of channels, in their order.
CREATE MACRO replayed_moves() AS TABLE
    SELECT entitlement_id, '' AS channel, entry, minute_of(happened_at) AS moved_at,
           hundredths(amount) AS amount, case_id, reason::VARCHAR AS reason, rule::VARCHAR AS rule
    FROM ledger
    WHERE amount <> 0 AND reason <> 'brought_forward'
    UNION ALL
    SELECT entitlement_id, origin::VARCHAR, entry, minute_of(happened_at),
           hundredths(origin_amount), case_id, reason::VARCHAR, rule::VARCHAR
    FROM ledger
    WHERE is_channel(origin) AND origin_amount <> 0 AND reason <> 'brought_forward';

CREATE MACRO refusals() AS TABLE
    SELECT entitlement_id, case_id
    FROM ledger
    WHERE reason = 'refused' AND rule = 'G1' AND case_id IS NOT NULL;

-- Recorded changes of balances, in their order: the table audited_changes. The first one of a record
-- has no amount before it.
CREATE MACRO recorded_moves() AS TABLE
    SELECT entitlement_id, channel, minute_of(changed_at) AS moved_at, as_amount(old_value) AS before,
           as_amount(new_value) AS after, place
    FROM (
        SELECT *, row_number() OVER () AS place
        FROM recorded_changes
        WHERE column_name = 'remainingterms' AND table_name IN ('entitlement', 'entitlementchannel')
    ) AS changes
    JOIN audited_balances AS balances ON balances.record_id = changes.record_id
    WHERE as_amount(new_value) IS NOT NULL;

-- What was left on each balance of all that a chosen entitlement may have been renewed from, when it
-- was made: of the one that is recorded, else of those of the same customer, template and allocation
-- that were over by then.
CREATE MACRO left_before() AS TABLE
    WITH makings AS (
        SELECT entitlement_id, min(moved_at) AS made_at FROM audited_changes GROUP BY ALL
    ),
    pairs AS (
        SELECT new.entitlement_id, old.entitlement_id AS old_id,
               coalesce(made_at, new.created_on + INTERVAL 1 DAY) AS made_at
        FROM entitlements AS new
        JOIN entitlements AS old
            ON old.customer_id = new.customer_id AND old.template_id = new.template_id
            AND old.allocation = new.allocation AND old.entitlement_id <> new.entitlement_id
            AND old.entitlement_id = coalesce(new.predecessor_id, old.entitlement_id)
            AND old.created_on <= new.created_on
            AND (old.end_date < new.created_on OR old.state = 'cancelled')
        LEFT JOIN makings ON makings.entitlement_id = new.entitlement_id
        WHERE new.entitlement_id IN (FROM audited_entitlements)
    )
    SELECT pairs.entitlement_id, old_id, old.channel,
           coalesce(arg_max(after, place), any_value(old.recorded)) AS rest
    FROM pairs
    JOIN audited_balances AS old ON old.entitlement_id = old_id
    LEFT JOIN audited_changes AS changes
        ON changes.entitlement_id = old_id AND changes.channel = old.channel
        AND changes.moved_at <= made_at
    WHERE old.recorded IS NOT NULL
    GROUP BY pairs.entitlement_id, old_id, old.channel;

-- The entitlement that each case is recorded with, what it asked for or got later: the table
-- audited_attachments.
CREATE MACRO recorded_with() AS TABLE
    WITH contracts AS (
        SELECT entitlement_id, row_number() OVER () - 1 AS place FROM history_entitlements
    ),
    asked AS (
        SELECT case_id, wants, row_number() OVER () - 1 AS place FROM history_cases
    ),
    written AS (
        SELECT "case", arg_max(entitlement, place) AS entitlement
        FROM (
            SELECT "case", entitlement, row_number() OVER () AS place
            FROM history_events
            WHERE entitlement >= -1
        )
        GROUP BY "case"
    )
    SELECT case_id, contracts.entitlement_id AS entitlement_id
    FROM asked
    LEFT JOIN written ON written."case" = asked.place
    JOIN contracts ON contracts.place = coalesce(written.entitlement, wants)
    WHERE case_id > 0 AND contracts.entitlement_id > 0;

-- Cases of the chosen entitlements, by the rules or as recorded: the table audited_cases.
CREATE MACRO cases_of_chosen() AS TABLE
    FROM (
        SELECT case_id, entitlement_id FROM cases WHERE entitlement_id IS NOT NULL
        UNION SELECT case_id, entitlement_id FROM audited_attachments
        UNION SELECT case_id, entitlement_id FROM ledger
        WHERE case_id IS NOT NULL AND (amount <> 0 OR origin_amount <> 0)
    )
    WHERE entitlement_id IN (FROM audited_entitlements);

-- What is known of these cases.
CREATE MACRO known_cases() AS TABLE
    SELECT audited_cases.entitlement_id, case_id, source_id, origin::VARCHAR AS origin,
           minute_of(created_at) AS created_at, decrement, refusal::VARCHAR AS refusal,
           billable_minutes, recorded_decrementing, state::VARCHAR AS state
    FROM cases JOIN audited_cases USING (case_id);

-- What happened to cases, and when.
CREATE MACRO moments_of_cases() AS TABLE
    SELECT case_id, minute_of(created_at) AS moved_at, 'created' AS event FROM cases
    UNION ALL
    SELECT case_id, minute_of(coalesce(resolved_at, cancelled_at)), state::VARCHAR
    FROM cases
    WHERE coalesce(resolved_at, cancelled_at) IS NOT NULL
    UNION ALL
    SELECT case_id, minute_of(ended_at), from_state::VARCHAR FROM reactivations
    UNION ALL
    SELECT case_id, minute_of(happened_at), 'reopened' FROM reactivations;

-- Cases whose mark was changed, whether they were exported or not.
CREATE MACRO marks() AS TABLE
    SELECT minute_of(changed_at) AS moved_at, record_id, cases.case_id
    FROM recorded_changes
    LEFT JOIN cases ON cases.source_id = record_id
    WHERE table_name = 'incident' AND column_name = 'isdecrementing';

-- Which columns of which tables the log of changes tells of.
CREATE MACRO logged() AS TABLE
    SELECT table_name, column_name, min(changed_at) AS since
    FROM recorded_changes
    GROUP BY ALL;

-- Days on which entitlements were active, the last one of those that still are open.
CREATE MACRO active_days() AS TABLE
    SELECT entitlement_id, customer_id, begins AS first_day,
           coalesce(ends - 1, DATE '9999-12-31') AS last_day
    FROM state_periods JOIN entitlements USING (entitlement_id)
    WHERE state_periods.state = 'active';

-- Of cases that a default would cover: when they came, and whether anything else was active then.
CREATE MACRO skips() AS TABLE
    WITH wanted AS (
        SELECT unnest($cases::BIGINT[]) AS case_id,
               unnest($entitlements::BIGINT[]) AS entitlement_id
    )
    SELECT wanted.entitlement_id, case_id, cases.source_id, minute_of(created_at) AS moved_at,
           is_default AND (
               SELECT count(*) FROM active_days() AS days
               WHERE days.customer_id = cases.customer_id
                   AND created_at::DATE BETWEEN first_day AND last_day
           ) = 1 AS is_alone,
           EXISTS (
               FROM cases AS earlier
               WHERE earlier.entitlement_id = wanted.entitlement_id
                   AND earlier.created_at < cases.created_at
           ) AS has_served
    FROM wanted
    JOIN cases USING (case_id)
    JOIN entitlements ON entitlements.entitlement_id = wanted.entitlement_id
    ORDER BY wanted.entitlement_id, created_at, case_id;
