-- The tables of a book as queries over a run: what a live system would have at the close of $as_of.
-- The notation is that of the views' macros; each table of a book is a macro of its name, and each
-- macro calls those before it.

CREATE MACRO is_by_close(moment) AS moment < $as_of::DATE + INTERVAL 1 DAY;

-- A GUID made of the run's own and of what a record is: a UUID of version 5.
CREATE MACRO as_guid(hash) AS
    (substr(hash, 1, 12) || '5' || substr(hash, 14, 3)
     || substr('89ab89ab89ab89ab', strpos('0123456789abcdef', substr(hash, 17, 1)), 1)
     || substr(hash, 18, 15))::UUID::VARCHAR;
CREATE MACRO guid(kind, id) AS
    CASE WHEN id IS NOT NULL THEN as_guid(sha1(unhex($namespace) || encode(kind || '/' || id))) END;

CREATE MACRO word(label) AS upper(substr(label::VARCHAR, 1, 1)) || substr(label::VARCHAR, 2);
CREATE MACRO channel_word(label) AS CASE label::VARCHAR WHEN 'iot' THEN 'IoT' ELSE word(label) END;
CREATE MACRO hundredths(amount) AS (amount * 100)::BIGINT;
CREATE MACRO as_text(amount) AS amount::DECIMAL(18, 2)::VARCHAR;
CREATE MACRO customer_name(number) AS 'Customer ' || number;
-- An account of a customer, by its number.
CREATE MACRO account_guid(customer, number) AS guid('account', customer || '/' || number);

-- Changes of state in the order in which they happened.
CREATE MACRO state_changes() AS TABLE
    SELECT *, row_number() OVER () AS place FROM transitions;

-- What a run knows of entitlements by that day.
CREATE MACRO entitlements_then() AS TABLE
    WITH states AS (
        SELECT entitlement_id, arg_max(to_state, place) AS state, max(on_date) AS changed_on
        FROM state_changes()
        WHERE on_date <= $as_of::DATE
        GROUP BY entitlement_id
    ),
    terms AS (
        SELECT entitlement_id,
               arg_max(balance, entry) FILTER (is_by_close(happened_at)) AS remaining_terms,
               max(happened_at) FILTER (is_by_close(happened_at) AND amount <> 0) AS moved_at,
               coalesce(sum(amount) FILTER (
                   reason = 'adjust' AND NOT is_by_close(happened_at)
               ), 0) AS added_later
        FROM ledger
        GROUP BY entitlement_id
    )
    SELECT entitlements.* EXCLUDE (state, total_terms, remaining_terms), states.state,
           total_terms - coalesce(added_later, 0) AS total_terms,
           coalesce(terms.remaining_terms, total_terms) AS remaining_terms,
           greatest(created_on, changed_on, moved_at)::TIMESTAMP AS modified_at
    FROM entitlements
    JOIN states USING (entitlement_id)
    LEFT JOIN terms USING (entitlement_id)
    WHERE created_on <= $as_of::DATE;

-- Every resolution, cancellation and reactivation of a case by that day, numbered from 1.
CREATE MACRO case_moves() AS TABLE
    WITH returns AS (
        SELECT *, row_number() OVER (PARTITION BY case_id ORDER BY ended_at, happened_at) AS place
        FROM reactivations
    ),
    moves AS (
        SELECT case_id, ended_at AS moved_at, word(from_state) AS state, billable_minutes AS minutes,
               2 * place - 1 AS place
        FROM returns
        UNION ALL
        SELECT case_id, happened_at, 'Active', NULL, 2 * place FROM returns
        UNION ALL
        SELECT case_id, coalesce(resolved_at, cancelled_at), word(state), billable_minutes,
               2 * reopened + 1
        FROM cases
        WHERE state IN ('resolved', 'cancelled')
    )
    FROM moves WHERE is_by_close(moved_at);

