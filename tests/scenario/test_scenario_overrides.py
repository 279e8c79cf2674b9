"""``--set path=value`` changes one value and is checked like the file itself."""

import pytest
from broken_scenarios import GOOD
from hypothesis import given
from hypothesis import strategies as st

from entitlement_sim.documents import DocumentError
from entitlement_sim.scenario import Scenario


def changed(*overrides: str) -> Scenario:
    return Scenario.parse(GOOD, "trial.yaml", overrides)


def mistakes(*overrides: str) -> str:
    with pytest.raises(DocumentError) as error:
        changed(*overrides)
    return str(error.value)


def test_a_written_value_is_changed():
    assert changed("segments.offices.customers=50").model.segments["offices"].customers == 50


def test_a_value_in_a_list_is_changed():
    model = changed("segments.offices.holds[1].share=0.25").model
    assert [one.share for one in model.segments["offices"].holds] == [0.7, 0.25]


def test_a_value_that_the_file_leaves_to_its_default_is_changed():
    joins = changed("segments.offices.renewal.late.share=0.5").model.segments["offices"].renewal
    assert joins.late.share == 0.5
    assert joins.late.days.exponential == 14.0


def test_an_entry_of_a_list_that_the_file_leaves_to_its_default_is_changed():
    text = GOOD.replace("  weekdays: [1, 1, 1, 1, 1, 0.1, 0.1]\n", "")
    model = Scenario.parse(text, overrides="calendar.weekdays[6]=0").model
    assert model.calendar.weekdays == [1, 1, 1, 1, 1, 1, 0]


def test_names_with_dots_and_blanks_stand_in_quotes():
    text = GOOD.replace("  Pack:", "  Pack v1.0:").replace(": Pack", ": Pack v1.0")
    for path in ('templates."Pack v1.0".price', "templates.'Pack v1.0'.price"):
        model = Scenario.parse(text, overrides=f"{path}=7.5").model
        assert str(model.templates["Pack v1.0"].price) == "7.50"


def test_names_with_blanks_need_no_quotes():
    text = GOOD.replace("  Pack:", "  Big pack:").replace(": Pack", ": Big pack")
    assert Scenario.parse(text, overrides="templates.Big pack.price=1").model.templates["Big pack"]


def test_a_value_may_be_a_mapping_or_a_list():
    model = changed("templates.Pack.term={months: 6}", "calendar.holidays=[]").model
    assert (model.templates["Pack"].term.months, model.calendar.holidays) == (6, [])


def test_a_new_name_may_be_added():
    model = changed("slas.silver={resolve_hours: 40}", "templates.Pack.sla=silver").model
    assert model.templates["Pack"].sla == "silver"


def test_a_share_of_the_quantiles_is_changed_by_its_number():
    model = changed("segments.offices.billable_minutes.quantiles.'0.5'=60").model
    assert model.segments["offices"].billable_minutes.quantiles == {0: 5, 0.5: 60, 1: 480}
    model = changed("segments.offices.billable_minutes.quantiles.'0.75'=90").model
    assert model.segments["offices"].billable_minutes.quantiles == {0: 5, 0.5: 30, 0.75: 90, 1: 480}


def test_the_last_of_two_overrides_of_a_value_wins():
    assert changed("seed=5", "seed=6").model.seed == 6


def test_an_equals_sign_in_a_value_stays():
    assert changed("description=a=b").model.description == "a=b"


MISTAKES = [
    ("calendar.days=x", "1:15: calendar.days: must be a whole number, not the text 'x'"),
    ("calendar.days=", "1:15: calendar.days: is blank, but must be a whole number"),
    ("calendar.days", "1:14: must be written path=value, such as calendar.days=365"),
    ("=5", "1:1: must be written path=value, such as calendar.days=365"),
    ("calendar..days=5", "1:9: must be written path=value, such as calendar.days=365"),
    ("calendar.dayz=5", "1:10: calendar.dayz: unknown key 'dayz'; did you mean 'days'?"),
    ("kalendar.days=5", "1:1: kalendar: unknown key 'kalendar'; did you mean 'calendar'?"),
    (
        "segments.office.customers=5",
        "1:10: segments.office: unknown name 'office'; did you mean 'offices'?",
    ),
    (
        "segments.offices.holds.share=1",
        "1:24: segments.offices.holds.share: 'segments.offices.holds' is a list; write an index "
        "such as segments.offices.holds[0]",
    ),
    (
        "segments.offices.holds[2].share=1",
        "1:23: segments.offices.holds[2]: there is no entry [2]: 'segments.offices.holds' has 2, "
        "counted from [0]",
    ),
    (
        "templates.Pack.products[0].x=1",
        "1:28: templates.Pack.products[0].x: 'templates.Pack.products[0]' is a single value and "
        "has no 'x' inside",
    ),
    ("seed.x=1", "1:1: seed: 'seed' is a single value with nothing inside"),
    (
        "calendar[0]=1",
        "1:9: calendar[0]: 'calendar' is a mapping; write a name instead of an index",
    ),
    (
        "bursts[0]={product: Mail, per_yaer: 2}",
        "1:11: bursts[0]: 'per_year' is missing: incidents a year, at any time\n"
        "1:27: bursts[0].per_yaer: unknown key 'per_yaer'; did you mean 'per_year'?",
    ),
    ("calendar.days=[1", "1:17: is not YAML: while parsing a flow sequence"),
    ("calendar.days={a: 1, a: 2}", "1:22: a: the key 'a' stands twice, first in line 1"),
    (
        "templates.Pack.term.months=6",
        "1:28: templates.Pack.term: needs exactly one of days, months, years, until, open, "
        "but has 2 of them: days, months; set the whole: templates.Pack.term={months: 6}",
    ),
    (
        "templates.Retainer.decrease_on=creation",
        "1:32: templates.Retainer.decrease_on: An entitlement in hours can only decrease on "
        "resolution.",
    ),
]


