"""What a revised offering may differ in from the one before it, which is that of the base."""

from collections.abc import Iterator

from .models import ScenarioModel, Template
from .values import UNLIMITED
from .wording import Finding


def ill_revised(model: ScenarioModel, base: ScenarioModel) -> Iterator[Finding]:
    """Say why a scenario cannot be a revision of its base; nothing where it can.

    A run has one row for each template, and views ask it of contracts from before and after alike:
    what they ask stays. Whether there is overage at all is asked of none of them.
    """
    for name, template in base.templates.items():
        if name in model.templates:
            for field, what in _unlike(template, model.templates[name]):
                message = (
                    f"is another {what} than before, but from {model.revised_from} on contracts of "
                    "both are open, and a run has one for each template: sell it as a template "
                    "with a name of its own"
                )
                yield Finding(("templates", name, field), message, True)


def _unlike(before: Template, after: Template) -> Iterator[tuple[str, str]]:
    """Yield in which fields two templates differ of what a run says once, and what that is."""
    if (before.total_terms == UNLIMITED) != (after.total_terms == UNLIMITED):
        yield "total_terms", "kind of total"
    if bool(before.term.open) != bool(after.term.open):
        yield "term", "kind of term"
    if before.refund != after.refund:
        yield "refund", "refund"
    prices = {each.overage.price for each in (before, after) if each.overage is not None}
    if len(prices) == 2:
        yield "overage", "price of overage"
