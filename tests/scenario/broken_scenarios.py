"""A good scenario and what goes wrong when one thing in it is written otherwise."""

from typing import NamedTuple

GOOD = """\
scenario: trial
calendar:
  start: 2024-01-01
  days: 366
  zone: Europe/Berlin
  weekdays: [1, 1, 1, 1, 1, 0.1, 0.1]
  season: { amplitude: 0.1, peak: 01-15 }
  holidays:
    - { date: 2024-05-01 }
    - { date: 2024-12-25, factor: 0.2 }
  business_hours: { days: [mon, fri], opens: 08:00, closes: 17:00 }
products: [Mail, Storage]
slas:
  gold: { first_response_hours: 2, resolve_hours: 16 }
templates:
  Pack:
    allocation: cases
    total_terms: 10
    decrease_on: creation
    restrict: true
    term: { days: 365 }
    channels: { phone: 4, email: 10 }
    products: [Mail]
    price: 99.50
    sla: gold
    moves_up_to: Retainer
  Retainer:
    allocation: hours
    total_terms: 12.5
    decrease_on: resolution
    term: { months: 12 }
    moves_down_to: Pack
segments:
  offices:
    customers: 100
    joins: { at_start: 0.5 }
    holds:
      - { template: Pack, share: 0.7, lead_days: { least: 0, most: 30 } }
      - template: Retainer
    cases:
      per_year: 12
      shape: 0.32
    origins: { phone: 1, email: 2 }
    products: { Mail: 1, Storage: 3 }
    billable_minutes: { quantiles: { 0: 5, 0.5: 30, 1: 480 } }
    resolve_hours:
      mixture:
        - { share: 0.4, median: 1, sigma: 1 }
        - { share: 0.6, median: 72, sigma: 1 }
    picks: soonest_ending
    amendments: { per_year: 0.1, change: [0.5] }
    renewal:
      inclination: { constant: 0.8 }
      up_above: 1
      down_below: 0.2
bursts:
  - { product: Mail, per_year: 2 }
rules:
  job_time: 02:00
"""


class Broken(NamedTuple):
    """One change for the worse: `instead` of `written`, and all that must be said about it."""

    written: str
    instead: str
    said: str


