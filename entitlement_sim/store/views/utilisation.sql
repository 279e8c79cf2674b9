-- reads: templates, customers, entitlements, entitlement_channels, ledger, entitlement_facts
-- reads: metric_parameters
CREATE VIEW utilisation AS
SELECT entitlement_id, customer_id, segment, template_id, template, allocation, state, start_date,
       end_date, effective_end, allotment, used, remaining,
       CASE WHEN allotment > 0 AND is_use_known THEN used / allotment END AS utilisation,
       CASE WHEN allotment > 0 AND is_use_known THEN least(used / allotment, 1) END
           AS utilisation_capped,
       coalesce(was_in_force AND is_use_known AND state <> 'draft' AND allotment > 0, FALSE)
           AS in_portfolio,
       price, annual_value
FROM entitlement_facts
ORDER BY entitlement_id;

COMMENT ON VIEW utilisation IS
'Utilisation to date of each entitlement: used / allotment = U / A at the close of the run, where '
'U is what cases took less what they gave back and A all terms put in (allotted, adjusted, topped '
'up; of an allowance those granted so far). NULL without a number of terms or where it is 0; above 1 where more was used than '
'held, NULL where use is not known back to the start. Ledger reasons consume and restore against allot, adjust, topup and correct.';
COMMENT ON COLUMN utilisation.utilisation IS 'used / allotment; may exceed 1.';
COMMENT ON COLUMN utilisation.utilisation_capped IS 'The same, but at most 1.';
COMMENT ON COLUMN utilisation.in_portfolio IS
'Whether it counts in utilisation_by_template: in force for at least a day of the run, neither in '
'Draft nor Waiting now, with a number of terms and with use known back to the start.';

CREATE VIEW utilisation_by_channel AS
WITH moved AS (
    -- A balance that is brought forward is so on the whole and on every channel. By state, too, so
    -- that who asks for one state has the movements of the others left aside.
    SELECT entitlement_id, ledger.origin, entitlements.state,
           coalesce(
               -sum(origin_amount) FILTER (is_use(reason) OR is_brought_forward(reason)), 0
           )
               ::DECIMAL(18, 2) AS used,
           sum(origin_amount) FILTER (puts_in(reason))::DECIMAL(18, 2) AS allotment,
           NOT bool_or(is_brought_forward(reason)) AS is_use_known
    FROM ledger JOIN entitlements USING (entitlement_id)
    WHERE ledger.origin IS NOT NULL
    GROUP BY entitlement_id, ledger.origin, entitlements.state
)
SELECT entitlement_id, customer_id, segment, template_id, template, allocation,
       state, start_date, end_date, effective_end, origin,
       coalesce(moved.allotment, channel.total_terms) AS allotment,
       coalesce(moved.used, 0)::DECIMAL(18, 2) AS used,
       channel.remaining_terms AS remaining,
       CASE WHEN coalesce(moved.allotment, channel.total_terms) > 0
                AND coalesce(is_use_known, TRUE)
            THEN coalesce(moved.used, 0) / coalesce(moved.allotment, channel.total_terms) END
           AS utilisation
FROM entitlement_channels AS channel
JOIN dated_entitlements() AS dated USING (entitlement_id)
LEFT JOIN customers USING (customer_id)
LEFT JOIN moved USING (entitlement_id, origin, state)
ORDER BY entitlement_id, origin;

COMMENT ON VIEW utilisation_by_channel IS
'Utilisation to date of each channel of each entitlement that lists it: used / allotment of the '
'channel alone. Channels share the terms of the whole, so their allotments do not add up to it.';
COMMENT ON COLUMN utilisation_by_channel.origin IS 'The channel.';
COMMENT ON COLUMN utilisation_by_channel.allotment IS 'Terms that the channel may take.';
COMMENT ON COLUMN utilisation_by_channel.used IS 'Terms taken through the channel, net.';
COMMENT ON COLUMN utilisation_by_channel.remaining IS 'Terms left on the channel.';
COMMENT ON COLUMN utilisation_by_channel.utilisation IS
'used / allotment; NULL where the channel is closed (0 terms) or use is not known back to the start.';

CREATE VIEW utilisation_by_template AS
SELECT template_id, templates.template, templates.allocation, count(entitlement_id) AS n,
       coalesce(sum(used), 0)::DECIMAL(38, 2) AS used,
       coalesce(sum(allotment), 0)::DECIMAL(38, 2) AS allotment,
       sum(used) / nullif(sum(allotment), 0) AS pooled,
       sum(utilisation::DECIMAL(38, 9)) / nullif(count(entitlement_id), 0) AS mean_of_ratios,
       coalesce(sum(annual_value * utilisation::DECIMAL(38, 9)), 0)::DECIMAL(38, 2)
           AS value_used,
       coalesce(sum(annual_value), 0)::DECIMAL(38, 2) AS annual_value,
       sum(annual_value * utilisation::DECIMAL(38, 9)) / nullif(sum(annual_value), 0)
           AS value_weighted
