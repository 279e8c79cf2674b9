-- reads: run, customers, entitlements, templates, balances, cases, ledger, ledger_totals, work_by_month, arrived_cases, reactivations
-- reads: breakage_of_balances, terms_at_closes, contract_liability, cost_to_serve
-- reads: overage, overage_by_period, revenue_by_entitlement, metric_parameters, money_parameters
CREATE VIEW margin_by_template AS
WITH without_cover AS (
    SELECT month, uncovered, minutes, turned_away,
           total_from_hundredths(billed_uncovered(uncovered, minutes)) AS uncovered_revenue,
           (turned_away * turned_away_costs)::DECIMAL(38, 2) AS turned_away_cost
    FROM (
        SELECT month,
               coalesce(sum(cases) FILTER (outcome = 'uncovered'), 0)::HUGEINT AS uncovered,
               coalesce(sum(minutes) FILTER (outcome = 'uncovered'), 0)::BIGINT AS minutes,
               coalesce(sum(cases) FILTER (outcome = 'turned_away'), 0)::HUGEINT AS turned_away
        FROM work_by_month
        WHERE outcome <> 'covered'
        GROUP BY month
    )
    CROSS JOIN money_parameters
),
parts AS (
    SELECT month, template_id, template, billed AS bookings, revenue AS recognised, refunded
    FROM contract_liability JOIN money_parameters ON method = revenue_method
    UNION ALL BY NAME
    SELECT month, template_id, template, amount AS overage FROM overage
    UNION ALL BY NAME
    SELECT month, template_id, template, cases, minutes, cost_to_serve FROM cost_to_serve
    UNION ALL BY NAME
    SELECT month, uncovered_revenue, turned_away_cost FROM without_cover
),
added AS (
    SELECT month, template_id, template,
           coalesce(sum(bookings), 0)::DECIMAL(38, 2) AS bookings,
           coalesce(sum(recognised), 0)::DECIMAL(38, 2) AS recognised,
           coalesce(sum(refunded), 0)::DECIMAL(38, 2) AS refunded,
           coalesce(sum(parts.overage), 0)::DECIMAL(38, 2) AS overage,
           coalesce(sum(uncovered_revenue), 0)::DECIMAL(38, 2) AS uncovered,
           coalesce(sum(cases), 0)::BIGINT AS cases,
           coalesce(sum(minutes), 0)::BIGINT AS minutes,
           coalesce(sum(parts.cost_to_serve), 0)::DECIMAL(38, 2) AS cost,
           coalesce(sum(turned_away_cost), 0)::DECIMAL(38, 2) AS turned_away
    FROM parts
    GROUP BY ALL
)
SELECT month, template_id, template, bookings, recognised, refunded, overage,
       if_costs_known(uncovered) AS uncovered_revenue, cases, minutes,
       if_costs_known(cost) AS cost_to_serve,
       unless_imported(if_costs_known(turned_away), source) AS turned_away_cost,
       margin_of(recognised, overage, uncovered, cost, if_turned_away_known(turned_away, source))
           AS margin,
       is_cut(month) AS is_partial
FROM added CROSS JOIN metric_parameters CROSS JOIN money_parameters CROSS JOIN run
ORDER BY month, template_id;

