-- reads: customers, entitlements, templates, metric_parameters
CREATE VIEW discount_leakage AS
SELECT month_of(activated_on) AS month, segment, template_id, template, count(*) AS n,
       count(*) FILTER (list_price > held.price) AS discounted,
       sum(list_price)::DECIMAL(38, 2) AS list_price, sum(held.price)::DECIMAL(38, 2) AS bookings,
       sum(list_price - held.price)::DECIMAL(38, 2) AS discount,
       sum(list_price - held.price) / nullif(sum(list_price), 0) AS discount_share,
       is_cut(month_of(activated_on)) AS is_partial
FROM entitlements AS held
JOIN templates USING (template_id)
LEFT JOIN customers USING (customer_id)
CROSS JOIN metric_parameters
WHERE activated_on >= run_begins AND held.price IS NOT NULL AND list_price IS NOT NULL
GROUP BY ALL
ORDER BY month, segment, template_id;

COMMENT ON VIEW discount_leakage IS
'What discounts took off the list prices of what was booked, by month of the first activation: sum of '
'list_price - price. An entitlement whose list price or price is not known is left out, and so are top-ups, '
'which are sold at their list price. After the price waterfall of Marn and Rosiello (1992).';
COMMENT ON COLUMN discount_leakage.month IS 'First day of the month of the first activation.';
COMMENT ON COLUMN discount_leakage.n IS 'Entitlements booked.';
COMMENT ON COLUMN discount_leakage.discounted IS 'Of these, paid at less than the list price.';
COMMENT ON COLUMN discount_leakage.list_price IS 'What they would have been paid without discounts.';
COMMENT ON COLUMN discount_leakage.bookings IS 'What was paid for them; never revenue.';
COMMENT ON COLUMN discount_leakage.discount IS 'list_price - bookings.';
COMMENT ON COLUMN discount_leakage.discount_share IS 'discount / list_price.';
