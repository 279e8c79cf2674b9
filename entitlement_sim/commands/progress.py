"""What a person sees while a run is being made."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ..telling import number

#: Called with the number of customers done and of all customers.
Report = Callable[[int, int], None]


@contextmanager
def progress_bar(customers: int, *, compiling: bool = False) -> Iterator[Report | None]:
    """Show how many customers are done and how long the rest may take, on a terminal only.

    Parameters
    ----------
    customers : int
        All that there are.
    compiling : bool, default False
        Whether loops are compiled first; until customers are done, the seconds go by beside that.

    Yields
    ------
    callable or None
        To be called with what is done and what there is to do; None where nobody looks.
    """
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
    from rich.progress import TimeRemainingColumn as LeftColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[customers]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        LeftColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        # A bar that does not know its end moves to and fro.
        task = bar.add_task(
            "compiling" if compiling else "simulating",
            total=None if compiling else customers,
            customers="" if compiling else _done_of(0, customers),
        )

        def report(done: int, total: int) -> None:
            doing = "simulating" if done < total else "storing"
            counts = _done_of(done, total)
            bar.update(task, completed=done, total=total, description=doing, customers=counts)

        yield report


def _done_of(done: int, total: int) -> str:
    return f"{number(done)} of {number(total)} customers"