COMMENT ON VIEW margin_by_template IS
'What comes in and what it costs, by month and template: margin = recognised + overage + '
'uncovered_revenue - cost_to_serve - turned_away_cost. recognised is the revenue of contract_liability by the method of '
'money_parameters.margin_method, so it is net of refunds and only what was earned in the run; bookings '
'are the prices of what was first activated in the month, top-ups among them, which are no revenue and in '
'no margin. '
'turned_away_cost is an assumption: nobody pays it. Work without cover and cases turned away belong to '
'no template (NULL). Costs are those of cost_to_serve, variable ones alone, so this is a contribution '
'margin, after management accounting. Without money in the run all but bookings, recognised, refunded, overage, cases and minutes is '
'NULL. So is turned_away_cost of a run that was imported, since cases turned away leave no record, and, '
'where each is assumed to cost anything, margin, which cannot be told then.';
COMMENT ON COLUMN margin_by_template.month IS
'First day of the month: of the revenue, or in which the cases came.';
COMMENT ON COLUMN margin_by_template.template_id IS 'Template; NULL of what no contract covers.';
COMMENT ON COLUMN margin_by_template.template IS 'Its name; NULL of what no contract covers.';
COMMENT ON COLUMN margin_by_template.bookings IS
'Prices of what was first activated in the month, top-ups among them; never revenue.';
COMMENT ON COLUMN margin_by_template.recognised IS
'Prices that became revenue in the month, by margin_method.';
COMMENT ON COLUMN margin_by_template.refunded IS
'Given back at cancellations in the month; recognised is net of it already.';
COMMENT ON COLUMN margin_by_template.overage IS
'Billed for use beyond all terms, by the close of its period (view overage).';
COMMENT ON COLUMN margin_by_template.uncovered_revenue IS
'Billed for cases worked without cover: cases x uncovered_case + minutes x uncovered_hour / 60.';
COMMENT ON COLUMN margin_by_template.cases IS 'Cases worked on that came in the month.';
COMMENT ON COLUMN margin_by_template.minutes IS 'Minutes worked on them.';
COMMENT ON COLUMN margin_by_template.cost_to_serve IS 'What these cost (view cost_to_serve).';
COMMENT ON COLUMN margin_by_template.turned_away_cost IS
'Cases turned away x what each is assumed to cost; NULL in a run that was imported.';
COMMENT ON COLUMN margin_by_template.margin IS
'recognised + overage + uncovered_revenue - cost_to_serve - turned_away_cost.';

CREATE VIEW margin_by_month AS
SELECT month, sum(bookings)::DECIMAL(38, 2) AS bookings, sum(recognised)::DECIMAL(38, 2) AS recognised,
       sum(refunded)::DECIMAL(38, 2) AS refunded, sum(overage)::DECIMAL(38, 2) AS overage,
       sum(uncovered_revenue)::DECIMAL(38, 2) AS uncovered_revenue,
       sum(cases)::BIGINT AS cases, sum(minutes)::BIGINT AS minutes,
       sum(cost_to_serve)::DECIMAL(38, 2) AS cost_to_serve,
       sum(turned_away_cost)::DECIMAL(38, 2) AS turned_away_cost,
       sum(margin)::DECIMAL(38, 2) AS margin, is_partial
FROM margin_by_template
GROUP BY ALL
ORDER BY month;

COMMENT ON VIEW margin_by_month IS
'The sums of margin_by_template over all templates and what no contract covers, by month.';
COMMENT ON COLUMN margin_by_month.month IS 'First day of the month.';
COMMENT ON COLUMN margin_by_month.bookings IS
'Prices of what was first activated in the month, top-ups among them; never revenue.';
COMMENT ON COLUMN margin_by_month.recognised IS 'Prices that became revenue in the month.';
COMMENT ON COLUMN margin_by_month.refunded IS 'Given back at cancellations in the month.';
COMMENT ON COLUMN margin_by_month.overage IS
'Billed for use beyond all terms, by the close of its period (view overage).';
COMMENT ON COLUMN margin_by_month.uncovered_revenue IS 'Billed for cases worked without cover.';
COMMENT ON COLUMN margin_by_month.cases IS 'Cases worked on that came in the month.';
COMMENT ON COLUMN margin_by_month.minutes IS 'Minutes worked on them.';
COMMENT ON COLUMN margin_by_month.cost_to_serve IS 'What these cost.';
COMMENT ON COLUMN margin_by_month.turned_away_cost IS
'Cases turned away x what each is assumed to cost; NULL in a run that was imported.';
COMMENT ON COLUMN margin_by_month.margin IS
'recognised + overage + uncovered_revenue - cost_to_serve - turned_away_cost.';

