"""Money given anew to an opened run, as variables that the view ``money_parameters`` follows."""

from typing import TYPE_CHECKING, Final

from .quoting import literal

if TYPE_CHECKING:
    from ..scenario.models import Money

#: Variables of a connection that stand before what the scenario of its run says.
VARIABLES_OF_MONEY: Final = (
    "hour_costs", "case_costs", "uncovered_case", "uncovered_hour", "turned_away_costs",
    "discount_rate", "margin_method",
)  # fmt: skip


def money_as_sql(money: "Money") -> dict[str, str]:
    """Return the value of each variable, written as SQL has it."""
    costs = ", ".join(f"{literal(origin)}: {cost}" for origin, cost in money.case_costs.items())
    values = (
        str(money.hour_costs),
        f"MAP {{{costs}}}" if costs else "MAP()",
        str(money.uncovered.case),
        str(money.uncovered.hour),
        str(money.turned_away_costs),
        str(money.discount_rate),
        literal(money.margin_method),
    )
    return dict(zip(VARIABLES_OF_MONEY, values, strict=True))
