"""What an offering promises, as a person writes it: taken, or named with what was meant."""

from decimal import Decimal
from typing import Any

import pytest

from entitlement_sim.documents import DocumentError
from entitlement_sim.scenario import Scenario
from entitlement_sim.scenario.models import Template, Term

#: What is tried stands in line 8 and, of the segment, in line 12.
WRITTEN = """\
scenario: trial
calendar:
  start: 2026-01-01
  days: 90
  holidays: [{ date: 2026-01-06 }]
templates:
  Pack:
    TEMPLATE
segments:
  all:
    customers: 10
    SEGMENT
    cases: { per_year: 8 }
    holds: [{ template: Pack }]
"""
PLAIN = "total_terms: 5"
DRAWN = "severities: { 1: 1, 2: 4 }"


def parsed(template: str = PLAIN, segment: str = DRAWN, *overrides: str) -> Scenario:
    text = WRITTEN.replace("TEMPLATE", template.replace("; ", "\n    "))
    return Scenario.parse(text.replace("SEGMENT", segment), "trial.yaml", overrides)


def mistake(template: str = PLAIN, segment: str = DRAWN, *overrides: str) -> str:
    with pytest.raises(DocumentError) as error:
        parsed(template, segment, *overrides)
    return str(error.value)


def the_template(scenario: Scenario) -> Template:
    return scenario.model.templates["Pack"]


# ------------------------------------------------------------------------------- what is taken


@pytest.mark.parametrize(
    ("written", "months"),
    [
        ("12 months", 12),
        ("1 month", 1),
        ("1 year", 12),
        ("3 years", 36),
        ("{ years: 1 }", 12),
        ("{ months: 12 }", 12),
    ],
)
def test_a_term_is_so_many_months(written: str, months: int) -> None:
    assert the_template(parsed(f"{PLAIN}; term: {written}")).term == Term(months=months)


def test_a_term_is_so_many_days_in_words() -> None:
    assert the_template(parsed(f"{PLAIN}; term: 90 days")).term == Term(days=90)


def test_one_term_written_in_several_ways_is_one_scenario() -> None:
    ways = ("12 months", "1 year", "{ years: 1 }", "{ months: 12 }")
    assert len({parsed(f"{PLAIN}; term: {way}").hash for way in ways}) == 1


def test_a_term_may_have_no_end() -> None:
    assert the_template(parsed(f"{PLAIN}; term: open")).term.open


def test_a_total_may_be_unlimited_and_have_channels_that_are_not() -> None:
    template = the_template(
        parsed("total_terms: unlimited; restrict: true; channels: { phone: 2 }")
    )
    assert template.total_terms == "unlimited"
    assert template.channels == {"phone": Decimal(2)}


FULL = (
    "allowance: { terms: 8, every: quarter, anchor: calendar, first: prorated, last: prorated, "
    "carry: { at_most: 4, share: 0.25, for: 2, burns: last } }; "
    "overage: { price: 2.50, at_most: 3, free: 1, debt: carried }; restrict: true; "
    "weighs: { outside_hours: 1.5, weekend: 2, holiday: 0, severity: { 1: 2 } }"
)


@pytest.mark.parametrize(
    "template",
    [
        FULL,
        "allowance: { terms: 2.5, every: { days: 30 }, carry: {} }; allocation: hours; "
        "minutes: { at_least: 15, step: 15 }",
        "total_terms: unlimited; term: open",
    ],
)
def test_an_offering_comes_back_from_its_model(template: str) -> None:
    scenario = parsed(template, "severities: { 1: 1 }")
    again = Scenario.from_dict(scenario.model.model_dump())
    assert again.model == scenario.model
    assert again.hash == scenario.hash


def test_severities_are_kept_in_their_order() -> None:
    segment = parsed(PLAIN, "severities: { 3: 75, 1: 5, 2: 20 }").model.segments["all"]
    assert list(segment.severities.items()) == [(1, 5), (2, 20), (3, 75)]


# ------------------------------------------------------------------------------- what is named

