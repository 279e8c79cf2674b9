"""Lives that are kept and lived on come to what simulating them from the beginning does."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from busy_scenarios import busy
from sold_offerings import sold, topped_up
from test_sums import AFTER_A_PAST, PAST, TOPPED_UP_BEFORE

from entitlement_sim import Scenario
from entitlement_sim.engine.blocks import pieces
from entitlement_sim.engine.kept_lives import add_up_kept, keep
from entitlement_sim.engine.sums import Offerings, add_up
from entitlement_sim.population.plan import Plan
from entitlement_sim.replications import Plans

SEED = 29


def kept_and_lived_on(drawn: Plan, met: Offerings) -> None:
    """Compare, piece by piece, with lives that are lived from the beginning."""
    assert {*met.pasts.tolist()} == {0}
    for piece in pieces(drawn, 64):
        whole = add_up(drawn, met, piece, customers=True, months=False)
        kept = keep(drawn, met, piece)
        added = add_up_kept(kept, met, customers=True)
        assert np.array_equal(added.by_month, whole.by_month)
        assert np.array_equal(added.by_customer, whole.by_customer)


def few() -> list[str]:
    return ["segments.small.customers=60", "segments.midsize.customers=30"]


def cases() -> Iterator[Any]:
    same_past = {name: AFTER_A_PAST[name] for name in ("larger", "open")}
    yield pytest.param(busy(*few(), *PAST), same_past, id="a past of three years")
    yield pytest.param(busy(*few()), same_past, id="no past")
    demo = Scenario.load(
        "demo",
        ["segments.small.customers=80", "segments.midsize.customers=30",
         "segments.enterprise.customers=4"],
    )  # fmt: skip
    smaller = {
        "smaller": {
            "templates.Pack 30.total_terms": 24,
            "templates.Pack 30.channels": {"phone": 9},
        },
        "by creation": {"templates.Analytics add-on.decrease_on": "creation"},
    }
    yield pytest.param(demo, smaller, id="the demo, ten years old")
    yield pytest.param(topped_up(*TOPPED_UP_BEFORE), {}, id="topped up before the run")
    yield pytest.param(sold(), {}, id="everything that is sold")


@pytest.mark.parametrize(("base", "changes"), [*cases()])
def test_kept_lives_come_to_what_whole_ones_do(
    base: Scenario, changes: dict[str, dict[str, Any]]
) -> None:
    base = Scenario.parse(base.text)  # what it is today is what it was
    offerings = {"base": base} | {name: base.with_(change) for name, change in changes.items()}
    for replication in (0, 1):
        [(names, drawn, met)] = Plans(offerings, SEED).of(replication)
        assert names == [*offerings]
        kept_and_lived_on(drawn, met)


def test_whoever_has_nothing_left_to_happen_is_not_kept() -> None:
    base = Scenario.load("demo", ["segments.small.customers=80", "segments.midsize.customers=0",
                                  "segments.enterprise.customers=0"])  # fmt: skip
    [(_, drawn, met)] = Plans({"base": base}, SEED).of(0)
    before = [piece for piece in pieces(drawn, 64) if piece.first < 0]
    lived = sum(piece.count for piece in before)
    kept = [keep(drawn, met, piece) for piece in before]
    there = sum(len(one.lives.places) for one in kept)
    assert 80 * 0.7 < there < lived / 2
    assert sum(one.nbytes for one in kept) < 40_000 * there
