"""Why a balance is what it is: every movement of one entitlement, with its case and its rule."""

import html
from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ..parameters import DAY, WHOLE, takes
from ..rules.rulebook import RULES
from ..rules.words import RuleId
from ..telling import (
    LETTERS,
    Right,
    Table,
    clock,
    day,
    exact,
    iso_day,
    number,
    plain_name,
    price,
    printable,
    signed,
)
from .damage import reading
from .errors import DamagedRun, RunError
from .run import RUN, Run

if TYPE_CHECKING:
    import pandas as pd

    from .letter import Letter


@dataclass(frozen=True)
class StateChange:
    """A change of an entitlement's state; `from_state` is None where the record was made."""

    on: date
    from_state: str | None
    to_state: str
    trigger: str


@dataclass(frozen=True)
class Movement:
    """One row of the ledger, with what became of its case.

    Attributes
    ----------
    happened_at : datetime
    entry : int
        Number of the row within the entitlement.
    amount, balance : Decimal
        Terms added (below zero: taken) and left after it.
    origin : str or None
        Channel whose own balance moved too, or was too low, by `origin_amount` to
        `origin_balance`.
    reason, rule, sentence : str
        What kind of movement it is, and the rule behind it.
    case_id : int or None
    outcome : str or None
        What became of the case: covered (in the end perhaps by another entitlement), uncovered
        or turned_away.
    block : str or None
        Kind of the balance that moved, where there are several for all cases.
    block_ends : date or None
        Last day of that balance.
    account : int or None
        Account of the customer that wrote the case, by its number; None where it has none.
    """

    happened_at: datetime
    entry: int
    amount: Decimal
    balance: Decimal
    origin: str | None
    origin_amount: Decimal | None
    origin_balance: Decimal | None
    reason: str
    rule: str
    case_id: int | None
    outcome: str | None
    block: str | None = None
    block_ends: date | None = None
    account: int | None = None

    @property
    def sentence(self) -> str:
        """What the rule says."""
        return RULES[self.rule]

    @property
    def what(self) -> str:
        """What happened, in a few words."""
        if self.reason == "refused" and self.outcome is not None:
            return f"refused, {plain_name(self.outcome)}"
        if self.rule == RuleId.L8.label:  # which no other edit bears
            return "revision refused" if self.reason == "refused" else "revised with its offering"
        return plain_name(self.reason)


@dataclass(frozen=True)
class AccountUse:
    """What an account of the customer has had of an entitlement.

    Attributes
    ----------
    account : int
        Its number.
    cases : int
        Cases that have moved the balance, or were refused.
    used : Decimal
        Terms, less what came back.
    refused : int
        Cases refused.
    """

    account: int
    cases: int
    used: Decimal
    refused: int


