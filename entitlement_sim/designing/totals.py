"""What offerings come to in each replication, on lives that are kept and lived on from there.

The base is kept, with its customers, their cases and their past. Another offering lives the days of
the run alone; what it comes to is kept in its turn, so that going back asks for nothing. What
support costs moves no life, and prices that nobody answers to move none either: where offerings
differ in one price alone, two of them say what all others come to, as sums are straight lines in
it.
"""

import functools
import operator
import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..compiling import quiet_compilation
from ..engine.blocks import Piece, pieces
from ..engine.buffers import TooManyCasesError
from ..engine.kept_lives import KeptLives, add_up_kept, bit_of, keep
from ..engine.pricing import TOO_LARGE
from ..engine.sums import Measure, Offerings, Sums, meet_the_same, stacked
from ..population.plan import Plan, plan
from ..recentring import renewal_offsets
from ..replications import BASE, Plans, is_sold_otherwise, totals_by_replication
from ..rules.words import Allocation
from ..scenario.models import Pricing, ScenarioModel
from ..scenario.pricing import reacts
from ..scenario.scenario import Scenario
from ..store.errors import RunError

#: Customers that one thread keeps, and lives on with, at a time.
_PIECE: Final = 512

#: Bytes of memory for kept lives: those of 5,000 customers of the demo in 20 replications.
MEMORY: Final = 2_000_000_000

#: How much dearer the second of two offerings is by which all prices are told.
_DEARER: Final = 10
_LEAST_PRICE: Final = Decimal(100)
#: So that sums of it fit 64 bits.
_HIGHEST: Final = Decimal(10) ** 9

Totals = NDArray[np.int64]


class _Kept(NamedTuple):
    """One replication: its plan, and the customers that are kept of it.

    Attributes
    ----------
    plan : Plan
    lives : list of KeptLives
        Piece by piece.
    held : list of ndarray of int64
        Of each of their lives, what :func:`~..engine.kept_lives.add_up_kept` says is held in the
        base, as soon as they have lived it.
    """

    plan: Plan
    lives: list[KeptLives]
    held: list[NDArray[np.int64]]


