"""Which cases used up what was sold: by product, channel or contact, as shares that add to one."""

import datetime as dt
import html
from collections.abc import Callable
from fractions import Fraction
from typing import Any, Final, Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..parameters import FUNCTION, TEXT, WHOLE, takes
from ..rules.days import day_number, day_of
from ..store.errors import RunError
from ..store.run import RUN, Run
from ..telling import Right, Table, counted, day, listed, number, percent, printable, unknown
from .alone import Alone, contracts_alone
from .game import MOST_PLAYERS, combinations_of, shapley
from .playing import Part, first_dry_days

#: What cases are told apart by.
By = Literal["product", "origin", "contact", "severity", "cause"]
ATTRIBUTES: Final = ("product", "origin", "contact", "severity", "cause")

#: The group of all values that are not among those with the most terms.
OTHERS: Final = "all others"

#: Cases that are played in all at the most: some minutes of processor time.
_MOST_PLAYED: Final = 40_000_000

_CONTRACTS: Final = """
SELECT entitlement_id, template::VARCHAR AS template, dry.start_date, effective_end, ran_dry_on,
       created_on >= run.start_date AS is_whole, total_terms > 0 AS has_terms
FROM first_exhaustion AS dry JOIN entitlements USING (entitlement_id) CROSS JOIN run
WHERE observed ORDER BY entitlement_id
"""

_ATTRIBUTES: Final = """
SELECT case_id, coalesce(products.product, 'no product')::VARCHAR AS product,
       coalesce(cases.origin::VARCHAR, 'no origin') AS origin,
       coalesce('contact ' || (contact + 1), 'no contact') AS contact,
       coalesce('severity ' || severity, 'no severity') AS severity
FROM cases LEFT JOIN products USING (product_id)
"""

_TAKEN: Final = """
SELECT entitlement_id, case_id, -sum(ledger.amount)::DOUBLE AS taken
FROM ledger JOIN first_exhaustion AS dry USING (entitlement_id)
WHERE case_id IS NOT NULL AND observed AND happened_at::DATE <= ran_dry_on
GROUP BY ALL
"""


class Group(NamedTuple):
    """What cases of one value of an attribute did to contracts that ran dry.

    Attributes
    ----------
    value : str
    cases : int
        Cases that asked these contracts for terms.
    taken : float
        Terms that they had taken on the day on which each contract first had nothing left; NaN
        where some contracts count cases and others hours.
    share : Fraction
        Their share of the days without terms; all add up to 1. Below 0 where their cases kept
        others out that would have taken more.
    days : Fraction
        Days without terms that are theirs.
    without : date or None
        Of a single contract: the day on which it would have run dry without them; None where it
        would not have, by its end or that of the run.
    longer : int
        Days by which the contracts would have had terms for longer without them, in all.
    saved : int
        Contracts that would not have run dry without them.
    """

    value: str
    cases: int
    taken: float
    share: Fraction
    days: Fraction
    without: dt.date | None
    longer: int
    saved: int


