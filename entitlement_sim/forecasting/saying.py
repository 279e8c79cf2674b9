"""What a forecast says in words: why a contract is at risk, and what is not known."""

from typing import TYPE_CHECKING, Any, Final

from ..telling import Right, Table, counted, day, iso_day, money, number, percent, significant
from ..telling.tables import records

if TYPE_CHECKING:
    import pandas as pd

    from .forecast import Forecast

#: What each quantity is called as a title.
TITLES: Final = {
    "cases": "Cases",
    "covered": "Cases covered",
    "hours": "Hours of work",
    "ran_dry": "Contracts that run dry",
    "expiries": "Contracts that come to their end",
    "renewals": "Renewals",
    "breakage": "Breakage",
    "revenue": "Recognised revenue",
    "margin": "Margin",
}

#: Chances from which on somebody is to be called, and is sure to run dry.
_CALL: Final = 0.5
#: Customers who are to be called, at the most.
_MOST_CALLS: Final = 15
#: Days before its end in which a contract is talked about anyway.
_SOON: Final = 90

#: Below so many cases a month a customer hardly writes.
_HARDLY = 0.05


def reason_of(contract: Any) -> str:
    """Return why a contract may run dry, or not, in a sentence."""
    if contract.total != contract.total:
        return "It has no number of terms."
    total = f"{number(contract.total)} {contract.allocation}"
    if contract.remaining <= 0:
        return f"Nothing is left of its {total}."
    left = f"{number(contract.remaining)} of {total} left for {counted(contract.days_left, 'day')}"
    if contract.a_month < _HARDLY:
        return f"{left}; its customer hardly writes."
    return f"{left}; its customer writes about {significant(contract.a_month)} cases a month."


def caveats_of(forecast: "Forecast") -> list[str]:
    """Return what is not known of a forecast, and what its bands leave out; a sentence each."""
    model = forecast.scenario.model
    said = []
    if forecast.fitted:
        if forecast.is_drawn:
            said.append(
                "Customers go on by scenarios that were fitted to this book: each number is drawn "
                "anew, as far off as the book leaves it open, so that bands hold that, too."
            )
        else:
            said.append(
                "Customers go on by a scenario that was fitted to this book; its numbers are taken "
                "as if they were known, so that bands are somewhat too narrow."
            )
        if forecast.defaults:
            kept = counted(len(forecast.defaults), "key")
            said.append(f"The book does not tell {kept} of it, which keep their default.")
    else:
        said.append(
            "Customers go on by the very scenario that the book was simulated by; of a real book "
            "nobody knows it, and bands would be wider."
        )
    level = forecast.level
    if level.sd > 0.0:
        whence = {
            "declared": "as the scenario says",
            "breaks": "since its level has broken before and may again",
            "totals": "by how far blocks of four weeks lie apart",
        }[level.source]
        said.append(
            f"All customers share a level that wanders by {percent(level.sd)}, {whence}; it is in "
            "the bands."
        )
    elif any(one.sd > 0.0 for one in forecast.levels):
        said.append(
            "No level that all customers share was seen to wander; what the weeks of the book "
            "leave open of one is in the bands."
        )
    else:
        said.append("No level that all customers share was seen to wander, so none is drawn.")
    said.append(
        "Offerings, prices and habits stay as they are: nothing that is planned is known here."
    )
    said.append(
        "Cases that are closed on the last day are not reopened, and do not bring others after it."
    )
    holidays = [holiday.date for holiday in model.calendar.holidays]
    if holidays and not any(forecast.as_of < each <= forecast.until for each in holidays):
        said.append("No holiday is named in the days to come, though there were some before.")
    if any(segment.account_count > 1 for segment in model.segments.values()):
        said.append("Accounts of a customer are taken as new: how each has written is not used.")
    if not forecast.has_margin:
        said.append("No costs are known, so there is no margin.")
    if forecast.unequal:
        said.append(
            f"The recorded balance of {counted(forecast.unequal, 'contract')} is not the one that "
            "the rules give; the forecast goes on from what the rules give."
        )
    return said


