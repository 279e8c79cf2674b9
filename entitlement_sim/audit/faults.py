"""Books with faults in them whose places are known: an examination for whatever audits a book."""

import dataclasses
import random
import uuid
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from ..rules.amounts import terms
from .key import AnswerKey
from .kinds import Kind
from .lives import Life, lives_of
from .planting import PLANTERS, Change, Surroundings

if TYPE_CHECKING:
    import pandas as pd

    from ..exchange.book import Book

#: Entitlements looked at in one go.
_BATCH: Final = 2_000
_NAMESPACE: Final = uuid.UUID("3b0f8f0e-60f1-4a4e-9f0e-5c6f3f0f7a11")
#: Days between the end of an entitlement and the creation of what may have been renewed from it.
_RENEWED_WITHIN: Final = 60


def plant(
    book: "Book", seed: int, *, each: int = 10, kinds: Iterable[Kind] = tuple(Kind)
) -> tuple["Book", AnswerKey]:
    """Plant faults into a book, never two on one entitlement.

    Only entitlements are chosen on which a fault moves a balance and leaves every gate as it was,
    so that nothing else would have happened because of it.

    Parameters
    ----------
    book : Book
        With audit rows of `remainingterms` and of the states of cases. It stays as it is.
    seed : int
        Decides what is planted where.
    each : int, default 10
        Entitlements for each kind; fewer where the book has not so many places for it.
    kinds : iterable of Kind
        By default all that can be planted.

    Returns
    -------
    Book
    AnswerKey

    Raises
    ------
    ValueError
        The book lacks a table that shows what moved when.
    """
    missing = [
        name
        for name in ("entitlement", "entitlementchannel", "incident", "audit")
        if name not in book.tables
    ]
    if missing:
        raise ValueError(f"faults are planted into books with {', '.join(missing)}")
    chance = random.Random(seed)
    changes = _changes(book, chance, each, set(kinds))
    faults = [fault for change in changes for fault in change.faults]
    key = AnswerKey(book.name, seed, tuple(sorted(faults)))
    return _Writing(book, changes).book(), key


def _changes(book: "Book", chance: random.Random, each: int, kinds: set[Kind]) -> list[Change]:
    import pandas as pd

    entitlement = book.tables["entitlement"]
    ids = sorted(entitlement.loc[entitlement["totalterms"].notna(), "entitlementid"])
    chance.shuffle(ids)
    around = _surroundings(book)
    lacking = {kind: each for kind in PLANTERS if kind in kinds}
    used: set[str] = set()
    changes = []
    for begin in range(0, len(ids), _BATCH):
        for life in lives_of(book, pd.Series(ids[begin : begin + _BATCH], dtype=str)):
            change = None if life.id in used else _first(life, chance, around, list(lacking))
            if change is None:
                continue
            kind = change.faults[0].kind
            needed = {life.id, *_neighbours(life, kind, around)}
            if used & needed:
                continue
            used |= needed
            changes.append(change)
            lacking[kind] -= 1
            lacking = {kind: count for kind, count in lacking.items() if count}
            if not lacking:
                return changes
    return changes


def _first(
    life: Life, chance: random.Random, around: Surroundings, kinds: Sequence[Kind]
) -> Change | None:
    for kind in kinds:
        change = PLANTERS[kind](life, chance, around)
        if change is not None:
            return change
    return None


def _neighbours(life: Life, kind: Kind, around: Surroundings) -> list[str]:
    """Return what must stay as it is for a fault to be seen: whence a balance was copied."""
    if kind != Kind.COPIED_BALANCE:
        return []
    return [id for id, _ in around.predecessors.get(life.id, ())]


