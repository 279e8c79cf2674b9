"""How far ahead it is worth while to draw a customer's cases, where its demand may end.

Cases are drawn before anything is lived through, and with a long past most customers leave long
before the run ends. So cases are drawn up to a day after which the customer is likely to write no
more, by its own draws for renewing. It is only a guess: whoever still writes then is drawn and
lived through once more, to the end of the run. Rows never hang on it.
"""

from typing import Any, Final

from ..compiling import int64, part, rare_part
from ..population.calendar_days import DAY
from ..population.customers import (
    NEVER,
    Customer,
    chance_to_renew,
    draw_leaning,
    draw_sale,
    met_as,
    never_buys,
)
from ..population.distributions import quantile
from ..population.plan import Plan
from .world import World

#: Log-odds by which a good term is taken to move the chance to renew at the most.
_GOOD_TERM: Final = 1.0
#: Share of the ends of demand that come no later than what is waited for.
_WAITED_FOR: Final = 0.99
#: Days of a month, and of a year, at the most.
_MONTH: Final = 31
_YEAR: Final = 366


@rare_part
def likely_horizon(plan: Plan, segment: Any, customer: Customer) -> int:
    """Day from which on a customer is likely to write nothing, or that after the run's last."""
    run = plan.run[0]
    if segment.demand_ends < 0 or not run.decides:
        return run.stop
    if segment.never_covered > 0.0 and never_buys(run, segment, customer):
        return run.stop
    covered = int64(customer.joined)
    for buyer in range(segment.accounts if segment.holds_apart else 1):
        covered = max(covered, _likely_covered(plan, segment, met_as(customer, buyer + 1)))
    waited = max(  # the longest ends have high shares in some distributions, low ones in others
        quantile(plan.distributions, segment.demand_ends, _WAITED_FOR),
        quantile(plan.distributions, segment.demand_ends, 1.0 - _WAITED_FOR),
    )
    return min(run.stop, covered + int64(waited) + 1)


@part
def writes_beyond(world: World, horizon: int) -> bool:
    """Whether a customer whose cases are drawn up to a day may write after it.

    Then it is drawn and lived through once more, to the end of the run.
    """
    return bool(horizon < world.run.stop and world.n.demand_ends > horizon * DAY)


@rare_part
def _likely_covered(plan: Plan, segment: Any, buyer: Customer) -> int:
    """Day until which what a customer buys, as one of its accounts, is likely to be renewed."""
    run = plan.run[0]
    covered = int64(buyer.joined)
    for line in range(segment.first_hold, segment.first_hold + segment.holds):
        hold = plan.holds[line]
        sale = draw_sale(run, hold, buyer)
        if sale.sold == NEVER:
            continue
        length = _longest_term(plan.templates[hold.template])
        day = int64(sale.start)
        renewal = int64(0)
        while day < run.stop:
            day += length
            leaning = draw_leaning(run, segment, hold, plan.distributions, buyer, renewal)
            if leaning.renews_below < chance_to_renew(segment, buyer, False, _GOOD_TERM):
                day += leaning.late
            elif leaning.returns != NEVER:
                day += leaning.returns
            else:
                break
            renewal += 1
        covered = max(covered, day)
    return covered


@rare_part
def _longest_term(template: Any) -> int:
    """Days of a term of a template at the most."""
    if template.until_month > 0:
        return int64(_YEAR)
    if template.term_months > 0:
        return template.term_months * _MONTH
    return max(template.term_days, int64(1))
