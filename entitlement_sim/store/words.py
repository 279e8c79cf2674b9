"""What every table and column of a run holds: the comments that an analyst finds in the file."""

from typing import Final

from .imported import HISTORY_TABLES

TABLE_WORDS: Final[dict[str, str]] = {
    "run": "One row: what this run is and what it was made with.",
    "segments": "Kinds of customer of the scenario, with their number.",
    "products": "Products that cases and offerings name.",
    "slas": "Service levels: what they promise, and of single severities where that is something "
    "else.",
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
        "money": "What support costs and what is billed apart from contracts, as the scenario says "
        "it; NULL where it does not, and before format 5.",
        "offered_before": "What contracts from before the run, or a revision, keep that templates "
        "say otherwise today: until which day they were made, whether they are renewed into it, "
        "and by number of the template refund, price of overage, whether the total is unlimited "
        "and the term open. NULL where nothing differs, and before format 5.",
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
        "price": "Price of a whole term of the offering that begins on the first day of the run; "
        "NULL where it hangs on what a customer spends.",
        "contacts": "Contacts that it lists; NULL means that all may write.",
        "is_unlimited": "Whether it has neither total nor rest.",
        "allowance_terms": "Cases or hours of each period; NULL where it has a total instead.",
        "allowance_every": "How long such a period is: month, quarter, year or so many days.",
        "overage_price": "Price of a case or hour beyond all that there is; NULL where none is "
        "billed.",
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
        "cases_per_year": "The customer's own mean case rate a year of 365.25 days; of all of its "
        "accounts together.",
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
        "total_terms": "Cases or hours allotted, of an allowance those granted so far; NULL where "
        "it is unlimited.",
        "remaining_terms": "Left at the end of the run; below zero where more was used, NULL where "
        "it is unlimited.",
        "promised_terms": "Cases or hours that its allowance grants by the end of the term, by "
        "what it grants at the end of the run; NULL where it has none.",
        "price": "Price of the whole term, as it is paid.",
        "list_price": "The same before a discount.",
        "decided_on": "Day on which its customer decided whether to renew it: at its end, or on "
        "notice. NULL while that is open, and before format 5.",
        "decrease_on": "Event of a case that takes terms: its creation or its resolution.",
        "is_default": "Whether cases of the customer that name no entitlement go to it; of an "
        "account's own entitlement, cases of that account.",
        "account": "Number of the customer's account that holds it and whose cases it serves, from "
        "1; NULL where it serves all of them.",
    },
    "balances": {
        "entitlement_id": "The entitlement.",
        "balance_id": "Number of the balance; an entitlement's first one comes before its "
        "channels, what is granted or carried over later behind them.",
        "kind": "whole, for all cases; allowance: in its place, what a period grants; carried: "
        "what was carried over from earlier periods; topup: what was topped up; channel: for the "
        "cases of one channel.",
        "origin": "The channel; NULL for all cases.",
        "starts": "First day on which it can be used.",
        "ends": "Last day on which it can be used.",
        "priority": "Lower ones pay first; 100 unless somebody said otherwise.",
        "total_terms": "Cases or hours allotted, granted or carried over; NULL where it is "
        "unlimited.",
        "remaining_terms": "Left at the end of the run; below zero where more was used, NULL where "
        "it is unlimited.",
        "price": "What it is worth when it is new: the price of the term, or of its part that a "
        "period grants, or of what was carried over; NULL for a channel.",
    },
    "cases": {
        "case_id": "Number of the case.",
        "customer_id": "The customer whose case it is.",
        "entitlement_id": "The entitlement that covers the case; NULL where none does.",
        "contact": "Number of the customer's contact that wrote, within its account.",
        "account": "Number of the customer's account that wrote, from 1; NULL where it has none.",
        "outcome": "covered by an entitlement; uncovered: worked without one; turned_away: "
        "refused and not worked.",
        "refusal": "Name of the first refusal, whatever came of the case. For want of terms: "
        "CannotCreateCase of the default, InvalidEntitlementAssociationToCase of another one.",
        "severity": "How severe, from 1, the most severe; NULL where that is not said.",
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
        "wrote into the balance; expire: what lapsed; rollover_out, rollover_in: what was carried "
        "from one balance to another; overage: what was used beyond all that there was and is "
        "billed; forgiven: the same, which nobody pays.",
        "rule": "Rule of the rulebook that caused it.",
        "case_id": "The case that caused it; NULL where none did.",
        "balance_id": "The balance that the row is about: one for all cases, whatever channel "
        "moved with it; or a channel's own, where that alone was allotted.",
        "happened_at": "When the balance moved, or the refusal was said.",
        "weight": "How many times its terms the case takes by the template that pays; NULL where "
        "no case took terms or had them back, and before format 5.",
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
        "first_response_hours": "Hours to the first response; NULL without that promise.",
        "resolve_hours": "Hours to the resolution.",
        "clock": "Which hours count: working ones, in which business hours run, or always, all.",
        "severity": "Severity of the cases that the row is about; NULL for all without a row.",
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

#: Tables that only runs have that were imported.
IMPORTED_TABLE_WORDS: Final[dict[str, str]] = {
    "rejected": "Rows of the export that could not be read or could not enter, each with its "
    "reason.",
    "sources": "Rows of each table in each file of the export: those kept and those rejected.",
    "recorded_changes": "The log of changes that was exported, in the order of the moments.",
    "recorded_columns": "The columns of each table that the export had.",
    "history_customers": "What the rules were played on: customers, in the order of their numbers.",
    "history_terms": "What the rules were played on: each combination of what contracts grant.",
    "history_channels": "What the rules were played on: channels of the combinations.",
    "history_listed_products": "What the rules were played on: products of the combinations.",
    "history_listed_contacts": "What the rules were played on: contacts of the combinations.",
    "history_entitlements": "What the rules were played on: entitlements with their own dates.",
    "history_bookings": "What the rules were played on: what was done with entitlements.",
    "history_cases": "What the rules were played on: cases as they were created.",
    "history_events": "What the rules were played on: what happened to cases later.",
}

#: What columns of a history mean; rows are meant by their places, from 0, and -1 is none.
_HISTORY_WORDS: Final = {
    "entitlement_id": "Its number in the run; 0 if it never came into being.",
    "case_id": "Its number in the run; 0 if it never came into being.",
    "joined": "Day by which nothing of the customer has happened, since 1970-01-01.",
    "segment": "Place of its segment in the scenario.",
    "cases_per_year": "Cases a year.",
    "keeps_default": "Whether the default stays where it is until it is set anew.",
    "allocation": "Code of the allocation.",
    "decrease_on": "Code of the event that takes terms.",
    "restrict": "Whether it restricts cases.",
    "total": "Terms, in hundredths.",
    "price": "Price, in hundredths.",
    "template": "Place of the template.",
    "terms": "Row of history_terms.",
    "origin": "Code of the channel.",
    "product": "Place of the product.",
    "contact": "Number of the contact within its customer.",
    "customer": "Row of history_customers.",
    "start": "First day, since 1970-01-01.",
    "end": "Last day, since 1970-01-01.",
    "predecessor": "Row of the entitlement that it renews.",
    "anchor": "Day from which the months of its terms count.",
    "day": "Day, since 1970-01-01.",
    "minute": "Minute of the day; -1 where it is not known.",
    "action": "Code of what was done.",
    "entitlement": "Row of history_entitlements.",
    "amount": "Terms, in hundredths.",
    "ends": "Last day of a top-up, since 1970-01-01.",
    "priority": "Priority of a top-up.",
    "created": "Minute of its creation, since 1970-01-01.",
    "wants": "Row of the entitlement asked for; -1 for none.",
    "decrement": "Whether it takes terms.",
    "leaves": "Whether it goes unworked if no entitlement covers it.",
    "responded_after": "Minutes to the first response.",
    "severity": "How severe, from 1, the most severe; 0 for none.",
    "as_sold": "Whether they have what the template offers beyond its total.",
    "case": "Row of history_cases.",
    "at": "Minute, since 1970-01-01.",
    "move": "Code of what happened.",
    "minutes": "Minutes of work.",
    "billed": "Minutes that were billed; -1 for what the rules say.",
    "into": "Row of the case that it was merged into.",
    "account": "Number of the account within its customer, from 1; -1 for none.",
}

IMPORTED_COLUMN_WORDS: Final[dict[str, dict[str, str]]] = {
    **{
        table: {column.name: _HISTORY_WORDS[column.name] for column in columns}
        for table, columns in HISTORY_TABLES.items()
    },
    "recorded_columns": {
        "table_name": "Table of the live system.",
        "column_name": "Column that the export had of it.",
        "value_count": "Rows of the export in which it has a value.",
    },
    "customers": {
        "name": "Name of the account or contact; NULL where the export has none.",
        "source_id": "Its id in the live system.",
    },
    "templates": {
        "source_id": "Its id in the live system; NULL where it stands for contracts without one.",
    },
    "products": {"source_id": "Its id in the live system."},
    "entitlements": {
        "name": "Name of the record; NULL where the export has none.",
        "source_id": "Its id in the live system.",
        "recorded_remaining": "Terms left as the live system had it; NULL where it was not "
        "exported. What the rules say is in remaining_terms.",
    },
    "balances": {
        "source_id": "Id of the entitlement or of its channel in the live system; NULL where it "
        "has no record.",
        "recorded_remaining": "Terms left as the live system had it; NULL where it was not "
        "exported. What the rules say is in remaining_terms.",
    },
    "cases": {
        "source_id": "Its id in the live system.",
        "recorded_decrementing": "Whether the live system had it as one that takes terms; NULL "
        "where it was not exported.",
    },
    "rejected": {
        "file": "File it stood in; NULL where the book came from none, or from several.",
        "form": "Form of the file.",
        "table_name": "Table of the live system.",
        "line": "Line of a text file, row of a sheet or number of a record; NULL where not known.",
        "record_id": "Id of the record, where it is known.",
        "reason": "Why it could not enter.",
        "content": "What stood there, cut short.",
    },
    "sources": {
        "file": "The file; NULL where rows of several could not enter.",
        "form": "Form of the file.",
        "table_name": "Table of the live system.",
        "row_count": "Rows that it has of the table: those kept and those rejected.",
        "kept": "Rows that entered.",
        "rejected": "Rows that are in table rejected.",
    },
    "recorded_changes": {
        "table_name": "Table of the live system.",
        "record_id": "Id of the record that was changed.",
        "column_name": "Column of the live system.",
        "changed_at": "When it was changed.",
        "old_value": "Value before, as it was exported.",
        "new_value": "Value after, as it was exported.",
    },
}
