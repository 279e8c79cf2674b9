"""What another reading of the rules would move: each switch turned on a run or a book."""

import html
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from ..engine.blocks import simulate_blocks
from ..engine.tables import ENUMS, NO_AMOUNT
from ..parameters import FUNCTION, TEXT, takes
from ..population.plan import plan
from ..recentring import renewal_offsets
from ..rules.amounts import terms
from ..rules.words import SWITCHES, BalanceKind
from ..scenario.models import RuleSwitches
from ..simulated_anew import scenario_of
from ..store.run import RUN
from ..telling import Right, Table, counted, listed, money, number, unknown
from .switching import UNSEEN
from .trials import UNPLAYED, Played, Rests, balances_named, played_of, single_switches

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..scenario.scenario import Scenario
    from ..store.run import Run

#: What balances are known by in two simulations of the same customers.
_KEY: Final = [
    "segment", "joined_on", "cases_per_year", "same", "template_id", "account", "start_date",
    "again", "channel",
]  # fmt: skip


class RuleImpact:
    """What each switch of the rulebook would move; made by :func:`rule_impact`.

    It prints as the answer.

    Attributes
    ----------
    run : Run
    switches : list of str
        Those that were turned, in the order of their questions in the rulebook.
    unplayed : dict of str to str
        Switches that cannot be turned on this run, and why.
    """

    def __init__(
        self,
        run: "Run",
        moved: dict[str, pd.DataFrame],
        others: dict[str, tuple[int, int]],
        unplayed: dict[str, str],
    ) -> None:
        self.run = run
        self.switches = sorted(moved, key=_place_in_rulebook)
        self.unplayed = unplayed
        self._moved, self._others = moved, others

    @takes(switch=TEXT)
    def balances(self, switch: str) -> pd.DataFrame:
        """Return the balances that a switch moves, those that it moves furthest in money first.

        Returns
        -------
        DataFrame
            A row for each: `entitlement_id` (its number in the run), `template`, `allocation`,
            `channel` (empty for the whole), `before` and `after` (terms that are left), `amount`
            (after less before) and `worth` (price of the contract x amount / its total, to the
            hundredth; NaN where it has no total or the amount is of a channel). Terms and worth
            are decimals.

        Raises
        ------
        ValueError
            There is no such switch, or it was not turned.
        """
        if switch not in self._moved:
            raise ValueError(unknown("switch", switch, self.switches))
        return self._moved[switch].copy()

    def frame(self) -> pd.DataFrame:
        """Return a row for each switch that was turned.

        Returns
        -------
        DataFrame
            `question` (as the rulebook numbers it), `switch`, `moved` (balances that come out
            otherwise), `contracts` (of which they are), `more_cases`, `less_cases`, `more_hours`
            and `less_hours` (terms by which balances of the whole are larger or smaller),
            `worth_more` and `worth_less` (of these, in the currency of the prices), `gone` and
            `new` (contracts that there only are without or with it, of a simulation in which
            customers decide otherwise then), and `why` (a book cannot show what it moves; empty
            where it could).
        """
        return pd.DataFrame([self._row(switch) for switch in self.switches])

    def _row(self, switch: str) -> dict[str, Any]:
        moved = self._moved[switch]
        row: dict[str, Any] = {
            "question": SWITCHES[switch].question,
            "switch": switch,
            "moved": len(moved),
            "contracts": moved["entitlement_id"].nunique(),
        }
        whole = moved[moved["channel"] == ""]
        for unit in ("cases", "hours"):
            amounts = whole["amount"][whole["allocation"] == unit]
            row[f"more_{unit}"] = sum((one for one in amounts if one > 0), Decimal(0))
            row[f"less_{unit}"] = -sum((one for one in amounts if one < 0), Decimal(0))
        worths = [one for one in whole["worth"] if isinstance(one, Decimal)]
        row["worth_more"] = sum((one for one in worths if one > 0), Decimal(0))
        row["worth_less"] = -sum((one for one in worths if one < 0), Decimal(0))
        row["gone"], row["new"] = self._others[switch]
        row["why"] = self._why(switch)
        return row

    def _is_still(self, switch: str) -> bool:
        return not len(self._moved[switch])

    def _why(self, switch: str) -> str:
        """Why a book cannot show what a switch moves; empty where it could."""
        is_book = self.run.manifest.source == "imported"
        return UNSEEN.get(switch, "") if is_book and self._is_still(switch) else ""

    def chart(self, *, ax: "Axes | None" = None) -> "Axes":
        """Draw the terms and the money that each switch would move: see :meth:`frame`."""
        from ..charts import rule_impact as draw

        return draw(self.frame(), currency=self.run.currency, ax=ax)

    def __repr__(self) -> str:
        return "\n".join([self._table().text(), "", *self._sentences()])

    def _repr_html_(self) -> str:
        notes = "".join(f"<p>{html.escape(text)}</p>" for text in self._sentences())
        return self._table().html() + notes

    def _table(self) -> Table:
        rows = []
        for row in map(self._row, self.switches):
            larger = _in_units(row["more_cases"], row["more_hours"])
            smaller = _in_units(row["less_cases"], row["less_hours"])
            rows.append(
                (
                    row["question"], row["switch"], number(row["moved"]), larger, smaller,
                    money(row["worth_more"], self.run.currency),
                    money(row["worth_less"], self.run.currency),
                )
            )  # fmt: skip
        headings = [
            "question", "switch turned", Right("balances moved"), Right("more left"),
            Right("less left"), Right("more, worth"), Right("less, worth"),
        ]  # fmt: skip
        return Table(headings, rows)

    def _sentences(self) -> list[str]:
        if self.run.manifest.source == "imported":
            said = [
                "The history is played under each switch alone; what people are recorded to have "
                "done stays."
            ]
        else:
            said = [
                "The scenario is simulated under each switch alone, with the same draws; what "
                "customers do follows."
            ]
        still = {switch: self._why(switch) for switch in self.switches if self._is_still(switch)}
        unseen = [switch for switch, why in still.items() if not why]
        if unseen:
            said.append(f"No balance rests on {listed(unseen)}.")
        said += [f"No balance moves by {switch}: {why}." for switch, why in still.items() if why]
        for switch in self.switches:
            gone, new = self._others[switch]
            if gone or new:
                said.append(
                    f"With {switch} turned, {counted(gone, 'contract')} would not be there, and "
                    f"{counted(new, 'other')} would."
                )
        said += [f"Not turned: {switch} ({why})." for switch, why in self.unplayed.items()]
        return said


