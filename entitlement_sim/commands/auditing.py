"""The command ``audit``."""

import csv
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .mistakes import Mistake
from .output import for_programs
from .runs import RunArgument

if TYPE_CHECKING:
    import pandas as pd

    from ..audit.answer import Audit


def audit(
    run: RunArgument,
    page: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a page on it, too.")
    ] = None,
    switches: Annotated[
        bool,
        typer.Option(
            "--switches", help="Say which reading of the rules explains most of the book."
        ),
    ] = False,
    score: Annotated[
        Path | None,
        typer.Option(metavar="KEY", help="Hold the answer against the key of planted faults."),
    ] = None,
    as_csv: Annotated[
        bool, typer.Option("--csv", help="Print every balance as CSV, in UTF-8.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print what differs as one JSON object.")
    ] = False,
) -> int:
    """Hold recorded balances against what the rules give.

    Of every entitlement and channel of an imported run it says whether the balance agrees, parts
    (with the first event, its rule, and what that is worth), is explained by another reading of the
    rules, cannot be decided (and what would decide it), or contradicts itself. Exits with 1 where
    something parts; with --score, where the answer is not that of the key.
    """
    from ..audit.answer import Audit
    from ..audit.key import KeyFileError, read_key
    from ..store.run import open_run

    if sum((as_csv, as_json, switches, score is not None)) > 1:
        raise Mistake("--csv, --json, --switches and --score are different answers; choose one")
    if page is not None:
        from .reporting import check_page

        check_page(page)
    try:
        key = None if score is None else read_key(score)
    except KeyFileError as error:
        raise Mistake(str(error)) from None
    with open_run(run, sealed=True) as opened:
        answer = Audit(opened)
        parts = answer.parts
        if key is not None:
            from ..audit.score import score as hold_against

            scored = hold_against(answer, key)
            print(scored)
            parts = not scored.is_perfect
        elif as_csv:
            _print_csv(answer.frame())
        elif as_json:
            _print_json(answer)
        elif switches:
            print(answer.switches_in_words())
        else:
            print(answer)
        if page is not None:
            answer.report(page)
            if not (as_csv or as_json):
                print(f"\n{page}")
    return int(parts)


def _print_csv(frame: "pd.DataFrame") -> None:
    with for_programs() as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(frame.columns)
        writer.writerows([_cell(value) for value in row] for row in frame.itertuples(index=False))


def _print_json(answer: "Audit") -> None:
    frame = answer.frame()
    rows = frame[frame["class"] != "agrees"]
    document = {
        "run": answer.run.name,
        "counts": answer.counts,
        "findings": [
            {name: _plain(value) for name, value in row.items()} for row in rows.to_dict("records")
        ],
    }
    with for_programs() as stream:
        json.dump(document, stream, ensure_ascii=False, indent=1)
        stream.write("\n")


def _cell(value: Any) -> Any:
    return "" if value != value else value


def _plain(value: Any) -> Any:
    if value != value:
        return None
    return value if isinstance(value, str | int | float) else str(value)
