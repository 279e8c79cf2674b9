-- reads: templates, customers, entitlements, cases, metric_parameters
CREATE VIEW sla_compliance AS
WITH due AS (
    FROM service_level_dues() AS dues
),
-- Up to here months also have dues of cases that were opened before the run.
dues_from_before AS (
    FROM last_dues_from_before() AS dues
)
SELECT month, segment, template_id, template, sla, count(sla_met) AS n,
       count(*) FILTER (sla_met) AS met, count(*) FILTER (NOT sla_met) AS missed,
       count(*) FILTER (sla_met) / nullif(count(sla_met), 0) AS compliance,
       count(response_met) AS response_n, count(*) FILTER (response_met) AS response_met,
       count(*) FILTER (response_met) / nullif(count(response_met), 0) AS response_compliance,
       count(*) FILTER (sla_met IS NULL AND case_state = 'cancelled') AS cancelled,
       count(*) FILTER (sla_met IS NULL AND case_state <> 'cancelled') AS undecided,
       count(*) FILTER (sla_met IS NULL AND case_state <> 'cancelled') = 0 AS is_mature,
       is_cut(month) OR month <= last_month AS is_partial
FROM due CROSS JOIN dues_from_before
GROUP BY ALL
ORDER BY month, segment, template_id;

COMMENT ON VIEW sla_compliance IS
'Share of covered cases with an SLA that kept it, by the month in which the resolution was due: met '
'/ (met + missed). An open case past its time has missed it; a cancelled one, and an open one whose '
'time has not come, are decided neither way and shown apart. The SLA as a whole asks for the first '
'response as well; response_compliance looks at that alone. Cases opened before the run are left '
'out, because those of them that were resolved by then are not in it.';
COMMENT ON COLUMN sla_compliance.month IS 'First day of the month in which resolutions were due.';
COMMENT ON COLUMN sla_compliance.sla IS 'Name of the service level.';
COMMENT ON COLUMN sla_compliance.n IS 'Cases decided: met + missed.';
COMMENT ON COLUMN sla_compliance.met IS 'Cases that kept their SLA.';
COMMENT ON COLUMN sla_compliance.missed IS 'Cases that missed it.';
COMMENT ON COLUMN sla_compliance.compliance IS 'met / n; NULL where nothing is decided.';
COMMENT ON COLUMN sla_compliance.response_n IS 'Cases whose first response is decided.';
COMMENT ON COLUMN sla_compliance.response_met IS 'Of these, answered in time.';
COMMENT ON COLUMN sla_compliance.response_compliance IS 'response_met / response_n.';
COMMENT ON COLUMN sla_compliance.cancelled IS 'Cases cancelled before anything was decided.';
COMMENT ON COLUMN sla_compliance.undecided IS 'Open cases whose time has not come.';
COMMENT ON COLUMN sla_compliance.is_partial IS
'Whether the run shows only a part of the month, or cases opened before it were due in the month.';
COMMENT ON COLUMN sla_compliance.is_mature IS 'Whether no case of the row is undecided.';

CREATE VIEW sla_compliance_by_severity AS
WITH due AS (
    FROM service_level_dues() AS dues
),
dues_from_before AS (
    FROM last_dues_from_before() AS dues
)
SELECT month, segment, sla, severity, count(sla_met) AS n, count(*) FILTER (sla_met) AS met,
       count(*) FILTER (NOT sla_met) AS missed,
       count(*) FILTER (sla_met) / nullif(count(sla_met), 0) AS compliance,
       count(*) FILTER (sla_met IS NULL AND case_state <> 'cancelled') AS undecided,
       count(*) FILTER (sla_met IS NULL AND case_state <> 'cancelled') = 0 AS is_mature,
       is_cut(month) OR month <= last_month AS is_partial
FROM due CROSS JOIN dues_from_before
GROUP BY ALL
ORDER BY month, segment, sla, severity;

COMMENT ON VIEW sla_compliance_by_severity IS
'sla_compliance by the severity of cases, which a service level may promise other hours to.';
COMMENT ON COLUMN sla_compliance_by_severity.month IS
'First day of the month in which resolutions were due.';
COMMENT ON COLUMN sla_compliance_by_severity.sla IS 'Name of the service level.';
COMMENT ON COLUMN sla_compliance_by_severity.severity IS
'Severity from 1, the most severe; NULL where cases have none.';
COMMENT ON COLUMN sla_compliance_by_severity.n IS 'Cases decided: met + missed.';
COMMENT ON COLUMN sla_compliance_by_severity.met IS 'Cases that kept their SLA.';
COMMENT ON COLUMN sla_compliance_by_severity.missed IS 'Cases that missed it.';
COMMENT ON COLUMN sla_compliance_by_severity.compliance IS
'met / n; NULL where nothing is decided.';
COMMENT ON COLUMN sla_compliance_by_severity.undecided IS 'Open cases whose time has not come.';
COMMENT ON COLUMN sla_compliance_by_severity.is_partial IS
'Whether the run shows only a part of the month, or cases opened before it were due in the month.';
COMMENT ON COLUMN sla_compliance_by_severity.is_mature IS
'Whether no case of the row is undecided.';

CREATE VIEW sla_compliance_by_customer AS FROM service_levels_by_customer(template_id);

COMMENT ON VIEW sla_compliance_by_customer IS
'sla_compliance by customer, whose cases are not independent: an interval needs the customers.';
COMMENT ON COLUMN sla_compliance_by_customer.month IS
'First day of the month in which resolutions were due.';
COMMENT ON COLUMN sla_compliance_by_customer.sla IS 'Name of the service level.';
COMMENT ON COLUMN sla_compliance_by_customer.n IS 'Cases decided: kept or missed.';
COMMENT ON COLUMN sla_compliance_by_customer.met IS 'Cases that kept their SLA.';
COMMENT ON COLUMN sla_compliance_by_customer.undecided IS 'Open cases whose time has not come.';
COMMENT ON COLUMN sla_compliance_by_customer.is_beyond IS
'Whether the month begins after the run: only cases opened well before it are there.';
COMMENT ON COLUMN sla_compliance_by_customer.is_partial IS
'Whether the run shows only a part of the month, or cases opened before it were due in the month.';
