-- What the views share, said once. The notation is that of CREATE MACRO, but nothing of it is stored
-- in a run: a call is replaced by the text when the views are created.

-- Reasons of the ledger.
CREATE MACRO is_use(reason) AS reason IN ('consume', 'restore');
CREATE MACRO is_consumption(reason) AS reason = 'consume';
CREATE MACRO puts_in(reason) AS reason IN ('allot', 'adjust', 'topup', 'rollover_in');
CREATE MACRO is_adjustment(reason) AS reason = 'adjust';
CREATE MACRO rolls_out(reason) AS reason = 'rollover_out';
CREATE MACRO is_refusal(reason) AS reason = 'refused';
CREATE MACRO is_brought_forward(reason) AS reason = 'brought_forward';

-- What ended an entitlement, and which classes of a renewal count as renewed.
CREATE MACRO is_cancelled(ended_by) AS ended_by IS NOT DISTINCT FROM 'cancellation';
CREATE MACRO counts_as_renewed(class) AS class IN ('on_time', 'back_dated', 'late');

-- Days after its last day on which what ended may still be renewed within the grace.
CREATE MACRO grace_is_over(end_date, grace_days, as_of) AS as_of >= end_date + grace_days;

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

-- Months: the first day of one, and those of the run, the last one up to its last day.
CREATE MACRO month_of(day) AS date_trunc('month', day)::DATE;
CREATE MACRO month_number(day) AS (12 * year(day) + month(day));
CREATE MACRO months() AS TABLE
    SELECT month::DATE AS month, least(last_day(month::DATE), as_of) AS month_end
    FROM metric_parameters,
         unnest(generate_series(date_trunc('month', run_begins), as_of, INTERVAL 1 MONTH)) AS _(month);

-- Whether the run shows only a part of a month: it begins or ends within it.
CREATE MACRO is_cut(month) AS (month < run_begins OR last_day(month) > as_of);

-- Days on which entitlements closed Active, those before the run too.
CREATE MACRO active_periods() AS TABLE
    SELECT entitlement_id, begins AS first_day,
           least(coalesce(ends - 1, as_of), as_of)::DATE AS last_day
    FROM state_periods CROSS JOIN metric_parameters
    WHERE state = 'active' AND begins <= as_of;

-- Periods (first_day, last_day) of an owner with the number of the stretch without a gap in which
-- they lie: a period that begins the day after another ends belongs to the same.
CREATE MACRO stretches(periods, owner) AS TABLE
    SELECT *, count(*) FILTER (begins_anew) OVER (
        PARTITION BY owner ORDER BY first_day, last_day ROWS UNBOUNDED PRECEDING
    ) AS stretch
    FROM (
        SELECT *, coalesce(first_day > 1 + max(last_day) OVER (
            PARTITION BY owner ORDER BY first_day, last_day
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ), TRUE) AS begins_anew
        FROM periods
    );

-- Terms left unused at the effective end of what has ended in the run; before it from estimates_from
-- on, if that is earlier, where use is known back to the start.
CREATE MACRO unused_terms() AS TABLE
    WITH ended AS (
        SELECT facts.*, coalesce(ended_by, 'expiry') AS ended_how
        FROM entitlement_facts AS facts CROSS JOIN metric_parameters
        WHERE covered_from <= effective_end AND NOT is_unlimited AND effective_end < as_of
            AND (effective_end >= run_begins OR effective_end >= estimates_from AND is_use_known)
    ),
    at_end AS (
        SELECT entitlement_id,
               coalesce(-sum(amount) FILTER (
                   (is_use(reason) OR is_brought_forward(reason)) AND happened_at::DATE <= effective_end
               ), 0)::DECIMAL(18, 2) AS used,
               coalesce(-sum(amount) FILTER (
                   is_use(reason) AND happened_at::DATE > effective_end
               ), 0)::DECIMAL(18, 2) AS used_after_end,
               coalesce(-sum(amount) FILTER (rolls_out(reason)), 0)::DECIMAL(18, 2) AS rolled_out
        FROM ledger JOIN ended USING (entitlement_id)
        GROUP BY entitlement_id
    ),
    units AS (
        SELECT ended.* EXCLUDE (used), coalesce(at_end.used, 0)::DECIMAL(18, 2) AS used,
               coalesce(used_after_end, 0)::DECIMAL(18, 2) AS used_after_end,
               coalesce(rolled_out, 0)::DECIMAL(18, 2) AS rolled_out,
               greatest(allotment - coalesce(at_end.used, 0) - coalesce(rolled_out, 0), 0)
                   ::DECIMAL(18, 2) AS breakage
        FROM ended LEFT JOIN at_end USING (entitlement_id)
    )
    SELECT entitlement_id, customer_id, segment, template_id, template, allocation,
           ended_how AS ended_by, effective_end, month_of(effective_end) AS month,
           is_left_truncated, allotment, used, rolled_out, breakage,
           CASE WHEN allotment > 0 THEN breakage / allotment END AS breakage_rate,
           CASE WHEN allotment > 0 THEN used / allotment END AS utilisation,
           allotment - used <= 0 AS ran_dry,
           used_after_end, greatest(breakage - used_after_end, 0)::DECIMAL(18, 2) AS breakage_restated,
           price,
           CASE WHEN allotment > 0 THEN from_hundredths(half_up(
               in_hundredths(breakage) * in_hundredths(price), in_hundredths(allotment)
           )) END AS breakage_value
    FROM units;

-- Price of an entitlement that has become revenue, by a part of the whole that is never more than all
-- of it: of days, of the terms, or of those terms that are expected to be used. Only of these can
-- the product be too large for 128 bits; it is then rounded to the 16 digits of a DOUBLE.
CREATE MACRO earned(price, part, whole) AS
    CASE WHEN part >= whole THEN price ELSE half_up(price * part, whole) END;
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

-- What becomes revenue, from the day on which it opens to the one on which the rest is taken.
CREATE MACRO priced_terms() AS TABLE
    SELECT entitlement_id, customer_id, segment, template_id, template, allocation, is_unlimited,
           start_date, term_days, in_hundredths(price) AS price_100,
           greatest(start_date, created_on) AS opens_on,
           CASE WHEN is_cancelled(ended_by) THEN effective_end + 1 ELSE end_date END::DATE
               AS closes_on
    FROM entitlement_facts
    WHERE was_in_force;

-- Hundredth of a term that is over at the close of one of its days, counted from 1.
CREATE MACRO hundredth_of(day, term_days) AS round(day / term_days * 100)::INTEGER;
