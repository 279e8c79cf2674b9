-- What the views share, said once. The notation is that of CREATE MACRO, but nothing of it is stored
-- in a run: a call is replaced by the text when the views are created.

-- Reasons of the ledger.
CREATE MACRO is_use(reason) AS reason IN ('consume', 'restore');
CREATE MACRO is_consumption(reason) AS reason = 'consume';
CREATE MACRO puts_in(reason) AS reason IN ('allot', 'adjust', 'topup', 'correct');
CREATE MACRO is_adjustment(reason) AS reason = 'adjust';
CREATE MACRO rolls_over(reason) AS reason IN ('rollover_in', 'rollover_out');
CREATE MACRO lapses(reason) AS reason = 'expire';
CREATE MACRO is_settled(reason) AS reason IN ('overage', 'forgiven');
CREATE MACRO is_billed_over(reason) AS reason = 'overage';

CREATE MACRO is_brought_forward(reason) AS reason = 'brought_forward';
CREATE MACRO is_refusal(reason) AS reason = 'refused';
-- For want of terms.
CREATE MACRO is_shut_out(reason, rule) AS is_refusal(reason) AND rule = 'G1';

-- What ended an entitlement, the last day that it covers, and which classes of a renewal count as renewed.
CREATE MACRO is_cancelled(ended_by) AS ended_by IS NOT DISTINCT FROM 'cancellation';
CREATE MACRO last_day_of(end_date, ended_by, ended_on) AS
    CASE WHEN is_cancelled(ended_by) THEN least(end_date, ended_on - 1) ELSE end_date END;
CREATE MACRO counts_as_renewed(class) AS class IN ('on_time', 'back_dated', 'late');

-- Balances beside which an entitlement has no other for all cases: of any other kind there are several.
CREATE MACRO is_one_of_several(kind) AS kind IN ('allowance', 'carried', 'topup');

-- Balances with which a term, or a period of it, begins; there is one in each.
CREATE MACRO is_base(kind) AS kind IN ('whole', 'allowance');

-- Balances that are sold beside the terms of their entitlement, and the movement that sells one.
CREATE MACRO is_top_up(kind) AS kind = 'topup';
CREATE MACRO tops_up(reason) AS reason = 'topup';

-- A period of an allowance opens with what it grants; with what is carried over, or owed, from earlier ones.
CREATE MACRO opens_period(reason, rule) AS reason = 'allot' AND rule = 'B1';
CREATE MACRO closes_period(reason, amount) AS lapses(reason) OR rolls_over(reason) AND amount < 0;
CREATE MACRO comes_with_period(reason, rule, amount) AS
    reason = 'rollover_in' AND (rule = 'B1' OR amount < 0);

-- What leaves no record in a live system: of a run that was imported it is not known.
CREATE MACRO unless_imported(value, source) AS CASE WHEN source <> 'imported' THEN value END;

-- First day of the period in whose cohort an entitlement is that began on a day.
CREATE MACRO cohort_of(day) AS
    CASE cohort_grain WHEN 'month' THEN date_trunc('month', day)
                      WHEN 'quarter' THEN date_trunc('quarter', day)
                      WHEN 'year' THEN date_trunc('year', day)
                      ELSE error('cohort_grain is month, quarter or year') END::DATE;

-- At the close of as_of nothing can be renewed within the grace any more.
CREATE MACRO grace_is_over(end_date) AS as_of >= end_date + grace_days;

-- Which refunds of a template give the price of unused days back.
CREATE MACRO refunds_unused(refund) AS refund = 'unused';

-- A contract that costs nothing is free; one whose price is not known pays.
CREATE MACRO pays(price) AS coalesce(price > 0, TRUE);

-- Amounts as whole hundredths, so that products and quotients stay exact, and back: what concerns one
-- entitlement fits 18 digits at any limit of a scenario, totals and over-use at its price may not.
CREATE MACRO in_hundredths(amount) AS (amount * 100)::HUGEINT;
CREATE MACRO from_hundredths(number) AS
    (number::DECIMAL(16, 0) * 0.01::DECIMAL(2, 2))::DECIMAL(18, 2);
CREATE MACRO total_from_hundredths(number) AS
    (number::DECIMAL(36, 0) * 0.01::DECIMAL(2, 2))::DECIMAL(38, 2);
CREATE MACRO half_up(dividend, divisor) AS (2 * dividend + divisor) // (2 * divisor);
-- A part of a price, rounded likewise; with 64 bits, with which to divide costs less, where they do.
CREATE MACRO part_of(price, part, whole) AS
    CASE WHEN price::DOUBLE * part < 4e18 AND whole < 1e17
         THEN half_up(price::BIGINT * part::BIGINT, whole::BIGINT)::HUGEINT
         ELSE half_up(price::HUGEINT * part, whole) END;

-- Price of so many days for a year: in 64 bits where it fits, with which to divide costs a fraction. A
-- DOUBLE has the hundredths of such prices exactly.
CREATE MACRO in_a_year(price, days) AS
    CASE WHEN price < 1e10
         THEN from_hundredths(half_up(365 * round(price::DOUBLE * 100)::BIGINT, days))
         ELSE from_hundredths(half_up(in_hundredths(price) * 365, days)) END;

