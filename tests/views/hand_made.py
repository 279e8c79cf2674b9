"""Tiny runs told entitlement by entitlement."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from plain import rows_of
from store_rows import START, facts, table_of

from entitlement_sim.store.run import Run
from entitlement_sim.store.writer import write_run

TEMPLATES = {
    "pack": {"total_terms": 10, "term": {"days": 100}, "price": 100},
    "hours": {"allocation": "hours", "total_terms": 10, "decrease_on": "resolution", "price": 100},
    "cover": {"decrease_on": "resolution", "price": 100},
    "block": {"total_terms": 10, "term": {"days": 100}, "price": 200},
}
NUMBER_OF = {name: number for number, name in enumerate(TEMPLATES, 1)}


def iso(day: int) -> str:
    """Day of the run, 0 its first, as ISO date."""
    return (START + dt.timedelta(days=day)).isoformat()


class HandMade:
    """Collects what happens, in days of the run, and stores it as a run of so many days.

    An entitlement goes by its dates through all its states; whatever it holds is in the ledger.
    """

    def __init__(self, days: int = 400) -> None:
        self.days = days
        self.entitlements: list[dict[str, Any]] = []
        self.transitions: list[dict[str, Any]] = []
        self.balances: list[dict[str, Any]] = []
        self.movements: list[dict[str, Any]] = []
        self.cases: list[dict[str, Any]] = []
        self.reactivations: list[dict[str, Any]] = []
        self.customers: dict[int, dict[str, Any]] = {}

    def holds(
        self, start: int, end: int, *, template: str = "pack", customer: int = 1, total: float = 10,
        price: float = 100, restrict: bool = True, created: int | None = None,
        activated: int | None = None, draft: bool = False, cancelled: int | None = None,
        renews: int | None = None, channels: dict[str, float] | None = None,
    ) -> int:  # fmt: skip
        """Add an entitlement, its transitions and its first terms; return its number."""
        number = len(self.entitlements) + 1
        created = start if created is None else created
        activated = created if activated is None else activated
        self.customers.setdefault(customer, {"customer_id": customer, "segment": "small"})
        states = [(created, "draft", "created")]
        if not draft:
            if activated < start:
                states += [(activated, "waiting", "activated")]
            states += [(max(activated, start), "active", "activated")]
            stop = end + 1 if cancelled is None else cancelled
            last = "expired" if cancelled is None else "cancelled"
            states = [one for one in states if one[0] < stop or one[1] == "draft"]
            states += [(stop, last, last)]
        before = None
        for day, state, trigger in states:
            if day < self.days:
                self.transitions.append(
                    {
                        "entitlement_id": number,
                        "on_date": iso(day),
                        "from_state": before,
                        "to_state": state,
                        "trigger": trigger,
                    }
                )
                before = state
        is_over = before in ("expired", "cancelled")
        hours = template == "hours"
        self.entitlements.append(
            {
                "entitlement_id": number,
                "customer_id": customer,
                "template_id": NUMBER_OF[template],
                "predecessor_id": renews,
                "renewal_number": 0
                if renews is None
                else self.entitlements[renews - 1]["renewal_number"] + 1,
                "state": before,
                "created_on": iso(created),
                "activated_on": None if draft else iso(activated),
                "start_date": iso(start),
                "end_date": iso(end),
                "ended_on": iso(stop) if is_over else None,
                "ended_by": ("expiry" if cancelled is None else "cancellation")
                if is_over
                else None,
                "allocation": "hours" if hours else "cases",
                "decrease_on": "resolution" if hours else "creation",
                "restrict": int(restrict),
                "total_terms": total,
                "price": price,
            }
        )
        term = {"entitlement_id": number, "starts": iso(start), "ends": iso(end), "priority": 100}
        self.balances.append(term | {"kind": "whole", "total_terms": total})
        self.moves(number, created, total, reason="allot")
        for origin, terms in (channels or {}).items():
            self.moves(number, created, 0, reason="allot", origin=origin, of_origin=terms)
            channel = {"kind": "channel", "origin": origin, "total_terms": terms}
            self.balances.append(term | channel)
        return number

    def moves(
        self, entitlement: int, day: int, amount: float, *, reason: str = "consume",
        time: str = "00:00", origin: str | None = None, of_origin: float = 0,
        case: int | None = None, rule: str = "T1",
    ) -> None:  # fmt: skip
        """Move a balance."""
        self.movements.append(
            {
                "entitlement_id": entitlement,
                "happened_at": f"{iso(day)} {time}",
                "amount": amount,
                "reason": reason,
                "rule": rule,
                "origin": origin,
                "origin_amount": of_origin if origin else None,
                "case_id": case,
            }
        )

    def uses(self, entitlement: int, *days: int) -> None:
        """Take one term on each of these days."""
        for day in days:
            self.moves(entitlement, day, -1)

    def case(
        self, day: int, *, entitlement: int | None = None, outcome: str = "covered",
        customer: int = 1, time: str = "10:00", origin: str | None = "phone", **more: Any,
    ) -> int:  # fmt: skip
        """Add a case, resolved at once unless said otherwise; return its number."""
        number = len(self.cases) + 1
        self.customers.setdefault(customer, {"customer_id": customer, "segment": "small"})
        self.cases.append(
            {
                "case_id": number,
                "customer_id": customer,
                "entitlement_id": entitlement,
                "origin": origin,
                "created_at": f"{iso(day)} {time}",
                "state": None if outcome == "turned_away" else "resolved",
                "outcome": outcome,
                "decrement": 1,
            }
            | more
        )
        return number

    def refuses(self, entitlement: int, case: int, *, origin: str | None = None) -> None:
        """Let an entitlement refuse a case for want of terms when the case is created."""
        created = str(self.cases[case - 1]["created_at"])
        day = (dt.date.fromisoformat(created[:10]) - START).days
        self.moves(
            entitlement, day, 0, reason="refused", time=created[11:], origin=origin, case=case,
            rule="G1",
        )  # fmt: skip

    def run(self, **changes: Any) -> Run:
        """Store it all in memory."""
        self.movements.sort(key=lambda row: (row["happened_at"], row["amount"] <= 0))
        ledger = _with_balances(self.movements)
        remaining = {row["entitlement_id"]: row["balance"] for row in ledger}
        of_channel = {
            (row["entitlement_id"], row["origin"]): row["origin_balance"]
            for row in ledger
            if row["origin"]
        }
        for row in self.entitlements:
            row["remaining_terms"] = remaining[row["entitlement_id"]]
        for place, row in enumerate(self.balances, start=1):
            number, origin = row["entitlement_id"], row.get("origin")
            row["balance_id"] = place
            row["remaining_terms"] = of_channel[number, origin] if origin else remaining[number]
        block = {
            table: table_of(table, *rows)
            for table, rows in {
                "customers": list(self.customers.values()),
                "entitlements": self.entitlements,
                "balances": self.balances,
                "transitions": self.transitions,
                "cases": self.cases,
                "reactivations": self.reactivations,
                "ledger": ledger,
            }.items()
        }
        calendar = {"start": START, "days": self.days}
        said = {
            "calendar": calendar,
            "templates": TEMPLATES,
            "segments": {
                name: {"customers": 5, "cases": {"per_year": 12.0}, "holds": [{"template": "pack"}]}
                for name in ("small", "customer's own")
            },
        }
        return write_run([block], facts(**(said | changes)))

    def rows(self, query: str, **variables: Any) -> list[tuple]:
        """Store it and ask; decimals come in hundredths."""
        with self.run() as run:
            for name, value in variables.items():
                run.connection.execute(f"SET VARIABLE {name} = ?", [value])
            return rows_of(run, query)

    def one(self, query: str, **variables: Any) -> tuple:
        """The same where there is one row."""
        [row] = self.rows(query, **variables)
        return row


def _with_balances(movements: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    balances: dict[Any, float] = {}
    entries: dict[int, int] = {}
    rows = []
    for row in movements:
        number, origin = row["entitlement_id"], row["origin"]
        entries[number] = entries.get(number, 0) + 1
        balances[number] = round(balances.get(number, 0) + row["amount"], 2)
        told = row | {"entry": entries[number], "balance": balances[number]}
        if origin:
            of_origin = balances.get((number, origin), 0) + row["origin_amount"]
            balances[number, origin] = told["origin_balance"] = of_origin
        rows.append(told)
    return rows
