-- What an imported run knows of its balances, recorded and replayed. The notation is that of the
-- views' macros. The whole of an entitlement has the channel ''.

CREATE MACRO is_channel(origin) AS origin IS NOT NULL;
CREATE MACRO hundredths(amount) AS (amount * 100)::BIGINT;
CREATE MACRO minute_of(moment) AS date_trunc('minute', moment)::TIMESTAMP;
CREATE MACRO as_amount(text) AS hundredths(try_cast(text AS DECIMAL(18, 2)));

-- Every balance with what is recorded and what the rules give.
CREATE MACRO balances_of_both() AS TABLE
    SELECT balances.entitlement_id,
           CASE WHEN kind = 'whole' THEN '' ELSE balances.origin::VARCHAR END AS channel,
           balances.source_id AS record_id,
           hundredths(balances.total_terms) AS total,
           hundredths(balances.remaining_terms) AS replayed,
           hundredths(balances.recorded_remaining) AS recorded
    FROM balances;

-- Entitlements on which some balance is another one than the rules give.
CREATE MACRO differing() AS TABLE
    SELECT DISTINCT entitlement_id FROM balances_of_both() WHERE recorded IS DISTINCT FROM replayed;

CREATE MACRO contracts() AS TABLE
    SELECT entitlement_id, entitlements.source_id, entitlements.name, customer_id, template_id,
           allocation::VARCHAR AS allocation, decrease_on::VARCHAR AS decrease_on, restrict,
           state::VARCHAR AS state, is_default, created_on::TIMESTAMP AS created_on,
           start_date::TIMESTAMP AS start_date, end_date::TIMESTAMP AS end_date,
           hundredths(total_terms) AS total, hundredths(price) AS price
    FROM entitlements;

-- Movements by the rules, of the whole and of channels, in their order.
CREATE MACRO replayed_moves() AS TABLE
    SELECT entitlement_id, '' AS channel, entry, minute_of(happened_at) AS at,
           hundredths(amount) AS amount, case_id, reason::VARCHAR AS reason, rule::VARCHAR AS rule
    FROM ledger
    WHERE amount <> 0
    UNION ALL
    SELECT entitlement_id, origin::VARCHAR, entry, minute_of(happened_at),
           hundredths(origin_amount), case_id, reason::VARCHAR, rule::VARCHAR
    FROM ledger
    WHERE is_channel(origin) AND origin_amount <> 0;

CREATE MACRO refusals() AS TABLE
    SELECT entitlement_id, case_id
    FROM ledger
    WHERE reason = 'refused' AND rule = 'G1' AND case_id IS NOT NULL;

-- Recorded changes of balances; the first one of a record has no amount before it.
CREATE MACRO recorded_moves() AS TABLE
    SELECT entitlement_id, channel, minute_of(changed_at) AS at, as_amount(old_value) AS before,
           as_amount(new_value) AS after
    FROM recorded_changes
    JOIN balances_of_both() ON record_id = recorded_changes.record_id
    WHERE column_name = 'remainingterms' AND table_name IN ('entitlement', 'entitlementchannel')
        AND as_amount(new_value) IS NOT NULL
    ORDER BY changed_at, recorded_changes.rowid;

-- Cases with the entitlement that they are recorded with.
CREATE MACRO cases_of_both() AS TABLE
    SELECT case_id, source_id, customer_id, recorded_entitlement_id, entitlement_id,
           origin::VARCHAR AS origin, minute_of(created_at) AS created_at, state::VARCHAR AS state,
           decrement, refusal::VARCHAR AS refusal, billable_minutes, recorded_decrementing
    FROM cases;

-- What happened to cases, and when.
CREATE MACRO moments_of_cases() AS TABLE
    SELECT case_id, minute_of(created_at) AS at, 'created' AS event FROM cases
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
    SELECT minute_of(changed_at) AS at, record_id, cases.case_id
    FROM recorded_changes
    LEFT JOIN cases ON cases.source_id = record_id
    WHERE table_name = 'incident' AND column_name = 'isdecrementing';

-- Which columns of which tables the log of changes tells of.
CREATE MACRO logged() AS TABLE
    SELECT table_name, column_name, min(changed_at) AS since
    FROM recorded_changes
    GROUP BY ALL;