-- Months: the first day of one, and those of the run, the last one up to its last day.
CREATE MACRO month_of(day) AS date_trunc('month', day)::DATE;
CREATE MACRO month_number(day) AS (12 * year(day) + month(day));
CREATE MACRO month_numbered(number) AS make_date((number - 1) // 12, (number - 1) % 12 + 1, 1);
CREATE MACRO months() AS TABLE
    SELECT month::DATE AS month, least(last_day(month::DATE), as_of) AS month_end
    FROM metric_parameters,
         unnest(generate_series(date_trunc('month', run_begins), as_of, INTERVAL 1 MONTH)) AS _(month);

-- Whether the run shows only a part of a month: it begins or ends within it.
CREATE MACRO is_cut(month) AS (month < run_begins OR last_day(month) > as_of);

-- States of an entitlement as digits to base four, so that one sum over the transitions of a day counts
-- how often each was entered less how often it was left (1, 0 or -1), and the one that was entered.
CREATE MACRO mark_of(state) AS
    CASE state WHEN 'draft' THEN 1 WHEN 'waiting' THEN 4 WHEN 'active' THEN 16
               WHEN 'expired' THEN 64 WHEN 'cancelled' THEN 256 END;
CREATE MACRO entered_of(marks) AS
    CASE (marks + 341)::INTEGER & 682  -- one to each digit, so that its higher bit says 1
         WHEN 2 THEN 'draft' WHEN 8 THEN 'waiting' WHEN 32 THEN 'active'
         WHEN 128 THEN 'expired' WHEN 512 THEN 'cancelled' END::entitlement_state;

-- Days on which entitlements closed Active by a relation of their transitions, those before the run too:
-- the stretches of state_periods in that state, which need only the transitions that lead into it or out
-- of it. Of several in a day the last has the state at its close.
CREATE MACRO active_periods(moves) AS TABLE
    SELECT entitlement_id, begins AS first_day,
           least(coalesce(ends - 1, as_of), as_of)::DATE AS last_day
    FROM (
        SELECT entitlement_id, on_date AS begins, lead(on_date) OVER through_activity AS ends,
               sum(CASE WHEN to_state = 'active' THEN 1 ELSE -1 END) OVER through_activity
                   AS is_active
        FROM moves
        WHERE to_state = 'active' OR from_state = 'active'
        WINDOW through_activity AS (PARTITION BY entitlement_id ORDER BY on_date)
    )
    CROSS JOIN metric_parameters
    WHERE is_active = 1 AND begins <= as_of AND begins IS DISTINCT FROM ends;

-- Net use of the entitlements of a relation on covered days of the window of consumption_rate, and how
-- many these days are.
CREATE MACRO use_of_late(contracts) AS TABLE
    WITH moves AS (FROM transitions SEMI JOIN contracts USING (entitlement_id)),
    recent AS MATERIALIZED (
        SELECT entitlement_id, greatest(first_day, window_start) AS first_day, last_day
        FROM active_periods(moves)
        CROSS JOIN (
            SELECT greatest(as_of - rate_window_days + 1, run_begins)::DATE AS window_start
            FROM metric_parameters
        )
        WHERE last_day >= window_start
    ),
    taken AS (
        SELECT ledger.entitlement_id, -sum(amount) AS used
        FROM ledger
        JOIN recent
            ON recent.entitlement_id = ledger.entitlement_id
            AND happened_at::DATE BETWEEN first_day AND last_day
        WHERE is_use(reason)
        GROUP BY ledger.entitlement_id
    )
    SELECT entitlement_id, covered_days, used
    FROM (
        SELECT entitlement_id, sum(last_day - first_day + 1)::BIGINT AS covered_days
        FROM recent GROUP BY entitlement_id
    )
    LEFT JOIN taken USING (entitlement_id);

-- Periods (first_day, last_day) of an owner with the number of the stretch without a gap in which
-- they lie: a period that begins the day after another ends belongs to the same. Periods of the same
-- days count together, in whatever order they come.
CREATE MACRO stretches(periods, owner) AS TABLE
    SELECT *, count(*) FILTER (begins_anew) OVER (
        PARTITION BY owner ORDER BY first_day, last_day
    ) AS stretch
    FROM (
        SELECT *, coalesce(first_day > 1 + max(last_day) OVER (
            PARTITION BY owner ORDER BY first_day, last_day
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ), TRUE) AS begins_anew
        FROM periods
    );

-- Contracts that keep what was offered before (see the column offered_before of the table run): those
-- from before its last day, and, where what renews them is that, too, all that follow. No contract is
-- looked at where nothing differs.
CREATE MACRO kept_as_before() AS TABLE
    WITH RECURSIVE kept(kept_id) AS (
        SELECT entitlement_id
        FROM entitlements
        CROSS JOIN (SELECT kept_until FROM metric_parameters WHERE kept_until IS NOT NULL)
        WHERE created_on < kept_until
        UNION
        SELECT entitlement_id
        FROM entitlements SEMI JOIN kept ON predecessor_id = kept_id
        CROSS JOIN (FROM metric_parameters WHERE kept_at_renewal)
    )
    FROM kept;

-- Entitlements, and whether they are among these; and what was offered before of the template of one
-- that is, else NULL.
CREATE MACRO entitlements_as_offered() AS TABLE
    SELECT *, entitlement_id IN (FROM kept_as_before() AS earlier) AS keeps FROM entitlements;
CREATE MACRO offer_kept(keeps, template_id) AS
    CASE WHEN keeps THEN (kept_offers -> template_id::VARCHAR) END;

-- Entitlements with the days that they cover and their price a year: what is known of them without
-- their ledgers (see the view entitlement_facts).
CREATE MACRO dated_entitlements() AS TABLE
    SELECT * EXCLUDE (as_of, run_begins, base, kept), least(effective_end, as_of) AS covered_to,
           coalesce(
               covered_from <= least(effective_end, as_of) AND effective_end >= run_begins, FALSE
           ) AS was_in_force,
           coalesce(activated_on <= effective_end, FALSE) AS took_effect,
           coalesce(covered_from < run_begins, FALSE) AS is_left_truncated,
           greatest(least(effective_end, as_of) - start_date + 1, 0)::INTEGER AS elapsed_days,
           CASE WHEN NOT is_open_ended THEN in_a_year(price, term_days) END::DECIMAL(18, 2)
               AS annual_value,
           CASE WHEN is_cancelled(ended_by) AND activated_on IS NOT NULL AND gives_back
                THEN from_hundredths(half_up(
                    in_hundredths(price) * (end_date - greatest(effective_end, start_date - 1)),
                    term_days
                )) ELSE 0 END::DECIMAL(18, 2) AS refunded,
           pays(price) AS is_paying,
           CASE base WHEN 'paying' THEN pays(price)
                     WHEN 'all' THEN TRUE
                     ELSE error('base is paying or all') END AS in_base
    FROM (
        SELECT sold.* EXCLUDE (keeps), template, as_of, run_begins, base,
               offer_kept(keeps, template_id) AS kept,
               refunds_unused(coalesce((kept ->> 'refund'), refund)) AS gives_back,
               last_day_of(end_date, ended_by, ended_on) AS effective_end,
               CASE WHEN activated_on IS NOT NULL THEN greatest(start_date, activated_on) END
                   AS covered_from,
               (end_date - start_date + 1)::INTEGER AS term_days,
               coalesce(
                   (kept ->> 'is_open_ended')::BOOLEAN, templates.term IS NOT DISTINCT FROM 'open'
               ) AS is_open_ended,
               coalesce((kept ->> 'is_unlimited')::BOOLEAN, templates.is_unlimited)
                   OR promised_terms IS NULL
                   AND coalesce(sold.total_terms, 0) = 0 AND NOT sold.restrict
                   AS is_unlimited
        FROM entitlements_as_offered() AS sold
        JOIN templates USING (template_id) CROSS JOIN metric_parameters
    );

-- Top-ups that are billed, each with the days of its own from which its price becomes revenue: from the
-- day on which it is bought, or its entitlement first activated if that is later, to its end or the
-- cancellation. What it gives back then goes by the refund of its entitlement, over its own days.
CREATE MACRO billed_top_ups() AS TABLE
    WITH sold AS (
        SELECT balance_id, entitlement_id, starts, ends, total_terms, price
        FROM balances WHERE is_top_up(kind)
    ),
    bought AS (
        SELECT balance_id, min(happened_at)::DATE AS bought_on
        FROM ledger SEMI JOIN sold USING (balance_id)
        WHERE tops_up(reason)
        GROUP BY balance_id
    )
    SELECT balance_id, entitlement_id, customer_id, template_id, template, allocation, is_unlimited,
           is_open_ended AND ends = end_date AS is_open_ended, activated_on, starts, ends,
           (ends - starts + 1)::INTEGER AS term_days, sold.total_terms, sold.price,
           greatest(activated_on, coalesce(bought_on, starts))::DATE AS billed_on,
           greatest(billed_on, CASE WHEN is_cut_short THEN effective_end + 1 ELSE ends END)::DATE
               AS closes_on,
           CASE WHEN is_cut_short AND gives_back
                THEN from_hundredths(half_up(
                    in_hundredths(sold.price) * (ends - greatest(effective_end, starts - 1)),
                    ends - starts + 1
                )) ELSE 0 END::DECIMAL(18, 2) AS refunded
    FROM (
        SELECT sold.*, dated.* EXCLUDE (entitlement_id, total_terms, price, refunded),
               is_cancelled(ended_by) AND effective_end < ends AS is_cut_short
        FROM sold JOIN dated_entitlements() AS dated USING (entitlement_id)
        WHERE activated_on IS NOT NULL
    ) AS sold
    LEFT JOIN bought USING (balance_id);

-- What top-ups cost, and what of that is given back, by their entitlement.
CREATE MACRO topped_up_for() AS TABLE
    SELECT entitlement_id, sum(price)::DECIMAL(18, 2) AS top_up_price,
           sum(refunded)::DECIMAL(18, 2) AS top_ups_refunded
    FROM billed_top_ups()
    GROUP BY entitlement_id;

-- Entitlements and what renews them (see the view successors).
CREATE MACRO pairs_of_renewal() AS TABLE
    WITH
    -- Empty where links alone count, so that no more is read then.
    joined_by_template AS MATERIALIZED (
        SELECT dated.*, grace_days FROM dated_entitlements() AS dated CROSS JOIN metric_parameters
        WHERE successors = 'template'
    ),
    pairs AS (
        SELECT old.entitlement_id, new.entitlement_id AS successor_id, TRUE AS is_linked,
               old.end_date, NULL AS old_value, new.end_date AS new_end,
               new.created_on, new.covered_from, new.took_effect, new.annual_value AS new_value
        FROM dated_entitlements() AS new
        JOIN entitlements AS old ON old.entitlement_id = new.predecessor_id
        UNION ALL
        SELECT old.entitlement_id, new.entitlement_id, FALSE,
               old.end_date, old.annual_value, new.end_date,
               new.created_on, new.covered_from, new.took_effect, new.annual_value
        FROM joined_by_template AS new
        JOIN joined_by_template AS old
            ON new.customer_id = old.customer_id AND new.template_id = old.template_id
            AND new.account IS NOT DISTINCT FROM old.account
            AND new.start_date > old.start_date
            AND new.start_date > old.end_date - old.grace_days
        WHERE new.predecessor_id IS NULL AND old.covered_from <= old.covered_to
            AND NOT is_cancelled(old.ended_by)
    ),
    lagged AS (
        SELECT entitlement_id, successor_id, is_linked, is_draft, lag_days,
               coalesce(lag_days <= grace_days - 1, FALSE) AS is_within_grace,
               CASE WHEN took_effect THEN new_value ELSE 0 END AS successor_value, old_value
        FROM (
            SELECT *, coalesce(covered_from > new_end, TRUE) AS is_draft,
                   CASE WHEN took_effect
                        THEN greatest(covered_from, created_on) - (end_date + 1)
                   END::INTEGER AS lag_days
            FROM pairs
        )
        CROSS JOIN metric_parameters
    ),
    -- One that names its predecessor renews nothing else; only the others can consolidate several.
    shares AS (
        SELECT * EXCLUDE (weight),
               in_hundredths(successor_value) AS value_100,
               in_hundredths(sum(weight) OVER (all_of ORDER BY entitlement_id)) AS weight_to_here,
               in_hundredths(sum(weight) OVER (all_of ORDER BY entitlement_id) - weight)
                   AS weight_before,
               in_hundredths(sum(weight) OVER all_of) AS weight_of_all
        FROM (
            SELECT *, CASE WHEN old_value > 0 THEN old_value ELSE 0.01 END AS weight
            FROM lagged
            WHERE NOT is_linked
        )
        WINDOW all_of AS (PARTITION BY successor_id, is_within_grace)
    )
    SELECT entitlement_id, successor_id, is_linked, is_draft, lag_days, is_within_grace,
           successor_value::DECIMAL(18, 2) AS annual_value
    FROM lagged
    WHERE is_linked
    UNION ALL
    SELECT entitlement_id, successor_id, is_linked, is_draft, lag_days, is_within_grace,
           from_hundredths(
               half_up(value_100 * weight_to_here, weight_of_all)
               - half_up(value_100 * weight_before, weight_of_all)
           )
    FROM shares;

-- What the ledgers of entitlements come to (see the view ledger_totals).
CREATE MACRO totals_of_ledger() AS TABLE
    SELECT entitlement_id,
           (sum(amount) FILTER (puts_in(reason)))::DECIMAL(18, 2) AS put_in,
           coalesce(bool_or(puts_in(reason) AND (amount <> 0 OR origin IS NULL)), FALSE)
               AS is_put_in_whole,
           (-sum(amount) FILTER (is_use(reason) OR is_brought_forward(reason)))::DECIMAL(18, 2) AS used,
           (-sum(amount) FILTER (
               (is_use(reason) OR is_brought_forward(reason)) AND happened_at::DATE <= last_day
           ))::DECIMAL(18, 2) AS used_by_end,
           (-sum(amount) FILTER (is_use(reason) AND happened_at::DATE > last_day))::DECIMAL(18, 2)
               AS used_after_end,
           bool_or(is_brought_forward(reason)) AS is_brought_forward,
           (sum(amount) FILTER (is_adjustment(reason)))::DECIMAL(18, 2) AS adjusted,
           (-sum(amount) FILTER (lapses(reason)))::DECIMAL(18, 2) AS lapsed,
           (sum(amount) FILTER (is_settled(reason)))::DECIMAL(18, 2) AS settled,
           (-sum(amount) FILTER (rolls_over(reason)))::DECIMAL(18, 2) AS rolled_out
    FROM ledger JOIN (
        SELECT entitlement_id, last_day_of(end_date, ended_by, ended_on) AS last_day FROM entitlements
    ) USING (entitlement_id)
    GROUP BY entitlement_id;

-- What the ledger of each balance comes to, of entitlements that have several (see the view
-- balance_totals).
CREATE MACRO totals_of_balances() AS TABLE
    SELECT balance_id,
           (coalesce(sum(amount) FILTER (puts_in(reason)), 0) * 100)::BIGINT AS allotment_100,
           (coalesce(-sum(amount) FILTER (is_use(reason) OR is_brought_forward(reason)), 0) * 100)
               ::BIGINT AS used_100,
           (coalesce(-sum(amount) FILTER (rolls_over(reason)), 0) * 100)::BIGINT AS rolled_out_100,
           (coalesce(sum(amount) FILTER (is_settled(reason)), 0) * 100)::BIGINT AS settled_100,
           (coalesce(-sum(amount) FILTER (lapses(reason)), 0) * 100)::BIGINT AS lapsed_100
    FROM ledger SEMI JOIN (
        SELECT entitlement_id FROM balances WHERE is_one_of_several(kind)
    ) USING (entitlement_id)
    WHERE amount <> 0
    GROUP BY balance_id;

-- What amendments have added to the totals of entitlements since they were sold.
CREATE MACRO amended_terms() AS TABLE
    SELECT entitlement_id, adjusted AS amended_by FROM ledger_totals WHERE adjusted IS NOT NULL;

-- What became of the balances that have ended, of entitlements that have several (see the view
-- breakage_by_period), of those too that ended before anything is shown.
CREATE MACRO balances_ended() AS TABLE
    WITH held AS (
        SELECT *
        FROM (
            SELECT balance_id, kind, starts, least(ends, effective_end)::DATE AS last_day,
                   balances.price, balances.total_terms, dated.entitlement_id, customer_id,
                   template_id, template, allocation,
                   CASE WHEN is_cancelled(ended_by) AND ends > effective_end THEN 'cancellation'
                        ELSE 'expiry' END AS ended_by,
                   CASE WHEN is_top_up(kind) THEN coalesce(added.refunded, 0)
                        WHEN is_cancelled(ended_by) AND balances.ends > effective_end
                            AND kind IN ('allowance', 'whole') THEN dated.refunded ELSE 0
                   END::DECIMAL(18, 2) AS refunded
            FROM balances
            JOIN dated_entitlements() AS dated USING (entitlement_id)
            LEFT JOIN (SELECT balance_id, refunded FROM billed_top_ups()) AS added USING (balance_id)
            WHERE covered_from <= effective_end AND kind <> 'channel' AND entitlement_id IN (
                SELECT entitlement_id FROM balances WHERE is_one_of_several(kind)
            )
        )
        CROSS JOIN metric_parameters
        WHERE last_day < as_of
    ),
    units AS (
        SELECT held.*, from_hundredths(coalesce(allotment_100, 0)) AS allotment,
               from_hundredths(coalesce(used_100, 0)) AS used,
               from_hundredths(coalesce(rolled_out_100, 0)) AS rolled_out,
               from_hundredths(coalesce(settled_100, 0)) AS settled,
               -- A balance that is there from the beginning to the end of a term never lapses.
               from_hundredths(CASE WHEN kind = 'whole'
                   THEN greatest(coalesce(allotment_100, 0) - coalesce(used_100, 0), 0)
                   ELSE coalesce(lapsed_100, 0) END) AS breakage
        FROM held LEFT JOIN balance_totals USING (balance_id)
    )
    SELECT entitlement_id, balance_id, customer_id, segment, template_id, template, allocation, kind,
           starts, last_day, month_of(last_day) AS month, ended_by, allotment, used, rolled_out, settled,
           breakage, units.price,
           CASE WHEN total_terms > 0 THEN from_hundredths(half_up(
               in_hundredths(breakage) * in_hundredths(units.price), in_hundredths(total_terms)
           )) ELSE 0 END::DECIMAL(18, 2) AS breakage_value, refunded
    FROM units LEFT JOIN customers USING (customer_id);

-- Terms left unused at the effective end of what has ended in the run; before it from estimates_from
-- on, if that is earlier, where use is known back to the start. Of what has several balances it is the
-- sum of what these leave, each at its own end (see the view breakage_by_period).
CREATE MACRO unused_units() AS TABLE
    WITH ended AS (
        SELECT dated.*, coalesce(ended_by, 'expiry') AS ended_how, run_begins
        FROM dated_entitlements() AS dated CROSS JOIN metric_parameters
        WHERE covered_from <= effective_end AND NOT is_unlimited AND effective_end < as_of
            AND effective_end >= least(run_begins, estimates_from)
    ),
    by_balance AS (
        SELECT entitlement_id, sum(allotment) AS allotment, sum(used) AS used,
               sum(rolled_out) AS rolled_out, sum(breakage) AS breakage,
               sum(breakage_value) AS breakage_value
        FROM breakage_of_balances CROSS JOIN metric_parameters
        WHERE ended_before_run IS NULL OR ended_before_run >= estimates_from
        GROUP BY entitlement_id
    ),
    at_end AS (
        SELECT entitlement_id, CASE WHEN is_put_in_whole THEN put_in END AS allotted,
               is_brought_forward, used_by_end AS used, used_after_end, rolled_out
        FROM ledger_totals
    )
    SELECT ended.* EXCLUDE (run_begins),
           coalesce(by_balance.allotment, allotted, total_terms)::DECIMAL(18, 2) AS allotment,
           coalesce(by_balance.used, at_end.used, 0)::DECIMAL(18, 2) AS used,
           by_balance.entitlement_id IS NULL AS has_one_balance,
           CASE WHEN has_one_balance THEN coalesce(used_after_end, 0) ELSE 0 END::DECIMAL(18, 2)
               AS used_after_end,
           coalesce(by_balance.rolled_out, at_end.rolled_out, 0)::DECIMAL(18, 2) AS rolled_out,
           CASE WHEN has_one_balance
                THEN greatest(
                    coalesce(allotted, total_terms) - coalesce(at_end.used, 0)
                    - coalesce(at_end.rolled_out, 0), 0
                )
                ELSE by_balance.breakage END::DECIMAL(18, 2) AS breakage,
           by_balance.breakage_value AS value_by_balance,
           coalesce(top_up_price, 0)::DECIMAL(18, 2) AS top_up_price,
           coalesce(top_ups_refunded, 0)::DECIMAL(18, 2) AS top_ups_refunded
    FROM ended
    LEFT JOIN topped_up_for() AS added USING (entitlement_id)
    LEFT JOIN at_end USING (entitlement_id)
    LEFT JOIN by_balance USING (entitlement_id)
    WHERE effective_end >= run_begins OR NOT coalesce(is_brought_forward, FALSE);

-- The same with what it was worth.
CREATE MACRO unused_terms() AS TABLE
    SELECT entitlement_id, customer_id, segment, template_id, template, allocation,
           ended_how AS ended_by, effective_end, month_of(effective_end) AS month,
           is_left_truncated, allotment, used, rolled_out, breakage,
           CASE WHEN allotment > 0 THEN breakage / allotment END AS breakage_rate,
           CASE WHEN allotment > 0 THEN used / allotment END AS utilisation,
           CASE WHEN has_one_balance THEN allotment - used <= 0 ELSE breakage = 0 END AS ran_dry,
           used_after_end, greatest(breakage - used_after_end, 0)::DECIMAL(18, 2) AS breakage_restated,
           price,
           CASE WHEN NOT has_one_balance THEN value_by_balance
                WHEN allotment > 0 THEN from_hundredths(half_up(
                    in_hundredths(breakage) * in_hundredths(price), in_hundredths(allotment)
                )) END::DECIMAL(18, 2) AS breakage_value,
           (units.refunded + top_ups_refunded)::DECIMAL(18, 2) AS refunded,
           CASE WHEN breakage_value IS NOT NULL
                THEN greatest(breakage_value - units.refunded - top_ups_refunded, 0)::DECIMAL(18, 2)
           END AS unrefunded_value,
           has_one_balance, top_up_price
    FROM unused_units() AS units LEFT JOIN customers USING (customer_id);

-- A balance below this shuts the gate.
CREATE MACRO gate_of_terms() AS TABLE
    SELECT CASE WHEN coalesce((rule_switches ->> 'gate_literal_below_zero') = 'true', FALSE)
                THEN 0.00 ELSE 0.01 END::DECIMAL(18, 2) AS opens_from
    FROM run;

-- Where no terms were ever sold by the entitlements of a relation: of a restricting one as a whole, or
-- on a channel of it.
CREATE MACRO terms_never_sold(contracts) AS TABLE
    SELECT entitlement_id, NULL AS origin
    FROM dated_entitlements() AS dated SEMI JOIN contracts USING (entitlement_id)
    LEFT JOIN (
        SELECT entitlement_id, put_in FROM ledger_totals WHERE is_put_in_whole
    ) USING (entitlement_id)
    WHERE NOT is_unlimited AND coalesce(put_in, total_terms) <= 0
    UNION ALL
    SELECT entitlement_id, origin
    FROM entitlement_channels SEMI JOIN contracts USING (entitlement_id)
    WHERE total_terms = 0;

-- Refusals of arrivals by entitlements without terms, a row for each entitlement that was tried.
CREATE MACRO arrivals_refused() AS TABLE
    SELECT case_id, ledger.entitlement_id, balance, arrivals.entitlement_id AS covered_by,
           arrivals.origin, outcome, created_at
    FROM ledger JOIN arrived_cases AS arrivals USING (case_id)
    WHERE is_shut_out(reason, rule) AND happened_at = created_at;

-- What fell due, each with its first successor and its class (see the view renewals), by the rows of
-- the view successors, which are reckoned once where several read them.
CREATE MACRO classed_renewals(pairs) AS TABLE
    WITH due AS MATERIALIZED (
        SELECT dated.*, grace_is_over(end_date) AS is_mature
        FROM dated_entitlements() AS dated CROSS JOIN metric_parameters
        WHERE end_date < as_of AND was_in_force AND NOT is_cancelled(ended_by) AND NOT is_open_ended
    ),
    renewed AS (
        SELECT pairs.entitlement_id,
               min(struct_pack(lag_days, successor_id)) FILTER (lag_days IS NOT NULL) AS first,
               bool_or(is_within_grace) AS is_within_grace,
               count(lag_days) AS successor_count, count(*) FILTER (is_draft) AS drafts,
               (sum(pairs.annual_value) FILTER (is_within_grace))::DECIMAL(38, 2)
                   AS value_within_grace,
               CASE WHEN min(new.allocation) FILTER (lag_days IS NOT NULL)
                        = max(new.allocation) FILTER (lag_days IS NOT NULL)
                        AND NOT bool_or(new.is_unlimited) FILTER (lag_days IS NOT NULL)
                    THEN sum(
                        coalesce(new.promised_terms, new.total_terms - coalesce(amended_by, 0))
                    ) FILTER (is_within_grace)
               END::DECIMAL(18, 2) AS successor_terms
        FROM pairs
        SEMI JOIN due ON due.entitlement_id = pairs.entitlement_id
        JOIN dated_entitlements() AS new ON new.entitlement_id = successor_id
        LEFT JOIN amended_terms() AS amended ON amended.entitlement_id = successor_id
        GROUP BY pairs.entitlement_id
    ),
    first_successors AS (
        SELECT renewed.* EXCLUDE (first), first.successor_id, first.lag_days,
               new.template_id AS successor_template_id, new.start_date AS successor_start,
               new.created_on AS booked_on, new.activated_on AS successor_activated_on,
               new.allocation AS successor_allocation
        FROM renewed LEFT JOIN entitlements AS new ON new.entitlement_id = first.successor_id
    )
    SELECT due.*, segment, first_successors.* EXCLUDE (entitlement_id, drafts),
           coalesce(drafts, 0) AS drafts,
           CASE WHEN successor_id IS NULL AND is_mature THEN 'lost'
                WHEN successor_id IS NULL THEN 'immature'
                WHEN NOT is_within_grace THEN 'win_back'
                WHEN successor_start > end_date + 1 THEN 'late'
                WHEN greatest(booked_on, successor_activated_on) > end_date + booking_days
                THEN 'back_dated'
                ELSE 'on_time' END AS class
    FROM due
    LEFT JOIN customers USING (customer_id)
    LEFT JOIN first_successors USING (entitlement_id)
    CROSS JOIN metric_parameters;

-- Ways from an entitlement to one that renews it some steps later, by a first part and those that go
-- on where it ends; seen_at is the step at which the run first sees one that falls due.
CREATE MACRO links_in_a_row(links, steps) AS TABLE
    SELECT nearer.old_id, further.entitlement_id, nearer.keeps AND further.keeps AS keeps,
           coalesce(nearer.seen_at, further.seen_at + steps) AS seen_at
    FROM links AS nearer JOIN links AS further ON further.old_id = nearer.entitlement_id;

-- Chains of renewals that have come to an entitlement, so many steps further.
CREATE MACRO chains_further(chains, links, steps) AS TABLE
    SELECT links.entitlement_id, root_id, first_start,
           (chains.renewal_number + steps)::INTEGER AS renewal_number,
           is_unbroken AND keeps AS is_unbroken,
           coalesce(renewed_before, chains.renewal_number + seen_at - 1)::INTEGER AS renewed_before
    FROM links JOIN chains ON chains.entitlement_id = old_id;

-- Each entitlement with the first of its chain (see the view renewal_chains), by the rows of the view
-- successors. Chains are gone through four renewals at a time, then what lies between is filled in:
-- each step looks at all links, and long chains are few.
CREATE MACRO chains_of_renewals(pairs) AS TABLE
    WITH RECURSIVE
    predecessors AS (
        SELECT successor_id AS entitlement_id, renewed.entitlement_id AS old_id,
               is_within_grace AND NOT is_cancelled(old.ended_by) AS keeps
        FROM (
            SELECT * FROM pairs WHERE is_linked
            UNION ALL
            SELECT * FROM pairs WHERE NOT is_linked
            QUALIFY row_number() OVER (PARTITION BY successor_id ORDER BY entitlement_id) = 1
        ) AS renewed
        JOIN entitlements AS old ON old.entitlement_id = renewed.entitlement_id
    ),
    dues AS MATERIALIZED (
        SELECT entitlement_id, old_id, keeps, entitlements.renewal_number, start_date,
               end_date >= run_begins AS is_seen
        FROM entitlements CROSS JOIN metric_parameters LEFT JOIN predecessors USING (entitlement_id)
    ),
    links AS MATERIALIZED (
        SELECT old_id, entitlement_id, keeps, CASE WHEN is_seen THEN 1 END AS seen_at
        FROM dues WHERE old_id IS NOT NULL
    ),
    links_of_two AS MATERIALIZED (FROM links_in_a_row(links, 1)),
    links_of_four AS MATERIALIZED (FROM links_in_a_row(links_of_two, 2)),
    by_fours AS (
        -- What is the first on record may be a renewal of something that is not.
        SELECT entitlement_id, entitlement_id AS root_id,
               CASE WHEN renewal_number = 0 THEN start_date END AS first_start,
               (renewal_number + 1)::INTEGER AS renewal_number, TRUE AS is_unbroken,
               CASE WHEN is_seen THEN renewal_number END::INTEGER AS renewed_before
        FROM dues
        WHERE old_id IS NULL
        UNION ALL
        FROM chains_further(by_fours, links_of_four, 4)
    ),
    by_twos AS MATERIALIZED (
        FROM by_fours UNION ALL FROM chains_further(by_fours, links_of_two, 2)
    )
    FROM by_twos UNION ALL FROM chains_further(by_twos, links, 1);

-- Days of cover by the dates as they are known now: a renewal within the grace, restated, goes back to
-- the day after the end, where a seamless one begins anyway.
CREATE MACRO restated_periods() AS TABLE
    WITH renewed AS (
        SELECT successor_id AS entitlement_id, min(end_date) + 1 AS seamless_start
        FROM successors
        JOIN entitlements AS old ON old.entitlement_id = successors.entitlement_id
        WHERE is_within_grace AND lag_days > 0 AND NOT is_cancelled(old.ended_by)
        GROUP BY successor_id
    )
    SELECT customer_id, least(start_date, seamless_start)::DATE AS first_day,
           effective_end AS last_day, annual_value
    FROM dated_entitlements() LEFT JOIN renewed USING (entitlement_id)
    WHERE covered_from <= effective_end AND in_base AND NOT is_open_ended;

-- Price of an entitlement that has become revenue, by a part of the whole that is never more than all
-- of it: of days, of the terms, or of those terms that are expected to be used. Only of these can
-- the product be too large for 128 bits; it is then rounded to the 16 digits of a DOUBLE.
CREATE MACRO earned(price, part, whole) AS
    CASE WHEN part >= whole THEN price ELSE part_of(price, part, whole) END;
CREATE MACRO earned_of_much(price, part, whole) AS
    CASE WHEN price::DOUBLE * part < 5e37 THEN earned(price, part, whole)
         WHEN part >= whole THEN price
         ELSE round(price::DOUBLE * part / whole)::HUGEINT END;
CREATE MACRO earned_by_use(price, used, allotment) AS
    CASE WHEN used <= 0 OR allotment <= 0 THEN 0 ELSE earned(price, used, allotment) END;
CREATE MACRO earned_by_expected_use(price, used, allotment, is_supported, ended, unused) AS
    CASE WHEN used <= 0 OR allotment <= 0 THEN 0
         WHEN is_supported THEN earned_of_much(price, used * ended, allotment * (ended - unused))
         ELSE earned(price, used, allotment) END;

-- Of a portfolio of prices and terms, the same by all of its use. Older engines, which read a run's
-- file, too, have no TRY.
CREATE MACRO earned_by_all_use(price, used, allotment, ended, unused) AS
    CASE WHEN used <= 0 OR allotment <= 0 THEN 0
         WHEN greatest(used::DOUBLE * ended, allotment::DOUBLE * (ended - unused)) < 5e37
         THEN earned_of_much(price, used * ended, allotment * (ended - unused))
         ELSE round(price::DOUBLE * least(
             used::DOUBLE * ended / nullif(allotment::DOUBLE * (ended - unused), 0), 1
         ))::HUGEINT
    END;

-- The closes at which money is reckoned, by number: that of the day before the run, the opening one,
-- then that of each month. The run must be at hand as metric_parameters.
CREATE MACRO close_number(day) AS CASE WHEN day < run_begins THEN month_number(run_begins) - 1
                                       ELSE month_number(day) END;
CREATE MACRO closes() AS TABLE
    SELECT month_number(month) AS number, month, month_end, FALSE AS is_opening FROM months()
    UNION ALL
    SELECT month_number(run_begins) - 1, NULL, (run_begins - 1)::DATE, TRUE FROM metric_parameters;

-- Breakage of each template as it can be estimated at each close.
CREATE MACRO estimates() AS TABLE
    WITH ended AS (
        SELECT template_id, close_number(effective_end + 1) AS number, count(*) AS n,
               sum(breakage) AS breakage, sum(allotment) AS allotment
        FROM unused_units() CROSS JOIN metric_parameters
        WHERE ended_how = 'expiry' AND allotment > 0 AND effective_end >= estimates_from
        GROUP BY ALL
    ),
    so_far AS (
        SELECT closes.*, template_id, templates.template, templates.allocation,
               (sum(coalesce(n, 0)) OVER through_closes)::BIGINT AS n,
               (sum(coalesce(breakage, 0)) OVER through_closes)::DECIMAL(38, 2) AS breakage,
               (sum(coalesce(allotment, 0)) OVER through_closes)::DECIMAL(38, 2) AS allotment
        FROM closes() AS closes CROSS JOIN templates
        LEFT JOIN ended USING (number, template_id)
        WINDOW through_closes AS (PARTITION BY template_id ORDER BY number)
    )
    SELECT so_far.*, n >= least_ended AND allotment > 0 AS is_supported
    FROM so_far CROSS JOIN metric_parameters;

-- Prices that have been billed, those of contracts and those of their top-ups (top_up_id, NULL for the
-- contract's own), from the day on which revenue opens to the one on which the rest is taken: an
-- activation after the end brings all at once, a cancellation what is not refunded.
CREATE MACRO billed_prices() AS TABLE
    SELECT entitlement_id, top_up_id, customer_id, template_id, template, allocation, is_unlimited,
           start_date, end_date, term_days, billed_on, total_terms, promised_terms, is_open_ended,
           in_hundredths(price) AS price_100, in_hundredths(refunded) AS refunded_100,
           least(greatest(start_date, billed_on), closes_on) AS opens_on, closes_on
    FROM (
        SELECT entitlement_id, NULL::BIGINT AS top_up_id, customer_id, template_id, template,
               allocation, is_unlimited, start_date, end_date, term_days, activated_on AS billed_on,
               total_terms, promised_terms, is_open_ended, price, refunded,
               greatest(
                   activated_on,
                   CASE WHEN is_cancelled(ended_by) THEN effective_end + 1 ELSE end_date END
               )::DATE AS closes_on
        FROM dated_entitlements()
        WHERE activated_on IS NOT NULL
        UNION ALL
        SELECT entitlement_id, balance_id, customer_id, template_id, template, allocation,
               is_unlimited, starts, ends, term_days, billed_on, total_terms, NULL, is_open_ended,
               price, refunded, closes_on
        FROM billed_top_ups()
    )
    CROSS JOIN metric_parameters
    WHERE closes_on >= run_begins;

-- What had been used, allotted and had lapsed by the closes up to which terms moved, in hundredths, by
-- entitlement and top-up of a relation of movements; each total stands until before the next of them. Of
-- an allowance it is what the whole term promises. What is used beyond what was granted is not used of
-- what is paid for. What lapses or is settled is so as the last day of its period closes, a day before it
-- is written.
CREATE MACRO terms_moved(movements) AS TABLE
    WITH moves AS (
        SELECT entitlement_id, top_up_id,
               close_number(
                   happened_at::DATE - (lapses(reason) OR is_settled(reason))::INTEGER
               )::INTEGER AS number,
               (sum(amount) FILTER (NOT lapses(reason)))::DECIMAL(18, 2) AS moved,
               coalesce(sum(amount) FILTER (puts_in(reason)), 0)::DECIMAL(18, 2) AS put_in,
               coalesce(sum(amount) FILTER (lapses(reason)), 0)::DECIMAL(18, 2) AS lapsed
        FROM movements CROSS JOIN metric_parameters
        WHERE amount <> 0 AND NOT rolls_over(reason)
        GROUP BY ALL
    )
    SELECT entitlement_id, top_up_id, number, lead(number) OVER moves_of_one AS next_number,
           (CASE WHEN promised_100 IS NULL THEN sum(used_100) OVER moves_so_far
                 ELSE least(
                     sum(used_100) OVER moves_so_far,
                     sum(allotment_100 - lapsed_100) OVER moves_so_far
                 ) END)::BIGINT AS used_100,
           coalesce(promised_100, sum(allotment_100) OVER moves_so_far)::BIGINT AS allotment_100,
           (sum(lapsed_100) OVER moves_so_far)::BIGINT AS lapsed_100
    FROM (
        SELECT entitlement_id, top_up_id, number, (put_in * 100)::BIGINT AS allotment_100,
               ((put_in - coalesce(moved, 0)) * 100)::BIGINT AS used_100,
               (-lapsed * 100)::BIGINT AS lapsed_100,
               CASE WHEN top_up_id IS NULL THEN entitlement_id END AS promised_to
        FROM moves
    )
    LEFT JOIN (
        SELECT entitlement_id AS promised_to, (promised_terms * 100)::BIGINT AS promised_100
        FROM entitlements WHERE promised_terms IS NOT NULL
    ) USING (promised_to)
    WINDOW moves_of_one AS (PARTITION BY entitlement_id, top_up_id ORDER BY number),
           moves_so_far AS (
               PARTITION BY entitlement_id, top_up_id ORDER BY number ROWS UNBOUNDED PRECEDING
           );

-- The same of all terms of an entitlement together.
CREATE MACRO terms_so_far() AS TABLE
    WITH all_moves AS (
        SELECT entitlement_id, NULL::BIGINT AS top_up_id, happened_at, reason, amount FROM ledger
    )
    SELECT * EXCLUDE (top_up_id) FROM terms_moved(all_moves);

-- The same by what is paid for: of an entitlement that was topped up, its own terms and those of each
-- top-up apart. The others are summed already.
CREATE MACRO terms_paid_for() AS TABLE
    WITH top_ups AS MATERIALIZED (
        SELECT balance_id, balance_id AS top_up_id, entitlement_id FROM balances WHERE is_top_up(kind)
    ),
    moves_of_topped_up AS (
        SELECT ledger.entitlement_id, top_up_id, happened_at, reason, amount
        FROM ledger SEMI JOIN top_ups USING (entitlement_id)
        LEFT JOIN top_ups USING (balance_id)
    )
    SELECT entitlement_id, NULL::BIGINT AS top_up_id, number, next_number, used_100, allotment_100,
           lapsed_100
    FROM terms_at_closes ANTI JOIN top_ups USING (entitlement_id)
    UNION ALL
    FROM terms_moved(moves_of_topped_up);

-- By template and close: what is billed, opens and closes, and what of the prices of those that are
-- open at the close has become revenue by each method.
CREATE MACRO revenue_to_date() AS TABLE
    WITH held AS MATERIALIZED (
        SELECT entitlement_id, top_up_id, top_up_id IS NULL AS is_contract, template_id, is_unlimited,
               start_date, term_days, price_100,
               refunded_100, close_number(billed_on)::INTEGER AS billed_in,
               close_number(opens_on)::INTEGER AS opens_in,
               CASE WHEN closes_on <= as_of THEN close_number(closes_on)
                    ELSE month_number(as_of) + 1 END::INTEGER AS closes_in  -- after the last close
        FROM billed_prices() CROSS JOIN metric_parameters
    ),
    expected AS MATERIALIZED (
        SELECT template_id, template, allocation, number, month, month_end, is_opening, is_supported,
               in_hundredths(breakage) AS unused_100, in_hundredths(allotment) AS ended_100
        FROM estimates()
    ),
    -- By the calendar: what has the same dates and price is reckoned once.
    alike AS (
        SELECT * EXCLUDE (entitlement_id, top_up_id, refunded_100), count(*) AS n,
               sum(refunded_100) AS refunded
        FROM held GROUP BY ALL
    ),
    by_calendar AS (
        SELECT template_id, number, sum(n) FILTER (is_opened AND is_contract) AS n,
               sum(n) FILTER (is_closed AND is_contract) AS closed,
               bool_or(is_supported AND NOT is_unlimited AND is_opened) AS is_supported,
               sum(n * price_100) FILTER (number = billed_in) AS billed,
               sum(refunded) FILTER (is_closed) AS refunded,
               sum(n * price_100 - refunded) FILTER (is_closed) AS closing,
               sum(n * price_100) FILTER (NOT is_closed) AS unclosed,
               sum(n * price_100) FILTER (is_open AND NOT is_unlimited) AS in_terms,
               sum(n * straight) FILTER (is_open) AS stand_ready,
               sum(n * straight) FILTER (is_open AND is_unlimited) AS unlimited
        FROM (
            SELECT template_id, number, n, is_contract, is_supported, is_unlimited, price_100,
                   refunded, billed_in,
                   number = closes_in AS is_closed, number >= opens_in AS is_opened,
                   number >= opens_in AND number < closes_in AS is_open,
                   earned(
                       price_100, least(month_end - start_date + 1, term_days)::HUGEINT, term_days
                   ) AS straight
            FROM alike JOIN expected USING (template_id)
            WHERE number >= billed_in AND number <= closes_in
        )
        GROUP BY ALL
    ),
    -- By use: from a close up to which terms move to the next such one the totals stand still.
    steps AS MATERIALIZED (
        SELECT template_id, price_100, used_100, allotment_100, lapsed_100, count(*) AS n,
               greatest(number, opens_in) AS from_number, least(next_number, closes_in) AS until_number
        FROM terms_paid_for() AS terms
        JOIN held
            ON held.entitlement_id = terms.entitlement_id
            AND held.top_up_id IS NOT DISTINCT FROM terms.top_up_id
        WHERE NOT is_unlimited
        GROUP BY ALL  -- those that hold and have used the same are reckoned once
    ),
    by_use AS (
        SELECT template_id, number,
               sum(n * earned_by_expected_use(
                   price_100, used_100, allotment_100, is_supported, ended_100, unused_100
               )) AS by_contract,
               sum(n * remote) AS remote
        FROM (
            SELECT * EXCLUDE (from_number, until_number),
                   earned_by_use(price_100, used_100 + lapsed_100, allotment_100) AS remote,
                   unnest(range(from_number, until_number)) AS number
            FROM steps
            WHERE used_100 + lapsed_100 > 0
        )
        JOIN expected USING (template_id, number)
        GROUP BY ALL
    ),
    turns AS (
        SELECT template_id, from_number AS number, n * used_100::HUGEINT AS used,
               n * allotment_100::HUGEINT AS allotment
        FROM steps WHERE from_number < until_number
        UNION ALL
        SELECT template_id, until_number, -n * used_100::HUGEINT, -n * allotment_100::HUGEINT
        FROM steps WHERE from_number < until_number
    ),
    pooled AS (
        SELECT template_id, number, coalesce(sum(used) OVER moves_of_template, 0) AS used_100,
               coalesce(sum(allotment) OVER moves_of_template, 0) AS allotment_100
        FROM (
            SELECT template_id, number, sum(used)::HUGEINT AS used, sum(allotment)::HUGEINT AS allotment
            FROM expected LEFT JOIN turns USING (template_id, number)
            GROUP BY ALL
        )
        WINDOW moves_of_template AS (PARTITION BY template_id ORDER BY number)
    )
    SELECT template_id, template, allocation, number, month, is_opening,
           coalesce(n, 0) AS n, coalesce(closed, 0) AS closed,
           coalesce(by_calendar.is_supported, FALSE) AS is_supported,
           expected.is_supported AS is_estimated,
           coalesce(billed, 0) AS billed, coalesce(refunded, 0) AS refunded,
           coalesce(closing, 0) AS closing, coalesce(unclosed, 0) AS unclosed,
           coalesce(by_contract, 0) + coalesce(unlimited, 0) AS by_contract,
           coalesce(CASE WHEN expected.is_supported THEN earned_by_all_use(
               in_terms, used_100, allotment_100, ended_100, unused_100
           ) ELSE remote END, 0) + coalesce(unlimited, 0) AS by_portfolio,
           coalesce(remote, 0) + coalesce(unlimited, 0) AS remote,
           coalesce(stand_ready, 0) AS stand_ready
    FROM expected
    LEFT JOIN by_calendar USING (template_id, number)
    LEFT JOIN by_use USING (template_id, number)
    LEFT JOIN pooled USING (template_id, number);

-- Hundredth of a term that is over at the close of one of its days, counted from 1.
CREATE MACRO hundredth_of(day, term_days) AS round(day / term_days * 100)::INTEGER;

-- Entitlements with a number of terms that cover days of the run, from the first of these to the last;
-- of a template and of those between two days, where these are not NULL.
CREATE MACRO terms_covered(of_template, from_day, to_day) AS TABLE
    SELECT *
    FROM (
        SELECT entitlement_id, segment, template_id, template, allocation, start_date, term_days,
               greatest(covered_from, run_begins, from_day) AS seen_from,
               least(covered_to, to_day) AS seen_to
        FROM dated_entitlements() LEFT JOIN customers USING (customer_id)
        CROSS JOIN metric_parameters
        WHERE was_in_force AND NOT is_unlimited AND NOT is_open_ended
    )
    WHERE seen_from <= seen_to AND (of_template IS NULL OR template_id = of_template);

-- How many of a template and segment have which share of their terms left after each hundredth of the
-- term, on days between two (see the view burn_down_by_template).
CREATE MACRO left_by_hundredth(of_template, from_day, to_day) AS TABLE
    WITH held AS MATERIALIZED (
        SELECT entitlement_id, segment, template_id, start_date, term_days, seen_from, seen_to
        FROM terms_covered(of_template, from_day, to_day)
    ),
    kinds AS MATERIALIZED (
        SELECT segment, template_id, term_days, row_number() OVER () AS kind
        FROM held
        GROUP BY segment, template_id, term_days
    ),
    -- Hundredths of a term that a day of it closes: of a short term not all.
    hundredths AS (
        SELECT DISTINCT term_days, hundredth_of(day, term_days) AS hundredth
        FROM (
            SELECT term_days, unnest(range(1, term_days + 1)) AS day
            FROM (SELECT DISTINCT term_days FROM kinds)
        )
    ),
    -- A period of an allowance begins with what it finds, grants and gets carried over.
    put_in AS MATERIALIZED (
        SELECT entitlement_id, entry, opens_period(reason, rule) AS opens,
               CASE WHEN opens_period(reason, rule) THEN balance ELSE amount END AS begins_with
        FROM ledger SEMI JOIN held USING (entitlement_id)
        WHERE amount <> 0 AND (puts_in(reason) OR comes_with_period(reason, rule, amount))
    ),
    first_and_last AS MATERIALIZED (
        SELECT entitlement_id, min(entry) AS first_entry, max(entry) AS last_entry,
               any_value(begins_with) AS allotment
        FROM put_in
        GROUP BY entitlement_id
    ),
    -- Terms are put in rarely, and mostly once: sums so far run over the rows of the others alone.
    allotments AS (
        SELECT entitlement_id, first_entry AS entry, allotment,
               0::DECIMAL(18, 2) AS allotment_before, NULL::INTEGER AS next_entry
        FROM first_and_last
        WHERE first_entry = last_entry
        UNION ALL
        SELECT *, coalesce(lag(allotment) OVER by_entry, 0), lead(entry) OVER by_entry
        FROM (
            SELECT entitlement_id, entry, (sum(begins_with) OVER (
                       PARTITION BY entitlement_id, period ORDER BY entry
                   ))::DECIMAL(18, 2) AS allotment
            FROM (
                SELECT entitlement_id, entry, begins_with, count(*) FILTER (opens) OVER (
                           PARTITION BY entitlement_id ORDER BY entry
                       ) AS period
                FROM put_in JOIN first_and_last USING (entitlement_id)
                WHERE first_entry < last_entry
            )
        )
        WINDOW by_entry AS (PARTITION BY entitlement_id ORDER BY entry)
    ),
    -- Allotments by eights of entries: a movement looks for its own among few.
    allotments_by_eight AS (
        SELECT entitlement_id, entry AS from_entry, next_entry, allotment, allotment_before,
               unnest(range(entry // 8, coalesce(next_entry - 1, entry) // 8 + 1)) AS eight
        FROM allotments
    ),
    -- What movements are counted by, as one number: kind, hundredth after the last one that is
    -- covered, and (still 0) hundredth of the movement.
    counted AS MATERIALIZED (
        SELECT held.entitlement_id, start_date, held.term_days, seen_from, seen_to,
               last_entry // 8 AS last_eight,
               128 * (128 * kind + hundredth_of(seen_to - start_date + 1, held.term_days) + 1)
                   AS place
        FROM held
        JOIN kinds
            ON kinds.segment IS NOT DISTINCT FROM held.segment
            AND kinds.template_id = held.template_id AND kinds.term_days = held.term_days
        JOIN first_and_last USING (entitlement_id)
    ),
    moves AS (
        SELECT place + hundredth_of(
                   greatest(happened_at::DATE, seen_from) - start_date + 1, term_days
               ) AS place,
               balance, allotment, amount,
               CASE WHEN entry = from_entry THEN allotment_before ELSE allotment END
                   AS allotment_before,
               count(*) AS n
        FROM ledger
        JOIN counted USING (entitlement_id)
        JOIN allotments_by_eight AS allotted
            ON allotted.entitlement_id = ledger.entitlement_id
            AND eight = least(entry // 8, last_eight)
            AND entry >= from_entry AND (next_entry IS NULL OR entry < next_entry)
        WHERE amount <> 0 AND happened_at::DATE <= seen_to
        GROUP BY ALL
    ),
    -- A movement takes one from those that had what was left before it and adds one to those that have
    -- what is left after it; after the last day covered both are undone, which leaves none of those
    -- that have what is left in the end.
    moved AS (
        SELECT place, balance / allotment AS share_left, n
        FROM moves
        WHERE allotment > 0
        UNION ALL
        SELECT place, (balance - amount) / allotment_before, -n
        FROM moves
        WHERE allotment_before > 0
    ),
    changes AS (
        SELECT place // 16384 AS kind, place % 128 AS hundredth, share_left, n FROM moved
        UNION ALL
        SELECT place // 16384, place // 128 % 128, share_left, -n FROM moved
    ),
    counts AS (
        SELECT kind, share_left, hundredth AS from_hundredth,
               lead(hundredth) OVER by_hundredth AS next_hundredth,
               (sum(n) OVER by_hundredth)::BIGINT AS n
        FROM (
            SELECT kind, share_left, hundredth, sum(n) AS n
            FROM changes
            GROUP BY ALL
            HAVING sum(n) <> 0
        )
        WINDOW by_hundredth AS (PARTITION BY kind, share_left ORDER BY hundredth)
    ),
    sums AS (
        SELECT segment, template_id, hundredth, share_left, sum(n)::BIGINT AS n
        FROM counts JOIN kinds USING (kind) JOIN hundredths USING (term_days)
        WHERE n > 0 AND hundredth >= from_hundredth AND hundredth < next_hundredth
        GROUP BY ALL
    )
    SELECT segment, template_id, template, allocation, hundredth / 100 AS elapsed_share, share_left, n
    FROM sums JOIN templates USING (template_id);

-- What each period of an entitlement began with and what became of it (see the view
-- burn_down_by_period), by what happened up to a day; of a template and of periods that begin on a day or
-- later, where these are not NULL. What comes back to the block of a period, or takes from it, belongs to
-- that period whenever it happens; other blocks belong to the period of the day, up to their end.
CREATE MACRO terms_by_period(of_template, from_day, to_day) AS TABLE
    WITH held AS MATERIALIZED (
        SELECT entitlement_id, segment, template_id, template, allocation, start_date, term_days,
               seen_from, greatest(run_begins, from_day) AS shown_from
        FROM terms_covered(of_template, NULL, to_day) CROSS JOIN metric_parameters
    ),
    blocks AS MATERIALIZED (
        SELECT balance_id, entitlement_id, kind, starts, ends
        FROM balances SEMI JOIN held USING (entitlement_id)
        WHERE kind <> 'channel'
    ),
    -- What a draft is not granted has no block of its own, but perhaps one that was carried into it.
    periods AS MATERIALIZED (
        SELECT entitlement_id, first_day, (row_number() OVER by_start)::INTEGER AS period,
               least(ends, lead(first_day) OVER by_start - 1)::DATE AS last_day
        FROM (
            SELECT entitlement_id, starts AS first_day, min(ends) AS ends
            FROM blocks
            WHERE kind IN ('whole', 'allowance', 'carried')
                AND (to_day IS NULL OR starts <= to_day)
            GROUP BY entitlement_id, starts
        )
        WINDOW by_start AS (PARTITION BY entitlement_id ORDER BY first_day)
    ),
    -- A block that lasts for no more than the period with which it starts has its movements there.
    placed AS (
        SELECT balance_id, starts, blocks.ends,
               is_base(kind) AS is_base,
               is_base(kind) OR coalesce(blocks.ends <= last_day, FALSE) AS is_of_period
        FROM blocks LEFT JOIN periods
            ON periods.entitlement_id = blocks.entitlement_id AND first_day = starts
    ),
    moved AS (
        SELECT ledger.entitlement_id,
               CASE WHEN is_base OR is_of_period AND happened_at::DATE >= starts THEN starts
                    ELSE greatest(least(happened_at::DATE, ends), start_date) END AS day,
               sum(amount) AS net,
               sum(amount) FILTER (comes_with_period(reason, rule, amount)) AS carried_in,
               -sum(amount) FILTER (
                   rolls_over(reason) AND NOT comes_with_period(reason, rule, amount)
               ) AS carried_out,
               sum(amount) FILTER (puts_in(reason)) AS allotment,
               sum(amount) FILTER (tops_up(reason)) AS topped_up,
               -sum(amount) FILTER (is_use(reason) OR is_brought_forward(reason)) AS used,
               sum(amount) FILTER (is_settled(reason)) AS settled,
               -sum(amount) FILTER (lapses(reason)) AS lapsed
        FROM ledger JOIN held USING (entitlement_id) LEFT JOIN placed USING (balance_id)
        WHERE amount <> 0 AND (to_day IS NULL OR happened_at::DATE <= to_day)
        GROUP BY ALL
    ),
    sums AS (
        SELECT moved.entitlement_id, period, sum(net) AS net,
               coalesce(sum(carried_in), 0) AS carried_in,
               coalesce(sum(carried_out), 0) AS carried_out,
               coalesce(sum(allotment), 0) AS allotment, coalesce(sum(topped_up), 0) AS topped_up,
               coalesce(sum(used), 0) AS used, coalesce(sum(settled), 0) AS settled,
               coalesce(sum(lapsed), 0) AS lapsed
        FROM moved ASOF JOIN periods
            ON periods.entitlement_id = moved.entitlement_id AND moved.day >= periods.first_day
        GROUP BY ALL
    ),
    steps AS (
        SELECT periods.*, sums.* EXCLUDE (entitlement_id, period),
               -- What no close has taken out, of blocks that last for several periods.
               sum(net) OVER by_period AS stays,
               lead(periods.period) OVER by_period IS NOT NULL AS is_followed
        FROM periods LEFT JOIN sums USING (entitlement_id, period)
        WINDOW by_period AS (PARTITION BY periods.entitlement_id ORDER BY periods.period)
    )
    SELECT entitlement_id, segment, template_id, template, allocation, period, first_day, last_day,
           (first_day - start_date) / term_days AS begins_share,
           (last_day - start_date + 1) / term_days AS ends_share,
           opening, allotment, topped_up, used, settled, lapsed, carried, remaining
    FROM (
        SELECT entitlement_id, period, first_day, last_day,
               coalesce(carried_in + stays - net, 0)::DECIMAL(18, 2) AS opening,
               coalesce(allotment, 0)::DECIMAL(18, 2) AS allotment,
               coalesce(topped_up, 0)::DECIMAL(18, 2) AS topped_up,
               coalesce(used, 0)::DECIMAL(18, 2) AS used,
               coalesce(settled, 0)::DECIMAL(18, 2) AS settled,
               coalesce(lapsed, 0)::DECIMAL(18, 2) AS lapsed,
               coalesce(carried_out + CASE WHEN is_followed THEN stays ELSE 0 END, 0)::DECIMAL(18, 2)
                   AS carried,
               CASE WHEN is_followed THEN 0 ELSE coalesce(stays, 0) END::DECIMAL(18, 2) AS remaining
        FROM steps
    )
    JOIN held USING (entitlement_id)
    WHERE first_day >= shown_from AND last_day >= seen_from;

-- Months that the run shows whole, by number, with their last days.
CREATE MACRO whole_months() AS TABLE
    SELECT month, month_end AS day, month_number(month) AS number
    FROM months() AS months
    WHERE month_end = last_day(month);

-- Days of cover as they were Active, laid together by customer.
CREATE MACRO reported_periods() AS TABLE
    SELECT facts.customer_id, first_day, last_day, annual_value
    FROM covered_periods JOIN dated_entitlements() AS facts USING (entitlement_id)
    WHERE in_base AND NOT is_open_ended;

-- The months at whose ends periods of cover last, by number, with the stretch in which they lie.
CREATE MACRO months_held(periods) AS TABLE
    SELECT customer_id, stretch, annual_value,
           greatest(month_number(first_day), first_number) AS from_number,
           least(month_number(last_day + 1) - 1, last_number) AS to_number
    FROM stretches(periods, customer_id) AS _
    CROSS JOIN (
        SELECT min(number) AS first_number, max(number) AS last_number FROM whole_months() AS months
    )
    WHERE from_number <= to_number;

-- Months in a row at whose ends a customer holds the same; from the first cover on, those without too.
-- Of changes in one month each has the sum of all, and the last of them the months that follow.
CREATE MACRO held_at_month_ends(periods) AS TABLE
    WITH spans AS (
        FROM months_held(periods) AS held
    ),
    changes AS (
        SELECT customer_id, from_number AS number, annual_value, 1 AS n, stretch FROM spans
        UNION ALL
        SELECT customer_id, to_number + 1, -annual_value, -1, NULL FROM spans
    ),
    steps AS (
        SELECT customer_id, number AS from_number,
               coalesce(lead(number) OVER held_so_far - 1, last_number) AS to_number,
               sum(annual_value) OVER held_so_far AS annual_value,
               sum(n) OVER held_so_far > 0 AS is_covered,
               max(stretch) OVER held_so_far AS stretch
        FROM changes
        CROSS JOIN (SELECT max(number) AS last_number FROM whole_months() AS months)
        WINDOW held_so_far AS (PARTITION BY customer_id ORDER BY number)
    )
    FROM steps WHERE from_number <= to_number;

-- What a customer held, and what it held so many months later, with the months for which it is so.
CREATE MACRO held_and_later(periods) AS TABLE
    WITH steps AS MATERIALIZED (
        FROM held_at_month_ends(periods) AS held
    )
    SELECT early.customer_id, window_months,
           greatest(early.from_number, late.from_number - window_months) AS from_number,
           least(early.to_number, late.to_number - window_months) AS to_number,
           early.annual_value AS begin_value, late.annual_value AS end_value,
           late.is_covered AS is_retained, late.stretch <> early.stretch AS has_lapsed
    FROM steps AS early
    CROSS JOIN (VALUES (1), (12)) AS _(window_months)
    JOIN steps AS late
        ON late.customer_id = early.customer_id
        AND late.from_number <= early.to_number + window_months
        AND late.to_number >= early.from_number + window_months
    WHERE early.is_covered;

-- Whether a portfolio that began empty still filled up on a day, so that who was there is no cohort like
-- later ones: so long as the grace.
CREATE MACRO still_fills_up(day) AS
    day < run_begins + grace_days
    AND NOT coalesce((SELECT bool_or(is_left_truncated) FROM dated_entitlements()), FALSE);

-- The two days between which retention is measured, by the number of the first one's month, with
-- what is the same for all customers.
CREATE MACRO retention_windows() AS TABLE
    SELECT window_months, begins.number, begins.day AS from_day, ends.day AS to_day, ends.month,
           grace_is_over(ends.day) AS is_settled, still_fills_up(begins.day) AS is_filling_up, base
    FROM whole_months() AS ends
    CROSS JOIN (VALUES (1), (12)) AS _(window_months)
    JOIN whole_months() AS begins ON begins.number = ends.number - window_months
    CROSS JOIN metric_parameters;

-- What each customer held at both ends of each of these windows.
CREATE MACRO held_in_windows(periods, windows) AS TABLE
    SELECT customer_id, segment, windows.*, begin_value, end_value, is_retained
    FROM held_and_later(periods) AS held
    LEFT JOIN customers USING (customer_id)
    JOIN windows USING (window_months)
    WHERE number BETWEEN from_number AND to_number;

-- Length of a term in months of 30.4375 days, rounded.
CREATE MACRO in_months(days) AS round(days / 30.4375)::INTEGER;

-- Cases with a service level, by the month in which their resolution was due.
CREATE MACRO service_level_dues() AS TABLE
    SELECT month_of(sla_due_at) AS month, cases.customer_id, segment, template_id,
           templates.template, templates.sla, severity, sla_met, cases.state AS case_state,
           run_begins, as_of,
           CASE WHEN response_due_at IS NULL THEN NULL
                WHEN responded_at IS NOT NULL THEN responded_at <= response_due_at
                WHEN cases.state = 'cancelled' THEN NULL
                WHEN cases.state = 'resolved' OR response_due_at < as_of + 1 THEN FALSE
           END AS response_met
    FROM cases
    JOIN entitlements USING (entitlement_id)
    JOIN templates USING (template_id)
    JOIN customers ON customers.customer_id = cases.customer_id
    CROSS JOIN metric_parameters
    WHERE sla_due_at IS NOT NULL AND created_at >= run_begins;

-- Up to here months also have dues of cases that were opened before the run.
CREATE MACRO last_dues_from_before() AS TABLE
    SELECT coalesce(month_of(max(sla_due_at)), '-infinity') AS last_month
    FROM cases CROSS JOIN metric_parameters
    WHERE created_at < run_begins;

-- What became of service levels by customer, template and the month in which the resolution was due (see
-- the view sla_compliance_by_customer). Templates of one level count as the first of them where they are
-- asked for by first_of_level in place of template_id.
CREATE MACRO service_levels_by_customer(which) AS TABLE
    WITH counts AS (
        -- By numbers alone, and names afterwards.
        SELECT month_number(sla_due_at) AS number, cases.customer_id, which AS template_id,
               count(*) FILTER (created_at >= run_begins AND sla_met IS NOT NULL) AS n,
               count(*) FILTER (created_at >= run_begins AND sla_met) AS met,
               count(*) FILTER (
                   created_at >= run_begins AND sla_met IS NULL AND cases.state <> 'cancelled'
               ) AS undecided
        FROM cases
        JOIN (
            SELECT entitlement_id, template_id, first_of_level
            FROM entitlements
            JOIN (
                SELECT template_id, min(template_id) OVER (PARTITION BY sla) AS first_of_level
                FROM templates
            ) USING (template_id)
        ) USING (entitlement_id)
        CROSS JOIN metric_parameters
        WHERE sla_due_at IS NOT NULL
        GROUP BY ALL
        HAVING count(*) FILTER (created_at >= run_begins) > 0
    )
    SELECT month_numbered(number) AS month, customer_id, segment, template_id, template, sla, n, met,
           undecided, month > as_of AS is_beyond, is_cut(month) OR month <= last_month AS is_partial
    FROM counts JOIN customers USING (customer_id) JOIN templates USING (template_id)
    CROSS JOIN metric_parameters CROSS JOIN last_dues_from_before() AS dues_from_before;

-- Money of a run, which must be at hand as money_parameters: nothing of it is known where an hour's
-- cost is not. What minutes come to at a price of an hour is in hundredths.
CREATE MACRO if_costs_known(amount) AS CASE WHEN hour_costs IS NOT NULL THEN amount END;
CREATE MACRO by_the_minute(minutes, price) AS half_up(minutes * in_hundredths(price), 60);
CREATE MACRO cost_of_case(origin) AS
    if_costs_known(coalesce(case_costs[origin::VARCHAR], 0)::DECIMAL(18, 2));

-- All cases with the minutes of their resolutions so far, and with whose entitlement they were worked.
-- What a resolution bills are all minutes, or those that no earlier one billed, by a rule switch.
CREATE MACRO minutes_of_cases() AS TABLE
    SELECT cases.case_id, customer_id, origin, outcome, created_at,
           CASE WHEN outcome <> 'turned_away' THEN entitlement_id END AS entitlement_id,
           CASE WHEN outcome = 'turned_away' THEN 0
                WHEN bills_rest_alone THEN coalesce(billable_minutes, 0) + coalesce(minutes_added, 0)
                ELSE coalesce(greatest(billable_minutes, minutes_at_most), 0) END AS minutes
    FROM cases
    LEFT JOIN (
        SELECT case_id, sum(billable_minutes) AS minutes_added, max(billable_minutes) AS minutes_at_most
        FROM reactivations WHERE from_state = 'resolved' GROUP BY case_id
    ) AS earlier ON earlier.case_id = cases.case_id
    CROSS JOIN (
        SELECT coalesce((rule_switches ->> 'exclude_billed_minutes') = 'true', FALSE)
                   AS bills_rest_alone
        FROM run
    );

-- Of these, those of the run that were worked on.
CREATE MACRO cases_worked() AS TABLE
    SELECT worked.*
    FROM minutes_of_cases() AS worked CROSS JOIN metric_parameters
    WHERE created_at >= run_begins AND outcome <> 'turned_away';

-- What of the price of each contract and its top-ups has become revenue in the run, in hundredths and by
-- each method:
-- what is earned by the last close less what was by the opening one, so that the months of
-- revenue_by_entitlement add up to it.
CREATE MACRO earned_in_run() AS TABLE
    WITH outer_closes AS (
        SELECT template_id, number, month_end, is_opening, is_supported,
               in_hundredths(breakage) AS unused_100, in_hundredths(allotment) AS ended_100
        FROM estimates() CROSS JOIN metric_parameters
        WHERE is_opening OR month_end = as_of
    ),
    earned_to AS (
        SELECT billed.*, segment, is_opening, closes_on <= month_end AS is_closed,
               earned(price_100, least(month_end - start_date + 1, term_days)::HUGEINT, term_days)
                   AS by_days,
               coalesce(used_100, 0) AS used_100, coalesce(allotment_100, 0) AS allotment_100,
               coalesce(lapsed_100, 0) AS lapsed_100, is_supported, ended_100, unused_100
        FROM billed_prices() AS billed
        LEFT JOIN customers USING (customer_id)
        JOIN outer_closes USING (template_id)
        CROSS JOIN metric_parameters
        LEFT JOIN terms_paid_for() AS terms
            ON terms.entitlement_id = billed.entitlement_id
            AND terms.top_up_id IS NOT DISTINCT FROM billed.top_up_id
            AND outer_closes.number >= terms.number
            AND outer_closes.number < coalesce(terms.next_number, outer_closes.number + 1)
        WHERE outer_closes.number >= close_number(opens_on)
    )
    SELECT entitlement_id, customer_id, segment, template_id,
           sum(side * CASE WHEN is_closed THEN price_100 - refunded_100 ELSE by_days END)
               AS straight_line,
           sum(side * CASE WHEN is_closed THEN price_100 - refunded_100
                           WHEN is_unlimited THEN by_days
                           ELSE earned_by_expected_use(
                               price_100, used_100, allotment_100, is_supported, ended_100, unused_100
                           ) END) AS proportional,
           sum(side * CASE WHEN is_closed THEN price_100 - refunded_100
                           WHEN is_unlimited THEN by_days
                           ELSE earned_by_use(price_100, used_100 + lapsed_100, allotment_100)
                       END) AS remote
    FROM (SELECT *, CASE WHEN is_opening THEN -1 ELSE 1 END AS side FROM earned_to)
    GROUP BY ALL;

-- What is billed for cases worked without cover, in hundredths.
CREATE MACRO billed_uncovered(cases, minutes) AS
    (cases * in_hundredths(uncovered_case) + by_the_minute(minutes, uncovered_hour));

-- The margin: what came in less what it cost. Where cases turned away are assumed to cost nothing, it
-- does not matter how many there were, which nobody knows of a run that was imported.
CREATE MACRO if_turned_away_known(amount, source) AS
    CASE WHEN turned_away_costs = 0 THEN 0 ELSE unless_imported(amount, source) END;
CREATE MACRO margin_of(recognised, overage, uncovered, cost, turned_away) AS
    if_costs_known(recognised + overage + uncovered - cost - turned_away)::DECIMAL(38, 2);