ALLOWANCE = "allowance: { terms: 3, every: "
AMOUNT = "must be a number such as 10 or 2.50"
LENGTH = "must be a length such as '12 months' or { days: 90 }, or open"
PERIOD = "must be month, quarter, year or { days: n }"
MAPPING = "must be a mapping (lines of 'key: value')"

MISTAKES = [
    # a total
    ("total_terms: none", f"8:18: total_terms: {AMOUNT}, or unlimited, not the text 'none'; "
     "write unlimited"),
    ("total_terms: .inf", f"8:18: total_terms: {AMOUNT}, or unlimited, not the number inf; "
     "write unlimited"),
    ("total_terms: 10 cases", f"8:18: total_terms: {AMOUNT}, or unlimited, not the text "
     "'10 cases'; write 10"),
    ("total_terms: 10 per month", f"8:18: total_terms: {AMOUNT}, or unlimited, not the text "
     "'10 per month'; write allowance: { terms: 10, every: month }"),
    ("total_terms: unlimited; overage: { price: 4 }", "9:5: overage: has no place where "
     "total_terms is unlimited: nothing is over; leave it out"),
    # a term
    (f"{PLAIN}; term: 12", f"9:11: term: {LENGTH}, not the number 12; write '12 months' or "
     "'12 days'"),
    (f"{PLAIN}; term: yearly", f"9:11: term: {LENGTH}, not the text 'yearly'; write '12 months'"),
    (f"{PLAIN}; term: 2 weeks", f"9:11: term: {LENGTH}, not the text '2 weeks'; write '14 days'"),
    (f"{PLAIN}; term: forever", f"9:11: term: {LENGTH}, not the text 'forever'; write open"),
    (f"{PLAIN}; term: 12-31", f"9:11: term: {LENGTH}, not the text '12-31'; write "
     "{ until: 12-31 } for terms that end on that day of the year"),
    (f"{PLAIN}; term: 2026-12-31", f"9:11: term: {LENGTH}, not the date 2026-12-31; write "
     "{ from: 2026-01-01, until: 2026-12-31 } for a fixed period"),
    (f"{PLAIN}; term:", f"9:10: term: is blank, but {LENGTH}"),
    (f"{PLAIN}; term: {{ open: false }}", "9:19: term.open: must be true or left out, not false"),
    (f"{PLAIN}; term: 0 months", f"9:11: term: {LENGTH}, not the text '0 months'"),
    (f"{PLAIN}; term: 200 years", "9:11: term.years: must be at most 100, not 200"),
    (f"{PLAIN}; term: {{ years: 1, months: 6 }}", "9:11: term: needs exactly one of days, months, "
     "years, until, open, but has 2 of them: months, years"),
    (f"{PLAIN}; term: open; refund: unused", "10:13: refund: is unused, but a term that is open "
     "has no days that are left; write none"),
    # an allowance
    ("allowance: 3", f"8:16: allowance: {MAPPING}, not the number 3; for so many a month write "
     "{ terms: 3, every: month }"),
    ("allowance: 3 per quarter", f"8:16: allowance: {MAPPING}, not the text '3 per quarter'; "
     "write allowance: { terms: 3, every: quarter }"),
    ("allowance: { terms: 3 }", "8:5: allowance: 'every' is missing: how long a period is: a "
     "month, a quarter, a year, or so many days"),
    ("allowance: { terms: unlimited, every: month }", f"8:25: allowance.terms: {AMOUNT}, not the "
     "text 'unlimited'; write total_terms: unlimited in place of an allowance"),
    (ALLOWANCE + "monthly }", f"8:35: allowance.every: {PERIOD}, not the text 'monthly'; write "
     "month"),
    (ALLOWANCE + "3 months }", f"8:35: allowance.every: {PERIOD}, not the text '3 months'; write "
     "quarter"),
    (ALLOWANCE + "30 }", f"8:35: allowance.every: {PERIOD}, not the number 30; write "
     "{ days: 30 }"),
    (ALLOWANCE + "{ weeks: 2 } }", f"8:35: allowance.every: {PERIOD}, not a mapping; write "
     "{ days: 14 }"),
    (ALLOWANCE + "{ months: 1 } }", f"8:35: allowance.every: {PERIOD}, not a mapping; write month"),
    (ALLOWANCE + "2 months }", f"8:35: allowance.every: {PERIOD}, not the text '2 months'"),
    (ALLOWANCE + "{ days: 0 } }", "8:43: allowance.every.days: must be at least 1, not 0"),
    (ALLOWANCE + "{ days: 30 }, anchor: calendar }", "8:57: allowance.anchor: is calendar, on "
     "which periods of so many days begin nowhere; write start, or let 'every' be month, quarter "
     "or year"),
    (ALLOWANCE + "month, first: prorated }", "8:49: allowance.first: is prorated, but a first "
     "period that begins with the entitlement is whole; write whole, or anchor: calendar"),
    ("allowance: { terms: 2.5, every: month }", "8:25: allowance.terms: "
     "EntitlementTemplateTotalTerms: The template's total must be a whole number when terms are "
     "cases. Write a whole number, or 'allocation: hours'."),
    (ALLOWANCE + "month }; total_terms: 5", "9:5: total_terms: has no place beside 'allowance', "
     "which says how many terms there are; leave it out (an override: total_terms=null)"),
    (ALLOWANCE + "month }; prorate: both", "9:14: prorate: is both, but an allowance has parts "
     "by its own 'first' and 'last'; write price there"),
    (ALLOWANCE + "month }; channels: { phone: 5 }", "9:24: channels.phone: "
     "InvalidEntitlementChannelTerms: A channel cannot hold more terms than the whole "
     "entitlement. Write at most 3, the allowance's terms."),
    # what is carried
    (ALLOWANCE + "month }; carry: {}", "9:5: carry: unknown key 'carry'; it belongs in "
     "'allowance'"),
    (ALLOWANCE + "month, rollover: 4 }", "8:42: allowance.rollover: unknown key 'rollover'; did "
     "you mean 'carry'?"),
    (ALLOWANCE + "month, carry: 4 }", f"8:49: allowance.carry: {MAPPING}, not the number 4; for "
     "so many terms write { at_most: 4 }"),
    (ALLOWANCE + "month, carry: true }", f"8:49: allowance.carry: {MAPPING}, not true; write {{}} "
     "where everything is carried"),
    (ALLOWANCE + "month, carry: no }", f"8:49: allowance.carry: {MAPPING}, not false; leave it "
     "out where nothing is carried"),
    (ALLOWANCE + "month, carry: 40 % }", f"8:49: allowance.carry: {MAPPING}, not the text "
     "'40 %'; write { share: 0.4 }"),
    (ALLOWANCE + "month, carry: { share: 40 } }", "8:58: allowance.carry.share: must be at most "
     "1, not 40; 40 % is 0.4"),
    (ALLOWANCE + "month, carry: { share: 40 % } }", "8:58: allowance.carry.share: must be a share "
     "such as 0.4, not the text '40 %'; 40 % is 0.4"),
    (ALLOWANCE + "month, carry: { share: 0.33333 } }", "8:58: allowance.carry.share: may have at "
     "most 4 decimals, not 0.33333"),
    (ALLOWANCE + "month, carry: { at_most: unlimited } }", f"8:60: allowance.carry.at_most: "
     f"{AMOUNT}, not the text 'unlimited'; leave it out where there is no limit"),
    (ALLOWANCE + "month, carry: { at_most: 1.5 } }", "8:60: allowance.carry.at_most: must be a "
     "whole number where terms are cases, not 1.50"),
    (ALLOWANCE + "month, carry: { for: 1 month } }", "8:56: allowance.carry.for: must be a whole "
     "number, not the text '1 month'; write 1"),
    # what goes over
    (f"{PLAIN}; overage: 40", f"9:14: overage: {MAPPING}, not the number 40; for a price a unit "
     "write { price: 40 }"),
    (f"{PLAIN}; overage: 40 EUR", f"9:14: overage: {MAPPING}, not the text '40 EUR'; write "
     "{ price: 40 }"),
    (f"{PLAIN}; overage: {{ price: 40.005 }}", "9:23: overage.price: may have at most 2 decimals, "
     "not 40.005"),
    (f"{PLAIN}; overage: {{ at_most: 3 }}", "9:5: overage: 'price' is missing: price of a unit; "
     "write it, or debt: forgiven"),
    (f"{PLAIN}; overage: {{ price: 40, debt: forgiven }}", "9:16: overage.price: has no place "
     "where debt is forgiven, since nothing is billed; leave it out"),
    (f"{PLAIN}; overage: {{ price: 40, debt: carried }}", "9:33: overage.debt: is carried, but "
     "without 'allowance' no period follows; write billed or forgiven"),
    (f"{PLAIN}; overage: {{ price: 40, debt: waived }}", "9:33: overage.debt: unknown word "
     "'waived'; did you mean 'forgiven'?"),
    (f"{PLAIN}; overage: {{ price: 40, free: 1.5 }}", "9:33: overage.free: must be a whole number "
     "where terms are cases, not 1.50"),
    (f"{PLAIN}; overage: {{ price: 40 }}; restrict: true", "9:5: overage: 'at_most' is missing: "
     "where cases are restricted, the units from which on they are refused; write it, or "
     "restrict: false"),
    # minutes
    (f"{PLAIN}; minutes: {{ step: 15 }}", "9:5: minutes: only go with hours: a case is one term; "
     "leave them out, or allocation: hours"),
    (f"{PLAIN}; allocation: hours; minutes: 15 minutes", f"10:14: minutes: {MAPPING}, not the "
     "text '15 minutes'; for steps of so many minutes write { at_least: 15, step: 15 }"),
    (f"{PLAIN}; allocation: hours; minutes: {{}}", "10:5: minutes: say nothing; write at_least, "
     "step or both"),
    # weights
    (f"{PLAIN}; weighs: 2", f"9:13: weighs: {MAPPING}, not the number 2; say which cases, such as "
     "{ outside_hours: 2 }"),
    (f"{PLAIN}; weighs: {{}}", "9:5: weighs: says nothing; write outside_hours, weekend, holiday "
     "or severity"),
    (f"{PLAIN}; weighs: {{ after_hours: 2 }}", "9:15: weighs.after_hours: unknown key "
     "'after_hours'; did you mean 'outside_hours'?"),
    (f"{PLAIN}; weighs: {{ weekend: 150 % }}", "9:24: weighs.weekend: must be a number of times "
     "such as 1.5, not the text '150 %'; 150 % is 1.5"),
    (f"{PLAIN}; weighs: {{ weekend: x2 }}", "9:24: weighs.weekend: must be a number of times such "
     "as 1.5, not the text 'x2'; write 2"),
    (f"{PLAIN}; weighs: {{ weekend: 1.555 }}", "9:24: weighs.weekend: may have at most 2 "
     "decimals, not 1.555"),
    (f"{PLAIN}; weighs: {{ weekend: 101 }}", "9:24: weighs.weekend: must be at most 100, not 101"),
    (f"{PLAIN}; weighs: {{ severity: 2 }}", f"9:25: weighs.severity: {MAPPING}, not the number 2; "
     "write a number for each, such as { 1: 2 }"),
    (f"{PLAIN}; weighs: {{ severity: [2, 1.5] }}", f"9:25: weighs.severity: {MAPPING}, not a list; "
     "write { 1: 2, 2: 1.5 }"),
    (f"{PLAIN}; weighs: {{ severity: {{ 3: 2 }} }}", "9:27: weighs.severity[3]: no case has "
     "severity 3; write 'severities' in a segment, such as { 3: 1 }"),
    (f"{PLAIN}; weighs: {{ severity: {{ 6: 2 }} }}", "9:27: weighs.severity[6]: as a key, must be "
     "at most 5, not 6"),
    (f"{PLAIN}; weighs: {{ severity: {{ high: 2 }} }}", "9:27: weighs.severity.high: as a key, "
     "must be a whole number, not the text 'high'; 1 is the most severe one, 2 the next"),
    (f"{PLAIN}; weighs: {{ severity: {{ '1': 2 }} }}", "9:27: weighs.severity.1: as a key, must be "
     "a whole number, not the text '1'; write it without quotes"),
    # what belongs elsewhere
    (f"{PLAIN}; severities: {{ 1: 2 }}", "9:5: severities: unknown key 'severities'; it belongs "
     "in a segment"),
    (f"{PLAIN}; accepts_overage: 1", "9:5: accepts_overage: unknown key 'accepts_overage'; it "
     "belongs in a segment"),
]  # fmt: skip


