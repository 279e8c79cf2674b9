"""Renewal curves of a few contracts, beside what the scenario configures."""

import pytest
from hand_made import TEMPLATES, HandMade

from entitlement_sim.scenario.models import Distribution
from entitlement_sim.scoring.renewals import _share_within

BOTH = ("small", "customer's own")


def segments(**renewal) -> dict:
    """Both segments of the runs made by hand, with such renewals."""
    return {
        "segments": {
            name: {
                "customers": 5,
                "cases": {"per_year": 12.0},
                "holds": [{"template": next(iter(TEMPLATES))}],
                "renewal": renewal,
            }
            for name in BOTH
        }
    }


def test_survival_is_the_product_of_the_shares_renewed(numbers):
    made = HandMade(days=400)
    first = [made.holds(0, 99) for _ in range(4)]
    second = [made.holds(100, 199, renews=old) for old in first[:3]]
    made.holds(200, 299, renews=second[0])
    card = numbers(made.run(**segments(inclination={"constant": 0.5})))
    # 3 of 4, then 1 of 3; the third fell due less than 90 days before the 400th day ended: no.
    assert card.parts("renewal_curve")[:2] == pytest.approx([0.75, 0.25])
    assert [card.of("renewal_curve", f"S({n})", "target") for n in (1, 2)] == [0.5, 0.25]
    assert [card.of("renewal_curve", f"S({n})", "n") for n in (1, 2, 3)] == [4, 3, 1]
    assert card.of("renewal_curve", "S(4)", "why") == (
        "no renewal number 4 fell due 90 days before the end"
    )


def test_a_contract_is_due_once_the_grace_has_passed(numbers):
    made = HandMade(days=200)
    made.holds(0, 108)  # 90 days after the 109th end with the last
    made.holds(0, 109)
    card = numbers(made.run())
    assert card.of("renewal_curve", "S(1)", "n") == 1
    assert card("renewal_curve", "S(1)") == 0


def test_what_ended_before_the_run_was_due_before_it(numbers):
    made = HandMade(days=300)
    old = made.holds(-200, -1)
    made.holds(0, 99, renews=old)
    card = numbers(made.run())
    assert card.of("renewal_curve", "S(1)", "why").startswith("no renewal number 1 fell due")


def test_contracts_from_before_the_run_count_at_their_number(numbers):
    made = HandMade(days=300)
    old = made.holds(-200, -1)
    made.holds(0, 99, renews=old)
    made.holds(0, 99)
    card = numbers(made.run())
    assert [card.of("renewal_curve", f"S({n})", "n") for n in (1, 2)] == [1, 1]


def test_renewed_after_the_grace_is_lost(numbers):
    made = HandMade(days=400)
    in_time, late = made.holds(0, 99), made.holds(0, 99)
    made.holds(190, 289, renews=in_time, created=190)
    made.holds(191, 290, renews=late, created=191)
    card = numbers(made.run())
    assert card("renewal_curve", "S(1)") == 0.5
    # Who came back after it is no survivor of the first renewal.
    assert card.of("renewal_curve", "S(2)", "n") == 1


def test_cancelled_contracts_fall_never_due(numbers):
    made = HandMade(days=400)
    made.holds(0, 99, cancelled=50)
    made.holds(0, 99)
    assert numbers(made.run()).of("renewal_curve", "S(1)", "n") == 1


def test_who_left_and_came_back_within_the_grace_is_reckoned_out(numbers):
    made = HandMade(days=400)
    for _ in range(6):
        made.holds(100, 199, renews=made.holds(0, 99), created=100)
    for _ in range(4):
        made.holds(0, 99)
    returning = {"share": 0.2, "days": {"fixed": 30}}
    card = numbers(made.run(**segments(inclination={"constant": 0.5}, returns=returning)))
    # r + 0.2 (1 - r) = 0.6
    assert card("renewal_curve", "S(1)") == pytest.approx(0.5)


