"""Why a balance is what it is: every movement of one entitlement, with its case and its rule."""

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ..rules.rulebook import RULES
from .errors import RunError
from .run import Run

if TYPE_CHECKING:
    import pandas as pd


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

    @property
    def sentence(self) -> str:
        """What the rule says."""
        return RULES[self.rule]

    @property
    def what(self) -> str:
        """What happened, in a few words."""
        if self.reason == "refused" and self.outcome is not None:
            return f"refused, {self.outcome.replace('_', ' ')}"
        return self.reason.replace("_", " ")


@dataclass(frozen=True)
class Explanation:
    """The life of one entitlement up to a day; prints as text and as HTML in a notebook.

    Attributes
    ----------
    entitlement_id, customer_id : int
    segment, template, allocation, decrease_on : str
    restrict : bool
    start_date, end_date : date
    total_terms, price : Decimal
    renews : int or None
        The entitlement that it renews.
    renewed_by : tuple of int
        Entitlements that renew it.
    on : date or None
        The last day that is looked at; None for the whole run.
    states : tuple of StateChange
    movements : tuple of Movement
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
    total_terms: Decimal
    price: Decimal
    renews: int | None
    renewed_by: tuple[int, ...]
    on: date | None
    states: tuple[StateChange, ...]
    movements: tuple[Movement, ...]

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
        return tuple(one for one in self.movements if one.reason == "refused")

    def to_frame(self) -> "pd.DataFrame":
        """Return the movements as a frame: one row each, amounts as floats."""
        import pandas as pd

        amounts = ("amount", "balance", "origin_amount", "origin_balance")
        columns = (*Movement.__dataclass_fields__, "sentence")
        frame = pd.DataFrame(
            [[getattr(one, name) for name in columns] for one in self.movements], columns=columns
        )
        whole = {"entry": "int64", "case_id": "Int64"}
        times = {"happened_at": "datetime64[us]"}
        return frame.astype(dict.fromkeys(amounts, "float64") | whole | times)

    def _heading(self) -> list[str]:
        restricted = "restricting" if self.restrict else "not restricting"
        links = [f"renews {self.renews}"] if self.renews is not None else []
        links += [f"renewed by {one}" for one in self.renewed_by]
        when = f"on {self.on}" if self.on else "at the end of the run"
        lines = [
            f"{self.template}: {self.total_terms:,.2f} {self.allocation}, {restricted}, "
            f"decreasing on {self.decrease_on}, price {self.price:,.2f}",
            f"customer {self.customer_id} ({self.segment}), {self.start_date} to {self.end_date}",
            f"{when}: {self.state}, {self.balance:,.2f} {self.allocation} left, "
            f"{len(self.refusals)} refused",
        ]
        return [*lines, ", ".join(links)] if links else lines

    def _state_rows(self) -> list[list[str]]:
        return [
            [str(one.on), one.from_state or "", one.to_state, one.trigger] for one in self.states
        ]

    def _movement_rows(self) -> list[list[str]]:
        return [
            [
                f"{one.happened_at:%Y-%m-%d %H:%M}",
                "" if one.case_id is None else str(one.case_id),
                one.what,
                _signed(one.amount),
                f"{one.balance:,.2f}",
                _channel(one),
                one.rule,
            ]
            for one in self.movements
        ]

    def _rules(self) -> list[list[str]]:
        return [[rule, RULES[rule]] for rule in sorted({one.rule for one in self.movements})]

    def __str__(self) -> str:
        parts = [
            [f"Entitlement {self.entitlement_id}", *(f"  {line}" for line in self._heading())],
            _aligned(_STATES, self._state_rows()),
            _aligned(_MOVEMENTS, self._movement_rows()),
            _aligned(_RULES, self._rules()),
        ]
        return "\n\n".join("\n".join(part) for part in parts)

    def _repr_html_(self) -> str:
        lines = "<br>".join(html.escape(line) for line in self._heading())
        return (
            f"<p><b>Entitlement {self.entitlement_id}</b><br>{lines}</p>"
            + _html_table("States", _STATES, self._state_rows())
            + _html_table("Balance", _MOVEMENTS, self._movement_rows())
            + _html_table("Rules", _RULES, self._rules())
        )


#: Headings of the tables that are shown; those with ``>`` stand flush right.
_STATES = ("on", "from", "to", "by")
_MOVEMENTS = ("at", ">case", "what", ">amount", ">balance", "channel", "rule")
_RULES = ("rule", "says that")


#: Attributes of an explanation that its entitlement's own row gives.
_FACTS = (
    "entitlement_id", "customer_id", "segment", "template", "allocation", "decrease_on",
    "restrict", "start_date", "end_date", "total_terms", "price", "renews",
)  # fmt: skip


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
    rows = run.connection.execute(
        "SELECT e.entitlement_id, e.customer_id, segment::VARCHAR, template, "
        "e.allocation::VARCHAR, e.decrease_on::VARCHAR, e.restrict, e.start_date, e.end_date, "
        "e.total_terms, e.price, e.predecessor_id, e.created_on "
        "FROM entitlements AS e JOIN templates USING (template_id) JOIN customers USING "
        "(customer_id) WHERE e.entitlement_id = ?",
        [entitlement_id],
    ).fetchall()
    if not rows:
        raise _unknown(run, entitlement_id)
    *values, created_on = rows[0]
    facts: dict[str, Any] = dict(zip(_FACTS, values, strict=True))
    if on is not None and on < created_on:
        raise RunError(f"entitlement {entitlement_id} was made on {created_on}, after {on}")
    until = on or date.max
    return Explanation(
        **facts,
        renewed_by=_successors(run, entitlement_id, until),
        on=on,
        states=_states(run, entitlement_id, until),
        movements=_movements(run, entitlement_id, until),
    )


def _unknown(run: Run, entitlement_id: int) -> RunError:
    [(least, most)] = run.connection.sql(
        "SELECT min(entitlement_id), max(entitlement_id) FROM entitlements"
    ).fetchall()
    known = "it has none" if least is None else f"they go from {least} to {most}"
    return RunError(f"the run {run.name} has no entitlement {entitlement_id}; {known}")


def _successors(run: Run, entitlement_id: int, until: date) -> tuple[int, ...]:
    rows = run.connection.execute(
        "SELECT entitlement_id FROM entitlements WHERE predecessor_id = ? AND created_on <= ? "
        "ORDER BY entitlement_id",
        [entitlement_id, until],
    ).fetchall()
    return tuple(one for (one,) in rows)


def _states(run: Run, entitlement_id: int, until: date) -> tuple[StateChange, ...]:
    rows = run.connection.execute(
        "SELECT on_date, from_state::VARCHAR, to_state::VARCHAR, trigger::VARCHAR "
        "FROM transitions WHERE entitlement_id = ? AND on_date <= ? ORDER BY on_date, rowid",
        [entitlement_id, until],
    ).fetchall()
    return tuple(StateChange(*row) for row in rows)


def _movements(run: Run, entitlement_id: int, until: date) -> tuple[Movement, ...]:
    rows = run.connection.execute(
        "SELECT happened_at, entry, amount, balance, l.origin::VARCHAR, origin_amount, "
        "origin_balance, reason::VARCHAR, rule::VARCHAR, l.case_id, outcome::VARCHAR "
        "FROM ledger AS l LEFT JOIN cases AS c ON c.case_id = l.case_id "
        "WHERE l.entitlement_id = ? AND happened_at::DATE <= ? ORDER BY entry",
        [entitlement_id, until],
    ).fetchall()
    return tuple(Movement(*row) for row in rows)


def _signed(amount: Decimal) -> str:
    return f"{amount:+,.2f}" if amount else "0.00"


def _channel(movement: Movement) -> str:
    """Say what happened to the channel's own balance: how it moved, and what it came to."""
    if movement.origin is None:
        return ""
    if not movement.origin_amount:
        return f"{movement.origin} {movement.origin_balance:,.2f}"
    return f"{movement.origin} {movement.origin_amount:+,.2f} = {movement.origin_balance:,.2f}"


