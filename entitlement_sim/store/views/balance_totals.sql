-- reads: balances, ledger
CREATE VIEW balance_totals AS FROM totals_of_balances();

COMMENT ON VIEW balance_totals IS
'What the ledger of each balance comes to, of entitlements that have several (the grants of an '
'allowance, what was carried over, top-ups): allotment + settled = used + rolled_out + lapsed + what is '
'left. A balance without a movement has no row. A run in a file has them stored beside its rows; verify '
'reckons them anew.';
COMMENT ON COLUMN balance_totals.balance_id IS 'The balance.';
COMMENT ON COLUMN balance_totals.allotment_100 IS
'Hundredths of a term put in: granted, adjusted, topped up and corrected.';
COMMENT ON COLUMN balance_totals.used_100 IS
'Hundredths of a term used, less those given back, with those that a balance brought forward lacked.';
COMMENT ON COLUMN balance_totals.rolled_out_100 IS
'Hundredths of a term carried to other balances, less those that came from them.';
COMMENT ON COLUMN balance_totals.settled_100 IS
'Hundredths of a term used beyond all that there was and settled: billed or forgiven.';
COMMENT ON COLUMN balance_totals.lapsed_100 IS 'Hundredths of a term that lapsed.';
