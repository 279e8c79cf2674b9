"""The past of a run: what is lived before its first day.

Where two offerings are compared, both come from the same past: that of the base scenario, before
its overrides. What changes with an offering begins on the first day.
"""

from ..scenario.models import ScenarioModel


def past_of(model: ScenarioModel, base: ScenarioModel) -> ScenarioModel | None:
    """Return the scenario of the days before the first one; None where there are none.

    Parameters
    ----------
    model : ScenarioModel
        The scenario of the run, which says when its past begins.
    base : ScenarioModel
        The same before its overrides: it says what happens in the past, if it has one.

    Examples
    --------
    >>> from entitlement_sim import Scenario
    >>> changes = ["history={years: 2}", "segments.everyone.joins={}"]
    >>> model = Scenario.load("reference", changes).model
    >>> past = past_of(model, model)
    >>> past.calendar.start, past.calendar.days
    (datetime.date(2021, 1, 1), 730)
    """
    start = model.history_start
    if start is None:
        return None
    days = (model.calendar.start - start).days
    if base.history is None:
        base = model
    calendar = base.calendar.model_copy(update={"start": start, "days": days})
    return base.model_copy(update={"calendar": calendar})