-- Cases that a live system has: one who was turned away never had one.
CREATE MACRO cases_then() AS TABLE
    FROM cases WHERE state IS NOT NULL AND is_by_close(created_at);

-- Whether a case began or ceased to have taken terms.
CREATE MACRO takings() AS TABLE
    SELECT case_id, entitlement_id, entry, happened_at, reason = 'consume' AS takes
    FROM ledger
    WHERE reason IN ('consume', 'restore') AND amount <> 0 AND is_by_close(happened_at);

CREATE MACRO customers_then() AS TABLE
    FROM customers WHERE joined_on <= $as_of::DATE;

-- Contacts who are listed or wrote.
CREATE MACRO listed_contacts() AS TABLE
    SELECT entitlement_id, customer_id, unnest(range(contacts)) AS contact
    FROM entitlements_then() JOIN templates USING (template_id)
    WHERE contacts > 0;

-- ------------------------------------------------------------------------ the tables of a book

CREATE MACRO entitlement() AS TABLE
    SELECT guid('entitlement', known.entitlement_id) AS entitlementid,
           template || ' ' || known.entitlement_id AS name,
           guid('account', customer_id) AS customerid,
           'account' AS customertype,
           start_date::TIMESTAMP AS startdate,
           end_date::TIMESTAMP AS enddate,
           known.allocation::VARCHAR AS allocation,
           known.decrease_on::VARCHAR AS decrease_on,
           hundredths(known.total_terms) AS totalterms,
           hundredths(remaining_terms) AS remainingterms,
           known.restrict AS restrict,
           CASE WHEN $is_last_day THEN is_default
                WHEN count(*) FILTER (state = 'active') OVER (PARTITION BY customer_id, account) = 1
                THEN state = 'active' END AS isdefault,
           guid('entitlementtemplate', template_id) AS templateid,
           word(state) AS state,
           created_on::TIMESTAMP AS createdon,
           modified_at AS modifiedon,
           hundredths(known.price) AS price,
           $currency::VARCHAR AS currency,
           guid('entitlement', old.entitlement_id) AS renewed_from,
           customer_name(customer_id) AS customername,
           account_guid(customer_id, account) AS subaccount
    FROM entitlements_then() AS known
    JOIN templates USING (template_id)
    LEFT JOIN (SELECT entitlement_id FROM entitlements) AS old
        ON old.entitlement_id = known.predecessor_id
    ORDER BY known.entitlement_id;

CREATE MACRO entitlementchannel() AS TABLE
    WITH terms AS (
        SELECT entitlement_id, origin, arg_max(origin_balance, entry) AS remaining
        FROM ledger
        WHERE origin IS NOT NULL AND is_by_close(happened_at)
        GROUP BY ALL
    )
    SELECT guid('entitlementchannel', balance_id) AS entitlementchannelid,
           guid('entitlement', entitlement_id) AS entitlementid,
           channel_word(origin) AS channel,
           hundredths(total_terms) AS totalterms,
           hundredths(coalesce(remaining, total_terms)) AS remainingterms
    FROM balances
    JOIN (SELECT entitlement_id FROM entitlements_then()) USING (entitlement_id)
    LEFT JOIN terms USING (entitlement_id, origin)
    WHERE kind = 'channel'
    ORDER BY balance_id;

CREATE MACRO entitlementtemplate() AS TABLE
    SELECT guid('entitlementtemplate', template_id) AS entitlementtemplateid,
           template AS name,
           NULL::TIMESTAMP AS startdate,
           NULL::TIMESTAMP AS enddate,
           allocation::VARCHAR AS allocation,
           decrease_on::VARCHAR AS decrease_on,
           hundredths(total_terms) AS totalterms,
           restrict
    FROM templates
    ORDER BY template_id;

