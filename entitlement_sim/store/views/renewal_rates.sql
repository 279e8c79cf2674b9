-- reads: renewals, metric_parameters
CREATE VIEW renewal_rates AS
SELECT month, segment, template_id, template, is_paying, in_base,
       count(*) FILTER (is_mature) AS n,
       count(*) FILTER (is_mature AND is_renewed) AS renewed,
       count(*) FILTER (is_mature AND class = 'on_time') AS on_time,
       count(*) FILTER (is_mature AND class = 'back_dated') AS back_dated,
       count(*) FILTER (is_mature AND class = 'late') AS late,
       count(*) FILTER (is_mature AND class = 'win_back') AS win_backs,
       count(*) FILTER (is_mature AND class = 'lost') AS lost,
       count(*) FILTER (is_mature AND class = 'lost' AND drafts > 0) AS drafts,
       count(*) FILTER (is_mature AND is_renewed) / nullif(count(*) FILTER (is_mature), 0)
           AS renewal_rate,
       count(*) FILTER (is_mature AND class = 'on_time') / nullif(count(*) FILTER (is_mature), 0)
           AS on_time_rate,
       count(*) FILTER (is_mature AND class IN ('late', 'back_dated'))
           / nullif(count(*) FILTER (is_mature), 0) AS late_rate,
       count(*) FILTER (is_mature AND successor_id IS NOT NULL)
           / nullif(count(*) FILTER (is_mature), 0) AS rate_with_win_backs,
       coalesce(sum(annual_value) FILTER (is_mature), 0)::DECIMAL(38, 2) AS due_value,
       coalesce(sum(renewed_value_gross) FILTER (is_mature), 0)::DECIMAL(38, 2)
           AS renewed_value_gross,
       coalesce(sum(renewed_value) FILTER (is_mature), 0)::DECIMAL(38, 2) AS renewed_value,
       sum(renewed_value_gross) FILTER (is_mature)
           / nullif(sum(annual_value) FILTER (is_mature), 0) AS value_rate_gross,
       sum(renewed_value) FILTER (is_mature)
           / nullif(sum(annual_value) FILTER (is_mature), 0) AS value_rate_net,
       count(*) AS due, count(*) FILTER (is_renewed) AS renewed_to_date,
       bool_and(is_mature) AS is_mature, is_cut(month) AS is_partial
FROM renewals CROSS JOIN metric_parameters
GROUP BY ALL
ORDER BY month, segment, template_id, is_paying;

COMMENT ON VIEW renewal_rates IS
'Renewal rates of what fell due in a month, by segment, template and whether it is paid for: renewed '
'within the grace / due (renewal_rate), on time and late apart, and by annual value, gross (a '
'renewal counts at most what was due) and net. Numerators and denominators hold mature dues only, '
'each counted from the day on which its own grace is over, so that nothing young counts as lost; '
'is_mature says that none was left out, and due and renewed_to_date count them too. At most 100 % '
'by count and gross. To have rates over other groups, add up numerators and denominators, WHERE '
'in_base for the paying ones.';
COMMENT ON COLUMN renewal_rates.month IS 'First day of the month in which they fell due.';
COMMENT ON COLUMN renewal_rates.n IS 'Mature dues: the denominator of all rates by count.';
COMMENT ON COLUMN renewal_rates.renewed IS
'Of these, renewed within the grace: on_time + back_dated + late.';
COMMENT ON COLUMN renewal_rates.on_time IS 'Of these, on time.';
COMMENT ON COLUMN renewal_rates.back_dated IS 'Of these, booked late for a seamless start.';
COMMENT ON COLUMN renewal_rates.late IS 'Of these, begun late.';
COMMENT ON COLUMN renewal_rates.win_backs IS 'Of these, come back after the grace.';
COMMENT ON COLUMN renewal_rates.lost IS 'Of these, never renewed.';
COMMENT ON COLUMN renewal_rates.drafts IS
'Of the lost ones, those with a successor that is left in Draft.';
COMMENT ON COLUMN renewal_rates.renewal_rate IS 'renewed / n; NULL where nothing is mature.';
COMMENT ON COLUMN renewal_rates.on_time_rate IS 'on_time / n.';
COMMENT ON COLUMN renewal_rates.late_rate IS '(late + back_dated) / n.';
COMMENT ON COLUMN renewal_rates.rate_with_win_backs IS
'(renewed + win_backs) / n; older months had more time for win-backs.';
COMMENT ON COLUMN renewal_rates.due_value IS 'Annual value of the mature dues.';
COMMENT ON COLUMN renewal_rates.renewed_value_gross IS
'Annual value renewed, for each due at most its own.';
COMMENT ON COLUMN renewal_rates.renewed_value IS 'Annual value of what renewed them.';
COMMENT ON COLUMN renewal_rates.value_rate_gross IS 'renewed_value_gross / due_value.';
COMMENT ON COLUMN renewal_rates.value_rate_net IS 'renewed_value / due_value.';
COMMENT ON COLUMN renewal_rates.due IS 'All dues, the immature ones too.';
COMMENT ON COLUMN renewal_rates.renewed_to_date IS 'Of these, renewed within the grace so far.';
COMMENT ON COLUMN renewal_rates.is_mature IS 'Whether all dues of the row are mature.';