@dataclass(frozen=True)
class Explanation:
    """The life of one entitlement up to a day; prints as text and as HTML in a notebook.

    Attributes
    ----------
    entitlement_id, customer_id : int
    segment, template, allocation, decrease_on : str
    restrict : bool
    start_date, end_date : date
    total_terms : Decimal or None
        Of an allowance what it has granted so far; None where it is unlimited.
    price : Decimal, optional
        None where no export said it.
    currency : str or None
        Of the price, where the run names one.
    renews : int or None
        The entitlement that it renews.
    renewed_by : tuple of int
        Entitlements that renew it.
    on : date or None
        The last day that is looked at; None for the whole run.
    states : tuple of StateChange
    movements : tuple of Movement
    grant : Decimal or None
        What each period of an allowance grants by its template.
    every : str or None
        How long such a period is.
    is_open_ended : bool
        Whether its term has no end.
    account : int or None
        Account of its customer that holds it, and whose cases alone it serves, by its number; None
        where it serves all of the customer.
    """

    entitlement_id: int
    customer_id: int
    segment: str
    template: str
    allocation: str
    decrease_on: str
    restrict: bool
    start_date: date
    end_date: date
    total_terms: Decimal | None
    price: Decimal | None
    currency: str | None
    renews: int | None
    renewed_by: tuple[int, ...]
    on: date | None
    states: tuple[StateChange, ...]
    movements: tuple[Movement, ...]
    grant: Decimal | None = None
    every: str | None = None
    is_open_ended: bool = False
    account: int | None = None

    @property
    def state(self) -> str:
        """State at the close of the last day that is looked at."""
        return self.states[-1].to_state

    @property
    def balance(self) -> Decimal:
        """Terms left at the close of that day."""
        return self.movements[-1].balance if self.movements else Decimal("0.00")

    @property
    def refusals(self) -> tuple[Movement, ...]:
        """Movements that are refusals: of a case, or of a change of the total."""
        return tuple(movement for movement in self.movements if movement.reason == "refused")

    @property
    def by_account(self) -> tuple[AccountUse, ...]:
        """How the accounts of the customer use it; empty where cases have none."""
        of_account: dict[int, list[Movement]] = defaultdict(list)
        for movement in self.movements:
            if movement.account is not None:
                of_account[movement.account].append(movement)
        return tuple(
            AccountUse(
                account,
                len({each.case_id for each in own}),
                -sum((each.amount for each in own if each.reason in _USES), Decimal(0)),
                len({each.case_id for each in own if each.reason == "refused"}),
            )
            for account, own in sorted(of_account.items())
        )

    @property
    def is_unlimited(self) -> bool:
        """Whether it covers without a number of terms."""
        has_none = self.total_terms == 0 and not self.restrict and self.grant is None
        return self.total_terms is None or has_none

    @property
    def includes(self) -> str:
        """What it includes, in a few words."""
        if self.total_terms is None:
            return f"unlimited {self.allocation}"
        if self.grant is None:
            return f"{exact(self.total_terms)} {self.allocation}"
        granted = f"{exact(self.total_terms)} granted so far"
        return f"{exact(self.grant)} {self.allocation} every {self.every}, {granted}"

    @property
    def stands(self) -> str:
        """What is left of it, or has been used of what has no total, in a few words."""
        if self.total_terms is None:
            return f"{exact(-self.balance)} {self.allocation} used"
        return f"{exact(self.balance)} {self.allocation} left"

    def as_rows(self) -> tuple[list[str], list[list[Any]]]:
        """Return the movements as headings and rows."""
        columns = [*Movement.__dataclass_fields__, "sentence"]
        return columns, [
            [getattr(movement, name) for name in columns] for movement in self.movements
        ]

    def to_frame(self) -> "pd.DataFrame":
        """Return the movements as a frame: one row each, amounts as floats."""
        import pandas as pd

        amounts = ("amount", "balance", "origin_amount", "origin_balance")
        columns, rows = self.as_rows()
        frame = pd.DataFrame(rows, columns=columns)
        whole = {"entry": "int64", "case_id": "Int64", "account": "Int64"}
        times = {"happened_at": "datetime64[us]", "block_ends": "datetime64[us]"}
        return frame.astype(dict.fromkeys(amounts, "float64") | whole | times)

    def for_customer(self) -> "Letter":
        """Return the same as one writes it to the customer: plain sentences, no rules."""
        from .letter import Letter

        return Letter(self, self.currency)

    def _heading(self) -> list[str]:
        restricted = "restricting" if self.restrict else "not restricting"
        links = [f"renews {self.renews}"] if self.renews is not None else []
        links += [f"renewed by {successor}" for successor in self.renewed_by]
        when = f"on {day(self.on)}" if self.on else "at the end of the run"
        lines = [
            f"{self.template}: {self.includes}, {restricted}, "
            f"decreasing on {self.decrease_on}, {self._price()}",
            f"customer {self.customer_id} ({self.segment}), "
            f"{'' if self.account is None else f'account {self.account} only, '}"
            f"{day(self.start_date)} to "
            f"{'no end' if self.is_open_ended else day(self.end_date)}",
            f"{when}: {self.state}, {self.stands}, {number(len(self.refusals))} refused",
        ]
        return [*lines, ", ".join(links)] if links else lines

    def _price(self) -> str:
        if self.price is None:
            return "price not known"
        return f"price {price(self.price, self.currency)}"

    def _tables(self) -> list[Table]:
        states = [
            [iso_day(change.on), change.from_state or "", change.to_state, change.trigger]
            for change in self.states
        ]
        movements = [_movement_row(movement) for movement in self.movements]
        used_rules = sorted({movement.rule for movement in self.movements})
        rules = [[rule, RULES[rule]] for rule in used_rules]
        accounts = [
            [str(use.account), number(use.cases), exact(use.used), number(use.refused)]
            for use in self.by_account
        ]
        tables = (
            Table(_STATES, states, "States"),
            Table(_MOVEMENTS, movements, "Balance"),
            Table(_ACCOUNTS, accounts, "By account"),
            Table(_RULES, rules, "Rules"),
        )
        return [table.without_empty_columns() for table in tables if table.rows]

    def __str__(self) -> str:
        heading = [
            f"Entitlement {self.entitlement_id}",
            *(f"  {printable(line)}" for line in self._heading()),
        ]
        return "\n\n".join(
            ["\n".join(heading), *(table.text(indent="  ") for table in self._tables())]
        )

    def _repr_html_(self) -> str:
        lines = "<br>".join(html.escape(line) for line in self._heading())
        heading = f"<p{LETTERS}><b>Entitlement {self.entitlement_id}</b><br>{lines}</p>"
        return heading + "".join(table.html() for table in self._tables())


