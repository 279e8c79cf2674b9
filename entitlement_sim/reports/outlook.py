"""What the renewals that were seen let one expect of what is sold today."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from ..inference import Portfolio, total
from ..metrics.shifted_beta_geometric import (
    NotIdentifiedError,
    RenewalFit,
    ShiftedBetaGeometric,
    fit_renewals,
)

#: Step on the scale of logarithms for a slope: small enough for six digits.
_STEP = 1e-5


class Outlook(NamedTuple):
    """How many of a mix of offerings are expected to be left after further renewals.

    Attributes
    ----------
    left : DataFrame
        `renewal_number`, `value`, `low` and `high`: the share left of the mix.
    mix : DataFrame
        `template`, `share` of what was sold, `at_risk` and `renewed` that its model rests on, and
        `left` after the last renewal that is looked at.
    left_out : dict of str to str
        Templates whose model cannot be told from what was seen, and why.
    unit : str
        What the limits come from, in words.
    """

    left: pd.DataFrame
    mix: pd.DataFrame
    left_out: dict[str, str]
    unit: str


def renewal_outlook(
    dues: pd.DataFrame, sold: "pd.Series[int]", ahead: int, portfolio: Portfolio
) -> Outlook:
    """Fit a renewal curve to each offering, and weigh the curves by what was sold.

    A shifted-beta-geometric curve a template (Fader and Hardie, Journal of Interactive Marketing
    21, 2007), because they come to their renewals at another pace and are renewed by other
    customers: one curve of all would tell of whichever comes to its later renewals first. Limits
    are linearised, with customers drawn anew: what each customer's renewals pull at the curves is
    its score in the likelihood over the observed information.

    Parameters
    ----------
    dues : DataFrame
        Columns `customer_id`, `template` (that was sold first), `renewal_number`, `at_risk` and
        `renewed`.
    sold : Series of int
        How many were sold of each template: the mix.
    ahead : int
        Renewals to look ahead.
    portfolio : Portfolio

    Raises
    ------
    NotIdentifiedError
        There is no template whose curve can be told.
    """
    fits: dict[str, RenewalFit] = {}
    left_out: dict[str, str] = {}
    for template in map(str, sold.index[sold > 0]):
        own = dues[dues["template"] == template]
        try:
            fits[template] = fit_renewals(own["at_risk"], own["renewed"], own["renewal_number"])
        except NotIdentifiedError as error:
            left_out[template] = str(error)
    if not fits:
        raise NotIdentifiedError("no offering has renewals that tell its curve", float("nan"))
    weights = sold[list(fits)] / sold[list(fits)].sum()
    numbers = np.arange(1, ahead + 1)
    pulls = pd.concat(
        [
            weights[template] * _pulls(dues[dues["template"] == template], fit, numbers)
            for template, fit in fits.items()
        ]
    )
    estimates = [
        total(pulls.reset_index(), int(renewal), portfolio=portfolio) for renewal in numbers
    ]
    value = sum(weights[template] * fit.model.survival(numbers) for template, fit in fits.items())
    left = pd.DataFrame({"renewal_number": numbers, "value": value})
    left["low"] = [_within(share, each.low) for share, each in zip(value, estimates, strict=True)]
    left["high"] = [_within(share, each.high) for share, each in zip(value, estimates, strict=True)]
    mix = pd.DataFrame(
        [
            (
                template, weights[template], fit.at_risk.sum(), fit.renewed.sum(),
                float(fit.model.survival(ahead)),
            )
            for template, fit in fits.items()
        ],
        columns=["template", "share", "at_risk", "renewed", "left"],
    )  # fmt: skip
    return Outlook(left, mix, left_out, estimates[-1].unit)


def _within(share: float, off: float) -> float:
    return float(np.clip(share + off, 0, 1))


def _pulls(own: pd.DataFrame, fit: RenewalFit, numbers: np.ndarray) -> pd.DataFrame:
    """Return how far each customer pulls at the survival after each number of renewals."""
    alpha, beta = fit.model.alpha, fit.model.beta
    before = own["renewal_number"].to_numpy(dtype=float) - 1
    renewed = own["renewed"].to_numpy(dtype=float)
    at_risk = own["at_risk"].to_numpy(dtype=float)
    everyone = alpha + beta + before
    # Derivatives of the likelihood by log alpha and log beta, one a row of the data.
    scores = np.stack(
        [
            (at_risk - renewed) - at_risk * alpha / everyone,
            renewed * beta / (beta + before) - at_risk * beta / everyone,
        ],
        axis=1,
    )
    slopes = np.stack(
        [
            (
                ShiftedBetaGeometric(alpha * up[0], beta * up[1]).survival(numbers)
                - ShiftedBetaGeometric(alpha / up[0], beta / up[1]).survival(numbers)
            )
            / (2 * _STEP)
            for up in ((np.exp(_STEP), 1.0), (1.0, np.exp(_STEP)))
        ]
    )
    return pd.DataFrame(
        scores @ fit.covariance @ slopes,
        index=pd.Index(own["customer_id"], name="customer_id"),
        columns=[int(number) for number in numbers],
    )