def _place_in_rulebook(switch: str) -> tuple[bool, int, int]:
    """Order switches by the number of their question; those without one stand behind."""
    question = SWITCHES[switch].question
    return not question, int(question[1:] or 0), [*SWITCHES].index(switch)


def _in_units(cases: Decimal, hours: Decimal) -> str:
    parts = [(cases, "case"), (hours, "hour")]
    return listed([counted(amount, unit) for amount, unit in parts if amount]) or "0"


@takes(run=RUN, progress=FUNCTION)
def rule_impact(run: "Run", *, progress: Callable[[int, int], None] | None = None) -> RuleImpact:
    """Say which balances each other reading of the rules would move, by how much, and worth what.

    Each switch is turned alone. A book that was imported is played again: what
    people are recorded to have done stays, and only what the rules make of it is another. A run
    that was simulated is simulated again with the same draws, so that customers who are refused
    otherwise also decide otherwise. Balances are those at the end of the run. What they are worth
    goes by the price of their contract for each of its terms.

    Parameters
    ----------
    run : Run
    progress : callable, optional
        Called with how many switches are done, and how many there are.

    Returns
    -------
    RuleImpact
        It prints as the answer.

    Raises
    ------
    RunError
        The run was simulated by another version.

    Examples
    --------
    >>> from entitlement_sim import Scenario, simulate
    >>> scenario = Scenario.load("reference", ["segments.everyone.customers=20"])
    >>> impact = rule_impact(simulate(scenario, seed=7))
    >>> frame = impact.frame().set_index("switch")
    >>> int(frame.loc["gate_literal_below_zero", "moved"])
    34
    """
    if run.manifest.source == "imported":
        return _on_book(run, progress)
    return _on_simulation(run, progress)


