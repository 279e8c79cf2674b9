"""Which cases used up what was sold: by product, channel or contact, as shares that add to one."""

import datetime as dt
import html
from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

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
from .playing import NEVER, Dry, Part, played

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: What cases are told apart by.
By = Literal["product", "origin", "contact", "severity", "cause"]
ATTRIBUTES: Final = ("product", "origin", "contact", "severity", "cause")

#: The group of all values that are not among those with the most terms.
OTHERS: Final = "all others"

#: Cases that are played in all at the most: some minutes of processor time.
_MOST_PLAYED: Final = 40_000_000

#: Contracts that cases emptied: the close of a period that carries all that is left is none.
_CONTRACTS: Final = """
SELECT entitlement_id, template::VARCHAR AS template, dry.start_date, effective_end, emptied_on,
       created_on >= run.start_date AS is_whole, total_terms > 0 AS has_terms
FROM (
    SELECT entitlement_id, min(happened_at::DATE) AS emptied_on
    FROM ledger WHERE reason = 'consume' AND balance <= 0 GROUP BY entitlement_id
) JOIN first_exhaustion AS dry USING (entitlement_id) JOIN entitlements USING (entitlement_id)
CROSS JOIN run
WHERE emptied_on <= effective_end ORDER BY entitlement_id
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
FROM ledger JOIN (
    SELECT entitlement_id, min(happened_at::DATE) AS emptied_on
    FROM ledger WHERE reason = 'consume' AND balance <= 0 GROUP BY entitlement_id
) USING (entitlement_id)
WHERE case_id IS NOT NULL AND happened_at::DATE <= emptied_on
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
        Terms that they had taken by the end of the day on which each contract first had nothing
        left; NaN where some contracts count cases and others hours.
    share : Fraction
        Their share of the days without terms; all add up to 1. Below 0 where their cases kept
        others out that would have taken more.
    days : Fraction
        Days without terms that are theirs.
    without : date or None
        Of a single contract: the day on which it would first have had nothing left without them;
        None where it would have had terms to its end or that of the run.
    fewer : int
        Days without terms that there would be fewer without them, in all.
    saved : int
        Contracts that would not have run dry without them.
    """

    value: str
    cases: int
    taken: float
    share: Fraction
    days: Fraction
    without: dt.date | None
    fewer: int
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
        the run), `dry_days` (days until then that closed with nothing left) and `without_first`
        (the day on which it would have run dry without the first group; NaT where it would not
        have).
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

    def chart(self, *, ax: "Axes | None" = None) -> "Axes":
        """Draw the share of each group, and what brought it: see :meth:`frame`."""
        from ..charts import ceiling as draw

        return draw(self.frame(), self.by, contracts=len(self.contracts), ax=ax)

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
        last = "without it, dry on" if self._is_single else "days fewer without it"
        rows = []
        for group in self.groups:
            without = number(group.fewer)
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
                f"The contract first had nothing left on {day(row['ran_dry_on'])}, and on "
                f"{counted(dry, 'day')} in all until {day(row['last_day'])}."
            ]
            if first.without is None:
                said.append(f"Without cases of {name} it would have lasted to that day.")
            else:
                later = (first.without - row["ran_dry_on"].date()).days
                said.append(
                    f"Without cases of {name} it would have run dry on {day(first.without)}, "
                    + (f"{counted(later, 'day')} later." if later else "the same day.")
                )
        else:
            said = [
                f"{counted(len(self.contracts), 'contract')} had nothing left on "
                f"{counted(dry, 'day')} in all. Without cases of {name} it would have been on "
                f"{counted(dry - first.fewer, 'day')}, and {counted(first.saved, 'contract')} "
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
    played again with the cases of these groups only: those that close with nothing left, up to its
    last one (or that of the run). A group's share is its Shapley
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
    faithful = games.is_faithful
    again = faithful & ~games.stays_dry
    left_out |= {
        why: int(which.sum())
        for why, which in (
            ("that cannot be played by themselves", ~faithful),
            ("that had terms again by the end of every day", again),
        )
        if which.any()
    }
    if faithful.any() and not games.kept:
        raise RunError(f"what ran dry in {run.name} had terms again by the end of every day")
    if not games.kept:
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
        self.emptied = np.array([day_number(_date(on)) for on in chosen["emptied_on"]])
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
        self.dry = Dry(np.zeros(0, np.int64), np.zeros(0, np.int64))
        self.place: dict[tuple[int, frozenset[str]], int] = {}

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
        done = 0

        def tell(more: int) -> None:
            nonlocal done
            done += more
            if progress is not None:
                progress(done, len(self.parts))

        self.dry = played(self.alone, self.parts, self.last, tell)
        self.place = {key: place for place, key in enumerate(self.keys)}

    def dry_days(self, contract: int, some: frozenset[str]) -> int:
        """Return the days without terms with the cases of some groups."""
        return int(self.dry.days[self.place[contract, some]]) if some else 0

    def first_dry(self, contract: int, some: frozenset[str]) -> int:
        """Return the day on which cases of some groups first leave nothing; NEVER where none do."""
        day_number_of = int(self.dry.first[self.place[contract, some]]) if some else NEVER
        return day_number_of if day_number_of <= self.last[contract] else NEVER

    @property
    def is_faithful(self) -> NDArray[np.bool_]:
        """Which contracts run dry on the same day when they are played with all of their cases."""
        return np.array(
            [
                self.first_dry(contract, frozenset(players)) == self.emptied[contract]
                for contract, players in enumerate(self.players)
            ]
        )

    @property
    def stays_dry(self) -> NDArray[np.bool_]:
        """Which contracts have nothing left at the end of some day."""
        return np.array(
            [
                self.dry_days(contract, frozenset(players)) > 0
                for contract, players in enumerate(self.players)
            ]
        )

    @property
    def kept(self) -> list[int]:
        """Places of the contracts that are shared out."""
        return np.flatnonzero(self.is_faithful & self.stays_dry).tolist()

    def groups(self) -> list[Group]:
        """Return what each group did, added up over the contracts."""
        kept = self.kept
        theirs: dict[str, Fraction] = {}
        fewer: dict[str, int] = {}
        saved: dict[str, int] = {}
        without: dict[str, dt.date | None] = {}
        for contract in kept:
            players = self.players[contract]
            values = {some: self.dry_days(contract, some) for some in combinations_of(players)}
            whole = frozenset(players)
            for player, value in shapley(players, values).items():
                rest = whole - {player}
                theirs[player] = theirs.get(player, Fraction(0)) + value
                fewer[player] = fewer.get(player, 0) + values[whole] - values[rest]
                without[player] = self.runs_dry(contract, rest)
                saved[player] = saved.get(player, 0) + int(without[player] is None)
        asking = self.asking[self.asking["contract"].isin(kept)].groupby("value")
        cases, taken = asking["case_id"].size(), asking["taken"].sum()
        if len(set(self.alone.history.column("terms", "allocation")[self._terms_of(kept)])) > 1:
            taken[:] = np.nan  # cases and hours are not added
        total = sum(theirs.values(), Fraction(0))
        groups = [
            Group(
                value, int(cases[value]), float(taken[value]), days / total, days,
                without[value] if len(kept) == 1 else None, fewer[value], saved[value],
            )
            for value, days in theirs.items()
        ]  # fmt: skip
        return sorted(groups, key=lambda group: (-group.share, group.value == OTHERS, group.value))

    def _terms_of(self, contracts: list[int]) -> NDArray[np.int64]:
        return self.alone.history.column("entitlements", "terms")[contracts]

    def runs_dry(self, contract: int, some: frozenset[str]) -> dt.date | None:
        """Return the day on which a contract runs dry with some groups; None where it does not."""
        first = self.first_dry(contract, some)
        return None if first == NEVER else day_of(first)

    def contracts(self) -> pd.DataFrame:
        """Return the contracts that were played, with the day without the first group."""
        first = self.groups()[0].value
        rows: list[tuple[Any, ...]] = []
        for contract in self.kept:
            whole = frozenset(self.players[contract])
            rows.append(
                (
                    int(self.chosen["entitlement_id"][contract]),
                    day_of(int(self.emptied[contract])),
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
