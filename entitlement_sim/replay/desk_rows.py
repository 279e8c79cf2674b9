"""What was played at the desk as rows, in the order of the engine's."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar

from ..desk.records import Balance, Case, Entitlement, LedgerEntry, Transition
from ..rules.days import day_number
from ..rules.words import ORIGINS, BalanceKind, CaseState, EndedBy, Origin, Refusal, State, Trigger
from .rows import Row, Rows, minute_of

if TYPE_CHECKING:
    from .by_desk import Play

_ENDED_BY: Final = {State.EXPIRED: EndedBy.EXPIRY, State.CANCELLED: EndedBy.CANCELLATION}

Record = TypeVar("Record")


def rows_at_desk(play: "Play", units: Sequence[int]) -> Rows:
    """Return everything in the order of the engine's rows, numbered from 1.

    Parameters
    ----------
    play : Play
        One that has run.
    units : sequence of int
        First customer of each customer's unit.
    """
    return _RowsAtDesk(play, units).rows()


def billed_minutes(case: Case) -> int | None:
    """Return the minutes that the resolution of a case billed; None unless it is resolved."""
    return case.resolutions[-1] if case.state == CaseState.RESOLVED else None


class _RowsAtDesk:
    def __init__(self, play: "Play", units: Sequence[int]) -> None:
        self.play = play
        self.units = units
        self.entitlements = play.desk.entitlements | play.deleted_entitlements
        self.cases = play.desk.cases | play.deleted_cases
        self.made = self._by_unit(play.made, lambda id: self.entitlements[id].customer)
        self.numbers = {id: number for number, id in enumerate(self.made, start=1)}
        scripts = sorted(play.scripts.values(), key=lambda script: script.case.created)
        self.scripts = self._by_unit(scripts, lambda script: script.customer)
        self.case_numbers = {
            script.id: number for number, script in enumerate(self.scripts, start=1)
        }
        self.numbers_of_balances: dict[int, int] = {}
        self.balances = self._balances()

    def _by_unit(
        self, records: Sequence[Record], customer_of: Callable[[Record], Any]
    ) -> list[Record]:
        return sorted(records, key=lambda record: self.units[int(customer_of(record))])

    def _unit(self, id: str) -> int:
        return self.units[int(self.entitlements[id].customer)]

    def _of_entitlements(self, records: Sequence[Record]) -> list[Record]:
        """Put what is about the entitlements of one unit behind that of those before it."""

        def customer(record: Any) -> str:
            return self.entitlements[record.entitlement].customer

        return self._by_unit(records, customer)

    def rows(self) -> Rows:
        """Return the rows by table."""
        play = self.play
        reactivations = self._by_unit(
            play.reactivations, lambda reactivation: play.scripts[reactivation[0]].customer
        )
        return {
            "entitlements": [self._entitlement(self.entitlements[id]) for id in self.made],
            "balances": self.balances,
            "transitions": [
                self._transition(transition)
                for transition in self._of_entitlements(play.desk.transitions)
            ],
            "cases": [self._case(script.id) for script in self.scripts],
            "reactivations": [(self.case_numbers[id], *row) for id, row in reactivations],
            "ledger": [
                self._ledger_entry(entry) for entry in self._of_entitlements(play.desk.ledger)
            ],
        }

    def _balances(self) -> list[Row]:
        balances = [(id, balance) for id in self.made for balance in self.entitlements[id].balances]
        balances.sort(key=lambda row: (self._unit(row[0]), row[1].opened))

        def is_unlimited(id: str, balance: Balance) -> bool:
            is_whole = balance.kind == BalanceKind.WHOLE
            return self.entitlements[id].offering.unlimited and is_whole

        self.numbers_of_balances = {
            balance.opened: number for number, (_, balance) in enumerate(balances, start=1)
        }
        return [
            (
                number,
                self.numbers[id],
                balance.kind.label,
                _label(balance.origin),
                day_number(balance.starts),
                day_number(balance.ends),
                balance.priority,
                None if is_unlimited(id, balance) else balance.total,
                None if is_unlimited(id, balance) else balance.remaining,
            )
            for number, (id, balance) in enumerate(balances, start=1)
        ]

    def _entitlement(self, entitlement: Entitlement) -> Row:
        id = entitlement.id
        transitions = [change for change in self.play.desk.transitions if change.entitlement == id]
        activated = [
            change.on_date for change in transitions if change.trigger == Trigger.ACTIVATED
        ]
        endings = [change for change in transitions if change.to_state in _ENDED_BY]
        predecessor = entitlement.predecessor
        return (
            self.numbers[id],
            int(entitlement.customer) + 1,
            int(entitlement.template or 0) + 1,
            None if predecessor is None else self.numbers[predecessor],
            entitlement.state.label,
            entitlement.is_default,
            day_number(transitions[0].on_date),
            day_number(activated[0]) if activated else None,
            day_number(entitlement.start),
            day_number(entitlement.end),
            day_number(endings[0].on_date) if endings else None,
            _ENDED_BY[endings[0].to_state].label if endings else None,
            entitlement.allocation.label,
            entitlement.decrease_on.label,
            entitlement.restrict,
            entitlement.account,
            None if entitlement.offering.unlimited else entitlement.total,
            None if entitlement.offering.unlimited else entitlement.remaining,
        )

    def _transition(self, transition: Transition) -> Row:
        before = transition.from_state
        return (
            self.numbers[transition.entitlement],
            day_number(transition.on_date),
            None if before is None else before.label,
            transition.to_state.label,
            transition.trigger.label,
        )

    def _case(self, id: str) -> Row:
        fate, script = self.play.fates[id], self.play.scripts[id]
        case = self.cases.get(id)
        happened = script.case
        return (
            self.case_numbers[id],
            None if case is None or case.entitlement is None else self.numbers[case.entitlement],
            fate.resolved_at,
            fate.cancelled_at,
            None if case is None else case.state.label,
            fate.outcome.label,
            None if fate.refusal == Refusal.NONE else fate.refusal.label,
            None if case is None else billed_minutes(case),
            fate.reopened,
            happened.decrement if case is None else case.decrement,
            1 + (script.customer if case is None else int(case.customer)),
            self._product(happened.product) if case is None else self._named(case.product),
            _none(happened.contact) if case is None else _contact(case.contact),
            _label_of(happened.origin) if case is None else _label(case.origin),
            _none(happened.account) if case is None else case.account,
        )

    def _product(self, number: int) -> int | None:
        return None if number < 0 else number + 1

    def _named(self, product: str | None) -> int | None:
        return None if product is None else self.play.model.products.index(product) + 1

    def _ledger_entry(self, entry: LedgerEntry) -> Row:
        entitlement = self.numbers[entry.entitlement]
        origin = _label(entry.origin)
        return (
            entitlement,
            minute_of(entry.happened_at),
            entry.amount,
            entry.balance,
            origin,
            entry.origin_amount,
            entry.origin_balance or 0,
            entry.reason.label,
            entry.rule.label,
            None if entry.case is None else self.case_numbers[entry.case],
            self.numbers_of_balances[entry.opened],
        )


def _none(number: int) -> int | None:
    return None if number < 0 else number


def _contact(contact: str | None) -> int | None:
    return None if contact is None else int(contact.rpartition("/")[2])


def _label(origin: Origin | None) -> Any:
    """Return the label of an origin; the code of one that is the book's own."""
    return None if origin is None else _label_of(int(origin))


def _label_of(code: int) -> Any:
    if code < 0:
        return None
    return Origin(code).label if code < ORIGINS else code
