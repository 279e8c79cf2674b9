"""What is paid, as a person writes it: taken, or named with what was meant."""

from decimal import Decimal
from typing import Any

import pytest
from test_offerings_as_written import AMOUNT, MAPPING, mistake, parsed, the_template

from entitlement_sim import Scenario
from entitlement_sim.scenario.models import Pricing
from entitlement_sim.scenario.pricing import unanswered_prices

PLAIN = "total_terms: 5"
SPENT = "price: { of_spend: { up_to: { 80000: 0.07, 10000: 0.10 }, above: 0.03, at_least: 100 } }"
ANSWERS = "answers_price: { reference: 100, buying: -1.2, renewing: -0.4 }"


def test_a_price_may_be_for_every_period() -> None:
    template = the_template(parsed(f"{PLAIN}; price: {{ amount: 125.50, every: month }}"))
    assert template.price == Pricing(amount=Decimal("125.50"), every="month")


def test_bands_of_spend_are_kept_in_their_order() -> None:
    price = the_template(parsed(f"{PLAIN}; {SPENT}", "spend: { fixed: 600 }")).price
    assert isinstance(price, Pricing)
    assert price.of_spend is not None
    assert list(price.of_spend.up_to) == [10_000, 80_000]


def test_off_is_a_key_and_no_switch() -> None:
    written = "holds[0].discount={ share: 0.2, off: 0.15 }"
    held = parsed(PLAIN, "life: {}", f"segments.all.{written}").model.segments["all"].holds[0]
    assert held.discount is not None
    assert (held.discount.share, held.discount.off) == (0.2, Decimal("0.15"))


@pytest.mark.parametrize(
    ("template", "segment"),
    [
        (f"{PLAIN}; price: {{ amount: 125, every: quarter }}", ANSWERS),
        (f"{PLAIN}; {SPENT}", "spend: { fixed: 600 }"),
        (
            f"{PLAIN}; renews: {{ itself: true, notice: {{ days: 90 }}, rise: 0.05 }}",
            "answers_price: { reference: { Pack: 100 }, buying: 0, renewing: 0 }",
        ),
    ],
)
def test_what_is_paid_comes_back_from_its_model(template: str, segment: str) -> None:
    scenario = parsed(template, segment)
    read_back = Scenario.from_dict(scenario.model.model_dump())
    assert read_back.model == scenario.model
    assert read_back.hash == scenario.hash


EITHER = "must be a number such as 1500 or 99.50, or a mapping"

MISTAKES = [
    ("price: 125 EUR a month", f"9:12: price: {EITHER}, not the text '125 EUR a month'; write "
     "{ amount: 125, every: month }"),
    ("price: 3 %", f"9:12: price: {EITHER}, not the text '3 %'; write {{ of_spend: {{ up_to: "
     "{ 10000: 0.03 }, above: 0.03 } }"),
    ("price: free", f"9:12: price: {EITHER}, not the text 'free'; write 0"),
    ("price: 1500 EUR", f"9:12: price: {AMOUNT}, not the text '1500 EUR'; write 1500"),
    ("price: -1", "9:12: price: must be at least 0, not -1"),
    ("price: { amount: 5 }", "9:12: price: needs amount and every, or of_spend alone"),
    ("price: { amount: 5, every: monthly }", "9:32: price.every: unknown word 'monthly'; did you "
     "mean 'month'?"),
    ("price: { of_spend: { up_to: { 10000: 10 % }, above: 0 } }", "9:42: "
     "price.of_spend.up_to[10000]: must be a share such as 0.4, not the text '10 %'; 10 % is 0.1"),
    ("price: { of_spend: { up_to: { 10.001: 0.1 }, above: 0 } }", "9:33: price.of_spend.up_to: "
     "ends of bands may have at most 2 decimals, not 10.001"),
    ("price: { amount: 5, every: month }; term: open", "9:12: price: is for every period, but a "
     "term that is open has no number of them; write an amount for the whole"),
    ("price: { amount: 5, every: month }; prorate: price", "10:14: prorate: is price, but a price "
     "for every period counts a part period by its days anyway; leave it out"),
    ("renews: true", f"9:13: renews: {MAPPING}, not true; write {{ itself: true }}"),
    ("renews: {}", "9:5: renews: says nothing; write itself: true, rise or into"),
    ("renews: { itself: true }; term: open", "9:5: renews: has no place where the term is open, "
     "which is never renewed; leave it out"),
    ("renews: { rise: 0.1, notice: { days: 9 } }", "9:26: renews.notice: only goes with itself: "
     "true, since otherwise customers decide at the end"),
    ("renews: { itself: true, notice: 3 months }", f"9:37: renews.notice: {MAPPING}, not the text "
     "'3 months'; write { days: 90 }"),
    ("renews: { itself: true, notice: { days: 400 } }", "9:45: renews.notice.days: is 400, but "
     "the term has 372 days at the most; write fewer"),
    ("renews: { rise: 5 }", "9:21: renews.rise: must be at most 1, not 5; 5 % is 0.05"),
    ("renews: { into: Pack }", "9:21: renews.into: names the template itself; leave it out"),
    ("renews: { into: Pakc }", "9:21: renews.into: unknown template 'Pakc'; did you mean 'Pack'?"),
    ("escalator: 0.05", "9:5: escalator: unknown key 'escalator'"),
]  # fmt: skip


