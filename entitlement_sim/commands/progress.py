"""What a person sees while a run is being made, or written for other programs."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from ..announcing import while_compiling
from ..telling import number

if TYPE_CHECKING:
    from rich.progress import Progress

#: Called with the number of customers, or rows, that are done and of all of them.
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
    with _bar() as bar:
        none_done = _done_of(0, customers, "customers")
        task = bar.add_task("simulating", total=customers, counts=none_done)

        def report(done: int, total: int) -> None:
            doing = "simulating" if done < total else "storing"
            counts = _done_of(done, total, "customers")
            bar.update(task, completed=done, total=total, description=doing, counts=counts)

        def watch(compiling: bool) -> None:
            if compiling:
                # A bar that does not know its end moves to and fro.
                bar.update(task, description="compiling", total=None, counts="")
            else:
                bar.update(task, description="simulating", total=customers, counts=none_done)

        with while_compiling(watch):
            yield report


@contextmanager
def offerings_bar(simulations: int, of: str = "simulations") -> Iterator[Report | None]:
    """Show how many simulations of a sweep are done, and how long the rest may take.

    Parameters
    ----------
    simulations : int
        All that there are, offerings times replications.
    of : str, default "simulations"
        What they are called.

    Yields
    ------
    callable or None
        As of :func:`progress_bar`.
    """
    with _counting_bar("trying", simulations, of) as report:
        yield report


@contextmanager
def replications_bar(replications: int) -> Iterator[Report | None]:
    """Show how many replications of a scenario are done, and how long the rest may take.

    Yields
    ------
    callable or None
        As of :func:`progress_bar`.
    """
    with _counting_bar("simulating", replications, "replications") as report:
        yield report


@contextmanager
def combinations_bar() -> Iterator[Report | None]:
    """Show how many combinations of groups are played, and how long the rest may take.

    Yields
    ------
    callable or None
        As of :func:`progress_bar`.
    """
    with _counting_bar("playing", 0, "combinations") as report:
        yield report


@contextmanager
def switches_bar() -> Iterator[Report | None]:
    """Show how many switches of the rulebook are turned, and how long the rest may take.

    Yields
    ------
    callable or None
        As of :func:`progress_bar`.
    """
    with _counting_bar("turning", 0, "switches") as report:
        yield report


@contextmanager
def steps_bar() -> Iterator[Report | None]:
    """Show how many steps of a fit are done, and how long the rest may take.

    Yields
    ------
    callable or None
        As of :func:`progress_bar`.
    """
    with _counting_bar("fitting", 0, "steps") as report:
        yield report


@contextmanager
def _counting_bar(doing: str, expected: int, of: str) -> Iterator[Report | None]:
    if not sys.stderr.isatty():
        yield None
        return
    with _bar() as bar:
        known = expected
        task = bar.add_task(doing, total=known, counts=_done_of(0, known, of))

        def report(done: int, total: int) -> None:
            nonlocal known
            known = total
            bar.update(task, completed=done, total=total, counts=_done_of(done, total, of))

        def watch(compiling: bool) -> None:
            if compiling:
                bar.update(task, description="compiling", total=None)
            else:
                bar.update(task, description=doing, total=known)

        with while_compiling(watch):
            yield report


@contextmanager
def compiling_bar() -> Iterator[None]:
    """Show how long loops are being compiled, on a terminal, where nothing else is shown."""
    if not sys.stderr.isatty():
        yield
        return
    showing = ExitStack()

    def watch(compiling: bool) -> None:
        if compiling:
            bar = showing.enter_context(_bar())
            bar.add_task("compiling", total=None, counts="")
        else:
            showing.close()

    with showing, while_compiling(watch):
        yield


@contextmanager
def writing_bar() -> Iterator[Report | None]:
    """Show how many rows are written, on a terminal only.

    Yields
    ------
    callable or None
        To be called with the rows that are written and with all that there are; None where nobody
        looks.
    """
    if not sys.stderr.isatty():
        yield None
        return
    with _bar() as bar:
        task = bar.add_task("writing", total=None, counts="")

        def report(done: int, total: int) -> None:
            counts = _done_of(done, total, "rows")
            bar.update(task, completed=done, total=total, counts=counts)

        yield report


def _bar() -> "Progress":
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
    from rich.progress import TimeRemainingColumn as LeftColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[counts]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        LeftColumn(),
    )
    return Progress(*columns, console=Console(stderr=True), transient=True)


def _done_of(done: int, total: int, of: str) -> str:
    return f"{number(done)} of {number(total)} {of}"