CREATE VIEW margin_by_month_and_segment AS
WITH parts AS (
    SELECT month, segment,
           sum(CASE margin_method WHEN 'straight_line' THEN stand_ready
                                  WHEN 'proportional' THEN proportional_by_contract
                                  ELSE remote END) AS recognised
    FROM revenue_by_entitlement CROSS JOIN money_parameters
    GROUP BY ALL
    UNION ALL BY NAME
    SELECT month_of(billed_on) AS month, segment, sum(price_100) AS bookings_100
    FROM billed_prices() LEFT JOIN customers USING (customer_id) CROSS JOIN metric_parameters
    WHERE billed_on BETWEEN run_begins AND as_of
    GROUP BY ALL
    UNION ALL BY NAME
    SELECT month_of(closes_on) AS month, segment, sum(refunded_100) AS refunded_100
    FROM billed_prices() LEFT JOIN customers USING (customer_id) CROSS JOIN metric_parameters
    WHERE closes_on BETWEEN run_begins AND as_of
    GROUP BY ALL
    UNION ALL BY NAME
    SELECT month, segment, sum(amount) AS overage FROM overage_by_period GROUP BY ALL
    UNION ALL BY NAME
    SELECT month, segment, sum(cases) AS cases, sum(minutes) AS minutes, sum(cost_to_serve) AS cost
    FROM cost_to_serve
    GROUP BY ALL
    UNION ALL BY NAME
    SELECT month, segment, sum(cases) FILTER (outcome = 'uncovered') AS uncovered,
           sum(minutes) FILTER (outcome = 'uncovered') AS uncovered_minutes,
           sum(cases) FILTER (outcome = 'turned_away') AS turned_away
    FROM work_by_month
    WHERE outcome <> 'covered'
    GROUP BY ALL
),
added AS (
    SELECT month, segment,
           total_from_hundredths(coalesce(sum(bookings_100), 0)) AS bookings,
           coalesce(sum(recognised), 0)::DECIMAL(38, 2) AS recognised,
           total_from_hundredths(coalesce(sum(refunded_100), 0)) AS refunded,
           coalesce(sum(parts.overage), 0)::DECIMAL(38, 2) AS overage,
           coalesce(sum(cases), 0)::BIGINT AS cases, coalesce(sum(minutes), 0)::BIGINT AS minutes,
           coalesce(sum(parts.cost), 0)::DECIMAL(38, 2) AS cost,
           coalesce(sum(parts.uncovered), 0)::HUGEINT AS uncovered_cases,
           coalesce(sum(uncovered_minutes), 0)::HUGEINT AS uncovered_minutes,
           coalesce(sum(parts.turned_away), 0)::HUGEINT AS turned_away_cases
    FROM parts
    GROUP BY ALL
),
priced AS (
    SELECT month, segment, bookings, recognised, refunded, overage, cases, minutes, cost, hour_costs,
           turned_away_costs,
           total_from_hundredths(billed_uncovered(uncovered_cases, uncovered_minutes)) AS uncovered,
           (turned_away_cases * turned_away_costs)::DECIMAL(38, 2) AS turned_away
    FROM added CROSS JOIN money_parameters
)
SELECT month, segment, bookings, recognised, refunded, overage,
       if_costs_known(uncovered) AS uncovered_revenue, cases, minutes,
       if_costs_known(cost) AS cost_to_serve,
       unless_imported(if_costs_known(turned_away), source) AS turned_away_cost,
       margin_of(recognised, overage, uncovered, cost, if_turned_away_known(turned_away, source))
           AS margin,
       is_cut(month) AS is_partial
FROM priced CROSS JOIN metric_parameters CROSS JOIN run
ORDER BY month, segment;