@pytest.mark.parametrize(("template", "said"), MISTAKES, ids=[text for text, _ in MISTAKES])
def test_a_wrong_price_is_named_with_what_was_meant(template: str, said: str) -> None:
    place, rest = said.split(": ", 1)
    assert f"trial.yaml:{place}: templates.Pack.{rest}" in mistake(f"{PLAIN}; {template}")


@pytest.mark.parametrize(
    ("segment", "said"),
    [
        (ANSWERS.replace("-1.2", "1.2"), "buying: must be at most 0, not 1.2; write -1.2"),
        (ANSWERS.replace("100", "0"), "reference: must be at least 0.01, not 0"),
        (ANSWERS.replace("100", "{ Pakc: 1 }"), "reference.Pakc: unknown template 'Pakc'; did you "
         "mean 'Pack'?"),
        ("answers_price: { reference: 1 }", "'buying' is missing: elasticity of the share that "
         "buys"),
        (f"renewal: {{ moved_by: {{ price_rise: -3 }} }}\n    {ANSWERS}", "has no place beside "
         "renewal.moved_by.price_rise, since customers would answer to the same price twice; write "
         "one of them"),
    ],
)  # fmt: skip
def test_a_wrong_answer_to_a_price_is_named(segment: str, said: str) -> None:
    assert said in mistake(f"{PLAIN}; price: 9", segment)


def test_a_price_by_spend_needs_something_that_is_spent() -> None:
    assert "segments.all: 'spend' is missing: what its customers spend in a term" in mistake(
        f"{PLAIN}; {SPENT}"
    )


def two_templates(reference: str) -> str:
    return mistake(
        f"{PLAIN}; price: 9; moves_up_to: Big\n  Big:\n    total_terms: 9; price: 20",
        ANSWERS.replace("100", reference),
    )


def test_one_reference_is_no_price_of_two_templates() -> None:
    assert "is one price, but the segment can hold several templates; write { Pack: 100.00, " in (
        two_templates("100")
    )


def test_references_are_those_of_all_that_can_be_held() -> None:
    said = two_templates("{ Pack: 9 }")
    assert "lacks 'Big', which the segment can hold; write its price there, too" in said


# ------------------------------------------------------------------- whether customers react

RISE = {"templates.Pack.price": 200}


def is_unanswered(segment: str, changes: dict[str, Any]) -> bool:
    base = parsed(f"{PLAIN}; price: 100", segment)
    return bool(unanswered_prices(base.model, base.with_(changes).model))


@pytest.mark.parametrize(
    "changes",
    [
        RISE,
        {"templates.Pack.renews": {"rise": 0.1}},
        {"templates.Pack.overage": {"price": 4}},
        {"segments.all.holds[0].discount": {"off": 0.5}},
        {"templates.Pack.price": {"amount": 9, "every": "month"}},
    ],
)
def test_customers_without_an_answer_do_not_react_to_another_price(changes: Any) -> None:
    assert is_unanswered("life: {}", changes)


@pytest.mark.parametrize(
    ("segment", "changes"),
    [
        ("life: {}", {"templates.Pack.total_terms": 9}),
        (ANSWERS, RISE),
        ("renewal: { moved_by: { price_rise: -3 } }", RISE),
        ("life: {}", RISE | {"segments.all.customers": 0}),
    ],
)
def test_who_answers_or_pays_the_same_is_not_spoken_of(segment: str, changes: Any) -> None:
    assert not is_unanswered(segment, changes)


def test_what_is_bought_when_terms_run_out_has_a_price_that_may_be_unanswered() -> None:
    top_up = f"{PLAIN}; price: 100\n  More:\n    total_terms: 3; price: 30; adds_to: [Pack]"
    base = parsed(top_up, "buys_more: { when: empty, share: 1, template: More }")
    dearer = base.with_({"templates.More.price": 40})
    assert unanswered_prices(base.model, dearer.model) == ["all"]
