"""Stories with one mistake each: where it stands, and what must be said about it."""

from typing import NamedTuple


class Broken(NamedTuple):
    """A story with a mistake.

    Attributes
    ----------
    mistake : str
    text : str
    line, column : int
        Of the mistake, both from 1.
    path : str
    says : str
        Part of the message.
    """

    mistake: str
    text: str
    line: int
    column: int
    path: str
    says: str


HEAD = """\
- story: a shop floor
  today: 2027-02-03
  entitlements:
    E1: {customer: A, start: 2027-01-01, end: 2027-12-31, total_terms: 5, state: active}
  cases:
    C1: {customer: A, entitlement: E1}
  steps:
"""


def step(text: str) -> str:
    """Return a story whose only step, in line 8, is `text`."""
    return HEAD + f"    - {text}\n"


BROKEN = [
    Broken("not YAML", "- story: a\n  today: [2027", 2, 15, "", "is not YAML"),
    Broken("empty file", "", 1, 1, "", "must be a list of stories"),
    Broken("a bare text", "a story", 1, 1, "", "must be a list of stories"),
    Broken(
        "a key twice",
        "- story: a\n  today: 2027-02-03\n  today: 2027-02-04\n  steps: []\n",
        3,
        3,
        "[0].today",
        "stands twice, first in line 2",
    ),
    Broken(
        "an unknown key of a story",
        "- story: a\n  today: 2027-02-03\n  entitlement: {}\n  steps: []\n",
        3,
        3,
        "[0].entitlement",
        "did you mean 'entitlements'?",
    ),
    Broken("a story without a clock", "- story: a\n  steps: []\n", 1, 3, "[0]", "needs today"),
    Broken("a story that is a list", "- [a, b]\n", 1, 3, "[0]", "must be a mapping"),
    Broken(
        "a day that is not in the calendar",
        "- story: a\n  today: 2027-02-29\n  steps: []\n",
        2,
        10,
        "[0].today",
        "2027-02-29",
    ),
    Broken(
        "a clock that is no day",
        "- story: a\n  today: soon\n  steps: []\n",
        2,
        10,
        "[0].today",
        "must be a day of the calendar like 2025-06-15",
    ),
    Broken(
        "an hour that no day has",
        "- story: a\n  today: '2027-02-03 24:30'\n  steps: []\n",
        2,
        10,
        "[0].today",
        "2027-02-03 24:30",
    ),
    Broken(
        "an unknown rule",
        "- story: a\n  rules: [T1, T9]\n  today: 2027-02-03\n  steps: []\n",
        2,
        15,
        "[0].rules[1]",
        "unknown rule 'T9'",
    ),
    Broken(
        "an unknown certainty",
        "- story: a\n  certainty: document\n  today: 2027-02-03\n  steps: []\n",
        2,
        14,
        "[0].certainty",
        "did you mean 'documented'?",
    ),
    Broken(
        "an unknown setting",
        "- story: a\n  today: 2027-02-03\n  settings: {refund_on_dettach: true}\n  steps: []\n",
        3,
        14,
        "[0].settings.refund_on_dettach",
        "did you mean 'refund_on_detach'?",
    ),
    Broken(
        "a switch that is no flag",
        "- story: a\n  today: 2027-02-03\n  settings: {gate_on_reactivate: 1}\n  steps: []\n",
        3,
        34,
        "[0].settings.gate_on_reactivate",
        "must be true or false, not 1",
    ),
    Broken(
        "children that block and close",
        "- story: a\n  today: 2027-02-03\n  steps: []\n"
        "  settings: {children_block_parent: true, close_children_with_parent: true}\n",
        4,
        13,
        "[0].settings",
        "close_children_with_parent and children_block_parent cannot both be true",
    ),
    Broken(
        "an unknown time zone",
        "- story: a\n  today: 2027-02-03\n  settings: {tz: Europe/Atlantis}\n  steps: []\n",
        3,
        18,
        "[0].settings.tz",
        "there is no time zone 'Europe/Atlantis'",
    ),
    Broken(
        "an impossible time of day",
        "- story: a\n  today: 2027-02-03\n  settings: {job_time: '25:00'}\n  steps: []\n",
        3,
        24,
        "[0].settings.job_time",
        "'25:00' is no time of day",
    ),
    Broken(
        "an unknown field of an entitlement",
        HEAD.replace("total_terms", "total_term") + "    []\n",
        4,
        59,
        "[0].entitlements.E1.total_term",
        "did you mean 'total_terms'?",
    ),
    Broken(
        "a total that is text",
        HEAD.replace("total_terms: 5", "total_terms: five") + "    []\n",
        4,
        72,
        "[0].entitlements.E1.total_terms",
        "must be a number of terms, not five",
    ),
    Broken(
        "a total with three decimals",
        HEAD.replace("total_terms: 5", "total_terms: 5.125") + "    []\n",
        4,
        72,
        "[0].entitlements.E1.total_terms",
        "more than two decimals",
    ),
    Broken(
        "an endless total",
        HEAD.replace("total_terms: 5", "total_terms: .inf") + "    []\n",
        4,
        72,
        "[0].entitlements.E1.total_terms",
        "is not a number of terms",
    ),
    Broken(
        "a state that cannot be given",
        HEAD.replace("state: active", "state: expired") + "    []\n",
        4,
        82,
        "[0].entitlements.E1.state",
        "known: draft, active",
    ),
    Broken(
        "an end on the 31st of June",
        HEAD.replace("2027-12-31", "2027-06-31") + "    []\n",
        4,
        47,
        "[0].entitlements.E1.end",
        "2027-06-31",
    ),
    Broken(
        "an unknown template",
        HEAD.replace("state: active", "template: Plan") + "    []\n",
        4,
        85,
        "[0].entitlements.E1.template",
        "unknown template 'Plan'; known: none",
    ),
    Broken(
        "a case of an unknown entitlement",
        HEAD.replace("entitlement: E1}", "entitlement: E2}") + "    []\n",
        6,
        36,
        "[0].cases.C1.entitlement",
        "unknown entitlement 'E2'; known: E1",
    ),
    Broken(
        "an id that stands for two records",
        HEAD.replace("C1: {customer: A, entitlement: E1}", "E1: {customer: A}") + "    []\n",
        6,
        9,
        "[0].cases.E1",
        "'E1' is an entitlement already",
    ),
    Broken(
        "steps that are no list",
        HEAD + "    activate: {entitlement: E1}\n",
        8,
        5,
        "[0].steps",
        "must be a list of steps",
    ),
    Broken(
        "an unknown action",
        step("resolve: {case: C1}"),
        8,
        7,
        "[0].steps[0].resolve",
        "did you mean 'resolve_case'?",
    ),
    Broken(
        "two actions in one step",
        HEAD + "    - cancel_case: {case: C1}\n      delete_case: {case: C1}\n",
        8,
        7,
        "[0].steps[0]",
        "one action, not 2",
    ),
    Broken(
        "a step without an action",
        step("expect: {C1: {state: active}}"),
        8,
        7,
        "[0].steps[0]",
        "one action, not 0",
    ),
    Broken(
        "an unknown argument",
        step("resolve_case: {case: C1, minutes: 30}"),
        8,
        32,
        "[0].steps[0].resolve_case.minutes",
        "unknown key 'minutes'",
    ),
    Broken(
        "a missing argument",
        step("renew: {entitlement: E1}"),
        8,
        7,
        "[0].steps[0].renew",
        "needs as",
    ),
    Broken(
        "an action on a record that is made later",
        HEAD + "    - cancel_case: {case: C2}\n    - create_case: {id: C2, customer: A}\n",
        8,
        27,
        "[0].steps[0].cancel_case.case",
        "unknown case 'C2'",
    ),
    Broken(
        "a record of another kind",
        step("cancel_case: {case: E1}"),
        8,
        27,
        "[0].steps[0].cancel_case.case",
        "'E1' is an entitlement, not a case",
    ),
    Broken(
        "an id that is in use",
        step("create_case: {id: C1, customer: A}"),
        8,
        25,
        "[0].steps[0].create_case.id",
        "'C1' is made already, in line 6",
    ),
    Broken(
        "an unknown origin",
        step("create_case: {id: C2, customer: A, origin: fone}"),
        8,
        50,
        "[0].steps[0].create_case.origin",
        "did you mean 'phone'?",
    ),
    Broken(
        "an unknown channel",
        HEAD.replace("state: active", "channels: {mail: 1}") + "    []\n",
        4,
        86,
        "[0].entitlements.E1.channels.mail",
        "did you mean 'email'?",
    ),
    Broken(
        "an unknown field of an edit",
        step("edit_entitlement: {id: E1, set: {channels: {}}}"),
        8,
        40,
        "[0].steps[0].edit_entitlement.set.channels",
        "unknown key 'channels'",
    ),
    Broken(
        "negative minutes",
        step("add_activity: {case: C1, minutes: -5}"),
        8,
        41,
        "[0].steps[0].add_activity.minutes",
        "a whole number from 0 to 2147483647, not -5",
    ),
    Broken(
        "an activity that is cancelled from the first",
        step("add_activity: {case: C1, minutes: 5, status: cancelled}"),
        8,
        52,
        "[0].steps[0].add_activity.status",
        "known: open, completed",
    ),
    Broken(
        "no case at all, several times",
        step("create_case: {id: C2, customer: A, times: 0}"),
        8,
        49,
        "[0].steps[0].create_case.times",
        "a whole number from 1 to 100000, not 0",
    ),
    Broken(
        "a clock that goes back",
        step("advance_to: 2027-02-02"),
        8,
        19,
        "[0].steps[0].advance_to",
        "the clock cannot go back: it stands at 2027-02-03 here",
    ),
    Broken(
        "a jump to the 30th of February",
        step("advance_to: 2028-02-30"),
        8,
        19,
        "[0].steps[0].advance_to",
        "2028-02-30",
    ),
    Broken(
        "an unknown refusal",
        HEAD + "    - cancel: {entitlement: E1}\n      refused: InvalidEntitlementCancle\n",
        9,
        16,
        "[0].steps[0].refused",
        "did you mean 'InvalidEntitlementCancel'?",
    ),
    Broken(
        "an expectation of an unknown record",
        HEAD + "    - cancel: {entitlement: E1}\n      expect: {E7: {state: cancelled}}\n",
        9,
        16,
        "[0].steps[0].expect.E7",
        "unknown record 'E7'",
    ),
    Broken(
        "an expectation of an unknown field",
        HEAD + "    - cancel: {entitlement: E1}\n      expect: {E1: {remains: 5}}\n",
        9,
        21,
        "[0].steps[0].expect.E1.remains",
        "did you mean 'remaining'?",
    ),
    Broken(
        "an expectation of a field of another kind of record",
        HEAD + "    - cancel: {entitlement: E1}\n      expect: {C1: {remaining: 5}}\n",
        9,
        21,
        "[0].steps[0].expect.C1.remaining",
        "unknown key 'remaining'",
    ),
    Broken(
        "an expectation of an unknown state",
        HEAD + "    - cancel: {entitlement: E1}\n      expect: {E1: {state: closed}}\n",
        9,
        28,
        "[0].steps[0].expect.E1.state",
        "unknown state 'closed'",
    ),
    Broken(
        "an expectation of an unknown entitlement of a case",
        HEAD + "    - cancel: {entitlement: E1}\n      expect: {C1: {entitlement: E3}}\n",
        9,
        34,
        "[0].steps[0].expect.C1.entitlement",
        "unknown entitlement 'E3'",
    ),
    Broken(
        "a customer that YAML reads as false",
        step("create_case: {id: C2, customer: no}"),
        8,
        39,
        "[0].steps[0].create_case.customer",
        "quote it if it is a word like 'no'",
    ),
    Broken(
        "products that are no list",
        HEAD.replace("state: active", "products: Pump") + "    []\n",
        4,
        85,
        "[0].entitlements.E1.products",
        "must be a list, like [A, B], not Pump",
    ),
]