def test_who_left_and_came_back_is_readier_to_leave(numbers):
    # alpha = beta = 1 and everybody who leaves comes back within the grace, half of them by far:
    # r + (1 - r) / 2 of the first renewals are 3/4 of those due. Of the second, 2/3 never left and
    # stay with 2/3, 1/3 did and stay with 1/3: 2/3 (2/3 + 1/6) + 1/3 (1/3 + 1/3) = 7/9.
    made = HandMade(days=400)
    second = [made.holds(100, 199, renews=made.holds(0, 99), created=100) for _ in range(9)]
    for _ in range(3):
        made.holds(0, 99)
    for old in second[:7]:
        made.holds(200, 299, renews=old, created=200)
    returning = {"share": 0.5, "days": {"fixed": 30}}
    spread = {"beta_geometric": {"alpha": 1, "beta": 1}}
    card = numbers(made.run(**segments(inclination=spread, returns=returning)))
    targets = [card.of("renewal_curve", f"S({n})", "target") for n in (1, 2)]
    assert targets == pytest.approx([1 / 2, 1 / 3])
    assert card.parts("renewal_curve")[:2] == pytest.approx(targets)


def test_where_nobody_is_to_renew_nobody_does(numbers):
    made = HandMade(days=400)
    made.holds(200, 299, renews=made.holds(100, 199, renews=made.holds(0, 99)))
    card = numbers(made.run(**segments(inclination={"constant": 0.0})))
    assert card.parts("renewal_curve")[:2] == [1, 0]


def test_who_renews_after_the_grace_is_reckoned_in(numbers):
    made = HandMade(days=400)
    for _ in range(4):
        made.holds(100, 199, renews=made.holds(0, 99), created=100)
    for _ in range(6):
        made.holds(0, 99)
    late = {"share": 0.2, "days": {"fixed": 91}}
    card = numbers(made.run(**segments(inclination={"constant": 0.5}, late=late)))
    assert card("renewal_curve", "S(1)") == pytest.approx(0.5)


def test_where_everybody_is_late_decisions_do_not_show(numbers):
    made = HandMade(days=400)
    made.holds(0, 99)
    card = numbers(made.run(**segments(late={"share": 1, "days": {"fixed": 200}})))
    assert card.of("renewal_curve", "S(1)", "why") == (
        "who renews late cannot be told from who returns"
    )


def test_the_target_of_several_segments_is_their_mix(numbers):
    said = segments(inclination={"constant": 0.5})
    said["segments"]["customer's own"]["renewal"] = {
        "inclination": {"beta_geometric": {"alpha": 1, "beta": 9}}
    }
    made = HandMade(days=400)
    for customer in range(1, 5):
        segment = BOTH[0] if customer < 4 else BOTH[1]
        made.customers[customer] = {"customer_id": customer, "segment": segment}
        made.holds(0, 99, customer=customer)
    card = numbers(made.run(**said))
    assert card.of("renewal_curve", "S(1)", "target") == pytest.approx((3 * 0.5 + 0.9) / 4)


@pytest.mark.parametrize(
    ("said", "share"),
    [
        ({"fixed": 90}, 1.0),
        ({"fixed": 90.5}, 0.0),
        ({"exponential": 90}, 0.632120558829),
        ({"lognormal": {"median": 90, "sigma": 2}}, 0.5),
        ({"lognormal": {"median": 33.1091497, "sigma": 1}}, 0.841344746069),
        ({"lognormal": {"median": 90, "sigma": 0}}, 1.0),
        ({"quantiles": {0: 0, 0.5: 80, 1: 100}}, 0.75),
        (
            {
                "mixture": [
                    {"share": 0.25, "median": 90, "sigma": 1},
                    {"share": 0.75, "median": 1e6, "sigma": 0},
                ]
            },
            0.125,
        ),
    ],
    ids=str,
)
def test_share_of_a_distribution_within_ninety_days(said, share):
    assert _share_within(Distribution.model_validate(said), 90) == pytest.approx(share)