@pytest.mark.parametrize(("template", "said"), MISTAKES, ids=[text for text, _ in MISTAKES])
def test_a_wrong_promise_is_named_with_what_was_meant(template: str, said: str) -> None:
    place, rest = said.split(": ", 1)
    assert mistake(template) == f"trial.yaml:{place}: templates.Pack.{rest}"


@pytest.mark.parametrize(
    ("segment", "said"),
    [
        ("severities: [5, 20]", f"17: severities: {MAPPING}, not a list; write {{ 1: 5, 2: 20 }}"),
        ("severities: { 1: 0 }", "17: severities: are all 0; at least one must be above 0"),
        ("severities: { 0: 1 }", "19: severities[0]: as a key, must be at least 1, not 0"),
        ("severity: { 1: 1 }", "5: severity: unknown key 'severity'; did you mean 'severities'?"),
        ("accepts_overage: 70", "22: accepts_overage: must be at most 1, not 70; 70 % is 0.7"),
        (
            "accepts_overage: 70 %",
            "22: accepts_overage: must be a number, not the text '70 %'; 70 % is 0.7",
        ),
        (
            "accepts_overage: yes",
            "22: accepts_overage: must be a number, not true; write 1 for all, 0 for none",
        ),
        ("overage: { price: 4 }", "5: overage: unknown key 'overage'; it belongs in a template"),
    ],
)
def test_a_wrong_habit_is_named_with_what_was_meant(segment: str, said: str) -> None:
    column, rest = said.split(": ", 1)
    assert mistake(PLAIN, segment) == f"trial.yaml:12:{column}: segments.all.{rest}"


