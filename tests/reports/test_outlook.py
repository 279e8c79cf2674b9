"""What the renewals that were seen let one expect: by offering, at a stated mix, by customers."""

import numpy as np
import pandas as pd
import pytest

from entitlement_sim.inference import Portfolio
from entitlement_sim.metrics.shifted_beta_geometric import (
    NotIdentifiedError,
    ShiftedBetaGeometric,
    fit_renewals,
)
from entitlement_sim.reports.outlook import renewal_outlook

#: Curves of two offerings: alpha and beta.
CURVES = {"pack": (0.6, 1.4), "block": (0.5, 3.0)}
MIX = pd.Series({"pack": 3, "block": 1})


def lives(seed: int, customers: int = 400) -> pd.DataFrame:
    """A row for each renewal that a customer came to, up to the sixth."""
    rng = np.random.default_rng(seed)
    rows = []
    for place, (template, (alpha, beta)) in enumerate(CURVES.items()):
        for customer, leaves in enumerate(rng.beta(alpha, beta, customers)):
            for number in range(1, 7):
                stays = rng.random() > leaves
                rows.append((place * customers + customer, template, number, 1, int(stays)))
                if not stays:
                    break
    return pd.DataFrame(
        rows, columns=["customer_id", "template", "renewal_number", "at_risk", "renewed"]
    )


def everybody(dues: pd.DataFrame) -> Portfolio:
    return Portfolio.of(dues[["customer_id"]].drop_duplicates(), segment=None)


def truth(renewals: int) -> float:
    weights = MIX / MIX.sum()
    return float(
        sum(
            weights[name] * ShiftedBetaGeometric(*CURVES[name]).survival(renewals)
            for name in MIX.index
        )
    )


def test_the_mix_weighs_the_curve_of_each_offering():
    dues = lives(1)
    outlook = renewal_outlook(dues, MIX, 5, everybody(dues))
    own = {
        name: fit_renewals(rows["at_risk"], rows["renewed"], rows["renewal_number"])
        for name, rows in dues.groupby("template")
    }
    after = {name: fit.model.survival(5) for name, fit in own.items()}
    assert outlook.left["value"].iloc[-1] == pytest.approx(
        0.75 * float(after["pack"]) + 0.25 * float(after["block"])
    )
    assert outlook.mix.set_index("template")["share"].to_dict() == {"pack": 0.75, "block": 0.25}
    assert outlook.unit == "800 customers drawn anew"


def test_limits_hold_the_truth_about_as_often_as_they_say():
    held = []
    for seed in range(60):
        dues = lives(seed, customers=150)
        left = renewal_outlook(dues, MIX, 4, everybody(dues)).left.iloc[-1]
        held.append(left["low"] <= truth(4) <= left["high"])
    assert 0.85 <= np.mean(held) <= 1.0


def test_one_curve_of_contracts_that_are_independent_has_the_limits_of_its_likelihood():
    dues = lives(3).query("template == 'pack'")
    left = renewal_outlook(dues, MIX[["pack"]], 3, everybody(dues)).left.iloc[-1]
    fit = fit_renewals(dues["at_risk"], dues["renewed"], dues["renewal_number"])
    known = fit.survival(3)
    assert left["high"] - left["low"] == pytest.approx(float(known.high - known.low), rel=0.1)


def test_customers_with_several_contracts_each_widen_the_limits():
    dues = lives(4).query("template == 'pack'")
    twice = pd.concat([dues, dues])
    widths = []
    for rows, customers in ((twice, twice["customer_id"]), (twice, np.arange(len(twice)))):
        rows = rows.assign(customer_id=np.asarray(customers))
        left = renewal_outlook(rows, MIX[["pack"]], 3, everybody(rows)).left.iloc[-1]
        widths.append(left["high"] - left["low"])
    assert widths[0] > 1.3 * widths[1]


def test_an_offering_whose_curve_cannot_be_told_is_left_out_and_named():
    dues = lives(5)
    dues.loc[dues["template"] == "block", "renewed"] = 1
    outlook = renewal_outlook(dues, MIX, 3, everybody(dues))
    assert outlook.mix["share"].tolist() == [1.0]
    assert list(outlook.left_out) == ["block"]


def test_where_no_curve_can_be_told_there_is_no_outlook():
    dues = lives(6).assign(renewed=1)
    with pytest.raises(NotIdentifiedError, match="no offering"):
        renewal_outlook(dues, MIX, 3, everybody(dues))
