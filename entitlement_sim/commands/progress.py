"""What a person sees while a run is being made."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

#: Called with the number of customers done and of all customers.
Report = Callable[[int, int], None]


@contextmanager
def progress_bar(customers: int) -> Iterator[Report | None]:
    """Show how many customers are done and how long the rest may take, on a terminal only.

    Parameters
    ----------
    customers : int
        All that there are.

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

    from ..telling import number

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[customers]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        LeftColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:

        def counts(done: int, total: int) -> str:
            return f"{number(done)} of {number(total)} customers"

        task = bar.add_task("simulating", total=customers, customers=counts(0, customers))

        def report(done: int, total: int) -> None:
            doing = "simulating" if done < total else "storing"
            bar.update(task, completed=done, description=doing, customers=counts(done, total))

        yield report
