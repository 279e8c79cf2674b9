-- reads: run
CREATE VIEW money_parameters AS
SELECT money ->> 'currency' AS currency,
       coalesce(getvariable('hour_costs')::DECIMAL(18, 2), (money ->> 'hour_costs')::DECIMAL(18, 2))
           AS hour_costs,
       coalesce(getvariable('case_costs')::MAP(VARCHAR, DECIMAL(18, 2)),
                (money -> 'case_costs')::MAP(VARCHAR, DECIMAL(18, 2)),
                MAP()::MAP(VARCHAR, DECIMAL(18, 2))) AS case_costs,
       coalesce(getvariable('uncovered_case')::DECIMAL(18, 2),
                (money -> 'uncovered' ->> 'case')::DECIMAL(18, 2), 0)::DECIMAL(18, 2)
           AS uncovered_case,
       coalesce(getvariable('uncovered_hour')::DECIMAL(18, 2),
                (money -> 'uncovered' ->> 'hour')::DECIMAL(18, 2), 0)::DECIMAL(18, 2)
           AS uncovered_hour,
       coalesce(getvariable('turned_away_costs')::DECIMAL(18, 2),
                (money ->> 'turned_away_costs')::DECIMAL(18, 2), 0)::DECIMAL(18, 2)
           AS turned_away_costs,
       coalesce(getvariable('discount_rate')::DECIMAL(5, 4),
                (money ->> 'discount_rate')::DECIMAL(5, 4), 0.1)::DECIMAL(5, 4) AS discount_rate,
       coalesce(getvariable('margin_method')::VARCHAR, money ->> 'margin_method', 'proportional')
           AS margin_method,
       CASE margin_method WHEN 'straight_line' THEN 'stand_ready'
                          WHEN 'proportional' THEN 'proportional_by_contract'
                          WHEN 'remote' THEN 'remote'
                          ELSE error('margin_method is straight_line, proportional or remote') END
           AS revenue_method
FROM run;

COMMENT ON VIEW money_parameters IS
'One row: the money that this run is reckoned with, the block money of its scenario. Every column '
'but currency and revenue_method follows a variable of its name, so that SET VARIABLE hour_costs = 70 '
'changes all views of the connection without simulating anything anew, and RESET VARIABLE hour_costs '
'brings the scenario''s own back; case_costs is a MAP such as MAP {''phone'': 9.00}. Where the '
'scenario says no money and no variable hour_costs, hour_costs is NULL, and so are all costs and '
'margins: what is not known is not 0.';
COMMENT ON COLUMN money_parameters.currency IS
'Currency of all money; NULL where the scenario names none, or has no money.';
COMMENT ON COLUMN money_parameters.hour_costs IS 'Cost of an hour worked; NULL where it is not known.';
COMMENT ON COLUMN money_parameters.case_costs IS
'Cost of a case worked on, by origin; 0 for those that are not listed.';
COMMENT ON COLUMN money_parameters.uncovered_case IS 'What a case worked without cover is billed.';
COMMENT ON COLUMN money_parameters.uncovered_hour IS
'What an hour worked without cover is billed, by the minute.';
COMMENT ON COLUMN money_parameters.turned_away_costs IS
'What a case that is turned away is assumed to cost; nobody pays it.';
COMMENT ON COLUMN money_parameters.discount_rate IS
'By how much what comes in a year later is worth less.';
COMMENT ON COLUMN money_parameters.margin_method IS
'How prices become revenue in margins: straight_line, proportional or remote; proportional where the '
'run has no money.';
COMMENT ON COLUMN money_parameters.revenue_method IS
'The same by its name in contract_liability: stand_ready, proportional_by_contract or remote.';
