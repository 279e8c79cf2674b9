"""What all customers of a scenario share, which no difference between customers shows."""

from ..parameters import takes
from ..scenario.meant import SCENARIO, AnyScenario, scenario_meant
from .estimates import DAY_EFFECTS, INCIDENTS, LEVEL


@takes(scenario=SCENARIO)
def shared_shocks(scenario: AnyScenario) -> list[str]:
    """Name what chance does to all customers of a scenario together.

    Intervals over customers leave it out: they hold "given these days and incidents". Replications
    have it.

    Parameters
    ----------
    scenario : Scenario, path or str
        A scenario, its file, or the name of a shipped one.

    Returns
    -------
    list of str
        Of "day effects", "incidents" and "a wandering level"; empty if customers share nothing.

    Examples
    --------
    >>> from entitlement_sim import Scenario
    >>> shared_shocks(Scenario.load("demo"))
    ['day effects', 'incidents', 'a wandering level']
    >>> shared_shocks(Scenario.load("demo", ["bursts=[]", "calendar.level.sd=0"]))
    ['day effects']
    """
    scenario = scenario_meant(scenario)
    calendar = scenario.model.calendar
    incidents = any(burst.per_year > 0 for burst in scenario.model.bursts)
    there_is = {
        DAY_EFFECTS: calendar.day_spread > 0,
        INCIDENTS: incidents,
        LEVEL: calendar.level.sd > 0,
    }
    return [shock for shock, is_there in there_is.items() if is_there]
