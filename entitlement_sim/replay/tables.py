"""Histories as tables: a book of any size as frames of numbers, without an object a row.

How to fill them
----------------
Every table is a frame of whole numbers (any integer or boolean type; no missing values), and its
rows are meant by their places, from 0. Columns with a default may be left out, tables other than
``customers`` may be empty. Days are day numbers and minutes are local minutes, both since
1970-01-01; amounts are hundredths of a term, prices hundredths of the currency.

1. ``customers``: one row for each, ``joined`` on a day by which nothing of it has happened.
2. ``terms``: each distinct combination of what contracts grant, once. ``template`` is the place of
   the scenario's template whose number its entitlements bear and whose SLA they have; everything
   else is as it stands here; where they are ``as_sold``, they also have its allowance, overage,
   steps and weights. What a combination lists is in ``channels``, ``listed_products`` and
   ``listed_contacts``; without a row there it restricts nothing. Contacts are numbered within their
   customer, from 0.
3. ``entitlements``: one row for each that ever came into being, with its own dates and ``terms``.
   One that renews another names it as ``predecessor``. One that an ``account`` of its customer
   holds (from 1; -1: none) serves the cases of that account only.
4. ``bookings``: what is done with entitlements, each with its ``day`` and, where it is known, the
   ``minute`` of that day (-1: not known; it is done when the states of the day come into force).
   Every entitlement has exactly one booking CREATE (its row is what is made) or RENEW (the product
   renews its ``predecessor`` on that day: the row's own dates and terms play no part). ACTIVATE is
   also the activation by a patch of the state. CORRECT writes ``amount`` into the balance of the
   whole (``origin`` -1) or of a channel, past all checks; BRING_FORWARD says that it was ``amount``
   then, and what earlier movements came to is not known. EDIT gives a draft the total ``amount``.
5. ``cases``: one row for each, with the customer and everything else as it was at its creation.
   Accounts are numbered within their customer, from 1; a case that goes to another customer is of
   none. ``wants`` is the entitlement asked for: its row, ``NOTHING``, or ``BY_CUSTOM`` for what the
   customer's segment usually picks.
6. ``events``: what happened to cases later, each with its minute ``at`` and its ``move``. A SAVE
   has the fields that were written in that one save (``UNWRITTEN``: not written): ``entitlement``
   (attached later: its row; detached: ``NOTHING``), ``customer``, ``contact``, ``product``,
   ``origin`` (-1: none), ``decrement``. A contact that is written is one of the customer that the
   case has since. MERGE merges the case ``into`` another one. WORK completes ``minutes`` of work.
   RESOLVE adds ``minutes`` of work, too, and bills ``billed`` minutes, or what the rules say (-1).

Rows need not be sorted: what happens to one entitlement or case at the same time is done in the
order of the rows. What the rules refuse changes nothing. Origins from ``ORIGINS`` on are labels of
the book's own.

Whose case it is
----------------
A case counts for the customer that it has at the time: it matches that customer's entitlements,
takes its default, and leaves what it used as the rules say (a save that changes the customer and
writes no entitlement empties it, and gives an open creation term back). In the tables of the run it
is a case of its last customer, and what it took stays in the ledgers of those it took it from.
Customers do not touch each other but by such cases: those that a case links are played as a unit,
their days together in time order, and their rows stand together.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..engine.history_columns import COLUMNS
from ..engine.tables import Block


def _no_rows() -> pd.DataFrame:
    return pd.DataFrame()


@dataclass(frozen=True)
class HistoryTables:
    """What is known to have happened, as frames; the top of this file says how to fill them.

    Attributes
    ----------
    customers, terms, channels, listed_products, listed_contacts : DataFrame
    entitlements, bookings, cases, events : DataFrame
        With the columns in :data:`COLUMNS`; those with a default may be missing.
    """

    customers: pd.DataFrame
    terms: pd.DataFrame = field(default_factory=_no_rows)
    entitlements: pd.DataFrame = field(default_factory=_no_rows)
    bookings: pd.DataFrame = field(default_factory=_no_rows)
    cases: pd.DataFrame = field(default_factory=_no_rows)
    events: pd.DataFrame = field(default_factory=_no_rows)
    channels: pd.DataFrame = field(default_factory=_no_rows)
    listed_products: pd.DataFrame = field(default_factory=_no_rows)
    listed_contacts: pd.DataFrame = field(default_factory=_no_rows)

    def column(self, table: str, name: str) -> NDArray[Any]:
        """Return a column as numbers; its default where it was left out.

        Raises
        ------
        ValueError
            A column without a default is missing, or has something else than numbers.
        """
        frame: pd.DataFrame = getattr(self, table)
        default = COLUMNS[table][name]
        kind = np.float64 if isinstance(default, float) else np.int64
        if len(frame) and name in frame.columns:
            values = frame[name]
            kinds = "iufb" if kind is np.float64 else "iub"
            if values.hasnans or values.dtype.kind not in kinds:
                raise ValueError(f"{table}: column {name} has something else than numbers")
            return values.to_numpy(kind)
        if len(frame) and default is None:
            raise ValueError(f"{table}: column {name} is missing")
        return np.broadcast_to(np.asarray(0 if default is None else default, kind), len(frame))


@dataclass(frozen=True)
class Replayed:
    """What ``replay(model, history, settings=None)`` makes of a history.

    Attributes
    ----------
    blocks : list of dict
        The engine's blocks: arrays by table and column; ``store.writer.write_run`` makes a run of
        them. All customers stand in the first one, in the order of the history.
    entitlement_ids, case_ids : ndarray of int64
        Number of each entitlement and case of the history in the tables of the run; 0 for an
        entitlement that never came into being.
    """

    blocks: list[Block]
    entitlement_ids: NDArray[np.int64]
    case_ids: NDArray[np.int64]

    def __iter__(self) -> Iterator[Block]:
        """Go through the blocks."""
        return iter(self.blocks)

    def block(self) -> Block:
        """Return all blocks as one."""
        return {
            table: {
                name: np.concatenate([block[table][name] for block in self.blocks])
                for name in columns
            }
            for table, columns in self.blocks[0].items()
        }