BROKEN = [
    # the words of the file itself
    Broken(
        "days: 366",
        "dayz: 366",
        "2:1: calendar: 'days' is missing: length of the run in days\n"
        "4:3: calendar.dayz: unknown key 'dayz'; did you mean 'days'?",
    ),
    Broken(
        "scenario: trial",
        "scenario: my trial",
        "1:11: scenario: must be up to 64 letters, digits, '_', '.' or '-', beginning "
        "with a letter or digit, not 'my trial'",
    ),
    Broken(
        "scenario: trial",
        "scenario: 5",
        "1:11: scenario: must be text, not the number 5; put it in quotes",
    ),
    Broken(
        "scenario: trial\n",
        "",
        "1:1: 'scenario' is missing: name of the scenario; runs are named after it",
    ),
    Broken(
        "scenario: trial",
        "scenario: trial\ncolour: 1",
        "2:1: colour: unknown key 'colour'; known: scenario, description, seed, "
        "currency, calendar, products, slas, templates, segments, bursts, rules, history, "
        "revision, scorecard, expect, money",
    ),
    Broken(
        "days: 366",
        "days: 366\n  days: 30",
        "5:3: calendar.days: the key 'days' stands twice, first in line 4",
    ),
    Broken(
        "days: 366",
        "days: [366",
        "5:7: is not YAML: while parsing a flow sequence expected ',' or ']', but got ':'",
    ),
    Broken(
        "days: 366",
        "days: 366\n\tzone: UTC",
        "5:1: is not YAML: while scanning for the next token found character '\\t' that "
        "cannot start any token",
    ),
    Broken(
        "  season:",
        "  2024: 1\n  season:",
        "7:3: calendar[2024]: a key must be text, not the number 2024",
    ),
    # the calendar
    Broken(
        "days: 366",
        "days: 0",
        "4:9: calendar.days: must be at least 1, not 0",
    ),
    Broken(
        "days: 366",
        "days: many",
        "4:9: calendar.days: must be a whole number, not the text 'many'",
    ),
    Broken(
        "days: 366",
        "days: 365.25",
        "4:9: calendar.days: must be a whole number, not the number 365.25",
    ),
    Broken(
        "days: 366",
        "days: true",
        "4:9: calendar.days: must be a whole number, not true",
    ),
    Broken(
        "days: 366",
        "days:",
        "4:8: calendar.days: is blank, but must be a whole number",
    ),
    Broken(
        "start: 2024-01-01",
        "start: 2024-02-30",
        "3:10: calendar.start: '2024-02-30' cannot be understood: day is out of range for month",
    ),
    Broken(
        "start: 2024-01-01",
        "start: January 2024",
        "3:10: calendar.start: must be a date such as 2025-01-31, not the text 'January 2024'",
    ),
    Broken(
        "start: 2024-01-01",
        "start: 2024-01-01 09:00:00",
        "3:10: calendar.start: must be a date such as 2025-01-31, not the time 2024-01-01 09:00:00",
    ),
    Broken(
        "start: 2024-01-01",
        "start: 1066-10-14",
        "3:10: calendar.start: must be at least 1970-01-01, not 1066-10-14",
    ),
    Broken(
        "scenario: trial",
        "scenario: trial\ncurrency: euro",
        "2:11: currency: must be the three capital letters of a currency, such as EUR, not 'euro'",
    ),
    Broken(
        "scenario: trial",
        "scenario: trial\ncurrency: EUR\nmoney: { currency: USD }",
        "3:20: money.currency: is USD, but 'currency' at the top is EUR; a run has one currency: "
        "write it in one of the two places",
    ),
    Broken(
        "scenario: trial",
        "scenario: trial\nmoney: { hour_cost: 60 }",
        "2:10: money.hour_cost: unknown key 'hour_cost'; did you mean 'hour_costs'?",
    ),
    Broken(
        "zone: Europe/Berlin",
        "zone: Berlin",
        "5:9: calendar.zone: unknown time zone 'Berlin'; did you mean 'Europe/Berlin'?",
    ),
    Broken(
        "zone: Europe/Berlin",
        "zone: Europe/Berlim",
        "5:9: calendar.zone: unknown time zone 'Europe/Berlim'; did you mean 'Europe/Berlin'?",
    ),
    Broken(
        "zone: Europe/Berlin",
        "zone: ../../etc/passwd",
        "5:9: calendar.zone: unknown time zone '../../etc/passwd'; write one such as Europe/Berlin",
    ),
    Broken(
        "[1, 1, 1, 1, 1, 0.1, 0.1]",
        "[1, 1, 1, 1, 1]",
        "6:13: calendar.weekdays: must have at least 7 entries, not 5",
    ),
    Broken(
        "[1, 1, 1, 1, 1, 0.1, 0.1]",
        "[0, 0, 0, 0, 0, 0, 0]",
        "6:13: calendar.weekdays: are all 0; at least one must be above 0",
    ),
    Broken(
        "[1, 1, 1, 1, 1, 0.1, 0.1]",
        "[1, 1, 1, 1, 1, -1, 0.1]",
        "6:29: calendar.weekdays[5]: must be at least 0, not -1",
    ),
    Broken(
        "  season:",
        "  hours: [1, 2]\n  season:",
        "7:10: calendar.hours: must have at least 24 entries, not 2",
    ),
    Broken(
        "peak: 01-15",
        "peak: 02-29",
        "7:35: calendar.season.peak: must be a month and day that every year has, such "
        "as 01-15, not '02-29'",
    ),
    Broken(
        "peak: 01-15",
        "peak: 15 January",
        "7:35: calendar.season.peak: must be a month and day that every year has, such "
        "as 01-15, not '15 January'",
    ),
    Broken(
        "amplitude: 0.1",
        "amplitude: 1",
        "7:24: calendar.season.amplitude: must be under 1, not 1",
    ),
    Broken(
        "date: 2024-12-25",
        "date: 2024-05-01",
        "9:5: calendar.holidays: '2024-05-01' stands twice; write each one once",
    ),
    Broken(
        "opens: 08:00",
        "opens: 8:00",
        "11:46: calendar.business_hours.opens: must be a time from 00:00 to 23:59, such "
        "as 09:30, not '8:00'",
    ),
    Broken(
        "closes: 17:00",
        "closes: 25:00",
        "11:61: calendar.business_hours.closes: must be a time from 00:00 to 23:59, such "
        "as 09:30, not '25:00'",
    ),
    Broken(
        "closes: 17:00",
        "closes: 07:00",
        "11:19: calendar.business_hours: opens (08:00) must come before closes (07:00)",
    ),
    Broken(
        "days: [mon, fri]",
        "days: [mon, friday]",
        "11:33: calendar.business_hours.days[1]: unknown word 'friday'; did you mean 'fri'?",
    ),
    Broken(
        "days: [mon, fri]",
        "days: [mon, mon]",
        "11:27: calendar.business_hours.days: 'mon' stands twice; write each one once",
    ),
    Broken(
        "days: [mon, fri]",
        "days: mon",
        "11:27: calendar.business_hours.days: must be a list ('[a, b]', or lines that "
        "begin with '- '), not the text 'mon'",
    ),
    # names
    Broken(
        "products: [Mail, Storage]",
        "products: [Mail, Storage, Mail]",
        "12:11: products: 'Mail' stands twice; write each one once",
    ),
    Broken(
        "products: [Mail, Storage]",
        'products: [Mail, Storage, ""]',
        "12:27: products[2]: must not be empty",
    ),
    Broken(
        "products: [Mail]",
        "products: [Mial]",
        "23:16: templates.Pack.products[0]: unknown product 'Mial'; did you mean 'Mail'?",
    ),
    Broken(
        "products: { Mail: 1,",
        "products: { Fax: 1,",
        "44:17: segments.offices.products.Fax: unknown product 'Fax'; known: Mail, Storage",
    ),
    Broken(
        "product: Mail,",
        "product: Stroage,",
        "57:16: bursts[0].product: unknown product 'Stroage'; did you mean 'Storage'?",
    ),
    Broken(
        "sla: gold",
        "sla: golden",
        "25:10: templates.Pack.sla: unknown SLA 'golden'; did you mean 'gold'?",
    ),
    Broken(
        "slas:\n  gold: { first_response_hours: 2, resolve_hours: 16 }\n",
        "",
        "23:10: templates.Pack.sla: unknown SLA 'gold'; the scenario has none under 'slas'",
    ),
    Broken(
        "moves_up_to: Retainer",
        "moves_up_to: Retaining",
        "26:18: templates.Pack.moves_up_to: unknown template 'Retaining'; did you mean 'Retainer'?",
    ),
    Broken(
        "moves_down_to: Pack",
        "moves_down_to: Retainer",
        "32:20: templates.Retainer.moves_down_to: names the template itself; leave it out",
    ),
    Broken(
        "- template: Retainer",
        "- template: Retainr",
        "39:19: segments.offices.holds[1].template: unknown template 'Retainr'; did you "
        "mean 'Retainer'?",
    ),
    Broken(
        "  Retainer:\n    alloc",
        "  2024:\n    alloc",
        "26:18: templates.Pack.moves_up_to: unknown template 'Retainer'; known: Pack\n"
        "27:3: templates[2024]: a name must be text, not the number 2024; put it in quotes\n"
        "39:19: segments.offices.holds[1].template: unknown template 'Retainer'; known: Pack",
    ),
    # terms that end on dates
    Broken(
        "term: { days: 365 }",
        "term: { until: 02-29 }",
        "21:20: templates.Pack.term.until: must be a month and day that every year has, "
        "such as 01-15, not '02-29'",
    ),
    Broken(
        "term: { days: 365 }",
        "term: { until: soon }",
        "21:20: templates.Pack.term.until: must be a month and day such as 12-31, or a "
        "date such as 2025-12-31, not the text 'soon'",
    ),
    Broken(
        "term: { days: 365 }",
        "term: { until: 2200-01-01, from: 2025-01-01 }",
        "21:20: templates.Pack.term.until: must lie between 1970-01-01 and 2199-12-31, "
        "not on 2200-01-01",
    ),
    Broken(
        "term: { days: 365 }",
        "term: { until: 2025-12-31 }",
        "21:11: templates.Pack.term: needs 'from' and 'until' with a year each for a "
        "fixed period, such as from: 2025-01-01, until: 2025-12-31; or 'until' alone with"
        " a month and day, such as 12-31",
    ),
    Broken(
        "term: { days: 365 }",
        "term: { days: 365, from: 2025-01-01 }",
        "21:11: templates.Pack.term: needs 'from' and 'until' with a year each for a "
        "fixed period, such as from: 2025-01-01, until: 2025-12-31; or 'until' alone with"
        " a month and day, such as 12-31",
    ),
    Broken(
        "term: { days: 365 }",
        "term: { from: 2025-01-01, until: 12-31 }",
        "21:11: templates.Pack.term: needs 'from' and 'until' with a year each for a "
        "fixed period, such as from: 2025-01-01, until: 2025-12-31; or 'until' alone with"
        " a month and day, such as 12-31",
    ),
    Broken(
        "term: { days: 365 }",
        "term: { from: 2026-01-01, until: 2025-12-31 }",
        "21:11: templates.Pack.term: until (2025-12-31) must not lie before from (2026-01-01)",
    ),
    Broken(
        "price: 99.50",
        "prorate: prices",
        "24:14: templates.Pack.prorate: unknown word 'prices'; did you mean 'price'?",
    ),
    Broken(
        "- template: Retainer",
        "- starts: together\n        template: Retainer",
        "39:17: segments.offices.holds[1].starts: unknown word 'together'; known: "
        "after_lead, with_contract",
    ),
    Broken(
        "- { template: Pack, share: 0.7, lead_days: { least: 0, most: 30 } }\n      "
        "- template: Retainer",
        "- { template: Pack, starts: with_contract }",
        "38:35: segments.offices.holds[0].starts: is with_contract, but the segment holds no "
        "contract of its own that it could go with; let another holding start after_lead",
    ),
    # templates
    Broken(
        "allocation: cases",
        "allocation: case",
        "17:17: templates.Pack.allocation: unknown word 'case'; did you mean 'cases'?",
    ),
    Broken(
        "allocation: cases",
        "allocation: minutes",
        "17:17: templates.Pack.allocation: unknown word 'minutes'; known: cases, hours",
    ),
    Broken(
        "total_terms: 10",
        "total_terms: 10.5",
        "18:18: templates.Pack.total_terms: EntitlementTemplateTotalTerms: The "
        "template's total must be a whole number when terms are cases. Write a whole "
        "number, or 'allocation: hours'.",
    ),
    Broken(
        "total_terms: 10",
        "total_terms: -1",
        "18:18: templates.Pack.total_terms: must be at least 0, not -1",
    ),
    Broken(
        "total_terms: 10",
        "total_terms: ten",
        "18:18: templates.Pack.total_terms: must be a number such as 10 or 2.50, or "
        "unlimited, not the text 'ten'",
    ),
    Broken(
        "total_terms: 10",
        "total_terms: 8",
        "22:34: templates.Pack.channels.email: InvalidEntitlementChannelTerms: A channel "
        "cannot hold more terms than the whole entitlement. Write at most 8, the "
        "template's total.",
    ),
    Broken(
        "    total_terms: 10\n",
        "",
        "17:5: templates.Pack.total_terms: EntitlementBlankTerms: The total is blank. "
        "Give one, or let the entitlement not restrict cases. Where every case is to be "
        "refused, write 0.",
    ),
    Broken(
        "total_terms: 12.5",
        "total_terms: 12.345",
        "29:18: templates.Retainer.total_terms: may have at most 2 decimals, not 12.345",
    ),
    Broken(
        "total_terms: 12.5",
        "total_terms: 1000000000000",
        "29:18: templates.Retainer.total_terms: must be at most 100000000000, not 1000000000000",
    ),
    Broken(
        "decrease_on: resolution",
        "decrease_on: creation",
        "30:18: templates.Retainer.decrease_on: An entitlement in hours can only "
        "decrease on resolution. Write 'decrease_on: resolution'.",
    ),
    Broken(
        "restrict: true",
        'restrict: "yes"',
        "20:15: templates.Pack.restrict: must be true or false, not the text 'yes'",
    ),
    Broken(
        "restrict: true",
        "restrict: 1",
        "20:15: templates.Pack.restrict: must be true or false, not the number 1",
    ),
    Broken(
        "term: { days: 365 }",
        "term: { days: 365, months: 12 }",
        "21:11: templates.Pack.term: needs exactly one of days, months, years, until, open, but "
        "has 2 of them: days, months",
    ),
    Broken(
        "term: { days: 365 }",
        "term: {}",
        "21:11: templates.Pack.term: needs exactly one of days, months, years, until, open, but "
        "has none of them",
    ),
    Broken(
        "term: { days: 365 }",
        "term: 365",
        "21:11: templates.Pack.term: must be a length such as '12 months' or { days: 90 }, or "
        "open, not the number 365; write '365 days'",
    ),
    Broken(
        "channels: { phone: 4,",
        "channels: { fax: 4,",
        "22:17: templates.Pack.channels.fax: unknown key 'fax'; known: phone, email, "
        "web, facebook, twitter, iot",
    ),
    Broken(
        "channels: { phone: 4,",
        "channels: { phone: 4.5,",
        "22:24: templates.Pack.channels.phone: EntitlementTemplateTotalTerms: The "
        "template's total must be a whole number when terms are cases. Write a whole "
        "number, or 'allocation: hours'.",
    ),
    Broken(
        "price: 99.50",
        "price: EUR 99",
        "24:12: templates.Pack.price: must be a number such as 10 or 2.50, not the text 'EUR 99'; "
        "write 99",
    ),
    Broken(
        "resolve_hours: 16",
        "resolve_hours: 0",
        "14:51: slas.gold.resolve_hours: must be above 0, not 0",
    ),
    # segments
    Broken(
        "customers: 100",
        "customers: -100",
        "35:16: segments.offices.customers: must be at least 0, not -100",
    ),
    Broken(
        "customers: 100",
        "customers: 1e2",
        "35:16: segments.offices.customers: must be a whole number, not the text '1e2'",
    ),
    Broken(
        "customers: 100",
        "customer: 100",
        "34:3: segments.offices: 'customers' is missing: how many customers\n"
        "35:5: segments.offices.customer: unknown key 'customer'; did you mean 'customers'?",
    ),
    Broken(
        "at_start: 0.5",
        "at_start: 50",
        "36:24: segments.offices.joins.at_start: must be at most 1, not 50; 50 % is 0.5",
    ),
    Broken(
        "at_start: 0.5",
        "at_start: .nan",
        "36:24: segments.offices.joins.at_start: must be a finite number, not the number nan",
    ),
    Broken(
        "least: 0, most: 30",
        "least: 30, most: 0",
        "38:50: segments.offices.holds[0].lead_days: least (30) lies above most (0); "
        "write both, the smaller first",
    ),
    Broken(
        "least: 0, most: 30",
        "least: 0, most: 1.5",
        "38:68: segments.offices.holds[0].lead_days.most: must be a whole number, not "
        "the number 1.5",
    ),
    Broken(
        "- template: Retainer",
        "- Retainer",
        "39:9: segments.offices.holds[1]: must be a mapping (lines of 'key: value'), not "
        "the text 'Retainer'",
    ),
    Broken(
        "per_year: 12\n",
        "per_year: .inf\n",
        "41:17: segments.offices.cases.per_year: must be a finite number, not the number inf",
    ),
    Broken(
        "shape: 0.32",
        "shape: 0",
        "42:14: segments.offices.cases.shape: must be at least 1e-06, not 0",
    ),
    Broken(
        "weekdays: [1, 1, 1, 1, 1, 0.1, 0.1]",
        "weekdays: [1.0e-300, 0, 0, 0, 0, 0, 0]",
        "6:13: calendar.weekdays: are all next to 0; at least one must be 0.000000001 or more",
    ),
    Broken(
        "origins: { phone: 1, email: 2 }",
        "origins: { phone: 0, email: 0 }",
        "43:14: segments.offices.origins: are all 0; at least one must be above 0",
    ),
    Broken(
        "origins: { phone: 1, email: 2 }",
        "origins: {}",
        "43:14: segments.offices.origins: must have at least 1 entry, not 0",
    ),
    Broken(
        "0.5: 30",
        "0.5: 3",
        "45:36: segments.offices.billable_minutes.quantiles: must not fall: 3 at 0.5 "
        "lies under 5 at 0",
    ),
    Broken(
        "1: 480",
        "0.9: 480",
        "45:36: segments.offices.billable_minutes.quantiles: must go from share 0 to "
        "share 1, not from 0 to 0.9",
    ),
    Broken(
        "1: 480",
        "1.5: 480",
        "45:53: segments.offices.billable_minutes.quantiles.1.5: as a key, must be at "
        "most 1, not 1.5",
    ),
    Broken(
        "share: 0.4, median: 1,",
        "share: 0.5, median: 1,",
        "48:9: segments.offices.resolve_hours.mixture: the shares must add up to 1, not 1.1",
    ),
    Broken(
        "share: 0.4, median: 1,",
        "share: 0.4, mean: 1,",
        "48:25: segments.offices.resolve_hours.mixture[0].mean: unknown key 'mean'; did "
        "you mean 'median'?",
    ),
    Broken(
        "share: 0.4, median: 1, sigma: 1 }",
        "share: 0.4, median: 1, uniform: 2 }",
        "48:11: segments.offices.resolve_hours.mixture[0]: needs median and sigma, or exactly one "
        "of fixed, exponential and uniform",
    ),
    Broken(
        "    resolve_hours:\n",
        "    resolve_hours:\n      clock: workin\n      by_product: { Mial: 2 }\n",
        "47:14: segments.offices.resolve_hours.clock: unknown word 'workin'; did you mean "
        "'working'?\n"
        "48:21: segments.offices.resolve_hours.by_product.Mial: unknown product 'Mial'; did you "
        "mean 'Mail'?",
    ),
    Broken(
        "      shape: 0.32\n",
        "      shape: 0.32\n      follow_ups: { mean: 1 }\n",
        "43:27: segments.offices.cases.follow_ups.mean: must be at most 0.9, not 1",
    ),
    Broken(
        "    origins: { phone: 1, email: 2 }\n",
        "    origins: { phone: 1, email: 2 }\n    life: { ends: 60 }\n",
        "44:19: segments.offices.life.ends: must be a mapping (lines of 'key: value'), not "
        "the number 60",
    ),
    Broken(
        "    resolve_hours:\n",
        "    resolve_hours:\n      fixed: 24\n",
        "47:7: segments.offices.resolve_hours: needs exactly one of fixed, exponential, "
        "uniform, lognormal, mixture, quantiles, but has 2 of them: fixed, mixture",
    ),
    Broken(
        "picks: soonest_ending",
        "picks: soonest",
        "50:12: segments.offices.picks: unknown word 'soonest'; did you mean 'soonest_ending'?",
    ),
    Broken(
        "picks: soonest_ending",
        "picks: [default]",
        "50:13: segments.offices.picks[0]: unknown word 'default'; known: priority, free_first, "
        "narrowest, soonest_ending, most_remaining, oldest",
    ),
    Broken(
        "change: [0.5]",
        "change: [-1]",
        "51:43: segments.offices.amendments.change[0]: must be above -1, not -1",
    ),
    Broken(
        "change: [0.5]",
        "change: []",
        "51:42: segments.offices.amendments.change: must have at least 1 entry, not 0",
    ),
    Broken(
        "constant: 0.8",
        "constant: 0.8, beta_geometric: { alpha: 1, beta: 2 }",
        "53:20: segments.offices.renewal.inclination: needs exactly one of constant, "
        "beta_geometric, but has 2 of them: constant, beta_geometric",
    ),
    Broken(
        "down_below: 0.2",
        "down_below: 1.2",
        "53:7: segments.offices.renewal: down_below (1.2) must not lie above up_above "
        "(1), or the same customer would move both ways",
    ),
    Broken(
        "per_year: 2 }",
        "per_year: two }",
        "57:32: bursts[0].per_year: must be a number, not the text 'two'",
    ),
    Broken(
        "job_time: 02:00",
        "job_times: 02:00",
        "59:3: rules.job_times: unknown key 'job_times'; did you mean 'job_time'?",
    ),
    # what is expected
    Broken(
        "  job_time: 02:00\n",
        "  job_time: 02:00\nexpect: { refused_before: 0.5, at_mos: 0.1 }\n",
        "60:32: expect.at_mos: unknown key 'at_mos'; did you mean 'at_most'?",
    ),
    Broken(
        "  job_time: 02:00\n",
        "  job_time: 02:00\nexpect: [{ refused_before: 0.5, at_most: 0.1, segment: office }]\n",
        "60:56: expect[0].segment: unknown segment 'office'; did you mean 'offices'?",
    ),
    Broken(
        "  job_time: 02:00\n",
        "  job_time: 02:00\nexpect: { refused_before: 0.5 }\n",
        "60:9: expect: needs exactly one of at_most, at_least, but has none of them",
    ),
    Broken(
        "  job_time: 02:00\n",
        "  job_time: 02:00\nexpect: { refused_before: 50, at_most: 0.1 }\n",
        "60:27: expect.refused_before: must be at most 1, not 50; 50 % is 0.5",
    ),
    # the scorecard
    Broken(
        "  job_time: 02:00\n",
        "  job_time: 02:00\nscorecard: [{ row: weekend_shar }]\n",
        "60:20: scorecard[0].row: unknown word 'weekend_shar'; did you mean 'weekend_share'?",
    ),
    Broken(
        "  job_time: 02:00\n",
        "  job_time: 02:00\nscorecard: [{ row: shape, segment: office }]\n",
        "60:36: scorecard[0].segment: unknown segment 'office'; did you mean 'offices'?",
    ),
    Broken(
        "  job_time: 02:00\n",
        "  job_time: 02:00\nscorecard: [{ row: shape }, { row: shape, target: 1 }]\n",
        "60:36: scorecard[1].row: 'shape' of all customers stands twice; write it once",
    ),
    Broken(
        "  job_time: 02:00\n",
        "  job_time: 02:00\nscorecard: [{ row: shape, segment: offices }, { row: shape, "
        "segment: offices }]\n",
        "60:54: scorecard[1].row: 'shape' of segment 'offices' stands twice; write it once",
    ),
    Broken(
        "  job_time: 02:00\n",
        "  job_time: 02:00\nscorecard: [{ row: weekday_index, target: 1 }]\n",
        "60:43: scorecard[0].target: 'weekday_index' takes 7 numbers (mon, tue, wed, thu, fri, "
        "sat, sun), not 1",
    ),
    Broken(
        "  job_time: 02:00\n",
        "  job_time: 02:00\nscorecard: [{ row: shape, target: [] }]\n",
        "60:35: scorecard[0].target: 'shape' takes one number, not 0",
    ),
    Broken(
        "  job_time: 02:00\n",
        "  job_time: 02:00\nscorecard: [{ row: shape, target: much }]\n",
        "60:35: scorecard[0].target: must be a number, or a list of them, not the text 'much'",
    ),
    Broken(
        "  job_time: 02:00\n",
        "  job_time: 02:00\nscorecard: [{ row: shape, tolerance: -0.1 }]\n",
        "60:38: scorecard[0].tolerance: must be at least 0, not -0.1",
    ),
]