class Ceiling:
    """Which cases used up contracts; made by :func:`ceiling`.

    It prints as the answer.

    Attributes
    ----------
    by : str
    groups : list of Group
        The one with the largest share first.
    contracts : DataFrame
        A row for each contract: `entitlement_id`, `ran_dry_on`, `last_day` (its last, or that of
        the run), `dry_days` (from the one to the other) and `without_first` (the day on which it
        would have run dry without the first group; NaT where it would not have).
    left_out : dict of str to int
        Contracts that ran dry and are not in it, by why.
    unknown : int
        Cases that were turned away, of which nobody knows how many minutes they would have taken.
    """

    def __init__(
        self,
        run: Run,
        by: str,
        groups: list[Group],
        contracts: pd.DataFrame,
        left_out: dict[str, int],
        unknown: int,
    ) -> None:
        self.run, self.by, self.groups = run, by, groups
        self.contracts, self.left_out, self.unknown = contracts, left_out, unknown

    def frame(self) -> pd.DataFrame:
        """Return a row for each group, with the columns of :class:`Group`; shares as decimals."""
        frame = pd.DataFrame(self.groups, columns=list(Group._fields))
        return frame.assign(
            share=[float(group.share) for group in self.groups],
            days=[float(group.days) for group in self.groups],
            without=pd.to_datetime(frame["without"]),
        )

    def __repr__(self) -> str:
        return "\n".join([self._table().text(), "", *self._sentences()])

    def _repr_html_(self) -> str:
        notes = "".join(f"<p>{html.escape(text)}</p>" for text in self._sentences())
        return self._table().html() + notes

    @property
    def _is_single(self) -> bool:
        return len(self.contracts) == 1

    def _table(self) -> Table:
        headings = [self.by, Right("cases"), Right("terms"), Right("share"), Right("days")]
        last = "without it, dry on" if self._is_single else "days longer without it"
        rows = []
        for group in self.groups:
            without = number(group.longer)
            if self._is_single:
                without = "not" if group.without is None else day(group.without)
            rows.append(
                (
                    printable(group.value), number(group.cases), number(group.taken),
                    percent(float(group.share)), number(round(float(group.days), 1)), without,
                )
            )  # fmt: skip
        return Table([*headings, Right(last)], rows)

    def _sentences(self) -> list[str]:
        first = self.groups[0]
        name = f"{self.by} {printable(first.value)}" if first.value != OTHERS else OTHERS
        if self.by in ("contact", "severity"):
            name = printable(first.value)
        dry = int(self.contracts["dry_days"].sum())
        if self._is_single:
            [row] = self.contracts.to_dict("records")
            said = [
                f"The contract had nothing left from {day(row['ran_dry_on'])}, "
                f"{counted(dry, 'day')} before the end of {day(row['last_day'])}."
            ]
            if first.without is None:
                said.append(f"Without cases of {name} it would not have run dry by then.")
            elif first.longer > 0:
                said.append(
                    f"Without cases of {name} it would have lasted until {day(first.without)}, "
                    f"{counted(first.longer, 'day')} longer."
                )
            else:
                said.append(f"Without cases of {name} it would have lasted no longer.")
        else:
            said = [
                f"{counted(len(self.contracts), 'contract')} had nothing left for "
                f"{counted(dry, 'day')} in all. Without cases of {name} it would have been "
                f"{counted(dry - first.longer, 'day')}, and {counted(first.saved, 'contract')} "
                "would not have run dry."
            ]
        said.append(
            "Shares are Shapley's, over the days without terms when contracts are played with the "
            "cases of some groups only; what people did (renewals, top-ups, cancellations) stays."
        )
        if self.run.manifest.source == "imported":
            said.append(
                "No live system records refused cases: without a group, contracts lasted so long "
                "only if nobody was turned away."
            )
        if self.unknown:
            said.append(
                f"{counted(self.unknown, 'case')} turned away: how long such would have taken is "
                "not known, so they take nothing where terms are hours."
            )
        said += [f"Left out: {counted(n, 'contract')} {why}." for why, n in self.left_out.items()]
        return said


@takes(run=RUN, entitlement=WHOLE, offering=TEXT, by=TEXT, progress=FUNCTION)
def ceiling(
    run: Run,
    *,
    entitlement: int | None = None,
    offering: str | None = None,
    by: By = "product",
    progress: Callable[[int, int], None] | None = None,
) -> Ceiling:
    """Say which cases used up a contract, or all contracts of an offering that ran dry.

    The game: what a combination of groups comes to is the days without terms when the contract is
    played again with the cases of these groups only, from the first day on which it closes a
    movement with nothing left to its last one (or that of the run). A group's share is its Shapley
    value (see :func:`~.game.shapley`) of the days without terms that there were, exactly, so that
    shares add up to 1. Of several contracts the days are added up. With more than ten values, those
    with fewer terms are one group, all others.

    What is known to have been done stays as it was: renewals, top-ups, cancellations, and which
    contract a case asked. A case that was refused asks again, so it takes terms where there are
    some.

    Parameters
    ----------
    run : Run
    entitlement : int, optional
        A contract, by its number in the run.
    offering : str, optional
        A template, by its name; without either, all contracts that ran dry.
    by : {"product", "origin", "contact", "severity", "cause"}
        What cases are told apart by. Contacts are those of one contract's account. The cause is
        what brought a case: `base` for the customer's own need, `follow-up` or `burst`; no live
        system records it.
    progress : callable, optional
        Called with how many combinations were played, and how many there are.

    Returns
    -------
    Ceiling
        It prints as the answer.

    Raises
    ------
    ValueError
        `by` is none of these, both contract and offering are given, or there is no such one.
    RunError
        Nothing ran dry, what ran dry cannot be played again, the run does not know what is asked,
        or it would take too long.

    Examples
    --------
    >>> from entitlement_sim import Scenario, simulate
    >>> scenario = Scenario.load("reference", ["segments.everyone.customers=20"])
    >>> answer = ceiling(simulate(scenario, seed=7), offering="ten-cases", by="origin")
    >>> sum(group.share for group in answer.groups)
    Fraction(1, 1)
    """
    if by not in ATTRIBUTES:
        raise ValueError(unknown("attribute", by, ATTRIBUTES))
    if entitlement is not None and offering is not None:
        raise ValueError("name a contract (entitlement) or an offering, not both")
    if by == "contact" and entitlement is None:
        raise ValueError("contacts are those of one contract: name it (entitlement)")
    chosen, left_out = _chosen(run, entitlement, offering)
    alone = contracts_alone(run, chosen["entitlement_id"].to_numpy(np.int64))
    asking = _asking(run, alone, by)
    games = _Games(alone, chosen, asking, run)
    games.check()
    games.play(progress)
    kept = games.is_faithful
    if not kept.all():
        left_out["that cannot be played by themselves"] = int((~kept).sum())
    if not kept.any():
        raise RunError(
            f"what ran dry in {run.name} cannot be played again by itself: it holds what no "
            "contract alone explains, such as cases that went from one contract to another"
        )
    unknown_minutes = alone.unknown if _has_hours(alone) else 0
    return Ceiling(run, by, games.groups(), games.contracts(), left_out, unknown_minutes)