COMMENT ON VIEW margin_by_month_and_segment IS
'What margin_by_month adds up, by the segment of the customers, so that no total hides who costs more '
'than it brings in: margin = recognised + overage + uncovered_revenue - cost_to_serve - '
'turned_away_cost. Segments add up to margin_by_month exactly, but for uncovered_revenue, and margin '
'with it, where minutes without cover are billed: these are rounded to the hundredth once for each '
'segment. A segment of which there is nothing in a month has no row. turned_away_cost is NULL in a run '
'that was imported, and so is margin where cases turned away are assumed to cost anything.';
COMMENT ON COLUMN margin_by_month_and_segment.month IS
'First day of the month: of the revenue, or in which the cases came.';
COMMENT ON COLUMN margin_by_month_and_segment.bookings IS
'Prices of what was first activated in the month, top-ups among them; never revenue.';
COMMENT ON COLUMN margin_by_month_and_segment.recognised IS
'Prices that became revenue in the month, by margin_method.';
COMMENT ON COLUMN margin_by_month_and_segment.refunded IS
'Given back at cancellations in the month; recognised is net of it already.';
COMMENT ON COLUMN margin_by_month_and_segment.overage IS
'Billed for use beyond all terms, by the close of its period (view overage).';
COMMENT ON COLUMN margin_by_month_and_segment.uncovered_revenue IS
'Billed for cases worked without cover: cases x uncovered_case + minutes x uncovered_hour / 60.';
COMMENT ON COLUMN margin_by_month_and_segment.cases IS
'Cases worked on that came in the month.';
COMMENT ON COLUMN margin_by_month_and_segment.minutes IS 'Minutes worked on them.';
COMMENT ON COLUMN margin_by_month_and_segment.cost_to_serve IS
'What these cost (view cost_to_serve).';
COMMENT ON COLUMN margin_by_month_and_segment.turned_away_cost IS
'Cases turned away x what each is assumed to cost; NULL in a run that was imported.';
COMMENT ON COLUMN margin_by_month_and_segment.margin IS
'recognised + overage + uncovered_revenue - cost_to_serve - turned_away_cost.';

CREATE VIEW margin_by_customer AS
WITH parts AS (
    SELECT customer_id,
           sum(CASE margin_method WHEN 'straight_line' THEN straight_line
                                  WHEN 'proportional' THEN proportional
                                  ELSE remote END) AS recognised_100
    FROM earned_in_run() CROSS JOIN money_parameters
    GROUP BY ALL
    UNION ALL BY NAME
    SELECT customer_id, sum(price) AS bookings
    FROM entitlements CROSS JOIN metric_parameters
    WHERE activated_on >= run_begins
    GROUP BY ALL
    UNION ALL BY NAME
    SELECT customer_id, sum(price) AS bookings
    FROM billed_top_ups() CROSS JOIN metric_parameters
    WHERE billed_on >= run_begins
    GROUP BY ALL
    UNION ALL BY NAME
    SELECT customer_id, count(*) AS cases, sum(minutes) AS minutes,
           sum(cost_of_case(origin)) AS case_cost,
           count(*) FILTER (outcome = 'uncovered') AS uncovered,
           sum(minutes) FILTER (outcome = 'uncovered') AS uncovered_minutes
    FROM cases_worked() AS worked CROSS JOIN money_parameters
    GROUP BY ALL
    UNION ALL BY NAME
    SELECT customer_id, sum(amount) AS overage FROM overage_by_period GROUP BY ALL
    UNION ALL BY NAME
    SELECT customer_id, count(*) AS turned_away
    FROM arrived_cases WHERE outcome = 'turned_away' GROUP BY ALL
),
added AS (
    SELECT customer_id, coalesce(sum(bookings), 0)::DECIMAL(38, 2) AS bookings,
           total_from_hundredths(coalesce(sum(recognised_100), 0)) AS recognised,
           coalesce(sum(parts.overage), 0)::DECIMAL(38, 2) AS overage,
           coalesce(sum(cases), 0)::BIGINT AS cases, coalesce(sum(minutes), 0)::BIGINT AS minutes,
           coalesce(sum(case_cost), 0)::DECIMAL(38, 2) AS case_cost,
           coalesce(sum(uncovered), 0)::HUGEINT AS uncovered_cases,
           coalesce(sum(uncovered_minutes), 0)::HUGEINT AS uncovered_minutes,
           coalesce(sum(parts.turned_away), 0)::HUGEINT AS turned_away_cases
    FROM parts
    GROUP BY ALL
),
priced AS (
    SELECT customer_id, bookings, recognised, overage, cases, minutes,
           total_from_hundredths(billed_uncovered(uncovered_cases, uncovered_minutes)) AS uncovered,
           (total_from_hundredths(by_the_minute(minutes, hour_costs)) + case_cost)::DECIMAL(38, 2)
               AS cost,
           (turned_away_cases * turned_away_costs)::DECIMAL(38, 2) AS turned_away, hour_costs,
           turned_away_costs
    FROM added CROSS JOIN money_parameters
)
SELECT customer_id, segment, bookings, recognised, overage,
       if_costs_known(uncovered) AS uncovered_revenue, cases, minutes, cost AS cost_to_serve,
       unless_imported(if_costs_known(turned_away), source) AS turned_away_cost,
       margin_of(recognised, overage, uncovered, cost, if_turned_away_known(turned_away, source))
           AS margin
