"""What an imported run keeps of the live system: names, ids, balances and changes as recorded."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from ...engine.history_columns import COLUMNS
from ...engine.tables import NO_AMOUNT, NONE, Block
from ...replay.by_engine import Playing
from ...rules.words import BalanceKind
from ...store.imported import HISTORY_NUMBERS
from ...store.writer import GATHERED_ROWS
from ..book import Book
from ..recurring import as_arrow, texts_of
from .cases import Cases, origin_codes
from .contracts import Contracts
from .moments import Whole, minutes_of, whole, with_all_columns
from .people import People
from .rejecting import Rejecting


def with_records(
    playing: Playing,
    book: Book,
    exported: dict[tuple[str, str], int],
    people: People,
    contracts: Contracts,
    cases: Cases,
    origins: tuple[str, ...],
    rejecting: Rejecting,
) -> Iterator[Block]:
    """Yield the tables of a run, of what was recorded and of what is played.

    The log of changes is taken out of the book when it is stored.
    """
    yield from _changes(book.tables.pop("audit", None))
    rows = contracts.rows
    recorded_balances = _recorded_balances(contracts, origins)
    recorded = cases.rows["recorded_decrementing"].to_numpy(np.int8)
    prices = rows["price"].to_numpy(np.int64)
    for block in playing:
        place = playing.entitlement_rows[block["entitlements"]["entitlement_id"]]
        case = playing.case_rows[block["cases"]["case_id"]]
        customer = block["customers"]["customer_id"] - 1
        minutes = block["cases"]["billable_minutes"]
        are_known = cases.rows["are_minutes_known"].to_numpy(bool)[case]
        yield block | {
            "customers": block["customers"]
            | {
                "name": _texts(people.customers["name"].iloc[customer]),
                "source_id": _texts(people.customers["source_id"].iloc[customer]),
            },
            "entitlements": block["entitlements"]
            | {
                "price": prices[place],
                "name": _texts(rows["name"].iloc[place]),
                "source_id": _texts(rows["source_id"].iloc[place]),
                "recorded_remaining": rows["recorded_remaining"].to_numpy(np.int64)[place],
            },
            "balances": block["balances"]
            | _of_balances(block["balances"], playing.entitlement_rows, recorded_balances, prices),
            "cases": block["cases"]
            | {
                "billable_minutes": np.where(are_known, minutes, np.int32(NONE)),
                "source_id": _texts(cases.rows["source_id"].iloc[case]),
                "recorded_decrementing": recorded[case],
            },
        }
    yield {
        "rejected": _rejected(rejecting.rejected),
        "sources": _sources(rejecting.sources),
        "recorded_columns": _columns(exported),
    }
    yield from history_kept(playing)


def _recorded_balances(contracts: Contracts, origins: tuple[str, ...]) -> pd.DataFrame:
    channels = contracts.channels
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "contract": np.arange(len(contracts.rows)),
                    "origin": NONE,
                    "source_id": contracts.rows["source_id"],
                    "recorded_remaining": contracts.rows["recorded_remaining"],
                }
            ),
            pd.DataFrame(
                {
                    "contract": channels["contract"],
                    "origin": origin_codes(channels["channel"], origins),
                    "source_id": channels["source_id"],
                    "recorded_remaining": channels["recorded_remaining"],
                }
            ).drop_duplicates(["contract", "origin"]),
        ]
    )


def _of_balances(
    played: dict[str, Any], entitlement_rows: Whole, recorded: pd.DataFrame, prices: Whole
) -> dict[str, Any]:
    contract = entitlement_rows[played["entitlement_id"]]
    balances = pd.DataFrame(
        {
            "contract": contract,
            "origin": played["origin"].astype(np.int64),
        }
    )
    known = balances.merge(recorded, on=["contract", "origin"], how="left")
    is_of_channel = played["kind"] == BalanceKind.CHANNEL.value
    return {
        "price": np.where(is_of_channel, NO_AMOUNT, prices[contract]),
        "source_id": _texts(known["source_id"]),
        "recorded_remaining": known["recorded_remaining"].fillna(NO_AMOUNT).to_numpy(np.int64),
    }


def _rejected(rows: pd.DataFrame) -> dict[str, Any]:
    return {
        "file": _texts(rows["file"]),
        "form": _texts(rows["form"]),
        "table_name": _texts(rows["table"]),
        "line": whole(rows["line"], NONE),
        "record_id": _texts(rows["record"]),
        "reason": _texts(rows["reason"]),
        "content": _texts(rows["text"]),
    }


def _sources(rows: pd.DataFrame) -> dict[str, Any]:
    return {
        "file": _texts(rows["file"]),
        "form": _texts(rows["form"]),
        "table_name": _texts(rows["table"]),
        "row_count": whole(rows["rows"], 0),
        "kept": whole(rows["kept"], 0),
        "rejected": whole(rows["rejected"], 0),
    }


def _changes(exported: pd.DataFrame | None) -> Iterator[Block]:
    """Yield the log of changes in time order, piece by piece."""
    log = with_all_columns("audit", exported)
    order = np.argsort(log["changed"].to_numpy(), kind="stable")  # those without a moment last
    for begin in range(0, max(len(log), 1), GATHERED_ROWS):
        rows = log.iloc[order[begin : begin + GATHERED_ROWS]]
        yield {
            "recorded_changes": {
                "table_name": _texts(rows["table"]),
                "record_id": _texts(rows["recordid"]),
                "column_name": _texts(rows["column"]),
                "changed_at": minutes_of(rows["changed"]).astype(np.int32),
                "old_value": _texts(rows["old"]),
                "new_value": _texts(rows["new"]),
            }
        }


def exported_columns(book: Book) -> dict[tuple[str, str], int]:
    """Return how many values each column of a book has, by table and column."""
    if book.counts is not None:
        return book.counts
    return {
        (table, str(column)): int(frame[column].notna().sum())
        for table, frame in book.tables.items()
        for column in frame
    }


def _columns(counts: dict[tuple[str, str], int]) -> dict[str, Any]:
    return {
        "table_name": _texts(pd.Series([table for table, _ in counts], dtype="str")),
        "column_name": _texts(pd.Series([column for _, column in counts], dtype="str")),
        "value_count": np.array(list(counts.values()), np.int64),
    }


def history_kept(playing: Playing) -> Iterator[Block]:
    """Yield what the rules were played on, with the numbers that it got, piece by piece."""
    history = playing.history
    numbers = {"entitlements": playing.entitlement_ids, "cases": playing.case_ids}
    for table, columns in COLUMNS.items():
        for begin in range(0, len(getattr(history, table)), GATHERED_ROWS):
            rows = slice(begin, begin + GATHERED_ROWS)
            piece = {
                name: np.ascontiguousarray(history.column(table, name, rows)) for name in columns
            }
            if table in HISTORY_NUMBERS:
                piece[HISTORY_NUMBERS[table]] = numbers[table][rows]
            yield {f"history_{table}": piece}


def _texts(values: "pd.Series[Any]") -> Any:
    different, codes = texts_of(values)
    if codes is not None:
        return as_arrow(different).take(pa.array(codes, mask=codes < 0)).combine_chunks()
    return pa.array(different.astype("str"), pa.large_string(), from_pandas=True)