def _has_hours(alone: Alone) -> bool:
    return bool((alone.history.column("terms", "allocation") == 1).any())


def _chosen(
    run: Run, entitlement: int | None, offering: str | None
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Return the contracts that ran dry and were made in the run; why others are left out."""
    dry = run.sql(_CONTRACTS)
    if entitlement is not None:
        dry = dry[dry["entitlement_id"] == entitlement]
        if dry.empty:
            known = run.sql("SELECT entitlement_id FROM entitlements")["entitlement_id"]
            if entitlement not in set(known):
                raise ValueError(f"{run.name} has no entitlement {entitlement}")
            raise RunError(f"entitlement {entitlement} did not run dry in {run.name}")
    if offering is not None:
        names = list(run.sql("SELECT template::VARCHAR AS template FROM templates")["template"])
        if offering not in names:
            raise ValueError(unknown("offering", offering, names))
        dry = dry[dry["template"] == offering]
    if dry.empty:
        what = "nothing" if offering is None else f"no contract of {offering}"
        raise RunError(f"{what} ran dry in {run.name}, so there is nothing to share out")
    is_whole, has_terms = dry["is_whole"].astype(bool), dry["has_terms"].fillna(False).astype(bool)
    left_out = {
        "sold before the run began": int((~is_whole).sum()),
        "without any terms": int((is_whole & ~has_terms).sum()),
    }
    chosen = dry[is_whole & has_terms].reset_index(drop=True)
    if chosen.empty:
        why = listed([why for why, count in left_out.items() if count])
        raise RunError(f"what ran dry in {run.name} was {why}, so what it held is not known")
    return chosen, {why: count for why, count in left_out.items() if count}


def _asking(run: Run, alone: Alone, by: str) -> pd.DataFrame:
    """Return contract, value and terms of each case of the history, in its order."""
    cases = alone.history.cases
    asking = pd.DataFrame({"contract": cases["customer"], "case_id": cases["case_id"]})
    if by == "cause":
        from .causes import causes_of

        asking["value"] = causes_of(run, asking["case_id"].to_numpy(np.int64))
    else:
        values = run.sql(_ATTRIBUTES).set_index("case_id")[by]
        asking["value"] = values.reindex(asking["case_id"]).to_numpy()
    asking["entitlement_id"] = alone.entitlements[asking["contract"]]
    taken = run.sql(_TAKEN)
    asking = asking.merge(taken, on=["entitlement_id", "case_id"], how="left", sort=False)
    return asking.fillna({"taken": 0.0})


class _Games:
    """A game for each contract, between the groups of its cases."""

    def __init__(self, alone: Alone, chosen: pd.DataFrame, asking: pd.DataFrame, run: Run) -> None:
        self.alone, self.chosen = alone, chosen
        by_terms = (
            asking.groupby("value")["taken"].sum().sort_values(ascending=False, kind="stable")
        )
        if len(by_terms) > MOST_PLAYERS:
            named = set(by_terms.index[: MOST_PLAYERS - 1])
            asking["value"] = asking["value"].where(asking["value"].isin(named), OTHERS)
        self.asking = asking
        last_of_run = day_number(run.manifest.last_day)
        self.last = np.array(
            [min(day_number(_date(end)), last_of_run) for end in chosen["effective_end"]]
        )
        self.dry = np.array([day_number(_date(on)) for on in chosen["ran_dry_on"]])
        self.players: list[list[str]] = [[] for _ in range(len(chosen))]
        self.parts: list[Part] = []
        self.keys: list[tuple[int, frozenset[str]]] = []
        of_contract = asking["contract"].to_numpy(np.int64)
        for contract in np.unique(of_contract).tolist():
            own = asking[of_contract == contract]
            players = sorted(own["value"].unique())
            self.players[contract] = players
            masks = {value: 1 << place for place, value in enumerate(players)}
            bits = own["value"].map(masks).to_numpy(np.int64)
            places = own.index.to_numpy(np.int64)
            for some in combinations_of(players)[1:]:
                mask = sum(1 << players.index(value) for value in some)
                self.parts.append(Part(contract, places[(bits & mask) != 0]))
                self.keys.append((contract, some))
        self.days: dict[tuple[int, frozenset[str]], int] = {}

    def check(self) -> None:
        """Refuse what would take too long.

        Raises
        ------
        RunError
            It would.
        """
        played = sum(len(part.cases) for part in self.parts)
        if played > _MOST_PLAYED:
            raise RunError(
                f"that comes to {number(played)} cases in {number(len(self.parts))} combinations, "
                f"and {number(_MOST_PLAYED)} are the most: ask by an attribute with fewer values, "
                "of one offering, or of a shorter run"
            )

    def play(self, progress: Callable[[int, int], None] | None) -> None:
        """Play every combination."""
        played = 0

        def tell(more: int) -> None:
            nonlocal played
            played += more
            if progress is not None:
                progress(played, len(self.parts))

        days = first_dry_days(self.alone, self.parts, tell)
        self.days = dict(zip(self.keys, days.tolist(), strict=True))

    def dry_days(self, contract: int, some: frozenset[str]) -> int:
        """Return the days without terms with the cases of some groups."""
        if not some:
            return 0
        on = max(self.days[contract, some], self._begins(contract))
        return max(0, int(self.last[contract]) - on + 1)

    def _begins(self, contract: int) -> int:
        return day_number(_date(self.chosen["start_date"][contract]))

    @property
    def is_faithful(self) -> NDArray[np.bool_]:
        """Which contracts run dry on the same day when they are played with all of their cases."""
        return np.array(
            [
                bool(players) and self.days[contract, frozenset(players)] == self.dry[contract]
                for contract, players in enumerate(self.players)
            ]
        )

    def groups(self) -> list[Group]:
        """Return what each group did, added up over the contracts."""
        kept = [contract for contract, is_kept in enumerate(self.is_faithful) if is_kept]
        theirs: dict[str, Fraction] = {}
        longer: dict[str, int] = {}
        saved: dict[str, int] = {}
        without: dict[str, dt.date | None] = {}
        for contract in kept:
            players = self.players[contract]
            values = {some: self.dry_days(contract, some) for some in combinations_of(players)}
            whole = frozenset(players)
            for player, value in shapley(players, values).items():
                rest = whole - {player}
                theirs[player] = theirs.get(player, Fraction(0)) + value
                longer[player] = longer.get(player, 0) + values[whole] - values[rest]
                saved[player] = saved.get(player, 0) + int(values[rest] == 0)
                without[player] = self.runs_dry(contract, rest)
        asking = self.asking[self.asking["contract"].isin(kept)].groupby("value")
        cases, taken = asking["case_id"].size(), asking["taken"].sum()
        if len(set(self.alone.history.column("terms", "allocation")[self._terms_of(kept)])) > 1:
            taken[:] = np.nan  # cases and hours are not added
        total = sum(theirs.values(), Fraction(0))
        groups = [
            Group(
                value, int(cases[value]), float(taken[value]), days / total, days,
                without[value] if len(kept) == 1 else None, longer[value], saved[value],
            )
            for value, days in theirs.items()
        ]  # fmt: skip
        return sorted(groups, key=lambda group: (-group.share, group.value == OTHERS, group.value))

    def _terms_of(self, contracts: list[int]) -> NDArray[np.int64]:
        return self.alone.history.column("entitlements", "terms")[contracts]

    def runs_dry(self, contract: int, some: frozenset[str]) -> dt.date | None:
        """Return the day on which a contract runs dry with some groups; None where it does not."""
        if self.dry_days(contract, some) == 0:
            return None
        return day_of(max(self.days[contract, some], self._begins(contract)))

    def contracts(self) -> pd.DataFrame:
        """Return the contracts that were played, with the day without the first group."""
        first = self.groups()[0].value
        rows: list[tuple[Any, ...]] = []
        for contract, is_kept in enumerate(self.is_faithful):
            if not is_kept:
                continue
            whole = frozenset(self.players[contract])
            rows.append(
                (
                    int(self.chosen["entitlement_id"][contract]),
                    day_of(int(self.dry[contract])),
                    day_of(int(self.last[contract])),
                    self.dry_days(contract, whole),
                    self.runs_dry(contract, whole - {first}),
                )
            )
        names = ["entitlement_id", "ran_dry_on", "last_day", "dry_days", "without_first"]
        frame = pd.DataFrame(rows, columns=names)
        for name in ("ran_dry_on", "last_day", "without_first"):
            frame[name] = pd.to_datetime(frame[name])
        return frame


def _date(value: Any) -> dt.date:
    return pd.Timestamp(value).date()