class KeptTotals:
    """Totals of a base and of other offerings, replication by replication.

    Parameters
    ----------
    base : Scenario
    seed : int
    threads : int, optional
        By default one for each processor.
    memory : int
        Bytes for kept lives at the most. Replications that have no room are drawn anew each time.
    """

    def __init__(
        self, base: Scenario, seed: int, threads: int | None = None, memory: int = MEMORY
    ) -> None:
        self.base = base
        self._memory = memory
        self.simulated = 0
        self._seed = seed
        self._pool = ThreadPoolExecutor(threads or os.cpu_count() or 1)
        self._offsets = renewal_offsets(base)
        self._kept: dict[int, _Kept | None] = {}
        self._totals: dict[tuple[str, int], Totals] = {}
        self._concerned: dict[int, dict[int, Totals]] = {}
        self._sold: dict[str, Plan | None] = {}
        Plans({BASE: base}, seed)  # compiles what is needed, once and not in each thread
        first = self._plan(base, 0)
        self._first = first
        with quiet_compilation():
            nobody = keep(first, self._met(first, first), Piece(0, 0, 0))
            add_up_kept(nobody, self._met(first, first))

    def of(self, offering: Scenario, replications: Iterable[int]) -> dict[int, Totals]:
        """Return the totals of an offering in some replications, simulated where need be.

        Parameters
        ----------
        offering : Scenario
        replications : iterable of int

        Returns
        -------
        dict of int to ndarray of int64, shape (templates + 1, measures)
            In hundredths; see :class:`~entitlement_sim.replications.ReplicationTotals`.

        Raises
        ------
        RunError
            A sum does not fit 64 bits, or a customer has too many cases.
        """
        return self._of(offering, [*replications], by_prices=True)

    def by_customer(self, offering: Scenario) -> "list[NDArray[np.int64]] | None":
        """Return by segment what each customer comes to in the first replication.

        Returns
        -------
        list of ndarray of int64, shape (customers, allocations + 1, measures), or None
            None where the offering's customers are drawn otherwise than the base's, or have no room
            in memory.

        Raises
        ------
        RunError
            As :meth:`of`.
        """
        sold = self._sold_as(offering)
        if sold is None:
            return None
        kept = self._keep(0)
        if kept is None:
            return None
        pairs = zip(kept.lives, self._lived_on(kept, sold, customers=True), strict=True)
        nobody = np.zeros((0, len(Allocation) + 1, len(Measure)), np.int64)
        parts: list[list[NDArray[np.int64]]] = [[nobody] for _ in self.base.model.segments]
        totals = self._no_totals(sold)
        for lives, sums in pairs:
            parts[lives.piece.segment].append(sums.by_customer[0])
            totals += sums.by_month[0].sum(axis=1)
        self._totals[_key(offering.model), 0] = totals
        return [np.concatenate(own) for own in parts]

    def keep(self, replications: Iterable[int]) -> None:
        """Keep the lives of some replications, and what the base comes to in them.

        Raises
        ------
        RunError
            As :meth:`of`.
        """
        self.of(self.base, replications)

    def prepare(self, template: str, replications: Iterable[int]) -> None:
        """Tell beforehand those of the base who have to do with a template, and what they come to.

        Else the first answer about it does it.

        Raises
        ------
        RunError
            As :meth:`of`.
        """
        numbers = [*replications]
        self.of(self.base, numbers)
        bit = bit_of([*self.base.model.templates].index(template))
        # Where that does not fit 64 bits, neither do answers, which say so.
        with suppress(OverflowError):
            self._of_concerned(self._all_kept(numbers), bit)

    def tells(self, offering: Scenario, replications: Sequence[int]) -> bool:
        """Whether it is known what an offering comes to, so that nothing need be simulated."""
        by_which = self._by_which_prices(offering) or []
        ways = [[offering], [one for one, _ in by_which]]
        keys = [[_key(one.model) for one in way] for way in ways if way]
        return any(
            all((key, number) in self._totals for key in way for number in replications)
            for way in keys
        )

    @property
    def nbytes(self) -> int:
        """Bytes of memory that the kept lives take."""
        there = [kept for kept in self._kept.values() if kept is not None]
        return sum(lives.nbytes for kept in there for lives in kept.lives)

    # ------------------------------------------------------------------ underneath

    def _of(
        self, offering: Scenario, replications: Sequence[int], *, by_prices: bool
    ) -> dict[int, Totals]:
        key = _key(offering.model)
        missing = [number for number in replications if (key, number) not in self._totals]
        if missing:
            found = self._by_prices(offering, missing) if by_prices else None
            if found is None:
                found = self._simulated(offering, missing)
            self._totals |= {(key, number): own for number, own in found.items()}
        return {number: self._totals[key, number] for number in replications}

    def _simulated(self, offering: Scenario, replications: Sequence[int]) -> dict[int, Totals]:
        self.simulated += len(replications)
        sold = self._sold_as(offering)
        try:
            if sold is None:
                return self._drawn_anew(offering, replications)
            found = self._of_kept(offering, sold, self._all_kept(replications))
            without_room = [number for number in replications if number not in found]
            if without_room:
                found |= self._drawn_anew(offering, without_room)
        except TooManyCasesError as error:
            raise RunError(str(error)) from None
        except OverflowError:
            raise RunError("a sum does not fit 64 bits: write lower prices") from None
        return found

    def _of_kept(
        self, offering: Scenario, sold: Plan, there: dict[int, _Kept]
    ) -> dict[int, Totals]:
        """Return what an offering comes to in replications that are kept.

        Only those live on who have to do with what is changed; the others come to what they do in
        the base.
        """
        if offering is self.base:
            return self._added(there, self._first, None)
        changed = self._changed(offering)
        if changed is None:
            return self._added(there, sold, None)
        whole = self._of(self.base, [*there], by_prices=False)
        before = self._of_concerned(there, changed)
        after = self._added(there, sold, changed)
        found = {number: whole[number] - before[number] + after[number] for number in there}
        if any(map(_is_too_large, found.values())):
            raise OverflowError
        return found

    def _of_concerned(self, there: dict[int, _Kept], changed: int) -> dict[int, Totals]:
        """Return what those come to in the base who have to do with some templates."""
        known = self._concerned.setdefault(changed, {})
        new = {number: one for number, one in there.items() if number not in known}
        known |= self._added(new, self._first, changed)
        return {number: known[number] for number in there}

    def _added(self, there: dict[int, _Kept], sold: Plan, changed: int | None) -> dict[int, Totals]:
        """Let kept lives live on, all of them or who has to do with some templates, and add up."""
        running = {}
        for number, one in there.items():
            met = self._met(one.plan, sold)
            running[number] = [
                self._pool.submit(
                    add_up_kept, lives, met, held=held if sold is self._first else None
                )
                if changed is None
                else self._pool.submit(
                    add_up_kept, lives, met, asked=np.flatnonzero(held & changed)
                )
                for lives, held in zip(one.lives, one.held, strict=True)
            ]
        found = {}
        for number, futures in running.items():
            totals = self._no_totals(sold)
            for future in futures:
                totals += future.result().by_month[0].sum(axis=1)
                if _is_too_large(totals):
                    raise OverflowError
            found[number] = totals
        return found

    def _changed(self, offering: Scenario) -> int | None:
        """Return the bits of the templates that differ from the base; None where all may live anew.

        Who has nothing of a template lives the same whatever it promises, except where customers
        answer to prices or buy of it on top of another one, and where service levels differ.
        """
        model, base = offering.model, self.base.model
        names = [name for name in base.templates if model.templates[name] != base.templates[name]]
        if model.slas != base.slas or any(map(reacts, model.segments.values())):
            return None
        bought = {
            segment.buys_more.template for segment in base.segments.values() if segment.buys_more
        }
        if model.revision is not None or bought.intersection(names):
            return None
        numbers = {name: number for number, name in enumerate(base.templates)}
        return functools.reduce(operator.or_, (bit_of(numbers[name]) for name in names), 0)

    def _drawn_anew(self, offering: Scenario, replications: Sequence[int]) -> dict[int, Totals]:
        found = {}
        for one in totals_by_replication({BASE: offering}, replications, self._seed):
            for reason in one.failed.values():
                raise RunError(f"this offering comes to nothing: {reason}")
            found[one.replication] = one.totals[BASE]
        return found

    def _lived_on(self, kept: _Kept, sold: Plan, *, customers: bool) -> list[Sums]:
        met = self._met(kept.plan, sold)
        self.simulated += 1
        running = [
            self._pool.submit(add_up_kept, lives, met, customers=customers) for lives in kept.lives
        ]
        try:
            return [future.result() for future in running]
        except OverflowError:
            raise RunError("a sum does not fit 64 bits: write lower prices") from None

    def _all_kept(self, replications: Iterable[int]) -> dict[int, _Kept]:
        """Keep the lives of replications, as far as they have room in memory."""
        kept = {number: self._keep(number) for number in replications}
        return {number: one for number, one in kept.items() if one is not None}

    def _keep(self, replication: int) -> _Kept | None:
        """Keep the lives of a replication; None where they have no room in memory."""
        if replication not in self._kept:
            drawn = self._plan(self.base, replication)
            met = self._met(drawn, drawn)
            running = [
                self._pool.submit(keep, drawn, met, piece) for piece in pieces(drawn, _PIECE)
            ]
            lives: list[KeptLives] = []
            left = self._memory - self.nbytes
            try:
                for future in running if left > 0 else ():
                    lives.append(future.result())
                    left -= lives[-1].nbytes
                    if left < 0:
                        break
            except TooManyCasesError as error:
                raise RunError(str(error)) from None
            finally:
                for future in running:
                    future.cancel()
            held = [np.zeros(len(own.lives.places), np.int64) for own in lives]
            self._kept[replication] = None if left <= 0 else _Kept(drawn, lives, held)
        return self._kept[replication]

    def _sold_as(self, offering: Scenario) -> Plan | None:
        """Return a plan with what an offering sells; None where its customers are others."""
        key = _key(offering.model)
        if key not in self._sold:
            self._sold[key] = None
            if is_sold_otherwise(self.base, offering):
                other = self._plan(offering, 0)
                has_same_past = self._met(self._first, other, self._first).pasts.tolist() == [0, 0]
                if meet_the_same(self._first, other) and has_same_past:
                    self._sold[key] = other
        return self._sold[key]

    def _plan(self, offering: Scenario, replication: int) -> Plan:
        return plan(offering.model, self._seed, replication, offering.base, self._offsets)

    @staticmethod
    def _met(drawn: Plan, *sold: Plan) -> Offerings:
        return stacked([(drawn.run, one.templates, one.lists) for one in sold])

    @staticmethod
    def _no_totals(sold: Plan) -> Totals:
        templates = int(sold.templates["number"].max()) + 1
        return np.zeros((templates + 1, len(Measure)), np.int64)

    # ------------------------------------------------------------------ prices

    def _by_prices(
        self, offering: Scenario, replications: Sequence[int]
    ) -> dict[int, Totals] | None:
        """Return what an offering comes to by its price; None where that must be simulated."""
        by_which = self._by_which_prices(offering)
        if by_which is None:
            return None
        (cheap, low), (dear, high) = by_which
        first = self._of(cheap, replications, by_prices=False)
        second = self._of(dear, replications, by_prices=False)
        changed = _priced_otherwise(self.base.model, offering.model)
        assert changed is not None
        asked = _price_of(offering.model, changed)
        return {
            number: on_line(first[number], second[number], (low, high), asked)
            for number in replications
        }

    def _by_which_prices(self, offering: Scenario) -> list[tuple[Scenario, Decimal]] | None:
        """Return the two offerings that tell what this one comes to, with their prices."""
        changed = _priced_otherwise(self.base.model, offering.model)
        if changed is None or any(map(reacts, offering.model.segments.values())):
            return None
        now = _price_of(self.base.model, changed)
        dearer = max(now, _price_of(offering.model, changed), _LEAST_PRICE) * _DEARER
        # A round one, so that moves along a slider share it.
        dearer = Decimal(10) ** (dearer.adjusted() + 1)
        if dearer > _HIGHEST:
            return None
        return [(_priced(offering, changed, price), price) for price in (now, dearer)]


