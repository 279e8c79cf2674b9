"""The command ``sweep``."""

import csv
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..telling import number
from .mistakes import Mistake
from .output import for_programs
from .progress import offerings_bar
from .quick_start import numba_alone
from .simulating import Overrides, ScenarioArgument, Scheduler, Threads

if TYPE_CHECKING:
    from ..sweeping.answer import Sweep


def sweep(
    scenario: ScenarioArgument,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Values to try: a sweep file, in YAML.")
    ],
    overrides: Overrides = None,
    replications: Annotated[
        int, typer.Option(min=1, metavar="N", help="How often everything is drawn anew.")
    ] = 20,
    seed: Annotated[
        int | None,
        typer.Option(min=0, max=2**64 - 1, help="Another seed than the scenario's own."),
    ] = None,
    metrics: Annotated[
        list[str] | None,
        typer.Option("--metric", metavar="KEY", help="Only this metric; repeatable."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Folder for finished parts, with which an interrupted sweep goes on; "
            "by default sweeps/FILE.",
        ),
    ] = None,
    tornado: Annotated[
        str | None,
        typer.Option(metavar="KEY", help="Say how far each setting moves this metric, too."),
    ] = None,
    frontier: Annotated[
        str | None,
        typer.Option(
            metavar="X,Y",
            help="Say which offerings none beats in both metrics, such as margin,-refused: "
            "a minus where less is better.",
        ),
    ] = None,
    threads: Threads = None,
    allow_large: Annotated[
        bool, typer.Option("--allow-large", help="Go on where that takes hours.")
    ] = False,
    scheduler: Scheduler = None,
    as_csv: Annotated[
        bool, typer.Option("--csv", help="Print the numbers as CSV, in UTF-8, texts as they are.")
    ] = False,
) -> None:
    """Try many offerings on the same customers.

    The file is a list of mappings from paths of the scenario, as --set takes them, to lists of
    values; each mapping is crossed in itself and may have a name:

      - name: packs
        templates.Pack 10.total_terms: [10, 12, 15]
        templates.Pack 10.price: [1500, 1800]

    What is finished is kept in a folder as Parquet files: asked again, the sweep goes on with what
    is missing. A star marks what moved from the base: its interval, of all offerings together,
    excludes 0.
    """
    from ..scenario.scenario import Scenario
    from ..scheduling import check_scheduler
    from ..sweeping.file import read_sweep

    if scheduler is not None:
        check_scheduler(scheduler)
    loaded = Scenario.load(scenario, overrides or ())
    pair = None if frontier is None else _pair(frontier)
    crossings = read_sweep(file).crossings
    simulations = replications * (1 + sum(crossing.count for crossing in crossings))
    with numba_alone():
        from ..sweeping.sweep import sweep as try_all

        with offerings_bar(simulations) as progress:
            try:
                answer = try_all(
                    loaded,
                    file,
                    replications,
                    seed=seed,
                    metrics=metrics or None,
                    out=Path("sweeps") / file.stem if out is None else out,
                    threads=threads,
                    progress=progress,
                    allow_large=allow_large,
                    scheduler=scheduler,
                )
            except ValueError as error:
                raise Mistake(str(error)) from None
    if as_csv:
        _print_csv(answer)
        return
    print(answer)
    try:
        if tornado is not None:
            print(f"\n{answer.tornado_in_words(tornado)}")
        if pair is not None:
            print(f"\n{answer.frontier_in_words(*pair)}")
    except ValueError as error:
        raise Mistake(str(error)) from None
    failed = len(answer.failed)
    if failed:
        print(f"{number(failed)} came to nothing; --csv leaves them out", file=sys.stderr)


def _pair(text: str) -> tuple[str, str]:
    keys = [key.strip() for key in text.split(",")]
    if len(keys) != 2 or not all(keys):
        raise Mistake(f"--frontier takes two metrics, such as margin,-refused, not '{text}'")
    return keys[0], keys[1]


def _print_csv(answer: "Sweep") -> None:
    frame = answer.frame()
    with for_programs() as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(frame.columns)
        for row in frame.itertuples(index=False):
            writer.writerow(["" if value is None or value != value else value for value in row])
