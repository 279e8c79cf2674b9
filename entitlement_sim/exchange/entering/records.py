"""What an imported run keeps of the live system: names, ids, balances and changes as recorded."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from ...engine.history_columns import COLUMNS
from ...engine.tables import NO_AMOUNT, NONE, Block
from ...replay.tables import HistoryTables, Replayed
from ...store.imported import HISTORY_NUMBERS
from ..book import Book
from .cases import Cases, origin_codes
from .contracts import Contracts
from .moments import Whole, filled, minutes_of, whole
from .people import People
from .rejecting import Rejecting


def with_records(
    history: HistoryTables,
    replayed: Replayed,
    book: Book,
    people: People,
    contracts: Contracts,
    cases: Cases,
    origins: tuple[str, ...],
    rejecting: Rejecting,
) -> Iterator[Block]:
    """Yield the tables of a run, of what was played and of what was recorded."""
    rows = contracts.rows
    of_entitlement = _places(replayed.entitlement_ids)
    of_case = _places(replayed.case_ids)
    recorded = cases.rows["recorded_decrementing"].to_numpy(np.int8)
    for block in replayed:
        place = of_entitlement[block["entitlements"]["entitlement_id"]]
        case = of_case[block["cases"]["case_id"]]
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
                "price": rows["price"].to_numpy(np.int64)[place],
                "name": _texts(rows["name"].iloc[place]),
                "source_id": _texts(rows["source_id"].iloc[place]),
                "recorded_remaining": rows["recorded_remaining"].to_numpy(np.int64)[place],
            },
            "balances": block["balances"] | _of_balances(block, contracts, of_entitlement, origins),
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
        "recorded_changes": _changes(book),
        "recorded_columns": _columns(book),
        **_history(history, replayed),
    }


def _places(numbers: Whole) -> Whole:
    """Return the place in the history of each row of a run, by the row's number."""
    places = np.zeros(numbers.max(initial=0) + 1, np.int64)
    is_there = numbers > 0
    places[numbers[is_there]] = np.nonzero(is_there)[0]
    return places


def _of_balances(
    block: Block, contracts: Contracts, of_entitlement: Whole, origins: tuple[str, ...]
) -> dict[str, Any]:
    balances = pd.DataFrame(
        {
            "contract": of_entitlement[block["balances"]["entitlement_id"]],
            "origin": block["balances"]["origin"].astype(np.int64),
        }
    )
    channels = contracts.channels
    recorded = pd.concat(
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
    known = balances.merge(recorded, on=["contract", "origin"], how="left")
    return {
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


def _changes(book: Book) -> dict[str, Any]:
    log = filled(book, "audit").sort_values("changed", kind="stable")
    return {
        "table_name": _texts(log["table"]),
        "record_id": _texts(log["recordid"]),
        "column_name": _texts(log["column"]),
        "changed_at": minutes_of(log["changed"]).astype(np.int32),
        "old_value": _texts(log["old"]),
        "new_value": _texts(log["new"]),
    }


def _columns(book: Book) -> dict[str, Any]:
    counts = {
        (table, column): int(frame[column].notna().sum())
        for table, frame in book.tables.items()
        for column in frame
    }
    return {
        "table_name": _texts(pd.Series([table for table, _ in counts], dtype="str")),
        "column_name": _texts(pd.Series([column for _, column in counts], dtype="str")),
        "value_count": np.array(list(counts.values()), np.int64),
    }


def _history(history: HistoryTables, replayed: Replayed) -> Block:
    """Return what the rules were played on, with the numbers that it got."""
    numbers = {"entitlements": replayed.entitlement_ids, "cases": replayed.case_ids}
    tables: Block = {
        f"history_{table}": {
            name: np.ascontiguousarray(history.column(table, name)) for name in columns
        }
        for table, columns in COLUMNS.items()
    }
    for table, name in HISTORY_NUMBERS.items():
        tables[f"history_{table}"][name] = numbers[table]
    return tables


def _texts(values: "pd.Series[Any]") -> Any:
    return pa.array(values.astype("str"), pa.large_string(), from_pandas=True)