@pytest.mark.parametrize(("override", "said"), MISTAKES, ids=lambda text: text[:30])
def test_a_wrong_override_is_named_with_its_column(override: str, said: str):
    for expected, line in zip(said.split("\n"), mistakes(override).split("\n"), strict=True):
        assert line.startswith(f"--set {override}:{expected}")


def test_what_an_override_breaks_elsewhere_is_named_in_the_file():
    said = mistakes("templates.Pack.total_terms=8")
    assert said.startswith(
        "trial.yaml:22:34: templates.Pack.channels.email: InvalidEntitlementChannelTerms: "
    )


def test_what_was_wrong_before_is_named_in_the_file():
    text = GOOD.replace("least: 0, most: 30", "least: 30, most: 0")
    with pytest.raises(DocumentError) as error:
        Scenario.parse(text, "trial.yaml", "segments.offices.holds[0].lead_days.least=40")
    assert str(error.value).startswith("--set segments.offices.holds[0].lead_days.least=40:1:43: ")
    with pytest.raises(DocumentError) as error:
        Scenario.parse(text, "trial.yaml", "segments.offices.holds[0].share=1")
    assert str(error.value).startswith("trial.yaml:38:50: segments.offices.holds[0].lead_days: ")


def test_mistakes_of_several_overrides_come_together():
    said = mistakes("calendar.dayz=5", "kalendar.days=5", "nonsense")
    assert len(said.split("\n")) == 3


def test_the_text_brings_a_changed_scenario_back():
    scenario = changed("calendar.days=30", "description='# a: {b}'", "slas.x={resolve_hours: 1}")
    again = Scenario.parse(scenario.text)
    assert again.model == scenario.model
    assert again.hash == scenario.hash
    assert again.overrides == ()


def test_the_text_names_what_was_changed():
    first, *_ = changed("calendar.days=30", "description='a\n\n# b'").text.split("\n")
    assert first.startswith("# trial.yaml, changed by [calendar.days=30, ")


def test_an_unchanged_scenario_keeps_its_text_as_written():
    assert changed().text == GOOD


def test_a_copy_with_changes_leaves_the_scenario_alone():
    scenario = changed("calendar.days=30")
    shorter = scenario.with_("calendar.days=10").with_({"seed": 7, "description": "short: yes"})
    assert (scenario.model.calendar.days, shorter.model.calendar.days) == (30, 10)
    assert (shorter.model.seed, shorter.model.description) == (7, "short: yes")
    assert shorter.overrides[:3] == ("calendar.days=30", "calendar.days=10", "seed=7")
    assert Scenario.parse(shorter.text).hash == shorter.hash


def test_the_order_in_which_a_copy_is_changed_does_not_count():
    one = changed().with_("seed=2").with_("calendar.days=9")
    other = changed("calendar.days=9", "seed=2")
    assert one.hash == other.hash


steps = st.sampled_from(
    ["calendar", "segments", "offices", "templates", "Pack", "holds", "[0]", "[9]", "[00]", "'a.b'",
     "quantiles", "billable_minutes", "0", "'0.5'", "weekdays", "late", "notes", "x", "", " "]
)  # fmt: skip


@given(st.lists(steps, max_size=4), st.text(max_size=6) | st.sampled_from(["{a: 1}", "[", "&a"]))
def test_any_override_is_taken_or_named(path: list[str], value: str):
    override = ".".join(path).replace(".[", "[") + "=" + value
    text = GOOD + "notes: { odd: {} }\n"
    with pytest.raises(DocumentError) as error:  # if only because of the notes
        Scenario.parse(text, "trial.yaml", override)
    assert all(line.isprintable() for line in str(error.value).split("\n"))