@pytest.mark.parametrize(
    ("weighs", "calendar", "said"),
    [
        ("outside_hours", "business_hours: always", "where business hours never end"),
        ("holiday", "holidays: []", "where the calendar has no holidays"),
    ],
)
def test_a_weight_of_what_never_is_is_named(weighs: str, calendar: str, said: str) -> None:
    text = WRITTEN.replace("holidays: [{ date: 2026-01-06 }]", calendar)
    text = text.replace("SEGMENT", DRAWN).replace(
        "TEMPLATE", f"{PLAIN}\n    weighs: {{ {weighs}: 2 }}"
    )
    with pytest.raises(DocumentError, match=rf"9:15: templates\.Pack\.weighs\.{weighs}: .*{said}"):
        Scenario.parse(text, "trial.yaml")


def test_a_weight_outside_hours_counts_on_holidays_where_the_others_never_end() -> None:
    text = WRITTEN.replace(
        "  days: 90\n",
        "  days: 90\n  business_hours: { days: [mon, tue, wed, thu, "
        "fri, sat, sun], opens: '00:00', closes: '24:00' }\n",
    )
    text = text.replace("SEGMENT", DRAWN).replace(
        "TEMPLATE", f"{PLAIN}\n    weighs: {{ outside_hours: 2 }}"
    )
    weighs = the_template(Scenario.parse(text)).weighs
    assert weighs is not None
    assert weighs.outside_hours == 2