def _surroundings(book: "Book") -> Surroundings:
    import pandas as pd

    tables = book.tables
    closes = (
        pd.Timestamp(book.as_of) + pd.Timedelta(days=1)
        if book.as_of is not None
        else max(tables["incident"]["createdon"].max(), tables["audit"]["changed"].max())
    )
    minutes: dict[str, int] = {}
    if "incidentresolution" in tables:
        resolution = tables["incidentresolution"].dropna(subset=["timespent"])
        resolution = resolution.drop_duplicates("incidentid", keep=False)
        minutes = dict(
            zip(resolution["incidentid"], resolution["timespent"].astype(int), strict=True)
        )
    return Surroundings(closes, _predecessors(book), minutes, _alone(book))


def _alone(book: "Book") -> set[str]:
    """Return the entitlements during whose days no other one of the customer runs."""
    frame = book.tables["entitlement"].dropna(subset=["startdate", "enddate", "customerid"])
    frame = frame[["entitlementid", "customerid", "startdate", "enddate"]]
    pairs = frame.merge(frame, on="customerid", suffixes=("", "_other"))
    overlap = (pairs["startdate"] <= pairs["enddate_other"]) & (
        pairs["startdate_other"] <= pairs["enddate"]
    )
    counts = pairs[overlap].groupby("entitlementid").size()
    return set(counts.index[counts == 1])


def _predecessors(book: "Book") -> dict[str, list[tuple[str, dict[str | None, int]]]]:
    """Return what an entitlement may have been renewed from, with what that had left.

    What moved later is left out: a copy would have been of another balance.
    """
    import pandas as pd

    frame = book.tables["entitlement"]
    by = ["customerid", "templateid", "allocation"]
    by = [column for column in by if column in frame]
    dated = frame.dropna(subset=["startdate", "enddate", "remainingterms", *by])
    pairs = dated.merge(dated, on=by, suffixes=("", "_old"))
    gap = pairs["createdon"].dt.normalize() - pairs["enddate_old"]
    follows = (gap > pd.Timedelta(0)) & (gap <= pd.Timedelta(days=_RENEWED_WITHIN))
    if "renewed_from" in pairs:
        recorded = pairs["renewed_from"]
        follows &= recorded.isna() | (recorded == pairs["entitlementid_old"])
    log = book.tables["audit"]
    log = log[(log["column"] == "remainingterms") & (log["table"] == "entitlement")]
    moved = pairs["entitlementid_old"].map(log.groupby("recordid")["changed"].max())
    follows &= ~(moved >= pairs["createdon"])
    channel = book.tables["entitlementchannel"]
    rests: dict[str, dict[str | None, int]] = {}
    for row in channel.dropna(subset=["remainingterms"]).to_dict("records"):
        rests.setdefault(row["entitlementid"], {})[row["channel"]] = int(row["remainingterms"])
    found: dict[str, list[tuple[str, dict[str | None, int]]]] = {}
    for row in pairs[follows].to_dict("records"):
        old = row["entitlementid_old"]
        whole: dict[str | None, int] = {None: int(row["remainingterms_old"])}
        rest = whole | rests.get(old, {})
        found.setdefault(row["entitlementid"], []).append((old, rest))
    return found