CREATE VIEW renewal_rates_by_month AS
SELECT month, sum(n)::BIGINT AS n, sum(renewed)::BIGINT AS renewed, sum(on_time)::BIGINT AS on_time,
       sum(back_dated)::BIGINT AS back_dated, sum(late)::BIGINT AS late,
       sum(win_backs)::BIGINT AS win_backs, sum(lost)::BIGINT AS lost,
       sum(drafts)::BIGINT AS drafts,
       sum(renewed) / nullif(sum(n), 0) AS renewal_rate,
       sum(on_time) / nullif(sum(n), 0) AS on_time_rate,
       sum(late + back_dated) / nullif(sum(n), 0) AS late_rate,
       sum(renewed + win_backs) / nullif(sum(n), 0) AS rate_with_win_backs,
       sum(due_value)::DECIMAL(38, 2) AS due_value,
       sum(renewed_value_gross)::DECIMAL(38, 2) AS renewed_value_gross,
       sum(renewed_value)::DECIMAL(38, 2) AS renewed_value,
       sum(renewed_value_gross) / nullif(sum(due_value), 0) AS value_rate_gross,
       sum(renewed_value) / nullif(sum(due_value), 0) AS value_rate_net,
       sum(due)::BIGINT AS due, sum(renewed_to_date)::BIGINT AS renewed_to_date,
       bool_and(is_mature) AS is_mature, bool_or(is_partial) AS is_partial, base
FROM renewal_rates CROSS JOIN metric_parameters
WHERE in_base
GROUP BY month, base
ORDER BY month;

COMMENT ON VIEW renewal_rates_by_month IS
'renewal_rates over all segments and templates: the sums of its numerators and denominators, of '
'paying entitlements, or of all where nothing has a price (metric_parameters.base).';
COMMENT ON COLUMN renewal_rates_by_month.month IS
'First day of the month in which they fell due.';
COMMENT ON COLUMN renewal_rates_by_month.n IS 'Mature dues: the denominator of all rates by count.';
COMMENT ON COLUMN renewal_rates_by_month.renewed IS
'Of these, renewed within the grace: on_time + back_dated + late.';
COMMENT ON COLUMN renewal_rates_by_month.on_time IS 'Of these, on time.';
COMMENT ON COLUMN renewal_rates_by_month.back_dated IS 'Of these, booked late for a seamless start.';
COMMENT ON COLUMN renewal_rates_by_month.late IS 'Of these, begun late.';
COMMENT ON COLUMN renewal_rates_by_month.win_backs IS 'Of these, come back after the grace.';
COMMENT ON COLUMN renewal_rates_by_month.lost IS 'Of these, never renewed.';
COMMENT ON COLUMN renewal_rates_by_month.drafts IS
'Of the lost ones, those with a successor that is left in Draft.';
COMMENT ON COLUMN renewal_rates_by_month.renewal_rate IS 'renewed / n; NULL where nothing is mature.';
COMMENT ON COLUMN renewal_rates_by_month.on_time_rate IS 'on_time / n.';
COMMENT ON COLUMN renewal_rates_by_month.late_rate IS '(late + back_dated) / n.';
COMMENT ON COLUMN renewal_rates_by_month.rate_with_win_backs IS
'(renewed + win_backs) / n; older months had more time for win-backs.';
COMMENT ON COLUMN renewal_rates_by_month.due_value IS 'Annual value of the mature dues.';
COMMENT ON COLUMN renewal_rates_by_month.renewed_value_gross IS
'Annual value renewed, for each due at most its own.';
COMMENT ON COLUMN renewal_rates_by_month.renewed_value IS 'Annual value of what renewed them.';
COMMENT ON COLUMN renewal_rates_by_month.value_rate_gross IS 'renewed_value_gross / due_value.';
COMMENT ON COLUMN renewal_rates_by_month.value_rate_net IS 'renewed_value / due_value.';
COMMENT ON COLUMN renewal_rates_by_month.due IS 'All dues, the immature ones too.';
COMMENT ON COLUMN renewal_rates_by_month.renewed_to_date IS 'Of these, renewed within the grace so far.';
COMMENT ON COLUMN renewal_rates_by_month.is_mature IS 'Whether all dues of the row are mature.';