CREATE MACRO entitlementtemplatechannel() AS TABLE
    SELECT guid('entitlementtemplatechannel', template_id || '/' || origin::VARCHAR)
               AS entitlementtemplatechannelid,
           guid('entitlementtemplate', template_id) AS templateid,
           channel_word(origin) AS channel,
           hundredths(total_terms) AS totalterms
    FROM template_channels
    ORDER BY template_id, origin;

CREATE MACRO incident() AS TABLE
    WITH moved AS (
        SELECT case_id, arg_max(state, place) AS state, max(moved_at) AS moved_at,
               arg_max(minutes, place) AS minutes
        FROM case_moves()
        GROUP BY case_id
    ),
    took AS (
        SELECT case_id, arg_max(takes, (happened_at, entry)) AS takes
        FROM takings()
        GROUP BY case_id
    ),
    brought_forward AS (
        SELECT DISTINCT entitlement_id FROM ledger WHERE reason = 'brought_forward'
    ),
    known AS (
        SELECT cases.* EXCLUDE (state), coalesce(moved.state, 'Active') AS state,
               coalesce(moved_at, created_at) AS modified_at, minutes, takes,
               allocation, decrease_on,
               brought_forward.entitlement_id IS NOT NULL AS is_brought_forward
        FROM cases_then() AS cases
        LEFT JOIN moved USING (case_id)
        LEFT JOIN took USING (case_id)
        LEFT JOIN entitlements USING (entitlement_id)
        LEFT JOIN brought_forward ON brought_forward.entitlement_id = cases.entitlement_id
    )
    SELECT guid('incident', case_id) AS incidentid,
           'CAS-' || printf('%05d', case_id)
               || '-' || upper(substr(guid('incident', case_id), 1, 6)) AS ticketnumber,
           'Case ' || case_id AS title,
           guid('account', customer_id) AS customerid,
           'account' AS customertype,
           customer_name(customer_id) AS customername,
           guid('entitlement', entitlement_id) AS entitlementid,
           guid('product', product_id) AS productid,
           guid('contact', customer_id || '/' || contact) AS primarycontactid,
           channel_word(origin) AS origin,
           created_at AS createdon,
           modified_at AS modifiedon,
           state,
           CASE state WHEN 'Active' THEN 'In Progress'
                      WHEN 'Resolved' THEN 'Problem Solved'
                      ELSE 'Canceled' END AS statusreason,
           decrement,
           coalesce(takes, is_brought_forward AND decrement AND CASE decrease_on::VARCHAR
               WHEN 'creation' THEN state <> 'Cancelled'
               ELSE state = 'Resolved' AND (allocation = 'cases' OR minutes > 0) END
           ) AS isdecrementing,
           NULL::VARCHAR AS masterid,
           NULL::VARCHAR AS parentcaseid,
           account_guid(customer_id, account) AS subaccount
    FROM known
    ORDER BY case_id;

CREATE MACRO incidentresolution() AS TABLE
    SELECT guid('incidentresolution', case_id || '/' || place) AS activityid,
           guid('incident', case_id) AS incidentid,
           minutes::BIGINT AS timespent,
           moved_at AS createdon
    FROM case_moves()
    WHERE state = 'Resolved'
    ORDER BY moved_at, case_id, place;

-- Work on a case, as one completed activity before each of its resolutions.
CREATE MACRO activitypointer() AS TABLE
    WITH work AS (
        SELECT *, CASE WHEN coalesce((rule_switches ->> 'exclude_billed_minutes') = 'true', FALSE)
                       THEN minutes
                       ELSE minutes - coalesce(lag(minutes) OVER (
                           PARTITION BY case_id ORDER BY place
                       ), 0) END AS worked
        FROM case_moves() CROSS JOIN run
        WHERE state = 'Resolved'
    )
    SELECT guid('activitypointer', case_id || '/' || place) AS activityid,
           guid('incident', case_id) AS incidentid,
           worked::BIGINT AS minutes,
           moved_at AS ended,
           'Completed' AS state
    FROM work
    WHERE worked > 0
    ORDER BY moved_at, case_id, place;