def _aligned(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Lay out a table for the terminal; columns without any text are left out."""
    kept = [place for place, _ in enumerate(headings) if any(row[place] for row in rows)]
    titles = [heading.lstrip(">") for heading in headings]
    widths = {place: max(len(row[place]) for row in [titles, *rows]) for place in kept}

    def line(cells: Sequence[str]) -> str:
        texts = (
            cells[place].rjust(widths[place])
            if headings[place].startswith(">")
            else cells[place].ljust(widths[place])
            for place in kept
        )
        return "  ".join(texts).rstrip()

    return [f"  {line(row)}" for row in [titles, *rows]]


def _html_table(caption: str, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    def cells(tag: str, texts: Iterable[Any]) -> str:
        parts = []
        for heading, text in zip(headings, texts, strict=True):
            side = "right" if heading.startswith(">") else "left"
            scope = ' scope="col"' if tag == "th" else ""
            parts.append(f'<{tag}{scope} style="text-align:{side}">{html.escape(text)}</{tag}>')
        return f"<tr>{''.join(parts)}</tr>"

    head = cells("th", [heading.lstrip(">") for heading in headings])
    body = "".join(cells("td", row) for row in rows)
    return (
        f'<table><caption style="text-align:left"><b>{caption}</b></caption>'
        f"<thead>{head}</thead><tbody>{body}</tbody></table>"
    )
