-- reads: cases, reactivations, ledger
CREATE VIEW case_events AS
SELECT case_id, happened_at, event, billable_minutes
FROM (
    SELECT case_id, created_at AS happened_at, 'created'::case_event AS event,
           NULL::INTEGER AS billable_minutes
    FROM cases
    UNION ALL
    SELECT case_id, created_at, 'attached'::case_event, NULL
    FROM cases
    WHERE entitlement_id IS NOT NULL
    UNION ALL
    SELECT case_id, happened_at, 'refused'::case_event, NULL
    FROM (
        SELECT case_id, created_at AS happened_at FROM cases WHERE refusal IS NOT NULL
        UNION
        SELECT case_id, happened_at FROM ledger WHERE is_refusal(reason) AND case_id IS NOT NULL
    )
    UNION ALL
    SELECT case_id, resolved_at, 'resolved'::case_event, billable_minutes
    FROM cases
    WHERE resolved_at IS NOT NULL
    UNION ALL
    SELECT case_id, cancelled_at, 'cancelled'::case_event, NULL
    FROM cases
    WHERE cancelled_at IS NOT NULL
    UNION ALL
    SELECT case_id, ended_at,
           CASE from_state WHEN 'resolved' THEN 'resolved' ELSE 'cancelled' END::case_event,
           CASE from_state WHEN 'resolved' THEN billable_minutes END
    FROM reactivations
    UNION ALL
    SELECT case_id, happened_at, 'reactivated'::case_event, NULL
    FROM reactivations
);

COMMENT ON VIEW case_events IS
'What happened to each case, one row an event: created; attached to the entitlement that covers it '
'(at its creation); refused, by one entitlement or several at that minute; '
'resolved and cancelled (those that were undone too, from reactivations); reactivated. '
'billable_minutes: minutes billed by a resolution, NULL for every other event. '
'Read it ORDER BY case_id, happened_at, event.';
COMMENT ON COLUMN case_events.happened_at IS 'When it happened, to the minute.';
COMMENT ON COLUMN case_events.event IS 'What happened.';
