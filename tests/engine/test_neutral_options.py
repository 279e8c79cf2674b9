"""Options in the form in which they say nothing leave every row as it is without them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lived import merged
from random_offerings import HOLIDAYS, PROMISE, at_random, lived, plain_scenarios

from entitlement_sim import Scenario

NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


class Neutral(NamedTuple):
    """An option that says nothing.

    Attributes
    ----------
    says : dict
        What is written into the scenario; a None takes a key away.
    needs : dict
        What the scenario without it has, too.
    differs : dict
        Columns that tell of the option alone, by table; ``...`` for the whole table.
    """

    says: dict[str, Any]
    needs: Mapping[str, Any] = NOTHING
    differs: Mapping[str, Any] = NOTHING


def of_template(**says: Any) -> dict[str, Any]:
    return {"templates": {"Pack": says}}


def of_segment(**says: Any) -> dict[str, Any]:
    return {"segments": {"all": says}}


#: Nothing is taken back, and nothing goes below zero.
NEVER_OVER = merged(of_template(restrict=True), of_segment(reopened=0, cancelled_reactivated=0))
#: Nothing of the term that the scenario has else.
NO_TERM = dict.fromkeys(("days", "months", "until"))
#: As many days as the period that an allowance of the whole term has.
DAYS = 45
HOURS = {"templates": {"More": {"allocation": "hours"}}}
CASES = {"templates": {"More": {"allocation": "cases"}}}

NEUTRAL = {
    "every weight is 1": Neutral(
        of_template(weighs={"outside_hours": 1, "weekend": 1, "holiday": 1, "severity": {1: 1}}),
        merged(
            {"calendar": {"holidays": [{"date": day} for day in HOLIDAYS]}},
            of_segment(severities={1: 1, 2: 3}),
        ),
    ),
    "minutes in steps of one": Neutral(
        of_template(minutes={"at_least": 0, "step": 1}),
        merged(HOURS, of_template(allocation="hours", decrease_on="resolution")),
    ),
    "no unit of overage": Neutral(
        of_template(overage={"price": 40, "at_most": 0}),
        merged(NEVER_OVER, merged(CASES, of_template(allocation="cases", decrease_on="creation"))),
    ),
    "overage that nobody has": Neutral(of_segment(accepts_overage=0)),
    "one account": Neutral(of_segment(accounts={"each": 1}), differs={"cases": ["account"]}),
    "one account that holds its own": Neutral(
        of_segment(accounts={"each": 1, "hold": "own"}),
        differs={"cases": ["account"], "entitlements": ["account"]},
    ),
    "a priority of its only block": Neutral(
        of_template(priority=7), differs={"balances": ["priority"]}
    ),
    "the same order of picking as a list": Neutral(
        of_segment(picks=["soonest_ending"]), of_segment(picks="soonest_ending")
    ),
    "severities that nothing looks at": Neutral(
        of_segment(severities={1: 1, 2: 3}), differs={"cases": ["severity"]}
    ),
    "a service level by severity that is the same for all": Neutral(
        {"slas": {"Promise": {"severity": {1: PROMISE}}}}, of_segment(severities={1: 1, 2: 3})
    ),
    "a clock that never stops where hours never end": Neutral(
        {"slas": {"Promise": {"clock": "always"}}}, {"calendar": {"business_hours": "always"}}
    ),
    "spending that no price looks at": Neutral(of_segment(spend={"fixed": 0})),
    "a price of spend that is the least one": Neutral(
        merged(
            of_template(price={"of_spend": {"up_to": {50: 0}, "above": 0, "at_least": 100}}),
            of_segment(spend={"fixed": 600}),
        )
    ),
    "the same price by the month": Neutral(
        of_template(price={"amount": 100, "every": "month"}),
        of_template(price=300, term=NO_TERM | {"months": 3}),
    ),
    "a discount that nobody gets": Neutral(
        of_segment(holds=[{"template": "Pack", "discount": {"share": 0, "off": 0.1}}])
    ),
    "a discount of nothing": Neutral(
        of_segment(holds=[{"template": "Pack", "discount": {"off": 0}}])
    ),
    "a refund, which is money alone": Neutral(of_template(refund="unused")),
    "an answer to the price that is known": Neutral(
        of_segment(answers_price={"reference": 100, "buying": -1, "renewing": -2})
    ),
    "renewals as by habit": Neutral(of_template(renews={"itself": False, "rise": 0})),
    "top-ups that nobody buys": Neutral(
        of_segment(buys_more={"when": "empty", "share": 0, "template": "More"})
    ),
    "packs that nobody buys before a refusal": Neutral(
        of_segment(buys_more={"when": "refused", "share": 0, "template": "Pack"}),
        of_template(restrict=True),
    ),
    "nothing carried over": Neutral(
        of_template(allowance={"carry": {"at_most": 0}}),
        of_template(allowance={"terms": 2, "every": "month"}, total_terms=None),
    ),
    "money": Neutral({"money": {"hour_costs": 60, "uncovered": {"case": 150}}}),
    "an allowance of the whole term": Neutral(
        of_template(allowance={"terms": 4, "every": {"days": DAYS}}, total_terms=None),
        merged(of_template(total_terms=4, term=NO_TERM | {"days": DAYS}), of_segment(reopened=0)),
        # It is one of an allowance, and what it has left lapses.
        {
            "balances": ...,
            "ledger": ...,
            "entitlements": ["total_terms", "remaining_terms", "promised_terms"],
        },
    ),
}


def written(data: Any) -> Any:
    """Plain data without the keys that are None."""
    if not isinstance(data, dict):
        return data
    return {key: written(value) for key, value in data.items() if value is not None}


@pytest.mark.parametrize("name", NEUTRAL)
@at_random(4)
@given(data=plain_scenarios(), seed=st.integers(0, 2**32))
def test_an_option_that_says_nothing_moves_no_row(
    name: str, data: dict[str, Any], seed: int
) -> None:
    option = NEUTRAL[name]
    without = merged(data, option.needs)
    with_it = merged(without, option.says)
    ours = lived(Scenario.from_dict(written(with_it)), seed)
    for table, frame in lived(Scenario.from_dict(written(without)), seed).items():
        differs = option.differs.get(table, [])
        if differs is not ...:
            pd.testing.assert_frame_equal(
                ours[table].drop(columns=differs), frame.drop(columns=differs), obj=table
            )
