-- reads: templates, customers, entitlements, balances, ledger, metric_parameters, balance_totals
CREATE VIEW breakage_by_period AS
SELECT ended.*
FROM balances_ended() AS ended CROSS JOIN metric_parameters
WHERE last_day >= least(run_begins, estimates_from)
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

CREATE VIEW breakage_of_balances AS
SELECT entitlement_id, CASE WHEN last_day < run_begins THEN last_day END AS ended_before_run,
       sum(allotment)::DECIMAL(18, 2) AS allotment, sum(used)::DECIMAL(18, 2) AS used,
       sum(rolled_out)::DECIMAL(18, 2) AS rolled_out, sum(breakage)::DECIMAL(18, 2) AS breakage,
       sum(breakage_value)::DECIMAL(18, 2) AS breakage_value
FROM balances_ended() AS ended CROSS JOIN metric_parameters
GROUP BY ALL;

COMMENT ON VIEW breakage_of_balances IS
'breakage_by_period summed by entitlement: what became of all its balances that have ended, with those '
'that ended before the run by their last day. A run in a file has them stored beside its rows; verify '
'reckons them anew.';
COMMENT ON COLUMN breakage_of_balances.entitlement_id IS 'The entitlement.';
COMMENT ON COLUMN breakage_of_balances.ended_before_run IS
'Last day of balances that ended before the run; NULL for those that ended in it.';
COMMENT ON COLUMN breakage_of_balances.allotment IS 'Terms put in: granted, adjusted and topped up.';
COMMENT ON COLUMN breakage_of_balances.used IS 'Net use.';
COMMENT ON COLUMN breakage_of_balances.rolled_out IS
'Terms carried to other balances less those that came from them.';
COMMENT ON COLUMN breakage_of_balances.breakage IS 'Terms that lapsed.';
COMMENT ON COLUMN breakage_of_balances.breakage_value IS
'Of each balance breakage x price / its total, rounded to the hundredth.';

CREATE VIEW breakage_of_balances_by_month AS
SELECT month, template_id, template, allocation, ended_by,
       count(*) FILTER (kind <> 'carried') AS n, count(*) FILTER (breakage > 0) AS with_breakage,
       sum(allotment)::DECIMAL(38, 2) AS allotment, sum(used)::DECIMAL(38, 2) AS used,
       sum(rolled_out)::DECIMAL(38, 2) AS rolled_out, sum(breakage)::DECIMAL(38, 2) AS breakage,
       (sum(price) FILTER (kind <> 'carried'))::DECIMAL(38, 2) AS price,
       sum(breakage_value)::DECIMAL(38, 2) AS breakage_value,
       sum(refunded)::DECIMAL(38, 2) AS refunded,
       sum(greatest(breakage_value - refunded, 0))::DECIMAL(38, 2) AS unrefunded_value
FROM balances_ended() AS ended CROSS JOIN metric_parameters
WHERE last_day >= run_begins
GROUP BY ALL;

COMMENT ON VIEW breakage_of_balances_by_month IS
'breakage_by_period summed by the month of the last day, by template and by how they ended. A run in a '
'file has them stored beside its rows; verify reckons them anew.';
COMMENT ON COLUMN breakage_of_balances_by_month.month IS 'First day of the month.';
COMMENT ON COLUMN breakage_of_balances_by_month.ended_by IS
'cancellation where the entitlement was cancelled before the balance had ended, otherwise expiry.';
COMMENT ON COLUMN breakage_of_balances_by_month.n IS
'Balances, without those of what was carried over.';
COMMENT ON COLUMN breakage_of_balances_by_month.with_breakage IS 'Balances of which terms lapsed.';
COMMENT ON COLUMN breakage_of_balances_by_month.allotment IS
'Terms put in: granted, adjusted and topped up.';
COMMENT ON COLUMN breakage_of_balances_by_month.used IS 'Net use.';
COMMENT ON COLUMN breakage_of_balances_by_month.rolled_out IS
'Terms carried to other balances less those that came from them.';
COMMENT ON COLUMN breakage_of_balances_by_month.breakage IS 'Terms that lapsed.';
COMMENT ON COLUMN breakage_of_balances_by_month.price IS
'What the balances that count were worth when they were new.';
COMMENT ON COLUMN breakage_of_balances_by_month.breakage_value IS
'Of each balance breakage x price / its total, rounded to the hundredth.';
COMMENT ON COLUMN breakage_of_balances_by_month.refunded IS
'Given back where the entitlement was cancelled in the period, or before a top-up had ended.';
COMMENT ON COLUMN breakage_of_balances_by_month.unrefunded_value IS
'Of each balance breakage_value - refunded, at least 0.';
