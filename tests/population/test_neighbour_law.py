"""What is drawn belongs to what it decides: what stands beside it moves nothing of it."""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from drawn import CUSTOMERS, Drawn, drawn
from random_scenarios import random_scenario

from entitlement_sim.documents import read_document
from entitlement_sim.scenario.shipped import shipped_scenarios

SEED = 5
#: What stands before the durations in what is drawn of a case.
_BEFORE_DURATIONS = 6
_SEVERITY = 5

Data = dict[str, Any]


def shipped(name: str) -> Data:
    """A shipped scenario with few customers, there from the first day of half a year."""
    data = copy.deepcopy(read_document(shipped_scenarios()[name]).data)
    data["calendar"]["days"] = 180
    data.pop("history", None)  # with which another holding changes how many join
    data.pop("scorecard", None)  # which names segments, and decides nothing that is drawn
    for segment in data["segments"].values():
        segment["joins"] = {"at_start": 1}
    return with_few_customers(data)


def with_few_customers(data: Data) -> Data:
    for segment in data["segments"].values():
        segment["customers"] = CUSTOMERS
        segment["cases"] = segment["cases"] | {"per_year": min(segment["cases"]["per_year"], 60)}
    return data


PORTFOLIOS: dict[str, Callable[[], Data]] = {
    **{name: (lambda name=name: shipped(name)) for name in shipped_scenarios()},
    **{
        f"at random {seed}": (
            lambda seed=seed: with_few_customers(random_scenario(np.random.default_rng(seed)))
        )
        for seed in (1, 2, 3)
    },
}


WITH_BURSTS = [name for name, make in PORTFOLIOS.items() if make().get("bursts")]
WITH_PRODUCTS = [
    name
    for name, make in PORTFOLIOS.items()
    if any(len(segment.get("products", {})) > 1 for segment in make()["segments"].values())
]


@pytest.fixture(scope="module", params=PORTFOLIOS)
def data(request: pytest.FixtureRequest) -> Data:
    return PORTFOLIOS[request.param]()


@pytest.fixture
def of_one_mix(data: Data) -> Data:
    """The portfolio without mixes of the customers' own.

    These are drawn around the segment's weights, so that another weight, or a product less, draws
    every customer another mix: the law is about a mix that stays.
    """
    alike = copy.deepcopy(data)
    for segment in alike["segments"].values():
        segment.pop("products_spread", None)
    return alike


@pytest.fixture(scope="module")
def before(data: Data) -> Drawn:
    return drawn(data, SEED)


def changed(data: Data, change: Callable[[Data], None]) -> Drawn:
    """What is drawn after a change."""
    other = copy.deepcopy(data)
    change(other)
    return drawn(other, SEED)


def both(first: Drawn, second: Drawn) -> list[tuple[str, ...]]:
    """What is there before and after; never nothing."""
    common = [key for key in first if key in second]
    assert common
    return common


def assert_alike(first: Drawn, second: Drawn) -> None:
    """Hold everything against each other that is there before and after."""
    for key in both(first, second):
        assert first[key] == second[key], key


def reverse(mapping: Data) -> Data:
    return dict(reversed(mapping.items()))


@pytest.mark.parametrize("data", WITH_PRODUCTS, indirect=True)
def test_another_burst_moves_nothing(data: Data, before: Drawn) -> None:
    burst = {
        "name": "one more",
        "product": data["products"][0],
        "per_year": 30,
        "hits": 1,
        "cases": 3,
    }
    after = changed(data, lambda data: data.setdefault("bursts", []).insert(0, burst))
    assert_alike(before, after)


@pytest.mark.parametrize("way", ["removed", "switched off", "put last"])
@pytest.mark.parametrize("data", WITH_BURSTS, indirect=True)
def test_a_burst_that_goes_moves_nothing_of_others(data: Data, before: Drawn, way: str) -> None:
    def change(data: Data) -> None:
        burst = data["bursts"].pop(0)
        if way == "switched off":
            data["bursts"].insert(0, burst | {"per_year": 0})
        elif way == "put last":
            data["bursts"].append(burst)

    after = changed(data, change)
    if way == "switched off":
        burst = data["bursts"][0]
        name = burst.get("name", burst["product"])
        after = {key: value for key, value in after.items() if key[-1] != name}
    assert_alike(before, after)


def test_another_holding_moves_nothing(data: Data, before: Drawn) -> None:
    def change(data: Data) -> None:
        data["templates"] = {"First of all": {}} | data["templates"]
        for segment in data["segments"].values():
            segment.setdefault("holds", []).insert(0, {"template": "First of all"})

    assert_alike(before, changed(data, change))


def test_a_holding_that_goes_moves_nothing_of_others(data: Data, before: Drawn) -> None:
    def change(data: Data) -> None:
        for segment in data["segments"].values():
            segment["holds"] = segment["holds"][:-1]

    assert_alike(before, changed(data, change))


def test_the_order_of_holdings_and_templates_moves_nothing(data: Data, before: Drawn) -> None:
    def change(data: Data) -> None:
        data["templates"] = reverse(data["templates"])
        for segment in data["segments"].values():
            first = {}
            for hold in segment["holds"]:
                first.setdefault(hold["template"], []).append(hold)
            segment["holds"] = [hold for holds in reverse(first).values() for hold in holds]

    assert_alike(before, changed(data, change))


