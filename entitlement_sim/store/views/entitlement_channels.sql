-- reads: balances
CREATE VIEW entitlement_channels AS
SELECT entitlement_id, origin, total_terms, remaining_terms
FROM balances
WHERE kind = 'channel';

COMMENT ON VIEW entitlement_channels IS
'Terms of an entitlement by channel, at the end of the run: its balances of that kind. Their sums say nothing about the whole.';
COMMENT ON COLUMN entitlement_channels.origin IS 'The channel.';
COMMENT ON COLUMN entitlement_channels.total_terms IS 'Cases or hours allotted to the channel.';
COMMENT ON COLUMN entitlement_channels.remaining_terms IS 'Left at the end of the run; below zero where more was used.';