# -------------------------------------------------------------------------------- what is changed

MONTHLY = "allowance: { terms: 3, every: month, carry: { at_most: 4 } }"


@pytest.mark.parametrize(
    ("template", "override", "path", "value"),
    [
        (MONTHLY, "allowance.terms=8", "allowance.terms", 8),
        (MONTHLY, "allowance.every=quarter", "allowance.every", "quarter"),
        (MONTHLY, "allowance.every={days: 30}", "allowance.every.days", 30),
        (MONTHLY, "allowance.carry=null", "allowance.carry", None),
        (MONTHLY, "allowance.carry.at_most=null", "allowance.carry.at_most", None),
        (MONTHLY, "allowance.carry.for=3", "allowance.carry.for_", 3),
        (PLAIN, "total_terms=unlimited", "total_terms", "unlimited"),
        (PLAIN, "overage={price: 40, at_most: 5}", "overage.at_most", 5),
        (PLAIN, "overage.price=40", "overage.price", 40),
        (PLAIN, "term=12 months", "term.months", 12),
        (PLAIN, "term=open", "term.open", True),
        (PLAIN, "term.years=2", "term.months", 24),
        (PLAIN, "weighs={weekend: 2, severity: {1: 2}}", "weighs.weekend", 2),
        (PLAIN, "weighs.severity.1=2", "weighs.severity", {1: 2}),
    ],
)
def test_a_promise_is_changed(template: str, override: str, path: str, value: Any) -> None:
    changed: Any = the_template(parsed(template, DRAWN, f"templates.Pack.{override}"))
    for name in path.split("."):
        changed = getattr(changed, name)
    assert changed == value