FROM priced JOIN customers USING (customer_id) CROSS JOIN run
ORDER BY customer_id;

COMMENT ON VIEW margin_by_customer IS
'What each customer brought in over the run and what that cost, as margin_by_template has it by month. '
'The cost of minutes is rounded to the hundredth once for each customer, so that sums may differ from '
'those by month by hundredths. Customers of whom there is nothing have no row. turned_away_cost is NULL '
'in a run that was imported, and so is margin where cases turned away are assumed to cost anything.';
COMMENT ON COLUMN margin_by_customer.bookings IS
'Prices of what was first activated in the run, top-ups among them; never revenue.';
COMMENT ON COLUMN margin_by_customer.recognised IS
'Prices that became revenue in the run, by money_parameters.margin_method.';
COMMENT ON COLUMN margin_by_customer.overage IS
'Billed for use beyond all terms, by the close of its period (view overage).';
COMMENT ON COLUMN margin_by_customer.uncovered_revenue IS 'Billed for cases worked without cover.';
COMMENT ON COLUMN margin_by_customer.cases IS 'Cases worked on that came in the run.';
COMMENT ON COLUMN margin_by_customer.minutes IS 'Minutes worked on them.';
COMMENT ON COLUMN margin_by_customer.cost_to_serve IS
'minutes x hour_costs / 60 + cases x cost of one of their origin.';
COMMENT ON COLUMN margin_by_customer.turned_away_cost IS
'Cases turned away x what each is assumed to cost; NULL in a run that was imported.';
COMMENT ON COLUMN margin_by_customer.margin IS
'recognised + overage + uncovered_revenue - cost_to_serve - turned_away_cost.';

CREATE VIEW margin_by_segment AS
SELECT segment, count(*) AS customers, sum(bookings)::DECIMAL(38, 2) AS bookings,
       sum(recognised)::DECIMAL(38, 2) AS recognised, sum(overage)::DECIMAL(38, 2) AS overage,
       sum(uncovered_revenue)::DECIMAL(38, 2) AS uncovered_revenue, sum(cases)::BIGINT AS cases,
       sum(minutes)::BIGINT AS minutes, sum(cost_to_serve)::DECIMAL(38, 2) AS cost_to_serve,
       sum(turned_away_cost)::DECIMAL(38, 2) AS turned_away_cost,
       sum(margin)::DECIMAL(38, 2) AS margin,
       CASE WHEN count(margin) > 0 THEN count(*) FILTER (margin < 0) END AS losing
FROM margin_by_customer
GROUP BY ALL
ORDER BY segment;

COMMENT ON VIEW margin_by_segment IS 'The sums of margin_by_customer by segment.';
COMMENT ON COLUMN margin_by_segment.customers IS 'Customers of whom there is anything.';
COMMENT ON COLUMN margin_by_segment.bookings IS
'Prices of what was first activated in the run, top-ups among them; never revenue.';
COMMENT ON COLUMN margin_by_segment.recognised IS 'Prices that became revenue in the run.';
COMMENT ON COLUMN margin_by_segment.overage IS
'Billed for use beyond all terms, by the close of its period (view overage).';
COMMENT ON COLUMN margin_by_segment.uncovered_revenue IS 'Billed for cases worked without cover.';
COMMENT ON COLUMN margin_by_segment.cases IS 'Cases worked on that came in the run.';
COMMENT ON COLUMN margin_by_segment.minutes IS 'Minutes worked on them.';
COMMENT ON COLUMN margin_by_segment.cost_to_serve IS 'What these cost.';
COMMENT ON COLUMN margin_by_segment.turned_away_cost IS
'Cases turned away x what each is assumed to cost; NULL in a run that was imported.';
COMMENT ON COLUMN margin_by_segment.margin IS
'recognised + overage + uncovered_revenue - cost_to_serve - turned_away_cost.';
COMMENT ON COLUMN margin_by_segment.losing IS
'Customers whose margin is below 0; NULL where no margin is known.';
