-- reads: entitlements, templates, customers, ledger_totals, metric_parameters
CREATE VIEW successors AS FROM pairs_of_renewal();

COMMENT ON VIEW successors IS
'Which entitlement renews which: one that names it as its predecessor or, with '
'metric_parameters.successors = template, also one without a predecessor, of the same customer and '
'template, that begins after it. It renews once it is Active or Waiting: one left in Draft is here '
'(is_draft) without lag and value. A successor that consolidates several renews each of them, and '
'its annual value is shared out among them by theirs; one that is split has several successors.';
COMMENT ON COLUMN successors.entitlement_id IS 'The entitlement that is renewed.';
COMMENT ON COLUMN successors.successor_id IS 'The entitlement that renews it.';
COMMENT ON COLUMN successors.is_linked IS 'Whether the successor names it as its predecessor.';
COMMENT ON COLUMN successors.is_draft IS
'Whether the successor is, or was for all of its term, a Draft.';
COMMENT ON COLUMN successors.lag_days IS
'Days from the first day without cover until the successor was booked, begun and out of Draft: the '
'latest of these - end date - 1; 0 or less is seamless, NULL where it never was Active or Waiting.';
COMMENT ON COLUMN successors.is_within_grace IS
'Whether lag_days is at most metric_parameters.grace_days - 1: all of it happened within that many '
'days after the end.';
COMMENT ON COLUMN successors.annual_value IS
'Annual value of the successor, or this one''s share of it; 0 where it has no lag.';

CREATE VIEW renewal_chains AS
SELECT entitlement_id, root_id, first_start, cohort_of(first_start) AS cohort, renewal_number,
       is_unbroken, renewed_before
FROM chains_of_renewals(successors) CROSS JOIN metric_parameters;

COMMENT ON VIEW renewal_chains IS
'Each entitlement with the one that its chain of renewals began with.';
COMMENT ON COLUMN renewal_chains.root_id IS 'First entitlement of the chain.';
COMMENT ON COLUMN renewal_chains.first_start IS
'Its start; NULL where it renews what is not on record.';
COMMENT ON COLUMN renewal_chains.cohort IS
'First day of the quarter (metric_parameters.cohort_grain) of the first start.';
COMMENT ON COLUMN renewal_chains.renewal_number IS
'Number of the renewal that its end gives occasion for: 1 for a first entitlement.';
COMMENT ON COLUMN renewal_chains.is_unbroken IS
'Whether every link up to it was renewed within the grace, none after a cancellation.';
COMMENT ON COLUMN renewal_chains.renewed_before IS
'How often its chain had been renewed when the run began to see it: 0 for one that is seen from its '
'first end on, NULL for what ended before the run.';

CREATE VIEW renewals AS
WITH pairs AS MATERIALIZED (FROM successors)
SELECT entitlement_id, customer_id, segment, template_id, template, allocation,
       root_id, cohort_of(first_start) AS cohort, chains.renewal_number, is_unbroken, renewed_before,
       end_date, month_of(end_date) AS month, class, is_mature,
       counts_as_renewed(class) AS is_renewed,
       is_paying, in_base,
       successor_id, coalesce(successor_count, 0) AS successor_count, drafts,
       successor_template, successor_start, booked_on, successor_activated_on, lag_days,
       annual_value,
       CASE WHEN counts_as_renewed(class) THEN value_within_grace ELSE 0
       END::DECIMAL(38, 2) AS renewed_value,
       CASE WHEN counts_as_renewed(class)
            THEN least(value_within_grace, annual_value) ELSE 0
       END::DECIMAL(18, 2) AS renewed_value_gross,
       coalesce(promised_terms, total_terms)::DECIMAL(18, 2) AS terms,
       CASE WHEN successor_allocation = allocation AND NOT is_unlimited THEN successor_terms END
           AS successor_terms
FROM classed_renewals(pairs)
JOIN chains_of_renewals(pairs) AS chains USING (entitlement_id)
LEFT JOIN (
    SELECT template_id AS successor_template_id, template AS successor_template FROM templates
) USING (successor_template_id)
CROSS JOIN metric_parameters
ORDER BY entitlement_id;

COMMENT ON VIEW renewals IS
'One row for each due entitlement: one whose last day lies in the run and is over at its close, that covered '
'a day and was not cancelled before. It belongs to the month in which it fell due, never to that of '
'a booking. A successor renews it once it is Active or Waiting; one left in Draft does not and is '
'counted apart (drafts). Classes, by its first successor: on_time (begins the day after at the '
'latest, and was booked and activated by then: the product lets nobody renew earlier), back_dated '
'(begins by then but was booked or activated later), late (begins later), all of them booked, begun '
'and activated within the 90 days after the end (metric_parameters.grace_days); win_back (later than '
'that); lost (no successor, grace over); immature (no successor, grace still running: never lost).';
COMMENT ON COLUMN renewals.root_id IS 'First entitlement of its chain of renewals.';
COMMENT ON COLUMN renewals.cohort IS
'First day of the quarter (metric_parameters.cohort_grain) in which its chain of renewals began.';
COMMENT ON COLUMN renewals.renewal_number IS
'Number of the renewal that it is due for: 1 for a first entitlement.';
COMMENT ON COLUMN renewals.is_unbroken IS
'Whether every earlier link of its chain was renewed within the grace.';
COMMENT ON COLUMN renewals.renewed_before IS
'How often its chain had been renewed before the run: those that had not are not seen beside it.';
COMMENT ON COLUMN renewals.end_date IS 'The day on which it fell due: the last that it covers.';
COMMENT ON COLUMN renewals.month IS 'First day of the month in which it fell due.';
COMMENT ON COLUMN renewals.class IS
'on_time, back_dated, late, win_back, lost or immature.';
COMMENT ON COLUMN renewals.is_mature IS
'Whether the grace is over at the close of the run: as_of >= end date + grace days.';
COMMENT ON COLUMN renewals.is_renewed IS 'Whether it was renewed within the grace.';
COMMENT ON COLUMN renewals.successor_id IS
'The successor that was first booked, begun and out of Draft; NULL where there is none.';
COMMENT ON COLUMN renewals.successor_count IS
'Number of successors that became Active or Waiting; above 1 where it was split.';
COMMENT ON COLUMN renewals.drafts IS
'Successors that are left in Draft: no renewal, and their value is in none.';
COMMENT ON COLUMN renewals.successor_template IS 'Template of the successor.';
COMMENT ON COLUMN renewals.successor_start IS 'Start of the successor.';
COMMENT ON COLUMN renewals.booked_on IS 'Day on which the successor was made.';
COMMENT ON COLUMN renewals.successor_activated_on IS 'Day on which the successor left Draft.';
COMMENT ON COLUMN renewals.lag_days IS
'Days from the first day without cover until the successor was booked, begun and out of Draft; 0 or '
'less is seamless.';
COMMENT ON COLUMN renewals.renewed_value IS
'Annual value of all successors within the grace, or its share of one that consolidates; 0 where '
'not renewed within it.';
COMMENT ON COLUMN renewals.renewed_value_gross IS 'The same, at most its own annual value.';
COMMENT ON COLUMN renewals.terms IS
'Total that it held in the end; of an allowance, what the term promised.';
COMMENT ON COLUMN renewals.successor_terms IS
'Total that its successors within the grace were sold with; NULL where units differ or none is '
'counted.';
