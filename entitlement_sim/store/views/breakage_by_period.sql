-- reads: templates, customers, entitlements, balances, ledger, metric_parameters
CREATE VIEW breakage_by_period AS
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
    WHERE last_day < as_of AND last_day >= least(run_begins, estimates_from)
),
moved AS (
    SELECT balance_id, sum(amount) FILTER (puts_in(reason)) AS allotment,
           -sum(amount) FILTER (is_use(reason) OR is_brought_forward(reason)) AS used,
           -sum(amount) FILTER (rolls_over(reason)) AS rolled_out,
           sum(amount) FILTER (is_settled(reason)) AS settled,
           -sum(amount) FILTER (lapses(reason)) AS lapsed
    FROM ledger SEMI JOIN held USING (balance_id)
    WHERE amount <> 0
    GROUP BY balance_id
),
units AS (
    SELECT held.*, coalesce(allotment, 0)::DECIMAL(18, 2) AS allotment,
           coalesce(used, 0)::DECIMAL(18, 2) AS used,
           coalesce(rolled_out, 0)::DECIMAL(18, 2) AS rolled_out,
           coalesce(settled, 0)::DECIMAL(18, 2) AS settled,
           -- A balance that is there from the beginning to the end of a term never lapses.
           CASE WHEN kind = 'whole' THEN greatest(coalesce(allotment, 0) - coalesce(used, 0), 0)
                ELSE coalesce(lapsed, 0) END::DECIMAL(18, 2) AS breakage
    FROM held LEFT JOIN moved USING (balance_id)
)
SELECT entitlement_id, balance_id, customer_id, segment, template_id, template, allocation, kind,
       starts, last_day, month_of(last_day) AS month, ended_by, allotment, used, rolled_out, settled,
       breakage, units.price,
       CASE WHEN total_terms > 0 THEN from_hundredths(half_up(
           in_hundredths(breakage) * in_hundredths(units.price), in_hundredths(total_terms)
       )) ELSE 0 END::DECIMAL(18, 2) AS breakage_value, refunded
FROM units LEFT JOIN customers USING (customer_id)
ORDER BY balance_id;

COMMENT ON VIEW breakage_by_period IS
'What became of the balances that have ended, of entitlements that have several: what the periods of an '
'allowance grant, what was carried over, and what was topped up. allotment + settled = used + '
'rolled_out + breakage, exactly, unless what is topped up has a term that goes below zero. What lapsed '
'is valued at the balance''s own price: breakage x price / its total, to the hundredth; prices of what '
'the periods of a term grant are differences of the price to date, so that they add up to its price. After ASC '
'606-10-55-46 to 49.';
COMMENT ON COLUMN breakage_by_period.balance_id IS 'The balance.';
COMMENT ON COLUMN breakage_by_period.kind IS
'allowance: what a period grants; carried: what was carried over; topup: what was topped up; whole: '
'what it tops up.';
COMMENT ON COLUMN breakage_by_period.starts IS 'First day on which it could be used.';
COMMENT ON COLUMN breakage_by_period.last_day IS
'Last day on which it could be used: its own, or that before a cancellation.';
COMMENT ON COLUMN breakage_by_period.month IS 'First day of the month of its last day.';
COMMENT ON COLUMN breakage_by_period.ended_by IS
'cancellation where the entitlement was cancelled before the balance had ended, otherwise expiry.';
COMMENT ON COLUMN breakage_by_period.allotment IS
'Terms put in: granted, adjusted and topped up; 0 where they were carried over.';
COMMENT ON COLUMN breakage_by_period.rolled_out IS
'Terms carried to other balances less those that came from them.';
COMMENT ON COLUMN breakage_by_period.settled IS
'Terms used beyond all that there was: billed or forgiven at the close.';
COMMENT ON COLUMN breakage_by_period.breakage IS
'Terms that lapsed, also those that came back after the close.';
COMMENT ON COLUMN breakage_by_period.price IS 'What the balance was worth when it was new.';
COMMENT ON COLUMN breakage_by_period.breakage_value IS
'breakage x price / total of the balance, rounded to the hundredth.';
COMMENT ON COLUMN breakage_by_period.refunded IS
'Given back where the entitlement was cancelled in its period, by the refund of the template: of a '
'top-up its own price x days that are left / its days.';