-- Changes in the order in which they happened, those of the same minute too. Where a balance was
-- brought forward the log is cut: nothing is said of its movements.
CREATE MACRO audit() AS TABLE
    WITH changes_of_state AS (
        SELECT * FROM state_changes() WHERE on_date <= $as_of::DATE
    ),
    amendments AS (
        SELECT entitlement_id, on_date, max(place) AS place
        FROM changes_of_state
        WHERE trigger IN ('created', 'deactivated')
        GROUP BY ALL
    ),
    cut AS (
        SELECT DISTINCT entitlement_id FROM ledger WHERE reason = 'brought_forward'
    ),
    movements AS (
        SELECT ledger.*, coalesce(place, 0) AS place,
               CASE WHEN case_id IS NULL THEN 0 ELSE 1 END AS rank
        FROM ledger
        ANTI JOIN cut USING (entitlement_id)
        LEFT JOIN amendments
            ON amendments.entitlement_id = ledger.entitlement_id
            AND on_date = happened_at::DATE AND case_id IS NULL
        WHERE is_by_close(happened_at)
    ),
    totals AS (
        SELECT movements.entitlement_id, entry, happened_at, place, amount,
               total_terms - coalesce(sum(amount) OVER (
                   PARTITION BY movements.entitlement_id ORDER BY entry
                   ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING
               ), 0) AS total_terms
        FROM movements
        JOIN entitlements_then() AS known ON known.entitlement_id = movements.entitlement_id
        WHERE reason = 'adjust'
    ),
    channels AS (
        SELECT entitlement_id, origin, balance_id FROM balances WHERE kind = 'channel'
    ),
    taken AS (
        SELECT *, coalesce(lag(takes) OVER (
            PARTITION BY case_id ORDER BY happened_at, entry
        ), NOT takes) AS took
        FROM takings()
    ),
    rows_of_log AS (
        SELECT 'entitlement' AS "table", guid('entitlement', entitlement_id) AS recordid,
               'statecode' AS "column", on_date::TIMESTAMP AS changed, word(from_state) AS old,
               word(to_state) AS new,
               CASE WHEN from_state IS NULL THEN 'create' ELSE 'update' END AS operation,
               0 AS rank, 2 * place AS place, 0 AS part
        FROM changes_of_state
        UNION ALL
        SELECT 'entitlement', guid('entitlement', entitlement_id), 'totalterms', happened_at,
               as_text(total_terms - amount), as_text(total_terms), 'update', 0, 2 * place + 1,
               2 * entry
        FROM totals
        UNION ALL
        SELECT 'entitlement', guid('entitlement', entitlement_id), 'remainingterms', happened_at,
               CASE WHEN reason <> 'allot' THEN as_text(balance - amount) END, as_text(balance),
               CASE WHEN reason = 'allot' THEN 'create' ELSE 'update' END,
               rank, 2 * place + 1, 2 * entry + 1
        FROM movements
        WHERE amount <> 0 OR reason = 'allot' AND origin IS NULL
        UNION ALL
        SELECT 'entitlementchannel', guid('entitlementchannel', channels.balance_id),
               'remainingterms', happened_at,
               CASE WHEN reason <> 'allot' THEN as_text(origin_balance - origin_amount) END,
               as_text(origin_balance), CASE WHEN reason = 'allot' THEN 'create' ELSE 'update' END,
               rank, 2 * place + 1, 2 * entry + 1
        FROM movements
        JOIN channels USING (entitlement_id, origin)
        WHERE origin_amount <> 0 OR reason = 'allot'
        UNION ALL
        SELECT 'incident', guid('incident', case_id), 'entitlementid', created_at, NULL,
               guid('entitlement', entitlement_id), 'create', 1, case_id, -1
        FROM cases_then()
        WHERE entitlement_id IS NOT NULL
        UNION ALL
        SELECT 'incident', guid('incident', case_id), 'statecode', moved_at,
               coalesce(lag(state) OVER (PARTITION BY case_id ORDER BY place), 'Active'), state,
               'update', 1, case_id, 0
        FROM case_moves()
        UNION ALL
        SELECT 'incident', guid('incident', case_id), 'isdecrementing', happened_at,
               took::VARCHAR, takes::VARCHAR, 'update', 1, case_id, entry
        FROM taken
        WHERE took <> takes
    )
    SELECT guid('audit', "table" || recordid || "column" || changed::VARCHAR || rank || '/' || place
                || '/' || part) AS auditid,
           rows_of_log.* EXCLUDE (rank, place, part, operation), operation
    FROM rows_of_log
    ORDER BY changed, rank, "table", place, recordid, part;

