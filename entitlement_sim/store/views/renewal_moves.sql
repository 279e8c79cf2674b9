-- reads: metric_parameters, renewals
CREATE VIEW renewal_moves AS
WITH moved AS (
    SELECT renewals.*, move_tolerance,
           terms::DECIMAL(38, 2) * (1 + move_tolerance) AS terms_above,
           terms::DECIMAL(38, 2) * (1 - move_tolerance) AS terms_below,
           annual_value::DECIMAL(38, 2) * (1 + move_tolerance) AS value_above,
           annual_value::DECIMAL(38, 2) * (1 - move_tolerance) AS value_below,
           successor_template <> template AS changes_template
    FROM renewals CROSS JOIN metric_parameters
    WHERE is_renewed
)
SELECT segment, template_id, template, allocation, count(*) AS n,
       count(*) FILTER (successor_terms > terms_above) AS up_by_terms,
       count(*) FILTER (successor_terms BETWEEN terms_below AND terms_above) AS flat_by_terms,
       count(*) FILTER (successor_terms < terms_below) AS down_by_terms,
       count(*) FILTER (successor_terms IS NULL) AS other_unit,
       count(successor_terms) AS n_by_terms,
       count(*) FILTER (successor_terms > terms_above) / nullif(count(successor_terms), 0)
           AS up_share_by_terms,
       count(*) FILTER (successor_terms < terms_below) / nullif(count(successor_terms), 0)
           AS down_share_by_terms,
       count(*) FILTER (renewed_value > value_above) AS up_by_value,
       count(*) FILTER (renewed_value BETWEEN value_below AND value_above) AS flat_by_value,
       count(*) FILTER (renewed_value < value_below) AS down_by_value,
       count(*) FILTER (renewed_value > value_above) / count(*) AS up_share_by_value,
       count(*) FILTER (renewed_value < value_below) / count(*) AS down_share_by_value,
       count(*) FILTER (changes_template) AS template_changed,
       count(*) FILTER (changes_template AND successor_terms BETWEEN terms_below AND terms_above)
           AS template_changed_same_terms,
       count(*) FILTER (
           NOT changes_template AND successor_terms BETWEEN terms_below AND terms_above
           AND renewed_value > value_above
       ) AS price_raised
FROM moved
GROUP BY ALL
ORDER BY segment, template_id;

COMMENT ON VIEW renewal_moves IS
'Renewals within the grace that went up, stayed flat or went down, by the template that was '
'renewed: by terms (total sold / total held before) and by annual value, flat within one per cent '
'(metric_parameters.move_tolerance). Terms compare only in the same unit; a move between cases and '
'hours, or to or from cover without a number, stands under other_unit.';
COMMENT ON COLUMN renewal_moves.n IS 'Renewals: the denominator by value.';
COMMENT ON COLUMN renewal_moves.up_by_terms IS 'Renewed with more terms.';
COMMENT ON COLUMN renewal_moves.flat_by_terms IS 'Renewed with as many.';
COMMENT ON COLUMN renewal_moves.down_by_terms IS 'Renewed with fewer.';
COMMENT ON COLUMN renewal_moves.other_unit IS 'Renewed into terms that do not compare.';
COMMENT ON COLUMN renewal_moves.n_by_terms IS
'Renewals whose terms compare: the denominator by terms.';
COMMENT ON COLUMN renewal_moves.up_share_by_terms IS 'up_by_terms / n_by_terms.';
COMMENT ON COLUMN renewal_moves.down_share_by_terms IS 'down_by_terms / n_by_terms.';
COMMENT ON COLUMN renewal_moves.up_by_value IS 'Renewed for more a year.';
COMMENT ON COLUMN renewal_moves.flat_by_value IS 'Renewed for as much.';
COMMENT ON COLUMN renewal_moves.down_by_value IS 'Renewed for less.';
COMMENT ON COLUMN renewal_moves.up_share_by_value IS 'up_by_value / n.';
COMMENT ON COLUMN renewal_moves.down_share_by_value IS 'down_by_value / n.';
COMMENT ON COLUMN renewal_moves.template_changed IS 'Renewed into another template.';
COMMENT ON COLUMN renewal_moves.template_changed_same_terms IS
'Of these, with as many terms as before.';
COMMENT ON COLUMN renewal_moves.price_raised IS
'Same template and terms for more a year: an escalated price, no growth.';
