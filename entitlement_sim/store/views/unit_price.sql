-- reads: breakage_by_entitlement
CREATE VIEW realised_unit_price AS
SELECT template_id, template, allocation, count(*) AS n,
       sum(price + top_up_price)::DECIMAL(38, 2) AS price, sum(refunded)::DECIMAL(38, 2) AS refunded,
       sum(price + top_up_price - refunded)::DECIMAL(38, 2) AS paid,
       sum(allotment)::DECIMAL(38, 2) AS allotment, sum(used)::DECIMAL(38, 2) AS used,
       sum(price + top_up_price) / nullif(sum(allotment), 0) AS sold_unit_price,
       sum(price + top_up_price - refunded) / nullif(sum(used), 0) AS realised_unit_price
FROM breakage_by_entitlement
WHERE price IS NOT NULL
GROUP BY ALL
ORDER BY template_id;

COMMENT ON VIEW realised_unit_price IS
'What a term came to that was really used: price paid, less refunds, over terms used, of the contracts '
'with a number of terms whose last day came in the run, by template. Beside it what a term was sold '
'for: price over terms allotted. Breakage makes the first dearer than the second. '
'After the realised price of a pocket price waterfall (Marn and Rosiello 1992).';
COMMENT ON COLUMN realised_unit_price.n IS 'Contracts that ended in the run.';
COMMENT ON COLUMN realised_unit_price.price IS 'Their prices, those of their top-ups among them.';
COMMENT ON COLUMN realised_unit_price.refunded IS 'Given back of these at cancellations.';
COMMENT ON COLUMN realised_unit_price.paid IS 'price - refunded.';
COMMENT ON COLUMN realised_unit_price.allotment IS 'Terms that they held.';
COMMENT ON COLUMN realised_unit_price.used IS 'Terms that they used by their ends.';
COMMENT ON COLUMN realised_unit_price.sold_unit_price IS 'price / allotment.';
COMMENT ON COLUMN realised_unit_price.realised_unit_price IS
'paid / used; NULL where nothing was used.';