def test_an_allowance_takes_the_place_of_a_total_that_is_made_blank() -> None:
    changed = the_template(
        parsed(
            PLAIN,
            DRAWN,
            "templates.Pack.total_terms=null",
            "templates.Pack.allowance={terms: 8, every: month}",
        )
    )
    assert changed.total_terms is None
    assert changed.allowance is not None


@pytest.mark.parametrize("path", ["segments.all.severities.3", "segments.all.severities.'3'"])
def test_a_severity_is_added_by_its_number(path: str) -> None:
    assert parsed(PLAIN, DRAWN, f"{path}=5").model.segments["all"].severities == {1: 1, 2: 4, 3: 5}


@pytest.mark.parametrize(
    ("template", "override", "said"),
    [
        (
            MONTHLY,
            'templates."Pack".allowance.every.days=30',
            "'templates.Pack.allowance.every' is a single value and has no 'days' inside; set the "
            "whole: templates.Pack.allowance.every={days: 30}",
        ),
        (
            f"{PLAIN}; term: 12 months",
            "templates.Pack.term.years=2",
            "'templates.Pack.term' is a single value and has no 'years' inside; set the whole: "
            "templates.Pack.term={years: 2}",
        ),
        (
            f"{PLAIN}; term: {{ days: 365 }}",
            "templates.Pack.term.years=2",
            "needs exactly one of days, months, years, until, open, but has 2 of them: days, "
            "years; set the whole: templates.Pack.term={years: 2}",
        ),
        (
            PLAIN,
            "templates.Pack.total_terms.x=1",
            "'templates.Pack.total_terms' is a single value and has no 'x' inside",
        ),
        (
            PLAIN,
            "templates.Pack.allowance={terms: 8, every: month}",
            "has no place beside 'allowance', which says how many terms there are; leave it out "
            "(an override: total_terms=null)",
        ),
    ],
)
def test_a_change_that_does_not_go_says_how_it_would(
    template: str, override: str, said: str
) -> None:
    assert mistake(template, DRAWN, override).endswith(f": {said}")


def test_a_name_that_needs_quotes_has_them_where_it_is_said_what_to_set() -> None:
    text = WRITTEN.replace("TEMPLATE", f"{PLAIN}\n    term: {{ days: 9 }}").replace(
        "SEGMENT", DRAWN
    )
    text = text.replace("Pack", "Pack v1.0")
    with pytest.raises(DocumentError) as error:
        Scenario.parse(text, overrides="templates.'Pack v1.0'.term.months=6")
    assert str(error.value).endswith('set the whole: templates."Pack v1.0".term={months: 6}')


def test_what_has_no_end_is_not_outlived_by_a_run() -> None:
    said = mistake(f"{PLAIN}; term: open", DRAWN, "calendar.start=2199-12-30", "calendar.days=3")
    assert "templates.Pack.term: is open, but the run goes on until 2200-01-01" in said
    last = parsed(f"{PLAIN}; term: open", DRAWN, "calendar.start=2199-12-30", "calendar.days=2")
    assert the_template(last).term.open