class _Writing:
    """A book and what changes of it."""

    def __init__(self, book: "Book", changes: Sequence[Change]) -> None:
        self.source = book
        self.changes = changes
        self.rows: dict[str, list[dict[str, Any]]] = {}
        self.values: dict[str, dict[str, dict[str, Any]]] = {}
        self.replaced: set[tuple[str, str]] = set()
        audit = book.tables["audit"]
        creations = audit[(audit["operation"] == "create")]
        rows: list[dict[Any, Any]] = creations.to_dict("records")
        self.created = {(row["recordid"], row["column"]): row for row in rows}

    def book(self) -> "Book":
        for change in self.changes:
            self._write(change)
        tables = dict(self.source.tables)
        tables["audit"] = self._without_replaced(tables["audit"])
        for name, rows in self.rows.items():
            tables[name] = _appended(tables[name], rows)
        for name, by_id in self.values.items():
            tables[name] = _overwritten(tables[name], by_id)
        tables["audit"] = tables["audit"].sort_values("changed", kind="stable", ignore_index=True)
        return dataclasses.replace(self.source, tables=tables)

    def _write(self, change: Change) -> None:
        life = change.life
        for name, rows in change.rows.items():
            self.rows.setdefault(name, []).extend(rows)
        walks = life.balances()
        self._rest("entitlement", life.id, life, None, walks[None])
        for label, channel in life.channels.items():
            id = channel["entitlementchannelid"]
            self._rest("entitlementchannel", id, life, label, walks[label])
        for case in sorted(change.touched):
            self._marks(life, case)

    def _rest(
        self, table: str, id: str, life: Life, label: str | None, walk: Sequence[int]
    ) -> None:
        self._value(table, id, "remainingterms", walk[-1])
        self.replaced.add((id, "remainingterms"))
        created = self.created.get((id, "remainingterms"))
        rows = [] if created is None else [created | {"new": _amount(walk[0])}]
        moves = [move for move in life.moves if label is None or move.channel == label]
        for number, (move, before, after) in enumerate(zip(moves, walk, walk[1:], strict=False)):
            if before != after:
                texts = _amount(before), _amount(after)
                rows.append(_audit_row(table, id, "remainingterms", move.at, number, texts))
        self.rows.setdefault("audit", []).extend(rows)

    def _marks(self, life: Life, case: str) -> None:
        """Write anew whether a case holds a charge, and its row where that was changed."""
        self.replaced.add((case, "isdecrementing"))
        marks = [False]
        rows = []
        for number, move in enumerate(life.of_case(case)):
            marks.append(move.amount < 0)
            if marks[-1] != marks[-2]:
                texts = str(marks[-2]).lower(), str(marks[-1]).lower()
                rows.append(_audit_row("incident", case, "isdecrementing", move.at, number, texts))
        self.rows.setdefault("audit", []).extend(rows)
        self._value("incident", case, "isdecrementing", marks[-1])
        row = life.cases[case]
        self._value("incident", case, "decrement", row["decrement"])
        if row["entitlementid"] is None:
            self.replaced.add((case, "entitlementid"))
            self._value("incident", case, "entitlementid", None)

    def _value(self, table: str, id: str, column: str, value: Any) -> None:
        self.values.setdefault(table, {}).setdefault(column, {})[id] = value

    def _without_replaced(self, audit: "pd.DataFrame") -> "pd.DataFrame":
        suspects = audit.index[audit["recordid"].isin({id for id, _ in self.replaced})]
        pairs = zip(audit.loc[suspects, "recordid"], audit.loc[suspects, "column"], strict=True)
        gone = [pair in self.replaced for pair in pairs]
        return audit.drop(index=suspects[gone])


def _amount(hundredths: int) -> str:
    return str(terms(hundredths))


def _audit_row(
    table: str, id: str, column: str, at: "pd.Timestamp", number: int, texts: tuple[str, str]
) -> dict[str, Any]:
    return {
        "auditid": str(uuid.uuid5(_NAMESPACE, f"{id}/{column}/{at.isoformat()}/{number}")),
        "table": table,
        "recordid": id,
        "column": column,
        "changed": at,
        "old": texts[0],
        "new": texts[1],
        "operation": "update",
    }


def _appended(frame: "pd.DataFrame", rows: list[dict[str, Any]]) -> "pd.DataFrame":
    import pandas as pd

    if not rows:
        return frame
    further = pd.DataFrame(rows).reindex(columns=frame.columns).astype(frame.dtypes)
    return pd.concat([frame, further], ignore_index=True)


def _overwritten(frame: "pd.DataFrame", by_column: dict[str, dict[str, Any]]) -> "pd.DataFrame":
    """Return a table with other values, by column and id of the row."""
    import pandas as pd

    frame = frame.copy()
    places = pd.Index(frame.iloc[:, 0])
    for column, by_id in by_column.items():
        if column in frame:
            values = pd.Series(list(by_id.values()), dtype=frame[column].dtype).array
            changed = frame[column].copy()
            changed.iloc[places.get_indexer(list(by_id))] = values
            frame[column] = changed
    return frame
