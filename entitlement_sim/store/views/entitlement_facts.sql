-- reads: templates, customers, entitlements, balances, ledger, ledger_totals, metric_parameters
CREATE VIEW entitlement_facts AS
SELECT entitlement_id, customer_id, segment, template_id, template, allocation, restrict, state,
       ended_by, predecessor_id, renewal_number, created_on, activated_on, start_date, end_date,
       effective_end, covered_from, covered_to, was_in_force, took_effect, is_left_truncated,
       NOT coalesce(is_brought_forward, FALSE) AS is_use_known,
       term_days, elapsed_days, is_unlimited,
       CASE WHEN NOT is_unlimited THEN coalesce(put_in, total_terms) END::DECIMAL(18, 2)
           AS allotment,
       total_terms,
       coalesce(promised_terms, total_terms - coalesce(adjusted, 0))::DECIMAL(18, 2) AS sold_terms,
       coalesce(used, 0)::DECIMAL(18, 2) AS used, remaining_terms AS remaining, price,
       annual_value, (refunded + coalesce(top_ups_refunded, 0))::DECIMAL(18, 2) AS refunded, is_paying,
       in_base, is_open_ended, promised_terms,
       coalesce(lapsed, 0)::DECIMAL(18, 2) AS lapsed, coalesce(settled, 0)::DECIMAL(18, 2) AS settled,
       list_price, decided_on, coalesce(top_up_price, 0)::DECIMAL(18, 2) AS top_up_price
FROM dated_entitlements()
LEFT JOIN customers USING (customer_id)
LEFT JOIN ledger_totals USING (entitlement_id)
LEFT JOIN topped_up_for() AS added USING (entitlement_id);

COMMENT ON VIEW entitlement_facts IS
'One row for each entitlement with what the metrics rest on: the days that it really covered, what '
'it held and used, and its price a year.';
COMMENT ON COLUMN entitlement_facts.activated_on IS
'Day on which it first left Draft; NULL while it never did.';
COMMENT ON COLUMN entitlement_facts.effective_end IS
'Last day that it covers: the day before its cancellation, or else its end date.';
COMMENT ON COLUMN entitlement_facts.covered_from IS
'First day that it covers: its start, or its first activation where that came later; NULL while it '
'never left Draft.';
COMMENT ON COLUMN entitlement_facts.covered_to IS
'Last day that it covers and the run shows: effective end, or as_of where that comes first.';
COMMENT ON COLUMN entitlement_facts.was_in_force IS
'Whether it covered any day of the run; false in Waiting, in a Draft that never was activated, '
'where it was cancelled before it began, and where it ended before the run did begin.';
COMMENT ON COLUMN entitlement_facts.is_left_truncated IS
'Whether it covered days before the run begins, so that what did not live to see the run is not '
'beside it.';
COMMENT ON COLUMN entitlement_facts.is_use_known IS
'Whether its ledger goes back to its start; false where a balance was brought forward instead, which '
'then counts as used.';
COMMENT ON COLUMN entitlement_facts.took_effect IS
'Whether it closed any day Active or Waiting; false in a Draft that never was activated, or only '
'after its end.';
COMMENT ON COLUMN entitlement_facts.elapsed_days IS
'Days of the term that are over at the close of as_of or of its effective end.';
COMMENT ON COLUMN entitlement_facts.is_unlimited IS
'Sold as unlimited, or with a total of 0 or blank where nothing is restricted: cover without a number of '
'terms. A total of 0 that restricts allows nothing instead.';
COMMENT ON COLUMN entitlement_facts.list_price IS
'Price of the whole term before a discount.';
COMMENT ON COLUMN entitlement_facts.decided_on IS
'Day on which its customer decided whether to renew it: at its end, or on notice; NULL while open.';
COMMENT ON COLUMN entitlement_facts.total_terms IS
'Total as it stands; of an allowance, what it has granted so far.';
COMMENT ON COLUMN entitlement_facts.sold_terms IS
'Total before any amendment; of an allowance, what the term promises.';
COMMENT ON COLUMN entitlement_facts.is_open_ended IS
'Whether its term has no end: it has no annual value, is never renewed and expires on no day.';
COMMENT ON COLUMN entitlement_facts.promised_terms IS
'What its allowance grants by the end of the term, as it stands; NULL where it has none.';
COMMENT ON COLUMN entitlement_facts.lapsed IS 'Terms that lapsed at the end of their period.';
COMMENT ON COLUMN entitlement_facts.settled IS
'Terms used beyond all that there was and settled: billed or forgiven.';
COMMENT ON COLUMN entitlement_facts.refunded IS
'Given back at its cancellation, by the refund of its template. none: nothing; unused: price x days '
'of the term that are left / days of the term, to the hundredth, the whole price where it was '
'cancelled before it began; so much of each top-up, too, by its own price and days. 0 where it was not '
'cancelled, or never billed.';
COMMENT ON COLUMN entitlement_facts.top_up_price IS
'Prices of its top-ups, as far as they are billed: beside price, and no part of annual_value.';
