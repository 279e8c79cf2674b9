-- reads: entitlements, ledger, metric_parameters
CREATE VIEW terms_at_closes AS FROM terms_so_far();

COMMENT ON VIEW terms_at_closes IS
'What each entitlement had used and been allotted at the closes of months up to which its terms moved: '
'the sums of its ledger so far, from which its revenue by use follows. A run in a file has them stored '
'beside its rows; verify reckons them anew.';
COMMENT ON COLUMN terms_at_closes.entitlement_id IS 'The entitlement.';
COMMENT ON COLUMN terms_at_closes.number IS
'The close: 12 x year + month. That of the day before the run, by which all earlier movements count, '
'has the number of the month before.';
COMMENT ON COLUMN terms_at_closes.next_number IS
'The next close up to which they moved, before which the row stands; NULL for the last.';
COMMENT ON COLUMN terms_at_closes.used_100 IS
'Hundredths of a term used by then, with those that a balance brought forward lacked.';
COMMENT ON COLUMN terms_at_closes.allotment_100 IS
'Hundredths of a term put in by then; of an allowance what the whole term promises.';
COMMENT ON COLUMN terms_at_closes.lapsed_100 IS 'Hundredths of a term that had lapsed by then.';
