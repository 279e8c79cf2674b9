"""What a template offers beyond a plain total, as a desk knows it."""

from ..desk.records import Allowance, Offering, Overage, Weights
from ..population.plan import offered
from ..rules.amounts import hundredths
from ..rules.weights import SEVERITIES
from ..rules.words import Debt
from ..scenario.models import Template


def offering_of(template: Template) -> Offering:
    """Return what a template of a scenario offers, in hundredths."""
    fields = offered(template)
    allowance = Allowance(
        terms=fields["grant"],
        months=fields["every_months"],
        days=fields["every_days"],
        on_calendar=fields["on_calendar"],
        first_prorated=fields["first_prorated"],
        last_prorated=fields["last_prorated"],
        carries=fields["carries"],
        carry_at_most=fields["carry_at_most"],
        carry_share=fields["carry_share"],
        carry_for=fields["carry_for"],
        carried_burns_last=fields["carried_burns_last"],
    )
    overage = Overage(
        free=fields["overage_free"],
        at_most=fields["overage_at_most"],
        debt=list(Debt)[fields["debt"]],
    )
    severities = range(1, SEVERITIES + 1)
    weights = Weights(
        outside_hours=fields["weight_outside"],
        weekend=fields["weight_weekend"],
        holiday=fields["weight_holiday"],
        severity=dict(zip(severities, fields["weight_severity"], strict=True)),
    )
    return Offering(
        unlimited=fields["unlimited"],
        allowance=allowance if fields["has_allowance"] else None,
        overage=overage if fields["goes_over"] else None,
        at_least=fields["at_least"],
        step=fields["step"],
        weights=weights if fields["weighs"] else None,
        priority=fields["priority"],
        price=hundredths(template.price),
    )