def _is_too_large(totals: Totals) -> bool:
    return bool(totals.max(initial=0) >= TOO_LARGE or totals.min(initial=0) <= -TOO_LARGE)


def on_line(
    first: Totals, second: Totals, prices: tuple[Decimal, Decimal], asked: Decimal
) -> Totals:
    """Return totals at a price from those at two others, to the nearest hundredth.

    Each price of a contract is rounded once, so that the answer is as many halves of a hundredth
    off at the most as there are roundings in it.

    Examples
    --------
    >>> on_line(np.array([100]), np.array([500]), (Decimal(1), Decimal(5)), Decimal(2))
    array([200])
    """
    low, high, price = (int(one * 100) for one in (*prices, asked))
    apart = high - low
    moved = (second - first).astype(object) * (price - low)
    told: Totals = (first + (2 * moved + apart) // (2 * apart)).astype(np.int64)
    return told


def _key(model: ScenarioModel) -> str:
    """Return what says how customers live: everything but what support costs."""
    return model.model_dump_json(exclude={"money", "scenario", "description"})


def _priced_otherwise(base: ScenarioModel, other: ScenarioModel) -> str | None:
    """Return the one template with another price than in the base; None for none or several."""
    names = [
        name
        for name, template in other.templates.items()
        if name in base.templates and template.price != base.templates[name].price
    ]
    if len(names) != 1:
        return None
    prices = [model.templates[names[0]].price for model in (base, other)]
    if all(isinstance(price, Decimal) for price in prices):
        return names[0]
    periods = [isinstance(price, Pricing) and price.amount is not None for price in prices]
    every = {price.every for price in prices if isinstance(price, Pricing)}
    return names[0] if all(periods) and len(every) == 1 else None


def _price_of(model: ScenarioModel, template: str) -> Decimal:
    price = model.templates[template].price
    return price if isinstance(price, Decimal) else price.amount or Decimal(0)


def _priced(offering: Scenario, template: str, price: Decimal) -> Scenario:
    """Return an offering with another price of a template, to be simulated."""
    model = offering.model
    own = model.templates[template]
    asked: Decimal | Pricing = price
    if isinstance(own.price, Pricing):
        asked = own.price.model_copy(update={"amount": price})
    templates = model.templates | {template: own.model_copy(update={"price": asked})}
    return replace(offering, model=model.model_copy(update={"templates": templates}))