#: Headings of the tables that are shown.
_STATES = ("on", "from", "to", "by")
_MOVEMENTS = (
    "at", Right("case"), Right("account"), "what", Right("amount"), Right("balance"), "of",
    "channel", "rule",
)  # fmt: skip
_ACCOUNTS = (Right("account"), Right("cases"), Right("used"), Right("refused"))
_RULES = ("rule", "says that")

#: Reasons for which cases move a balance.
_USES = ("consume", "restore")


def _movement_row(movement: Movement) -> list[str]:
    return [
        clock(movement.happened_at),
        "" if movement.case_id is None else str(movement.case_id),
        "" if movement.account is None else str(movement.account),
        movement.what,
        signed(movement.amount),
        exact(movement.balance),
        _block(movement),
        _channel(movement),
        movement.rule,
    ]


def _block(movement: Movement) -> str:
    """Say which balance moved, where there are several for all cases."""
    if movement.block is None or movement.block_ends is None:
        return ""
    return f"{movement.block} to {iso_day(movement.block_ends)}"


def _channel(movement: Movement) -> str:
    """Say what happened to the channel's own balance: how it moved, and what it came to."""
    if movement.origin is None:
        return ""
    balance = exact(movement.origin_balance)
    if not movement.origin_amount:
        return f"{movement.origin} {balance}"
    return f"{movement.origin} {signed(movement.origin_amount)} = {balance}"


_ENTITLEMENT = """
SELECT e.entitlement_id, e.customer_id, segment::VARCHAR, template, e.allocation::VARCHAR,
       e.decrease_on::VARCHAR, e.restrict, e.start_date, e.end_date, e.total_terms,
       allowance_terms, allowance_every, term IS NOT DISTINCT FROM 'open', e.price,
       e.account, e.predecessor_id, e.created_on
FROM entitlements AS e JOIN templates USING (template_id) JOIN customers USING (customer_id)
WHERE e.entitlement_id = ?
"""

# Of an entitlement, up to the close of a day.
_SUCCESSORS = """
SELECT entitlement_id FROM entitlements
WHERE predecessor_id = ? AND created_on <= ? ORDER BY entitlement_id
"""

_STATE_CHANGES = """
SELECT on_date, from_state::VARCHAR, to_state::VARCHAR, trigger::VARCHAR
FROM transitions WHERE entitlement_id = ? AND on_date <= ?
ORDER BY on_date, from_state, to_state, trigger
"""

_LEDGER = """
SELECT happened_at, entry, amount, balance, l.origin::VARCHAR, origin_amount, origin_balance,
       reason::VARCHAR, rule::VARCHAR, l.case_id, outcome::VARCHAR,
       CASE WHEN kind NOT IN ('whole', 'channel') THEN kind::VARCHAR END, ends, c.account
FROM ledger AS l LEFT JOIN balances USING (balance_id)
LEFT JOIN cases AS c ON c.case_id = l.case_id
WHERE l.entitlement_id = ? AND happened_at::DATE <= ? ORDER BY entry
"""