def _to_call(forecast: "Forecast") -> "pd.DataFrame":
    """Return the paid contracts that more likely than not will run dry, the soonest first."""
    rows = forecast.contracts
    likely = (rows["chance_dry"] >= _CALL) & (rows["remaining"] > 0) & (rows["price"] > 0)
    return rows[likely].sort_values(["dry_median", "entitlement_id"], kind="stable")


def _offer(forecast: "Forecast", template: str) -> str:
    """Return what is to be offered to who runs out of a template's terms."""
    templates = forecast.scenario.model.templates
    larger = templates[template].moves_up_to
    if larger is not None:
        return larger
    blocks = [name for name, other in templates.items() if template in (other.adds_to or ())]
    return blocks[0] if blocks else "more terms"


def offers_of(forecast: "Forecast") -> str:
    """Return whom to call and what to offer, in Markdown."""
    rows = forecast.contracts
    calls = _to_call(forecast)
    spent = rows[(rows["remaining"] <= 0) & (rows["price"] > 0)]
    said = []
    if len(calls):
        worth = money(calls["price"].sum(), forecast.run.currency)
        said.append(
            f"**Call {counted(calls['customer_id'].nunique(), 'customer')}** before their terms "
            f"run out: {counted(len(calls), 'paid contract')}, sold for {worth}, will more likely "
            "than not run dry before the end of the term. Offer what stands beside each; those "
            "that run dry soonest stand first."
        )
    else:
        said.append("No paid contract is more likely than not to run dry before its end.")
    if len(spent):
        said.append(
            f"**Sell anew** to {counted(spent['customer_id'].nunique(), 'customer')}: nothing is "
            f"left of {counted(len(spent), 'paid contract')} that still run."
        )
    ending = rows[(rows["days_left"] <= _SOON) & (rows["price"] > 0)]
    if len(ending):
        lost = float((ending["price"] * ending["chance_left"]).sum())
        said.append(
            f"**Talk about renewal** with the customers of {counted(len(ending), 'paid contract')} "
            f"that {'ends' if len(ending) == 1 else 'end'} within {number(_SOON)} days: contracts "
            f"worth {money(lost, forecast.run.currency)} are to be expected not to be renewed by "
            f"{day(forecast.until)}."
        )
    idle = rows[(rows["left"] >= 0.75 * rows["total"]) & (rows["price"] > 0)]
    if len(idle):
        said.append(
            f"**Offer less, or show what it is for**: {counted(len(idle), 'paid contract')} are to "
            "be expected to use less than a quarter of their terms."
        )
    return "\n\n".join(said)


def table_of_calls(forecast: "Forecast") -> Table | None:
    """Return whom to call first, and why; None where there is nobody."""
    calls = _to_call(forecast)
    if not len(calls):
        return None
    rows = [
        (
            str(row.customer_id),
            str(row.entitlement_id),
            row.template,
            percent(row.chance_dry),
            iso_day(row.dry_median),
            _offer(forecast, row.template),
            row.reason,
        )
        for row in records(calls.head(_MOST_CALLS))
    ]
    headings = ("customer", "contract", "template", Right("runs dry"), "half by", "offer", "why")
    return Table(headings, rows, "Whom to call first")


def table_of_risks(forecast: "Forecast", most: int) -> Table:
    """Return the contracts that are likeliest to run dry, with the reason."""
    counted_ones = forecast.contracts[forecast.contracts["chance_dry"].notna()]
    spent = int((counted_ones["remaining"] <= 0).sum())
    counted_ones = counted_ones[counted_ones["remaining"] > 0]
    rows = [
        (
            str(row.entitlement_id),
            str(row.customer_id),
            row.template,
            percent(row.chance_dry),
            iso_day(row.dry_median) if row.dry_median == row.dry_median else "",
            iso_day(row.end_date),
            percent(row.chance_renewed),
            row.reason,
        )
        for row in records(counted_ones.head(most))
    ]
    headings = (
        "contract", "customer", "template", Right("runs dry"), "half by", "term ends",
        Right("renewed"), "why",
    )  # fmt: skip
    shown = f"the first {number(most)} of " if len(counted_ones) > most else ""
    caption = f"By risk: {shown}{counted(len(counted_ones), 'contract')} with terms left"
    if spent:
        caption += f"; {number(spent)} more have none left already"
    return Table(headings, rows, caption)
