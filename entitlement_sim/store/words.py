"""What every table and column of a run holds: the comments that an analyst finds in the file."""

from typing import Final

TABLE_WORDS: Final[dict[str, str]] = {
    "run": "One row: what this run is and what it was made with.",
    "segments": "Kinds of customer of the scenario, with their number.",
    "products": "Products that cases and offerings name.",
    "slas": "Service levels, in business hours.",
    "templates": "Offerings: what an entitlement made from each holds.",
    "template_channels": "Terms of an offering by channel; a channel without a row has no limit.",
    "template_products": "Products that an offering covers; one without rows covers all.",
    "customers": "One row for each customer.",
    "entitlements": "One row for each entitlement, as it stands at the end of the run.",
    "balances": "Terms of an entitlement at the end of the run: one row for the whole, and one for "
    "each channel that has a limit of its own.",
    "transitions": "Every change of an entitlement's state, in the order in which they happened.",
    "cases": "One row for each case, as it stands at the end of the run.",
    "reactivations": "Every return of a resolved or cancelled case to life.",
    "ledger": "Every movement of a balance, with the rule that caused it, and every refusal. The "
    "amounts of an entitlement add up to its remaining terms.",
}

COLUMN_WORDS: Final[dict[str, dict[str, str]]] = {
    "run": {
        "run_id": "Scenario, seed, replication and the beginning of the content hash.",
        "scenario_yaml": "The scenario as it was run.",
        "base_scenario": "The scenario before its overrides; NULL where it has none.",
        "days": "Length of the run in days, from start_date on.",
        "source": "Whether the cases were drawn or come from an export.",
        "content_hash": "Of all rows in their order, never of the file's bytes.",
        "rule_switches": "Readings of the rulebook that were switched on or off.",
        "libraries": "Versions of the libraries that the rows passed through.",
        "history_start": "First day of the past that was lived before start_date; NULL without.",
        "joins_per_year": "Customers who join a year from start_date on, by segment; NULL without "
        "a past.",
        "renewal_offsets": "Log-odds by segment that keep first renewals to the declared chance "
        "where the term moves it; worked out from the base scenario. NULL before format 3.",
        "scenario": "Name of the scenario.",
        "scenario_hash": "Of what the scenario says, however it is written down.",
        "seed": "Seed of everything random.",
        "replication": "Number of the replication: 0 unless another was asked for.",
        "start_date": "First day of the run.",
        "package_version": "Version of this package that made it.",
        "rulebook_version": "Version of the rules that it was made by.",
    },
    "templates": {
        "template_id": "Number of the template.",
        "template": "Name of the template.",
        "allocation": "Unit of the terms: cases or hours, which are never added to each other.",
        "term_days": "Length of the term in days; NULL where it is written in another way.",
        "total_terms": "Cases or hours on the whole; NULL where the scenario writes none.",
        "restrict": "Whether a case is refused when no terms are left.",
        "term": "How long an entitlement runs, in words; until a day of the year, or a period that "
        "others of its length follow.",
        "price": "Price of one term of the offering.",
        "contacts": "Contacts that it lists; NULL means that all may write.",
        "refund": "What a cancellation gives back: none, or the price of the unused days of the "
        "term.",
        "decrease_on": "Event of a case that takes terms: its creation or its resolution.",
        "term_months": "Length of the term in months; NULL where it is written in another way.",
        "sla": "Service level that its cases are promised; NULL without one.",
        "moves_up_to": "Template into which a customer who used much renews; NULL where none.",
        "moves_down_to": "Template into which a customer who used little renews; NULL where none.",
    },
    "customers": {
        "customer_id": "Number of the customer.",
        "segment": "Segment that it belongs to.",
        "joined_on": "First day on which the customer exists; in a run with a past it may lie "
        "before start_date.",
        "cases_per_year": "The customer's own mean case rate a year of 365.25 days.",
    },
    "entitlements": {
        "entitlement_id": "Number of the entitlement.",
        "customer_id": "The customer who holds it.",
        "template_id": "The template from which it was made.",
        "state": "State at the end of the run.",
        "allocation": "Unit of the terms: cases or hours, which are never added to each other.",
        "restrict": "Whether a case is refused when no terms are left.",
        "start_date": "First day of the term.",
        "ended_by": "What ended it: expiry or cancellation; NULL while neither did.",
        "predecessor_id": "The entitlement that this one renews; NULL for a first one.",
        "renewal_number": "0 for a first entitlement, one more at every renewal.",
        "created_on": "Day on which the record was made (of a renewal: the day it was booked).",
        "activated_on": "Day of its first activation; NULL while it never left Draft.",
        "end_date": "Last day that it covers.",
        "anchor": "Day from which its months count: the start of the first of the terms that "
        "follow each other without a gap. NULL where it counts none, and before format 3.",
        "ended_on": "Day on which it expired or was cancelled; NULL while neither happened.",
        "total_terms": "Cases or hours allotted.",
        "remaining_terms": "Left at the end of the run; below zero where more was used.",
        "price": "Price of the whole term.",
        "decrease_on": "Event of a case that takes terms: its creation or its resolution.",
        "is_default": "Whether cases of the customer that name no entitlement go to it.",
    },
    "balances": {
        "entitlement_id": "The entitlement.",
        "balance_id": "Number of the balance; an entitlement's whole comes before its channels.",
        "kind": "Whether it is for all cases of the entitlement or for those of one channel.",
        "origin": "The channel; NULL for the whole.",
        "starts": "First day on which it can be used.",
        "ends": "Last day on which it can be used.",
        "priority": "Lower ones pay first; 100 unless somebody said otherwise.",
        "total_terms": "Cases or hours allotted.",
        "remaining_terms": "Left at the end of the run; below zero where more was used.",
    },
    "cases": {
        "case_id": "Number of the case.",
        "customer_id": "The customer whose case it is.",
        "entitlement_id": "The entitlement that covers the case; NULL where none does.",
        "contact": "Number of the customer's contact that wrote.",
        "outcome": "covered by an entitlement; uncovered: worked without one; turned_away: "
        "refused and not worked.",
        "refusal": "Name of the first refusal, whatever came of the case. For want of terms: "
        "CannotCreateCase of the default, InvalidEntitlementAssociationToCase of another one.",
        "decrement": "False where the case is marked to take no terms.",
        "billable_minutes": "Minutes billed by the resolution that stands.",
        "reopened": "How often it came back to life.",
        "response_due_at": "When the first response is due by the SLA.",
        "sla_due_at": "When the resolution is due by the SLA.",
        "sla_met": "Whether it was resolved by then; NULL without an SLA or while undecided.",
        "created_at": "When it was opened.",
        "origin": "How it came in.",
        "state": "State at the end of the run.",
        "product_id": "The product that it is about; NULL where it names none.",
        "responded_at": "When it was answered first; NULL while it was not.",
        "resolved_at": "When it was resolved; NULL while it is not.",
        "cancelled_at": "When it was cancelled; NULL where it was not.",
    },
    "reactivations": {
        "from_state": "What the case was before: resolved or cancelled.",
        "ended_at": "When it had been resolved or cancelled.",
        "billable_minutes": "Minutes billed by the resolution that was undone.",
        "case_id": "The case.",
        "happened_at": "When it came back to life.",
    },
    "ledger": {
        "entitlement_id": "The entitlement.",
        "entry": "Number of the row within its entitlement.",
        "amount": "Terms added; below zero where they were taken, 0 for a refusal.",
        "balance": "Terms left on the entitlement after it.",
        "origin": "Channel whose own balance moved too; NULL where none did.",
        "origin_amount": "Terms added to the channel.",
        "origin_balance": "Terms left on the channel after it.",
        "reason": "What kind of movement it is; brought_forward: what the movements between the "
        "allotment and the run came to, where they are not told one by one; correct: what somebody "
        "wrote into the balance.",
        "rule": "Rule of the rulebook that caused it.",
        "case_id": "The case that caused it; NULL where none did.",
        "balance_id": "The balance that the row is about: the whole, whatever channel moved with "
        "it; or a channel's own, where that alone was allotted.",
        "happened_at": "When the balance moved, or the refusal was said.",
    },
    "segments": {
        "segment": "Name of the segment.",
        "customers": "How many the scenario says it has: with a past, expected on the first day.",
    },
    "products": {
        "product_id": "Number of the product.",
        "product": "Name of the product.",
    },
    "slas": {
        "sla": "Name of the service level.",
        "first_response_hours": "Business hours to the first response; NULL without that promise.",
        "resolve_hours": "Business hours to the resolution.",
    },
    "template_channels": {
        "template_id": "The template.",
        "origin": "The channel.",
        "total_terms": "Cases or hours of the channel; 0 where it is not sold.",
    },
    "template_products": {
        "template_id": "The template.",
        "product_id": "The product.",
    },
    "transitions": {
        "entitlement_id": "The entitlement.",
        "on_date": "Day of the change.",
        "from_state": "State before; NULL where the record was made.",
        "to_state": "State after.",
        "trigger": "What changed it.",
    },
}
