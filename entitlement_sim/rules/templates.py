"""What an entitlement takes over from its template (rule P1).

A template has dates, SLA, allocation, decrease-on, total, restriction, channels and products. It
has no name, customer, contacts or default mark to give, and its later changes do not reach the
entitlements that were made from it.
"""


def fills(written: bool, on_template: bool) -> bool:
    """Whether a field comes from the template: where only the template says it (rule P1)."""
    return on_template and not written