# ------------------------------------------------------------------------ books


def _on_book(run: "Run", progress: Callable[[int, int], None] | None) -> RuleImpact:
    played: Played = played_of(run)
    settings = single_switches(played.model)
    known = _known(run)
    base = played.outcome.rests
    moved = {}
    for place, (switch, other) in enumerate(settings.items()):
        moved[switch] = _moved_rests(base, played.under(other), known)
        if progress is not None:
            progress(place + 1, len(settings))
    unplayed = {
        switch: UNPLAYED.get(switch, "no export says what was renewed")
        for switch in SWITCHES
        if switch not in moved
    }
    return RuleImpact(run, moved, dict.fromkeys(moved, (0, 0)), unplayed)


def _known(run: "Run") -> pd.DataFrame:
    """Return what is known of each contract of a run."""
    return run.sql(
        "SELECT entitlement_id, template::VARCHAR AS template, "
        "entitlements.allocation::VARCHAR AS allocation, "
        "(entitlements.total_terms * 100)::BIGINT::DOUBLE AS total, "
        "(entitlements.price * 100)::BIGINT::DOUBLE AS price "
        "FROM entitlements JOIN templates USING (template_id)"
    ).set_index("entitlement_id")


def _moved_rests(base: Rests, other: Rests, known: pd.DataFrame) -> pd.DataFrame:
    keys = np.union1d(base.keys, other.keys)
    (_, before), (_, after) = base.at(keys), other.at(keys)
    differs = before != after
    names = balances_named(keys[differs])
    origins = ENUMS["origin"]
    frame = pd.DataFrame(
        {
            "entitlement_id": [number for number, _ in names],
            "channel": ["" if code < 0 else _origin(origins, code) for _, code in names],
            "before": before[differs],
            "after": after[differs],
        }
    )
    return _told(frame, known)


def _origin(origins: tuple[str, ...], code: int) -> str:
    return origins[code] if code < len(origins) else f"channel {code}"


