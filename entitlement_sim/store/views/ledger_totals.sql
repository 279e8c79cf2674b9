-- reads: entitlements, ledger
CREATE VIEW ledger_totals AS FROM totals_of_ledger();

COMMENT ON VIEW ledger_totals IS
'What the ledger of each entitlement comes to, from which its use, its breakage and what was sold '
'follow: sums by reason, NULL where it has no such row. A run in a file has them stored beside its '
'rows; verify reckons them anew.';
COMMENT ON COLUMN ledger_totals.entitlement_id IS 'The entitlement.';
COMMENT ON COLUMN ledger_totals.put_in IS
'Terms put in: allotted, adjusted, topped up and corrected; of an allowance those granted so far.';
COMMENT ON COLUMN ledger_totals.is_put_in_whole IS
'Whether any were put in on the whole, not on single channels alone.';
COMMENT ON COLUMN ledger_totals.used IS
'Terms used, less those given back, with what a balance that was brought forward lacked.';
COMMENT ON COLUMN ledger_totals.used_by_end IS
'Of these, up to the last day that it covers: its end date, or the day before its cancellation.';
COMMENT ON COLUMN ledger_totals.used_after_end IS
'Terms used after that day, less those given back.';
COMMENT ON COLUMN ledger_totals.is_brought_forward IS
'Whether a balance was brought forward, so that use is not known back to the start.';
COMMENT ON COLUMN ledger_totals.adjusted IS 'Of what was put in, what amendments added or took away.';
COMMENT ON COLUMN ledger_totals.lapsed IS 'Terms that lapsed at the end of their period.';
COMMENT ON COLUMN ledger_totals.settled IS
'Terms used beyond all that there was and settled: billed or forgiven.';
COMMENT ON COLUMN ledger_totals.rolled_out IS
'Terms that left a balance for another one, less those that came over.';