-- Customers, and behind each its own accounts in the order of their numbers, up to the last one that
-- holds or asks for anything.
CREATE MACRO account() AS TABLE
    WITH numbers AS (
        SELECT customer_id, max(account) AS most
        FROM (
            SELECT customer_id, account FROM entitlements_then()
            UNION ALL
            SELECT customer_id, account FROM cases_then()
        )
        GROUP BY customer_id
    ),
    listed AS (
        SELECT customer_id, NULL::BIGINT AS account FROM customers_then()
        UNION ALL
        SELECT customer_id, unnest(range(1, most + 1)) FROM numbers WHERE most IS NOT NULL
    )
    SELECT coalesce(account_guid(customer_id, account), guid('account', customer_id)) AS id,
           coalesce(
               'Account ' || account || ' of ' || lower(customer_name(customer_id)),
               customer_name(customer_id)
           ) AS name,
           segment::VARCHAR AS segment,
           CASE WHEN account IS NOT NULL THEN guid('account', customer_id) END AS parent
    FROM listed JOIN customers_then() USING (customer_id)
    ORDER BY customer_id, account NULLS FIRST;

CREATE MACRO contact() AS TABLE
    SELECT guid('contact', customer_id || '/' || contact) AS id,
           'Contact ' || (contact + 1) || ' of ' || lower(customer_name(customer_id)) AS name,
           guid('account', customer_id) AS parent,
           NULL::VARCHAR AS segment
    FROM (
        SELECT customer_id, contact FROM listed_contacts()
        UNION
        SELECT customer_id, contact FROM cases_then() WHERE contact IS NOT NULL
    )
    ORDER BY customer_id, contact;

CREATE MACRO product() AS TABLE
    SELECT guid('product', product_id) AS id, product AS name FROM products ORDER BY product_id;

CREATE MACRO product_link() AS TABLE
    SELECT guid('entitlement', entitlement_id) AS entitlementid,
           guid('product', product_id) AS productid
    FROM entitlements_then() JOIN template_products USING (template_id)
    ORDER BY entitlement_id, product_id;

CREATE MACRO contact_link() AS TABLE
    SELECT guid('entitlement', entitlement_id) AS entitlementid,
           guid('contact', customer_id || '/' || contact) AS contactid
    FROM listed_contacts()
    ORDER BY entitlement_id, contact;

-- ------------------------------------------------------------------- records that were imported

-- The ids and names that records of an imported run had, by the ids that are made of their numbers.
CREATE MACRO source_ids() AS TABLE
    SELECT guid('account', customer_id) AS made, source_id, name FROM customers
    UNION ALL
    SELECT guid('entitlementtemplate', template_id), source_id, template FROM templates
    UNION ALL
    SELECT guid('product', product_id), source_id, product FROM products
    UNION ALL
    SELECT guid('entitlement', entitlement_id), source_id, name FROM entitlements
    UNION ALL
    SELECT guid('entitlementchannel', balance_id), source_id, NULL FROM balances
    UNION ALL
    SELECT guid('incident', case_id), source_id, NULL FROM cases;
