"""What templates offered before, where it is otherwise: in a past, or until a revision.

A run has one row for each template. Contracts that were sold by what held before it keep that until
they are renewed, so a run says it beside, and views ask it of them.
"""

from decimal import Decimal
from typing import Any, Final

from .models import ScenarioModel, Template
from .values import UNLIMITED

#: Number of the first template of a run; the others follow in order.
_FIRST_ID: Final = 1
_HUNDREDTH: Final = Decimal("0.01")


def offered_before(model: ScenarioModel, base: ScenarioModel) -> dict[str, Any] | None:
    """Return what contracts from before keep that the rows of templates say otherwise.

    These are prices of overage and refunds, which wait for the renewal as every price does, whether
    a total is unlimited, and whether a term has an end.

    Parameters
    ----------
    model, base : ScenarioModel
        A scenario, and the one before its overrides, by which everything before the day of a
        revision, or the first one, is lived.

    Returns
    -------
    dict of str to Any, or None
        `until`: contracts that were made before this day keep it. `renewed`: whether what renews
        them has what is offered then. `templates`: by number, as text, what each offered before;
        amounts as texts. None where nothing differs.
    """
    if model.revision is None and (model.history is None or base.history is None):
        return None
    differing = {
        str(number): _kept(base.templates[name])
        for number, (name, template) in enumerate(model.templates.items(), _FIRST_ID)
        if name in base.templates and _kept(base.templates[name]) != _kept(template)
    }
    if not differing:
        return None
    return {
        "until": model.revised_from.isoformat(),
        "renewed": model.revision is None or model.revision.applies != "new",
        "templates": differing,
    }


def _kept(template: Template) -> dict[str, Any]:
    price = None if template.overage is None else template.overage.price
    return {
        "refund": template.refund,
        "overage_price": None if price is None else str(price.quantize(_HUNDREDTH)),
        "is_unlimited": template.total_terms == UNLIMITED,
        "is_open_ended": template.term.open is not None,
    }