def _told(frame: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """Return moved balances with what they are worth, in terms and money as decimals."""
    own = known.reindex(frame["entitlement_id"]).reset_index(drop=True)
    amount = (frame["after"] - frame["before"]).to_numpy(np.int64)
    worths = [
        _worth(one, price, total) if channel == "" else np.nan
        for one, price, total, channel in zip(
            amount.tolist(), own["price"], own["total"], frame["channel"], strict=True
        )
    ]
    columns: dict[str, Any] = {
        "entitlement_id": frame["entitlement_id"].to_numpy(np.int64),
        "template": own["template"],
        "allocation": own["allocation"],
        "channel": frame["channel"].to_numpy(object),
        "before": [terms(one) for one in frame["before"].tolist()],
        "after": [terms(one) for one in frame["after"].tolist()],
        "amount": [terms(one) for one in amount.tolist()],
        "worth": pd.Series(worths, dtype=object),
    }
    told = pd.DataFrame(columns)
    far = told["worth"].map(lambda worth: -abs(worth) if worth == worth else 1)
    return told.loc[far.sort_values(kind="stable").index].reset_index(drop=True)


def _worth(amount: int, price: float, total: float) -> Any:
    """Return price x amount / total, to the hundredth, halves away from zero."""
    if price != price or total != total or total <= 0:
        return np.nan
    worth = abs(amount) * int(price)
    cents = (2 * worth + int(total)) // (2 * int(total))
    return terms(cents if amount > 0 else -cents)


# ------------------------------------------------------------------------ simulations


def _on_simulation(run: "Run", progress: Callable[[int, int], None] | None) -> RuleImpact:
    scenario = scenario_of(run.manifest)
    settings = _turned(scenario)
    known = _known(run)
    base = _balances(scenario, run)
    moved, others = {}, {}
    for place, (switch, value) in enumerate(settings.items()):
        other = _balances(scenario.with_({f"rules.{switch}": value}), run)
        both = base.merge(other, on=_KEY, how="outer", suffixes=("", "_other"), indicator=True)
        same = both[both["_merge"] == "both"]
        differs = same[same["left"] != same["left_other"]]
        frame = pd.DataFrame(
            {
                "entitlement_id": differs["entitlement_id"].astype(np.int64),
                "channel": differs["channel"].map(
                    lambda code: "" if code < 0 else ENUMS["origin"][code]
                ),
                "before": differs["left"].astype(np.int64),
                "after": differs["left_other"].astype(np.int64),
            }
        )
        moved[switch] = _told(frame, known)
        whole = both[both["channel"] < 0]["_merge"]
        others[switch] = (int((whole == "left_only").sum()), int((whole == "right_only").sum()))
        if progress is not None:
            progress(place + 1, len(settings))
    unplayed = {
        switch: "no scenario says anything that rests on it"
        for switch in SWITCHES
        if switch not in settings
    }
    return RuleImpact(run, moved, others, unplayed)


def _turned(scenario: "Scenario") -> dict[str, Any]:
    """Return the other value of each switch that a scenario has."""
    turned: dict[str, Any] = {}
    for name in RuleSwitches.model_fields:
        value = getattr(scenario.model.rules, name)
        if isinstance(value, bool):
            turned[name] = not value
        else:
            turned[name] = "06:00" if value != "06:00" else "00:00"
    return turned


def _balances(scenario: "Scenario", run: "Run") -> pd.DataFrame:
    """Return what is left on each balance when a scenario is simulated, and what it is known by."""
    manifest = run.manifest
    if not any(segment.customers for segment in scenario.model.segments.values()):
        return pd.DataFrame(columns=[*_KEY, "entitlement_id", "left"], dtype=np.int64)
    offsets = renewal_offsets(scenario)
    drawn = plan(scenario.model, manifest.seed, manifest.replication, scenario.base, offsets)
    tables: dict[str, list[pd.DataFrame]] = {"customers": [], "entitlements": [], "balances": []}
    columns = {
        "customers": ["customer_id", "segment", "joined_on", "cases_per_year"],
        "entitlements": ["entitlement_id", "customer_id", "template_id", "account", "start_date",
                         "remaining_terms"],
        "balances": ["entitlement_id", "kind", "origin", "remaining_terms"],
    }  # fmt: skip
    for block in simulate_blocks(drawn):
        for table, frames in tables.items():
            frames.append(pd.DataFrame({name: block[table][name] for name in columns[table]}))
    customers, held, balances = (pd.concat(frames) for frames in tables.values())
    # Customers of one scenario are told apart by what is drawn of them, not by their numbers.
    alike = ["segment", "joined_on", "cases_per_year"]
    customers["same"] = customers.groupby(alike).cumcount()
    held = held.merge(customers, on="customer_id")
    alike = ["customer_id", "template_id", "account", "start_date"]
    held["again"] = held.groupby(alike).cumcount()
    limited = balances[balances["kind"] == BalanceKind.CHANNEL.value]
    channels = limited[["entitlement_id", "origin", "remaining_terms"]].merge(
        held.drop(columns="remaining_terms"), on="entitlement_id"
    )
    rests = pd.concat(
        [
            held[held["remaining_terms"] != NO_AMOUNT].assign(channel=-1),
            channels.rename(columns={"origin": "channel"}),
        ]
    )
    return rests.rename(columns={"remaining_terms": "left"})[[*_KEY, "entitlement_id", "left"]]