#: Attributes of an explanation that its entitlement's own row gives, and what they are.
_FACTS: dict[str, Any] = {
    "entitlement_id": int,
    "customer_id": int,
    "segment": str,
    "template": str,
    "allocation": str,
    "decrease_on": str,
    "restrict": bool,
    "start_date": date,
    "end_date": date,
    "total_terms": Decimal | None,
    "grant": Decimal | None,
    "every": str | None,
    "is_open_ended": bool,
    "price": Decimal | None,
    "account": int | None,
    "renews": int | None,
    "created_on": date,
}
_CHANGE = (date, str | None, str, str)
_MOVEMENT = (
    datetime, int, Decimal, Decimal, str | None, Decimal | None, Decimal | None, str, str,
    int | None, str | None, str | None, date | None, int | None,
)  # fmt: skip


@takes(run=RUN, entitlement_id=WHOLE, on=DAY)
def explain(run: Run, entitlement_id: int, on: date | None = None) -> Explanation:
    """Explain the balance of one entitlement.

    Parameters
    ----------
    run : Run
    entitlement_id : int
    on : date, optional
        Look no further than the close of this day.

    Returns
    -------
    Explanation
        Every change of state, every movement and refusal, each with its rule.

    Raises
    ------
    RunError
        The run has no such entitlement, or it did not exist yet on that day.
    """
    with reading(run.file):
        rows = run.connection.execute(_ENTITLEMENT, [entitlement_id]).fetchall()
        if not rows:
            raise _unknown(run, entitlement_id)
        [facts] = _checked(run, entitlement_id, rows[:1], tuple(_FACTS.values()))
        *values, created_on = facts
        if on is not None and on < created_on:
            raise RunError(f"entitlement {entitlement_id} was made on {created_on}, after {on}")
        within = [entitlement_id, on or date.max]
        successors = run.connection.execute(_SUCCESSORS, within).fetchall()
        changes = run.connection.execute(_STATE_CHANGES, within).fetchall()
        movements = run.connection.execute(_LEDGER, within).fetchall()
    if not changes:
        raise DamagedRun(run.file, f"entitlement {entitlement_id} never got a state")
    return Explanation(
        **dict(zip(_FACTS, values, strict=False)),
        currency=run.currency,
        renewed_by=tuple(successor for (successor,) in successors),
        on=on,
        states=tuple(
            _in_order(
                StateChange(*change) for change in _checked(run, entitlement_id, changes, _CHANGE)
            )
        ),
        movements=tuple(
            Movement(*movement) for movement in _checked(run, entitlement_id, movements, _MOVEMENT)
        ),
    )


def _checked(
    run: Run, entitlement_id: int, rows: Sequence[tuple[Any, ...]], kinds: tuple[Any, ...]
) -> Sequence[tuple[Any, ...]]:
    """Return rows if every value is of its kind: a file may lack what a whole run has."""
    for row in rows:
        if not all(map(isinstance, row, kinds)):
            raise DamagedRun(run.file, f"entitlement {entitlement_id} has values that none can be")
    return rows


def _in_order(changes: Iterable[StateChange]) -> list[StateChange]:
    """Put changes of state, given by their days, in the order in which each goes on from the last.

    A day may come back to a state and leave it another way: every change has its place in one walk
    (by Hierholzer's algorithm).
    """
    by_day: dict[date, dict[str | None, deque[StateChange]]] = defaultdict(
        lambda: defaultdict(deque)
    )
    for change in changes:
        by_day[change.on][change.from_state].append(change)
    ordered: list[StateChange] = []
    for leaving in by_day.values():
        state = ordered[-1].to_state if ordered else None
        walk: list[StateChange] = []
        open_ends: list[StateChange] = []
        while leaving[state] or open_ends:
            if leaving[state]:
                open_ends.append(leaving[state].popleft())
                state = open_ends[-1].to_state
            else:
                walk.append(open_ends.pop())
                state = walk[-1].from_state
        rest = [change for changes_left in leaving.values() for change in changes_left]
        ordered += [*reversed(walk), *rest]
    return ordered


def _unknown(run: Run, entitlement_id: int) -> RunError:
    [(least, most)] = run.connection.sql(
        "SELECT min(entitlement_id), max(entitlement_id) FROM entitlements"
    ).fetchall()
    known = "it has none" if least is None else f"they go from {least} to {most}"
    return RunError(f"the run {run.name} has no entitlement {entitlement_id}; {known}")
