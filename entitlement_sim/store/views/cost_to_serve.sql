-- reads: work_by_month, metric_parameters, money_parameters
CREATE VIEW cost_to_serve AS
SELECT month, segment, template_id, template, origin, cases, minutes,
       total_from_hundredths(by_the_minute(minutes, hour_costs)) AS work_cost,
       (cases * cost_of_case(origin))::DECIMAL(38, 2) AS case_cost,
       (work_cost + case_cost)::DECIMAL(38, 2) AS cost_to_serve,
       is_cut(month) AS is_partial
FROM (
    SELECT month, segment, template_id, template, origin, sum(cases)::BIGINT AS cases,
           sum(minutes)::BIGINT AS minutes
    FROM work_by_month
    WHERE outcome <> 'turned_away'
    GROUP BY ALL
)
CROSS JOIN metric_parameters CROSS JOIN money_parameters
ORDER BY month, segment, template_id, origin;

COMMENT ON VIEW cost_to_serve IS
'What the cases worked on cost, covered or not, by the month in which they came: minutes worked x cost '
'of an hour / 60 + cases x cost of one of their origin (money_parameters). Minutes are those of the '
'resolutions so far, neither rounded up nor weighted as an offering may bill them; a case that nobody '
'has resolved yet has none. The cost of minutes is rounded to the hundredth once in each row, '
'halves up; minutes and cases add up exactly. All costs are taken for variable ones: what is spent '
'whether or not anybody writes is in none of them. NULL where the run has no money. After time-driven '
'activity-based costing (Kaplan and Anderson 2004).';
COMMENT ON COLUMN cost_to_serve.month IS 'First day of the month in which the cases came.';
COMMENT ON COLUMN cost_to_serve.template_id IS
'Template whose entitlement covered them; NULL of those without cover.';
COMMENT ON COLUMN cost_to_serve.template IS 'Its name; NULL of those without cover.';
COMMENT ON COLUMN cost_to_serve.origin IS 'How the cases came in.';
COMMENT ON COLUMN cost_to_serve.cases IS 'Cases worked on: covered and uncovered ones.';
COMMENT ON COLUMN cost_to_serve.minutes IS 'Minutes worked on them.';
COMMENT ON COLUMN cost_to_serve.work_cost IS 'minutes x hour_costs / 60.';
COMMENT ON COLUMN cost_to_serve.case_cost IS 'cases x the cost of one of this origin.';
COMMENT ON COLUMN cost_to_serve.cost_to_serve IS 'work_cost + case_cost.';