FROM templates
LEFT JOIN (FROM utilisation WHERE in_portfolio) USING (template_id)
GROUP BY ALL
ORDER BY template_id;

COMMENT ON VIEW utilisation_by_template IS
'Utilisation of all entitlements of a template that have been in force and have a number of terms, '
'in three readings that differ: pooled = sum of used / sum of allotment; mean_of_ratios = mean of '
'each one''s own; value_weighted = sum of annual value x own ratio / sum of annual value. One row a '
'template, so that cases and hours never meet in one number.';
COMMENT ON COLUMN utilisation_by_template.pooled IS 'used / allotment; a large contract counts more.';
COMMENT ON COLUMN utilisation_by_template.mean_of_ratios IS
'Mean utilisation; every entitlement counts the same.';
COMMENT ON COLUMN utilisation_by_template.value_used IS
'Annual value times utilisation, summed, to the hundredth: the numerator of value_weighted.';
COMMENT ON COLUMN utilisation_by_template.annual_value IS
'Annual value, summed: the denominator of value_weighted.';
COMMENT ON COLUMN utilisation_by_template.value_weighted IS
'value_used / annual_value; NULL for what costs nothing.';

CREATE VIEW utilisation_by_quarter AS
WITH quarters AS (
    SELECT DISTINCT date_trunc('quarter', month)::DATE AS quarter,
           (date_trunc('quarter', month) + INTERVAL 3 MONTH)::DATE - 1 AS quarter_end
    FROM months()
),
cover AS (
    SELECT quarter, template_id, count(*) AS n,
           sum(half_up(in_hundredths(coalesce(promised_terms, allotment)) * days, term_days))
               AS allotment_100
    FROM (
        SELECT quarter, facts.*,
               least(covered_to, quarter_end) - greatest(covered_from, quarter, run_begins) + 1
                   AS days
        FROM entitlement_facts AS facts
        CROSS JOIN metric_parameters
        JOIN quarters ON quarter <= covered_to AND quarter_end >= covered_from
        WHERE was_in_force AND NOT is_open_ended
    )
    WHERE days > 0
    GROUP BY ALL
),
use AS (
    SELECT date_trunc('quarter', happened_at)::DATE AS quarter, template_id, -sum(amount) AS used
    FROM ledger
    JOIN (
        SELECT entitlement_id, template_id FROM entitlements JOIN templates USING (template_id)
        WHERE term IS DISTINCT FROM 'open'
    ) USING (entitlement_id)
    CROSS JOIN metric_parameters
    WHERE is_use(reason) AND happened_at >= run_begins
    GROUP BY ALL
)
SELECT quarter, template_id, template, allocation, coalesce(n, 0)::BIGINT AS n,
       coalesce(used, 0)::DECIMAL(38, 2) AS used,
       total_from_hundredths(allotment_100) AS allotment,
       coalesce(used, 0) / nullif(total_from_hundredths(allotment_100), 0) AS utilisation,
       quarter < run_begins OR quarter_end > as_of AS is_partial
FROM quarters CROSS JOIN templates CROSS JOIN metric_parameters
LEFT JOIN cover USING (quarter, template_id)
LEFT JOIN use USING (quarter, template_id)
ORDER BY quarter, template_id;

COMMENT ON VIEW utilisation_by_quarter IS
'How fast terms go, by template and quarter: utilisation = terms used in the quarter / the share of '
'the allotment that belongs to its days: allotment x days covered in the quarter / days of the term, '
'each to the hundredth, summed. 1 is even use of everything; the allotment is the one that stands at '
'the end of the run, of an allowance what the term promises. What has no end is left out. To add quarters or templates of one unit up, divide the sums.';
COMMENT ON COLUMN utilisation_by_quarter.quarter IS 'First day of the quarter.';
COMMENT ON COLUMN utilisation_by_quarter.n IS
'Entitlements that covered a day of the quarter: the denominator counts their terms.';
COMMENT ON COLUMN utilisation_by_quarter.used IS 'Terms taken in the quarter less terms given back.';
COMMENT ON COLUMN utilisation_by_quarter.allotment IS
'Terms that belong to the days covered; NULL where none has a number of terms.';
COMMENT ON COLUMN utilisation_by_quarter.utilisation IS
'used / allotment; NULL where there is no number of terms to divide by.';
COMMENT ON COLUMN utilisation_by_quarter.is_partial IS
'Whether the run shows only a part of the quarter.';