def test_severities_and_willingness_to_pay_beyond_terms_move_nothing_else(
    data: Data, before: Drawn
) -> None:
    def change(data: Data) -> None:
        for segment in data["segments"].values():
            segment["severities"] = {1: 1, 2: 2, 4: 3}
            segment["accepts_overage"] = 0.5

    after = changed(data, change)
    assert after.keys() == before.keys()
    for key, value in before.items():
        if len(key) == 2:
            assert without(value, 2) == without(after[key], 2)
        elif all(isinstance(case, tuple) for case in value) and isinstance(value, list):
            assert [(product, without(rest, _SEVERITY)) for product, rest in value] == [
                (product, without(rest, _SEVERITY)) for product, rest in after[key]
            ]
        else:
            assert value == after[key]


def test_what_is_bought_when_terms_run_out_moves_nothing(data: Data, before: Drawn) -> None:
    def change(data: Data) -> None:
        for segment in data["segments"].values():
            for held in segment.get("holds", [])[:1]:
                more = {"when": "empty", "share": 0.5, "template": held["template"]}
                segment["buys_more"] = more

    assert_alike(before, changed(data, change))


def without(values: tuple[Any, ...], place: int) -> tuple[Any, ...]:
    return values[:place] + values[place + 1 :]


def test_another_segment_moves_nothing(data: Data, before: Drawn) -> None:
    def change(data: Data) -> None:
        [first, *_] = data["segments"].values()
        data["segments"] = {"in front": copy.deepcopy(first)} | data["segments"]

    assert_alike(before, changed(data, change))


def test_the_order_of_segments_moves_nothing(data: Data, before: Drawn) -> None:
    def change(data: Data) -> None:
        data["segments"] = reverse(data["segments"])

    after = changed(data, change)
    assert after.keys() == before.keys()
    assert_alike(before, after)


def test_more_customers_move_nothing(data: Data, before: Drawn) -> None:
    def change(data: Data) -> None:
        for segment in data["segments"].values():
            segment["customers"] += 100

    assert_alike(before, changed(data, change))


def moved_products(data: Data, before: Drawn, change: Callable[[Data], None]) -> set[Any]:
    """Pairs of what a case was about before and after a change, where nothing else may move.

    How long a case takes may hang on its product.
    """
    after = changed(data, change)
    pairs = set()
    hangs = any(
        isinstance(value, dict) and "by_product" in value
        for segment in data["segments"].values()
        for value in segment.values()
    )
    for key in both(before, after):
        if "cases" not in key:
            assert before[key] == after[key], key
            continue
        for (was, rest), (now, others) in zip(before[key], after[key], strict=True):
            alike = _BEFORE_DURATIONS if hangs and was != now else len(rest)
            assert rest[:alike] == others[:alike]
        pairs |= {
            (was, now)
            for (was, _), (now, _) in zip(before[key], after[key], strict=True)
            if was != now
        }
    return pairs


@pytest.fixture
def product(data: Data) -> str:
    """The first product that a segment with several has."""
    several = (
        segment["products"]
        for segment in data["segments"].values()
        if len(segment.get("products", {})) > 1
    )
    return next(iter(next(several)))


@pytest.mark.parametrize("data", WITH_PRODUCTS, indirect=True)
def test_a_product_that_weighs_more_only_draws_cases_to_itself(
    of_one_mix: Data, product: str
) -> None:
    def change(data: Data) -> None:
        for segment in data["segments"].values():
            if product in segment.get("products", {}):
                segment["products"][product] *= 3

    pairs = moved_products(of_one_mix, drawn(of_one_mix, SEED), change)
    assert pairs
    assert {now for _, now in pairs} == {product}


@pytest.mark.parametrize("data", WITH_PRODUCTS, indirect=True)
def test_a_product_that_goes_only_gives_its_own_cases_away(of_one_mix: Data, product: str) -> None:
    def change(data: Data) -> None:
        for segment in data["segments"].values():
            segment.get("products", {}).pop(product, None)
            if not segment.get("products", True):
                segment["products"] = {other: 1 for other in data["products"] if other != product}
        data["bursts"] = [burst for burst in data.get("bursts", []) if burst["product"] != product]

    pairs = moved_products(of_one_mix, drawn(of_one_mix, SEED), change)
    assert pairs
    assert {was for was, _ in pairs} == {product}


def test_the_order_of_products_moves_nothing(data: Data, before: Drawn) -> None:
    def change(data: Data) -> None:
        data["products"] = data.get("products", [])[::-1]
        for segment in data["segments"].values():
            segment["products"] = reverse(segment.get("products", {}))

    assert moved_products(data, before, change) == set()


def test_a_renamed_segment_keeps_its_draws_under_the_name_that_it_is_drawn_as(
    data: Data, before: Drawn
) -> None:
    name = next(iter(data["segments"]))

    def change(data: Data) -> None:
        data["segments"] = {
            ("anew" if own == name else own): (
                segment | {"drawn_as": name} if own == name else segment
            )
            for own, segment in data["segments"].items()
        }

    after = changed(data, change)
    back = {(name if key[0] == "anew" else key[0], *key[1:]): value for key, value in after.items()}
    assert back.keys() == before.keys()
    assert_alike(before, back)


def test_parts_of_a_segment_share_its_customers_out_in_their_order(
    data: Data, before: Drawn
) -> None:
    [name, *_] = data["segments"]

    def change(data: Data) -> None:
        whole = data["segments"].pop(name)
        data["segments"] = {
            "front": whole | {"customers": 1, "drawn_as": name},
            "rest": whole | {"customers": CUSTOMERS - 1, "drawn_as": name},
        } | data["segments"]

    after = changed(data, change)
    back = {}
    for key, value in after.items():
        place = str(int(key[1]) + (1 if key[0] == "rest" else 0))
        own = name if key[0] in ("front", "rest") else key[0]
        back[own, place, *key[2:]] = value
    assert back.keys() == before.keys()
    assert_alike(before, back)
